//! What a word about an incident does to a case, and which cases a list names. Pure.

use super::model::{About, UpdateKind, Why};
use crate::base::ids::CaseId;
use crate::disputes::model::{Kind, Side, Stage};
use crate::disputes::rules::after_reply;

/// The most cases that are put in at once by their numbers.
pub const MOST_CASES: usize = 2000;

/// What becomes of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// The word is said in it, and it goes to this stage.
    Told(Stage),
    /// Its partner wrote something that nobody has read: a person answers it.
    ByHand,
}

/// How a case stands that a word comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its stage.
    pub stage: Stage,
    /// Whether it is decided for good.
    pub decided: bool,
    /// Whether an appeal waits: its decision ends the case, and no word to all does.
    pub appealed: bool,
}

/// What a word does to a case. `last` is who wrote the newest message, and whether a person has marked it as needing no
/// answer; `unseen` whether it is newer than what whoever put the case in could see.
pub fn telling(kind: UpdateKind, standing: Standing, last: (Side, bool), unseen: bool) -> Telling {
    match (last, unseen) {
        ((Side::Partner, false), true) => Telling::ByHand,
        _ if kind == UpdateKind::Closed && !standing.appealed => Telling::Told(Stage::Closed),
        _ => Telling::Told(after_reply(standing.stage, false, standing.decided)),
    }
}

/// What an incident names, for finding its cases.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// What it is about.
    pub about: About,
    /// Whether it names an offer.
    pub offer: bool,
    /// Whether it names a payout run.
    pub run: bool,
}

/// What a case says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// What it is about.
    pub kind: Kind,
    /// Whether it pins anything.
    pub pins: bool,
    /// Whether it pins a sale of the incident's offer.
    pub of_offer: bool,
    /// Whether it pins a payout of the incident's run.
    pub of_run: bool,
}

/// Why a case that came in while an incident ran may belong into it; `None` where it does not. What an incident names is not
/// overlooked, but for a case that pins nothing it says nothing.
pub fn suggested(incident: Named, case: Facts) -> Option<Why> {
    if !incident.about.kinds().contains(&case.kind) {
        return None;
    }
    match (incident.run, incident.offer) {
        (true, _) if case.of_run => Some(Why::Run),
        (_, true) if case.of_offer => Some(Why::Offer),
        (true, _) | (_, true) if case.pins => None,
        _ if incident.about == About::Anything => Some(Why::Time),
        _ => Some(Why::Kind),
    }
}

/// Why a list of cases is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListError {
    /// It names nothing.
    Empty,
    /// This is no number of a case.
    NotANumber(String),
    /// It names too many.
    TooMany,
}

/// Numbers of cases, parted by spaces, commas or line ends, each with or without `#`; none twice, in their order.
///
/// # Errors
/// [`ListError`].
pub fn parse_cases(text: &str) -> Result<Vec<CaseId>, ListError> {
    let mut cases = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';')).filter(|word| !word.is_empty()) {
        let number: i64 = word
            .trim_start_matches('#')
            .parse()
            .ok()
            .filter(|number| *number > 0)
            .ok_or_else(|| ListError::NotANumber(word.chars().take(20).collect()))?;
        cases.push(CaseId(number));
    }
    cases.sort_unstable();
    cases.dedup();
    match cases.len() {
        0 => Err(ListError::Empty),
        count if count > MOST_CASES => Err(ListError::TooMany),
        _ => Ok(cases),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn standing(stage: Stage, decided: bool) -> Standing {
        Standing { stage, decided, appealed: false }
    }

    #[test]
    fn no_word_to_all_ends_an_appeal() {
        let appealed = Standing { stage: Stage::InReview, decided: false, appealed: true };
        let last = (Side::Partner, true);
        assert_eq!(telling(UpdateKind::Closed, appealed, last, false), Telling::Told(Stage::InReview));
    }

    #[test]
    fn what_nobody_has_read_is_never_answered_by_the_way() {
        for kind in [UpdateKind::Opened, UpdateKind::Update, UpdateKind::Closed] {
            for stage in Stage::ALL {
                assert_eq!(telling(kind, standing(*stage, false), (Side::Partner, false), true), Telling::ByHand);
                assert_ne!(telling(kind, standing(*stage, false), (Side::Partner, true), true), Telling::ByHand);
                assert_ne!(telling(kind, standing(*stage, false), (Side::Partner, false), false), Telling::ByHand);
                assert_ne!(telling(kind, standing(*stage, true), (Side::Staff, false), true), Telling::ByHand);
            }
        }
    }

    #[test]
    fn the_last_word_closes_and_the_others_do_not() {
        let last = (Side::Staff, false);
        assert_eq!(
            telling(UpdateKind::Closed, standing(Stage::InReview, false), last, false),
            Telling::Told(Stage::Closed)
        );
        assert_eq!(
            telling(UpdateKind::Update, standing(Stage::Received, false), last, false),
            Telling::Told(Stage::InReview)
        );
        assert_eq!(
            telling(UpdateKind::Update, standing(Stage::Decided, true), last, false),
            Telling::Told(Stage::Decided)
        );
        assert_eq!(
            telling(UpdateKind::Update, standing(Stage::Closed, false), last, false),
            Telling::Told(Stage::Closed)
        );
    }

    #[test]
    fn a_case_is_suggested_for_what_it_is_about() {
        let named = |about, offer, run| Named { about, offer, run };
        let sale = |of_offer| Facts { kind: Kind::MissingConversion, pins: true, of_offer, of_run: false };
        let payout = |of_run| Facts { kind: Kind::PayoutLate, pins: true, of_offer: false, of_run };
        let question = Facts { kind: Kind::Other, pins: false, of_offer: false, of_run: false };
        let tracking = named(About::Tracking, true, false);
        assert_eq!(suggested(tracking, sale(true)), Some(Why::Offer));
        assert_eq!(suggested(tracking, sale(false)), None, "another offer");
        assert_eq!(suggested(tracking, payout(true)), None, "another matter");
        assert_eq!(suggested(tracking, question), None);
        assert_eq!(suggested(named(About::Tracking, false, false), sale(false)), Some(Why::Kind));
        let bank = named(About::Payouts, false, true);
        assert_eq!(suggested(bank, payout(true)), Some(Why::Run));
        assert_eq!(suggested(bank, payout(false)), None, "another run");
        assert_eq!(suggested(bank, sale(false)), None);
        assert_eq!(suggested(named(About::Payouts, false, false), payout(false)), Some(Why::Kind));
        let anything = named(About::Anything, true, false);
        assert_eq!(suggested(anything, question), Some(Why::Time), "nothing says otherwise");
        assert_eq!(suggested(anything, sale(false)), None);
        assert_eq!(suggested(named(About::Anything, false, false), payout(false)), Some(Why::Time));
    }

    #[test]
    fn numbers_of_cases_as_people_write_them() {
        assert_eq!(parse_cases("#7, 3;3\r\n 12"), Ok(vec![CaseId(3), CaseId(7), CaseId(12)]));
        assert_eq!(parse_cases(" ,\n"), Err(ListError::Empty));
        for wrong in ["x", "-3", "0", "1.5", "99999999999999999999"] {
            assert_eq!(parse_cases(wrong), Err(ListError::NotANumber(wrong.into())));
        }
        let many: String = (1..=2001).map(|number| format!("{number} ")).collect();
        assert_eq!(parse_cases(&many), Err(ListError::TooMany));
    }

    proptest! {
        #[test]
        fn any_text_is_a_list_or_told_why_not(text in "(?s).{0,200}") {
            if let Ok(cases) = parse_cases(&text) {
                prop_assert!(cases.is_sorted() && !cases.is_empty());
            }
        }
    }
}
