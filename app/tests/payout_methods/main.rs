//! Where money goes, against a real database: set and changed by its partner, shown to staff who say why, and readable
//! nowhere else. Ana and Bo are partners, Tomás is an agent, Marta an owner, Lea an auditor.
#![cfg(feature = "ssr")]

mod confirm;
#[path = "../desk_house/mod.rs"]
mod desk_house;
mod old_rows;
mod reveal;
mod secrecy;
mod tax;

use app::base::context::Context;
use app::base::error::AppError;
use app::payout_methods::api::{Typed, set};
use app::payout_methods::model::Method;
use app::payout_methods::store;
use app::payouts::model::{Reason, Standing};
use app::sign_in::{password, rules};
use chrono::TimeDelta;
use desk_house::{House, key};
use sqlx::PgPool;

const IBAN: &str = "ES9121000418450200051332";
const OTHER_IBAN: &str = "DE89370400440532013000";
const PASSWORD: &str = "three green garden chairs";

/// The house, with a password for everybody.
async fn open(pool: PgPool) -> House {
    let house = House::open(pool.clone()).await;
    let hash = password::hash(PASSWORD.into()).await.expect("hash");
    sqlx::query("UPDATE person SET password_hash = $1").bind(hash).execute(&pool).await.expect("passwords");
    house
}

fn typed(kind: &str) -> Typed {
    Typed {
        kind: kind.into(),
        holder: "Ana Soler".into(),
        password: PASSWORD.into(),
        form_key: key(),
        ..Typed::default()
    }
}

fn iban(iban: &str) -> Typed {
    Typed { iban: iban.into(), ..typed("iban") }
}

fn paypal(email: &str) -> Typed {
    Typed { email: email.into(), ..typed("paypal") }
}

/// Sets it, which has to be accepted.
async fn done(ctx: &Context, typed: &Typed) {
    assert!(set(ctx, typed).await.expect("set").is_ok());
}

/// The message beside a field of a form that has to be refused.
async fn refused(ctx: &Context, typed: &Typed, field: &str) -> String {
    let (_, errors) = set(ctx, typed).await.expect("set").expect_err("refused");
    errors.get(field).unwrap_or_else(|| panic!("nothing beside {field}: {errors:?}")).to_owned()
}

async fn live(ctx: &Context) -> Option<Method> {
    let mut tx = ctx.begin().await.expect("begin");
    store::live_method(&mut tx, ctx.member().expect("member").partner).await.expect("method")
}

async fn standing(ctx: &Context) -> Standing {
    let mut tx = ctx.begin().await.expect("begin");
    let member = ctx.member().expect("member");
    let facts = app::payouts::store::facts(&mut tx, member.programme, member.partner, ctx.now()).await.expect("facts");
    app::payouts::rules::standings(&facts).remove(0)
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_in_another_currency_is_checked_masked_and_kept_from_two_partners(pool: PgPool) {
    let house = open(pool).await;
    let ana = house.ana();
    let american = Typed {
        country: "US".into(),
        account: "000123456789".into(),
        bank_code: "021000021".into(),
        ..typed("bank_account")
    };
    for (wrong, field) in [
        (Typed { country: String::new(), ..american.clone() }, "country"),
        (Typed { bank_code: "021000022".into(), ..american.clone() }, "bank_code"),
        (Typed { bank_code: String::new(), ..american.clone() }, "bic"),
        (Typed { account: "12".into(), ..american.clone() }, "account"),
        (Typed { country: "SE".into(), ..american.clone() }, "account"),
    ] {
        assert!(!refused(&ana, &wrong, field).await.is_empty(), "{field}");
    }
    assert_eq!(live(&ana).await, None);
    done(&ana, &american).await;
    let method = live(&ana).await.expect("a method");
    assert_eq!((method.kind.as_str(), method.masked.as_str()), ("bank_account", "US•• •••• 6789"));
    // The same account with its BIC in place of its code is the same account.
    let again = Typed { bank_code: String::new(), bic: "CHASUS33".into(), form_key: key(), ..american };
    assert!(!refused(&house.bo(), &again, "account").await.is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_method_is_set_once_and_serves_one_partner(pool: PgPool) {
    let house = open(pool).await;
    let (ana, bo) = (house.ana(), house.bo());
    assert!(refused(&ana, &iban("ES00"), "iban").await.contains("not an IBAN yet"));
    assert!(refused(&ana, &Typed { holder: " ".into(), ..iban(IBAN) }, "holder").await.contains("whose account"));
    assert!(matches!(set(&ana, &typed("cheque")).await, Err(AppError::BadRequest(_))));
    assert!(matches!(set(&house.tomas(), &iban(IBAN)).await, Err(AppError::Forbidden)));

    let first = paypal(" ana@example.com ");
    done(&ana, &first).await;
    // The same form twice, and the same address in another form: one method.
    done(&ana, &first).await;
    done(&ana, &paypal("ANA@example.com")).await;
    assert_eq!(house.count("payout_method").await, 1);
    // Another one ends the one before; the first form, sent again after that, brings nothing back.
    done(&house.later(1).ana(), &iban("ES91 2100 0418 4502 0005 1332")).await;
    done(&house.later(2).ana(), &first).await;
    assert_eq!(house.count("payout_method").await, 2);
    assert_eq!(live(&ana).await.map(|method| method.masked).as_deref(), Some("ES•• •••• 1332"));
    let mut tx = ana.begin().await.expect("begin");
    let ended = store::ended_methods(&mut tx, house.garden).await.expect("methods");
    assert_eq!(ended.iter().map(|method| method.masked.as_str()).collect::<Vec<_>>(), ["a…@example.com"]);
    drop(tx);

    // Bo can't be paid to Ana's account; what Ana gave up he may have.
    assert!(refused(&bo, &iban(IBAN), "iban").await.contains("another partner account"));
    let wise = Typed { kind: "wise".into(), ..paypal("Ana@Example.com") };
    done(&bo, &wise).await;
    // One British account is one, by its IBAN and by its sort code.
    let british = Typed { sort_code: "60-16-13".into(), account: "31926819".into(), ..typed("sort_code") };
    done(&house.later(3).ana(), &british).await;
    assert!(refused(&bo, &iban("GB29 NWBK 6016 1331 9268 19"), "iban").await.contains("another partner account"));
    assert_eq!(house.count("audit WHERE action = 'payout_method.set'").await, 4);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_password_is_asked_once_more_and_not_for_ever(pool: PgPool) {
    let house = open(pool).await;
    let ana = house.ana();
    let wrong = Typed { password: "somebody else's".into(), ..iban(IBAN) };
    assert_eq!(refused(&ana, &wrong, "password").await, "This is not your password. Nothing was changed.");
    assert_eq!(live(&ana).await, None);
    // What is wrong with the account is told first: a password is worth nothing there.
    assert!(refused(&ana, &Typed { password: String::new(), ..iban("x") }, "iban").await.contains("IBAN"));
    done(&ana, &iban(IBAN)).await;
    assert_eq!(
        house.count("sign_in_failure WHERE failed_at IS NOT NULL").await,
        1,
        "the account is forgiven, the address is not"
    );
    for _ in 0..rules::FAILURES_PER_ACCOUNT {
        refused(&ana, &wrong, "password").await;
    }
    let right = iban(OTHER_IBAN);
    assert!(refused(&ana, &right, "password").await.contains("15 minutes"), "the right one does not help either");
    done(&house.later(16).ana(), &right).await;
    // A disabled person changes nothing, whatever their session says.
    house.run("UPDATE person SET disabled_at = now()").await;
    assert!(matches!(set(&ana, &right).await, Err(AppError::SignedOut)));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_first_method_is_used_at_once_and_a_changed_one_waits(pool: PgPool) {
    let house = open(pool).await;
    done(&house.ana(), &iban(IBAN)).await;
    assert_eq!(live(&house.ana()).await.map(|method| method.usable_from), Some(house.now));
    assert!(
        standing(&house.ana())
            .await
            .reasons
            .iter()
            .all(|reason| !matches!(reason, Reason::MethodInSafetyPeriod { .. }))
    );

    let changed = house.later(60);
    done(&changed.ana(), &iban(OTHER_IBAN)).await;
    let usable_from = changed.now + TimeDelta::days(3);
    assert_eq!(live(&house.ana()).await.map(|method| method.usable_from), Some(usable_from));
    let waits = |standing: &Standing| {
        standing.reasons.iter().find_map(|reason| match reason {
            Reason::MethodInSafetyPeriod { until } => Some(until.at),
            _ => None,
        })
    };
    assert_eq!(waits(&standing(&changed.ana()).await), Some(usable_from));
    assert_eq!(waits(&standing(&house.later(60 + 3 * 24 * 60).ana()).await), None);
    // The name put right and the BIC added change no account, so the wait goes on and starts no second time.
    let corrected = Typed { holder: "Ana Soler Gil".into(), bic: "COBADEFFXXX".into(), ..iban(OTHER_IBAN) };
    done(&house.later(90).ana(), &corrected).await;
    let method = live(&house.ana()).await.expect("live");
    assert_eq!((method.holder.as_str(), method.usable_from), ("Ana Soler Gil", usable_from));
    // The account from before waits like any other.
    let back = house.later(120);
    done(&back.ana(), &iban(IBAN)).await;
    assert_eq!(live(&house.ana()).await.map(|method| method.usable_from), Some(back.now + TimeDelta::days(3)));

    house.run("UPDATE programme SET method_safety_days = 0").await;
    let at_once = house.later(180);
    done(&at_once.ana(), &paypal("ana@example.com")).await;
    assert_eq!(live(&house.ana()).await.map(|method| method.usable_from), Some(at_once.now));
}

#[sqlx::test(migrations = "../migrations")]
async fn two_forms_at_once_leave_one_live_method(pool: PgPool) {
    let house = open(pool).await;
    let tasks: Vec<_> = (0..6)
        .map(|number| {
            let ctx = house.ana();
            tokio::spawn(async move { set(&ctx, &paypal(&format!("ana{number}@example.com"))).await })
        })
        .collect();
    let mut sets = 0;
    for task in tasks {
        match task.await.expect("task") {
            Ok(Ok(_)) => sets += 1,
            Err(AppError::Conflict) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(house.count("payout_method").await, sets);
    assert_eq!(house.count("payout_method WHERE ended_at IS NULL").await, 1);
}
