//! `partner method`, `partner methods`.

use super::{Failure, Session, print_json, print_line};
use crate::cli::Account;
use app::payout_methods::address::Given;
use app::payout_methods::bulk::{self, BulkError, Row};
use app::payout_methods::model::MethodKind;
use flate2::bufread::MultiGzDecoder;
use serde_json::json;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Sets one partner's payout method and prints its mask.
///
/// # Errors
/// When there is no such partner, something is none, or the account serves another partner.
pub async fn set(session: &Session, programme: &str, partner: &str, account: &Account) -> Result<(), Failure> {
    let id = super::programmes::find(session, programme).await?;
    let of = |text: &Option<String>| text.clone().unwrap_or_default();
    let (kind, email) = match account {
        Account { iban: Some(_), .. } => (MethodKind::Iban, String::new()),
        Account { sort_code: Some(_), .. } => (MethodKind::SortCode, String::new()),
        Account { country: Some(_), .. } => (MethodKind::BankAccount, String::new()),
        Account { paypal: Some(email), .. } => (MethodKind::PayPal, email.clone()),
        Account { wise, .. } => (MethodKind::Wise, of(wise)),
    };
    let (iban, bic, sort_code, number) =
        (of(&account.iban), of(&account.bic), of(&account.sort_code), of(&account.account));
    let (country, bank_code) = (of(&account.country), of(&account.bank_code));
    let given = Given {
        holder: &account.holder,
        iban: &iban,
        bic: &bic,
        sort_code: &sort_code,
        account: &number,
        country: &country,
        bank_code: &bank_code,
        email: &email,
    };
    let (holder, address) = given.parse(kind).map_err(|faults| {
        let told = faults.into_iter().map(|fault| told(kind, fault.field(), bulk::reason(fault)));
        Failure::refused(told.collect::<Vec<_>>().join("; "))
    })?;
    let masked = address.masked();
    let row = Row { line: 1, partner: partner.to_owned(), holder, address };
    let report = bulk::set(&session.db, &session.secrets, id, vec![row], session.clock.now()).await.map_err(
        |error| match error {
            BulkError::Refused(refused) => {
                let told = refused.iter().map(|refused| told(kind, refused.column, &refused.reason));
                Failure::refused(told.collect::<Vec<_>>().join("; "))
            }
            error => error.into(),
        },
    )?;
    if session.json {
        print_json(&json!({ "partner": partner, "kind": kind.as_str(), "masked": masked, "report": report }))
    } else {
        print_line(&format!("{partner} {} {masked}", kind.as_str()))
    }
}

/// A column as the command line names it.
fn told(kind: MethodKind, column: &str, reason: &str) -> String {
    match (column, kind) {
        ("partner", _) => reason.to_owned(),
        ("email", MethodKind::PayPal) => format!("--paypal: {reason}"),
        ("email", _) => format!("--wise: {reason}"),
        (column, _) => format!("--{}: {reason}", column.replace('_', "-")),
    }
}

/// Sets the payout methods of a file and prints `{"rows":…,"set":…,"changed":…,"unchanged":…}`.
///
/// # Errors
/// When any line is refused; nothing is changed then.
pub async fn set_many(session: &Session, programme: &str, file: &Path) -> Result<(), Failure> {
    let id = super::programmes::find(session, programme).await?;
    let rows = bulk::read(open(file)?)?;
    print_json(&bulk::set(&session.db, &session.secrets, id, rows, session.clock.now()).await?)
}

fn open(path: &Path) -> Result<Box<dyn Read>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin()));
    }
    let file = File::open(path).map_err(|error| Failure::refused(format!("{}: {error}", path.display())))?;
    let file = BufReader::new(file);
    if path.extension().is_some_and(|extension| extension == "gz") {
        Ok(Box::new(MultiGzDecoder::new(file)))
    } else {
        Ok(Box::new(file))
    }
}
