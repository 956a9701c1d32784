//! A dispute about a payout, and what the home says of payouts that are not on their way.

use crate::contests::as_ana;
use crate::counting_house::{CUTOFF, CountingHouse};
use crate::screens::{page, says};
use crate::staff::Office;
use app::base::context::Context;
use app::base::language::Locale;
use app::disputes::api::open_dispute;
use app::payout_runs::export::Format;
use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use sqlx::PgPool;

const HEADER: &str = "payout,status,date,reference,code\n";

/// Ana's 8.00, in a run that nobody has released.
async fn office(pool: PgPool) -> Office {
    let house = CountingHouse::open(pool).await;
    house.import("A,sale,1,ana,uk,2011-02-01T10:00:00Z,100.00,GBP,\n").await;
    house.methods("ana,paypal,Ana Arias,,,,,ana@example.org\n").await;
    house.release("2011-03-31T00:00:00Z").await;
    house.build(CUTOFF).await;
    Office::open(house).await
}

async fn payout(office: &Office) -> i64 {
    sqlx::query_scalar("SELECT max(payout_id) FROM payout").fetch_one(&office.pool).await.expect("payout")
}

/// Sends the form; gives where it leads.
async fn opens(ctx: &Context, kind: &str, payout: i64) -> String {
    let owner = Owner::new();
    let response = leptos_axum::ResponseOptions::default();
    owner.with(|| {
        provide_context(ctx.clone());
        provide_context(response.clone());
        // Without it a redirect is told to a script, not in a header.
        provide_context(http::Request::builder().body(()).expect("request").into_parts().0);
    });
    let some = |text: &str| Some(text.to_owned());
    let (kind, payout, body) = (some(kind), some(&payout.to_string()), some("Where is my money?"));
    let key = uuid::Uuid::new_v4().to_string();
    let sent = owner.with(|| {
        ScopedFuture::new(open_dispute(kind, None, payout, None, None, None, None, None, None, None, body, key))
    });
    sent.await.expect("sent");
    let parts = response.0.read().expect("parts");
    parts.headers.get("location").expect("a way on").to_str().expect("text").to_owned()
}

#[sqlx::test(migrations = "../migrations")]
async fn what_becomes_of_a_payout_is_in_the_dispute_about_it(pool: PgPool) {
    let office = office(pool).await;
    let (ana, number) = (as_ana(&office, Locale::en).await, payout(&office).await);
    let run = office.begin(CUTOFF).await.id;
    says(&page(ana.clone(), "/payouts").await, &["£8.00 is in a payout that the programme has not let go yet"]);
    says(&page(ana.clone(), &format!("/payouts/{number}")).await, &["Something is wrong with this payout"]);
    let form = page(ana.clone(), &format!("/disputes/new?payout={number}")).await;
    // Its pay day is over, so that it is late is the likeliest.
    says(&form, &["Payout late", "Payout amount", "Payout failed", "15 June 2011", "£8.00"]);
    let case = opens(&ana, "payout_late", number).await;
    assert!(case.starts_with("/disputes/") && case.ends_with("?done=opened"), "{case}");
    assert!(opens(&ana, "payout_amount", number).await.ends_with("?done=already"));
    says(&page(ana.clone(), &format!("/disputes/new?payout={number}")).await, &["You have an open dispute about this"]);

    // It delays nothing.
    office.let_go(run).await;
    office.export(run, Format::PayPal).await;
    let reference = office.reference("ana").await;
    office.answer(&format!("{HEADER}{reference},failed,2011-06-01,,AC04\n")).await;
    let path = case.split('?').next().expect("path").to_owned();
    let told = page(ana.clone(), &path).await;
    says(&told, &[&format!("Payout {reference}: Refused by the bank")]);
    let house = page(office.tom(), &path.replace("/disputes/", "/desk/")).await;
    says(&house, &[&format!("Payout {reference}: "), "AC04"]);
    let home = page(ana.clone(), "/payouts").await;
    // The account is closed: it is for her to name another. What the programme is short of is not.
    says(&home, &["£8.00 came back and is payable again.", "AC04", "You", "Change it"]);
    let paid_out = page(ana.clone(), &format!("/payouts/{number}")).await;
    says(&paid_out, &["Check your payout method"]);
    let spanish = Context { locale: Locale::es, ..ana };
    says(&page(spanish, "/payouts").await, &["volvieron y están de nuevo por cobrar"]);
}
