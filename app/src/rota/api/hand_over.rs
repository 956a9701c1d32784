//! Handing promises over: whoever goes home gives what falls due before they are back to somebody who is there.

use super::context;
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::db::{begin_part, end_part};
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::PersonId;
use crate::base::language::tr;
use crate::clocks::store as clocks;
use crate::disputes::model::Event;
use crate::disputes::store as cases;
use crate::paths;
use crate::rota::store;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde_json::json;

/// Gives the promises of one person that fall due before a moment to another. One's own, or anybody's for leads.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "hand-over")]
pub async fn hand_over(
    /// Whose promises.
    from: String,
    /// Who keeps them from now on.
    to: Option<String>,
    /// Only those that fall due before this moment; empty for all.
    until: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let to = to.unwrap_or_default();
    let end = give(&ctx, &from, &to, &until.unwrap_or_default()).await;
    let form = format!("hand-over-{from}");
    forms::finish(&ctx, &[("form_name", &form), ("to", &to)], end).await
}

async fn give(ctx: &Context, from: &str, to: &str, until: &str) -> Result<End, AppError> {
    let me = ctx.staff()?.person;
    let from: PersonId = from.parse().map_err(|_| AppError::NotFound)?;
    if !(Who::Leads.includes(&ctx.actor) || (me == from && Who::Desk.includes(&ctx.actor))) {
        return Err(AppError::Forbidden);
    }
    let until: Option<DateTime<Utc>> = match until {
        "" => None,
        text => Some(text.parse().map_err(|_| AppError::BadRequest("until"))?),
    };
    let mut tx = ctx.begin().await?;
    let heir = store::colleagues(&mut tx)
        .await?
        .into_iter()
        .find(|each| each.active && each.person != from && to.parse() == Ok(each.person));
    let Some(heir) = heir else {
        let mut errors = Errors::default();
        errors.add("to", tr!(ctx.locale, rota.error_person));
        return Ok(End::Refused(paths::ROTA.to_owned(), errors));
    };
    let mut left = Vec::new();
    for (partner, case) in store::promised_until(&mut tx, from, until).await? {
        begin_part(&mut tx).await?;
        let given = store::assign(&mut tx, partner, case, from, heir.person).await;
        match end_part(&mut tx, given).await? {
            Err(AppError::Database(error)) if constraint(&error) == Some("support_case_not_given_back") => {
                left.push(case.to_string());
                continue;
            }
            given => given?,
        };
        let found = cases::find(&mut tx, partner, case).await?;
        // The time line says who answers from now on; what was promised stands.
        let event =
            Event { stage: found.stage, at: ctx.now(), by: heir.name.clone(), promised_at: Some(found.next_update_at) };
        cases::add_event(&mut tx, partner, case, &event).await?;
        let change = Change {
            action: "case.handed_over",
            subject: format!("case/{case}"),
            partner: Some(partner),
            before: Some(json!({ "assignee": from.0 })),
            after: Some(json!({ "assignee": heir.person.0, "promised_at": found.next_update_at })),
            ..Change::default()
        };
        record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
        clocks::renew(&mut tx, partner, case, ctx.now()).await?;
    }
    tx.commit().await?;
    if !left.is_empty() {
        let mut errors = Errors::default();
        let (name, cases) = (heir.name.as_str(), left.join(", "));
        errors.add("to", tr!(ctx.locale, rota.error_given_away, name = name, cases = cases));
        return Ok(End::Refused(paths::ROTA.to_owned(), errors));
    }
    Ok(End::Done(format!("{}?done=handed_over", paths::ROTA)))
}
