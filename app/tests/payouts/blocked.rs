//! Everybody with money is paid, or named with the reason, the code and the day; and what a release should look at.

use crate::contests::as_ana;
use crate::counting_house::{CUTOFF, CountingHouse};
use crate::people::done;
use crate::screens::{in_spanish, page, says};
use crate::shop::{dec, time};
use crate::staff::Office;
use app::approvals::store::initial_terms;
use app::base::actor::Actor;
use app::base::language::Locale;
use app::contests::api::{ContestForm, begin};
use app::payout_methods::bulk;
use app::payout_runs::model::Run;
use app::payout_runs::store::{Start, build_batch, start};
use app::terms::model::{Field, Scope};
use sqlx::PgPool;

const HEADER: &str = "payout,status,date,reference,code\n";

impl CountingHouse {
    /// A partner's own schedule, in force since ever.
    async fn schedule(&self, partner: &str, kind: &str, value: &str) {
        let partner = Some(self.partner(partner).await);
        let scope = Scope { programme: self.programme, offer: None, partner };
        let mut tx = self.db.begin(&Actor::Command).await.expect("begin");
        initial_terms(&mut tx, scope, Field::Schedule, kind, dec(value), self.now, "test").await.expect("terms");
        tx.commit().await.expect("commit");
    }

    /// Builds a run that pays on a day.
    pub async fn build_for(&self, cutoff: &str, pay_day: &str) -> Run {
        let what = Start {
            programme: self.programme,
            cutoff: cutoff.parse().expect("day"),
            pay_day: Some(pay_day.parse().expect("day")),
            off_cycle: None,
        };
        let mut tx = self.db.begin(&Actor::Command).await.expect("begin");
        let (run, _) = start(&mut tx, &Actor::Command, &what, self.now).await.expect("started");
        tx.commit().await.expect("commit");
        while build_batch(&self.db, &Actor::Command, run.id, self.now).await.expect("batch").is_some() {}
        run
    }

    /// Sets methods from rows below the usual header, at a moment.
    pub async fn methods_at(&self, rows: &str, at: &str) {
        let file = format!("partner,kind,holder,iban,bic,sort_code,account,email\n{rows}");
        let rows = bulk::read(file.as_bytes()).expect("rows");
        bulk::set(&self.db, &self.secrets, self.programme, rows, time(at)).await.expect("methods");
    }

    /// `partner reason amount until code` of the last run, by partner, the weightiest first.
    pub async fn blocks(&self) -> Vec<String> {
        sqlx::query_scalar(
            "SELECT concat_ws(' ', c.code, b.reason, trim_scale(b.amount), to_char(b.until AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI'), b.code)
             FROM payout_block b JOIN partner c USING (partner_id)
             WHERE b.payout_run_id = (SELECT max(payout_run_id) FROM payout_run) ORDER BY c.code, b.currency, b.position",
        )
        .fetch_all(&self.pool)
        .await
        .expect("blocks")
    }
}

fn paypal(partner: &str) -> String {
    format!("{partner},paypal,{partner} Arias,,,,,{partner}@example.org\n")
}

fn sale(partner: &str, order: &str, day: &str, amount: &str) -> String {
    format!("E{order},sale,{order},{partner},uk,{day}T10:00:00Z,{amount},GBP,\n")
}

#[sqlx::test(migrations = "../migrations")]
async fn whose_schedule_pays_later_waits_for_their_own_day(pool: PgPool) {
    let house = CountingHouse::open(pool).await;
    let rows = ["ana", "bob", "cleo"].map(|partner| sale(partner, partner, "2011-02-01", "100.00"));
    house.import(&rows.concat()).await;
    house.methods(&["ana", "bob", "cleo"].map(paypal).concat()).await;
    house.release("2011-05-01T00:00:00Z").await;
    house.schedule("bob", "monthly", "20").await;
    house.schedule("cleo", "net", "30").await;
    house.build("2011-05-30").await;
    assert_eq!(house.payouts().await, ["ana 8.00 scheduled"]);
    // From midnight in London on, in summer time.
    assert_eq!(house.blocks().await, ["bob not_due 2011-06-19T23:00", "cleo not_due 2011-06-29T23:00"]);
    house.build_for("2011-05-31", "2011-06-30").await;
    assert_eq!(house.payouts().await, ["ana 8.00 scheduled", "bob 8.00 scheduled", "cleo 8.00 scheduled"]);
    assert!(house.blocks().await.is_empty());
    house.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn money_of_the_last_weeks_waits_where_the_schedule_counts_from_the_end_of_the_month(pool: PgPool) {
    let house = CountingHouse::open(pool).await;
    house.import(&[sale("ana", "1", "2011-02-01", "100.00"), sale("ana", "2", "2011-04-05", "200.00")].concat()).await;
    house.methods(&paypal("ana")).await;
    house.release("2011-05-10T00:00:00Z").await;
    house.schedule("ana", "net", "30").await;
    // April is over thirty days on 30 May, May on 30 June.
    house.build_for("2011-05-29", "2011-05-30").await;
    assert_eq!(house.payouts().await, ["ana 8.00 scheduled"]);
    house.build_for("2011-05-31", "2011-06-30").await;
    assert_eq!(house.payouts().await, ["ana 8.00 scheduled", "ana 16.00 scheduled"]);
    house.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_release_is_told_of_new_accounts_and_of_far_more_than_usual(pool: PgPool) {
    let house = CountingHouse::open(pool).await;
    let rows = [
        sale("ana", "1", "2011-01-05", "100.00"),
        sale("ana", "2", "2011-02-05", "100.00"),
        sale("ana", "3", "2011-03-05", "1000.00"),
        sale("bob", "4", "2011-01-05", "100.00"),
    ];
    house.import(&rows.concat()).await;
    house.methods(&["ana", "bob"].map(paypal).concat()).await;
    house.release("2011-05-01T00:00:00Z").await;
    house.build("2011-02-28").await;
    house.build("2011-03-31").await;
    house.methods_at("ana,wise,Ana Arias,,,,,ana@example.net\n", "2011-04-10T00:00:00Z").await;
    // Bob's sale came back after it went into a payout.
    house.import("R,refund,4,bob,uk,2011-04-12T10:00:00Z,100.00,GBP,returned\n").await;
    house.build("2011-04-30").await;
    let warned = "SELECT n.code, p.amount, p.warnings FROM payout p JOIN partner n USING (partner_id)";
    assert_eq!(
        house.lines(warned).await,
        [
            "(ana,8.00,{first_payout})",
            "(ana,8.00,{})",
            "(ana,80.00,\"{new_method,outlier}\")",
            "(bob,8.00,{first_payout})"
        ]
    );
    assert_eq!(house.blocks().await, ["bob owes 8", "bob under_minimum 13"]);
    house.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn money_in_hold_contested_or_of_a_closed_account_is_named_with_its_day(pool: PgPool) {
    let house = CountingHouse::open(pool).await;
    let rows = [
        sale("ana", "1", "2011-02-01", "100.00"),
        sale("bob", "2", "2011-05-20", "100.00"),
        sale("bob", "3", "2011-05-25", "50.00"),
        sale("cleo", "4", "2011-02-01", "100.00"),
        sale("dan", "5", "2011-02-01", "100.00"),
        sale("dan", "6", "2011-05-20", "100.00"),
    ];
    house.import(&rows.concat()).await;
    house.methods(&["ana", "bob", "cleo", "dan"].map(paypal).concat()).await;
    house.release("2011-05-01T00:00:00Z").await;
    house.run("UPDATE partner SET status = 'closed' WHERE code = 'cleo'").await;
    let office = Office::open(house).await;
    let contest = ContestForm {
        programme: "giftware".into(),
        order: "1".into(),
        reason: "The shop asks for the invoice.".into(),
        reason_house: "One more like it.".into(),
        until: "2011-06-20".into(),
        form_key: uuid::Uuid::new_v4().to_string(),
    };
    done(begin(&office.tom(), &contest).await);
    let run = office.build(CUTOFF).await.id;
    // Dan is paid what is payable; what he has in hold is no reason.
    assert_eq!(office.payouts().await, ["dan 8.00 scheduled"]);
    let ends = office.lines("SELECT to_char(ends_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI') FROM contest").await;
    let contested = format!("ana contested 8 {}", ends[0].trim_matches(['(', ')']));
    assert_eq!(office.blocks().await, [contested.as_str(), "bob in_hold 12 2011-06-19T10:00", "cleo closed"]);
    let unpaid = format!("/runs/{run}?view=unpaid");
    says(
        &page(office.olivia(), &unpaid).await,
        &["£12.00 in hold, nothing else", "Account closed", "The programme decides what becomes of the balance"],
    );
    says(&page(in_spanish(office.olivia()), &unpaid).await, &["en retención, y nada más", "Cuenta cerrada"]);
    office.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_that_a_bank_refused_is_not_paid_again_until_it_is_changed(pool: PgPool) {
    let house = CountingHouse::open(pool).await;
    let rows = ["ana", "bob"].map(|partner| sale(partner, partner, "2011-02-01", "100.00"));
    house.import(&rows.concat()).await;
    house.methods("ana,sort_code,Ana Arias,,,20-00-00,55779911,\nbob,sort_code,Bob Bain,,,20-00-00,55779922,\n").await;
    house.release("2011-05-01T00:00:00Z").await;
    let run = house.build(CUTOFF).await;
    house.let_go(run.id).await;
    house.export(run.id, app::payout_runs::export::Format::Bank).await;
    let (ana, bob) = (house.reference("ana").await, house.reference("bob").await);
    house.answer(&format!("{HEADER}{ana},failed,2011-06-01,,AC04\n{bob},failed,2011-06-01,,AM04\n")).await;
    let office = Office::open(house).await;
    let next = office.build("2011-04-30").await.id;
    // Bob's programme was short of money; that is no fault of his account.
    assert_eq!(office.payouts().await[2..], ["bob 8.00 scheduled"]);
    assert_eq!(office.blocks().await, ["ana bank_refused AC04"]);
    let unpaid = format!("/runs/{next}?view=unpaid");
    says(
        &page(office.olivia(), &unpaid).await,
        &[
            "The bank refused the last payout (AC04: the account is closed)",
            "They correct the account, or name another",
        ],
    );
    let ana = as_ana(&office, Locale::en).await;
    says(
        &page(ana, "/payouts").await,
        &["£8.00 is ready, but your bank's answer says that the account can't take it."],
    );
    office.methods_at("ana,sort_code,Ana Arias,,,20-00-00,55779933,\n", "2011-05-20T00:00:00Z").await;
    office.build("2011-05-31").await;
    assert_eq!(office.payouts().await[3..], ["ana 8.00 scheduled"]);
    assert!(office.blocks().await.is_empty());
    office.adds_up().await;
}
