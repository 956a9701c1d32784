//! `ledger balances`, `ledger export`, `ledger close`, `ledger verify`.

use super::{Failure, Session, print_json, print_line, programmes};
use crate::cli::{Format, FundsKind, JournalFormat};
use app::base::actor::Actor;
use app::base::money::{Currency, Money};
use app::funds;
use app::ledger::close::{self, Month};
use app::ledger::journal::{self, Period};
use app::ledger::store;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use std::io::BufWriter;

/// Prints `partner,currency,pending,payable,ring_fenced,in_payout,paid`.
///
/// # Errors
/// When the database is away.
pub async fn balances(session: &Session, as_of: Option<DateTime<Utc>>, format: Format) -> Result<(), Failure> {
    let mut tx = session.db.begin(&Actor::Command).await?;
    let mut balances = store::balances(&mut tx, as_of).await?;
    for balance in &mut balances {
        let digits = app::base::money::Currency::parse(&balance.currency).map_or(2, |currency| currency.minor_units());
        for amount in [
            &mut balance.pending,
            &mut balance.payable,
            &mut balance.ring_fenced,
            &mut balance.in_payout,
            &mut balance.paid,
        ] {
            amount.rescale(digits);
        }
    }
    if session.json || format == Format::Json {
        return print_json(&balances);
    }
    print_line("partner,currency,pending,payable,ring_fenced,in_payout,paid")?;
    for b in balances {
        print_line(&format!(
            "{},{},{},{},{},{},{}",
            b.partner, b.currency, b.pending, b.payable, b.ring_fenced, b.in_payout, b.paid
        ))?;
    }
    Ok(())
}

/// What to export.
pub struct Export {
    /// Whose journal.
    pub format: JournalFormat,
    /// Programme code.
    pub programme: Option<String>,
    /// First accounting day.
    pub from: Option<NaiveDate>,
    /// Last accounting day.
    pub until: Option<NaiveDate>,
}

/// Writes a journal to standard output.
///
/// # Errors
/// When there is no such programme, the period ends before it begins, or the database is away.
pub async fn export(session: &Session, what: Export) -> Result<(), Failure> {
    if what.from.zip(what.until).is_some_and(|(from, until)| until < from) {
        return Err(Failure::refused("the period ends before it begins"));
    }
    let programme = match &what.programme {
        Some(code) => Some(programmes::find(session, code).await?),
        None => None,
    };
    let format = match what.format {
        JournalFormat::Hledger => journal::Format::Hledger,
        JournalFormat::Beancount => journal::Format::Beancount,
    };
    let period = Period { programme, from: what.from, until: what.until };
    let mut out = BufWriter::with_capacity(64 * 1024, std::io::stdout());
    let written = journal::export(&session.db, &Actor::Command, format, &period, &mut out).await?;
    tracing::info!(written.transfers, written.openings, "exported");
    Ok(())
}

/// Prints a month's opening, movements and closing liability, and closes it.
///
/// # Errors
/// When there is no such programme, or the month is not over, not the next one, or closed already.
pub async fn close(session: &Session, code: &str, month: Month, dry_run: bool) -> Result<(), Failure> {
    let programme = programmes::find(session, code).await?;
    let mut tx = session.db.begin(&Actor::Command).await?;
    let lines = if dry_run {
        close::figures(&mut tx, programme, month).await?
    } else {
        close::close(&mut tx, &Actor::Command, programme, month, "ledger-close", session.clock.now()).await?
    };
    let waiting = close::not_released(&mut tx, programme, month).await?;
    tx.commit().await?;
    if waiting > 0 {
        let becomes = if dry_run { "would become" } else { "become" };
        eprintln!(
            "{waiting} commissions left their hold by the end of {month} and are not released; they {becomes} payable in a later month"
        );
    }
    if session.json {
        let month = month.to_string();
        return print_json(&json!({ "programme": code, "month": month, "closed": !dry_run, "lines": lines }));
    }
    print_line("currency,line,transfers,pending,payable,ring_fenced,in_payout,liability,paid")?;
    for l in lines {
        print_line(&format!(
            "{},{},{},{},{},{},{},{},{}",
            l.currency, l.line, l.transfers, l.pending, l.payable, l.ring_fenced, l.in_payout, l.liability, l.paid
        ))?;
    }
    Ok(())
}

/// What to record.
pub struct Fund {
    /// Programme code.
    pub programme: String,
    /// How much.
    pub amount: Decimal,
    /// ISO 4217.
    pub currency: String,
    /// What it is.
    pub kind: FundsKind,
    /// A word on it.
    pub note: String,
    /// Makes it one booking however often it is asked for.
    pub key: Option<uuid::Uuid>,
}

/// Records funds or fees.
///
/// # Errors
/// When there is no such programme or currency, the amount is none, or the database is away.
pub async fn fund(session: &Session, what: Fund) -> Result<(), Failure> {
    let programme = programmes::find(session, &what.programme).await?;
    let currency = Currency::parse(&what.currency).map_err(|error| Failure::refused(error.to_string()))?;
    if what.amount <= Decimal::ZERO || currency.round(what.amount) != what.amount {
        return Err(Failure::refused(format!("{} is not an amount of {currency} above zero", what.amount)));
    }
    let kind = match what.kind {
        FundsKind::Funding => funds::model::Kind::Funding,
        FundsKind::FundingReturn => funds::model::Kind::FundingReturn,
        FundsKind::BankFee => funds::model::Kind::BankFee,
        FundsKind::BankFeeReturn => funds::model::Kind::BankFeeReturn,
    };
    let now = session.clock.now();
    let new = funds::store::NewBooking {
        programme,
        kind,
        money: Money::new(what.amount, currency),
        note: &what.note,
        effective_at: now,
        form_key: what.key.unwrap_or_else(uuid::Uuid::new_v4),
    };
    let mut tx = session.db.begin(&Actor::Command).await?;
    let transfer = funds::store::book(&mut tx, &Actor::Command, &new, "ledger-fund", now).await?;
    let left = funds::store::left_for_sending(&mut tx, programme, currency).await?.unwrap_or_default();
    tx.commit().await?;
    let (amount, left) = (currency.round(what.amount).to_string(), currency.round(left).to_string());
    if session.json {
        return print_json(&json!({ "transfer": transfer, "amount": amount, "currency": currency, "left": left }));
    }
    print_line(&format!("transfer {transfer}: {amount} {currency}; {left} {currency} is left to send"))
}

/// Re-adds everything.
///
/// # Errors
/// On any difference.
pub async fn verify(session: &Session) -> Result<(), Failure> {
    let mut tx = session.db.begin(&Actor::Command).await?;
    let found = store::verify(&mut tx).await?;
    if session.json {
        print_json(&found)?;
    } else {
        for difference in &found.differences {
            print_line(&format!("{}: kept {}, adds up to {}", difference.what, difference.kept, difference.added))?;
        }
        print_line(&format!(
            "{} transfers, {} accounts, {} commissions: {}",
            found.transfers,
            found.accounts,
            found.commissions,
            if found.differences.is_empty() {
                "everything adds up".to_owned()
            } else {
                format!("{} differences", found.differences.len())
            }
        ))?;
    }
    if found.differences.is_empty() { Ok(()) } else { Err(Failure::refused("the ledger does not add up")) }
}
