//! Whether a partner is paid in a run. Pure.

use super::model::{Block, Blocked, Warning};
use crate::base::ids::PartnerId;
use crate::base::money::Currency;
use crate::payout_methods::model::MethodKind;
use crate::payout_methods::rules::pays;
use crate::payouts::model::{Balances, Facts, Reason, Review};
use crate::payouts::rules::{next_pay_day, standing};
use crate::tax::model::Taxed;
use crate::terms::model::Schedule;
use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

/// So many times what a partner is used to is worth a look.
const OUTLIER: i64 = 3;
/// Fewer payouts than this are no custom.
const USED_TO: usize = 2;

/// What a run asks of each partner.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The programme's currency; minimums are in it.
    pub currency: Currency,
    /// The programme's time zone.
    pub zone: Tz,
    /// The last accounting day whose money is in it.
    pub cutoff: NaiveDate,
    /// When the run pays.
    pub pay_day: NaiveDate,
    /// Off-cycle: neither minimum nor schedule hold anybody back.
    pub off_cycle: bool,
    /// When it is built.
    pub now: DateTime<Utc>,
}

/// Where a partner's money goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// Its number.
    pub id: i64,
    /// Its kind.
    pub kind: MethodKind,
    /// From when on money is sent there.
    pub usable_from: DateTime<Utc>,
}

/// A partner's earlier payouts in the currency, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// Amounts that were sent.
    pub amounts: Vec<Decimal>,
    /// Where the last one went.
    pub method: Option<i64>,
}

/// What is known of a partner in one currency.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Who.
    pub partner: PartnerId,
    /// In which currency.
    pub currency: Currency,
    /// What can be allocated up to the cut-off; below zero where refunds took back more.
    pub payable: Decimal,
    /// What the programme contests.
    pub ring_fenced: Decimal,
    /// The smallest balance that is paid out.
    pub minimum: Option<Decimal>,
    /// The partner's schedule.
    pub schedule: Option<Schedule>,
    /// Where the money goes.
    pub method: Option<Method>,
    /// Whether one waits for its confirmation.
    pub unconfirmed: bool,
    /// The review that runs.
    pub review: Option<Review>,
    /// What the tax office makes of it.
    pub taxed: Taxed,
    /// Whether an answer about an earlier payout waits for a person.
    pub in_doubt: bool,
    /// Earlier payouts.
    pub before: Before,
}

/// What a run does with a partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Paid, by this method.
    Pay(i64, Vec<Warning>),
    /// Not paid; the weightiest reason first. Nothing to say where there is nothing to pay.
    Blocked(Vec<Blocked>),
}

/// Whether a partner is paid, and if not, why. The same reasons as on the partner's own page, by the same rules.
pub fn decide(terms: &Terms, candidate: &Candidate) -> Verdict {
    let mut blocked: Vec<Blocked> = stopped_by(terms, candidate);
    if let Some(method) = candidate.method {
        blocked.extend(method_blocks(terms, candidate.currency, method));
    }
    let due = candidate.schedule.map(|schedule| next_pay_day(schedule, terms.cutoff + Days::new(1)));
    if let Some(day) = due.filter(|day| *day > terms.pay_day && !terms.off_cycle) {
        blocked.push(Blocked { reason: Block::NotDue, amount: None, until: Some(start_of(terms, day)) });
    }
    if candidate.in_doubt {
        blocked.push(Blocked { reason: Block::BankUnclear, amount: None, until: None });
    }
    let nothing = candidate.payable.is_zero();
    if nothing {
        // Of money that is not there, only what became of it is worth a word.
        blocked.clear();
    }
    if candidate.ring_fenced > Decimal::ZERO && (nothing || !blocked.is_empty()) {
        blocked.push(Blocked { reason: Block::Contested, amount: Some(candidate.ring_fenced), until: None });
    }
    match candidate.method.filter(|_| blocked.is_empty() && !nothing) {
        Some(method) => Verdict::Pay(method.id, warnings(candidate, method)),
        None => {
            blocked.sort_by_key(|one| one.reason);
            Verdict::Blocked(blocked)
        }
    }
}

/// What stops a payout on the partner's own page stops it here.
fn stopped_by(terms: &Terms, candidate: &Candidate) -> Vec<Blocked> {
    let balances = Balances { payable: candidate.payable, ..Balances::zero(candidate.currency) };
    let facts = Facts {
        today: terms.pay_day,
        currency: terms.currency,
        minimum: candidate.minimum.filter(|_| !terms.off_cycle),
        schedule: None,
        balances: Vec::new(),
        due: Vec::new(),
        has_method: candidate.method.is_some(),
        method_unconfirmed: candidate.unconfirmed,
        method_waits: None,
        review: candidate.review.clone(),
        method_kind: None,
        unreleased: Vec::new(),
        refused: Vec::new(),
        taxed: candidate.taxed.clone(),
        contests: Vec::new(),
    };
    let reasons = standing(&facts, &balances).reasons;
    let blocked = |reason, amount, until| Some(Blocked { reason, amount, until });
    reasons
        .into_iter()
        .filter_map(|reason| match reason {
            Reason::Owes { amount } => blocked(Block::Owes, Some(amount), None),
            Reason::UnderReview(review) => blocked(Block::UnderReview, None, Some(review.until)),
            Reason::UnderMinimum { short, .. } => blocked(Block::UnderMinimum, Some(short), None),
            Reason::NoMethod => blocked(Block::NoMethod, None, None),
            Reason::MethodNotConfirmed => blocked(Block::MethodUnconfirmed, None, None),
            Reason::TaxFormMissing => blocked(Block::TaxFormMissing, None, None),
            Reason::InvoiceMissing { .. } => blocked(Block::InvoiceMissing, None, None),
            Reason::NothingLeft { total } => blocked(Block::NothingLeft, Some(-total), None),
            _ => None,
        })
        .collect()
}

fn method_blocks(terms: &Terms, currency: Currency, method: Method) -> Vec<Blocked> {
    let mut blocked = Vec::new();
    if !pays(method.kind, currency) {
        blocked.push(Blocked { reason: Block::MethodCannotPay, amount: None, until: None });
    }
    if method.usable_from > terms.now {
        blocked.push(Blocked { reason: Block::MethodChanged, amount: None, until: Some(method.usable_from) });
    }
    blocked
}

fn start_of(terms: &Terms, day: NaiveDate) -> DateTime<Utc> {
    crate::base::clock::start_of_day(day, terms.zone)
}

fn warnings(candidate: &Candidate, method: Method) -> Vec<Warning> {
    let before = &candidate.before;
    let mut warnings = Vec::new();
    match before.method {
        None => warnings.push(Warning::FirstPayout),
        Some(last) if last != method.id => warnings.push(Warning::NewMethod),
        Some(_) => {}
    }
    let sum: Decimal = before.amounts.iter().sum();
    if before.amounts.len() >= USED_TO
        && candidate.payable * Decimal::from(before.amounts.len()) > sum * Decimal::from(OUTLIER)
    {
        warnings.push(Warning::Outlier);
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().expect("number")
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("day")
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("time")
    }

    fn pounds() -> Currency {
        Currency::parse("GBP").expect("code")
    }

    fn terms() -> Terms {
        Terms {
            currency: pounds(),
            zone: Tz::Europe__London,
            cutoff: day("2011-03-31"),
            pay_day: day("2011-04-15"),
            off_cycle: false,
            now: at("2011-04-02T09:00:00Z"),
        }
    }

    fn paypal() -> Method {
        Method { id: 7, kind: MethodKind::PayPal, usable_from: at("2011-01-01T00:00:00Z") }
    }

    fn candidate(payable: &str) -> Candidate {
        Candidate {
            partner: PartnerId(1),
            currency: pounds(),
            payable: dec(payable),
            ring_fenced: Decimal::ZERO,
            minimum: Some(dec("50")),
            schedule: None,
            method: Some(paypal()),
            unconfirmed: false,
            in_doubt: false,
            review: None,
            taxed: Taxed::default(),
            before: Before { amounts: vec![dec("60"), dec("55")], method: Some(7) },
        }
    }

    fn reasons(verdict: &Verdict) -> Vec<Block> {
        match verdict {
            Verdict::Pay(..) => Vec::new(),
            Verdict::Blocked(blocked) => blocked.iter().map(|one| one.reason).collect(),
        }
    }

    #[test]
    fn enough_and_nothing_in_the_way_is_paid() {
        assert_eq!(decide(&terms(), &candidate("50.00")), Verdict::Pay(7, vec![]));
    }

    #[test]
    fn every_reason_is_named_the_weightiest_first() {
        let all = Candidate {
            method: None,
            ring_fenced: dec("3"),
            schedule: Some(Schedule::Monthly(20)),
            review: Some(Review {
                until: at("2011-05-01T00:00:00Z"),
                day: day("2011-05-01"),
                reason: "Traffic".into(),
            }),
            ..candidate("-12.60")
        };
        let verdict = decide(&terms(), &all);
        assert_eq!(
            reasons(&verdict),
            [Block::Owes, Block::UnderReview, Block::UnderMinimum, Block::NoMethod, Block::Contested, Block::NotDue]
        );
        let Verdict::Blocked(blocked) = verdict else { panic!("paid") };
        assert_eq!((blocked[0].amount, blocked[2].amount), (Some(dec("12.60")), Some(dec("62.60"))));
        // Midnight in London, in summer time.
        assert_eq!(blocked[5].until, Some(at("2011-04-19T23:00:00Z")));
    }

    #[test]
    fn a_method_that_cannot_or_may_not_yet_is_no_way() {
        let iban = Method { kind: MethodKind::Iban, ..paypal() };
        let sterling = Candidate { method: Some(iban), ..candidate("60") };
        assert_eq!(reasons(&decide(&terms(), &sterling)), [Block::MethodCannotPay]);
        let changed = Method { usable_from: at("2011-04-05T00:00:00Z"), ..paypal() };
        let verdict = decide(&terms(), &Candidate { method: Some(changed), ..candidate("60") });
        assert_eq!(
            verdict,
            Verdict::Blocked(vec![Blocked {
                reason: Block::MethodChanged,
                amount: None,
                until: Some(changed.usable_from)
            }])
        );
    }

    #[test]
    fn what_is_contested_keeps_only_itself_back() {
        assert_eq!(decide(&terms(), &Candidate { ring_fenced: dec("9"), ..candidate("60") }), Verdict::Pay(7, vec![]));
        let only = Candidate { ring_fenced: dec("9"), ..candidate("0") };
        assert_eq!(reasons(&decide(&terms(), &only)), [Block::Contested]);
        assert_eq!(decide(&terms(), &candidate("0")), Verdict::Blocked(vec![]));
    }

    #[test]
    fn off_cycle_asks_neither_minimum_nor_schedule() {
        let terms = Terms { off_cycle: true, ..terms() };
        let small = Candidate { schedule: Some(Schedule::Monthly(20)), ..candidate("1.00") };
        assert_eq!(decide(&terms, &small), Verdict::Pay(7, vec![]));
        assert_eq!(reasons(&decide(&terms, &Candidate { method: None, ..small })), [Block::NoMethod]);
    }

    #[test]
    fn what_is_unusual_is_said() {
        let first = Candidate { before: Before::default(), ..candidate("60") };
        assert_eq!(decide(&terms(), &first), Verdict::Pay(7, vec![Warning::FirstPayout]));
        let elsewhere = Before { method: Some(6), ..candidate("60").before };
        assert_eq!(
            decide(&terms(), &Candidate { before: elsewhere, ..candidate("172.51") }),
            Verdict::Pay(7, vec![Warning::NewMethod, Warning::Outlier])
        );
        assert_eq!(decide(&terms(), &candidate("172.50")), Verdict::Pay(7, vec![]));
    }
}
