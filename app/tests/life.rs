//! The whole life of money against a model: imports, refunds, holds, disputes, contests, runs, answers and returns in
//! any order; after every step balances, allocations and states agree. `PROPTEST_CASES` sets how many lives.
#![cfg(feature = "ssr")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

#[path = "life/live.rs"]
mod live;
#[path = "life/model.rs"]
mod model;
mod shop;
#[path = "life/words.rs"]
mod words;

use live::{House, Lived};
use model::Life;
use proptest::test_runner::{Config, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use sqlx::PgPool;

/// Steps of a life.
const STEPS: usize = 50;

#[sqlx::test(migrations = "../migrations")]
async fn balances_allocations_and_states_agree_after_every_step(pool: PgPool) {
    let options = (*pool.connect_options()).clone();
    let lived = std::thread::spawn(move || {
        let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(12);
        let config = Config { cases, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
        House::open(options);
        TestRunner::new(config.clone())
            .run(&Life::sequential_strategy(STEPS / 2..STEPS), |(start, steps, seen)| {
                Lived::test_sequential(config.clone(), start, steps, seen);
                Ok(())
            })
            .map_err(|error| error.to_string())
    });
    lived.join().expect("thread").unwrap_or_else(|error| panic!("{error}"));
}
