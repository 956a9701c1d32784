//! 64 people decide 300 proposals at once: one decision each, no rate without an approval, none by its author. Every other one
//! goes past the application and writes straight into the database, so that it is the last judge of all three.
#![cfg(feature = "ssr")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod house;

use app::approvals::api::{self, Answer, DecisionForm};
use app::approvals::model::{By, Verdict};
use app::approvals::store::{self, Decide};
use app::base::actor::{Actor, Role, Staff};
use app::base::context::Context;
use app::base::db::Db;
use app::base::error::{AppError, constraint};
use app::base::ids::ProposalId;
use chrono::{DateTime, Utc};
use house::House;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

const PEOPLE: i64 = 64;
const PROPOSALS: usize = 300;
/// How many of them go for the same proposal, its author besides where that is an owner.
const CONTENDERS: usize = 16;

/// What became of one person's tries.
#[derive(Default)]
struct Tried {
    /// Decisions that they were told are theirs.
    done: usize,
    /// Of those, written past the application.
    straight: usize,
    /// Tries at their own proposals.
    own: usize,
}

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
    let proposals: Vec<(i64, i64, String)> = sqlx::query_as(
        "SELECT proposal_id, proposer_id, encode(content_hash, 'hex') || encode(evidence_hash, 'hex') FROM proposal WHERE reason = 'More' ORDER BY 1",
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
        let now = house.now;
        crowd.spawn(async move {
            let mut tried = Tried::default();
            let step = 64 / CONTENDERS;
            for (nth, (proposal, author, read)) in proposals.iter().enumerate() {
                let own = *author == person;
                if !own && (nth + who) % step != 0 {
                    continue;
                }
                tried.own += usize::from(own);
                let verdict = ["approved", "rejected", "countered"][(nth + who / step) % 3];
                let straight = (who / step) % 2 == 1;
                let won = match straight {
                    true => write(&ctx, (*proposal).into(), person, read, verdict == "approved", now).await,
                    false => decide(&ctx, *proposal, read, verdict).await,
                };
                assert!(!(own && won), "{person} decided their own proposal {proposal}");
                tried.done += usize::from(won);
                tried.straight += usize::from(won && straight);
            }
            tried
        });
    }
    let mut sum = Tried::default();
    while let Some(one) = crowd.join_next().await {
        let one = one.expect("person");
        sum.done += one.done;
        sum.straight += one.straight;
        sum.own += one.own;
    }

    assert_eq!(sum.own, 240, "every owner tried at each of their own");
    assert_eq!(sum.done, PROPOSALS, "as many were told that they decided");
    assert!(sum.straight > 0 && sum.straight < PROPOSALS, "both ways led to decisions: {}", sum.straight);
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
    let recorded = "audit WHERE action IN ('proposal.approved', 'proposal.rejected', 'proposal.countered')";
    assert_eq!(
        usize::try_from(house.count(recorded).await).unwrap(),
        PROPOSALS - sum.straight,
        "what went through the application is on record once"
    );
}

/// Decides as the form does; gives whether it was theirs.
async fn decide(ctx: &Context, proposal: i64, read: &str, verdict: &str) -> bool {
    let form = DecisionForm {
        proposal: proposal.to_string(),
        verdict: verdict.into(),
        reason_partner: "So be it.".into(),
        counter: "9".into(),
        counter_until: "2026-12-20".into(),
        content_hash: read.into(),
        ..DecisionForm::default()
    };
    match api::decide(ctx, &form).await {
        Ok(Answer::Done(_)) => true,
        Ok(Answer::Refused(_)) => false,
        Err(error) => panic!("{error}"),
    }
}

/// Writes a decision, and the rate where it is an approval, as staff may, without a question to the application's rules; gives
/// whether the database took it.
async fn write(ctx: &Context, proposal: ProposalId, person: i64, read: &str, approve: bool, at: DateTime<Utc>) -> bool {
    let read = hex::decode(read).expect("hex");
    let mut tx = ctx.begin().await.expect("begin");
    let decision = Decide {
        proposal,
        content_hash: &read,
        verdict: if approve { Verdict::Approved } else { Verdict::Rejected },
        by: By::Owner,
        decider: Some(person.into()),
        sole_control: false,
        authority: None,
        reason_partner: "So be it.",
        reason_house: "",
        floor_reason: None,
        until: None,
        earliest: at,
        at,
    };
    match store::decide(&mut tx, decision).await {
        Ok(_) => {}
        Err(AppError::Database(error)) => {
            let by = constraint(&error).unwrap_or_else(|| panic!("{error}")).to_owned();
            assert!(matches!(by.as_str(), "decision_pkey" | "decision_not_by_author"), "{by}");
            return false;
        }
        Err(error) => panic!("{error}"),
    }
    if approve {
        store::append_version(&mut tx, proposal, at).await.expect("version");
    }
    tx.commit().await.expect("commit");
    true
}
