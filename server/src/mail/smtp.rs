//! The way to the mail server.

use app::mail::compose::Composed;
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{AsyncSmtpTransport, PoolConfig};
use lettre::{AsyncTransport, Tokio1Executor};
use std::time::Duration;

/// How long each answer may take (RFC 5321, section 4.5.3.2, is more patient; the lease of a mail is not).
const ANSWER: Duration = Duration::from_secs(30);
/// How long a whole try may take; shorter than the lease of a mail.
const TRY: Duration = Duration::from_secs(120);

/// Why there is no way to the mail server. Says nothing of the address itself, which may hold a password.
#[derive(Debug, thiserror::Error)]
#[error(
    "PARTNERDESK_SMTP_URL is no mail server's address: write smtps://NAME:PASSWORD@HOST (TLS), \
     smtp://NAME:PASSWORD@HOST:587?tls=required (STARTTLS), or smtp://HOST:25 (without TLS)"
)]
pub struct SmtpError;

/// A mail server, with a connection that is kept while there is something to send.
#[derive(Clone)]
pub struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

/// What a mail server answered.
pub enum Answer {
    /// It has the mail.
    Taken(String),
    /// It will never take it.
    Refused(String),
    /// It does not take it now.
    NotNow(String),
    /// The connection broke, or what came back is no answer: it may have the mail or not.
    Lost(String),
}

impl Smtp {
    /// The server at this address; names itself to it as `domain`.
    ///
    /// # Errors
    /// [`SmtpError`].
    pub fn new(url: &str, domain: &str) -> Result<Self, SmtpError> {
        // Without `?tls=…` an address that says `smtp` means none: taking TLS only if it is offered protects nobody.
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| SmtpError)?
            .hello_name(ClientId::Domain(domain.to_owned()))
            .timeout(Some(ANSWER))
            .pool_config(PoolConfig::new().max_size(1).idle_timeout(Duration::from_secs(20)))
            .build();
        Ok(Self(transport))
    }

    /// Whether the server answers and lets us in; what it said where it does not.
    ///
    /// # Errors
    /// What went wrong, in its words.
    pub async fn ready(&self) -> Result<(), String> {
        match tokio::time::timeout(TRY, self.0.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err("the mail server closed the connection".into()),
            Ok(Err(error)) => Err(words(&error)),
            Err(_) => Err("the mail server took too long".into()),
        }
    }

    /// Hands a mail over.
    pub async fn send(&self, mail: &Composed) -> Answer {
        let sent = tokio::time::timeout(TRY, self.0.send_raw(&mail.envelope, &mail.bytes)).await;
        match sent {
            Ok(Ok(response)) => {
                Answer::Taken(format!("{} {}", response.code(), response.message().collect::<Vec<_>>().join(" ")))
            }
            Ok(Err(error)) if error.is_permanent() => Answer::Refused(words(&error)),
            Ok(Err(error)) if error.is_transient() => Answer::NotNow(words(&error)),
            Ok(Err(error)) => Answer::Lost(words(&error)),
            Err(_) => Answer::Lost("the mail server took too long".into()),
        }
    }
}

/// The whole of an error: the library tells its causes apart.
fn words(error: &lettre::transport::smtp::Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let more = next.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = next.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_is_a_mail_servers_and_stays_secret() {
        for right in [
            "smtp://localhost:25",
            "smtps://desk:secret@mail.example.org",
            "smtp://d:s@mail.example.org:587?tls=required",
        ] {
            assert!(Smtp::new(right, "example.org").is_ok(), "{right}");
        }
        for wrong in ["", "mail.example.org", "https://mail.example.org", "smtp://d:secret@mail.example.org?tls=maybe"]
        {
            let error = Smtp::new(wrong, "example.org").err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains("PARTNERDESK_SMTP_URL") && !error.contains("secret@mail"), "{wrong}: {error}");
        }
    }

    #[tokio::test]
    async fn nobody_there_is_told() {
        let nobody = Smtp::new("smtp://127.0.0.1:1", "example.org").expect("address");
        assert!(nobody.ready().await.expect_err("nobody").contains("refused"));
    }
}
