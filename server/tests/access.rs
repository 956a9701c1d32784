//! Who may do what, on whose data: the committed table `access.txt` holds for every page and server function there
//! is, and every one is in it. After a change on purpose: `UPDATE_ACCESS=1 cargo nextest run -p server --test access`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use app::base::access::ROUTES;
use app::shell::App;
use std::collections::BTreeSet;
use std::fmt::Write;
use support::{Database, Server};

const ACTORS: [&str; 11] =
    ["anonymous", "partner", "other", "agent", "lead", "finance", "owner", "auditor", "disabled", "stale", "closed"];

#[tokio::test]
async fn every_route_is_in_the_table() {
    let listed: BTreeSet<(String, String)> =
        ROUTES.iter().map(|route| (route.method.to_owned(), route.path.to_owned())).collect();
    let mut served: BTreeSet<(String, String)> =
        leptos_axum::generate_route_list(App).iter().map(|route| ("GET".to_owned(), route.path().to_owned())).collect();
    served
        .extend(leptos::server_fn::axum::server_fn_paths().map(|(path, method)| (method.to_string(), path.to_owned())));
    // What the router serves beside pages and server functions.
    let files = [
        "/healthz",
        "/pkg/{rest}",
        "/favicon.svg",
        "/payouts/{payout}/statement.pdf",
        "/payouts/{payout}/statement.csv",
        "/payouts/{payout}/invoice.pdf",
        "/payouts/{payout}/credit-note.pdf",
        "/payouts/{payout}/sent-invoice.pdf",
        "/runs/{run}/payouts/{payout}/invoice.pdf",
        "/runs/{run}/payouts/{payout}/credit-note.pdf",
        "/runs/{run}/payouts/{payout}/sent-invoice.pdf",
        "/runs/files/{file}",
        "/books/hledger.journal",
        "/books/journal.beancount",
        "/files/{file}",
        "/live",
        "/live/since",
        "/enquiries/{enquiry}/claims.csv",
        "/mails/{mail}/original",
    ];
    for file in files {
        served.insert(("GET".to_owned(), file.to_owned()));
    }
    for upload in ["/do/read-answer", "/do/send-invoice", "/do/read-enquiry-answer"] {
        served.insert(("POST".to_owned(), upload.to_owned()));
    }
    let unlisted: Vec<_> = served.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&served).collect();
    assert!(unlisted.is_empty(), "answers, but is not in base::access::ROUTES: {unlisted:?}");
    assert!(gone.is_empty(), "is in base::access::ROUTES, but nothing answers: {gone:?}");
}

#[tokio::test]
async fn the_matrix_is_what_the_server_does() {
    let database = Database::fresh().await;
    let ids = seed(&database).await;
    let server = database.serve(&["--now", "2011-04-01T09:00:00Z"]);
    let mut matrix = format!("{:<52}", "");
    ACTORS.iter().for_each(|actor| write!(matrix, "{actor:<11}").expect("text"));
    matrix = format!("{}\n", matrix.trim_end());
    for route in ROUTES {
        // Signing out ends a session, so everybody comes in afresh for each row.
        open_sessions(&database).await;
        let mut line = format!("{:<5}{:<47}", route.method, route.path);
        for actor in ACTORS {
            let answer = ask(&server, route.method, &ids.fill(route.path), actor);
            write!(line, "{answer:<11}").expect("text");
        }
        writeln!(matrix, "{}", line.trim_end()).expect("text");
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/access.txt");
    if std::env::var_os("UPDATE_ACCESS").is_some() {
        std::fs::write(path, &matrix).expect("access.txt");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(matrix, committed, "the server does not do what tests/access.txt says");
}

struct Ids {
    conversion: i64,
    case: i64,
    proposal: i64,
    run: i64,
    payout: i64,
    invitation: String,
}

impl Ids {
    fn fill(&self, path: &str) -> String {
        path.replace("{conversion}", &self.conversion.to_string())
            .replace("{case}", &self.case.to_string())
            .replace("{proposal}", &self.proposal.to_string())
            .replace("{run}", &self.run.to_string())
            .replace("{payout}", &self.payout.to_string())
            // No file was made, no line waits, and no policy asks for invoices: whoever may look finds nothing.
            .replace("{file}", "1")
            .replace("{line}", "1")
            // Nor did a mail come in.
            .replace("{mail}", "1")
            .replace("{incident}", "1")
            .replace("{request}", "1")
            .replace("{grant}", "1")
            .replace("{correction}", "1")
            .replace("{practice}", "1")
            // Nor was anything written for help.
            .replace("{article}", "none")
            .replace("{macro}", "1")
            // Nor was an advertiser asked.
            .replace("{enquiry}", "1")
            .replace("{token}", &self.invitation)
            .replace("{kind}", "iban")
            .replace("{rest}", "none.css")
    }
}

/// What an actor gets: `in` where the request was let through, otherwise the status, or `sign-in` where it was led there.
fn ask(server: &Server, method: &str, path: &str, actor: &str) -> String {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().new_agent();
    let cookie = format!("__Host-session={}", token(actor));
    let response = if method == "GET" {
        agent.get(server.url(path)).header("cookie", cookie).call()
    } else {
        // An empty form: whoever is let through is told what is missing, and nothing is changed.
        agent
            .post(server.url(path))
            .header("cookie", cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .send("")
    };
    let response = response.expect("answer");
    let to_sign_in = response
        .headers()
        .get("location")
        .and_then(|to| to.to_str().ok())
        .is_some_and(|to| to.starts_with("/sign-in?back="));
    match response.status().as_u16() {
        303 if to_sign_in => "sign-in".into(),
        status @ (401 | 403) => status.to_string(),
        404 => "404".into(),
        // An empty form breaks many a server function; a page has no such excuse.
        status @ 500.. if method == "GET" => panic!("{path} fails with {status} for {actor}"),
        _ => "in".into(),
    }
}

/// A session's token is known to the test alone; the table has its hash.
fn token(actor: &str) -> String {
    app::sign_in::token::hash(actor).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("text");
        text
    })
}

async fn seed(database: &Database) -> Ids {
    database.ok(&["programme", "create", "giftware", "--currency", "GBP", "--minimum", "5"]);
    database.ok(&["offer", "create", "giftware", "uk"]);
    for (email, name, role) in [
        ("a@example.org", "Agnes Abel", "agent"),
        ("l@example.org", "Lena Lind", "lead"),
        ("f@example.org", "Finn Fox", "finance"),
        ("o@example.org", "Olga Orr", "owner"),
        ("u@example.org", "Ulla Ude", "auditor"),
        ("d@example.org", "Dora Dell", "agent"),
    ] {
        let made =
            database.run_with(&["staff", "create", email, "--name", name, "--role", role], "correct horse battery\n");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    let rows = "event_id,event,order_id,partner,offer,occurred_at,amount,currency,reason\nS1,sale,1,P1,uk,2011-03-01T08:00:00Z,100.00,GBP,\n";
    let imported =
        database.run_with(&["import", "conversions", "-", "--programme", "giftware", "--create-partners"], rows);
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    let link = database.ok(&["partner", "invite", "giftware", "P2", "new@example.org"]);
    database.ok(&["commissions", "release", "--as-of", "2011-04-01"]);
    database.ok(&["partner", "method", "giftware", "P1", "--holder", "Pia Page", "--paypal", "pia@example.org"]);
    let build = [
        "payouts",
        "build",
        "--programme",
        "giftware",
        "--cutoff",
        "2011-03-31",
        "--partner",
        "P1",
        "--reason",
        "Test",
    ];
    database.ok(&[&build[..], &["--now", "2027-01-01T00:00:00Z"]].concat());
    sqlx::raw_sql(include_str!("access.sql")).execute(&database.pool).await.expect("seed");
    let one = |sql: &'static str| async move {
        sqlx::query_scalar::<_, i64>(sql).fetch_one(&database.pool).await.expect("id")
    };
    Ids {
        conversion: one("SELECT conversion_id FROM conversion").await,
        case: one("SELECT case_id FROM support_case").await,
        proposal: one("SELECT max(proposal_id) FROM proposal").await,
        run: one("SELECT payout_run_id FROM payout_run").await,
        payout: one("SELECT payout_id FROM payout").await,
        invitation: link.trim().rsplit('/').next().expect("token").to_owned(),
    }
}

async fn open_sessions(database: &Database) {
    for actor in ACTORS.iter().filter(|actor| **actor != "anonymous") {
        let (who, until) = match *actor {
            "partner" | "other" | "closed" => (format!("{actor}@example.org"), "2011-05-01"),
            "stale" => ("partner@example.org".to_owned(), "2011-03-31"),
            "disabled" => ("d@example.org".to_owned(), "2011-05-01"),
            "auditor" => ("u@example.org".to_owned(), "2011-05-01"),
            staff => (format!("{}@example.org", &staff[..1]), "2011-05-01"),
        };
        sqlx::query(
            "INSERT INTO session (token_hash, person_id, partner_id, created_at, expires_at)
             SELECT $1, person_id, (SELECT partner_id FROM partner_member m WHERE m.person_id = p.person_id), '2011-03-01', $3::timestamptz
             FROM person p WHERE email = $2 ON CONFLICT DO NOTHING",
        )
        .bind(app::sign_in::token::hash(&token(actor)))
        .bind(who)
        .bind(format!("{until}T00:00:00Z").parse::<chrono::DateTime<chrono::Utc>>().expect("time"))
        .execute(&database.pool)
        .await
        .expect("session");
    }
}
