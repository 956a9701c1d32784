//! From what happened in a case to its clocks: which ran when, what of that counted, and when they run out.

use super::model::{CaseEvent, Clock, Happened, Period, Policy, Reading, Size, State};
use crate::disputes::model::{Kind, Stage};
use crate::rota::spans::{Span, reach, union, within, without};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

/// A partner is small until this many times its minimum was paid out.
const LARGE_FROM_MINIMUMS: Decimal = Decimal::TEN;

/// A promise names a quarter of an hour.
const QUARTER: i64 = 15 * 60;

/// How a policy counts a partner to whom so much was paid so far.
pub fn size_of(paid: Decimal, minimum: Option<Decimal>) -> Size {
    let large = match minimum {
        Some(minimum) if !minimum.is_zero() => paid >= minimum * LARGE_FROM_MINIMUMS,
        _ => !paid.is_zero(),
    };
    if large { Size::Large } else { Size::Small }
}

/// What holds for a clock that starts at a moment: the newest version of each scope, and of those the most exact one
/// that has a limit. A kind of case is more exact than a size of partner.
pub fn policy_for(policies: &[Policy], clock: Clock, kind: Kind, size: Size, at: DateTime<Utc>) -> Option<&Policy> {
    [(Some(kind), Some(size)), (Some(kind), None), (None, Some(size)), (None, None)].into_iter().find_map(|scope| {
        policies
            .iter()
            .filter(|policy| policy.clock == clock && (policy.kind, policy.size) == scope && policy.valid_from <= at)
            .max_by_key(|policy| (policy.valid_from, policy.id))
            .filter(|policy| policy.minutes.is_some())
    })
}

/// Every run of every clock of a case, by when it started.
pub fn periods(events: &[CaseEvent]) -> Vec<Period> {
    let mut events = events.to_vec();
    events.sort_by_key(|event| event.at);
    let mut runs = Runs::default();
    for together in events.chunk_by(|one, other| one.at == other.at) {
        runs.step(together);
    }
    let mut all = runs.ended;
    all.extend([runs.first_reply, runs.next_update, runs.resolution].into_iter().flatten());
    all.sort_by_key(|period| (period.started_at, period.clock));
    all
}

#[derive(Default)]
struct Runs {
    stage: Option<Stage>,
    first_reply: Option<Period>,
    next_update: Option<Period>,
    resolution: Option<Period>,
    ended: Vec<Period>,
}

impl Runs {
    /// What happened at one moment.
    fn step(&mut self, together: &[CaseEvent]) {
        let Some(at) = together.first().map(|event| event.at) else { return };
        let happened = |what: Happened| together.iter().any(|event| event.what == what);
        let begins = self.stage.is_none();
        let reached = together.iter().rev().find_map(|event| match event.what {
            Happened::Reached(stage) => Some(stage),
            _ => None,
        });
        let stage = reached.or(self.stage).unwrap_or(Stage::Received);
        self.stage = Some(stage);
        let done = matches!(stage, Stage::Decided | Stage::Closed);
        let awaited = stage == Stage::AnswerNeeded;
        let heard = happened(Happened::StaffWrote) || happened(Happened::NeedsNoAnswer);

        if begins {
            self.first_reply = Some(started(Clock::FirstReply, at));
        }
        if heard || done {
            end(&mut self.first_reply, &mut self.ended, at);
        }
        if heard || done || awaited {
            end(&mut self.next_update, &mut self.ended, at);
        }
        if !done && !awaited && self.next_update.is_none() {
            self.next_update = Some(started(Clock::NextUpdate, at));
        }
        if done {
            end(&mut self.resolution, &mut self.ended, at);
        } else if self.resolution.is_none() {
            self.resolution = Some(started(Clock::Resolution, at));
        }
        for period in [&mut self.first_reply, &mut self.resolution].into_iter().flatten() {
            if awaited {
                period.paused_since = period.paused_since.or(Some(at));
            } else {
                resume(period, at);
            }
        }
    }
}

fn started(clock: Clock, at: DateTime<Utc>) -> Period {
    Period { clock, started_at: at, paused: Vec::new(), paused_since: None, ended_at: None }
}

fn end(running: &mut Option<Period>, ended: &mut Vec<Period>, at: DateTime<Utc>) {
    if let Some(mut period) = running.take() {
        resume(&mut period, at);
        period.ended_at = Some(at);
        ended.push(period);
    }
}

fn resume(period: &mut Period, at: DateTime<Utc>) {
    if let Some(since) = period.paused_since.take() {
        period.paused.extend(Span::new(since, at));
    }
}

/// Reads a clock at a moment. `working` are the desk's hours from its start on, as far ahead as the rota is known; they
/// count, but for those in which the partner's answer was awaited.
pub fn read(period: &Period, limit: TimeDelta, working: &[Span], now: DateTime<Utc>) -> Reading {
    let far = working.last().map_or(period.started_at, |last| last.to.max(period.started_at));
    let runs_until = period.paused_since.unwrap_or(far);
    let counts = match Span::new(period.started_at, runs_until) {
        Some(run) => without(&within(working, run), &union(period.paused.clone())),
        None => Vec::new(),
    };
    let deadline = reach(&counts, limit);
    let until = period.ended_at.unwrap_or(now);
    let counted = Span::new(period.started_at, until).map(|lived| within(&counts, lived)).unwrap_or_default();
    let late = deadline.is_some_and(|deadline| deadline < until);
    let state = match (late, period.ended_at, period.paused_since) {
        (true, _, _) => State::Breached,
        (false, Some(_), _) => State::Met,
        (false, None, Some(_)) => State::Paused,
        (false, None, None) => State::Running,
    };
    Reading { state, deadline, twice: reach(&counts, limit * 2), counted }
}

/// The moment that is promised when a clock of so long a limit starts now: its deadline, up to the next quarter of an
/// hour; `None` where the rota does not reach so far.
pub fn promise(working: &[Span], limit: TimeDelta, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let deadline = read(&started(Clock::NextUpdate, now), limit, working, now).deadline?.timestamp();
    let quarters = deadline.div_euclid(QUARTER) + i64::from(deadline.rem_euclid(QUARTER) > 0);
    DateTime::from_timestamp(quarters * QUARTER, 0)
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
