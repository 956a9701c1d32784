//! What may be done with a run and with one payout in it, and by whom. Pure; the database holds the same.

use super::model::{Stage, State, Total};
use crate::base::actor::{Role, Staff};
use crate::base::ids::PersonId;
use crate::base::money::Currency;
use crate::payouts::bank_days::bank_days_after;
use chrono::{Days, NaiveDate};

/// How far ahead a delayed run may be promised, in days; further away it is no delay but another run.
const FURTHEST_DELAY: u64 = 92;
/// Bank days that a payout takes.
const BANK_DAYS: u32 = 2;

/// Who acts.
#[derive(Clone, Copy, Debug)]
pub struct By {
    /// The person.
    pub person: PersonId,
    /// What they are.
    pub role: Role,
    /// Whether there is no other owner.
    pub alone: bool,
}

impl By {
    /// Somebody of the staff.
    pub fn new(staff: &Staff, alone: bool) -> Self {
        Self { person: staff.person, role: staff.role, alone }
    }

    /// Whether they build, export and settle.
    pub fn pays(&self) -> bool {
        matches!(self.role, Role::Finance | Role::Owner)
    }

    /// Whether they may let go what this person built.
    fn may_approve(&self, builder: Option<PersonId>) -> bool {
        self.role == Role::Owner && (builder != Some(self.person) || self.alone)
    }
}

/// Whether somebody may release a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// They may; `sole_control` where they built it and no other owner is there.
    Yes {
        /// Whether it is listed as decided by one person alone.
        sole_control: bool,
    },
    /// An owner does.
    OwnersOnly,
    /// They built it, so another owner does.
    NeedsAnother,
    /// It does not wait for one.
    NotWaiting,
}

/// Whether somebody may release a run that this person built.
pub fn release(stage: Stage, builder: Option<PersonId>, by: By) -> Release {
    if stage != Stage::Built {
        return Release::NotWaiting;
    }
    if by.role != Role::Owner {
        return Release::OwnersOnly;
    }
    if by.may_approve(builder) {
        Release::Yes { sole_control: builder == Some(by.person) }
    } else {
        Release::NeedsAnother
    }
}

/// Whether a run can be given up: nothing of it has left the house, and something is left to give up.
pub fn can_cancel(stage: Stage, totals: &[Total]) -> bool {
    let sent = totals.iter().any(|total| was_sent(total.state));
    match stage {
        Stage::Cancelled => false,
        Stage::Building | Stage::Built => !sent,
        Stage::Released => !sent && totals.iter().any(|total| total.state != State::Cancelled),
    }
}

/// Whether money of this payout has left the house, however that ended.
pub fn was_sent(state: State) -> bool {
    matches!(state, State::Submitted | State::Unknown | State::Paid | State::Failed | State::Returned)
}

/// Whether its partner still waits for it.
pub fn is_on_its_way(state: State) -> bool {
    matches!(state, State::Scheduled | State::Approved | State::Held | State::Submitted | State::Unknown)
}

/// Whether a bank that got a file on this day should have said by now that it is paid: two bank days later it is late.
pub fn bank_is_late(sent: NaiveDate, today: NaiveDate, currency: Currency) -> bool {
    today > bank_days_after(sent, BANK_DAYS, currency)
}

/// What is wrong with a new pay day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadDelay {
    /// Nobody waits for the run any more.
    NobodyWaits,
    /// It is not later than what partners were told.
    NotLater,
    /// It is over.
    Past,
    /// It is too far away.
    TooFar,
}

/// Whether partners may be told this pay day instead of the promised one.
///
/// # Errors
/// Why not.
pub fn delay(totals: &[Total], promised: NaiveDate, new: NaiveDate, today: NaiveDate) -> Result<(), BadDelay> {
    if !totals.iter().any(|total| is_on_its_way(total.state)) {
        Err(BadDelay::NobodyWaits)
    } else if new < today {
        Err(BadDelay::Past)
    } else if new <= promised {
        Err(BadDelay::NotLater)
    } else if today.checked_add_days(Days::new(FURTHEST_DELAY)).is_none_or(|last| new > last) {
        Err(BadDelay::TooFar)
    } else {
        Ok(())
    }
}

/// What is wrong with the days of a run that is to be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadDay {
    /// The day is not over, so its money is not all there.
    CutoffNotOver,
    /// A run pays after its cut-off.
    PaysBeforeCutoff,
    /// The pay day is over.
    PayDayPast,
}

/// Whether a run can be built to this cut-off.
///
/// # Errors
/// Why not.
pub fn days(cutoff: NaiveDate, pay_day: Option<NaiveDate>, today: NaiveDate) -> Result<(), BadDay> {
    if cutoff >= today {
        return Err(BadDay::CutoffNotOver);
    }
    match pay_day {
        Some(day) if day <= cutoff => Err(BadDay::PaysBeforeCutoff),
        Some(day) if day < today => Err(BadDay::PayDayPast),
        _ => Ok(()),
    }
}

/// What a person does with one payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Keeps it back.
    Hold,
    /// Stops keeping it back.
    LetGo,
    /// Gives it up; its money is payable again.
    Cancel,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 3] = [Self::Hold, Self::LetGo, Self::Cancel];

    /// As forms send it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::LetGo => "let_go",
            Self::Cancel => "cancel",
        }
    }

    /// From what a form sent.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == text)
    }

    /// Whether it needs a reason.
    pub fn needs_reason(self) -> bool {
        self != Self::LetGo
    }
}

/// What a step depends on.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Where the payout stands.
    pub state: State,
    /// Who released its run; `Some(None)`: the command line.
    pub released: Option<Option<PersonId>>,
    /// Whether it was approved before it was kept back.
    pub approved_before: bool,
    /// Who built the run.
    pub builder: Option<PersonId>,
}

/// Why a step is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Not theirs to do.
    NotTheirs,
    /// The payout stands elsewhere.
    NotNow,
    /// It was kept back while the run was released, so an owner lets it go who did not build it.
    AnotherOwner,
}

/// The states that follow, one after the other.
///
/// # Errors
/// Why not.
pub fn take(step: Step, standing: &Standing, by: By) -> Result<&'static [State], Refused> {
    use State::{Approved, Cancelled, Held, Scheduled};
    if !by.pays() {
        return Err(Refused::NotTheirs);
    }
    match (step, standing.state) {
        (Step::Hold, Scheduled | Approved) => Ok(&[Held]),
        (Step::Cancel, Scheduled | Approved | Held) => Ok(&[Cancelled]),
        (Step::LetGo, Held) => match standing.released {
            None => Ok(&[Scheduled]),
            Some(releaser) => {
                let may = standing.approved_before || releaser == Some(by.person) || by.may_approve(standing.builder);
                if may { Ok(&[Scheduled, Approved]) } else { Err(Refused::AnotherOwner) }
            }
        },
        _ => Err(Refused::NotNow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLIVIA: PersonId = PersonId(1);
    const HENRIK: PersonId = PersonId(2);

    fn by(person: PersonId, role: Role, alone: bool) -> By {
        By { person, role, alone }
    }

    fn totals(states: &[State]) -> Vec<Total> {
        let currency = Currency::parse("GBP").expect("code");
        states.iter().map(|state| Total { currency, state: *state, payouts: 1, amount: 8.into() }).collect()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("day")
    }

    #[test]
    fn a_run_is_released_by_an_owner_who_did_not_build_it() {
        let asked = |builder, by| release(Stage::Built, builder, by);
        assert_eq!(asked(Some(HENRIK), by(OLIVIA, Role::Owner, false)), Release::Yes { sole_control: false });
        assert_eq!(asked(None, by(OLIVIA, Role::Owner, false)), Release::Yes { sole_control: false });
        assert_eq!(asked(Some(OLIVIA), by(OLIVIA, Role::Owner, false)), Release::NeedsAnother);
        assert_eq!(asked(Some(OLIVIA), by(OLIVIA, Role::Owner, true)), Release::Yes { sole_control: true });
        for role in [Role::Finance, Role::Auditor, Role::Lead, Role::Agent] {
            assert_eq!(asked(Some(HENRIK), by(OLIVIA, role, false)), Release::OwnersOnly);
        }
        for stage in [Stage::Building, Stage::Released, Stage::Cancelled] {
            assert_eq!(release(stage, None, by(OLIVIA, Role::Owner, true)), Release::NotWaiting);
        }
    }

    #[test]
    fn what_has_left_the_house_is_not_given_up() {
        assert!(can_cancel(Stage::Built, &totals(&[State::Scheduled, State::Held])));
        assert!(can_cancel(Stage::Building, &[]), "an empty one, too");
        assert!(!can_cancel(Stage::Released, &totals(&[State::Cancelled])), "nothing is left");
        for state in State::ALL.into_iter().filter(|state| was_sent(*state)) {
            assert!(!can_cancel(Stage::Released, &totals(&[State::Approved, state])), "{state:?}");
        }
        assert!(!can_cancel(Stage::Cancelled, &totals(&[State::Scheduled])));
    }

    #[test]
    fn a_delay_is_later_and_near() {
        let asked = |states: &[State], new| delay(&totals(states), day("2011-04-15"), day(new), day("2011-04-14"));
        assert_eq!(asked(&[State::Paid, State::Submitted], "2011-04-18"), Ok(()));
        assert_eq!(asked(&[State::Approved], "2011-04-15"), Err(BadDelay::NotLater));
        assert_eq!(asked(&[State::Approved], "2011-04-13"), Err(BadDelay::Past));
        assert_eq!(asked(&[State::Approved], "2011-09-01"), Err(BadDelay::TooFar));
        assert_eq!(asked(&[State::Paid, State::Failed], "2011-04-18"), Err(BadDelay::NobodyWaits));
    }

    #[test]
    fn a_bank_has_two_bank_days() {
        let currency = Currency::parse("GBP").expect("code");
        // Sent on a Friday, it is due on Tuesday.
        let late = |today| bank_is_late(day("2011-04-08"), day(today), currency);
        assert!(!late("2011-04-12") && late("2011-04-13"));
    }

    #[test]
    fn a_cut_off_is_a_day_that_is_over() {
        let asked = |cutoff, pay: Option<&str>| days(day(cutoff), pay.map(day), day("2011-04-01"));
        assert_eq!(asked("2011-03-31", None), Ok(()));
        assert_eq!(asked("2011-03-31", Some("2011-04-01")), Ok(()));
        assert_eq!(asked("2011-04-01", None), Err(BadDay::CutoffNotOver));
        assert_eq!(asked("2011-03-31", Some("2011-03-31")), Err(BadDay::PaysBeforeCutoff));
        assert_eq!(asked("2011-02-28", Some("2011-03-15")), Err(BadDay::PayDayPast));
    }

    #[test]
    fn what_was_kept_back_from_a_release_needs_an_owner() {
        let held = Standing {
            state: State::Held,
            released: Some(Some(HENRIK)),
            approved_before: false,
            builder: Some(OLIVIA),
        };
        let finance = by(PersonId(3), Role::Finance, false);
        assert_eq!(take(Step::LetGo, &held, finance), Err(Refused::AnotherOwner));
        assert_eq!(take(Step::LetGo, &held, by(OLIVIA, Role::Owner, false)), Err(Refused::AnotherOwner));
        let approved = Ok(&[State::Scheduled, State::Approved][..]);
        assert_eq!(take(Step::LetGo, &held, by(HENRIK, Role::Owner, false)), approved);
        assert_eq!(take(Step::LetGo, &held, by(OLIVIA, Role::Owner, true)), approved);
        assert_eq!(take(Step::LetGo, &Standing { approved_before: true, ..held }, finance), approved);
        assert_eq!(take(Step::LetGo, &Standing { released: None, ..held }, finance), Ok(&[State::Scheduled][..]));
    }

    #[test]
    fn nobody_touches_what_was_sent() {
        let finance = by(PersonId(3), Role::Finance, false);
        for state in State::ALL {
            let standing = Standing { state, released: Some(None), approved_before: true, builder: None };
            let taken: Vec<_> = Step::ALL.into_iter().filter(|step| take(*step, &standing, finance).is_ok()).collect();
            let expected: &[Step] = match state {
                State::Scheduled | State::Approved => &[Step::Hold, Step::Cancel],
                State::Held => &[Step::LetGo, Step::Cancel],
                _ => &[],
            };
            assert_eq!(taken, expected, "{state:?}");
            for role in [Role::Agent, Role::Lead, Role::Auditor] {
                assert_eq!(take(Step::Hold, &standing, by(OLIVIA, role, true)), Err(Refused::NotTheirs));
            }
        }
    }
}
