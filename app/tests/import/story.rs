//! Sales, leads, refunds, approvals and rejections become commissions and transfers.

use crate::shop::{Shop, dec};
use app::terms::model::Field;
use sqlx::PgPool;

const SALE: &str = "S1,sale,1,ana,uk,2011-03-01T10:00:00Z,139.12,GBP,\n";

#[sqlx::test(migrations = "../migrations")]
async fn a_sale_becomes_a_commission_and_its_transfer(pool: PgPool) {
    let shop = Shop::open(pool).await;
    let said = shop.import(SALE).await;
    assert_eq!(said.counts(), (1, 1, 0, 0));
    assert_eq!(
        shop.money().await,
        [
            "(account,ana,in_payout,,,,0,GBP,,,)",
            "(account,ana,paid,,,,0,GBP,,,)",
            "(account,ana,payable,,,,0,GBP,,,)",
            "(account,ana,pending,,,,11.13,GBP,,,)",
            "(account,ana,ring_fenced,,,,0,GBP,,,)",
            "(commission,ana,pending,1,percent8,\"2011-03-31 10:00:00+00\",11.13,GBP,11.13,0,)",
            "(conversion,ana,sale,1,uk,\"2011-03-01 10:00:00+00\",139.12,GBP,,,)",
            "(event,ana,sale,1,S1,\"2011-03-01 10:00:00+00\",139.12,\"\",,,)",
            "(transfer,ana,accrual,1,\"commission_cost pending\",\"2011-03-01 10:00:00+00\",11.13,GBP,S1,,)",
        ]
    );
    let released = shop.release("2011-03-31T09:59:59Z").await;
    assert_eq!((released.commissions, released.transfers), (0, 0), "in its hold up to the second");
    let released = shop.release("2011-03-31T10:00:00Z").await;
    assert_eq!((released.commissions, released.transfers), (1, 1));
    assert_eq!(shop.balances().await, ["ana 0 11.13"]);
    assert_eq!(shop.release("2011-05-01T00:00:00Z").await.commissions, 0);
    shop.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn refunds_take_back_what_they_leave_less(pool: PgPool) {
    let shop = Shop::open(pool).await;
    shop.import(SALE).await;
    // 139.12 - 39.12 leave 100.00, which earn 8.00.
    let said = shop.import("R1,refund,1,ana,uk,2011-03-05T10:00:00Z,39.12,GBP,returned\n").await;
    assert_eq!(said.counts(), (1, 1, 0, 0));
    assert_eq!(shop.balances().await, ["ana 8 0"]);
    shop.release("2011-04-30T00:00:00Z").await;
    shop.import("R2,refund,1,ana,uk,2011-04-05T10:00:00Z,50.00,GBP,returned\n").await;
    assert_eq!(shop.balances().await, ["ana 0 4"]);
    let said = shop.import("R3,refund,1,ana,uk,2011-04-06T10:00:00Z,50.00,GBP,returned\n").await;
    assert_eq!(said.counts(), (1, 1, 0, 0));
    assert_eq!(shop.balances().await, ["ana 0 0"]);
    assert_eq!(shop.lines("SELECT state, amount_left, refunded FROM commission").await, ["(reversed,0.00,139.12)"]);
    let reasons = shop.lines("SELECT event_id, reason FROM conversion_event WHERE event = 'refund'").await;
    assert_eq!(reasons, ["(R1,returned)", "(R2,returned)", "(R3,returned)"]);
    shop.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn many_small_refunds_and_one_whole_refund_leave_the_same(pool: PgPool) {
    let shop = Shop::open(pool).await;
    let mut rows = String::from(
        "S1,sale,1,ana,uk,2011-03-01T10:00:00Z,10.00,GBP,\nS2,sale,2,bob,uk,2011-03-01T10:00:00Z,10.00,GBP,\n",
    );
    // Thirty times 0.33 leave 0.10, of which 0.8 pence are rounded up to one; each step alone would round otherwise.
    (0..30).for_each(|i| rows += &format!("R{i},refund,1,ana,uk,2011-03-02T10:00:{i:02}Z,0.33,GBP,\n"));
    rows += "RB,refund,2,bob,uk,2011-03-02T10:00:00Z,9.90,GBP,\n";
    assert_eq!(shop.import(&rows).await.counts(), (33, 33, 0, 0));
    assert_eq!(shop.balances().await, ["ana 0.01 0", "bob 0.01 0"]);
    shop.import(
        "RX,refund,1,ana,uk,2011-03-03T10:00:00Z,0.10,GBP,\nRY,refund,2,bob,uk,2011-03-03T10:00:00Z,0.10,GBP,\n",
    )
    .await;
    assert_eq!(shop.balances().await, ["ana 0 0", "bob 0 0"]);
    shop.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refund_of_a_part_that_rounds_what_is_left_to_nothing_reverses(pool: PgPool) {
    let shop = Shop::open(pool).await;
    // 8 percent of 0.10 are 0.01, of the 0.05 that stay nothing; the third earned nothing to begin with.
    shop.import(
        "S1,sale,1,ana,uk,2011-03-01T10:00:00Z,0.10,GBP,\nS2,sale,2,bob,uk,2011-03-01T10:00:00Z,0.10,GBP,\n\
         S3,sale,3,bob,uk,2011-03-01T10:00:00Z,0.04,GBP,\n",
    )
    .await;
    shop.import("R1,refund,1,ana,uk,2011-03-05T10:00:00Z,0.05,GBP,\n").await;
    // It left its hold on 31 March, so it was payable until the refund, although nobody had looked.
    shop.import("R2,refund,2,bob,uk,2011-04-05T10:00:00Z,0.05,GBP,\n").await;
    let states = shop.lines(
        "SELECT order_id, state, amount_left, k.released_at::date FROM commission k JOIN conversion USING (partner_id, conversion_id) ORDER BY 1",
    );
    assert_eq!(states.await, ["(1,reversed,0.00,)", "(2,reversed,0.00,2011-03-31)", "(3,pending,0.00,)"]);
    assert_eq!(shop.balances().await, ["ana 0 0", "bob 0 0"]);
    shop.release("2011-04-30T00:00:00Z").await;
    let states = shop
        .lines("SELECT order_id, state FROM commission JOIN conversion USING (partner_id, conversion_id) ORDER BY 1");
    assert_eq!(states.await, ["(1,reversed)", "(2,reversed)", "(3,payable)"]);
    shop.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn approvals_release_early_and_rejections_take_all(pool: PgPool) {
    let shop = Shop::open(pool).await;
    shop.import(SALE).await;
    shop.import("S2,sale,2,ana,uk,2011-03-01T10:00:00Z,100,GBP,\n").await;
    let said = shop
        .import("A1,approve,1,ana,uk,2011-03-03T10:00:00Z,,,\nX2,reject,2,ana,uk,2011-03-04T10:00:00Z,,GBP,fraud\n")
        .await;
    assert_eq!(said.counts(), (2, 2, 0, 0));
    assert_eq!(shop.balances().await, ["ana 0 11.13"]);
    assert_eq!(shop.lines("SELECT state FROM commission").await, ["(payable)", "(reversed)"]);
    // Rejected after it was approved: taken from what is payable.
    shop.import("X1,reject,1,ana,uk,2011-03-05T10:00:00Z,,,fraud\n").await;
    assert_eq!(shop.balances().await, ["ana 0 0"]);
    // Nothing more happens to what was rejected.
    let said = shop
        .import("R1,refund,1,ana,uk,2011-03-06T10:00:00Z,20,GBP,\nA2,approve,2,ana,uk,2011-03-06T10:00:00Z,,,\n")
        .await;
    assert_eq!(said.counts(), (2, 2, 0, 0));
    assert_eq!(shop.balances().await, ["ana 0 0"]);
    assert_eq!(shop.release("2011-05-31T00:00:00Z").await.transfers, 0);
    shop.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_offer_that_validates_waits_for_approval_however_long(pool: PgPool) {
    let shop = Shop::open(pool).await;
    let checked = shop.offer("checked").await;
    shop.terms(Some(checked), Field::Validation, "flag", "1").await;
    shop.import(
        "S1,sale,1,ana,checked,2011-01-01T10:00:00Z,100,GBP,\nS2,sale,2,ana,checked,2011-01-01T10:00:00Z,50,GBP,\n",
    )
    .await;
    assert_eq!(shop.release("2031-01-01T00:00:00Z").await.commissions, 0);
    shop.import("A1,approve,1,ana,checked,2011-04-01T10:00:00Z,,GBP,\n").await;
    assert_eq!(shop.balances().await, ["ana 4 8"]);
    assert_eq!(shop.as_of("2011-04-01T09:59:59Z").await, ["ana 12 0"]);
    assert_eq!(shop.as_of("2011-04-01T10:00:00Z").await, ["ana 4 8"]);
    shop.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_fixed_commission_falls_in_proportion_and_a_lead_only_by_rejection(pool: PgPool) {
    let shop = Shop::open(pool).await;
    let flat = shop.offer("flat").await;
    shop.terms(Some(flat), Field::Rate, "fixed", "5").await;
    shop.import(
        "S1,sale,1,ana,flat,2011-03-01T10:00:00Z,90,GBP,\nL1,lead,lead-1,ana,mail,2011-03-01T10:00:00Z,,GBP,\n",
    )
    .await;
    assert_eq!(shop.balances().await, ["ana 7.5 0"]);
    let said = shop
        .import("R1,refund,1,ana,flat,2011-03-02T10:00:00Z,30,GBP,\nR2,refund,lead-1,ana,mail,2011-03-02T10:00:00Z,1,GBP,\n")
        .await;
    assert_eq!((said.counts(), said.rejects.len()), ((2, 1, 0, 1), 1));
    assert!(said.rejects[0].starts_with("3,event,a lead falls only by reject,"), "{}", said.rejects[0]);
    assert_eq!(shop.balances().await, ["ana 5.83 0"], "3.33 of 5 and the lead's 2.50");
    shop.import("X1,reject,lead-1,ana,mail,2011-03-03T10:00:00Z,0,GBP,test lead\n").await;
    assert_eq!(shop.balances().await, ["ana 3.33 0"]);
    // A lead needs an amount of its own: a percentage of nothing is nobody's intention.
    let said = shop.import("L2,lead,lead-2,ana,uk,2011-03-01T10:00:00Z,,GBP,\n").await;
    assert!(
        said.rejects[0].starts_with("2,offer,this offer pays a percentage; a lead needs a fixed commission,"),
        "{}",
        said.rejects[0]
    );
    shop.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn each_currency_has_its_own_balance_and_its_own_smallest_coin(pool: PgPool) {
    let shop = Shop::open(pool).await;
    let rows = "S1,sale,1,ana,uk,2011-03-01T10:00:00Z,10.05,GBP,\nS2,sale,2,ana,uk,2011-03-01T10:00:00Z,106,JPY,\n\
                S3,sale,3,ana,uk,2011-03-01T10:00:00Z,1.007,KWD,\nS4,sale,4,bob,uk,2011-03-01T10:00:00Z,20,EUR,\n";
    assert_eq!(shop.import(rows).await.counts(), (4, 4, 0, 0));
    assert_eq!(shop.balances().await, ["ana 0.8 0", "ana JPY 8 0", "ana KWD 0.081 0", "bob EUR 1.6 0"]);
    let said = shop
        .import("R1,refund,2,ana,uk,2011-03-02T10:00:00Z,10,GBP,\nR2,refund,2,ana,uk,2011-03-02T10:00:00Z,50,JPY,\n")
        .await;
    assert!(said.rejects[0].starts_with("2,currency,the order is in another currency,"), "{}", said.rejects[0]);
    assert_eq!(shop.balances().await, ["ana 0.8 0", "ana JPY 4 0", "ana KWD 0.081 0", "bob EUR 1.6 0"]);
    shop.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_rate_is_that_of_the_day_it_happened(pool: PgPool) {
    let shop = Shop::open(pool).await;
    // From 1 April on, 10 percent and 14 days for everybody: proposed by one owner, decided by the other.
    shop.run(
        "INSERT INTO person (email, name, created_at) VALUES ('o@x.org', 'Olga Orr', '2011-01-01Z'), ('p@x.org', 'Otis Oak', '2011-01-01Z');
         INSERT INTO staff (person_id, name, role, since) SELECT person_id, name, 'owner', created_at FROM person;
         INSERT INTO proposal (programme_id, field, kind, value, valid_from, reason, proposer_id, proposed_at, content_hash)
         SELECT g.programme_id, t.field, t.kind, t.value, '2011-04-01Z', 'Spring', s.person_id, '2011-03-01Z',
                proposal_hash(g.programme_id, 0, 0, t.field, t.kind, t.value, '2011-04-01Z', 'Spring', NULL)
         FROM programme g, staff s, (VALUES ('rate', 'percent', 10), ('hold_days', 'days', 14)) AS t (field, kind, value) WHERE s.name = 'Olga Orr';
         INSERT INTO decision (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, verdict, by,
                               proposer_id, decider_id, reason_partner, valid_from, decided_at)
         SELECT p.proposal_id, p.programme_id, p.offer_scope, p.partner_scope, p.field, p.kind, p.value, p.content_hash, 'approved', 'owner',
                p.proposer_id, s.person_id, 'Spring', p.valid_from, p.proposed_at
         FROM proposal p, staff s WHERE p.reason = 'Spring' AND s.name = 'Otis Oak';
         INSERT INTO terms_version (programme_id, offer_scope, partner_scope, field, kind, value, valid_from, revision, proposal_id, recorded_at)
         SELECT programme_id, offer_scope, partner_scope, field, kind, value, valid_from, 2, proposal_id, decided_at FROM decision WHERE by = 'owner'",
    )
    .await;
    let rows = "S1,sale,1,ana,uk,2011-03-31T23:59:59Z,100,GBP,\nS2,sale,2,ana,uk,2011-04-01T00:00:00Z,100,GBP,\n\
                S3,sale,3,ana,uk,2011-04-01T00:30:00+01:00,100,GBP,\nR1,refund,1,ana,uk,2011-05-01T00:00:00Z,50,GBP,\n";
    assert_eq!(shop.import(rows).await.counts(), (4, 4, 0, 0));
    assert_eq!(
        shop.lines("SELECT c.order_id, k.rate_value, k.hold_days, k.amount, k.amount_left FROM commission k JOIN conversion c USING (conversion_id)").await,
        ["(1,8,30,8.00,4.00)", "(2,10,14,10.00,10.00)", "(3,8,30,8.00,8.00)"]
    );
    shop.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_partner_paid_too_much_earns_back_up(pool: PgPool) {
    let shop = Shop::open(pool).await;
    shop.import("S1,sale,1,ana,uk,2011-03-01T10:00:00Z,1000,GBP,\n").await;
    shop.release("2011-04-15T00:00:00Z").await;
    let ana = shop.partner("ana").await;
    shop.paid(ana, "2011-04-16").await;
    shop.import("R1,refund,1,ana,uk,2011-04-20T10:00:00Z,400,GBP,\n").await;
    assert_eq!(shop.balances().await, ["ana 0 -32"]);
    shop.import("S2,sale,2,ana,uk,2011-04-21T10:00:00Z,300,GBP,\n").await;
    shop.release("2011-05-31T00:00:00Z").await;
    assert_eq!(shop.balances().await, ["ana 0 -8"]);
    shop.import("S3,sale,3,ana,uk,2011-04-22T10:00:00Z,150,GBP,\n").await;
    shop.release("2011-05-31T00:00:00Z").await;
    assert_eq!(shop.balances().await, ["ana 0 4"]);
    let paid: rust_decimal::Decimal =
        sqlx::query_scalar("SELECT balance FROM account WHERE kind = 'paid' AND holder_id <> 0")
            .fetch_one(&shop.pool)
            .await
            .expect("paid");
    assert_eq!(paid, dec("80"));
    shop.adds_up().await;
}
