//! A mail for each alert: title, description, entities and the replay command as text, the whole alert as an attachment.
//!
//! Its Message-ID is made of the alert's id, so that a mail which came twice shows as one.

use super::config::Settings;
use super::{Delivery, Opened, Outlets, Refusal, Sink, SinkError};
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport};
use serde_json::Value;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Security {
    /// TLS from the first byte.
    Wrapped,
    StartTls,
    None,
}

struct Mail {
    transport: SmtpTransport,
    from: Mailbox,
    to: Vec<Mailbox>,
}

pub(super) fn open(settings: &Settings, _: &Outlets) -> Opened {
    let wrong = |message: String| SinkError(format!("the sink `{}`: {message}", settings.name));
    let mailbox = |text: &str| {
        let parsed = text.parse::<Mailbox>();
        parsed.map_err(|error| wrong(format!("`{text}` is no address of mail: {error}")))
    };
    let server = settings.needed("server")?;
    let kinds = [
        ("tls", Security::Wrapped),
        ("starttls", Security::StartTls),
        ("none", Security::None),
    ];
    let security = settings.choice("tls", &kinds, Security::StartTls)?;
    let parameters = || {
        TlsParameters::new(server.to_owned())
            .map_err(|error| wrong(format!("TLS to `{server}`: {error}")))
    };
    let (tls, port) = match security {
        Security::Wrapped => (Tls::Wrapper(parameters()?), 465),
        Security::StartTls => (Tls::Required(parameters()?), 587),
        Security::None => (Tls::None, 25),
    };
    let port = u16::try_from(settings.number("port", port)?);
    let port = port.map_err(|_| wrong("`port` is at most 65535".to_owned()))?;
    let mut transport = SmtpTransport::builder_dangerous(server)
        .port(port)
        .tls(tls)
        .timeout(Some(settings.time("timeout", TIMEOUT)?));
    if let Some(user) = settings.text("user")? {
        let password = settings.secret("password")?;
        let password = password
            .ok_or_else(|| wrong("`user` needs `password_env` or `password_file`".to_owned()))?;
        if security == Security::None {
            return Err(wrong(
                "a password is not sent in the clear: set `tls`".to_owned(),
            ));
        }
        transport = transport.credentials(Credentials::new(user.to_owned(), password));
    }
    let to = settings.texts("to")?;
    if to.is_empty() {
        return Err(wrong("`to` is missing".to_owned()));
    }
    Ok(Box::new(Mail {
        transport: transport.build(),
        from: mailbox(settings.needed("from")?)?,
        to: to
            .iter()
            .map(|text| mailbox(text))
            .collect::<Result<_, _>>()?,
    }))
}

impl Sink for Mail {
    fn deliver(&mut self, delivery: &Delivery<'_>) -> Result<(), Refusal> {
        let message = self.message(delivery).map_err(Refusal::Never)?;
        match self.transport.send(&message) {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(Refusal::Never(error.to_string())),
            Err(error) => Err(Refusal::Again(error.to_string())),
        }
    }
}

impl Mail {
    fn message(&self, delivery: &Delivery<'_>) -> Result<Message, String> {
        let alert = delivery.alert;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let subject = format!(
            "[{}] {}",
            alert["severity"].as_str().unwrap_or("Alert"),
            one_line(&text(&alert["title"]))
        );
        let mut message = Message::builder()
            .from(self.from.clone())
            .subject(subject)
            .message_id(Some(format!("<{}@huntql.invalid>", delivery.id)));
        for to in &self.to {
            message = message.to(to.clone());
        }
        let body = format!(
            "{}\n\n{}\n\nRule: {} {} ({})\nWindow: {} to {}\nTactics: {}\nTechniques: {}\nRows: {}\nEntities: {}\n\nReplay: {}\n",
            text(&alert["title"]),
            text(&alert["description"]),
            text(&alert["rule"]["name"]),
            text(&alert["rule"]["version"]),
            text(&alert["rule"]["id"]),
            text(&alert["window"]["from"]),
            text(&alert["window"]["to"]),
            alert["tactics"],
            alert["techniques"],
            alert["rowCount"],
            alert["entities"],
            text(&alert["replay"]),
        );
        let whole =
            serde_json::to_string_pretty(delivery.body).map_err(|error| error.to_string())?;
        let json = ContentType::parse("application/json").map_err(|error| error.to_string())?;
        let attachment = Attachment::new(format!("{}.json", delivery.id)).body(whole, json);
        let parts = MultiPart::mixed()
            .singlepart(SinglePart::plain(body))
            .singlepart(attachment);
        message.multipart(parts).map_err(|error| error.to_string())
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
