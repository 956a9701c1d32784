//! A run's payouts, narrowed by state and partner.

use super::overview::partner;
use super::run::Sheet;
use super::words;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::PayoutRunId;
use crate::base::language::tr;
use crate::paths;
use crate::payout_runs::model::State;
use crate::payout_runs::store::{self, PayoutLine, Wanted};
use crate::ui::empty::empty;
use crate::ui::field::{Check, Field, Hidden, Select, Submit, Weight};
use crate::ui::form::Filter;
use crate::ui::layout::pages;
use crate::ui::screen::Query;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// Payouts on a page.
const PAGE: usize = 100;

pub(super) async fn load(ctx: &Context, tx: &mut Tx, query: &Query, sheet: &Sheet) -> Result<AnyView, AppError> {
    let run = sheet.head.listed.run.id;
    let wanted = Wanted {
        partner: query.get("partner").map(|code| code.trim().to_owned()),
        state: query.get("state").and_then(State::parse),
        warned: query.get("warned") == Some("yes"),
        method_changed: query.get("changed") == Some("yes"),
        only: None,
        after: query.get("after").and_then(|text| text.parse().ok()),
    };
    let mut lines = store::payouts(tx, run, &wanted, PAGE as i64 + 1).await?;
    let more = lines.len() > PAGE;
    lines.truncate(PAGE);
    let next = more.then(|| lines.last().map(|last| query.with("after", &last.id.to_string()))).flatten();
    let body = if lines.is_empty() {
        empty(tr!(ctx.locale, runs.payouts_empty), tr!(ctx.locale, runs.payouts_empty_text))
    } else {
        table(ctx, run, &lines, tr!(ctx.locale, runs.payouts_caption))
    };
    Ok(view! { {filter(ctx, run, &wanted)}{body}{pages(None, next)} }.into_any())
}

fn filter(ctx: &Context, run: PayoutRunId, wanted: &Wanted) -> AnyView {
    let locale = ctx.locale;
    let mut states = vec![(String::new(), tr!(locale, runs.any_state))];
    states.extend(State::ALL.map(|state| (state.as_str().to_owned(), words::state(locale, state))));
    let state = wanted.state.map(State::as_str).unwrap_or_default().to_owned();
    let (code, warned) = (wanted.partner.clone().unwrap_or_default(), wanted.warned);
    view! {
        <Filter action=paths::run(run)>
            <Hidden name="view" value="payouts"/>
            <Select name="state" label=tr!(locale, runs.column_state) options=states selected=state/>
            <Field name="partner" label=tr!(locale, runs.partner_code) value=code/>
            <Check name="warned" label=tr!(locale, runs.only_warned) checked=warned/>
            <Submit text=tr!(locale, runs.show) tone=Weight::Quiet/>
        </Filter>
    }
    .into_any()
}

/// Payouts, each leading to its own page.
pub(super) fn table(ctx: &Context, run: PayoutRunId, lines: &[PayoutLine], caption: String) -> AnyView {
    let locale = ctx.locale;
    let head = [
        (tr!(locale, runs.column_payout), false),
        (tr!(locale, runs.column_partner), false),
        (tr!(locale, runs.column_amount), true),
        (tr!(locale, runs.column_state), false),
        (tr!(locale, runs.column_method), false),
        (tr!(locale, runs.column_warnings), false),
    ]
    .map(|(label, numeric)| Head { label, numeric })
    .to_vec();
    let rows = lines
        .iter()
        .map(|line| Row {
            href: Some(paths::run_payout(run, line.id)),
            cells: vec![
                line.reference.clone().into_any(),
                partner(&line.name, &line.code),
                text::amount(ctx, line.amount),
                words::state_badge(locale, line.state),
                format!("{}, {}", words::method(locale, line.method), line.masked).into_any(),
                words::warnings(locale, &line.warnings),
            ],
        })
        .collect();
    view! { <Table caption=caption head=head rows=rows/> }.into_any()
}
