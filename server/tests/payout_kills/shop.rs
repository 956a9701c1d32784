//! The programme: its partners, their accounts, what they sell and what customers bring back; and what everybody has
//! earned, counted beside Partnerdesk.

use super::dice::Dice;
use chrono::{Days, Months, NaiveDate};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Percent of each order; amounts are whole tenths, so that a tenth of them needs no rounding.
pub const RATE: &str = "10";
/// Smallest balance paid out, in pounds.
pub const MINIMUM: i64 = 15;
/// These sell every month and have the customers who change their minds.
const BUSY: u64 = 60;

/// What is sold.
pub struct Shop {
    dice: Dice,
    partners: u64,
    sales: Vec<Sale>,
    events: u64,
    /// In hundredths, by partner and currency.
    earned: BTreeMap<(String, String), i64>,
    /// The same, with nothing brought back.
    sold: BTreeMap<(String, String), i64>,
}

struct Sale {
    order: u64,
    partner: u64,
    currency: &'static str,
    /// What is left of it, in tenths: the commission in hundredths.
    left: i64,
}

impl Shop {
    /// A shop that has sold nothing.
    pub fn open(partners: u64, dice: Dice) -> Self {
        Self { dice, partners, sales: Vec::new(), events: 0, earned: BTreeMap::new(), sold: BTreeMap::new() }
    }

    /// The first day of a month, counted from the first one.
    pub fn month(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2011, 1, 1).expect("day") + Months::new(number)
    }

    /// Accounts of all kinds; every fiftieth partner has none.
    pub fn methods(&self) -> String {
        let mut rows = String::from("partner,kind,holder,iban,bic,sort_code,account,email\n");
        for partner in (0..self.partners).filter(|partner| partner % 50 != 49) {
            let code = code(partner);
            let (kind, cells) = match partner % 4 {
                0 => ("iban", format!("{},,,,", iban(partner))),
                1 => ("sort_code", format!(",,60-16-13,{:08},", 10_000_000 + partner)),
                2 => ("paypal", format!(",,,,{}@example.org", code.to_lowercase())),
                _ => ("wise", format!(",,,,{}@example.org", code.to_lowercase())),
            };
            writeln!(rows, "{code},{kind},Partner {code},{cells}").expect("text");
        }
        rows
    }

    /// A month's sales. In the first month everybody sells.
    pub fn sell(&mut self, month: u32) -> String {
        let mut rows = header();
        for partner in 0..self.partners {
            let count = match partner {
                0..BUSY => 2 + self.dice.below(5),
                _ if month == 0 => 1,
                _ => u64::from(self.dice.percent(12)),
            };
            for _ in 0..count {
                let most = if partner < BUSY { 5_000 } else { 2_500 };
                let sale = Sale {
                    order: self.sales.len() as u64,
                    partner,
                    currency: self.currency(partner),
                    left: 1 + self.dice.below(most) as i64,
                };
                let day = Self::month(month) + Days::new(self.dice.below(28));
                self.write(&mut rows, "sale", &sale, sale.left, day);
                *self.earned_of(&sale) += sale.left;
                *self.sold.entry((code(partner), sale.currency.to_owned())).or_default() += sale.left;
                self.sales.push(sale);
            }
        }
        rows
    }

    /// What is brought back or turns out to be none, seen on a day.
    pub fn take_back(&mut self, day: NaiveDate) -> String {
        let mut rows = header();
        let mut sales = std::mem::take(&mut self.sales);
        for sale in sales.iter_mut().filter(|sale| sale.left > 0) {
            let (refunds, rejects) = if sale.partner < BUSY { (9, 3) } else { (2, 1) };
            let back = match self.dice.below(100) {
                roll if roll < rejects => {
                    self.write(&mut rows, "reject", sale, 0, day);
                    sale.left
                }
                roll if roll < rejects + refunds => {
                    let back = 1 + self.dice.below(sale.left as u64) as i64;
                    self.write(&mut rows, "refund", sale, back, day);
                    back
                }
                _ => continue,
            };
            sale.left -= back;
            *self.earned_of(sale) -= back;
        }
        self.sales = sales;
        rows
    }

    /// What everybody has earned, by partner and currency.
    pub fn earned(&self) -> BTreeMap<(String, String), Decimal> {
        self.earned.iter().map(|(key, hundredths)| (key.clone(), Decimal::new(*hundredths, 2))).collect()
    }

    /// What a partner could ever be paid: everything sold, as if nothing had been brought back.
    pub fn most(&self, key: &(String, String)) -> Decimal {
        Decimal::new(self.sold.get(key).copied().unwrap_or_default(), 2)
    }

    /// Whether money in this currency can be sent to the partner at all.
    pub fn can_be_paid(&self, code: &str, currency: &str) -> bool {
        let partner: u64 = code[1..].parse().expect("number");
        match partner % 4 {
            _ if partner % 50 == 49 => false,
            0 => currency == "EUR",
            1 => currency == "GBP",
            _ => true,
        }
    }

    /// One of those who sell every month and have an account.
    pub fn any_busy_partner(&mut self) -> String {
        code(self.dice.below(BUSY - 11))
    }

    /// Whether a partner sells every month.
    pub fn is_busy(code: &str) -> bool {
        code[1..].parse::<u64>().expect("number") < BUSY
    }

    /// By which kind of file a partner is paid.
    pub fn format(code: &str) -> &'static str {
        let partner: u64 = code[1..].parse().expect("number");
        ["pain.001", "bank", "paypal", "wise"][(partner % 4) as usize]
    }

    /// What the account takes, and now and then what it does not.
    fn currency(&mut self, partner: u64) -> &'static str {
        let usual = match partner % 4 {
            0 => "EUR",
            1 => "GBP",
            _ if self.dice.percent(50) => "EUR",
            _ => "GBP",
        };
        match (self.dice.percent(3), usual) {
            (true, "EUR") => "GBP",
            (true, _) => "EUR",
            (false, usual) => usual,
        }
    }

    fn earned_of(&mut self, sale: &Sale) -> &mut i64 {
        self.earned.entry((code(sale.partner), sale.currency.to_owned())).or_default()
    }

    fn write(&mut self, rows: &mut String, event: &str, sale: &Sale, tenths: i64, day: NaiveDate) {
        self.events += 1;
        let amount = if event == "reject" { String::new() } else { format!("{}.{}0", tenths / 10, tenths % 10) };
        let currency = if event == "reject" { "" } else { sale.currency };
        let (number, order, partner) = (self.events, sale.order, code(sale.partner));
        writeln!(rows, "E{number},{event},{order},{partner},uk,{day}T08:00:00Z,{amount},{currency},").expect("text");
    }
}

fn header() -> String {
    String::from("event_id,event,order_id,partner,offer,occurred_at,amount,currency,reason\n")
}

fn code(partner: u64) -> String {
    format!("P{partner:04}")
}

/// A German one, with its check digits (ISO 13616, ISO 7064 MOD 97-10; D is 13, E is 14).
fn iban(number: u64) -> String {
    let account = format!("37040044{number:010}");
    let check = 98 - format!("{account}131400").parse::<u128>().expect("digits") % 97;
    format!("DE{check:02}{account}")
}
