//! Whether a partner is paid in a run. Pure.

use super::model::{Block, Blocked, Warning};
use crate::base::ids::PartnerId;
use crate::base::money::Currency;
use crate::payout_methods::model::MethodKind;
use crate::payout_methods::rules::pays;
use crate::payouts::model::{Balances, Facts, Reason, Review};
use crate::payouts::rules::{next_pay_day, standing};
use crate::settlement::files::codes::needs_another_method;
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
    /// The bank's code for the last payout, where a bank refused it or sent it back and the method is still the same.
    pub refused: Option<String>,
    /// Whether the account is closed.
    pub closed: bool,
    /// When the next contest ends at the latest.
    pub contest_ends: Option<DateTime<Utc>>,
    /// What is in hold, and when the first of it leaves.
    pub in_hold: Option<(Decimal, DateTime<Utc>)>,
    /// What only an approval makes payable.
    pub awaits_approval: Decimal,
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
    if candidate.closed {
        blocked.push(Blocked::new(Block::Closed, None, None));
    }
    if let Some(code) = candidate.refused.as_ref().filter(|code| needs_another_method(code)) {
        blocked.push(Blocked { code: Some(code.clone()), ..Blocked::new(Block::BankRefused, None, None) });
    }
    if let Some(method) = candidate.method {
        blocked.extend(method_blocks(terms, candidate.currency, method));
    }
    let due = candidate.schedule.map(|schedule| next_pay_day(schedule, terms.cutoff + Days::new(1)));
    if let Some(day) = due.filter(|day| *day > terms.pay_day && !terms.off_cycle) {
        blocked.push(Blocked::new(Block::NotDue, None, Some(start_of(terms, day))));
    }
    if candidate.in_doubt {
        blocked.push(Blocked { reason: Block::BankUnclear, amount: None, until: None, code: None });
    }
    let nothing = candidate.payable.is_zero();
    if nothing {
        // Of money that is not there, only what became of it is worth a word.
        blocked.clear();
    }
    if candidate.ring_fenced > Decimal::ZERO && (nothing || !blocked.is_empty()) {
        blocked.push(Blocked::new(Block::Contested, Some(candidate.ring_fenced), candidate.contest_ends));
    }
    if nothing {
        let held = candidate.in_hold.map(|(amount, until)| Blocked::new(Block::InHold, Some(amount), Some(until)));
        blocked.extend(held);
        let waits = Some(candidate.awaits_approval).filter(|amount| *amount > Decimal::ZERO);
        blocked.extend(waits.map(|amount| Blocked::new(Block::AwaitsApproval, Some(amount), None)));
        if candidate.closed && !blocked.is_empty() {
            blocked.push(Blocked::new(Block::Closed, None, None));
        }
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
        in_doubt: Vec::new(),
        taxed: candidate.taxed.clone(),
        contests: Vec::new(),
    };
    let reasons = standing(&facts, &balances).reasons;
    let blocked = |reason, amount, until| Some(Blocked::new(reason, amount, until));
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
        blocked.push(Blocked::new(Block::MethodCannotPay, None, None));
    }
    if method.usable_from > terms.now {
        blocked.push(Blocked::new(Block::MethodChanged, None, Some(method.usable_from)));
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
#[path = "rules/tests.rs"]
mod tests;
