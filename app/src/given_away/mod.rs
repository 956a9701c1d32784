//! Cases that go to who leads the desk because their partner abuses whoever answers. One click and a reason; the case
//! leaves the giver's queue and never comes back to them, and the time line tells the partner who answers from now on.

pub mod api;
pub mod page;
pub mod rules;
pub mod store;
