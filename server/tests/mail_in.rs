//! Mail in by the real command: what it prints, that a process that dies at any point loses nothing, and that a file in a
//! message runs nowhere.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use serde_json::Value;
use std::io::Write;
use std::process::{Output, Stdio};
use support::Database;

const MAIL: &str = "From: Gala <gala@example.org>\r\nMessage-ID: <1@x>\r\nSubject: Pago\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nHello\r\n--x\r\n\
    Content-Type: text/html; name=\"a \u{fc}.html\"\r\nContent-Disposition: attachment\r\n\r\n<script>alert(1)</script>\r\n--x--\r\n";

/// A partner with a member, Gala.
async fn house() -> Database {
    let database = Database::fresh().await;
    database.ok(&["programme", "create", "garden", "--currency", "EUR"]);
    database.ok(&["partner", "invite", "garden", "P1", "gala@example.org", "--name", "Garden of Gala"]);
    sqlx::raw_sql(
        "INSERT INTO person (email, name, created_at) VALUES ('gala@example.org', 'Gala Page', '2026-01-01Z');
         INSERT INTO partner_member (partner_id, person_id, since)
             SELECT partner_id, person_id, '2026-01-01Z' FROM partner, person WHERE email = 'gala@example.org'",
    )
    .execute(&database.pool)
    .await
    .expect("a member");
    database
}

fn ingest(database: &Database, arguments: &[&str], crash: Option<&str>, raw: &[u8]) -> Output {
    let mut command = database.command(&[&["mail", "ingest"], arguments].concat());
    if let Some(point) = crash {
        command.env("PARTNERDESK_CRASH_AT", point);
    }
    let mut child = command.stdin(Stdio::piped()).spawn().expect("partnerdesk");
    // A process that dies early does not read to the end.
    let _ = child.stdin.take().expect("stdin").write_all(raw);
    child.wait_with_output().expect("partnerdesk")
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

async fn count(database: &Database, from: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {from}"));
    sqlx::query_scalar(sql).fetch_one(&database.pool).await.expect("count")
}

#[tokio::test]
async fn it_prints_what_each_message_became() {
    let database = house().await;
    let json = |output: &Output| serde_json::from_str::<Value>(&said(output)).expect("JSON");
    let first = json(&ingest(&database, &["--json"], None, MAIL.as_bytes()));
    assert_eq!((first["mail"].as_i64(), first["became"].as_str()), (Some(1), Some("message")), "{first}");
    assert!(first["case"].is_i64() && first["message"].is_i64(), "{first}");
    let again = json(&ingest(&database, &["--json"], None, MAIL.as_bytes()));
    assert_eq!(again, serde_json::json!({ "mail": 1, "became": "duplicate", "of": 1 }));
    let stranger = json(&ingest(&database, &["--json"], None, b"From: s@example.net\r\n\r\nHello"));
    assert_eq!(stranger, serde_json::json!({ "mail": 2, "became": "quarantine", "reason": "stranger" }));
    // Several files, in their order; and words for people.
    let folder = tempfile::tempdir().expect("folder");
    let file = |name: &str, raw: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, raw).expect("file");
        path.to_string_lossy().into_owned()
    };
    let (one, two) = (file("1.eml", b"\0\0"), file("2.eml", MAIL.as_bytes()));
    let words = said(&ingest(&database, &[&one, &two], None, b""));
    assert_eq!(words, "quarantine, mail 3: broken\nduplicate of mail 1\n");
    let missing = ingest(&database, &["/nowhere.eml"], None, b"");
    assert_eq!(missing.status.code(), Some(1));
    assert!(missing.stdout.is_empty() && String::from_utf8_lossy(&missing.stderr).contains("/nowhere.eml"));
}

#[tokio::test]
async fn a_process_that_dies_loses_nothing_and_does_nothing_twice() {
    let database = house().await;
    for (number, point) in ["mail.kept", "mail.read", "mail.placed"].into_iter().enumerate() {
        let raw = MAIL.replace("<1@x>", &format!("<{number}@x>"));
        let killed = ingest(&database, &[], Some(point), raw.as_bytes());
        assert!(!killed.status.success(), "{point}");
        assert_eq!(count(&database, "mail_in").await, number as i64 + 1, "{point}: what was read is stored");
        let waits = count(&database, "mail_in WHERE state = 'received'").await;
        assert_eq!(waits, i64::from(point != "mail.placed"), "{point}");
        // The mail server, that heard of no success, brings it again.
        assert!(said(&ingest(&database, &[], None, raw.as_bytes())).starts_with("duplicate of mail"), "{point}");
        assert_eq!(count(&database, "mail_in").await, number as i64 + 1, "{point}");
        assert_eq!(count(&database, "message").await, number as i64 + 1, "{point}");
    }
    // Or it does not: then a server takes it up.
    let raw = MAIL.replace("<1@x>", "<9@x>");
    ingest(&database, &[], Some("mail.kept"), raw.as_bytes());
    assert_eq!(count(&database, "mail_in WHERE state = 'received'").await, 1);
    let _server = database.serve(&[]);
    for _ in 0..200 {
        if count(&database, "mail_in WHERE state = 'received'").await == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(count(&database, "message").await, 4);
    assert_eq!(count(&database, "mail_in WHERE state = 'case'").await, 4);
    database.ok(&["audit", "verify"]);
}

#[tokio::test]
async fn a_file_in_a_message_is_saved_and_runs_nowhere() {
    let database = house().await;
    said(&ingest(&database, &[], None, MAIL.as_bytes()));
    // The day of a session: SHA-256 of 64 times "a".
    sqlx::raw_sql(
        "INSERT INTO session (token_hash, person_id, partner_id, created_at, expires_at)
         SELECT sha256(convert_to(repeat('a', 64), 'UTF8')), m.person_id, m.partner_id, now(), now() + interval '1 day' FROM partner_member m",
    )
    .execute(&database.pool)
    .await
    .expect("session");
    let server = database.serve(&[]);
    let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().new_agent();
    let cookie = format!("__Host-session={}", "a".repeat(64));
    let file: i64 =
        sqlx::query_scalar("SELECT attachment_id FROM attachment").fetch_one(&database.pool).await.expect("file");
    let mut given = agent.get(server.url(&format!("/files/{file}"))).header("cookie", &cookie).call().expect("answer");
    assert_eq!(given.status(), 200);
    let header =
        |name: &str| given.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    assert_eq!(header("content-type"), "application/octet-stream");
    assert_eq!(header("content-disposition"), "attachment; filename=\"a__.html\"; filename*=UTF-8''a%20%C3%BC.html");
    assert_eq!(header("content-security-policy"), "sandbox; default-src 'none'");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(given.body_mut().read_to_string().expect("text"), "<script>alert(1)</script>");
    // What is harmful or not scanned yet stays here; nobody else's can be had at all.
    let status = |path: String| agent.get(server.url(&path)).header("cookie", &cookie).call().expect("answer").status();
    assert_eq!(status("/mails/1/original".into()), 403);
    assert_eq!(status(format!("/files/{}", file + 1)), 404);
    sqlx::raw_sql("ALTER TABLE attachment DISABLE TRIGGER attachment_finding_stays; UPDATE attachment SET scan = 'infected', finding = 'X', scanned_at = now()")
        .execute(&database.pool)
        .await
        .expect("infected");
    assert_eq!(status(format!("/files/{file}")), 403);
    let mut page = agent
        .get(server.url(&format!("/disputes/{}", one_case(&database).await)))
        .header("cookie", &cookie)
        .call()
        .expect("answer");
    let html = page.body_mut().read_to_string().expect("text");
    assert!(html.contains("harmful: X") && !html.contains("<script>alert(1)"), "{html}");
}

async fn one_case(database: &Database) -> i64 {
    sqlx::query_scalar("SELECT case_id FROM support_case").fetch_one(&database.pool).await.expect("case")
}
