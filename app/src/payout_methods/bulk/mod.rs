//! Payout methods from a file, set by a command: all or nothing. What is refused is told by line and column, and never
//! by what stands there.

mod book;
mod file;

pub use file::{Row, read};

use super::model::Fault;
use super::secrets::{Sealed, seal};
use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::db::Db;
use crate::base::error::{AppError, constraint};
use crate::base::ids::{PartnerId, ProgrammeId};
use crate::base::secrets::{Secrets, SecretsError};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use std::collections::{HashMap, HashSet};
use std::fmt;

/// Rows handled by one statement.
const BATCH: usize = 5000;
/// As many refused lines as are told one by one.
const TOLD: usize = 20;

/// What became of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Rows below the header.
    pub rows: usize,
    /// Methods that are live now and were not before.
    pub set: usize,
    /// Of these, changes, which wait for the safety period.
    pub changed: usize,
    /// Rows that say what was so already.
    pub unchanged: usize,
}

/// A line that can't be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Counted from 1, the header included.
    pub line: u64,
    /// The column at fault; empty where it is the line as a whole.
    pub column: &'static str,
    /// What is wrong and how to write it.
    pub reason: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            "" => write!(f, "line {}: {}", self.line, self.reason),
            column => write!(f, "line {}, {column}: {}", self.line, self.reason),
        }
    }
}

/// Why nothing was set.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// The first line does not name the columns.
    #[error("{0}")]
    Header(String),
    /// Lines that can't be taken.
    #[error("{}", told(.0))]
    Refused(Vec<Refused>),
    /// The file can't be read to its end.
    #[error("the file can't be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// A method was set elsewhere in between, or the database is away.
    #[error(transparent)]
    App(#[from] AppError),
}

impl From<sqlx::Error> for BulkError {
    fn from(error: sqlx::Error) -> Self {
        match constraint(&error) {
            Some("payout_method_serves_one_partner" | "payout_method_one_live") => Self::App(AppError::Conflict),
            _ => Self::App(error.into()),
        }
    }
}

impl From<SecretsError> for BulkError {
    fn from(error: SecretsError) -> Self {
        Self::App(error.into())
    }
}

fn told(refused: &[Refused]) -> String {
    let lines = refused.iter().take(TOLD).map(|line| format!("\n  {line}")).collect::<String>();
    let more = match refused.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!("\n  … and {more} more"),
    };
    format!("nothing was changed; refused{lines}{more}")
}

/// A row whose partner is known.
struct Wanted {
    row: Row,
    partner: PartnerId,
    sealed: Sealed,
}

/// Sets the methods of these rows in one transaction, each with its line in the record.
///
/// # Errors
/// When any row can't be taken; nothing is changed then.
pub async fn set(
    db: &Db,
    secrets: &Secrets,
    programme: ProgrammeId,
    rows: Vec<Row>,
    now: DateTime<Utc>,
) -> Result<Report, BulkError> {
    let mut report = Report { rows: rows.len(), ..Report::default() };
    let mut tx = db.begin(&Actor::Command).await?;
    let mut refused = Vec::new();
    let mut wanted = Vec::with_capacity(rows.len());
    let mut seen = Seen::default();
    for batch in chunks(rows) {
        let codes: Vec<_> = batch.iter().map(|row| row.partner.clone()).collect();
        let partners = book::partners(&mut tx, programme, &codes).await?;
        for row in batch {
            match find(&row, &partners, &mut seen) {
                Ok(partner) => {
                    let sealed = seal(secrets, partner, &row.address)?;
                    match seen.account(&sealed.fingerprint, &row) {
                        Ok(()) => wanted.push(Wanted { row, partner, sealed }),
                        Err(fault) => refused.push(fault),
                    }
                }
                Err(fault) => refused.push(fault),
            }
        }
    }
    let wanted = book::leave_unchanged(&mut tx, secrets, wanted).await?;
    let changing: HashSet<PartnerId> = wanted.iter().map(|wanted| wanted.partner).collect();
    refused.extend(book::serving_others(&mut tx, &wanted, &changing).await?);
    if !refused.is_empty() {
        refused.sort_by_key(|refused| refused.line);
        return Err(BulkError::Refused(refused));
    }
    // What ends has to end first: two partners of one file may exchange their accounts.
    for batch in wanted.chunks(BATCH) {
        report.changed += book::end(&mut tx, batch, now).await?;
    }
    for batch in wanted.chunks(BATCH) {
        report.set += book::add(&mut tx, batch, now).await?;
    }
    report.unchanged = report.rows - report.set;
    if report.rows > 1 {
        let change = Change {
            action: "payout_methods.set",
            subject: format!("programme/{programme}"),
            after: Some(json!({ "programme": programme, "report": report })),
            ..Change::default()
        };
        record(&mut tx, &Actor::Command, now, book::REQUEST, change).await?;
    }
    tx.commit().await?;
    Ok(report)
}

fn chunks(rows: Vec<Row>) -> impl Iterator<Item = Vec<Row>> {
    let mut rows = rows.into_iter();
    std::iter::from_fn(move || Some(rows.by_ref().take(BATCH).collect::<Vec<_>>()).filter(|batch| !batch.is_empty()))
}

/// Partners and accounts that stood on an earlier line.
#[derive(Default)]
struct Seen {
    partners: HashMap<PartnerId, u64>,
    accounts: HashMap<Vec<u8>, u64>,
}

impl Seen {
    fn account(&mut self, fingerprint: &[u8], row: &Row) -> Result<(), Refused> {
        match self.accounts.insert(fingerprint.to_owned(), row.line) {
            None => Ok(()),
            Some(line) => {
                Err(row.account_refused(format!("the same account as on line {line}; one account serves one partner")))
            }
        }
    }
}

fn find(row: &Row, partners: &HashMap<String, (PartnerId, String)>, seen: &mut Seen) -> Result<PartnerId, Refused> {
    let refused = |reason: String| Err(row.refused("partner", reason));
    match partners.get(&row.partner) {
        None => refused("there is no such partner in this programme".to_owned()),
        Some((_, status)) if status == "closed" => refused("this partner's account is closed".to_owned()),
        Some((partner, _)) => match seen.partners.insert(*partner, row.line) {
            None => Ok(*partner),
            Some(line) => refused(format!("this partner stood on line {line} already")),
        },
    }
}

/// A fault in the words of the command line.
pub fn reason(fault: Fault) -> &'static str {
    match fault {
        Fault::HolderEmpty => "the account holder's name is missing",
        Fault::HolderUnfit => "at most 140 characters, and none that can't be seen",
        Fault::IbanEmpty => "the IBAN is missing",
        Fault::IbanWrong => "not an IBAN: a digit or letter is wrong, missing or too many",
        Fault::IbanNotSepa => "euro payments (SEPA) don't reach this country; use wise or paypal",
        Fault::BicWrong => "a BIC has 8 or 11 letters and digits",
        Fault::SortCodeWrong => "a sort code has six digits, like 12-34-56",
        Fault::AccountWrong => "an account number has eight digits; put zeros before a shorter one",
        Fault::CountryWrong => "the country of the bank is missing, or is not two letters of ISO 3166-1",
        Fault::AccountNotIban => "accounts in this country have an IBAN, and this is none of that country",
        Fault::NumberWrong => "an account number has 4 to 34 letters and digits",
        Fault::BankMissing => "without an IBAN, a BIC or a bank code has to say which bank it is",
        Fault::BankCodeWrong => {
            "at most 14 letters and digits; in the United States nine digits, the last a check digit"
        }
        Fault::EmailEmpty => "the e-mail address is missing",
        Fault::EmailWrong => "not an e-mail address",
    }
}
