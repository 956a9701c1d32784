//! Owners set budgets and add packages.

use super::refusal;
use crate::audit::store::{Change, record};
use crate::base::actor::{Role, Staff};
use crate::base::context::{self, Context};
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::PromoPackageId;
use crate::base::language::tr;
use crate::base::money::{Currency, Money};
use crate::disputes::rules::parse_amount;
use crate::disputes::words::amount_error;
use crate::paths;
use crate::promo::model::{Goal, Home, NewPackage};
use crate::promo::store;
use chrono::{Days, NaiveDate};
use leptos::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

/// The longest name of a package, in characters.
const LONGEST_NAME: usize = 200;
/// How far ahead a package may end, and how long a hold may keep it open.
const FURTHEST_DAYS: u64 = 366;
const LONGEST_GRACE: u32 = 366;
/// The most sales that a goal can ask for.
const MOST_SALES: u32 = 1_000_000_000;

/// Sets what may be granted at most, of a package or of a whole programme.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "set-promo-budget")]
pub async fn set_promo_budget(
    /// The programme's code.
    programme: String,
    /// The package; none: the whole programme.
    package: Option<String>,
    /// In what; none: the package's.
    currency: Option<String>,
    /// How much.
    amount: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let form = BudgetForm {
        programme,
        package: package.unwrap_or_default(),
        currency: currency.unwrap_or_default(),
        amount: amount.unwrap_or_default(),
    };
    let end = budget(&ctx, &form).await;
    let name = format!("promo-budget-{}-{}", form.programme, form.package);
    let fields = [("form_name", name.as_str()), ("currency", &form.currency), ("amount", &form.amount)];
    forms::finish(&ctx, &fields, end).await
}

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct BudgetForm {
    /// The programme's code.
    pub programme: String,
    /// The package's number; empty: the whole programme.
    pub package: String,
    /// In what; empty: the package's.
    pub currency: String,
    /// How much.
    pub amount: String,
}

/// Writes a new version of a budget.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn budget(ctx: &Context, form: &BudgetForm) -> Result<End, AppError> {
    let (staff, mut tx, home) = begin(ctx, &form.programme).await?;
    let mut errors = Errors::default();
    let package = match form.package.as_str() {
        "" => None,
        id => {
            let id: PromoPackageId = id.parse().map_err(|_| AppError::NotFound)?;
            let all = store::packages(&mut tx, home.id).await?;
            Some(all.into_iter().find(|(package, _)| package.id == id).ok_or(AppError::NotFound)?.0)
        }
    };
    let currency = match &package {
        Some(package) => Some(package.bonus.currency),
        None => currency_of(ctx, &form.currency, &mut errors),
    };
    let amount = currency.and_then(|currency| amount_of(ctx, "amount", &form.amount, currency, true, &mut errors));
    let back = paths::PROMOTIONS.to_owned();
    let (Some(amount), true) = (amount, errors.is_empty()) else { return Ok(End::Refused(back, errors)) };
    let package = package.map(|package| package.id);
    let before = store::purse(&mut tx, home.id, package, amount.currency).await?;
    match store::set_budget(&mut tx, &home, package, amount, &staff, ctx.now()).await {
        Ok(()) => {}
        Err(AppError::Database(error)) if constraint(&error) == Some("promo_budget_not_exceeded") => {
            errors.add("amount", tr!(ctx.locale, promo.error_below));
            return Ok(End::Refused(back, errors));
        }
        Err(error) => return Err(error),
    }
    let change = Change {
        action: "promo.budget_set",
        subject: package.map_or_else(|| format!("programme/{}", home.id), |id| format!("promo_package/{id}")),
        before: Some(json!({ "budget": before.budget, "currency": amount.currency.code() })),
        after: Some(json!({ "budget": amount.amount, "currency": amount.currency.code() })),
        ..Change::default()
    };
    end(ctx, tx, change, "budget").await
}

/// Adds a package with its budget.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "add-promo-package")]
#[allow(clippy::too_many_arguments)]
pub async fn add_promo_package(
    /// The programme's code.
    programme: String,
    /// What it is called.
    name: Option<String>,
    /// What has to be reached.
    goal: Option<String>,
    /// How much of it.
    target: Option<String>,
    /// What it brings.
    bonus: Option<String>,
    /// In what.
    currency: Option<String>,
    /// The first day; none: today.
    first: Option<String>,
    /// The last day.
    last: Option<String>,
    /// Days after that for holds to end.
    grace: Option<String>,
    /// What may be granted of it altogether.
    budget: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let form = PackageForm {
        programme,
        name: name.unwrap_or_default(),
        goal: goal.unwrap_or_default(),
        target: target.unwrap_or_default(),
        bonus: bonus.unwrap_or_default(),
        currency: currency.unwrap_or_default(),
        first: first.unwrap_or_default(),
        last: last.unwrap_or_default(),
        grace: grace.unwrap_or_default(),
        budget: budget.unwrap_or_default(),
        form_key,
    };
    let end = add(&ctx, &form).await;
    let form_name = format!("promo-package-{}", form.programme);
    let fields = [
        ("form_name", form_name.as_str()),
        ("name", &form.name),
        ("goal", &form.goal),
        ("target", &form.target),
        ("bonus", &form.bonus),
        ("currency", &form.currency),
        ("first", &form.first),
        ("last", &form.last),
        ("grace", &form.grace),
        ("budget", &form.budget),
        ("form_key", &form.form_key),
    ];
    forms::finish(&ctx, &fields, end).await
}

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct PackageForm {
    /// The programme's code.
    pub programme: String,
    /// What it is called.
    pub name: String,
    /// What has to be reached.
    pub goal: String,
    /// How much of it.
    pub target: String,
    /// What it brings.
    pub bonus: String,
    /// In what.
    pub currency: String,
    /// The first day; empty: today.
    pub first: String,
    /// The last day.
    pub last: String,
    /// Days after that for holds to end; empty: none.
    pub grace: String,
    /// What may be granted of it altogether.
    pub budget: String,
    /// The form's key.
    pub form_key: String,
}

/// Writes a package and the first version of its budget.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn add(ctx: &Context, form: &PackageForm) -> Result<End, AppError> {
    let key: Uuid = form.form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let (staff, mut tx, home) = begin(ctx, &form.programme).await?;
    let mut errors = Errors::default();
    let new = read_package(ctx, form, &home, &mut errors);
    let back = paths::PROMOTIONS.to_owned();
    let (Some(new), true) = (new, errors.is_empty()) else { return Ok(End::Refused(back, errors)) };
    let id = match store::add_package(&mut tx, &home, &new, &staff, key, ctx.now()).await {
        Ok(Some(id)) => id,
        Ok(None) => return Ok(End::Done(format!("{back}?done=package"))),
        Err(AppError::Database(error)) if constraint(&error) == Some("promo_package_name_once") => {
            errors.add("name", tr!(ctx.locale, promo.error_name_taken));
            return Ok(End::Refused(back, errors));
        }
        Err(AppError::Database(error)) => {
            errors.add("", constraint(&error).and_then(|name| refusal(ctx, name)).ok_or(AppError::Database(error))?);
            return Ok(End::Refused(back, errors));
        }
        Err(error) => return Err(error),
    };
    let change = Change {
        action: "promo.package_added",
        subject: format!("promo_package/{id}"),
        after: Some(json!({
            "name": new.name, "goal": new.goal.as_str(), "target": new.target, "bonus": new.bonus.amount,
            "currency": new.bonus.currency.code(), "first": new.first, "last": new.last, "grace_days": new.grace, "budget": new.budget,
        })),
        ..Change::default()
    };
    end(ctx, tx, change, "package").await
}

fn read_package(ctx: &Context, form: &PackageForm, home: &Home, errors: &mut Errors) -> Option<NewPackage> {
    let locale = ctx.locale;
    let name = form.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.contains(char::is_control) {
        errors.add("name", tr!(locale, promo.error_name, most = LONGEST_NAME));
    }
    let goal = Goal::parse(&form.goal);
    if goal.is_none() {
        errors.add("goal", tr!(locale, promo.error_goal));
    }
    let currency = currency_of(ctx, &form.currency, errors)?;
    let bonus = amount_of(ctx, "bonus", &form.bonus, currency, false, errors);
    let budget = amount_of(ctx, "budget", &form.budget, currency, true, errors);
    let target = match goal? {
        Goal::Once => Some(Decimal::ZERO),
        Goal::Sales => {
            let count = form.target.trim().parse::<u32>().ok().filter(|count| (1..=MOST_SALES).contains(count));
            if count.is_none() {
                errors.add("target", tr!(locale, promo.error_sales));
            }
            count.map(Decimal::from)
        }
        Goal::Commission | Goal::Orders => {
            amount_of(ctx, "target", &form.target, currency, false, errors).map(|target| target.amount)
        }
    };
    let today = ctx.now().with_timezone(&home.zone).date_naive();
    let mut day = |field: &str, typed: &str, otherwise: Option<NaiveDate>| {
        let day = match typed.trim() {
            "" => otherwise,
            typed => typed.parse().ok(),
        };
        if day.is_none() {
            errors.add(field, tr!(locale, approvals.bad_date));
        }
        day
    };
    let first = day("first", &form.first, Some(today));
    let last = day("last", &form.last, None);
    if let (Some(first), Some(last)) = (first, last) {
        if last < first || last < today {
            errors.add("last", tr!(locale, promo.error_last));
        } else if today.checked_add_days(Days::new(FURTHEST_DAYS)).is_none_or(|furthest| last > furthest) {
            errors.add("last", tr!(locale, approvals.date_too_far));
        } else if today.checked_sub_days(Days::new(FURTHEST_DAYS)).is_none_or(|earliest| first < earliest) {
            errors.add("first", tr!(locale, approvals.bad_date));
        }
    }
    let grace = match form.grace.trim() {
        "" => Some(0),
        typed => typed.parse::<u32>().ok().filter(|days| *days <= LONGEST_GRACE),
    };
    if grace.is_none() {
        errors.add("grace", tr!(locale, promo.error_grace, most = LONGEST_GRACE));
    }
    Some(NewPackage {
        name,
        goal: goal?,
        target: target?,
        bonus: bonus?,
        first: first?,
        last: last?,
        grace: grace?,
        budget: budget?.amount,
    })
}

fn currency_of(ctx: &Context, typed: &str, errors: &mut Errors) -> Option<Currency> {
    Currency::parse(typed.trim()).map_err(|_| errors.add("currency", tr!(ctx.locale, funds.error_currency))).ok()
}

fn amount_of(
    ctx: &Context,
    field: &str,
    typed: &str,
    currency: Currency,
    may_be_nothing: bool,
    errors: &mut Errors,
) -> Option<Money> {
    if may_be_nothing && typed.trim() == "0" {
        return Some(Money::zero(currency));
    }
    parse_amount(typed, currency)
        .map_err(|error| errors.add(field, amount_error(ctx.locale, error, currency)))
        .ok()
        .map(|amount| Money::new(amount, currency))
}

async fn begin(ctx: &Context, code: &str) -> Result<(Staff, Tx, Home), AppError> {
    let staff = ctx.staff()?.clone();
    if staff.role != Role::Owner {
        return Err(AppError::Forbidden);
    }
    let mut tx = ctx.begin().await?;
    let home = store::homes(&mut tx).await?.into_iter().find(|home| home.code == code).ok_or(AppError::NotFound)?;
    Ok((staff, tx, home))
}

async fn end(ctx: &Context, mut tx: Tx, change: Change, done: &str) -> Result<End, AppError> {
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(End::Done(format!("{}?done={done}", paths::PROMOTIONS)))
}
