//! `/terms`: what applies today in words, what is announced, and how it came to this.

use super::model::{Field, OfferTerms, Told, Version};
use super::{rules, store, words};
use crate::agreement::page::Agreements;
use crate::base::clock::SINCE_EVER;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::base::money::Currency;
use crate::corrections;
use crate::paths;
use crate::promo::page::Granted;
use crate::ui::badge::Tone;
use crate::ui::empty::empty;
use crate::ui::layout::{facts, page_head, section};
use crate::ui::notice::{done, notice};
use crate::ui::screen::screen;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use crate::ui::timeline::{Step, timeline};
use leptos::prelude::*;

/// The page.
#[component]
pub fn Terms() -> impl IntoView {
    screen(|ctx, query| async move {
        let draft = forms::recall(&ctx, query.get("form")).await?;
        load(&ctx, draft, query.get("done")).await
    })
}

async fn load(ctx: &Context, draft: Draft, said: Option<&str>) -> Result<(String, AnyView), AppError> {
    let member = ctx.member()?;
    let mut tx = ctx.begin().await?;
    let currency = store::currency(&mut tx, member.programme).await?;
    let general = store::in_force(&mut tx, member.programme, None, member.partner, ctx.now()).await?;
    let offers = store::by_offer(&mut tx, member.programme, member.partner, ctx.now()).await?;
    let told = store::told(&mut tx, member.programme, member.partner).await?;
    let corrected = corrections::store::told(&mut tx, member.partner, None).await?;
    let general_error = draft.error("").filter(|_| draft.value("form_name") == "answer-counter");
    let agreements = Agreements::read(ctx, &mut tx, member, draft).await?;
    let granted = Granted::read(&mut tx, member).await?;
    tx.commit().await?;

    let (own, others) = rules::split_offers(offers, &general);
    let title = tr!(ctx.locale, terms.title);
    let lead = words::lead(ctx, &general, !own.is_empty(), currency);
    let by_offer = (!own.is_empty())
        .then(|| section(tr!(ctx.locale, terms.offers), offer_table(ctx, own, others, &general, currency)));
    let is_news = |told: &&Told| told.version.valid_from > ctx.now();
    let announced: Vec<Step> = told
        .iter()
        .rev()
        .filter(is_news)
        .filter(|news| !rules::is_overridden(&news.version, &told))
        .map(|news| step(ctx, news, &general, currency))
        .collect();
    let history: Vec<Step> =
        told.iter().filter(|told| !is_news(told)).map(|told| step(ctx, told, &general, currency)).collect();
    let announced = if announced.is_empty() {
        view! { <p>{tr!(ctx.locale, terms.announced_empty)}</p> }.into_any()
    } else {
        timeline(announced)
    };
    let history = if history.is_empty() {
        empty(tr!(ctx.locale, terms.history_empty), tr!(ctx.locale, terms.history_empty_text))
    } else {
        timeline(history)
    };
    let body = view! {
        {page_head(title.clone(), Some(lead.into_any()))}
        {done(ctx, said_words(ctx, said))}
        {general_error.map(|message| notice(Tone::Bad, message))}
        {agreements.waiting(ctx)}
        {agreements.ending(ctx)}
        {section(tr!(ctx.locale, terms.today), facts(today(ctx, &general, currency)))}
        {by_offer}
        {granted.show(ctx)}
        {section(tr!(ctx.locale, terms.announced), announced)}
        {agreements.asked(ctx)}
        {section(tr!(ctx.locale, terms.history), history)}
        {agreements.over(ctx)}
        {corrections::page::of_partner(ctx, &corrected)}
        {section(tr!(ctx.locale, terms.wrong), view! { <p>{tr!(ctx.locale, terms.ask)}</p> }.into_any())}
    };
    Ok((title, body.into_any()))
}

/// What a form just did.
fn said_words(ctx: &Context, code: Option<&str>) -> Option<String> {
    Some(match code? {
        "offer-accepted" => tr!(ctx.locale, agreement.done_accepted),
        "offer-declined" => tr!(ctx.locale, agreement.done_offer_declined),
        "acknowledged" => tr!(ctx.locale, agreement.done_acknowledged),
        "asked" => tr!(ctx.locale, agreement.done_asked),
        _ => return None,
    })
}

/// Each field that something was said about, with the version that says it.
fn today(ctx: &Context, general: &[Version], currency: Currency) -> Vec<(String, AnyView)> {
    [Field::Rate, Field::HoldDays, Field::Validation, Field::Minimum, Field::Schedule]
        .into_iter()
        .filter_map(|field| general.iter().find(|version| version.field == field))
        .map(|version| {
            let value = words::with_end(ctx, words::value(ctx, version, currency), version.valid_until);
            let since = text::link(paths::terms_version(version.id), since(ctx, version));
            let wrong = text::link(paths::dispute_terms(version.id), tr!(ctx.locale, terms.wrong_this));
            (words::field(ctx, version.field), view! { {value}" "<small>{since}" · "{wrong}</small> }.into_any())
        })
        .collect()
}

fn since(ctx: &Context, version: &Version) -> String {
    if version.valid_from <= SINCE_EVER {
        tr!(ctx.locale, terms.since_ever)
    } else {
        tr!(ctx.locale, terms.since, date = format::date(ctx.locale, ctx.time_zone, version.valid_from))
    }
}

/// The offers with terms of their own; the others in one row.
fn offer_table(ctx: &Context, own: Vec<OfferTerms>, others: usize, general: &[Version], currency: Currency) -> AnyView {
    let of = |field: Field| general.iter().find(|version| version.field == field).cloned();
    let rest = (others > 0).then(|| OfferTerms {
        name: tr!(ctx.locale, terms.others, count = others),
        rate: of(Field::Rate),
        hold_days: of(Field::HoldDays),
        validation: of(Field::Validation),
    });
    let head = [Field::Rate, Field::HoldDays, Field::Validation]
        .map(|field| Head { label: words::field(ctx, field), numeric: false });
    let head =
        std::iter::once(Head { label: tr!(ctx.locale, terms.offer), numeric: false }).chain(head).collect::<Vec<_>>();
    let cell = |version: Option<Version>, unset: String| match version {
        Some(version) => {
            let value = words::with_end(ctx, words::value(ctx, &version, currency), version.valid_until);
            text::link(paths::terms_version(version.id), value)
        }
        None => unset.into_any(),
    };
    let not_set = || tr!(ctx.locale, terms.not_set);
    let rows = own
        .into_iter()
        .chain(rest)
        .map(|offer| Row {
            cells: vec![
                offer.name.into_any(),
                cell(offer.rate, not_set()),
                cell(offer.hold_days, not_set()),
                cell(offer.validation, tr!(ctx.locale, terms.flag_no)),
            ],
            href: None,
        })
        .collect::<Vec<_>>();
    view! { <Table caption=tr!(ctx.locale, terms.offers_caption) head=head rows=rows/> }.into_any()
}

fn step(ctx: &Context, told: &Told, general: &[Version], currency: Currency) -> Step {
    let version = &told.version;
    let future = version.valid_from > ctx.now();
    let who = match version.scope.partner {
        Some(_) => tr!(ctx.locale, terms.for_you),
        None => tr!(ctx.locale, terms.for_all),
    };
    let who = match &told.offer {
        Some(offer) => tr!(ctx.locale, terms.for_offer, who = who, offer = offer.clone()),
        None => who,
    };
    let applies = general.iter().any(|general| general.id == version.id);
    let when = if version.valid_from <= SINCE_EVER {
        tr!(ctx.locale, terms.from_start).into_any()
    } else {
        text::time(ctx, version.valid_from)
    };
    let decided = format::date(ctx.locale, ctx.time_zone, told.decided_at);
    let reason = match (&told.by, told.stopped) {
        (_, true) => tr!(ctx.locale, agreement.never_applied),
        (Some(name), _) => {
            let reason = words::reason(ctx, &told.reason);
            tr!(ctx.locale, agreement.by_name, name = name.clone(), date = decided, reason = reason)
        }
        (None, _) => tr!(ctx.locale, terms.reason_when, date = decided, reason = words::reason(ctx, &told.reason)),
    };
    Step {
        title: tr!(
            ctx.locale,
            terms.began,
            what = words::field(ctx, version.field),
            value = words::with_end(ctx, words::value(ctx, version, currency), version.valid_until)
        ),
        when: Some(when),
        who: Some(format!("{who}, {}", tr!(ctx.locale, terms.version, version = version.id.to_string()))),
        text: Some(reason),
        future,
        tone: if future {
            Tone::Waiting
        } else if applies {
            Tone::Good
        } else {
            Tone::Neutral
        },
        anchor: Some(format!("v{}", version.id)),
    }
}
