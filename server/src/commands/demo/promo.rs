//! The promotion of the demonstration: a bonus for orders of a season, which one partner was granted and has not reached yet.

use super::{Failure, PARTNERS, PROGRAMME, Session};
use app::base::actor::{Actor, Staff};
use app::base::ids::PromoPackageId;
use app::base::money::Money;
use app::partners::store as partners;
use app::promo::model::{Goal, Home, NewPackage};
use app::promo::store::{self, Decide, Propose};
use chrono::{DateTime, Duration, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

/// What the programme may spend on promotions, and what of it on this one.
const BUDGETS: [i64; 2] = [1_000, 400];
const TARGET: i64 = 6_000;
const BONUS: i64 = 150;

/// Writes budgets and a package by one owner, and a grant that she asks for and the other one decides.
pub async fn write(session: &Session, asks: &Staff, decides: &Staff, now: DateTime<Utc>) -> Result<(), Failure> {
    let mut tx = session.db.begin(&Actor::Staff(asks.clone())).await?;
    let home = store::homes(&mut tx).await?.into_iter().find(|home| home.code == PROGRAMME);
    let home = home.ok_or_else(|| Failure::refused("no programme"))?;
    let began = now - Duration::days(45);
    store::set_budget(&mut tx, &home, None, Money::new(BUDGETS[0].into(), home.currency), asks, began).await?;
    let id = store::add_package(&mut tx, &home, &package(&home, now), asks, Uuid::new_v4(), began).await?;
    let id: PromoPackageId = id.ok_or_else(|| Failure::refused("no package"))?;
    let partner = partners::find(&mut tx, home.id, PARTNERS[0].0).await?;
    let partner = partner.ok_or_else(|| Failure::refused("no partner"))?;
    let all = store::packages(&mut tx, home.id).await?;
    let package = all.into_iter().map(|(package, _)| package).find(|package| package.id == id);
    let package = package.ok_or_else(|| Failure::refused("no package"))?;
    let new = Propose {
        partner,
        case: None,
        package: &package,
        reason: "Their readers order more each month; a goal may bring the season forward.",
        form_key: Uuid::new_v4(),
    };
    let grant = store::propose(&mut tx, &new, asks, began).await?;
    tx.commit().await?;
    let mut tx = session.db.begin(&Actor::Staff(decides.clone())).await?;
    let grant = store::find(&mut tx, grant).await?;
    let decision = Decide {
        approved: true,
        authority: None,
        sole_control: false,
        reason_partner: "Your readers order more each month. Let us see how far the season goes.",
        reason_house: "",
    };
    store::decide(&mut tx, &grant, &decision, decides, began + Duration::hours(2)).await?;
    tx.commit().await?;
    Ok(())
}

fn package(home: &Home, now: DateTime<Utc>) -> NewPackage {
    let day = |days: i64| (now + Duration::days(days)).with_timezone(&home.zone).date_naive();
    NewPackage {
        name: "Season of orders".into(),
        goal: Goal::Orders,
        target: Decimal::from(TARGET),
        bonus: Money::new(BONUS.into(), home.currency),
        first: day(-45),
        last: day(30),
        grace: 45,
        budget: Decimal::from(BUDGETS[1]),
    }
}
