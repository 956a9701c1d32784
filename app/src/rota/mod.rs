//! The rota: who is at the desk when, by the clocks on their walls; where nobody is; and what a shift leaves behind when
//! it ends. Partners see who is on; promises and clocks count its hours.

pub mod api;
pub mod model;
pub mod page;
pub mod rules;
pub mod spans;
pub mod store;

#[cfg(test)]
pub(crate) mod reference;
