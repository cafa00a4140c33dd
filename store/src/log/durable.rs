//! The local file system as an object store whose writes survive a power cut.
//!
//! `object_store`'s own `LocalFileSystem` never syncs. Here a file is written beside its place, synced, put in place by
//! `hard_link` (which fails when something is there) or `rename`, and then its folder is synced.

use async_trait::async_trait;
use datafusion::object_store as os;
use futures::stream::BoxStream;
use os::local::LocalFileSystem;
use os::path::Path;
use os::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, Default)]
pub(super) struct DurableLocal {
    inner: Arc<LocalFileSystem>,
}

impl std::fmt::Display for DurableLocal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DurableLocal")
    }
}

fn put(path: PathBuf, payload: &PutPayload, mode: &PutMode) -> Result<PutResult> {
    let failed = |source: std::io::Error| {
        let path = path.display().to_string();
        match source.kind() {
            std::io::ErrorKind::AlreadyExists => os::Error::AlreadyExists {
                path,
                source: Box::new(source),
            },
            _ => os::Error::Generic {
                store: "local",
                source: Box::new(source),
            },
        }
    };
    let folder = path.parent().unwrap_or(&path).to_owned();
    crate::layout::create_folder_durably(&folder).map_err(&failed)?;
    // The name's end is what LocalFileSystem uses for uploads that are under way: it never lists such files.
    let staged = PathBuf::from(format!(
        "{}#{}",
        path.display(),
        uuid::Uuid::new_v4().as_u64_pair().0
    ));
    let written = (|| {
        let mut file = File::create_new(&staged)?;
        payload.iter().try_for_each(|chunk| file.write_all(chunk))?;
        file.sync_all()?;
        match mode {
            PutMode::Create => std::fs::hard_link(&staged, &path).map(|()| {
                // A staged file that stays is no harm: vacuum removes it.
                let _ = std::fs::remove_file(&staged);
            }),
            PutMode::Overwrite | PutMode::Update(_) => std::fs::rename(&staged, &path),
        }
    })();
    if let Err(error) = written {
        let _ = std::fs::remove_file(&staged);
        return Err(failed(error));
    }
    crate::layout::sync_folder(&folder).map_err(failed)?;
    Ok(PutResult {
        e_tag: None,
        version: None,
    })
}

#[async_trait]
impl ObjectStore for DurableLocal {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> Result<PutResult> {
        if matches!(opts.mode, PutMode::Update(_)) {
            return self.inner.put_opts(location, payload, opts).await;
        }
        let path = self.inner.path_to_filesystem(location)?;
        put(path, &payload, &opts.mode)
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let path = self.inner.path_to_filesystem(location)?;
        let inner = self.inner.put_multipart_opts(location, opts).await?;
        Ok(Box::new(SyncedUpload { inner, path }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// An upload in parts (a checkpoint) that is synced when it is complete.
#[derive(Debug)]
struct SyncedUpload {
    inner: Box<dyn MultipartUpload>,
    path: PathBuf,
}

#[async_trait]
impl MultipartUpload for SyncedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.inner.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let result = self.inner.complete().await?;
        let synced = File::open(&self.path)
            .and_then(|file| file.sync_all())
            .and_then(|()| crate::layout::sync_folder(self.path.parent().unwrap_or(&self.path)));
        match synced {
            Ok(()) => Ok(result),
            Err(source) => Err(os::Error::Generic {
                store: "local",
                source: Box::new(source),
            }),
        }
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}
