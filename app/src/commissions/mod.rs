//! What a conversion earns: priced by the terms in force at its time, held, released, reduced by refunds.

pub mod model;
pub mod rules;
#[cfg(feature = "ssr")]
pub mod store;
