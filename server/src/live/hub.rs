//! The one reader in this process, and the pages that are open in it.

use app::base::actor::Actor;
use app::base::clock::Clock;
use app::base::db::Db;
use app::base::error::AppError;
use app::base::ids::{CaseId, PartnerId, PersonId};
use app::live::model::{Event, Present, Reader, Side};
use app::live::rules::MOST_PAGES;
use app::live::snapshot::Snapshot;
use app::live::store;
use sqlx::postgres::PgListener;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{Notify, broadcast};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// How soon something is seen that no NOTIFY told of, and that somebody is gone.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How soon a page is closed whose reader may not read it any more.
const CHECK_EVERY: Duration = Duration::from_secs(2);
/// How often it is said that pages are still open.
const RENEW_EVERY: Duration = Duration::from_secs(6);
/// How often the numbers of waiting cases are added up, at most.
const COUNT_EVERY: Duration = Duration::from_secs(1);
/// How many batches a slow page may lie behind before it reads for itself.
const BEHIND: usize = 64;

/// What all pages are told at once.
#[derive(Debug)]
pub struct Batch {
    /// The place before.
    pub from: Snapshot,
    /// The place after.
    pub until: Snapshot,
    /// What happened between them.
    pub events: Vec<Event>,
    /// Whether that is not all of it.
    pub lost: bool,
    /// Who has a case open now, where that changed.
    pub present: HashMap<CaseId, Vec<Present>>,
    /// How many cases wait for whom, where that was added up.
    pub counts: Option<Counts>,
}

/// How many cases wait for whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// For staff.
    pub house: HashMap<PersonId, i64>,
    /// For partners.
    pub partners: HashMap<PartnerId, i64>,
}

impl Counts {
    /// How many wait for one reader.
    pub fn of(&self, reader: &Reader) -> Option<i64> {
        match reader.side {
            Side::House(_) => self.house.get(&reader.person).copied(),
            Side::Partner(partner) => self.partners.get(&partner).copied(),
        }
    }
}

/// A page that is open.
struct Page {
    reader: Reader,
    /// Its own name, under which it looks at a case; only of staff.
    looks: Option<Uuid>,
    session: Vec<u8>,
    /// Who the session belonged to when it was opened.
    who: String,
    end: CancellationToken,
}

/// The pages that are open, and what they are told.
#[derive(Clone)]
pub struct Hub {
    /// The way to the database.
    pub db: Db,
    clock: Clock,
    pages: Arc<Mutex<HashMap<u64, Page>>>,
    next: Arc<AtomicU64>,
    gone: Arc<Mutex<Vec<Uuid>>>,
    wake: Arc<Notify>,
    told: broadcast::Sender<Arc<Batch>>,
    stop: CancellationToken,
}

/// A page's place among those that are open; it is gone when this is dropped.
pub struct Opened {
    hub: Hub,
    number: u64,
    looks: Option<Uuid>,
    /// What all pages are told.
    pub told: broadcast::Receiver<Arc<Batch>>,
    /// Cancelled when the page's reader may not read it any more.
    pub end: CancellationToken,
    /// Cancelled when the process stops.
    pub stop: CancellationToken,
}

impl Drop for Opened {
    fn drop(&mut self) {
        lock(&self.hub.pages).remove(&self.number);
        if let Some(page) = self.looks {
            lock(&self.hub.gone).push(page);
            self.hub.wake.notify_one();
        }
    }
}

/// Nothing that is done under these locks can fail half-way, so what a panic left is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Hub {
    /// Starts reading; it ends when `stop` is cancelled.
    pub fn start(db: &Db, clock: Clock, stop: &CancellationToken, tracker: &TaskTracker) -> Self {
        let hub = Self {
            db: db.clone(),
            clock,
            pages: Arc::default(),
            next: Arc::default(),
            gone: Arc::default(),
            wake: Arc::default(),
            told: broadcast::channel(BEHIND).0,
            stop: stop.clone(),
        };
        tracker.spawn(hub.clone().be_woken());
        tracker.spawn(hub.clone().read());
        hub
    }

    /// Takes a page in; `None` where its reader has too many already.
    pub fn take_in(&self, reader: Reader, page: Uuid, session: Vec<u8>, who: String) -> Option<Opened> {
        let looks = matches!(reader.side, Side::House(_)).then_some(page).filter(|_| reader.case.is_some());
        let end = CancellationToken::new();
        let mut pages = lock(&self.pages);
        if pages.values().filter(|page| page.reader.person == reader.person).count() >= MOST_PAGES {
            return None;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        pages.insert(number, Page { reader, looks, session, who, end: end.clone() });
        let told = self.told.subscribe();
        Some(Opened { hub: self.clone(), number, looks, told, end, stop: self.stop.clone() })
    }

    /// Listens for whoever wrote something, in whichever process.
    async fn be_woken(self) {
        loop {
            let listening = async {
                let mut listener = PgListener::connect_with(self.db.pool()).await?;
                listener.listen("live").await?;
                loop {
                    listener.recv().await?;
                    self.wake.notify_one();
                }
            };
            let ended: Result<(), sqlx::Error> = tokio::select! {
                ended = listening => ended,
                () = self.stop.cancelled() => return,
            };
            if let Err(error) = ended {
                tracing::warn!(%error, "pages are told every second only, until PostgreSQL can be listened to again");
            }
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn read(self) {
        let mut state = State::default();
        loop {
            if let Err(error) = self.read_once(&mut state).await {
                tracing::warn!(%error, "what pages are told will be read again");
            }
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn read_once(&self, state: &mut State) -> Result<(), AppError> {
        let readers: Vec<Reader> = lock(&self.pages).values().map(|page| page.reader).collect();
        let now = Instant::now();
        if is_due(&mut state.checked, now, CHECK_EVERY) && !readers.is_empty() {
            self.check().await?;
        }
        let mut tx = self.db.begin(&Actor::Job).await?;
        let gone = std::mem::take(&mut *lock(&self.gone));
        if !gone.is_empty() {
            store::leave(&mut tx, &gone).await?;
        }
        if is_due(&mut state.renewed, now, RENEW_EVERY) {
            let open: Vec<Uuid> = lock(&self.pages).values().filter_map(|page| page.looks).collect();
            if !open.is_empty() {
                store::renew(&mut tx, &open).await?;
            }
        }
        let Some(from) = state.place.clone() else {
            state.place = Some(store::now(&mut tx).await?);
            return Ok(tx.commit().await?);
        };
        let mut news = store::since(&mut tx, &from).await?;
        store::assign(&mut tx, &mut news.events).await?;
        let present = self.present(&mut tx, &readers, &mut state.present).await?;
        state.uncounted |= news.lost || !news.events.is_empty();
        let counts = if state.uncounted && is_due(&mut state.counted, now, COUNT_EVERY) {
            state.uncounted = false;
            let counts = count(&mut tx, &readers).await?;
            (counts != state.counts).then(|| {
                state.counts = counts.clone();
                counts
            })
        } else {
            None
        };
        tx.commit().await?;
        let happened = news.lost || !news.events.is_empty();
        if happened || !present.is_empty() || counts.is_some() {
            // Where nothing happened, the place stays, so that the next batch begins where this one did.
            let until = if happened { news.until } else { from.clone() };
            state.place = Some(until.clone());
            let (events, lost) = (news.events, news.lost);
            // Without anybody who listens there is nobody to be told.
            let _ = self.told.send(Arc::new(Batch { from, until, events, lost, present, counts }));
        }
        Ok(())
    }

    /// Who has which of the open cases open, where that changed.
    async fn present(
        &self,
        tx: &mut app::base::db::Tx,
        readers: &[Reader],
        before: &mut HashMap<CaseId, Vec<Present>>,
    ) -> Result<HashMap<CaseId, Vec<Present>>, AppError> {
        let staff = readers.iter().filter(|reader| matches!(reader.side, Side::House(_)));
        let cases: BTreeSet<CaseId> = staff.filter_map(|reader| reader.case).collect();
        if cases.is_empty() {
            before.clear();
            return Ok(HashMap::new());
        }
        let cases: Vec<CaseId> = cases.into_iter().collect();
        let mut now = store::present(tx, &cases).await?;
        let mut changed = HashMap::new();
        for case in &cases {
            let here = now.entry(*case).or_default();
            if before.get(case) != Some(here) {
                changed.insert(*case, here.clone());
            }
        }
        *before = now;
        Ok(changed)
    }

    /// Closes the pages of those who were disabled, signed out, or are somebody else by now.
    async fn check(&self) -> Result<(), AppError> {
        let sessions: BTreeSet<Vec<u8>> = lock(&self.pages).values().map(|page| page.session.clone()).collect();
        let sessions: Vec<Vec<u8>> = sessions.into_iter().collect();
        let mut tx = self.db.begin_sign_in().await?;
        let in_now = store::who_is_in(&mut tx, &sessions, self.clock.now()).await?;
        tx.commit().await?;
        for page in lock(&self.pages).values().filter(|page| sessions.contains(&page.session)) {
            if in_now.get(&page.session) != Some(&page.who) {
                page.end.cancel();
            }
        }
        Ok(())
    }
}

/// What the reader remembers from one look to the next.
#[derive(Default)]
struct State {
    place: Option<Snapshot>,
    present: HashMap<CaseId, Vec<Present>>,
    counts: Counts,
    uncounted: bool,
    checked: Option<Instant>,
    renewed: Option<Instant>,
    counted: Option<Instant>,
}

fn is_due(last: &mut Option<Instant>, now: Instant, every: Duration) -> bool {
    let due = last.is_none_or(|last| now >= last + every);
    if due {
        *last = Some(now);
    }
    due
}

async fn count(tx: &mut app::base::db::Tx, readers: &[Reader]) -> Result<Counts, AppError> {
    let mut house = BTreeSet::new();
    let mut partners = BTreeSet::new();
    for reader in readers {
        match reader.side {
            Side::House(_) => house.insert(reader.person),
            Side::Partner(partner) => partners.insert(partner),
        };
    }
    let (house, partners) = (Vec::from_iter(house), Vec::from_iter(partners));
    Ok(Counts { house: store::waiting(tx, &house).await?, partners: store::asked(tx, &partners).await? })
}
