//! Payout runs from the first booking to the bank's last word.
#![cfg(feature = "ssr")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod pages;
mod shop;

#[path = "payouts/answers.rs"]
mod answers;
#[path = "payouts/blocked.rs"]
mod blocked;
#[path = "payouts/books.rs"]
mod books;
#[path = "payouts/contests.rs"]
mod contests;
#[path = "payouts/counting_house.rs"]
mod counting_house;
#[path = "payouts/disputes.rs"]
mod disputes;
#[path = "payouts/files_out.rs"]
mod files_out;
#[path = "payouts/funds.rs"]
mod funds;
#[path = "payouts/invoices.rs"]
mod invoices;
#[path = "payouts/late.rs"]
mod late;
#[path = "payouts/people.rs"]
mod people;
#[path = "payouts/runs.rs"]
mod runs;
#[path = "payouts/screens.rs"]
mod screens;
#[path = "payouts/splits.rs"]
mod splits;
#[path = "payouts/staff.rs"]
mod staff;
#[path = "payouts/statements.rs"]
mod statements;
#[path = "payouts/taxes.rs"]
mod taxes;
#[path = "payouts/work.rs"]
mod work;
