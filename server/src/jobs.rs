//! Background work of `serve`: shallow loops that call back into a feature. Each is safe to run in several processes.

use crate::commands::seal;
use app::base::actor::Actor;
use app::base::clock::Clock;
use app::base::db::Db;
use app::base::error::AppError;
use app::base::ids::PayoutRunId;
use app::base::secrets::Secrets;
use app::inbox::Home;
use app::inbox::clamd::Scanner;
use app::mail::home::MailHome;
use app::payout_runs::store;
use std::future::Future;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How soon a change is sealed into the record's chain.
const SEAL_EVERY: Duration = Duration::from_secs(2);
/// How soon a commission becomes payable after its hold ended.
const RELEASE_EVERY: Duration = Duration::from_secs(60);
/// How soon the end of a contest, or of an offer, is found.
const CONTESTS_EVERY: Duration = Duration::from_secs(60);
/// How soon it is seen that a promotion's goal was reached, or its time is over.
const PROMOTIONS_EVERY: Duration = Duration::from_secs(60);
/// How soon a run that was asked for is begun, or gone on with after a stop.
const BUILD_EVERY: Duration = Duration::from_secs(1);
/// How soon work with a run goes on that a stop has cut off.
const WORK_RUNS_EVERY: Duration = Duration::from_secs(2);
/// How soon a stored mail that was not placed at once is taken up.
const MAIL_EVERY: Duration = Duration::from_secs(10);
/// How soon an attached file is scanned.
const SCAN_EVERY: Duration = Duration::from_secs(2);
/// How soon a bank's answer is gone on with whose reader was interrupted.
const SETTLE_EVERY: Duration = Duration::from_secs(10);
/// How soon it is told that a clock ran out. It is recorded at the moment at which it did, however late that is seen.
const CLOCKS_EVERY: Duration = Duration::from_secs(5);
/// How soon a new case is given to somebody, and one that was put off comes back.
const WORK_EVERY: Duration = Duration::from_secs(1);
/// How soon what was said to many is told.
const TELL_EVERY: Duration = Duration::from_secs(2);
/// How soon the words of a new message are known to the search.
const WORDS_EVERY: Duration = Duration::from_secs(10);
/// How often what nobody needs any more is cleared away.
const TIDY_EVERY: Duration = Duration::from_secs(3600);

/// Starts every job; they end when `stop` is cancelled.
#[allow(clippy::too_many_arguments, reason = "what jobs work with is all of these")]
pub fn start(
    db: &Db,
    home: Home,
    mail: MailHome,
    secrets: &Secrets,
    scanner: Option<Scanner>,
    clock: Clock,
    stop: &CancellationToken,
    tracker: &TaskTracker,
) {
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
    let contests = db.clone();
    tracker.spawn(every(CONTESTS_EVERY, "end contests", stop.clone(), move || {
        let db = contests.clone();
        async move { app::contests::store::end_due(&db, clock.now()).await.map(|_| ()) }
    }));
    let building = db.clone();
    tracker.spawn(every(BUILD_EVERY, "build payout runs", stop.clone(), move || {
        let db = building.clone();
        async move { build_runs(&db, clock).await }
    }));
    let (sending, secrets) = (db.clone(), secrets.clone());
    tracker.spawn(every(WORK_RUNS_EVERY, "release runs and make files", stop.clone(), move || {
        let (db, secrets) = (sending.clone(), secrets.clone());
        async move { app::payout_runs::api::work_all(&db, &secrets, clock).await }
    }));
    let settling = db.clone();
    tracker.spawn(every(SETTLE_EVERY, "work through bank answers", stop.clone(), move || {
        let db = settling.clone();
        async move { app::settlement::store::finish(&db, clock.now()).await.map(|_| ()) }
    }));
    let placing = db.clone();
    tracker.spawn(every(MAIL_EVERY, "place mail", stop.clone(), move || {
        let (db, home) = (placing.clone(), home.clone());
        async move { app::inbox::store::handle_all(&db, &home, clock.now()).await.map(|_| ()) }
    }));
    let scanning = db.clone();
    tracker.spawn(every(SCAN_EVERY, "scan files", stop.clone(), move || {
        let (db, scanner) = (scanning.clone(), scanner.clone());
        async move { app::inbox::store::scan_waiting(&db, scanner.as_ref(), clock.now()).await.map(|_| ()) }
    }));
    let reading = db.clone();
    tracker.spawn(every(CLOCKS_EVERY, "read clocks", stop.clone(), move || {
        let db = reading.clone();
        async move {
            app::clocks::store::move_on(&db, clock.now()).await?;
            app::clocks::store::renew_waiting(&db, clock.now()).await.map(|_| ())
        }
    }));
    let working = db.clone();
    tracker.spawn(every(WORK_EVERY, "give out cases", stop.clone(), move || {
        let db = working.clone();
        async move {
            app::work::store::wake_due(&db, clock.now()).await?;
            app::work::store::give_out(&db, clock.now()).await.map(|_| ())
        }
    }));
    let telling = db.clone();
    tracker.spawn(every(TELL_EVERY, "tell many", stop.clone(), move || {
        let db = telling.clone();
        async move { app::incidents::store::tell_all(&db, clock.now()).await }
    }));
    let weekly = (db.clone(), mail.clone());
    tracker.spawn(every(CONTESTS_EVERY, "write the digest", stop.clone(), move || {
        let (db, mail) = weekly.clone();
        async move { app::digest::store::write_due(&db, &mail, clock.now()).await.map(|_| ()) }
    }));
    let (promoting, home) = (db.clone(), mail.clone());
    tracker.spawn(every(PROMOTIONS_EVERY, "end promotions", stop.clone(), move || {
        let (db, home) = (promoting.clone(), home.clone());
        async move { app::promo::store::work(&db, &home, clock.now()).await.map(|_| ()) }
    }));
    let correcting = db.clone();
    tracker.spawn(every(WORK_RUNS_EVERY, "book corrections", stop.clone(), move || {
        let db = correcting.clone();
        async move {
            app::corrections::store::book_due(&db, clock.now(), app::corrections::store::BATCH).await.map(|_| ())
        }
    }));
    let (ending, ending_mail) = (db.clone(), mail.clone());
    tracker.spawn(every(CONTESTS_EVERY, "tell what ends", stop.clone(), move || {
        let (db, mail) = (ending.clone(), ending_mail.clone());
        async move { app::agreement::store::tell_endings(&db, &mail, clock.now()).await.map(|_| ()) }
    }));
    let announcing = db.clone();
    tracker.spawn(every(TELL_EVERY, "send bulletins", stop.clone(), move || {
        let (db, mail) = (announcing.clone(), mail.clone());
        async move { app::bulletins::store::work(&db, &mail, clock.now()).await }
    }));
    let answering = db.clone();
    tracker.spawn(every(CONTESTS_EVERY, "let time answer", stop.clone(), move || {
        let db = answering.clone();
        async move {
            app::agreement::store::let_time_answer(&db, clock.now()).await?;
            app::outcomes::store::count_due(&db, clock.now()).await.map(|_| ())
        }
    }));
    let learning = db.clone();
    tracker.spawn(every(WORDS_EVERY, "learn words", stop.clone(), move || {
        let db = learning.clone();
        async move { app::search::store::learn(&db).await.map(|_| ()) }
    }));
    let tidying = db.clone();
    tracker.spawn(every(TIDY_EVERY, "tidy up", stop.clone(), move || {
        let db = tidying.clone();
        async move { app::sign_in::store::tidy(&db, clock.now()).await }
    }));
    let forgetting = db.clone();
    tracker.spawn(every(TIDY_EVERY, "tidy up what pages are told", stop.clone(), move || {
        let db = forgetting.clone();
        async move { app::live::store::tidy(&db, clock.now()).await }
    }));
}

/// Goes on with every run that was started and not finished. Of several builders each takes the next partners in turn.
async fn build_runs(db: &Db, clock: Clock) -> Result<(), AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let runs = store::unbuilt(&mut tx).await?;
    tx.commit().await?;
    let mut failed = None;
    for run in runs {
        // One that can't be built does not stand in the way of the others.
        if let Err(error) = build_run(db, clock, run).await {
            tracing::warn!(%run, %error, "a run can't be built now");
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn build_run(db: &Db, clock: Clock, run: PayoutRunId) -> Result<(), AppError> {
    while store::build_batch(db, &Actor::Job, run, clock.now()).await?.is_some_and(|batch| !batch.finished) {}
    Ok(())
}

pub(crate) async fn every<F, Fut, E>(pause: Duration, name: &'static str, stop: CancellationToken, work: F)
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
