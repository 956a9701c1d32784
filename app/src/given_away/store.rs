//! The SQL of cases that are given away.

use super::rules::Lead;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId, PersonId};
use crate::desk::model::Hand;
use crate::rota::rules::on_duty;
use crate::rota::store::rota;
use chrono::{DateTime, Utc};

/// Who leads the desk, with how many cases they work on and whether they are there.
///
/// # Errors
/// When the database is away.
pub async fn leads(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Lead>, AppError> {
    let there: Vec<PersonId> = on_duty(&rota(tx, now).await?, now).into_iter().map(|each| each.person).collect();
    let rows = sqlx::query!(
        r#"SELECT s.person_id AS "person: PersonId", s.name, s.role = 'lead' AS "is_lead!",
                  (SELECT count(*) FROM support_case c WHERE c.assignee_id = s.person_id AND c.stage <> 'closed') AS "cases!"
           FROM staff s JOIN person p USING (person_id)
           WHERE s.role IN ('lead', 'owner') AND s.disabled_at IS NULL AND p.disabled_at IS NULL ORDER BY s.person_id"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Lead {
            on_duty: there.contains(&row.person),
            person: row.person,
            name: row.name,
            is_lead: row.is_lead,
            cases: row.cases,
        })
        .collect())
}

/// Who gave a case away, with their names and whom it went to, in that order.
///
/// # Errors
/// When the database is away.
pub async fn givers(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Vec<Given>, AppError> {
    Ok(sqlx::query_as!(
        Given,
        r#"SELECT g.from_id AS "from: PersonId", f.name AS from_name, t.name AS to_name, g.reason, g.given_at AS at
           FROM case_given_away g JOIN staff f ON f.person_id = g.from_id JOIN staff t ON t.person_id = g.to_id
           WHERE g.partner_id = $1 AND g.case_id = $2 ORDER BY g.given_at, g.from_id"#,
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// That a case was given away.
#[derive(Clone, Debug)]
pub struct Given {
    /// By whom.
    pub from: PersonId,
    /// Their name.
    pub from_name: String,
    /// The name of who got it.
    pub to_name: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes it down.
///
/// # Errors
/// `case_given_away_pkey` where this person gave it away before; `case_given_away_to_a_lead` by name.
pub async fn give(
    tx: &mut Tx,
    (partner, case): (PartnerId, CaseId),
    to: PersonId,
    reason: &str,
    hand: &Hand,
) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO case_given_away (partner_id, case_id, from_id, to_id, reason, given_at) VALUES ($1, $2, $3, $4, $5, $6)",
        partner.0,
        case.0,
        hand.person.0,
        to.0,
        reason,
        hand.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
