//! The SQL of complaints elsewhere.

use super::model::{Complaint, New, Outcome};
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId, ProgrammeId};
use crate::desk::model::Hand;

/// Complaints: open ones first, the newest first among them. The first 200.
///
/// # Errors
/// When the database is away.
pub async fn list(tx: &mut Tx) -> Result<Vec<Complaint>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT c.complaint_id, c.url, c.place, c.said, c.said_on, p.name AS "partner?", c.case_id AS "case: CaseId", s.name AS logged_by,
                  o.outcome AS "outcome?", o.remark AS "remark?", e.name AS "ended_by?", o.said_at AS "ended_at?"
           FROM public_complaint c JOIN staff s ON s.person_id = c.logged_by LEFT JOIN partner p USING (partner_id)
           LEFT JOIN complaint_outcome o USING (complaint_id) LEFT JOIN staff e ON e.person_id = o.said_by
           ORDER BY o.outcome IS NOT NULL, c.complaint_id DESC LIMIT 200"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Complaint {
            id: row.complaint_id,
            url: row.url,
            place: row.place,
            said: row.said,
            said_on: row.said_on,
            partner: row.partner,
            case: row.case,
            logged_by: row.logged_by,
            outcome: row.outcome.as_deref().and_then(Outcome::parse),
            remark: row.remark.unwrap_or_default(),
            ended: row.ended_by.zip(row.ended_at),
        })
        .collect())
}

/// Logs one; gives its number, `None` where the same form logged it before.
///
/// # Errors
/// `public_complaint_link_once` where it is logged already; `public_complaint_partner`, `public_complaint_case` where
/// these don't belong together.
pub async fn add(tx: &mut Tx, new: &New, hand: &Hand) -> Result<Option<i64>, AppError> {
    Ok(sqlx::query_scalar!(
        "INSERT INTO public_complaint (programme_id, url, place, said, said_on, partner_id, case_id, logged_by, logged_at, form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (form_key) DO NOTHING RETURNING complaint_id",
        new.programme.0,
        new.url,
        new.place,
        new.said,
        new.said_on,
        new.partner.map(|partner| partner.0),
        new.case.map(|case| case.0),
        hand.person.0,
        hand.at,
        new.form_key,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Says what came of one; `false` where somebody said it before.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such complaint.
pub async fn end(tx: &mut Tx, id: i64, outcome: Outcome, remark: &str, hand: &Hand) -> Result<bool, AppError> {
    let known = sqlx::query_scalar!("SELECT complaint_id FROM public_complaint WHERE complaint_id = $1", id);
    known.fetch_optional(&mut **tx).await?.ok_or(AppError::NotFound)?;
    let done = sqlx::query!(
        "INSERT INTO complaint_outcome (complaint_id, outcome, remark, said_by, said_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        id,
        outcome.as_str(),
        remark,
        hand.person.0,
        hand.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The programme and partner of a case.
///
/// # Errors
/// When the database is away.
pub async fn of_case(tx: &mut Tx, case: CaseId) -> Result<Option<(ProgrammeId, PartnerId)>, AppError> {
    let row = sqlx::query!(
        r#"SELECT programme_id AS "programme: ProgrammeId", partner_id AS "partner: PartnerId" FROM support_case WHERE case_id = $1"#,
        case.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.programme, row.partner)))
}
