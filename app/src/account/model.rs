//! How the portal speaks to a person.

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
