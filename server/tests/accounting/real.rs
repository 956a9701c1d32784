//! Half a year of a real shop, where its file lies beside the project (it is not ours to copy): imported month by month,
//! paid out three times, and every balance counted again by both tools. Once in sterling, paid by bank and PayPal; once
//! in euro, paid by pain.001.

use crate::support::Database;
use crate::tools::{self, Journal, of_partners, owed, sum};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/conversions-orders-2010-12_2011-05.csv");

/// A German account, with the check digits of ISO 13616.
fn iban(number: usize) -> String {
    let account = format!("37040044{:010}", 532_013_000 + number);
    // D, E and no check digits yet.
    let check =
        98 - format!("{account}131400").bytes().fold(0, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97);
    format!("DE{check:02}{account}")
}

/// A shop that pays its partners once a month.
struct Shop {
    database: Database,
    currency: &'static str,
    rows: Vec<String>,
    header: String,
    imported: usize,
}

impl Shop {
    async fn open(currency: &'static str) -> Self {
        let text = std::fs::read_to_string(FILE).expect("file");
        let mut lines = text.lines();
        let header = lines.next().expect("header").to_owned();
        // The file is in pounds, and no other cell of it says so.
        let rows: Vec<String> = lines.map(|line| line.replace(",GBP,", &format!(",{currency},"))).collect();
        let partners: BTreeSet<String> =
            rows.iter().map(|row| row.split(',').nth(3).expect("partner").to_owned()).collect();
        let partners: Vec<String> = partners.into_iter().collect();
        let database = Database::fresh().await;
        database.ok(&[
            &["programme", "create", "giftware", "--currency", currency, "--rate", "8", "--hold-days", "30"][..],
            &["--minimum", "10", "--time-zone", "Europe/London", "--now", "2010-11-01T00:00:00Z"],
        ]
        .concat());
        sqlx::query(
            "INSERT INTO partner (programme_id, code, name, created_at)
             SELECT g.programme_id, one.code, one.code, g.created_at FROM programme g, unnest($1::text[]) AS one (code)",
        )
        .bind(&partners)
        .execute(&database.pool)
        .await
        .expect("partners");
        let methods: Vec<String> = partners
            .iter()
            .enumerate()
            .map(|(number, partner)| match (currency, number % 2) {
                ("EUR", _) => format!("{partner},iban,Partner {partner},{},,,,", iban(number)),
                (_, 0) => format!("{partner},sort_code,Partner {partner},,,60-16-13,{},", 31_926_819 + number),
                _ => format!("{partner},paypal,Partner {partner},,,,,{partner}@example.org"),
            })
            .collect();
        let methods = format!("partner,kind,holder,iban,bic,sort_code,account,email\n{}\n", methods.join("\n"));
        let set = ["--now", "2010-11-01T00:00:00Z", "partner", "methods", "giftware", "-"];
        let output = database.run_with(&set, &methods);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let account = ["--now", "2010-11-01T00:00:00Z", "programme", "account", "giftware", "--name", "Giftware Ltd"];
        database.ok(&[&account[..], &["--currency", "EUR", "--iban", "ES9121000418450200051332"]].concat());
        Self { database, currency, rows, header, imported: 0 }
    }

    /// Everything that happened before a moment and was not imported yet; the file is sorted by time.
    fn import(&mut self, before: &str) {
        let until = self.rows.iter().position(|row| row.split(',').nth(5).expect("time") >= before);
        let rows = &self.rows[self.imported..until.unwrap_or(self.rows.len())];
        assert!(!rows.is_empty());
        self.imported += rows.len();
        let arguments = ["--now", before, "import", "conversions", "-", "--programme", "giftware", "--create-offers"];
        let output = self.database.run_with(&arguments, &format!("{}\n{}\n", self.header, rows.join("\n")));
        let report: Value = serde_json::from_slice(&output.stdout).expect("report");
        assert_eq!(report["accepted"], rows.len(), "{report}");
    }

    /// A month's run: released, built, let go, sent, and answered by the bank.
    fn pay(&self, cutoff: &str, now: &str, booked: &str) -> Vec<String> {
        let at = |time: &str, arguments: &[&str]| {
            let time = format!("{time}T09:00:00Z");
            self.database.ok(&[&["--json", "--now", &time], arguments].concat())
        };
        at(now, &["commissions", "release", "--as-of", cutoff]);
        let built: Value =
            serde_json::from_str(&at(now, &["payouts", "build", "--programme", "giftware", "--cutoff", cutoff]))
                .expect("run");
        let run = built["run"].to_string();
        at(now, &["payouts", "release", &run]);
        let formats: &[&str] = if self.currency == "EUR" { &["pain.001"] } else { &["bank", "paypal"] };
        for format in formats {
            assert!(at(now, &["payouts", "export", &run, "--format", format]).len() > 1_000);
        }
        let listed: Value = serde_json::from_str(&at(now, &["payouts", "list", &run])).expect("payouts");
        let payouts = listed["payouts"].as_array().expect("payouts");
        assert!(payouts.len() > 50 && payouts.iter().all(|payout| payout["state"] == "submitted"), "{listed}");
        // The bank pays nearly all, refuses some, sends some back, and keeps silent about a few.
        let mut answer = "payout,status,date,reference,code\n".to_owned();
        for (number, payout) in payouts.iter().enumerate() {
            let reference = payout["reference"].as_str().expect("reference");
            answer.push_str(&match number % 20 {
                3 => format!("{reference},failed,{booked},,AC04\n"),
                7 => format!("{reference},paid,{booked},B-{number},\n{reference},returned,{booked},B-{number},AC01\n"),
                11 => continue,
                _ => format!("{reference},paid,{booked},B-{number},\n"),
            });
        }
        let settle = ["--json", "--now", &format!("{booked}T18:00:00Z"), "payouts", "settle", "-"];
        let report: Value =
            serde_json::from_slice(&self.database.run_with(&settle, &answer).stdout).expect("settlement");
        assert_eq!((&report["waiting"], &report["applied"]), (&Value::from(0), &report["lines"]), "{report}");
        payouts.iter().map(|payout| payout["reference"].as_str().expect("reference").to_owned()).collect()
    }

    /// Both tools come to the ledger's balances, of all time and of the last period.
    fn check(&self, references: &[String]) {
        self.database.ok(&["ledger", "verify"]);
        let ledger = owed(&self.database, &[], "giftware", str::to_owned);
        assert!(ledger.len() > 600 && ledger.keys().all(|(_, currency)| currency == self.currency));
        let journal = Journal::export(&self.database, "hledger", &[]);
        let found = journal.by_hledger();
        assert_eq!(of_partners(&found), ledger);
        let costs = sum(&found, "Expenses:Commissions:giftware", self.currency);
        assert_eq!(costs, -ledger.values().sum::<rust_decimal::Decimal>());

        let beans = Journal::export(&self.database, "beancount", &[]);
        assert_eq!(of_partners(&beans.by_beancount()), owed(&self.database, &[], "X-giftware", str::to_owned));
        let paid = beans.bean_query("SELECT DISTINCT entry_meta('payout') WHERE narration = 'settlement'");
        assert!(paid.len() > 150 && paid.iter().all(|row| references.contains(&row[0])));

        let march = ["--programme", "giftware", "--from", "2011-03-01", "--until", "2011-03-31"];
        // Summer time has begun: the day ends an hour before UTC's.
        let end = owed(&self.database, &["--as-of", "2011-03-31T22:59:59.999999Z"], "giftware", str::to_owned);
        assert_eq!(of_partners(&Journal::export(&self.database, "hledger", &march).by_hledger()), end);
    }
}

async fn three_months(currency: &'static str) {
    if !Path::new(FILE).exists() {
        eprintln!("{FILE} is not there; nothing was tried");
        return;
    }
    if !tools::are_here() {
        return;
    }
    let mut shop = Shop::open(currency).await;
    let mut references = Vec::new();
    for (cutoff, now, booked) in [
        ("2011-01-31", "2011-02-01", "2011-02-16"),
        ("2011-02-28", "2011-03-01", "2011-03-16"),
        ("2011-03-31", "2011-04-01", "2011-04-18"),
    ] {
        shop.import(&format!("{now}T00:00:00Z"));
        references.extend(shop.pay(cutoff, now, booked));
    }
    shop.import("2011-06-01T00:00:00Z");
    shop.database.ok(&["commissions", "release", "--as-of", "2011-05-31"]);
    shop.check(&references);
}

#[tokio::test]
async fn three_months_in_sterling_come_to_the_same_in_both_tools() {
    three_months("GBP").await;
}

#[tokio::test]
async fn three_months_in_euro_come_to_the_same_in_both_tools() {
    three_months("EUR").await;
}
