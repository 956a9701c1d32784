//! The middle column: the decision, the conversation with its notes, the time line.

use super::case::Sheet;
use super::{outcome_words, stage_badge, stage_words};
use crate::base::context::Context;
use crate::base::language::tr;
use crate::channels::page as channels;
use crate::disputes::model::Side;
use crate::disputes::{rules, words};
use crate::inbox;
use crate::live::page as live;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::case;
use crate::ui::layout::{facts, section};
use crate::ui::text;
use crate::ui::timeline::{Step, timeline};
use leptos::prelude::*;

/// Who has it, what it is about, and what is promised.
pub(super) fn lead(ctx: &Context, sheet: &Sheet) -> AnyView {
    let locale = ctx.locale;
    let with = match &sheet.assignee {
        Some(name) => tr!(locale, desk.with, name = name.as_str()),
        None => tr!(locale, desk.with_nobody),
    };
    let promise = rules::running_promise(sheet.case.stage, sheet.case.next_update_at).map(|promised| {
        let late = promised < ctx.now();
        let when = words::moment(ctx, promised);
        let sentence =
            if late { tr!(locale, desk.promised_late, when = when) } else { tr!(locale, desk.promised, when = when) };
        badge(if late { Tone::Bad } else { Tone::Waiting }, sentence)
    });
    let subject = words::subject(ctx, sheet.case.kind, &sheet.case.subject);
    view! { <p>{subject}" "{stage_badge(ctx, sheet.case.stage)}" "{promise}</p><p>{with}</p> }.into_any()
}

/// The decision with both reasons.
pub(super) fn decision(ctx: &Context, sheet: &Sheet) -> Option<AnyView> {
    let locale = ctx.locale;
    let (decision, house) = sheet.decision.as_ref()?;
    let mut lines = vec![
        (tr!(locale, desk.decision_outcome), outcome_words(ctx, decision.outcome).into_any()),
        (tr!(locale, desk.decision_reason), words::reason(locale, decision.reason).into_any()),
    ];
    if let Some(credit) = decision.credit {
        lines.push((tr!(locale, desk.decision_credit), text::amount(ctx, credit)));
    }
    if let Some(transfer) = house.transfer {
        lines.push((tr!(locale, desk.decision_transfer), transfer.to_string().into_any()));
    }
    lines.push((
        tr!(locale, desk.decision_by),
        house.decided_by.clone().unwrap_or_else(|| tr!(locale, escalations.by_policy)).into_any(),
    ));
    lines.push((tr!(locale, desk.decision_at), text::time_exact(ctx, decision.at)));
    if !house.reason.is_empty() {
        lines.push((tr!(locale, desk.decision_house), text::prose(house.reason.clone())));
    }
    Some(section(tr!(locale, desk.decision_title), facts(lines)))
}

/// Messages and notes in the order they were written.
pub(super) fn conversation(ctx: &Context, sheet: &Sheet) -> AnyView {
    let messages = sheet.messages.iter().map(|message| {
        let side = match message.side {
            Side::Partner => case::Side::Partner,
            Side::Staff => case::Side::Staff,
        };
        let when = channels::when(ctx, message, sheet.spoken.logger(message.id));
        let body = inbox::page::body(ctx, message, sheet.files.get(&message.id));
        (message.at, case::message_with(side, message.author.clone(), when, body))
    });
    let notes = sheet.notes.iter().map(|note| {
        let when = view! { <span>{tr!(ctx.locale, desk.internal)}" "{text::time_exact(ctx, note.at)}</span> };
        (note.at, case::note(note.author.clone(), when.into_any(), note.body.clone()))
    });
    let mut all: Vec<_> = messages.chain(notes).collect();
    all.sort_by_key(|(at, _)| *at);
    let all = all.into_iter().map(|(_, each)| each).collect_view();
    section(tr!(ctx.locale, desk.conversation), live::region("talk", all.into_any()))
}

/// What the partner sees of it, step by step.
pub(super) fn time_line(ctx: &Context, sheet: &Sheet) -> AnyView {
    let locale = ctx.locale;
    let of_case = sheet.events.iter().map(|event| {
        let step = Step {
            title: stage_words(ctx, event.stage),
            when: Some(text::time_exact(ctx, event.at)),
            who: Some(if event.by.is_empty() { tr!(locale, desk.by_partner) } else { event.by.clone() }),
            ..Step::default()
        };
        (event.at, step)
    });
    let of_case = of_case.chain(sheet.ends.ends.steps(ctx)).collect();
    let mut steps = words::with_payouts(ctx, of_case, &sheet.paid);
    if let Some(promised) = rules::running_promise(sheet.case.stage, sheet.case.next_update_at) {
        steps.push(Step {
            title: tr!(locale, desk.step_answer),
            when: Some(text::time_exact(ctx, promised)),
            who: sheet.assignee.clone(),
            future: true,
            tone: if promised < ctx.now() { Tone::Bad } else { Tone::Waiting },
            ..Step::default()
        });
    }
    steps.extend(sheet.ends.ends.ahead(ctx, &sheet.case, &sheet.messages));
    section(tr!(locale, desk.time_line), timeline(steps))
}
