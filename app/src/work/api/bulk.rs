//! The same step for many cases: each is judged by itself, and what is refused for one does not hold up the others.

use super::context;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::{self, End, Errors};
use crate::base::ids::CaseId;
use crate::base::language::tr;
use crate::incidents::{api as incident_api, store as incidents};
use crate::paths;
use crate::work::act::{Stop, Work};
use crate::work::model::{Bulk, Refusal, To, What};
use crate::work::{rules, store, words};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use std::fmt::Write;
use uuid::Uuid;

/// The most cases of one form: no page shows more.
const MOST: usize = 200;

/// Does one thing to every case that was marked in the queue.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "bulk-cases")]
pub async fn bulk_cases(
    /// The cases, each at the version that was read: `7@3`.
    cases: Option<Vec<String>>,
    /// `assign`, `snooze`, `close`, `mark` or `gather`.
    what: Option<String>,
    /// A person's number, `turn` or `nobody`.
    to: Option<String>,
    /// A day and time of the writer's clock.
    until: Option<String>,
    /// Why they are put off, for the house.
    reason: Option<String>,
    /// The number of the incident that they are gathered into.
    incident: Option<String>,
    /// The page to go back to.
    back: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let text = Option::unwrap_or_default;
    let typed = Typed {
        cases: cases.unwrap_or_default(),
        what: text(what),
        to: text(to),
        until: text(until),
        reason: text(reason),
        incident: text(incident),
    };
    let end = run(&ctx, &typed, &own_page(back.as_deref().unwrap_or_default())).await;
    let chosen = typed.cases.join(",");
    let fields = [
        ("form_name", "bulk-cases"),
        ("cases", chosen.as_str()),
        ("to", typed.to.as_str()),
        ("until", typed.until.as_str()),
        ("reason", typed.reason.as_str()),
        ("incident", typed.incident.as_str()),
    ];
    forms::finish(&ctx, &fields, end).await
}

struct Typed {
    cases: Vec<String>,
    what: String,
    to: String,
    until: String,
    reason: String,
    incident: String,
}

/// What is to be done, with what it takes.
enum Step {
    Assign(To),
    Snooze(DateTime<Utc>, String),
    Close,
    Mark,
    Gather(i64),
}

async fn run(ctx: &Context, typed: &Typed, back: &str) -> Result<End, AppError> {
    let mut errors = Errors::default();
    let cases = chosen(ctx, typed, &mut errors);
    let step = step(ctx, typed, &mut errors);
    let (Some(step), true) = (step, errors.is_empty()) else { return Ok(End::Refused(back.to_owned(), errors)) };
    let mut work = Work::begin(ctx).await?;
    if let Step::Gather(incident) = step
        && !incidents::open_ones(&mut work.tx, ctx.locale).await?.iter().any(|(open, _)| *open == incident)
    {
        errors.add("incident", tr!(ctx.locale, work.error_incident));
        return Ok(End::Refused(back.to_owned(), errors));
    }
    let undo = match &step {
        Step::Assign(_) => Some(work.new_undo(What::Assigned).await?),
        Step::Snooze(..) => Some(work.new_undo(What::Snoozed).await?),
        Step::Close | Step::Mark | Step::Gather(_) => None,
    };
    if let (Step::Assign(To::InTurn), Some((first, _))) = (&step, cases.first()) {
        // Turns come before cases in the order of locks.
        let partner = crate::desk::store::partner_of(&mut work.tx, *first).await;
        if let Ok(partner) = partner {
            store::who_is_next(&mut work.tx, partner, *first, ctx.now()).await?;
        }
    }
    let mut outcome = Outcome::default();
    for (case, version) in cases {
        savepoint(&mut work).await?;
        let done = one(&mut work, (case, version), &step, undo).await;
        outcome.note(&mut work, case, done).await?;
    }
    if let (Step::Gather(incident), false) = (&step, outcome.done.is_empty()) {
        incident_api::write_put(ctx, &mut work.tx, *incident, &outcome.done).await?;
    }
    work.tx.commit().await?;
    outcome.end(ctx, back, &typed.what, undo).await
}

fn chosen(ctx: &Context, typed: &Typed, errors: &mut Errors) -> Vec<(CaseId, i32)> {
    let read = |case: &String| {
        let (case, version) = case.split_once('@')?;
        Some((case.parse::<CaseId>().ok()?, version.parse::<i32>().ok()?))
    };
    let mut cases: Vec<(CaseId, i32)> = typed.cases.iter().filter_map(read).collect();
    // In the order of their numbers, so that two forms at once don't wait for each other.
    cases.sort_unstable();
    cases.dedup_by_key(|(case, _)| *case);
    match cases.len() {
        0 => errors.add("", tr!(ctx.locale, work.error_none_chosen)),
        count if count > MOST => errors.add("", tr!(ctx.locale, work.error_too_many, most = MOST)),
        _ => {}
    }
    cases
}

fn step(ctx: &Context, typed: &Typed, errors: &mut Errors) -> Option<Step> {
    let locale = ctx.locale;
    match Bulk::parse(&typed.what) {
        Some(Bulk::Assign) => match To::parse(&typed.to) {
            Some(to) => Some(Step::Assign(to)),
            None => {
                errors.add("to", tr!(locale, work.error_to));
                None
            }
        },
        Some(Bulk::Snooze) => {
            let until = rules::parse_until(&typed.until, ctx.time_zone, ctx.now())
                .map_err(|error| errors.add("until", words::until(locale, error)));
            let reason =
                rules::parse_reason(&typed.reason).map_err(|error| errors.add("reason", words::reason(locale, error)));
            Some(Step::Snooze(until.ok()?, reason.ok()?))
        }
        Some(Bulk::Close) => Some(Step::Close),
        Some(Bulk::Mark) => Some(Step::Mark),
        Some(Bulk::Gather) => match typed.incident.parse() {
            Ok(incident) => Some(Step::Gather(incident)),
            Err(_) => {
                errors.add("incident", tr!(locale, work.error_incident));
                None
            }
        },
        None => {
            errors.add("", tr!(locale, work.error_what));
            None
        }
    }
}

async fn one(work: &mut Work, (case, version): (CaseId, i32), step: &Step, undo: Option<Uuid>) -> Result<(), Stop> {
    // What was said since the list was read, nobody has seen here: every word in a case makes a version of it.
    let case = work.lock(case, Some(version)).await?;
    match (step, undo) {
        (Step::Assign(to), Some(undo)) => work.assign(&case, *to, undo).await.map(|_| ()),
        (Step::Snooze(until, reason), Some(undo)) => work.snooze(&case, *until, reason, undo).await,
        (Step::Close, _) => work.close(&case).await,
        (Step::Mark, _) => work.mark(&case).await,
        (Step::Gather(incident), _) => work.gather(&case, *incident).await,
        (Step::Assign(_) | Step::Snooze(..), None) => Err(AppError::Internal("a step without its undo".into()).into()),
    }
}

/// What was done, and what was refused and why.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub done: Vec<CaseId>,
    pub refused: Vec<(CaseId, Refusal)>,
}

/// Begins one case's own part of a transaction.
pub(super) async fn savepoint(work: &mut Work) -> Result<(), AppError> {
    sqlx::query("SAVEPOINT one_case").execute(&mut *work.tx).await?;
    Ok(())
}

impl Outcome {
    /// Notes how one case went; what was refused is as it was before.
    pub async fn note(&mut self, work: &mut Work, case: CaseId, done: Result<(), Stop>) -> Result<(), AppError> {
        // What is checked at the end of a transaction is checked here, so that it is this case's own matter.
        let done = match done {
            Ok(()) => sqlx::query("SET CONSTRAINTS ALL IMMEDIATE")
                .execute(&mut *work.tx)
                .await
                .map(|_| ())
                .map_err(|error| Stop::from(AppError::from(error))),
            stopped => stopped,
        };
        let end = match done {
            Ok(()) => {
                self.done.push(case);
                "RELEASE SAVEPOINT one_case"
            }
            Err(Stop::Refused(refusal)) => {
                self.refused.push((case, refusal));
                "ROLLBACK TO SAVEPOINT one_case"
            }
            Err(Stop::Failed(error)) => return Err(error),
        };
        sqlx::query(end).execute(&mut *work.tx).await?;
        sqlx::query("SET CONSTRAINTS ALL DEFERRED").execute(&mut *work.tx).await?;
        Ok(())
    }

    /// Back to the page, which reads there what became of each.
    pub async fn end(&self, ctx: &Context, back: &str, what: &str, undo: Option<Uuid>) -> Result<End, AppError> {
        let mut done = String::new();
        for case in &self.done {
            let _ = write!(done, "{case};");
        }
        let mut refused = String::new();
        for (case, refusal) in &self.refused {
            let _ = write!(refused, "{case}:{refusal};");
        }
        let undo = undo.filter(|_| !self.done.is_empty()).map(|undo| undo.to_string()).unwrap_or_default();
        let fields =
            [("form_name", "bulk-done"), ("what", what), ("done", &done), ("refused", &refused), ("undo", &undo)];
        Ok(End::Done(forms::keep(ctx, back, &fields, Errors::default()).await?))
    }
}

/// A page of the desk; the queue where an address leads anywhere else.
pub(super) fn own_page(back: &str) -> String {
    let (path, query) = back.split_once('?').unwrap_or((back, ""));
    let ours = |room: &str| path == room || path.strip_prefix(room).is_some_and(|rest| rest.starts_with('/'));
    if !(ours(paths::DESK) || ours(paths::QUARANTINE)) || back.contains(['\\', '\r', '\n', '#']) {
        return paths::DESK.to_owned();
    }
    // What a form left behind is over.
    let kept: Vec<_> = query
        .split('&')
        .filter(|field| !field.is_empty() && !["form=", "done=", "undo="].iter().any(|left| field.starts_with(left)))
        .collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

/// An address with what was done.
pub(super) fn with_done(back: &str, what: &str) -> String {
    let mark = if back.contains('?') { '&' } else { '?' };
    format!("{back}{mark}done={what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_back_into_the_desk_alone() {
        assert_eq!(own_page("/desk?view=mine&form=x&done=y"), "/desk?view=mine");
        assert_eq!(own_page("/desk/7?undo=x"), "/desk/7");
        for elsewhere in ["", "//evil.example", "/deskx", "https://evil.example/desk", "/desk\\..", "/desk#x"] {
            assert_eq!(own_page(elsewhere), "/desk", "{elsewhere}");
        }
        assert_eq!(with_done("/desk?view=mine", "x"), "/desk?view=mine&done=x");
    }
}
