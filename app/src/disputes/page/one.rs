//! One dispute: the answer first, then the conversation, the time line and the facts.

use super::{list, stage_badge};
use crate::base::context::Context;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::ids::CaseId;
use crate::base::language::tr;
use crate::channels::page as channels;
use crate::disputes::ends::{self, Ends};
use crate::disputes::model::{Case, Decision, Event, Message, PayoutStep, Pin, Side, Stage};
use crate::disputes::store::Joined;
use crate::disputes::{facts, rules, store, words};
use crate::inbox;
use crate::inbox::files::{self, Files};
use crate::inbox::uploads;
use crate::incidents::page as incidents;
use crate::live::page as live;
use crate::paths;
use crate::rota::page::presence;
use crate::ui::Tone;
use crate::ui::case;
use crate::ui::field::{Hidden, Submit, TextArea};
use crate::ui::form::Form;
use crate::ui::layout::{columns, page_head, section};
use crate::ui::notice;
use crate::ui::screen::screen;
use crate::ui::text;
use crate::ui::timeline::{Step, timeline};
use leptos::prelude::*;

/// `/disputes/{case}`
#[component]
pub fn Dispute() -> impl IntoView {
    screen(|ctx, query| async move {
        let partner = ctx.member()?.partner;
        let id: CaseId = query.id("case")?;
        let draft = forms::recall(&ctx, query.get("form")).await?;
        let mut tx = ctx.begin().await?;
        let case = store::find(&mut tx, partner, id).await?;
        // Where it was merged, the link leads to where the conversation goes on.
        let home = crate::work::store::home(&mut tx, partner, id).await?;
        if home != id {
            forms::redirect(&format!("{}?merged={id}", paths::dispute(home)));
        }
        let joined = store::joined(&mut tx, partner, id).await?;
        let messages = store::messages(&mut tx, partner, id).await?;
        let files = files::of_case(&mut tx, partner, id).await?;
        let events = store::events(&mut tx, partner, id).await?;
        let pins = store::pins(&mut tx, partner, id).await?;
        let decision = store::decision(&mut tx, partner, id).await?;
        let paid = store::payout_steps(&mut tx, partner, id).await?;
        let ends = Ends::read(&mut tx, &case, ctx.now()).await?;
        let on = presence(&mut tx, ctx.now()).await?.sentence(&ctx);
        let banner = incidents::banner(&ctx, &mut tx).await?;
        let title = words::about(&ctx, case.kind, &case.subject);
        let said = done(&ctx, query.get("done")).or_else(|| ends::done(&ctx, query.get("done")));
        let ending = ends.of_dispute(&ctx, &case, decision.as_ref(), &draft);
        let came = query.get("merged").and_then(|case| joined.iter().find(|each| each.case.to_string() == case));
        let came =
            came.map(|each| notice::notice(Tone::Info, tr!(ctx.locale, disputes.came_merged, number = each.case.0)));
        let mut steps = steps(&ctx, &case, &events, &joined, &paid, &ends);
        steps.extend(ends.ahead(&ctx, &case, &messages));
        let body = view! {
            {page_head(title.clone(), Some(live::region("lead", view! { {lead(&ctx, &case, decision.as_ref().filter(|_| !ends.is_under_appeal()), &joined)}{on} }.into_any())))}
            {notice::done(&ctx, said)}
            {came}
            {banner}
            {live::region("decision", decision.map(|decision| decided(&ctx, &decision)).into_any())}
            {ending}
            {columns(vec![
                view! { {conversation(&ctx, &messages, &files)} {answer_form(&ctx, &case, &messages, &draft)} }.into_any(),
                view! {
                    {live::region("steps", section(tr!(ctx.locale, disputes.time_line), timeline(steps)))}
                    {pins.iter().map(|pin| pinned(&ctx, pin)).collect_view()}
                }.into_any(),
            ])}
        };
        Ok((title, body.into_any()))
    })
}

fn done(ctx: &Context, code: Option<&str>) -> Option<String> {
    match code? {
        "opened" => Some(tr!(ctx.locale, disputes.done_opened)),
        "sent" => Some(tr!(ctx.locale, disputes.done_sent)),
        "already" => Some(tr!(ctx.locale, disputes.done_already)),
        _ => None,
    }
}

/// The answer first: what was decided, where it was and nobody looks at it again; then what comes next.
fn lead(ctx: &Context, case: &Case, decision: Option<&Decision>, joined: &[Joined]) -> AnyView {
    let answer = decision.map(|decision| view! { <p>{outcome(ctx, decision)}</p> });
    let number = tr!(ctx.locale, disputes.number, number = case.id.0);
    let joined = (!joined.is_empty()).then(|| {
        let numbers = joined.iter().map(|each| each.case.to_string()).collect::<Vec<_>>().join(", ");
        view! { <p class="small">{tr!(ctx.locale, disputes.joined, numbers = numbers)}</p> }
    });
    view! { {answer}<p>{list::next(ctx, case)}</p><p class="small">{stage_badge(ctx, case.stage)}" "{number}</p>{joined} }
        .into_any()
}

fn outcome(ctx: &Context, decision: &Decision) -> String {
    let locale = ctx.locale;
    let outcome = words::outcome(locale, decision.outcome);
    match decision.credit {
        Some(money) => {
            format!("{outcome} {}", tr!(locale, disputes.decision_credit, amount = format::money(locale, money)))
        }
        None => outcome,
    }
}

fn decided(ctx: &Context, decision: &Decision) -> AnyView {
    let locale = ctx.locale;
    let reason = words::reason(locale, decision.reason);
    let body = view! {
        <p><strong>{outcome(ctx, decision)}</strong></p>
        <p class="quiet">
            {tr!(locale, disputes.decision_reason, reason = reason)}" "{text::time_exact(ctx, decision.at)}
        </p>
        {text::prose(decision.reason_partner.clone())}
    };
    section(tr!(locale, disputes.decision_title), body.into_any())
}

fn conversation(ctx: &Context, messages: &[Message], files: &Files) -> AnyView {
    let messages = messages
        .iter()
        .map(|message| {
            let side = match message.side {
                Side::Partner => case::Side::Partner,
                Side::Staff => case::Side::Staff,
            };
            let body = inbox::page::body(ctx, message, files.get(&message.id));
            case::message_with(side, message.author.clone(), channels::when(ctx, message, None), body)
        })
        .collect_view();
    section(tr!(ctx.locale, disputes.conversation), live::region("talk", messages.into_any()))
}

fn answer_form(ctx: &Context, case: &Case, messages: &[Message], draft: &Draft) -> AnyView {
    let (locale, id, draft) = (ctx.locale, case.id, draft.clone());
    let label = match case.stage {
        Stage::AnswerNeeded => tr!(locale, disputes.answer_label),
        _ => tr!(locale, disputes.answer_label_more),
    };
    let hint = (case.stage == Stage::Closed).then(|| tr!(locale, disputes.answer_reopens));
    let seen = messages.last().map_or(0, |message| message.id);
    view! {
        <Form action="/do/answer-dispute" id="form" draft=&draft with_file=true>
            <Hidden name="case" value=id.to_string()/>
            <Hidden name="seen" value=seen.to_string()/>
            <Hidden name="form_key" value=draft.value_or("form_key", &forms::new_key())/>
            <TextArea
                name="body" label=label hint=hint value=draft.value("body") error=draft.error("body")
                rows=5 required=true maxlength=20_000 keep=format!("dispute-{id}-answer")
            />
            {uploads::field(locale, &draft)}
            <Submit text=tr!(locale, disputes.answer_button)/>
        </Form>
    }
    .into_any()
}

/// What happened, and the promise that is still ahead.
fn steps(
    ctx: &Context,
    case: &Case,
    events: &[Event],
    joined: &[Joined],
    paid: &[PayoutStep],
    ends: &Ends,
) -> Vec<Step> {
    let locale = ctx.locale;
    let of_case = events.iter().map(|event| {
        let step = Step {
            title: words::stage(locale, event.stage),
            when: Some(text::time_exact(ctx, event.at)),
            who: Some(if event.by.is_empty() { tr!(locale, disputes.by_you) } else { event.by.clone() }),
            ..Step::default()
        };
        (event.at, step)
    });
    let of_others = joined.iter().map(|each| {
        let about = words::about(ctx, each.kind, &each.subject);
        let title = tr!(locale, disputes.step_joined, number = each.case.0);
        (each.at, Step { title, when: Some(text::time_exact(ctx, each.at)), text: Some(about), ..Step::default() })
    });
    let mut steps = words::with_payouts(ctx, of_case.chain(of_others).chain(ends.steps(ctx)).collect(), paid);
    if let Some(promised) = rules::running_promise(case.stage, case.next_update_at) {
        let late = promised < ctx.now();
        steps.push(Step {
            title: tr!(locale, disputes.step_answer),
            when: Some(text::time_exact(ctx, promised)),
            who: case.answerer.clone(),
            text: late.then(|| words::promise(ctx, case.answerer.as_deref(), promised)),
            future: true,
            tone: if late { Tone::Bad } else { Tone::Waiting },
            ..Step::default()
        });
    }
    steps
}

fn pinned(ctx: &Context, pin: &Pin) -> AnyView {
    // What was not known then takes no line.
    let known = facts::lines(ctx, &pin.facts).into_iter().filter(|(_, value)| !value.is_empty());
    let lines = known.map(|(label, value)| (label, value.into_any())).collect();
    let body = view! {
        <p>{tr!(ctx.locale, disputes.as_it_was)}" "{text::time_exact(ctx, pin.at)}</p>
        {crate::ui::layout::facts(lines)}
    };
    section(tr!(ctx.locale, disputes.pinned_heading), body.into_any())
}
