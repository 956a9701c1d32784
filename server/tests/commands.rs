//! The commands are a contract: names, what goes to standard output, exit status 0 done, 1 failed, 2 wrong usage.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io::Write;
use std::process::Output;
use support::Database;

const PASSWORD: &str = "correct horse battery\n";
const HEADER: &str = "event_id,event,order_id,partner,offer,occurred_at,amount,currency,reason\n";
const ROWS: &str = "S1,sale,1,P1,uk,2011-03-01T08:00:00Z,100.00,GBP,\nS2,sale,2,P2,uk,2011-03-01T08:00:00Z,50.00,GBP,\n\
                    R1,refund,1,P1,uk,2011-04-20T08:00:00Z,25.00,GBP,returned\nbad,sale,3,P1,uk,yesterday,1,GBP,\n";

/// A programme with an offer, and nobody in it.
async fn shop() -> Database {
    let database = Database::fresh().await;
    database.ok(&["programme", "create", "giftware", "--currency", "GBP"]);
    database.ok(&["offer", "create", "giftware", "uk"]);
    database
}

/// Failed with status 1: nothing on standard output, the reason on standard error.
fn failed(output: &Output, why: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty(), "data where there is none: {}", String::from_utf8_lossy(&output.stdout));
    assert!(said.starts_with("partnerdesk: ") && said.contains(why), "{said}");
}

fn written(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

#[tokio::test]
async fn from_nothing_to_balances() {
    let database = Database::fresh().await;
    assert_eq!(database.ok(&["migrate"]), "");
    let owner = database.run_with(&["owner", "create", "Olga@Example.org", "--name", "Olga Orr"], PASSWORD);
    assert_eq!(written(&owner), "Olga@Example.org\n");
    let made =
        ["programme", "create", "giftware", "--currency", "GBP", "--rate", "8", "--minimum", "50", "--hold-days", "30"];
    assert_eq!(database.ok(&made), "giftware\n");
    assert_eq!(database.ok(&["offer", "create", "giftware", "uk", "--rate", "10", "--revenue", "25"]), "uk\n");
    let link = database.ok(&["partner", "invite", "giftware", "P1", "pia@example.org", "--name", "Pia Page"]);
    assert!(link.starts_with("http://localhost:3000/join/") && link.trim().len() > 60, "{link}");

    let imported = database.run_with(
        &["import", "conversions", "-", "--programme", "giftware", "--create-partners"],
        &format!("{HEADER}{ROWS}"),
    );
    assert_eq!(written(&imported), "{\"rows\":4,\"accepted\":3,\"duplicates\":0,\"rejected\":1}\n");
    assert_eq!(
        database.ok(&["ledger", "balances"]),
        "partner,currency,pending,payable,ring_fenced,in_payout,paid\nP1,GBP,7.50,0.00,0.00,0.00,0.00\nP2,GBP,5.00,0.00,0.00,0.00,0.00\n"
    );
    assert_eq!(database.ok(&["commissions", "release", "--as-of", "2011-03-31"]), "2 commissions became payable\n");
    let as_of = database.ok(&["ledger", "balances", "--as-of", "2011-04-19"]);
    assert_eq!(as_of.lines().nth(1), Some("P1,GBP,0.00,10.00,0.00,0.00,0.00"));
    let now = database.ok(&["ledger", "balances", "--format", "json"]);
    assert!(
        now.starts_with("[{\"partner\":\"P1\",\"currency\":\"GBP\",\"pending\":\"0.00\",\"payable\":\"7.50\""),
        "{now}"
    );
    assert!(database.ok(&["ledger", "verify"]).contains("everything adds up"));
    assert!(database.ok(&["audit", "verify"]).contains(" sealed"));
}

#[tokio::test]
async fn results_as_json_where_asked() {
    let database = Database::fresh().await;
    let json = |text: String| serde_json::from_str::<serde_json::Value>(&text).expect("JSON");
    let owner = database.run_with(&["--json", "owner", "create", "o@example.org", "--name", "Olga Orr"], PASSWORD);
    assert_eq!(json(written(&owner))["email"], "o@example.org");
    assert_eq!(
        json(database.ok(&["programme", "create", "giftware", "--currency", "GBP", "--json"]))["programme"],
        "giftware"
    );
    assert_eq!(json(database.ok(&["--json", "offer", "create", "giftware", "uk"]))["offer"], "uk");
    let invited = json(database.ok(&["--json", "partner", "invite", "giftware", "P1", "p@example.org"]));
    assert!(invited["link"].as_str().is_some_and(|link| link.contains("/join/")));
    assert_eq!(json(database.ok(&["--json", "commissions", "release"]))["commissions"], 0);
    assert_eq!(json(database.ok(&["--json", "ledger", "balances"]))[0]["partner"], "P1");
    assert_eq!(json(database.ok(&["--json", "ledger", "verify"]))["differences"], serde_json::json!([]));
    assert!(json(database.ok(&["--json", "audit", "verify"]))["sealed"].as_i64().is_some_and(|sealed| sealed > 0));
}

#[tokio::test]
async fn staff_have_names_and_one_account_each() {
    let database = Database::fresh().await;
    let create = |email: &str, name: &str, password: &str| {
        database.run_with(&["owner", "create", email, "--name", name], password)
    };
    for name in ["Support", "Support unit 1", "Agent 007", "admin", "Soporte", "12", "Anna2"] {
        failed(&create("o@example.org", name, PASSWORD), "is not a person's name");
    }
    failed(&create("nobody", "Olga Orr", PASSWORD), "not an e-mail address");
    failed(&create("o@example.org", "Olga Orr", "short\n"), "at least 12 characters");
    failed(&create("o@example.org", "Olga Orr", ""), "at least 12 characters");
    written(&create("o@example.org", "Olga Orr", PASSWORD));
    failed(&create("o@example.org", "Olga Orr", PASSWORD), "o@example.org has an account already");
    failed(&create("O@EXAMPLE.ORG", "Otto Orr", PASSWORD), "o@example.org has an account already");
    let staff: i64 = sqlx::query_scalar("SELECT count(*) FROM staff").fetch_one(&database.pool).await.expect("count");
    assert_eq!(staff, 1);
}

#[tokio::test]
async fn what_does_not_fit_fails_and_changes_nothing() {
    let database = shop().await;
    let lines = "SELECT (SELECT count(*) FROM programme) + (SELECT count(*) FROM offer) + (SELECT count(*) FROM audit)
                      + (SELECT count(*) FROM partner) + (SELECT count(*) FROM terms_version)";
    let count = || async { sqlx::query_scalar::<_, i64>(lines).fetch_one(&database.pool).await.expect("count") };
    let before = count().await;
    for (arguments, why) in [
        (vec!["programme", "create", "giftware", "--currency", "GBP"], "there is a programme giftware already"),
        (vec!["programme", "create", "other", "--currency", "gbp"], "ISO 4217"),
        (vec!["programme", "create", "other", "--currency", "XXX"], "no such currency: XXX"),
        (vec!["programme", "create", "o ther", "--currency", "GBP"], "a code is made of"),
        (vec!["programme", "create", "other", "--currency", "GBP", "--rate", "101"], "a rate is between 0 and 100"),
        (vec!["programme", "create", "other", "--currency", "GBP", "--time-zone", "Mars"], "no such time zone: Mars"),
        (vec!["offer", "create", "giftware", "uk"], "there is an offer uk already"),
        (vec!["offer", "create", "nowhere", "uk"], "there is no programme nowhere"),
        (vec!["offer", "create", "giftware", "eu", "--revenue", "101"], "--revenue is in percent"),
        (vec!["partner", "invite", "nowhere", "P1", "p@example.org"], "there is no programme nowhere"),
        (vec!["partner", "invite", "giftware", "P1", "nobody"], "not an e-mail address"),
        (vec!["partner", "invite", "giftware", "P 1", "p@example.org"], "a code is made of"),
        (vec!["import", "conversions", "-", "--programme", "nowhere"], "there is no programme nowhere"),
        (vec!["import", "conversions", "/nowhere.csv", "--programme", "giftware"], "/nowhere.csv: "),
        (vec!["import", "conversions", "-", "--programme", "giftware"], "the first line has to name the columns"),
    ] {
        failed(&database.run(&arguments), why);
    }
    assert_eq!(count().await, before);
}

#[tokio::test]
async fn wrong_usage_is_status_two() {
    let database = Database::fresh().await;
    for arguments in [
        vec![],
        vec!["nonsense"],
        vec!["owner", "create", "o@example.org"],
        vec!["programme", "create", "giftware"],
        vec!["programme", "create", "giftware", "--currency", "GBP", "--hold-days", "soon"],
        vec!["offer", "create", "giftware", "uk", "--rate", "1", "--fixed", "2"],
        vec!["import", "conversions", "file.csv"],
        vec!["ledger", "balances", "--as-of", "yesterday"],
        vec!["ledger", "balances", "--as-of", "2011-03-01T12:00:00"],
        vec!["ledger", "balances", "--format", "xml"],
        vec!["ledger", "balances", "--now", "noon"],
    ] {
        let output = database.run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
    let help = database.run(&["--help"]);
    assert!(written(&help).contains("Exit status: 0 done, 1 failed, 2 wrong usage"));
    assert!(written(&database.run(&["--version"])).starts_with("partnerdesk "));
}

#[tokio::test]
async fn the_clock_is_real_in_production() {
    let database = Database::fresh().await;
    let made = ["programme", "create", "giftware", "--currency", "GBP", "--now", "2011-01-01T00:00:00Z"];
    failed(&database.run(&[&made[..], &["--environment", "production"]].concat()), "--now is refused in production");
    database.ok(&made);
    let at: String =
        sqlx::query_scalar("SELECT created_at::text FROM programme").fetch_one(&database.pool).await.expect("time");
    assert_eq!(at, "2011-01-01 00:00:00+00");
    database.ok(&["--environment", "production", "ledger", "verify"]);
}

#[tokio::test]
async fn files_come_plain_or_compressed_and_their_rejects_go_to_a_file() {
    let database = shop().await;
    let folder = tempfile::tempdir().expect("folder");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let file = format!("{HEADER}{ROWS}");
    std::fs::write(path("rows.csv"), &file).expect("file");
    // Two members of one archive, as `cat a.gz b.gz` makes them.
    let halves = file.split_at(file.find("R1,").expect("R1"));
    let mut packed = Vec::new();
    for half in [halves.0, halves.1] {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(half.as_bytes()).expect("packed");
        packed.extend(gzip.finish().expect("packed"));
    }
    std::fs::write(path("rows.csv.gz"), &packed).expect("file");

    let import = |name: &str, more: &[&str]| {
        let (file, rejects) = (path(name), path("rejects.csv"));
        let usual =
            ["import", "conversions", &file, "--programme", "giftware", "--create-partners", "--rejects", &rejects];
        database.run(&[&usual[..], more].concat())
    };
    let first = "{\"rows\":4,\"accepted\":3,\"duplicates\":0,\"rejected\":1}\n";
    assert_eq!(written(&import("rows.csv.gz", &["--dry-run"])), first);
    assert_eq!(database.ok(&["ledger", "balances"]), "partner,currency,pending,payable,ring_fenced,in_payout,paid\n");
    assert_eq!(written(&import("rows.csv.gz", &[])), first);
    let rejects = std::fs::read_to_string(path("rejects.csv")).expect("rejects");
    assert_eq!(
        rejects,
        "line,column,reason,row\n5,occurred_at,\"not a date and time with zone, like 2010-12-01T08:26:00Z\",\"bad,sale,3,P1,uk,yesterday,1,GBP,\"\n"
    );
    assert_eq!(written(&import("rows.csv", &[])), "{\"rows\":4,\"accepted\":0,\"duplicates\":3,\"rejected\":1}\n");

    // Half an archive is no file.
    std::fs::write(path("half.csv.gz"), &packed[..packed.len() - 20]).expect("file");
    failed(&import("half.csv.gz", &[]), "the file can't be read");
    let imports: i64 =
        sqlx::query_scalar("SELECT count(*) FROM import").fetch_one(&database.pool).await.expect("count");
    assert_eq!(imports, 2);
}

#[tokio::test]
async fn what_does_not_add_up_is_told_and_fails() {
    let database = shop().await;
    let imported = database.run_with(
        &["import", "conversions", "-", "--programme", "giftware", "--create-partners"],
        &format!("{HEADER}{ROWS}"),
    );
    written(&imported);
    let sql = "UPDATE account SET balance = balance + 0.01 WHERE kind = 'pending' AND holder_id <> 0";
    sqlx::query(sql).execute(&database.pool).await.expect("tampered");
    let output = database.run(&["ledger", "verify"]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("GBP/pending: kept 6.01, adds up to 6.00"), "{told}");
    assert!(told.contains("3 differences"), "two accounts, and all together: {told}");

    sqlx::raw_sql(
        "ALTER TABLE audit DISABLE TRIGGER audit_append_only; UPDATE audit SET after = NULL WHERE audit_id = 2",
    )
    .execute(&database.pool)
    .await
    .expect("tampered");
    let output = database.run(&["audit", "verify"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains('2'), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_database_that_is_not_there_is_a_failure() {
    let database = Database::fresh().await;
    let began = std::time::Instant::now();
    let output = database
        .command(&["ledger", "balances"])
        .env("DATABASE_URL", "postgres://localhost:1/none")
        .output()
        .expect("run");
    failed(&output, "refused");
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}
