//! 64 people decide 300 proposals at once: one decision each, no rate without an approval, none by its author.
#![cfg(feature = "ssr")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod house;

use app::approvals::api::{self, Answer, DecisionForm};
use app::base::actor::{Actor, Role, Staff};
use app::base::context::Context;
use app::base::db::Db;
use app::base::error::AppError;
use house::House;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

const PEOPLE: i64 = 64;
const PROPOSALS: usize = 300;
/// How many of them go for the same proposal; its author among them where that is an owner.
const CONTENDERS: usize = 16;

/// 64 owners, and a partner for each proposal; every fifth proposal is an agent's, the others are the owners' own.
const CROWD: &str = "
    INSERT INTO person (email, name, created_at)
    SELECT 'o' || n || '@example.com', 'Odile ' || translate(n::text, '0123456789', 'abcdefghij'), '2026-01-01Z' FROM generate_series(1, 64) n;
    INSERT INTO staff (person_id, name, role, since)
    SELECT person_id, name, 'owner', created_at FROM person WHERE name LIKE 'Odile %';
    INSERT INTO partner (programme_id, code, name, created_at)
    SELECT programme_id, 'p' || n, 'Partner of ' || n, created_at FROM programme, generate_series(1, 300) n;
    INSERT INTO proposal (programme_id, partner_scope, field, kind, value, value_before, valid_from, reason, proposer_id, proposed_at, expires_at, content_hash)
    SELECT g.programme_id, a.partner_id, 'rate', 'percent', 10, 8, '2026-12-01T12:00Z', 'More', s.person_id, '2026-12-01T12:00Z', '2026-12-31Z',
           proposal_hash(g.programme_id, 0, a.partner_id, 'rate', 'percent', 10, '2026-12-01T12:00Z', 'More', NULL)
    FROM programme g, generate_series(1, 300) n
    JOIN partner a ON a.code = 'p' || n
    JOIN staff s ON s.name = CASE WHEN n % 5 = 0 THEN 'Tomás Gil' ELSE 'Odile ' || translate((1 + n % 64)::text, '0123456789', 'abcdefghij') END;";

#[sqlx::test(migrations = "../migrations")]
async fn sixty_four_people_decide_three_hundred_proposals(pool: PgPool) {
    let house = House::open(pool.clone()).await;
    house.run(CROWD).await;
    let crowd = PgPoolOptions::new().max_connections(32).connect_with((*pool.connect_options()).clone()).await;
    let db = Db::from_pool(crowd.expect("pool"));
    let proposals: Vec<(i64, String)> = sqlx::query_as(
        "SELECT proposal_id, encode(content_hash, 'hex') || encode(evidence_hash, 'hex') FROM proposal WHERE reason = 'More' ORDER BY 1",
    )
    .fetch_all(&pool)
    .await
    .expect("proposals");
    let people: Vec<(i64, String)> =
        sqlx::query_as("SELECT person_id, name FROM staff WHERE name LIKE 'Odile %' ORDER BY 1")
            .fetch_all(&pool)
            .await
            .expect("people");
    assert_eq!((people.len(), proposals.len()), (usize::try_from(PEOPLE).unwrap(), PROPOSALS));

    let mut crowd = tokio::task::JoinSet::new();
    for (who, (person, name)) in people.into_iter().enumerate() {
        let staff = Staff { person: person.into(), name, role: Role::Owner };
        let ctx = Context { actor: Actor::Staff(staff), db: db.clone(), ..house.marta() };
        let proposals = proposals.clone();
        crowd.spawn(async move {
            let mut done = 0;
            let step = 64 / CONTENDERS;
            for (nth, (proposal, read)) in proposals.iter().enumerate().filter(|(nth, _)| (nth + who) % step == 0) {
                let verdict = ["approved", "rejected", "countered"][(nth + who / step) % 3];
                let form = DecisionForm {
                    proposal: proposal.to_string(),
                    verdict: verdict.into(),
                    reason_partner: "So be it.".into(),
                    counter: "9".into(),
                    counter_until: "2026-12-20".into(),
                    content_hash: read.clone(),
                    ..DecisionForm::default()
                };
                match api::decide(&ctx, &form).await {
                    Ok(Answer::Done(_)) => done += 1,
                    Ok(Answer::Refused(_)) => {}
                    Err(AppError::Database(error)) => panic!("{error}"),
                    Err(error) => panic!("{error}"),
                }
            }
            done
        });
    }
    let mut done = 0;
    while let Some(one) = crowd.join_next().await {
        done += one.expect("person");
    }

    // Contenders include everybody's turn, so each proposal found somebody who was not its author.
    assert_eq!(done, PROPOSALS, "as many were told that they decided");
    let decided = "decision d JOIN proposal p USING (proposal_id) WHERE p.reason = 'More'";
    assert_eq!(house.count(decided).await, 300, "one decision each");
    assert_eq!(house.count(&format!("{decided} AND d.decider_id = p.proposer_id")).await, 0, "none by its author");
    let approved = house.count(&format!("{decided} AND d.verdict = 'approved'")).await;
    assert!(approved > 0);
    let versions = "terms_version t JOIN partner a ON a.partner_id = t.partner_scope";
    assert_eq!(house.count(versions).await, approved, "a rate for each approval, and none without");
    assert_eq!(house.count(&format!("{versions} WHERE NOT EXISTS (SELECT FROM decision d WHERE d.proposal_id = t.proposal_id AND d.verdict = 'approved')")).await, 0);
    let countered = house.count(&format!("{decided} AND d.verdict = 'countered'")).await;
    assert_eq!(house.count("counter_offer").await, countered);
    assert_eq!(
        house.count("audit WHERE action IN ('proposal.approved', 'proposal.rejected', 'proposal.countered')").await,
        300,
        "each is on record once"
    );
}
