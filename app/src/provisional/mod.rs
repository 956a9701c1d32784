//! Provisional credit: payable at once, within the limits of a policy, until a day. A decision in the partner's favour makes it
//! final; otherwise it is taken back, at the decision or at that day. The database moves the money itself.

pub mod api;
pub mod page;
pub mod store;
