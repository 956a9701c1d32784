//! `/mail`: what waits, what failed and why, what was sent; for leads and owners.

use super::model::{Kind, Listed, Server, State, Unsent};
use super::store::{self, COUNTED, PAGE};
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::language::{Locale, tr};
use crate::paths;
use crate::ui::Tone;
use crate::ui::empty::empty;
use crate::ui::field::{Hidden, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{page_head, pages, tabs};
use crate::ui::notice::{done, notice, notice_with};
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Mail() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    if !Who::Leads.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let before = query.get("before").and_then(|text| text.parse().ok());
    let mut tx = ctx.begin().await?;
    let (waiting, failed) = store::counts(&mut tx).await?;
    let server = store::server(&mut tx).await?;
    let state =
        query.get("state").and_then(State::parse).unwrap_or(if failed > 0 { State::Failed } else { State::Waiting });
    let mut mails = store::list(&mut tx, state, before).await?;
    drop(tx);

    let shown = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = mails.len() > shown;
    mails.truncate(shown);
    let next = mails.last().filter(|_| more).map(|last| query.with("before", &last.id.to_string()));
    let title = tr!(locale, mail.title);
    let lead = match (waiting, failed) {
        (0, 0) => tr!(locale, mail.lead_none),
        (waiting, 0) => tr!(locale, mail.lead_waiting, waiting = about(locale, waiting)),
        (waiting, failed) => {
            tr!(locale, mail.lead_failed, waiting = about(locale, waiting), failed = about(locale, failed))
        }
    };
    let said = match query.get("done") {
        Some("again") => Some(tr!(locale, mail.done_again)),
        Some("sent") => Some(tr!(locale, mail.done_sent)),
        _ => None,
    };
    let views =
        State::ALL.map(|each| (words(locale, each), format!("{}?state={}", paths::MAIL, each.as_str()), each == state));
    let body = view! {
        {page_head(title.clone(), Some(lead.into_any()))}
        {done(ctx, said)}
        {health(ctx, &server, waiting)}
        {tabs(views.to_vec())}
        {table(ctx, state, mails)}
        {pages(None, next)}
    };
    Ok((title, body.into_any()))
}

/// A count that stopped at its limit says so.
fn about(locale: Locale, count: i64) -> String {
    if count >= COUNTED {
        tr!(locale, mail.more_than, count = format::count(locale, COUNTED))
    } else {
        format::count(locale, count)
    }
}

fn words(locale: Locale, state: State) -> String {
    match state {
        State::Waiting => tr!(locale, mail.waiting),
        State::Failed => tr!(locale, mail.failed),
        State::Sent => tr!(locale, mail.sent),
    }
}

/// What a mail is about.
fn kind(locale: Locale, kind: Kind) -> String {
    match kind {
        Kind::Reply => tr!(locale, mail.kind_reply),
        Kind::Invitation => tr!(locale, mail.kind_invitation),
        Kind::Delay => tr!(locale, mail.kind_delay),
        Kind::Bulletin => tr!(locale, bulletins.kind),
        Kind::MethodConfirm => tr!(locale, mail.kind_confirm),
        Kind::MethodChanged => tr!(locale, mail.kind_changed),
        Kind::Notice => tr!(locale, notices.mail_kind),
        Kind::Terms => tr!(locale, agreement.mail_kind),
        Kind::Digest => tr!(locale, digest.mail_kind),
        Kind::Promo => tr!(locale, promo.mail_kind),
    }
}

/// Whether mail goes out at all, and if not, why.
fn health(ctx: &Context, server: &Server, waiting: i64) -> AnyView {
    let locale = ctx.locale;
    if !ctx.mail.sends() {
        return notice(Tone::Waiting, tr!(locale, mail.no_server));
    }
    match (&server.failing, server.last_ok_at) {
        (Some((since, said)), _) => {
            let body = view! {
                <p>{tr!(locale, mail.server_failing)}" "{text::time_exact(ctx, *since)}". "{tr!(locale, mail.server_retries)}</p>
                <p>{tr!(locale, mail.server_says)}" "<q>{said.clone()}</q></p>
            };
            notice_with(Tone::Bad, body.into_any())
        }
        (None, Some(at)) if waiting == 0 => {
            view! { <p>{tr!(locale, mail.server_ok)}" "{text::time_exact(ctx, at)}</p> }.into_any()
        }
        _ => ().into_any(),
    }
}

/// What the mail server said, in its own words, or why it was not asked.
fn answer(locale: Locale, said: String) -> String {
    match Unsent::parse(&said) {
        Some(Unsent::Bounced) => tr!(locale, mail.unsent_bounced),
        Some(Unsent::Scanning) => tr!(locale, mail.unsent_scanning),
        Some(Unsent::TooOld) => tr!(locale, mail.unsent_too_old),
        Some(Unsent::Disabled) => tr!(locale, mail.unsent_disabled),
        Some(Unsent::Address) => tr!(locale, mail.unsent_address),
        Some(Unsent::Unwritten) => tr!(locale, mail.unsent_unwritten),
        None => said,
    }
}

fn table(ctx: &Context, state: State, mails: Vec<Listed>) -> AnyView {
    let locale = ctx.locale;
    if mails.is_empty() {
        let why = match state {
            State::Waiting => tr!(locale, mail.empty_waiting),
            State::Failed => tr!(locale, mail.empty_failed),
            State::Sent => tr!(locale, mail.empty_sent),
        };
        return empty(words(locale, state), why);
    }
    let mut head = vec![
        (tr!(locale, mail.column_about), false),
        (tr!(locale, mail.column_to), false),
        (tr!(locale, mail.column_partner), false),
        (tr!(locale, mail.column_written), false),
        (tr!(locale, mail.column_tries), true),
        (tr!(locale, mail.column_said), false),
    ];
    if state == State::Waiting {
        head.push((tr!(locale, mail.column_next), false));
    }
    if state != State::Sent {
        head.push((tr!(locale, mail.column_again), false));
    }
    let head = head.into_iter().map(|(label, numeric)| Head { label, numeric }).collect::<Vec<_>>();
    let rows = mails.into_iter().map(|mail| row(ctx, mail)).collect();
    view! { <Table caption=tr!(locale, mail.caption, state = words(locale, state)) head=head rows=rows/> }.into_any()
}

fn row(ctx: &Context, mail: Listed) -> Row {
    let locale = ctx.locale;
    let about = match mail.case {
        Some(case) => text::link(paths::case(case), kind(locale, mail.kind)).into_any(),
        None => kind(locale, mail.kind).into_any(),
    };
    let said =
        mail.last.map(|(said, at)| view! { {text::time_exact(ctx, at)}" "<small>{answer(locale, said)}</small> });
    let mut cells = vec![
        about,
        mail.person.unwrap_or_else(|| tr!(locale, mail.to_invited)).into_any(),
        mail.partner_name.unwrap_or_default().into_any(),
        text::time_exact(ctx, mail.written_at),
        text::count(ctx, mail.tries.into()),
        said.into_any(),
    ];
    if mail.state == State::Waiting {
        cells.push(mail.next_at.map(|at| text::time_exact(ctx, at)).into_any());
    }
    if mail.state != State::Sent {
        let again = view! {
            <Form action="/do/send-mail-again" id=format!("again-{}", mail.id) class="inline">
                <Hidden name="mail" value=mail.id.to_string()/>
                <Submit text=tr!(locale, mail.again) tone=Weight::Quiet/>
            </Form>
        };
        cells.push(again.into_any());
    }
    Row { cells, href: None }
}
