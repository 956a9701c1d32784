//! The switch and the limits, and the job that gives new cases out.

use super::assign;
use super::give::{former, note_turn, on_shift};
use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId, PersonId, ProgrammeId};
use crate::clocks::store::Renewal;
use crate::disputes::model::{Event, Stage};
use crate::disputes::store as cases;
use crate::rota::store::Pen;
use crate::work::model::Why;
use crate::work::rules;
use chrono::{DateTime, Utc};
use serde_json::json;

/// How many cases are given out in one transaction.
const BATCH: i64 = 100;

/// Whether new cases of a programme are given out in turn.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The programme.
    pub programme: ProgrammeId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Whether they are.
    pub gives_out: bool,
    /// How many new cases wait to be given out.
    pub waiting: i64,
}

/// Every programme with its switch, by name.
///
/// # Errors
/// When the database is away.
pub async fn policies(tx: &mut Tx) -> Result<Vec<Policy>, AppError> {
    Ok(sqlx::query_as!(
        Policy,
        r#"SELECT g.programme_id AS "programme: ProgrammeId", g.code, g.name,
                  coalesce((SELECT p.gives_out FROM turn_policy p WHERE p.programme_id = g.programme_id
                            ORDER BY p.turn_policy_id DESC LIMIT 1), false) AS "gives_out!",
                  (SELECT count(*) FROM turn_waiting w JOIN support_case c USING (partner_id, case_id)
                   WHERE c.programme_id = g.programme_id) AS "waiting!"
           FROM programme g ORDER BY g.name, g.programme_id"#,
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Sets the switch of a programme.
///
/// # Errors
/// `turn_policy_form_once`, `turn_policy_by_a_lead` by name.
pub async fn set_policy(
    tx: &mut Tx,
    programme: ProgrammeId,
    gives_out: bool,
    by: PersonId,
    pen: Pen,
) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO turn_policy (programme_id, gives_out, written_by, written_at, form_key) VALUES ($1, $2, $3, $4, $5)",
        programme.0,
        gives_out,
        by.0,
        pen.at,
        pen.form_key,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How many cases somebody is given at most.
#[derive(Clone, Debug)]
pub struct Limit {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// The limit; `None`: any number.
    pub most: Option<i32>,
    /// How many they have.
    pub open: i64,
    /// How many of those are put off.
    pub snoozed: i64,
    /// How many turns they had in the last seven days.
    pub turns: i64,
}

/// Everybody who answers cases, with limit and load, by name.
///
/// # Errors
/// When the database is away.
pub async fn limits(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Limit>, AppError> {
    Ok(sqlx::query_as!(
        Limit,
        r#"SELECT s.person_id AS "person: PersonId", s.name,
                  (SELECT l.most FROM case_limit l WHERE l.person_id = s.person_id ORDER BY l.case_limit_id DESC LIMIT 1) AS most,
                  (SELECT count(*) FROM support_case c WHERE c.assignee_id = s.person_id AND c.stage <> 'closed') AS "open!",
                  (SELECT count(*) FROM support_case c WHERE c.assignee_id = s.person_id AND c.stage <> 'closed'
                     AND c.snoozed_until IS NOT NULL) AS "snoozed!",
                  (SELECT count(*) FROM case_turn t WHERE t.person_id = s.person_id AND t.at > $1::timestamptz - interval '7 days') AS "turns!"
           FROM staff s JOIN person p USING (person_id)
           WHERE s.role IN ('agent', 'lead', 'owner') AND s.disabled_at IS NULL AND p.disabled_at IS NULL
           ORDER BY s.name, s.person_id"#,
        now,
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Sets how many cases a person is given at most.
///
/// # Errors
/// `case_limit_form_once`, `case_limit_in_bounds`, `case_limit_by_a_lead`, `case_limit_of_the_desk` by name.
pub async fn set_limit(
    tx: &mut Tx,
    person: PersonId,
    most: Option<i32>,
    by: PersonId,
    pen: Pen,
) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO case_limit (person_id, most, written_by, written_at, form_key) VALUES ($1, $2, $3, $4, $5)",
        person.0,
        most,
        by.0,
        pen.at,
        pen.form_key,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives new cases that wait to those on shift, the one that waits longest first; gives how many found somebody. What finds
/// nobody waits for the next shift, or until somebody has room.
///
/// # Errors
/// When the database is away.
pub async fn give_out(db: &Db, now: DateTime<Utc>) -> Result<usize, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let waits =
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM turn_waiting) AS "waits!""#).fetch_one(&mut *tx).await?;
    if !waits {
        return Ok(0);
    }
    sqlx::query!("SELECT turns_one_by_one()").execute(&mut *tx).await?;
    let mut people = on_shift(&mut tx, now).await?;
    if !people.iter().any(crate::work::model::Candidate::is_free) {
        return Ok(0);
    }
    let waiting = sqlx::query!(
        r#"SELECT c.partner_id AS "partner: PartnerId", c.case_id AS "case: CaseId", c.stage, c.version, c.next_update_at
           FROM turn_waiting w JOIN support_case c USING (partner_id, case_id)
           WHERE c.assignee_id IS NULL AND c.stage <> 'closed'
             AND (SELECT p.gives_out FROM turn_policy p WHERE p.programme_id = c.programme_id
                  ORDER BY p.turn_policy_id DESC LIMIT 1)
           ORDER BY c.case_id LIMIT $1 FOR UPDATE OF c SKIP LOCKED"#,
        BATCH,
    )
    .fetch_all(&mut *tx)
    .await?;
    let renewal = Renewal::load(&mut tx, now).await?;
    let mut given = 0;
    for row in waiting {
        let former = former(&mut tx, row.partner, row.case).await?;
        let Some((person, why)) = rules::pick(&people, former) else { break };
        assign(&mut tx, row.partner, row.case, row.version, Some(person)).await?;
        note_turn(&mut tx, row.partner, row.case, person, why, now).await?;
        let name =
            sqlx::query_scalar!("SELECT name FROM staff WHERE person_id = $1", person.0).fetch_one(&mut *tx).await?;
        // The time line says who answers from now on; what was promised stands.
        let stage = Stage::parse(&row.stage).ok_or_else(|| super::unknown(&row.stage))?;
        let promised_at = crate::disputes::rules::running_promise(stage, row.next_update_at);
        cases::add_event(&mut tx, row.partner, row.case, &Event { stage, at: now, by: name, promised_at }).await?;
        let change = Change {
            action: "case.given_out",
            subject: format!("case/{}", row.case),
            partner: Some(row.partner),
            before: Some(json!({ "assignee": null })),
            after: Some(json!({ "assignee": person.0, "why": why.as_str() })),
            ..Change::default()
        };
        record(&mut tx, &Actor::Job, now, "", change).await?;
        renewal.renew(&mut tx, row.partner, row.case).await?;
        given += 1;
        for each in people.iter_mut().filter(|each| each.person == person) {
            each.open += 1;
            if why == Why::Turn {
                each.last_turn =
                    sqlx::query_scalar!("SELECT max(case_turn_id) FROM case_turn").fetch_one(&mut *tx).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(given)
}
