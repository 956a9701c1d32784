//! Writing packages, budgets, grants and decisions. The database keeps the purses and books the bonus.

use crate::base::actor::Staff;
use crate::base::clock::start_of_day;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{AuthorityId, CaseId, PartnerId, PersonId, PromoGrantId, PromoPackageId};
use crate::base::money::Money;
use crate::promo::model::{Grant, Home, NewPackage, Package};
use chrono::{DateTime, Days, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

/// Writes a new version of a budget: of a package, or of the whole programme in a currency.
///
/// # Errors
/// `promo_budget_not_exceeded` where more is granted already, `policy_by_an_owner`.
pub async fn set_budget(
    tx: &mut Tx,
    home: &Home,
    package: Option<PromoPackageId>,
    amount: Money,
    by: &Staff,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO promo_budget (programme_id, package_scope, currency, amount, written_by, written_at) VALUES ($1, $2, $3, $4, $5, $6)",
        home.id.0,
        package.map_or(0, |package| package.0),
        amount.currency.code(),
        amount.amount,
        by.person.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Adds a package with its budget; `None` where its form was sent before.
///
/// # Errors
/// `promo_package_name_once`, `policy_by_an_owner` and the like, by name.
pub async fn add_package(
    tx: &mut Tx,
    home: &Home,
    new: &NewPackage,
    by: &Staff,
    form_key: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<PromoPackageId>, AppError> {
    let after = |days: u64| new.last.checked_add_days(Days::new(days)).map(|day| start_of_day(day, home.zone));
    let (ends_at, counts_until) = after(1).zip(after(1 + u64::from(new.grace))).ok_or(AppError::BadRequest("last"))?;
    let id = sqlx::query_scalar!(
        r#"INSERT INTO promo_package (programme_id, name, goal, target, bonus, currency, starts_at, ends_at, counts_until, written_by, written_at, form_key)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
           ON CONFLICT (form_key) DO NOTHING RETURNING promo_package_id AS "id: PromoPackageId""#,
        home.id.0,
        new.name,
        new.goal.as_str(),
        new.target,
        new.bonus.amount,
        new.bonus.currency.code(),
        start_of_day(new.first, home.zone),
        ends_at,
        counts_until,
        by.person.0,
        now,
        form_key,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(id) = id {
        set_budget(tx, home, Some(id), Money::new(new.budget, new.bonus.currency), by, now).await?;
    }
    Ok(id)
}

/// A grant on its way in.
#[derive(Clone, Debug)]
pub struct Propose<'a> {
    /// For whom.
    pub partner: PartnerId,
    /// The case it is asked for in, if it is one.
    pub case: Option<CaseId>,
    /// What.
    pub package: &'a Package,
    /// Why, for the owners.
    pub reason: &'a str,
    /// The form's key.
    pub form_key: Uuid,
}

/// The grant that a form proposed, and whether it is decided.
///
/// # Errors
/// When the database is away.
pub async fn by_form_key(tx: &mut Tx, form_key: Uuid, by: PersonId) -> Result<Option<bool>, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT d.promo_grant_id IS NOT NULL AS "is_decided!" FROM promo_grant x LEFT JOIN promo_decision d USING (promo_grant_id)
           WHERE x.form_key = $1 AND x.proposer_id = $2"#,
        form_key,
        by.0,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Writes down that somebody asks for it.
///
/// # Errors
/// `promo_grant_form_once`, `promo_grant_within_its_period`, `promo_grant_to_an_active_partner` and the like, by name.
pub async fn propose(tx: &mut Tx, new: &Propose<'_>, by: &Staff, now: DateTime<Utc>) -> Result<PromoGrantId, AppError> {
    Ok(sqlx::query_scalar!(
        r#"INSERT INTO promo_grant (programme_id, partner_id, promo_package_id, bonus, currency, reason, case_id, proposer_id, proposed_at, form_key)
           SELECT a.programme_id, a.partner_id, $2, $3, $4, $5, $6, $7, $8, $9 FROM partner a WHERE a.partner_id = $1
           RETURNING promo_grant_id AS "id: PromoGrantId""#,
        new.partner.0,
        new.package.id.0,
        new.package.bonus.amount,
        new.package.bonus.currency.code(),
        new.reason,
        new.case.map(|case| case.0),
        by.person.0,
        now,
        new.form_key,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// A decision on its way in.
#[derive(Clone, Debug)]
pub struct Decide<'a> {
    /// Whether it is granted.
    pub approved: bool,
    /// With whose authority, and how much it lets its holder credit; `None`: as an owner.
    pub authority: Option<(AuthorityId, Decimal)>,
    /// Whether its author decides, for want of another owner.
    pub sole_control: bool,
    /// Why, for the partner.
    pub reason_partner: &'a str,
    /// Why, for the house.
    pub reason_house: &'a str,
}

/// Says yes or no. Yes reserves the money, and spends it at once where nothing has to be reached.
///
/// # Errors
/// `promo_decision_pkey` where it was decided, `promo_budget_not_exceeded`, `promo_grant_once_a_package`,
/// `promo_decision_not_by_its_author` and the like, by name.
pub async fn decide(
    tx: &mut Tx,
    grant: &Grant,
    decision: &Decide<'_>,
    by: &Staff,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO promo_decision (promo_grant_id, programme_id, partner_id, promo_package_id, bonus, currency, proposer_id, verdict, by,
                                     decider_id, decider_name, sole_control, authority_id, largest_credit, reason_partner, reason_house, decided_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        grant.id.0,
        grant.programme.0,
        grant.partner.0,
        grant.package.id.0,
        grant.package.bonus.amount,
        grant.package.bonus.currency.code(),
        grant.proposer.0.0,
        if decision.approved { "approved" } else { "rejected" },
        if decision.authority.is_some() { "policy" } else { "owner" },
        by.person.0,
        by.name,
        decision.sole_control,
        decision.authority.map(|(id, _)| id.0),
        decision.authority.map(|(_, largest)| largest),
        decision.reason_partner,
        decision.reason_house,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Who has decided a grant, and whether they said yes.
///
/// # Errors
/// When the database is away.
pub async fn decided_by(tx: &mut Tx, grant: PromoGrantId) -> Result<Option<(PersonId, String, bool)>, AppError> {
    let row = sqlx::query!(
        r#"SELECT decider_id AS "id: PersonId", decider_name, verdict FROM promo_decision WHERE promo_grant_id = $1"#,
        grant.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.id, row.decider_name, row.verdict == "approved")))
}
