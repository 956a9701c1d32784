//! What each command does. Results go to standard output, everything else to standard error.

pub mod audit;
pub mod commissions;
pub mod demo;
pub mod import;
pub mod ledger;
pub mod mail_in;
pub mod methods;
pub mod payouts;
pub mod people;
pub mod programmes;
pub mod tax;
mod whole_file;

use crate::cli::Global;
use crate::embedded_postgres::{EmbeddedPostgres, PostgresError};
use crate::mail::Smtp;
use crate::secret_key;
use app::base::clock::Clock;
use app::base::db::{self, Db};
use app::base::error::AppError;
use app::base::secrets::Secrets;
use app::mail::home::MailHome;
use app::payout_methods::store::seal_plain;
use sqlx::postgres::PgConnectOptions;
use std::path::PathBuf;
use std::str::FromStr;

/// Why a command failed; exit status 1.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The private PostgreSQL.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// The database.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema.
    #[error("migration: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A feature refused.
    #[error(transparent)]
    App(#[from] AppError),
    /// An import refused the file.
    #[error(transparent)]
    Import(#[from] app::imports::model::ImportError),
    /// A file of payout methods was refused.
    #[error(transparent)]
    Methods(#[from] app::payout_methods::bulk::BulkError),
    /// A file for the bank was not made.
    #[error(transparent)]
    Export(#[from] app::payout_runs::export::ExportError),
    /// A month was not closed.
    #[error(transparent)]
    Close(#[from] app::ledger::close::CloseError),
    /// A journal was not written to its end.
    #[error("{0}")]
    Journal(app::ledger::journal::ExportError),
    /// An answer of the bank was refused.
    #[error(transparent)]
    Settle(#[from] app::settlement::store::SettleError),
    /// Reading or writing.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Anything with a sentence of its own.
    #[error("{0}")]
    Refused(String),
}

impl Failure {
    /// A refusal in a sentence.
    pub fn refused(text: impl Into<String>) -> Self {
        Self::Refused(text.into())
    }
}

impl From<app::ledger::journal::ExportError> for Failure {
    fn from(error: app::ledger::journal::ExportError) -> Self {
        use app::ledger::journal::ExportError;
        match error {
            // Whoever closed the pipe has read enough; that is told apart there.
            ExportError::Io(error) => Self::Io(error),
            other => Self::Journal(other),
        }
    }
}

/// What a command works with: the database, brought up to date, and the clock.
pub struct Session {
    /// The way to the database.
    pub db: Db,
    /// Where time comes from.
    pub clock: Clock,
    /// What encrypts and decrypts payout methods.
    pub secrets: Secrets,
    /// Where the house stands on the net.
    pub mail: MailHome,
    /// The way to the mail server, where there is one.
    pub smtp: Option<Smtp>,
    /// Results as JSON.
    pub json: bool,
    postgres: Option<EmbeddedPostgres>,
}

impl Session {
    /// Connects, with the private PostgreSQL where no other was named, and migrates.
    ///
    /// # Errors
    /// When there is no database, or its schema can't be brought up to date.
    pub async fn open(global: &Global) -> Result<Self, Failure> {
        let clock = match global.now {
            Some(_) if global.environment == "production" => {
                return Err(Failure::refused("--now is refused in production: the clock is real there"));
            }
            Some(at) => Clock::Fixed(at),
            None => Clock::System,
        };
        let (postgres, options) = match &global.database_url {
            Some(url) => (None, PgConnectOptions::from_str(url)?),
            None => {
                let (server, options) = EmbeddedPostgres::start(&data_dir(global)).await?;
                (Some(server), options)
            }
        };
        let session = Self::connect(options, clock, global).await;
        match session {
            Ok(session) => Ok(Self { postgres, ..session }),
            Err(failure) => {
                postgres.into_iter().for_each(EmbeddedPostgres::stop);
                Err(failure)
            }
        }
    }

    async fn connect(options: PgConnectOptions, clock: Clock, global: &Global) -> Result<Self, Failure> {
        let (mail, smtp) = mail(global)?;
        db::migrate(options.clone()).await?;
        let db = Db::connect(options, 30).await?;
        let secrets = secret_key::open(&db, clock, &data_dir(global)).await?;
        let sealed = seal_plain(&db, &secrets).await?;
        if sealed > 0 {
            tracing::info!(sealed, "encrypted payout methods that lay in plain text");
        }
        Ok(Self { db, clock, secrets, mail, smtp, json: global.json, postgres: None })
    }

    /// Seals what this command recorded, and stops what was started for it.
    pub async fn close(self) {
        if let Err(error) = seal(&self.db).await {
            tracing::warn!(%error, "the record could not be sealed; the next command or the server will");
        }
        self.db.pool().close().await;
        self.postgres.into_iter().for_each(EmbeddedPostgres::stop);
    }
}

/// Seals what was recorded and not sealed yet.
///
/// # Errors
/// When the database is away.
pub async fn seal(db: &Db) -> Result<i64, AppError> {
    let mut tx = db.begin(&app::base::actor::Actor::Job).await?;
    let sealed = app::audit::store::seal(&mut tx).await?;
    tx.commit().await?;
    Ok(sealed)
}

/// Sender and mail server, as they are set up.
fn mail(global: &Global) -> Result<(MailHome, Option<Smtp>), Failure> {
    let smtp_url = global.smtp_url.as_deref().filter(|url| !url.trim().is_empty());
    let from = global.mail_from.as_deref().filter(|from| !from.trim().is_empty());
    if smtp_url.is_some() && from.is_none() {
        return Err(Failure::refused(
            "PARTNERDESK_SMTP_URL needs PARTNERDESK_MAIL_FROM: the address that mail comes from",
        ));
    }
    let home = MailHome::new(&global.url, from, smtp_url.is_some())
        .map_err(|error| Failure::refused(format!("PARTNERDESK_MAIL_FROM: {error}")))?;
    let smtp = smtp_url.map(|url| Smtp::new(url, home.domain())).transpose();
    Ok((home, smtp.map_err(|error| Failure::refused(error.to_string()))?))
}

fn data_dir(global: &Global) -> PathBuf {
    if let Some(folder) = &global.data_dir {
        return folder.clone();
    }
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_else(|| "/".into());
    let root = std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    if root {
        "/var/lib/partnerdesk".into()
    } else {
        std::env::var_os("XDG_DATA_HOME")
            .map(PathBuf::from)
            .unwrap_or_else(|| home.join(".local/share"))
            .join("partnerdesk")
    }
}

/// Writes a result as one line of JSON.
///
/// # Errors
/// When standard output is closed.
pub fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(|error| Failure::refused(error.to_string()))?;
    print_line(&text)
}

/// Writes a line of a result.
///
/// # Errors
/// When standard output is closed.
pub fn print_line(text: &str) -> Result<(), Failure> {
    use std::io::Write;
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}
