//! Saved views and what cases are found by: who may keep what, and what can't be kept at all.

use crate::seed::{Seed, refusal, run};
use sqlx::PgPool;

const SAVED: &str = "INSERT INTO saved_view (person_id, shared, name, position, view, created_at, form_key<more>)
                     SELECT person_id, <shared>, '<name>', <position>, '<view>', '2026-01-01Z', gen_random_uuid()<values> FROM staff WHERE role = '<role>' LIMIT 1";

fn saved(shared: bool, name: &str, position: i32, view: &str, role: &str, more: &str, values: &str) -> String {
    SAVED
        .replace("<shared>", &shared.to_string())
        .replace("<name>", name)
        .replace("<position>", &position.to_string())
        .replace("<view>", view)
        .replace("<role>", role)
        .replace("<more>", more)
        .replace("<values>", values)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_saved_view_is_what_the_queue_can_show(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let own = |name: &str, position, view: &str, more: &str, values: &str| {
        saved(false, name, position, view, "agent", more, values)
    };
    for (statements, constraint) in [
        (vec![own(" ", 1, "all", "", "")], "saved_view_name_not_blank"),
        (vec![own(" a", 1, "all", "", "")], "saved_view_name_not_blank"),
        (vec![own(&"a".repeat(41), 1, "all", "", "")], "saved_view_name_not_blank"),
        (vec![own("a", 21, "all", "", "")], "saved_view_position_in_bounds"),
        (vec![own("a", 0, "all", "", "")], "saved_view_position_in_bounds"),
        (vec![own("a", 1, "all", "", ""), own("A", 2, "all", "", "")], "saved_view_name_once"),
        (vec![own("a", 1, "all", "", ""), own("b", 1, "all", "", "")], "saved_view_one_at_a_position"),
        (vec![own("a", 1, "moon", "", "")], "saved_view_view_known"),
        (vec![own("a", 1, "all", ", kind", ", 'moon'")], "saved_view_kind_known"),
        (vec![own("a", 1, "all", ", stage", ", 'closed'")], "saved_view_stage_known"),
        (vec![own("a", 1, "all", ", with_nobody, with_id", ", true, person_id")], "saved_view_with_one"),
        (vec![own("a", 1, "mine", ", with_nobody", ", true")], "saved_view_with_where_it_varies"),
        (vec![own("a", 1, "all", ", language", ", 'fr'")], "saved_view_language_known"),
        (vec![own("a", 1, "all", ", awaited", ", 'godot'")], "saved_view_awaited_known"),
        (vec![own("a", 1, "all", ", partner_code", ", ' '")], "saved_view_partner_not_blank"),
        (
            vec![own("a", 1, "all", ", opened_from, opened_to", ", '2026-02-02', '2026-02-01'")],
            "saved_view_period_ends_later",
        ),
        (vec![saved(true, "a", 1, "all", "agent", "", "")], "saved_view_shared_by_leads"),
        (vec!["INSERT INTO known_word VALUES ('Ñandú', 1)".to_owned()], "known_word_is_plain"),
        (vec!["INSERT INTO known_word VALUES ('nandu', 0)".to_owned()], "known_word_seen"),
        (vec!["UPDATE support_case SET place_at = 'infinity'".to_owned()], "support_case_place_is_finite"),
        (
            vec!["UPDATE support_case SET standing_at = NULL, step_at = '2026-01-01Z'".to_owned()],
            "support_case_step_while_it_stands",
        ),
    ] {
        let mut tx = seed.pool.begin().await.expect("begin");
        let sql = format!("{}; SET CONSTRAINTS ALL IMMEDIATE", statements.join("; "));
        let error = run(&mut tx, &sql).await.expect_err(constraint);
        assert_eq!(refusal(&error).1, constraint, "{sql}: {error}");
    }
    for view in app::desk::model::View::ALL {
        seed.accepted(&own("a", 1, view.as_str(), "", "")).await;
    }
    // Two on two shelves don't stand in each other's way.
    let mut tx = seed.pool.begin().await.expect("begin");
    run(&mut tx, &format!("{}; {}", own("a", 1, "all", "", ""), saved(true, "a", 1, "all", "owner", "", "")))
        .await
        .expect("both");
    for (role, sql) in [
        ("pd_staff", "UPDATE saved_view SET shared = true"),
        ("pd_staff", "INSERT INTO known_word VALUES ('word', 1)"),
        ("pd_staff", "UPDATE support_case SET place_at = '2000-01-01Z'"),
        ("pd_partner", "SELECT FROM saved_view"),
        ("pd_partner", "SELECT FROM case_found_by"),
        ("pd_partner", "SELECT FROM known_word"),
        ("pd_system", "INSERT INTO saved_view (name) VALUES ('a')"),
    ] {
        let mut tx = seed.pool.begin().await.expect("begin");
        let error = run(&mut tx, &format!("SET LOCAL ROLE {role}; {sql}")).await.expect_err(sql);
        assert_eq!(refusal(&error).0, "42501", "{role}: {sql}");
    }
}
