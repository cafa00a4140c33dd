//! A POST of JSON.
//!
//! | header | what |
//! |---|---|
//! | `Idempotency-Key` | the alert's id: the same in each attempt |
//! | `X-Huntql-Timestamp` | seconds since 1970, when there is a secret |
//! | `X-Huntql-Signature` | `sha256=` and the HMAC-SHA256, in hex digits, of timestamp, `.` and body under the secret |
//! | `Authorization` | `Bearer` and the token, when there is one |
//!
//! Any status of 2xx means that it has arrived. 400, 413 and 422 mean that it never will; all else is tried again.

use super::config::Settings;
use super::{Delivery, Opened, Outlets, Refusal, Sink, SinkError};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use ureq::Agent;

const TIMEOUT: Duration = Duration::from_secs(30);
const HOPELESS: [u16; 3] = [400, 413, 422];

struct Webhook {
    agent: Agent,
    url: String,
    headers: Vec<(String, String)>,
    secret: Option<String>,
}

pub(super) fn open(settings: &Settings, _: &Outlets) -> Opened {
    let url = settings.needed("url")?;
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(SinkError(format!(
            "the sink `{}`: `{url}` in `url` begins neither with https:// nor with http://",
            settings.name
        )));
    }
    let mut headers = settings.pairs("headers")?;
    if let Some(token) = settings.secret("token")? {
        headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
    }
    let config = Agent::config_builder()
        .timeout_global(Some(settings.time("timeout", TIMEOUT)?))
        .http_status_as_error(false)
        .max_redirects(0)
        .build();
    Ok(Box::new(Webhook {
        agent: config.new_agent(),
        url: url.to_owned(),
        headers,
        secret: settings.secret("secret")?,
    }))
}

impl Sink for Webhook {
    fn deliver(&mut self, delivery: &Delivery<'_>) -> Result<(), Refusal> {
        let body = delivery.body.to_string();
        let mut request = self
            .agent
            .post(&self.url)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", delivery.id);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(secret) = &self.secret {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            let seconds = since.unwrap_or_default().as_secs().to_string();
            let signature = signature(secret, &seconds, &body);
            request = request
                .header("X-Huntql-Timestamp", &seconds)
                .header("X-Huntql-Signature", &signature);
        }
        let answer = request.send(body.as_str());
        let status = match answer {
            Ok(answer) => answer.status().as_u16(),
            Err(error) => return Err(Refusal::Again(format!("{}: {error}", self.url))),
        };
        match status {
            200..=299 => Ok(()),
            status if HOPELESS.contains(&status) => {
                Err(Refusal::Never(format!("{} answers {status}", self.url)))
            }
            status => Err(Refusal::Again(format!("{} answers {status}", self.url))),
        }
    }
}

fn signature(secret: &str, seconds: &str, body: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    for part in [seconds, ".", body] {
        mac.update(part.as_bytes());
    }
    let digits: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256={digits}")
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn the_signature_is_that_of_other_tools() {
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac secret
        assert_eq!(
            signature("secret", "1700000000", "{\"a\":1}"),
            "sha256=49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686"
        );
    }
}
