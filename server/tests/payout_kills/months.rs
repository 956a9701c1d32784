//! Month after month: sales, a run, files for the bank, its answers.

use super::answers::Answer;
use super::operator::{Operator, Step};
use super::shop::{MINIMUM, RATE, Shop};
use chrono::{Days, NaiveDate};
use serde_json::Value;

const FORMATS: [&str; 4] = ["pain.001", "bank", "paypal", "wise"];

/// The programme, its accounts, and its partners with theirs.
pub fn open(operator: &Operator, shop: &mut Shop) {
    let now = "2011-01-01T00:00:00Z";
    let minimum = MINIMUM.to_string();
    let create = ["programme", "create", "giftware", "--currency", "GBP", "--rate", RATE, "--minimum", &minimum];
    operator.ok(now, &[&create[..], &["--hold-days", "5"]].concat());
    let account = ["programme", "account", "giftware", "--name", "Giftware Ltd", "--currency"];
    operator.ok(now, &[&account[..], &["EUR", "--iban", "DE89370400440532013000"]].concat());
    operator.ok(now, &[&account[..], &["GBP", "--account", "60-16-13-31926819"]].concat());
    import(operator, &shop.sell(0), &at(Shop::month(1)));
    let methods = operator.file("methods.csv", shop.methods().as_bytes());
    operator.ok(now, &["partner", "methods", "giftware", &methods]);
}

/// A month, from its sales to what the bank says of its run by the end of the next.
pub fn round(operator: &mut Operator, shop: &mut Shop, month: u32) {
    let after = Shop::month(month + 1);
    if month > 0 {
        import(operator, &shop.sell(month), &at(after));
    }
    let cutoff = (after - Days::new(1)).to_string();
    let run = build_and_release(operator, after, &cutoff);
    // Customers bring back what is on its way to the partners already.
    import(operator, &shop.take_back(after + Days::new(1)), &at(after + Days::new(1)));
    // What the bank had refused last month, it books now: some of it is in this run already, and must not leave again.
    settle_late(operator, after + Days::new(1), 100, false);
    operator.kill_servers_making_files(&at(after + Days::new(2)), &run);
    export(operator, &run, after + Days::new(2));
    operator.decide(&at(after + Days::new(2)));
    settle(operator, after + Days::new(3), false);
    off_cycle(operator, shop, after + Days::new(4));
    settle(operator, after + Days::new(17), false);
    settle_late(operator, after + Days::new(20), 50, true);
}

/// Nothing disturbs any more: the bank says everything it has kept to itself, and a last run pays what is left.
pub fn finish(operator: &mut Operator, months: u32) {
    let after = Shop::month(months + 1);
    while operator.bank.has_more() {
        settle(operator, after, true);
    }
    settle_late(operator, after, 100, true);
    let run = build_and_release(operator, after, &(after - Days::new(1)).to_string());
    export(operator, &run, after);
    while operator.bank.has_more() {
        settle(operator, after + Days::new(1), true);
    }
    settle_late(operator, after + Days::new(1), 100, true);
}

/// Pays one partner between two runs what has left its hold since.
fn off_cycle(operator: &mut Operator, shop: &mut Shop, day: NaiveDate) {
    let (now, cutoff, partner) = (at(day), (day - Days::new(1)).to_string(), shop.any_busy_partner());
    operator.ok(&now, &["commissions", "release"]);
    let build = ["payouts", "build", "--programme", "giftware", "--cutoff", &cutoff];
    operator.step(Step::Build, &now, &[&build[..], &["--partner", &partner, "--reason", "they asked"]].concat());
    let runs: Value = serde_json::from_str(&operator.ok(&now, &["--json", "payouts", "list"])).expect("JSON");
    let mut open = runs.as_array().expect("runs").iter().filter(|run| run["stage"] != "released");
    let run = open.next().expect("a run")["run"].to_string();
    assert!(open.next().is_none(), "however often it was asked for, it is one run: {runs}");
    operator.step(Step::Release, &now, &["payouts", "release", &run]);
    let listed = operator.ok(&now, &["payouts", "list", &run]);
    if listed.lines().any(|line| line.starts_with("PD-")) {
        let (outbox, format) = (operator.outbox.to_string_lossy().into_owned(), Shop::format(&partner));
        let export = ["payouts", "export", &run, "--format", format, "--output", &outbox];
        operator.step(Step::Export, &now, &export);
    }
}

fn build_and_release(operator: &mut Operator, after: NaiveDate, cutoff: &str) -> String {
    let now = at(after);
    operator.ok(&now, &["commissions", "release"]);
    let build = ["--json", "payouts", "build", "--programme", "giftware", "--cutoff", cutoff];
    operator.kill_servers(&now, &build);
    let built: Value = serde_json::from_str(&operator.step(Step::Build, &now, &build).0).expect("JSON");
    assert_eq!(built["stage"], "built", "{built}");
    let run = built["run"].to_string();
    operator.step(Step::Release, &now, &["payouts", "release", &run]);
    run
}

fn export(operator: &mut Operator, run: &str, day: NaiveDate) {
    let outbox = operator.outbox.to_string_lossy().into_owned();
    for format in FORMATS {
        operator.step(Step::Export, &at(day), &["payouts", "export", run, "--format", format, "--output", &outbox]);
    }
}

fn settle(operator: &mut Operator, day: NaiveDate, last_words: bool) {
    let answers = operator.bank.answer(&day.to_string(), last_words);
    read(operator, day, answers);
    operator.decide(&at(day));
}

/// What the bank had refused and books now; a person looks at it at once, or later.
fn settle_late(operator: &mut Operator, day: NaiveDate, share: u64, decide: bool) {
    let answers = operator.bank.book_late(&day.to_string(), share);
    read(operator, day, answers);
    if decide {
        operator.decide(&at(day));
    }
}

fn read(operator: &mut Operator, day: NaiveDate, answers: Vec<Answer>) {
    let paths: Vec<_> = answers.iter().map(|answer| operator.file(&answer.name, &answer.bytes)).collect();
    let two_at_once = paths.len() > 1 && operator.dice.percent(30);
    if two_at_once {
        operator.both(&at(day), &["payouts", "settle", &paths[0]], &["payouts", "settle", &paths[1]]);
    }
    for (place, (answer, path)) in answers.into_iter().zip(paths).enumerate() {
        let (said, done) = operator.step(Step::Settle, &at(day), &["--json", "payouts", "settle", &path]);
        let report: Value = serde_json::from_str(&said).expect("JSON");
        assert_eq!(report["lines"], answer.lines, "{said}");
        // What a command said it had done is done, whatever came after it.
        assert!(report["known_file"] == true || !(done || two_at_once && place < 2), "{said}");
        let count = |name: &str| report[name].as_u64().expect("number");
        assert_eq!(
            count("applied") + count("known") + count("noted") + count("waiting"),
            answer.lines as u64,
            "{said}"
        );
    }
}

fn import(operator: &Operator, rows: &str, now: &str) {
    let path = operator.file("conversions.csv", rows.as_bytes());
    let import = ["import", "conversions", &path, "--programme", "giftware", "--create-partners", "--create-offers"];
    operator.ok(now, &import);
}

fn at(day: NaiveDate) -> String {
    format!("{day}T12:00:00Z")
}
