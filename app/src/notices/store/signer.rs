//! Who signs what the house tells of a case by itself: a person, always.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId};
use crate::rota::rules::on_duty;
use crate::rota::store::rota;
use chrono::{DateTime, Utc};

/// The name of who decided last or has the case; of a lead, one on shift first, where that is nobody who is still there;
/// of an owner, where there is no lead; of the programme alone where nobody works for it.
///
/// # Errors
/// When the database is away.
pub async fn signer(tx: &mut Tx, (partner, case): (PartnerId, CaseId), now: DateTime<Utc>) -> Result<String, AppError> {
    let own = sqlx::query_scalar!(
        "SELECT s.name FROM support_case c
         LEFT JOIN case_decision d USING (partner_id, case_id) LEFT JOIN case_appeal_decision a USING (partner_id, case_id)
         CROSS JOIN unnest(ARRAY[a.decided_by, d.decided_by, c.assignee_id]) WITH ORDINALITY AS who (person_id, nth)
         JOIN staff s ON s.person_id = who.person_id
         WHERE c.partner_id = $1 AND c.case_id = $2 AND s.disabled_at IS NULL ORDER BY who.nth LIMIT 1",
        partner.0,
        case.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(name) = own {
        return Ok(name);
    }
    let on: Vec<i64> = on_duty(&rota(tx, now).await?, now).iter().map(|one| one.person.0).collect();
    Ok(sqlx::query_scalar!(
        r#"SELECT coalesce(
               (SELECT s.name FROM staff s WHERE s.role IN ('lead', 'owner') AND s.disabled_at IS NULL
                ORDER BY s.role = 'lead' DESC, s.person_id = ANY($2) DESC, s.person_id LIMIT 1), g.name) AS "name!"
           FROM partner p JOIN programme g USING (programme_id) WHERE p.partner_id = $1"#,
        partner.0,
        &on,
    )
    .fetch_one(&mut **tx)
    .await?)
}
