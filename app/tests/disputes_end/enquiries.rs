//! Claims put to the advertiser.

use crate::desk_house::{Answer, House, key, post};
use crate::{DAY, db, dec, page, some};
use app::advertiser;
use app::advertiser::model::Verdict;
use app::advertiser::rules;
use app::base::ids::{CaseId, EnquiryId};
use app::settlement::api::Sent;
use http::StatusCode;
use rust_decimal::Decimal;
use sqlx::PgPool;

/// Ana's claim of an order that nobody knows, and Bo's.
pub(crate) async fn claims(house: &House) -> (CaseId, CaseId) {
    let offer = house.offer.to_string();
    house.claim(&house.ana(), &offer, "LOST-1", "2026-11-25T10:00", "200").await;
    let first = house.last_case().await;
    house.claim(&house.bo(), &offer, "=LOST-2", "2026-11-26T10:00", "50").await;
    (first, house.last_case().await)
}

pub(crate) async fn ask(house: &House) -> Answer {
    let (offer, next) = (house.offer.to_string(), some("2026-12-05"));
    post(&house.tomas(), || advertiser::api::ask_advertiser(offer, next, key())).await
}

pub(crate) async fn last_enquiry(house: &House) -> EnquiryId {
    house.one::<i64>("SELECT max(enquiry_id) FROM enquiry").await.into()
}

#[sqlx::test(migrations = "../migrations")]
async fn claims_go_to_the_advertiser_and_come_back(pool: PgPool) {
    let house = House::open(pool.clone()).await;
    let (first, second) = claims(&house).await;
    let answer = ask(&house).await;
    let id = last_enquiry(&house).await;
    assert_eq!(answer, Answer::To(format!("/enquiries/{id}?done=asked")));
    assert!(ask(&house).await.is_back_to("/enquiries"), "nothing is left to ask");
    let (name, bytes) = advertiser::api::download(&house.tomas(), id, None).await.expect("file");
    assert_eq!(
        (name, &bytes),
        (format!("claims-{id}.csv"), &advertiser::api::download(&house.marta(), id, None).await.expect("again").1)
    );
    let text = String::from_utf8(bytes).expect("text");
    assert!(text.contains("LOST-1") && text.contains(",'=LOST-2,"), "{text}");

    // Ana sees who is awaited; Bo's claim she does not.
    let mut tx = house.ana().begin().await.expect("begin");
    let asked = advertiser::store::asked(&mut tx, house.garden, first).await.expect("asked");
    assert_eq!((asked.len(), asked[0].offer.as_str(), asked[0].by.as_str()), (1, "Plants", "Tomás Gil"));
    assert!(asked[0].answered.is_none());
    assert!(advertiser::store::asked(&mut tx, house.kitchen, second).await.expect("asked").is_empty());
    drop(tx);
    assert_eq!(house.stage(first).await, "received", "asking the advertiser pauses no clock");

    let back = format!("claim,verdict,amount,note\n{id}-1,valid,180,ok\n{id}-2,declined,,Not ours\n{id}-7,valid,,\n");
    let send = async |back: &str| {
        let sent = Sent::Whole("back.csv".into(), back.as_bytes().to_vec());
        advertiser::api::receive(&house.tomas(), id, sent).await.expect("received")
    };
    assert_eq!(send(&back).await, format!("/enquiries/{id}?answer=1"));
    assert_eq!(house.count("enquiry_claim WHERE verdict IS NOT NULL").await, 0, "reading changes nothing");
    assert_eq!(send(&back).await, format!("/enquiries/{id}?answer=1"), "the same file is the same answer");
    let take = async || post(&house.tomas(), || advertiser::api::take_enquiry_answer(id.to_string(), "1".into())).await;
    assert_eq!(take().await, Answer::To(format!("/enquiries/{id}?answer=1&done=taken")));
    let rows: Vec<(String, Option<Decimal>)> =
        sqlx::query_as("SELECT verdict, amount FROM enquiry_claim ORDER BY line").fetch_all(&pool).await.expect("rows");
    assert_eq!(rows, [("valid".into(), Some(dec("180"))), ("declined".into(), None)]);
    let before = house.count("audit").await;
    assert_eq!(take().await, Answer::To(format!("/enquiries/{id}?answer=1&done=taken")));
    assert_eq!(house.count("audit").await, before, "twice changes nothing");
    let refused = send("who,what\n1,2\n").await;
    assert!(refused.contains("form="), "no such file: {refused}");

    let mut tx = house.tomas().begin().await.expect("begin");
    let lines = advertiser::store::lines(&mut tx, id).await.expect("lines");
    let read = rules::read(id, &lines, back.as_bytes()).expect("file");
    assert_eq!(read.iter().filter(|read| read.result.is_err()).map(|read| read.row).collect::<Vec<_>>(), [4]);
    let asked = advertiser::store::asked(&mut tx, house.garden, first).await.expect("asked");
    assert!(matches!(asked[0].answered, Some((Verdict::Valid, Some(money), _)) if money.amount == dec("180")));
    assert_eq!(
        advertiser::api::download(&house.ana(), id, None).await.expect_err("not hers").status(),
        StatusCode::FORBIDDEN
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn an_advertiser_who_is_silent_is_asked_again_about_what_waits(pool: PgPool) {
    let house = House::open(pool).await;
    let (first, second) = claims(&house).await;
    ask(&house).await;
    let id = last_enquiry(&house).await;
    let here = format!("/enquiries/{id}");
    let remind = async |house: &House, next: &str, form_key: String| {
        let next = some(next);
        post(&house.tomas(), || advertiser::api::remind_advertiser(id.to_string(), next, form_key)).await
    };
    assert!(remind(&house, "2026-12-08", key()).await.is_back_to(&here), "they have a day");
    let later = house.later(2 * DAY);
    assert!(remind(&later, "yesterday", key()).await.is_back_to(&here));
    let lea = later.lea();
    let auditor = post(&lea, || advertiser::api::remind_advertiser(id.to_string(), some("2026-12-08"), key())).await;
    assert_eq!(auditor, Answer::Status(StatusCode::FORBIDDEN));

    // The first claim is answered meanwhile; the second one is asked about again.
    let sent = Sent::Whole("back.csv".into(), format!("claim,verdict\n{id}-1,valid\n").into_bytes());
    advertiser::api::receive(&later.tomas(), id, sent).await.expect("received");
    post(&later.tomas(), || advertiser::api::take_enquiry_answer(id.to_string(), "1".into())).await;
    let form_key = key();
    let done = Answer::To(format!("{here}?done=reminded"));
    assert_eq!(remind(&later, "2026-12-08", form_key.clone()).await, done);
    assert_eq!(remind(&later, "2026-12-08", form_key).await, done);
    assert_eq!((house.count("enquiry_reminder").await, house.count("enquiry_claim_reminder").await), (1, 1), "once");
    assert_eq!(house.count("enquiry").await, 1, "and the claims stay in one enquiry");
    let (name, bytes) = advertiser::api::download(&later.tomas(), id, Some(1)).await.expect("file");
    let text = String::from_utf8(bytes).expect("text");
    assert_eq!(name, format!("claims-{id}-again-1.csv"));
    assert!(text.contains(&format!("{id}-2,")) && !text.contains(&format!("{id}-1,")), "{text}");
    let missing = advertiser::api::download(&later.tomas(), id, Some(2)).await.expect_err("no such reminder");
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);

    // Bo reads both, and the new promise; Ana's claim was answered and is not asked about again.
    let mut tx = later.bo().begin().await.expect("begin");
    let asked = advertiser::store::asked(&mut tx, later.kitchen, second).await.expect("asked");
    assert_eq!(
        asked[0].again.iter().map(|(by, at)| (by.as_str(), *at)).collect::<Vec<_>>(),
        [("Tomás Gil", later.now)]
    );
    assert!(asked[0].next_update_at > later.now + chrono::TimeDelta::days(4));
    drop(tx);
    let mut tx = later.ana().begin().await.expect("begin");
    assert!(advertiser::store::asked(&mut tx, later.garden, first).await.expect("asked")[0].again.is_empty());
    drop(tx);
    let dispute = page(later.bo(), &format!("/disputes/{second}")).await;
    assert!(dispute.contains("Advertiser of Plants asked again"), "{dispute}");
    assert!(page(later.tomas(), &here).await.contains("Tomás Gil asked again about 1 claims"));
    assert_eq!(house.count("audit WHERE action = 'enquiry.reminded'").await, 1);

    // What was decided meanwhile is not asked about.
    house.decide(&later.tomas(), second, "declined", "", &key()).await;
    assert!(remind(&house.later(4 * DAY), "2026-12-10", key()).await.is_back_to(&here), "nothing waits");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_claim_is_linked_when_its_conversion_comes(pool: PgPool) {
    let house = House::open(pool).await;
    claims(&house).await;
    let link = async || advertiser::store::link(&db(&house), house.now).await.expect("linked");
    assert_eq!(link().await, 0);
    house.run(
        "INSERT INTO conversion (programme_id, partner_id, offer_id, kind, order_id, occurred_at, amount, currency, booked_at)
         SELECT programme_id, partner_id, offer_id, 'sale', 'LOST-1', '2026-11-25Z', 200, 'GBP', '2026-12-02Z'
         FROM conversion WHERE order_id = 'O-1'",
    )
    .await;
    assert_eq!(link().await, 1);
    assert_eq!(link().await, 0);
    assert_eq!(
        house.count("claim c JOIN conversion v USING (partner_id, conversion_id) WHERE c.order_id = v.order_id").await,
        1
    );
}
