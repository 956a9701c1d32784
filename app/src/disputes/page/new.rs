//! The form that opens a dispute, beside the facts it pins.

use crate::base::actor::Member;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::{self, Draft};
use crate::base::ids::{ConversionId, PayoutId, TermsVersionId};
use crate::base::language::tr;
use crate::clocks::store as clocks;
use crate::disputes::api::kept_as;
use crate::disputes::model::{ConversionFacts, Facts, Kind};
use crate::disputes::{facts, rules, store, words};
use crate::help::page::before_sending;
use crate::inbox::uploads;
use crate::paths;
use crate::rota::page::presence;
use crate::statements;
use crate::ui::Tone;
use crate::ui::field::{Choice, Field, Hidden, Select, Submit, TextArea};
use crate::ui::form::Form;
use crate::ui::layout::{columns, page_head, section};
use crate::ui::notice::notice_with;
use crate::ui::screen::{Query, screen};
use crate::ui::text;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// `/disputes/new`
#[component]
pub fn NewDispute() -> impl IntoView {
    screen(|ctx, query| async move {
        let member = ctx.member()?.clone();
        let draft = forms::recall(&ctx, query.get("form")).await?;
        let mut tx = ctx.begin().await?;
        let title = tr!(ctx.locale, disputes.new_title);
        let promised = clocks::promises(&mut tx, member.partner, Kind::Other, ctx.now()).await?.first_reply();
        let on = presence(&mut tx, ctx.now()).await?.sentence(&ctx);
        let before = before_sending(&ctx, &mut tx, &query, &draft.value("body")).await?;
        let body = match about(&ctx, &mut tx, &member, &query, &draft).await? {
            Asked::Form(form, pinned) => view! {
                {page_head(title.clone(), Some(lead(&ctx, promised, on)))}
                {before}
                {columns(match pinned {
                    Some(pinned) => vec![form, pinned],
                    None => vec![form],
                })}
            }
            .into_any(),
            Asked::Already(case) => view! {
                {page_head(title.clone(), None)}
                {notice_with(Tone::Info, view! {
                    <p>{tr!(ctx.locale, disputes.already_open)}</p>
                    <p>{text::link(paths::dispute(case), tr!(ctx.locale, disputes.already_link))}</p>
                }.into_any())}
            }
            .into_any(),
        };
        Ok((title, body))
    })
}

/// What the page shows.
enum Asked {
    /// The form, and the facts it pins.
    Form(AnyView, Option<AnyView>),
    /// The case about the same thing that is open already.
    Already(crate::base::ids::CaseId),
}

fn lead(ctx: &Context, promised: DateTime<Utc>, on: Option<AnyView>) -> AnyView {
    let when = words::moment(ctx, promised);
    view! { <p>{tr!(ctx.locale, disputes.new_lead, when = when)}</p>{on} }.into_any()
}

async fn about(ctx: &Context, tx: &mut Tx, member: &Member, query: &Query, draft: &Draft) -> Result<Asked, AppError> {
    if let Some(id) = query.get("conversion") {
        let id: ConversionId = id.parse().map_err(|_| AppError::NotFound)?;
        let conversion = store::conversion_facts(tx, member.partner, id).await?;
        if let Some(case) = store::open_about(tx, member.partner, id, ctx.now()).await? {
            return Ok(Asked::Already(case));
        }
        let fields = conversion_fields(ctx, id, &conversion, draft);
        let pinned = pinned(ctx, &Facts::Conversion(conversion));
        Ok(Asked::Form(form(ctx, draft, fields), Some(pinned)))
    } else if let Some(id) = query.get("payout") {
        let id: PayoutId = id.parse().map_err(|_| AppError::NotFound)?;
        let payout = statements::store::find(tx, member.partner, id).await?;
        if let Some(case) = store::open_about_payout(tx, member.partner, id).await? {
            return Ok(Asked::Already(case));
        }
        let is_late = statements::page::expected(ctx, &payout).is_late();
        let kinds = rules::kinds_of_payout(payout.state, is_late);
        let fields = view! {
            <Hidden name="payout" value=id.to_string()/>
            {kind_field(ctx, &kinds, draft)}
        };
        let facts = store::payout_facts(tx, member.partner, id).await?;
        Ok(Asked::Form(form(ctx, draft, fields.into_any()), Some(pinned(ctx, &Facts::Payout(facts)))))
    } else if let Some(id) = query.get("terms") {
        let id: TermsVersionId = id.parse().map_err(|_| AppError::NotFound)?;
        let terms = store::terms_facts(tx, member.programme, member.partner, id).await?;
        let fields = view! {
            <Hidden name="kind" value=Kind::MyTerms.as_str()/>
            <Hidden name="terms" value=id.to_string()/>
        };
        Ok(Asked::Form(form(ctx, draft, fields.into_any()), Some(pinned(ctx, &Facts::Terms(terms)))))
    } else if query.get("kind") == Some(Kind::MissingConversion.as_str()) {
        let offers = store::offers(tx, member.programme).await?;
        let currencies = store::currencies(tx, member.programme, member.partner).await?;
        let offers = offers.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
        let currencies = currencies.iter().map(|currency| (currency.to_string(), currency.to_string())).collect();
        Ok(Asked::Form(form(ctx, draft, claim_fields(ctx, offers, currencies, draft)), None))
    } else {
        let other = view! { <Hidden name="kind" value=Kind::Other.as_str()/> };
        Ok(Asked::Form(form(ctx, draft, other.into_any()), Some(ways(ctx))))
    }
}

fn form(ctx: &Context, draft: &Draft, fields: AnyView) -> AnyView {
    let (locale, draft, keep) = (ctx.locale, draft.clone(), kept_as(&ctx.path));
    view! {
        <Form action="/do/open-dispute" id="form" draft=&draft with_file=true>
            {fields}
            <TextArea
                name="body" label=tr!(locale, disputes.field_body) hint=Some(tr!(locale, disputes.field_body_hint))
                value=draft.value("body") error=draft.error("body") rows=7 required=true maxlength=20_000
                keep=keep
            />
            <Hidden name="form_key" value=draft.value_or("form_key", &forms::new_key())/>
            {uploads::field(locale, &draft)}
            <Submit text=tr!(locale, disputes.open_button)/>
        </Form>
    }
    .into_any()
}

fn conversion_fields(ctx: &Context, id: ConversionId, conversion: &ConversionFacts, draft: &Draft) -> AnyView {
    let kinds = rules::kinds_of_conversion(conversion.state, conversion.refunded);
    view! {
        <Hidden name="conversion" value=id.to_string()/>
        {kind_field(ctx, &kinds, draft)}
    }
    .into_any()
}

/// What may be wrong with it, the likeliest chosen.
fn kind_field(ctx: &Context, kinds: &[Kind], draft: &Draft) -> AnyView {
    let options = kinds.iter().map(|kind| (kind.as_str().to_owned(), words::kind(ctx.locale, *kind))).collect();
    let first = kinds.first().map(|kind| kind.as_str()).unwrap_or_default();
    view! {
        <Choice
            name="kind" label=tr!(ctx.locale, disputes.field_kind) options=options required=true
            selected=draft.value_or("kind", first) error=draft.error("kind")
        />
    }
    .into_any()
}

fn claim_fields(
    ctx: &Context,
    offers: Vec<(String, String)>,
    currencies: Vec<(String, String)>,
    draft: &Draft,
) -> AnyView {
    let locale = ctx.locale;
    let currency = match currencies.as_slice() {
        [(only, _)] => view! { <Hidden name="currency" value=only.clone()/> }.into_any(),
        _ => view! {
            <Select
                name="currency" label=tr!(locale, disputes.field_currency) options=currencies.clone() required=true
                selected=draft.value("currency")
            />
        }
        .into_any(),
    };
    let amount_hint = match currencies.as_slice() {
        [(only, _)] => Some(tr!(locale, disputes.field_amount_hint, currency = only.as_str())),
        _ => None,
    };
    view! {
        <Hidden name="kind" value=Kind::MissingConversion.as_str()/>
        <Select
            name="offer" label=tr!(locale, disputes.field_offer) options=offers required=true
            selected=draft.value("offer") error=draft.error("offer")
        />
        <Field
            name="order_id" label=tr!(locale, disputes.field_order) hint=Some(tr!(locale, disputes.field_order_hint))
            value=draft.value("order_id") error=draft.error("order_id") required=true maxlength=200
        />
        <Field
            name="occurred_at" label=tr!(locale, disputes.field_time) kind="datetime-local"
            hint=Some(tr!(locale, disputes.field_time_hint, zone = ctx.time_zone.name()))
            value=draft.value("occurred_at") error=draft.error("occurred_at") required=true
        />
        <Field
            name="amount" label=tr!(locale, disputes.field_amount) inputmode="decimal" hint=amount_hint
            value=draft.value("amount") error=draft.error("amount") required=true
        />
        {currency}
        <TextArea
            name="proof" label=tr!(locale, disputes.field_proof) hint=Some(tr!(locale, disputes.field_proof_hint))
            value=draft.value("proof") error=draft.error("proof") rows=3 maxlength=20_000
        />
    }
    .into_any()
}

/// The facts, and that they are kept as they are now.
fn pinned(ctx: &Context, facts_now: &Facts) -> AnyView {
    let lines = facts::lines(ctx, facts_now).into_iter().map(|(label, value)| (label, value.into_any())).collect();
    let body = view! {
        {crate::ui::layout::facts(lines)}
        <p>{tr!(ctx.locale, disputes.pinned_text)}</p>
    };
    section(tr!(ctx.locale, disputes.pinned_title), body.into_any())
}

/// Better places to begin, for those who came without one.
fn ways(ctx: &Context) -> AnyView {
    let locale = ctx.locale;
    let missing = format!("{}/new?kind={}", paths::DISPUTES, Kind::MissingConversion.as_str());
    let body = view! {
        <ul>
            <li>{text::link(paths::EARNINGS.to_owned(), tr!(locale, disputes.way_conversion))}</li>
            <li>{text::link(missing, tr!(locale, disputes.way_missing))}</li>
            <li>{text::link(paths::PAYOUTS.to_owned(), tr!(locale, disputes.way_payout))}</li>
            <li>{text::link(paths::TERMS.to_owned(), tr!(locale, disputes.way_terms))}</li>
        </ul>
    };
    section(tr!(locale, disputes.ways_title), body.into_any())
}
