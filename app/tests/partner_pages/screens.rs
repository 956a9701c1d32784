//! The pages themselves, as HTML: the answer stands there, and hostile words do no harm.

use crate::seed::{Partner, Programme, at, now};
use app::base::context::Context;
use app::base::language::Locale;
use app::shell::App;
use chrono::TimeDelta;
use leptos::prelude::*;
use sqlx::PgPool;

fn document() -> impl IntoView {
    view! { <html><head>{view! { <leptos_meta::MetaTags/> }}</head><body><App/></body></html> }
}

/// Asks for a page as a member; status and HTML.
async fn get(ctx: &Context, path: &str) -> (u16, String) {
    let ctx = Context { path: path.to_owned(), ..ctx.clone() };
    // As the process does at its start; it also wakes what runs the pages.
    let _ = leptos_axum::generate_route_list(App);
    let language = app::base::language::code(ctx.locale);
    let answer = leptos_axum::render_app_async_with_context(move || provide_context(ctx.clone()), document);
    let request = http::Request::builder().uri(path).body(axum::body::Body::empty()).expect("request");
    let response = answer(request).await;
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("body");
    let html = String::from_utf8(body.to_vec()).expect("text");
    // To look at them: SCREENS=folder keeps the pages.
    if let Ok(folder) = std::env::var("SCREENS") {
        let name = format!("{language}{}-{status}.html", path.replace(['/', '?', '&', '='], "_"));
        std::fs::write(std::path::Path::new(&folder).join(name), &html).expect("written");
    }
    (status, html)
}

/// What is read, without tags; every space a plain one.
fn words(html: &str) -> String {
    let mut text = String::new();
    let mut tag = false;
    for letter in html.chars() {
        match letter {
            '<' => tag = true,
            '>' => tag = false,
            '\u{a0}' if !tag => text.push(' '),
            letter if !tag => text.push(letter),
            _ => {}
        }
    }
    text
}

async fn believable(pool: &PgPool) -> (Programme, Partner) {
    let programme = Programme::new(pool).await;
    let ana = programme.partner("ana", "Ana Ruiz").await;
    let released = programme.sale(&ana, "536365", "467.50", at("2011-04-20T10:00:00Z")).await;
    programme.release(&ana, released).await;
    for number in 0..60_i64 {
        programme.sale(&ana, &format!("o-{number}"), "20.00", now() - TimeDelta::hours(9 * number)).await;
    }
    (programme, ana)
}

#[sqlx::test(migrations = "../migrations")]
async fn the_home_answers_first(pool: PgPool) {
    let (_, ana) = believable(&pool).await;
    let ctx = ana.context(&pool, "/payouts");
    let (status, html) = get(&ctx, "/payouts").await;
    assert_eq!(status, 200);
    let text = words(&html);
    assert!(text.contains("Not yet: you are £12.60 short of your £50 minimum."), "{text}");
    assert!(text.contains("What leaves its hold by 12 June 2011 closes the gap."), "{text}");
    assert!(text.contains("You also need a payout method before then."), "{text}");
    assert!(html.contains("/earnings?from=2011-04-20&amp;to=2011-06-01&amp;state=payable"), "{html}");
    let spanish = Context { locale: Locale::es, ..ctx };
    let (_, html) = get(&spanish, "/payouts").await;
    let text = words(&html).replace('\u{a0}', " ");
    assert!(text.contains("Todavía no: te faltan 12,60 £ para llegar a tu mínimo de 50 £."), "{text}");
}

#[sqlx::test(migrations = "../migrations")]
async fn earnings_are_summed_and_listed(pool: PgPool) {
    let (_, ana) = believable(&pool).await;
    let ctx = ana.context(&pool, "/earnings");
    let (status, html) = get(&ctx, "/earnings").await;
    assert_eq!(status, 200);
    let text = words(&html);
    assert!(text.contains("You earned £96.00 between 3 May 2011 and 1 June 2011."), "{text}");
    assert_eq!(html.matches("row-link").count(), 50);
    assert!(html.contains("before="), "there is an earlier page");
    let (_, html) = get(&ctx, "/earnings?from=2011-05-31&to=2011-05-01").await;
    assert!(words(&html).contains("The period ends before it begins."), "{html}");
    assert!(html.contains("2011-05-31"), "what was typed stays");
    let (_, html) = get(&ctx, "/earnings?offer=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(html.contains("There is no offer with this code") && !html.contains("<script>alert"), "{html}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_commission_has_its_slip_and_a_foreign_one_is_not_found(pool: PgPool) {
    let (programme, ana) = believable(&pool).await;
    let bruno = programme.partner("bruno", "Bruno Costa").await;
    let order = "<script>alert(1)</script>";
    let sale = programme.sale(&ana, order, "139.12", at("2011-05-20T10:00:00Z")).await;
    programme.refund(&ana, sale, "39.12", at("2011-05-21T10:00:00Z")).await;
    let path = format!("/earnings/{sale}");
    let (status, html) = get(&ana.context(&pool, &path), &path).await;
    let text = words(&html);
    assert_eq!(status, 200, "{text}");
    assert!(!html.contains("<script>alert"), "{html}");
    assert!(text.contains("£8.00 becomes payable on 19 June 2011"), "{text}");
    assert!(text.contains("£100.00") && text.contains("-£39.12") && text.contains("8%"), "{text}");
    assert!(html.contains(&format!("/terms#v{}", programme.rate)), "{html}");
    assert!(html.contains(&format!("/disputes/new?conversion={sale}")), "{html}");
    let (status, html) = get(&bruno.context(&pool, &path), &path).await;
    assert_eq!(status, 404);
    assert!(!html.contains("139.12"));
    let (status, _) = get(&ana.context(&pool, "/earnings/x"), "/earnings/x").await;
    assert_eq!(status, 404);
}

#[sqlx::test(migrations = "../migrations")]
async fn terms_and_account_in_both_languages(pool: PgPool) {
    let (programme, ana) = believable(&pool).await;
    programme.terms(0, 0, "rate", "percent", "7.5", at("2011-07-01T00:00:00Z")).await;
    let ctx = ana.context(&pool, "/terms");
    let (_, html) = get(&ctx, "/terms").await;
    let text = words(&html);
    assert!(text.contains("You earn 8% of each order."), "{text}");
    assert!(text.contains("7.5% of the order") && html.contains(&format!("id=\"v{}\"", programme.rate)), "{html}");
    assert!(!html.contains("the house alone"));
    let spanish = Context { locale: Locale::es, ..ctx.clone() };
    let (_, html) = get(&spanish, "/terms").await;
    assert!(words(&html).replace('\u{a0}', " ").contains("Ganas el 8 % de cada pedido."), "{html}");
    let (_, html) = get(&ctx, "/account").await;
    assert!(words(&html).contains("There is no payout method yet"), "{html}");
    // What pays pounds stands first; what does not says so.
    let places: Vec<_> =
        ["sort_code", "paypal", "wise", "iban"].map(|kind| html.find(&format!("/account/method/{kind}"))).into();
    assert!(places.is_sorted() && places[0].is_some(), "{html}");
    assert!(words(&html).contains("It can't take payouts in GBP."), "{html}");
    let (status, _) = get(&spanish, "/account").await;
    assert_eq!(status, 200);
    for (kind, field) in
        [("iban", "bic"), ("sort_code", "account"), ("bank_account", "country"), ("paypal", "email"), ("wise", "email")]
    {
        let (status, html) = get(&ctx, &format!("/account/method/{kind}")).await;
        assert!(status == 200 && html.contains("/do/set-payout-method") && html.contains("form_key"), "{html}");
        assert!(html.contains(&format!("name=\"{field}\"")) && html.contains("name=\"password\""), "{html}");
    }
    assert_eq!(get(&ctx, "/account/method/cheque").await.0, 404);
}
