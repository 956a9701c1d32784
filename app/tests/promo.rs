//! Promotions told from form to database: a package, its grant, the goal, the bonus; and a budget that no crowd exceeds.
#![cfg(feature = "ssr")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod house;
#[path = "promo/progress.rs"]
mod progress;

use app::base::actor::{Actor, Member, Role, Staff};
use app::base::context::Context;
use app::base::db::Db;
use app::base::error::AppError;
use app::base::forms::End;
use app::base::money::Currency;
use app::ledger;
use app::mail::home::MailHome;
use app::promo::api::{self, BudgetForm, DecisionForm, PackageForm, ProposalForm};
use app::promo::model::{self, Purse};
use app::promo::store;
use house::{House, constraint_of, key};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

const DAY: i64 = 24 * 60;

/// Garden and Kitchen each have a member, and a case that the desk has open.
const CASES: &str = "
    INSERT INTO person (email, name, locale, created_at) VALUES ('nora@example.net', 'Nora Paz', 'es', '2026-01-01Z');
    INSERT INTO partner_member (partner_id, person_id, since) SELECT partner_id, person_id, '2026-01-01Z' FROM partner, person WHERE email = 'nora@example.net';
    INSERT INTO support_case (programme_id, partner_id, kind, subject, opened_by, opened_at, next_update_at)
    SELECT programme_id, partner_id, 'other', code, person_id, '2026-11-01Z', '2026-11-02Z' FROM partner JOIN partner_member USING (partner_id);
    SELECT open_accounts(programme_id, partner_id, 'GBP') FROM partner;";

async fn open(pool: PgPool) -> House {
    let house = House::open(pool).await;
    house.run(CASES).await;
    house
}

async fn id(house: &House, sql: &str) -> String {
    let id: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned())).fetch_one(&house.pool).await.expect("id");
    id.to_string()
}

async fn case_of(house: &House, partner: &str) -> String {
    id(house, &format!("SELECT case_id FROM support_case WHERE subject = '{partner}'")).await
}

async fn newest(house: &House, table: &str) -> String {
    id(house, &format!("SELECT max({table}_id) FROM {table}")).await
}

fn over(end: Result<End, AppError>) -> String {
    match end.expect("an answer") {
        End::Done(path) => path,
        End::Refused(_, errors) => panic!("refused: {errors:?}"),
    }
}

/// What a refusal says at a field; empty: above the form.
fn refused(end: Result<End, AppError>, field: &str) -> String {
    match end.expect("an answer") {
        End::Done(path) => panic!("done: {path}"),
        End::Refused(_, errors) => errors.get(field).unwrap_or_else(|| panic!("not at {field}: {errors:?}")).to_owned(),
    }
}

async fn budget(ctx: &Context, package: &str, amount: &str) -> Result<End, AppError> {
    let form = BudgetForm {
        programme: "shop".into(),
        package: package.into(),
        currency: if package.is_empty() { "GBP".into() } else { String::new() },
        amount: amount.into(),
    };
    api::budget(ctx, &form).await
}

/// 40 for three sales in December, counted until the end of January; 100 of it may be granted.
fn winter() -> PackageForm {
    PackageForm {
        programme: "shop".into(),
        name: "Winter".into(),
        goal: "sales".into(),
        target: "3".into(),
        bonus: "40".into(),
        currency: "GBP".into(),
        first: "2026-12-01".into(),
        last: "2026-12-31".into(),
        grace: "31".into(),
        budget: "100".into(),
        form_key: key(),
    }
}

async fn propose(house: &House, ctx: &Context, partner: &str) -> Result<End, AppError> {
    let form = ProposalForm {
        case: case_of(house, partner).await,
        package: newest(house, "promo_package").await,
        reason: "They grow.".into(),
        reason_partner: "You grow.".into(),
        form_key: key(),
    };
    api::propose(ctx, &form).await
}

async fn decide(house: &House, ctx: &Context, verdict: &str) -> Result<End, AppError> {
    let form = DecisionForm {
        grant: newest(house, "promo_grant").await,
        verdict: verdict.into(),
        reason_partner: "Well done.".into(),
        reason_house: String::new(),
    };
    api::decide(ctx, &form).await
}

/// A sale of Garden's that left its hold, with the ledger's postings.
async fn confirmed(house: &House, at: &str, released: &str, refunded: &str) {
    house.sale(house.garden, house.plants, at, "100.00", refunded).await;
    house
        .run(&format!(
            "UPDATE commission SET released_at = '{released}' WHERE released_at IS NULL AND occurred_at = '{at}';
             INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id, effective_at, booked_at)
             SELECT {}, partner_id, way.kind, way.debit, way.credit, amount_left, currency, conversion_id, occurred_at, occurred_at
             FROM commission, (VALUES ('accrual', 'commission_cost', 'pending'), ('release', 'pending', 'payable')) AS way (kind, debit, credit)
             WHERE occurred_at = '{at}' AND amount_left > 0",
            house.programme
        ))
        .await;
}

async fn purse(house: &House) -> Purse {
    let mut tx = house.marta().begin().await.expect("begin");
    store::purse(&mut tx, house.programme, None, Currency::parse("GBP").unwrap()).await.expect("purse")
}

fn gone(budget: i64, reserved: i64, spent: i64) -> Purse {
    let currency = Currency::parse("GBP").unwrap();
    Purse { currency, budget: budget.into(), reserved: reserved.into(), spent: spent.into() }
}

async fn work(house: &House) -> usize {
    store::work(&house.db, &MailHome::default(), house.now).await.expect("work")
}

async fn verified(house: &House) -> Vec<String> {
    let mut tx = house.begin_command().await;
    let differences = ledger::store::verify(&mut tx).await.expect("verify").differences;
    differences
        .into_iter()
        .map(|one| one.what)
        .filter(|what| what.contains("promotions") || what.contains("bonuses") || what.starts_with("account"))
        .collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_goal_is_reached_and_its_bonus_booked_once(pool: PgPool) {
    let house = open(pool).await;
    let (marta, ines, tomas) = (house.marta(), house.ines(), house.tomas());
    assert!(matches!(budget(&tomas, "", "100").await, Err(AppError::Forbidden)));
    assert!(matches!(api::add(&tomas, &winter()).await, Err(AppError::Forbidden)));
    refused(budget(&marta, "", "much").await, "amount");
    over(budget(&marta, "", "100").await);
    let form = winter();
    for (field, wrong) in [
        ("name", PackageForm { name: " ".into(), ..form.clone() }),
        ("goal", PackageForm { goal: "luck".into(), ..form.clone() }),
        ("target", PackageForm { target: "2.5".into(), ..form.clone() }),
        ("bonus", PackageForm { bonus: "0".into(), ..form.clone() }),
        ("currency", PackageForm { currency: "POUND".into(), ..form.clone() }),
        ("last", PackageForm { last: "2026-11-30".into(), ..form.clone() }),
        ("grace", PackageForm { grace: "-1".into(), ..form.clone() }),
        ("budget", PackageForm { budget: "".into(), ..form.clone() }),
    ] {
        refused(api::add(&marta, &wrong).await, field);
    }
    over(api::add(&marta, &form).await);
    over(api::add(&marta, &form).await);
    refused(api::add(&marta, &winter()).await, "name");
    assert_eq!(house.count("promo_package").await, 1, "the same form twice is one package");

    // The agent asks; they may not decide, and the bonus is over what they may credit.
    assert!(over(propose(&house, &tomas, "garden").await).ends_with("promo_proposed"));
    refused(propose(&house, &tomas, "garden").await, "package");
    assert!(matches!(decide(&house, &tomas, "approved").await, Err(AppError::Forbidden)));
    assert_eq!(purse(&house).await, gone(100, 0, 0), "nothing is reserved by asking");
    refused(decide(&house, &marta, "maybe").await, "verdict");
    over(decide(&house, &marta, "approved").await);
    over(decide(&house, &marta, "approved").await);
    assert!(refused(decide(&house, &ines, "rejected").await, "").contains("Marta"));
    assert_eq!(purse(&house).await, gone(100, 40, 0));
    refused(budget(&marta, "", "39.99").await, "amount");
    over(budget(&marta, "", "40").await);

    // Two confirmed sales, one refunded, one before December, one in hold: not there yet.
    for (at, released, refunded) in [
        ("2026-12-02T10:00Z", "2026-12-20T10:00Z", "0"),
        ("2026-12-03T10:00Z", "2026-12-21T10:00Z", "40.00"),
        ("2026-12-04T10:00Z", "2026-12-22T10:00Z", "100.00"),
        ("2026-11-30T10:00Z", "2026-12-22T10:00Z", "0"),
    ] {
        confirmed(&house, at, released, refunded).await;
    }
    house.sale(house.garden, house.plants, "2026-12-05T10:00Z", "100.00", "0").await;
    let january = house.later(40 * DAY);
    assert_eq!(work(&january).await, 0);
    confirmed(&house, "2026-12-30T10:00Z", "2027-01-09T10:00Z", "0").await;
    assert_eq!(work(&january).await, 1);
    assert_eq!(work(&january).await, 0, "once");
    assert_eq!(purse(&house).await, gone(40, 0, 40));
    let booked = "transfer WHERE kind = 'bonus' AND amount = 40 AND effective_at = '2027-01-09T10:00Z'
                  AND (debit_kind, credit_kind) = ('bonus_cost', 'payable')";
    assert_eq!(house.count(booked).await, 1, "when the goal was reached, not when somebody looked");
    // A refund that comes later takes back its commission and not the bonus.
    house.run("UPDATE commission SET refunded = order_amount WHERE occurred_at = '2026-12-30T10:00Z'").await;
    assert_eq!(work(&house.later(90 * DAY)).await, 0);
    assert_eq!(house.count("transfer WHERE kind = 'bonus'").await, 1);
    assert_eq!(verified(&house).await, Vec::<String>::new());
    let told = "mail_out WHERE kind = 'promo' AND locale = 'es' AND promo_step IN ('reserved', 'spent')";
    assert_eq!(house.count(told).await, 2, "told when it was granted and when it was reached");
    for action in ["promo.budget_set", "promo.package_added", "promo.proposed", "promo.granted", "promo.reached"] {
        assert!(house.count(&format!("audit WHERE action = '{action}'")).await > 0, "{action} is on record");
    }
    // The partner reads it.
    let member = Member {
        person: id(&house, "SELECT person_id FROM person WHERE name = 'Nora Paz'").await.parse().unwrap(),
        name: "Nora Paz".into(),
        partner: house.garden,
        partner_name: "Garden".into(),
        programme: house.programme,
    };
    let mut tx = Context { actor: Actor::Member(member), ..house.marta() }.begin().await.expect("begin");
    let own = store::own(&mut tx, house.garden).await.expect("own");
    assert_eq!(own.len(), 1);
    assert_eq!((own[0].by.as_str(), own[0].progress.counted), ("Marta Ruiz", 3.into()));
    assert_eq!(own[0].end.map(|(end, _)| end), Some(model::End::Reached));
    assert!(store::own(&mut tx, house.kitchen).await.expect("own").is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_not_reached_goes_back(pool: PgPool) {
    let house = open(pool).await;
    over(budget(&house.marta(), "", "50").await);
    over(api::add(&house.marta(), &winter()).await);
    over(propose(&house, &house.tomas(), "garden").await);
    over(decide(&house, &house.ines(), "approved").await);
    over(propose(&house, &house.tomas(), "kitchen").await);
    let short = refused(decide(&house, &house.ines(), "approved").await, "");
    assert!(short.contains("budget"), "{short}");
    over(decide(&house, &house.ines(), "rejected").await);
    assert_eq!(purse(&house).await, gone(50, 40, 0));
    // A sale that left its hold on the last day, which nobody looked at yet, may be the third one.
    confirmed(&house, "2026-12-02T10:00Z", "2026-12-20T10:00Z", "0").await;
    confirmed(&house, "2026-12-03T10:00Z", "2026-12-20T10:00Z", "0").await;
    house.sale(house.garden, house.plants, "2026-12-31T10:00Z", "100.00", "0").await;
    let held = "SET session_replication_role = replica;
        UPDATE commission SET hold_until = occurred_at + interval '720 hours' WHERE occurred_at = '2026-12-31T10:00Z'; RESET session_replication_role";
    house.run(held).await;
    assert_eq!(work(&house.later(61 * DAY)).await, 0, "it still counts");
    assert_eq!(work(&house.later(63 * DAY)).await, 0, "what is not looked at is waited for");
    house.run("UPDATE commission SET rejected = true WHERE occurred_at = '2026-12-31T10:00Z'").await;
    let after = house.later(63 * DAY);
    assert_eq!(work(&after).await, 1);
    assert_eq!(purse(&house).await, gone(50, 0, 0));
    assert_eq!(house.count("transfer WHERE kind = 'bonus'").await, 0);
    assert_eq!(house.count("mail_out WHERE kind = 'promo' AND promo_step = 'given_back'").await, 1);
    assert_eq!(house.count("promo_step WHERE step = 'given_back' AND at = '2027-02-01Z' AND counted = 2").await, 1);
    assert_eq!(verified(&house).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn within_authority_it_is_granted_at_once(pool: PgPool) {
    let house = open(pool).await;
    over(budget(&house.marta(), "", "30").await);
    let small = PackageForm { goal: "once".into(), target: String::new(), bonus: "25".into(), ..winter() };
    over(api::add(&house.marta(), &small).await);
    assert!(over(propose(&house, &house.tomas(), "garden").await).ends_with("promo_granted"));
    assert_eq!(purse(&house).await, gone(30, 0, 25), "nothing has to be reached");
    assert_eq!(house.count("transfer WHERE kind = 'bonus' AND amount = 25").await, 1);
    assert_eq!(house.count("promo_decision WHERE by = 'policy' AND largest_credit = 25").await, 1);
    let short = refused(propose(&house, &house.tomas(), "kitchen").await, "");
    assert!(short.contains("budget"), "{short}");
    assert_eq!(house.count("promo_grant").await, 1, "nothing of a refused one stays");
    assert_eq!(verified(&house).await, Vec::<String>::new());
}

/// 64 owners, each with a grant of somebody else's to decide.
const CROWD: &str = "
    INSERT INTO person (email, name, created_at)
    SELECT 'o' || n || '@example.com', 'Odile ' || translate(n::text, '0123456789', 'abcdefghij'), '2026-01-01Z' FROM generate_series(1, 64) n;
    INSERT INTO staff (person_id, name, role, since) SELECT person_id, name, 'owner', created_at FROM person WHERE name LIKE 'Odile %';
    INSERT INTO partner (programme_id, code, name, created_at)
    SELECT programme_id, 'p' || n, 'Partner of ' || n, created_at FROM programme, generate_series(1, 64) n;
    INSERT INTO promo_grant (programme_id, partner_id, promo_package_id, bonus, currency, reason, proposer_id, proposed_at, form_key)
    SELECT a.programme_id, a.partner_id, k.promo_package_id, k.bonus, k.currency, 'More', s.person_id, '2026-12-01T12:00Z', gen_random_uuid()
    FROM partner a JOIN promo_package k USING (programme_id), staff s WHERE a.code LIKE 'p%' AND s.name = 'Tomás Gil'
      AND (substr(a.code, 2)::int % 2 = 0) = (k.name = 'Winter');";

#[sqlx::test(migrations = "../migrations")]
async fn no_crowd_exceeds_a_budget(pool: PgPool) {
    let house = open(pool.clone()).await;
    // Of the first package three fit, of the second as many as the programme has left: five of them all.
    over(budget(&house.marta(), "", "219.99").await);
    over(api::add(&house.marta(), &PackageForm { budget: "159.99".into(), ..winter() }).await);
    over(api::add(&house.marta(), &PackageForm { budget: "1000".into(), name: "Spring".into(), ..winter() }).await);
    house.run(CROWD).await;
    let many = PgPoolOptions::new().max_connections(32).connect_with((*pool.connect_options()).clone()).await;
    let db = Db::from_pool(many.expect("pool"));
    let people: Vec<(i64, String)> =
        sqlx::query_as("SELECT person_id, name FROM staff WHERE name LIKE 'Odile %' ORDER BY 1")
            .fetch_all(&pool)
            .await
            .expect("people");
    let grants: Vec<i64> =
        sqlx::query_scalar("SELECT promo_grant_id FROM promo_grant ORDER BY 1").fetch_all(&pool).await.expect("grants");
    assert_eq!((people.len(), grants.len()), (64, 64));
    let mut crowd = tokio::task::JoinSet::new();
    for (nth, (person, name)) in people.into_iter().enumerate() {
        let staff = Staff { person: person.into(), name, role: Role::Owner };
        let ctx = Context { actor: Actor::Staff(staff), db: db.clone(), ..house.marta() };
        // Two go for each grant.
        let grants = [grants[nth], grants[(nth + 1) % 64]];
        crowd.spawn(async move {
            let mut done = 0;
            for grant in grants {
                let form = DecisionForm {
                    grant: grant.to_string(),
                    verdict: "approved".into(),
                    reason_partner: "So be it.".into(),
                    reason_house: String::new(),
                };
                match api::decide(&ctx, &form).await {
                    Ok(End::Done(_)) => done += 1,
                    Ok(End::Refused(_, errors)) => assert!(errors.get("").is_some(), "{errors:?}"),
                    Err(error) => panic!("{error}"),
                }
            }
            done
        });
    }
    let mut done = 0;
    while let Some(one) = crowd.join_next().await {
        done += one.expect("person");
    }
    assert_eq!(done, 5, "as many as the budget is for");
    assert_eq!(purse(&house).await.reserved, 200.into());
    assert_eq!(house.count("promo_decision").await, 5);
    assert!(house.count("promo_decision JOIN promo_package USING (promo_package_id) WHERE name = 'Winter'").await <= 3);
    assert_eq!(house.count("audit WHERE action = 'promo.granted'").await, 5);
    assert_eq!(house.count("promo_purse WHERE reserved + spent > budget").await, 0);

    // Their goals are reached, and 64 processes find it at once, while others ask for a smaller budget.
    house
        .run(
            "INSERT INTO conversion (programme_id, partner_id, offer_id, kind, order_id, occurred_at, amount, currency, booked_at)
             SELECT a.programme_id, a.partner_id, o.offer_id, 'sale', gen_random_uuid()::text, '2026-12-02Z', 10, 'GBP', '2026-12-02Z'
             FROM partner a JOIN offer o USING (programme_id), generate_series(1, 3) WHERE o.code = 'plants' AND a.code LIKE 'p%';
             INSERT INTO commission (partner_id, conversion_id, offer_id, occurred_at, currency, rate_kind, rate_value, rate_version_id, hold_days,
                                     hold_version_id, order_amount, released_at)
             SELECT partner_id, conversion_id, offer_id, occurred_at, currency, r.kind, r.value, r.terms_version_id, h.value::int, h.terms_version_id,
                    amount, '2026-12-03Z'
             FROM conversion, terms_version r, terms_version h WHERE (r.field, r.partner_scope) = ('rate', 0) AND h.field = 'hold_days'",
        )
        .await;
    let later = house.later(3 * DAY);
    let mut workers = tokio::task::JoinSet::new();
    for nth in 0..64 {
        let (db, now, marta) = (db.clone(), later.now, Context { db: db.clone(), ..later.marta() });
        workers.spawn(async move {
            if nth % 8 == 0 {
                refused(budget(&marta, "", "199.99").await, "amount");
            }
            store::work(&db, &MailHome::default(), now).await.expect("work")
        });
    }
    let mut ended = 0;
    while let Some(one) = workers.join_next().await {
        ended += one.expect("worker");
    }
    assert_eq!(ended, 5);
    assert_eq!(purse(&house).await, Purse { budget: "219.99".parse().unwrap(), ..gone(0, 0, 200) });
    assert_eq!(house.count("transfer WHERE kind = 'bonus'").await, 5, "each once");
    assert_eq!(verified(&house).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_step_that_dies_is_taken_again(pool: PgPool) {
    let house = open(pool).await;
    over(budget(&house.marta(), "", "50").await);
    over(api::add(&house.marta(), &PackageForm { target: "1".into(), ..winter() }).await);
    over(propose(&house, &house.tomas(), "garden").await);
    over(decide(&house, &house.marta(), "approved").await);
    confirmed(&house, "2026-12-02T10:00Z", "2026-12-20T10:00Z", "0").await;
    let write = "INSERT INTO promo_step (programme_id, partner_id, promo_grant_id, promo_package_id, bonus, currency, step, at, written_at)
        SELECT programme_id, partner_id, promo_grant_id, promo_package_id, bonus, currency, 'spent', '2026-12-20T10:00Z', '2026-12-21Z' FROM promo_decision";
    // Killed before it is committed: step, purse and money go together.
    let mut tx = house.db.begin(&Actor::Job).await.expect("begin");
    sqlx::raw_sql(write).execute(&mut *tx).await.expect("step");
    drop(tx);
    assert_eq!(purse(&house).await, gone(50, 40, 0));
    assert_eq!(house.count("transfer WHERE kind = 'bonus'").await, 0);
    assert_eq!(work(&house.later(30 * DAY)).await, 1);
    let twice = house.try_run(write).await.expect_err("refused");
    assert_eq!(constraint_of(&twice), "promo_step_pkey");
    assert_eq!(purse(&house).await, gone(50, 0, 40));
}
