//! One enquiry: its claims, its file, what an answer would do, and the word to the partners meanwhile.

use super::{head, promise};
use crate::advertiser::model::{Enquiry, Line, Read, Reject, Reminder, Verdict};
use crate::advertiser::{rules, store};
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::{self, Draft};
use crate::base::language::{Locale, tr};
use crate::base::money::Money;
use crate::paths;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::field::{Field, FileField, Hidden, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{page_head, section};
use crate::ui::notice::done;
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// One enquiry.
#[component]
pub fn EnquiryPage() -> impl IntoView {
    screen(|ctx, query| async move { load_one(&ctx, &query).await })
}

async fn load_one(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    ctx.staff()?;
    let id = query.id("enquiry")?;
    let mut tx = ctx.begin().await?;
    let enquiry = store::find(&mut tx, id).await?;
    let lines = store::lines(&mut tx, id).await?;
    let reminders = store::reminders(&mut tx, id).await?;
    let nth = query.get("answer").and_then(|nth| nth.parse().ok());
    let answer = match nth {
        Some(nth) => Some(store::answer(&mut tx, id, nth).await?),
        None => None,
    };
    drop(tx);
    let draft = forms::recall(ctx, query.get("form")).await?;
    let title = tr!(locale, advertiser.one_title, number = id.0, offer = enquiry.offer.clone());
    let said = match query.get("done") {
        Some("asked") => Some(tr!(locale, advertiser.done_asked)),
        Some("reminded") => Some(tr!(locale, advertiser.done_reminded)),
        Some("told") => Some(tr!(locale, advertiser.done_told)),
        Some("taken") => Some(tr!(locale, advertiser.done_taken)),
        _ => None,
    };
    let lead =
        tr!(locale, advertiser.one_lead, name = enquiry.asked_by.clone(), open = enquiry.open, claims = enquiry.claims);
    let may = Who::Desk.includes(&ctx.actor);
    let read = answer.map(|file| {
        let read = rules::read(id, &lines, &file.bytes).unwrap_or_default();
        let good = read.iter().filter(|read| read.result.is_ok()).count();
        let summary = match file.taken {
            Some((at, settled)) => view! {
                <p>{tr!(locale, advertiser.taken, name = file.name.clone(), count = settled)}" "{text::time_exact(ctx, at)}</p>
            }
            .into_any(),
            None => view! {
                <p>{tr!(locale, advertiser.dry_run, name = file.name.clone(), good = good, bad = read.len() - good)}</p>
                {(may && good > 0).then(|| view! {
                    <Form action="/do/take-enquiry-answer" id="take" class="inline">
                        <Hidden name="enquiry" value=id.to_string()/>
                        <Hidden name="nth" value=file.nth.to_string()/>
                        <Submit text=tr!(locale, advertiser.take_button)/>
                    </Form>
                })}
            }
            .into_any(),
        };
        section(tr!(locale, advertiser.read_title), view! { {summary}{read_table(ctx, &lines, &read)} }.into_any())
    });
    let file = view! {
        <p>{text::link(paths::enquiry_file(id), tr!(locale, advertiser.download))}</p>
        <p class="small">{tr!(locale, advertiser.download_hint)}</p>
    };
    let body = view! {
        {page_head(title.clone(), Some(view! { <p>{lead}" "{promise(ctx, &enquiry)}</p> }.into_any()))}
        {done(ctx, said)}
        {read}
        {section(tr!(locale, advertiser.claims), claims(ctx, &lines))}
        {may.then(|| section(tr!(locale, advertiser.file_title), file.into_any()))}
        {(may && enquiry.open > 0).then(|| section(tr!(locale, advertiser.answer_title), answer_form(ctx, &enquiry, &draft)))}
        {remind(ctx, &enquiry, &reminders, may, &draft)}
        {(may && enquiry.open > 0).then(|| section(tr!(locale, advertiser.tell_title), tell_form(ctx, &enquiry, &draft)))}
        <p>{text::link(paths::ENQUIRIES.to_owned(), tr!(locale, advertiser.back))}</p>
    };
    Ok((title, body.into_any()))
}

fn verdict_badge(locale: Locale, verdict: Verdict) -> AnyView {
    match verdict {
        Verdict::Valid => badge(Tone::Good, tr!(locale, advertiser.valid)),
        Verdict::Declined => badge(Tone::Bad, tr!(locale, advertiser.declined)),
    }
}

fn claims(ctx: &Context, lines: &[Line]) -> AnyView {
    let locale = ctx.locale;
    let heads = head(vec![
        (tr!(locale, advertiser.line), true),
        (tr!(locale, advertiser.partner), false),
        (tr!(locale, advertiser.order), false),
        (tr!(locale, advertiser.occurred), false),
        (tr!(locale, advertiser.claimed), true),
        (tr!(locale, advertiser.answered), false),
        (tr!(locale, advertiser.confirmed), true),
        (tr!(locale, advertiser.note), false),
    ]);
    let rows = lines
        .iter()
        .map(|line| {
            let confirmed = line.answer.as_ref().and_then(|answer| answer.amount);
            Row {
                href: Some(paths::case(line.case)),
                cells: vec![
                    line.line.to_string().into_any(),
                    line.partner_name.clone().into_any(),
                    line.order_id.clone().into_any(),
                    text::time(ctx, line.occurred_at),
                    text::amount(ctx, line.claimed),
                    match &line.answer {
                        Some(answer) => verdict_badge(locale, answer.verdict),
                        None => badge(Tone::Waiting, tr!(locale, advertiser.awaited)),
                    },
                    confirmed.map(|amount| text::amount(ctx, Money::new(amount, line.claimed.currency))).into_any(),
                    line.answer.as_ref().map(|answer| answer.note.clone()).into_any(),
                ],
            }
        })
        .collect();
    view! { <Table caption=tr!(locale, advertiser.claims_caption) head=heads rows=rows/> }.into_any()
}

fn read_table(ctx: &Context, lines: &[Line], read: &[Read]) -> AnyView {
    let locale = ctx.locale;
    let heads = head(vec![
        (tr!(locale, advertiser.row), true),
        (tr!(locale, advertiser.order), false),
        (tr!(locale, advertiser.read), false),
        (tr!(locale, advertiser.confirmed), true),
    ]);
    let rows = read
        .iter()
        .map(|read| {
            let line = read.result.as_ref().ok().and_then(|(at, _)| lines.iter().find(|line| line.line == *at));
            let amount = match (&read.result, line) {
                (Ok((_, answer)), Some(line)) => answer.amount.map(|amount| Money::new(amount, line.claimed.currency)),
                _ => None,
            };
            Row {
                href: None,
                cells: vec![
                    read.row.to_string().into_any(),
                    line.map(|line| line.order_id.clone()).into_any(),
                    match &read.result {
                        Ok((_, answer)) => verdict_badge(locale, answer.verdict),
                        Err(reject) => badge(Tone::Bad, reject_words(locale, *reject)),
                    },
                    amount.map(|amount| text::amount(ctx, amount)).into_any(),
                ],
            }
        })
        .collect();
    view! { <Table caption=tr!(locale, advertiser.read_caption) head=heads rows=rows/> }.into_any()
}

fn reject_words(locale: Locale, reject: Reject) -> String {
    match reject {
        Reject::NoSuchClaim => tr!(locale, advertiser.reject_claim),
        Reject::NoVerdict => tr!(locale, advertiser.reject_verdict),
        Reject::NoAmount => tr!(locale, advertiser.reject_amount),
        Reject::MoreThanClaimed => tr!(locale, advertiser.reject_more),
        Reject::Twice => tr!(locale, advertiser.reject_twice),
        Reject::AnsweredOtherwise => tr!(locale, advertiser.reject_otherwise),
        Reject::NoteTooLong => tr!(locale, advertiser.reject_note),
    }
}

fn answer_form(ctx: &Context, enquiry: &Enquiry, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let typed = if draft.value("form_name") == "answer" { draft.clone() } else { Draft::default() };
    let id = if typed.is_refused() { "form" } else { "answer" };
    let number = enquiry.id.to_string();
    view! {
        <Form action="/do/read-enquiry-answer" id=id draft=&typed with_file=true>
            <Hidden name="enquiry" value=number/>
            <FileField name="answer" label=tr!(locale, advertiser.answer_file) hint=Some(tr!(locale, advertiser.answer_hint)) error=typed.error("answer")/>
            <Submit text=tr!(locale, advertiser.answer_button)/>
        </Form>
    }
    .into_any()
}

/// When the advertiser was asked again, each time with its file, and the form that asks once more.
fn remind(ctx: &Context, enquiry: &Enquiry, reminders: &[Reminder], may: bool, draft: &Draft) -> Option<AnyView> {
    let locale = ctx.locale;
    let asks = may && enquiry.open > 0;
    if reminders.is_empty() && !asks {
        return None;
    }
    let past = reminders.iter().map(|reminder| {
        let words = tr!(locale, advertiser.reminded, name = reminder.by.as_str(), claims = reminder.claims);
        let file = may.then(|| {
            let href = format!("{}?reminder={}", paths::enquiry_file(enquiry.id), reminder.nth);
            view! { " "{text::link(href, tr!(locale, advertiser.download))} }
        });
        view! { <li>{words}" "{text::time_exact(ctx, reminder.at)}"."{file}</li> }
    });
    let past = (!reminders.is_empty()).then(|| view! { <ul>{past.collect_view()}</ul> });
    let form = asks.then(|| {
        let typed = if draft.value("form_name") == "remind" { draft.clone() } else { Draft::default() };
        let id = if typed.is_refused() { "form" } else { "remind" };
        let number = enquiry.id.to_string();
        view! {
            <p>{tr!(locale, advertiser.remind_lead)}</p>
            <Form action="/do/remind-advertiser" id=id draft=&typed>
                <Hidden name="enquiry" value=number/>
                <Hidden name="form_key" value=typed.value_or("form_key", &forms::new_key())/>
                <Field
                    name="next" kind="date" label=tr!(locale, advertiser.next) hint=Some(tr!(locale, advertiser.next_hint))
                    value=typed.value("next") error=typed.error("next") required=true
                />
                <Submit text=tr!(locale, advertiser.remind_button) tone=Weight::Quiet/>
            </Form>
        }
    });
    Some(section(tr!(locale, advertiser.remind_title), view! { {past}{form} }.into_any()))
}

fn tell_form(ctx: &Context, enquiry: &Enquiry, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let typed = if draft.value("form_name") == "tell" { draft.clone() } else { Draft::default() };
    let id = if typed.is_refused() { "form" } else { "tell" };
    let number = enquiry.id.to_string();
    view! {
        <Form action="/do/tell-enquiry" id=id draft=&typed>
            <Hidden name="enquiry" value=number/>
            <Hidden name="form_key" value=typed.value_or("form_key", &forms::new_key())/>
            <TextArea
                name="words" label=tr!(locale, advertiser.tell_words) hint=Some(tr!(locale, advertiser.tell_hint)) value=typed.value("words")
                error=typed.error("words") rows=3 required=true maxlength=2_000
            />
            <Field name="next" kind="date" label=tr!(locale, advertiser.next) value=typed.value("next") error=typed.error("next") required=true/>
            <Submit text=tr!(locale, advertiser.tell_button) tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}
