//! TLS for sinks that speak over a plain connection. HTTP and mail have it from their own crates.

use super::SinkError;
use super::config::Settings;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

/// A connection, in the clear or not.
pub(super) enum Wire {
    Clear(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Wire {
    /// Whether the other side has not gone away, as far as that has been heard of. What it may have said is dropped.
    pub(super) fn is_open(&mut self) -> bool {
        let Ok(()) = self.socket().set_nonblocking(true) else {
            return false;
        };
        let mut byte = [0];
        let heard = match self {
            Wire::Clear(stream) => stream.read(&mut byte),
            Wire::Tls(stream) => stream.read(&mut byte),
        };
        let is_open = match heard {
            Ok(bytes) => bytes > 0,
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        };
        is_open && self.socket().set_nonblocking(false).is_ok()
    }

    fn socket(&self) -> &TcpStream {
        match self {
            Wire::Clear(stream) => stream,
            Wire::Tls(stream) => stream.get_ref(),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Wire::Clear(stream) => stream.write(bytes),
            Wire::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Wire::Clear(stream) => stream.flush(),
            Wire::Tls(stream) => stream.flush(),
        }
    }
}

/// Whom a sink trusts, and as whom it speaks.
pub(super) struct Connector {
    config: Arc<ClientConfig>,
    server: ServerName<'static>,
}

impl Connector {
    /// Reads `ca_file`, and `certificate_file` with `key_file` for servers that ask who is there.
    ///
    /// # Errors
    /// Files that cannot be read or hold no certificate, no key, or a key that does not belong to the certificate.
    pub(super) fn read(settings: &Settings, server: &str) -> Result<Connector, SinkError> {
        let wrong = |what: &str, error: &dyn std::fmt::Display| {
            settings.wrong(format!("TLS: {what}: {error}"))
        };
        let bare = server.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_owned())
            .map_err(|error| wrong(&format!("`{server}` is no name of a server"), &error))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong("protocol versions", &error))?
            .with_root_certificates(trusted(settings)?);
        let config = match (
            settings.text("certificate_file")?,
            settings.text("key_file")?,
        ) {
            (None, None) => config.with_no_client_auth(),
            (Some(certificate), Some(key)) => {
                let path = settings.path(key);
                let key = PrivateKeyDer::from_pem_file(&path)
                    .map_err(|error| wrong(&format!("`{}`", path.display()), &error))?;
                config
                    .with_client_auth_cert(certificates(settings, certificate)?, key)
                    .map_err(|error| wrong("certificate_file and key_file", &error))?
            }
            _ => {
                return Err(settings.wrong("`certificate_file` and `key_file` go together"));
            }
        };
        Ok(Connector {
            config: Arc::new(config),
            server: name,
        })
    }

    /// Greets the server on a new connection and checks who it is.
    ///
    /// # Errors
    /// A server that does not speak TLS, or whose certificate is not trusted or not for its name.
    pub(super) fn secure(
        &self,
        mut stream: TcpStream,
    ) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
        let mut connection = ClientConnection::new(Arc::clone(&self.config), self.server.clone())
            .map_err(io::Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        Ok(StreamOwned::new(connection, stream))
    }
}

/// What `ca_file` names, else what the system trusts.
fn trusted(settings: &Settings) -> Result<RootCertStore, SinkError> {
    let mut roots = RootCertStore::empty();
    match settings.text("ca_file")? {
        Some(file) => {
            for certificate in certificates(settings, file)? {
                roots
                    .add(certificate)
                    .map_err(|error| settings.wrong(format!("TLS: `{file}`: {error}")))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                return Err(settings.wrong(
                    "TLS: the system has no certificates that it trusts; name a `ca_file`",
                ));
            }
        }
    }
    Ok(roots)
}

fn certificates(
    settings: &Settings,
    file: &str,
) -> Result<Vec<CertificateDer<'static>>, SinkError> {
    let path = settings.path(file);
    let wrong = |error: &dyn std::fmt::Display| {
        settings.wrong(format!("TLS: `{}`: {error}", path.display()))
    };
    let all: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&path)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(&error))?;
    match all.is_empty() {
        true => Err(wrong(&"no certificate in it")),
        false => Ok(all),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::config::Sinks;
    use super::super::{Delivery, Outlets, Refusal};
    use super::*;
    use crate::state::outbox::Before;
    use rustls::{ServerConfig, ServerConnection};
    use serde_json::json;
    use std::net::TcpListener;
    use std::path::{Path, PathBuf};
    use std::sync::mpsc::{Receiver, channel};

    fn testdata(file: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src/sink/testdata")
            .join(file)
    }

    /// A server that takes so many messages on each connection and then hangs up; what it took.
    fn server(messages_each: usize) -> (u16, Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = CertificateDer::pem_file_iter(testdata("server.pem"))
            .unwrap()
            .collect::<Result<Vec<_>, _>>()
            .unwrap();
        let key = PrivateKeyDer::from_pem_file(testdata("server.key")).unwrap();
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let config = Arc::new(config);
        let (to, taken) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = StreamOwned::new(connection, stream);
                for left in (0..messages_each).rev() {
                    let Some(message) = message(&mut stream) else {
                        break;
                    };
                    if left == 0 {
                        stream.conn.send_close_notify();
                        let _ = stream.flush();
                    }
                    // Told last: who hears of it finds the connection closed.
                    let _ = to.send(message);
                }
            }
        });
        (port, taken)
    }

    /// A message behind the number of its bytes.
    fn message(stream: &mut impl Read) -> Option<String> {
        let mut length = String::new();
        loop {
            let mut byte = [0];
            stream.read_exact(&mut byte).ok()?;
            match byte[0] {
                b' ' => break,
                digit => length.push(char::from(digit)),
            }
        }
        let mut bytes = vec![0; length.parse().ok()?];
        stream.read_exact(&mut bytes).ok()?;
        String::from_utf8(bytes).ok()
    }

    /// Sends so many alerts, one behind the other has arrived.
    fn send(
        address: &str,
        ca: &str,
        taken: &Receiver<String>,
        alerts: usize,
    ) -> Result<Vec<String>, Refusal> {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("huntql.toml");
        let text = format!(
            "[sinks.siem]\ntype = 'syslog'\nprotocol = 'tls'\naddress = '{address}'\nca_file = '{}'\ntimeout = '5s'",
            testdata(ca).display()
        );
        std::fs::write(&config, text).unwrap();
        let sinks = Sinks::read(Some(&config)).unwrap();
        let sink = sinks.all().iter().find(|sink| sink.name == "siem").unwrap();
        let outlets = Outlets {
            folder: folder.path().to_owned(),
            stdout: || Box::new(io::sink()),
        };
        let mut sink = sink.open(&outlets).unwrap();
        let mut all = Vec::new();
        for number in 0..alerts {
            let id = format!("alert-{number}");
            let alert = json!({"id": id, "severity": "High"});
            sink.deliver(&Delivery {
                id: &id,
                body: &alert,
                alert: &alert,
                before: Before::NotArrived,
            })?;
            all.push(taken.recv().unwrap());
        }
        Ok(all)
    }

    #[test]
    fn messages_arrive_over_tls_and_a_connection_that_was_closed_is_made_again() {
        let (port, taken) = server(2);
        let all = send(&format!("localhost:{port}"), "ca.pem", &taken, 5).unwrap();
        for (number, message) in all.iter().enumerate() {
            assert!(
                message.contains(&format!("id=\"alert-{number}\"")),
                "{message}"
            );
        }
    }

    #[test]
    fn a_server_that_is_not_trusted_gets_nothing() {
        let (port, taken) = server(1);
        // Its own certificate is no authority's.
        let refused = send(&format!("127.0.0.1:{port}"), "server.pem", &taken, 1).unwrap_err();
        let Refusal::Again(message) = refused else {
            panic!("{refused:?}");
        };
        assert!(message.contains("certificate"), "{message}");
        assert!(taken.try_recv().is_err());
    }
}
