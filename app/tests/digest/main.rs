//! The owners' digest against a real database. Ana and Bo are partners (Garden and Kitchen), Tomás is an agent, Marta an owner,
//! Lea an auditor. It is noon in UTC on Tuesday, 1 December 2026: the week runs from 30 November to 6 December.
#![cfg(feature = "ssr")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

#[path = "../desk_house/mod.rs"]
mod desk_house;
mod letters;
#[path = "../pages/mod.rs"]
mod pages;
mod risks;
mod weeks;

use app::approvals::api::{self, Answer, RateForm};
use app::base::context::Context;
use app::base::ids::{CaseId, PartnerId};
use app::base::language::Locale;
use app::digest::model::Digest;
use app::digest::{rules, store};
use chrono::NaiveDate;
use desk_house::{House, key, post};

pub(crate) const DAY: i64 = 24 * 60;
pub(crate) const WEEK: i64 = 7 * DAY;

pub(crate) fn in_spanish(ctx: Context) -> Context {
    Context { locale: Locale::es, ..ctx }
}

/// The digest of the week of a day, read at the house's time; without one, of the week that runs.
pub(crate) async fn digest(house: &House, day: Option<&str>) -> Digest {
    let mut tx = house.marta().begin().await.expect("begin");
    let zone = store::zone(&mut tx).await.expect("zone");
    let day = day.map(|day| day.parse::<NaiveDate>().expect("day"));
    store::read(&mut tx, rules::week(day, house.now, zone)).await.expect("digest")
}

/// Tomás puts a case to the owners.
pub(crate) async fn escalate(house: &House, case: CaseId) {
    let some = |text: &str| Some(text.to_owned());
    let (facts, tried, proposed, to) =
        (some("The order is theirs."), some("We asked the shop."), some("Pay it."), some("owner"));
    post(&house.tomas(), || {
        app::escalations::api::escalate(case.to_string(), facts, tried, proposed, to, key(), String::new())
    })
    .await;
}

/// Tomás proposes another rate for a partner.
pub(crate) async fn propose(house: &House, partner: PartnerId, percent: &str) {
    let form = RateForm {
        partner: partner.to_string(),
        percent: percent.into(),
        reason: "They grow.".into(),
        form_key: key(),
        ..RateForm::default()
    };
    let answer = api::propose(&house.tomas(), &form).await.expect("proposed");
    assert!(matches!(answer, Answer::Done(_)));
}

/// A sale at the programme's rate of 8 percent.
pub(crate) async fn sale(house: &House, partner: PartnerId, at: &str, amount: &str) {
    house
        .run(&format!(
            "WITH sold AS (
                INSERT INTO conversion (programme_id, partner_id, offer_id, kind, order_id, occurred_at, amount, currency, booked_at)
                VALUES ({}, {partner}, {}, 'sale', gen_random_uuid()::text, '{at}', {amount}, 'GBP', '{at}') RETURNING *)
             INSERT INTO commission (partner_id, conversion_id, offer_id, occurred_at, currency, rate_kind, rate_value, rate_version_id,
                                     hold_days, hold_version_id, order_amount)
             SELECT partner_id, conversion_id, offer_id, occurred_at, currency, r.kind, r.value, r.terms_version_id, h.value::int, h.terms_version_id,
                    amount
             FROM sold, terms_version r, terms_version h WHERE (r.field, r.partner_scope) = ('rate', 0) AND h.field = 'hold_days'",
            house.programme, house.offer
        ))
        .await;
}
