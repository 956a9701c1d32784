use super::*;
use crate::rota::reference::{at, beginnings, rotas, walk};
use crate::rota::rules::desk_spans;
use proptest::prelude::*;

fn event(time: &str, what: Happened) -> CaseEvent {
    CaseEvent { at: at(time), what }
}

/// Nine to five, 20 to 24 July 2026, in UTC.
fn office() -> Vec<Span> {
    (20..25)
        .map(|day| Span { from: at(&format!("2026-07-{day}T09:00:00Z")), to: at(&format!("2026-07-{day}T17:00:00Z")) })
        .collect()
}

fn of(all: &[Period], clock: Clock) -> Vec<&Period> {
    all.iter().filter(|period| period.clock == clock).collect()
}

#[test]
fn a_case_has_its_clocks() {
    let history = [
        event("2026-07-20T16:00:00Z", Happened::Reached(Stage::Received)),
        event("2026-07-20T16:00:00Z", Happened::PartnerWrote),
        event("2026-07-21T10:00:00Z", Happened::Reached(Stage::InReview)),
        event("2026-07-21T10:00:00Z", Happened::StaffWrote),
        event("2026-07-21T12:00:00Z", Happened::StaffWrote),
        event("2026-07-21T12:00:00Z", Happened::Reached(Stage::AnswerNeeded)),
        event("2026-07-22T11:00:00Z", Happened::PartnerWrote),
        event("2026-07-22T11:00:00Z", Happened::Reached(Stage::InReview)),
        event("2026-07-22T15:00:00Z", Happened::StaffWrote),
        event("2026-07-22T15:00:00Z", Happened::Reached(Stage::Decided)),
    ];
    let all = periods(&history);
    let first = of(&all, Clock::FirstReply);
    assert_eq!((first.len(), first[0].ended_at), (1, Some(at("2026-07-21T10:00:00Z"))));
    let next: Vec<_> = of(&all, Clock::NextUpdate).iter().map(|period| (period.started_at, period.ended_at)).collect();
    assert_eq!(
        next,
        [
            (at("2026-07-20T16:00:00Z"), Some(at("2026-07-21T10:00:00Z"))),
            (at("2026-07-21T10:00:00Z"), Some(at("2026-07-21T12:00:00Z"))),
            (at("2026-07-22T11:00:00Z"), Some(at("2026-07-22T15:00:00Z"))),
        ]
    );
    let resolution = of(&all, Clock::Resolution);
    assert_eq!(resolution.len(), 1);
    assert_eq!(resolution[0].paused, [Span { from: at("2026-07-21T12:00:00Z"), to: at("2026-07-22T11:00:00Z") }]);

    // One hour on Monday, three on Tuesday, four on Wednesday.
    let read_at = |limit, now| read(resolution[0], TimeDelta::hours(limit), &office(), at(now));
    let met = read_at(8, "2026-07-24T00:00:00Z");
    assert_eq!((met.state, met.minutes(), met.deadline), (State::Met, 480, Some(at("2026-07-22T15:00:00Z"))));
    let breached = read_at(7, "2026-07-24T00:00:00Z");
    assert_eq!((breached.state, breached.deadline), (State::Breached, Some(at("2026-07-22T14:00:00Z"))));
    assert_eq!(breached.twice, Some(at("2026-07-23T13:00:00Z")));
}

#[test]
fn a_clock_that_waits_for_the_partner_has_no_deadline() {
    let history = [
        event("2026-07-20T16:00:00Z", Happened::PartnerWrote),
        event("2026-07-20T16:30:00Z", Happened::StaffWrote),
        event("2026-07-20T16:30:00Z", Happened::Reached(Stage::AnswerNeeded)),
    ];
    let all = periods(&history);
    let resolution = of(&all, Clock::Resolution);
    let reading = read(resolution[0], TimeDelta::hours(2), &office(), at("2026-07-24T12:00:00Z"));
    assert_eq!((reading.state, reading.deadline, reading.minutes()), (State::Paused, None, 30));
}

#[test]
fn a_promise_is_made_in_working_hours_and_names_a_quarter() {
    let promised = |now: &str, hours| promise(&office(), TimeDelta::hours(hours), at(now));
    assert_eq!(promised("2026-07-20T15:05:00Z", 4), Some(at("2026-07-21T11:15:00Z")));
    assert_eq!(promised("2026-07-20T15:00:00Z", 2), Some(at("2026-07-20T17:00:00Z")));
    assert_eq!(promised("2026-07-24T16:00:00Z", 4), None);
}

#[test]
fn the_most_exact_policy_holds() {
    let policy = |id, kind, size, minutes: i64, from: &str| Policy {
        id,
        clock: Clock::FirstReply,
        kind,
        size,
        minutes: (minutes > 0).then_some(minutes),
        valid_from: at(from),
    };
    let all = [
        policy(1, None, None, 480, "2026-01-01T00:00:00Z"),
        policy(2, None, Some(Size::Small), 240, "2026-01-01T00:00:00Z"),
        policy(3, Some(Kind::PayoutLate), None, 120, "2026-02-01T00:00:00Z"),
        policy(4, Some(Kind::PayoutLate), None, 0, "2026-03-01T00:00:00Z"),
    ];
    let holds =
        |kind, size, time: &str| policy_for(&all, Clock::FirstReply, kind, size, at(time)).map(|policy| policy.id);
    assert_eq!(holds(Kind::Other, Size::Large, "2026-02-02T00:00:00Z"), Some(1));
    assert_eq!(holds(Kind::Other, Size::Small, "2026-02-02T00:00:00Z"), Some(2));
    assert_eq!(holds(Kind::PayoutLate, Size::Small, "2026-02-02T00:00:00Z"), Some(3));
    assert_eq!(holds(Kind::PayoutLate, Size::Small, "2026-03-02T00:00:00Z"), Some(2), "3 was withdrawn");
    assert_eq!(holds(Kind::Other, Size::Small, "2025-12-31T00:00:00Z"), None);
    assert!(policy_for(&all, Clock::Resolution, Kind::Other, Size::Small, at("2026-03-02T00:00:00Z")).is_none());
}

#[test]
fn a_partner_is_small_until_ten_minimums_were_paid() {
    let minimum = Some(Decimal::from(50));
    assert_eq!(size_of(Decimal::ZERO, minimum), Size::Small);
    assert_eq!(size_of(Decimal::from(499), minimum), Size::Small);
    assert_eq!(size_of(Decimal::from(500), minimum), Size::Large);
    assert_eq!(size_of(Decimal::ONE, None), Size::Large);
}

/// One run of a clock, found by walking minute by minute with the stage in hand.
struct Walked {
    started: usize,
    ended: Option<usize>,
}

impl Walked {
    /// Minutes counted up to the end or `now`, and the minute at which the limit is reached.
    fn count(&self, there: &[bool], awaited: &[bool], limit: usize, now: usize) -> (usize, Option<usize>) {
        let until = self.ended.unwrap_or(now);
        let (mut counted, mut all, mut deadline) = (0, 0, None);
        for minute in self.started..there.len() {
            // What ended would have run on: from then on nothing pauses it.
            let waits = awaited[minute] && self.ended.is_none_or(|end| minute < end);
            if there[minute] && !waits {
                all += 1;
                counted += usize::from(minute < until);
                if all == limit {
                    deadline = Some(minute + 1);
                }
            }
        }
        (counted, deadline)
    }

    fn state(&self, deadline: Option<usize>, awaited: bool, now: usize) -> State {
        match (deadline, self.ended) {
            (Some(deadline), end) if deadline < end.unwrap_or(now) => State::Breached,
            (_, Some(_)) => State::Met,
            (_, None) if awaited => State::Paused,
            (_, None) => State::Running,
        }
    }
}

/// The runs of a clock, and for each minute whether the partner's answer is awaited.
fn walked(clock: Clock, history: &[(usize, Happened)], minutes: usize) -> (Vec<Walked>, Vec<bool>) {
    let (mut stage, mut runs, mut awaiting) = (None, Vec::<Walked>::new(), Vec::new());
    let mut rest = history;
    for minute in 0..minutes {
        let (now, later) = rest.split_at(rest.partition_point(|(at, _)| *at == minute));
        let now: Vec<_> = now.iter().map(|(_, what)| *what).collect();
        rest = later;
        let begins = stage.is_none() && !now.is_empty();
        for what in &now {
            stage = match what {
                Happened::Reached(reached) => Some(*reached),
                _ => stage.or(Some(Stage::Received)),
            };
        }
        let awaited = stage == Some(Stage::AnswerNeeded);
        awaiting.push(awaited);
        if now.is_empty() {
            continue;
        }
        let spoke = now.contains(&Happened::StaffWrote) || now.contains(&Happened::NeedsNoAnswer);
        let done = matches!(stage, Some(Stage::Decided | Stage::Closed));
        let mut running = runs.last().is_some_and(|run| run.ended.is_none());
        let (starts, ends) = match clock {
            Clock::FirstReply => (begins, spoke || done),
            Clock::NextUpdate => (!done && !awaited, spoke || done || awaited),
            Clock::Resolution => (!done, done),
        };
        // A first reply may come with the very message that opens the case; other clocks start after what ended them.
        if clock == Clock::FirstReply && starts {
            runs.push(Walked { started: minute, ended: None });
            running = true;
        }
        if ends
            && running
            && let Some(run) = runs.last_mut()
        {
            run.ended = Some(minute);
            running = false;
        }
        if clock != Clock::FirstReply && starts && !running {
            runs.push(Walked { started: minute, ended: None });
        }
    }
    (runs, awaiting)
}

fn histories() -> impl Strategy<Value = Vec<(usize, Happened)>> {
    let what = prop_oneof![
        Just(Happened::PartnerWrote),
        Just(Happened::StaffWrote),
        Just(Happened::NeedsNoAnswer),
        Just(Happened::Reached(Stage::InReview)),
        Just(Happened::Reached(Stage::AnswerNeeded)),
        Just(Happened::Reached(Stage::Decided)),
        Just(Happened::Reached(Stage::Closed)),
    ];
    prop::collection::vec((0_usize..4 * 1440, what), 1..9).prop_map(|mut all| {
        all.sort_by_key(|(at, _)| *at);
        all
    })
}

proptest! {
    // 100 rotas with 100 histories each.
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn clocks_are_what_a_walk_minute_by_minute_finds(
        (begins, rota) in beginnings().prop_flat_map(|begins| (Just(begins), rotas(begins))),
        cases in prop::collection::vec((histories(), 1_usize..1500), 100),
    ) {
        let (long, horizon) = (4 * 1440, 5 * 1440);
        let minute = |minute: usize| begins + TimeDelta::minutes(i64::try_from(minute).expect("minute"));
        let window = Span { from: begins, to: minute(horizon) };
        let (working, there) = (desk_spans(&rota, window), walk(&rota, window));
        for (history, limit) in cases {
            let events: Vec<_> = history.iter().map(|(at, what)| CaseEvent { at: minute(*at), what: *what }).collect();
            let all = periods(&events);
            for clock in Clock::ALL {
                let (slow, awaited) = walked(clock, &history, horizon);
                let quick = of(&all, clock);
                prop_assert_eq!(quick.len(), slow.len(), "{:?} {:?}", clock, history);
                for (quick, slow) in quick.into_iter().zip(&slow) {
                    let allowed = TimeDelta::minutes(i64::try_from(limit).expect("limit"));
                    let reading = read(quick, allowed, &working, minute(long));
                    let (counted, deadline) = slow.count(&there, &awaited, limit, long);
                    let state = slow.state(deadline, awaited[long], long);
                    prop_assert_eq!((quick.started_at, quick.ended_at), (minute(slow.started), slow.ended.map(minute)));
                    prop_assert_eq!(reading.deadline, deadline.map(minute), "{:?} {:?} {}", clock, history, limit);
                    prop_assert_eq!(reading.state, state, "{:?} {:?} {}", clock, history, limit);
                    prop_assert_eq!(usize::try_from(reading.minutes()), Ok(counted), "{:?} {:?} {}", clock, history, limit);
                }
            }
        }
    }
}
