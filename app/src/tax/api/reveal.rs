//! Showing whole tax and VAT numbers to staff who say why.

use crate::base::context;
use crate::reveals::api::reveal;
use crate::reveals::model::What;
use leptos::prelude::*;

/// Shows the tax and VAT number of a case's partner, whole, to whoever asks, for two minutes.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "reveal-tax-number")]
pub async fn reveal_tax_number(
    /// The case.
    case: String,
    /// Why.
    reason: Option<String>,
    /// Tells one form from another.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    reveal(&ctx, What::TaxProfile, &case, &reason.unwrap_or_default(), &form_key).await
}
