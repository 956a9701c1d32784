//! Lines that wait for a person, and what a person makes of them.

use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::ids::PayoutId;
use crate::base::money::{Currency, Money};
use crate::settlement::files::Outcome;
use crate::settlement::model::{Disposition, Waiting, outcome};
use chrono::{DateTime, Utc};
use serde_json::json;

/// The oldest lines that wait.
///
/// # Errors
/// When the database is away.
pub async fn waiting(tx: &mut Tx, most: i64) -> Result<Vec<Waiting>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT l.settlement_file_id, f.file_name, l.line, l.kind, l.outcome, l.disposition, l.target, l.amount, l.currency, l.on_day,
                  l.bank_reference, l.code, l.text, l.partner_id, l.payout_id, f.read_at
           FROM settlement_line l JOIN settlement_file f USING (settlement_file_id)
           WHERE l.disposition IN ('unmatched', 'wrong_amount', 'contradicts')
             AND NOT EXISTS (SELECT FROM settlement_by_hand h WHERE h.settlement_file_id = l.settlement_file_id AND h.line = l.line)
           ORDER BY l.settlement_file_id, l.line LIMIT $1"#,
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let unknown = || AppError::Internal("a settlement line of no known kind".into());
            Ok(Waiting {
                file: row.settlement_file_id,
                file_name: row.file_name,
                line: row.line,
                kind: row.kind,
                outcome: outcome(&row.outcome).ok_or_else(unknown)?,
                why: Disposition::parse(&row.disposition).ok_or_else(unknown)?,
                target: row.target,
                amount: match row.amount.zip(row.currency) {
                    Some((amount, currency)) => Some(Money::new(amount, Currency::parse(&currency)?)),
                    None => None,
                },
                on: row.on_day,
                bank_reference: row.bank_reference,
                code: row.code,
                text: row.text,
                payout: row.partner_id.zip(row.payout_id).map(|(partner, payout)| (partner.into(), payout.into())),
                read_at: row.read_at,
            })
        })
        .collect()
}

/// How settling by hand ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByHand {
    /// Done, or done before with the same line.
    Done,
    /// There is no such payout.
    NoPayout,
    /// The payout does not stand where this could follow.
    DoesNotFollow,
    /// The line's amount is another one than the payout's.
    WrongAmount,
    /// Somebody was quicker.
    Gone,
}

/// Makes a waiting line count for a payout, or says that it needs nothing (`payout` is `None`). The caller commits, and
/// gives the transaction up on anything but [`ByHand::Done`].
///
/// # Errors
/// [`AppError::Forbidden`] for anybody but owners and finance.
pub async fn by_hand(
    tx: &mut Tx,
    actor: &Actor,
    (file, line): (i64, i64),
    payout: Option<PayoutId>,
    reason: &str,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<ByHand, AppError> {
    let person = actor.staff().ok_or(AppError::Forbidden)?.person;
    let said = sqlx::query!(
        "SELECT outcome, amount, currency, code, bank_reference FROM settlement_line WHERE settlement_file_id = $1 AND line = $2",
        file,
        line,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    let found = match payout {
        Some(payout) => {
            let found = sqlx::query!(
                "SELECT partner_id, payout_id, total AS \"amount!\", currency, state FROM payout WHERE payout_id = $1",
                payout.0,
            )
            .fetch_optional(&mut **tx)
            .await?;
            let Some(found) = found else { return Ok(ByHand::NoPayout) };
            Some(found)
        }
        None => None,
    };
    let written = sqlx::query!(
        "INSERT INTO settlement_by_hand (settlement_file_id, line, verdict, partner_id, payout_id, reason, settled_by, settled_at)
         VALUES ($1, $2, CASE WHEN $3::bigint IS NULL THEN 'dismissed' ELSE 'matched' END, $3, $4, $5, $6, $7)",
        file,
        line,
        found.as_ref().map(|found| found.partner_id),
        found.as_ref().map(|found| found.payout_id),
        reason,
        person.0,
        now,
    )
    .execute(&mut **tx)
    .await;
    if let Err(error) = written {
        return match constraint(&error) {
            Some("settlement_by_hand_pkey" | "settlement_by_hand_of_a_waiting_line") => Ok(ByHand::Gone),
            Some("settlement_by_hand_by_finance") => Err(AppError::Forbidden),
            _ => Err(error.into()),
        };
    }
    if let Some(found) = &found {
        // What comes back may be less by the bank's fee, and is given back whole; what settles is never another amount.
        let differs = said.amount.is_some_and(|amount| amount != found.amount)
            || said.currency.as_ref().is_some_and(|currency| *currency != found.currency);
        if differs && outcome(&said.outcome) == Some(Outcome::Settled) {
            return Ok(ByHand::WrongAmount);
        }
        let state = match outcome(&said.outcome) {
            Some(Outcome::Settled) => "paid",
            Some(Outcome::Rejected) => "failed",
            Some(Outcome::Returned) => "returned",
            _ => return Ok(ByHand::DoesNotFollow),
        };
        let moved = sqlx::query!(
            "INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, by_id, reason, code, bank_reference,
                                       amount, currency, settlement_file_id, settlement_line, at, booked_at)
             SELECT partner_id, payout_id, seq + 1, state, $3, 'staff', $4, $5, $6, $7,
                    CASE WHEN $3 = 'paid' THEN total END, CASE WHEN $3 = 'paid' THEN currency END, $8, $9, $10, $10
             FROM payout WHERE partner_id = $1 AND payout_id = $2",
            found.partner_id,
            found.payout_id,
            state,
            person.0,
            reason,
            said.code,
            said.bank_reference,
            file,
            line,
            now,
        )
        .execute(&mut **tx)
        .await;
        match moved {
            Ok(_) => {}
            Err(error) if constraint(&error) == Some("payout_event_transition") => return Ok(ByHand::DoesNotFollow),
            Err(error) if constraint(&error) == Some("payout_event_pkey") => return Ok(ByHand::Gone),
            Err(error) => return Err(error.into()),
        }
    }
    let change = Change {
        action: if found.is_some() { "settlement.matched" } else { "settlement.dismissed" },
        subject: format!("settlement_line/{file}/{line}"),
        partner: found.as_ref().map(|found| found.partner_id.into()),
        before: found.as_ref().map(|found| json!({ "state": found.state })),
        after: Some(
            json!({ "payout": found.as_ref().map(|found| found.payout_id), "outcome": said.outcome, "reason": reason }),
        ),
        ..Change::default()
    };
    record(tx, actor, now, request_id, change).await?;
    Ok(ByHand::Done)
}
