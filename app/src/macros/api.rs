//! Writing and retiring macros; putting one into a reply.

use super::model::{Actions, Variant};
use super::rules;
use super::store::{self, NewVersion, Sent};
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::actor::Staff;
use crate::base::context::{self, Context};
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::{CaseId, MacroId, PersonId};
use crate::base::language::tr;
use crate::desk::store::partner_of;
use crate::disputes::store as cases;
use crate::paths;
use leptos::prelude::*;
use serde_json::json;
use uuid::Uuid;

/// The longest name of a macro, and the longest text; the database has the same.
const LONGEST: (usize, usize) = (120, 10_000);
/// For how many days a macro puts a case off; the database has the same.
const PUT_OFF: std::ops::RangeInclusive<i32> = 1..=90;

/// A macro's form, as typed.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// Which macro; empty for a new one.
    pub id: String,
    /// The version it changes.
    pub version: String,
    /// Its name.
    pub name: String,
    /// The texts, in the order of [`Variant::ALL`].
    pub texts: [String; 3],
    /// Whether it asks.
    pub asks: bool,
    /// Whether it closes.
    pub closes: bool,
    /// `me`, a person, or nobody.
    pub assign: String,
    /// For how many days it puts the case off; empty where it does not.
    pub put_off: String,
    /// The form's key.
    pub form_key: String,
}

/// Writes a macro, or a new version of one.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "write-macro")]
#[allow(clippy::too_many_arguments)]
pub async fn write_macro(
    /// Which one; absent for a new one.
    r#macro: Option<String>,
    /// The version that was read.
    version: Option<String>,
    /// What staff call it.
    name: Option<String>,
    /// The English text.
    en: Option<String>,
    /// The text with tú.
    es_tu: Option<String>,
    /// The text with usted.
    es_usted: Option<String>,
    /// Sent where an answer is asked for.
    asks: Option<String>,
    /// Sent where the case is closed.
    closes: Option<String>,
    /// `me`, a person, or nobody.
    assign: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
    /// For how many days the case is put off; empty or absent where it is not.
    put_off: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let typed = Typed {
        id: r#macro.unwrap_or_default(),
        version: version.unwrap_or_default(),
        name: name.unwrap_or_default(),
        texts: [en, es_tu, es_usted].map(Option::unwrap_or_default),
        asks: asks.is_some(),
        closes: closes.is_some(),
        assign: assign.unwrap_or_default(),
        put_off: put_off.unwrap_or_default(),
        form_key,
    };
    let end = write(&ctx, &typed).await;
    let yes = |ticked: bool| if ticked { "yes" } else { "" };
    let fields = [
        ("form_name", "macro"),
        ("name", typed.name.as_str()),
        ("en", typed.texts[0].as_str()),
        ("es_tu", typed.texts[1].as_str()),
        ("es_usted", typed.texts[2].as_str()),
        ("asks", yes(typed.asks)),
        ("closes", yes(typed.closes)),
        ("assign", typed.assign.as_str()),
        ("put_off", typed.put_off.as_str()),
        ("form_key", typed.form_key.as_str()),
    ];
    forms::finish(&ctx, &fields, end).await
}

async fn write(ctx: &Context, typed: &Typed) -> Result<End, AppError> {
    let staff = desk(ctx)?;
    let form_key: Uuid = typed.form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let of = match typed.id.as_str() {
        "" => None,
        id => Some((
            id.parse::<MacroId>().map_err(|_| AppError::NotFound)?,
            typed.version.parse::<i32>().map_err(|_| AppError::BadRequest("version"))?,
        )),
    };
    let back = of.map_or_else(|| format!("{}/new", paths::MACROS), |(id, _)| paths::macro_page(id));
    let written = |id: MacroId| End::Done(format!("{}?done=written", paths::macro_page(id)));
    let mut tx = ctx.begin().await?;
    if let Some(id) = store::of_form(&mut tx, form_key).await? {
        return Ok(written(id));
    }
    let (mut errors, actions) = read(ctx, typed)?;
    let texts: Vec<_> = Variant::ALL
        .into_iter()
        .zip(&typed.texts)
        .map(|(variant, text)| (variant, text.trim().replace("\r\n", "\n")))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    for (variant, text) in &texts {
        let unknown = rules::unknown(text);
        if !unknown.is_empty() {
            let names: Vec<_> = unknown.iter().map(|name| format!("{{{name}}}")).collect();
            errors.add(variant.as_str(), tr!(ctx.locale, macros.error_unknown, names = names.join(", ")));
        }
        if text.chars().count() > LONGEST.1 {
            errors.add(variant.as_str(), tr!(ctx.locale, macros.error_long, most = LONGEST.1));
        }
    }
    if texts.is_empty() {
        errors.add("en", tr!(ctx.locale, macros.error_no_text));
    }
    if !errors.is_empty() {
        return Ok(End::Refused(back, errors));
    }
    let new = NewVersion {
        of,
        name: typed.name.trim().to_owned(),
        actions,
        texts,
        by: Some(staff.person),
        at: ctx.now(),
        form_key,
    };
    let id = match store::write(&mut tx, &new).await {
        Ok(id) => id,
        Err(AppError::Database(error)) => match constraint(&error) {
            Some("macro_version_pkey") => {
                errors.add("", tr!(ctx.locale, macros.error_changed));
                return Ok(End::Refused(back, errors));
            }
            Some("macro_version_follows") => return Err(AppError::BadRequest("version")),
            Some("macro_version_form_once") => return Err(AppError::Conflict),
            _ => return Err(error.into()),
        },
        Err(error) => return Err(error),
    };
    let change = Change {
        action: "macro.written",
        subject: format!("macro/{id}"),
        after: Some(json!({ "version": of.map_or(0, |(_, version)| version) + 1, "name": new.name })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    match tx.commit().await {
        Ok(()) => Ok(written(id)),
        Err(error) if constraint(&error) == Some("macro_version_of_a_live_macro") => Err(AppError::Conflict),
        Err(error) => Err(error.into()),
    }
}

/// What is wrong with the fields besides the texts, and what the macro does.
fn read(ctx: &Context, typed: &Typed) -> Result<(Errors, Actions), AppError> {
    let mut errors = Errors::default();
    let name = typed.name.trim();
    if name.is_empty() {
        errors.add("name", tr!(ctx.locale, macros.error_name));
    } else if name.chars().count() > LONGEST.0 {
        errors.add("name", tr!(ctx.locale, macros.error_long, most = LONGEST.0));
    }
    if typed.asks && typed.closes {
        errors.add("closes", tr!(ctx.locale, macros.error_asks_closes));
    }
    let put_off_days = match typed.put_off.trim() {
        "" => None,
        days => days.parse().ok().filter(|days| PUT_OFF.contains(days)).or_else(|| {
            errors.add("put_off", tr!(ctx.locale, macros.error_days));
            None
        }),
    };
    if typed.closes && put_off_days.is_some() {
        errors.add("put_off", tr!(ctx.locale, macros.error_closes_puts_off));
    }
    let (takes, assignee) = match typed.assign.as_str() {
        "" => (false, None),
        "me" => (true, None),
        person => (false, Some(PersonId(person.parse().map_err(|_| AppError::BadRequest("assign"))?))),
    };
    Ok((errors, Actions { asks: typed.asks, closes: typed.closes, takes, assignee, put_off_days }))
}

/// Offers a macro no more; what was sent with it stays.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "retire-macro")]
pub async fn retire_macro(
    /// Which one.
    r#macro: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let end = retire(&ctx, &r#macro).await;
    forms::finish(&ctx, &[], end).await
}

async fn retire(ctx: &Context, id: &str) -> Result<End, AppError> {
    let staff = desk(ctx)?;
    let id: MacroId = id.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = ctx.begin().await?;
    if store::find(&mut tx, id, ctx.now()).await?.retired {
        return Ok(End::Done(format!("{}?done=retired", paths::MACROS)));
    }
    store::retire(&mut tx, id, staff.person, ctx.now()).await?;
    let change = Change { action: "macro.retired", subject: format!("macro/{id}"), ..Change::default() };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    tx.commit().await?;
    Ok(End::Done(format!("{}?done=retired", paths::MACROS)))
}

/// Puts a macro into a reply that is being written: the page comes back with its text under what was typed. Nothing is sent.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "use-macro")]
pub async fn use_macro(
    /// The case.
    case: String,
    /// Which macro.
    r#macro: Option<String>,
    /// What was typed so far.
    body: Option<String>,
    /// Sent where an answer is wanted.
    ask: Option<String>,
    /// Sent where its text alone is wanted.
    text_only: Option<String>,
    /// The reply's key.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let typed =
        Reply { case, body: body.unwrap_or_default(), ask: ask.is_some(), text_only: text_only.is_some(), form_key };
    let done = put(&ctx, &typed, &r#macro.unwrap_or_default()).await;
    match done {
        Ok(path) => {
            forms::redirect(&path);
            Ok(())
        }
        Err(error) => Err(forms::failed(&ctx, &error)),
    }
}

struct Reply {
    case: String,
    body: String,
    ask: bool,
    text_only: bool,
    form_key: String,
}

async fn put(ctx: &Context, reply: &Reply, id: &str) -> Result<String, AppError> {
    let staff = desk(ctx)?;
    let case: CaseId = reply.case.parse().map_err(|_| AppError::NotFound)?;
    let form_key: Uuid = reply.form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let mut errors = Errors::default();
    let mut tx = ctx.begin().await?;
    let partner = partner_of(&mut tx, case).await?;
    let (mut body, mut ask) = (reply.body.clone(), reply.ask);
    if id.is_empty() {
        errors.add("macro", tr!(ctx.locale, macros.error_choose));
    } else {
        let id: MacroId = id.parse().map_err(|_| AppError::NotFound)?;
        let chosen = store::find(&mut tx, id, ctx.now()).await?;
        if chosen.retired {
            return Err(AppError::Conflict);
        }
        let contact = store::contact(&mut tx, partner, case).await?;
        let wanted = contact.as_ref().map_or(Variant::En, |contact| contact.variant);
        let (variant, text) = rules::choose(&chosen.texts, wanted).ok_or(AppError::NotFound)?;
        let case_now = cases::find(&mut tx, partner, case).await?;
        let values = store::values(&mut tx, &case_now, contact.as_ref(), *variant, &staff.name, ctx.now()).await?;
        let filled = rules::fill(text, &values);
        if !filled.missing.is_empty() {
            let names: Vec<_> = filled.missing.iter().map(|name| format!("{{{name}}}")).collect();
            errors.add("body", tr!(ctx.locale, macros.error_unresolved, names = names.join(", ")));
        }
        body = rules::below(&reply.body, &filled.text);
        let with_actions = !reply.text_only;
        ask |= with_actions && chosen.actions.asks;
        let sent = Sent { partner, case, form_key, by: staff.person, at: ctx.now() };
        store::pick(&mut tx, &sent, (id, chosen.version, *variant), with_actions).await?;
        tx.commit().await?;
    }
    back_to_reply(ctx, case, &body, ask, &reply.form_key, errors).await
}

/// The case's page with a reply as it is so far.
///
/// # Errors
/// When the database is away.
pub async fn back_to_reply(
    ctx: &Context,
    case: CaseId,
    body: &str,
    ask: bool,
    form_key: &str,
    errors: Errors,
) -> Result<String, AppError> {
    let refused = !errors.is_empty();
    let ask = if ask { "yes" } else { "" };
    let fields = [("form_name", "reply"), ("body", body), ("form_key", form_key), ("ask", ask)];
    let path = forms::keep(ctx, &paths::case(case), &fields, errors).await?;
    // A form that nothing is wrong with has another id than one that was refused.
    Ok(if refused { path } else { path.replace("#form", "#form-reply") })
}

fn desk(ctx: &Context) -> Result<Staff, AppError> {
    let staff = ctx.staff()?;
    if Who::Desk.includes(&ctx.actor) { Ok(staff.clone()) } else { Err(AppError::Forbidden) }
}
