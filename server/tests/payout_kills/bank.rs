//! A bank, with the payment services beside it: takes files, keeps a journal of its own, pays, refuses, sends back, and
//! answers late, twice, partly, wrongly, or not until the very end.

use super::answers::{self, Answer, Form, Line, What};
use super::dice::Dice;
use super::orders::{self, Order, Rail};
use super::shop::Shop;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// The bank.
pub struct Bank {
    dice: Dice,
    journal: File,
    payments: Vec<Payment>,
    by_id: HashMap<String, usize>,
    /// Files that were booked as a whole and not told yet.
    batches: Vec<Batch>,
    /// Files as they came, by their names.
    taken: HashMap<String, Vec<u8>>,
    given: Vec<Answer>,
    numbers: usize,
}

struct Payment {
    order: Order,
    /// What became of it, in order; not told yet.
    to_tell: VecDeque<What>,
    told: Vec<What>,
    /// Told only once everything is over.
    silent: bool,
    reference: String,
    /// The kind of file that told the booking first, and the day.
    booked_in: Option<Form>,
    booked_on: Option<String>,
    /// Refused, and booked all the same, later.
    is_late: bool,
}

struct Batch {
    message: String,
    payments: Vec<usize>,
    reference: String,
}

impl Bank {
    /// Opens; the journal lies in a folder.
    pub fn open(folder: &Path, dice: Dice) -> Self {
        let journal = File::options().create_new(true).append(true).open(folder.join("journal.csv")).expect("journal");
        let mut bank = Self {
            dice,
            journal,
            payments: Vec::new(),
            by_id: HashMap::new(),
            batches: Vec::new(),
            taken: HashMap::new(),
            given: Vec::new(),
            numbers: 0,
        };
        bank.note(["deed", "id", "partner", "currency", "amount", "detail"]);
        bank
    }

    /// Takes a file and does what it asks for. The same file may come again; a payment may not.
    ///
    /// # Panics
    /// Where the file is broken, or the bank would have to pay twice if it did not look.
    pub fn take(&mut self, name: &str, bytes: &[u8]) {
        let sent = orders::read(name, bytes).unwrap_or_else(|why| panic!("{name} was sent, and is broken: {why}"));
        if let Some(before) = self.taken.get(&sent.message) {
            assert!(before == bytes, "{} came twice, with other bytes", sent.message);
            self.note(["again", "", "", "", "", &sent.message]);
            return;
        }
        self.note(["file", "", "", "", "", &sent.message]);
        self.taken.insert(sent.message.clone(), bytes.to_owned());
        let as_batch = sent.orders.iter().all(|order| order.rail == Rail::Sepa) && self.dice.percent(25);
        let mut batch = Batch { message: sent.message.clone(), payments: Vec::new(), reference: self.reference() };
        for order in sent.orders {
            self.note(["order", &order.id, &order.partner, &order.currency, &order.amount.to_string(), &sent.message]);
            if self.by_id.contains_key(&order.id) {
                self.note(["twice", &order.id, &order.partner, &order.currency, "", &sent.message]);
                panic!("{} would have been paid twice, the second time by {}", order.id, sent.message);
            }
            let place = self.payments.len();
            self.by_id.insert(order.id.clone(), place);
            let payment = if as_batch {
                batch.payments.push(place);
                let to_tell = VecDeque::new();
                Payment {
                    order,
                    to_tell,
                    told: Vec::new(),
                    silent: false,
                    reference: batch.reference.clone(),
                    booked_in: None,
                    booked_on: None,
                    is_late: false,
                }
            } else {
                self.decide(order)
            };
            let refused = payment.to_tell.contains(&What::Refused);
            self.payments.push(payment);
            self.deed(if refused { "refused" } else { "booked" }, place);
        }
        if as_batch {
            self.batches.push(batch);
        }
    }

    fn decide(&mut self, order: Order) -> Payment {
        let mut to_tell = VecDeque::new();
        if self.dice.percent(15) {
            to_tell.push_back(What::Accepted);
        }
        if self.dice.percent(5) {
            to_tell.push_back(What::Doubt);
        }
        let mut is_late = false;
        match self.dice.below(100) {
            0..10 => {
                to_tell.push_back(What::Refused);
                // Those who are paid between two runs as well would have it twice before anybody could know.
                is_late = self.dice.percent(30) && !Shop::is_busy(&order.partner);
            }
            10..18 => to_tell.extend([What::Booked, What::Returned]),
            // The statement with the booking was lost.
            18..22 => to_tell.push_back(What::Returned),
            _ => to_tell.push_back(What::Booked),
        }
        let silent = self.dice.percent(6);
        Payment {
            order,
            to_tell,
            told: Vec::new(),
            silent: silent && !is_late,
            reference: self.reference(),
            booked_in: None,
            booked_on: None,
            is_late,
        }
    }

    /// Books some of what it had said to be refused, and tells so: the money has left after all. `share` in percent.
    pub fn book_late(&mut self, day: &str, share: u64) -> Vec<Answer> {
        let mut lines = Vec::new();
        for place in 0..self.payments.len() {
            let payment = &self.payments[place];
            let due = payment.is_late && payment.to_tell.is_empty() && !payment.told.contains(&What::Booked);
            if due && self.dice.percent(share) {
                self.deed("booked", place);
                let line = self.tell(place, What::Booked, Form::Plain, day);
                self.note(["late", &line.id, "", &line.currency, &line.amount, "contradicts"]);
                lines.push(line);
            }
        }
        if lines.is_empty() {
            return Vec::new();
        }
        self.numbers += 1;
        vec![answers::write(Form::Plain, self.numbers, day, &lines)]
    }

    /// Whether this payment was made, whatever had been said of it.
    pub fn has_paid_late(&self, id: &str) -> bool {
        self.by_id.get(id).is_some_and(|place| {
            let payment = &self.payments[*place];
            payment.is_late && payment.told.contains(&What::Booked)
        })
    }

    /// Answers some of what it knows; with `last_words` all that it kept to itself so far. Files of one answer speak of
    /// different payments, so their order does not matter.
    pub fn answer(&mut self, day: &str, last_words: bool) -> Vec<Answer> {
        let mut piles: BTreeMap<(u8, u64), Vec<Line>> = BTreeMap::new();
        let mut touched = HashSet::new();
        let mut batch_lines = Vec::new();
        let (tell, wait): (Vec<Batch>, Vec<Batch>) =
            std::mem::take(&mut self.batches).into_iter().partition(|_| last_words || self.dice.percent(50));
        self.batches = wait;
        for batch in tell {
            batch_lines.push(self.tell_batch(&batch, day));
            touched.extend(batch.payments);
        }
        if !batch_lines.is_empty() {
            piles.insert((Form::Camt053 as u8, 0), batch_lines);
        }
        for place in 0..self.payments.len() {
            let payment = &self.payments[place];
            let speaks = last_words || (!payment.silent && self.dice.percent(60));
            if touched.contains(&place) || payment.to_tell.is_empty() || !speaks {
                continue;
            }
            touched.insert(place);
            let form = self.form_for(place, payment.to_tell[0]);
            let pile = (form as u8, self.dice.below(2));
            while let Some(what) = self.payments[place].to_tell.pop_front() {
                let line = self.tell(place, what, form, day);
                piles.entry(pile).or_default().push(line);
                let next = self.payments[place].to_tell.front().copied();
                if !next.is_some_and(|next| form.says(next) && self.dice.percent(30)) {
                    break;
                }
            }
        }
        self.repeat_some(&mut piles, &mut touched);
        self.say_something_wrong(&mut piles, &mut touched);
        let mut answers: Vec<Answer> = Vec::new();
        for ((form, _), lines) in piles {
            let form = [Form::Plain, Form::Pain002, Form::Camt053][usize::from(form)];
            self.numbers += 1;
            answers.push(answers::write(form, self.numbers, day, &lines));
        }
        if self.dice.percent(30) {
            // An old file, under another name.
            let old = self.dice.one_of(&self.given).cloned();
            answers.extend(old.map(|old| Answer { name: format!("again-{}", old.name), ..old }));
        }
        self.given.extend(answers.iter().cloned());
        answers
    }

    /// Whether there is anything that was not told.
    pub fn has_more(&self) -> bool {
        !self.batches.is_empty() || self.payments.iter().any(|payment| !payment.to_tell.is_empty())
    }

    fn tell_batch(&mut self, batch: &Batch, day: &str) -> Line {
        let mut amount = Decimal::ZERO;
        for place in &batch.payments {
            let payment = &mut self.payments[*place];
            amount += payment.order.amount;
            payment.told.push(What::Booked);
            payment.booked_in = Some(Form::Camt053);
            payment.booked_on = Some(day.to_owned());
        }
        Line {
            id: batch.message.clone(),
            what: What::Booked,
            amount: amount.to_string(),
            currency: "EUR".to_owned(),
            reference: batch.reference.clone(),
            batch: Some(batch.payments.len()),
            day: None,
        }
    }

    fn tell(&mut self, place: usize, what: What, form: Form, day: &str) -> Line {
        if what == What::Returned {
            self.deed("returned", place);
        }
        let payment = &mut self.payments[place];
        payment.told.push(what);
        if what == What::Booked {
            payment.booked_in.get_or_insert(form);
            payment.booked_on.get_or_insert_with(|| day.to_owned());
        }
        payment.line(what)
    }

    fn form_for(&mut self, place: usize, what: What) -> Form {
        let forms: &[Form] = match self.payments[place].order.rail {
            Rail::Sepa | Rail::Bank => &[Form::Plain, Form::Pain002, Form::Camt053],
            Rail::PayPal | Rail::Wise => &[Form::Plain],
        };
        let forms: Vec<Form> = forms.iter().copied().filter(|form| form.says(what)).collect();
        *self.dice.one_of(&forms).expect("plain CSV says everything")
    }

    /// Says again what was said, in this or another kind of file.
    fn repeat_some(&mut self, piles: &mut BTreeMap<(u8, u64), Vec<Line>>, touched: &mut HashSet<usize>) {
        for _ in 0..self.payments.len() / 60 {
            let place = self.dice.below(self.payments.len() as u64) as usize;
            let Some(what) = self.dice.one_of(&self.payments[place].told).copied() else { continue };
            if touched.insert(place) {
                let came_back = self.payments[place].told.contains(&What::Returned);
                // A booking from before a return is known by its day, which pain.002 does not give.
                let form = match self.form_for(place, what) {
                    Form::Pain002 if came_back && what == What::Booked => Form::Plain,
                    form => form,
                };
                piles.entry((form as u8, self.dice.below(2))).or_default().push(self.payments[place].line(what));
            }
        }
    }

    /// Lines that nobody may act upon: of another amount, of payments that are none of ours, against what was said.
    fn say_something_wrong(&mut self, piles: &mut BTreeMap<(u8, u64), Vec<Line>>, touched: &mut HashSet<usize>) {
        for _ in 0..3 {
            if self.payments.is_empty() {
                return;
            }
            let place = self.dice.below(self.payments.len() as u64) as usize;
            if !touched.insert(place) {
                continue;
            }
            let payment = &self.payments[place];
            let last = payment.told.iter().rev().find(|what| !matches!(what, What::Accepted | What::Doubt)).copied();
            let roll = self.dice.below(4);
            let (line, why) = match (roll, last) {
                (0, _) => {
                    let number = 900_000_000 + self.dice.below(1_000_000);
                    let check = 98 - (number % 97 * 100) % 97;
                    let id = format!("PD-{number}-{check:02}");
                    (Line { id, ..payment.line(What::Booked) }, "unmatched")
                }
                // Booked after a refusal or a return that no booking had come before.
                (1, Some(What::Refused)) => (payment.line(What::Booked), "contradicts"),
                // Refused after it was booked.
                (1, Some(What::Booked)) if !payment.told.contains(&What::Refused) => {
                    (payment.line(What::Refused), "contradicts")
                }
                // Booked a second time.
                (2, Some(What::Booked)) => {
                    let reference = format!("{}-B", payment.reference);
                    (Line { reference, ..payment.line(What::Booked) }, "contradicts")
                }
                _ => {
                    let more = payment.order.amount + Decimal::new(1, 2);
                    (Line { amount: more.to_string(), ..payment.line(What::Booked) }, "wrong_amount")
                }
            };
            let booked_in = payment.booked_in.filter(|_| roll == 2);
            let form = booked_in.unwrap_or_else(|| self.form_for(place, line.what));
            self.note(["wrong", &line.id, "", &line.currency, &line.amount, why]);
            piles.entry((form as u8, self.dice.below(2))).or_default().push(line);
        }
    }

    fn reference(&mut self) -> String {
        self.numbers += 1;
        format!("BANK{}", self.numbers)
    }

    fn deed(&mut self, deed: &str, place: usize) {
        let order = self.payments[place].order.clone();
        self.note([deed, &order.id, &order.partner, &order.currency, &order.amount.to_string(), ""]);
    }

    fn note(&mut self, cells: [&str; 6]) {
        writeln!(self.journal, "{}", cells.join(",")).expect("journal");
    }
}

impl Payment {
    fn line(&self, what: What) -> Line {
        Line {
            id: self.order.id.clone(),
            what,
            amount: self.order.amount.to_string(),
            currency: self.order.currency.clone(),
            reference: self.reference.clone(),
            batch: None,
            // A booking is told with its own day, however often.
            day: if what == What::Booked { self.booked_on.clone() } else { None },
        }
    }
}

#[test]
fn the_bank_itself_notices_what_comes_twice() {
    let folder = tempfile::tempdir().expect("folder");
    let mut bank = Bank::open(folder.path(), Dice(7));
    let row = "p0002@example.org,1.00,EUR,PD-1-95,note,PAYPAL\r\n";
    bank.take("payouts-run-1-paypal-eur-1.csv", row.as_bytes());
    bank.take("payouts-run-1-paypal-eur-1.csv", row.as_bytes());
    let mut refused = |name: &str, text: &str| {
        let taken = std::panic::AssertUnwindSafe(|| bank.take(name, text.as_bytes()));
        *std::panic::catch_unwind(taken).expect_err("refused").downcast::<String>().expect("words")
    };
    let more = format!("{row}p0006@example.org,1.00,EUR,PD-2-93,note,PAYPAL\r\n");
    assert!(refused("payouts-run-1-paypal-eur-1.csv", &more).contains("with other bytes"));
    assert!(refused("payouts-run-1-paypal-eur-2.csv", &more).contains("PD-1-95 would have been paid twice"));
    assert!(refused("payouts-run-1-paypal-eur-3.csv", row.trim_end()).contains("cut off"));
}
