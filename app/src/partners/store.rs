//! Making and finding partners, and inviting their members.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PartnerId, ProgrammeId};
use crate::sign_in::token;
use chrono::{DateTime, Duration, Utc};

/// How long an invitation is open.
const INVITATION_DAYS: i64 = 14;

/// Finds a partner by its code, or makes it with its accounts in the programme's currency. `true` where it was made.
///
/// # Errors
/// When the code is not plain (`partner_code_is_plain`).
pub async fn find_or_create(
    tx: &mut Tx,
    programme: ProgrammeId,
    code: &str,
    name: &str,
    currency: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<(PartnerId, bool)> {
    let made = sqlx::query_scalar!(
        r#"INSERT INTO partner (programme_id, code, name, created_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (programme_id, code) DO NOTHING RETURNING partner_id AS "id: PartnerId""#,
        programme.0,
        code,
        name,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let (partner, is_new) = match made {
        Some(partner) => (partner, true),
        None => {
            let found = sqlx::query_scalar!(
                r#"SELECT partner_id AS "id: PartnerId" FROM partner WHERE programme_id = $1 AND code = $2"#,
                programme.0,
                code
            )
            .fetch_one(&mut **tx)
            .await?;
            (found, false)
        }
    };
    sqlx::query!("SELECT open_accounts($1, $2, $3)", programme.0, partner.0, currency).fetch_one(&mut **tx).await?;
    Ok((partner, is_new))
}

/// Finds a partner by its code.
///
/// # Errors
/// When the database is away.
pub async fn find(tx: &mut Tx, programme: ProgrammeId, code: &str) -> sqlx::Result<Option<PartnerId>> {
    sqlx::query_scalar!(
        r#"SELECT partner_id AS "id: PartnerId" FROM partner WHERE programme_id = $1 AND code = $2"#,
        programme.0,
        code
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Invites a member; gives the token of the link.
///
/// # Errors
/// When the database is away.
pub async fn invite(tx: &mut Tx, partner: PartnerId, email: &str, now: DateTime<Utc>) -> Result<String, AppError> {
    let token = token::fresh()?;
    sqlx::query!(
        "INSERT INTO invitation (token_hash, partner_id, email, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        token::hash(&token),
        partner.0,
        email,
        now,
        now + Duration::days(INVITATION_DAYS),
    )
    .execute(&mut **tx)
    .await?;
    Ok(token)
}
