//! There and back through real servers: our answer leaves by SMTP, its reader answers it as any mail program does, and
//! Dovecot brings that into the same case, once.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[allow(dead_code)]
#[path = "imap/dovecot.rs"]
mod dovecot;
#[allow(dead_code)]
#[path = "mail/post.rs"]
mod post;
mod support;

use dovecot::Dovecot;
use post::{Got, MailServer, Serve, wait};
use support::Database;

/// A house with an owner who is signed in, and a case of Ana's.
async fn house() -> Database {
    let database = Database::fresh().await;
    let made =
        database.run_with(&["owner", "create", "olga@example.org", "--name", "Olga Orr"], "correct horse battery\n");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    database.ok(&["programme", "create", "garden", "--currency", "EUR"]);
    database.ok(&["partner", "invite", "garden", "P0", "ana@example.net"]);
    sqlx::raw_sql(include_str!("mail/case.sql")).execute(&database.pool).await.expect("case");
    sqlx::query(
        "INSERT INTO session (token_hash, person_id, created_at, expires_at)
         SELECT $1, person_id, now(), now() + interval '1 hour' FROM person WHERE email = 'olga@example.org'",
    )
    .bind(app::sign_in::token::hash(&"ab".repeat(32)))
    .execute(&database.pool)
    .await
    .expect("session");
    database
}

async fn one(database: &Database, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&database.pool).await.expect(sql)
}

async fn text(database: &Database, sql: &'static str) -> String {
    sqlx::query_scalar(sql).fetch_one(&database.pool).await.expect(sql)
}

/// The owner answers, having seen everything; gives the mail that reaches Ana.
async fn answer(database: &Database, serve: &Serve, server: &MailServer, words: &str) -> Got {
    let before = server.got().len();
    let seen = one(database, "SELECT max(message_id) FROM message").await.to_string();
    let key = text(database, "SELECT gen_random_uuid()::text").await;
    let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().new_agent();
    let answer = agent
        .post(format!("http://localhost:{}/do/reply", serve.port))
        .header("cookie", format!("__Host-session={}", "ab".repeat(32)))
        .send_form([("case", "1"), ("body", words), ("form_key", &key), ("seen", &seen)])
        .expect("answer");
    let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned();
    assert!(to.ends_with("done=sent"), "{} {to}", answer.status());
    wait("the mail is there", || server.got().len() > before);
    server.got().remove(before)
}

/// What Ana's mail program sends when she answers a mail: above it, its first line quoted.
fn answered(mail: &Got, uid: &str, words: &str) -> String {
    let refs = mail.header("References").map(|refs| format!("{refs} ")).unwrap_or_default();
    let quoted = mail.parts().0.lines().next().expect("a line").to_owned();
    format!(
        "From: =?utf-8?q?Ana_Pe=C3=B1a?= <ana@example.net>\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: {uid}\r\n\
         Date: Mon, 02 Mar 2026 10:00:00 +0100\r\nIn-Reply-To: {parent}\r\nReferences: {refs}{parent}\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n\r\n\
         On 1 March 2026, Olga Orr wrote:\r\n> {quoted}\r\n",
        to = mail.header("Reply-To").expect("Reply-To"),
        subject = mail.header("Subject").expect("Subject"),
        parent = mail.uid(),
    )
}

#[tokio::test]
async fn an_answer_to_our_mail_comes_into_its_case_once() {
    let database = house().await;
    let (mails, logs) = (tempfile::tempdir().expect("folder"), tempfile::tempdir().expect("folder"));
    let server = MailServer::start(mails.path(), 0);
    let dovecot = Dovecot::start();
    let (smtp, imap) = (format!("smtp://127.0.0.1:{}", server.port), dovecot.url());
    let serve = Serve::start_with(&database, logs.path(), Some(&smtp), Some(("PARTNERDESK_IMAP_URL", &imap)));

    let ours = answer(&database, &serve, &server, "We found it: it comes with the next payout.").await;
    let theirs = answered(&ours, "<answer-1@example.net>", "Thank you, that is all.");
    // The same bytes twice, and once more by another way.
    dovecot.deliver("1.1", &theirs);
    dovecot.deliver("1.2", &theirs);
    dovecot.deliver(
        "1.3",
        &format!("Received: from elsewhere by mx.example.org; Mon, 2 Mar 2026 09:00:00 +0000\r\n{theirs}"),
    );
    wait("all three are taken", || dovecot.seen() == 3);
    for _ in 0..1200 {
        if one(&database, "SELECT count(*) FROM mail_in WHERE state IN ('case', 'duplicate')").await == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(one(&database, "SELECT count(*) FROM mail_in").await, 2, "the same bytes are one row");
    assert_eq!(one(&database, "SELECT count(*) FROM mail_in WHERE state = 'case' AND source = 'imap'").await, 1);
    assert_eq!(one(&database, "SELECT count(*) FROM mail_in WHERE state = 'duplicate'").await, 1);
    assert_eq!(one(&database, "SELECT count(*) FROM support_case").await, 1, "no new case");
    assert_eq!(
        one(&database, "SELECT count(*) FROM message WHERE side = 'partner' AND mail_in_id IS NOT NULL").await,
        1
    );
    let body = "SELECT body FROM message WHERE mail_in_id IS NOT NULL AND case_id = 1 AND author_name = 'Ana Peña'";
    assert_eq!(text(&database, body).await.trim(), "Thank you, that is all.", "what it quotes is folded away");

    // The conversation goes on under the partner's own mail.
    let next = answer(&database, &serve, &server, "Thank you as well.").await;
    assert_eq!(next.header("In-Reply-To").as_deref(), Some("<answer-1@example.net>"));
    let refs = next.header("References").expect("References");
    assert!(refs.starts_with("<case-1@example.org>") && refs.contains(&ours.uid()), "{refs}");
    assert_eq!(next.header("Reply-To"), ours.header("Reply-To"));
    database.ok(&["audit", "verify"]);
}
