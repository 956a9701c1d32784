//! The owners' screens as a browser gets them, in both languages, with hostile text in every place a person can fill.
#![cfg(feature = "ssr")]

mod house;
mod pages;

use app::approvals::api::{self, DecisionForm, MinimumForm, RateForm};
use app::base::context::Context;
use app::base::language::Locale;
use house::{House, key};
use pages::page;
use sqlx::PgPool;

const HOSTILE: &str = "</textarea></title><script>alert(1)</script><img src=x onerror=alert(1)>";

fn in_spanish(ctx: Context) -> Context {
    Context { locale: Locale::es, ..ctx }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_owner_sees_what_is_asked_of_them(pool: PgPool) {
    let house = House::open(pool).await;
    let empty = page(house.marta(), "/approvals").await;
    assert!(empty.contains("Nothing waits for you."), "{empty}");

    house.run(&format!("UPDATE partner SET name = 'Garden {HOSTILE}' WHERE code = 'garden'")).await;
    house.sale(house.garden, house.plants, "2026-11-20T10:00:00Z", "1200.00", "0").await;
    let form = RateForm {
        partner: house.garden.to_string(),
        offer: house.plants.to_string(),
        percent: "10".into(),
        reason: format!("They doubled. {HOSTILE}"),
        form_key: key(),
        ..RateForm::default()
    };
    api::propose(&house.tomas(), &form).await.expect("proposed");
    let id = house.last_proposal().await;

    let list = page(house.marta(), "/approvals").await;
    assert!(list.contains("1 proposal waits for you."), "{list}");
    assert!(list.contains("+£8.00"), "{list}");
    let english = page(house.marta(), &format!("/approvals/{id}")).await;
    for words in [
        "Rate for Garden",
        "8% → 10%",
        "Tomás Gil asks for it",
        "It costs £8.00 more a month: £96.00 in 90 days would have been £120.00.",
        "Margin 68% before, 60% after; the floor is 20%.",
        "13.4% more business would pay for it: £53.34 more in orders a month.",
        "November 2026",
        "name=\"content_hash\"",
    ] {
        assert!(english.contains(words), "{words:?} is not in {english}");
    }
    let spanish = page(in_spanish(house.marta()), &format!("/approvals/{id}")).await;
    assert!(spanish.contains("Cuesta 8,00\u{a0}£ más al mes"), "{spanish}");
    // An auditor reads the same and is offered no form; an agent is not shown it at all.
    assert!(!page(house.auditor(), &format!("/approvals/{id}")).await.contains("decide-proposal"));

    let decision = DecisionForm {
        proposal: id.to_string(),
        verdict: "approved".into(),
        reason_partner: format!("Well done. {HOSTILE}"),
        reason_house: "They bring the press.".into(),
        content_hash: house.proposal(id).await.content_hash,
        ..DecisionForm::default()
    };
    api::decide(&house.ines(), &decision).await.expect("decided");
    let decided = page(house.marta(), &format!("/approvals/{id}?done=approved")).await;
    assert!(decided.contains("Approved by Inés Vega on 1\u{a0}December\u{a0}2026."), "{decided}");
    assert!(!decided.contains("decide-proposal"), "{decided}");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_record_reads_in_both_languages(pool: PgPool) {
    let house = House::open(pool).await;
    let form = MinimumForm {
        partner: house.garden.to_string(),
        value: "20".into(),
        reason: HOSTILE.into(),
        form_key: key(),
        ..MinimumForm::default()
    };
    api::lower(&house.tomas(), &form).await.expect("lowered");
    let english = page(house.auditor(), "/record").await;
    for words in ["Minimum payout lowered", "Tomás Gil", "Partner garden", "First terms set", "Not sealed yet"] {
        assert!(english.contains(words), "{words:?} is not in {english}");
    }
    assert!(page(in_spanish(house.marta()), "/record").await.contains("Pago mínimo rebajado"));
    let narrowed =
        page(house.marta(), "/record?action=terms.set&partner=&by=command&from=2026-01-01&until=nonsense").await;
    assert!(!narrowed.contains("Partner garden"), "{narrowed}");
    assert!(narrowed.contains("Write the day as year-month-day."), "{narrowed}");
    let verified = page(house.marta(), "/record?verify=1").await;
    assert!(verified.contains("Unbroken: 0 sealed, 4 waiting to be sealed."), "{verified}");
    let policy = page(house.marta(), "/approvals").await;
    assert!(policy.contains("By policy") && policy.contains("within their authority"), "{policy}");
}
