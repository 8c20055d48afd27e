//! Letters over SMTP.

use std::time::Duration;

use learnware_dock::{Address, DockError};
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use super::{Letter, Refusal};
use crate::observe;

/// How long a server may take for a step.
const STEP: Duration = Duration::from_secs(20);

/// Who carries letters to a server.
#[derive(Debug)]
pub(super) struct Carrier {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Carrier {
    /// One for the server at an address.
    ///
    /// # Errors
    /// [`DockError::Setting`] when address or sender can't be.
    pub(super) fn new(smtp: &Address, from: &str) -> Result<Self, DockError> {
        let wrong = |name, value: String, wanted| DockError::Setting { name, value, wanted };
        let from: Mailbox = from.parse().map_err(|_| {
            wrong("LEARNWARE_MAIL_FROM", from.to_owned(), "an address, or `Name <user@example.org>`")
        })?;
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&with_tls(smtp.reveal()));
        let builder = builder.map_err(|_| {
            let wanted = "smtps://USER:PASSWORD@HOST or smtp://HOST, with %XX for odd characters";
            wrong("LEARNWARE_SMTP", smtp.to_string(), wanted)
        })?;
        let name = ClientId::Domain(from.email.domain().to_owned());
        Ok(Self { transport: builder.hello_name(name).timeout(Some(STEP)).build(), from })
    }

    /// Whether SMTP has a form for an address.
    pub(super) fn reaches(address: &str) -> bool {
        address.parse::<lettre::Address>().is_ok()
    }

    /// Tries once.
    pub(super) async fn send(&self, letter: &Letter, address: Option<&str>) -> Result<(), Refusal> {
        let message = self.message(letter, address)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(Refusal {
                is_final: error.is_permanent() || error.is_client(),
                reason: error.to_string(),
            }),
        }
    }

    fn message(&self, letter: &Letter, address: Option<&str>) -> Result<Message, Refusal> {
        let wrong = |reason: String| Refusal { reason, is_final: true };
        let to: lettre::Address =
            letter.to.parse().map_err(|error: lettre::address::AddressError| wrong(error.to_string()))?;
        let id = format!("<{}@{}>", observe::new_id(), self.from.email.domain());
        // No vacation notices, please (RFC 3834).
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject())
            .message_id(Some(id))
            .header(ContentType::TEXT_PLAIN)
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .body(body(letter.text(address)))
            .map_err(|error| wrong(error.to_string()))
    }
}

/// As it is where it can be, so that long codes stay in one line for those who read a letter raw.
fn body(text: String) -> Body {
    const LINE_BYTES_MAX: usize = 998; // RFC 5322, 2.1.1
    if text.is_ascii() && text.lines().all(|line| line.len() <= LINE_BYTES_MAX) {
        let text = text.replace('\n', "\r\n").into_bytes();
        return Body::dangerous_pre_encoded(text, ContentTransferEncoding::SevenBit);
    }
    Body::new(text)
}

/// Says what is left unsaid of `smtp://`: TLS where the server has it, and in any case where there is a password.
/// `?tls=none` does without.
fn with_tls(url: &str) -> String {
    let Some(rest) = url.strip_prefix("smtp://") else { return url.to_owned() };
    match rest.split_once("?tls=") {
        Some((before, "none")) => format!("smtp://{before}"),
        Some(_) => url.to_owned(),
        None if rest.contains('@') => format!("{url}?tls=required"),
        None => format!("{url}?tls=opportunistic"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_sent_in_clear_by_accident() {
        assert_eq!(with_tls("smtp://relay:25"), "smtp://relay:25?tls=opportunistic");
        assert_eq!(with_tls("smtp://ann:pw@relay"), "smtp://ann:pw@relay?tls=required");
        assert_eq!(with_tls("smtp://ann:pw@relay?tls=none"), "smtp://ann:pw@relay");
        assert_eq!(with_tls("smtps://ann:pw@relay"), "smtps://ann:pw@relay");
    }

    #[test]
    fn what_can_not_be_is_told_without_the_password() {
        for (smtp, from, said) in [
            ("smtps://ann:secret@", "dock@example.org", "LEARNWARE_SMTP"),
            ("smtp://ann:secret@relay?tls=perhaps", "dock@example.org", "LEARNWARE_SMTP"),
            ("smtp://ann:secret@relay", "the dock", "LEARNWARE_MAIL_FROM"),
        ] {
            let error = Carrier::new(&Address::new(smtp), from).unwrap_err().to_string();
            assert!(error.contains(said) && !error.contains("secret"), "{error}");
        }
        Carrier::new(&Address::new("smtps://ann:p%40ss@relay:465"), "The Dock <dock@example.org>").unwrap();
    }
}
