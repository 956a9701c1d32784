//! A part of `/account`: where the money goes, where it went before, and the ways to change that.

use crate::base::context::Context;
use crate::base::format;
use crate::base::forms::Draft;
use crate::base::language::tr;
use crate::base::money::Currency;
use crate::paths;
use crate::payout_methods::model::{Method, MethodKind};
use crate::payout_methods::rules::pays;
use crate::payout_methods::store::Waiting;
use crate::payout_methods::words;
use crate::ui::badge::Tone;
use crate::ui::field::{Hidden, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{facts, section};
use crate::ui::notice::{notice, notice_with};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// What a partner's account has of payout methods.
pub struct Own {
    /// The one in use.
    pub live: Option<Method>,
    /// The one that waits for its confirmation.
    pub waiting: Option<Waiting>,
    /// Those before.
    pub ended: Vec<Method>,
}

/// Everything of it. `draft` says what a refused step has to say. `currency` is the programme's.
pub fn own(ctx: &Context, own: Own, draft: &Draft, currency: Currency) -> AnyView {
    let Own { live, waiting, ended } = own;
    let live = live.as_ref();
    let locale = ctx.locale;
    let title =
        if live.is_some() { tr!(locale, payout_methods.set_other) } else { tr!(locale, payout_methods.set_first) };
    let body = view! {
        {waiting.map(|waits| unconfirmed(ctx, &waits, draft, live.is_some()))}
        {live.map(|method| shown(ctx, method))}
        <h3>{title}</h3>
        {kinds(ctx, currency)}
    };
    let ended = (!ended.is_empty()).then(|| section(tr!(locale, payout_methods.ended), history(ctx, ended)));
    view! { {section(tr!(locale, payout_methods.title), body.into_any())}{ended} }.into_any()
}

/// What waits, whose turn it is, and the ways on.
fn unconfirmed(ctx: &Context, waits: &Waiting, draft: &Draft, has_other: bool) -> AnyView {
    let locale = ctx.locale;
    let method = words::method(locale, &waits.method);
    let mine = ctx.actor.person().is_some_and(|person| waits.by == Some(person));
    let said = match waits.link_until.filter(|until| *until > ctx.now()) {
        _ if !mine => tr!(locale, confirmation.waits_other, method = method),
        Some(until) => {
            let until = format::date_time(locale, ctx.time_zone, until);
            tr!(locale, confirmation.waits_mine, method = method, until = until)
        }
        None => tr!(locale, confirmation.waits_expired, method = method),
    };
    let until_then =
        if has_other { tr!(locale, confirmation.waits_before) } else { tr!(locale, confirmation.waits_first) };
    let again = mine.then(|| {
        view! {
            <Form action="/do/mail-confirmation-again" id="mail-again" class="inline">
                <Submit text=tr!(locale, confirmation.resend) tone=Weight::Quiet/>
            </Form>
        }
    });
    let id = waits.method.id.to_string();
    let refused = draft.error("").map(|text| notice(Tone::Bad, text));
    let body = view! {
        <h3 id="form">{tr!(locale, confirmation.waits_title)}</h3>
        <p>{said}" "{until_then}</p>
        {again}
        <Form action="/do/cancel-payout-method" id="cancel-method" class="inline">
            <Hidden name="waiting" value=id/>
            <Submit text=tr!(locale, confirmation.cancel) tone=Weight::Quiet/>
        </Form>
    };
    view! { {refused}{notice_with(Tone::Waiting, body.into_any())} }.into_any()
}

fn shown(ctx: &Context, method: &Method) -> AnyView {
    let locale = ctx.locale;
    let mut lines = vec![
        (tr!(locale, payout_methods.kind), words::kind(locale, method.kind).into_any()),
        (tr!(locale, payout_methods.holder), method.holder.clone().into_any()),
        (tr!(locale, payout_methods.masked), method.masked.clone().into_any()),
        (tr!(locale, payout_methods.since), text::time_exact(ctx, method.added_at)),
    ];
    let waits = method.usable_from > ctx.now();
    if waits {
        lines.push((tr!(locale, payout_methods.usable_from), text::time_exact(ctx, method.usable_from)));
    }
    let not_me = waits.then(|| {
        let body = view! {
            {tr!(locale, payout_methods.not_me)}" "
            {text::link(format!("{}/new", paths::DISPUTES), tr!(locale, payout_methods.write_us))}
        };
        notice_with(Tone::Waiting, body.into_any())
    });
    view! { {facts(lines)}<p>{tr!(locale, payout_methods.masked_why)}</p>{not_me} }.into_any()
}

/// The ways to pay: those that pay the programme's currency first.
fn kinds(ctx: &Context, currency: Currency) -> AnyView {
    let locale = ctx.locale;
    let (pay, others): (Vec<_>, Vec<_>) = MethodKind::ALL.into_iter().partition(|kind| pays(*kind, currency));
    let line = |kind: MethodKind| {
        let about = match kind {
            MethodKind::Iban => tr!(locale, payout_methods.iban_about),
            MethodKind::SortCode => tr!(locale, payout_methods.sort_code_about),
            MethodKind::BankAccount => tr!(locale, bank_accounts.about),
            MethodKind::PayPal => tr!(locale, payout_methods.paypal_about),
            MethodKind::Wise => tr!(locale, payout_methods.wise_about),
        };
        let unfit =
            (!pays(kind, currency)).then(|| tr!(locale, payout_methods.does_not_pay, currency = currency.to_string()));
        view! {
            <li>
                {text::link(paths::payout_method(kind), words::kind(locale, kind))}" "
                <small>{about}{unfit.map(|unfit| format!(" {unfit}"))}</small>
            </li>
        }
    };
    view! { <ul>{pay.into_iter().chain(others).map(line).collect_view()}</ul> }.into_any()
}

fn history(ctx: &Context, ended: Vec<Method>) -> AnyView {
    let locale = ctx.locale;
    let head = [
        tr!(locale, payout_methods.kind),
        tr!(locale, payout_methods.masked),
        tr!(locale, payout_methods.holder),
        tr!(locale, payout_methods.since),
        tr!(locale, payout_methods.until),
    ]
    .map(|label| Head { label, numeric: false })
    .to_vec();
    let rows = ended
        .into_iter()
        .map(|method| Row {
            cells: vec![
                words::kind(locale, method.kind).into_any(),
                method.masked.into_any(),
                method.holder.into_any(),
                text::time(ctx, method.added_at),
                method.ended_at.map(|at| text::time(ctx, at)).into_any(),
            ],
            href: None,
        })
        .collect();
    view! { <Table caption=tr!(locale, payout_methods.ended_caption) head=head rows=rows/> }.into_any()
}
