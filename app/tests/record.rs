//! The record proves itself: untouched it verifies, and whatever is edited or taken out behind the application's back
//! is found, at the very row.
#![cfg(feature = "ssr")]

mod house;

use app::audit::model::{Break, Broken, Verified};
use app::audit::store::{self, Change, Wanted};
use app::base::actor::Actor;
use house::House;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, Transaction};

/// Sealed rows: more than one of everything.
const ROWS: i64 = 120;

async fn filled(pool: PgPool) -> House {
    let house = House::open(pool).await;
    for number in 4..=ROWS {
        let ctx = if number % 3 == 0 { house.tomas() } else { house.marta() };
        let mut tx = ctx.begin().await.expect("begin");
        let change = Change {
            action: if number % 2 == 0 { "case.decided" } else { "proposal.made" },
            subject: format!("case/{number}"),
            partner: Some(house.garden),
            on_behalf_of: (number % 5 == 0).then_some(house.garden),
            before: (number % 4 > 0).then(|| serde_json::json!({ "minimum": "50", "stage": number })),
            after: Some(serde_json::json!({ "minimum": number.to_string(), "offer": null })),
            ..Change::default()
        };
        store::record(&mut tx, &ctx.actor, house.now, "test", change).await.expect("recorded");
        tx.commit().await.expect("commit");
    }
    seal(&house).await;
    house.run("ALTER TABLE audit DISABLE TRIGGER audit_append_only; ALTER TABLE audit_seal DISABLE TRIGGER audit_seal_append_only").await;
    house
}

async fn seal(house: &House) -> i64 {
    let mut tx = house.db.begin(&Actor::Job).await.expect("begin");
    let sealed = store::seal(&mut tx).await.expect("sealed");
    tx.commit().await.expect("commit");
    sealed
}

async fn verify(house: &House) -> Verified {
    let mut tx = house.auditor().begin().await.expect("begin");
    store::verify(&mut tx).await.expect("walked")
}

/// Walks the chain as the tampering transaction sees it.
async fn verify_in(tx: &mut Transaction<'static, Postgres>) -> Verified {
    store::verify(tx).await.expect("walked")
}

async fn run(connection: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql.clone()))
        .execute(connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_untouched_record_is_unbroken(pool: PgPool) {
    let house = House::open(pool).await;
    let empty = verify(&house).await;
    assert_eq!((empty.sealed, empty.waiting, empty.broken, empty.last), (0, 3, None, None));
    assert_eq!(seal(&house).await, 3);
    assert_eq!(seal(&house).await, 0);
    house.set_rate(None, "9").await;
    let verified = verify(&house).await;
    assert_eq!((verified.sealed, verified.waiting, verified.broken), (3, 1, None));
    assert_eq!(verified.last.map(|link| link.seq), Some(3));
}

#[sqlx::test(migrations = "../migrations")]
async fn two_hundred_edits_are_all_found(pool: PgPool) {
    let house = filled(pool).await;
    assert_eq!(verify(&house).await.sealed, ROWS);
    // One edit of each kind; each is made on rows picked by a fixed walk, seen, and taken back.
    let edits = [
        "at = at + interval '1 microsecond'",
        "actor_id = coalesce(actor_id, 0) + 1, actor_kind = 'staff'",
        "on_behalf_of = coalesce(on_behalf_of, 0) + 1",
        "partner_id = coalesce(partner_id, 0) + 1",
        "action = action || '_'",
        "subject = subject || '0'",
        "before = CASE WHEN before IS NULL THEN 'null'::jsonb END",
        "after = jsonb_set(after, '{minimum}', '\"1\"')",
        "approval_id = coalesce(approval_id, 0) + 1",
        "request_id = request_id || ' '",
    ];
    let mut row = 7;
    for number in 0..200 {
        row = row * 31 % ROWS + 1;
        let id = row;
        let edit = edits[number % edits.len()];
        let mut tx = house.pool.begin().await.expect("begin");
        run(&mut tx, format!("UPDATE audit SET {edit} WHERE audit_id = {id}")).await;
        let verified = verify_in(&mut tx).await;
        let expected = Broken { seq: id, audit_id: Some(id), what: Break::Edited };
        assert_eq!(verified.broken, Some(expected), "edit {number}: {edit}");
        assert_eq!(verified.sealed, id - 1);
        tx.rollback().await.expect("rollback");
    }
    assert_eq!(verify(&house).await.broken, None, "all of them were taken back");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_taken_out_is_found(pool: PgPool) {
    let house = filled(pool).await;
    let mut tx = house.pool.begin().await.expect("begin");
    // The foreign keys don't let a sealed row go. Whoever goes round them as well is found all the same.
    run(&mut tx, "SET LOCAL session_replication_role = replica".to_owned()).await;
    for (sql, expected) in [
        ("DELETE FROM audit WHERE audit_id = 60", Broken { seq: 60, audit_id: Some(60), what: Break::RowMissing }),
        ("DELETE FROM audit_seal WHERE seq = 60", Broken { seq: 60, audit_id: None, what: Break::LinkMissing }),
        (
            "DELETE FROM audit_seal WHERE seq = 60; DELETE FROM audit WHERE audit_id = 60",
            Broken { seq: 60, audit_id: None, what: Break::LinkMissing },
        ),
        ("DELETE FROM audit_seal WHERE seq = 1", Broken { seq: 1, audit_id: None, what: Break::LinkMissing }),
        (
            "UPDATE audit_seal SET prev_hash = sha256(prev_hash) WHERE seq = 60",
            Broken { seq: 60, audit_id: Some(60), what: Break::NotLinked },
        ),
        (
            "UPDATE audit_seal SET hash = sha256(hash) WHERE seq = 60",
            Broken { seq: 60, audit_id: Some(60), what: Break::Edited },
        ),
        // Row and seal are made to fit each other: the next link gives it away.
        (
            "UPDATE audit SET subject = 'case/1' WHERE audit_id = 60;
             UPDATE audit_seal s SET hash = sha256(s.prev_hash || audit_payload(a)) FROM audit a WHERE a.audit_id = s.audit_id AND s.seq = 60",
            Broken { seq: 61, audit_id: Some(61), what: Break::NotLinked },
        ),
    ] {
        run(&mut tx, "SAVEPOINT whole".to_owned()).await;
        run(&mut tx, sql.to_owned()).await;
        assert_eq!(verify_in(&mut tx).await.broken, Some(expected), "{sql}");
        run(&mut tx, "ROLLBACK TO whole".to_owned()).await;
    }
    // A cut-off end can't be seen in what is left, but the last link noted down before shows it.
    let noted = verify_in(&mut tx).await.last;
    run(&mut tx, "DELETE FROM audit_seal WHERE seq > 100; DELETE FROM audit WHERE audit_id > 100".to_owned()).await;
    let cut = verify_in(&mut tx).await;
    assert_eq!((cut.broken, cut.sealed), (None, 100));
    assert_ne!(cut.last, noted);
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_edits_the_record_through_the_application(pool: PgPool) {
    let house = House::open(pool).await;
    seal(&house).await;
    for role in ["pd_partner", "pd_staff", "pd_system", "pd_web"] {
        for change in [
            "UPDATE audit SET subject = ''",
            "DELETE FROM audit",
            "TRUNCATE audit, audit_seal",
            "DELETE FROM audit_seal",
        ] {
            let error = house.try_run(&format!("SET LOCAL ROLE {role}; {change}")).await.expect_err("refused");
            assert_eq!(house::sqlstate(&error), "42501", "{role}: {change}");
        }
    }
    for (table, change) in [("audit", "UPDATE audit SET subject = ''"), ("audit_seal", "DELETE FROM audit_seal")] {
        let error = house.try_run(change).await.expect_err("refused");
        assert_eq!(house::constraint_of(&error), format!("{table}_append_only"));
    }
    house.run("ALTER TABLE audit DISABLE TRIGGER audit_append_only").await;
    let error = house.try_run("DELETE FROM audit").await.expect_err("refused");
    assert_eq!(house::constraint_of(&error), "audit_seal_of_audit");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_record_is_read_newest_first_and_narrowed(pool: PgPool) {
    let house = filled(pool).await;
    let mut tx = house.auditor().begin().await.expect("begin");
    let all = Wanted { most: 50, ..Wanted::default() };
    let first = store::list(&mut tx, &all).await.expect("lines");
    assert_eq!(first.iter().map(|line| line.id).collect::<Vec<_>>(), (71..=120).rev().collect::<Vec<_>>());
    let next = Wanted { before: Some(71), ..all.clone() };
    assert_eq!(store::list(&mut tx, &next).await.expect("lines").first().map(|line| line.id), Some(70));

    let decided = Wanted { action: Some("case.decided".into()), most: 1000, ..all.clone() };
    assert_eq!(store::list(&mut tx, &decided).await.expect("lines").len(), 59);
    let by_tomas = Wanted { by: Some(store::ByWhom::Staff(house.tomas)), most: 1000, ..all.clone() };
    assert!(store::list(&mut tx, &by_tomas).await.expect("lines").iter().all(|line| line.id % 3 == 0));
    let by_command = Wanted { by: Some(store::ByWhom::Command), most: 1000, ..all.clone() };
    assert_eq!(store::list(&mut tx, &by_command).await.expect("lines").len(), 3);
    for (code, lines) in [("GARDEN", 117), ("kitchen", 0), ("nobody", 0)] {
        let of = Wanted { partner: Some(code.into()), most: 1000, ..all.clone() };
        assert_eq!(store::list(&mut tx, &of).await.expect("lines").len(), lines, "{code}");
    }
    let later = Wanted { from: Some(house.now), until: Some(house.now), ..all };
    assert!(store::list(&mut tx, &later).await.expect("lines").is_empty());
    assert_eq!(store::actions(&mut tx).await.expect("actions"), ["case.decided", "proposal.made", "terms.set"]);
    assert_eq!(store::staff(&mut tx).await.expect("staff").len(), 4);
}
