//! What the programme contests is set apart; the rest is paid.

use crate::counting_house::{CUTOFF, CountingHouse};
use crate::people::{done, errors};
use crate::screens::{page, says};
use crate::shop::time;
use crate::staff::Office;
use app::base::actor::{Actor, Member};
use app::base::context::Context;
use app::base::error::AppError;
use app::base::ids::ContestId;
use app::base::language::Locale;
use app::contests::api::{ContestForm, begin, end};
use app::contests::store::end_due;
use sqlx::PgPool;

/// Ana earned 8.00 and 16.00, and 4.00 that are in hold until July; Bob 16.00.
const SALES: &str = "A,sale,1,ana,uk,2011-02-01T10:00:00Z,100.00,GBP,\nB,sale,2,ana,uk,2011-02-02T10:00:00Z,200.00,GBP,\n\
                     C,sale,3,bob,uk,2011-02-01T10:00:00Z,200.00,GBP,\nD,sale,4,ana,uk,2011-05-31T10:00:00Z,50.00,GBP,\n";
const METHODS: &str = "ana,paypal,Ana Arias,,,,,ana@example.org\nbob,paypal,Bob Bain,,,,,bob@example.org\n";

async fn office(pool: PgPool) -> Office {
    let house = CountingHouse::open(pool).await;
    house.import(SALES).await;
    house.methods(METHODS).await;
    house.release("2011-03-31T00:00:00Z").await;
    Office::open(house).await
}

fn contest(order: &str) -> ContestForm {
    ContestForm {
        programme: "giftware".into(),
        order: order.into(),
        reason: "The shop asks for the invoice.".into(),
        reason_house: "Looks like the one of May.".into(),
        until: "2011-06-20".into(),
        form_key: uuid::Uuid::new_v4().to_string(),
    }
}

impl Office {
    async fn contested(&self, order: &str) -> ContestId {
        done(begin(&self.tom(), &contest(order)).await);
        sqlx::query_scalar::<_, i64>("SELECT max(contest_id) FROM contest")
            .fetch_one(&self.pool)
            .await
            .expect("contest")
            .into()
    }

    /// `pending payable ring_fenced in_payout paid` of Ana.
    async fn ana(&self) -> String {
        self.lines(
            "SELECT string_agg(trim_scale(balance)::text, ' ' ORDER BY array_position(ARRAY['pending', 'payable', 'ring_fenced', 'in_payout', 'paid'], kind))
             FROM account JOIN partner USING (partner_id) WHERE code = 'ana'",
        )
        .await
        .concat()
        .trim_matches(['(', ')', '"'])
        .to_owned()
    }
}

/// A member of Ana's.
pub async fn as_ana(office: &Office, locale: Locale) -> Context {
    let partner = office.partner("ana").await;
    let person: i64 = sqlx::query_scalar(
        "WITH person AS (INSERT INTO person (email, name, created_at) VALUES (gen_random_uuid() || '@example.org', 'Ana Arias', '2011-01-01Z') RETURNING person_id)
         INSERT INTO partner_member (partner_id, person_id, since) SELECT $1, person_id, '2011-01-01Z' FROM person RETURNING person_id",
    )
    .bind(partner.0)
    .fetch_one(&office.pool)
    .await
    .expect("member");
    let member = Member {
        person: person.into(),
        name: "Ana Arias".into(),
        partner,
        partner_name: "Ana".into(),
        programme: office.programme,
    };
    Context { actor: Actor::Member(member), locale, ..office.tom() }
}

#[sqlx::test(migrations = "../migrations")]
async fn only_what_is_contested_waits(pool: PgPool) {
    let office = office(pool).await;
    office.contested("1").await;
    assert_eq!(office.ana().await, "4 16 8 0 0");
    office.build(CUTOFF).await;
    assert_eq!(office.payouts().await, ["ana 16.00 scheduled", "bob 16.00 scheduled"]);
    assert_eq!(office.ana().await, "4 0 8 16 0");
    office.adds_up().await;
    // A dispute of the partner's own delays nothing: there is no way to set money apart but this one.
    let state = "SELECT order_id, s.state FROM commission_standing s JOIN conversion USING (partner_id, conversion_id)";
    assert_eq!(office.lines(state).await, ["(1,ring_fenced)", "(2,in_payout)", "(3,in_payout)", "(4,pending)"]);
}

/// What was set apart after the cut-off and came back brings nothing new: a refund that is known by then is taken off.
#[sqlx::test(migrations = "../migrations")]
async fn a_refund_known_after_an_ended_contest_is_taken_off(pool: PgPool) {
    let office = office(pool).await;
    let id = office.contested("1").await;
    done(end(&office.tom(), &id.to_string(), "let_go", "All in order.").await);
    office.import("R,refund,1,ana,uk,2011-06-01T12:00:00Z,25.00,GBP,returned\n").await;
    assert_eq!(office.ana().await, "4 22 0 0 0");
    office.build(CUTOFF).await;
    assert_eq!(office.payouts().await, ["ana 22.00 scheduled", "bob 16.00 scheduled"]);
    assert_eq!(office.ana().await, "4 0 0 22 0");
    office.adds_up().await;
}

/// While it was contested a part was refunded: what comes back is less, and the run takes that.
#[sqlx::test(migrations = "../migrations")]
async fn a_refund_during_a_contest_is_taken_off(pool: PgPool) {
    let office = office(pool).await;
    let id = office.contested("1").await;
    office.import("R,refund,1,ana,uk,2011-06-01T12:00:00Z,25.00,GBP,returned\n").await;
    done(end(&office.tom(), &id.to_string(), "let_go", "All in order.").await);
    assert_eq!(office.ana().await, "4 22 0 0 0");
    office.build(CUTOFF).await;
    assert_eq!(office.payouts().await, ["ana 22.00 scheduled", "bob 16.00 scheduled"]);
    office.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn let_go_it_is_paid_with_the_next_run(pool: PgPool) {
    let office = office(pool).await;
    let id = office.contested("1").await;
    office.build(CUTOFF).await;
    done(end(&office.tom(), &id.to_string(), "let_go", "All in order.").await);
    assert_eq!(office.ana().await, "4 8 0 16 0");
    office.build("2011-06-01").await;
    assert_eq!(office.payouts().await, ["ana 16.00 scheduled", "bob 16.00 scheduled", "ana 8.00 scheduled"]);
    office.adds_up().await;
    // What went aside and came back is no line of the statement.
    let ana = as_ana(&office, Locale::en).await;
    let payout: i64 =
        sqlx::query_scalar("SELECT max(payout_id) FROM payout").fetch_one(&office.pool).await.expect("payout");
    let html = page(ana, &format!("/payouts/{payout}")).await;
    says(&html, &["£8.00"]);
    assert!(!html.contains("Set aside") && !html.contains("Let go"), "{html}");
    let again = end(&office.tom(), &id.to_string(), "let_go", "").await;
    assert!(matches!(again, Err(AppError::Conflict)), "{again:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_having_decided_it_is_let_go_at_the_end_of_its_last_day(pool: PgPool) {
    let office = office(pool).await;
    office.contested("1").await;
    assert_eq!(end_due(&office.db, time("2011-06-20T22:59:59Z")).await.expect("done"), 0);
    // Midnight in London, in summer.
    assert_eq!(end_due(&office.db, time("2011-06-21T09:00:00Z")).await.expect("done"), 1);
    assert_eq!(end_due(&office.db, time("2011-06-21T09:00:00Z")).await.expect("done"), 0);
    assert_eq!(office.ana().await, "4 24 0 0 0");
    let booked = "SELECT effective_at AT TIME ZONE 'UTC', booked_at AT TIME ZONE 'UTC' FROM transfer WHERE kind = 'ring_fence_end'";
    assert_eq!(office.lines(booked).await, [r#"("2011-06-20 23:00:00","2011-06-21 09:00:00")"#]);
    office.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn only_a_lead_or_an_owner_takes_a_commission_back(pool: PgPool) {
    let office = office(pool).await;
    let id = office.contested("1").await.to_string();
    assert!(matches!(end(&office.tom(), &id, "rejected", "Fraud.").await, Err(AppError::Forbidden)));
    for who in [office.finn(), office.ada()] {
        assert!(matches!(end(&who, &id, "let_go", "").await, Err(AppError::Forbidden)));
        assert!(matches!(begin(&who, &contest("2")).await, Err(AppError::Forbidden)));
    }
    assert!(errors(end(&office.olivia(), &id, "rejected", " ").await).get("reason").is_some());
    done(end(&office.olivia(), &id, "rejected", "The invoice is not theirs.").await);
    assert_eq!(office.ana().await, "4 16 0 0 0");
    let kept = "SELECT e.event, e.reason, c.state, c.amount_left FROM conversion_event e JOIN commission c USING (partner_id, conversion_id)
                WHERE e.event_id LIKE 'contest-%'";
    assert_eq!(office.lines(kept).await, [r#"(reject,"The invoice is not theirs.",reversed,0)"#]);
    office.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_leaves_its_hold_while_contested_is_set_apart_then(pool: PgPool) {
    let office = office(pool).await;
    let form = ContestForm { until: "2011-07-31".into(), ..contest("4") };
    done(begin(&office.tom(), &form).await);
    // The same form twice is one contest.
    done(begin(&office.tom(), &form).await);
    assert_eq!(office.ana().await, "4 24 0 0 0");
    office.release("2011-07-05T00:00:00Z").await;
    assert_eq!(office.ana().await, "0 24 4 0 0");
    office.adds_up().await;
    // Taken back in its hold, it is taken from what is pending.
    let second = ContestForm { until: "2011-07-31".into(), ..contest("5") };
    office.import("E,sale,5,ana,uk,2011-05-31T10:00:00Z,100.00,GBP,\n").await;
    done(begin(&office.tom(), &second).await);
    let id: i64 = sqlx::query_scalar("SELECT max(contest_id) FROM contest").fetch_one(&office.pool).await.expect("id");
    done(end(&office.henrik(), &id.to_string(), "rejected", "No such order.").await);
    assert_eq!(office.ana().await, "0 24 4 0 0");
    office.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn refunds_are_taken_from_where_the_money_lay(pool: PgPool) {
    let office = office(pool).await;
    let id = office.contested("2").await.to_string();
    // From before the contest, read after it; from after it; and from before its release.
    office.import("R1,refund,2,ana,,2011-05-01T00:00:00Z,50.00,GBP,\n").await;
    assert_eq!(office.ana().await, "4 8 12 0 0");
    assert_eq!(office.as_of("2011-05-15T00:00:00Z").await[0], "ana 0 20");
    office.import("R2,refund,2,ana,,2011-06-02T00:00:00Z,25.00,GBP,\n").await;
    assert_eq!(office.ana().await, "4 8 10 0 0");
    office.import("R3,refund,2,ana,,2011-02-10T00:00:00Z,25.00,GBP,\n").await;
    assert_eq!(office.ana().await, "4 8 8 0 0");
    assert_eq!(office.as_of("2011-03-31T00:00:00Z").await[0], "ana 0 22");
    done(end(&office.tom(), &id, "let_go", "").await);
    // From the time of the contest, read after its end.
    office.import("R4,refund,2,ana,,2011-06-01T00:00:00Z,25.00,GBP,\n").await;
    assert_eq!(office.ana().await, "4 14 0 0 0");
    office.adds_up().await;
    office.build("2011-06-02").await;
    assert_eq!(office.payouts().await, ["ana 14.00 scheduled", "bob 16.00 scheduled"]);
    office.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_form_says_what_is_wrong_with_it(pool: PgPool) {
    let office = office(pool).await;
    let tom = office.tom();
    let wrong = async |form: ContestForm| errors(begin(&tom, &form).await);
    let nothing =
        wrong(ContestForm { reason: " ".into(), order: String::new(), until: "soon".into(), ..contest("") }).await;
    for field in ["reason", "order", "until"] {
        assert!(nothing.get(field).is_some(), "{field}: {nothing:?}");
    }
    assert!(wrong(contest("no such order")).await.get("order").is_some());
    assert!(wrong(ContestForm { programme: "other".into(), ..contest("1") }).await.get("programme").is_some());
    assert!(wrong(ContestForm { until: "2011-05-31".into(), ..contest("1") }).await.get("until").is_some());
    assert!(wrong(ContestForm { until: "2012-06-15".into(), ..contest("1") }).await.get("until").is_some());
    office.contested("1").await;
    assert_eq!(wrong(contest("1")).await.get("order"), Some("It is contested already."));
    office.build(CUTOFF).await;
    assert!(wrong(contest("2")).await.get("order").is_some_and(|message| message.contains("in a payout")));
    office.import("X,refund,4,ana,,2011-06-01T00:00:00Z,50.00,GBP,\n").await;
    assert_eq!(wrong(contest("4")).await.get("order"), Some("Nothing is left of its commission."));
}

#[sqlx::test(migrations = "../migrations")]
async fn everybody_concerned_sees_it(pool: PgPool) {
    let office = office(pool).await;
    let spanish = |ctx: Context| Context { locale: Locale::es, ..ctx };
    says(&page(office.tom(), "/contests").await, &["Nothing is contested", "Contest a commission"]);
    let id = office.contested("1").await;
    says(&page(office.tom(), "/contests").await, &["1 commission is contested: £8.00.", "20 Jun 2011", "Tom Gale"]);
    says(&page(spanish(office.ada()), "/contests").await, &["Discutimos 1 comisión: 8,00 £.", "20 jun 2011"]);
    let one = page(office.tom(), &format!("/contests/{id}")).await;
    says(&one, &["£8.00 lies apart", "20 June 2011", "Looks like the one of May.", "Let it go"]);
    assert!(!one.contains("Take it back"), "{one}");
    says(&page(office.olivia(), &format!("/contests/{id}")).await, &["Take it back"]);
    assert!(!page(office.ada(), &format!("/contests/{id}")).await.contains("/do/end-contest"));

    let conversion: i64 =
        sqlx::query_scalar("SELECT conversion_id FROM contest").fetch_one(&office.pool).await.expect("id");
    let ana = as_ana(&office, Locale::en).await;
    let home = page(ana.clone(), "/payouts").await;
    says(&home, &["£8.00 is contested by the programme", "20 Jun 2011", "See which and why", "state=ring_fenced"]);
    let commission = page(ana.clone(), &format!("/earnings/{conversion}")).await;
    says(&commission, &["The shop asks for the invoice.", "set apart until 20 June 2011", "Set aside, as contested"]);
    assert!(!commission.contains("Looks like"), "{commission}");
    says(&page(spanish(ana.clone()), &format!("/earnings/{conversion}")).await, &["queda apartado", "En disputa"]);
    says(
        &page(ana.clone(), "/earnings?from=2011-02-01&to=2011-02-28").await,
        &["Contested", "of that, contested by the programme"],
    );
    let only = page(ana, "/earnings?from=2011-02-01&to=2011-02-28&state=ring_fenced").await;
    says(&only, &["£8.00"]);
    assert!(!only.contains("£16.00"), "{only}");
    done(end(&office.olivia(), &id.to_string(), "rejected", "The invoice is not theirs.").await);
    says(&page(office.tom(), "/contests?view=ended").await, &["taken back"]);
    says(&page(office.olivia(), "/record").await, &["Contested commission taken back", "Commission contested"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn contested_and_built_at_once_it_is_one_or_the_other(pool: PgPool) {
    let office = std::sync::Arc::new(office(pool).await);
    let run = office.begin(CUTOFF).await;
    let (builder, tom) = (office.clone(), office.tom());
    let building = tokio::spawn(async move {
        while app::payout_runs::store::build_batch(&builder.db, &Actor::Job, run.id, builder.now)
            .await
            .expect("batch")
            .is_some()
        {}
    });
    let contested = begin(&tom, &contest("1")).await.expect("an end");
    building.await.expect("built");
    match contested {
        app::base::forms::End::Done(_) => assert_eq!(office.ana().await, "4 0 8 16 0"),
        app::base::forms::End::Refused(..) => assert_eq!(office.ana().await, "4 0 0 24 0"),
    }
    office.adds_up().await;
}
