//! What a partner reads of corrections: a list on the terms page, each with its items, and beside the commission it is about.

use super::words;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::ids::{ConversionId, CorrectionId};
use crate::base::language::tr;
use crate::base::money::Money;
use crate::corrections::model::{Item, Told};
use crate::corrections::store;
use crate::paths;
use crate::ui::layout::{page_head, pages, section};
use crate::ui::screen::screen;
use crate::ui::text;
use leptos::prelude::*;

/// Items on a page.
const PAGE: i64 = 50;

/// `/terms/corrections/{correction}`
#[component]
pub fn PartnerCorrection() -> impl IntoView {
    screen(|ctx, query| async move {
        let member = ctx.member()?;
        let locale = ctx.locale;
        let id: CorrectionId = query.id("correction")?;
        let after = query.get("after").and_then(|text| text.parse().ok()).map(ConversionId);
        let mut tx = ctx.begin().await?;
        let told = store::told(&mut tx, member.partner, Some(id)).await?.pop().ok_or(AppError::NotFound)?;
        let mut items = store::items(&mut tx, member.partner, id, after, PAGE + 1).await?;
        tx.commit().await?;
        let more = items.len() > PAGE as usize;
        items.truncate(PAGE as usize);
        let next = more.then(|| items.last().map(|last| query.with("after", &last.conversion.to_string()))).flatten();
        let title = tr!(locale, corrections.partner_title);
        let lead = tr!(locale, corrections.partner_lead, amount = words::total(&ctx, &told.sums));
        let body = view! {
            {page_head(title.clone(), Some(lead.into_any()))}
            <p>{said(&ctx, &told)}</p>
            {text::prose(told.reason.clone())}
            {section(tr!(locale, corrections.sums_title), words::sums(&ctx, &told.sums))}
            {section(tr!(locale, corrections.items_title), words::items(&ctx, &items, true))}
            {pages(None, next)}
            <p>{text::link(paths::TERMS.to_owned(), tr!(locale, corrections.back))}</p>
        };
        Ok((title, body.into_any()))
    })
}

/// What was put right, of which offer, by whom and when.
fn said(ctx: &Context, told: &Told) -> String {
    let locale = ctx.locale;
    let what = words::what(ctx, &told.terms, told.since, told.until);
    let day = format::date(locale, ctx.time_zone, told.at);
    let offer = told.offer.clone().unwrap_or_else(|| tr!(locale, disputes.fact_all_offers));
    tr!(locale, corrections.said, what = what, offer = offer, name = told.by.clone(), day = day)
}

/// A partner's corrections on their terms page; nothing where there are none.
pub fn of_partner(ctx: &Context, corrections: &[Told]) -> AnyView {
    if corrections.is_empty() {
        return ().into_any();
    }
    let lines: Vec<_> = corrections
        .iter()
        .map(|told| {
            let total = words::total(ctx, &told.sums);
            let link = text::link(paths::own_correction(told.id), total);
            view! { <li>{link}": "{said(ctx, told)}</li> }
        })
        .collect();
    section(tr!(ctx.locale, corrections.partner_title), view! { <ul>{lines}</ul> }.into_any())
}

/// What corrections gave one commission, with their reasons; nothing where none did.
///
/// # Errors
/// When the database is away.
pub async fn of_commission(ctx: &Context, tx: &mut Tx, conversion: ConversionId) -> Result<AnyView, AppError> {
    let member = ctx.member()?;
    let found = store::of_conversion(tx, member.partner, conversion).await?;
    if found.is_empty() {
        return Ok(().into_any());
    }
    let lines: Vec<_> = found.iter().map(|(told, item)| line(ctx, told, item)).collect();
    Ok(section(tr!(ctx.locale, corrections.partner_title), lines.into_any()))
}

fn line(ctx: &Context, told: &Told, item: &Item) -> AnyView {
    let locale = ctx.locale;
    let money = |amount| format::money(locale, Money::new(amount, item.currency));
    let sum = tr!(
        locale,
        corrections.item,
        should_be = money(item.should_be),
        was = money(item.was + item.credited),
        amount = money(item.amount)
    );
    let link = text::link(paths::own_correction(told.id), said(ctx, told));
    view! { <p>{sum}" "{link}</p>{text::prose(told.reason.clone())} }.into_any()
}
