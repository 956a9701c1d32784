//! The same life in our hands: each in a programme of its own, in one database.

use crate::model::{Life, PARTNERS, PROVISIONAL};
use crate::shop::{HEADER, Shop, dec};
use crate::words::Step;
use app::approvals::store::initial_terms;
use app::base::actor::{Actor, Role, Staff};
use app::base::db::Db;
use app::base::ids::{CaseId, ContestId, PartnerId, PayoutFileId, PayoutId, PayoutRunId, PersonId};
use app::base::money::{Currency, Money};
use app::base::secrets::{self, MasterKey, Secrets};
use app::contests::{self, model::Outcome as Ended};
use app::desk::model::Hand;
use app::desk::store as desk;
use app::disputes::model::{Outcome, Reason};
use app::disputes::store as cases;
use app::ledger::store::verify;
use app::payout_methods::bulk;
use app::payout_runs::export::{Format, export};
use app::payout_runs::steps::Step as Take;
use app::payout_runs::store as runs;
use app::programmes::store::{NewProgramme, create, create_offer};
use app::provisional::store as provisional;
use app::settlement::store::{About, ByHand, by_hand, settle};
use app::terms::model::{Field, Scope};
use chrono::{DateTime, TimeDelta, Utc};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use rust_decimal::Decimal;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use std::cell::RefCell;
use std::collections::BTreeMap;
use tokio::runtime::Runtime;

thread_local! {
    static HOUSE: RefCell<Option<House>> = const { RefCell::new(None) };
}

/// What all lives share.
pub struct House {
    runtime: Runtime,
    pool: PgPool,
    secrets: Secrets,
    staff: Staff,
    lives: usize,
}

impl House {
    /// Opens it for this thread.
    pub fn open(options: PgConnectOptions) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        let pool = runtime.block_on(PgPool::connect_with(options)).expect("pool");
        let db = Db::from_pool(pool.clone());
        let secrets = runtime.block_on(secrets::open(&db, &MasterKey::from([7; 32]), noon(0))).expect("secrets");
        let person: i64 = runtime
            .block_on(
                sqlx::query_scalar(
                    "WITH p AS (INSERT INTO person (email, name, created_at) VALUES ('olivia@example.com', 'Olivia Hart', '2010-01-01Z') RETURNING *)
                     INSERT INTO staff (person_id, name, role, since) SELECT person_id, name, 'owner', created_at FROM p RETURNING person_id",
                )
                .fetch_one(&pool),
            )
            .expect("owner");
        let staff = Staff { person: PersonId(person), name: "Olivia Hart".into(), role: Role::Owner };
        HOUSE.set(Some(Self { runtime, pool, secrets, staff, lives: 0 }));
    }
}

/// Noon of a day, counted from 1 January 2011.
fn noon(day: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_293_883_200, 0).expect("2011") + TimeDelta::days(day)
}

/// One life.
pub struct Lived {
    shop: Shop,
    secrets: Secrets,
    staff: Staff,
    number: usize,
    events: usize,
    runs: Vec<PayoutRunId>,
    provisionals: Vec<(PartnerId, CaseId)>,
}

fn pounds(pence: i64) -> Decimal {
    Decimal::new(pence, 2)
}

impl Lived {
    async fn open(pool: PgPool, secrets: Secrets, staff: Staff, number: usize) -> Self {
        let db = Db::from_pool(pool.clone());
        let now = noon(0);
        let code = format!("life-{number}");
        let currency = Currency::parse("GBP").expect("code");
        let new = NewProgramme { code: &code, currency, time_zone: "Europe/London", margin_floor: Decimal::ZERO };
        let mut tx = db.begin(&Actor::Command).await.expect("begin");
        let programme = create(&mut tx, &new, now).await.expect("programme");
        create_offer(&mut tx, programme, "uk", None, now).await.expect("offer");
        let scope = Scope { programme, offer: None, partner: None };
        for (field, kind, value) in [
            (Field::Rate, "percent", "8"),
            (Field::HoldDays, "days", "30"),
            (Field::Minimum, "amount", "5"),
            (Field::Schedule, "monthly", "15"),
        ] {
            initial_terms(&mut tx, scope, field, kind, dec(value), now, "test").await.expect("terms");
        }
        tx.commit().await.expect("commit");
        sqlx::query("INSERT INTO authority (programme_id, role, lowest_minimum, largest_credit, valid_from) VALUES ($1, 'owner', 1, 1000, '2010-01-01Z')")
            .bind(programme.0)
            .execute(&pool)
            .await
            .expect("authority");
        sqlx::query(
            "INSERT INTO provisional_policy (programme_id, role, largest, partner_cap, most_days, valid_from, written_at)
             VALUES ($1, 'owner', 1000, 2000, 31, '2010-01-01Z', '2010-01-01Z')",
        )
        .bind(programme.0)
        .execute(&pool)
        .await
        .expect("limits");
        let mut lived = Self {
            shop: Shop { pool, db, programme, now },
            secrets,
            staff,
            number,
            events: 0,
            runs: vec![],
            provisionals: vec![],
        };
        for partner in 0..PARTNERS {
            lived.shop.run(&format!(
                "INSERT INTO partner (programme_id, code, name, created_at) VALUES ({}, '{}', 'Pat', '2011-01-01Z')",
                programme,
                lived.code(partner)
            )).await;
        }
        let rows: String = (0..PARTNERS)
            .map(|partner| format!("{0},paypal,Pat Poe,,,,,{0}@example.org\n", lived.code(partner)))
            .collect();
        let rows = bulk::read(format!("partner,kind,holder,iban,bic,sort_code,account,email\n{rows}").as_bytes())
            .expect("rows");
        bulk::set(&lived.shop.db, &lived.secrets, programme, rows, noon(-30)).await.expect("methods");
        lived.shop.now = noon(0);
        lived
    }

    fn code(&self, partner: usize) -> String {
        format!("p{partner}-{}", self.number)
    }

    fn order(&self, order: usize) -> String {
        format!("o{order}-{}", self.number)
    }

    async fn import(&mut self, event: &str, order: usize, partner: usize, amount: &str) {
        self.events += 1;
        let row = format!(
            "e{}-{},{event},{},{},uk,{},{amount},GBP,\n",
            self.events,
            self.number,
            self.order(order),
            self.code(partner),
            self.shop.now.to_rfc3339(),
        );
        let said =
            self.shop.import_file(&self.shop.request(), format!("{HEADER}{row}").into_bytes()).await.expect("imported");
        assert_eq!(said.counts(), (1, 1, 0, 0), "{:?}", said.rejects);
    }

    async fn partner(&self, partner: usize) -> PartnerId {
        self.shop.partner(&self.code(partner)).await
    }

    async fn payout(&self, payout: usize) -> (PartnerId, PayoutId, PayoutRunId) {
        let row: (i64, i64, i64) = sqlx::query_as(
            "SELECT partner_id, payout_id, payout_run_id FROM payout WHERE programme_id = $1 ORDER BY payout_id OFFSET $2 LIMIT 1",
        )
        .bind(self.shop.programme.0)
        .bind(payout as i64)
        .fetch_one(&self.shop.pool)
        .await
        .expect("payout");
        (row.0.into(), row.1.into(), row.2.into())
    }

    async fn take(&self, payout: usize, step: Take) {
        let (partner, id, run) = self.payout(payout).await;
        let mut tx = self.shop.db.begin(&Actor::Staff(self.staff.clone())).await.expect("begin");
        let (_, standing) = runs::standing(&mut tx, run, id).await.expect("standing");
        let by = app::payout_runs::steps::By::new(&self.staff, true);
        let states = app::payout_runs::steps::take(step, &standing, by).expect("a step");
        let now = self.shop.now;
        runs::step(&mut tx, &self.staff, (partner, id), step, standing.state, states, "Why not", "test", now)
            .await
            .expect("stepped");
        tx.commit().await.expect("commit");
    }

    async fn withdraw(&self, file: usize) {
        let id: i64 = sqlx::query_scalar(
            "SELECT payout_file_id FROM payout_file WHERE programme_id = $1 ORDER BY 1 OFFSET $2 LIMIT 1",
        )
        .bind(self.shop.programme.0)
        .bind(file as i64)
        .fetch_one(&self.shop.pool)
        .await
        .expect("file");
        let mut tx = self.shop.db.begin(&Actor::Staff(self.staff.clone())).await.expect("begin");
        let done = runs::withdraw(&mut tx, &self.staff, PayoutFileId(id), "Lost", "test", self.shop.now).await;
        assert!(matches!(done, Ok(runs::Withdrawn::Done { .. })), "{done:?}");
        tx.commit().await.expect("commit");
    }

    /// A person's word on a line that contradicts.
    async fn decide_line(&self, line: usize, matched: bool) {
        let (file, number, payout): (i64, i64, i64) = sqlx::query_as(
            "SELECT l.settlement_file_id, l.line, l.payout_number FROM settlement_line l JOIN payout p ON p.payout_id = l.payout_number
             WHERE p.programme_id = $1 AND l.disposition = 'contradicts' ORDER BY 1, 2 OFFSET $2 LIMIT 1",
        )
        .bind(self.shop.programme.0)
        .bind(line as i64)
        .fetch_one(&self.shop.pool)
        .await
        .expect("line");
        let about = if matched { About::Payout(PayoutId(payout)) } else { About::Nothing };
        let actor = Actor::Staff(self.staff.clone());
        let mut tx = self.shop.db.begin(&actor).await.expect("begin");
        let done = by_hand(&mut tx, &actor, (file, number), about, "Asked the bank", "test", self.shop.now).await;
        assert_eq!(done.expect("decided"), ByHand::Done);
        tx.commit().await.expect("commit");
    }

    async fn end_contest(&self, order: usize, outcome: Ended) {
        let id: i64 = sqlx::query_scalar(
            "SELECT contest_id FROM contest JOIN conversion USING (partner_id, conversion_id) WHERE order_id = $1 AND ended_at IS NULL",
        )
        .bind(self.order(order))
        .fetch_one(&self.shop.pool)
        .await
        .expect("contest");
        let mut tx = self.shop.db.begin(&Actor::Staff(self.staff.clone())).await.expect("begin");
        let contest = contests::store::find(&mut tx, ContestId(id)).await.expect("contest");
        contests::store::end(&mut tx, &self.staff, &contest, outcome, "Looked into", "test", self.shop.now)
            .await
            .expect("ended");
        tx.commit().await.expect("commit");
    }

    /// A dispute as its partner opens it.
    async fn dispute(&self, partner: PartnerId) -> CaseId {
        let at = self.shop.now;
        // A credit may be a partner's first booking.
        let case: i64 = sqlx::query_scalar(
            "WITH accounts AS (SELECT open_accounts($1, $2, 'GBP')), opened AS (
                 INSERT INTO support_case (programme_id, partner_id, kind, subject, opened_by, opened_at, next_update_at)
                 SELECT $1, $2, 'other', 'Money', $3, $4, $4 FROM accounts RETURNING case_id, partner_id),
             said AS (INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key)
                 SELECT partner_id, case_id, 'partner', $3, 'Pat', 'Some is missing.', $4, gen_random_uuid() FROM opened)
             SELECT case_id FROM opened",
        )
        .bind(self.shop.programme.0)
        .bind(partner.0)
        .bind(self.staff.person.0)
        .bind(at)
        .fetch_one(&self.shop.pool)
        .await
        .expect("case");
        CaseId(case)
    }

    fn hand(&self) -> Hand {
        Hand { person: self.staff.person, name: self.staff.name.clone(), at: self.shop.now }
    }

    /// A dispute from its beginning to its decision.
    async fn credit(&self, partner: usize, pence: i64) {
        let partner = self.partner(partner).await;
        let case = self.dispute(partner).await;
        self.decide(partner, case, true, Some(pence)).await;
    }

    async fn advance(&mut self, partner: usize, pence: i64) {
        let (partner, at) = (self.partner(partner).await, self.shop.now);
        let case = self.dispute(partner).await;
        let mut tx = self.shop.db.begin(&Actor::Staff(self.staff.clone())).await.expect("begin");
        let locked = cases::lock(&mut tx, partner, case).await.expect("lock");
        let policy =
            provisional::policy(&mut tx, self.shop.programme, Role::Owner, at).await.expect("policy").expect("one");
        let last = (at + TimeDelta::days(PROVISIONAL - 1)).date_naive();
        let new = provisional::NewProvisional {
            money: Money::new(pounds(pence), Currency::parse("GBP").expect("code")),
            reason: "Until we know.".into(),
            ends_at: contests::rules::parse_last_day(&last.to_string(), chrono_tz::Europe::London, at).expect("day"),
            policy,
            role: Role::Owner,
            form_key: uuid::Uuid::new_v4(),
        };
        provisional::give(&mut tx, &locked, &new, &self.hand()).await.expect("given");
        tx.commit().await.expect("commit");
        self.provisionals.push((partner, case));
    }

    async fn decide(&self, partner: PartnerId, case: CaseId, in_favour: bool, pence: Option<i64>) {
        let at = self.shop.now;
        let mut tx = self.shop.db.begin(&Actor::Staff(self.staff.clone())).await.expect("begin");
        let locked = cases::lock(&mut tx, partner, case).await.expect("lock");
        let authority = desk::authority(&mut tx, self.shop.programme, self.staff.person, at).await.expect("authority");
        let money = |pence| Money::new(pounds(pence), Currency::parse("GBP").expect("code"));
        let decision = desk::NewDecision {
            outcome: if in_favour { Outcome::InFavour } else { Outcome::Declined },
            reason: Reason::TrackingError,
            reason_partner: "You were right.".into(),
            reason_house: String::new(),
            credit: pence.map(|pence| desk::Credit { money: money(pence), conversion: None }),
            authority,
        };
        desk::decide(&mut tx, &locked, &decision, &self.hand()).await.expect("decided");
        tx.commit().await.expect("commit");
    }

    async fn contest(&mut self, order: usize) {
        let code = format!("life-{}", self.number);
        let mut tx = self.shop.db.begin(&Actor::Staff(self.staff.clone())).await.expect("begin");
        let target = contests::store::target(&mut tx, &code, &self.order(order)).await.expect("found").expect("order");
        let last = (self.shop.now + TimeDelta::days(9)).date_naive();
        let ends_at = contests::rules::parse_last_day(&last.to_string(), target.zone, self.shop.now).expect("day");
        let new = contests::store::NewContest {
            target: &target,
            reason_partner: "Odd",
            reason_house: "",
            ends_at,
            form_key: uuid::Uuid::new_v4(),
        };
        let begun = contests::store::begin(&mut tx, &self.staff, &new, "test", self.shop.now).await.expect("begun");
        assert!(matches!(begun, contests::store::Begun::Runs(_)), "{begun:?}");
        tx.commit().await.expect("commit");
    }

    async fn wait(&mut self, days: i64) {
        self.shop.now += TimeDelta::days(days);
        app::commissions::store::release(&self.shop.db, &Actor::Job, self.shop.now, self.shop.now)
            .await
            .expect("released");
        provisional::end_due(&self.shop.db, self.shop.now).await.expect("ended");
        contests::store::end_due(&self.shop.db, self.shop.now).await.expect("ended");
    }

    async fn build(&mut self) {
        let cutoff = self.shop.now.date_naive().pred_opt().expect("day");
        let what = runs::Start { programme: self.shop.programme, cutoff, pay_day: None, off_cycle: None };
        let mut tx = self.shop.db.begin(&Actor::Command).await.expect("begin");
        let (run, is_new) = runs::start(&mut tx, &Actor::Command, &what, self.shop.now).await.expect("started");
        tx.commit().await.expect("commit");
        while runs::build_batch(&self.shop.db, &Actor::Command, run.id, self.shop.now).await.expect("batch").is_some() {
        }
        if is_new {
            self.runs.push(run.id);
        }
    }

    async fn take_step(&mut self, life: &Life, step: &Step) {
        let command = Actor::Command;
        let now = self.shop.now;
        match *step {
            Step::Sell { partner, pence } => {
                self.import("sale", life.orders.len() - 1, partner, &pounds(pence).to_string()).await;
            }
            Step::Refund { order, pence } => {
                self.import("refund", order, life.orders[order].partner, &pounds(pence).to_string()).await;
            }
            Step::Reject { order } => self.import("reject", order, life.orders[order].partner, "").await,
            Step::Wait { days } => self.wait(days).await,
            Step::Credit { partner, pence } => self.credit(partner, pence).await,
            Step::Advance { partner, pence } => self.advance(partner, pence).await,
            Step::Settle { provisional, in_favour } => {
                let (partner, case) = self.provisionals[provisional];
                self.decide(partner, case, in_favour, None).await;
            }
            Step::Contest { order } => self.contest(order).await,
            Step::LetGo { order } => self.end_contest(order, Ended::LetGo).await,
            Step::TakeBack { order } => self.end_contest(order, Ended::Rejected).await,
            Step::Build => self.build().await,
            Step::Hold { payout } => self.take(payout, Take::Hold).await,
            Step::Unhold { payout } => self.take(payout, Take::LetGo).await,
            Step::GiveUp { payout } => self.take(payout, Take::Cancel).await,
            Step::Release { run } => {
                let mut tx = self.shop.db.begin(&command).await.expect("begin");
                runs::release(&mut tx, &command, self.runs[run], "test", now).await.expect("released");
                tx.commit().await.expect("commit");
            }
            Step::CancelRun { run } => {
                let mut tx = self.shop.db.begin(&command).await.expect("begin");
                runs::cancel(&mut tx, &command, self.runs[run], "Why not", "test", now).await.expect("cancelled");
                tx.commit().await.expect("commit");
            }
            Step::Export { run } => {
                export(&self.shop.db, &self.secrets, &command, self.runs[run], Format::PayPal, now)
                    .await
                    .expect("exported");
            }
            Step::Withdraw { file } => self.withdraw(file).await,
            Step::Decide { line, matched } => self.decide_line(line, matched).await,
            Step::Answer { payout, answer, again } => {
                let (_, id, _) = self.payout(payout).await;
                // What is for a person is said once: each line would wait.
                let again = again && !life.lines.last().is_some_and(|line| line.open && line.payout == payout);
                let reference = app::payout_files::end_to_end_id(id.0);
                self.events += 1;
                for time in 0..=usize::from(again) {
                    // The second is another file that says the same, in marks.
                    let mark = if time == 0 { "" } else { "\"" };
                    let text = format!(
                        "payout,status,date,reference,code\n{mark}{reference}{mark},{},{},T{},\n",
                        answer.as_str(),
                        now.date_naive(),
                        self.events
                    );
                    let name = format!("answer-{}", self.events);
                    settle(&self.shop.db, &command, &name, text.into_bytes(), now).await.expect("settled");
                }
            }
        }
    }

    /// Balances, allocations and states are the model's.
    async fn agrees(&self, life: &Life) {
        let rows: Vec<(String, String, Decimal)> = sqlx::query_as(
            "SELECT p.code, a.kind, a.balance FROM account a JOIN partner p USING (partner_id) WHERE a.programme_id = $1",
        )
        .bind(self.shop.programme.0)
        .fetch_all(&self.shop.pool)
        .await
        .expect("balances");
        let mut kept: BTreeMap<usize, [Decimal; 5]> = BTreeMap::new();
        for partner in 0..PARTNERS {
            let kinds = ["pending", "payable", "ring_fenced", "in_payout", "paid"];
            let of = |kind: &str| {
                let row = rows.iter().find(|row| row.0 == self.code(partner) && row.1 == kind);
                row.map_or(Decimal::ZERO, |row| row.2)
            };
            kept.insert(partner, kinds.map(of));
        }
        let wanted: BTreeMap<usize, [Decimal; 5]> =
            life.balances().into_iter().map(|(partner, purse)| (partner, purse.map(pounds))).collect();
        assert_eq!(kept, wanted, "pending, payable, ring-fenced, in payouts, paid");

        let states: Vec<(String, Decimal, String)> = sqlx::query_as(
            "SELECT c.code, p.amount, p.state FROM payout p JOIN partner c USING (partner_id) WHERE p.programme_id = $1 ORDER BY payout_id",
        )
        .bind(self.shop.programme.0)
        .fetch_all(&self.shop.pool)
        .await
        .expect("payouts");
        let wanted: Vec<_> = life
            .payouts
            .iter()
            .map(|payout| (self.code(payout.partner), pounds(payout.amount), payout.stage.as_str().to_owned()))
            .collect();
        assert_eq!(states, wanted, "payouts");

        let taken: Vec<(i64, Decimal)> = sqlx::query_as(
            "SELECT count(*), coalesce(sum(a.amount), 0) FROM payout p LEFT JOIN payout_allocation a ON a.partner_id = p.partner_id
               AND a.payout_id = p.payout_id AND a.live WHERE p.programme_id = $1 GROUP BY p.payout_id ORDER BY p.payout_id",
        )
        .bind(self.shop.programme.0)
        .fetch_all(&self.shop.pool)
        .await
        .expect("allocations");
        for (at, (_, amount)) in taken.iter().enumerate() {
            let items = life.items.iter().filter(|item| item.payout == Some(at));
            assert_eq!(*amount, pounds(items.map(|item| item.amount).sum()), "what payout {at} has");
        }
        let mut tx = self.shop.db.begin(&Actor::Command).await.expect("begin");
        assert_eq!(verify(&mut tx).await.expect("verified").differences, []);
    }
}

impl StateMachineTest for Lived {
    type SystemUnderTest = Self;
    type Reference = Life;

    fn init_test(_: &Life) -> Self {
        HOUSE.with_borrow_mut(|house| {
            let house = house.as_mut().expect("open");
            house.lives += 1;
            let lived = Self::open(house.pool.clone(), house.secrets.clone(), house.staff.clone(), house.lives);
            house.runtime.block_on(lived)
        })
    }

    fn apply(mut lived: Self, life: &Life, step: Step) -> Self {
        HOUSE.with_borrow(|house| {
            house.as_ref().expect("open").runtime.block_on(lived.take_step(life, &step));
        });
        lived
    }

    fn check_invariants(lived: &Self, life: &<Self::Reference as ReferenceStateMachine>::State) {
        HOUSE.with_borrow(|house| house.as_ref().expect("open").runtime.block_on(lived.agrees(life)));
    }
}
