//! Addresses from before they were encrypted, brought over by the migration and by the first start after it.

use app::base::db::{Db, make_roles};
use app::base::ids::PartnerId;
use app::base::secrets::{self, MasterKey, OpenError};
use app::payout_methods::address::Address;
use app::payout_methods::store::{seal_plain, wholes};
use sqlx::PgPool;

const OLD: &str = "
    INSERT INTO programme (code, name, currency, created_at) VALUES ('shop', 'Shop', 'GBP', '2026-01-01Z');
    INSERT INTO person (email, name, created_at) VALUES ('ana@example.com', 'Ana Soler', '2026-01-01Z');
    INSERT INTO partner (programme_id, code, name, created_at)
        SELECT programme_id, 'p' || n, CASE n WHEN 2 THEN ' ' ELSE 'Partner ' || n END, created_at FROM programme, generate_series(1, 2500) n;
    INSERT INTO payout_method (partner_id, kind, address, added_by, added_at)
        SELECT partner_id, 'paypal', 'Some.' || code || '@example.org', person_id, '2026-01-02Z' FROM partner, person;
    INSERT INTO payout_method (partner_id, kind, address, added_by, added_at, ended_at)
        SELECT partner_id, 'paypal', 'old@example.org', person_id, '2026-01-01Z', '2026-01-02Z' FROM partner, person WHERE code = 'p1';";

/// Runs migrations in order: those before payout methods were encrypted, or the rest.
async fn migrate(pool: &PgPool, before: bool) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("folder").map(|file| file.expect("file").path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "sql")) {
        let name = file.file_name().expect("name").to_string_lossy();
        if (*name < *"20261122010100") == before {
            let sql = std::fs::read_to_string(file).expect("file");
            let mut tx = pool.begin().await.expect("begin");
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
                .execute(&mut *tx)
                .await
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            tx.commit().await.expect("commit");
        }
    }
}

#[sqlx::test(migrations = false)]
async fn old_addresses_are_encrypted_at_the_first_start(pool: PgPool) {
    make_roles(&mut pool.acquire().await.expect("connection")).await.expect("roles");
    migrate(&pool, true).await;
    sqlx::raw_sql(OLD).execute(&pool).await.expect("old rows");
    migrate(&pool, false).await;
    let db = Db::from_pool(pool.clone());
    let now = "2026-11-22T12:00:00Z".parse().expect("time");
    let master = MasterKey::from([7; 32]);
    assert!(!secrets::has_key(&db).await.expect("asked"));
    let secrets = secrets::open(&db, &master, now).await.expect("key");
    assert!(secrets::has_key(&db).await.expect("asked"));

    // Two processes start at once: each row is encrypted by one of them.
    let (one, other) = tokio::join!(seal_plain(&db, &secrets), seal_plain(&db, &secrets));
    assert_eq!(one.expect("one") + other.expect("other"), 2501);
    assert_eq!(seal_plain(&db, &secrets).await.expect("again"), 0);
    let plain: i64 = sqlx::query_scalar("SELECT count(*) FROM payout_method m WHERE m::text ILIKE '%some.p%'")
        .fetch_one(&pool)
        .await
        .expect("count");
    assert_eq!(plain, 0);

    let rows: Vec<(i64, i64, String, String)> = sqlx::query_as(
        "SELECT partner_id, payout_method_id, masked, holder_name FROM payout_method JOIN partner USING (partner_id)
         WHERE code IN ('p1', 'p2') ORDER BY 2",
    )
    .fetch_all(&pool)
    .await
    .expect("rows");
    assert_eq!(rows.iter().map(|row| row.3.as_str()).collect::<Vec<_>>(), ["Partner 1", "p2", "Partner 1"]);
    assert!(rows[..2].iter().all(|row| row.2 == "S…@example.org"), "{rows:?}");
    let ids: Vec<_> = rows.iter().map(|row| (PartnerId(row.0), row.1)).collect();
    let mut tx = db.begin(&app::base::actor::Actor::Job).await.expect("begin");
    let whole = wholes(&mut tx, &secrets, &ids).await.expect("wholes");
    let addresses: Vec<_> = whole.into_iter().map(|whole| whole.address).collect();
    let expected = ["Some.p1@example.org", "Some.p2@example.org", "old@example.org"];
    assert_eq!(addresses, expected.map(|email| Address::PayPal(email.into())));
    drop(tx);

    // Another key finds nothing to start with.
    let refused = secrets::open(&db, &MasterKey::from([8; 32]), now).await;
    assert!(matches!(refused, Err(OpenError::OtherKey)), "{refused:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn of_two_first_keys_at_once_one_is_taken(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let now = "2026-11-22T12:00:00Z".parse().expect("time");
    let start = |byte: u8| {
        let db = db.clone();
        tokio::spawn(async move { secrets::open(&db, &MasterKey::from([byte; 32]), now).await.is_ok() })
    };
    let started: Vec<_> = (1..=6).map(start).collect();
    let mut taken = 0;
    for start in started {
        taken += usize::from(start.await.expect("task"));
    }
    let keys: i64 = sqlx::query_scalar("SELECT count(*) FROM secret_key").fetch_one(&pool).await.expect("keys");
    assert_eq!((taken, keys), (1, 1));
}
