//! Methods that wait for their member to follow the link that was mailed to them.

use super::{end, parse_kind};
use crate::base::actor::Member;
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::ids::{PartnerId, PersonId};
use crate::base::secrets::Secrets;
use crate::mail::home::MailHome;
use crate::mail::store::seal_token;
use crate::payout_methods::model::Method;
use crate::payout_methods::rules::{LINK_LASTS, LINKS_A_METHOD};
use crate::sign_in::token;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A method that is not confirmed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What may be shown of it.
    pub method: Method,
    /// Who set it, and has to confirm it.
    pub by: Option<PersonId>,
    /// Until when the newest link is good.
    pub link_until: Option<DateTime<Utc>>,
    /// How many links were mailed.
    pub links: i64,
}

/// What a partner's account waits for, if for anything.
///
/// # Errors
/// When the database is away.
pub async fn waiting(tx: &mut Tx, partner: PartnerId) -> Result<Option<Waiting>, AppError> {
    let row = sqlx::query!(
        r#"SELECT m.payout_method_id, m.kind, m.holder_name, m.masked, m.added_at, m.usable_from, m.ended_at,
                  m.added_by AS "added_by: PersonId", max(c.expires_at) AS until, count(c.nth) AS "links!"
           FROM payout_method m LEFT JOIN method_confirmation c USING (partner_id, payout_method_id)
           WHERE m.partner_id = $1 AND m.ended_at IS NULL AND m.waiting GROUP BY m.partner_id, m.payout_method_id"#,
        partner.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let method = Method {
        id: row.payout_method_id,
        kind: parse_kind(&row.kind)?,
        holder: row.holder_name,
        masked: row.masked,
        added_at: row.added_at,
        usable_from: row.usable_from,
        ended_at: row.ended_at,
    };
    Ok(Some(Waiting { method, by: row.added_by, link_until: row.until, links: row.links }))
}

/// Mails the first link to whoever set a method.
///
/// # Errors
/// When the database is away.
pub async fn ask_first(
    tx: &mut Tx,
    home: &MailHome,
    secrets: &Secrets,
    member: &Member,
    method: i64,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let token = token::fresh()?;
    let signed_by = programme_name(tx, member).await?;
    sqlx::query!(
        "SELECT ask_method_confirmation($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        method,
        member.person.0,
        token::hash(&token),
        now + LINK_LASTS,
        secrets.key().0,
        seal_token(secrets, &token)?,
        format!("<{}@{}>", Uuid::new_v4(), home.domain()),
        signed_by,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What asking for another link did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resent {
    /// It is on its way.
    Done,
    /// As many were mailed as one method is worth.
    TooMany,
}

/// Mails another link; those before stay good until they end.
///
/// # Errors
/// [`AppError::NotFound`] where nothing of this member's waits.
pub async fn ask_again(
    tx: &mut Tx,
    home: &MailHome,
    secrets: &Secrets,
    member: &Member,
    now: DateTime<Utc>,
) -> Result<Resent, AppError> {
    let waits = waiting(tx, member.partner).await?.ok_or(AppError::NotFound)?;
    if waits.by != Some(member.person) {
        return Err(AppError::NotFound);
    }
    if waits.links >= LINKS_A_METHOD {
        return Ok(Resent::TooMany);
    }
    match ask_first(tx, home, secrets, member, waits.method.id, now).await {
        Err(AppError::Database(error)) if constraint(&error) == Some("method_confirmation_pkey") => {
            Err(AppError::Conflict)
        }
        Err(AppError::Database(error)) if constraint(&error) == Some("method_confirmation_of_its_member") => {
            Err(AppError::NotFound)
        }
        asked => asked.map(|()| Resent::Done),
    }
}

/// Tells every other member of the account that a method was set; gives how many there are.
///
/// # Errors
/// When the database is away.
pub async fn tell_others(
    tx: &mut Tx,
    home: &MailHome,
    member: &Member,
    method: i64,
    now: DateTime<Utc>,
) -> Result<i64, AppError> {
    let signed_by = programme_name(tx, member).await?;
    Ok(sqlx::query_scalar!(
        r#"SELECT tell_method_changed($1, $2, $3, $4) AS "told!""#,
        method,
        home.domain(),
        signed_by,
        now
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Nobody wrote these mails, so they are the programme's.
async fn programme_name(tx: &mut Tx, member: &Member) -> Result<String, AppError> {
    Ok(sqlx::query_scalar!("SELECT name FROM programme WHERE programme_id = $1", member.programme.0)
        .fetch_one(&mut **tx)
        .await?)
}

/// What a link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// It can confirm this method.
    Open(i64),
    /// It just did; this one, if any, is no longer used.
    Done(i64, Option<i64>),
    /// The method is confirmed already.
    Before,
    /// The change was stopped.
    Cancelled,
    /// It is too old.
    Expired,
    /// It is none of this person's.
    Unknown,
    /// The account has come to serve another partner. The caller gives the transaction up.
    ServesAnother,
}

/// Looks at a link, and uses it where it is `really` meant.
///
/// # Errors
/// When the database is away.
pub async fn confirm(
    tx: &mut Tx,
    member: &Member,
    token: &str,
    now: DateTime<Utc>,
    really: bool,
) -> Result<Link, AppError> {
    let row = sqlx::query!(
        r#"SELECT outcome AS "outcome!", method, before FROM confirm_payout_method($1, $2, $3, $4)"#,
        token::hash(token),
        member.person.0,
        now,
        really,
    )
    .fetch_one(&mut **tx)
    .await;
    let row = match row {
        Err(error) if constraint(&error) == Some("payout_method_serves_one_partner") => return Ok(Link::ServesAnother),
        row => row?,
    };
    Ok(match (row.outcome.as_str(), row.method) {
        ("open", Some(method)) => Link::Open(method),
        ("done", Some(method)) => Link::Done(method, row.before),
        ("before", _) => Link::Before,
        ("cancelled", _) => Link::Cancelled,
        ("expired", _) => Link::Expired,
        _ => Link::Unknown,
    })
}

/// Stops a change that waits; what was in use stays so.
///
/// # Errors
/// [`AppError::Conflict`] where it does not wait any more.
pub async fn cancel(tx: &mut Tx, member: &Member, method: i64, now: DateTime<Utc>) -> Result<(), AppError> {
    // The lock, so that a confirmation at the same moment comes before or after.
    let waits = sqlx::query_scalar!(
        r#"SELECT waiting AS "waiting!" FROM payout_method
           WHERE partner_id = $1 AND payout_method_id = $2 AND ended_at IS NULL FOR UPDATE"#,
        member.partner.0,
        method,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if waits != Some(true) {
        return Err(AppError::Conflict);
    }
    end(tx, member.partner, method, now).await
}
