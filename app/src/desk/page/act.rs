//! The forms below a conversation. Who only reads sees none of them.

use super::case::Sheet;
use super::outcome_words;
use crate::base::context::Context;
use crate::base::format;
use crate::base::forms;
use crate::base::language::tr;
use crate::base::money::Money;
use crate::channels::page as channels;
use crate::disputes::model::{Outcome, Reason, Stage};
use crate::disputes::words;
use crate::given_away::page as given_away;
use crate::help::page as help;
use crate::inbox::uploads;
use crate::live::page as live;
use crate::macros::page as macros;
use crate::ui::Tone;
use crate::ui::field::{Check, Field, Hidden, Select, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::section;
use crate::ui::notice::notice_with;
use crate::ui::text;
use leptos::prelude::*;

/// Everything that can be done with the case now.
pub(super) fn forms(ctx: &Context, sheet: &Sheet) -> Option<AnyView> {
    if !sheet.may_act {
        return None;
    }
    let locale = ctx.locale;
    let closed = sheet.case.stage == Stage::Closed;
    let mine = ctx.actor.person().is_some() && sheet.case.assignee == ctx.actor.person();
    let body = view! {
        {(!closed && !mine).then(|| take(ctx, sheet))}
        {reply(ctx, sheet)}
        {sheet.unanswered.map(|message| needs_no_answer(ctx, sheet, message))}
        {folded(sheet, "log-message", tr!(locale, channels.form_title), channels::form(ctx, (sheet.case.id, sheet.seen), &sheet.spoken, sheet.draft_of("log-message"), sheet.id_of("log-message")))}
        {folded(sheet, "note", tr!(locale, desk.note_title), note(ctx, sheet))}
        {(sheet.decision.is_none() && !closed).then(|| folded(sheet, "decide-case", tr!(locale, desk.decide_title), decide(ctx, sheet)))}
        {(!closed).then(|| close(ctx, sheet))}
        {(!closed).then(|| given_away::form(ctx, (sheet.case.id, sheet.case.version), &sheet.given_away, sheet.draft_of("give-away"), sheet.id_of("give-away")))}
    };
    Some(section(tr!(locale, desk.act_title), body.into_any()))
}

/// A form behind its title; open where it was refused.
pub(super) fn folded(sheet: &Sheet, form: &str, title: String, body: AnyView) -> AnyView {
    let open = sheet.draft_of(form).is_refused();
    view! { <details open=open><summary>{title}</summary>{body}</details> }.into_any()
}

/// Why a form was refused that stands on the page no more, since the case moved on; and what was typed into it.
pub(super) fn refused_above(ctx: &Context, sheet: &Sheet) -> Option<AnyView> {
    let open = sheet.may_act && sheet.case.stage != Stage::Closed;
    let stands = match sheet.draft.value("form_name").as_str() {
        "take-case" | "needs-no-answer" => false,
        "decide-case" => open && sheet.decision.is_none(),
        "close" | "give-away" | "credit-provisionally" | "escalate" => open,
        "reply" | "note" => sheet.may_act,
        _ => true,
    };
    let message = sheet.draft.error("").filter(|_| !stands)?;
    let typed = sheet.draft.value("body");
    let typed = (!typed.is_empty()).then(|| view! { <p>{tr!(ctx.locale, desk.typed_was)}</p>{text::prose(typed)} });
    Some(
        view! { <div id="form">{notice_with(Tone::Bad, view! { <p>{message}</p>{typed} }.into_any())}</div> }
            .into_any(),
    )
}

fn take(ctx: &Context, sheet: &Sheet) -> AnyView {
    let (locale, case, version) = (ctx.locale, sheet.case.id, sheet.case.version);
    view! {
        <Form action="/do/take-case" id="form-take-case" class="inline">
            <Hidden name="case" value=case.to_string()/>
            <Hidden name="version" value=version.to_string()/>
            <Submit text=tr!(locale, desk.take_button)/>
        </Form>
    }
    .into_any()
}

fn reply(ctx: &Context, sheet: &Sheet) -> AnyView {
    let (locale, case) = (ctx.locale, sheet.case.id);
    let draft = sheet.draft_of("reply");
    let name = ctx.staff().map(|staff| staff.name.clone()).unwrap_or_default();
    let (seen, unseen) = (sheet.seen, live::unseen(ctx, &draft, &sheet.unseen));
    let texts =
        view! { {macros::composer(ctx, case, &sheet.macros, &draft)}{help::beside(ctx, &sheet.help)} }.into_any();
    view! {
        {live::present(ctx, &sheet.present)}
        <Form action="/do/reply" id=sheet.id_of("reply") draft=&draft with_file=true>
            {unseen}
            <Hidden name="case" value=case.to_string()/>
            <Hidden name="seen" value=seen.to_string()/>
            <Hidden name="form_key" value=draft.value_or("form_key", &forms::new_key())/>
            {texts}
            <TextArea
                name="body" label=tr!(locale, desk.reply_label) hint=Some(tr!(locale, desk.reply_hint, name = name))
                value=draft.value("body") error=draft.error("body") rows=6 required=true maxlength=20_000
                keep=format!("case-{case}-reply")
            />
            <Check name="ask" label=tr!(locale, desk.reply_ask) checked={draft.value("ask") == "yes"}/>
            {uploads::field(locale, &draft)}
            <Submit text=tr!(locale, desk.reply_button)/>
        </Form>
    }
    .into_any()
}

fn needs_no_answer(ctx: &Context, sheet: &Sheet, message: i64) -> AnyView {
    let (locale, case, version) = (ctx.locale, sheet.case.id, sheet.case.version);
    view! {
        <Form action="/do/needs-no-answer" id="form-needs-no-answer" class="inline">
            <Hidden name="case" value=case.to_string()/>
            <Hidden name="version" value=version.to_string()/>
            <Hidden name="message" value=message.to_string()/>
            <Submit text=tr!(locale, desk.no_answer_button) tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}

fn note(ctx: &Context, sheet: &Sheet) -> AnyView {
    let (locale, case) = (ctx.locale, sheet.case.id);
    let draft = sheet.draft_of("note");
    let mention = sheet.mentions.field(ctx, &draft);
    view! {
        <Form action="/do/note" id=sheet.id_of("note") draft=&draft>
            <Hidden name="case" value=case.to_string()/>
            <Hidden name="form_key" value=draft.value_or("form_key", &forms::new_key())/>
            <TextArea
                name="body" label=tr!(locale, desk.note_label) hint=Some(tr!(locale, desk.note_hint))
                value=draft.value("body") error=draft.error("body") rows=3 required=true maxlength=20_000
                keep=format!("case-{case}-note")
            />
            {mention}
            <Submit text=tr!(locale, desk.note_button) tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}

fn decide(ctx: &Context, sheet: &Sheet) -> AnyView {
    let (locale, case, version) = (ctx.locale, sheet.case.id, sheet.case.version);
    let draft = sheet.draft_of("decide-case");
    let (read, unseen) = (format!("{version}@{}", sheet.seen), live::unseen(ctx, &draft, &sheet.unseen));
    let choose = (String::new(), tr!(locale, desk.choose));
    let outcomes = Outcome::ALL.iter().map(|each| (each.as_str().to_owned(), outcome_words(ctx, *each)));
    let outcomes: Vec<_> = std::iter::once(choose.clone()).chain(outcomes).collect();
    let reasons = Reason::ALL.iter().map(|each| (each.as_str().to_owned(), words::reason(locale, *each)));
    let reasons: Vec<_> = std::iter::once(choose).chain(reasons).collect();
    let limit = match sheet.authority {
        Some(authority) => {
            let limit = Money::new(authority.largest_credit, sheet.partner.currency);
            tr!(locale, desk.decide_limit, limit = format::money(locale, limit))
        }
        None => tr!(locale, desk.decide_no_limit),
    };
    let provisional = sheet.ends.ends.with_decision(ctx);
    view! {
        {sheet.ends.credited(ctx)}
        {provisional}
        <Form action="/do/decide-case" id=sheet.id_of("decide-case") draft=&draft>
            {unseen}
            <Hidden name="case" value=case.to_string()/>
            <Hidden name="version" value=read/>
            <Hidden name="form_key" value=draft.value_or("form_key", &forms::new_key())/>
            <Select
                name="outcome" label=tr!(locale, desk.decision_outcome) options=outcomes
                selected=draft.value("outcome") error=draft.error("outcome") required=true
            />
            <Select
                name="reason" label=tr!(locale, desk.decision_reason) options=reasons
                selected=draft.value("reason") error=draft.error("reason") required=true
            />
            <Field
                name="amount" label=tr!(locale, desk.decision_credit) hint=Some(limit) inputmode="decimal"
                value=draft.value("amount") error=draft.error("amount")
            />
            <TextArea
                name="body" label=tr!(locale, desk.decide_body) hint=Some(tr!(locale, desk.decide_body_hint))
                value=draft.value("body") error=draft.error("body") rows=5 required=true maxlength=20_000
                keep=format!("case-{case}-decision")
            />
            <TextArea
                name="reason_house" label=tr!(locale, desk.decision_house) hint=Some(tr!(locale, desk.decide_house_hint))
                value=draft.value("reason_house") error=draft.error("reason_house") rows=2 maxlength=20_000
            />
            <Submit text=tr!(locale, desk.decide_button)/>
        </Form>
    }
    .into_any()
}

fn close(ctx: &Context, sheet: &Sheet) -> AnyView {
    let (locale, case, version) = (ctx.locale, sheet.case.id, sheet.case.version);
    let draft = sheet.draft_of("close");
    let (read, unseen) = (format!("{version}@{}", sheet.seen), live::unseen(ctx, &draft, &sheet.unseen));
    view! {
        <Form action="/do/close-case" id=sheet.id_of("close") draft=&draft class="inline">
            {unseen}
            <Hidden name="case" value=case.to_string()/>
            <Hidden name="version" value=read/>
            <Submit text=tr!(locale, desk.close_button) tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}
