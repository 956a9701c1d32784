//! The life of money as whole pence: orders, refunds, holds, disputes, contests, runs, and what banks do. Nothing of ours.

use crate::words::{Answer, Item, Line, Order, Payout, Provisional, Run, Sent, Stage, Step};
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;
use std::collections::BTreeMap;

/// Partners of a life.
pub const PARTNERS: usize = 2;
/// Days from a sale until it is payable.
const HOLD: i64 = 30;
/// The least that is paid out, in pence.
const MINIMUM: i64 = 500;
/// Days that a contest runs.
const CONTEST: i64 = 10;
/// Days that a provisional credit runs.
pub const PROVISIONAL: i64 = 12;

#[derive(Clone, Debug)]
pub struct Life {
    pub today: i64,
    pub orders: Vec<Order>,
    pub items: Vec<Item>,
    pub runs: Vec<Run>,
    pub payouts: Vec<Payout>,
    pub provisionals: Vec<Provisional>,
    pub files: Vec<Sent>,
    pub lines: Vec<Line>,
}

impl Life {
    fn item(&mut self, partner: usize, order: Option<usize>, amount: i64, day: i64) {
        if amount != 0 {
            self.items.push(Item { partner, order, amount, day, payout: None, owed: false });
        }
    }

    /// Whether a line about a payout of this partner waits for a person.
    fn in_doubt(&self, partner: usize) -> bool {
        self.lines.iter().any(|line| line.open && self.payouts[line.payout].partner == partner)
    }

    /// Approved payouts of a run that go out.
    fn goes_out(&self, run: usize) -> Vec<usize> {
        let mut approved = self.of_run(run, Stage::Approved);
        approved.retain(|at| !self.in_doubt(self.payouts[*at].partner));
        approved
    }

    /// Whether an answer to a payout is for a person.
    pub fn contradicts(&self, payout: usize, answer: Answer) -> bool {
        let it = &self.payouts[payout];
        match it.stage {
            Stage::Failed | Stage::Returned => answer == Answer::Paid,
            // Its file was withdrawn.
            Stage::Approved | Stage::Cancelled => {
                it.file.is_some() && matches!(answer, Answer::Paid | Answer::Accepted)
            }
            _ => false,
        }
    }

    /// A payment that arrived after all: what holds its money and has not left is given up, then it takes its money again,
    /// or the partner owes it.
    fn arrive_late(&mut self, payout: usize) {
        let items = self.payouts[payout].items.clone();
        let holders: Vec<usize> = items.iter().filter_map(|at| self.items[*at].payout).collect();
        for holder in holders {
            if matches!(self.payouts[holder].stage, Stage::Scheduled | Stage::Held | Stage::Approved) {
                self.go(holder, Stage::Cancelled);
            }
        }
        if items.iter().all(|at| self.items[*at].payout.is_none()) {
            for at in items {
                self.items[at].payout = Some(payout);
            }
        } else {
            let (partner, amount) = (self.payouts[payout].partner, self.payouts[payout].amount);
            self.items.push(Item { partner, order: None, amount: -amount, day: self.today, payout: None, owed: true });
            self.payouts[payout].owed = true;
        }
        self.payouts[payout].stage = Stage::Paid;
    }

    /// What a refund or a rejection took away.
    fn lose(&mut self, order: usize, before: i64) {
        let it = self.orders[order].clone();
        if it.released && it.contested.is_none() {
            self.item(it.partner, Some(order), it.left() - before, self.today);
        }
    }

    fn end_contest(&mut self, order: usize, day: i64) {
        let it = &mut self.orders[order];
        it.contested = None;
        let it = it.clone();
        if it.released {
            self.item(it.partner, Some(order), it.left(), day);
        }
    }

    fn set_apart(&mut self, order: usize, day: i64) {
        let it = self.orders[order].clone();
        self.item(it.partner, Some(order), -it.left(), day);
    }

    fn take_back(&mut self, provisional: usize, day: i64) {
        let it = self.provisionals[provisional].clone();
        self.item(it.partner, None, -it.pence, day);
    }

    /// Whether an order's commission is in a live payout.
    fn is_taken(&self, order: usize) -> bool {
        self.items.iter().any(|item| item.order == Some(order) && item.payout.is_some() && item.amount > 0)
    }

    /// What a run up to a day takes of a partner.
    fn takes(&self, partner: usize, cutoff: i64) -> Vec<usize> {
        let free = |item: &Item| {
            let contested = item.order.is_some_and(|order| self.orders[order].contested.is_some());
            item.partner == partner && item.payout.is_none() && !contested
        };
        let waits = |order: Option<usize>| {
            self.items.iter().any(|item| free(item) && item.order == order && item.amount > 0 && item.day > cutoff)
        };
        (0..self.items.len())
            .filter(|index| {
                let item = &self.items[*index];
                free(item)
                    && (item.day <= cutoff
                        || (item.owed && item.amount < 0)
                        || (item.amount < 0 && item.order.is_some() && !waits(item.order)))
            })
            .collect()
    }

    fn build(&mut self) {
        let cutoff = self.today - 1;
        if self.runs.iter().any(|run| run.cutoff == cutoff && !run.cancelled) {
            return;
        }
        self.runs.push(Run { cutoff, released: false, cancelled: false });
        for partner in 0..PARTNERS {
            let taken = self.takes(partner, cutoff);
            let amount: i64 = taken.iter().map(|index| self.items[*index].amount).sum();
            if amount < MINIMUM || self.in_doubt(partner) {
                continue;
            }
            for index in &taken {
                self.items[*index].payout = Some(self.payouts.len());
            }
            self.payouts.push(Payout {
                run: self.runs.len() - 1,
                partner,
                amount,
                stage: Stage::Scheduled,
                items: taken,
                file: None,
                back: None,
                owed: false,
            });
        }
    }

    fn go(&mut self, payout: usize, stage: Stage) {
        self.payouts[payout].stage = stage;
        if matches!(stage, Stage::Failed | Stage::Returned) {
            self.payouts[payout].back = Some(self.today);
        }
        if stage.gives_back() && std::mem::take(&mut self.payouts[payout].owed) {
            let (partner, amount) = (self.payouts[payout].partner, self.payouts[payout].amount);
            self.items.push(Item { partner, order: None, amount, day: self.today, payout: None, owed: true });
        }
        if stage.gives_back() {
            for item in self.items.iter_mut().filter(|item| item.payout == Some(payout)) {
                item.payout = None;
            }
        }
    }

    fn of_run(&self, run: usize, stage: Stage) -> Vec<usize> {
        (0..self.payouts.len()).filter(|at| self.payouts[*at].run == run && self.payouts[*at].stage == stage).collect()
    }

    /// What an answer makes of a payout; None where it changes nothing.
    fn answered(&self, payout: usize, answer: Answer) -> Option<Stage> {
        let it = &self.payouts[payout];
        match (it.stage, answer) {
            // Paid after all: the return of that day is the old one.
            (Stage::Paid, Answer::Returned) if it.back == Some(self.today) => None,
            (Stage::Submitted | Stage::Unknown, Answer::Paid) => Some(Stage::Paid),
            (Stage::Submitted | Stage::Unknown, Answer::Failed) => Some(Stage::Failed),
            (Stage::Submitted | Stage::Unknown | Stage::Paid, Answer::Returned) => Some(Stage::Returned),
            (Stage::Submitted, Answer::Unknown) => Some(Stage::Unknown),
            _ => None,
        }
    }

    /// Pending, payable, ring-fenced, in payouts and paid of every partner.
    pub fn balances(&self) -> BTreeMap<usize, [i64; 5]> {
        let mut all: BTreeMap<usize, [i64; 5]> = (0..PARTNERS).map(|partner| (partner, [0; 5])).collect();
        for order in &self.orders {
            let purse = all.get_mut(&order.partner).expect("partner");
            match (order.released, order.contested) {
                (false, _) => purse[0] += order.left(),
                (true, Some(_)) => purse[2] += order.left(),
                (true, None) => {}
            }
        }
        for item in self.items.iter().filter(|item| item.payout.is_none()) {
            all.get_mut(&item.partner).expect("partner")[1] += item.amount;
        }
        for payout in &self.payouts {
            let purse = all.get_mut(&payout.partner).expect("partner");
            match payout.stage {
                Stage::Paid => purse[4] += payout.amount,
                stage if stage.gives_back() => {}
                _ => purse[3] += payout.amount,
            }
        }
        all
    }
}

impl ReferenceStateMachine for Life {
    type State = Life;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Life> {
        Just(Life {
            today: 0,
            orders: vec![],
            items: vec![],
            runs: vec![],
            payouts: vec![],
            provisionals: vec![],
            files: vec![],
            lines: vec![],
        })
        .boxed()
    }

    fn transitions(life: &Life) -> BoxedStrategy<Step> {
        let partner = 0..PARTNERS;
        let pick = |count: usize| 0..count.max(1);
        let (orders, payouts, runs) = (pick(life.orders.len()), pick(life.payouts.len()), pick(life.runs.len()));
        let provisionals = pick(life.provisionals.len());
        let answer = prop::sample::select(vec![
            Answer::Accepted,
            Answer::Paid,
            Answer::Paid,
            Answer::Failed,
            Answer::Returned,
            Answer::Unknown,
        ]);
        prop_oneof![
            6 => (partner.clone(), 1..60_000_i64).prop_map(|(partner, pence)| Step::Sell { partner, pence }),
            3 => (orders.clone(), 1..30_000_i64).prop_map(|(order, pence)| Step::Refund { order, pence }),
            1 => orders.clone().prop_map(|order| Step::Reject { order }),
            5 => (1..40_i64).prop_map(|days| Step::Wait { days }),
            1 => (partner.clone(), 1..2_000_i64).prop_map(|(partner, pence)| Step::Credit { partner, pence }),
            2 => (partner, 1..2_000_i64).prop_map(|(partner, pence)| Step::Advance { partner, pence }),
            1 => (provisionals, any::<bool>()).prop_map(|(provisional, in_favour)| Step::Settle { provisional, in_favour }),
            3 => orders.clone().prop_map(|order| Step::Contest { order }),
            1 => orders.clone().prop_map(|order| Step::LetGo { order }),
            1 => orders.prop_map(|order| Step::TakeBack { order }),
            4 => Just(Step::Build),
            1 => payouts.clone().prop_map(|payout| Step::Hold { payout }),
            1 => payouts.clone().prop_map(|payout| Step::Unhold { payout }),
            1 => payouts.clone().prop_map(|payout| Step::GiveUp { payout }),
            4 => runs.clone().prop_map(|run| Step::Release { run }),
            1 => runs.clone().prop_map(|run| Step::CancelRun { run }),
            4 => runs.prop_map(|run| Step::Export { run }),
            2 => pick(life.files.len()).prop_map(|file| Step::Withdraw { file }),
            4 => (pick(life.lines.len()), prop::bool::weighted(0.7)).prop_map(|(line, matched)| Step::Decide { line, matched }),
            8 => (payouts, answer, any::<bool>()).prop_map(|(payout, answer, again)| Step::Answer { payout, answer, again }),
        ]
        .boxed()
    }

    fn preconditions(life: &Life, step: &Step) -> bool {
        let order = |at: &usize| life.orders.get(*at);
        let payout = |at: &usize| life.payouts.get(*at);
        let run = |at: &usize| life.runs.get(*at);
        let unreleased = |at: &usize| payout(at).is_some_and(|it| !life.runs[it.run].released);
        match step {
            Step::Sell { .. } | Step::Wait { .. } | Step::Credit { .. } | Step::Advance { .. } | Step::Build => true,
            Step::Settle { provisional, .. } => life.provisionals.get(*provisional).is_some_and(|it| it.ends.is_some()),
            Step::Refund { order: at, pence } => {
                order(at).is_some_and(|it| it.refunded + pence <= it.pence && !it.rejected)
            }
            Step::Reject { order: at } => order(at).is_some_and(|it| !it.rejected),
            Step::Contest { order: at } => {
                order(at).is_some_and(|it| it.contested.is_none() && it.left() > 0) && !life.is_taken(*at)
            }
            Step::LetGo { order: at } => order(at).is_some_and(|it| it.contested.is_some()),
            // An order that the shop has rejected already can't be taken back once more.
            Step::TakeBack { order: at } => order(at).is_some_and(|it| it.contested.is_some() && !it.rejected),
            Step::Hold { payout: at } => unreleased(at) && payout(at).is_some_and(|it| it.stage == Stage::Scheduled),
            Step::Unhold { payout: at } => unreleased(at) && payout(at).is_some_and(|it| it.stage == Stage::Held),
            Step::GiveUp { payout: at } => {
                payout(at).is_some_and(|it| matches!(it.stage, Stage::Scheduled | Stage::Held | Stage::Approved))
            }
            Step::Release { run: at } => run(at).is_some_and(|it| !it.released && !it.cancelled),
            Step::CancelRun { run: at } => {
                run(at).is_some_and(|it| !it.cancelled)
                    && life.payouts.iter().all(|it| {
                        it.run != *at
                            || matches!(it.stage, Stage::Scheduled | Stage::Held | Stage::Approved | Stage::Cancelled)
                    })
            }
            Step::Export { run: at } => run(at).is_some_and(|it| it.released) && !life.goes_out(*at).is_empty(),
            Step::Withdraw { file: at } => {
                let mut members = life.payouts.iter().filter(|it| it.file == Some(*at));
                life.files.get(*at).is_some_and(|it| !it.withdrawn && !it.answered)
                    && members.all(|it| it.stage == Stage::Submitted)
            }
            Step::Decide { line: at, matched } => life.lines.get(*at).is_some_and(|line| {
                let stage = life.payouts[line.payout].stage;
                let follows = match line.answer {
                    Answer::Paid => stage != Stage::Paid,
                    _ => stage == Stage::Approved,
                };
                line.open && (follows || !matched)
            }),
            Step::Answer { payout: at, answer, .. } => payout(at).is_some_and(|it| {
                life.answered(*at, *answer).is_some()
                    || life.contradicts(*at, *answer)
                    || (it.stage == Stage::Submitted && *answer == Answer::Accepted)
            }),
        }
    }

    fn apply(mut life: Life, step: &Step) -> Life {
        match *step {
            Step::Sell { partner, pence } => life.orders.push(Order {
                partner,
                pence,
                day: life.today,
                refunded: 0,
                rejected: false,
                released: false,
                contested: None,
            }),
            Step::Refund { order, pence } => {
                let before = life.orders[order].left();
                life.orders[order].refunded += pence;
                life.lose(order, before);
            }
            Step::Reject { order } => {
                let before = life.orders[order].left();
                life.orders[order].rejected = true;
                life.lose(order, before);
            }
            Step::Wait { days } => {
                life.today += days;
                for at in 0..life.orders.len() {
                    let it = &life.orders[at];
                    let whole = it.rejected || it.refunded == it.pence;
                    if !it.released && it.day + HOLD <= life.today && !whole {
                        let (partner, left, since) = (it.partner, it.left(), it.day + HOLD);
                        life.orders[at].released = true;
                        life.item(partner, Some(at), left, since);
                        if let Some(last) = life.orders[at].contested {
                            life.set_apart(at, since.max(last + 1 - CONTEST));
                        }
                    }
                }
                for at in 0..life.provisionals.len() {
                    if let Some(day) = life.provisionals[at].ends.filter(|day| *day <= life.today) {
                        life.provisionals[at].ends = None;
                        life.take_back(at, day);
                    }
                }
                for at in 0..life.orders.len() {
                    if let Some(last) = life.orders[at].contested.filter(|last| *last < life.today) {
                        // It ends with its last day, or when it had something to end.
                        let since = life.orders[at].day + HOLD;
                        let ends = if life.orders[at].released { (last + 1).max(since) } else { last + 1 };
                        life.end_contest(at, ends);
                    }
                }
            }
            Step::Credit { partner, pence } => life.item(partner, None, pence, life.today),
            Step::Advance { partner, pence } => {
                life.item(partner, None, pence, life.today);
                life.provisionals.push(Provisional { partner, pence, ends: Some(life.today + PROVISIONAL) });
            }
            Step::Settle { provisional, in_favour } => {
                life.provisionals[provisional].ends = None;
                if !in_favour {
                    life.take_back(provisional, life.today);
                }
            }
            Step::Contest { order } => {
                if life.orders[order].released {
                    life.set_apart(order, life.today);
                }
                life.orders[order].contested = Some(life.today + CONTEST - 1);
            }
            Step::LetGo { order } => life.end_contest(order, life.today),
            Step::TakeBack { order } => {
                life.orders[order].rejected = true;
                life.orders[order].contested = None;
            }
            Step::Build => life.build(),
            Step::Hold { payout } => life.go(payout, Stage::Held),
            Step::Unhold { payout } => life.go(payout, Stage::Scheduled),
            Step::GiveUp { payout } => life.go(payout, Stage::Cancelled),
            Step::Release { run } => {
                life.runs[run].released = true;
                for payout in life.of_run(run, Stage::Scheduled) {
                    let doubt = life.in_doubt(life.payouts[payout].partner);
                    life.go(payout, if doubt { Stage::Held } else { Stage::Approved });
                }
            }
            Step::CancelRun { run } => {
                life.runs[run].cancelled = true;
                for stage in [Stage::Scheduled, Stage::Held, Stage::Approved] {
                    for payout in life.of_run(run, stage) {
                        life.go(payout, Stage::Cancelled);
                    }
                }
            }
            Step::Export { run } => {
                for payout in life.goes_out(run) {
                    life.payouts[payout].file = Some(life.files.len());
                    life.go(payout, Stage::Submitted);
                }
                life.files.push(Sent { withdrawn: false, answered: false });
            }
            Step::Withdraw { file } => {
                life.files[file].withdrawn = true;
                for payout in 0..life.payouts.len() {
                    if life.payouts[payout].file == Some(file) {
                        life.go(payout, Stage::Approved);
                    }
                }
            }
            Step::Decide { line, matched } => {
                life.lines[line].open = false;
                let Line { payout, answer, .. } = life.lines[line];
                match (matched, answer, life.payouts[payout].stage) {
                    (false, ..) => {}
                    (true, Answer::Paid, stage) if stage.gives_back() => life.arrive_late(payout),
                    (true, Answer::Paid, _) => life.go(payout, Stage::Paid),
                    (true, ..) => life.go(payout, Stage::Submitted),
                }
            }
            Step::Answer { payout, answer, .. } => {
                if let Some(file) = life.payouts[payout].file {
                    life.files[file].answered = true;
                }
                if life.contradicts(payout, answer) {
                    life.lines.push(Line { payout, answer, open: true });
                } else if let Some(stage) = life.answered(payout, answer) {
                    life.go(payout, stage);
                }
            }
        }
        life
    }
}
