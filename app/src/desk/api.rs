//! What staff do with a case. Each locks the case first, so that two people never act on it at once unseen.

use super::model::Hand;
use super::{rules, store};
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::{self, Context};
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::{CaseId, PersonId};
use crate::base::language::tr;
use crate::clocks::store::{self as clocks, Promises};
use crate::disputes::model::{Event, Locked, Side, Stage};
use crate::disputes::rules as cases;
use crate::disputes::store::{self as case_store, NewMessage};
use crate::disputes::words;
use crate::inbox::uploads::Uploads;
use crate::live::model::Seen;
use crate::live::store as live;
use crate::macros::send as macros;
use crate::macros::store::Sent;
use crate::mail::store as mail;
use crate::mentions;
use crate::paths;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde_json::json;
use uuid::Uuid;

mod decide;
mod follow;
mod review;

pub use decide::{DecideCase, decide_case};
pub(crate) use decide::{Pinned, limits, over_limit};
pub use review::{EndReview, ReviewPartner, end_review, review_partner};

/// A case in the hands of somebody who may act on it.
pub(crate) struct Action {
    pub(crate) ctx: Context,
    pub(crate) tx: Tx,
    pub(crate) hand: Hand,
    pub(crate) case: Locked,
    /// The case whose page the form stood on; where it was merged, what is done is done in another.
    asked: CaseId,
}

impl Action {
    /// Checks who acts, and locks the case.
    pub(crate) async fn begin(ctx: &Context, case: &str) -> Result<Self, AppError> {
        let staff = ctx.staff()?.clone();
        if !Who::Desk.includes(&ctx.actor) {
            return Err(AppError::Forbidden);
        }
        let id: CaseId = case.parse().map_err(|_| AppError::NotFound)?;
        let mut tx = ctx.begin().await?;
        let partner = store::partner_of(&mut tx, id).await?;
        let home = crate::work::store::home(&mut tx, partner, id).await?;
        let case = case_store::lock(&mut tx, partner, home).await?;
        let hand = Hand { person: staff.person, name: staff.name, at: ctx.now() };
        Ok(Self { ctx: ctx.clone(), tx, hand, case, asked: id })
    }

    fn path(&self) -> String {
        paths::case(self.case.id)
    }

    pub(crate) fn done(&self, what: &str) -> End {
        End::Done(format!("{}?done={what}", self.path()))
    }

    pub(crate) fn refused(&self, errors: Errors) -> End {
        End::Refused(self.path(), errors)
    }

    pub(crate) fn refused_for(&self, field: &str, message: String) -> End {
        let mut errors = Errors::default();
        errors.add(field, message);
        self.refused(errors)
    }

    /// Moves the case, with the steps that belong on its time line; whoever acts on a free case takes it.
    pub(crate) async fn move_to(&mut self, version: i32, after: Stage, next: DateTime<Utc>) -> Result<(), AppError> {
        let assignee = match self.case.assignee {
            None if self.case.stage != Stage::Closed => Some(self.hand.person),
            other => other,
        };
        store::save(&mut self.tx, &self.case, version, after, assignee, next, self.hand.at).await?;
        for stage in rules::steps(self.case.stage, self.case.assignee.is_some(), after) {
            self.add_step(stage, cases::running_promise(stage, next)).await?;
        }
        Ok(())
    }

    async fn add_step(&mut self, stage: Stage, promised_at: Option<DateTime<Utc>>) -> Result<(), AppError> {
        let event = Event { stage, at: self.hand.at, by: self.hand.name.clone(), promised_at };
        case_store::add_event(&mut self.tx, self.case.partner, self.case.id, &event).await
    }

    pub(crate) async fn say(&mut self, body: String, form_key: Uuid) -> Result<i64, AppError> {
        let message = NewMessage {
            side: Side::Staff,
            author: self.hand.person,
            author_name: self.hand.name.clone(),
            body,
            at: self.hand.at,
            form_key,
        };
        let id = case_store::add_message(&mut self.tx, self.case.partner, self.case.id, &message).await?;
        let about = (self.case.partner, self.case.id, id);
        mail::reply(&mut self.tx, &self.ctx.mail, about, &self.hand.name, self.hand.at).await?;
        Ok(id)
    }

    /// Whether something is in the case now that its reader has not seen; of one that was merged in between, the other.
    pub(crate) async fn has_unseen(&mut self, seen: &str) -> Result<bool, AppError> {
        let seen = parse_seen(seen)?;
        let now = live::seen(&mut self.tx, self.case.partner, self.case.id).await?;
        Ok(self.asked != self.case.id || seen.misses(&now))
    }

    /// The same for a form that says what was seen behind the version; one that does not is judged by its version alone.
    pub(crate) async fn changed_unseen(&mut self, version: &str) -> Result<bool, AppError> {
        let Some((version, seen)) = version.split_once('@') else { return Ok(self.asked != self.case.id) };
        Ok(parse_version(version)? != self.case.version || self.has_unseen(seen).await?)
    }

    /// Forgets what was typed into a field of the case's page, with what is sent of it.
    pub(crate) async fn forget_draft(&mut self, field: &str, form_key: Uuid) -> Result<(), AppError> {
        let name = format!("case-{}-{field}", self.asked);
        live::draft_was_sent(&mut self.tx, self.hand.person, &name, form_key, self.hand.at).await
    }

    /// What a form says whose case moved on in between: who has it, or that it is closed; then what to do.
    pub(crate) async fn moved_on(&mut self) -> Result<End, AppError> {
        let locale = self.ctx.locale;
        let message = match self.case.assignee.filter(|person| *person != self.hand.person) {
            _ if self.case.stage == Stage::Closed => tr!(locale, desk.error_closed_meanwhile),
            Some(_) => {
                let name = store::assignee(&mut self.tx, self.case.partner, self.case.id).await?.unwrap_or_default();
                tr!(locale, desk.error_taken_meanwhile, name = name)
            }
            None => tr!(locale, desk.error_moved_on),
        };
        Ok(self.refused_for("", message))
    }

    /// What can be promised to this case's partner now.
    pub(crate) async fn promises(&mut self) -> Result<Promises, AppError> {
        clocks::promises(&mut self.tx, self.case.partner, self.case.kind, self.hand.at).await
    }

    /// The reply that is being written here, as macros count it.
    fn writing(&self, form_key: Uuid) -> Sent {
        Sent { partner: self.case.partner, case: self.case.id, form_key, by: self.hand.person, at: self.hand.at }
    }

    pub(crate) async fn was_sent(&mut self, form_key: Uuid) -> Result<bool, AppError> {
        Ok(case_store::case_of_form(&mut self.tx, self.case.partner, form_key).await?.is_some())
    }

    /// Records the change and makes it last.
    pub(crate) async fn commit(
        mut self,
        action: &'static str,
        after: serde_json::Value,
        done: &str,
    ) -> Result<End, AppError> {
        let end = self.done(done);
        let mut before = json!({
            "stage": self.case.stage.as_str(),
            "assignee": self.case.assignee.map(|person| person.0),
        });
        // What the change says nothing about stayed as it was; named before it alone, it would read as taken away.
        if let Some(facts) = before.as_object_mut() {
            facts.retain(|name, _| after.get(name).is_some());
        }
        let change = Change {
            action,
            subject: format!("case/{}", self.case.id),
            partner: Some(self.case.partner),
            before: Some(before),
            after: Some(after),
            ..Change::default()
        };
        record(&mut self.tx, &self.ctx.actor, self.hand.at, &self.ctx.request_id, change).await?;
        clocks::renew(&mut self.tx, self.case.partner, self.case.id, self.hand.at).await?;
        self.tx.commit().await?;
        Ok(end)
    }
}

fn context() -> Result<Context, ServerFnError> {
    context::current().map_err(|error| ServerFnError::new(error.to_string()))
}

pub(crate) fn parse_key(form_key: &str) -> Result<Uuid, AppError> {
    form_key.parse().map_err(|_| AppError::BadRequest("form_key"))
}

/// The version of a case that was read; what of it was seen may stand behind it: `7@12.3.5`.
pub(crate) fn parse_version(version: &str) -> Result<i32, AppError> {
    version.split('@').next().unwrap_or_default().parse().map_err(|_| AppError::BadRequest("version"))
}

fn parse_seen(seen: &str) -> Result<Seen, AppError> {
    seen.parse().map_err(|_| AppError::BadRequest("seen"))
}

/// Takes a case: it is the reader's from now on.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "take-case")]
pub async fn take_case(
    /// The case.
    case: String,
    /// The case's version that was read.
    version: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let end = take(&ctx, &case, &version).await;
    forms::finish(&ctx, &[("form_name", "take-case")], end).await
}

async fn take(ctx: &Context, case: &str, version: &str) -> Result<End, AppError> {
    let version = parse_version(version)?;
    let mut action = Action::begin(ctx, case).await?;
    let (now, me) = (action.hand.at, action.hand.person);
    if action.case.assignee == Some(me) {
        return Ok(action.done("taken"));
    }
    if action.case.stage == Stage::Closed || action.asked != action.case.id || version != action.case.version {
        return action.moved_on().await;
    }
    let stage = rules::after_take(action.case.stage);
    let next = match cases::running_promise(stage, action.case.next_update_at) {
        Some(promised) => action.promises().await?.when_taken(promised),
        None => action.case.next_update_at,
    };
    match store::save(&mut action.tx, &action.case, version, stage, Some(me), next, now).await {
        Err(AppError::Database(error)) if constraint(&error) == Some("support_case_not_given_back") => {
            return Ok(action.refused_for("", tr!(ctx.locale, desk.error_given_away)));
        }
        other => other?,
    }
    action.add_step(stage, cases::running_promise(stage, next)).await?;
    let undo = crate::work::store::remember_taking(&mut action.tx, &action.hand, &action.case).await?;
    let after = json!({ "stage": stage.as_str(), "assignee": me.0, "promised_at": next });
    action.commit("case.taken", after, &format!("taken&undo={undo}")).await
}

/// Sends a reply; stopped where something new arrived that its writer has not seen.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "reply")]
pub async fn reply(
    /// The case.
    case: String,
    /// What is said.
    body: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
    /// What the writer has seen of it: the last message, note and step.
    seen: String,
    /// Sent where an answer is wanted.
    ask: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let body = body.unwrap_or_default();
    let files = Uploads::of_request();
    let end = send(&ctx, &case, &body, &form_key, &seen, ask.is_some(), &files).await;
    let asked = if ask.is_some() { "yes" } else { "" };
    let fields = [
        ("form_name", "reply"),
        ("body", body.as_str()),
        ("form_key", form_key.as_str()),
        ("ask", asked),
        ("seen", seen.as_str()),
    ];
    forms::finish(&ctx, &fields, end).await
}

async fn send(
    ctx: &Context,
    case: &str,
    body: &str,
    form_key: &str,
    seen: &str,
    ask: bool,
    files: &Uploads,
) -> Result<End, AppError> {
    let form_key = parse_key(form_key)?;
    let mut action = Action::begin(ctx, case).await?;
    if action.was_sent(form_key).await? {
        return Ok(action.done("sent"));
    }
    let body = match cases::parse_text(body) {
        Ok(body) => body,
        Err(error) => return Ok(action.refused_for("body", words::text_error(ctx.locale, error))),
    };
    let mut errors = Errors::default();
    files.check(ctx.locale, &mut errors);
    if !errors.is_empty() {
        return Ok(action.refused(errors));
    }
    if action.has_unseen(seen).await? {
        return Ok(action.refused_for("", tr!(ctx.locale, desk.error_unseen)));
    }
    let writing = action.writing(form_key);
    if let Some(message) = macros::stop(ctx, &mut action.tx, &writing, &body).await? {
        let refused = action.refused_for("body", message);
        // What was told is remembered, so that the same reply, sent again, goes.
        action.tx.commit().await?;
        return Ok(refused);
    }
    let decided = case_store::is_settled(&mut action.tx, action.case.partner, action.case.id).await?;
    let stage = cases::after_reply(action.case.stage, ask, decided);
    let next = action.promises().await?.next_update(stage);
    action.move_to(action.case.version, stage, next).await?;
    let message = action.say(body.clone(), form_key).await?;
    action.forget_draft("reply", form_key).await?;
    files.keep(&mut action.tx, action.case.partner, form_key, action.hand.at).await?;
    let pick = macros::count(&mut action.tx, &writing, message, &body).await?;
    let stage = action.follow(stage, ask, pick.as_ref()).await?;
    let mut after = json!({ "stage": stage.as_str(), "message": message, "promised_at": next });
    if let (Some(pick), Some(after)) = (pick, after.as_object_mut()) {
        after.insert("macro".into(), json!(pick.id.0));
    }
    action.commit("case.replied", after, "sent").await
}

/// Writes a note that stays in the house.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "note")]
pub async fn note(
    /// The case.
    case: String,
    /// What is said.
    body: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
    /// Somebody to tell besides those whom it names.
    mention: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let (body, mention) = (body.unwrap_or_default(), mention.unwrap_or_default());
    let end = write_note(&ctx, &case, &mentions::rules::with_name(&body, &mention), &form_key).await;
    let fields = [
        ("form_name", "note"),
        ("body", body.as_str()),
        ("form_key", form_key.as_str()),
        ("mention", mention.as_str()),
    ];
    forms::finish(&ctx, &fields, end).await
}

async fn write_note(ctx: &Context, case: &str, body: &str, form_key: &str) -> Result<End, AppError> {
    let form_key = parse_key(form_key)?;
    let mut action = Action::begin(ctx, case).await?;
    let (partner, id) = (action.case.partner, action.case.id);
    if store::note_of_form(&mut action.tx, partner, form_key).await? {
        return Ok(action.done("noted"));
    }
    let body = match cases::parse_text(body) {
        Ok(body) => body,
        Err(error) => return Ok(action.refused_for("body", words::text_error(ctx.locale, error))),
    };
    let note = store::add_note(&mut action.tx, partner, id, &action.hand, &body, form_key).await?;
    action.forget_draft("note", form_key).await?;
    mentions::store::add_named(&mut action.tx, (partner, id, note), &body, action.hand.person, action.hand.at).await?;
    action.commit("case.noted", json!({ "note": note }), "noted").await
}

/// Says, by name, that the partner's last message needs no answer.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "needs-no-answer")]
pub async fn needs_no_answer(
    /// The case.
    case: String,
    /// The partner's message.
    message: String,
    /// The case's version that was read.
    version: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let end = mark(&ctx, &case, &message, &version).await;
    forms::finish(&ctx, &[("form_name", "needs-no-answer")], end).await
}

async fn mark(ctx: &Context, case: &str, message: &str, version: &str) -> Result<End, AppError> {
    let version = parse_version(version)?;
    let message: i64 = message.parse().map_err(|_| AppError::BadRequest("message"))?;
    let mut action = Action::begin(ctx, case).await?;
    let (partner, id) = (action.case.partner, action.case.id);
    let waits = store::unanswered(&mut action.tx, partner, id).await?;
    if waits.is_none() && message == action.case.last_message {
        return Ok(action.done("marked"));
    }
    if waits.is_none() {
        return Ok(action.refused_for("", tr!(ctx.locale, desk.error_answered_meanwhile)));
    }
    if waits != Some(message) {
        return Ok(action.refused_for("", tr!(ctx.locale, desk.error_unseen)));
    }
    if version != action.case.version {
        return action.moved_on().await;
    }
    let decided = case_store::is_settled(&mut action.tx, partner, id).await?;
    let stage = cases::after_no_answer_needed(action.case.stage, decided);
    let next = match cases::running_promise(stage, action.case.next_update_at) {
        Some(promised) => action.promises().await?.when_taken(promised),
        None => action.promises().await?.next_update(stage),
    };
    store::mark_no_answer(&mut action.tx, partner, id, message, &action.hand).await?;
    action.move_to(version, stage, next).await?;
    action.commit("case.needs_no_answer", json!({ "stage": stage.as_str(), "message": message }), "marked").await
}

/// Closes a case. The database refuses while the partner's last message is neither answered nor marked.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "close-case")]
pub async fn close_case(
    /// The case.
    case: String,
    /// The case's version that was read.
    version: String,
) -> Result<(), ServerFnError> {
    let ctx = context()?;
    let end = close(&ctx, &case, &version).await;
    forms::finish(&ctx, &[("form_name", "close"), ("seen", version.as_str())], end).await
}

async fn close(ctx: &Context, case: &str, read: &str) -> Result<End, AppError> {
    let version = parse_version(read)?;
    let mut action = Action::begin(ctx, case).await?;
    if action.case.stage == Stage::Closed {
        return Ok(action.done("closed"));
    }
    if action.changed_unseen(read).await? {
        return Ok(action.refused_for("", tr!(ctx.locale, desk.error_unseen)));
    }
    let next = action.promises().await?.next_update(Stage::Closed);
    match action.move_to(version, Stage::Closed, next).await {
        Ok(()) => action.commit("case.closed", json!({ "stage": Stage::Closed.as_str() }), "closed").await,
        Err(AppError::Database(error)) if constraint(&error) == Some("support_case_closed_only_when_answered") => {
            Ok(action.refused_for("", tr!(ctx.locale, desk.error_unanswered)))
        }
        Err(AppError::Database(error)) if constraint(&error) == Some("support_case_appeal_waits") => {
            Ok(action.refused_for("", tr!(ctx.locale, appeals.error_close)))
        }
        Err(error) => Err(error),
    }
}

/// The person a case is with, for the record.
fn assignee_after(case: &Locked, me: PersonId) -> i64 {
    case.assignee.unwrap_or(me).0
}
