//! hledger and Beancount, run on exported journals; and what the ledger says itself.

use crate::support::Database;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// Balances that are not zero, by account and currency.
pub type Balances = BTreeMap<(String, String), Decimal>;

/// Whether the tools are here. Without them nothing is known of the journals, so a test must not pass by itself:
/// only who says so goes without (`PARTNERDESK_WITHOUT_ACCOUNTING_TOOLS=1`).
pub fn are_here() -> bool {
    let missing: Vec<&str> = ["hledger", "bean-check", "bean-query"]
        .into_iter()
        .filter(|tool| !Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success()))
        .collect();
    if missing.is_empty() {
        return true;
    }
    assert!(
        std::env::var_os("PARTNERDESK_WITHOUT_ACCOUNTING_TOOLS").is_some_and(|value| value == "1"),
        "{missing:?} are missing: `.ci/tools test` installs them; PARTNERDESK_WITHOUT_ACCOUNTING_TOOLS=1 goes without"
    );
    eprintln!("{missing:?} are missing; no journal was checked");
    false
}

/// A journal in a file, in a folder of its own: Beancount keeps what it has read beside it.
pub struct Journal {
    folder: TempDir,
}

impl Journal {
    /// Exports it; the same bytes twice.
    pub fn export(database: &Database, format: &str, more: &[&str]) -> Self {
        let arguments = [&["ledger", "export", "--format", format], more].concat();
        let text = database.ok(&arguments);
        assert!(text == database.ok(&arguments), "two exports differ");
        let journal = Self { folder: TempDir::new().expect("folder") };
        std::fs::write(journal.path(), text).expect("written");
        journal
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    /// The text.
    pub fn text(&self) -> String {
        std::fs::read_to_string(self.path()).expect("text")
    }

    /// What hledger answers, warnings included in what may not be.
    pub fn hledger(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("hledger");
        ok(command.env("LANG", "C.UTF-8").arg("-f").arg(self.path()).args(arguments))
    }

    /// What a query of Beancount gives, as rows of cells. The whole journal is checked first.
    pub fn bean_query(&self, query: &str) -> Vec<Vec<String>> {
        let mut check = Command::new("bean-check");
        assert_eq!(ok(check.arg(self.path())), "");
        let mut command = Command::new("bean-query");
        rows(&ok(command.env("LANG", "C.UTF-8").args(["-f", "csv"]).arg(self.path()).arg(query)))
    }

    /// Every balance, as hledger counts. Every account and currency has to be declared.
    pub fn by_hledger(&self) -> Balances {
        assert_eq!(self.hledger(&["check", "--strict"]), "");
        let csv = self.hledger(&["balance", "--flat", "--no-total", "--layout", "bare", "-O", "csv"]);
        let json: serde_json::Value =
            serde_json::from_str(&self.hledger(&["balance", "--flat", "-O", "json"])).expect("json");
        let total = &json[1];
        for amount in total.as_array().expect("totals") {
            assert_eq!(amount["aquantity"]["decimalMantissa"], 0, "{total}");
        }
        balances(rows(&csv))
    }

    /// Every balance, as Beancount counts.
    pub fn by_beancount(&self) -> Balances {
        balances(self.bean_query("SELECT account, currency, sum(number) GROUP BY account, currency"))
    }
}

fn ok(command: &mut Command) -> String {
    let output = command.output().expect("tool");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{command:?}: {said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Rows below the header; cells without the padding of `bean-query`.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    reader.records().map(|row| row.expect("CSV").iter().map(str::to_owned).collect()).collect()
}

fn balances(rows: Vec<Vec<String>>) -> Balances {
    let mut balances = Balances::new();
    for [account, currency, amount] in rows.into_iter().map(|row| <[String; 3]>::try_from(row).expect("three cells")) {
        let amount: Decimal = amount.parse().unwrap_or_else(|_| panic!("{account}: {amount}"));
        if !amount.is_zero() {
            let twice = balances.insert((account, currency), amount);
            assert_eq!(twice, None);
        }
    }
    balances
}

/// What `ledger balances` says of partners, in the words of a journal. `written` writes a partner's code.
pub fn owed(database: &Database, as_of: &[&str], programme: &str, written: impl Fn(&str) -> String) -> Balances {
    let csv = database.ok(&[&["ledger", "balances"], as_of].concat());
    let mut owed = Balances::new();
    for cells in rows(&csv) {
        let partner = written(&cells[0]);
        let names = ["Pending", "Payable", "Ring-Fenced", "In-Payout"]
            .map(|state| format!("Liabilities:Partners:{programme}:{partner}:{state}"))
            .into_iter()
            .chain([format!("Assets:Cash:{programme}:Paid:{partner}")]);
        for (name, amount) in names.zip(&cells[2..]) {
            let amount: Decimal = amount.parse().expect("amount");
            if !amount.is_zero() {
                owed.insert((name, cells[1].clone()), -amount);
            }
        }
    }
    assert!(!owed.is_empty());
    owed
}

/// Those accounts that are partners'.
pub fn of_partners(all: &Balances) -> Balances {
    all.iter()
        .filter(|((account, _), _)| account.starts_with("Liabilities:Partners:") || account.contains(":Paid:"))
        .map(|(key, amount)| (key.clone(), *amount))
        .collect()
}

/// The sum of every account of a kind, in a currency.
pub fn sum(all: &Balances, prefix: &str, currency: &str) -> Decimal {
    all.iter()
        .filter(|((account, of), _)| account.starts_with(prefix) && of == currency)
        .map(|(_, amount)| amount)
        .sum()
}
