//! `commissions release`.

use super::{Failure, Session, print_json, print_line};
use app::base::actor::Actor;
use app::commissions::store;
use chrono::{DateTime, Utc};

/// Makes payable what left its hold and prints how much that was.
///
/// # Errors
/// When the database is away.
pub async fn release(session: &Session, as_of: Option<DateTime<Utc>>) -> Result<(), Failure> {
    let now = session.clock.now();
    let released = store::release(&session.db, &Actor::Command, as_of.unwrap_or(now), now).await?;
    if session.json {
        print_json(&released)
    } else {
        print_line(&format!("{} commissions became payable", released.commissions))
    }
}
