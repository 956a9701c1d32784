//! The record on screen: every change, who made it, before and after; and whether its chain is unbroken.

mod facts;
mod words;

use super::model::{Break, Difference, Line, Verified, Who};
use super::store::{self, ByWhom, Wanted};
use crate::base::access;
use crate::base::clock::start_of_day;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::ids::PersonId;
use crate::base::language::tr;
use crate::paths;
use crate::ui::Tone;
use crate::ui::empty::empty;
use crate::ui::field::{Field, Select, Submit, Weight};
use crate::ui::form::Filter;
use crate::ui::layout::{page_head, pages};
use crate::ui::notice::notice_with;
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use chrono::{Days, NaiveDate};
use leptos::prelude::*;

/// Lines on a page.
const PAGE: i64 = 50;

/// `/record`
#[component]
pub fn Record() -> impl IntoView {
    screen(|ctx, query| async move {
        if !(ctx.staff().is_ok() && access::Who::Record.includes(&ctx.actor)) {
            return Err(AppError::Forbidden);
        }
        let title = tr!(ctx.locale, audit.heading);
        let body = match query.get("verify") {
            Some(_) => verified(&ctx).await?,
            None => lines(&ctx, &query).await?,
        };
        let lead = tr!(ctx.locale, audit.lead).into_any();
        Ok((title.clone(), view! { {page_head(title, Some(lead))} {body} }.into_any()))
    })
}

async fn verified(ctx: &Context) -> Result<AnyView, AppError> {
    let mut tx = ctx.begin().await?;
    let verified = store::verify(&mut tx).await?;
    drop(tx);
    let back = text::link(paths::RECORD.to_owned(), tr!(ctx.locale, audit.back));
    Ok(view! { {outcome(ctx, &verified)} <p>{back}</p> }.into_any())
}

fn outcome(ctx: &Context, verified: &Verified) -> AnyView {
    let locale = ctx.locale;
    let sealed = format::count(locale, verified.sealed);
    let waiting = format::count(locale, verified.waiting);
    let Some(broken) = &verified.broken else {
        let last = verified.last.as_ref().map(|last| {
            let words = tr!(locale, audit.last_link, seq = last.seq);
            view! { <p>{words}" "<code>{hex::encode(&last.hash)}</code></p> }
        });
        let said = tr!(locale, audit.unbroken, sealed = sealed, waiting = waiting);
        return notice_with(Tone::Good, view! { <p>{said}</p> {last} }.into_any());
    };
    let row = broken.audit_id.map_or_else(String::new, |id| id.to_string());
    let said = match broken.what {
        Break::LinkMissing => tr!(locale, audit.link_missing, seq = broken.seq),
        Break::NotLinked => tr!(locale, audit.not_linked, seq = broken.seq, row = row),
        Break::RowMissing => tr!(locale, audit.row_missing, seq = broken.seq, row = row),
        Break::Edited => tr!(locale, audit.edited, seq = broken.seq, row = row),
    };
    let rest = tr!(locale, audit.broken_rest, sealed = sealed, waiting = waiting);
    notice_with(Tone::Bad, view! { <p>{said}</p> <p>{rest}</p> }.into_any())
}

async fn lines(ctx: &Context, query: &Query) -> Result<AnyView, AppError> {
    let (wanted, wrong) = wanted(ctx, query);
    let mut tx = ctx.begin().await?;
    let mut lines = store::list(&mut tx, &wanted).await?;
    let actions = store::actions(&mut tx).await?;
    let staff = store::staff(&mut tx).await?;
    drop(tx);
    let more = lines.len() > PAGE as usize;
    lines.truncate(PAGE as usize);
    let next = more.then(|| lines.last().map(|last| query.with("after", &last.id.to_string()))).flatten();
    let verify = text::link(format!("{}?verify=1", paths::RECORD), tr!(ctx.locale, audit.verify));
    Ok(view! {
        <p>{verify}</p>
        {filter(ctx, query, actions, staff, wrong)}
        {table(ctx, lines)}
        {pages(None, next)}
    }
    .into_any())
}

/// What is wrong with the days of the filter; what can't be read narrows nothing.
#[derive(Default)]
struct Wrong {
    from: Option<String>,
    until: Option<String>,
}

fn wanted(ctx: &Context, query: &Query) -> (Wanted, Wrong) {
    let mut wrong = Wrong::default();
    let day = |name, wrong: &mut Option<String>| {
        let text = query.get(name)?.trim();
        let day = text.parse::<NaiveDate>().ok();
        if day.is_none() {
            *wrong = Some(tr!(ctx.locale, audit.bad_date));
        }
        day
    };
    let from = day("from", &mut wrong.from);
    let until = day("until", &mut wrong.until).and_then(|day| day.checked_add_days(Days::new(1)));
    if let (Some(from), Some(until)) = (from, until)
        && from >= until
    {
        wrong.until = Some(tr!(ctx.locale, audit.until_before_from));
    }
    let wanted = Wanted {
        action: query.get("action").map(str::to_owned),
        partner: query.get("partner").map(|code| code.trim().to_owned()).filter(|code| !code.is_empty()),
        by: query.get("by").and_then(by_whom),
        from: from.map(|day| start_of_day(day, ctx.time_zone)),
        until: until.map(|day| start_of_day(day, ctx.time_zone)),
        before: query.get("after").and_then(|text| text.parse().ok()),
        most: PAGE + 1,
    };
    (wanted, wrong)
}

fn by_whom(text: &str) -> Option<ByWhom> {
    Some(match text {
        "members" => ByWhom::Members,
        "command" => ByWhom::Command,
        "job" => ByWhom::Job,
        person => ByWhom::Staff(person.parse().ok()?),
    })
}

fn filter(ctx: &Context, query: &Query, actions: Vec<String>, staff: Vec<(PersonId, String)>, wrong: Wrong) -> AnyView {
    let locale = ctx.locale;
    let mut by = vec![(String::new(), tr!(locale, audit.anybody))];
    by.extend(staff.into_iter().map(|(person, name)| (person.to_string(), name)));
    by.push(("members".to_owned(), tr!(locale, audit.partner_member)));
    by.push(("command".to_owned(), tr!(locale, audit.command)));
    by.push(("job".to_owned(), tr!(locale, audit.job)));
    let mut options = vec![(String::new(), tr!(locale, audit.any_action))];
    options.extend(actions.into_iter().map(|action| {
        let words = words::action(locale, &action);
        (action, words)
    }));
    options[1..].sort_by(|one, other| one.1.cmp(&other.1));
    let typed = |name: &str| query.get(name).unwrap_or_default().to_owned();
    let (action, partner, whom, from, until) =
        (typed("action"), typed("partner"), typed("by"), typed("from"), typed("until"));
    view! {
        <Filter action=paths::RECORD>
            <Select name="action" label=tr!(locale, audit.column_what) options=options selected=action/>
            <Field name="partner" label=tr!(locale, audit.partner_code) value=partner/>
            <Select name="by" label=tr!(locale, audit.column_who) options=by selected=whom/>
            <Field name="from" label=tr!(locale, audit.from) kind="date" value=from error=wrong.from/>
            <Field name="until" label=tr!(locale, audit.until) kind="date" value=until error=wrong.until/>
            <Submit text=tr!(locale, audit.show) tone=Weight::Quiet/>
        </Filter>
    }
    .into_any()
}

fn table(ctx: &Context, lines: Vec<Line>) -> AnyView {
    let locale = ctx.locale;
    if lines.is_empty() {
        return empty(tr!(locale, audit.empty_title), tr!(locale, audit.empty_text));
    }
    let head = [
        tr!(locale, audit.column_when),
        tr!(locale, audit.column_who),
        tr!(locale, audit.column_what),
        tr!(locale, audit.column_on),
        tr!(locale, audit.column_changes),
    ]
    .map(|label| Head { label, numeric: false })
    .to_vec();
    let rows = lines.into_iter().map(|line| row(ctx, line)).collect();
    view! { <Table caption=tr!(locale, audit.caption) head=head rows=rows/> }.into_any()
}

fn row(ctx: &Context, line: Line) -> Row {
    let locale = ctx.locale;
    let who = match line.who {
        Who::Staff(_, name) => name,
        Who::Member(_) => tr!(locale, audit.partner_member),
        Who::Command => tr!(locale, audit.command),
        Who::Job => tr!(locale, audit.job),
    };
    let partner = line
        .partner
        .map(|(_, code)| view! { <br/><span class="small quiet">{tr!(locale, audit.of_partner, code = code)}</span> });
    let subject = words::subject(locale, &line.subject);
    let subject = match words::subject_path(&line.subject) {
        Some(path) => text::link(path, subject),
        None => subject.into_any(),
    };
    let approval = line.approval.map(|id| {
        view! { <br/>{text::link(paths::proposal(id), tr!(locale, audit.on_approval, id = id))} }
    });
    let changes = line.changes.iter().map(|one| difference(ctx, one)).collect_view();
    let seal = match line.sealed {
        Some(seq) => tr!(locale, audit.sealed, seq = seq),
        None => tr!(locale, audit.not_sealed),
    };
    Row {
        href: None,
        cells: vec![
            view! { {text::time_exact(ctx, line.at)}<br/><span class="small quiet">{seal}</span> }.into_any(),
            who.into_any(),
            view! { {words::action(locale, &line.action)}{partner} }.into_any(),
            view! { {subject}{approval} }.into_any(),
            changes.into_any(),
        ],
    }
}

/// One fact: as it was, struck out, and as it is now.
fn difference(ctx: &Context, one: &Difference) -> AnyView {
    let locale = ctx.locale;
    let value = |value: &Option<String>| value.as_ref().map(|text| words::value(ctx, &one.name, text));
    let was = value(&one.was).map(|was| view! { <del>{text::unseen(tr!(locale, ui.was))}{was}</del>" " });
    let now = value(&one.now).map(|now| view! { <ins>{text::unseen(tr!(locale, ui.now))}{now}</ins> });
    view! {
        <span class="change"><span class="change-label">{facts::fact(locale, &one.name)}": "</span>{was}{now}</span><br/>
    }
    .into_any()
}
