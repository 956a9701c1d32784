//! Rates with steps and caps, and which terms are in force: against references that are plain and slow. `PROPTEST_CASES`
//! sets how many histories.
#![cfg(feature = "ssr")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

#[path = "rate_rules/booking.rs"]
mod booking;
#[path = "rate_rules/corrections.rs"]
mod corrections;
mod house;
#[path = "rate_rules/in_force.rs"]
mod in_force;
#[path = "rate_rules/proposing.rs"]
mod proposing;
#[path = "rate_rules/reference.rs"]
mod reference;
#[path = "rate_rules/replay.rs"]
mod replay;
mod shop;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};

/// How many random cases, usually so many.
pub fn cases(usual: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// One value a case; each failure says its own.
pub fn values<T: std::fmt::Debug>(count: u32, strategy: &impl Strategy<Value = T>) -> Vec<T> {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a value").current()).collect()
}
