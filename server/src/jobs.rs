//! Background work of `serve`: shallow loops that call back into a feature. Each is safe to run in several processes.

use crate::commands::seal;
use app::base::actor::Actor;
use app::base::clock::Clock;
use app::base::db::Db;
use std::future::Future;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How soon a change is sealed into the record's chain.
const SEAL_EVERY: Duration = Duration::from_secs(2);
/// How soon a commission becomes payable after its hold ended.
const RELEASE_EVERY: Duration = Duration::from_secs(60);
/// How often what nobody needs any more is cleared away.
const TIDY_EVERY: Duration = Duration::from_secs(3600);

/// Starts every job; they end when `stop` is cancelled.
pub fn start(db: &Db, clock: Clock, stop: &CancellationToken, tracker: &TaskTracker) {
    let sealing = db.clone();
    tracker.spawn(every(SEAL_EVERY, "seal the record", stop.clone(), move || {
        let db = sealing.clone();
        async move { seal(&db).await.map(|_| ()) }
    }));
    let releasing = db.clone();
    tracker.spawn(every(RELEASE_EVERY, "release commissions", stop.clone(), move || {
        let db = releasing.clone();
        async move { app::commissions::store::release(&db, &Actor::Job, clock.now(), clock.now()).await.map(|_| ()) }
    }));
    let tidying = db.clone();
    tracker.spawn(every(TIDY_EVERY, "tidy up", stop.clone(), move || {
        let db = tidying.clone();
        async move { app::sign_in::store::tidy(&db, clock.now()).await }
    }));
}

async fn every<F, Fut, E>(pause: Duration, name: &'static str, stop: CancellationToken, work: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: std::fmt::Display,
{
    loop {
        if let Err(error) = work().await {
            tracing::warn!(job = name, %error, "will be tried again");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
