//! The steps themselves, on one case: the same for a form of one and a form of many. What is refused changed nothing that a
//! rollback to before the step does not take back.

use super::model::{Refusal, To, What};
use super::store;
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::ids::{CaseId, PersonId};
use crate::clocks::store as clocks;
use crate::desk::model::Hand;
use crate::desk::{rules as desk_rules, store as desk};
use crate::disputes::model::{Event, Locked, Stage};
use crate::disputes::{rules as cases, store as case_store};
use crate::incidents::store as incidents;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

/// Why a step ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// It is not done, and the page says why.
    Refused(Refusal),
    /// It failed.
    Failed(AppError),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<AppError> for Stop {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Conflict => Self::Refused(Refusal::Changed),
            AppError::NotFound => Self::Refused(Refusal::NotFound),
            AppError::Database(error) => match refusal_of(&error) {
                Some(refusal) => Self::Refused(refusal),
                None => Self::Failed(AppError::Database(error)),
            },
            error => Self::Failed(error),
        }
    }
}

/// What the database refused, as a person can be told it.
fn refusal_of(error: &sqlx::Error) -> Option<Refusal> {
    let code = error.as_database_error()?.code()?;
    if !code.starts_with("23") {
        return None;
    }
    Some(match constraint(error) {
        Some("support_case_closed_only_when_answered") => Refusal::Unanswered,
        Some("support_case_assignee_of_the_desk") => Refusal::NotOfTheDesk,
        Some("case_turn_within_limit") => Refusal::NobodyFree,
        Some("case_snooze_of_an_open_case" | "case_merge_into_an_open_case") => Refusal::Closed,
        Some("case_merge_once" | "case_merge_no_circle" | "case_merge_closes") => Refusal::Merged,
        Some("support_case_appeal_waits") => Refusal::AppealWaits,
        Some("case_merge_without_provisional") => Refusal::Provisional,
        Some("case_merge_without_enquiry") => Refusal::Asked,
        Some("case_merge_without_escalation") => Refusal::Escalated,
        Some("case_merge_not_decided") => Refusal::Decided,
        Some("case_merge_into_another" | "case_link_in_order") => Refusal::Itself,
        Some("case_link_once") => Refusal::Linked,
        Some("incident_case_in_one") => Refusal::InIncident,
        _ => Refusal::Refused,
    })
}

/// A transaction in the hands of somebody who works on cases.
pub(super) struct Work {
    pub ctx: Context,
    pub tx: Tx,
    pub hand: Hand,
}

impl Work {
    /// Checks who works.
    pub async fn begin(ctx: &Context) -> Result<Self, AppError> {
        let staff = ctx.staff()?.clone();
        if !Who::Desk.includes(&ctx.actor) {
            return Err(AppError::Forbidden);
        }
        let hand = Hand { person: staff.person, name: staff.name, at: ctx.now() };
        Ok(Self { ctx: ctx.clone(), tx: ctx.begin().await?, hand })
    }

    /// Locks a case; at `version`, where its writer looked at one.
    pub async fn lock(&mut self, case: CaseId, version: Option<i32>) -> Result<Locked, Stop> {
        let partner = desk::partner_of(&mut self.tx, case).await?;
        let case = case_store::lock(&mut self.tx, partner, case).await?;
        if version.is_some_and(|version| version != case.version) {
            return Err(Refusal::Changed.into());
        }
        Ok(case)
    }

    /// Gives a case to somebody: what was promised stays promised, and the time line says who keeps it.
    pub async fn assign(&mut self, case: &Locked, to: To, undo: Uuid) -> Result<Option<PersonId>, Stop> {
        if case.stage == Stage::Closed {
            return Err(Refusal::Closed.into());
        }
        let (person, why) = match to {
            To::Nobody => (None, None),
            To::Person(person) => (Some(person), None),
            To::InTurn => {
                let next = store::who_is_next(&mut self.tx, case.partner, case.id, self.hand.at).await?;
                let (person, why) = next.ok_or(Refusal::NobodyFree)?;
                (Some(person), Some(why))
            }
        };
        if person == case.assignee {
            return Err(Refusal::Same.into());
        }
        let before = self.remember(case, undo).await?;
        store::assign(&mut self.tx, case.partner, case.id, case.version, person).await?;
        if let (Some(person), Some(why)) = (person, why) {
            store::note_turn(&mut self.tx, case.partner, case.id, person, why, self.hand.at).await?;
        }
        if let Some(person) = person {
            self.say_who(case, person).await?;
        }
        let after = json!({ "assignee": person.map(|person| person.0), "why": why.map(super::model::Why::as_str) });
        self.done("case.assigned", case, json!({ "assignee": before }), after).await?;
        Ok(person)
    }

    /// The name of who answers from now on, on the time line of both sides.
    async fn say_who(&mut self, case: &Locked, person: PersonId) -> Result<(), AppError> {
        let names = crate::rota::store::names(&mut self.tx).await?;
        let by = names.get(&person).cloned().unwrap_or_default();
        self.step(case, case.stage, by, cases::running_promise(case.stage, case.next_update_at)).await
    }

    async fn step(
        &mut self,
        case: &Locked,
        stage: Stage,
        by: String,
        promised_at: Option<DateTime<Utc>>,
    ) -> Result<(), AppError> {
        let event = Event { stage, at: self.hand.at, by, promised_at };
        case_store::add_event(&mut self.tx, case.partner, case.id, &event).await
    }

    /// Keeps how a case is, so that the step that follows can be taken back; gives with whom it is.
    async fn remember(&mut self, case: &Locked, undo: Uuid) -> Result<Option<i64>, AppError> {
        let snooze = store::snooze_of(&mut self.tx, case.partner, case.id).await?;
        store::remember(&mut self.tx, undo, &store::before(case, snooze)).await?;
        Ok(case.assignee.map(|person| person.0))
    }

    /// Puts a case off. Its clocks run on.
    pub async fn snooze(&mut self, case: &Locked, until: DateTime<Utc>, reason: &str, undo: Uuid) -> Result<(), Stop> {
        if case.stage == Stage::Closed {
            return Err(Refusal::Closed.into());
        }
        self.remember(case, undo).await?;
        let was = store::snooze_of(&mut self.tx, case.partner, case.id).await?.map(|snooze| snooze.until);
        let (me, now) = (self.hand.person, self.hand.at);
        store::snooze(&mut self.tx, case.partner, case.id, until, reason, me, now).await?;
        store::touch(&mut self.tx, case.partner, case.id, case.version).await?;
        self.done("case.snoozed", case, json!({ "snoozed_until": was }), json!({ "snoozed_until": until })).await?;
        Ok(())
    }

    /// Brings a case back before its time.
    pub async fn wake(&mut self, case: &Locked, undo: Uuid) -> Result<(), Stop> {
        let was = store::snooze_of(&mut self.tx, case.partner, case.id).await?.ok_or(Refusal::NotSnoozed)?;
        self.remember(case, undo).await?;
        store::end_snooze(&mut self.tx, case.partner, case.id, self.hand.at).await?;
        store::touch(&mut self.tx, case.partner, case.id, case.version).await?;
        self.done("case.woken", case, json!({ "snoozed_until": was.until }), json!({ "snoozed_until": null })).await?;
        Ok(())
    }

    /// Closes a case; whoever closes a free one takes it.
    pub async fn close(&mut self, case: &Locked) -> Result<(), Stop> {
        if case.stage == Stage::Closed {
            return Err(Refusal::Closed.into());
        }
        self.move_to(case, Stage::Closed, case.next_update_at).await?;
        let before = json!({ "stage": case.stage.as_str() });
        self.done("case.closed", case, before, json!({ "stage": Stage::Closed.as_str() })).await?;
        Ok(())
    }

    /// Says, by name, that what the partner said last needs no answer.
    pub async fn mark(&mut self, case: &Locked) -> Result<(), Stop> {
        let message = desk::unanswered(&mut self.tx, case.partner, case.id).await?.ok_or(Refusal::NothingToMark)?;
        let decided = case_store::is_settled(&mut self.tx, case.partner, case.id).await?;
        let stage = cases::after_no_answer_needed(case.stage, decided);
        let promises = clocks::promises(&mut self.tx, case.partner, case.kind, self.hand.at).await?;
        let next = match cases::running_promise(stage, case.next_update_at) {
            Some(promised) => promises.when_taken(promised),
            None => promises.next_update(stage),
        };
        desk::mark_no_answer(&mut self.tx, case.partner, case.id, message, &self.hand).await?;
        self.move_to(case, stage, next).await?;
        let before = json!({ "stage": case.stage.as_str() });
        let after = json!({ "stage": stage.as_str(), "message": message });
        self.done("case.needs_no_answer", case, before, after).await?;
        Ok(())
    }

    /// Puts a case into an incident that runs.
    pub async fn gather(&mut self, case: &Locked, incident: i64) -> Result<(), Stop> {
        match incidents::put(&mut self.tx, incident, &[case.id], &self.hand).await? {
            Ok(0) => Err(Refusal::InIncident.into()),
            Ok(_) => Ok(()),
            Err(not_taken) if not_taken.unknown.is_empty() => Err(Refusal::InIncident.into()),
            Err(_) => Err(Refusal::OtherProgramme.into()),
        }
    }

    async fn move_to(&mut self, case: &Locked, stage: Stage, next: DateTime<Utc>) -> Result<(), AppError> {
        let assignee = Some(case.assignee.unwrap_or(self.hand.person));
        desk::save(&mut self.tx, case, case.version, stage, assignee, next, self.hand.at).await?;
        for step in desk_rules::steps(case.stage, case.assignee.is_some(), stage) {
            self.step(case, step, self.hand.name.clone(), cases::running_promise(step, next)).await?;
        }
        Ok(())
    }

    /// Puts a case back to how it was before a step.
    pub async fn undo(&mut self, before: &store::Before) -> Result<(), Stop> {
        let case = self.lock(before.case, Some(before.version_after)).await?;
        if case.stage == Stage::Closed {
            return Err(Refusal::Closed.into());
        }
        let snooze = store::snooze_of(&mut self.tx, case.partner, case.id).await?;
        let snoozed = (snooze.as_ref().map(|snooze| snooze.until), before.snoozed.as_ref().map(|(until, _)| *until));
        store::give_back(&mut self.tx, before).await?;
        if snoozed.0 != snoozed.1 {
            store::end_snooze(&mut self.tx, case.partner, case.id, self.hand.at).await?;
            if let Some((until, reason)) = before.snoozed.as_ref().filter(|(until, _)| *until > self.hand.at) {
                let (me, now) = (self.hand.person, self.hand.at);
                store::snooze(&mut self.tx, case.partner, case.id, *until, reason, me, now).await?;
            }
        }
        if let Some(person) = before.assignee.filter(|_| before.assignee != case.assignee) {
            let back = Locked { stage: before.stage, next_update_at: before.next_update_at, ..case };
            self.say_who(&back, person).await?;
        } else if before.stage != case.stage {
            let promised_at = cases::running_promise(before.stage, before.next_update_at);
            self.step(&case, before.stage, self.hand.name.clone(), promised_at).await?;
        }
        let was = json!({
            "stage": case.stage.as_str(), "assignee": case.assignee.map(|person| person.0), "snoozed_until": snoozed.0,
        });
        let is = json!({
            "stage": before.stage.as_str(), "assignee": before.assignee.map(|person| person.0), "snoozed_until": snoozed.1,
        });
        self.done("case.undone", &case, was, is).await?;
        Ok(())
    }

    /// Merges a case into another one of its partner: its conversation goes on there, with what was promised and what waits
    /// for an answer.
    pub async fn merge(&mut self, case: CaseId, version: i32, into: CaseId) -> Result<(), Stop> {
        if case == into {
            return Err(Refusal::Itself.into());
        }
        // Locked in the order of their numbers, as everywhere.
        let (source, target) = if case < into {
            let source = self.lock(case, Some(version)).await?;
            (source, self.lock(into, None).await?)
        } else {
            let target = self.lock(into, None).await?;
            (self.lock(case, Some(version)).await?, target)
        };
        if source.partner != target.partner {
            return Err(Refusal::OtherPartner.into());
        }
        if source.stage == Stage::Closed || target.stage == Stage::Closed {
            return Err(Refusal::Closed.into());
        }
        let waits = desk::unanswered(&mut self.tx, source.partner, source.id).await?.is_some();
        let (me, now) = (self.hand.person, self.hand.at);
        store::merge(&mut self.tx, source.partner, source.id, target.id, me, now).await?;
        let assignee = source.assignee.or(Some(me));
        desk::save(&mut self.tx, &source, source.version, Stage::Closed, assignee, source.next_update_at, now).await?;
        self.step(&source, Stage::Closed, self.hand.name.clone(), None).await?;
        self.take_over_promise(&source, &target, waits).await?;
        let before = json!({ "stage": source.stage.as_str() });
        self.done("case.merged", &source, before, json!({ "stage": "closed", "into": target.id.0 })).await?;
        self.done("case.took_in", &target, Value::Null, json!({ "case": source.id.0 })).await?;
        Ok(())
    }

    async fn take_over_promise(&mut self, source: &Locked, target: &Locked, waits: bool) -> Result<(), AppError> {
        let stage = if waits { cases::after_partner(target.stage) } else { target.stage };
        let promised = |case: &Locked| cases::running_promise(case.stage, case.next_update_at);
        // The partner hears by the earlier of what was promised.
        let earliest = promised(source).into_iter().chain(promised(target)).min();
        let next = match (cases::running_promise(stage, target.next_update_at), earliest) {
            (None, _) => target.next_update_at,
            (Some(_), Some(earliest)) => earliest,
            (Some(_), None) => {
                clocks::promises(&mut self.tx, target.partner, target.kind, self.hand.at).await?.next_word()
            }
        };
        let assignee = target.assignee.or(source.assignee);
        desk::save(&mut self.tx, target, target.version, stage, assignee, next, self.hand.at).await?;
        if stage != target.stage || cases::running_promise(stage, next) != promised(target) {
            self.step(target, stage, self.hand.name.clone(), cases::running_promise(stage, next)).await?;
        }
        Ok(())
    }

    /// Records a change of a case and reads its clocks anew.
    pub async fn done(
        &mut self,
        action: &'static str,
        case: &Locked,
        before: Value,
        after: Value,
    ) -> Result<(), AppError> {
        let change = Change {
            action,
            subject: format!("case/{}", case.id),
            partner: Some(case.partner),
            before: (!before.is_null()).then_some(before),
            after: Some(after),
            ..Change::default()
        };
        record(&mut self.tx, &self.ctx.actor, self.hand.at, &self.ctx.request_id, change).await?;
        clocks::renew(&mut self.tx, case.partner, case.id, self.hand.at).await
    }

    /// A new step of this person that can be taken back.
    pub async fn new_undo(&mut self, what: What) -> Result<Uuid, AppError> {
        store::new_undo(&mut self.tx, self.hand.person, what, self.hand.at).await
    }
}
