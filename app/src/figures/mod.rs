//! What the desk reports of itself: how fast it answers, who needs an owner, when nobody is there, which promises are
//! overdue. Counted from what happened, as of any moment, never from when somebody looked.

pub mod care;
mod care_page;
pub mod page;
pub mod store;
