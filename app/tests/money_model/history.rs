//! A history of orders, what it is in rows of a file, and what it comes to: whole numbers of pence, nothing of ours.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The last release of a test, in days; later sales are still in their hold of 30 days.
pub const RELEASED_UNTIL: i64 = 70;
const HOLD: i64 = 30;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Offer {
    Percent,
    Flat,
    Lead,
    Checked,
}

/// What is left, in minor units: 8 percent and five pounds are given in ten-thousandths.
pub fn left(fixed: bool, value: i64, order: i64, refunded: i64, minor_units: u32, rejected: bool) -> i64 {
    let (value, order, kept) = (i128::from(value), i128::from(order), i128::from(order - refunded));
    let minor = 10_i128.pow(minor_units);
    // Half away from zero, of numbers that are not below it.
    let divided = |whole: i128, by: i128| (2 * whole + by) / (2 * by);
    let left = if rejected {
        0
    } else if !fixed {
        divided(value * kept, 1_000_000)
    } else if order == 0 {
        divided(value * minor, 10_000)
    } else {
        divided(value * minor * kept, 10_000 * order)
    };
    i64::try_from(left).expect("pence")
}

impl Offer {
    pub fn left(self, order: i64, refunded: i64, rejected: bool) -> i64 {
        match self {
            Self::Percent | Self::Checked => left(false, 80_000, order, refunded, 2, rejected),
            Self::Flat => left(true, 50_000, order, refunded, 2, rejected),
            Self::Lead => left(true, 25_000, 0, 0, 2, rejected),
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Percent => "uk",
            Self::Flat => "flat",
            Self::Lead => "mail",
            Self::Checked => "checked",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Order {
    partner: usize,
    offer: Offer,
    pence: i64,
    day: i64,
    refunds: Vec<(i64, i64)>,
    approved: Option<i64>,
    rejected: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct History(Vec<Order>);

/// A moment, in days from 1 January 2011.
fn moment(day: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_293_840_000, 0).expect("2011") + TimeDelta::days(day)
}

/// The last second of a day, as text.
pub fn at(day: i64) -> String {
    (moment(day) + TimeDelta::seconds(86_399)).to_rfc3339()
}

/// Histories; where `round`, of amounts whose every part earns whole pence, so that no order of rows makes a difference
/// in between.
pub fn history(round: bool) -> impl Strategy<Value = History> {
    let offer = prop::sample::select(vec![Offer::Percent, Offer::Percent, Offer::Flat, Offer::Lead, Offer::Checked]);
    let refund = (0..=100_i64, -5..120_i64);
    let order = (
        0..3_usize,
        offer,
        // Some so small that a refund of a part leaves nothing of the commission.
        prop_oneof![3 => 1..60_000_i64, 1 => 1..40_i64],
        0..60_i64,
        prop::collection::vec(refund, 0..5),
        prop::option::weighted(0.25, -5..100_i64),
        prop::option::weighted(0.1, -5..120_i64),
    );
    prop::collection::vec(order.prop_map(move |parts| Order::new(parts, round)), 1..14).prop_map(History)
}

type Parts = (usize, Offer, i64, i64, Vec<(i64, i64)>, Option<i64>, Option<i64>);

impl Order {
    fn new((partner, offer, pence, day, shares, approved, rejected): Parts, round: bool) -> Self {
        let step = if round { 2_500 } else { 1 };
        let pence = match offer {
            Offer::Lead => 0,
            Offer::Flat if round => 12_500,
            _ => (pence / step + 1) * step,
        };
        let mut remaining = pence;
        let mut refunds = Vec::new();
        for (share, day) in shares {
            let part = remaining * share / 100 / step * step;
            if part > 0 {
                refunds.push((part, day));
                remaining -= part;
            }
        }
        // A rejection that comes after a later refund takes, at its own time, only what that left.
        let rejected = rejected.filter(|_| !round || refunds.is_empty());
        Self { partner, offer, pence, day, refunds, approved, rejected }
    }

    /// What is left by the end of a day; a change counts from its sale on.
    fn left_at(&self, day: i64) -> i64 {
        if self.day > day {
            return 0;
        }
        let refunded = self.refunds.iter().filter(|(_, at)| *at <= day).map(|(part, _)| part).sum();
        self.offer.left(self.pence, refunded, self.rejected.is_some_and(|at| at <= day))
    }

    fn refunded(&self) -> i64 {
        self.refunds.iter().map(|(part, _)| part).sum()
    }

    fn is_released(&self) -> bool {
        self.approved.is_some() || (self.offer != Offer::Checked && self.day + HOLD <= RELEASED_UNTIL)
    }

    fn state(&self) -> &'static str {
        let left = self.offer.left(self.pence, self.refunded(), self.rejected.is_some());
        if self.rejected.is_some() || (self.refunded() > 0 && left == 0) {
            "reversed"
        } else if self.is_released() {
            "payable"
        } else {
            "pending"
        }
    }
}

fn pounds(pence: i64) -> Decimal {
    Decimal::new(pence, 2)
}

impl History {
    /// One row an event; everything is named after the history's number.
    pub fn rows(&self, number: u32) -> Vec<String> {
        let mut rows = Vec::new();
        for (index, order) in self.0.iter().enumerate() {
            let (id, partner, offer) =
                (format!("o{index:02}-{number}"), format!("p{}-{number}", order.partner), order.offer.code());
            let mut row = |event: &str, which: String, day: i64, amount: String| {
                let time = (moment(day) + TimeDelta::seconds(index as i64)).to_rfc3339();
                rows.push(format!("{event}{which}-{id},{event},{id},{partner},{offer},{time},{amount},GBP,\n"));
            };
            let opens = if order.offer == Offer::Lead { "lead" } else { "sale" };
            row(
                opens,
                String::new(),
                order.day,
                if order.pence == 0 { String::new() } else { pounds(order.pence).to_string() },
            );
            for (which, (part, day)) in order.refunds.iter().enumerate() {
                row("refund", which.to_string(), *day, pounds(*part).to_string());
            }
            if let Some(day) = order.approved {
                row("approve", String::new(), day, String::new());
            }
            if let Some(day) = order.rejected {
                row("reject", String::new(), day, String::new());
            }
        }
        rows
    }

    /// Order, earned, left, refunded, state.
    pub fn commissions(&self, number: u32) -> Vec<(String, Decimal, Decimal, Decimal, String)> {
        self.0
            .iter()
            .enumerate()
            .map(|(index, order)| {
                let left = order.offer.left(order.pence, order.refunded(), order.rejected.is_some());
                let earned = order.offer.left(order.pence, 0, false);
                (
                    format!("o{index:02}-{number}"),
                    pounds(earned),
                    pounds(left),
                    pounds(order.refunded()),
                    order.state().to_owned(),
                )
            })
            .collect()
    }

    /// Pending and payable of every partner.
    pub fn balances(&self, number: u32) -> BTreeMap<String, (Decimal, Decimal)> {
        let mut balances = BTreeMap::new();
        for order in &self.0 {
            let left = pounds(order.offer.left(order.pence, order.refunded(), order.rejected.is_some()));
            let balance: &mut (Decimal, Decimal) = balances.entry(format!("p{}-{number}", order.partner)).or_default();
            if order.is_released() { balance.1 += left } else { balance.0 += left }
        }
        balances
    }

    /// What every partner could claim at the end of a day.
    pub fn claims(&self, number: u32, day: i64) -> BTreeMap<String, Decimal> {
        let mut claims = BTreeMap::new();
        for order in &self.0 {
            *claims.entry(format!("p{}-{number}", order.partner)).or_default() += pounds(order.left_at(day));
        }
        claims
    }
}

/// How rows come: for each a place, a file, and perhaps another file where it stands again; after each file perhaps a
/// release.
#[derive(Clone, Debug)]
pub struct Steps {
    places: Vec<(u16, usize, Option<usize>)>,
    releases: Vec<Option<i64>>,
}

pub fn steps() -> impl Strategy<Value = Steps> {
    let place = (any::<u16>(), 0..5_usize, prop::option::weighted(0.2, 0..5_usize));
    let release = prop::option::weighted(0.6, 0..RELEASED_UNTIL);
    (prop::collection::vec(place, 100), prop::collection::vec(release, 5))
        .prop_map(|(places, releases)| Steps { places, releases })
}

impl Steps {
    pub fn cut(&self, rows: &[String]) -> Vec<(Vec<String>, Option<i64>)> {
        let mut placed: Vec<_> = rows.iter().zip(self.places.iter().cycle()).collect();
        placed.sort_by_key(|(_, (place, _, _))| *place);
        (0..5)
            .map(|file| {
                let rows = placed.iter().filter(|(_, (_, first, again))| *first == file || *again == Some(file));
                (rows.map(|(row, _)| (*row).clone()).collect(), self.releases[file])
            })
            .collect()
    }
}
