//! Long work with a run, and which columns its Wise files have.

use crate::seed::{Column, Seed, Wrong, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";

/// Olga releases the run.
fn work(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("payout_run_id", "(SELECT payout_run_id FROM payout_run)"),
        ("task", "'release'"),
        ("asked_by", "{person_olga}"),
        ("asked_at", "timestamptz '2011-04-02Z'"),
        ("locale", "'en'"),
        ("request_id", "'test'"),
    ];
    insert("run_work", &usual, changed)
}

#[sqlx::test(migrations = "../migrations")]
async fn work_with_a_run_is_asked_for_once_and_ends_once(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let done = "UPDATE run_work SET done_at = '2011-04-02T00:05Z', written = 1";
    seed.accepted(&format!("{}; {}; {done}; {}", work(&[]), work(&[("task", "'wise'")]), work(&[]))).await;
    let wrongs: Vec<Wrong> = vec![
        ("the same twice at once", format!("{}; {}", work(&[]), work(&[])), UNIQUE, "run_work_one_open"),
        ("something else", work(&[("task", "'cancel'")]), CHECK, "run_work_task_known"),
        ("another programme's run", work(&[("programme_id", "{travel}")]), FOREIGN, "run_work_run"),
        ("by a partner", work(&[("asked_by", "{person_ana}")]), FOREIGN, "run_work_asked_by_fkey"),
        ("refused and not done", work(&[("refused", "'No'")]), CHECK, "run_work_refused_is_done"),
        (
            "done before it was asked for",
            work(&[("done_at", "timestamptz '2011-04-01Z'")]),
            CHECK,
            "run_work_done_after_asked",
        ),
        ("fewer than no payments", work(&[("written", "-1")]), CHECK, "run_work_counts"),
        ("ended twice", format!("{}; {done}; {done}", work(&[])), CHECK, "run_work_ends_once"),
    ];
    seed.all_refused(wrongs).await;
}

/// The columns that Olga pasted.
fn header(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "{giftware}"),
        ("header", "'name,recipientEmail,amount'"),
        ("set_by", "{person_olga}"),
        ("set_at", "timestamptz '2011-04-02Z'"),
        ("form_key", "gen_random_uuid()"),
    ];
    insert("wise_header", &usual, changed)
}

#[sqlx::test(migrations = "../migrations")]
async fn the_columns_of_a_wise_file_are_an_owners(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let key = [("form_key", "'6f9619ff-8b86-4011-b42d-00c04fc964ff'::uuid")];
    seed.accepted(&format!("{}; {}", header(&[]), header(&[("header", "''")]))).await;
    let one_row = "wise_header_is_one_row";
    let wrongs: Vec<Wrong> = vec![
        ("two rows", header(&[("header", "E'name\\nAna'")]), CHECK, one_row),
        ("blanks around it", header(&[("header", "' name'")]), CHECK, one_row),
        ("more than a header", header(&[("header", "repeat('a', 2001)")]), CHECK, one_row),
        ("by an agent", header(&[("set_by", "{person_adam}")]), CHECK, "wise_header_by_an_owner"),
        ("of no programme", header(&[("programme_id", "0")]), FOREIGN, "wise_header_programme_id_fkey"),
        ("one form twice", format!("{}; {}", header(&key), header(&key)), UNIQUE, "wise_header_form_once"),
    ];
    seed.all_refused(wrongs).await;
}
