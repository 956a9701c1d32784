//! Disputes to their end against a real database, as the people in them would tell it. Ana and Bo are partners, Tomás is an
//! agent, Marta an owner. It is noon in UTC on Tuesday, 1 December 2026.
#![cfg(feature = "ssr")]

mod appeals;
#[path = "../desk_house/mod.rs"]
mod desk_house;
mod enquiries;
mod escalations;
mod house_silence;
mod notices;
mod pages;
mod provisional_credits;

use app::base::context::Context;
use app::base::db::Db;
use app::base::ids::CaseId;
use app::shell::App;
use desk_house::{Answer, House, key, post};
use futures_util::StreamExt;
use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use leptos_meta::ServerMetaContext;
use leptos_router::location::RequestUrl;
use rust_decimal::Decimal;
use sqlx::PgPool;

pub(crate) const DAY: i64 = 24 * 60;

pub(crate) fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(crate) fn dec(text: &str) -> Decimal {
    text.parse().expect("number")
}

pub(crate) fn db(house: &House) -> Db {
    house.marta().db
}

pub(crate) async fn version(pool: &PgPool, case: CaseId) -> String {
    let version: i32 = sqlx::query_scalar("SELECT version FROM support_case WHERE case_id = $1")
        .bind(case.0)
        .fetch_one(pool)
        .await
        .expect("case");
    version.to_string()
}

pub(crate) async fn ledger_is_right(house: &House) {
    let mut tx = db(house).begin(&app::base::actor::Actor::Job).await.expect("begin");
    let found = app::ledger::store::verify(&mut tx).await.expect("verified");
    assert_eq!(found.differences, []);
}

pub(crate) async fn payable(house: &House) -> Decimal {
    house
        .one("SELECT balance FROM account JOIN partner USING (partner_id) WHERE kind = 'payable' AND code = 'garden'")
        .await
}

pub(crate) async fn appeal(house: &House, case: CaseId, body: &str) -> Answer {
    let body = some(body);
    post(&house.ana(), || app::appeals::api::appeal(case.to_string(), body, key())).await
}

pub(crate) async fn decide_appeal(
    house: &House,
    ctx: &Context,
    pool: &PgPool,
    case: CaseId,
    outcome: &str,
    amount: &str,
) -> Answer {
    let version = version(pool, case).await;
    let (outcome, amount, words) = (some(outcome), some(amount), some("Looked at again."));
    let _ = house;
    post(ctx, || app::appeals::api::decide_appeal(case.to_string(), version, outcome, amount, words, None, key())).await
}

/// A page as its reader gets it.
pub(crate) async fn page(ctx: Context, path: &str) -> String {
    let _ = leptos_axum::generate_route_list(App);
    let owner = Owner::new();
    let response = leptos_axum::ResponseOptions::default();
    let stream = owner.with(|| {
        provide_context(Context { path: path.to_owned(), ..ctx });
        provide_context(RequestUrl::new(path));
        provide_context(response.clone());
        provide_context(ServerMetaContext::new().0);
        view! { <App/> }.to_html_stream_in_order()
    });
    let html = owner.with(|| ScopedFuture::new(stream.collect::<String>())).await;
    assert_eq!(response.0.read().expect("response").status, None, "{path}: {html}");
    html
}
