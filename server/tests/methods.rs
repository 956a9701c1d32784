//! Payout methods from the command line: set one by one or from a file, encrypted with one key and no other.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;
use support::Database;

const IBAN: &str = "ES9121000418450200051332";
const HEADER: &str = "partner,kind,holder,iban,bic,sort_code,account,email\n";

/// A programme with the partners P1 to P4; none has a method.
async fn shop() -> Database {
    let database = Database::fresh().await;
    database.ok(&["programme", "create", "giftware", "--currency", "GBP"]);
    for partner in ["P1", "P2", "P3", "P4"] {
        database.ok(&["partner", "invite", "giftware", partner, "new@example.org"]);
    }
    database
}

fn set<'a>(partner: &'a str, account: &[&'a str]) -> Vec<&'a str> {
    [&["partner", "method", "giftware", partner, "--holder", "Ana Ruiz"], account].concat()
}

fn refused(output: &Output, why: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("partnerdesk: ") && said.contains(why), "{said}");
    assert!(output.stdout.is_empty());
}

async fn methods(database: &Database) -> Vec<(String, String, String, bool, bool)> {
    sqlx::query_as(
        "SELECT p.code, m.kind, m.masked, m.ended_at IS NULL, m.usable_from > m.added_at FROM payout_method m
         JOIN partner p USING (partner_id) ORDER BY m.payout_method_id",
    )
    .fetch_all(&database.pool)
    .await
    .expect("methods")
}

#[tokio::test]
async fn one_by_one() {
    let database = shop().await;
    assert_eq!(
        database.ok(&set("P1", &["--iban", "ES91 2100 0418 4502 0005 1332", "--bic", "CAIXESBB"])),
        "P1 iban ES•• •••• 1332\n"
    );
    assert_eq!(
        database.ok(&set("P2", &["--sort-code", "60-16-13", "--account", "31926819"])),
        "P2 sort_code •••••819\n"
    );
    assert_eq!(database.ok(&set("P3", &["--paypal", "cleo@example.org"])), "P3 paypal c…@example.org\n");
    let json: serde_json::Value =
        serde_json::from_str(&database.ok(&[vec!["--json"], set("P4", &["--wise", "dan@example.org"])].concat()))
            .expect("JSON");
    assert_eq!((&json["masked"], &json["report"]["set"]), (&"d…@example.org".into(), &1.into()));
    // The same again changes nothing; another one waits.
    database.ok(&set("P1", &["--iban", IBAN, "--bic", "CAIXESBB"]));
    database.ok(&set("P1", &["--wise", "ana@example.org"]));
    let all = methods(&database).await;
    let row =
        |code: &str, kind: &str, masked: &str, live, waits| (code.into(), kind.into(), masked.into(), live, waits);
    assert_eq!(all.len(), 5);
    assert_eq!(all[0], row("P1", "iban", "ES•• •••• 1332", false, false));
    assert_eq!(all[4], row("P1", "wise", "a…@example.org", true, true));
    let recorded: i64 =
        sqlx::query_scalar("SELECT count(*) FROM audit WHERE action = 'payout_method.set' AND actor_kind = 'command'")
            .fetch_one(&database.pool)
            .await
            .expect("audit");
    assert_eq!(recorded, 5);

    for (arguments, why) in [
        (set("P9", &["--iban", IBAN]), "there is no such partner"),
        (set("P2", &["--iban", "ES9121000418450200051333"]), "--iban: not an IBAN"),
        (set("P2", &["--iban", "TR330006100519786457841326"]), "--iban: euro payments (SEPA) don't reach this country"),
        (set("P2", &["--iban", IBAN, "--bic", "CAIX"]), "--bic: a BIC has"),
        (
            set("P2", &["--sort-code", "60-16", "--account", "319"]),
            "--sort-code: a sort code has six digits, like 12-34-56; --account",
        ),
        (
            set("P2", &["--paypal", "CLEO@example.org"]),
            "--paypal: this account already receives the payouts of another",
        ),
        // A British account is one, also by its IBAN.
        (set("P3", &["--iban", "GB29NWBK60161331926819"]), "--iban: this account already receives"),
    ] {
        refused(&database.run(&arguments), why);
    }
    for arguments in [
        set("P1", &[]),
        set("P1", &["--paypal", "a@example.org", "--wise", "a@example.org"]),
        set("P1", &["--sort-code", "60-16-13"]),
        set("P1", &["--paypal", "a@example.org", "--bic", "CAIXESBB"]),
        vec!["partner", "method", "giftware", "P1", "--iban", IBAN],
    ] {
        assert_eq!(database.run(&arguments).status.code(), Some(2), "{arguments:?}");
    }
    assert_eq!(methods(&database).await, all);
}

#[tokio::test]
async fn from_a_file_all_or_none() {
    let database = shop().await;
    let many = |rows: &str| database.run_with(&["partner", "methods", "giftware", "-"], &format!("{HEADER}{rows}"));
    let taken = many(&format!("P1,iban,Ana,{IBAN},,,,\nP2,sort_code,Bob,,,60-16-13,31926819,\n"));
    assert_eq!(String::from_utf8_lossy(&taken.stdout), "{\"rows\":2,\"set\":2,\"changed\":0,\"unchanged\":0}\n");
    let before = methods(&database).await;

    for (rows, why) in [
        (
            "P3,paypal,Cleo,,,,,cleo@example.org\nP9,wise,Dan,,,,,dan@example.org\n",
            "line 3, partner: there is no such partner",
        ),
        (
            "P3,paypal,Cleo,,,,,c@example.org\nP3,wise,Cleo,,,,,d@example.org\n",
            "line 3, partner: this partner stood on line 2",
        ),
        (
            "P3,paypal,Cleo,,,,,c@example.org\nP4,wise,Dan,,,,,C@example.org\n",
            "line 3, email: the same account as on line 2",
        ),
        ("P3,iban,Cleo,GB29NWBK60161331926819,,,,\n", "line 2, iban: this account already receives"),
        (
            "P3,iban,Cleo,ES9121000418450200051333,,,,\nP4,paypal,,,,,,x\n",
            "line 3, holder: the account holder's name is missing",
        ),
    ] {
        let output = many(rows);
        refused(&output, why);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains("nothing was changed") && !said.contains("31926819") && !said.contains("example.org"),
            "{said}"
        );
    }
    assert_eq!(methods(&database).await, before);

    // Two may exchange their accounts in one file; the same file twice changes nothing.
    let exchanged = format!("P1,sort_code,Ana,,,60-16-13,31926819,\nP2,iban,Bob,{IBAN},CAIXESBB,,,\n");
    assert_eq!(
        String::from_utf8_lossy(&many(&exchanged).stdout),
        "{\"rows\":2,\"set\":2,\"changed\":2,\"unchanged\":0}\n"
    );
    assert_eq!(
        String::from_utf8_lossy(&many(&exchanged).stdout),
        "{\"rows\":2,\"set\":0,\"changed\":0,\"unchanged\":2}\n"
    );
    assert!(methods(&database).await[2..].iter().all(|(.., live, waits)| *live && *waits));
    let closed = sqlx::query("UPDATE partner SET status = 'closed' WHERE code = 'P4'").execute(&database.pool).await;
    assert!(closed.is_ok());
    refused(&many("P4,wise,Dan,,,,,dan@example.org\n"), "line 2, partner: this partner's account is closed");
}

#[tokio::test]
async fn another_key_does_not_start_anything() {
    let database = shop().await;
    let with_key =
        |key: &str| database.command(&["ledger", "balances"]).env("PARTNERDESK_SECRET_KEY", key).output().expect("run");
    assert!(with_key(&"07".repeat(32)).status.success());
    refused(&with_key(&"08".repeat(32)), "this is not the key that the data was written with");
    refused(&with_key("07"), "PARTNERDESK_SECRET_KEY: a key is 64 hexadecimal digits");
    let keys: i64 =
        sqlx::query_scalar("SELECT count(*) FROM secret_key").fetch_one(&database.pool).await.expect("keys");
    assert_eq!(keys, 1);

    // Without a key none is made up for data that has one.
    let folder = tempfile::tempdir().expect("folder");
    let without = |arguments: &[&str]| {
        let mut command = database.command(arguments);
        command.env_remove("PARTNERDESK_SECRET_KEY").arg("--data-dir").arg(folder.path()).output().expect("run")
    };
    refused(
        &without(&["ledger", "balances"]),
        "the key that this database was written with is not here: set PARTNERDESK_SECRET_KEY",
    );
    let file = folder.path().join("secret.key");
    assert!(!file.exists());
    std::fs::write(&file, format!("{}\n", "07".repeat(32))).expect("key");
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("mode");
    assert!(without(&["ledger", "balances"]).status.success());
}

#[tokio::test]
async fn the_first_start_makes_a_key_and_two_at_once_agree() {
    let database = Database::fresh().await;
    let folder = tempfile::tempdir().expect("folder");
    let start = || {
        let mut command = database.command(&["audit", "verify"]);
        command.env_remove("PARTNERDESK_SECRET_KEY").arg("--data-dir").arg(folder.path()).spawn().expect("spawn")
    };
    // The schema first: what is tried is the key.
    database.ok_without_key(&["migrate"], folder.path());
    sqlx::raw_sql("ALTER TABLE secret_key DISABLE TRIGGER USER; DELETE FROM secret_key")
        .execute(&database.pool)
        .await
        .expect("no key");
    std::fs::remove_file(folder.path().join("secret.key")).expect("no key");
    let both = [start(), start()].map(|child| child.wait_with_output().expect("done"));
    for output in &both {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let mode = std::fs::metadata(folder.path().join("secret.key")).expect("key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
