//! `/funds`: what lies on the payout account, and the form that books what was put there.

use super::model::{Booked, Funds, Kind};
use super::store;
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::base::money::{Currency, Money};
use crate::paths;
use crate::payout_methods;
use crate::payout_runs::store::{Home, programmes};
use crate::ui::Tone;
use crate::ui::empty::empty;
use crate::ui::field::{Field, Hidden, Select, Submit};
use crate::ui::form::Form;
use crate::ui::layout::{columns, page_head, section, tabs};
use crate::ui::notice::{done, notice};
use crate::ui::screen::{Query, screen};
use crate::ui::slip::{SlipLine, slip};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;
use rust_decimal::Decimal;

/// Bookings on the page.
const NEWEST: i64 = 100;

/// The page.
#[component]
pub fn FundsPage() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    ctx.staff()?;
    let draft = forms::recall(ctx, query.get("form")).await?;
    let mut tx = ctx.begin().await?;
    let homes = programmes(&mut tx).await?;
    let asked = query.get("programme").map(str::to_owned).unwrap_or_else(|| draft.value("programme"));
    let home = homes.iter().find(|home| home.code == asked).or(homes.first()).cloned().ok_or(AppError::NotFound)?;
    let funds = store::funds(&mut tx, home.id.into()).await?;
    let booked = store::newest(&mut tx, home.id.into(), NEWEST).await?;
    let (usual, _) = payout_methods::store::programme(&mut tx, home.id.into()).await?;
    drop(tx);

    let title = tr!(locale, funds.title);
    let views = homes.iter().map(|each| {
        (
            each.name.clone(),
            format!("{}?programme={}", paths::FUNDS, crate::ui::query::encode(&each.code)),
            each.code == home.code,
        )
    });
    let views = (homes.len() > 1).then(|| tabs(views.collect()));
    let said = (query.get("done") == Some("booked")).then(|| tr!(locale, funds.done_booked));
    let form = Who::Paying
        .includes(&ctx.actor)
        .then(|| section(tr!(locale, funds.form_title), booking_form(ctx, &home, usual, &draft)));
    let slips = funds.iter().map(|one| section(one.currency.code().to_owned(), sum(ctx, one))).collect();
    let body = view! {
        {page_head(title.clone(), Some(lead(ctx, &funds)))}
        {views}
        {done(ctx, said)}
        {columns(slips)}
        {section(tr!(locale, funds.booked_title), table(ctx, booked))}
        {form}
    };
    Ok((title, body.into_any()))
}

fn lead(ctx: &Context, funds: &[Funds]) -> AnyView {
    let locale = ctx.locale;
    if funds.is_empty() {
        return view! { <p>{tr!(locale, funds.lead_none)}</p> }.into_any();
    }
    funds
        .iter()
        .map(|one| {
            let money = |amount| format::money(locale, Money::new(amount, one.currency));
            match one.missing() {
                Some(missing) => {
                    let words = tr!(locale, funds.lead_missing, missing = money(missing), waits = money(one.to_send));
                    notice(Tone::Bad, words)
                }
                None if one.left() < Decimal::ZERO => {
                    notice(Tone::Bad, tr!(locale, funds.lead_below, below = money(-one.left())))
                }
                None => view! { <p>{tr!(locale, funds.lead_left, left = money(one.left()))}</p> }.into_any(),
            }
        })
        .collect_view()
        .into_any()
}

/// How what is left came about.
fn sum(ctx: &Context, funds: &Funds) -> AnyView {
    let locale = ctx.locale;
    let line = |label, amount, total| SlipLine {
        label,
        detail: None,
        value: text::amount(ctx, Money::new(amount, funds.currency)),
        total,
    };
    slip(vec![
        line(tr!(locale, funds.funded), funds.funded, false),
        line(tr!(locale, funds.fees), -funds.fees, false),
        line(tr!(locale, funds.paid), -funds.paid, false),
        line(tr!(locale, funds.on_its_way), -funds.on_its_way, false),
        line(tr!(locale, funds.left), funds.left(), true),
        line(tr!(locale, funds.to_send), funds.to_send, false),
    ])
}

fn table(ctx: &Context, booked: Vec<Booked>) -> AnyView {
    let locale = ctx.locale;
    if booked.is_empty() {
        return empty(tr!(locale, funds.empty_title), tr!(locale, funds.empty_text));
    }
    let head = [
        (tr!(locale, funds.number), true),
        (tr!(locale, funds.day), false),
        (tr!(locale, funds.kind), false),
        (tr!(locale, funds.amount), true),
        (tr!(locale, funds.note), false),
        (tr!(locale, funds.by), false),
    ]
    .map(|(label, numeric)| Head { label, numeric })
    .to_vec();
    let rows = booked
        .into_iter()
        .map(|one| Row {
            href: None,
            cells: vec![
                one.transfer.to_string().into_any(),
                text::time(ctx, one.effective_at),
                words(ctx, one.kind).into_any(),
                text::amount(ctx, one.money),
                one.note.into_any(),
                one.by.unwrap_or_else(|| tr!(locale, runs.a_command)).into_any(),
            ],
        })
        .collect();
    view! { <Table caption=tr!(locale, funds.booked_caption) head=head rows=rows/> }.into_any()
}

fn words(ctx: &Context, kind: Kind) -> String {
    match kind {
        Kind::Funding => tr!(ctx.locale, funds.kind_funding),
        Kind::FundingReturn => tr!(ctx.locale, funds.kind_funding_return),
        Kind::BankFee => tr!(ctx.locale, funds.kind_bank_fee),
        Kind::BankFeeReturn => tr!(ctx.locale, funds.kind_bank_fee_return),
    }
}

fn booking_form(ctx: &Context, home: &Home, usual: Currency, draft: &Draft) -> AnyView {
    let (locale, draft, programme) = (ctx.locale, draft.clone(), home.code.clone());
    let kinds: Vec<_> = Kind::ALL.iter().map(|kind| (kind.as_str().to_owned(), words(ctx, *kind))).collect();
    view! {
        <p>{tr!(locale, funds.form_lead)}</p>
        <Form action="/do/book-funds" draft=&draft>
            <Hidden name="form_key" value=draft.value_or("form_key", &forms::new_key())/>
            <Hidden name="programme" value=programme/>
            <Select name="kind" label=tr!(locale, funds.kind) options=kinds selected=draft.value("kind") error=draft.error("kind") required=true/>
            <Field
                name="amount" label=tr!(locale, funds.amount) inputmode="decimal" value=draft.value("amount")
                error=draft.error("amount") required=true
            />
            <Field
                name="currency" label=tr!(locale, funds.currency) value=draft.value_or("currency", usual.code()) error=draft.error("currency")
                required=true maxlength=3
            />
            <Field
                name="day" label=tr!(locale, funds.day) kind="date" hint=Some(tr!(locale, funds.day_hint)) value=draft.value("day")
                error=draft.error("day")
            />
            <Field name="note" label=tr!(locale, funds.note) value=draft.value("note") error=draft.error("note") maxlength=500/>
            <Submit text=tr!(locale, funds.form_button)/>
        </Form>
    }
    .into_any()
}
