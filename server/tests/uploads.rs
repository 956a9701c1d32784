//! Files sent with a form, as a browser sends them, through every layer of the real server.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use std::fmt::Write as _;
use support::{Database, Server};

const SEED: &str = "
    INSERT INTO person (email, name, created_at) VALUES ('pia@example.org', 'Pia Page', '2011-03-01');
    INSERT INTO partner_member (partner_id, person_id, since) SELECT a.partner_id, p.person_id, '2011-03-01' FROM partner a, person p
        WHERE a.code = 'P1' AND p.email = 'pia@example.org';
    INSERT INTO support_case (programme_id, partner_id, kind, subject, opened_by, opened_at, next_update_at)
        SELECT a.programme_id, a.partner_id, 'other', 'A question', m.person_id, '2011-03-02', '2011-03-03'
        FROM partner a JOIN partner_member m USING (partner_id);
    INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key)
        SELECT partner_id, case_id, 'partner', opened_by, 'Pia Page', 'Hello', opened_at, gen_random_uuid() FROM support_case;";

/// A part of a form: its name, a file's name where it is one, and its bytes.
type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

const BOUNDARY: &str = "----partnerdesktests";

fn multipart(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, bytes) in parts {
        let mut head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"");
        if let Some(file) = file {
            write!(head, "; filename=\"{file}\"\r\nContent-Type: image/png").expect("text");
        }
        body.extend(format!("{head}\r\n\r\n").as_bytes());
        body.extend_from_slice(bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

fn post(server: &Server, path: &str, token: &str, parts: &[Part<'_>]) -> (u16, String) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().new_agent();
    let response = agent
        .post(server.url(path))
        .header("cookie", format!("__Host-session={token}"))
        .header("accept", "text/html")
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .send(multipart(parts))
        .expect("answer");
    let to = response.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned();
    (response.status().as_u16(), to)
}

#[tokio::test]
async fn a_form_with_files_is_the_same_form() {
    let database = Database::fresh().await;
    database.ok(&["programme", "create", "giftware", "--currency", "GBP"]);
    database.ok(&["partner", "invite", "giftware", "P1", "new@example.org"]);
    sqlx::raw_sql(SEED).execute(&database.pool).await.expect("seed");
    let token = "ab".repeat(32);
    sqlx::query(
        "INSERT INTO session (token_hash, person_id, partner_id, created_at, expires_at)
         SELECT $1, m.person_id, m.partner_id, '2011-03-01', '2011-05-01' FROM partner_member m",
    )
    .bind(app::sign_in::token::hash(&token))
    .execute(&database.pool)
    .await
    .expect("session");
    let server = database.serve(&["--now", "2011-04-01T09:00:00Z"]);
    let (case, seen): (i64, i64) =
        sqlx::query_as("SELECT case_id, message_id FROM message").fetch_one(&database.pool).await.expect("case");
    let (case, seen) = (case.to_string(), seen.to_string());
    let key = |nth: u32| format!("00000000-0000-0000-0000-0000000000{nth:02}");
    let png: &[u8] = b"\x89PNG\r\n\x1a\nand the rest";
    let text = |name: &'static str, value: &'static str| -> Part<'static> { (name, None, value.as_bytes()) };
    let form = |key: &str, files: &[Part<'_>]| {
        let fields: [Part<'_>; 4] = [
            ("case", None, case.as_bytes()),
            ("seen", None, seen.as_bytes()),
            ("form_key", None, key.as_bytes()),
            text("body", "Aquí está & más"),
        ];
        let all: Vec<Part<'_>> = fields.into_iter().chain(files.iter().copied()).collect();
        post(&server, "/do/answer-dispute", &token, &all)
    };
    // A file that is too large: back to the form, with the text kept, and nothing sent.
    let large = vec![7_u8; 10 * 1024 * 1024 + 1];
    let (status, to) = form(&key(1), &[("files", Some("film.mp4"), &large)]);
    assert!(status == 302 || status == 303, "{status}");
    assert!(to.starts_with(&format!("/disputes/{case}?form=")), "{to}");
    let six: Vec<Part<'_>> = (0..6).map(|_| ("files", Some("a.png"), png)).collect();
    assert!(form(&key(2), &six).1.contains("?form="));
    assert!(form(&key(3), &[("files", Some("empty.png"), b"")]).1.contains("?form="));
    let kept: Vec<String> =
        sqlx::query_scalar("SELECT fields ->> 'body' FROM form_draft").fetch_all(&database.pool).await.expect("drafts");
    assert_eq!(kept, ["Aquí está & más"; 3]);
    // None chosen, as browsers send that; then two.
    let (_, to) = form(&key(4), &[("files", Some(""), b"")]);
    assert_eq!(to, format!("/disputes/{case}?done=sent"));
    let seen: i64 =
        sqlx::query_scalar("SELECT max(message_id) FROM message").fetch_one(&database.pool).await.expect("message");
    let seen = seen.to_string();
    let two: [Part<'_>; 6] = [
        ("case", None, case.as_bytes()),
        ("seen", None, seen.as_bytes()),
        ("form_key", None, b"00000000-0000-0000-0000-000000000005"),
        text("body", "Two"),
        ("files", Some("../../pedido.png"), png),
        ("files", Some("evil.html"), b"<script>alert(1)</script>"),
    ];
    let (_, to) = post(&server, "/do/answer-dispute", &token, &two);
    assert_eq!(to, format!("/disputes/{case}?done=sent"));
    let files: Vec<(String, String)> = sqlx::query_as("SELECT name, kind FROM attachment ORDER BY attachment_id")
        .fetch_all(&database.pool)
        .await
        .expect("files");
    assert_eq!(files, [("pedido.png".into(), "image/png".into()), ("evil.html".into(), "text/html".into())]);
    // Whoever is not signed in, or comes from another site, sends nothing.
    assert_eq!(post(&server, "/do/answer-dispute", "nobody", &two).0, 401);
    // Once they are scanned, they are downloads that run nowhere.
    for _ in 0..100 {
        let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM attachment WHERE scan = 'waiting'")
            .fetch_one(&database.pool)
            .await
            .expect("scan");
        if waiting == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let id: i64 = sqlx::query_scalar("SELECT attachment_id FROM attachment WHERE name = 'evil.html'")
        .fetch_one(&database.pool)
        .await
        .expect("file");
    let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().new_agent();
    let given = agent
        .get(server.url(&format!("/files/{id}")))
        .header("cookie", format!("__Host-session={token}"))
        .call()
        .expect("file");
    let header =
        |name: &str| given.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    assert_eq!(given.status().as_u16(), 200);
    assert_eq!(header("content-type"), "application/octet-stream");
    assert!(
        header("content-disposition").starts_with("attachment;")
            && header("content-security-policy").contains("sandbox")
    );
}
