//! `serve`: listens until it is told to stop, then ends everything it started.

use crate::cli::Serve;
use crate::commands::{Failure, Session, demo, mail_in};
use crate::imap::{Fetcher, Mailbox};
use crate::live::Hub;
use crate::mail::Post;
use crate::{dispute_jobs, http, imap, jobs, links, mail};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long open requests may take to end after a stop was asked for.
const GRACE: Duration = Duration::from_secs(5);

/// Runs the server until Ctrl-C or SIGTERM.
///
/// # Errors
/// When the address is taken.
pub async fn run(session: Session, serve: Serve) -> Result<(), Failure> {
    let served = listen(&session, serve).await;
    session.close().await;
    served
}

async fn listen(session: &Session, serve: Serve) -> Result<(), Failure> {
    if serve.demo {
        demo::fill_if_empty(session).await?;
    }
    let scanner = mail_in::scanner()?;
    let mailbox = serve.imap_url.as_deref().filter(|url| !url.trim().is_empty()).map(Mailbox::parse).transpose();
    let mailbox = mailbox.map_err(|error| Failure::refused(format!("PARTNERDESK_IMAP_URL is {error}")))?;
    let listener = TcpListener::bind(serve.listen)
        .await
        .map_err(|error| Failure::refused(format!("can't listen on {}: {error}", serve.listen)))?;
    let address = listener.local_addr()?;
    let stop = CancellationToken::new();
    let tracker = TaskTracker::new();
    let hub = Hub::start(&session.db, session.clock, &stop, &tracker);
    let router =
        http::router(hub, session.secrets.clone(), session.mail.clone(), session.clock, &site(&serve), address);
    let home = mail_in::home(session);
    if let Some(mailbox) = mailbox {
        let (db, home, clock) = (session.db.clone(), home.clone(), session.clock);
        tracker.spawn(imap::work(Fetcher { mailbox, db, home, clock }, stop.clone()));
    }
    jobs::start(&session.db, home, session.mail.clone(), &session.secrets, scanner, session.clock, &stop, &tracker);
    tracker.spawn(links::work(session.db.clone(), session.mail.link(""), session.clock, stop.clone()));
    dispute_jobs::start(&session.db, &session.mail, session.clock, &stop, &tracker);
    if let Some(smtp) = &session.smtp {
        let post = Post {
            db: session.db.clone(),
            secrets: session.secrets.clone(),
            home: session.mail.clone(),
            clock: session.clock,
            smtp: smtp.clone(),
        };
        if session.mail.link("").starts_with("http://localhost") {
            tracing::warn!("links in mails lead to this machine alone: set PARTNERDESK_URL");
        }
        tracker.spawn(mail::work(post, stop.clone()));
    }
    tracker.close();

    let asked = stop.clone();
    tokio::spawn(async move {
        told_to_stop().await;
        asked.cancel();
    });
    tracing::info!("ready at http://localhost:{}", address.port());
    let graceful = stop.clone();
    let serving = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(async move { graceful.cancelled().await });
    tokio::select! {
        ended = async { serving.await } => ended?,
        () = async { stop.cancelled().await; tokio::time::sleep(GRACE).await } => tracing::warn!("requests were cut off"),
    }
    stop.cancel();
    let _ = tokio::time::timeout(GRACE, tracker.wait()).await;
    tracing::info!("stopped");
    Ok(())
}

fn site(serve: &Serve) -> PathBuf {
    serve.site.clone().unwrap_or_else(|| {
        let program = std::env::current_exe().unwrap_or_default();
        program.parent().map(|folder| folder.join("site")).unwrap_or_default()
    })
}

async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
