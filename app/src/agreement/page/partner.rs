//! On the terms page: what is offered, what is announced, what was asked for.

use super::{state, value, value_by, what, wish};
use crate::agreement::model::{Ending, Notice, Offer, Request, Said, Value};
use crate::agreement::store;
use crate::approvals::model::Answer;
use crate::base::actor::Member;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::base::money::Currency;
use crate::commissions::model::Rule;
use crate::disputes::store as cases;
use crate::paths;
use crate::terms;
use crate::ui::badge::{Tone, badge};
use crate::ui::field::{Choice, Field, Hidden, Select, Submit, TextArea, Weight};
use crate::ui::form::Form;
use crate::ui::layout::section;
use crate::ui::text;
use chrono::{DateTime, TimeDelta, Utc};
use leptos::prelude::*;

/// Everything between a partner and the house.
pub struct Agreements {
    currency: Currency,
    offers: Vec<Offer>,
    notices: Vec<Notice>,
    endings: Vec<Ending>,
    requests: Vec<Request>,
    names: Vec<(String, String)>,
    draft: Draft,
}

impl Agreements {
    /// Reads it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn read(ctx: &Context, tx: &mut Tx, member: &Member, draft: Draft) -> Result<Self, AppError> {
        let all = std::iter::once((String::new(), tr!(ctx.locale, agreement.all_offers)));
        let names = cases::offers(tx, member.programme).await?.into_iter().map(|(id, name)| (id.to_string(), name));
        Ok(Self {
            currency: crate::terms::store::currency(tx, member.programme).await?,
            offers: store::offers_to(tx, member.partner).await?,
            notices: store::notices_to(tx, member.partner).await?,
            endings: store::endings_of(tx, member.partner, ctx.now()).await?,
            requests: store::requests_of(tx, member.partner, ctx.now()).await?,
            names: all.chain(names).collect(),
            draft,
        })
    }

    /// What asks for an answer: offers that stand, decreases that come.
    pub fn waiting(&self, ctx: &Context) -> AnyView {
        let now = ctx.now();
        let offers = self.offers.iter().filter(|offer| offer.answer.is_none() && offer.expires_at > now);
        let offers = offers.map(|offer| self.offer(ctx, offer)).collect::<Vec<_>>();
        let coming = self.notices.iter().filter(|notice| notice.applies_at > now);
        let coming = coming.map(|notice| self.notice(ctx, notice)).collect::<Vec<_>>();
        view! { {offers}{coming} }.into_any()
    }

    /// What ends soon, and what counts then.
    pub fn ending(&self, ctx: &Context) -> AnyView {
        let locale = ctx.locale;
        let lines = self.endings.iter().map(|ending| {
            let of = |(value, rule): &(Value, Rule)| value_by(ctx, value, rule, self.currency);
            let words = tr!(
                locale,
                ending.announced,
                what = what(ctx, ending.field, ending.offer.as_deref()),
                now = of(&ending.now),
                day = format::date(locale, ctx.time_zone, last_moment(ending.ends_at)),
                then = ending.then.as_ref().map_or_else(|| tr!(locale, terms.not_set), of)
            );
            let link = text::link(paths::terms_version(ending.version), tr!(locale, ending.why));
            view! { <p>{words}" "{link}</p> }
        });
        let lines = lines.collect::<Vec<_>>();
        match lines.is_empty() {
            true => ().into_any(),
            false => section(tr!(locale, ending.title), lines.into_any()),
        }
    }

    fn offer(&self, ctx: &Context, offer: &Offer) -> AnyView {
        let locale = ctx.locale;
        let until = format::date(locale, ctx.time_zone, last_moment(offer.expires_at));
        let what = what(ctx, offer.field, offer.offer.as_deref());
        let words = tr!(
            locale,
            agreement.offered,
            name = offer.by.clone(),
            what = what,
            value = terms::words::with_end(ctx, value(ctx, &offer.value, self.currency), offer.valid_until)
        );
        let button = |answer: Answer, words: String, weight: Weight| {
            let id = offer.id.to_string();
            view! {
                <Form action="/do/answer-counter" id=format!("{}-{id}", answer.as_str()) class="inline">
                    <Hidden name="offer" value=id/>
                    <Hidden name="answer" value=answer.as_str()/>
                    <Submit text=words tone=weight/>
                </Form>
            }
        };
        let body = view! {
            <p>{words}</p>
            {text::prose(offer.reason.clone())}
            <p>{tr!(locale, agreement.offer_until, until = until)}</p>
            {button(Answer::Accepted, tr!(locale, agreement.accept), Weight::Primary)}
            {button(Answer::Declined, tr!(locale, agreement.decline), Weight::Quiet)}
        };
        section(tr!(locale, agreement.offer_title), body.into_any())
    }

    fn notice(&self, ctx: &Context, notice: &Notice) -> AnyView {
        let locale = ctx.locale;
        let day = format::date(locale, ctx.time_zone, notice.applies_at);
        let words = tr!(
            locale,
            agreement.announced,
            what = what(ctx, notice.field, notice.offer.as_deref()),
            before = value_by(ctx, &notice.before, &notice.rules.0, self.currency),
            after = value_by(ctx, &notice.after, &notice.rules.1, self.currency),
            day = day.clone()
        );
        let said = match (&notice.stopped, notice.said) {
            (Some((name, at)), _) => {
                let at = format::date(locale, ctx.time_zone, *at);
                view! { <p>{badge(Tone::Good, tr!(locale, agreement.stopped))}" "{tr!(locale, agreement.stopped_by, name = name.clone(), day = at)}</p> }.into_any()
            }
            (None, Some(Said::Objected(case))) => {
                let link = text::link(paths::dispute(case), tr!(locale, agreement.your_objection));
                view! { <p>{badge(Tone::Waiting, tr!(locale, agreement.objected))}" "{link}</p> }.into_any()
            }
            (None, Some(_)) => view! { <p>{badge(Tone::Neutral, tr!(locale, agreement.acknowledged))}</p> }.into_any(),
            (None, None) => self.answer(ctx, notice, day),
        };
        let who = tr!(
            locale,
            agreement.decided_by,
            name = notice.by.clone(),
            day = format::date(locale, ctx.time_zone, notice.told_at)
        );
        let body = view! { <p>{words}</p>{text::prose(notice.reason.clone())}<p class="small">{who}</p>{said} };
        section(tr!(locale, agreement.change_title), body.into_any())
    }

    fn answer(&self, ctx: &Context, notice: &Notice, day: String) -> AnyView {
        let locale = ctx.locale;
        let name = format!("answer-change-{}", notice.version);
        let typed = if self.draft.value("form_name") == name { self.draft.clone() } else { Draft::default() };
        let id = if typed.is_refused() { "form".to_owned() } else { name };
        let version = notice.version.to_string();
        let options = vec![
            ("acknowledged".to_owned(), tr!(locale, agreement.acknowledge)),
            ("objected".to_owned(), tr!(locale, agreement.object)),
        ];
        view! {
            <p>{tr!(locale, agreement.silence, day = day)}</p>
            <Form action="/do/answer-change" id=id draft=&typed>
                <Hidden name="version" value=version/>
                <Hidden name="form_key" value=typed.value_or("form_key", &forms::new_key())/>
                <Choice
                    name="answer" label=tr!(locale, agreement.answer_question) options=options selected=typed.value("answer")
                    error=typed.error("answer") required=true
                />
                <TextArea
                    name="words" label=tr!(locale, agreement.objection) hint=Some(tr!(locale, agreement.objection_hint))
                    value=typed.value("words") error=typed.error("words") rows=3 maxlength=4_000
                />
                <Submit text=tr!(locale, agreement.send) tone=Weight::Quiet/>
            </Form>
        }
        .into_any()
    }

    /// What was asked for, and the form that asks.
    pub fn asked(&self, ctx: &Context) -> AnyView {
        let locale = ctx.locale;
        let lines = self.requests.iter().map(|request| {
            let when = text::time(ctx, request.at);
            view! { <li><strong>{wish(ctx, request)}</strong>" "{when}<br/>{state(ctx, request)}</li> }
        });
        let lines = lines.collect::<Vec<_>>();
        let lines = (!lines.is_empty()).then(|| view! { <ul>{lines}</ul> });
        let typed = if self.draft.value("form_name") == "ask-terms" { self.draft.clone() } else { Draft::default() };
        let open = typed.is_refused();
        let id = if open { "form" } else { "form-ask-terms" };
        let (names, code) = (self.names.clone(), self.currency.code().to_owned());
        let fields = vec![
            ("rate".to_owned(), tr!(locale, agreement.ask_rate)),
            ("minimum".to_owned(), tr!(locale, agreement.ask_minimum)),
        ];
        let body = view! {
            <div id="asked">{lines}</div>
            <details open=open>
                <summary>{tr!(locale, agreement.ask_summary)}</summary>
                <Form action="/do/ask-terms" id=id draft=&typed>
                    <Hidden name="form_key" value=typed.value_or("form_key", &forms::new_key())/>
                    <Choice
                        name="field" label=tr!(locale, agreement.ask_what) options=fields selected=typed.value("field")
                        error=typed.error("field") required=true
                    />
                    <Select
                        name="offer" label=tr!(locale, agreement.ask_offer) options=names selected=typed.value("offer")
                        error=typed.error("offer") hint=Some(tr!(locale, agreement.ask_offer_hint))
                    />
                    <Field
                        name="wish" label=tr!(locale, agreement.ask_wish) inputmode="decimal" value=typed.value("wish")
                        hint=Some(tr!(locale, agreement.ask_wish_hint, currency = code))
                        error=typed.error("wish") required=true
                    />
                    <TextArea
                        name="reason" label=tr!(locale, agreement.ask_why) hint=Some(tr!(locale, agreement.ask_why_hint))
                        value=typed.value("reason") error=typed.error("reason") rows=3 required=true maxlength=4_000
                    />
                    <Submit text=tr!(locale, agreement.ask_button)/>
                </Form>
            </details>
        };
        section(tr!(locale, agreement.ask_title), body.into_any())
    }

    /// What was offered and is over, in a line each.
    pub fn over(&self, ctx: &Context) -> AnyView {
        let (locale, now) = (ctx.locale, ctx.now());
        let over = self.offers.iter().filter(|offer| offer.answer.is_some() || offer.expires_at <= now);
        let lines: Vec<_> = over
            .map(|offer| {
                let what = what(ctx, offer.field, offer.offer.as_deref());
                let value = value(ctx, &offer.value, self.currency);
                let (tone, word) = match offer.answer {
                    Some((Answer::Accepted, _)) => (Tone::Good, tr!(locale, agreement.you_accepted)),
                    Some((Answer::Declined, _)) => (Tone::Neutral, tr!(locale, agreement.you_declined)),
                    _ => (Tone::Neutral, tr!(locale, agreement.it_lapsed)),
                };
                let when = text::time(ctx, offer.answer.map_or(offer.expires_at, |(_, at)| at));
                view! { <li>{tr!(locale, agreement.offer_was, what = what, value = value)}" "{badge(tone, word)}" "{when}</li> }
            })
            .collect();
        match lines.is_empty() {
            true => ().into_any(),
            false => section(tr!(locale, agreement.over_title), view! { <ul>{lines}</ul> }.into_any()),
        }
    }
}

/// Of what ends at midnight, the day before is the last.
fn last_moment(end: DateTime<Utc>) -> DateTime<Utc> {
    end - TimeDelta::microseconds(1)
}
