//! Corrections as the house decides them and as their partner reads them.

mod house;
mod partner;
mod words;

pub use house::{CorrectionPage, Corrections};
pub use partner::{PartnerCorrection, of_commission, of_partner};
