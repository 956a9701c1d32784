//! What a line of an answer does to the payout it names. Pure.

use super::files::{Kind, Outcome};
use super::model::Disposition;
use crate::base::money::Money;
use crate::payout_runs::model::State;

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
/// be money that left twice. What was given back after a refusal may be in the next payout already, so a late success is
/// for a person, never for a rule.
pub fn judge(said: &Said, standing: &Standing) -> Verdict {
    use Disposition::{Contradicts, Known, Noted, WrongAmount};
    let is_out = matches!(standing.state, State::Submitted | State::Unknown);
    let was_sent = !matches!(standing.state, State::Scheduled | State::Approved | State::Held | State::Cancelled);
    match said.outcome {
        _ if !was_sent => Verdict::Keep(Contradicts),
        Outcome::Accepted => Verdict::Keep(Noted),
        Outcome::Unknown if standing.state == State::Submitted => Verdict::Apply(State::Unknown),
        Outcome::Unknown => Verdict::Keep(Known),
        _ if said.amount.is_some_and(|amount| amount != standing.amount) => Verdict::Keep(WrongAmount),
        Outcome::Settled if is_out => Verdict::Apply(State::Paid),
        Outcome::Settled => Verdict::Keep(match &standing.paid {
            Some(paid) if is_same(said, paid) => Known,
            _ => Contradicts,
        }),
        Outcome::Rejected if is_out => Verdict::Apply(State::Failed),
        Outcome::Rejected if standing.state == State::Paid => Verdict::Keep(Contradicts),
        Outcome::Rejected => Verdict::Keep(Known),
        Outcome::Returned if is_out || standing.state == State::Paid => Verdict::Apply(State::Returned),
        Outcome::Returned => Verdict::Keep(Known),
    }
}

/// Whether a booking is the one that paid: two files of one kind name a booking alike, different kinds may not.
fn is_same(said: &Said, paid: &Evidence) -> bool {
    match (&said.bank_reference, &paid.bank_reference) {
        (Some(said_as), Some(paid_as)) if said.kind == paid.kind => said_as == paid_as,
        _ => true,
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
        Said { kind: Kind::Camt053, outcome, amount: Some(pounds("60.00")), bank_reference: Some("B1".into()) }
    }

    fn standing(state: State) -> Standing {
        Standing { state, amount: pounds("60"), paid: None }
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
        assert_eq!(judge(&settled, &paid_by(Kind::Camt053, "B1", State::Returned)), Verdict::Keep(Disposition::Known));
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
