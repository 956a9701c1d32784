//! Reading how the portal speaks to a person.

use super::model::Preferences;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::PersonId;

/// How the portal speaks to a person. Asked under the sign-in role, the only one that reads its own person.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such person.
pub async fn preferences(tx: &mut Tx, person: PersonId) -> Result<Preferences, AppError> {
    sqlx::query_as!(Preferences, "SELECT locale, address_form, time_zone FROM person WHERE person_id = $1", person.0,)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)
}
