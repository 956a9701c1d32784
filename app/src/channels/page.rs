//! The form that writes down what was spoken, its own page for a partner without a case, and the channel of a message.

use super::model::Channel;
use super::rules::local_minute;
use super::store;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::{self, Draft};
use crate::base::ids::{CaseId, PartnerId, PersonId};
use crate::base::language::tr;
use crate::disputes::model::Message;
use crate::inbox::store::partners_of_code;
use crate::live::model::Seen;
use crate::paths;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::field::{Check, Field, Hidden, Select, Submit, TextArea};
use crate::ui::form::{Filter, Form};
use crate::ui::layout::page_head;
use crate::ui::notice::notice;
use crate::ui::screen::{Query, screen};
use crate::ui::text;
use leptos::prelude::*;
use std::collections::HashMap;

/// What a case's page needs of what was spoken in it.
pub struct Desk {
    members: Vec<(PersonId, String)>,
    loggers: HashMap<i64, String>,
}

impl Desk {
    /// Reads it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn read(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Self, AppError> {
        Ok(Self { members: store::members(tx, partner).await?, loggers: store::loggers(tx, partner, case).await? })
    }

    /// The name of who wrote a message down.
    pub fn logger(&self, message: i64) -> Option<&str> {
        self.loggers.get(&message).map(String::as_str)
    }
}

/// When a message was said, with its channel where that is not the portal; `logger` where the house may know who wrote
/// it down.
pub fn when(ctx: &Context, message: &Message, logger: Option<&str>) -> AnyView {
    let locale = ctx.locale;
    let channel = match message.channel {
        Channel::Portal => None,
        Channel::Mail => Some(tr!(locale, channels.by_mail)),
        Channel::Phone => Some(tr!(locale, channels.by_phone)),
        Channel::Chat => Some(tr!(locale, channels.by_chat)),
    };
    let channel = channel.map(|words| badge(Tone::Neutral, words));
    let logger =
        logger.map(|name| view! { " "<span class="quiet">{tr!(locale, channels.logged_by, name = name)}</span> });
    view! { <span>{channel}" "{text::time_exact(ctx, message.at)}{logger}</span> }.into_any()
}

/// The form in a case.
pub fn form(ctx: &Context, (case, seen): (CaseId, Seen), desk: &Desk, draft: Draft, id: String) -> AnyView {
    let hidden = view! { <Hidden name="case" value=case.to_string()/><Hidden name="seen" value=seen.to_string()/> };
    fields(ctx, &desk.members, &draft, id, hidden.into_any(), false)
}

/// `/desk/log`
#[component]
pub fn LogPage() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    ctx.staff()?;
    let asked = query.get("partner").unwrap_or_default().trim().to_owned();
    let draft = forms::recall(ctx, query.get("form")).await?;
    let mut tx = ctx.begin().await?;
    // A refused form comes back with the partner's number, a person asks by code.
    let found = match asked.parse::<PartnerId>().ok().filter(|_| draft.is_refused()) {
        Some(partner) => vec![partner],
        None if asked.is_empty() => Vec::new(),
        None => partners_of_code(&mut tx, &asked).await?,
    };
    let title = tr!(locale, channels.log_title);
    let shown = match found.as_slice() {
        [partner] => {
            let called = store::partner(&mut tx, *partner).await?;
            let members = store::members(&mut tx, *partner).await?;
            let hidden = view! { <Hidden name="partner" value=called.id.to_string()/> };
            let head = tr!(locale, channels.log_for, name = called.name.as_str(), code = called.code.as_str());
            let id = "form".to_owned();
            view! { <h2>{head}</h2> {fields(ctx, &members, &draft, id, hidden.into_any(), true)} }.into_any()
        }
        [] if asked.is_empty() => ().into_any(),
        [] => notice(Tone::Info, tr!(locale, inbox.error_partner)),
        _ => notice(Tone::Info, tr!(locale, inbox.error_partners)),
    };
    let body = view! {
        <p>{text::link(paths::DESK.to_owned(), tr!(locale, channels.back))}</p>
        {page_head(title.clone(), Some(view! { <p>{tr!(locale, channels.log_lead)}</p> }.into_any()))}
        <Filter action=paths::LOG>
            <Field name="partner" label=tr!(locale, channels.partner) hint=Some(tr!(locale, inbox.partner_hint)) value=asked required=true/>
            <Submit text=tr!(locale, channels.find)/>
        </Filter>
        {shown}
    };
    Ok((title, body.into_any()))
}

fn fields(
    ctx: &Context,
    members: &[(PersonId, String)],
    draft: &Draft,
    id: String,
    hidden: AnyView,
    is_new: bool,
) -> AnyView {
    let (locale, draft) = (ctx.locale, draft.clone());
    let ways = Channel::SPOKEN.map(|channel| {
        let words = match channel {
            Channel::Chat => tr!(locale, channels.chat),
            _ => tr!(locale, channels.phone),
        };
        (channel.as_str().to_owned(), words)
    });
    let mut people: Vec<_> = members
        .iter()
        .map(|(person, name)| (person.to_string(), tr!(locale, channels.who_member, name = name.as_str())))
        .collect();
    people.push(("other".to_owned(), tr!(locale, channels.who_other)));
    let me = ctx.staff().map(|staff| staff.name.clone()).unwrap_or_default();
    people.push(("us".to_owned(), tr!(locale, channels.who_us, name = me)));
    let first = people.first().map(|(value, _)| value.clone()).unwrap_or_default();
    let subject = is_new.then(|| {
        view! {
            <Field
                name="subject" label=tr!(locale, channels.subject) hint=Some(tr!(locale, channels.subject_hint))
                value=draft.value("subject") error=draft.error("subject") maxlength=200
            />
        }
    });
    let at_hint = tr!(locale, channels.at_hint, zone = ctx.time_zone.name());
    let at = draft.value_or("at", &local_minute(ctx.now(), ctx.time_zone));
    view! {
        <Form action="/do/log-message" id=id draft=&draft>
            {hidden}
            <Hidden name="form_key" value=draft.value_or("form_key", &forms::new_key())/>
            <Select
                name="channel" label=tr!(locale, channels.channel) options=ways.to_vec() required=true
                selected=draft.value_or("channel", "phone") error=draft.error("channel")
            />
            <Select
                name="who" label=tr!(locale, channels.who) options=people required=true
                selected=draft.value_or("who", &first) error=draft.error("who")
            />
            <Field
                name="name" label=tr!(locale, channels.name) hint=Some(tr!(locale, channels.name_hint))
                value=draft.value("name") error=draft.error("name") maxlength=200
            />
            <Field
                name="at" label=tr!(locale, channels.at) kind="datetime-local" value=at error=draft.error("at")
                hint=Some(at_hint)
            />
            {subject}
            <TextArea
                name="body" label=tr!(locale, channels.body) hint=Some(tr!(locale, channels.body_hint))
                value=draft.value("body") error=draft.error("body") rows=5 required=true maxlength=20_000
            />
            <Check name="ask" label=tr!(locale, channels.asks) checked={draft.value("ask") == "yes"}/>
            <Submit text=tr!(locale, channels.log_button)/>
        </Form>
    }
    .into_any()
}
