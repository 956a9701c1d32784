//! `/enquiries`: what advertisers are asked about, and what is still to be asked.

use super::model::{Doubled, Enquiry, Gathered};
use super::store;
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::disputes::words::moment;
use crate::paths;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::empty::empty;
use crate::ui::field::{Field, Hidden, Submit};
use crate::ui::form::Form;
use crate::ui::layout::{page_head, section, tabs};
use crate::ui::screen::screen;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

mod of_case;
mod one;

pub use of_case::{of_case, steps};
pub use one::EnquiryPage;

/// The list.
#[component]
pub fn Enquiries() -> impl IntoView {
    screen(|ctx, query| async move {
        ctx.staff()?;
        let locale = ctx.locale;
        let answered = query.get("view") == Some("answered");
        let mut tx = ctx.begin().await?;
        let gathered = store::gathered(&mut tx).await?;
        let found = store::list(&mut tx, answered).await?;
        let doubled = store::doubled(&mut tx).await?;
        drop(tx);
        let draft = forms::recall(&ctx, query.get("form")).await?;
        let title = tr!(locale, advertiser.title);
        let views = vec![
            (tr!(locale, advertiser.view_open), paths::ENQUIRIES.to_owned(), !answered),
            (tr!(locale, advertiser.view_answered), format!("{}?view=answered", paths::ENQUIRIES), answered),
        ];
        let body = view! {
            {page_head(title.clone(), Some(lead(&ctx, &gathered, &found, answered)))}
            {twice(&ctx, &doubled)}
            {(!answered).then(|| to_ask(&ctx, &gathered, &draft))}
            {tabs(views)}
            {table(&ctx, found)}
        };
        Ok((title, body.into_any()))
    })
}

fn lead(ctx: &Context, gathered: &[Gathered], found: &[Enquiry], answered: bool) -> AnyView {
    let locale = ctx.locale;
    let waiting: i64 = gathered.iter().map(|offer| offer.claims).sum();
    let late = found.iter().filter(|enquiry| enquiry.open > 0 && enquiry.next_update_at < ctx.now()).count();
    let first = match waiting {
        0 => tr!(locale, advertiser.lead_none),
        1 => tr!(locale, advertiser.lead_one),
        count => tr!(locale, advertiser.lead, count = format::count(locale, count)),
    };
    let late = (!answered && late > 0).then(|| {
        let words = tr!(locale, advertiser.lead_late, count = late);
        view! { <p>{badge(Tone::Bad, words)}</p> }
    });
    view! { <p>{first}</p>{late} }.into_any()
}

/// What would be paid twice, with the way to contest it.
fn twice(ctx: &Context, doubled: &[Doubled]) -> Option<AnyView> {
    let locale = ctx.locale;
    if doubled.is_empty() {
        return None;
    }
    let each = doubled.iter().map(|each| {
        let words = tr!(
            locale,
            advertiser.twice,
            order = each.order_id.clone(),
            partner = each.partner_name.clone(),
            credited = format::money(locale, each.credited),
            commission = format::money(locale, each.commission)
        );
        let contest = paths::contest_order(&each.programme, &each.order_id);
        view! {
            <p>
                {words}" "{text::link(paths::case(each.case), tr!(locale, escalations.of_case, number = each.case.0))}" "
                {text::link(contest, tr!(locale, contests.contest_this))}
            </p>
        }
    });
    let body = view! { <p>{tr!(locale, advertiser.twice_lead)}</p>{each.collect_view()} };
    Some(section(tr!(locale, advertiser.twice_title), body.into_any()))
}

fn to_ask(ctx: &Context, gathered: &[Gathered], draft: &Draft) -> Option<AnyView> {
    let locale = ctx.locale;
    if gathered.is_empty() || !Who::Desk.includes(&ctx.actor) {
        return None;
    }
    let each = gathered.iter().map(|offer| {
        let form = format!("ask-{}", offer.offer);
        let typed = if draft.value("form_name") == form { draft.clone() } else { Draft::default() };
        let id = if typed.is_refused() { "form".to_owned() } else { form };
        let claims = format::count(locale, offer.claims);
        let words = tr!(locale, advertiser.offer_claims, offer = offer.name.clone(), programme = offer.programme.clone(), count = claims);
        let number = offer.offer.to_string();
        view! {
            <p><strong>{words}</strong>" "{tr!(locale, advertiser.oldest)}" "{text::time(ctx, offer.oldest)}</p>
            <Form action="/do/ask-advertiser" id=id draft=&typed class="inline">
                <Hidden name="offer" value=number/>
                <Hidden name="form_key" value=typed.value_or("form_key", &forms::new_key())/>
                <Field
                    name="next" kind="date" label=tr!(locale, advertiser.next) hint=Some(tr!(locale, advertiser.next_hint))
                    value=typed.value("next") error=typed.error("next") required=true
                />
                <Submit text=tr!(locale, advertiser.ask_button)/>
            </Form>
        }
    });
    Some(section(tr!(locale, advertiser.to_ask), each.collect_view().into_any()))
}

fn head(labels: Vec<(String, bool)>) -> Vec<Head> {
    labels.into_iter().map(|(label, numeric)| Head { label, numeric }).collect()
}

fn table(ctx: &Context, found: Vec<Enquiry>) -> AnyView {
    let locale = ctx.locale;
    if found.is_empty() {
        return empty(tr!(locale, advertiser.empty_title), tr!(locale, advertiser.empty_text));
    }
    let heads = head(vec![
        (tr!(locale, advertiser.number), false),
        (tr!(locale, advertiser.offer), false),
        (tr!(locale, advertiser.claims), true),
        (tr!(locale, advertiser.open), true),
        (tr!(locale, advertiser.asked), false),
        (tr!(locale, advertiser.by), false),
        (tr!(locale, advertiser.promised), false),
    ]);
    let rows = found
        .into_iter()
        .map(|enquiry| Row {
            href: Some(paths::enquiry(enquiry.id)),
            cells: vec![
                enquiry.id.to_string().into_any(),
                enquiry.offer.clone().into_any(),
                text::count(ctx, enquiry.claims),
                text::count(ctx, enquiry.open),
                text::time(ctx, enquiry.asked_at),
                enquiry.asked_by.clone().into_any(),
                promise(ctx, &enquiry),
            ],
        })
        .collect();
    view! { <Table caption=tr!(locale, advertiser.caption) head=heads rows=rows/> }.into_any()
}

fn promise(ctx: &Context, enquiry: &Enquiry) -> AnyView {
    if enquiry.open == 0 {
        return badge(Tone::Good, tr!(ctx.locale, advertiser.all_answered));
    }
    let late = enquiry.next_update_at < ctx.now();
    let when = moment(ctx, shown_end(enquiry.next_update_at));
    match late {
        true => badge(Tone::Bad, tr!(ctx.locale, advertiser.promise_broken, when = when)),
        false => badge(Tone::Waiting, tr!(ctx.locale, advertiser.promise, when = when)),
    }
}

/// A promise runs to the end of a day: the day is what is shown, not the midnight after it.
fn shown_end(at: DateTime<Utc>) -> DateTime<Utc> {
    at - chrono::TimeDelta::minutes(1)
}
