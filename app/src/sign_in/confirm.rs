//! The password once more, before something that whoever found an open session must not do.

use super::rules::LONGEST_PASSWORD;
use super::{password, store};
use crate::base::context::Context;
use crate::base::error::AppError;

/// Whether it is the person who signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// It is.
    Yes,
    /// It is not their password. Counted like a failed sign-in.
    Wrong,
    /// Too many failures lately; the password was not looked at.
    MustWait,
}

/// Asks for the password of whoever is signed in, with the limits of signing in.
///
/// # Errors
/// [`AppError::SignedOut`] where nobody is, or the database is away.
pub async fn confirm(ctx: &Context, given: String) -> Result<Confirmed, AppError> {
    let person = ctx.actor.person().ok_or(AppError::SignedOut)?;
    let mut tx = ctx.db.begin_sign_in().await?;
    let (email, stored) = store::password_of(&mut tx, person).await?.ok_or(AppError::SignedOut)?;
    if store::must_wait(&mut tx, &email, &ctx.client, ctx.now()).await? {
        return Ok(Confirmed::MustWait);
    }
    // No connection is held while the password is worked on.
    tx.commit().await?;
    let right = given.len() <= LONGEST_PASSWORD && password::verify(given, stored).await?;
    let mut tx = ctx.db.begin_sign_in().await?;
    if right {
        store::forgive(&mut tx, &email).await?;
    } else {
        store::note_failure(&mut tx, &email, &ctx.client, ctx.now()).await?;
    }
    tx.commit().await?;
    Ok(if right { Confirmed::Yes } else { Confirmed::Wrong })
}
