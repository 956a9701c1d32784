//! Making staff.

use crate::base::actor::Role;
use crate::base::db::Tx;
use crate::base::ids::PersonId;
use crate::sign_in::store::{NewPerson, create_person};
use chrono::{DateTime, Utc};

/// Makes a member of staff with an account to sign in.
///
/// # Errors
/// When the address is taken (`person_email_once`) or the name is not a person's (`staff_name_is_human`).
pub async fn create(tx: &mut Tx, person: &NewPerson<'_>, role: Role, now: DateTime<Utc>) -> sqlx::Result<PersonId> {
    let id = create_person(tx, person, now).await?;
    sqlx::query!(
        "INSERT INTO staff (person_id, name, role, since) VALUES ($1, $2, $3, $4)",
        id.0,
        person.name,
        role.as_str(),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}
