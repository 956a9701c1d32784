//! First steps on a partner's home.

use super::rules::{Earned, Far, PACE_DAYS, far, pace_days};
use super::store;
use crate::base::actor::Member;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::language::tr;
use crate::base::money::Money;
use crate::paths;
use crate::payouts::model::{Facts, Reason};
use crate::payouts::rules::standings;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::field::{Submit, Weight};
use crate::ui::form::Form;
use crate::ui::layout::section;
use crate::ui::text;
use chrono::TimeDelta;
use leptos::prelude::*;
use rust_decimal::Decimal;

/// A step: whether it is done, what it is, and where it is done.
struct Step {
    done: bool,
    what: String,
    link: (String, String),
}

/// The section, while there was no payout and nobody put it away.
///
/// # Errors
/// When the database is away.
pub async fn first_steps(
    ctx: &Context,
    tx: &mut Tx,
    member: &Member,
    known: &Facts,
    was_paid: bool,
) -> Result<Option<AnyView>, AppError> {
    if was_paid
        || known.balances.iter().any(|balances| balances.paid > Decimal::ZERO)
        || store::is_dismissed(tx, member.partner, member.person).await?
    {
        return Ok(None);
    }
    let since = ctx.now() - TimeDelta::days(PACE_DAYS);
    let (lately, first) = store::lately(tx, member.partner, known.currency, since).await?;
    let ever = crate::earnings::store::first(tx, member.partner).await?.is_some();
    let zone = ctx.time_zone;
    let days = first.map_or(1, |first| pace_days(first.with_timezone(&zone).date_naive(), known.today));
    let steps = [method(ctx, known), tax(ctx, known), sale(ctx, ever), minimum(ctx, known, lately, days)];
    Ok(Some(shown(ctx, steps.into_iter().flatten().collect())))
}

fn method(ctx: &Context, known: &Facts) -> Option<Step> {
    let locale = ctx.locale;
    let what = match (known.has_method, known.method_unconfirmed) {
        (_, true) => tr!(locale, help.step_method_unconfirmed),
        (true, _) => tr!(locale, help.step_method_done),
        (false, _) => tr!(locale, help.step_method),
    };
    Some(Step {
        done: known.has_method && !known.method_unconfirmed,
        what,
        link: (tr!(locale, help.step_method_link), paths::ACCOUNT.to_owned()),
    })
}

/// Where the programme asks for tax data at all.
fn tax(ctx: &Context, known: &Facts) -> Option<Step> {
    let locale = ctx.locale;
    known.taxed.policy.as_ref()?;
    let missing = standings(known)
        .iter()
        .any(|standing| standing.reasons.iter().any(|reason| matches!(reason, Reason::TaxFormMissing)));
    let done = known.taxed.profile.is_some() && !missing;
    Some(Step {
        done,
        what: if done { tr!(locale, help.step_tax_done) } else { tr!(locale, help.step_tax) },
        link: (tr!(locale, help.step_tax_link), paths::TAX_DATA.to_owned()),
    })
}

fn sale(ctx: &Context, ever: bool) -> Option<Step> {
    let locale = ctx.locale;
    Some(Step {
        done: ever,
        what: if ever { tr!(locale, help.step_sale_done) } else { tr!(locale, help.step_sale) },
        link: (tr!(locale, help.step_sale_link), paths::EARNINGS.to_owned()),
    })
}

/// How far from the smallest payout, and by when; nothing where the programme pays out everything.
fn minimum(ctx: &Context, known: &Facts, lately: Decimal, days: i64) -> Option<Step> {
    let locale = ctx.locale;
    let minimum = known.minimum?;
    let balances = known.balances.iter().find(|balances| balances.currency == known.currency)?;
    let so_far = balances.pending + balances.payable;
    let words = |amount| text::amount_words(ctx, Money::new(amount, known.currency));
    let far = far(Earned { so_far, lately, days }, minimum, known.today);
    let what = match far {
        Far::Reached => tr!(locale, help.step_minimum_done, earned = words(so_far), minimum = words(minimum)),
        Far::Short { missing, by: Some(by) } => tr!(
            locale,
            help.step_minimum_by,
            missing = words(missing),
            minimum = words(minimum),
            day = format::day(locale, by)
        ),
        Far::Short { missing, by: None } => {
            tr!(locale, help.step_minimum, missing = words(missing), minimum = words(minimum))
        }
    };
    Some(Step { done: far == Far::Reached, what, link: (tr!(locale, help.step_minimum_link), paths::TERMS.to_owned()) })
}

fn shown(ctx: &Context, steps: Vec<Step>) -> AnyView {
    let locale = ctx.locale;
    let items = steps.into_iter().map(|step| {
        let state = match step.done {
            true => badge(Tone::Good, tr!(locale, help.step_state_done)),
            false => badge(Tone::Waiting, tr!(locale, help.step_state_open)),
        };
        view! { <li>{state}" "{step.what}" "{text::link(step.link.1, step.link.0)}</li> }
    });
    let body = view! {
        <ol class="first-steps">{items.collect_view()}</ol>
        <p>{text::link(paths::HELP.to_owned(), tr!(locale, help.steps_more))}</p>
        <Form action="/do/dismiss-first-steps" id="dismiss-first-steps" class="inline">
            <Submit text=tr!(locale, help.steps_dismiss) tone=Weight::Quiet/>
        </Form>
    };
    section(tr!(locale, help.steps_title), body.into_any())
}
