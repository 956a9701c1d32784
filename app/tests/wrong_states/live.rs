//! What pages are told, who is there, what was typed: each row says what it may say, and only to whom it may.

use crate::seed::{Seed, Wrong, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";

#[sqlx::test(migrations = "../migrations")]
async fn what_is_told_names_its_case_and_what_is_kept_has_its_bounds(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let event = |changed: &[(&str, &str)]| {
        let usual = [("kind", "'note'"), ("partner_id", "{ana}"), ("case_id", "{question}"), ("side", "NULL::text")];
        insert("live_event", &usual, changed)
    };
    let here = |changed: &[(&str, &str)]| {
        let usual = [
            ("page", "'00000000-0000-0000-0000-000000000001'::uuid"),
            ("case_id", "{question}"),
            ("person_id", "{person_adam}"),
            ("name", "'Adam'"),
            ("here_until", "clock_timestamp() + interval '20 seconds'"),
        ];
        insert("case_presence", &usual, changed)
    };
    let setting = |changed: &[(&str, &str)]| {
        insert("desk_setting", &[("person_id", "{person_adam}"), ("knock", "'mine'"), ("set_at", "now()")], changed)
    };
    let draft = |changed: &[(&str, &str)]| {
        let usual = [("person_id", "{person_adam}"), ("name", "'case-1-reply'"), ("body", "'x'"), ("kept_at", "now()")];
        insert("kept_draft", &usual, changed)
    };
    for fine in [event(&[]), here(&[]), setting(&[]), draft(&[])] {
        seed.accepted(&fine).await;
    }
    let wrongs: Vec<Wrong> = vec![
        ("a kind there is not", event(&[("kind", "'gossip'")]), CHECK, "live_event_kind_known"),
        ("of no case", event(&[("case_id", "NULL::bigint")]), CHECK, "live_event_names_a_case"),
        ("of nobody's case", event(&[("partner_id", "NULL::bigint")]), CHECK, "live_event_names_a_case"),
        ("everything, of one case", event(&[("kind", "'reset'")]), CHECK, "live_event_names_a_case"),
        ("a message of no side", event(&[("kind", "'message'")]), CHECK, "live_event_side_of_message"),
        ("a note of the partner", event(&[("side", "'partner'")]), CHECK, "live_event_side_of_message"),
        ("two horizons", "INSERT INTO live_horizon (forgotten) VALUES ('1')".into(), UNIQUE, "live_horizon_pkey"),
        (
            "another horizon",
            "INSERT INTO live_horizon (one, forgotten) VALUES (false, '1')".into(),
            CHECK,
            "live_horizon_is_one",
        ),
        ("there without a name", here(&[("name", "' '")]), CHECK, "case_presence_name_not_blank"),
        (
            "there for ever",
            here(&[("here_until", "clock_timestamp() + interval '1 hour'")]),
            CHECK,
            "case_presence_expires",
        ),
        ("a page in two cases", format!("{}; {}", here(&[]), here(&[])), UNIQUE, "case_presence_pkey"),
        ("a loud knock", setting(&[("knock", "'loud'")]), CHECK, "desk_setting_knock_known"),
        ("a partner's desk", setting(&[("person_id", "999999")]), FOREIGN, "desk_setting_person_id_fkey"),
        ("a draft without a field", draft(&[("name", "''")]), CHECK, "kept_draft_name_is_plain"),
        ("a draft of a strange field", draft(&[("name", "'A b'")]), CHECK, "kept_draft_name_is_plain"),
        ("a book", draft(&[("body", "repeat('x', 20001)")]), CHECK, "kept_draft_not_too_long"),
        ("nobody's draft", draft(&[("person_id", "999999")]), FOREIGN, "kept_draft_person_id_fkey"),
    ];
    seed.all_refused(wrongs).await;
}
