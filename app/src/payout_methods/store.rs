//! Reading and setting where a partner's money goes.

mod plain;
mod reveal;
mod waiting;
mod whole;

pub use plain::seal_plain;
pub use reveal::revealed;
pub use waiting::{Link, Resent, Waiting, ask_again, ask_first, cancel, confirm, tell_others, waiting};
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

/// Where a partner's money goes now, if anywhere, also where it was changed and is in its safety period; not what still
/// has to be confirmed ([`waiting`]). Never the whole account.
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
         WHERE partner_id = $1 AND (ended_at IS NULL) = $2 AND NOT waiting ORDER BY payout_method_id DESC LIMIT 20",
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
    /// Whether it has to be confirmed by mail before it is used.
    pub awaits_mail: bool,
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
    /// It waits for its confirmation; the one before, if any, stays in use until then.
    Waits {
        /// The one that waits.
        after: i64,
        /// From when on money is sent there, where it is confirmed by then.
        usable_from: DateTime<Utc>,
    },
    /// Somebody's change was stopped: this is the one that is in use.
    Kept {
        /// The one in use.
        live: i64,
    },
    /// It was the live one already, or this very form was done before.
    Unchanged,
    /// It serves another partner account. The caller gives the transaction up.
    ServesAnother,
}

/// Makes an account the one where a partner's money goes.
///
/// A first one is used at once and a changed one after the programme's safety period; where only the holder or the BIC
/// is put right, what was usable stays usable. One that awaits its confirmation takes the place of another that does,
/// and leaves the one in use alone.
///
/// # Errors
/// [`AppError::Conflict`] when another change came in between.
pub async fn set_method(tx: &mut Tx, member: &Member, new: &New, now: DateTime<Utc>) -> Result<Set, AppError> {
    let partner = member.partner;
    // What did not end is the lock; where there is nothing, two firsts meet at payout_method_one_live or _one_waiting.
    let open = sqlx::query!(
        r#"SELECT payout_method_id, kind, holder_name, usable_from, fingerprint = $2 AS "same_account!", waiting AS "waiting!"
           FROM payout_method WHERE partner_id = $1 AND ended_at IS NULL ORDER BY payout_method_id FOR UPDATE"#,
        partner.0,
        new.sealed.fingerprint,
    )
    .fetch_all(&mut **tx)
    .await?;
    let (waiting, live): (Vec<_>, Vec<_>) = open.into_iter().partition(|method| method.waiting);
    let (waiting, live) = (waiting.into_iter().next(), live.into_iter().next());
    let past = sqlx::query!(
        r#"SELECT count(m.payout_method_id) FILTER (WHERE NOT m.waiting) = 0 AS "is_first!", coalesce(bool_or(m.form_key = $2), false) AS "done!",
                  g.method_safety_days
           FROM partner p JOIN programme g USING (programme_id) LEFT JOIN payout_method m ON m.partner_id = p.partner_id
           WHERE p.partner_id = $1 GROUP BY g.method_safety_days"#,
        partner.0,
        new.form_key,
    )
    .fetch_one(&mut **tx)
    .await?;
    let same_account = live.as_ref().filter(|live| live.same_account && live.kind == new.kind.as_str());
    let same_waits = waiting.as_ref().filter(|waits| waits.same_account && waits.kind == new.kind.as_str());
    if past.done || (!new.says_more && same_waits.is_some_and(|waits| waits.holder_name == new.holder)) {
        return Ok(Set::Unchanged);
    }
    // Of changes that wait the last one counts.
    if let Some(waits) = &waiting {
        end(tx, partner, waits.payout_method_id, now).await?;
    }
    if let Some(live) = same_account.filter(|live| !new.says_more && live.holder_name == new.holder) {
        let live = live.payout_method_id;
        return Ok(if waiting.is_some() { Set::Kept { live } } else { Set::Unchanged });
    }
    let usable_from = match same_account {
        Some(live) => live.usable_from.max(now),
        None => rules::usable_from(past.is_first, past.method_safety_days, now),
    };
    // The same account with another holder or BIC takes money nowhere else.
    let awaits_mail = new.awaits_mail && same_account.is_none();
    let before = live.filter(|_| !awaits_mail).map(|live| live.payout_method_id);
    if let Some(before) = before {
        end(tx, partner, before, now).await?;
    }
    let written = sqlx::query_scalar!(
        "INSERT INTO payout_method (partner_id, kind, holder_name, ciphertext, key_id, fingerprint, masked, set_by, added_by,
                                    added_at, usable_from, form_key, awaits_mail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'member', $8, $9, $10, $11, $12) RETURNING payout_method_id",
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
        awaits_mail,
    )
    .fetch_one(&mut **tx)
    .await;
    match written {
        Ok(after) if awaits_mail => Ok(Set::Waits { after, usable_from }),
        Ok(after) => Ok(Set::Done { before, after, usable_from }),
        Err(error) => match constraint(&error) {
            Some("payout_method_serves_one_partner") => Ok(Set::ServesAnother),
            Some("payout_method_form_once") => Ok(Set::Unchanged),
            Some("payout_method_one_live" | "payout_method_one_waiting" | "payout_method_change_waits") => {
                Err(AppError::Conflict)
            }
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
