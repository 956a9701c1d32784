//! Reading and setting where a partner's money goes.

mod plain;
mod reveal;
mod whole;

pub use plain::seal_plain;
pub use reveal::{Revealed, note_reveal, revealed, reveals};
pub use whole::{Whole, wholes};

use super::model::{Method, MethodKind};
use super::rules;
use super::secrets::Sealed;
use crate::base::actor::Member;
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint, exactly_one};
use crate::base::ids::{PartnerId, ProgrammeId};
use crate::base::money::Currency;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Where a partner's money goes now, if anywhere, also where it was changed and still waits. Never the whole account.
///
/// # Errors
/// When the database is away.
pub async fn live_method(tx: &mut Tx, partner: PartnerId) -> Result<Option<Method>, AppError> {
    Ok(methods(tx, partner, true).await?.pop())
}

/// Where a partner's money went before, the newest first; twenty at most.
///
/// # Errors
/// When the database is away.
pub async fn ended_methods(tx: &mut Tx, partner: PartnerId) -> Result<Vec<Method>, AppError> {
    methods(tx, partner, false).await
}

/// A programme's currency, and how many days a changed method waits in it.
///
/// # Errors
/// [`AppError::NotFound`] where the actor sees no such programme.
pub async fn programme(tx: &mut Tx, programme: ProgrammeId) -> Result<(Currency, i32), AppError> {
    let row = sqlx::query!("SELECT currency, method_safety_days FROM programme WHERE programme_id = $1", programme.0)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)?;
    Ok((Currency::parse(&row.currency)?, row.method_safety_days))
}

async fn methods(tx: &mut Tx, partner: PartnerId, live: bool) -> Result<Vec<Method>, AppError> {
    let rows = sqlx::query!(
        "SELECT payout_method_id, kind, holder_name, masked, added_at, usable_from, ended_at FROM payout_method
         WHERE partner_id = $1 AND (ended_at IS NULL) = $2 ORDER BY payout_method_id DESC LIMIT 20",
        partner.0,
        live,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Method {
                id: row.payout_method_id,
                kind: parse_kind(&row.kind)?,
                holder: row.holder_name,
                masked: row.masked,
                added_at: row.added_at,
                usable_from: row.usable_from,
                ended_at: row.ended_at,
            })
        })
        .collect()
}

/// What a member sets.
#[derive(Clone, Debug)]
pub struct New {
    /// How.
    pub kind: MethodKind,
    /// The account holder.
    pub holder: String,
    /// What may be shown of it.
    pub masked: String,
    /// The account.
    pub sealed: Sealed,
    /// Whether it says more than the account, which can't be compared: a BIC.
    pub says_more: bool,
    /// Tells one form from another.
    pub form_key: Uuid,
}

/// What setting a payout method did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// The new one is live; the one before, if any, has ended.
    Done {
        /// The one that ended.
        before: Option<i64>,
        /// The one that is live.
        after: i64,
        /// From when on money is sent there.
        usable_from: DateTime<Utc>,
    },
    /// It was the live one already, or this very form was done before.
    Unchanged,
    /// It serves another partner account. The caller gives the transaction up.
    ServesAnother,
}

/// Makes an account the one where a partner's money goes.
///
/// A first one is used at once and a changed one after the programme's safety period; where only the holder or the BIC
/// is put right, what was usable stays usable.
///
/// # Errors
/// [`AppError::Conflict`] when another change came in between.
pub async fn set_method(tx: &mut Tx, member: &Member, new: &New, now: DateTime<Utc>) -> Result<Set, AppError> {
    let partner = member.partner;
    // The live row is the lock; where there is none, two firsts meet at payout_method_one_live.
    let live = sqlx::query!(
        r#"SELECT payout_method_id, kind, holder_name, usable_from, fingerprint = $2 AS "same_account!" FROM payout_method
           WHERE partner_id = $1 AND ended_at IS NULL FOR UPDATE"#,
        partner.0,
        new.sealed.fingerprint,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let past = sqlx::query!(
        r#"SELECT count(m.payout_method_id) = 0 AS "is_first!", coalesce(bool_or(m.form_key = $2), false) AS "done!",
                  g.method_safety_days
           FROM partner p JOIN programme g USING (programme_id) LEFT JOIN payout_method m ON m.partner_id = p.partner_id
           WHERE p.partner_id = $1 GROUP BY g.method_safety_days"#,
        partner.0,
        new.form_key,
    )
    .fetch_one(&mut **tx)
    .await?;
    let same_account = live.as_ref().filter(|live| live.same_account && live.kind == new.kind.as_str());
    if past.done || (!new.says_more && same_account.is_some_and(|live| live.holder_name == new.holder)) {
        return Ok(Set::Unchanged);
    }
    let usable_from = match same_account {
        Some(live) => live.usable_from.max(now),
        None => rules::usable_from(past.is_first, past.method_safety_days, now),
    };
    let before = live.map(|live| live.payout_method_id);
    if let Some(before) = before {
        end(tx, partner, before, now).await?;
    }
    let written = sqlx::query_scalar!(
        "INSERT INTO payout_method (partner_id, kind, holder_name, ciphertext, key_id, fingerprint, masked, set_by, added_by,
                                    added_at, usable_from, form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'member', $8, $9, $10, $11) RETURNING payout_method_id",
        partner.0,
        new.kind.as_str(),
        new.holder,
        new.sealed.ciphertext,
        new.sealed.key.0,
        new.sealed.fingerprint,
        new.masked,
        member.person.0,
        now,
        usable_from,
        new.form_key,
    )
    .fetch_one(&mut **tx)
    .await;
    match written {
        Ok(after) => Ok(Set::Done { before, after, usable_from }),
        Err(error) => match constraint(&error) {
            Some("payout_method_serves_one_partner") => Ok(Set::ServesAnother),
            Some("payout_method_form_once") => Ok(Set::Unchanged),
            Some("payout_method_one_live" | "payout_method_change_waits") => Err(AppError::Conflict),
            _ => Err(error.into()),
        },
    }
}

async fn end(tx: &mut Tx, partner: PartnerId, method: i64, now: DateTime<Utc>) -> Result<(), AppError> {
    let ended = sqlx::query!(
        "UPDATE payout_method SET ended_at = $3 WHERE partner_id = $1 AND payout_method_id = $2 AND ended_at IS NULL",
        partner.0,
        method,
        now,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(ended.rows_affected())
}

fn parse_kind(text: &str) -> Result<MethodKind, AppError> {
    MethodKind::parse(text).ok_or_else(|| AppError::Internal("a payout method of no known kind".into()))
}
