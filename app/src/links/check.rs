//! The job that looks after links. Who asks the net is an argument.

use super::model::Finding;
use super::store;
use crate::base::actor::Actor;
use crate::base::db::Db;
use crate::base::error::AppError;
use chrono::{DateTime, Utc};
use std::future::Future;

/// Links that are taken up at once.
const BATCH: i64 = 20;

/// Checks the links that are due; gives how many. `home` is where the house stands on the net: its pages are looked up, not
/// asked. Nothing is held in the database while somebody else's server thinks.
///
/// # Errors
/// When the database is away.
pub async fn check_due<F, Fut>(db: &Db, home: &str, ask: F, now: DateTime<Utc>) -> Result<usize, AppError>
where
    F: Fn(String) -> Fut,
    Fut: Future<Output = Finding>,
{
    let mut tx = db.begin(&Actor::Job).await?;
    let due = store::take_due(&mut tx, now, BATCH).await?;
    tx.commit().await?;
    for link in &due {
        let own = match link.address.strip_prefix(home.trim_end_matches('/')) {
            Some(rest) if !home.is_empty() && (rest.is_empty() || rest.starts_with(['/', '?', '#'])) => {
                Some(if rest.starts_with('/') { rest } else { "/" })
            }
            _ => link.address.starts_with('/').then_some(link.address.as_str()),
        };
        let finding = match own {
            Some(path) => {
                let mut tx = db.begin(&Actor::Job).await?;
                store::own_page(&mut tx, path, link.for_partners).await?
            }
            None => ask(link.address.clone()).await,
        };
        let mut tx = db.begin(&Actor::Job).await?;
        store::found(&mut tx, link, finding, now).await?;
        tx.commit().await?;
    }
    Ok(due.len())
}
