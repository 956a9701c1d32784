//! The SQL of authority, floors and the rules of decreases.

use crate::base::actor::Role;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{OfferId, PartnerId, PersonId, ProgrammeId, ProposalId};
use crate::base::money::{Currency, Money};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// Lines of what was done within authority.
const LISTED: i64 = 50;

/// A programme and what its decreases need.
#[derive(Clone, Debug)]
pub struct Programme {
    /// Its id.
    pub id: ProgrammeId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its currency.
    pub currency: Currency,
    /// Days of notice of a decrease.
    pub notice_days: i32,
    /// Percent of the value in one notice period.
    pub largest_step: Decimal,
}

/// The programmes, by name.
///
/// # Errors
/// When the database is away.
pub async fn programmes(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Programme>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT g.programme_id AS "id: ProgrammeId", g.code, g.name, g.currency, y.notice_days AS "notice_days!", y.largest_step AS "largest_step!"
           FROM programme g CROSS JOIN LATERAL decrease_policy_at(g.programme_id, $1) y ORDER BY g.name, g.programme_id"#,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Programme {
                id: row.id,
                code: row.code,
                name: row.name,
                currency: Currency::parse(&row.currency)?,
                notice_days: row.notice_days,
                largest_step: row.largest_step,
            })
        })
        .collect()
}

/// Whose authority a version is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's of a role.
    Role(Role),
    /// One person's.
    Person(PersonId, String),
}

/// An authority in force.
#[derive(Clone, Debug)]
pub struct InForce {
    /// Whose.
    pub whose: Whose,
    /// A minimum may be lowered to this.
    pub lowest_minimum: Decimal,
    /// The largest credit.
    pub largest_credit: Decimal,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Who set it; `None`: the command line.
    pub by: Option<String>,
}

/// What is in force in a programme: roles first, then persons by name.
///
/// # Errors
/// When the database is away.
pub async fn in_force(tx: &mut Tx, programme: ProgrammeId, now: DateTime<Utc>) -> Result<Vec<InForce>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT a.role, a.person_id AS "person: PersonId", s.name AS "name?", a.lowest_minimum, a.largest_credit, a.valid_from,
                  w.name AS "by?"
           FROM (SELECT DISTINCT ON (role, person_id) * FROM authority WHERE programme_id = $1 AND valid_from <= $2
                 ORDER BY role, person_id, valid_from DESC) a
           LEFT JOIN staff s ON s.person_id = a.person_id
           LEFT JOIN staff w ON w.person_id = a.written_by
           WHERE NOT a.withdrawn
           ORDER BY array_position(ARRAY['agent', 'lead', 'owner', 'person'], a.role), s.name"#,
        programme.0,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let whose = match (row.person, row.name) {
                (Some(person), Some(name)) => Whose::Person(person, name),
                _ => Whose::Role(Role::parse(&row.role)?),
            };
            Some(InForce {
                whose,
                lowest_minimum: row.lowest_minimum,
                largest_credit: row.largest_credit,
                since: row.valid_from,
                by: row.by,
            })
        })
        .collect())
}

/// Who works on cases, by name.
///
/// # Errors
/// When the database is away.
pub async fn desk(tx: &mut Tx) -> Result<Vec<(PersonId, String)>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT person_id AS "id: PersonId", name FROM staff
           WHERE role IN ('agent', 'lead', 'owner') AND disabled_at IS NULL ORDER BY name, person_id"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// Writes a version of an authority that counts from now on; without limits, a person's own is taken back.
///
/// # Errors
/// When the database refuses it.
pub async fn set(
    tx: &mut Tx,
    programme: ProgrammeId,
    whose: &Whose,
    limits: Option<(Decimal, Decimal)>,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let (role, person) = match whose {
        Whose::Role(role) => (role.as_str(), None),
        Whose::Person(person, _) => ("person", Some(person.0)),
    };
    let (lowest, largest) = limits.unwrap_or_default();
    sqlx::query!(
        "INSERT INTO authority (programme_id, role, person_id, lowest_minimum, largest_credit, valid_from, withdrawn, written_by, written_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $6)",
        programme.0,
        role,
        person,
        lowest,
        largest,
        now,
        limits.is_none(),
        by.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A floor in force: offer, partner, percent.
pub type Floor = (Option<String>, Option<String>, Decimal);

/// The floors of a programme, the least specific first.
///
/// # Errors
/// When the database is away.
pub async fn floors(tx: &mut Tx, programme: ProgrammeId, now: DateTime<Utc>) -> Result<Vec<Floor>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT o.name AS "offer?", a.name AS "partner?", f.floor AS "floor!"
           FROM (SELECT DISTINCT ON (offer_scope, partner_scope) offer_scope, partner_scope, floor
                 FROM (SELECT offer_scope, partner_scope, floor, valid_from FROM margin_floor WHERE programme_id = $1 AND valid_from <= $2
                       UNION ALL SELECT 0, 0, margin_floor, '1900-01-01Z' FROM programme WHERE programme_id = $1) every
                 ORDER BY offer_scope, partner_scope, valid_from DESC) f
           LEFT JOIN offer o ON o.programme_id = $1 AND o.offer_id = f.offer_scope
           LEFT JOIN partner a ON a.partner_id = f.partner_scope
           WHERE f.floor IS NOT NULL
           ORDER BY f.partner_scope <> 0, f.offer_scope <> 0, a.name, o.name"#,
        programme.0,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.offer, row.partner, row.floor)).collect())
}

/// The partner with a code.
///
/// # Errors
/// When the database is away.
pub async fn partner(tx: &mut Tx, programme: ProgrammeId, code: &str) -> Result<Option<PartnerId>, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT partner_id AS "id: PartnerId" FROM partner WHERE programme_id = $1 AND code = $2"#,
        programme.0,
        code,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Writes a version of a floor that counts from now on; `None` takes a more specific one back.
///
/// # Errors
/// When the database refuses it.
pub async fn set_floor(
    tx: &mut Tx,
    programme: ProgrammeId,
    (offer, partner): (Option<OfferId>, Option<PartnerId>),
    floor: Option<Decimal>,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO margin_floor (programme_id, offer_scope, partner_scope, floor, valid_from, written_by, written_at)
         VALUES ($1, $2, $3, $4, $5, $6, $5)",
        programme.0,
        offer.map_or(0, |offer| offer.0),
        partner.map_or(0, |partner| partner.0),
        floor,
        now,
        by.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes a version of what a decrease needs.
///
/// # Errors
/// When the database refuses it.
pub async fn set_decreases(
    tx: &mut Tx,
    programme: ProgrammeId,
    (days, step): (i32, Decimal),
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO decrease_policy (programme_id, notice_days, largest_step, valid_from, written_by, written_at) VALUES ($1, $2, $3, $4, $5, $4)",
        programme.0,
        days,
        step,
        now,
        by.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Something done within authority.
#[derive(Clone, Debug)]
pub struct Within {
    /// Who did it.
    pub by: String,
    /// For whom.
    pub partner: String,
    /// A minimum, by its proposal; else a credit.
    pub proposal: Option<ProposalId>,
    /// The case, of a credit.
    pub case: Option<i64>,
    /// The new minimum, or the credit.
    pub money: Money,
    /// When.
    pub at: DateTime<Utc>,
}

/// What was done within authority, the last first.
///
/// # Errors
/// When the database is away.
pub async fn within(tx: &mut Tx) -> Result<Vec<Within>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT s.name AS "by!", a.name AS "partner!", x.proposal AS "proposal: ProposalId", x.case_id, x.amount AS "amount!", x.currency AS "currency!", x.at AS "at!"
           FROM (SELECT d.decider_id AS by, d.partner_scope AS partner_id, d.proposal_id AS proposal, NULL::bigint AS case_id, d.value AS amount,
                        g.currency, d.decided_at AS at
                 FROM decision d JOIN programme g USING (programme_id) WHERE d.by = 'policy'
                 UNION ALL
                 SELECT c.decided_by, c.partner_id, NULL, c.case_id, c.amount, c.currency, c.decided_at
                 FROM case_decision c WHERE c.amount IS NOT NULL AND c.decided_by IS NOT NULL) x
           JOIN staff s ON s.person_id = x.by JOIN partner a ON a.partner_id = x.partner_id
           ORDER BY x.at DESC LIMIT $1"#,
        LISTED,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Within {
                by: row.by,
                partner: row.partner,
                proposal: row.proposal,
                case: row.case_id,
                money: Money::new(row.amount, Currency::parse(&row.currency)?),
                at: row.at,
            })
        })
        .collect()
}
