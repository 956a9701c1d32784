//! Writing and reading tax data and policies.

mod policy;
mod profile;
mod reveal;

pub use policy::{NewPolicy, history, in_force, set_policy};
pub use profile::{NewProfile, Set, newest, newest_of, numbers, set_profile};
pub use reveal::revealed;

use super::countries::Country;
use super::model::PostalAddress;
use crate::base::error::AppError;

/// An address from its columns.
fn address(
    street: String,
    building: String,
    post_code: String,
    town: String,
    country: &str,
) -> Result<PostalAddress, AppError> {
    let country = Country::parse(country).ok_or_else(|| AppError::Internal("an address in no country".into()))?;
    Ok(PostalAddress { street, building, post_code, town, country })
}
