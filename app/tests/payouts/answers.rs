//! What banks answer, late, twice, partly and wrongly.

use crate::counting_house::{CUTOFF, CountingHouse};
use crate::shop::time;
use app::payout_runs::export::Format;
use sqlx::PgPool;

const HEADER: &str = "payout,status,date,reference,code\n";

/// Ana's 8.00 and Bob's 16.00 on their way by PayPal.
async fn sent(pool: PgPool) -> CountingHouse {
    let house = CountingHouse::open(pool).await;
    house
        .import("A,sale,1,ana,uk,2011-02-01T10:00:00Z,100.00,GBP,\nB,sale,2,bob,uk,2011-02-01T10:00:00Z,200.00,GBP,\n")
        .await;
    house.methods("ana,paypal,Ana Arias,,,,,ana@example.org\nbob,paypal,Bob Bain,,,,,bob@example.org\n").await;
    house.release("2011-03-31T00:00:00Z").await;
    let run = house.build(CUTOFF).await;
    house.let_go(run.id).await;
    house.export(run.id, Format::PayPal).await;
    house
}

#[sqlx::test(migrations = "../migrations")]
async fn accepted_is_not_paid_and_paid_is_said_once(pool: PgPool) {
    let house = sent(pool).await;
    let (ana, bob) = (house.reference("ana").await, house.reference("bob").await);
    let accepted = house.answer(&format!("{HEADER}{ana},accepted,2011-04-15,,\n{bob},accepted,2011-04-15,,\n")).await;
    assert_eq!((accepted.noted, accepted.applied), (2, 0));
    assert_eq!(house.payouts().await, ["ana 8.00 submitted", "bob 16.00 submitted"]);
    let text = format!("{HEADER}{ana},paid,2011-04-18,T-1,\n");
    let paid = house.answer(&text).await;
    assert_eq!((paid.applied, paid.waiting, paid.known_file), (1, 0, false));
    assert_eq!(house.purses().await, ["ana 0 8 0", "bob 0 0 16"]);
    // The same file is known as a whole; another file that says the same says nothing new.
    let again = house.answer(&text).await;
    assert_eq!((again.applied, again.known_file), (1, true));
    let other = house.answer(&format!("{text}{bob},unknown,2011-04-18,,\n")).await;
    assert_eq!((other.known, other.applied), (1, 1));
    assert_eq!(house.payouts().await, ["ana 8.00 paid", "bob 16.00 unknown"]);
    let late = house.answer(&format!("{HEADER}{bob},paid,2011-04-20,T-2,\n")).await;
    assert_eq!(late.applied, 1);
    assert_eq!(house.purses().await, ["ana 0 8 0", "bob 0 16 0"]);
    house.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_the_bank_refuses_or_sends_back_is_payable_again_and_paid_next_time(pool: PgPool) {
    let house = sent(pool).await;
    let (ana, bob) = (house.reference("ana").await, house.reference("bob").await);
    house.answer(&format!("{HEADER}{ana},failed,2011-04-16,,AM04\n{bob},paid,2011-04-16,T-1,\n")).await;
    assert_eq!(house.purses().await, ["ana 8 0 0", "bob 0 16 0"]);
    house.answer(&format!("{HEADER}{bob},returned,2011-04-20,T-2,MS03\n")).await;
    assert_eq!(house.purses().await, ["ana 8 0 0", "bob 16 0 0"]);
    house.adds_up().await;
    house.build("2011-04-30").await;
    let payouts = house.payouts().await;
    assert_eq!(payouts, ["ana 8.00 failed", "bob 16.00 returned", "ana 8.00 scheduled", "bob 16.00 scheduled"]);
    // Late: that the first had gone through after all is for a person.
    let late = house.answer(&format!("{HEADER}{ana},paid,2011-04-25,T-9,\n")).await;
    assert_eq!((late.applied, late.waiting), (0, 1));
    assert_eq!(house.purses().await, ["ana 0 0 8", "bob 0 0 16"]);
    house.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn paid_and_returned_in_one_file_happen_in_their_order(pool: PgPool) {
    let house = sent(pool).await;
    let ana = house.reference("ana").await;
    let report = house
        .answer(&format!(
            "{HEADER}{ana},accepted,2011-04-15,,\n{ana},paid,2011-04-16,T-1,\n{ana},returned,2011-04-18,T-2,MD07\n"
        ))
        .await;
    assert_eq!((report.noted, report.applied), (1, 2));
    let steps = house.lines(
        "SELECT e.seq, e.to_state, coalesce(e.code, '') FROM payout_event e JOIN partner p USING (partner_id) WHERE p.code = 'ana' AND seq > 3",
    );
    assert_eq!(steps.await, ["(4,paid,\"\")", "(5,returned,MD07)"]);
    assert_eq!(house.payouts().await, ["ana 8.00 returned", "bob 16.00 submitted"]);
    assert_eq!(house.purses().await[0], "ana 8 0 0");
    house.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn strangers_and_wrong_amounts_wait_for_a_person(pool: PgPool) {
    let house = sent(pool).await;
    let ana = house.reference("ana").await;
    let text = format!(
        "payout,status,date,reference,code,amount,currency\n{ana},paid,2011-04-15,T-1,,8.01,GBP\nPD-999-99,paid,2011-04-15,T-2,,8.00,GBP\n"
    );
    let report = house.answer(&text).await;
    assert_eq!((report.applied, report.waiting), (0, 2));
    assert_eq!(house.payouts().await[0], "ana 8.00 submitted");
    let waiting = house.lines("SELECT disposition, target FROM settlement_line");
    assert_eq!(waiting.await, ["(unmatched,PD-999-99)".to_owned(), format!("(wrong_amount,{ana})")]);
}

#[sqlx::test(migrations = "../migrations")]
async fn refunds_after_the_payment_are_paid_off_by_what_comes_next(pool: PgPool) {
    let house = sent(pool).await;
    let ana = house.reference("ana").await;
    house.answer(&format!("{HEADER}{ana},paid,2011-04-15,T-1,\n")).await;
    house.import("R,refund,1,ana,uk,2011-04-20T10:00:00Z,100.00,GBP,returned\nN,sale,9,ana,uk,2011-03-25T10:00:00Z,187.50,GBP,\n").await;
    assert_eq!(house.purses().await[0], "ana -8 8 0");
    house.release("2011-04-30T00:00:00Z").await;
    house.build("2011-04-30").await;
    // 15.00 earned, 8.00 taken back.
    assert_eq!(house.payouts().await[2], "ana 7.00 scheduled");
    let items = house.lines("SELECT a.kind, a.amount FROM payout_allocation a JOIN payout p USING (partner_id, payout_id) WHERE p.amount = 7");
    assert_eq!(items.await, ["(refund,-8.00)", "(release,15.00)"]);
    house.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_file_changes_nothing(pool: PgPool) {
    let house = sent(pool).await;
    let ana = house.reference("ana").await;
    for text in [
        format!("{HEADER}{ana},paid,2011-04-15,T-1,\n{ana},vanished,2011-04-15,T-1,\n"),
        "neither,this,nor,that\n".to_owned(),
        "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>".to_owned(),
        String::new(),
    ] {
        assert!(house.try_answer(&text).await.is_err(), "{text}");
    }
    assert_eq!(house.payouts().await[0], "ana 8.00 submitted");
    assert!(house.lines("SELECT 1 FROM settlement_file").await.is_empty());
    let early = house.answer_at(&format!("{HEADER}{ana},paid,2011-12-24,T-1,\n"), time("2011-06-02T00:00:00Z")).await;
    assert_eq!(early.expect("settled").applied, 1);
    // A day that has not come yet is not a day in the books.
    let booked = house.lines("SELECT effective_at::date FROM transfer WHERE kind = 'settlement'");
    assert_eq!(booked.await, ["(2011-06-02)"]);
}
