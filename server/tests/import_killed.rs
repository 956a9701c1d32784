//! An import that is killed at any moment leaves nothing behind; run again, it ends as if nothing had happened.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use support::Database;

const KILLS: u32 = 20;
const ORDERS: u64 = 15_000;

/// Numbers that look random and are the same in every run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut roll = self.0;
        roll = (roll ^ (roll >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        roll = (roll ^ (roll >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (roll ^ (roll >> 31)) % end
    }
}

/// About 20 000 rows: sales of 200 partners, every fourth partly refunded, some rejected or approved.
fn file(dice: &mut Dice) -> String {
    let mut rows = String::from("event_id,event,order_id,partner,offer,occurred_at,amount,currency,reason\n");
    for order in 0..ORDERS {
        let (partner, pence, day) = (dice.below(200), 100 + dice.below(50_000), 1 + dice.below(28));
        let mut row = |event: &str, month: u64, amount: String| {
            writeln!(
                rows,
                "{event}{order},{event},{order},P{partner},uk,2011-{month:02}-{day:02}T08:00:00Z,{amount},GBP,"
            )
            .expect("text");
        };
        let pounds = |pence: u64| format!("{}.{:02}", pence / 100, pence % 100);
        row("sale", 1 + order % 4, pounds(pence));
        match order % 12 {
            0 | 4 | 8 => row("refund", 5, pounds(1 + pence * 3 / 7)),
            1 => row("reject", 5, String::new()),
            2 => row("approve", 5, String::new()),
            _ => {}
        }
    }
    rows
}

/// Half a year of a real shop, a row for each line of an order: 148 179 events.
fn real_file() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/conversions-lines-2010-12_2011-05.csv.gz");
    path.exists().then_some(path)
}

fn import(database: &Database, path: &Path) -> std::process::Child {
    let path = path.to_string_lossy();
    let mut command = database.command(&[
        "import",
        "conversions",
        &path,
        "--programme",
        "giftware",
        "--create-partners",
        "--create-offers",
    ]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("import")
}

async fn count(database: &Database, table: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    sqlx::query_scalar(sql).fetch_one(&database.pool).await.expect("count")
}

/// Runs to its end, releases, and says what everybody has.
fn finish(database: &Database, path: &Path) -> (String, String) {
    assert!(import(database, path).wait().expect("wait").success());
    let imported = database.ok(&["ledger", "balances"]);
    database.ok(&["commissions", "release", "--as-of", "2011-04-15"]);
    (imported, database.ok(&["ledger", "balances"]))
}

async fn shop() -> Database {
    let database = Database::fresh().await;
    database.ok(&["programme", "create", "giftware", "--currency", "GBP"]);
    database
}

#[tokio::test]
async fn twenty_kills_lose_nothing_and_count_nothing_twice() {
    let folder = tempfile::tempdir().expect("folder");
    let mut dice = Dice(20_111_104);
    let (path, partners) = match real_file() {
        Some(path) => (path, 300),
        None => {
            eprintln!("the real conversions are not here; killing an import of generated ones instead");
            let path = folder.path().join("rows.csv");
            std::fs::write(&path, file(&mut dice)).expect("file");
            (path, 200)
        }
    };

    let undisturbed = shop().await;
    let began = Instant::now();
    let expected = finish(&undisturbed, &path);
    let whole = began.elapsed();
    assert_eq!(expected.0.lines().count(), 1 + partners, "a line for every partner");
    let conversions = count(&undisturbed, "conversion").await;

    let killed = shop().await;
    let mut cut_off = 0;
    for _ in 0..KILLS {
        let mut child = import(&killed, &path);
        let after = whole.as_millis() as u64 * dice.below(90) / 100;
        tokio::time::sleep(Duration::from_millis(after)).await;
        // SIGKILL.
        child.kill().expect("kill");
        let ended = child.wait().expect("wait").success();
        cut_off += i32::from(!ended);
        // All of it or nothing; what the server still does for the killed one, the next one waits for.
        let there = count(&killed, "conversion").await;
        assert!(there == 0 || there == conversions, "{there} of {conversions} conversions");
    }
    assert!(cut_off > 5, "only {cut_off} of {KILLS} were cut off; the file is too short for this machine");
    assert_eq!(finish(&killed, &path), expected);
    assert_eq!(count(&killed, "conversion").await, conversions);
    assert_eq!(count(&killed, "import_row").await, 0);
    killed.ok(&["ledger", "verify"]);
    killed.ok(&["audit", "verify"]);

    // The same for releases, each batch a transaction of its own.
    for _ in 0..5 {
        let arguments = ["commissions", "release", "--as-of", "2011-12-31"];
        let mut child =
            killed.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("release");
        tokio::time::sleep(Duration::from_millis(20 + dice.below(300))).await;
        child.kill().expect("kill");
        child.wait().expect("wait");
    }
    for database in [&killed, &undisturbed] {
        database.ok(&["commissions", "release", "--as-of", "2011-12-31"]);
    }
    assert_eq!(killed.ok(&["ledger", "balances"]), undisturbed.ok(&["ledger", "balances"]));
    killed.ok(&["ledger", "verify"]);
    killed.ok(&["audit", "verify"]);
}
