//! Who is not paid in a run and why: what it is, who has to act, what ends it, and when.

use super::overview::partner;
use super::run::Sheet;
use super::words;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::language::tr;
use crate::payout_runs::model::Block;
use crate::payout_runs::store::{self, BlockLine};
use crate::ui::empty::empty;
use crate::ui::layout::{pages, section};
use crate::ui::screen::Query;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// Partners on a page.
const PAGE: usize = 100;

pub(super) async fn load(ctx: &Context, tx: &mut Tx, query: &Query, sheet: &Sheet) -> Result<AnyView, AppError> {
    let locale = ctx.locale;
    let run = sheet.head.listed.run.id;
    let only = query.get("why").and_then(Block::parse);
    let after = query.get("after").and_then(|text| text.parse().ok());
    let counts = store::block_counts(tx, run).await?;
    if counts.is_empty() {
        return Ok(empty(tr!(locale, runs.unpaid_empty), tr!(locale, runs.unpaid_empty_text)));
    }
    let mut lines = store::blocks(tx, run, only, after, PAGE as i64 + 1).await?;
    let mut partners: Vec<_> = lines.iter().map(|line| line.partner).collect();
    partners.dedup();
    let last = (partners.len() > PAGE).then(|| partners[PAGE - 1]);
    if let Some(last) = last {
        lines.retain(|line| line.partner <= last);
    }
    let next = last.map(|last| query.with("after", &last.to_string()));
    let all = only.map(|_| view! { <p>{text::link(query.with("why", ""), tr!(locale, runs.unpaid_all))}</p> });
    Ok(view! {
        {section(tr!(locale, runs.unpaid_why), summary(ctx, query, counts))}
        {section(tr!(locale, runs.unpaid_who), view! { {all}{table(ctx, lines)} }.into_any())}
        {pages(None, next)}
    }
    .into_any())
}

/// The weightiest reasons with how many they hold back.
fn summary(ctx: &Context, query: &Query, counts: Vec<(Block, i64, crate::base::money::Money)>) -> AnyView {
    let locale = ctx.locale;
    let head = [
        (tr!(locale, runs.column_reason), false),
        (tr!(locale, runs.column_partners), true),
        (tr!(locale, runs.column_payable), true),
        (tr!(locale, runs.column_owner), false),
        (tr!(locale, runs.column_next), false),
    ]
    .map(|(label, numeric)| Head { label, numeric })
    .to_vec();
    let rows = counts
        .into_iter()
        .map(|(reason, partners, payable)| Row {
            href: Some(query.with("why", reason.as_str())),
            cells: vec![
                words::block_name(locale, reason).into_any(),
                text::count(ctx, partners),
                text::amount(ctx, payable),
                words::block_owner(locale, reason).into_any(),
                words::block_next(locale, reason).into_any(),
            ],
        })
        .collect();
    view! { <Table caption=tr!(locale, runs.unpaid_summary_caption) head=head rows=rows/> }.into_any()
}

fn table(ctx: &Context, lines: Vec<BlockLine>) -> AnyView {
    let locale = ctx.locale;
    let head = [
        (tr!(locale, runs.column_partner), false),
        (tr!(locale, runs.column_payable), true),
        (tr!(locale, runs.column_reason), false),
        (tr!(locale, runs.column_owner), false),
        (tr!(locale, runs.column_next), false),
        (tr!(locale, runs.column_until), false),
    ]
    .map(|(label, numeric)| Head { label, numeric })
    .to_vec();
    // A line a reason, each with whom it is about; what would be paid stands on the first, so that it adds up.
    let rows = lines.into_iter().flat_map(|line| {
        let BlockLine { code, name, payable, reasons, .. } = line;
        let mut first = true;
        reasons.into_iter().map(move |one| {
            let is_first = std::mem::replace(&mut first, false);
            Row {
                href: None,
                cells: vec![
                    partner(&name, &code),
                    if is_first { text::amount(ctx, payable) } else { ().into_any() },
                    words::block(ctx, &one, payable.currency).into_any(),
                    words::block_owner(locale, one.reason).into_any(),
                    words::block_next(locale, one.reason).into_any(),
                    one.until.map(|until| text::time(ctx, until)).into_any(),
                ],
            }
        })
    });
    let rows = rows.collect();
    view! { <Table caption=tr!(locale, runs.unpaid_caption) head=head rows=rows/> }.into_any()
}
