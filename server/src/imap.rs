//! Takes mail out of a mailbox: IMAP (RFC 9051), waiting with IDLE (RFC 2177). A message is marked as seen only once it
//! is stored here; whatever breaks before that, it is fetched again, and the same bytes are one row. How far the mailbox
//! was read is kept here by the numbers of its messages: what somebody opens or stars in it is taken all the same.

mod address;

pub use address::Mailbox;

use app::base::clock::Clock;
use app::base::crash;
use app::base::db::Db;
use app::inbox::Home;
use app::inbox::store::{self, LARGEST, Source, ingest};
use app::mail::rules::said;
use async_imap::Session;
use async_imap::extensions::idle::IdleResponse;
use futures_util::TryStreamExt;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_util::sync::CancellationToken;

/// The longest a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a server may take to greet: whoever says nothing sensible by then is no mail server, or a sick one.
const GREETING: Duration = Duration::from_secs(15);
/// How long to wait for news before asking anyway: servers end a silent connection after 30 minutes, and some routers
/// much earlier.
const NEWS: Duration = Duration::from_secs(4 * 60);
/// How long to wait after the server did not work, the first time and at most.
const TROUBLE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(300));

/// Bytes of the longest head that is kept.
const LONGEST_HEAD: usize = 1024 * 1024;

/// Why mail could not be fetched.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("the mailbox's server: {0}")]
    Imap(#[from] async_imap::error::Error),
    #[error("the mailbox's server can't be reached: {0}")]
    Io(#[from] std::io::Error),
    #[error("the mailbox's server did not answer in time")]
    TooLong(#[from] tokio::time::error::Elapsed),
    #[error("a mail could not be stored: {0}")]
    App(#[from] app::base::error::AppError),
    #[error("the mailbox's host is no name: {0}")]
    Name(#[from] tokio_rustls::rustls::pki_types::InvalidDnsNameError),
    #[error("the server closed the connection")]
    Closed,
}

/// What the loop works with.
pub struct Fetcher {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// The database.
    pub db: Db,
    /// Where the house stands on the net.
    pub home: Home,
    /// Where time comes from.
    pub clock: Clock,
}

/// Fetches mail until it is told to stop. A server that is away is asked again, less and less often.
pub async fn work(fetcher: Fetcher, stop: CancellationToken) {
    let mut trouble = TROUBLE.0;
    while !stop.is_cancelled() {
        let mut worked = false;
        let done = tokio::select! {
            () = stop.cancelled() => return,
            done = connect(&fetcher, &mut worked) => done,
        };
        if let Err(why) = done {
            let why = said(&why.to_string());
            tracing::warn!(job = "imap", %why, "mail will be fetched again later");
            let (address, now) = (fetcher.mailbox.address(), fetcher.clock.now());
            if let Err(error) = store::note_state(&fetcher.db, &address, Some(&why), now).await {
                tracing::warn!(job = "imap", %error, "that could not be written down");
            }
        }
        if worked {
            trouble = TROUBLE.0;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(trouble) => {}
        }
        trouble = (trouble * 2).min(TROUBLE.1);
    }
}

async fn connect(fetcher: &Fetcher, worked: &mut bool) -> Result<(), Trouble> {
    let mailbox = &fetcher.mailbox;
    let plain = timeout(PATIENCE, TcpStream::connect((mailbox.host.as_str(), mailbox.port))).await??;
    if !mailbox.tls {
        return converse(fetcher, plain, worked).await;
    }
    let mut roots = RootCertStore::empty();
    // Certificates that can't be read are left out; one that is missing then shows when the server is checked.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from(mailbox.host.clone())?;
    let secret = timeout(PATIENCE, TlsConnector::from(Arc::new(config)).connect(name, plain)).await??;
    converse(fetcher, secret, worked).await
}

/// Everything over one connection: sign in, then fetch and wait in turn.
async fn converse<T>(fetcher: &Fetcher, line: T, worked: &mut bool) -> Result<(), Trouble>
where
    T: AsyncRead + AsyncWrite + Unpin + Debug + Send,
{
    let mailbox = &fetcher.mailbox;
    let mut client = async_imap::Client::new(line);
    timeout(GREETING, client.read_response()).await??.ok_or(Trouble::Closed)?;
    let login = timeout(PATIENCE, client.login(&mailbox.user, mailbox.password.as_str())).await?;
    let mut session = login.map_err(|(why, _)| why)?;
    let idles = timeout(PATIENCE, session.capabilities()).await??.has_str("IDLE");
    let folder = timeout(PATIENCE, session.select(&mailbox.folder)).await??;
    *worked = true;
    loop {
        fetch_all(fetcher, &mut session, &folder).await?;
        store::note_state(&fetcher.db, &mailbox.address(), None, fetcher.clock.now()).await?;
        if !idles {
            tokio::time::sleep(TROUBLE.0 * 15).await;
            timeout(PATIENCE, session.noop()).await??;
            continue;
        }
        let mut idle = session.idle();
        timeout(PATIENCE, idle.init()).await??;
        let (news, _keep) = idle.wait_with_timeout(NEWS);
        let news = news.await?;
        session = timeout(PATIENCE, idle.done()).await??;
        if let IdleResponse::NewData(data) = &news {
            tracing::debug!(job = "imap", ?data, "news");
        }
    }
}

/// Takes every message that came since the mailbox was read the last time, the oldest first; the first time, what nobody
/// has opened.
async fn fetch_all<T>(
    fetcher: &Fetcher,
    session: &mut Session<T>,
    folder: &async_imap::types::Mailbox,
) -> Result<(), Trouble>
where
    T: AsyncRead + AsyncWrite + Unpin + Debug + Send,
{
    let (db, address, counted_by) = (&fetcher.db, fetcher.mailbox.address(), folder.uid_validity.unwrap_or(0));
    let read_to = store::position(db, &address, counted_by).await?;
    let (query, after) = match read_to {
        Some(last) => (format!("UID {}:* UNDELETED", last.saturating_add(1)), last),
        None => ("UNSEEN UNDELETED".to_owned(), 0),
    };
    let found = timeout(PATIENCE, session.uid_search(query)).await??;
    // A range that begins after the last message still means that one (RFC 9051, 6.4.4).
    let mut new: Vec<u32> = found.into_iter().filter(|uid| *uid > after).collect();
    new.sort_unstable();
    for &uid in &new {
        take(fetcher, session, &uid.to_string()).await?;
        if read_to.is_some() {
            store::note_position(db, &address, counted_by, uid, fetcher.clock.now()).await?;
        }
    }
    // Only now: whoever dies in the middle of the first time begins it again, and not with what people had read before.
    if read_to.is_none() {
        let there = folder.uid_next.map_or(0, |next| next.saturating_sub(1));
        let last = new.last().copied().unwrap_or(0).max(there);
        store::note_position(db, &address, counted_by, last, fetcher.clock.now()).await?;
    }
    Ok(())
}

/// Stores one message and marks it in the mailbox; of one that is too large its head.
async fn take<T>(fetcher: &Fetcher, session: &mut Session<T>, uid: &str) -> Result<(), Trouble>
where
    T: AsyncRead + AsyncWrite + Unpin + Debug + Send,
{
    // Somebody may have taken it out in the meantime.
    let Some(size) = size(session, uid).await? else { return Ok(()) };
    // A server that says less than it sends is not believed.
    let whole = match u64::from(size) > LARGEST {
        true => None,
        false => match part(session, uid, "(UID BODY.PEEK[])").await? {
            None => return Ok(()),
            Some(raw) => Some(raw).filter(|raw| raw.len() as u64 <= LARGEST),
        },
    };
    let (raw, source, flag) = match whole {
        Some(raw) => (raw, Source::Imap, "+FLAGS.SILENT (\\Seen)"),
        None => {
            tracing::error!(job = "imap", uid, size, "a mail is too large to be taken; it is flagged in the mailbox");
            let Some(mut head) = part(session, uid, "(UID BODY.PEEK[HEADER])").await? else { return Ok(()) };
            head.truncate(LONGEST_HEAD);
            (head, Source::ImapHead, "+FLAGS.SILENT (\\Flagged)")
        }
    };
    ingest(&fetcher.db, &fetcher.home, raw, source, fetcher.clock.now()).await?;
    crash::point("imap.stored");
    let stored = timeout(PATIENCE, session.uid_store(uid, flag)).await??;
    timeout(PATIENCE, stored.try_collect::<Vec<_>>()).await??;
    Ok(())
}

async fn size<T>(session: &mut Session<T>, uid: &str) -> Result<Option<u32>, Trouble>
where
    T: AsyncRead + AsyncWrite + Unpin + Debug + Send,
{
    let found = timeout(PATIENCE, session.uid_fetch(uid, "(UID RFC822.SIZE)")).await??;
    let found: Vec<_> = timeout(PATIENCE, found.try_collect()).await??;
    Ok(found.iter().find_map(|fetch| fetch.size))
}

/// A message as it lies there, or its head; reading it marks nothing.
async fn part<T>(session: &mut Session<T>, uid: &str, query: &str) -> Result<Option<Vec<u8>>, Trouble>
where
    T: AsyncRead + AsyncWrite + Unpin + Debug + Send,
{
    let found = timeout(PATIENCE, session.uid_fetch(uid, query)).await??;
    // A large message takes longer than a word.
    let found: Vec<_> = timeout(PATIENCE * 5, found.try_collect()).await??;
    Ok(found.iter().find_map(|fetch| fetch.body().or_else(|| fetch.header()).map(<[u8]>::to_vec)))
}
