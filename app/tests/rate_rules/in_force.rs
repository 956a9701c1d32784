//! Which terms are in force at a moment, as known at another: against a reference that looks at every version.

use proptest::prelude::*;
use rust_decimal::Decimal;
use sqlx::PgPool;
use std::collections::BTreeMap;

const FIELDS: [(&str, &str); 4] =
    [("rate", "percent"), ("hold_days", "days"), ("minimum", "amount"), ("validation", "flag")];

/// Field, offer and partner (0: all), the hour it begins, the hour it was recorded, after how many hours it ends; `None`: never.
type Version = (usize, i64, i64, i64, i64, Option<i64>);
/// Offer, partner, the hour that is asked about, the hour at which it was known; `None`: today.
type Asked = (i64, i64, i64, Option<i64>);

fn history() -> impl Strategy<Value = (Vec<Version>, Vec<Asked>)> {
    // Few hours, so that versions often begin at one moment.
    let lasts = prop::option::weighted(0.5, 1..20_i64);
    let version = (0..FIELDS.len(), 0..3_i64, 0..3_i64, 0..40_i64, 0..40_i64, lasts);
    let asked = (0..4_i64, 0..4_i64, -2..44_i64, prop::option::of(-2..44_i64));
    (prop::collection::vec(version, 0..40), prop::collection::vec(asked, 250))
}

fn hour(hour: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(1_300_000_000 + hour * 3_600, 0).expect("time")
}

/// Looks at every version: partner before offer before all, then the later start, then the later revision.
fn naive(versions: &[Version], asked: Asked) -> BTreeMap<&'static str, i64> {
    let (offer, partner, at, known_at) = asked;
    let mut found = BTreeMap::new();
    for (field, (name, _)) in FIELDS.iter().enumerate() {
        let mut best: Option<(i64, i64, i64, i64)> = None;
        for (number, version) in versions.iter().enumerate() {
            let holds = version.0 == field
                && (version.1 == 0 || version.1 == offer)
                && (version.2 == 0 || version.2 == partner)
                && version.3 <= at
                && version.5.is_none_or(|lasts| at < version.3 + lasts)
                && known_at.is_none_or(|known| version.4 <= known);
            let weight = (i64::from(version.2 != 0), i64::from(version.1 != 0), version.3, number as i64);
            if holds && best.is_none_or(|best| weight > best) {
                best = Some(weight);
            }
        }
        if let Some((.., number)) = best {
            found.insert(*name, number);
        }
    }
    found
}

#[sqlx::test(migrations = "../migrations")]
async fn terms_in_force_are_what_looking_at_every_version_finds(pool: PgPool) {
    let mut instants = 0;
    let mut connection = pool.acquire().await.expect("connection");
    // Versions without their proposals and decisions: only which of them counts is asked here. 100 000 instants in all.
    sqlx::raw_sql("SET session_replication_role = replica").execute(&mut *connection).await.expect("set");
    for (history, (versions, asked)) in super::values(super::cases(400), &history()).into_iter().enumerate() {
        let programme = 1_000 + history as i64;
        let column = |of: fn(&Version) -> i64| versions.iter().map(of).collect::<Vec<_>>();
        // The number of a version is its revision and its value, so that what is found says which it is.
        sqlx::query(
            "INSERT INTO terms_version (programme_id, offer_scope, partner_scope, field, kind, value, valid_from, valid_until, revision, proposal_id, recorded_at)
             SELECT $1, offer, partner, field, kind, CASE field WHEN 'validation' THEN place % 2 ELSE place END, begins, coalesce(ends, 'infinity'), place + 1,
                    $1 * 1000 + place, recorded
             FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::timestamptz[], $7::timestamptz[], $8::int[], $9::timestamptz[])
                 AS one (field, kind, offer, partner, begins, recorded, place, ends)",
        )
        .bind(programme)
        .bind(versions.iter().map(|version| FIELDS[version.0].0).collect::<Vec<_>>())
        .bind(versions.iter().map(|version| FIELDS[version.0].1).collect::<Vec<_>>())
        .bind(column(|version| version.1))
        .bind(column(|version| version.2))
        .bind(versions.iter().map(|version| hour(version.3)).collect::<Vec<_>>())
        .bind(versions.iter().map(|version| hour(version.4)).collect::<Vec<_>>())
        .bind((0..versions.len() as i32).collect::<Vec<_>>())
        .bind(versions.iter().map(|version| version.5.map(|lasts| hour(version.3 + lasts))).collect::<Vec<_>>())
        .execute(&mut *connection)
        .await
        .expect("versions");
        let said: Vec<(i64, String, i64, Decimal)> = sqlx::query_as(
            "SELECT place, t.field, v.proposal_id - $1 * 1000, t.value
             FROM unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::timestamptz[])
                 WITH ORDINALITY AS one (offer, partner, at, known_at, place)
             CROSS JOIN LATERAL terms_at($1, offer, partner, at, coalesce(known_at, 'infinity')) t
             JOIN terms_version v USING (terms_version_id)",
        )
        .bind(programme)
        .bind(asked.iter().map(|asked| asked.0).collect::<Vec<_>>())
        .bind(asked.iter().map(|asked| asked.1).collect::<Vec<_>>())
        .bind(asked.iter().map(|asked| hour(asked.2)).collect::<Vec<_>>())
        .bind(asked.iter().map(|asked| asked.3.map(hour)).collect::<Vec<_>>())
        .fetch_all(&mut *connection)
        .await
        .expect("terms");
        for (place, asked) in asked.iter().enumerate() {
            let found: BTreeMap<&str, i64> = said
                .iter()
                .filter(|row| row.0 == place as i64 + 1)
                .map(|(_, field, number, _)| (field.as_str(), *number))
                .collect();
            assert_eq!(found, naive(&versions, *asked), "{asked:?} of {versions:?}");
            instants += 1;
        }
    }
    eprintln!("{instants} instants");
}
