//! The SQL of provisional credits.

use crate::audit::store::{Change, record};
use crate::base::actor::{Actor, Role, Staff};
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId, ProgrammeId};
use crate::base::money::{Currency, Money};
use crate::desk::model::Hand;
use crate::disputes::model::Locked;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

/// Credits ended in one transaction.
const BATCH: i64 = 500;

/// What a role may give provisionally, by the newest version in force.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Its id.
    pub id: i64,
    /// The largest one.
    pub largest: Decimal,
    /// All that run for one partner together.
    pub partner_cap: Decimal,
    /// Days until it ends.
    pub most_days: i32,
}

/// A provisional credit, as both sides read it.
#[derive(Clone, Debug)]
pub struct Provisional {
    /// How much.
    pub money: Money,
    /// Why, in the words that the partner got.
    pub reason: String,
    /// Who gave it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// When it ends at the latest.
    pub ends_at: DateTime<Utc>,
    /// When it ended, and whether it stays.
    pub ended: Option<(DateTime<Utc>, bool)>,
}

/// The limits of a role; `None` where an owner never set any, or set them to nothing.
///
/// # Errors
/// When the database is away.
pub async fn policy(
    tx: &mut Tx,
    programme: ProgrammeId,
    role: Role,
    now: DateTime<Utc>,
) -> Result<Option<Policy>, AppError> {
    Ok(sqlx::query_as!(
        Policy,
        "SELECT provisional_policy_id AS id, largest, partner_cap, most_days FROM provisional_policy
         WHERE programme_id = $1 AND role = $2 AND valid_from <= $3 ORDER BY valid_from DESC LIMIT 1",
        programme.0,
        role.as_str(),
        now,
    )
    .fetch_optional(&mut **tx)
    .await?
    .filter(|policy| policy.largest > Decimal::ZERO))
}

/// Writes a new version of a role's limits, from now on, and records it.
///
/// # Errors
/// `policy_by_an_owner`, `provisional_policy_in_bounds` by name.
pub async fn set_policy(
    tx: &mut Tx,
    programme: ProgrammeId,
    role: Role,
    (largest, partner_cap, most_days): (Decimal, Decimal, i32),
    by: &Staff,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let version = sqlx::query_scalar!(
        "INSERT INTO provisional_policy (programme_id, role, largest, partner_cap, most_days, valid_from, written_by, written_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $6) RETURNING provisional_policy_id",
        programme.0,
        role.as_str(),
        largest,
        partner_cap,
        most_days,
        now,
        by.person.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    let limits =
        json!({ "policy": version, "role": role.as_str(), "largest": largest, "cap": partner_cap, "days": most_days });
    let change = Change {
        action: "policy.provisional_set",
        subject: format!("programme/{programme}"),
        after: Some(limits),
        ..Change::default()
    };
    record(tx, &Actor::Staff(by.clone()), now, request_id, change).await
}

/// The provisional credit of a case, if there was one.
///
/// # Errors
/// When the database is away.
pub async fn of_case(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Option<Provisional>, AppError> {
    let row = sqlx::query!(
        "SELECT amount, currency, reason_partner, given_by_name, given_at, ends_at, ended_at, outcome FROM provisional_credit
         WHERE partner_id = $1 AND case_id = $2",
        partner.0,
        case.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| {
        Ok(Provisional {
            money: Money::new(row.amount, Currency::parse(&row.currency)?),
            reason: row.reason_partner,
            by: row.given_by_name,
            at: row.given_at,
            ends_at: row.ends_at,
            ended: row.ended_at.map(|at| (at, row.outcome.as_deref() == Some("final"))),
        })
    })
    .transpose()
}

/// A provisional credit on its way in.
#[derive(Clone, Debug)]
pub struct NewProvisional {
    /// How much.
    pub money: Money,
    /// What the partner reads.
    pub reason: String,
    /// When it ends at the latest.
    pub ends_at: DateTime<Utc>,
    /// With whose limits.
    pub policy: Policy,
    /// The role that they are of.
    pub role: Role,
    /// The form's key.
    pub form_key: Uuid,
}

/// Whether a form gave one already.
///
/// # Errors
/// When the database is away.
pub async fn was_given(tx: &mut Tx, form_key: Uuid) -> Result<bool, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM provisional_credit WHERE form_key = $1) AS "there!""#,
        form_key
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Gives it; the database books it.
///
/// # Errors
/// `provisional_credit_once_a_case`, `provisional_credit_within_partner_cap`, `provisional_credit_within_limit`,
/// `provisional_credit_of_an_open_case` and the like, by name.
pub async fn give(tx: &mut Tx, case: &Locked, new: &NewProvisional, hand: &Hand) -> Result<i64, AppError> {
    Ok(sqlx::query_scalar!(
        "INSERT INTO provisional_credit (programme_id, partner_id, case_id, amount, currency, reason_partner, given_by, given_by_name, given_at,
                                         ends_at, provisional_policy_id, role, largest, partner_cap, most_days, form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING provisional_credit_id",
        case.programme.0,
        case.partner.0,
        case.id.0,
        new.money.amount,
        new.money.currency.code(),
        new.reason,
        hand.person.0,
        hand.name,
        hand.at,
        new.ends_at,
        new.policy.id,
        new.role.as_str(),
        new.policy.largest,
        new.policy.partner_cap,
        new.policy.most_days,
        new.form_key,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Ends every provisional credit whose day is over, each at that day: final where a decision in favour was made by then,
/// taken back otherwise. Gives their number; safe to run twice, at once, or to kill.
///
/// # Errors
/// When the database is away.
pub async fn end_due(db: &Db, now: DateTime<Utc>) -> Result<usize, AppError> {
    let mut total = 0;
    loop {
        let mut tx = db.begin(&Actor::Job).await?;
        let ended = sqlx::query!(
            r#"UPDATE provisional_credit x SET ended_at = x.ends_at, end_written_at = $1,
                   outcome = CASE WHEN EXISTS (SELECT FROM case_decision d WHERE d.partner_id = x.partner_id AND d.case_id = x.case_id
                                               AND d.outcome = 'in_favour' AND d.decided_at <= x.ends_at) THEN 'final' ELSE 'reversed' END
               FROM (SELECT partner_id, provisional_credit_id FROM provisional_credit WHERE ended_at IS NULL AND ends_at <= $1
                     ORDER BY partner_id, provisional_credit_id LIMIT $2 FOR UPDATE SKIP LOCKED) due
               WHERE x.partner_id = due.partner_id AND x.provisional_credit_id = due.provisional_credit_id
               RETURNING x.partner_id AS "partner: PartnerId", x.case_id, x.amount, x.currency, x.outcome AS "outcome!""#,
            now,
            BATCH,
        )
        .fetch_all(&mut *tx)
        .await?;
        for row in &ended {
            let change = Change {
                action: "case.provisional_ended",
                subject: format!("case/{}", row.case_id),
                partner: Some(row.partner),
                after: Some(json!({ "amount": row.amount, "currency": row.currency, "outcome": row.outcome })),
                ..Change::default()
            };
            record(&mut tx, &Actor::Job, now, "provisional", change).await?;
        }
        tx.commit().await?;
        total += ended.len();
        if i64::try_from(ended.len()).unwrap_or(i64::MAX) < BATCH {
            return Ok(total);
        }
    }
}

/// The limits in force of every programme and role, `None` where nothing may be given.
///
/// # Errors
/// When the database is away.
pub async fn policies(
    tx: &mut Tx,
    now: DateTime<Utc>,
) -> Result<Vec<(String, Currency, Role, Option<Policy>)>, AppError> {
    let programmes = sqlx::query!(
        r#"SELECT programme_id AS "id: ProgrammeId", code, currency FROM programme ORDER BY code, programme_id"#
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut all = Vec::new();
    for programme in programmes {
        let currency = Currency::parse(&programme.currency)?;
        for role in [Role::Agent, Role::Lead, Role::Owner] {
            all.push((programme.code.clone(), currency, role, policy(tx, programme.id, role, now).await?));
        }
    }
    Ok(all)
}
