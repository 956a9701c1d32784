//! Reading packages, purses and grants.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId, PersonId, ProgrammeId, PromoGrantId, PromoPackageId};
use crate::base::money::{Currency, Money};
use crate::promo::model::{Decision, End, Goal, Grant, Home, Own, Package, Progress, Purse};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

/// Grants on a page.
const LISTED: i64 = 200;

/// Every programme, by its code.
///
/// # Errors
/// When the database is away.
pub async fn homes(tx: &mut Tx) -> Result<Vec<Home>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT programme_id AS "id: ProgrammeId", code, name, currency, time_zone FROM programme ORDER BY code, programme_id"#
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Home {
                id: row.id,
                code: row.code,
                name: row.name,
                currency: Currency::parse(&row.currency)?,
                zone: zone(&row.time_zone),
            })
        })
        .collect()
}

fn zone(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::UTC)
}

/// A package as the database has it.
struct Row {
    id: PromoPackageId,
    name: String,
    goal: String,
    target: Decimal,
    bonus: Decimal,
    currency: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    counts_until: DateTime<Utc>,
    time_zone: String,
}

impl Row {
    fn package(self) -> Result<Package, AppError> {
        Ok(Package {
            id: self.id,
            name: self.name,
            goal: goal(&self.goal)?,
            target: self.target,
            bonus: Money::new(self.bonus, Currency::parse(&self.currency)?),
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            counts_until: self.counts_until,
            zone: zone(&self.time_zone),
        })
    }
}

fn goal(text: &str) -> Result<Goal, AppError> {
    Goal::parse(text).ok_or_else(|| AppError::Internal("a package of no known goal".into()))
}

/// A programme's packages with their purses, those that end last first.
///
/// # Errors
/// When the database is away.
pub async fn packages(tx: &mut Tx, programme: ProgrammeId) -> Result<Vec<(Package, Purse)>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT k.promo_package_id AS "id: PromoPackageId", k.name, k.goal, k.target, k.bonus, k.currency, k.starts_at, k.ends_at, k.counts_until,
                  g.time_zone, coalesce(u.budget, 0) AS "budget!", coalesce(u.reserved, 0) AS "reserved!", coalesce(u.spent, 0) AS "spent!"
           FROM promo_package k JOIN programme g USING (programme_id)
           LEFT JOIN promo_purse u ON u.programme_id = k.programme_id AND u.package_scope = k.promo_package_id AND u.currency = k.currency
           WHERE k.programme_id = $1 ORDER BY k.ends_at DESC, k.promo_package_id DESC"#,
        programme.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let purse = Purse {
                currency: Currency::parse(&row.currency)?,
                budget: row.budget,
                reserved: row.reserved,
                spent: row.spent,
            };
            let package = Row {
                id: row.id,
                name: row.name,
                goal: row.goal,
                target: row.target,
                bonus: row.bonus,
                currency: row.currency,
                starts_at: row.starts_at,
                ends_at: row.ends_at,
                counts_until: row.counts_until,
                time_zone: row.time_zone,
            };
            Ok((package.package()?, purse))
        })
        .collect()
}

/// A programme's own budgets, by currency.
///
/// # Errors
/// When the database is away.
pub async fn purses(tx: &mut Tx, programme: ProgrammeId) -> Result<Vec<Purse>, AppError> {
    let rows = sqlx::query!(
        "SELECT currency, budget, reserved, spent FROM promo_purse WHERE programme_id = $1 AND package_scope = 0 ORDER BY currency",
        programme.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency = Currency::parse(&row.currency)?;
            Ok(Purse { currency, budget: row.budget, reserved: row.reserved, spent: row.spent })
        })
        .collect()
}

/// The purse of a package, or of its programme where none is named; an empty one where nobody ever set a budget.
///
/// # Errors
/// When the database is away.
pub async fn purse(
    tx: &mut Tx,
    programme: ProgrammeId,
    package: Option<PromoPackageId>,
    currency: Currency,
) -> Result<Purse, AppError> {
    let row = sqlx::query!(
        "SELECT budget, reserved, spent FROM promo_purse WHERE programme_id = $1 AND package_scope = $2 AND currency = $3",
        programme.0,
        package.map_or(0, |package| package.0),
        currency.code(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    let (budget, reserved, spent) = row.map(|row| (row.budget, row.reserved, row.spent)).unwrap_or_default();
    Ok(Purse { currency, budget, reserved, spent })
}

/// What a partner could still be granted: packages whose period is not over, which they neither have nor are proposed for.
///
/// # Errors
/// When the database is away.
pub async fn available(tx: &mut Tx, partner: PartnerId, now: DateTime<Utc>) -> Result<Vec<Package>, AppError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT k.promo_package_id AS "id: PromoPackageId", k.name, k.goal, k.target, k.bonus, k.currency, k.starts_at, k.ends_at, k.counts_until,
                  g.time_zone
           FROM partner a JOIN promo_package k USING (programme_id) JOIN programme g USING (programme_id)
           WHERE a.partner_id = $1 AND a.status = 'active' AND k.ends_at > $2
             AND NOT EXISTS (SELECT FROM promo_grant x LEFT JOIN promo_decision d USING (promo_grant_id)
                             WHERE x.partner_id = a.partner_id AND x.promo_package_id = k.promo_package_id AND d.verdict IS DISTINCT FROM 'rejected')
           ORDER BY k.ends_at, k.promo_package_id"#,
        partner.0,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Row::package).collect()
}

/// How far a partner is towards the goal of a package.
///
/// # Errors
/// When the database is away.
pub async fn progress(tx: &mut Tx, partner: PartnerId, package: &Package) -> Result<Progress, AppError> {
    Ok(sqlx::query_as!(
        Progress,
        r#"SELECT counted AS "counted!", waits AS "waits!" FROM promo_progress($1, $2, $3, $4, $5, $6, $7)"#,
        partner.0,
        package.goal.as_str(),
        package.target,
        package.bonus.currency.code(),
        package.starts_at,
        package.ends_at,
        package.counts_until,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Grants that wait for an owner, the oldest first.
///
/// # Errors
/// When the database is away.
pub async fn waiting(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Grant>, AppError> {
    let mut all = select(tx, None, None, Some(now)).await?;
    all.reverse();
    Ok(all)
}

/// A programme's grants, the newest first.
///
/// # Errors
/// When the database is away.
pub async fn grants(tx: &mut Tx, programme: ProgrammeId) -> Result<Vec<Grant>, AppError> {
    Ok(select(tx, None, None, None).await?.into_iter().filter(|grant| grant.programme == programme).collect())
}

/// What a partner was proposed for, the newest first.
///
/// # Errors
/// When the database is away.
pub async fn of_partner(tx: &mut Tx, partner: PartnerId) -> Result<Vec<Grant>, AppError> {
    select(tx, Some(partner), None, None).await
}

/// One grant.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn find(tx: &mut Tx, id: PromoGrantId) -> Result<Grant, AppError> {
    select(tx, None, Some(id), None).await?.pop().ok_or(AppError::NotFound)
}

async fn select(
    tx: &mut Tx,
    partner: Option<PartnerId>,
    id: Option<PromoGrantId>,
    waits_at: Option<DateTime<Utc>>,
) -> Result<Vec<Grant>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT x.promo_grant_id AS "grant: PromoGrantId", x.programme_id AS "programme: ProgrammeId", x.partner_id AS "partner: PartnerId",
                  a.name AS partner_name, x.reason, x.case_id AS "case: CaseId", x.proposer_id AS "proposer: PersonId", w.name AS proposer_name,
                  x.proposed_at, k.promo_package_id AS "id: PromoPackageId", k.name, k.goal, k.target, k.bonus, k.currency, k.starts_at, k.ends_at,
                  k.counts_until, g.time_zone, d.verdict AS "verdict?", d.by AS "by?", d.decider_id AS "decider?: PersonId",
                  d.decider_name AS "decider_name?", d.sole_control AS "sole_control?", d.reason_partner AS "reason_partner?",
                  d.reason_house AS "reason_house?", d.decided_at AS "decided_at?", s.step AS "step?", s.at AS "ended_at?", s.counted AS "counted?"
           FROM promo_grant x
           JOIN partner a USING (partner_id)
           JOIN promo_package k ON k.promo_package_id = x.promo_package_id
           JOIN programme g ON g.programme_id = x.programme_id
           JOIN staff w ON w.person_id = x.proposer_id
           LEFT JOIN promo_decision d ON d.promo_grant_id = x.promo_grant_id
           LEFT JOIN promo_step s ON s.partner_id = x.partner_id AND s.promo_grant_id = x.promo_grant_id AND s.step <> 'reserved'
           WHERE ($1::bigint IS NULL OR x.partner_id = $1) AND ($2::bigint IS NULL OR x.promo_grant_id = $2)
             AND ($3::timestamptz IS NULL OR (d.promo_grant_id IS NULL AND k.ends_at > $3))
           ORDER BY x.promo_grant_id DESC LIMIT $4"#,
        partner.map(|partner| partner.0),
        id.map(|id| id.0),
        waits_at,
        LISTED,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let package = Row {
                id: row.id,
                name: row.name,
                goal: row.goal,
                target: row.target,
                bonus: row.bonus,
                currency: row.currency,
                starts_at: row.starts_at,
                ends_at: row.ends_at,
                counts_until: row.counts_until,
                time_zone: row.time_zone,
            };
            let decision = row.verdict.zip(row.decider).zip(row.decided_at).map(|((verdict, decider), at)| Decision {
                approved: verdict == "approved",
                by_policy: row.by.as_deref() == Some("policy"),
                by: (decider, row.decider_name.unwrap_or_default()),
                sole_control: row.sole_control.unwrap_or_default(),
                reason_partner: row.reason_partner.unwrap_or_default(),
                reason_house: row.reason_house.unwrap_or_default(),
                at,
            });
            let end = row.step.as_deref().and_then(End::of_step).zip(row.ended_at);
            Ok(Grant {
                id: row.grant,
                programme: row.programme,
                partner: row.partner,
                partner_name: row.partner_name,
                package: package.package()?,
                reason: row.reason,
                case: row.case,
                proposer: (row.proposer, row.proposer_name),
                proposed_at: row.proposed_at,
                decision,
                end: end.map(|(end, at)| (end, at, row.counted.unwrap_or_default())),
            })
        })
        .collect()
}

/// What a partner was granted, what runs first.
///
/// # Errors
/// When the database is away.
pub async fn own(tx: &mut Tx, partner: PartnerId) -> Result<Vec<Own>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT k.promo_package_id AS "id: PromoPackageId", k.name, k.goal, k.target, k.bonus, k.currency, k.starts_at, k.ends_at, k.counts_until,
                  g.time_zone, d.decider_name, d.reason_partner, d.decided_at, s.step AS "step?", s.at AS "ended_at?", s.counted AS "ended_with?",
                  far.counted AS "counted!", far.waits AS "waits!"
           FROM promo_decision d
           JOIN promo_package k USING (promo_package_id)
           JOIN partner a ON a.partner_id = d.partner_id
           JOIN programme g ON g.programme_id = a.programme_id
           LEFT JOIN promo_step s ON s.partner_id = d.partner_id AND s.promo_grant_id = d.promo_grant_id AND s.step <> 'reserved'
           CROSS JOIN LATERAL promo_progress(d.partner_id, k.goal, k.target, k.currency, k.starts_at,
                                             CASE WHEN s.step IS NULL THEN k.ends_at ELSE k.starts_at END, k.counts_until) far
           WHERE d.partner_id = $1 AND d.verdict = 'approved'
           ORDER BY (s.step IS NULL) DESC, k.ends_at DESC, d.promo_grant_id DESC LIMIT $2"#,
        partner.0,
        LISTED,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let package = Row {
                id: row.id,
                name: row.name,
                goal: row.goal,
                target: row.target,
                bonus: row.bonus,
                currency: row.currency,
                starts_at: row.starts_at,
                ends_at: row.ends_at,
                counts_until: row.counts_until,
                time_zone: row.time_zone,
            };
            Ok(Own {
                package: package.package()?,
                by: row.decider_name,
                reason: row.reason_partner,
                at: row.decided_at,
                // What ended is not counted again: it stays as it was then.
                progress: Progress { counted: row.ended_with.unwrap_or(row.counted), waits: row.waits },
                end: row.step.as_deref().and_then(End::of_step).zip(row.ended_at),
            })
        })
        .collect()
}
