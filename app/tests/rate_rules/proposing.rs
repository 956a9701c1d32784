//! A rate with steps, from the form to the version: what was read is what is approved.

use super::house::{House, key};
use app::approvals::api::{self, Answer, DecisionForm, RateForm};
use app::commissions::model::{How, Measure, Rate};
use app::terms::model::Field;
use rust_decimal::Decimal;
use sqlx::PgPool;

fn dec(text: &str) -> Decimal {
    text.parse().expect("number")
}

fn form(house: &House) -> RateForm {
    RateForm {
        partner: house.garden.to_string(),
        percent: "8".into(),
        steps_by: "volume_marginal".into(),
        steps: "1,000 10\n5000 12.5 %".into(),
        most_month: "2,000".into(),
        days: "30".into(),
        reason: "They will bring more if more pays more.".into(),
        form_key: key(),
        ..RateForm::default()
    }
}

fn refused(answer: Result<Answer, app::base::error::AppError>, field: &str) -> String {
    match answer {
        Ok(Answer::Refused(errors)) => errors.get(field).unwrap_or_else(|| panic!("{errors:?}")).to_owned(),
        other => panic!("not refused: {other:?}"),
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn steps_are_proposed_replayed_approved_and_in_force(pool: PgPool) {
    let house = House::open(pool).await;
    house.sale(house.garden, house.plants, "2026-11-10T10:00:00Z", "900", "0").await;
    house.sale(house.garden, house.plants, "2026-11-12T10:00:00Z", "300", "100").await;
    house.sale(house.garden, house.plants, "2026-10-12T10:00:00Z", "500", "0").await;
    house.sale(house.kitchen, house.plants, "2026-11-12T10:00:00Z", "2000", "0").await;
    assert!(matches!(api::propose(&house.tomas(), &form(&house)).await, Ok(Answer::Done(_))));
    let id = house.last_proposal().await;
    let proposal = house.proposal(id).await;
    let steps = proposal.rule.steps.clone().expect("steps");
    assert_eq!((steps.by, steps.how, steps.steps.len()), (Measure::Volume, How::Marginal, 3));
    assert_eq!(proposal.rule.most_month, Some(dec("2000")));
    let impact = proposal.impact.expect("a replay");
    assert_eq!((impact.days, impact.rate, impact.rule.clone()), (30, Rate::Percent(dec("8")), proposal.rule.clone()));
    let [pounds] = impact.currencies.as_slice() else { panic!("one currency") };
    // 72; then 100 at 8 and 200 at 10 per cent, of which two thirds are left.
    assert_eq!((pounds.orders, pounds.cost_before, pounds.cost_after), (2, dec("88.00"), dec("90.67")));
    let others = impact.neighbours.expect("neighbours");
    assert_eq!(
        (others.partners, others.currencies[0].cost_before, others.currencies[0].cost_after),
        (1, dec("160.00"), dec("180.00"))
    );

    let verdict = DecisionForm {
        proposal: id.to_string(),
        verdict: "approved".into(),
        reason_partner: "You earned it.".into(),
        content_hash: proposal.content_hash,
        ..DecisionForm::default()
    };
    assert!(matches!(api::decide(&house.ines(), &verdict).await, Ok(Answer::Done(_))));
    let mut tx = house.marta().begin().await.expect("begin");
    let at = |text: &str| text.parse().expect("time");
    let of = |versions: Vec<app::terms::model::Version>| {
        versions.into_iter().find(|version| version.field == Field::Rate).map(|version| version.rule)
    };
    let asked = "2027-01-01T00:00:00Z";
    let today = app::terms::store::as_known(&mut tx, house.programme, None, house.garden, at(asked), None)
        .await
        .expect("terms");
    assert_eq!(of(today), Some(proposal.rule));
    let before = app::terms::store::as_known(
        &mut tx,
        house.programme,
        None,
        house.garden,
        at(asked),
        Some(at("2026-12-01T11:59:59Z")),
    )
    .await
    .expect("terms");
    assert!(of(before).expect("a rate").is_plain(), "nobody knew of it then");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_rule_that_cannot_be_is_told_beside_its_field(pool: PgPool) {
    let house = House::open(pool).await;
    let tomas = house.tomas();
    let with = |change: fn(&mut RateForm)| {
        let mut form = form(&house);
        change(&mut form);
        form
    };
    let falling = with(|form| {
        form.steps_by = "volume_whole".into();
        form.steps = "1000 7".into();
    });
    assert!(refused(api::propose(&tomas, &falling).await, "steps").contains("Line 1 pays less"));
    let each = with(|form| form.most_each = "50".into());
    assert!(refused(api::propose(&tomas, &each).await, "most_each").contains("no place beside steps"));
    let days = with(|form| form.days = "31".into());
    assert!(refused(api::propose(&tomas, &days).await, "days").contains("90"));
    // Caps alone on the rate in force are a change; the rate in force alone is none.
    let capped = with(|form| {
        form.steps_by.clear();
        form.steps.clear();
    });
    assert!(matches!(api::propose(&tomas, &capped).await, Ok(Answer::Done(_))));
    assert_eq!(house.count("proposal WHERE rule = '{\"most_month\": \"2000\"}'").await, 1);
}
