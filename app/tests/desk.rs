//! Cases against a real database, as the people in them would tell it. Ana and Bo are partners, Tomás is an agent,
//! Marta an owner, Lea an auditor. What must not happen is refused by the database, by the name of the constraint.
#![cfg(feature = "ssr")]

mod desk_house;

use app::base::error::{AppError, constraint};
use app::base::money::{Currency, Money};
use app::desk::model::{Hand, View};
use app::desk::order::Why;
use app::desk::store::{self, Credit, NewDecision};
use app::disputes::model::{Facts, Outcome, Reason, Side, Stage};
use app::disputes::rules;
use app::disputes::store as cases;
use desk_house::{Answer, House, key};
use http::StatusCode;
use rust_decimal::Decimal;
use sqlx::PgPool;

fn dec(text: &str) -> Decimal {
    text.parse().expect("number")
}

fn pounds(text: &str) -> Money {
    Money::new(dec(text), Currency::parse("GBP").expect("code"))
}

#[sqlx::test(migrations = "../migrations")]
async fn opening_keeps_the_facts_as_they_were(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let promised = rules::promise(house.now);

    let hashed: bool =
        house.one("SELECT snapshot_hash = sha256(convert_to(snapshot::text, 'UTF8')) FROM case_pin").await;
    assert!(hashed);
    assert_eq!(house.count("case_event WHERE stage = 'received'").await, 1);
    assert_eq!(house.count("message WHERE side = 'partner'").await, 1);
    assert_eq!(house.count("audit WHERE action = 'case.opened' AND actor_kind = 'partner'").await, 1);
    let stored: chrono::DateTime<chrono::Utc> = house.one("SELECT next_update_at FROM support_case").await;
    assert_eq!(stored, promised);

    // A refund afterwards changes the conversion and not what was pinned.
    house.run("UPDATE commission SET refunded = 100").await;
    let mut tx = house.ana().begin().await.expect("begin");
    let pins = cases::pins(&mut tx, house.garden, case).await.expect("pins");
    let now = cases::conversion_facts(&mut tx, house.garden, house.conversion).await.expect("facts");
    let Facts::Conversion(was) = &pins[0].facts else { panic!("not a conversion") };
    assert_eq!((was.amount_left, was.refunded), (dec("16.00"), dec("0")));
    assert_eq!((now.amount_left, now.refunded), (dec("8.00"), dec("100")));
    assert_eq!((was.order_id.as_str(), was.rate_since), (now.order_id.as_str(), now.rate_since));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_same_form_twice_is_one_case(pool: PgPool) {
    let house = House::open(pool).await;
    let form_key = key();
    let first = house.open_about_conversion(&house.ana(), "wrong_amount", &form_key).await;
    let second = house.open_about_conversion(&house.ana(), "wrong_amount", &form_key).await;
    assert_eq!(first, second);
    assert_eq!(house.count("support_case").await, 1);

    // Another form about the same conversion leads to the case that is open.
    let third = house.open_about_conversion(&house.ana(), "wrongly_reversed", &key()).await;
    assert_eq!(third, Answer::To(format!("/disputes/{}?done=already", house.last_case().await)));
    assert_eq!(house.count("support_case").await, 1);
    assert_eq!(house.count("message").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn two_forms_at_once_are_one_case(pool: PgPool) {
    let house = House::open(pool).await;
    let form_key = key();
    let ana = house.ana();
    let (first, second) = tokio::join!(house.open_other(&ana, &form_key), house.open_other(&ana, &form_key));
    assert_eq!(first, second);
    assert_eq!(house.count("support_case").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_missing_conversion_is_asked_for_what_the_trade_asks(pool: PgPool) {
    let house = House::open(pool).await;
    let offer = house.offer.to_string();
    let refused = house.claim(&house.ana(), &offer, " ", "soon", "12,345").await;
    assert!(refused.is_back_to("/disputes/new?kind=missing_conversion"), "{refused:?}");
    assert_eq!(house.count("claim").await + house.count("support_case").await, 0);
    let errors: String = house.one("SELECT errors::text FROM form_draft").await;
    for field in ["order_id", "occurred_at", "amount"] {
        assert!(errors.contains(field), "{field} in {errors}");
    }

    let known = house.claim(&house.ana(), &offer, "O-1", "2026-11-30T10:00", "20").await;
    assert!(known.is_back_to("/disputes/new"), "an order that is there is no missing one: {known:?}");
    let future = house.claim(&house.ana(), &offer, "O-77", "2027-01-01T10:00", "20").await;
    assert!(future.is_back_to("/disputes/new"), "{future:?}");

    let sent = house.claim(&house.ana(), &offer, "O-77", "2026-11-30T10:00", "20,50").await;
    assert_eq!(sent, Answer::To(format!("/disputes/{}?done=opened", house.last_case().await)));
    let amount: Decimal = house.one("SELECT amount FROM claim").await;
    assert_eq!(amount, dec("20.50"));
    assert_eq!(house.count("case_pin WHERE claim_id IS NOT NULL AND snapshot->>'about' = 'claim'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_decision_is_all_of_it_or_nothing(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let form_key = key();
    let answer = house.decide(&house.tomas(), case, "in_part", "5", &form_key).await;
    assert_eq!(answer, Answer::To(format!("/desk/{case}?done=decided")));

    let payable: Decimal = house.one("SELECT sum(balance) FROM account WHERE kind = 'payable'").await;
    assert_eq!(payable, dec("5"));
    let cites = "case_decision d JOIN transfer t USING (partner_id, transfer_id, amount, currency) JOIN case_pin p
                 USING (partner_id, case_id) WHERE t.kind = 'adjustment' AND t.conversion_id = p.conversion_id";
    assert_eq!(house.count(cites).await, 1);
    assert_eq!(house.count("case_event WHERE stage = 'decided' AND by_name = 'Tomás Gil'").await, 1);
    assert_eq!(house.count("message WHERE side = 'staff' AND author_name = 'Tomás Gil'").await, 1);
    assert_eq!(house.count("audit WHERE action = 'case.decided' AND after->>'amount' = '5.00'").await, 1);

    // Sent twice, or decided once more: still one.
    assert_eq!(house.decide(&house.tomas(), case, "in_part", "5", &form_key).await, answer);
    let again = house.decide(&house.marta(), case, "in_favour", "6", &key()).await;
    assert!(again.is_back_to(&format!("/desk/{case}")), "{again:?}");
    assert_eq!(house.count("transfer WHERE kind = 'adjustment'").await, 1);

    // The partner reads the decision and not the house's reason.
    let mut tx = house.ana().begin().await.expect("begin");
    let decision = cases::decision(&mut tx, house.garden, case).await.expect("decision").expect("there");
    assert_eq!((decision.outcome, decision.credit), (Outcome::InPart, Some(pounds("5.00"))));
    let refused = sqlx::query("SELECT reason_house FROM case_decision").fetch_all(&mut *tx).await;
    assert_eq!(desk_house::code(&refused.expect_err("refused")), "42501");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_over_the_authority_is_refused_by_the_database(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let back = house.decide(&house.tomas(), case, "in_favour", "25.01", &key()).await;
    assert!(back.is_back_to(&format!("/desk/{case}")), "{back:?}");
    let told: String = house.one("SELECT errors->>'amount' FROM form_draft").await;
    assert!(told.contains("£25.00"), "the limit is named: {told}");

    // Past the form, the database says the same; and whose authority it is.
    let agents = house.authority("agent").await;
    let owners = house.authority("owner").await;
    for (limit, amount, refused_by) in [
        (Some(agents), "25.01", "case_decision_within_authority"),
        (Some(owners), "25.01", "case_decision_by_authority_in_force"),
        (None, "1", "case_decision_by_authority_in_force"),
    ] {
        let mut tx = house.tomas().begin().await.expect("begin");
        let locked = cases::lock(&mut tx, house.garden, case).await.expect("lock");
        let decision = NewDecision {
            outcome: Outcome::InFavour,
            reason: Reason::Goodwill,
            reason_partner: "You were right.".into(),
            reason_house: String::new(),
            credit: Some(Credit { money: pounds(amount), conversion: None }),
            authority: limit,
        };
        let hand = Hand { person: house.tomas, name: "Tomás Gil".into(), at: house.now };
        let error = store::decide(&mut tx, &locked, &decision, &hand).await.expect_err("refused");
        assert_eq!(constraint_of(&error), Some(refused_by));
    }
    assert_eq!(house.count("transfer WHERE kind = 'adjustment'").await + house.count("case_decision").await, 0);
    let payable: Decimal = house.one("SELECT sum(balance) FROM account WHERE kind = 'payable'").await;
    assert_eq!(payable, dec("0"));

    // Marta may.
    let done = house.decide(&house.marta(), case, "in_favour", "25.01", &key()).await;
    assert_eq!(done, Answer::To(format!("/desk/{case}?done=decided")));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_decision_cites_an_adjustment_of_its_own_programme(pool: PgPool) {
    let house = House::open(pool).await;
    house.opened().await;
    let insert = "INSERT INTO case_decision (programme_id, partner_id, case_id, outcome, reason, reason_partner, amount, currency,
                                             transfer_id, decided_by, decided_at, authority_id, largest_credit)
                  SELECT c.programme_id, c.partner_id, c.case_id, 'in_favour', 'other', 'Yes.', t.amount, t.currency, t.transfer_id,
                         s.person_id, '2026-12-01T12:00Z', a.authority_id, a.largest_credit
                  FROM support_case c, transfer t, staff s JOIN authority a USING (role) WHERE t.kind = 'accrual' AND a.valid_from = '2026-06-01Z' AND s.role = ";
    let error = house.try_run(&format!("{insert} 'agent'")).await.expect_err("an accrual is no credit");
    assert_eq!(constraint_of(&error), Some("case_decision_cites_an_adjustment"));
    let insert = "INSERT INTO case_decision (programme_id, partner_id, case_id, outcome, reason, reason_partner, decided_by, decided_at)
                   SELECT c.programme_id + <n>, c.partner_id, c.case_id, 'declined', 'other', 'No.', s.person_id, '2026-12-01T12:00Z'
                   FROM support_case c, staff s WHERE s.role = ";
    let error = house.try_run(&format!("{} 'auditor'", insert.replace("<n>", "0"))).await.expect_err("an auditor");
    assert_eq!(constraint_of(&error), Some("case_decision_by_the_desk"));
    let error = house.try_run(&format!("{} 'agent'", insert.replace("<n>", "1"))).await.expect_err("another programme");
    assert_eq!(constraint_of(&error), Some("case_decision_of_the_programme"));
}

#[sqlx::test(migrations = "../migrations")]
async fn no_case_is_closed_over_a_message(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let taken = house.take(&house.tomas(), case).await;
    assert!(matches!(&taken, Answer::To(to) if to.starts_with(&format!("/desk/{case}?done=taken"))), "{taken:?}");
    let back = house.close(&house.tomas(), case).await;
    assert!(back.is_back_to(&format!("/desk/{case}")), "{back:?}");

    let mut tx = house.tomas().begin().await.expect("begin");
    let locked = cases::lock(&mut tx, house.garden, case).await.expect("lock");
    let error = store::save(&mut tx, &locked, locked.version, Stage::Closed, Some(house.tomas), house.now, house.now)
        .await
        .expect_err("refused");
    assert_eq!(constraint_of(&error), Some("support_case_closed_only_when_answered"));
    drop(tx);

    // A named person says it needs no answer; then it closes, and what Ana writes opens it again.
    let marked = house.mark(&house.tomas(), case, locked.last_message).await;
    assert_eq!(marked, Answer::To(format!("/desk/{case}?done=marked")));
    assert_eq!(house.close(&house.tomas(), case).await, Answer::To(format!("/desk/{case}?done=closed")));
    assert_eq!(house.stage(case).await, "closed");
    let later = house.later(60);
    let sent = later.answer(&later.ana(), case, "One more thing.", &key()).await;
    assert_eq!(sent, Answer::To(format!("/disputes/{case}?done=sent")));
    assert_eq!(house.stage(case).await, "in_review");
    let promised: chrono::DateTime<chrono::Utc> = house.one("SELECT next_update_at FROM support_case").await;
    assert_eq!(promised, rules::promise(later.now));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_message_can_not_slip_into_a_closed_case(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    house.reply(&house.tomas(), case, "All is well.", false).await;
    house.close(&house.tomas(), case).await;
    let mut tx = house.ana().begin().await.expect("begin");
    let message = cases::NewMessage {
        side: Side::Partner,
        author: house.ana,
        author_name: "Ana".into(),
        body: "Wait.".into(),
        at: house.now,
        form_key: key().parse().expect("key"),
    };
    cases::add_message(&mut tx, house.garden, case, &message).await.expect("written, so far");
    let error = tx.commit().await.expect_err("refused");
    assert_eq!(constraint(&error), Some("message_reopens_its_case"));
}

#[sqlx::test(migrations = "../migrations")]
async fn partners_see_their_own_cases_and_no_notes(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let written = house.note(&house.tomas(), case, "Looks like the feed of November.").await;
    assert_eq!(written, Answer::To(format!("/desk/{case}?done=noted")));

    let mut tx = house.bo().begin().await.expect("begin");
    assert!(matches!(cases::find(&mut tx, house.kitchen, case).await, Err(AppError::NotFound)));
    assert!(matches!(cases::find(&mut tx, house.garden, case).await, Err(AppError::NotFound)));
    assert!(cases::messages(&mut tx, house.garden, case).await.expect("messages").is_empty());
    assert!(cases::list(&mut tx, house.kitchen).await.expect("list").is_empty());
    drop(tx);
    assert_eq!(house.answer(&house.bo(), case, "Hello?", &key()).await, Answer::Status(StatusCode::NOT_FOUND));
    let theirs = house.open_about_conversion(&house.bo(), "wrong_amount", &key()).await;
    assert_eq!(theirs, Answer::Status(StatusCode::NOT_FOUND));

    let mut tx = house.ana().begin().await.expect("begin");
    assert_eq!(cases::messages(&mut tx, house.garden, case).await.expect("messages").len(), 1);
    let notes = sqlx::query("SELECT body FROM note").fetch_all(&mut *tx).await.expect_err("refused");
    assert_eq!(desk_house::code(&notes), "42501");

    // Nor do they speak in staff's name, or take staff's steps.
    for sql in [
        "INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key)
         SELECT partner_id, case_id, 'staff', opened_by, 'Marta Ruiz', 'Granted.', opened_at, gen_random_uuid() FROM support_case",
        "INSERT INTO case_event (partner_id, case_id, stage, at, by_name)
         SELECT partner_id, case_id, 'decided', opened_at, 'Marta Ruiz' FROM support_case",
    ] {
        let mut tx = house.ana().begin().await.expect("begin");
        let error = sqlx::query(sql).execute(&mut *tx).await.expect_err("refused");
        assert_eq!(desk_house::code(&error), "42501");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_send_is_stopped_when_something_new_arrived_unseen(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let seen = house.last_message().await;
    house.answer(&house.ana(), case, "I found the mail.", &key()).await;
    let stopped = house.reply_seen(&house.tomas(), case, "We have nothing.", seen, false).await;
    assert!(stopped.is_back_to(&format!("/desk/{case}")), "{stopped:?}");
    let kept: String = house.one("SELECT fields->>'body' FROM form_draft").await;
    assert_eq!(kept, "We have nothing.");
    assert_eq!(house.count("message WHERE side = 'staff'").await, 0);

    // Once read, it goes out; asking moves the case, the answer moves it back.
    let sent = house.reply(&house.tomas(), case, "Please send it.", true).await;
    assert_eq!(sent, Answer::To(format!("/desk/{case}?done=sent")));
    assert_eq!(house.stage(case).await, "answer_needed");
    house.answer(&house.ana(), case, "Here it is.", &key()).await;
    assert_eq!(house.stage(case).await, "in_review");
    let steps: String = house.one("SELECT string_agg(stage, ' ' ORDER BY case_event_id) FROM case_event").await;
    assert_eq!(steps, "received in_review answer_needed in_review");
}

#[sqlx::test(migrations = "../migrations")]
async fn who_only_reads_changes_nothing(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let forbidden = Answer::Status(StatusCode::FORBIDDEN);
    assert_eq!(house.take(&house.lea(), case).await, forbidden);
    assert_eq!(house.note(&house.lea(), case, "Hm.").await, forbidden);
    assert_eq!(house.reply(&house.ana(), case, "Hm.", false).await, forbidden);
    assert_eq!(house.decide(&house.lea(), case, "in_favour", "1", &key()).await, forbidden);
    assert_eq!(house.stage(case).await, "received");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_queue_says_why_a_case_stands_where_it_does(pool: PgPool) {
    let house = House::open(pool).await;
    house.open_other(&house.bo(), &key()).await;
    let kitchens = house.last_case().await;
    let later = house.later(60);
    let gardens = later.opened().await;

    // Garden waits for its first £16, with a minimum of £50: it came an hour later and stands first.
    let mut tx = house.tomas().begin().await.expect("begin");
    let order = async |tx: &mut app::base::db::Tx, view, minutes| -> Vec<_> {
        let now = house.later(minutes).now;
        let queue = store::queue(tx, view, house.tomas, now).await.expect("queue");
        queue.into_iter().map(|line| (line.id, reason(line.urgency.why))).collect()
    };
    assert_eq!(order(&mut tx, View::All, 120).await, [(gardens, "first money"), (kitchens, "waiting")]);
    assert_eq!(order(&mut tx, View::Mine, 120).await, []);
    drop(tx);

    // Kitchen's promise is broken: that weighs more.
    house.take(&house.tomas(), gardens).await;
    let mut tx = house.tomas().begin().await.expect("begin");
    let overdue = 24 * 60 + 30;
    assert_eq!(order(&mut tx, View::All, overdue).await, [(kitchens, "overdue"), (gardens, "waiting")]);
    assert_eq!(order(&mut tx, View::Mine, overdue).await, [(gardens, "waiting")]);
    assert_eq!(order(&mut tx, View::Unassigned, overdue).await, [(kitchens, "overdue")]);
    assert_eq!(order(&mut tx, View::Breaching, overdue).await, [(kitchens, "overdue"), (gardens, "waiting")]);
    drop(tx);

    house.reply(&house.tomas(), gardens, "All is well.", true).await;
    let mut tx = house.tomas().begin().await.expect("begin");
    assert_eq!(order(&mut tx, View::Mine, 120).await, [(gardens, "nothing")]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_review_runs_until_its_day_or_until_it_is_ended(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let past = house.review(&house.tomas(), case, "Odd traffic", "2026-11-30").await;
    assert!(past.is_back_to(&format!("/desk/{case}")), "{past:?}");
    let started = house.review(&house.tomas(), case, "Odd traffic", "2026-12-10").await;
    assert_eq!(started, Answer::To(format!("/desk/{case}?done=review")));
    let second = house.review(&house.tomas(), case, "Odd traffic", "2026-12-11").await;
    assert!(second.is_back_to(&format!("/desk/{case}")), "{second:?}");
    let ended = house.end_review(&house.tomas(), case).await;
    assert_eq!(ended, Answer::To(format!("/desk/{case}?done=review-ended")));
    assert_eq!(house.end_review(&house.tomas(), case).await, Answer::Status(StatusCode::CONFLICT));

    // One that ran out by itself makes room for the next.
    house.review(&house.tomas(), case, "Odd traffic", "2026-12-02").await;
    let later = house.later(3 * 24 * 60);
    let again = later.review(&later.tomas(), case, "Again", "2026-12-20").await;
    assert_eq!(again, Answer::To(format!("/desk/{case}?done=review")));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_replay_agrees_with_what_was_booked(pool: PgPool) {
    let house = House::open(pool).await;
    let mut tx = house.lea().begin().await.expect("begin");
    let (rate, order, currency) = store::commission(&mut tx, house.garden, house.conversion).await.expect("inputs");
    let events = store::taken_back(&mut tx, house.garden, house.conversion).await.expect("events");
    let booked = store::booked(&mut tx, house.garden, house.conversion).await.expect("booked");
    let replay = app::desk::rules::replay(rate, order, currency, &events, &booked);
    assert_eq!((replay.expected, replay.booked, replay.credited), (dec("16.00"), dec("16.00"), dec("0")));
}

fn reason(why: Why) -> &'static str {
    match why {
        Why::Overdue(..) => "overdue",
        Why::FirstMoney(_) => "first money",
        Why::Waiting(_) => "waiting",
        Why::Nothing => "nothing",
        _ => "something else",
    }
}

fn constraint_of(error: &AppError) -> Option<&str> {
    match error {
        AppError::Database(error) => constraint(error),
        _ => None,
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn text_that_no_column_can_hold_is_the_senders_fault(pool: PgPool) {
    let text = sqlx::query("SELECT $1::text").bind("a\0b").execute(&pool).await.expect_err("text");
    let json = sqlx::query("SELECT $1::jsonb ->> 'a'").bind(serde_json::json!({ "a": "\0" }));
    let json = json.execute(&pool).await.expect_err("json");
    for refused in [text, json] {
        assert_eq!(app::base::error::AppError::from(refused).status().as_u16(), 400);
    }
}
