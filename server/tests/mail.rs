//! Mail out against a real mail server that is slow, refuses, puts off, answers garbage, drops the connection, or is
//! away: every mail arrives once, or again under the same name where nobody can know; and the house sees why not.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "mail/post.rs"]
mod post;
mod support;

use post::{MailServer, Serve, wait};
use sqlx::PgPool;
use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpListener;
use support::Database;

/// A house with an owner, a programme, and invitations that are to be mailed to so many people.
async fn invite(database: &Database, people: u32) {
    let made =
        database.run_with(&["owner", "create", "olga@example.org", "--name", "Olga Orr"], "correct horse battery\n");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    database.ok(&["programme", "create", "garden", "--currency", "EUR"]);
    for number in 0..people {
        let (code, email) = (format!("P{number}"), format!("secret{number}@example.net"));
        let mut command =
            database.command(&["partner", "invite", "garden", &code, &email, "--url", "https://desk.example.org"]);
        command.env("PARTNERDESK_SMTP_URL", "smtp://127.0.0.1:1").env("PARTNERDESK_MAIL_FROM", "desk@example.org");
        assert!(command.output().expect("partnerdesk").status.success());
    }
}

async fn one(pool: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(pool).await.expect(sql)
}

async fn text(pool: &PgPool, sql: &'static str) -> String {
    sqlx::query_scalar(sql).fetch_one(pool).await.expect(sql)
}

/// Waits until a count is what it should be.
async fn reaches(pool: &PgPool, sql: &'static str, wanted: i64) {
    for _ in 0..1200 {
        if one(pool, sql).await == wanted {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let tries: Vec<(i64, String, String)> =
        sqlx::query_as("SELECT mail_id, outcome, answer FROM mail_try").fetch_all(pool).await.expect("tries");
    panic!("{sql}: {} instead of {wanted}; {tries:?}", one(pool, sql).await);
}

/// Lets what waits be tried now, as if the pause or the lease were over.
async fn hurry(pool: &PgPool) {
    sqlx::query(
        "UPDATE mail_queue SET due_at = clock_timestamp(), leased_until = CASE WHEN worker IS NOT NULL THEN clock_timestamp() END",
    )
    .execute(pool)
    .await
    .expect("hurry");
}

const SENT: &str = "SELECT count(*) FROM mail_out WHERE state = 'sent'";
const PUT_OFF: &str = "SELECT count(*) FROM mail_try WHERE outcome = 'put_off'";

#[tokio::test]
async fn two_processes_send_each_mail_once_to_a_slow_server() {
    let database = Database::fresh().await;
    invite(&database, 8).await;
    let folder = tempfile::tempdir().expect("folder");
    let server = MailServer::start(folder.path(), 0);
    server.mode("slow");
    let logs = tempfile::tempdir().expect("folder");
    let serves = [0, 1].map(|_| Serve::start(&database, logs.path(), Some(server.port), None));
    reaches(&database.pool, SENT, 8).await;
    let got = server.got();
    assert_eq!(got.len(), 8, "each once");
    assert_eq!(got.iter().map(post::Got::uid).collect::<BTreeSet<_>>().len(), 8);
    assert_eq!(one(&database.pool, "SELECT count(*) FROM mail_queue").await, 0);
    assert_eq!(one(&database.pool, "SELECT count(*) FROM mail_try").await, 8);
    // Both texts, the link, and nothing in the logs or in what is kept of the tries.
    let (plain, html) = got[0].parts();
    assert!(
        plain.contains("garden has opened an account for P") && plain.contains("https://desk.example.org/join/"),
        "{plain}"
    );
    assert!(html.contains("<a href=\"https://desk.example.org/join/"), "{html}");
    let token = plain.split("/join/").nth(1).expect("link")[..64].to_owned();
    let logs: String = serves.iter().map(Serve::log).collect();
    assert!(!logs.contains("secret0") && !logs.contains(&token), "{logs}");
    let whole = text(
        &database.pool,
        "SELECT string_agg(o::text, '') || (SELECT string_agg(t::text, '') FROM mail_try t) FROM mail_out o",
    )
    .await;
    assert!(!whole.contains("secret0") && !whole.contains(&token), "neither address nor link lie in the open");
}

#[tokio::test]
async fn a_crash_sends_at_most_the_same_mail_again() {
    for (place, copies) in [("mail.claimed", 1), ("mail.written", 1), ("mail.accepted", 2), ("mail.recorded", 1)] {
        let database = Database::fresh().await;
        invite(&database, 1).await;
        let folder = tempfile::tempdir().expect("folder");
        let server = MailServer::start(folder.path(), 0);
        let logs = tempfile::tempdir().expect("folder");
        let mut dying = Serve::start(&database, logs.path(), Some(server.port), Some(place));
        wait("the process died", || dying.child.try_wait().expect("process").is_some());
        // The one that goes on waits for the lease to be over.
        let _serve = Serve::start(&database, logs.path(), Some(server.port), None);
        hurry(&database.pool).await;
        reaches(&database.pool, SENT, 1).await;
        let got = server.got();
        assert_eq!(got.len(), copies, "{place}");
        assert!(got.iter().all(|mail| *mail == got[0]), "{place}: the same mail");
        assert_eq!(one(&database.pool, "SELECT count(*) FROM mail_try").await, 1, "{place}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_costs_no_mail_anything() {
    let database = Database::fresh().await;
    invite(&database, 2).await;
    let folder = tempfile::tempdir().expect("folder");
    // First nobody is there; then somebody who speaks no SMTP; then the mail server.
    let port = TcpListener::bind("127.0.0.1:0").expect("port").local_addr().expect("port").port();
    let logs = tempfile::tempdir().expect("folder");
    let serve = Serve::start(&database, logs.path(), Some(port), None);
    reaches(&database.pool, "SELECT count(*) FROM mail_server WHERE failing_since IS NOT NULL", 1).await;
    assert!(text(&database.pool, "SELECT said FROM mail_server").await.contains("refused"));
    let page = page_of_the_owner(&database, &serve).await;
    assert!(page.contains("has not taken mail since") && page.contains("2 waiting to be sent"), "{page}");
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("port");
    let (mut stream, _) = listener.accept().expect("a connection");
    stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").expect("garbage");
    drop((stream, listener));
    let server = MailServer::start(folder.path(), port);
    reaches(&database.pool, SENT, 2).await;
    assert_eq!(server.got().len(), 2);
    assert_eq!(one(&database.pool, "SELECT count(*) FROM mail_try").await, 2, "no try was held against them");
    assert_eq!(
        one(&database.pool, "SELECT count(*) FROM mail_server WHERE failing_since IS NULL AND last_ok_at IS NOT NULL")
            .await,
        1
    );
}

#[tokio::test]
async fn what_is_put_off_is_tried_again_and_arrives_as_it_was() {
    let database = Database::fresh().await;
    invite(&database, 1).await;
    let folder = tempfile::tempdir().expect("folder");
    let server = MailServer::start(folder.path(), 0);
    server.mode("later");
    let logs = tempfile::tempdir().expect("folder");
    let _serve = Serve::start(&database, logs.path(), Some(server.port), None);
    reaches(&database.pool, PUT_OFF, 1).await;
    assert!(text(&database.pool, "SELECT answer FROM mail_try").await.contains("come back later"));
    assert_eq!(
        one(&database.pool, "SELECT count(*) FROM mail_queue WHERE due_at > clock_timestamp() + interval '50 seconds'")
            .await,
        1
    );
    assert_eq!(server.got().len(), 0);
    // The answer is none, though the mail was kept; then the connection breaks after it was kept.
    for (mode, nth) in [("garbage", 2), ("drop", 3)] {
        server.mode(mode);
        hurry(&database.pool).await;
        reaches(&database.pool, PUT_OFF, nth).await;
    }
    server.mode("ok");
    hurry(&database.pool).await;
    reaches(&database.pool, SENT, 1).await;
    let got = server.got();
    assert_eq!(got.len(), 3, "nobody can know, so it came again");
    assert!(got.iter().all(|mail| *mail == got[0]), "the same mail, byte by byte");
    assert_eq!(one(&database.pool, "SELECT tries::bigint FROM mail_out").await, 4);
}

#[tokio::test]
async fn what_is_refused_or_too_old_is_seen_and_can_be_sent_again() {
    let database = Database::fresh().await;
    invite(&database, 2).await;
    sqlx::query("UPDATE mail_queue SET queued_at = queued_at - interval '6 days' WHERE mail_id = 1")
        .execute(&database.pool)
        .await
        .expect("old");
    let folder = tempfile::tempdir().expect("folder");
    let server = MailServer::start(folder.path(), 0);
    server.mode("unknown");
    let logs = tempfile::tempdir().expect("folder");
    let serve = Serve::start(&database, logs.path(), Some(server.port), None);
    reaches(&database.pool, "SELECT count(*) FROM mail_out WHERE state = 'failed'", 2).await;
    let tries: Vec<(String, String)> = sqlx::query_as("SELECT outcome, answer FROM mail_try ORDER BY mail_id")
        .fetch_all(&database.pool)
        .await
        .expect("tries");
    assert_eq!(tries[0].0, "given_up");
    assert_eq!(tries[1].0, "refused");
    assert!(tries[1].1.contains("nobody of that name") && !tries[1].1.contains("secret1"), "{tries:?}");
    let page = page_of_the_owner(&database, &serve).await;
    assert!(
        page.contains("2 could not be sent") && page.contains("nobody of that name") && page.contains("Try again"),
        "{page}"
    );
    assert!(!serve.log().contains("secret1"));

    server.mode("ok");
    for mail in ["1", "2"] {
        let answer = agent()
            .post(format!("http://localhost:{}/do/send-mail-again", serve.port))
            .header("cookie", format!("__Host-session={}", "ab".repeat(32)))
            .send_form([("mail", mail)])
            .expect("answer");
        let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
        assert_eq!(to, "/mail?done=again");
    }
    reaches(&database.pool, SENT, 2).await;
    assert_eq!(server.got().len(), 2);
    assert_eq!(one(&database.pool, "SELECT count(*) FROM audit WHERE action = 'mail.sent_again'").await, 2);
}

#[tokio::test]
async fn a_reply_is_threaded_and_without_a_server_waits_in_sight() {
    let database = Database::fresh().await;
    invite(&database, 1).await;
    sqlx::raw_sql(include_str!("mail/case.sql")).execute(&database.pool).await.expect("case");
    let logs = tempfile::tempdir().expect("folder");
    let quiet = Serve::start(&database, logs.path(), None, None);
    let first = page_of_the_owner(&database, &quiet).await;
    assert!(first.contains("No mail server is set up"), "{first}");
    for words in ["We found it: <b>€5.00</b> come with the next payout.", "Y añadimos la comisión: 5 % más."] {
        reply(&database, &quiet, words).await;
    }
    assert_eq!(
        one(&database.pool, "SELECT count(*) FROM mail_out WHERE kind = 'reply' AND state = 'waiting'").await,
        2
    );
    drop(quiet);

    let folder = tempfile::tempdir().expect("folder");
    let server = MailServer::start(folder.path(), 0);
    let serve = Serve::start(&database, logs.path(), Some(server.port), None);
    reaches(&database.pool, SENT, 3).await;
    let got: Vec<_> = server.got().into_iter().filter(|mail| mail.header("Reply-To").is_some()).collect();
    let [one_mail, two] = got.as_slice() else { panic!("two replies: {got:?}") };
    for mail in [one_mail, two] {
        assert_eq!(mail.header("From").as_deref(), Some("\"Olga Orr - garden\" <desk@example.org>"));
        assert_eq!(mail.header("Subject").as_deref(), Some("Re: A question"));
        assert_eq!(mail.header("Auto-Submitted"), None);
        let answers = mail.header("Reply-To").expect("Reply-To");
        assert!(answers.starts_with("case+1.") && answers.ends_with("@example.org"), "{answers}");
    }
    assert_eq!(one_mail.header("References").as_deref(), Some("<case-1@example.org>"));
    assert_eq!(two.header("In-Reply-To"), Some(one_mail.uid()));
    assert_eq!(two.header("References"), Some(format!("<case-1@example.org> {}", one_mail.uid())));
    let (plain, html) = one_mail.parts();
    assert!(plain.starts_with("We found it: <b>€5.00</b> come with the next payout."), "{plain}");
    assert!(plain.contains("https://desk.example.org/disputes/1") && plain.contains("Olga Orr\n"), "{plain}");
    assert!(html.contains("&lt;b&gt;€5.00&lt;/b&gt;") && !html.contains("<b>"), "{html}");
    assert!(two.parts().0.starts_with("Y añadimos la comisión: 5 % más."));
    let page = page_of_the_owner(&database, &serve).await;
    assert!(page.contains("No mail waits to be sent."), "{page}");
}

#[tokio::test]
async fn mail_goes_through_tls_with_a_password_or_not_at_all() {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("mail.pem");
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&file)
        .arg("-out")
        .arg(folder.path().join("certificate.pem"))
        .output()
        .expect("openssl");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let certificate = std::fs::read_to_string(folder.path().join("certificate.pem")).expect("certificate");
    let key = std::fs::read_to_string(&file).expect("key");
    std::fs::write(&file, format!("{key}{certificate}")).expect("both");
    let trusted = folder.path().join("certificate.pem");
    let trusted = ("SSL_CERT_FILE", trusted.to_str().expect("path"));
    for (how, scheme, end) in [("tls", "smtps", ""), ("starttls", "smtp", "?tls=required")] {
        let database = Database::fresh().await;
        invite(&database, 1).await;
        let mails = tempfile::tempdir().expect("folder");
        let server = MailServer::start_with(mails.path(), 0, &[how, file.to_str().expect("path")]);
        let logs = tempfile::tempdir().expect("folder");
        let url = |password: &str| format!("{scheme}://desk:{password}@localhost:{}{end}", server.port);
        // A certificate that nobody vouches for, then a wrong password: no mail leaves, and staff see why.
        for (url, more) in [(url("open-sesame"), ("SSL_CERT_FILE", "/dev/null")), (url("guessed"), trusted)] {
            let serve = Serve::start_with(&database, logs.path(), Some(&url), Some(more));
            reaches(&database.pool, "SELECT count(*) FROM mail_server WHERE failing_since IS NOT NULL", 1).await;
            assert!(!serve.log().contains("sesame") && !serve.log().contains("guessed"), "{}", serve.log());
            drop(serve);
            sqlx::query("UPDATE mail_server SET failing_since = NULL, said = ''")
                .execute(&database.pool)
                .await
                .expect("calm");
        }
        assert_eq!(server.got().len(), 0, "{how}");
        let _serve = Serve::start_with(&database, logs.path(), Some(&url("open-sesame")), Some(trusted));
        reaches(&database.pool, SENT, 1).await;
        assert_eq!(server.got().len(), 1, "{how}");
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().new_agent()
}

async fn sign_in(database: &Database) {
    sqlx::query(
        "INSERT INTO session (token_hash, person_id, created_at, expires_at)
         SELECT $1, person_id, now(), now() + interval '1 hour' FROM person WHERE email = 'olga@example.org' ON CONFLICT DO NOTHING",
    )
    .bind(app::sign_in::token::hash(&"ab".repeat(32)))
    .execute(&database.pool)
    .await
    .expect("session");
}

async fn page_of_the_owner(database: &Database, serve: &Serve) -> String {
    sign_in(database).await;
    let cookie = format!("__Host-session={}", "ab".repeat(32));
    let page = agent().get(format!("http://localhost:{}/mail", serve.port)).header("cookie", cookie).call();
    page.expect("page").body_mut().read_to_string().expect("text")
}

async fn reply(database: &Database, serve: &Serve, words: &str) {
    let seen = one(&database.pool, "SELECT max(message_id) FROM message").await.to_string();
    sign_in(database).await;
    let key = text(&database.pool, "SELECT gen_random_uuid()::text").await;
    let answer = agent()
        .post(format!("http://localhost:{}/do/reply", serve.port))
        .header("cookie", format!("__Host-session={}", "ab".repeat(32)))
        .send_form([("case", "1"), ("body", words), ("form_key", &key), ("seen", &seen)])
        .expect("answer");
    let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned();
    assert!(to.ends_with("done=sent"), "{} {to}", answer.status());
}
