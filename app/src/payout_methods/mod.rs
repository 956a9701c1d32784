//! Where a partner's money goes: a bank account, PayPal or Wise. Encrypted at rest; shown masked, whole only to staff who
//! say why; a change waits for a safety period before money follows it.

pub mod model;
pub mod rules;

#[cfg(feature = "ssr")]
pub mod address;
#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
pub mod bulk;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod secrets;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod words;
