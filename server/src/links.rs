//! Asks the addresses of the link register whether they still answer. Whoever writes an article chooses where this server
//! calls, so it reaches public addresses alone: a name is looked up once, everything it stands for is judged, and the
//! connection goes to what was judged. That is why it speaks through hyper, which the web server brings anyway and which
//! takes a connection that is made already; nothing of an answer but its head is read.

use app::base::clock::Clock;
use app::base::db::Db;
use app::links::check::check_due;
use app::links::model::Finding;
use app::links::rules::{is_public, of_status};
use http::header::{ACCEPT, HOST, LOCATION, USER_AGENT};
use http::{Method, Request};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_util::sync::CancellationToken;
use url::{Host, Url};

/// How soon links that are due are checked.
const EVERY: Duration = Duration::from_secs(30);
/// The longest that one address may take, those that it leads on to included.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often an address may lead on to another.
const REDIRECTS: usize = 4;

/// Checks links until it is told to stop.
pub async fn work(db: Db, home: String, clock: Clock, stop: CancellationToken) {
    let asker = Asker::new(Reach::Public, PATIENCE);
    loop {
        let checked = tokio::select! {
            () = stop.cancelled() => return,
            checked = check_due(&db, &home, |address| asker.ask(address), clock.now()) => checked,
        };
        if let Err(error) = checked {
            tracing::warn!(job = "check links", %error, "will be tried again");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Which addresses may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Public ones.
    Public,
    /// This machine's own too: a test has its server there.
    #[cfg(test)]
    Loopback,
}

impl Reach {
    fn takes(self, address: IpAddr) -> bool {
        match self {
            Self::Public => is_public(address),
            #[cfg(test)]
            Self::Loopback => is_public(address) || address.is_loopback(),
        }
    }

    /// No mail server or printer is called: only the usual doors of the web, and those anybody may open.
    fn takes_port(port: u16) -> bool {
        matches!(port, 80 | 443) || port >= 1024
    }
}

/// Calls addresses.
struct Asker {
    reach: Reach,
    patience: Duration,
    tls: TlsConnector,
}

/// What one call came to.
enum Answer {
    Status(u16),
    LeadsTo(String),
}

impl Asker {
    fn new(reach: Reach, patience: Duration) -> Self {
        let mut roots = RootCertStore::empty();
        // A certificate on this machine that can't be read is left out; a server that only it vouches for is not believed.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Self { reach, patience, tls: TlsConnector::from(Arc::new(config)) }
    }

    /// Whether an address answers.
    async fn ask(&self, address: String) -> Finding {
        timeout(self.patience, self.follow(&address)).await.unwrap_or(Finding::NoAnswer)
    }

    async fn follow(&self, address: &str) -> Finding {
        let Ok(mut url) = Url::parse(address) else { return Finding::Broken };
        for _ in 0..=REDIRECTS {
            let mut answer = self.call(&url, Method::HEAD).await;
            // Many a server knows no HEAD, or answers it wrongly.
            if let Ok(Answer::Status(400..)) = answer {
                answer = self.call(&url, Method::GET).await;
            }
            match answer {
                Err(finding) => return finding,
                Ok(Answer::Status(status)) => return of_status(status),
                Ok(Answer::LeadsTo(next)) => match url.join(&next) {
                    Ok(next) => url = next,
                    Err(_) => return Finding::Broken,
                },
            }
        }
        Finding::Redirects
    }

    async fn call(&self, url: &Url, method: Method) -> Result<Answer, Finding> {
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(Finding::Broken),
        };
        let port =
            url.port_or_known_default().filter(|port| Reach::takes_port(*port)).ok_or(Finding::PrivateAddress)?;
        let stream = TcpStream::connect(self.judged(url, port).await?).await.map_err(|_| Finding::Refused)?;
        if !secure {
            return speak(stream, url, method).await;
        }
        let name = match url.host().ok_or(Finding::Broken)? {
            Host::Domain(name) => ServerName::try_from(name.to_owned()).map_err(|_| Finding::Broken)?,
            Host::Ipv4(address) => ServerName::IpAddress(IpAddr::V4(address).into()),
            Host::Ipv6(address) => ServerName::IpAddress(IpAddr::V6(address).into()),
        };
        let stream = self.tls.connect(name, stream).await.map_err(|_| Finding::Refused)?;
        speak(stream, url, method).await
    }

    /// The address to call; none where the name stands for anything that may not be called.
    async fn judged(&self, url: &Url, port: u16) -> Result<SocketAddr, Finding> {
        let found: Vec<SocketAddr> = match url.host().ok_or(Finding::Broken)? {
            Host::Domain(name) => lookup_host((name, port)).await.map_err(|_| Finding::NoSuchHost)?.collect(),
            Host::Ipv4(address) => vec![SocketAddr::new(address.into(), port)],
            Host::Ipv6(address) => vec![SocketAddr::new(address.into(), port)],
        };
        if found.iter().any(|address| !self.reach.takes(address.ip())) {
            return Err(Finding::PrivateAddress);
        }
        // Of several addresses one that every machine can reach.
        found.iter().find(|address| address.is_ipv4()).or(found.first()).copied().ok_or(Finding::NoSuchHost)
    }
}

async fn speak<S>(stream: S, url: &Url, method: Method) -> Result<Answer, Finding>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|_| Finding::Broken)?;
    let asked = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => return Err(Finding::Broken),
    };
    let request = Request::builder()
        .method(method)
        .uri(asked)
        .header(HOST, host)
        .header(USER_AGENT, "Partnerdesk (link register)")
        .header(ACCEPT, "*/*")
        .body(String::new())
        .map_err(|_| Finding::Broken)?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(|_| Finding::Broken)?;
        let status = response.status();
        let next = response.headers().get(LOCATION).and_then(|next| next.to_str().ok()).map(str::to_owned);
        Ok(match next.filter(|_| status.is_redirection()) {
            Some(next) => Answer::LeadsTo(next),
            None => Answer::Status(status.as_u16()),
        })
    };
    tokio::pin!(answer);
    // The connection is driven only as long as its answer is waited for.
    tokio::select! {
        answer = &mut answer => answer,
        _ = connection => answer.await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A server on this machine that answers by the path that is asked for; gives its address and how often it was called.
    async fn server() -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("address");
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        tokio::spawn(async move {
            loop {
                let Ok((mut stream, _)) = listener.accept().await else { return };
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let mut heard = vec![0; 4096];
                    let count = stream.read(&mut heard).await.unwrap_or(0);
                    let heard = String::from_utf8_lossy(&heard[..count]).into_owned();
                    let mut words = heard.split(' ');
                    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
                    let answer = match (method, path) {
                        (_, "/fine") => "200 OK\r\nContent-Length: 0".to_owned(),
                        ("HEAD", "/no-head") => "405 No\r\nContent-Length: 0".into(),
                        (_, "/no-head") => "200 OK\r\nContent-Length: 9999999".into(),
                        (_, "/moved") => "301 Moved\r\nLocation: /fine\r\nContent-Length: 0".into(),
                        (_, "/round") => "302 Found\r\nLocation: /round\r\nContent-Length: 0".into(),
                        (_, "/inside") => "302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0".into(),
                        (_, "/metadata") => {
                            "302 Found\r\nLocation: http://169.254.169.254/latest\r\nContent-Length: 0".into()
                        }
                        (_, "/file") => "302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0".into(),
                        (_, "/mail") => {
                            format!("302 Found\r\nLocation: http://{}:25/\r\nContent-Length: 0", "127.0.0.1")
                        }
                        (_, "/down") => "503 Down\r\nContent-Length: 0".into(),
                        (_, "/members") => "401 No\r\nContent-Length: 0".into(),
                        (_, "/garbage") => {
                            let _ = stream.write_all(b"\x00\x01 this is no HTTP\r\n\r\n").await;
                            return;
                        }
                        (_, "/silent") => {
                            tokio::time::sleep(Duration::from_secs(60)).await;
                            return;
                        }
                        _ => "404 Gone\r\nContent-Length: 0".into(),
                    };
                    let _ = stream.write_all(format!("HTTP/1.1 {answer}\r\n\r\n").as_bytes()).await;
                });
            }
        });
        (format!("http://{address}"), calls)
    }

    fn asker(reach: Reach) -> Asker {
        Asker::new(reach, Duration::from_millis(1500))
    }

    #[tokio::test]
    async fn each_answer_is_told_apart() {
        let (server, _) = server().await;
        let asker = asker(Reach::Loopback);
        for (path, finding) in [
            ("/fine", Finding::Answers(Some(200))),
            ("/fine?a=b#c", Finding::Status(404)),
            ("/no-head", Finding::Answers(Some(200))),
            ("/moved", Finding::Answers(Some(200))),
            ("/members", Finding::Answers(Some(401))),
            ("/missing", Finding::Status(404)),
            ("/down", Finding::Status(503)),
            ("/round", Finding::Redirects),
            ("/garbage", Finding::Broken),
            ("/silent", Finding::NoAnswer),
        ] {
            assert_eq!(asker.ask(format!("{server}{path}")).await, finding, "{path}");
        }
    }

    #[tokio::test]
    async fn nothing_leads_into_a_private_network() {
        let (server, calls) = server().await;
        let open = asker(Reach::Loopback);
        for path in ["/inside", "/metadata", "/mail"] {
            assert_eq!(open.ask(format!("{server}{path}")).await, Finding::PrivateAddress, "{path}");
        }
        assert_eq!(open.ask(format!("{server}/file")).await, Finding::Broken);

        let before = calls.load(Ordering::SeqCst);
        let closed = asker(Reach::Public);
        let port = server.rsplit(':').next().expect("port");
        for host in
            ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "127.1"]
        {
            let address = format!("http://{host}:{port}/fine");
            assert_eq!(closed.ask(address).await, Finding::PrivateAddress, "{host}");
        }
        assert_eq!(calls.load(Ordering::SeqCst), before, "nobody was called");
    }

    #[tokio::test]
    async fn what_is_no_address_or_nobody_is_told() {
        let asker = asker(Reach::Loopback);
        assert_eq!(asker.ask("http://".into()).await, Finding::Broken);
        assert_eq!(asker.ask("ftp://127.0.0.1/".into()).await, Finding::Broken);
        let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("address");
        assert_eq!(asker.ask(format!("http://{nobody}/")).await, Finding::Refused);
        let (server, _) = server().await;
        let secure = server.replacen("http:", "https:", 1);
        assert_eq!(asker.ask(format!("{secure}/fine")).await, Finding::Refused, "it speaks no TLS");
    }
}
