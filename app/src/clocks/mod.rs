//! Clocks: how long a partner waits for a first reply, the next word and the end, in the working hours of the rota. They
//! pause only while the partner's answer is awaited, and say which hours they counted. What ran out is recorded at the
//! moment of its deadline and told to a lead, then to an owner: it stands in their room until they say that they know.

pub mod api;
pub mod model;
pub mod page;
pub mod rules;
pub mod store;

/// Of how many cases the reader is told that a clock ran out; a page of staff finds it in its context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RanOut(pub i64);
