//! How the portal speaks to a person.

/// Why a payout method was not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No address was given.
    Empty,
    /// It is not an e-mail address.
    NotAnAddress,
    /// It serves another partner account.
    ServesAnother,
}

/// How the portal speaks to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// `en`, `es`.
    pub locale: String,
    /// `tu` or `usted`.
    pub address_form: String,
    /// A name of the time zone database: `Europe/Madrid`.
    pub time_zone: String,
}
