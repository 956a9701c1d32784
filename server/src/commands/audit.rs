//! `audit verify`.

use super::{Failure, Session, print_json, print_line};
use app::audit::store;
use app::base::actor::Actor;

/// Walks the chain; names the first broken link.
///
/// # Errors
/// When a link is broken.
pub async fn verify(session: &Session) -> Result<(), Failure> {
    let mut tx = session.db.begin(&Actor::Command).await?;
    let found = store::verify(&mut tx).await?;
    if session.json {
        print_json(&found)?;
    } else {
        print_line(&format!("{} sealed, {} waiting to be sealed", found.sealed, found.waiting))?;
    }
    match &found.broken {
        None => Ok(()),
        Some(broken) => Err(Failure::refused(format!("the chain is broken at {broken}"))),
    }
}
