//! What payout runs ask of their reader, and what a run comes to. Pure.

use super::model::{Stage, State, Total};
use super::steps::{self, By, Release};
use crate::base::actor::Role;
use crate::base::ids::{PayoutRunId, PersonId};
use crate::base::money::{Currency, Money};
use rust_decimal::Decimal;

/// A run's payouts in one currency; what was cancelled is not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The currency.
    pub currency: Currency,
    /// Payouts.
    pub payouts: i64,
    /// What they come to.
    pub amount: Decimal,
    /// Of these, those that have left the house.
    pub sent: i64,
    /// Of these, those that the bank has booked.
    pub paid: i64,
    /// Of these, those that were refused, came back, or nobody knows of.
    pub trouble: i64,
}

/// A run's payouts, a currency after the other.
pub fn sums(totals: &[Total]) -> Vec<Sum> {
    let mut sums: Vec<Sum> = Vec::new();
    for total in totals.iter().filter(|total| total.state != State::Cancelled) {
        if sums.last().is_none_or(|last| last.currency != total.currency) {
            let amount = Decimal::ZERO;
            sums.push(Sum { currency: total.currency, payouts: 0, amount, sent: 0, paid: 0, trouble: 0 });
        }
        let Some(sum) = sums.last_mut() else { continue };
        sum.payouts += total.payouts;
        sum.amount += total.amount;
        if steps::was_sent(total.state) {
            sum.sent += total.payouts;
        }
        match total.state {
            State::Paid => sum.paid += total.payouts,
            State::Failed | State::Returned | State::Unknown => sum.trouble += total.payouts,
            _ => {}
        }
    }
    sums
}

/// Count and amounts, by currency, of the payouts in a state.
pub fn in_state(totals: &[Total], state: State) -> (i64, Vec<Money>) {
    let those = totals.iter().filter(|total| total.state == state);
    (
        those.clone().map(|total| total.payouts).sum(),
        those.map(|total| Money::new(total.amount, total.currency)).collect(),
    )
}

/// What is known of a run before anything is asked.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    /// Its number.
    pub run: PayoutRunId,
    /// Where it stands.
    pub stage: Stage,
    /// Who built it.
    pub builder: Option<PersonId>,
    /// What is in it.
    pub totals: &'a [Total],
}

/// What waits, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A run waits for the reader's release.
    Release(PayoutRunId, i64, Vec<Money>),
    /// The reader built it, so another owner releases it.
    AnotherReleases(PayoutRunId, i64, Vec<Money>),
    /// It waits for an owner, which the reader is not.
    OwnerReleases(PayoutRunId, i64, Vec<Money>),
    /// Nobody in it is paid: it can only be given up.
    Empty(PayoutRunId),
    /// Payouts are approved and in no file yet.
    MakeFiles(PayoutRunId, i64, Vec<Money>),
    /// Nobody knows what became of these.
    Unknown(PayoutRunId, i64),
    /// Lines of answers wait for a person.
    Lines(i64),
}

/// What is asked, the most pressing first.
pub fn asks(runs: &[Known<'_>], lines: i64, by: By) -> Vec<Ask> {
    let mut asked = Vec::new();
    for one in runs {
        let (scheduled, amounts) = in_state(one.totals, State::Scheduled);
        match steps::release(one.stage, one.builder, by) {
            Release::NotWaiting => {}
            _ if scheduled == 0 => asked.extend(by.pays().then_some(Ask::Empty(one.run))),
            Release::Yes { .. } => asked.push(Ask::Release(one.run, scheduled, amounts)),
            Release::NeedsAnother => asked.push(Ask::AnotherReleases(one.run, scheduled, amounts)),
            Release::OwnersOnly => asked.push(Ask::OwnerReleases(one.run, scheduled, amounts)),
        }
    }
    for one in runs.iter().filter(|one| one.stage == Stage::Released) {
        let (approved, amounts) = in_state(one.totals, State::Approved);
        if approved > 0 {
            asked.push(Ask::MakeFiles(one.run, approved, amounts));
        }
        let (unknown, _) = in_state(one.totals, State::Unknown);
        if unknown > 0 {
            asked.push(Ask::Unknown(one.run, unknown));
        }
    }
    if lines > 0 {
        asked.push(Ask::Lines(lines));
    }
    // To its own reader first what nobody else does for them.
    asked.sort_by_key(|ask| match ask {
        Ask::Release(..) => 0,
        Ask::MakeFiles(..) | Ask::Lines(_) | Ask::Unknown(..) if by.role != Role::Auditor => 1,
        Ask::Empty(_) => 2,
        _ => 3,
    });
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gbp() -> Currency {
        Currency::parse("GBP").expect("code")
    }

    fn total(state: State, payouts: i64, amount: &str) -> Total {
        Total { currency: gbp(), state, payouts, amount: amount.parse().expect("number") }
    }

    fn pounds(amount: &str) -> Vec<Money> {
        vec![Money::new(amount.parse().expect("number"), gbp())]
    }

    #[test]
    fn what_was_given_up_is_in_no_sum() {
        let euro = Total { currency: Currency::parse("EUR").expect("code"), ..total(State::Scheduled, 1, "9") };
        let totals = [
            euro,
            total(State::Cancelled, 4, "40"),
            total(State::Failed, 1, "3"),
            total(State::Paid, 2, "16.50"),
            total(State::Approved, 5, "50"),
        ];
        let sums = sums(&totals);
        assert_eq!(sums.len(), 2);
        assert_eq!((sums[0].payouts, sums[0].sent), (1, 0));
        let pounds = &sums[1];
        assert_eq!((pounds.payouts, pounds.sent, pounds.paid, pounds.trouble), (8, 3, 2, 1));
        assert_eq!(pounds.amount, "69.50".parse::<Decimal>().expect("number"));
    }

    #[test]
    fn each_reader_is_asked_for_what_is_theirs() {
        let (olivia, henrik) = (PersonId(1), PersonId(2));
        let waiting = [total(State::Scheduled, 2, "24.00")];
        let empty = [total(State::Held, 1, "5.00")];
        let sending = [total(State::Approved, 1, "8.00"), total(State::Unknown, 1, "2.00")];
        let runs = [
            Known { run: PayoutRunId(3), stage: Stage::Built, builder: Some(olivia), totals: &waiting },
            Known { run: PayoutRunId(2), stage: Stage::Built, builder: Some(henrik), totals: &empty },
            Known { run: PayoutRunId(1), stage: Stage::Released, builder: None, totals: &sending },
            Known { run: PayoutRunId(4), stage: Stage::Building, builder: None, totals: &[] },
        ];
        let asked = |person, role| asks(&runs, 5, By { person, role, alone: false });
        let rest = [Ask::MakeFiles(PayoutRunId(1), 1, pounds("8.00")), Ask::Unknown(PayoutRunId(1), 1), Ask::Lines(5)];
        let empty = Ask::Empty(PayoutRunId(2));
        let mine = asked(henrik, Role::Owner);
        assert_eq!(mine[0], Ask::Release(PayoutRunId(3), 2, pounds("24.00")));
        assert_eq!(mine[1..4], rest);
        assert_eq!(mine[4], empty);
        let own = asked(olivia, Role::Owner);
        assert_eq!(own[..3], rest);
        assert_eq!(own[3..], [empty.clone(), Ask::AnotherReleases(PayoutRunId(3), 2, pounds("24.00"))]);
        assert_eq!(asked(PersonId(9), Role::Finance)[4], Ask::OwnerReleases(PayoutRunId(3), 2, pounds("24.00")));
        assert!(!asked(PersonId(9), Role::Auditor).contains(&empty), "an auditor gives nothing up");
    }
}
