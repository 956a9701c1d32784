//! What a line of an answer does to the payout it names. Pure.

use super::files::{Kind, Outcome};
use super::model::Disposition;
use crate::base::money::Money;
use crate::payout_runs::model::State;
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// What a line says.
#[derive(Clone, Debug)]
pub struct Said {
    /// In what kind of file.
    pub kind: Kind,
    /// What became of the money.
    pub outcome: Outcome,
    /// The amount, where it gives one.
    pub amount: Option<Money>,
    /// What the bank calls it.
    pub bank_reference: Option<String>,
    /// The day it was booked, where it gives one.
    pub on: Option<NaiveDate>,
}

/// What is known of the payout it names.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Where it stands.
    pub state: State,
    /// What it pays.
    pub amount: Money,
    /// The line that paid it, if one did.
    pub paid: Option<Evidence>,
    /// The day the bank last gave it back, if it did.
    pub given_back_on: Option<NaiveDate>,
    /// Whether the bank had refused it.
    pub was_refused: bool,
}

/// The line that paid a payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// In what kind of file.
    pub kind: Kind,
    /// What the bank called it.
    pub bank_reference: Option<String>,
}

/// What follows from a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The payout goes on to this state.
    Apply(State),
    /// Nothing moves.
    Keep(Disposition),
}

/// What a line does to the payout it names.
///
/// Only what was sent can be answered. A booking of an amount that is not the payout's settles nothing. A second booking
/// of a payout that was paid is known where it is the same booking seen in another file, and a contradiction where it may
/// be money that left twice; once the payout came back, only a booking from before that is the known one. What was given
/// back after a refusal may be in the next payout already, so a late success is for a person, never for a rule. What a
/// person has found to be paid after all is not given back again by the old refusal or return.
pub fn judge(said: &Said, standing: &Standing) -> Verdict {
    use Disposition::{Contradicts, Known, Noted, WrongAmount};
    let is_out = matches!(standing.state, State::Submitted | State::Unknown);
    let was_sent = !matches!(standing.state, State::Scheduled | State::Approved | State::Held | State::Cancelled);
    let back = standing.given_back_on;
    match said.outcome {
        _ if !was_sent => Verdict::Keep(Contradicts),
        Outcome::Accepted => Verdict::Keep(Noted),
        Outcome::Unknown if standing.state == State::Submitted => Verdict::Apply(State::Unknown),
        Outcome::Unknown => Verdict::Keep(Known),
        _ if said.amount.is_some_and(|amount| amount != standing.amount) => Verdict::Keep(WrongAmount),
        Outcome::Settled if is_out => Verdict::Apply(State::Paid),
        Outcome::Settled => Verdict::Keep(match &standing.paid {
            Some(paid) if is_same(said, paid) && (standing.state == State::Paid || is_from_before(said, back)) => Known,
            _ => Contradicts,
        }),
        Outcome::Rejected if is_out => Verdict::Apply(State::Failed),
        Outcome::Rejected if standing.state == State::Paid && !standing.was_refused => Verdict::Keep(Contradicts),
        Outcome::Rejected => Verdict::Keep(Known),
        Outcome::Returned if is_out => Verdict::Apply(State::Returned),
        Outcome::Returned if standing.state == State::Paid => match (back, said.on) {
            (None, _) => Verdict::Apply(State::Returned),
            (Some(_), None) => Verdict::Keep(Contradicts),
            (Some(_), Some(_)) if is_from_before(said, back) => Verdict::Keep(Known),
            (Some(_), Some(_)) => Verdict::Apply(State::Returned),
        },
        Outcome::Returned => Verdict::Keep(Known),
    }
}

/// Whether a line is of a day no later than the one on which the payment came back.
fn is_from_before(said: &Said, given_back_on: Option<NaiveDate>) -> bool {
    said.on.zip(given_back_on).is_some_and(|(on, back)| on <= back)
}

/// Whether a booking is the one that paid: two files of one kind name a booking alike, different kinds may not.
fn is_same(said: &Said, paid: &Evidence) -> bool {
    match (&said.bank_reference, &paid.bank_reference) {
        (Some(said_as), Some(paid_as)) if said.kind == paid.kind => said_as == paid_as,
        _ => true,
    }
}

/// How many payments of a file stand alike, and what they come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// How many.
    pub payments: i64,
    /// Their sum.
    pub total: Decimal,
}

impl Part {
    fn and(self, other: Self) -> Self {
        Self { payments: self.payments + other.payments, total: self.total + other.total }
    }
}

/// How the payments of a file stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// They wait for the bank.
    pub out: Part,
    /// They left: paid, or paid and returned.
    pub gone: Part,
    /// They were refused, and their money was given back.
    pub refused: Part,
}

/// What a line says of every payment of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaidOfAll {
    /// What became of them.
    pub outcome: Outcome,
    /// How many, where it says so.
    pub payments: Option<i64>,
    /// What they come to, where it says so.
    pub total: Option<Decimal>,
}

impl SaidOfAll {
    /// Whether count and sum, as far as they are given, are these.
    pub fn is(&self, part: Part) -> bool {
        self.payments.is_none_or(|payments| payments == part.payments)
            && self.total.is_none_or(|total| total == part.total)
    }

    /// Whether it gives neither count nor sum.
    pub fn is_bare(&self) -> bool {
        self.payments.is_none() && self.total.is_none()
    }
}

/// What a line about every payment of a file does to those that wait for the bank.
///
/// A settlement has to give a count or a sum, and that of what is still out, alone or with what has left before: where some
/// were refused, banks book the rest as one sum. Where it is the sum of everything, those refused included, they may be
/// paid after all, which is for a person. A refusal names its file; nothing of it may have left.
pub fn judge_all(said: &SaidOfAll, parts: &Parts) -> Verdict {
    use Disposition::{Contradicts, Known, Noted, Unmatched, WrongAmount};
    let left = parts.out.and(parts.gone);
    let whole = left.and(parts.refused);
    let nothing_out = parts.out.payments == 0;
    match said.outcome {
        Outcome::Accepted => Verdict::Keep(Noted),
        Outcome::Returned | Outcome::Unknown => Verdict::Keep(Unmatched),
        Outcome::Rejected if parts.gone.payments > 0 => Verdict::Keep(Contradicts),
        Outcome::Rejected if !said.is(whole) && !said.is(parts.out) => Verdict::Keep(WrongAmount),
        Outcome::Rejected if nothing_out => Verdict::Keep(Known),
        Outcome::Rejected => Verdict::Apply(State::Failed),
        Outcome::Settled if said.is_bare() => Verdict::Keep(WrongAmount),
        Outcome::Settled if nothing_out && said.is(parts.gone) => Verdict::Keep(Known),
        Outcome::Settled if !nothing_out && (said.is(parts.out) || said.is(left)) => Verdict::Apply(State::Paid),
        Outcome::Settled if said.is(whole) => Verdict::Keep(Contradicts),
        Outcome::Settled => Verdict::Keep(WrongAmount),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::money::Currency;
    use proptest::prelude::*;

    fn pounds(text: &str) -> Money {
        Money::new(text.parse().expect("number"), Currency::parse("GBP").expect("code"))
    }

    fn said(outcome: Outcome) -> Said {
        let reference = Some("B1".into());
        Said { kind: Kind::Camt053, outcome, amount: Some(pounds("60.00")), bank_reference: reference, on: day(8) }
    }

    fn day(day: u32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(2011, 4, day)
    }

    fn standing(state: State) -> Standing {
        Standing { state, amount: pounds("60"), paid: None, given_back_on: None, was_refused: false }
    }

    fn paid_by(kind: Kind, reference: &str, state: State) -> Standing {
        let evidence = Evidence { kind, bank_reference: Some(reference.into()) };
        Standing { paid: Some(evidence), ..standing(state) }
    }

    const OUTCOMES: [Outcome; 5] =
        [Outcome::Accepted, Outcome::Settled, Outcome::Rejected, Outcome::Returned, Outcome::Unknown];

    #[test]
    fn what_was_sent_is_settled_refused_returned_or_in_doubt() {
        for state in [State::Submitted, State::Unknown] {
            let judge = |outcome| judge(&said(outcome), &standing(state));
            assert_eq!(judge(Outcome::Settled), Verdict::Apply(State::Paid));
            assert_eq!(judge(Outcome::Rejected), Verdict::Apply(State::Failed));
            assert_eq!(judge(Outcome::Returned), Verdict::Apply(State::Returned));
            assert_eq!(judge(Outcome::Accepted), Verdict::Keep(Disposition::Noted));
        }
        assert_eq!(judge(&said(Outcome::Unknown), &standing(State::Submitted)), Verdict::Apply(State::Unknown));
        assert_eq!(judge(&said(Outcome::Unknown), &standing(State::Unknown)), Verdict::Keep(Disposition::Known));
    }

    #[test]
    fn a_wrong_amount_settles_nothing() {
        for outcome in [Outcome::Settled, Outcome::Rejected, Outcome::Returned] {
            let less = Said { amount: Some(pounds("59.99")), ..said(outcome) };
            assert_eq!(judge(&less, &standing(State::Submitted)), Verdict::Keep(Disposition::WrongAmount));
            let euro = Money::new("60".parse().expect("number"), Currency::parse("EUR").expect("code"));
            let other = Said { amount: Some(euro), ..said(outcome) };
            assert_eq!(judge(&other, &standing(State::Submitted)), Verdict::Keep(Disposition::WrongAmount));
        }
        let silent = Said { amount: None, ..said(Outcome::Settled) };
        assert_eq!(judge(&silent, &standing(State::Submitted)), Verdict::Apply(State::Paid));
    }

    #[test]
    fn the_same_booking_in_two_files_is_one_and_a_second_booking_is_not() {
        let settled = said(Outcome::Settled);
        assert_eq!(judge(&settled, &paid_by(Kind::Camt053, "B1", State::Paid)), Verdict::Keep(Disposition::Known));
        assert_eq!(judge(&settled, &paid_by(Kind::Camt054, "N7", State::Paid)), Verdict::Keep(Disposition::Known));
        assert_eq!(
            judge(&settled, &paid_by(Kind::Camt053, "B2", State::Paid)),
            Verdict::Keep(Disposition::Contradicts)
        );
    }

    #[test]
    fn after_a_return_only_the_booking_from_before_it_is_known() {
        let returned = Standing { given_back_on: day(8), ..paid_by(Kind::Camt053, "B1", State::Returned) };
        let settled = |on| Said { on, ..said(Outcome::Settled) };
        assert_eq!(judge(&settled(day(7)), &returned), Verdict::Keep(Disposition::Known));
        assert_eq!(judge(&settled(day(8)), &returned), Verdict::Keep(Disposition::Known));
        assert_eq!(judge(&settled(day(9)), &returned), Verdict::Keep(Disposition::Contradicts));
        assert_eq!(judge(&settled(None), &returned), Verdict::Keep(Disposition::Contradicts));
    }

    #[test]
    fn what_was_found_to_be_paid_is_not_given_back_by_old_news() {
        let paid = Standing { given_back_on: day(8), was_refused: true, ..paid_by(Kind::Camt053, "B1", State::Paid) };
        assert_eq!(judge(&said(Outcome::Rejected), &paid), Verdict::Keep(Disposition::Known));
        let returned = |on| Said { on, ..said(Outcome::Returned) };
        assert_eq!(judge(&returned(day(8)), &paid), Verdict::Keep(Disposition::Known));
        assert_eq!(judge(&returned(None), &paid), Verdict::Keep(Disposition::Contradicts));
        assert_eq!(judge(&returned(day(20)), &paid), Verdict::Apply(State::Returned));
    }

    #[test]
    fn a_sum_settles_what_is_out_and_never_what_was_refused() {
        let part = |payments, total: &str| Part { payments, total: total.parse().expect("number") };
        let parts = Parts { out: part(2, "30"), gone: part(1, "10"), refused: part(1, "5") };
        let all = |outcome, payments, total: Option<&str>| SaidOfAll {
            outcome,
            payments,
            total: total.map(|total| total.parse().expect("number")),
        };
        let settled = |payments, total| judge_all(&all(Outcome::Settled, payments, total), &parts);
        assert_eq!(settled(Some(2), Some("30")), Verdict::Apply(State::Paid));
        assert_eq!(settled(None, Some("40.00")), Verdict::Apply(State::Paid));
        assert_eq!(settled(Some(3), None), Verdict::Apply(State::Paid));
        assert_eq!(settled(None, Some("45")), Verdict::Keep(Disposition::Contradicts));
        assert_eq!(settled(Some(2), Some("40")), Verdict::Keep(Disposition::WrongAmount));
        assert_eq!(settled(None, None), Verdict::Keep(Disposition::WrongAmount));
        let rejected = |parts: Parts| judge_all(&all(Outcome::Rejected, None, None), &parts);
        assert_eq!(rejected(parts), Verdict::Keep(Disposition::Contradicts));
        assert_eq!(rejected(Parts { gone: Part::default(), ..parts }), Verdict::Apply(State::Failed));
        let over = Parts { out: Part::default(), ..parts };
        assert_eq!(judge_all(&all(Outcome::Settled, Some(1), None), &over), Verdict::Keep(Disposition::Known));
    }

    #[test]
    fn a_late_success_of_what_was_given_back_is_for_a_person() {
        for state in [State::Failed, State::Returned, State::Cancelled] {
            assert_eq!(judge(&said(Outcome::Settled), &standing(state)), Verdict::Keep(Disposition::Contradicts));
        }
        let paid = paid_by(Kind::Camt053, "B1", State::Paid);
        assert_eq!(judge(&said(Outcome::Returned), &paid), Verdict::Apply(State::Returned));
        assert_eq!(judge(&said(Outcome::Rejected), &paid), Verdict::Keep(Disposition::Contradicts));
        assert_eq!(judge(&said(Outcome::Rejected), &standing(State::Failed)), Verdict::Keep(Disposition::Known));
    }

    #[test]
    fn nobody_answers_what_was_not_sent() {
        for state in [State::Scheduled, State::Approved, State::Held, State::Cancelled] {
            for outcome in OUTCOMES {
                assert_eq!(judge(&said(outcome), &standing(state)), Verdict::Keep(Disposition::Contradicts));
            }
        }
    }

    proptest! {
        #[test]
        fn the_same_line_twice_moves_nothing_the_second_time(state in prop::sample::select(State::ALL.to_vec()),
                                                            outcome in prop::sample::select(OUTCOMES.to_vec())) {
            let before = if state == State::Paid { paid_by(Kind::Camt053, "B1", state) } else { standing(state) };
            if let Verdict::Apply(next) = judge(&said(outcome), &before) {
                let after = match next {
                    State::Paid => paid_by(Kind::Camt053, "B1", next),
                    _ => Standing { state: next, ..before },
                };
                prop_assert!(matches!(judge(&said(outcome), &after), Verdict::Keep(Disposition::Known | Disposition::Noted)));
            }
        }
    }
}
