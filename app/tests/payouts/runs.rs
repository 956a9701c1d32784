//! Building, releasing and giving up runs.

use crate::counting_house::{CUTOFF, CountingHouse};
use crate::staff::Office;
use app::base::actor::Actor;
use app::base::error::constraint;
use app::payout_runs::export::{ExportError, Format, export};
use app::payout_runs::store::{Released, Start, build_batch, cancel, start};
use sqlx::PgPool;

/// Ana earned 8.00 and a credit is not in it; Bob 0.80, which is too little; Cleo 16.00 without anywhere to send it.
const SALES: &str = "A,sale,1,ana,uk,2011-02-01T10:00:00Z,100.00,GBP,\nB,sale,2,bob,uk,2011-02-01T10:00:00Z,10.00,GBP,\n\
                     C,sale,3,cleo,uk,2011-02-01T10:00:00Z,200.00,GBP,\n";
const METHODS: &str = "ana,paypal,Ana Arias,,,,,ana@example.org\nbob,sort_code,Bob Bain,,,20-00-00,55779911,\n";

async fn house(pool: PgPool) -> CountingHouse {
    let house = CountingHouse::open(pool).await;
    house.import(SALES).await;
    house.methods(METHODS).await;
    house.release("2011-03-31T00:00:00Z").await;
    house
}

#[sqlx::test(migrations = "../migrations")]
async fn a_run_pays_who_has_enough_and_says_why_others_wait(pool: PgPool) {
    let house = house(pool).await;
    let run = house.build(CUTOFF).await;
    assert_eq!(run.pay_day.to_string(), "2011-06-15");
    assert_eq!(house.payouts().await, ["ana 8.00 scheduled"]);
    assert_eq!(house.purses().await, ["ana 0 0 8", "bob 0.8 0 0", "cleo 16 0 0"]);
    let blocks = "SELECT c.code, b.reason, b.payable, b.amount FROM payout_block b JOIN partner c USING (partner_id)";
    assert_eq!(house.lines(blocks).await, ["(bob,under_minimum,0.80,4.20)", "(cleo,no_method,16.00,)"]);
    assert_eq!(house.lines("SELECT warnings FROM payout").await, ["({first_payout})"]);
    house.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn built_twice_and_by_many_at_once_it_is_one_run(pool: PgPool) {
    let house = house(pool).await;
    // A hundred partners more, so that there is something to do at once.
    let rows: String =
        (0..100).map(|n| format!("X{n},sale,x{n},p{n},uk,2011-02-01T10:00:00Z,{}.00,GBP,\n", 100 + n)).collect();
    house.import(&rows).await;
    let methods: String = (0..100).map(|n| format!("p{n},paypal,Pat Poe,,,,,p{n}@example.org\n")).collect();
    house.methods(&methods).await;
    house.release("2011-03-31T00:00:00Z").await;
    let (db, programme, now) = (house.db.clone(), house.programme, house.now);
    let builders: Vec<_> = (0..32)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                let what = app::payout_runs::store::Start {
                    programme,
                    cutoff: CUTOFF.parse().expect("day"),
                    pay_day: None,
                    off_cycle: None,
                };
                let mut tx = db.begin(&Actor::Command).await.expect("begin");
                let (run, _) =
                    app::payout_runs::store::start(&mut tx, &Actor::Command, &what, now).await.expect("started");
                tx.commit().await.expect("commit");
                while build_batch(&db, &Actor::Command, run.id, now).await.expect("batch").is_some() {}
                run.id
            })
        })
        .collect();
    let mut runs = Vec::new();
    for builder in builders {
        runs.push(builder.await.expect("builder"));
    }
    runs.dedup();
    assert_eq!(runs.len(), 1);
    assert_eq!(house.lines("SELECT count(*), sum(amount) FROM payout").await, ["(101,1204.00)"]);
    let twice = "SELECT partner_id, transfer_id FROM payout_allocation WHERE live GROUP BY 1, 2 HAVING count(*) > 1";
    assert!(house.lines(twice).await.is_empty());
    house.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn off_cycle_it_is_one_run_however_often_it_is_asked_for(pool: PgPool) {
    let house = house(pool).await;
    let bob: i64 = house.lines("SELECT partner_id FROM partner WHERE code = 'bob'").await[0]
        .trim_matches(['(', ')'])
        .parse()
        .expect("number");
    let ask = || {
        let (db, programme, now) = (house.db.clone(), house.programme, house.now);
        tokio::spawn(async move {
            let off_cycle = Some((bob.into(), "asked for it".to_owned()));
            let what = Start { programme, cutoff: CUTOFF.parse().expect("day"), pay_day: None, off_cycle };
            let mut tx = db.begin(&Actor::Command).await.expect("begin");
            let (run, is_new) = start(&mut tx, &Actor::Command, &what, now).await.expect("started");
            tx.commit().await.expect("commit");
            while build_batch(&db, &Actor::Command, run.id, now).await.expect("batch").is_some() {}
            (run.id, is_new)
        })
    };
    let mut asked = Vec::new();
    for one in (0..8).map(|_| ask()).collect::<Vec<_>>() {
        asked.push(one.await.expect("asked"));
    }
    assert_eq!(asked.iter().filter(|(_, is_new)| *is_new).count(), 1);
    asked.dedup_by_key(|(run, _)| *run);
    assert_eq!(asked.len(), 1);
    assert_eq!(house.payouts().await, ["bob 0.80 scheduled"]);
    assert_eq!(house.let_go(asked[0].0).await, Released::Done { payouts: 1 });
    // Once it is released, asking is asking for more.
    assert!(ask().await.expect("asked").1);
    house.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_release_comes_once_and_only_after_the_build(pool: PgPool) {
    let house = house(pool).await;
    let run = house.begin(CUTOFF).await;
    assert_eq!(house.let_go(run.id).await, Released::NotBuilt);
    house.build(CUTOFF).await;
    let early = export(&house.db, &house.secrets, &Actor::Command, run.id, Format::PayPal, house.now).await;
    assert!(matches!(early, Err(ExportError::NotReleased)));
    assert_eq!(house.let_go(run.id).await, Released::Done { payouts: 1 });
    assert_eq!(house.let_go(run.id).await, Released::Before);
    assert_eq!(house.payouts().await, ["ana 8.00 approved"]);
    let none = export(&house.db, &house.secrets, &Actor::Command, run.id, Format::Wise, house.now).await;
    assert!(matches!(none, Err(ExportError::NothingToSend)));
}

/// A command has no name, so it can't show that it was not the builder who released.
#[sqlx::test(migrations = "../migrations")]
async fn what_a_person_has_built_no_command_releases_while_another_owner_can(pool: PgPool) {
    let office = Office::open(house(pool).await).await;
    let by_olivia = |cutoff: &str| Start {
        programme: office.programme,
        cutoff: cutoff.parse().expect("day"),
        pay_day: None,
        off_cycle: None,
    };
    let mut tx = office.db.begin(&office.olivia().actor).await.expect("begin");
    let (run, _) = start(&mut tx, &office.olivia().actor, &by_olivia(CUTOFF), office.now).await.expect("started");
    tx.commit().await.expect("commit");
    office.build(CUTOFF).await;
    assert_eq!(office.let_go(run.id).await, Released::NeedsAnother);
    let past = sqlx::query(
        "INSERT INTO payout_release (payout_run_id, by, builder_id, released_at) SELECT payout_run_id, 'command', builder_id, now() FROM payout_run",
    );
    let error = past.execute(&office.pool).await.expect_err("by a command");
    assert_eq!(constraint(&error), Some("payout_release_by_name"));
    // Where there is nobody else, the command is as good as the builder; the record says that it was a command.
    office.run("UPDATE staff SET disabled_at = '2011-01-01' WHERE name = 'Henrik Aas'").await;
    assert_eq!(office.let_go(run.id).await, Released::Done { payouts: 1 });
    assert_eq!(office.lines("SELECT by, releaser_id FROM payout_release").await, ["(command,)"]);
}

/// Two runs that ask for the same off-cycle payout in the same words stand against each other in the database, too.
#[sqlx::test(migrations = "../migrations")]
async fn an_off_cycle_run_is_there_once_until_it_is_released_or_given_up(pool: PgPool) {
    let house = house(pool).await;
    let insert = |reason: &'static str| {
        sqlx::query(
            "INSERT INTO payout_run (programme_id, kind, cutoff, cutoff_at, pay_day, partner_id, reason, started_at)
             SELECT programme_id, 'off_cycle', '2011-03-31', '2011-03-31T23:00Z', '2011-04-01', partner_id, $1, now() FROM partner WHERE code = 'bob'",
        )
        .bind(reason)
        .execute(&house.pool)
    };
    insert("a hardship").await.expect("the first");
    insert("another one").await.expect("another reason");
    let error = insert("a hardship").await.expect_err("twice");
    assert_eq!(constraint(&error), Some("payout_run_off_cycle_once"));
    house.run("UPDATE payout_run SET cancelled_at = now(), cancel_reason = 'no' WHERE reason = 'a hardship'").await;
    insert("a hardship").await.expect("the first was given up");
    let error =
        sqlx::query("UPDATE payout_run SET let_go_at = now() WHERE cancelled_at IS NULL").execute(&house.pool).await;
    assert_eq!(constraint(&error.expect_err("without a release")), Some("payout_run_let_go_by_its_release"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_has_the_same_bytes_for_ever_and_names_nobody_in_the_database(pool: PgPool) {
    let house = house(pool).await;
    let run = house.build(CUTOFF).await;
    house.let_go(run.id).await;
    let made = house.export(run.id, Format::PayPal).await;
    let first = house.bytes(&made[0]).await;
    assert!(first.contains("ana@example.org") && first.contains("8.00"), "{first}");
    assert_eq!(house.payouts().await, ["ana 8.00 submitted"]);
    let again = house.export(run.id, Format::PayPal).await;
    assert_eq!((again.len(), again[0].id), (1, made[0].id));
    assert_eq!(house.bytes(&again[0]).await, first);
    let found =
        house.lines("SELECT count(*) FROM payout_file_piece WHERE position('ana@example.org'::bytea IN sealed) > 0");
    assert_eq!(found.await, ["(0)"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn given_up_before_it_was_sent_the_money_is_payable_again(pool: PgPool) {
    let house = house(pool).await;
    let run = house.build(CUTOFF).await;
    house.let_go(run.id).await;
    let mut tx = house.db.begin(&Actor::Command).await.expect("begin");
    let done = cancel(&mut tx, &Actor::Command, run.id, "wrong cut-off", "test", house.now).await.expect("cancelled");
    assert_eq!(done, Some(1));
    tx.commit().await.expect("commit");
    assert_eq!(house.purses().await[0], "ana 8 0 0");
    assert_eq!(house.payouts().await, ["ana 8.00 cancelled"]);
    // The same cut-off again is a new run.
    let next = house.build(CUTOFF).await;
    assert_ne!(next.id, run.id);
    assert_eq!(house.payouts().await, ["ana 8.00 cancelled", "ana 8.00 scheduled"]);
    house.adds_up().await;

    house.let_go(next.id).await;
    house.export(next.id, Format::PayPal).await;
    let mut tx = house.db.begin(&Actor::Command).await.expect("begin");
    let late = cancel(&mut tx, &Actor::Command, next.id, "too late", "test", house.now).await.expect("asked");
    assert_eq!(late, None, "what was sent is not given up");
}

#[sqlx::test(migrations = "../migrations")]
async fn only_money_up_to_the_cutoff_less_what_was_taken_back_since(pool: PgPool) {
    let house = house(pool).await;
    house
        .import(
            "D,sale,4,ana,uk,2011-03-02T10:00:00Z,100.00,GBP,\nR,refund,1,ana,uk,2011-04-02T10:00:00Z,25.00,GBP,returned\n",
        )
        .await;
    // The second sale leaves its hold on 1 April, after the cut-off; of the first, a quarter came back on 2 April.
    house.release("2011-04-03T00:00:00Z").await;
    house.import("S,refund,4,ana,uk,2011-04-04T10:00:00Z,50.00,GBP,returned\n").await;
    assert_eq!(house.purses().await[0], "ana 10 0 0");
    house.build(CUTOFF).await;
    // 8.00 - 2.00; the refund of what is not in it yet waits with it.
    assert_eq!(house.payouts().await, ["ana 6.00 scheduled"]);
    house.build("2011-04-30").await;
    assert_eq!(house.payouts().await, ["ana 6.00 scheduled"]);
    let blocks = house
        .lines("SELECT c.code, b.payable FROM payout_block b JOIN partner c USING (partner_id) WHERE c.code = 'ana'");
    assert_eq!(blocks.await, ["(ana,4.00)"]);
    house.adds_up().await;
}
