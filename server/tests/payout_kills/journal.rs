//! What stands in the bank's journal at the end.

use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::path::Path;

/// The journal, added up.
#[derive(Default)]
pub struct Journal {
    /// What became of each payment that was asked for: `paid`, `failed`, `returned`.
    pub states: BTreeMap<String, &'static str>,
    /// Booked less returned, by partner and currency.
    pub paid: BTreeMap<(String, String), Decimal>,
    /// What each payment that was asked for came to.
    pub amounts: BTreeMap<String, (String, String, Decimal)>,
    /// Lines that somebody has to look at, with the reason.
    pub wrong: Vec<(String, String)>,
    /// Payments that were made after they had been refused.
    pub late: usize,
    /// How many files came, and how many of them once more.
    pub files: (usize, usize),
}

impl Journal {
    /// Reads it from the disk.
    pub fn read(folder: &Path) -> Self {
        let mut journal = Self::default();
        for row in csv::Reader::from_path(folder.join("journal.csv")).expect("journal").records() {
            let row = row.expect("row");
            let [deed, id, partner, currency, amount, detail] = [0, 1, 2, 3, 4, 5].map(|cell| row[cell].to_owned());
            let amount: Decimal = amount.parse().unwrap_or_default();
            let key = (partner.clone(), currency.clone());
            match deed.as_str() {
                "file" => journal.files.0 += 1,
                "again" => journal.files.1 += 1,
                "order" => drop(journal.amounts.insert(id, (partner, currency, amount))),
                "booked" => {
                    journal.states.insert(id, "paid");
                    *journal.paid.entry(key).or_default() += amount;
                }
                "returned" => {
                    assert_eq!(journal.states.insert(id, "returned"), Some("paid"));
                    *journal.paid.entry(key).or_default() -= amount;
                }
                "refused" => drop(journal.states.insert(id, "failed")),
                "late" => {
                    journal.late += 1;
                    journal.wrong.push((id, detail));
                }
                "wrong" => journal.wrong.push((id, detail)),
                other => panic!("{other} in the journal"),
            }
        }
        journal.wrong.sort();
        journal
    }
}
