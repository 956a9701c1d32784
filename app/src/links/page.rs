//! `/links`: the register, dead links first.

use super::model::{Finding, Listed, State};
use super::store;
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::ids::MacroId;
use crate::base::language::{Locale, tr};
use crate::macros::model::{Spoken, Variant};
use crate::macros::page::variant_words;
use crate::paths;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::empty::empty;
use crate::ui::field::{Hidden, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::layout::page_head;
use crate::ui::notice::done;
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// The most that are shown.
const MOST: i64 = 500;

/// The page.
#[component]
pub fn Links() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    ctx.staff()?;
    let mut tx = ctx.begin().await?;
    let dead = store::dead(&mut tx).await?;
    let found = store::list(&mut tx, MOST).await?;
    drop(tx);
    let title = tr!(locale, links.title);
    let lead = match dead {
        0 => tr!(locale, links.lead_none),
        1 => tr!(locale, links.lead_one),
        count => tr!(locale, links.lead_some, count = format::count(locale, count)),
    };
    let said = (query.get("done") == Some("soon")).then(|| tr!(locale, links.done_soon));
    let body = view! {
        {page_head(title.clone(), Some(view! { <p>{lead}</p> }.into_any()))}
        {done(ctx, said)}
        {table(ctx, found)}
    };
    Ok((title, body.into_any()))
}

fn table(ctx: &Context, found: Vec<Listed>) -> AnyView {
    let locale = ctx.locale;
    if found.is_empty() {
        return empty(tr!(locale, links.empty_title), tr!(locale, links.empty_text));
    }
    let may_check = Who::Desk.includes(&ctx.actor);
    let mut head = vec![
        tr!(locale, links.head_address),
        tr!(locale, links.head_state),
        tr!(locale, links.head_used),
        tr!(locale, links.head_checked),
    ];
    head.extend(may_check.then(|| tr!(locale, links.head_again)));
    let head = head.into_iter().map(|label| Head { label, numeric: false }).collect();
    let rows = found
        .into_iter()
        .map(|link| {
            let checked = match link.checked_at {
                Some(at) => text::time_exact(ctx, at),
                None => tr!(locale, links.not_yet).into_any(),
            };
            let used = link.used.iter().map(|used| {
                let href = match (&used.slug, used.r#macro) {
                    (Some(slug), _) => format!("{}?language={}", paths::article(slug), used.language),
                    (None, id) => paths::macro_page(MacroId(id.unwrap_or_default())),
                };
                // Its title is in the article's language, whatever its reader's.
                let lang = used.language.split('_').next().unwrap_or_default().to_owned();
                view! { <li><span lang=lang>{text::link(href, used.name.clone())}</span>" ("{spoken(locale, &used.language)}")"</li> }
            });
            let used = view! { <ul class="plain">{used.collect_view()}</ul> }.into_any();
            let mut cells =
                vec![text::link(link.address.clone(), link.address.clone()), state(locale, &link), used, checked];
            cells.extend(may_check.then(|| again(ctx, &link)));
            Row { cells, href: None }
        })
        .collect();
    view! { <Table caption=tr!(locale, links.caption) head=head rows=rows/> }.into_any()
}

fn spoken(locale: Locale, written: &str) -> String {
    match Variant::parse(written) {
        Some(variant) => variant_words(locale, Spoken::As(variant)),
        None => variant_words(locale, Spoken::Spanish),
    }
}

fn again(ctx: &Context, link: &Listed) -> AnyView {
    let (locale, id) = (ctx.locale, link.id.to_string());
    view! {
        <Form action="/do/check-link" id=format!("link-{id}") class="inline">
            <Hidden name="link" value=id/>
            <Submit text=tr!(locale, links.check_button) tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}

fn state(locale: Locale, link: &Listed) -> AnyView {
    let (tone, word) = match link.state {
        State::Unchecked => (Tone::Neutral, tr!(locale, links.state_unchecked)),
        State::Works => (Tone::Good, tr!(locale, links.state_works)),
        State::Doubtful => (Tone::Waiting, tr!(locale, links.state_doubtful)),
        State::Dead => (Tone::Bad, tr!(locale, links.state_dead)),
    };
    let why = link.finding.filter(|_| link.state != State::Works).map(|finding| finding_words(locale, finding));
    view! { {badge(tone, word)}" "{why} }.into_any()
}

fn finding_words(locale: Locale, finding: Finding) -> String {
    match finding {
        Finding::Answers(_) => tr!(locale, links.finding_answers),
        Finding::Status(status) => tr!(locale, links.finding_status, status = status),
        Finding::NoPage => tr!(locale, links.finding_no_page),
        Finding::NotForPartners => tr!(locale, links.finding_not_for_partners),
        Finding::NoSuchHost => tr!(locale, links.finding_no_such_host),
        Finding::PrivateAddress => tr!(locale, links.finding_private_address),
        Finding::NoAnswer => tr!(locale, links.finding_no_answer),
        Finding::Refused => tr!(locale, links.finding_refused),
        Finding::Redirects => tr!(locale, links.finding_redirects),
        Finding::Broken => tr!(locale, links.finding_broken),
    }
}
