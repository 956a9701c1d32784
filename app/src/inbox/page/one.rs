//! `/quarantine/{mail}`: one mail that waits, and the ways to place it, each one key or click.

use super::list::{from, said, subject, tone};
use super::message::folded;
use super::words;
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::ids::MailInId;
use crate::base::language::tr;
use crate::inbox::model::{Incoming, Reason};
use crate::inbox::store::{self, Disposition, Shown};
use crate::paths;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::field::{Field, Hidden, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{columns, facts, page_head, section};
use crate::ui::notice::{done, notice, notice_with};
use crate::ui::screen::{Query, screen};
use crate::ui::text;
use leptos::prelude::*;

/// The page.
#[component]
pub fn QuarantinedMail() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    ctx.staff()?;
    let id = MailInId(query.id("mail")?);
    let mut tx = ctx.begin().await?;
    let mail = store::show(&mut tx, id).await?;
    drop(tx);
    let draft = forms::recall(ctx, query.get("form")).await?;
    let title = subject(ctx, &mail.listed);
    let acts = mail.disposed.is_none() && Who::Desk.includes(&ctx.actor);
    let gone = draft.error("").filter(|_| !acts).map(|message| notice(Tone::Bad, message));
    let body = view! {
        <p>{text::link(paths::QUARANTINE.to_owned(), tr!(locale, inbox.back))}</p>
        {page_head(title.clone(), Some(lead(ctx, &mail)))}
        {done(ctx, said(ctx, query))}
        {gone}
        {mail.disposed.as_ref().map(|disposed| was_placed(ctx, disposed))}
        {acts.then(|| section(tr!(locale, inbox.place_heading), forms_of(ctx, &mail, &draft)))}
        {section(tr!(locale, inbox.says), says(ctx, &mail))}
    };
    Ok((title, body.into_any()))
}

fn lead(ctx: &Context, mail: &Shown) -> AnyView {
    let locale = ctx.locale;
    let reason = mail.listed.reason;
    view! {
        <p>{from(ctx, &mail.listed)}" "{text::time_exact(ctx, mail.listed.received_at)}</p>
        <p>{badge(tone(reason), words::reason(locale, reason))}" "{words::explained(locale, reason)}</p>
    }
    .into_any()
}

fn was_placed(ctx: &Context, disposed: &Disposition) -> AnyView {
    let locale = ctx.locale;
    let when = format::date_time(locale, ctx.time_zone, disposed.at);
    match disposed.case {
        Some(case) => {
            let sentence = tr!(locale, inbox.was_placed, name = disposed.by.as_str(), when = when);
            let link = text::link(paths::case(case), tr!(locale, inbox.near_case, case = case.0));
            notice_with(Tone::Good, view! { {sentence}" "{link} }.into_any())
        }
        None => notice(Tone::Good, tr!(locale, inbox.was_dismissed, name = disposed.by.as_str(), when = when)),
    }
}

fn says(ctx: &Context, mail: &Shown) -> AnyView {
    let locale = ctx.locale;
    let original = Who::Desk
        .includes(&ctx.actor)
        .then(|| text::link(paths::original(mail.listed.id), tr!(locale, inbox.original)));
    let Some(read) = &mail.read else {
        return view! { <p>{tr!(locale, inbox.unreadable)}</p> <p>{original}</p> }.into_any();
    };
    let said = if read.text.trim().is_empty() {
        view! { <p class="quiet">{tr!(locale, inbox.no_text)}</p> }.into_any()
    } else {
        folded(ctx, &read.text)
    };
    let cut = read.cut.then(|| view! { <p class="quiet">{tr!(locale, inbox.cut)}</p> });
    view! { {said}{cut}{failed(ctx, read)}{files(ctx, read)}<p>{original}</p> }.into_any()
}

/// The addresses that a delivery report names.
fn failed(ctx: &Context, read: &Incoming) -> Option<AnyView> {
    let bounce = read.bounce.as_ref()?;
    let lines = bounce.failed.iter().map(|failed| (failed.address.clone(), failed.status.clone().into_any())).collect();
    Some(section(tr!(ctx.locale, inbox.failed), facts(lines)))
}

/// The names of its files: they can be had once the mail is in a case, after they are scanned.
fn files(ctx: &Context, read: &Incoming) -> Option<AnyView> {
    if read.attachments.is_empty() {
        return None;
    }
    let locale = ctx.locale;
    let files = read
        .attachments
        .iter()
        .map(|file| {
            let size = words::size(locale, file.bytes.len());
            view! { <li>{file.name.clone()}" "<span class="quiet">{file.kind}", "{size}</span></li> }
        })
        .collect_view();
    Some(section(
        tr!(locale, inbox.files),
        view! { <ul class="files">{files}</ul> <p class="quiet">{tr!(locale, inbox.files_later)}</p> }.into_any(),
    ))
}

fn forms_of(ctx: &Context, mail: &Shown, draft: &Draft) -> AnyView {
    let near = mail.near.as_ref().map(|near| near.case.to_string()).unwrap_or_default();
    let partner = mail.partner.clone().unwrap_or_default();
    let believe = (mail.listed.reason == Reason::Unproven).then(|| form(ctx, mail, "believe", "", draft));
    let others = columns(vec![
        form(ctx, mail, "attach", &near, draft),
        form(ctx, mail, "new_case", &partner, draft),
        form(ctx, mail, "no_answer", "", draft),
    ]);
    view! { {believe}{others} }.into_any()
}

fn form(ctx: &Context, mail: &Shown, verdict: &'static str, start: &str, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let mine = draft.is_refused() && draft.value("form_name") == verdict;
    let draft = if mine { draft.clone() } else { Draft::default() };
    let id = if mine { "form" } else { verdict };
    let first = if mail.listed.reason == Reason::Unproven { Weight::Quiet } else { Weight::Primary };
    let (field, button, key, tone) = match verdict {
        "believe" => {
            let hint = view! { <p class="hint">{tr!(locale, inbox.believe_hint)}</p> };
            (Some(hint.into_any()), tr!(locale, inbox.believe), "b", Weight::Primary)
        }
        "attach" => {
            let hint = mail.near.as_ref().map(|near| {
                tr!(locale, inbox.near_hint, subject = near.subject.as_str(), partner = near.partner.as_str())
            });
            let field = view! {
                <Field
                    name="case" label=tr!(locale, inbox.case) kind="text" required=true value=draft.value_or("case", start)
                    error=draft.error("case") hint=hint
                />
            };
            (Some(field.into_any()), tr!(locale, inbox.attach), "a", first)
        }
        "new_case" => {
            let field = view! {
                <Field
                    name="partner" label=tr!(locale, inbox.partner) kind="text" required=true value=draft.value_or("partner", start)
                    error=draft.error("partner") hint=Some(tr!(locale, inbox.partner_hint))
                />
            };
            (Some(field.into_any()), tr!(locale, inbox.new_case), "n", Weight::Quiet)
        }
        _ => (None, tr!(locale, inbox.no_answer), "x", Weight::Quiet),
    };
    let mail = mail.listed.id.to_string();
    view! {
        <Form action="/do/place-mail" id=id draft=&draft>
            <Hidden name="mail" value=mail/>
            <Hidden name="verdict" value=verdict/>
            {field}
            <Submit text=button tone=tone key=key/>
        </Form>
    }
    .into_any()
}
