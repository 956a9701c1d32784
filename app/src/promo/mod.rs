//! Promo packages: a bonus for reaching a goal within a period, or once. Owners set packages and budgets, support proposes who gets
//! one, an owner who isn't the author decides (or the author's own authority, where the bonus is within it). Money is reserved at the
//! grant, spent when the goal is reached, given back where the period ends without it: the database keeps the sums and refuses what
//! is over a budget.
//!
//! What counts towards a goal happened in the period and has left its hold, so that a bonus that was reached stays: a refund known
//! by then is not counted, one that comes later takes back its commission and not the bonus.

pub mod api;
pub mod model;
pub mod page;
pub mod rules;
pub mod store;
pub mod words;
