//! Checking and booking what was read, as sets. Each function is one step; [`super::run`] has their order. All of them
//! fail when the database is away or refuses a row, and then the whole import is rolled back.

mod changes;
mod outcome;
mod places;
mod sales;
mod staging;

pub use changes::{
    book_approvals, book_change_events, book_reversals, check_changes, lock_commissions, refuse_excess_refunds,
    release_before_reversal,
};
pub use outcome::{Refused, count, finish, refused};
pub use sales::{book_sales, check_sales, resolve_terms};
pub use staging::{
    Staged, analyze, analyze_booked, copy_line, create_offers, create_partners, open_accounts, start, take_turns,
};
