//! A delay of a run for 100 000 partners, told in the background. Measured, so it is run on purpose:
//! `cargo nextest run -p app --features ssr --test channels --run-ignored only many`.

use crate::desk_house::House;
use app::mail::home::MailHome;
use app::bulletins::store as bulletins;
use sqlx::PgPool;
use std::time::Instant;

const PARTNERS: i64 = 100_000;

const MANY: &str = "
    INSERT INTO partner (programme_id, code, name, created_at)
        SELECT g.programme_id, 'many-' || n, 'Many ' || n, '2026-01-01Z' FROM programme g, generate_series(1, 100000) n;
    INSERT INTO person (email, name, created_at) SELECT 'many-' || n || '@example.net', 'Many ' || n, '2026-01-01Z' FROM generate_series(1, 100000) n;
    INSERT INTO partner_member (partner_id, person_id, since)
        SELECT a.partner_id, p.person_id, '2026-01-01Z' FROM partner a JOIN person p ON p.email = a.code || '@example.net';
    INSERT INTO incident (programme_id, began_at, for_everybody, opened_by, opened_at, next_update_at, form_key)
        SELECT g.programme_id, '2026-12-01Z', true, s.person_id, '2026-12-01Z', '2026-12-02Z', gen_random_uuid()
        FROM programme g, staff s WHERE s.role = 'agent';
    INSERT INTO incident_update (incident_id, nth, kind, said_by, signed_by, said_at, next_update_at, form_key)
        SELECT incident_id, 0, 'opened', opened_by, 'Tomás Gil', opened_at, next_update_at, gen_random_uuid() FROM incident;
    INSERT INTO incident_text VALUES ((SELECT incident_id FROM incident), 0, 'en', 'Late bank', 'Our bank is late.');
    ANALYZE;";

#[sqlx::test(migrations = "../migrations")]
#[ignore = "takes a minute; printed by the nightly run"]
async fn a_word_to_many_takes_no_request_long(pool: PgPool) {
    let house = House::open(pool).await;
    house.run(MANY).await;
    // What the request does.
    let since = Instant::now();
    let mut tx = house.tomas().begin().await.expect("begin");
    let incident: i64 = house.one("SELECT incident_id FROM incident").await;
    bulletins::tell_incident(&mut tx, (incident, 0), "Tomás Gil", house.now).await.expect("told");
    tx.commit().await.expect("commit");
    eprintln!("the request: {} ms", since.elapsed().as_millis());
    // What the jobs do.
    let (since, mut batches, mut longest) = (Instant::now(), 0, 0);
    while {
        let one = Instant::now();
        let more = bulletins::spread(house.db(), house.now).await.expect("spread");
        longest = longest.max(one.elapsed().as_millis());
        batches += 1;
        more
    } {}
    eprintln!("spread to {PARTNERS} partners in {} ms, {batches} batches, the longest {longest} ms", since.elapsed().as_millis());
    let (since, mut batches, mut longest) = (Instant::now(), 0, 0);
    while {
        let one = Instant::now();
        let more = bulletins::gather(house.db(), &MailHome::default(), house.now).await.expect("gathered").is_some();
        longest = longest.max(one.elapsed().as_millis());
        batches += 1;
        more
    } {}
    eprintln!("gathered their mails in {} ms, {batches} batches, the longest {longest} ms", since.elapsed().as_millis());
    assert_eq!(house.count("mail_out WHERE kind = 'bulletin'").await, PARTNERS + 2);
    assert_eq!(house.count("bulletin_item WHERE mail_id IS NULL").await, 0);
}
