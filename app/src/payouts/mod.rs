//! A partner's home: what is paid next and when, and if it is not, why; and the payouts so far.

#[cfg(feature = "ssr")]
pub mod bank_days;
#[cfg(feature = "ssr")]
pub mod model;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod rules;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod words;
