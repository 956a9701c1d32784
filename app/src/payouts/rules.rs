//! When a payout is made, and what keeps it. Pure.

use super::model::{Balances, Due, Facts, Leaves, Reason, Standing};
use crate::base::money::Money;
use crate::payout_methods::rules::pays;
use crate::terms::model::Schedule;
use chrono::{Datelike, Days, Months, NaiveDate};
use rust_decimal::Decimal;

/// Days between the two payouts of a month.
const HALF_A_MONTH: u32 = 15;

/// The first pay day on or after `from`.
///
/// The second day of a twice-monthly schedule is the month's last where the month is too short for it.
pub fn next_pay_day(schedule: Schedule, from: NaiveDate) -> NaiveDate {
    match schedule {
        Schedule::Weekly(weekday) => {
            let ahead = (weekday + 7 - from.weekday().number_from_monday()) % 7;
            from + Days::new(u64::from(ahead))
        }
        Schedule::Monthly(day) => first_of(from, &[day]),
        Schedule::TwiceMonthly(day) => first_of(from, &[day, day + HALF_A_MONTH]),
        Schedule::Net(days) => {
            let mut month_end = last_of_month(from - Days::new(u64::from(days)));
            while month_end + Days::new(u64::from(days)) < from {
                month_end = last_of_month(month_end + Days::new(1));
            }
            month_end + Days::new(u64::from(days))
        }
    }
}

/// The last accounting day that a run with this cut-off pays to a partner of this schedule; `None` where it pays nothing.
/// Only a schedule counted from the end of a month lets money of the last weeks wait.
pub fn cutoff_for(schedule: Schedule, cutoff: NaiveDate, pay_day: NaiveDate) -> Option<NaiveDate> {
    let Schedule::Net(days) = schedule else { return Some(cutoff) };
    let mut month_end = last_of_month(cutoff);
    while month_end > cutoff || month_end + Days::new(u64::from(days)) > pay_day {
        month_end = month_end.with_day(1)?.pred_opt()?;
    }
    Some(month_end)
}

fn last_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(u32::from(day.num_days_in_month())).unwrap_or(day)
}

/// The first day on or after `from` that has one of these numbers in its month.
fn first_of(from: NaiveDate, numbers: &[u32]) -> NaiveDate {
    let next_month = from.with_day(1).unwrap_or(from) + Months::new(1);
    numbers
        .iter()
        .flat_map(|number| [day_of_month(from, *number), day_of_month(next_month, *number)])
        .filter(|day| *day >= from)
        .min()
        .unwrap_or(from)
}

fn day_of_month(month: NaiveDate, number: u32) -> NaiveDate {
    let last = u32::from(month.num_days_in_month());
    month.with_day(number.min(last)).unwrap_or(month)
}

/// What happens to a partner's money, one standing a currency.
pub fn standings(facts: &Facts) -> Vec<Standing> {
    facts.balances.iter().map(|balances| standing(facts, balances)).collect()
}

/// What happens to a partner's money in one currency.
///
/// The minimum is in the programme's currency; in another there is none. What leaves its hold on the pay day itself
/// is not counted as going with it.
pub fn standing(facts: &Facts, balances: &Balances) -> Standing {
    let due: Vec<&Due> = facts.due.iter().filter(|due| due.currency == balances.currency).collect();
    let mut reasons = Vec::new();
    let payable = balances.payable;
    if payable < Decimal::ZERO {
        reasons.push(Reason::Owes { amount: -payable });
    }
    if let Some(review) = &facts.review {
        reasons.push(Reason::UnderReview(review.clone()));
    }
    let minimum = facts.minimum.filter(|_| balances.currency == facts.currency).unwrap_or_default();
    if payable < minimum {
        let filled = filled(payable, minimum, &due);
        reasons.push(Reason::UnderMinimum { short: minimum - payable, minimum, filled });
    }
    if !facts.has_method {
        reasons.push(if facts.method_unconfirmed { Reason::MethodNotConfirmed } else { Reason::NoMethod });
    }
    if let Some(until) = facts.method_waits {
        reasons.push(Reason::MethodInSafetyPeriod { until });
    }
    if let Some(method) = facts.method_kind.filter(|kind| !pays(*kind, balances.currency)) {
        reasons.push(Reason::MethodCannotPay { method, currency: balances.currency });
    }
    let here = |money: &Money| money.currency == balances.currency;
    reasons.extend(facts.refused.iter().filter(|one| here(&one.money)).cloned().map(Reason::BankRefused));
    reasons.extend(
        facts
            .unreleased
            .iter()
            .filter(|one| here(&one.money))
            .cloned()
            .map(|one| if one.waits_for_funds { Reason::FundsMissing(one) } else { Reason::NotReleased(one) }),
    );
    if facts.in_doubt.contains(&balances.currency) {
        reasons.push(Reason::BankUnclear);
    }
    if facts.taxed.form_missing() {
        reasons.push(Reason::TaxFormMissing);
    }
    if let Some(payout) = facts.taxed.awaits_invoice {
        reasons.push(Reason::InvoiceMissing { payout });
    }
    let arrives = facts.taxed.work_out(Money::new(payable.max(Decimal::ZERO), balances.currency)).ok();
    if let Some(worked) = arrives.filter(|worked| payable > Decimal::ZERO && worked.total <= Decimal::ZERO) {
        reasons.push(Reason::NothingLeft { total: worked.total });
    }
    if balances.ring_fenced > Decimal::ZERO {
        let until = facts.contests.iter().find(|(currency, _)| *currency == balances.currency).map(|(_, ends)| *ends);
        reasons.push(Reason::Contested { amount: balances.ring_fenced, until });
    }
    let waiting = sum(due.iter().filter(|due| due.leaves.is_none()));
    if waiting > Decimal::ZERO {
        reasons.push(Reason::WaitsForApproval { amount: waiting });
    }
    let in_hold = || due.iter().filter(|due| due.amount > Decimal::ZERO && due.leaves.is_some());
    if let Some(next) = in_hold().filter_map(|due| due.leaves).min_by_key(|leaves| leaves.day) {
        let amount = sum(in_hold().filter(|due| due.leaves.is_some_and(|leaves| leaves.day == next.day)));
        reasons.push(Reason::InHold { next, amount, whole: sum(in_hold()) });
    }
    let pay_day = facts.schedule.map(|schedule| next_pay_day(schedule, earliest(facts.today, &reasons)));
    let until_then =
        sum(in_hold()
            .filter(|due| due.leaves.is_some_and(|leaves| pay_day.is_some_and(|pay_day| leaves.day < pay_day))));
    Standing { balances: balances.clone(), pay_day, until_then, arrives, reasons }
}

/// When what leaves its hold lifts the balance to the minimum.
fn filled(payable: Decimal, minimum: Decimal, due: &[&Due]) -> Option<Leaves> {
    let mut days: Vec<(Leaves, Decimal)> = due.iter().filter_map(|due| Some((due.leaves?, due.amount))).collect();
    days.sort_by_key(|(leaves, _)| leaves.day);
    let mut balance = payable;
    days.into_iter().find_map(|(leaves, amount)| {
        balance += amount;
        (balance >= minimum).then_some(leaves)
    })
}

/// The first day on which a payout can be made, as far as what stops it ends by itself.
fn earliest(today: NaiveDate, reasons: &[Reason]) -> NaiveDate {
    reasons
        .iter()
        .filter_map(|reason| match reason {
            Reason::UnderReview(review) => Some(review.day + Days::new(1)),
            Reason::MethodInSafetyPeriod { until } => Some(until.day + Days::new(1)),
            Reason::UnderMinimum { filled: Some(leaves), .. } => Some(leaves.day + Days::new(1)),
            _ => None,
        })
        .fold(today, NaiveDate::max)
}

fn sum<'a>(due: impl Iterator<Item = &'a &'a Due>) -> Decimal {
    due.map(|due| due.amount).sum()
}

#[cfg(test)]
mod tests {
    use super::super::model::Review;
    use super::*;
    use crate::base::money::Currency;
    use crate::tax::model::Taxed;
    use proptest::prelude::*;

    fn dec(text: &str) -> Decimal {
        text.parse().expect("number")
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("day")
    }

    fn pounds() -> Currency {
        Currency::parse("GBP").expect("code")
    }

    fn leaves(text: &str) -> Leaves {
        Leaves { day: day(text), at: day(text).and_time(chrono::NaiveTime::MIN).and_utc() }
    }

    fn due(text: Option<&str>, amount: &str) -> Due {
        Due { currency: pounds(), leaves: text.map(leaves), amount: dec(amount) }
    }

    fn facts(payable: &str) -> Facts {
        let balances = Balances { payable: dec(payable), ..Balances::zero(pounds()) };
        Facts {
            today: day("2011-06-01"),
            currency: pounds(),
            minimum: Some(dec("50")),
            schedule: Some(Schedule::Monthly(15)),
            balances: vec![balances],
            due: Vec::new(),
            has_method: true,
            method_unconfirmed: false,
            method_waits: None,
            review: None,
            method_kind: None,
            unreleased: Vec::new(),
            refused: Vec::new(),
            in_doubt: Vec::new(),
            taxed: Taxed::default(),
            contests: Vec::new(),
        }
    }

    fn only(facts: &Facts) -> Standing {
        let mut standings = standings(facts);
        assert_eq!(standings.len(), 1);
        standings.remove(0)
    }

    #[test]
    fn pay_days_by_schedule() {
        let next = |schedule, from| next_pay_day(schedule, day(from)).to_string();
        assert_eq!(next(Schedule::Monthly(15), "2011-06-01"), "2011-06-15");
        assert_eq!(next(Schedule::Monthly(15), "2011-06-15"), "2011-06-15");
        assert_eq!(next(Schedule::Monthly(15), "2011-12-16"), "2012-01-15");
        assert_eq!(next(Schedule::TwiceMonthly(1), "2011-06-02"), "2011-06-16");
        assert_eq!(next(Schedule::TwiceMonthly(1), "2011-06-17"), "2011-07-01");
        assert_eq!(next(Schedule::TwiceMonthly(14), "2011-02-15"), "2011-02-28");
        assert_eq!(next(Schedule::TwiceMonthly(14), "2012-02-15"), "2012-02-29");
        assert_eq!(next(Schedule::Weekly(1), "2011-06-01"), "2011-06-06");
        assert_eq!(next(Schedule::Weekly(3), "2011-06-01"), "2011-06-01");
        assert_eq!(next(Schedule::Weekly(2), "2011-06-01"), "2011-06-07");
        assert_eq!(next(Schedule::Net(30), "2011-06-01"), "2011-06-30");
        assert_eq!(next(Schedule::Net(30), "2011-03-01"), "2011-03-02");
        assert_eq!(next(Schedule::Net(15), "2011-06-01"), "2011-06-15");
        assert_eq!(next(Schedule::Net(15), "2011-06-16"), "2011-07-15");
    }

    #[test]
    fn counted_from_the_end_of_the_month_the_last_weeks_wait() {
        let cutoff =
            |schedule, cutoff, pay_day| cutoff_for(schedule, day(cutoff), day(pay_day)).map(|day| day.to_string());
        assert_eq!(cutoff(Schedule::Monthly(15), "2011-03-31", "2011-04-15").as_deref(), Some("2011-03-31"));
        assert_eq!(cutoff(Schedule::Net(15), "2011-03-31", "2011-04-15").as_deref(), Some("2011-03-31"));
        assert_eq!(cutoff(Schedule::Net(30), "2011-03-31", "2011-04-15").as_deref(), Some("2011-02-28"));
        assert_eq!(cutoff(Schedule::Net(30), "2011-03-20", "2011-04-30").as_deref(), Some("2011-02-28"));
    }

    #[test]
    fn enough_and_nothing_in_the_way_is_paid_on_the_pay_day() {
        let standing = only(&facts("312.40"));
        assert!(standing.is_paid());
        assert_eq!((standing.pay_day, standing.reasons.len()), (Some(day("2011-06-15")), 0));
        assert!(only(&facts("50.00")).is_paid());
    }

    #[test]
    fn under_the_minimum_says_by_how_much_and_when_it_is_filled() {
        let mut facts = facts("37.40");
        assert_eq!(
            only(&facts).stopped_by(),
            Some(&Reason::UnderMinimum { short: dec("12.60"), minimum: dec("50"), filled: None })
        );
        facts.due = vec![due(Some("2011-06-03"), "10.00"), due(Some("2011-06-15"), "2.60"), due(None, "99.00")];
        let standing = only(&facts);
        assert_eq!(
            standing.stopped_by(),
            Some(&Reason::UnderMinimum { short: dec("12.60"), minimum: dec("50"), filled: Some(leaves("2011-06-15")) })
        );
        assert_eq!((standing.pay_day, standing.until_then), (Some(day("2011-07-15")), dec("12.60")));
    }

    #[test]
    fn without_a_method_there_is_nowhere_to_send_it() {
        let facts = Facts { has_method: false, ..facts("60") };
        assert_eq!(only(&facts).reasons, [Reason::NoMethod]);
    }

    #[test]
    fn a_changed_method_moves_the_pay_day_behind_its_safety_period() {
        let until = leaves("2011-06-15");
        let standing = only(&Facts { method_waits: Some(until), ..facts("60") });
        assert_eq!(standing.stopped_by(), Some(&Reason::MethodInSafetyPeriod { until }));
        assert_eq!((standing.reasons.len(), standing.pay_day), (1, Some(day("2011-07-15"))));
        let sooner = Facts { method_waits: Some(leaves("2011-06-04")), ..facts("60") };
        assert_eq!(only(&sooner).pay_day, Some(day("2011-06-15")));
        assert!(!only(&sooner).is_paid());
    }

    #[test]
    fn a_review_moves_the_pay_day_behind_its_end() {
        let until = leaves("2011-06-15");
        let review = Review { until: until.at, day: until.day, reason: "Unusual traffic".into() };
        let standing = only(&Facts { review: Some(review.clone()), ..facts("60") });
        assert_eq!(standing.reasons, [Reason::UnderReview(review)]);
        assert_eq!(standing.pay_day, Some(day("2011-07-15")));
    }

    #[test]
    fn below_zero_is_said_first() {
        let standing = only(&facts("-5.20"));
        assert_eq!(standing.stopped_by(), Some(&Reason::Owes { amount: dec("5.20") }));
        assert!(standing.reasons.contains(&Reason::UnderMinimum {
            short: dec("55.20"),
            minimum: dec("50"),
            filled: None
        }));
    }

    #[test]
    fn what_waits_is_told_apart() {
        let mut facts = facts("312.40");
        facts.due = vec![due(Some("2011-06-03"), "4.00"), due(Some("2011-06-20"), "6.00"), due(None, "7.00")];
        facts.balances[0].ring_fenced = dec("3.00");
        facts.contests = vec![(facts.currency, leaves("2011-06-30"))];
        let standing = only(&facts);
        assert!(standing.is_paid());
        assert_eq!(standing.until_then, dec("4.00"));
        assert_eq!(
            standing.reasons,
            [
                Reason::Contested { amount: dec("3.00"), until: Some(leaves("2011-06-30")) },
                Reason::WaitsForApproval { amount: dec("7.00") },
                Reason::InHold { next: leaves("2011-06-03"), amount: dec("4.00"), whole: dec("10.00") },
            ]
        );
    }

    #[test]
    fn the_minimum_is_for_the_programmes_currency_alone() {
        let mut facts = facts("0");
        let euro = Currency::parse("EUR").expect("code");
        facts.balances.push(Balances { payable: dec("1.00"), ..Balances::zero(euro) });
        let standings = standings(&facts);
        assert!(!standings[0].is_paid());
        assert!(standings[1].is_paid());
    }

    #[test]
    fn without_a_schedule_there_is_no_day() {
        assert_eq!(only(&Facts { schedule: None, ..facts("60") }).pay_day, None);
    }

    fn schedules() -> impl Strategy<Value = Schedule> {
        prop_oneof![
            (1_u32..=7).prop_map(Schedule::Weekly),
            (1_u32..=14).prop_map(Schedule::TwiceMonthly),
            (1_u32..=28).prop_map(Schedule::Monthly),
            (1_u32..=120).prop_map(Schedule::Net),
        ]
    }

    proptest! {
        #[test]
        fn a_pay_day_is_the_next_one(schedule in schedules(), offset in 0_u64..40_000) {
            let from = day("1990-01-01") + Days::new(offset);
            let next = next_pay_day(schedule, from);
            let most = match schedule {
                Schedule::Weekly(_) => 6,
                Schedule::TwiceMonthly(_) => 16,
                Schedule::Monthly(_) | Schedule::Net(_) => 30,
            };
            prop_assert!(next >= from && (next - from).num_days() <= most, "{from} {next}");
            // Asked again on the pay day or any day before, the answer stays.
            prop_assert_eq!(next_pay_day(schedule, next), next);
            for between in 0..(next - from).num_days() {
                prop_assert_eq!(next_pay_day(schedule, from + Days::new(between.unsigned_abs())), next);
            }
        }

        #[test]
        fn it_is_paid_exactly_when_nothing_stops_it(payable in -10_000_i64..20_000, minimum in 0_i64..10_000,
                                                    has_method: bool, changed: bool, reviewed: bool) {
            let until = leaves("2011-06-10");
            let review = reviewed.then(|| Review { until: until.at, day: until.day, reason: "Traffic".into() });
            let payable = Decimal::new(payable, 2);
            let minimum = Decimal::new(minimum, 2);
            let facts = Facts { minimum: Some(minimum), has_method, method_waits: changed.then_some(until), review, ..facts(&payable.to_string()) };
            let standing = only(&facts);
            let wanted = payable > Decimal::ZERO && payable >= minimum && has_method && !changed && !reviewed;
            prop_assert_eq!(standing.is_paid(), wanted);
            // What stops a payout stands before what keeps money pending.
            let stops: Vec<bool> = standing.reasons.iter().map(Reason::stops_payout).collect();
            prop_assert!(stops.is_sorted_by(|before, after| before >= after));
            if let Some(Reason::UnderMinimum { short, minimum, .. }) =
                standing.reasons.iter().find(|reason| matches!(reason, Reason::UnderMinimum { .. }))
            {
                prop_assert_eq!(*short + payable, *minimum);
            }
        }
    }
}
