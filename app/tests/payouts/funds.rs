//! What lies on the payout account, and files that it does not cover.

use crate::contests::as_ana;
use crate::counting_house::{CUTOFF, CountingHouse};
use crate::people::{done, errors};
use crate::screens::{page, says};
use crate::staff::Office;
use app::base::actor::Actor;
use app::base::clock::Clock;
use app::base::context::Context;
use app::base::error::AppError;
use app::base::language::Locale;
use app::funds::api::{FundsForm, book};
use app::payout_runs::api::make_files;
use app::payout_runs::export::{ExportError, Format, export};
use app::payout_runs::store::{Start, build_batch, start};
use sqlx::PgPool;

/// Ana's 8.00 and Bob's 16.00 in a released run.
async fn office(pool: PgPool) -> Office {
    let house = CountingHouse::open(pool).await;
    house
        .import("A,sale,1,ana,uk,2011-02-01T10:00:00Z,100.00,GBP,\nB,sale,2,bob,uk,2011-02-01T10:00:00Z,200.00,GBP,\n")
        .await;
    house.methods("ana,paypal,Ana Arias,,,,,ana@example.org\nbob,paypal,Bob Bain,,,,,bob@example.org\n").await;
    house.release("2011-03-31T00:00:00Z").await;
    let run = house.build(CUTOFF).await;
    house.let_go(run.id).await;
    Office::open(house).await
}

fn funding(kind: &str, amount: &str) -> FundsForm {
    FundsForm {
        programme: "giftware".into(),
        kind: kind.into(),
        amount: amount.into(),
        currency: "GBP".into(),
        form_key: uuid::Uuid::new_v4().to_string(),
        ..FundsForm::default()
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_is_made_when_the_account_covers_it(pool: PgPool) {
    let office = office(pool).await;
    let run = office.begin(CUTOFF).await.id;
    says(&page(office.finn(), "/funds").await, &["No funds are recorded."]);
    let form = funding("funding", "20");
    done(book(&office.finn(), &form).await);
    // Sent twice, it is one.
    done(book(&office.finn(), &form).await);
    done(book(&office.olivia(), &funding("bank_fee", "0.50")).await);
    says(&page(office.finn(), "/funds").await, &["£4.50 is missing: £24.00 is released"]);
    let on_its_day =
        |ctx: Context| Context { clock: Clock::Fixed("2011-04-15T09:00:00Z".parse().expect("time")), ..ctx };
    let home = page(on_its_day(as_ana(&office, Locale::en).await), "/payouts").await;
    let lead =
        "£8.00 is released and waits until the programme has put funds on its payout account. It is to be sent by";
    says(&home, &[lead, "The programme"]);
    let refused = errors(make_files(&office.finn(), run, Format::PayPal).await);
    assert!(refused.get("").is_some_and(|message| message.contains("£4.50 is missing")), "{refused:?}");
    assert_eq!(office.payouts().await, ["ana 8.00 approved", "bob 16.00 approved"]);

    done(book(&office.finn(), &funding("funding", "4.50")).await);
    done(make_files(&office.finn(), run, Format::PayPal).await);
    assert_eq!(office.payouts().await, ["ana 8.00 submitted", "bob 16.00 submitted"]);
    let home = page(as_ana(&office, Locale::en).await, "/payouts").await;
    says(&home, &["£8.00 is on its way and should be on your account by"]);
    assert!(!home.contains("put funds"), "{home}");
    let ana = office.reference("ana").await;
    office.answer(&format!("payout,status,date,reference,code\n{ana},paid,2011-06-01,T-1,\n")).await;
    says(&page(office.ada(), "/funds").await, &["£0.00 lies on the payout account", "£16.00", "£8.00", "£24.50"]);
    let left: String = office.lines("SELECT funds_left(programme_id, 'GBP') FROM programme").await.concat();
    assert_eq!(left, "(0.00)");
    office.adds_up().await;
}

/// Two files at one moment, each covered by itself and both together not.
#[sqlx::test(migrations = "../migrations")]
async fn the_same_funds_are_not_spent_twice(pool: PgPool) {
    let house = CountingHouse::open(pool).await;
    house
        .import("A,sale,1,ana,uk,2011-02-01T10:00:00Z,100.00,GBP,\nB,sale,2,bob,uk,2011-02-01T10:00:00Z,100.00,GBP,\n")
        .await;
    house.methods("ana,paypal,Ana Arias,,,,,ana@example.org\nbob,wise,Bob Bain,,,,,bob@example.org\n").await;
    house.release("2011-03-31T00:00:00Z").await;
    let mut runs = Vec::new();
    for partner in ["ana", "bob"] {
        let off_cycle = Some((house.partner(partner).await, "now".to_owned()));
        let what = Start { programme: house.programme, cutoff: CUTOFF.parse().expect("day"), pay_day: None, off_cycle };
        let mut tx = house.db.begin(&Actor::Command).await.expect("begin");
        let (run, _) = start(&mut tx, &Actor::Command, &what, house.now).await.expect("started");
        tx.commit().await.expect("commit");
        while build_batch(&house.db, &Actor::Command, run.id, house.now).await.expect("batch").is_some() {}
        house.let_go(run.id).await;
        runs.push(run.id);
    }
    let office = Office::open(house).await;
    done(book(&office.finn(), &funding("funding", "10")).await);
    let make = |run, format| {
        let (db, secrets, now) = (office.db.clone(), office.secrets.clone(), office.now);
        tokio::spawn(async move { export(&db, &secrets, &Actor::Command, run, format, now).await })
    };
    let both = [make(runs[0], Format::PayPal), make(runs[1], Format::Wise)];
    let mut made = 0;
    for one in both {
        match one.await.expect("asked") {
            Ok(_) => made += 1,
            Err(ExportError::FundsMissing(missing, _)) => assert_eq!(missing.to_string(), "6.00"),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(made, 1);
    office.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn only_finance_and_owners_record_funds(pool: PgPool) {
    let office = office(pool).await;
    for who in [office.tom(), office.ada()] {
        assert!(matches!(book(&who, &funding("funding", "1")).await, Err(AppError::Forbidden)));
    }
    let finn = office.finn();
    for (form, field) in [
        (funding("funding", "0"), "amount"),
        (funding("funding", "1.001"), "amount"),
        (FundsForm { currency: "pounds".into(), ..funding("funding", "1") }, "currency"),
        (FundsForm { day: "2011-06-02".into(), ..funding("funding", "1") }, "day"),
        (FundsForm { note: "x".repeat(501), ..funding("funding", "1") }, "note"),
    ] {
        let refused = errors(book(&finn, &form).await);
        assert!(refused.get(field).is_some(), "{field}: {refused:?}");
    }
    assert!(office.lines("SELECT * FROM house_transfer").await.is_empty());
}
