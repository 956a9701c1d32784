//! Background work that brings disputes to their end: reminders, the ends of provisional credits, the silence of the house,
//! claims whose conversion came. Each is safe to run in several processes.

use crate::jobs::every;
use app::base::clock::Clock;
use app::base::db::Db;
use app::mail::home::MailHome;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How soon what is due is found; it counts from when it was due.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Starts every job; they end when `stop` is cancelled.
pub fn start(db: &Db, mail: &MailHome, clock: Clock, stop: &CancellationToken, tracker: &TaskTracker) {
    let (telling, home) = (db.clone(), mail.clone());
    tracker.spawn(every(LOOK_EVERY, "tell what is due", stop.clone(), move || {
        let (db, home) = (telling.clone(), home.clone());
        async move { app::notices::store::tell_due(&db, &home, clock.now()).await.map(|_| ()) }
    }));
    let ending = db.clone();
    tracker.spawn(every(LOOK_EVERY, "end provisional credits", stop.clone(), move || {
        let db = ending.clone();
        async move { app::provisional::store::end_due(&db, clock.now()).await.map(|_| ()) }
    }));
    let (silent, home) = (db.clone(), mail.clone());
    tracker.spawn(every(LOOK_EVERY, "let silence speak", stop.clone(), move || {
        let (db, home) = (silent.clone(), home.clone());
        async move { app::silence::store::speak(&db, &home, clock.now()).await.map(|_| ()) }
    }));
    let linking = db.clone();
    tracker.spawn(every(LOOK_EVERY, "link claims", stop.clone(), move || {
        let db = linking.clone();
        async move { app::advertiser::store::link(&db, clock.now()).await.map(|_| ()) }
    }));
}
