//! Invoices on the pages of payouts, and those that wait for finance.

use super::model::{Kind, OfPayout, SentInvoice, Standing, Waiting};
use super::words;
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::format;
use crate::base::forms::Draft;
use crate::base::ids::{PayoutId, PayoutRunId};
use crate::base::language::tr;
use crate::paths;
use crate::payout_files::end_to_end_id;
use crate::ui::badge::badge;
use crate::ui::empty::empty;
use crate::ui::field::{FileField, Hidden, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::section;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// The invoices of a payout, for its partner; nothing where there are none and none is asked for.
pub fn own(ctx: &Context, payout: PayoutId, of: &OfPayout, draft: &Draft) -> Option<AnyView> {
    let locale = ctx.locale;
    let links = numbered(ctx, of, |kind, turn| paths::invoice(payout, kind, turn));
    let standing = of.standing();
    if links.is_none() && standing.is_none() {
        return None;
    }
    let sent = of.sent.first().map(|sent| received(ctx, sent, paths::sent_invoice(payout)));
    let awaited = matches!(standing, Some(Standing::Awaited))
        .then(|| view! { <p>{standing_badge(ctx, &Standing::Awaited)}" "{tr!(locale, tax.awaited_text)}</p> });
    let form = of.may_send().then(|| {
        let draft = if draft.value("form_name") == "send-invoice" { draft.clone() } else { Draft::default() };
        view! {
            <Form action="/do/send-invoice" id="send-invoice" draft=&draft with_file=true>
                <Hidden name="payout" value=payout.to_string()/>
                <FileField
                    name="invoice" label=tr!(locale, tax.upload_label) accept=".pdf,application/pdf"
                    hint=tr!(locale, tax.upload_hint) error=draft.error("invoice")
                />
                <Submit text=tr!(locale, tax.upload_button)/>
            </Form>
        }
    });
    let body = view! { {links}{awaited}{sent}{form} };
    Some(section(tr!(locale, tax.invoice), view! { <div id="invoice">{body}</div> }.into_any()))
}

/// The same, for staff who read runs.
pub fn of_run(ctx: &Context, run: PayoutRunId, payout: PayoutId, of: &OfPayout, draft: &Draft) -> Option<AnyView> {
    let locale = ctx.locale;
    let links = numbered(ctx, of, |kind, turn| paths::run_invoice(run, payout, kind, turn));
    let standing = of.standing();
    if links.is_none() && standing.is_none() {
        return None;
    }
    let awaited =
        matches!(standing, Some(Standing::Awaited)).then(|| view! { <p>{standing_badge(ctx, &Standing::Awaited)}</p> });
    let sent = of.sent.first().map(|sent| received(ctx, sent, paths::run_sent_invoice(run, payout)));
    let may = Who::Paying.includes(&ctx.actor) && matches!(standing, Some(Standing::Received));
    let forms = may.then(|| judge(ctx, run, payout, draft));
    Some(section(tr!(locale, tax.invoice), view! { {links}{awaited}{sent}{forms} }.into_any()))
}

fn numbered(ctx: &Context, of: &OfPayout, path: impl Fn(Kind, i32) -> String) -> Option<AnyView> {
    if of.numbered.is_empty() {
        return None;
    }
    let lines = of
        .numbered
        .iter()
        .map(|one| {
            let words = format!("{} {}", words::kind(ctx.locale, one.kind), one.number);
            let on = tr!(ctx.locale, tax.issued, day = format::day(ctx.locale, one.issued_on));
            view! { <li>{text::link(path(one.kind, one.turn), words)}" ("{on}")"</li> }
        })
        .collect_view();
    Some(view! { <ul>{lines}</ul> }.into_any())
}

fn received(ctx: &Context, sent: &SentInvoice, path: String) -> AnyView {
    let reason = match &sent.standing {
        Standing::Refused { reason } => Some(view! { <p>{reason.clone()}</p> }),
        _ => None,
    };
    view! {
        <p>
            {standing_badge(ctx, &sent.standing)}" "{text::link(path, sent.file_name.clone())}", "{text::time_exact(ctx, sent.sent_at)}
        </p>
        {reason}
    }
    .into_any()
}

fn standing_badge(ctx: &Context, standing: &Standing) -> AnyView {
    let (tone, words) = words::standing(ctx.locale, standing);
    badge(tone, words)
}

fn judge(ctx: &Context, run: PayoutRunId, payout: PayoutId, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let draft = if draft.value("form_name") == "refuse-invoice" { draft.clone() } else { Draft::default() };
    let open = draft.is_refused();
    let typed = draft.clone();
    view! {
        <Form action="/do/judge-invoice" id="accept-invoice">
            <Hidden name="run" value=run.to_string()/>
            <Hidden name="payout" value=payout.to_string()/>
            <Hidden name="verdict" value="accept"/>
            <Submit text=tr!(locale, tax.accept_button)/>
        </Form>
        <details open=open>
            <summary>{tr!(locale, tax.refuse_summary)}</summary>
            <Form action="/do/judge-invoice" id="refuse-invoice" draft=&draft>
                <Hidden name="run" value=run.to_string()/>
                <Hidden name="payout" value=payout.to_string()/>
                <Hidden name="verdict" value="refuse"/>
                <TextArea
                    name="reason" label=tr!(locale, tax.refuse_reason) hint=tr!(locale, tax.refuse_hint) rows=2 required=true
                    value=typed.value("reason") error=typed.error("reason") maxlength=1_000
                />
                <Submit text=tr!(locale, tax.refuse_button) tone=Weight::Danger/>
            </Form>
        </details>
    }
    .into_any()
}

/// Partners' own invoices that finance has not looked at.
pub fn waiting(ctx: &Context, waiting: Vec<Waiting>) -> AnyView {
    let locale = ctx.locale;
    if waiting.is_empty() {
        return empty(tr!(locale, tax.waiting_empty), tr!(locale, tax.waiting_empty_text));
    }
    let head = [
        (tr!(locale, runs.column_partner), false),
        (tr!(locale, payout.number), false),
        (tr!(locale, tax.sent_on), false),
        (tr!(locale, tax.invoice_total), true),
    ]
    .map(|(label, numeric)| Head { label, numeric })
    .to_vec();
    let rows = waiting
        .into_iter()
        .map(|one| Row {
            href: Some(paths::run_payout(one.run, one.payout)),
            cells: vec![
                one.partner.into_any(),
                end_to_end_id(one.payout.0).into_any(),
                text::time(ctx, one.sent_at),
                text::amount(ctx, one.amount),
            ],
        })
        .collect();
    view! { <Table caption=tr!(locale, tax.waiting_caption) head=head rows=rows/> }.into_any()
}
