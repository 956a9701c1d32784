//! `/quarantine`: mails that wait for a person, the oldest first.

use super::words;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::language::tr;
use crate::inbox::model::Reason;
use crate::inbox::store::{self, Listed, Troubled};
use crate::paths;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::empty::empty;
use crate::ui::layout::{page_head, pages, tabs};
use crate::ui::notice::{done, notice_with};
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// Mails on a page.
const MAILS: usize = 50;

/// The page.
#[component]
pub fn Quarantine() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    ctx.staff()?;
    let reason = query.get("reason").and_then(Reason::parse);
    let after = query.get("after").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut tx = ctx.begin().await?;
    let waiting = store::count(&mut tx).await?;
    let mut mails = store::list(&mut tx, reason, after, MAILS as i64 + 1).await?;
    let mailboxes = store::troubled(&mut tx, ctx.now()).await?;
    drop(tx);
    let more = mails.len() > MAILS;
    mails.truncate(MAILS);
    let next = more.then(|| mails.last().map(|last| query.with("after", &last.id.to_string()))).flatten();
    let title = tr!(locale, inbox.title);
    let lead = match waiting {
        0 => tr!(locale, inbox.none_wait),
        1 => tr!(locale, inbox.one_waits),
        count => tr!(locale, inbox.some_wait, count = format::count(locale, count)),
    };
    let body = view! {
        {page_head(title.clone(), Some(view! { <p>{lead}</p> }.into_any()))}
        {done(ctx, said(ctx, query))}
        {mailboxes.iter().map(|mailbox| trouble(ctx, mailbox)).collect_view()}
        {tabs(views(ctx, reason))}
        {table(ctx, mails)}
        {pages(None, next)}
    };
    Ok((title, body.into_any()))
}

/// A mailbox that can't be read: what arrives there is seen by nobody until it can.
fn trouble(ctx: &Context, mailbox: &Troubled) -> AnyView {
    let locale = ctx.locale;
    let body = view! {
        <p>
            {tr!(locale, inbox.mailbox_failing, address = mailbox.address.clone())}" "{text::time_exact(ctx, mailbox.since)}". "
            {tr!(locale, inbox.mailbox_retries)}
        </p>
        <p>{tr!(locale, mail.server_says)}" "<q>{mailbox.said.clone()}</q></p>
    };
    notice_with(Tone::Bad, body.into_any())
}

/// What was just done with the mail before.
pub(super) fn said(ctx: &Context, query: &Query) -> Option<String> {
    match (query.get("done"), query.get("case").and_then(|case| case.parse::<i64>().ok())) {
        (Some("placed"), Some(case)) => Some(tr!(ctx.locale, inbox.done_placed, case = case)),
        (Some("no_answer"), _) => Some(tr!(ctx.locale, inbox.done_no_answer)),
        _ => None,
    }
}

fn views(ctx: &Context, now: Option<Reason>) -> Vec<(String, String, bool)> {
    let all = (tr!(ctx.locale, inbox.view_all), paths::QUARANTINE.to_owned(), now.is_none());
    let each = Reason::ALL.into_iter().map(|reason| {
        let href = format!("{}?reason={}", paths::QUARANTINE, reason.as_str());
        (words::reason(ctx.locale, reason), href, now == Some(reason))
    });
    std::iter::once(all).chain(each).collect()
}

fn table(ctx: &Context, mails: Vec<Listed>) -> AnyView {
    let locale = ctx.locale;
    if mails.is_empty() {
        return empty(tr!(locale, inbox.empty_title), tr!(locale, inbox.empty_text));
    }
    let head = [
        tr!(locale, inbox.column_from),
        tr!(locale, inbox.column_subject),
        tr!(locale, inbox.column_reason),
        tr!(locale, inbox.column_near),
        tr!(locale, inbox.column_received),
    ]
    .map(|label| Head { label, numeric: false })
    .to_vec();
    let rows = mails
        .into_iter()
        .map(|mail| Row {
            href: Some(paths::quarantined(mail.id)),
            cells: vec![
                from(ctx, &mail).into_any(),
                view! { <strong>{subject(ctx, &mail)}</strong>" "<span class="quiet">{mail.preview.clone()}</span> }
                    .into_any(),
                badge(tone(mail.reason), words::reason(locale, mail.reason)),
                mail.near.map(|case| tr!(locale, inbox.near_case, case = case.0)).into_any(),
                text::time_exact(ctx, mail.received_at),
            ],
        })
        .collect();
    view! { <Table caption=tr!(locale, inbox.caption) head=head rows=rows/> }.into_any()
}

pub(super) fn tone(reason: Reason) -> Tone {
    match reason {
        Reason::Stranger | Reason::SeveralAccounts | Reason::Unproven => Tone::Waiting,
        Reason::Bounce | Reason::Broken | Reason::Forged | Reason::TooLarge => Tone::Bad,
        Reason::Machine | Reason::Loop => Tone::Neutral,
    }
}

/// Who wrote it, as they say.
pub(super) fn from(ctx: &Context, mail: &Listed) -> String {
    match (mail.from_name.as_str(), &mail.from) {
        ("", Some(address)) => address.clone(),
        ("", None) => tr!(ctx.locale, inbox.from_nobody),
        (name, Some(address)) => format!("{name} <{address}>"),
        (name, None) => name.to_owned(),
    }
}

pub(super) fn subject(ctx: &Context, mail: &Listed) -> String {
    if mail.subject.is_empty() { tr!(ctx.locale, inbox.no_subject) } else { mail.subject.clone() }
}
