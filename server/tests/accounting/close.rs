//! Months closed from the command line, and what comes late for them.

use crate::support::Database;
use crate::tools::{self, Journal, of_partners, owed};
use serde_json::Value;

const HEADER: &str = "event_id,event,order_id,partner,offer,occurred_at,amount,currency,reason\n";

struct Books(Database);

impl Books {
    /// Ana sells for 1000.00 in January and for 500.00 in February; the first is paid out in February.
    fn open(database: Database) -> Self {
        let books = Self(database);
        let first = ["programme", "create", "giftware", "--currency", "GBP", "--rate", "8", "--hold-days", "10"];
        books.at("2011-01-01", &[&first[..], &["--time-zone", "Europe/London"]].concat());
        books.at("2011-01-01", &["offer", "create", "giftware", "uk"]);
        books.import("2011-02-01", "s1,sale,1,ana,uk,2011-01-05T10:00:00Z,1000.00,GBP,\n", &["--create-partners"]);
        let paypal = ["partner", "method", "giftware", "ana", "--holder", "Ana Ruiz", "--paypal", "ana@example.org"];
        books.at("2011-01-01", &paypal);
        books
    }

    fn at(&self, day: &str, arguments: &[&str]) -> String {
        self.0.ok(&[&["--now", &format!("{day}T12:00:00Z")], arguments].concat())
    }

    fn import(&self, day: &str, rows: &str, more: &[&str]) {
        let now = format!("{day}T12:00:00Z");
        let import = ["--now", &now, "import", "conversions", "-", "--programme", "giftware"];
        let output = self.0.run_with(&[&import[..], more].concat(), &format!("{HEADER}{rows}"));
        let report: Value = serde_json::from_slice(&output.stdout).expect("report");
        assert_eq!(report["accepted"], rows.lines().count(), "{report}");
    }

    fn close(&self, day: &str, month: &str) -> String {
        self.at(day, &["ledger", "close", "--programme", "giftware", "--month", month])
    }

    fn refused(&self, day: &str, month: &str) -> String {
        let now = format!("{day}T12:00:00Z");
        let output = self.0.run(&["--now", &now, "ledger", "close", "--programme", "giftware", "--month", month]);
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        String::from_utf8(output.stderr).expect("UTF-8").trim_end().to_owned()
    }
}

const COLUMNS: &str = "currency,line,transfers,pending,payable,ring_fenced,in_payout,liability,paid\n";

#[tokio::test]
async fn a_month_is_closed_with_its_figures_and_what_comes_late_counts_in_the_next() {
    let books = Books::open(Database::fresh().await);
    // Nobody released what left its hold in January: it is said, and becomes payable in February.
    let january = "\
GBP,opening,0,0.00,0.00,0.00,0.00,0.00,0.00
GBP,accrual,1,80.00,0.00,0.00,0.00,80.00,0.00
GBP,closing,1,80.00,0.00,0.00,0.00,80.00,0.00
";
    let dry = ["ledger", "close", "--programme", "giftware", "--month", "2011-01", "--dry-run"];
    assert_eq!(books.at("2011-01-20", &dry), format!("{COLUMNS}{january}"));
    let said = String::from_utf8(books.0.run(&dry).stderr).expect("UTF-8");
    assert!(said.starts_with("1 commissions left their hold by the end of 2011-01"), "{said}");
    assert_eq!(books.refused("2011-01-31", "2011-01"), "partnerdesk: 2011-01 is not over yet");
    assert_eq!(books.refused("2011-03-31", "2011-02"), "partnerdesk: months close in order; the next one is 2011-01");
    assert_eq!(books.close("2011-02-02", "2011-01"), format!("{COLUMNS}{january}"));
    assert_eq!(books.refused("2011-02-02", "2011-01"), "partnerdesk: 2011-01 is closed already");

    // A sale and a refund of January come in February, the hold ended in January, the payout is answered a month late.
    let rows = "\
s2,sale,2,ana,uk,2011-01-31T23:00:00Z,500.00,GBP,
r1,refund,1,ana,uk,2011-01-10T00:00:00Z,100.00,GBP,returned
";
    books.import("2011-02-03", rows, &[]);
    books.at("2011-02-04", &["commissions", "release"]);
    let build = ["--json", "payouts", "build", "--programme", "giftware", "--cutoff", "2011-02-19"];
    let off_cycle = ["--partner", "ana", "--reason", "asked for it"];
    let built: Value = serde_json::from_str(&books.at("2011-02-20", &[&build[..], &off_cycle].concat())).expect("run");
    let run = built["run"].to_string();
    books.at("2011-02-20", &["payouts", "release", &run]);
    books.at("2011-02-20", &["payouts", "export", &run, "--format", "paypal"]);
    let february = books.close("2011-03-01", "2011-02");
    assert_eq!(
        february,
        format!(
            "{COLUMNS}\
GBP,opening,1,80.00,0.00,0.00,0.00,80.00,0.00
GBP,accrual,1,40.00,0.00,0.00,0.00,40.00,0.00
GBP,refund,1,-8.00,0.00,0.00,0.00,-8.00,0.00
GBP,release,1,-80.00,80.00,0.00,0.00,0.00,0.00
GBP,release_correction,1,8.00,-8.00,0.00,0.00,0.00,0.00
GBP,payout,1,0.00,-72.00,0.00,72.00,0.00,0.00
GBP,closing,6,40.00,0.00,0.00,72.00,112.00,0.00
"
        )
    );
    let payout: String =
        sqlx::query_scalar("SELECT 'PD-' || payout_id FROM payout").fetch_one(&books.0.pool).await.expect("id");
    let reference = serde_json::from_str::<Value>(&books.at("2011-03-01", &["--json", "payouts", "list", &run]))
        .expect("list")["payouts"][0]["reference"]
        .as_str()
        .expect("reference")
        .to_owned();
    assert!(reference.starts_with(&payout));
    let answer = format!("payout,status,date,reference,code\n{reference},paid,2011-02-22,T-1,\n");
    let settle = ["--now", "2011-03-02T12:00:00Z", "payouts", "settle", "-"];
    assert!(books.0.run_with(&settle, &answer).status.success());
    let march = "\
GBP,opening,6,40.00,0.00,0.00,72.00,112.00,0.00
GBP,settlement,1,0.00,0.00,0.00,-72.00,-72.00,72.00
GBP,closing,7,40.00,0.00,0.00,0.00,40.00,72.00
";
    assert_eq!(books.close("2011-04-01", "2011-03"), format!("{COLUMNS}{march}"));
    // The event keeps its own day.
    let days: (String, String) = sqlx::query_as(
        "SELECT e.at::text, t.effective_at::text FROM payout_event e JOIN transfer t USING (partner_id, payout_id)
         WHERE e.to_state = 'paid' AND t.kind = 'settlement'",
    )
    .fetch_one(&books.0.pool)
    .await
    .expect("days");
    assert_eq!((&days.0[..10], &days.1[..10]), ("2011-02-22", "2011-03-01"));
    books.0.ok(&["ledger", "verify"]);
    books.0.ok(&["audit", "verify"]);

    // As JSON; and a programme that is none.
    let json: Value = serde_json::from_str(&books.at("2011-04-01", &[&["--json"], &dry[..]].concat())).expect("JSON");
    assert_eq!((&json["closed"], &json["month"]), (&Value::from(false), &Value::from("2011-01")));
    assert_eq!(json["lines"][2]["liability"], "80.00");
    let nobody = books.0.run(&["ledger", "close", "--programme", "nobody", "--month", "2011-04"]);
    assert_eq!(nobody.status.code(), Some(1));
    let wrong = books.0.run(&["ledger", "close", "--programme", "giftware", "--month", "April"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[tokio::test]
async fn a_closed_months_journal_stays_byte_for_byte() {
    if !tools::are_here() {
        return;
    }
    let books = Books::open(Database::fresh().await);
    books.close("2011-02-02", "2011-01");
    let january = ["--from", "2011-01-01", "--until", "2011-01-31"];
    let before = Journal::export(&books.0, "beancount", &january).text();
    let rows = "\
s2,sale,2,bob,uk,2011-01-31T23:00:00Z,500.00,EUR,
r1,refund,1,ana,uk,2011-01-10T00:00:00Z,100.00,GBP,returned
";
    books.import("2011-02-03", rows, &["--create-partners"]);
    let after = Journal::export(&books.0, "beancount", &january);
    assert_eq!(after.text(), before);
    let end = owed(&books.0, &["--as-of", "2011-01-31"], "X-giftware", |code| format!("X-{code}"));
    assert_eq!(of_partners(&after.by_beancount()), end);
    let whole = Journal::export(&books.0, "hledger", &[]);
    assert_eq!(of_partners(&whole.by_hledger()), owed(&books.0, &[], "giftware", str::to_owned));
}
