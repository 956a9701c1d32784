//! Takes mail out of a mailbox: IMAP (RFC 9051), waiting with IDLE (RFC 2177). A message is marked as seen only once it
//! is stored here; whatever breaks before that, it is fetched again, and the same bytes are one row.

mod address;

pub use address::Mailbox;

use app::base::clock::Clock;
use app::base::crash;
use app::base::db::Db;
use app::inbox::Home;
use app::inbox::store::{LARGEST, Source, ingest};
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
/// How long to wait for news before asking anyway: servers end a silent connection after 30 minutes, and some routers
/// much earlier.
const NEWS: Duration = Duration::from_secs(4 * 60);
/// How long to wait after the server did not work, the first time and at most.
const TROUBLE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(300));

/// Why mail could not be fetched.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("the mailbox's server: {0}")]
    Imap(#[from] async_imap::error::Error),
    #[error("the mailbox's server can't be reached: {0}")]
    Io(#[from] std::io::Error),
    #[error("the mailbox's server did not answer in {} seconds", PATIENCE.as_secs())]
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
            tracing::warn!(job = "imap", %why, "mail will be fetched again later");
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
    timeout(PATIENCE, client.read_response()).await??.ok_or(Trouble::Closed)?;
    let login = timeout(PATIENCE, client.login(&mailbox.user, mailbox.password.as_str())).await?;
    let mut session = login.map_err(|(why, _)| why)?;
    let idles = timeout(PATIENCE, session.capabilities()).await??.has_str("IDLE");
    timeout(PATIENCE, session.select(&mailbox.folder)).await??;
    *worked = true;
    loop {
        fetch_all(fetcher, &mut session).await?;
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

/// Takes every message that is not marked yet, the oldest first.
async fn fetch_all<T>(fetcher: &Fetcher, session: &mut Session<T>) -> Result<(), Trouble>
where
    T: AsyncRead + AsyncWrite + Unpin + Debug + Send,
{
    let mut new: Vec<u32> =
        timeout(PATIENCE, session.uid_search("UNSEEN UNFLAGGED UNDELETED")).await??.into_iter().collect();
    new.sort_unstable();
    for uid in new {
        let uid = uid.to_string();
        let flag = match size(session, &uid).await? {
            // It stays where it is, with a mark that people see.
            Some(size) if u64::from(size) > LARGEST => {
                tracing::error!(
                    job = "imap",
                    uid,
                    size,
                    "a mail is too large to be taken; it is flagged in the mailbox"
                );
                "+FLAGS.SILENT (\\Flagged)"
            }
            Some(_) => {
                let Some(raw) = body(session, &uid).await? else { continue };
                ingest(&fetcher.db, &fetcher.home, raw, Source::Imap, fetcher.clock.now()).await?;
                crash::point("imap.stored");
                "+FLAGS.SILENT (\\Seen)"
            }
            // Somebody has taken it out in the meantime.
            None => continue,
        };
        let stored = timeout(PATIENCE, session.uid_store(&uid, flag)).await??;
        timeout(PATIENCE, stored.try_collect::<Vec<_>>()).await??;
    }
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

/// A message as it lies there; reading it marks nothing.
async fn body<T>(session: &mut Session<T>, uid: &str) -> Result<Option<Vec<u8>>, Trouble>
where
    T: AsyncRead + AsyncWrite + Unpin + Debug + Send,
{
    let found = timeout(PATIENCE, session.uid_fetch(uid, "(UID BODY.PEEK[])")).await??;
    // A large message takes longer than a word.
    let found: Vec<_> = timeout(PATIENCE * 5, found.try_collect()).await??;
    Ok(found.iter().find_map(|fetch| fetch.body().map(<[u8]>::to_vec)))
}
