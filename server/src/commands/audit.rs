//! `audit verify`.

use super::{Failure, Session, print_json, print_line};
use app::audit::model::{Broken, Verified};
use app::audit::store;
use app::base::actor::Actor;
use serde_json::{Value, json};

/// Walks the chain; names the first broken link.
///
/// # Errors
/// When a link is broken.
pub async fn verify(session: &Session) -> Result<(), Failure> {
    let mut tx = session.db.begin(&Actor::Command).await?;
    let found = store::verify(&mut tx).await?;
    if session.json {
        print_json(&as_json(&found))?;
    } else {
        print_line(&format!("{} sealed, {} waiting to be sealed", found.sealed, found.waiting))?;
    }
    match &found.broken {
        None => Ok(()),
        Some(broken) => Err(Failure::refused(format!("the chain is broken at {}", named(broken)))),
    }
}

fn as_json(found: &Verified) -> Value {
    json!({
        "sealed": found.sealed,
        "waiting": found.waiting,
        "last": found.last.as_ref().map(|link| json!({ "seq": link.seq, "hash": hex::encode(&link.hash) })),
        "broken": found.broken.as_ref().map(|broken| {
            json!({ "seq": broken.seq, "audit_id": broken.audit_id, "what": broken.what.as_str() })
        }),
    })
}

fn named(broken: &Broken) -> String {
    let row = broken.audit_id.map_or_else(|| "no row".to_owned(), |id| format!("row {id}"));
    format!("link {} ({row}): {}", broken.seq, broken.what.as_str().replace('_', " "))
}
