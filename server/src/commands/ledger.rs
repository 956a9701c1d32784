//! `ledger balances`, `ledger verify`.

use super::{Failure, Session, print_json, print_line};
use crate::cli::Format;
use app::base::actor::Actor;
use app::ledger::store;
use chrono::{DateTime, Utc};

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
