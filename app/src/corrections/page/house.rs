//! `/corrections` and one of them: who asks for what, what it comes to, every item, and the decision.

use super::words;
use crate::approvals::model::Verdict;
use crate::approvals::store as approvals;
use crate::base::access::Who;
use crate::base::actor::{Role, Staff};
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::ids::ConversionId;
use crate::base::language::tr;
use crate::corrections::model::{Correction, Decision};
use crate::corrections::store;
use crate::paths;
use crate::ui::badge::{Tone, badge};
use crate::ui::empty::empty;
use crate::ui::field::{Choice, Hidden, Submit, TextArea};
use crate::ui::form::Form;
use crate::ui::layout::{facts, page_head, pages, section};
use crate::ui::notice::{done, notice};
use crate::ui::screen::screen;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// Items on a page.
const PAGE: i64 = 50;

fn reader(ctx: &Context) -> Result<Staff, AppError> {
    let staff = ctx.staff()?;
    if Who::Record.includes(&ctx.actor) { Ok(staff.clone()) } else { Err(AppError::Forbidden) }
}

/// `/corrections`
#[component]
pub fn Corrections() -> impl IntoView {
    screen(|ctx, _query| async move {
        reader(&ctx)?;
        let locale = ctx.locale;
        let mut tx = ctx.begin().await?;
        let (waiting, over) = store::waiting_and_done(&mut tx, ctx.now()).await?;
        drop(tx);
        let title = tr!(locale, corrections.title);
        let lead = match waiting.len() {
            0 => tr!(locale, corrections.none_waits),
            1 => tr!(locale, corrections.one_waits),
            count => tr!(locale, corrections.some_wait, count = count),
        };
        let body = view! {
            {page_head(title.clone(), Some(lead.into_any()))}
            {section(tr!(locale, approvals.waiting), list(&ctx, waiting))}
            {section(tr!(locale, approvals.over), list(&ctx, over))}
        };
        Ok((title, body.into_any()))
    })
}

fn list(ctx: &Context, corrections: Vec<Correction>) -> AnyView {
    let locale = ctx.locale;
    if corrections.is_empty() {
        return empty(tr!(locale, corrections.empty_title), tr!(locale, corrections.empty_text));
    }
    let head = [
        (tr!(locale, corrections.column_partner), false),
        (tr!(locale, corrections.column_what), false),
        (tr!(locale, corrections.column_items), true),
        (tr!(locale, corrections.column_amount), true),
        (tr!(locale, corrections.column_state), false),
    ];
    let head = head.into_iter().map(|(label, numeric)| Head { label, numeric }).collect();
    let rows = corrections
        .into_iter()
        .map(|one| Row {
            href: Some(paths::correction(one.id)),
            cells: vec![
                one.partner.name.clone().into_any(),
                words::what(ctx, &one.terms, one.since, one.until).into_any(),
                format::number(locale, one.items.into()).into_any(),
                words::total(ctx, &one.sums).into_any(),
                state(ctx, &one),
            ],
        })
        .collect();
    view! { <Table caption=tr!(locale, corrections.title) head=head rows=rows/> }.into_any()
}

fn state(ctx: &Context, one: &Correction) -> AnyView {
    let locale = ctx.locale;
    let (tone, word) = match &one.decision {
        Some(Decision { verdict: Verdict::Approved, booked, .. }) if *booked == one.items => {
            (Tone::Good, tr!(locale, corrections.state_booked))
        }
        Some(Decision { verdict: Verdict::Approved, .. }) => (Tone::Waiting, tr!(locale, corrections.state_approved)),
        Some(_) => (Tone::Bad, tr!(locale, corrections.state_rejected)),
        None if one.expires_at <= ctx.now() => (Tone::Neutral, tr!(locale, corrections.state_expired)),
        None => (Tone::Waiting, tr!(locale, corrections.state_waiting)),
    };
    badge(tone, word)
}

/// `/corrections/{correction}`
#[component]
pub fn CorrectionPage() -> impl IntoView {
    screen(|ctx, query| async move {
        let staff = reader(&ctx)?;
        let locale = ctx.locale;
        let after = query.get("after").and_then(|text| text.parse().ok()).map(ConversionId);
        let mut tx = ctx.begin().await?;
        let one = store::find(&mut tx, query.id("correction")?).await?;
        let mut items = store::items(&mut tx, one.partner.id, one.id, after, PAGE + 1).await?;
        let alone = approvals::sole_owner(&mut tx, staff.person).await?;
        drop(tx);
        let more = items.len() > PAGE as usize;
        items.truncate(PAGE as usize);
        let next = more.then(|| items.last().map(|last| query.with("after", &last.conversion.to_string()))).flatten();
        let draft = forms::recall(&ctx, query.get("form")).await?;
        let title = tr!(locale, corrections.title_of, name = one.partner.name.clone());
        let said = match query.get("done") {
            Some("proposed") => Some(tr!(locale, corrections.done_proposed)),
            Some("approved") => Some(tr!(locale, corrections.done_approved)),
            Some("rejected") => Some(tr!(locale, corrections.done_rejected)),
            _ => None,
        };
        let own = one.proposer.0 == staff.person;
        let may = one.decision.is_none() && one.expires_at > ctx.now() && staff.role == Role::Owner && (!own || alone);
        let late = draft.error("").filter(|_| !may);
        let lead = tr!(
            locale,
            corrections.lead,
            who = one.proposer.1.clone(),
            what = words::what(&ctx, &one.terms, one.since, one.until),
            amount = words::total(&ctx, &one.sums)
        );
        let offer =
            one.offer.as_ref().map_or_else(|| tr!(locale, disputes.fact_all_offers), |offer| offer.name.clone());
        let about = vec![
            (tr!(locale, corrections.column_offer), offer.into_any()),
            (tr!(locale, corrections.proposed), text::time_exact(&ctx, one.proposed_at)),
            (tr!(locale, corrections.column_state), state(&ctx, &one)),
        ];
        let body = view! {
            {page_head(title.clone(), Some(lead.into_any()))}
            {done(&ctx, said)}
            {late.map(|message| notice(Tone::Bad, message))}
            {section(tr!(locale, corrections.sums_title), words::sums(&ctx, &one.sums))}
            {section(tr!(locale, approvals.why), view! { {text::prose(one.reason.clone())}{facts(about)} }.into_any())}
            {decision(&ctx, &one, (may, own, alone), &draft)}
            {section(tr!(locale, corrections.items_title), words::items(&ctx, &items, false))}
            {pages(None, next)}
        };
        Ok((title, body.into_any()))
    })
}

fn decision(ctx: &Context, one: &Correction, (may, own, alone): (bool, bool, bool), draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    if let Some(decision) = &one.decision {
        let mut lines = vec![
            (tr!(locale, approvals.column_verdict), state(ctx, one)),
            (tr!(locale, approvals.column_by), decision.by.clone().into_any()),
            (tr!(locale, approvals.column_when), text::time_exact(ctx, decision.at)),
            (
                tr!(locale, corrections.booked),
                tr!(locale, corrections.booked_of, booked = decision.booked, items = one.items).into_any(),
            ),
            (tr!(locale, approvals.reason_partner), text::prose(decision.reason_partner.clone())),
        ];
        if !decision.reason_house.is_empty() {
            lines.push((tr!(locale, approvals.reason_house), text::prose(decision.reason_house.clone())));
        }
        return section(tr!(locale, approvals.decision), facts(lines));
    }
    if !may {
        let words = match own && !alone {
            _ if one.expires_at <= ctx.now() => tr!(locale, approvals.expired),
            true => tr!(locale, approvals.another_owner_decides),
            false => tr!(locale, approvals.owners_decide),
        };
        return section(tr!(locale, approvals.decision), view! { <p>{words}</p> }.into_any());
    }
    let sole = own.then(|| notice(Tone::Waiting, tr!(locale, approvals.sole_control_notice)));
    let options = vec![
        ("approved".to_owned(), tr!(locale, approvals.approve)),
        ("rejected".to_owned(), tr!(locale, approvals.reject)),
    ];
    let (id, read, typed, whom) =
        (one.id.to_string(), one.content_hash.clone(), draft.clone(), one.partner.name.clone());
    let form = view! {
        {sole}
        <Form action="/do/decide-correction" draft=draft>
            <Hidden name="correction" value=id/>
            <Hidden name="content_hash" value=read/>
            <Choice
                name="verdict" label=tr!(locale, approvals.verdict_question) options=options
                selected=typed.value("verdict") error=typed.error("verdict") required=true
            />
            <TextArea
                name="reason_partner" label=tr!(locale, approvals.reason_partner) value=typed.value("reason_partner")
                error=typed.error("reason_partner") hint=Some(tr!(locale, approvals.reason_partner_hint, whom = whom))
                rows=3 required=true maxlength=4_000
            />
            <TextArea
                name="reason_house" label=tr!(locale, approvals.reason_house) value=typed.value("reason_house")
                error=typed.error("reason_house") hint=Some(tr!(locale, approvals.reason_house_hint)) rows=2 maxlength=4_000
            />
            <Submit text=tr!(locale, approvals.decide)/>
        </Form>
    };
    section(tr!(locale, approvals.your_decision), form.into_any())
}
