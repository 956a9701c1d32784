//! VAT, withholding and fees on their way through the house, and invoices with them.

use crate::counting_house::{CUTOFF, CountingHouse};
use crate::shop::{dec, time};
use app::base::actor::Actor;
use app::ledger::close::{Month, figures};
use app::ledger::journal::{Format as Journal, Period, export as journal};
use app::payout_runs::export::Format;
use app::payout_runs::store::{Released, cancel};
use app::tax::countries::Country;
use app::tax::model::{Fees, Invoices, Kind, PostalAddress, Terms};
use app::tax::secrets::Numbers;
use app::tax::store::{NewPolicy, NewProfile, set_policy, set_profile};
use sqlx::PgPool;
use uuid::Uuid;

const HEADER: &str = "payout,status,date,reference,code\n";
/// Ana earned 80.00, Bob 16.00, Cleo 8.00, Dan 0.40 and a credit is not in it.
const SALES: &str = "A,sale,1,ana,uk,2011-02-01T10:00:00Z,1000.00,GBP,\nB,sale,2,bob,uk,2011-02-01T10:00:00Z,200.00,GBP,\n\
                     C,sale,3,cleo,uk,2011-02-01T10:00:00Z,100.00,GBP,\n";
const METHODS: &str = "ana,sort_code,Ana Arias,,,20-00-00,55779911,\nbob,paypal,Bob Bain,,,,,bob@example.org\n\
                       cleo,paypal,Cleo Cole,,,,,cleo@example.org\n";

pub fn address(country: &str) -> PostalAddress {
    PostalAddress {
        street: "High Street".into(),
        building: "1".into(),
        post_code: "SW1A 1AA".into(),
        town: "London".into(),
        country: Country::parse(country).expect("country"),
    }
}

/// A British programme: 20 percent of VAT, 10 withheld from persons at home and 24 from strangers, 50 pence by PayPal.
pub fn terms(invoices: Invoices) -> Terms {
    Terms {
        legal_name: "Giftware Ltd".into(),
        address: address("GB"),
        tax_number: "GB123456782".into(),
        invoices,
        waits_for_invoice: invoices == Invoices::Own,
        needs_profile: true,
        vat_percent: dec("20"),
        withhold_domestic: dec("10"),
        withhold_foreign: dec("24"),
        fees: Fees { paypal: dec("0.50"), ..Fees::default() },
    }
}

impl CountingHouse {
    pub async fn policy(&self, terms: &Terms, valid_from: &str) {
        let new =
            NewPolicy { programme: self.programme, valid_from: time(valid_from), terms, form_key: Uuid::new_v4() };
        let mut tx = self.db.begin(&Actor::Command).await.expect("begin");
        set_policy(&mut tx, &Actor::Command, &new, self.now).await.expect("policy").expect("new");
        tx.commit().await.expect("commit");
    }

    pub async fn profile(&self, partner: &str, kind: Kind, country: &str, tax: Option<&str>, vat: Option<&str>) {
        let number = |text: &str| text.to_owned().into();
        let new = NewProfile {
            legal_name: format!("{partner} in law"),
            kind,
            address: address(country),
            numbers: Numbers { tax: tax.map(number), vat: vat.map(number) },
            agrees_self_billing: true,
            form_key: Uuid::new_v4(),
        };
        let partner = self.partner(partner).await;
        let mut tx = self.db.begin(&Actor::Command).await.expect("begin");
        let at = time("2011-01-02T00:00:00Z");
        set_profile(&mut tx, &self.secrets, &Actor::Command, partner, &new, at).await.expect("profile");
        tx.commit().await.expect("commit");
    }

    /// What the programme's own accounts hold, those of tax and fees.
    async fn own_accounts(&self) -> Vec<String> {
        self.lines(
            "SELECT kind, trim_scale(sum(amount)) FROM (
                 SELECT credit_kind AS kind, amount FROM transfer UNION ALL SELECT debit_kind, -amount FROM transfer) leg
             WHERE kind IN ('input_vat', 'tax_withheld', 'fees') GROUP BY kind",
        )
        .await
    }

    /// `partner kind number` of all invoices.
    pub async fn invoices(&self) -> Vec<String> {
        self.lines("SELECT p.code, i.kind, i.number FROM invoice i JOIN partner p USING (partner_id)").await
    }
}

/// Everybody has given their data: Ana a registered company, Bob a person, Cleo a stranger without a number.
pub async fn taxed(pool: PgPool, invoices: Invoices) -> CountingHouse {
    let house = CountingHouse::open(pool).await;
    house.import(SALES).await;
    house.methods(METHODS).await;
    house.release("2011-03-31T00:00:00Z").await;
    house.policy(&terms(invoices), "2011-01-01T00:00:00Z").await;
    house.profile("ana", Kind::Company, "GB", Some("12345678"), Some("GB123456782")).await;
    house.profile("bob", Kind::Person, "GB", Some("QQ123456C"), None).await;
    house.profile("cleo", Kind::Person, "US", None, None).await;
    house
}

#[sqlx::test(migrations = "../migrations")]
async fn what_leaves_the_house_is_what_was_earned_with_tax_and_less_what_is_taken_off(pool: PgPool) {
    let house = taxed(pool, Invoices::None).await;
    let run = house.build(CUTOFF).await;
    let payouts =
        "SELECT c.code, amount, vat_treatment, vat, withheld, fee, total FROM payout JOIN partner c USING (partner_id)";
    assert_eq!(
        house.lines(payouts).await,
        [
            "(ana,80.00,domestic,16.00,0,0,96.00)",
            "(bob,16.00,none,0,1.60,0.50,13.90)",
            "(cleo,8.00,outside_scope,0,1.92,0.50,5.58)"
        ]
    );
    // `payable paid in_payout`: in the payout lies what will leave.
    assert_eq!(house.purses().await, ["ana 0 0 96", "bob 0 0 13.9", "cleo 0 0 5.58"]);
    assert_eq!(house.own_accounts().await, ["(fees,1)", "(input_vat,-16)", "(tax_withheld,3.52)"]);
    house.adds_up().await;
    house.let_go(run.id).await;
    let made = house.export(run.id, Format::PayPal).await;
    assert_eq!((made[0].payments, made[0].total), (2, dec("19.48")));
    let file = house.bytes(&made[0]).await;
    assert!(file.contains("13.90") && file.contains("5.58") && !file.contains("16.00"), "{file}");
    house.export(run.id, Format::Bank).await;
    let (ana, bob) = (house.reference("ana").await, house.reference("bob").await);
    house.answer(&format!("{HEADER}{ana},paid,2011-04-18,T-1,\n{bob},failed,2011-04-18,,AC04\n")).await;
    assert_eq!(house.purses().await, ["ana 0 96 0", "bob 16 0 0", "cleo 0 0 5.58"]);
    assert_eq!(house.own_accounts().await, ["(fees,0.5)", "(input_vat,-16)", "(tax_withheld,1.92)"]);
    house.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_comes_back_goes_back_as_it_came(pool: PgPool) {
    let house = taxed(pool, Invoices::None).await;
    let run = house.build(CUTOFF).await;
    house.let_go(run.id).await;
    house.export(run.id, Format::PayPal).await;
    house.export(run.id, Format::Bank).await;
    let all: Vec<String> = [house.reference("ana").await, house.reference("bob").await, house.reference("cleo").await]
        .iter()
        .map(|name| format!("{name},paid,2011-04-18,T-{name},\n{name},returned,2011-04-20,R-{name},MS03\n"))
        .collect();
    let report = house.answer(&format!("{HEADER}{}", all.concat())).await;
    assert_eq!((report.applied, report.waiting), (6, 0));
    assert_eq!(house.purses().await, ["ana 80 0 0", "bob 16 0 0", "cleo 8 0 0"]);
    assert_eq!(house.own_accounts().await, ["(fees,0)", "(input_vat,0)", "(tax_withheld,0)"]);
    house.adds_up().await;
    // Given up before it was sent, it is the same.
    let next = house.build("2011-04-30").await;
    assert_eq!(house.purses().await, ["ana 0 0 96", "bob 0 0 13.9", "cleo 0 0 5.58"]);
    let mut tx = house.db.begin(&Actor::Command).await.expect("begin");
    assert_eq!(
        cancel(&mut tx, &Actor::Command, next.id, "wrong", "test", house.now).await.expect("cancelled"),
        Some(3)
    );
    tx.commit().await.expect("commit");
    assert_eq!(house.purses().await, ["ana 80 0 0", "bob 16 0 0", "cleo 8 0 0"]);
    assert_eq!(house.own_accounts().await, ["(fees,0)", "(input_vat,0)", "(tax_withheld,0)"]);
    house.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_bank_that_pays_what_was_earned_settles_nothing(pool: PgPool) {
    let house = taxed(pool, Invoices::None).await;
    let run = house.build(CUTOFF).await;
    house.let_go(run.id).await;
    house.export(run.id, Format::PayPal).await;
    let bob = house.reference("bob").await;
    let line = |amount: &str, id: &str| {
        format!(
            "Payout Item ID,Batch ID,Unique ID,Recipient,Transaction ID,Transaction Status,Amount,Currency,Time Processed\n\
             {id},B1,{bob},bob@example.org,T-{id},Success,{amount},GBP,2011-04-18T10:00:00Z\n"
        )
    };
    let wrong = house.answer(&line("16.00", "1")).await;
    assert_eq!((wrong.applied, wrong.waiting), (0, 1), "{wrong:?}");
    let right = house.answer(&line("13.90", "2")).await;
    assert_eq!((right.applied, right.waiting), (1, 0), "{right:?}");
    house.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn without_tax_data_or_with_nothing_left_nobody_is_paid(pool: PgPool) {
    let house = CountingHouse::open(pool).await;
    house.import(SALES).await;
    house.methods(METHODS).await;
    house.release("2011-03-31T00:00:00Z").await;
    let mut policy = terms(Invoices::None);
    policy.fees.paypal = dec("8.00");
    house.policy(&policy, "2011-01-01T00:00:00Z").await;
    house.profile("cleo", Kind::Company, "US", Some("12-3456789"), None).await;
    // At home, without a number, it is not all that is asked for.
    house.profile("bob", Kind::Person, "GB", None, None).await;
    house.build(CUTOFF).await;
    let blocks = "SELECT c.code, b.reason, b.amount FROM payout_block b JOIN partner c USING (partner_id)";
    assert_eq!(
        house.lines(blocks).await,
        ["(ana,tax_form_missing,)", "(bob,tax_form_missing,)", "(cleo,nothing_left,0)"]
    );
    assert!(house.payouts().await.is_empty());
    house.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_policy_counts_from_its_day(pool: PgPool) {
    let house = CountingHouse::open(pool).await;
    house.import(SALES).await;
    house.methods(METHODS).await;
    house.release("2011-03-31T00:00:00Z").await;
    house.policy(&terms(Invoices::SelfBilled), "2011-06-02T00:00:00Z").await;
    let run = house.build(CUTOFF).await;
    house.let_go(run.id).await;
    assert_eq!(house.purses().await, ["ana 0 0 80", "bob 0 0 16", "cleo 0 0 8"]);
    assert!(house.invoices().await.is_empty());
    house.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_books_show_the_tax(pool: PgPool) {
    let house = taxed(pool, Invoices::None).await;
    house.build(CUTOFF).await;
    let mut text = Vec::new();
    journal(&house.db, &Actor::Command, Journal::Hledger, &Period::default(), &mut text).await.expect("journal");
    let text = String::from_utf8(text).expect("UTF-8");
    for account in ["Assets:Tax:giftware:Input-VAT", "Liabilities:Tax:giftware:Withheld", "Expenses:Fees:giftware"] {
        assert!(text.contains(account), "{account} is not in {text}");
    }
    let period = Period { from: Some("2012-01-01".parse().expect("day")), ..Period::default() };
    let mut opening = Vec::new();
    journal(&house.db, &Actor::Command, Journal::Hledger, &period, &mut opening).await.expect("journal");
    let opening = String::from_utf8(opening).expect("UTF-8");
    assert!(opening.contains("Assets:Tax:giftware:Input-VAT") && opening.contains("16.00"), "{opening}");
    // A month's movements still add up to what is owed at its end.
    let mut tx = house.db.begin(&Actor::Command).await.expect("begin");
    let lines = figures(&mut tx, house.programme, Month::parse("2011-06").expect("month")).await.expect("figures");
    let named: Vec<_> = lines.iter().map(|line| line.line.as_str()).collect();
    assert_eq!(named, ["opening", "payout", "vat", "withholding", "payout_fee", "closing"]);
    assert_eq!(lines[5].liability, dec("115.48"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_release_writes_invoices_without_gaps_and_what_comes_back_is_credited(pool: PgPool) {
    let house = taxed(pool, Invoices::SelfBilled).await;
    let run = house.build(CUTOFF).await;
    assert!(house.invoices().await.is_empty());
    assert_eq!(house.let_go(run.id).await, Released::Done { payouts: 3 });
    assert_eq!(house.invoices().await, ["(ana,invoice,1)", "(bob,invoice,1)", "(cleo,invoice,1)"]);
    house.export(run.id, Format::PayPal).await;
    let bob = house.reference("bob").await;
    house.answer(&format!("{HEADER}{bob},failed,2011-04-18,,AM04\n")).await;
    assert_eq!(house.invoices().await.len(), 4);
    let next = house.build("2011-04-30").await;
    house.let_go(next.id).await;
    assert_eq!(
        house.invoices().await,
        ["(ana,invoice,1)", "(bob,credit_note,1)", "(bob,invoice,1)", "(bob,invoice,2)", "(cleo,invoice,1)"]
    );
    house.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn two_releases_at_one_moment_leave_no_gap(pool: PgPool) {
    let house = taxed(pool, Invoices::SelfBilled).await;
    let first = house.build(CUTOFF).await;
    house
        .import("D,sale,4,ana,uk,2011-03-20T10:00:00Z,500.00,GBP,\nE,sale,5,bob,uk,2011-03-20T10:00:00Z,500.00,GBP,\n")
        .await;
    house.release("2011-04-30T00:00:00Z").await;
    let second = house.build("2011-04-30").await;
    let both = tokio::join!(house.let_go(first.id), house.let_go(second.id));
    assert_eq!(both, (Released::Done { payouts: 3 }, Released::Done { payouts: 2 }));
    assert_eq!(
        house.invoices().await,
        ["(ana,invoice,1)", "(ana,invoice,2)", "(bob,invoice,1)", "(bob,invoice,2)", "(cleo,invoice,1)"]
    );
    house.adds_up().await;
}
