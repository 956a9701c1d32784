//! Mail out of a real mailbox: Debian's Dovecot, started here as nobody special. What lies there is taken, what comes is
//! taken at once, and a process or a server that dies in between loses nothing and doubles nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "imap/dovecot.rs"]
mod dovecot;
mod support;

use dovecot::{Dovecot, PATIENCE};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use support::Database;

/// `serve` with a mailbox; stopped at the end.
struct Serve(Child);

impl Serve {
    fn start(database: &Database, dovecot: &Dovecot, crash: Option<&str>) -> Self {
        Self::trusting(database, dovecot, crash, None)
    }

    /// One that trusts the certificates in this file and no others.
    fn trusting(database: &Database, dovecot: &Dovecot, crash: Option<&str>, trusted: Option<&Path>) -> Self {
        let mut command = database.command(&["serve", "--listen", "127.0.0.1:0"]);
        if let Some(trusted) = trusted {
            command.env("SSL_CERT_FILE", trusted).env_remove("SSL_CERT_DIR");
        }
        command.env("PARTNERDESK_IMAP_URL", dovecot.url()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(point) = crash {
            command.env("PARTNERDESK_CRASH_AT", point);
        }
        Self(command.spawn().expect("serve"))
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn mail(number: usize) -> String {
    format!(
        "From: s{number}@example.net\r\nMessage-ID: <{number}@x>\r\nSubject: Mail {number}\r\n\r\nHello {number}\r\n"
    )
}

async fn count(database: &Database, from: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {from}"));
    // The server migrates first.
    sqlx::query_scalar(sql).fetch_one(&database.pool).await.unwrap_or(-1)
}

async fn reaches(database: &Database, dovecot: &Dovecot, mails: usize) -> Duration {
    let since = Instant::now();
    loop {
        let placed = count(database, "mail_in WHERE state = 'quarantine' AND source = 'imap'").await;
        if placed == mails as i64 && dovecot.seen() == mails {
            return since.elapsed();
        }
        assert!(since.elapsed() < PATIENCE, "{placed} placed, {} seen of {mails}; {}", dovecot.seen(), dovecot.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn what_lies_there_is_taken_and_what_comes_at_once() {
    let database = Database::fresh().await;
    let dovecot = Dovecot::start();
    (0..3).for_each(|number| dovecot.deliver(&format!("1.{number}"), &mail(number)));
    let _serve = Serve::start(&database, &dovecot, None);
    reaches(&database, &dovecot, 3).await;
    // Now it waits for news; a mail that comes is there long before it would ask again.
    tokio::time::sleep(Duration::from_millis(500)).await;
    dovecot.deliver("1.3", &mail(3));
    let took = reaches(&database, &dovecot, 4).await;
    eprintln!("a mail was taken {} ms after it arrived", took.as_millis());
    assert!(took < Duration::from_secs(20), "{took:?}");
    // The same mail by another way is marked too, and is no second row.
    dovecot.deliver("1.4", &mail(3));
    let since = Instant::now();
    while dovecot.seen() < 5 {
        assert!(since.elapsed() < PATIENCE, "{}", dovecot.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(count(&database, "mail_in").await, 4);
    // What arrived is what is kept: Dovecot gives lines their CRLF, and nothing else changes.
    let raw: Vec<PathBuf> = std::fs::read_dir(dovecot.folder.path().join("mail/cur"))
        .expect("mailbox")
        .map(|file| file.expect("file").path())
        .collect();
    let bytes = std::fs::read(&raw[0]).expect("mail");
    let known: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM mail_in WHERE sha256 = sha256($1))")
        .bind(bytes)
        .fetch_one(&database.pool)
        .await
        .expect("row");
    assert!(known);
}

#[tokio::test]
async fn a_process_that_dies_before_it_marks_a_mail_takes_it_once() {
    let database = Database::fresh().await;
    let dovecot = Dovecot::start();
    (0..2).for_each(|number| dovecot.deliver(&format!("1.{number}"), &mail(number)));
    for (point, stored) in [("mail.kept", 1), ("imap.stored", 1), ("imap.stored:2", 2)] {
        let mut serve = Serve::start(&database, &dovecot, Some(point));
        let since = Instant::now();
        while serve.0.try_wait().expect("serve").is_none() {
            assert!(since.elapsed() < PATIENCE, "{point}: it lives; {}", dovecot.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(count(&database, "mail_in").await, stored, "{point}");
    }
    let _serve = Serve::start(&database, &dovecot, None);
    reaches(&database, &dovecot, 2).await;
    assert_eq!(count(&database, "mail_in").await, 2);
}

#[tokio::test]
async fn a_server_that_goes_away_is_asked_again() {
    let database = Database::fresh().await;
    let mut dovecot = Dovecot::start();
    dovecot.deliver("1.0", &mail(0));
    let _serve = Serve::start(&database, &dovecot, None);
    reaches(&database, &dovecot, 1).await;
    dovecot.stop();
    dovecot.deliver("1.1", &mail(1));
    tokio::time::sleep(Duration::from_secs(1)).await;
    dovecot.run();
    reaches(&database, &dovecot, 2).await;
}

#[tokio::test]
async fn mail_comes_through_tls_from_a_server_that_is_known_or_not_at_all() {
    let database = Database::fresh().await;
    let dovecot = Dovecot::start_with(true);
    dovecot.deliver("1.0", &mail(0));
    // A certificate that nobody vouches for: nothing is asked, and no password told.
    let stranger = Serve::trusting(&database, &dovecot, None, Some(Path::new("/dev/null")));
    let since = Instant::now();
    while !dovecot.log().contains("Login") && since.elapsed() < Duration::from_secs(4) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!dovecot.log().contains("Login: user"), "{}", dovecot.log());
    assert_eq!((count(&database, "mail_in").await.max(0), dovecot.seen()), (0, 0));
    drop(stranger);
    let _serve = Serve::trusting(&database, &dovecot, None, Some(&dovecot.certificate()));
    reaches(&database, &dovecot, 1).await;
    dovecot.deliver("1.1", &mail(1));
    reaches(&database, &dovecot, 2).await;
    assert!(dovecot.log().contains("TLS"), "{}", dovecot.log());
}

#[tokio::test]
async fn what_somebody_opened_in_the_mailbox_is_taken_all_the_same() {
    let database = Database::fresh().await;
    let dovecot = Dovecot::start();
    // Read before we were there: that is nobody's business any more.
    dovecot.deliver("1.0", &mail(0));
    open_in_webmail(&dovecot, "1.0");
    dovecot.deliver("1.1", &mail(1));
    let serve = Serve::start(&database, &dovecot, None);
    let since = Instant::now();
    while count(&database, "mailbox WHERE last_uid = 2 AND trouble = ''").await != 1 {
        assert!(since.elapsed() < PATIENCE, "{}", dovecot.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(count(&database, "mail_in").await, 1);
    drop(serve);

    // These come while we are away, and people are faster: one is opened, one is starred as well.
    dovecot.deliver("1.2", &mail(2));
    dovecot.deliver("1.3", &mail(3));
    open_in_webmail(&dovecot, "1.2");
    open_in_webmail(&dovecot, "1.3");
    let _serve = Serve::start(&database, &dovecot, None);
    reaches_rows(&database, &dovecot, 3).await;
    assert_eq!(count(&database, "mailbox WHERE last_uid = 4").await, 1);
}

#[tokio::test]
async fn a_mailbox_that_answers_nonsense_is_told_to_staff_until_it_works() {
    let database = Database::fresh().await;
    let mut dovecot = Dovecot::start();
    dovecot.deliver("1.0", &mail(0));
    dovecot.stop();
    let fake = TcpListener::bind(("127.0.0.1", dovecot.port)).expect("port");
    fake.set_nonblocking(true).expect("socket");
    let nonsense = tokio::spawn(async move {
        let fake = tokio::net::TcpListener::from_std(fake).expect("socket");
        while let Ok((mut line, _)) = fake.accept().await {
            let _ =
                tokio::io::AsyncWriteExt::write_all(&mut line, b"\x00\xff no greeting at all\r\n* OK {9999}\r\n").await;
        }
    });
    let _serve = Serve::start(&database, &dovecot, None);
    let since = Instant::now();
    while count(&database, "mailbox WHERE trouble <> '' AND trouble_since IS NOT NULL").await != 1 {
        assert!(since.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    nonsense.abort();
    let _ = nonsense.await;
    dovecot.run();
    reaches_rows(&database, &dovecot, 1).await;
    let since = Instant::now();
    while count(&database, "mailbox WHERE trouble = ''").await != 1 {
        assert!(since.elapsed() < PATIENCE, "{}", dovecot.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Somebody opens a mail in another program, and stars it.
fn open_in_webmail(dovecot: &Dovecot, name: &str) {
    let mail = dovecot.folder.path().join("mail");
    std::fs::rename(mail.join("new").join(name), mail.join("cur").join(format!("{name}:2,FS"))).expect("mail");
}

async fn reaches_rows(database: &Database, dovecot: &Dovecot, mails: i64) {
    let since = Instant::now();
    loop {
        let placed = count(database, "mail_in WHERE state = 'quarantine' AND source = 'imap'").await;
        if placed == mails {
            return;
        }
        assert!(since.elapsed() < PATIENCE, "{placed} of {mails}; {}", dovecot.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
