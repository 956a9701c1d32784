//! Every message of the corpus, in two random orders: nothing panics, nothing is lost, and the conversations are the same.

use crate::house::House;
use crate::letters::home;
use app::inbox::read::read;
use app::inbox::store::{self, Became, Source, ingest};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sqlx::PgPool;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn messages() -> Option<Vec<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference/mail");
    if !folder.is_dir() {
        eprintln!("{} is not there: the corpus of mails was not taken in", folder.display());
        return None;
    }
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("folder").map(|entry| entry.expect("file").path()).collect();
    files.sort();
    Some(files.iter().map(|file| std::fs::read(file).expect("mail")).collect())
}

/// Some conversations of members, since those of the corpus are few: answers, answers to answers, missing beginnings.
fn conversations() -> Vec<Vec<u8>> {
    let mail = |from: &str, id: &str, answers: &str| {
        format!("From: {from}@example.org\r\nMessage-ID: <{id}>\r\nReferences: {answers}\r\nSubject: {id}\r\n\r\nText of {id}\r\n").into_bytes()
    };
    vec![
        mail("gala", "g1", ""),
        mail("gala", "g2", "<g1>"),
        mail("gala", "g3", "<g1> <g2>"),
        mail("gala", "h2", "<lost>"),
        mail("gala", "h3", "<lost> <h2>"),
        mail("kim", "k1", ""),
        mail("kim", "k2", "<k1>"),
        mail("kim", "k3", "<g1>"),
    ]
}

/// Messages by the case they are in, as the sets of their hashes; and what the others became.
async fn outcome(house: &House) -> (BTreeSet<BTreeSet<String>>, BTreeMap<String, String>) {
    // A repetition is where the one is that came first.
    let rows: Vec<(String, Option<i64>, Option<String>)> = sqlx::query_as(
        "SELECT encode(i.sha256, 'hex'), coalesce(i.case_id, f.case_id), coalesce(i.reason, f.reason)
         FROM mail_in i LEFT JOIN mail_in f ON f.mail_in_id = i.duplicate_of",
    )
    .fetch_all(&house.pool)
    .await
    .expect("rows");
    let mut cases: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    let mut others = BTreeMap::new();
    for (hash, case, reason) in rows {
        match case {
            Some(case) => {
                cases.entry(case).or_default().insert(hash);
            }
            None => {
                others.insert(hash, reason.expect("a reason"));
            }
        }
    }
    (cases.into_values().collect(), others)
}

/// The house with members of its own and half of the corpus' writers as members of Garden, so that their mails become
/// cases.
async fn open(pool: PgPool, corpus: &[Vec<u8>]) -> House {
    let house = House::open(pool).await;
    house.run(crate::letters::MEMBERS).await;
    let writers: BTreeSet<String> = corpus.iter().filter_map(|raw| read(raw).ok()?.from).collect();
    for writer in writers.iter().step_by(2) {
        sqlx::query(
            "WITH new AS (INSERT INTO person (email, name, created_at) VALUES ($1, 'A writer', '2026-01-01Z') RETURNING person_id)
             INSERT INTO partner_member (partner_id, person_id, since) SELECT $2, person_id, '2026-01-01Z' FROM new",
        )
        .bind(writer)
        .bind(house.garden.0)
        .execute(&house.pool)
        .await
        .expect("a writer");
    }
    house
}

/// Takes all of them in, in an order of its own for each seed.
async fn take_all(house: &House, all: &[Vec<u8>], seed: u8) -> (BTreeSet<BTreeSet<String>>, BTreeMap<String, String>) {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]));
    let order = Just(all.to_vec()).prop_shuffle().new_tree(&mut runner).expect("order").current();
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for raw in order {
        let (_, known, became) = ingest(&house.db, &home(), raw, Source::Command, house.now).await.expect("stored");
        let what = match became {
            _ if known => "same bytes",
            Became::Message { .. } => "case",
            Became::Quarantine(_) => "quarantine",
            Became::Duplicate(_) => "duplicate",
            Became::Received => "LOST",
        };
        *counted.entry(what).or_default() += 1;
    }
    eprintln!("order {seed}: {counted:?}");
    assert_eq!(counted.get("LOST"), None);
    // Received equals stored, and each is in one place.
    let stored = house.count("mail_in").await;
    assert_eq!(stored as usize + counted.get("same bytes").copied().unwrap_or_default(), all.len());
    assert_eq!(house.count("mail_in WHERE state = 'received'").await, 0);
    assert_eq!(house.count("message").await, house.count("mail_in WHERE state = 'case'").await);
    for raw in all {
        let (_, known, _) = ingest(&house.db, &home(), raw.clone(), Source::Command, house.now).await.expect("stored");
        assert!(known);
    }
    assert_eq!(house.count("mail_in").await, stored);
    // What arrived comes out again byte for byte.
    let mut tx = house.begin_command().await;
    for raw in all {
        let id: i64 = sqlx::query_scalar("SELECT mail_in_id FROM mail_in WHERE sha256 = sha256($1)")
            .bind(raw)
            .fetch_one(&mut *tx)
            .await
            .expect("row");
        assert_eq!(&store::raw(&mut tx, id.into()).await.expect("raw"), raw);
    }
    outcome(house).await
}

#[sqlx::test(migrations = "../migrations")]
async fn two_orders_end_alike(pool: PgPool) {
    let Some(corpus) = messages() else { return };
    assert_eq!(corpus.len(), 107);
    let house = open(pool, &corpus).await;
    let all = [corpus, conversations()].concat();
    let first = take_all(&house, &all, 1).await;
    for conversation in [3, 2] {
        assert!(first.0.iter().any(|case| case.len() == conversation), "no case of {conversation}");
    }
    for seed in 2..4 {
        // Past the triggers that let nothing be emptied.
        house
            .run("SET LOCAL session_replication_role = replica; TRUNCATE mail_in, message, support_case CASCADE")
            .await;
        let other = take_all(&house, &all, seed).await;
        assert_eq!(other.0, first.0, "the conversations");
        assert_eq!(other.1, first.1, "what waits");
    }
}
