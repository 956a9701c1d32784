//! What stands in the files, as they are made from a run: where the money goes, when, and with which address.

use crate::counting_house::{CUTOFF, CountingHouse};
use crate::people::{done, errors};
use crate::screens::{page, says};
use crate::staff::Office;
use app::base::actor::Actor;
use app::base::error::constraint;
use app::payout_methods::bulk;
use app::payout_runs::api::{StepForm, make_files, step};
use app::payout_runs::export::{ExportError, Format, export};
use sqlx::PgPool;

fn sale(partner: &str, order: &str, amount: &str, currency: &str) -> String {
    format!("E{order},sale,{order},{partner},uk,2011-02-01T10:00:00Z,{amount},{currency},\n")
}

impl CountingHouse {
    /// A released run of these sales.
    async fn released(&self, sales: &str) -> app::base::ids::PayoutRunId {
        self.import(sales).await;
        self.release("2011-03-31T00:00:00Z").await;
        let run = self.build(CUTOFF).await.id;
        self.let_go(run).await;
        run
    }

    /// Sets methods from a file with any columns.
    pub async fn methods_of(&self, file: &str) {
        let rows = bulk::read(file.as_bytes()).expect("rows");
        let at = crate::shop::time("2011-01-01T00:00:00Z");
        bulk::set(&self.db, &self.secrets, self.programme, rows, at).await.expect("methods");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_goes_to_an_account_that_was_changed_after_the_build(pool: PgPool) {
    let house = CountingHouse::open(pool).await;
    house.import(&[sale("ana", "1", "100.00", "GBP"), sale("bob", "2", "200.00", "GBP")].concat()).await;
    house.methods("ana,paypal,Ana Arias,,,,,ana@example.org\nbob,paypal,Bob Bain,,,,,bob@example.org\n").await;
    house.release("2011-03-31T00:00:00Z").await;
    let office = Office::open(house).await;
    let run = office.build(CUTOFF).await.id;
    office.methods_at("ana,paypal,Ana Arias,,,,,ana@example.net\n", "2011-04-02T00:00:00Z").await;
    // Before the release as after it, its page names whom that is about.
    says(
        &page(office.henrik(), &format!("/runs/{run}")).await,
        &["To an account that was changed since", "a…@example.org"],
    );
    office.let_go(run).await;
    let made = office.export(run, Format::PayPal).await;
    let text = office.bytes(&made[0]).await;
    assert!(text.contains("bob@example.org") && !text.contains("ana@example"), "{text}");
    assert_eq!(office.payouts().await, ["ana 8.00 approved", "bob 16.00 submitted"]);
    let sending = format!("/runs/{run}?view=sending");
    says(&page(office.finn(), &sending).await, &["To an account that was changed since"]);
    // Whoever writes it past the program meets the database.
    let written = sqlx::query(
        "INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, at, booked_at)
         SELECT partner_id, payout_id, seq + 1, state, 'submitted', 'command', now(), now() FROM payout WHERE state = 'approved'",
    )
    .execute(&office.pool)
    .await
    .expect_err("sent to the old account");
    assert_eq!(constraint(&written), Some("payout_event_to_a_live_method"));
    // Given up, its money goes to the new account with the next run.
    let payout: i64 = sqlx::query_scalar("SELECT payout_id FROM payout WHERE state = 'approved'")
        .fetch_one(&office.pool)
        .await
        .expect("payout");
    let give_up = StepForm {
        run: run.to_string(),
        payout: payout.to_string(),
        step: "cancel".into(),
        reason: "Another account".into(),
    };
    done(step(&office.finn(), &give_up).await);
    let next = office.build("2011-04-30").await.id;
    office.let_go(next).await;
    let made = office.export(next, Format::PayPal).await;
    assert!(office.bytes(&made[0]).await.contains("ana@example.net"));
    office.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn where_everybody_has_another_account_no_file_is_made_and_that_is_said(pool: PgPool) {
    let house = CountingHouse::open(pool).await;
    house.methods_of("partner,kind,holder\n").await;
    house.import(&sale("ana", "1", "100.00", "GBP")).await;
    house.methods("ana,paypal,Ana Arias,,,,,ana@example.org\n").await;
    let office = Office::open(house).await;
    let run = office.released("").await;
    office.methods_at("ana,wise,Ana Arias,,,,,ana@example.org\n", "2011-04-02T00:00:00Z").await;
    let none = export(&office.db, &office.secrets, &Actor::Command, run, Format::PayPal, office.now).await;
    assert!(matches!(none, Err(ExportError::MethodsChanged(1))), "{none:?}");
    let refused = errors(make_files(&office.finn(), run, Format::PayPal).await);
    assert!(refused.get("").is_some_and(|message| message.contains("changed the account since: 1")), "{refused:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_corrected_name_is_the_same_account_and_is_paid(pool: PgPool) {
    let house = CountingHouse::open(pool).await;
    house.import(&sale("ana", "1", "100.00", "GBP")).await;
    house.methods("ana,paypal,Ana Aras,,,,,ana@example.org\n").await;
    let run = house.released("").await;
    house.methods_at("ana,paypal,Ana Arias,,,,,ana@example.org\n", "2011-04-02T00:00:00Z").await;
    let made = house.export(run, Format::PayPal).await;
    assert!(house.bytes(&made[0]).await.contains("ana@example.org"));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_day_of_execution_is_one_of_the_programme(pool: PgPool) {
    let house = CountingHouse::open(pool).await;
    // There it is still 31 May when it is 1 June in Greenwich.
    house.run("UPDATE programme SET time_zone = 'America/Los_Angeles'").await;
    house.import(&sale("ana", "1", "100.00", "EUR")).await;
    house.methods("ana,iban,Ana Arias,ES9121000418450200051332,,,,\n").await;
    house.release("2011-03-31T00:00:00Z").await;
    let run = house.build_for(CUTOFF, "2011-05-31").await.id;
    house.let_go(run).await;
    let made = house.export(run, Format::Pain001).await;
    let text = house.bytes(&made[0]).await;
    assert!(text.contains("<ReqdExctnDt><Dt>2011-05-31</Dt></ReqdExctnDt>"), "{text}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_run_pays_on_the_next_day_of_the_schedule_that_is_still_to_come(pool: PgPool) {
    let house = CountingHouse::open(pool).await;
    // It is 1 June: the 15th of April, the first after the cut-off, is over.
    assert_eq!(house.build(CUTOFF).await.pay_day.to_string(), "2011-06-15");
    house.run("UPDATE programme SET time_zone = 'Pacific/Auckland'").await;
    assert_eq!(house.build("2011-05-31").await.pay_day.to_string(), "2011-06-15");
}

#[sqlx::test(migrations = "../migrations")]
async fn forints_are_not_sent_by_paypal_which_knows_no_half_ones(pool: PgPool) {
    let house = CountingHouse::open(pool).await;
    house.import(&[sale("ana", "1", "1256.25", "HUF"), sale("bob", "2", "100.00", "GBP")].concat()).await;
    house.methods("ana,paypal,Ana Arias,,,,,ana@example.org\nbob,paypal,Bob Bain,,,,,bob@example.org\n").await;
    let run = house.released("").await;
    assert_eq!(house.payouts().await, ["bob 8.00 approved"]);
    assert_eq!(house.blocks().await, ["ana method_cannot_pay"]);
    assert_eq!(house.export(run, Format::PayPal).await.len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn other_currencies_go_to_bank_accounts_by_the_banks_csv(pool: PgPool) {
    let house = CountingHouse::open(pool).await;
    house
        .import(
            &[sale("ana", "1", "100.00", "PLN"), sale("bob", "2", "200.00", "USD"), sale("cleo", "3", "100.00", "SEK")]
                .concat(),
        )
        .await;
    house
        .methods_of(
            "partner,kind,holder,country,account,bic,bank_code\n\
             ana,bank_account,Łucja Żak,PL,PL61 1090 1014 0000 0712 1981 2874,,\n\
             bob,bank_account,Bob Bain,US,000123456789,CHASUS33,021000021\n\
             cleo,bank_account,Cleo Cole,SE,SE45 5000 0000 0583 9825 7466,,\n",
        )
        .await;
    let run = house.released("").await;
    let made = house.export(run, Format::Bank).await;
    let names: Vec<_> = made.iter().map(|made| (made.currency.code().to_owned(), made.payments)).collect();
    assert_eq!(names, [("PLN".to_owned(), 1), ("SEK".to_owned(), 1), ("USD".to_owned(), 1)]);
    let header = "end_to_end_id,name,iban,account,bic,bank_code,country,amount,currency,reference,pay_day";
    let (ana, bob) = (house.reference("ana").await, house.reference("bob").await);
    let polish = house.bytes(&made[0]).await;
    assert_eq!(polish.lines().next(), Some(header));
    let row = format!("{ana},Lucja Zak,PL61109010140000071219812874,,,,PL,8.00,PLN,giftware {ana},2011-06-15");
    assert_eq!(polish.lines().nth(1), Some(row.as_str()));
    let american = house.bytes(&made[2]).await;
    let row = format!("{bob},Bob Bain,,000123456789,CHASUS33,021000021,US,16.00,USD,giftware {bob},2011-06-15");
    assert_eq!(american.lines().nth(1), Some(row.as_str()));
    let kept = house.lines("SELECT masked FROM payout_method").await;
    assert_eq!(kept, ["(\"PL•• •••• 2874\")", "(\"SE•• •••• 7466\")", "(\"US•• •••• 6789\")"]);
    house.answer(&format!("payout,status,date,reference,code\n{ana},paid,2011-06-01,B1,\n")).await;
    assert_eq!(house.payouts().await[0], "ana 8.00 paid");
    house.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_bank_account_costs_what_the_policy_says_for_banks(pool: PgPool) {
    let house = CountingHouse::open(pool).await;
    house.import(&sale("ana", "1", "100.00", "PLN")).await;
    house
        .methods_of("partner,kind,holder,country,account\nana,bank_account,Ana,PL,PL61109010140000071219812874\n")
        .await;
    // Without a policy it costs nothing, and the database works it out the same.
    house.released("").await;
    assert_eq!(house.lines("SELECT fee FROM payout").await, ["(0)"]);
    let definition: String = sqlx::query_scalar("SELECT pg_get_functiondef('check_payout_tax()'::regprocedure)")
        .fetch_one(&house.pool)
        .await
        .expect("function");
    assert!(definition.contains("WHEN 'bank_account' THEN t.fee_iban"), "{definition}");
}
