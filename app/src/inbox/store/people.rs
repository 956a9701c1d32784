//! People and partners as mail needs them.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId, PersonId};
use chrono::{DateTime, Utc};

/// A member to whom mail comes back.
#[derive(Clone, Debug)]
pub struct Unreachable {
    /// The person.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// What the other side's server said.
    pub status: String,
}

/// The members of a partner to whom mail comes back.
///
/// # Errors
/// When the database is away.
pub async fn unreachable(tx: &mut Tx, partner: PartnerId) -> Result<Vec<Unreachable>, AppError> {
    Ok(sqlx::query_as!(
        Unreachable,
        r#"SELECT p.person_id AS "person: PersonId", p.name, p.bounced_at AS "since!", coalesce(p.bounce_status, '') AS "status!"
           FROM partner_member m JOIN person p USING (person_id)
           WHERE m.partner_id = $1 AND p.bounced_at IS NOT NULL ORDER BY p.person_id"#,
        partner.0,
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Takes the mark of a member of a case's partner away; gives the partner, unless there was none.
///
/// # Errors
/// When the database is away.
pub async fn forget_bounce(tx: &mut Tx, person: PersonId, case: CaseId) -> Result<Option<PartnerId>, AppError> {
    let partner = sqlx::query_scalar!(
        r#"SELECT m.partner_id AS "partner: PartnerId" FROM support_case c JOIN partner_member m USING (partner_id) JOIN person p USING (person_id)
           WHERE c.case_id = $1 AND m.person_id = $2 AND p.bounced_at IS NOT NULL"#,
        case.0,
        person.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if partner.is_some() {
        sqlx::query!("UPDATE person SET bounced_at = NULL, bounce_status = NULL WHERE person_id = $1", person.0)
            .execute(&mut **tx)
            .await?;
    }
    Ok(partner)
}

/// The partners of a code, written as `code` or `programme/code`.
///
/// # Errors
/// When the database is away.
pub async fn partners_of_code(tx: &mut Tx, text: &str) -> Result<Vec<PartnerId>, AppError> {
    let (programme, code) = text.split_once('/').map_or((None, text), |(programme, code)| (Some(programme), code));
    Ok(sqlx::query_scalar!(
        r#"SELECT p.partner_id AS "partner: PartnerId" FROM partner p JOIN programme g USING (programme_id)
           WHERE p.code = $1 AND ($2::text IS NULL OR g.code = $2) ORDER BY p.partner_id LIMIT 2"#,
        code.trim(),
        programme.map(str::trim),
    )
    .fetch_all(&mut **tx)
    .await?)
}
