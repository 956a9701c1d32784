//! Sessions, failures, invitations: everything that is asked before anyone is anyone.

use super::rules::{FAILURE_WINDOW_MINUTES, FAILURES_PER_ACCOUNT, FAILURES_PER_ADDRESS};
use super::token;
use crate::base::actor::{Actor, Member, Role, Staff};
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PartnerId, PersonId};
use chrono::{DateTime, Duration, Utc};

/// A person who may sign in.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Who.
    pub person: PersonId,
    /// PHC string; none until a password was set.
    pub password_hash: Option<String>,
    /// No longer welcome.
    pub disabled: bool,
}

/// Finds a person by address.
///
/// # Errors
/// When the database is away.
pub async fn credentials(tx: &mut Tx, email: &str) -> Result<Option<Credentials>, AppError> {
    Ok(sqlx::query_as!(
        Credentials,
        r#"SELECT person_id AS "person: PersonId", password_hash, disabled_at IS NOT NULL AS "disabled!" FROM person WHERE email = $1"#,
        email,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Address and password hash of a person who is not disabled.
///
/// # Errors
/// When the database is away.
pub async fn password_of(tx: &mut Tx, person: PersonId) -> Result<Option<(String, Option<String>)>, AppError> {
    let row =
        sqlx::query!("SELECT email, password_hash FROM person WHERE person_id = $1 AND disabled_at IS NULL", person.0)
            .fetch_optional(&mut **tx)
            .await?;
    Ok(row.map(|row| (row.email, row.password_hash)))
}

/// A signed-in person, as a session finds them.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who, and for which account.
    pub actor: Actor,
    /// Their language.
    pub locale: String,
    /// Their time zone (IANA name).
    pub time_zone: String,
    /// The place in what happened at which they ask.
    pub place: String,
    /// Whether something lies there that they typed and did not send.
    pub drafts: bool,
}

/// Opens a session; gives its token. Staff work from it for half a day, members for thirty days.
///
/// # Errors
/// [`AppError::Forbidden`] where the person is neither staff nor a member of an open account.
pub async fn open_session(tx: &mut Tx, person: PersonId, now: DateTime<Utc>) -> Result<String, AppError> {
    let staff = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM staff WHERE person_id = $1 AND disabled_at IS NULL) AS "staff!""#,
        person.0
    )
    .fetch_one(&mut **tx)
    .await?;
    let partner = if staff {
        None
    } else {
        let found = sqlx::query_scalar!(
            "SELECT m.partner_id FROM partner_member m JOIN partner p USING (partner_id)
             WHERE m.person_id = $1 AND p.status <> 'closed' ORDER BY m.since, m.partner_id LIMIT 1",
            person.0,
        )
        .fetch_optional(&mut **tx)
        .await?;
        Some(found.ok_or(AppError::Forbidden)?)
    };
    let token = token::fresh()?;
    let lasts = if staff { Duration::hours(12) } else { Duration::days(30) };
    sqlx::query!(
        "INSERT INTO session (token_hash, person_id, partner_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        token::hash(&token),
        person.0,
        partner,
        now,
        now + lasts,
    )
    .execute(&mut **tx)
    .await?;
    Ok(token)
}

/// Who a session's token belongs to; `None` where it ended or the person was disabled.
///
/// # Errors
/// When the database is away.
pub async fn load_session(tx: &mut Tx, token: &str, now: DateTime<Utc>) -> Result<Option<SignedIn>, AppError> {
    let row = sqlx::query!(
        r#"SELECT s.person_id, p.name, p.locale, p.time_zone, f.role AS "role?", s.partner_id, a.name AS "partner_name?",
                  a.programme_id AS "programme_id?", pg_current_snapshot()::text AS "place!",
                  EXISTS (SELECT FROM kept_draft d WHERE d.person_id = s.person_id AND d.body <> '') AS "drafts!"
           FROM session s
           JOIN person p USING (person_id)
           LEFT JOIN staff f ON f.person_id = s.person_id AND f.disabled_at IS NULL
           LEFT JOIN partner a ON a.partner_id = s.partner_id AND a.status <> 'closed'
           WHERE s.token_hash = $1 AND s.expires_at > $2 AND p.disabled_at IS NULL"#,
        token::hash(token),
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.and_then(|row| {
        let person = PersonId(row.person_id);
        let actor =
            match (row.role.as_deref().and_then(Role::parse), row.partner_id, row.partner_name, row.programme_id) {
                (Some(role), None, ..) => Actor::Staff(Staff { person, name: row.name, role }),
                (_, Some(partner), Some(partner_name), Some(programme)) => Actor::Member(Member {
                    person,
                    name: row.name,
                    partner: PartnerId(partner),
                    partner_name,
                    programme: programme.into(),
                }),
                _ => return None,
            };
        let (place, drafts) = (row.place, row.drafts);
        Some(SignedIn { actor, locale: row.locale, time_zone: row.time_zone, place, drafts })
    }))
}

/// Ends a session.
///
/// # Errors
/// When the database is away.
pub async fn end_session(tx: &mut Tx, token: &str) -> Result<(), AppError> {
    sqlx::query!("DELETE FROM session WHERE token_hash = $1", token::hash(token)).execute(&mut **tx).await?;
    Ok(())
}

/// Whether this account or this address failed too often lately.
///
/// # Errors
/// When the database is away.
pub async fn must_wait(tx: &mut Tx, email: &str, address: &str, now: DateTime<Utc>) -> Result<bool, AppError> {
    let since = now - Duration::minutes(FAILURE_WINDOW_MINUTES);
    let row = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE subject_hash = $1) AS "account!", count(*) FILTER (WHERE subject_hash = $2) AS "address!"
           FROM sign_in_failure WHERE subject_hash IN ($1, $2) AND failed_at >= $3"#,
        account_subject(email),
        address_subject(address),
        since,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row.account >= FAILURES_PER_ACCOUNT || row.address >= FAILURES_PER_ADDRESS)
}

/// Notes a failure against the account and the address.
///
/// # Errors
/// When the database is away.
pub async fn note_failure(tx: &mut Tx, email: &str, address: &str, now: DateTime<Utc>) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO sign_in_failure (subject_hash, failed_at) VALUES ($1, $3), ($2, $3)",
        account_subject(email),
        address_subject(address),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A success forgives the account's failures.
///
/// # Errors
/// When the database is away.
pub async fn forgive(tx: &mut Tx, email: &str) -> Result<(), AppError> {
    sqlx::query!("DELETE FROM sign_in_failure WHERE subject_hash = $1", account_subject(email))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn account_subject(email: &str) -> Vec<u8> {
    token::hash(&format!("account:{email}"))
}

fn address_subject(address: &str) -> Vec<u8> {
    token::hash(&format!("address:{address}"))
}

/// An open invitation.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// The account it is for.
    pub partner: PartnerId,
    /// That account's name.
    pub partner_name: String,
    /// Whom it was sent to.
    pub email: String,
    /// The programme's time zone, to begin with.
    pub time_zone: String,
}

/// The invitation behind a link, if it is open.
///
/// # Errors
/// When the database is away.
pub async fn invitation(tx: &mut Tx, token: &str, now: DateTime<Utc>) -> Result<Option<Invitation>, AppError> {
    Ok(sqlx::query_as!(
        Invitation,
        r#"SELECT i.partner_id AS "partner: PartnerId", p.name AS partner_name, i.email, g.time_zone
           FROM invitation i JOIN partner p USING (partner_id) JOIN programme g USING (programme_id)
           WHERE i.token_hash = $1 AND i.accepted_at IS NULL AND i.expires_at > $2"#,
        token::hash(token),
        now,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// What a new person brings.
#[derive(Clone, Debug)]
pub struct NewPerson<'a> {
    /// Lower case.
    pub email: &'a str,
    /// As they write it.
    pub name: &'a str,
    /// PHC string.
    pub password_hash: &'a str,
    /// `en`, `es`.
    pub locale: &'a str,
    /// IANA name.
    pub time_zone: &'a str,
}

/// Makes a person.
///
/// # Errors
/// When the address is taken (constraint `person_email_once`) or the name is blank.
pub async fn create_person(tx: &mut Tx, person: &NewPerson<'_>, now: DateTime<Utc>) -> Result<PersonId, sqlx::Error> {
    sqlx::query_scalar!(
        r#"INSERT INTO person (email, name, password_hash, locale, time_zone, created_at) VALUES ($1, $2, $3, $4, $5, $6)
           RETURNING person_id AS "person_id: PersonId""#,
        person.email,
        person.name,
        person.password_hash,
        person.locale,
        person.time_zone,
        now,
    )
    .fetch_one(&mut **tx)
    .await
}

/// Uses an invitation up and makes the person a member. `false` where somebody was faster.
///
/// # Errors
/// When the database is away.
pub async fn accept(
    tx: &mut Tx,
    token: &str,
    partner: PartnerId,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<bool, AppError> {
    let used = sqlx::query!(
        "UPDATE invitation SET accepted_by = $2, accepted_at = $3 WHERE token_hash = $1 AND accepted_at IS NULL",
        token::hash(token),
        person.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    if used.rows_affected() != 1 {
        return Ok(false);
    }
    sqlx::query!(
        "INSERT INTO partner_member (partner_id, person_id, since) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        partner.0,
        person.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(true)
}

/// Keeps a person's language.
///
/// # Errors
/// When the database is away.
pub async fn set_locale(tx: &mut Tx, person: PersonId, locale: &str) -> Result<(), AppError> {
    sqlx::query!("UPDATE person SET locale = $2 WHERE person_id = $1", person.0, locale).execute(&mut **tx).await?;
    Ok(())
}

/// Keeps how Spanish speaks to a person: `tu` or `usted`.
///
/// # Errors
/// When the database refuses it.
pub async fn set_address_form(tx: &mut Tx, person: PersonId, form: &str) -> Result<(), AppError> {
    sqlx::query!("UPDATE person SET address_form = $2 WHERE person_id = $1", person.0, form).execute(&mut **tx).await?;
    Ok(())
}

/// Clears away what ended: sessions, old failures, forms nobody came back to.
///
/// # Errors
/// When the database is away.
pub async fn tidy(db: &crate::base::db::Db, now: DateTime<Utc>) -> Result<(), AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    sqlx::query!("DELETE FROM session WHERE expires_at < $1", now).execute(&mut *tx).await?;
    sqlx::query!("DELETE FROM sign_in_failure WHERE failed_at < $1", now - Duration::days(1)).execute(&mut *tx).await?;
    sqlx::query!("DELETE FROM form_draft WHERE created_at < $1", now - Duration::days(1)).execute(&mut *tx).await?;
    Ok(tx.commit().await?)
}
