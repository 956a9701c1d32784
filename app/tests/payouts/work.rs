//! Long work with a run: what was asked for is done, also by the next process, once, and told where it can't be.

use crate::counting_house::{CUTOFF, CountingHouse};
use crate::screens::{in_spanish, page, says};
use crate::staff::Office;
use app::base::clock::Clock;
use app::base::context::Context;
use app::base::error::constraint;
use app::base::ids::PayoutRunId;
use app::payout_runs::api::work_all;
use app::payout_runs::export::Format;
use app::payout_runs::store::{Task, ask};
use sqlx::PgPool;

/// Ana's 8.00 in a run that a command has built.
async fn built(pool: PgPool) -> (Office, PayoutRunId) {
    let house = CountingHouse::open(pool).await;
    house.import("A,sale,1,ana,uk,2011-02-01T10:00:00Z,100.00,GBP,\n").await;
    house.methods("ana,paypal,Ana Arias,,,,,ana@example.org\n").await;
    house.release("2011-03-31T00:00:00Z").await;
    let run = house.build(CUTOFF).await.id;
    (Office::open(house).await, run)
}

impl Office {
    /// Somebody asks, and their process dies before it begins.
    async fn asked(&self, ctx: &Context, run: PayoutRunId, task: Task) {
        let mut tx = ctx.begin().await.expect("begin");
        let staff = ctx.staff().expect("staff");
        ask(&mut tx, staff, run, task, ctx.locale, "test", ctx.now()).await.expect("asked");
        tx.commit().await.expect("commit");
    }

    async fn next_process(&self) {
        work_all(&self.db, &self.secrets, Clock::Fixed(self.now)).await.expect("worked");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_stopped_process_left_the_next_one_does_in_the_name_of_who_asked(pool: PgPool) {
    let (office, run) = built(pool).await;
    office.asked(&office.olivia(), run, Task::Release).await;
    says(&page(office.olivia(), &format!("/runs/{run}")).await, &["The run is being released."]);
    office.next_process().await;
    assert_eq!(office.payouts().await, ["ana 8.00 approved"]);
    let sending = format!("/runs/{run}?view=sending");
    for _ in 0..2 {
        office.asked(&office.finn(), run, Task::Files(Format::PayPal)).await;
    }
    says(&page(office.finn(), &sending).await, &["The PayPal file is being made: 0%"]);
    says(&page(in_spanish(office.finn()), &sending).await, &["Se está creando el fichero de PayPal"]);
    for _ in 0..2 {
        office.next_process().await;
    }
    assert_eq!(office.payouts().await, ["ana 8.00 submitted"]);
    let by = "SELECT s.name FROM payout_file f JOIN staff s ON s.person_id = f.made_by
              UNION ALL SELECT s.name FROM payout_release r JOIN staff s ON s.person_id = r.releaser_id";
    assert_eq!(office.lines(by).await, ["(\"Finn Fox\")", "(\"Olivia Hart\")"]);
    assert_eq!(
        office.lines("SELECT task, written, done_at IS NOT NULL, refused FROM run_work").await,
        ["(paypal,1,t,)", "(release,0,t,)"]
    );
    assert!(!page(office.finn(), &sending).await.contains("is being made"));
    office.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn why_nothing_was_made_stands_on_the_page(pool: PgPool) {
    let (office, run) = built(pool).await;
    office.let_go(run).await;
    office
        .run(
            "INSERT INTO house_transfer (programme_id, kind, debit_kind, credit_kind, amount, currency, by_kind, effective_at, booked_at, form_key)
             SELECT programme_id, 'funding', 'cash', 'funding', 5, 'GBP', 'command', now(), now(), gen_random_uuid() FROM programme",
        )
        .await;
    office.asked(&in_spanish(office.finn()), run, Task::Files(Format::PayPal)).await;
    office.next_process().await;
    assert_eq!(office.payouts().await, ["ana 8.00 approved"]);
    assert_eq!(office.lines("SELECT refused LIKE '%3,00%' FROM run_work").await, ["(t)"], "in the words of who asked");
    let html = page(office.olivia(), &format!("/runs/{run}?view=sending")).await;
    says(&html, &["3,00", "Make the PayPal file"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn work_is_open_once_and_ends_once(pool: PgPool) {
    let (office, run) = built(pool).await;
    office.asked(&office.olivia(), run, Task::Release).await;
    let again = sqlx::query(
        "INSERT INTO run_work (programme_id, payout_run_id, task, asked_by, asked_at, locale, request_id)
         SELECT programme_id, payout_run_id, task, asked_by, asked_at, locale, request_id FROM run_work",
    );
    assert_eq!(constraint(&again.execute(&office.pool).await.expect_err("twice")), Some("run_work_one_open"));
    office.next_process().await;
    for (change, refused) in [
        ("UPDATE run_work SET done_at = NULL", "run_work_ends_once"),
        ("UPDATE run_work SET refused = 'no'", "run_work_ends_once"),
        (
            "INSERT INTO run_work (programme_id, payout_run_id, task, asked_by, asked_at, locale, request_id)
             SELECT programme_id, payout_run_id, 'pay twice', asked_by, asked_at, locale, request_id FROM run_work",
            "run_work_task_known",
        ),
    ] {
        let error = sqlx::query(change).execute(&office.pool).await.expect_err(change);
        assert_eq!(constraint(&error), Some(refused), "{change}");
    }
    assert!(sqlx::query("DELETE FROM run_work").execute(&office.pool).await.is_err());
}
