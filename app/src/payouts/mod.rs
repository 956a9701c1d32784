//! A partner's home: what is paid next and when, and if it is not, why. Later: the payouts themselves.

#[cfg(feature = "ssr")]
pub mod bank_days;
pub mod model;
pub mod rules;

#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod words;
