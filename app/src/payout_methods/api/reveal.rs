//! Showing a whole account to staff who say why.

use crate::base::context;
use crate::reveals::api::reveal;
use crate::reveals::model::What;
use leptos::prelude::*;

/// Shows the live payout method of a case's partner, whole, to whoever asks, for two minutes.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "reveal-payout-method")]
pub async fn reveal_payout_method(
    /// The case.
    case: String,
    /// Why.
    reason: Option<String>,
    /// Tells one form from another.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    reveal(&ctx, What::PayoutMethod, &case, &reason.unwrap_or_default(), &form_key).await
}
