//! Writing down what was spoken, in a case or in a new one.

use super::model::{Channel, Speaker, Spoken};
use super::rules::{self, WhenError};
use super::store::{self, Called};
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::{self, Context};
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::{CaseId, PartnerId};
use crate::base::language::tr;
use crate::clocks::store as clocks;
use crate::desk::model::Hand;
use crate::desk::{rules as desk_rules, store as desk};
use crate::disputes::model::{Event, Kind, Stage};
use crate::disputes::{rules as cases, store as case_store, words};
use crate::inbox::rules::case_subject;
use crate::live::model::Seen;
use crate::live::store as live;
use crate::paths;
use leptos::prelude::*;
use serde_json::json;
use uuid::Uuid;

/// What was typed.
struct Typed {
    case: String,
    partner: String,
    channel: String,
    who: String,
    name: String,
    at: String,
    subject: String,
    body: String,
    form_key: String,
    seen: String,
    asks: bool,
}

impl Typed {
    fn fields(&self) -> [(&str, &str); 10] {
        [
            ("form_name", "log-message"),
            ("channel", &self.channel),
            ("who", &self.who),
            ("name", &self.name),
            ("at", &self.at),
            ("subject", &self.subject),
            ("body", &self.body),
            ("form_key", &self.form_key),
            ("seen", &self.seen),
            ("ask", if self.asks { "yes" } else { "" }),
        ]
    }

    /// Where the form stands.
    fn back(&self) -> String {
        match self.case.parse::<CaseId>() {
            Ok(case) => paths::case(case),
            Err(_) => format!("{}?partner={}", paths::LOG, crate::ui::query::encode(&self.partner)),
        }
    }
}

/// Writes down what was spoken by phone or in a chat: in a case, or where none is named in a new one of the partner.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "log-message")]
#[allow(clippy::too_many_arguments)]
pub async fn log_message(
    /// The case; empty for a new one.
    case: Option<String>,
    /// The partner of a new case, by number.
    partner: Option<String>,
    /// `phone` or `chat`.
    channel: Option<String>,
    /// `us`, `other`, or the number of a member.
    who: Option<String>,
    /// The name of somebody who is no member.
    name: Option<String>,
    /// When, in local time; empty for now.
    at: Option<String>,
    /// What a new case is about.
    subject: Option<String>,
    /// What was said.
    body: Option<String>,
    /// Sent where we asked the partner for something.
    ask: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
    /// What the writer has seen of the case: the last message, note and step.
    seen: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let typed = Typed {
        case: case.unwrap_or_default(),
        partner: partner.unwrap_or_default(),
        channel: channel.unwrap_or_default(),
        who: who.unwrap_or_default(),
        name: name.unwrap_or_default(),
        at: at.unwrap_or_default(),
        subject: subject.unwrap_or_default(),
        body: body.unwrap_or_default(),
        form_key,
        seen: seen.unwrap_or_default(),
        asks: ask.is_some(),
    };
    let end = log(&ctx, &typed).await;
    forms::finish(&ctx, &typed.fields(), end).await
}

async fn log(ctx: &Context, typed: &Typed) -> Result<End, AppError> {
    let staff = ctx.staff()?.clone();
    if !Who::Desk.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let hand = Hand { person: staff.person, name: staff.name, at: ctx.now() };
    let form_key: Uuid = typed.form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let mut tx = ctx.begin().await?;
    let in_case = match typed.case.is_empty() {
        true => None,
        false => Some(typed.case.parse::<CaseId>().map_err(|_| AppError::NotFound)?),
    };
    let partner = match in_case {
        Some(case) => desk::partner_of(&mut tx, case).await?,
        None => typed.partner.parse::<PartnerId>().map_err(|_| AppError::NotFound)?,
    };
    let called = store::partner(&mut tx, partner).await?;
    // What is said of a merged case belongs where its conversation goes on.
    let in_case = match in_case {
        Some(case) => Some(crate::work::store::home(&mut tx, partner, case).await?),
        None => None,
    };
    if let Some(case) = case_store::case_of_form(&mut tx, partner, form_key).await? {
        return Ok(logged(case));
    }
    let mut errors = Errors::default();
    let members = store::members(&mut tx, partner).await?;
    let spoken = read(ctx, typed, &members, form_key, &mut errors);
    let Some(spoken) = spoken.filter(|_| errors.is_empty()) else {
        return Ok(End::Refused(typed.back(), errors));
    };
    if let (Some(case), Speaker::Us) = (in_case, &spoken.speaker) {
        // As with a reply: what nobody here has read is not answered by the way. The case stays locked from here on.
        case_store::lock(&mut tx, partner, case).await?;
        let seen: Seen = typed.seen.parse().map_err(|_| AppError::BadRequest("seen"))?;
        let read = Seen { message: Some(seen.message.unwrap_or_default()), ..seen };
        if read.misses(&live::seen(&mut tx, partner, case).await?) {
            errors.add("", tr!(ctx.locale, desk.error_unseen));
            return Ok(End::Refused(paths::case(case), errors));
        }
    }
    let done = match in_case {
        Some(case) => into_case(ctx, &mut tx, &called, case, &spoken, &hand).await,
        None => into_new_case(ctx, &mut tx, &called, &typed.subject, &spoken, &hand).await,
    };
    match done {
        Ok(case) => {
            tx.commit().await?;
            Ok(logged(case))
        }
        Err(AppError::Database(error)) => match said_no(ctx, constraint(&error)) {
            Some((field, message)) => {
                errors.add(field, message);
                Ok(End::Refused(typed.back(), errors))
            }
            None => Err(error.into()),
        },
        Err(error) => Err(error),
    }
}

fn logged(case: CaseId) -> End {
    End::Done(format!("{}?done=logged", paths::case(case)))
}

fn read(
    ctx: &Context,
    typed: &Typed,
    members: &[(crate::base::ids::PersonId, String)],
    form_key: Uuid,
    errors: &mut Errors,
) -> Option<Spoken> {
    let locale = ctx.locale;
    let channel = Channel::parse(&typed.channel).filter(|channel| Channel::SPOKEN.contains(channel));
    if channel.is_none() {
        errors.add("channel", tr!(locale, channels.error_channel));
    }
    let speaker = rules::parse_speaker(&typed.who, &typed.name, members);
    if speaker.is_none() {
        let (field, message) = match typed.who.as_str() {
            "other" => ("name", tr!(locale, channels.error_name)),
            _ => ("who", tr!(locale, channels.error_who)),
        };
        errors.add(field, message);
    }
    let at = rules::parse_when(&typed.at, ctx.time_zone, ctx.now())
        .map_err(|error| {
            let message = match error {
                WhenError::NotAMoment => tr!(locale, channels.error_when),
                WhenError::Future => tr!(locale, channels.error_future),
                WhenError::TooLongAgo => tr!(locale, channels.error_long_ago),
            };
            errors.add("at", message);
        })
        .ok();
    let body =
        cases::parse_text(&typed.body).map_err(|error| errors.add("body", words::text_error(locale, error))).ok();
    Some(Spoken { channel: channel?, speaker: speaker?, at: at?, body: body?, asks: typed.asks, form_key })
}

/// The field and the words for what the database refused.
fn said_no(ctx: &Context, constraint: Option<&str>) -> Option<(&'static str, String)> {
    Some(match constraint? {
        "message_spoken_in_its_order" => ("at", tr!(ctx.locale, channels.error_order)),
        "message_spoken_by_a_member" => ("who", tr!(ctx.locale, channels.error_who)),
        _ => return None,
    })
}

async fn into_case(
    ctx: &Context,
    tx: &mut Tx,
    called: &Called,
    case: CaseId,
    spoken: &Spoken,
    hand: &Hand,
) -> Result<CaseId, AppError> {
    let locked = case_store::lock(tx, called.id, case).await?;
    let promises = clocks::promises(tx, called.id, locked.kind, hand.at).await?;
    let message = store::add(tx, called.id, case, spoken, hand).await?;
    let (stage, next) = match spoken.speaker {
        Speaker::Us => {
            let decided = case_store::is_settled(tx, called.id, case).await?;
            let stage = cases::after_reply(locked.stage, spoken.asks, decided);
            let next = promises.next_update(stage);
            let free = locked.assignee.is_none() && locked.stage != Stage::Closed;
            let assignee = if free { Some(hand.person) } else { locked.assignee };
            desk::save(tx, &locked, locked.version, stage, assignee, next, hand.at).await?;
            for step in desk_rules::steps(locked.stage, locked.assignee.is_some(), stage) {
                let promised_at = cases::running_promise(step, next);
                let event = Event { stage: step, at: hand.at, by: hand.name.clone(), promised_at };
                case_store::add_event(tx, called.id, case, &event).await?;
            }
            (stage, next)
        }
        Speaker::Member(..) | Speaker::Named(_) => {
            let stage = cases::after_partner(locked.stage);
            // A promise that runs stands; a partner who calls again does not have to wait anew.
            let next = cases::running_promise(locked.stage, locked.next_update_at).unwrap_or(promises.next_word());
            case_store::save_stage(tx, &locked, locked.version, stage, next, hand.at).await?;
            if stage != locked.stage {
                let event = Event { stage, at: hand.at, by: String::new(), promised_at: Some(next) };
                case_store::add_event(tx, called.id, case, &event).await?;
            }
            (stage, next)
        }
    };
    let before = json!({ "stage": locked.stage.as_str() });
    let after =
        json!({ "stage": stage.as_str(), "message": message, "channel": spoken.channel.as_str(), "promised_at": next });
    write_record(ctx, tx, called, case, Some(before), after).await?;
    clocks::renew(tx, called.id, case, hand.at).await?;
    Ok(case)
}

async fn into_new_case(
    ctx: &Context,
    tx: &mut Tx,
    called: &Called,
    subject: &str,
    spoken: &Spoken,
    hand: &Hand,
) -> Result<CaseId, AppError> {
    // The partner waits since the call, not since somebody wrote it down.
    let promises = clocks::promises(tx, called.id, Kind::Other, spoken.at).await?;
    let (stage, assignee, next) = match spoken.speaker {
        Speaker::Us => {
            let stage = cases::after_reply(Stage::Received, spoken.asks, false);
            (stage, Some(hand.person), promises.next_update(stage))
        }
        Speaker::Member(..) | Speaker::Named(_) => (Stage::Received, None, promises.first_reply()),
    };
    let first_line = spoken.body.lines().next().unwrap_or_default();
    let subject = case_subject(&subject.replace(['\0', '\r', '\n'], " "), first_line);
    let case = store::open(tx, called, &subject, (stage, assignee), hand, (spoken.at, next)).await?;
    let message = store::add(tx, called.id, case, spoken, hand).await?;
    let by = if assignee.is_some() { hand.name.clone() } else { String::new() };
    let received = Event { stage: Stage::Received, at: spoken.at, by: String::new(), promised_at: Some(next) };
    case_store::add_event(tx, called.id, case, &received).await?;
    if stage != Stage::Received {
        let event = Event { stage, at: hand.at, by, promised_at: cases::running_promise(stage, next) };
        case_store::add_event(tx, called.id, case, &event).await?;
    }
    let after = json!({
        "kind": Kind::Other.as_str(), "stage": stage.as_str(), "message": message, "channel": spoken.channel.as_str(), "promised_at": next,
    });
    write_record(ctx, tx, called, case, None, after).await?;
    clocks::renew(tx, called.id, case, hand.at).await?;
    Ok(case)
}

async fn write_record(
    ctx: &Context,
    tx: &mut Tx,
    called: &Called,
    case: CaseId,
    before: Option<serde_json::Value>,
    after: serde_json::Value,
) -> Result<(), AppError> {
    let change = Change {
        action: if before.is_some() { "case.logged" } else { "case.opened" },
        subject: format!("case/{case}"),
        partner: Some(called.id),
        on_behalf_of: Some(called.id),
        before,
        after: Some(after),
        ..Change::default()
    };
    record(tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await
}
