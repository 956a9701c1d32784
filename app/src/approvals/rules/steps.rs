//! Steps and caps as people type them. What is taken is what the database takes (`rate_rule_fits`).

use super::{BadNumber, parse_amount, parse_percent};
use crate::base::money::Currency;
use crate::commissions::model::{How, Measure, Rule, Step, Steps};
use rust_decimal::Decimal;

/// More steps than this nobody reads.
pub const MOST_STEPS: usize = 20;

/// The fields of a form, as typed.
#[derive(Clone, Copy, Debug, Default)]
pub struct TypedRule<'a> {
    /// `volume_marginal`, `volume_whole`, `count_whole`; empty: no steps.
    pub by: &'a str,
    /// The steps after the first, one a line: where it begins, and its percentage.
    pub steps: &'a str,
    /// The cap for each commission; empty: none.
    pub most_each: &'a str,
    /// The cap for a month; empty: none.
    pub most_month: &'a str,
}

/// Why a rule is not taken. Lines are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadRule {
    /// No kind of steps that there is.
    Unknown,
    /// Steps were chosen and none written.
    Missing,
    /// Steps were written and none chosen.
    Unasked,
    /// A line is not a point and a percentage.
    Line(usize),
    /// A line begins no further than the one before it.
    NotRising(usize),
    /// A line pays less than the one before it, where the whole month takes the rate.
    Falling(usize),
    /// A number of orders has decimals.
    NotWhole(usize),
    /// There are too many.
    TooMany,
    /// A cap for each commission has no place beside steps: what an order gets would be chance.
    EachBesideSteps,
    /// A cap is not a number of this kind.
    Cap(BadNumber),
    /// A cap is zero.
    CapZero,
}

/// Reads steps and caps; `first` is the percentage from nothing on. Gives what is wrong beside the field's name.
///
/// # Errors
/// Everything that is wrong.
pub fn parse_rule(
    typed: &TypedRule<'_>,
    first: Decimal,
    decimal_mark: char,
    currency: Currency,
) -> Result<Rule, Vec<(&'static str, BadRule)>> {
    let mut bad = Vec::new();
    let mut keep = |field, read: Result<_, BadRule>| match read {
        Ok(read) => read,
        Err(why) => {
            bad.push((field, why));
            None
        }
    };
    let mut cap = |field, text: &str| keep(field, parse_cap(text, decimal_mark, currency));
    let (most_each, most_month) = (cap("most_each", typed.most_each), cap("most_month", typed.most_month));
    let steps = match parse_steps(typed, first, decimal_mark) {
        Ok(steps) => steps,
        Err((field, why)) => {
            bad.push((field, why));
            None
        }
    };
    if steps.is_some() && most_each.is_some() {
        bad.push(("most_each", BadRule::EachBesideSteps));
    }
    if bad.is_empty() { Ok(Rule { steps, most_each, most_month }) } else { Err(bad) }
}

fn parse_cap(text: &str, decimal_mark: char, currency: Currency) -> Result<Option<Decimal>, BadRule> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let cap = parse_amount(text, decimal_mark, currency).map_err(BadRule::Cap)?.normalize();
    if cap.is_zero() { Err(BadRule::CapZero) } else { Ok(Some(cap)) }
}

fn parse_steps(
    typed: &TypedRule<'_>,
    first: Decimal,
    decimal_mark: char,
) -> Result<Option<Steps>, (&'static str, BadRule)> {
    let lines: Vec<&str> = typed.steps.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let (by, how) = match typed.by {
        "" if lines.is_empty() => return Ok(None),
        "" => return Err(("steps_by", BadRule::Unasked)),
        "volume_marginal" => (Measure::Volume, How::Marginal),
        "volume_whole" => (Measure::Volume, How::Whole),
        "count_whole" => (Measure::Count, How::Whole),
        _ => return Err(("steps_by", BadRule::Unknown)),
    };
    if lines.is_empty() {
        return Err(("steps", BadRule::Missing));
    }
    if lines.len() >= MOST_STEPS {
        return Err(("steps", BadRule::TooMany));
    }
    let mut steps = vec![Step { from: Decimal::ZERO, rate: first.normalize() }];
    for (number, line) in (1..).zip(lines) {
        let before = steps[steps.len() - 1];
        let step = parse_line(line, decimal_mark).ok_or(("steps", BadRule::Line(number)))?;
        let why = if step.from <= before.from {
            BadRule::NotRising(number)
        } else if how == How::Whole && step.rate < before.rate {
            BadRule::Falling(number)
        } else if by == Measure::Count && !step.from.fract().is_zero() {
            BadRule::NotWhole(number)
        } else {
            steps.push(step);
            continue;
        };
        return Err(("steps", why));
    }
    Ok(Some(Steps { by, how, steps }))
}

/// `1000 10`, `1,000.50 8.5 %`: what stands last is the percentage.
fn parse_line(line: &str, decimal_mark: char) -> Option<Step> {
    let line = line.trim_end_matches('%').trim_end();
    let (from, rate) = line.rsplit_once(|between: char| between.is_whitespace() || matches!(between, ':' | '='))?;
    // Points are in the units of whatever currency an order has; two decimals are enough to say where one lies.
    let from =
        parse_amount(from.trim_end_matches([':', '=', ' ', '\t']), decimal_mark, Currency::parse("EUR").ok()?).ok()?;
    let rate = parse_percent(rate).ok()?;
    (from < Decimal::from(1_000_000_000)).then(|| Step { from: from.normalize(), rate: rate.normalize() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dec(text: &str) -> Decimal {
        text.parse().expect("number")
    }

    fn read(typed: TypedRule<'_>) -> Result<Rule, Vec<(&'static str, BadRule)>> {
        parse_rule(&typed, dec("8"), '.', Currency::parse("GBP").expect("code"))
    }

    #[test]
    fn steps_are_read_line_by_line() {
        let rule =
            read(TypedRule { by: "volume_marginal", steps: "1,000 10\n\n 2000.50:  12,5 %", ..TypedRule::default() });
        let steps = rule.expect("read").steps.expect("steps");
        let figures: Vec<_> = steps.steps.iter().map(|step| (step.from.to_string(), step.rate.to_string())).collect();
        let text = |from: &str, rate: &str| (from.to_owned(), rate.to_owned());
        assert_eq!(figures, [text("0", "8"), text("1000", "10"), text("2000.5", "12.5")]);
    }

    #[test]
    fn what_is_wrong_stands_beside_its_field() {
        let steps = |by, steps| read(TypedRule { by, steps, ..TypedRule::default() });
        assert_eq!(steps("", "1000 10"), Err(vec![("steps_by", BadRule::Unasked)]));
        assert_eq!(steps("sideways", "1000 10"), Err(vec![("steps_by", BadRule::Unknown)]));
        assert_eq!(steps("volume_whole", " \n"), Err(vec![("steps", BadRule::Missing)]));
        assert_eq!(steps("volume_whole", "1000"), Err(vec![("steps", BadRule::Line(1))]));
        assert_eq!(steps("volume_whole", "1000 10\n1000 11"), Err(vec![("steps", BadRule::NotRising(2))]));
        assert_eq!(steps("volume_whole", "1000 7"), Err(vec![("steps", BadRule::Falling(1))]));
        assert!(steps("volume_marginal", "1000 7").is_ok());
        assert_eq!(steps("count_whole", "10.5 9"), Err(vec![("steps", BadRule::NotWhole(1))]));
        let caps = TypedRule { by: "count_whole", steps: "10 9", most_each: "50", most_month: "0" };
        assert_eq!(read(caps), Err(vec![("most_month", BadRule::CapZero), ("most_each", BadRule::EachBesideSteps)]));
        assert!(read(TypedRule::default()).expect("nothing").is_plain());
    }

    proptest! {
        #[test]
        fn no_text_upsets_it(steps in "\\PC{0,40}", cap in "\\PC{0,12}") {
            let _ = read(TypedRule { by: "volume_whole", steps: &steps, most_each: "", most_month: &cap });
        }
    }
}
