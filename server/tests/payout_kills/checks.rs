//! What has to be true when everything is over.

use super::journal::Journal;
use super::operator::Operator;
use super::shop::{MINIMUM, Shop};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::postgres::PgPool;
use std::collections::BTreeMap;
use std::path::Path;

const OF_SENT_PAYOUTS: &str = "SELECT transfer_id, payout_id, amount FROM payout_allocation a
     WHERE EXISTS (SELECT FROM payout_in_file i WHERE i.partner_id = a.partner_id AND i.payout_id = a.payout_id) ORDER BY payout_id";
const NOW: &str = "2031-01-01T00:00:00Z";

/// Compares Partnerdesk's books with the bank's journal and the shop's own count.
pub async fn check(operator: &Operator, shop: &Shop, folder: &Path) {
    let journal = Journal::read(folder);
    payouts_are_what_the_bank_did(operator, &journal);
    balances_are_what_was_earned_and_paid(operator, shop, &journal);
    let pool = PgPool::connect(&operator.url).await.expect("database");
    only_wrong_lines_wait(&pool, &journal).await;
    nothing_was_paid_by_two_payments(&pool, &journal).await;
    assert_eq!(count(&pool, "SELECT count(*) FROM payout_file").await, journal.files.0 as i64, "each file came");
    assert_eq!(count(&pool, "SELECT count(*) FROM payout_in_file").await, journal.amounts.len() as i64);
    pool.close().await;
    assert!(operator.ok(NOW, &["ledger", "verify"]).contains("everything adds up"));
    operator.ok(NOW, &["audit", "verify"]);
    eprintln!(
        "{} payments in {} files ({} of them came again), {} made after they had been refused: {} lines for a person",
        journal.amounts.len(),
        journal.files.0,
        journal.files.1,
        journal.late,
        journal.wrong.len()
    );
}

/// Every payout of every run, and every payment the bank was asked for: the same ones, of the same amounts to the same
/// partners, with the same end. So nothing hangs anywhere between.
fn payouts_are_what_the_bank_did(operator: &Operator, journal: &Journal) {
    let runs: Value = serde_json::from_str(&operator.ok(NOW, &["--json", "payouts", "list"])).expect("JSON");
    let stages: Vec<_> = runs.as_array().expect("runs").iter().map(|run| run["stage"].clone()).collect();
    assert!(!stages.contains(&"building".into()), "a run was begun and left: {stages:?}");
    let mut states = BTreeMap::new();
    let mut amounts = BTreeMap::new();
    for run in runs.as_array().expect("runs") {
        let listed = operator.ok(NOW, &["--json", "payouts", "list", &run["run"].to_string()]);
        let listed: Value = serde_json::from_str(&listed).expect("JSON");
        for payout in listed["payouts"].as_array().expect("payouts") {
            let text = |name: &str| payout[name].as_str().expect("text").to_owned();
            let amount: Decimal = text("amount").parse().expect("number");
            // Given up when an earlier payment of the same money turned out to have arrived: the bank never saw it.
            if text("state") == "cancelled" && !journal.amounts.contains_key(&text("reference")) {
                continue;
            }
            states.insert(text("reference"), text("state"));
            amounts.insert(text("reference"), (text("partner"), text("currency"), amount));
        }
    }
    let theirs: BTreeMap<String, String> =
        journal.states.iter().map(|(id, state)| (id.clone(), (*state).to_owned())).collect();
    differ_nowhere("states of payouts", &states, &theirs);
    differ_nowhere("amounts of payouts", &amounts, &journal.amounts);
}

/// What was earned is all there; what is paid is what the bank paid; and nothing is left that could have been paid.
fn balances_are_what_was_earned_and_paid(operator: &Operator, shop: &Shop, journal: &Journal) {
    let balances = operator.ok(NOW, &["ledger", "balances"]);
    let mut sums = BTreeMap::new();
    let mut paid = BTreeMap::new();
    for row in csv::Reader::from_reader(balances.as_bytes()).records() {
        let row = row.expect("row");
        let [pending, payable, ring_fenced, in_payout, out] =
            [2, 3, 4, 5, 6].map(|cell| row[cell].parse::<Decimal>().expect("number"));
        let key = (row[0].to_owned(), row[1].to_owned());
        assert_eq!(in_payout, Decimal::ZERO, "{key:?} is stuck in a payout");
        assert!(
            out <= shop.most(&key),
            "{key:?} was paid {out}, and never had a claim to more than {}",
            shop.most(&key)
        );
        let least = if row[1] == *"GBP" { Decimal::from(MINIMUM) } else { Decimal::new(1, 2) };
        // The bank may have refused or sent back the last one.
        let came_back = journal
            .states
            .iter()
            .any(|(id, state)| *state != "paid" && journal.amounts[id].0 == key.0 && journal.amounts[id].1 == key.1);
        assert!(
            payable < least || !shop.can_be_paid(&key.0, &key.1) || came_back,
            "{key:?} could have been paid {payable}"
        );
        sums.insert(key.clone(), pending + payable + ring_fenced + in_payout + out);
        if out != Decimal::ZERO {
            paid.insert(key, out);
        }
    }
    let without_nothing = |map: BTreeMap<_, Decimal>| -> BTreeMap<(String, String), Decimal> {
        map.into_iter().filter(|(_, amount)| !amount.is_zero()).collect()
    };
    differ_nowhere("what was earned", &without_nothing(sums), &without_nothing(shop.earned()));
    differ_nowhere("what was paid", &paid, &without_nothing(journal.paid.clone()));
}

/// What a payment was made of is in no other payment that the bank made and kept.
async fn nothing_was_paid_by_two_payments(pool: &PgPool, journal: &Journal) {
    let rows: Vec<(i64, i64, Decimal)> = sqlx::query_as(OF_SENT_PAYOUTS).fetch_all(pool).await.expect("allocations");
    let (mut paid_by, mut sums) = (BTreeMap::new(), BTreeMap::<String, Decimal>::new());
    for (transfer, payout, amount) in rows {
        let check = 98 - (payout % 97 * 100) % 97;
        let id = format!("PD-{payout}-{check:02}");
        if journal.states.get(&id) == Some(&"paid") {
            let before = paid_by.insert(transfer, id.clone());
            assert_eq!(before, None, "{transfer} was paid by {id} as well");
        }
        *sums.entry(id).or_default() += amount;
    }
    let amounts = journal.amounts.iter().map(|(id, (.., amount))| (id.clone(), *amount)).collect();
    differ_nowhere("what payments are made of", &sums, &amounts);
}

async fn only_wrong_lines_wait(pool: &PgPool, journal: &Journal) {
    let mut waiting: Vec<(String, String)> = sqlx::query_as(
        "SELECT target, disposition FROM settlement_line WHERE disposition IN ('unmatched', 'wrong_amount', 'contradicts')",
    )
    .fetch_all(pool)
    .await
    .expect("lines");
    waiting.sort();
    assert_eq!(waiting, journal.wrong, "lines that wait for a person");
}

async fn count(pool: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(pool).await.expect("count")
}

/// Equal, and where not, only the first differences are shown.
fn differ_nowhere<K: Ord + std::fmt::Debug, V: PartialEq + std::fmt::Debug>(
    what: &str,
    ours: &BTreeMap<K, V>,
    theirs: &BTreeMap<K, V>,
) {
    let keys = ours.keys().chain(theirs.keys());
    let different: Vec<_> = keys.filter(|key| ours.get(key) != theirs.get(key)).take(5).collect();
    let shown: Vec<_> = different.iter().map(|key| (key, ours.get(key), theirs.get(key))).collect();
    assert!(shown.is_empty(), "{what}: Partnerdesk's and the other's, the first differences: {shown:?}");
    assert!(!ours.is_empty(), "{what}: there was nothing to compare");
}
