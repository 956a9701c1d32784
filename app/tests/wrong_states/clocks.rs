//! The rota and the clocks: what was worked stays, and a clock runs out when it runs out.

use crate::seed::{Column, Seed, Wrong, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";
const INTEGRITY: &str = "23000";

fn shift(changed: &[Column<'_>]) -> String {
    let usual = [
        ("person_id", "{person_adam}"),
        ("weekday", "1"),
        ("starts", "'22:00'::time"),
        ("ends", "'06:00'::time"),
        ("time_zone", "'Europe/Madrid'"),
        ("valid_from", "'2011-03-06'::date"),
        ("written_by", "{person_olga}"),
        ("written_at", "'2011-03-05T22:59Z'::timestamptz"),
        ("form_key", "'00000000-0000-0000-0000-000000000001'::uuid"),
    ];
    insert("shift", &usual, changed)
}

fn pause(changed: &[Column<'_>]) -> String {
    let usual = [
        ("shift_id", "(SELECT max(shift_id) FROM shift)"),
        ("shift_starts", "'22:00'::time"),
        ("shift_ends", "'06:00'::time"),
        ("starts", "'01:00'::time"),
        ("ends", "'01:30'::time"),
    ];
    insert("shift_break", &usual, changed)
}

fn hours(changed: &[Column<'_>]) -> String {
    let usual = [
        ("time_zone", "'Europe/Madrid'"),
        ("days", "'{1,2}'::smallint[]"),
        ("opens", "'09:00'::time"),
        ("closes", "'09:00'::time"),
        ("valid_from", "'2011-03-05'::date"),
        ("written_by", "{person_olga}"),
        ("written_at", "'2011-03-05Z'::timestamptz"),
    ];
    insert("desk_hours", &usual, changed)
}

fn holiday(changed: &[Column<'_>]) -> String {
    let usual = [
        ("day", "'2011-03-07'::date"),
        ("name", "'Feast'"),
        ("written_by", "{person_olga}"),
        ("written_at", "'2011-03-05Z'::timestamptz"),
    ];
    insert("holiday", &usual, changed)
}

fn exception(changed: &[Column<'_>]) -> String {
    let usual = [
        ("person_id", "{person_adam}"),
        ("kind", "'away'"),
        ("starts_at", "'2011-03-07Z'::timestamptz"),
        ("ends_at", "'2011-03-08Z'::timestamptz"),
        ("reason", "'Ill'"),
        ("written_by", "{person_olga}"),
        ("written_at", "'2011-03-05Z'::timestamptz"),
    ];
    insert("rota_exception", &usual, changed)
}

fn after(first: &str, then: &str) -> String {
    format!("{first}; {then}")
}

#[sqlx::test(migrations = "../migrations")]
async fn the_rota_says_nothing_wrong_and_nothing_of_the_past(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let with_break = |changed: &[Column<'_>]| after(&shift(&[]), &pause(changed));
    let end = |day: &str| {
        after(
            &shift(&[]),
            &format!(
                "INSERT INTO shift_end (shift_id, last_day, written_at) SELECT max(shift_id), '{day}', '2011-03-10T12:00Z' FROM shift"
            ),
        )
    };
    let withdraw = |first: String, column: &str, table: &str, at: &str| {
        after(
            &first,
            &format!("INSERT INTO rota_withdrawal ({column}, written_at) SELECT max({column}), '{at}' FROM {table}"),
        )
    };
    for good in [
        with_break(&[]),
        with_break(&[("starts", "'22:30'::time"), ("ends", "'23:00'::time")]),
        end("2011-03-09"),
        hours(&[]),
        holiday(&[("person_id", "{person_adam}")]),
        exception(&[]),
        withdraw(holiday(&[]), "holiday_id", "holiday", "2011-03-07T12:00Z"),
        withdraw(exception(&[]), "rota_exception_id", "rota_exception", "2011-03-07T12:00Z"),
    ] {
        seed.accepted(&good).await;
    }
    let wrongs: Vec<Wrong> = vec![
        ("an eighth day", shift(&[("weekday", "8")]), CHECK, "shift_weekday_known"),
        ("half a minute", shift(&[("starts", "'22:00:30'::time")]), CHECK, "shift_times_are_minutes"),
        ("a 25th hour", shift(&[("ends", "'24:00'::time")]), CHECK, "shift_times_are_minutes"),
        ("no such time zone", shift(&[("time_zone", "'Europe/Atlantis'")]), CHECK, "shift_time_zone_known"),
        ("work that was not planned", shift(&[("valid_from", "'2011-03-04'::date")]), CHECK, "shift_not_in_the_past"),
        ("a shift written by an agent", shift(&[("written_by", "{person_adam}")]), CHECK, "shift_by_a_lead"),
        ("a shift written by who left", shift(&[("written_by", "{person_dora}")]), CHECK, "shift_by_a_lead"),
        ("a partner at the desk", shift(&[("person_id", "{person_ana}")]), CHECK, "shift_of_the_desk"),
        ("a form twice", after(&shift(&[]), &shift(&[])), UNIQUE, "shift_form_once"),
        ("a break before the shift", with_break(&[("starts", "'21:00'::time")]), CHECK, "shift_break_inside"),
        ("a break after it", with_break(&[("ends", "'06:30'::time")]), CHECK, "shift_break_inside"),
        ("a break of nothing", with_break(&[("ends", "'01:00'::time")]), CHECK, "shift_break_inside"),
        ("a break of another shift", with_break(&[("shift_ends", "'07:00'::time")]), FOREIGN, "shift_break_of_shift"),
        ("an end in the past", end("2011-03-08"), CHECK, "shift_end_not_in_the_past"),
        (
            "an end twice",
            after(&end("2011-03-12"), "INSERT INTO shift_end SELECT * FROM shift_end"),
            UNIQUE,
            "shift_end_pkey",
        ),
        ("a shift changed", after(&shift(&[]), "UPDATE shift SET ends = '07:00'"), INTEGRITY, "shift_append_only"),
        ("a shift taken away", after(&shift(&[]), "DELETE FROM shift"), INTEGRITY, "shift_append_only"),
        ("all shifts taken away", "TRUNCATE shift CASCADE".into(), INTEGRITY, "shift_append_only"),
        ("hours on no day", hours(&[("days", "'{}'::smallint[]")]), CHECK, "desk_hours_days_known"),
        ("hours on day nought", hours(&[("days", "'{0}'::smallint[]")]), CHECK, "desk_hours_days_known"),
        ("hours of last year", hours(&[("valid_from", "'2010-03-05'::date")]), CHECK, "desk_hours_not_in_the_past"),
        ("hours in no time zone", hours(&[("time_zone", "'Mars'")]), CHECK, "desk_hours_time_zone_known"),
        ("a feast that was", holiday(&[("day", "'2011-03-03'::date")]), CHECK, "holiday_not_in_the_past"),
        ("a feast without a name", holiday(&[("name", "' '")]), CHECK, "holiday_name_not_blank"),
        ("a feast of an agent's", holiday(&[("written_by", "{person_adam}")]), CHECK, "holiday_by_a_lead"),
        ("a partner's day off", holiday(&[("person_id", "{person_bob}")]), CHECK, "holiday_of_the_desk"),
        (
            "back before away",
            exception(&[("ends_at", "'2011-03-06Z'::timestamptz")]),
            CHECK,
            "rota_exception_ends_later",
        ),
        ("two years away", exception(&[("ends_at", "'2013-03-06Z'::timestamptz")]), CHECK, "rota_exception_ends_later"),
        (
            "away last week",
            exception(&[("starts_at", "'2011-02-25Z'::timestamptz")]),
            CHECK,
            "rota_exception_not_in_the_past",
        ),
        ("half away", exception(&[("kind", "'half'")]), CHECK, "rota_exception_kind_known"),
        ("away for no reason", exception(&[("reason", "''")]), CHECK, "rota_exception_reason_not_blank"),
        (
            "a withdrawal of nothing",
            "INSERT INTO rota_withdrawal (written_at) VALUES ('2011-03-06Z')".into(),
            CHECK,
            "rota_withdrawal_of_one_thing",
        ),
        (
            "a feast withdrawn after it",
            withdraw(holiday(&[]), "holiday_id", "holiday", "2011-03-08Z"),
            CHECK,
            "rota_withdrawal_not_in_the_past",
        ),
        (
            "an absence withdrawn after it",
            withdraw(exception(&[]), "rota_exception_id", "rota_exception", "2011-03-08Z"),
            CHECK,
            "rota_withdrawal_not_in_the_past",
        ),
        (
            "a feast withdrawn twice",
            after(
                &withdraw(holiday(&[]), "holiday_id", "holiday", "2011-03-06Z"),
                "INSERT INTO rota_withdrawal (holiday_id, written_at) SELECT max(holiday_id), '2011-03-06Z' FROM holiday",
            ),
            UNIQUE,
            "rota_withdrawal_holiday_once",
        ),
    ];
    seed.all_refused(wrongs).await;
}

fn clock(changed: &[Column<'_>]) -> String {
    let usual = [
        ("partner_id", "{ana}"),
        ("case_id", "{question}"),
        ("clock", "'first_reply'"),
        ("run", "1"),
        (
            "clock_policy_id",
            "(SELECT clock_policy_id FROM clock_policy WHERE clock = 'first_reply' AND kind IS NULL AND size IS NULL)",
        ),
        ("minutes", "240"),
        ("size", "'small'"),
        ("state", "'breached'"),
        ("started_at", "'2011-03-05T09:00Z'::timestamptz"),
        ("deadline", "'2011-03-05T13:00Z'::timestamptz"),
        ("twice_at", "'2011-03-05T17:00Z'::timestamptz"),
        ("counted_minutes", "300"),
        ("read_at", "'2011-03-05T14:00Z'::timestamptz"),
    ];
    insert("case_clock", &usual, changed)
}

fn breach(changed: &[Column<'_>]) -> String {
    let usual = [
        ("partner_id", "{ana}"),
        ("case_id", "{question}"),
        ("clock", "'first_reply'"),
        ("run", "1"),
        ("told", "'lead'"),
        ("at", "'2011-03-05T13:00Z'::timestamptz"),
        ("recorded_at", "'2011-03-05T14:00Z'::timestamptz"),
    ];
    insert("clock_breach", &usual, changed)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_clock_runs_out_at_its_deadline(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let breached = |changed: &[Column<'_>]| after(&clock(&[]), &breach(changed));
    let ended = |at: &'static str| ("ended_at", at);
    seed.accepted(&breached(&[])).await;
    seed.accepted(&breached(&[
        ("told", "'owner'"),
        ("at", "'2011-03-05T17:00Z'::timestamptz"),
        ("recorded_at", "'2011-03-06Z'::timestamptz"),
    ]))
    .await;
    seed.accepted(&clock(&[("state", "'met'"), ended("'2011-03-05T13:00Z'::timestamptz")])).await;
    let wrongs: Vec<Wrong> = vec![
        (
            "met after the deadline",
            clock(&[("state", "'met'"), ended("'2011-03-05T13:01Z'::timestamptz")]),
            CHECK,
            "case_clock_met_in_time",
        ),
        ("met without an end", clock(&[("state", "'met'")]), CHECK, "case_clock_met_in_time"),
        ("breached in time", clock(&[ended("'2011-03-05T12:00Z'::timestamptz")]), CHECK, "case_clock_breached_after"),
        (
            "running after its end",
            clock(&[("state", "'running'"), ended("'2011-03-05T12:00Z'::timestamptz")]),
            CHECK,
            "case_clock_open_while_it_counts",
        ),
        ("paused since never", clock(&[("state", "'paused'")]), CHECK, "case_clock_paused_since"),
        (
            "running and paused",
            clock(&[("state", "'running'"), ("paused_since", "'2011-03-05T10:00Z'::timestamptz")]),
            CHECK,
            "case_clock_running_unpaused",
        ),
        (
            "a deadline before it started",
            clock(&[("deadline", "'2011-03-05T08:00Z'::timestamptz")]),
            CHECK,
            "case_clock_ends_later",
        ),
        ("another limit than the policy's", clock(&[("minutes", "241")]), FOREIGN, "case_clock_policy"),
        ("a policy of another clock", clock(&[("clock", "'resolution'")]), FOREIGN, "case_clock_policy"),
        ("two runs at once", after(&clock(&[]), &clock(&[("run", "2")])), UNIQUE, "case_clock_one_open"),
        ("a clock of somebody else's case", clock(&[("partner_id", "{bob}")]), FOREIGN, "case_clock_case"),
        (
            "a breach when the job looked",
            breached(&[("at", "'2011-03-05T13:30Z'::timestamptz")]),
            CHECK,
            "clock_breach_at_the_deadline",
        ),
        ("an owner told too soon", breached(&[("told", "'owner'")]), CHECK, "clock_breach_at_the_deadline"),
        (
            "a breach of a clock that runs",
            after(&clock(&[("state", "'running'")]), &breach(&[])),
            CHECK,
            "clock_breach_at_the_deadline",
        ),
        (
            "a breach foretold",
            breached(&[("recorded_at", "'2011-03-05T12:00Z'::timestamptz")]),
            CHECK,
            "clock_breach_recorded_later",
        ),
        ("a breach twice", after(&breached(&[]), &breach(&[])), UNIQUE, "clock_breach_pkey"),
        (
            "a breach moved",
            after(&breached(&[]), "UPDATE clock_breach SET at = '2011-03-05T13:30Z'"),
            INTEGRITY,
            "clock_breach_append_only",
        ),
        (
            "a breach forgotten",
            after(&breached(&[]), "DELETE FROM clock_breach"),
            INTEGRITY,
            "clock_breach_append_only",
        ),
        (
            "a due moment of no clock",
            "UPDATE support_case SET due_at = '2011-03-05Z'".into(),
            CHECK,
            "support_case_due_is_whole",
        ),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn who_was_told_says_that_they_know_once_it_ran_out(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let breached = after(&clock(&[]), &breach(&[]));
    let known = |changed: &[Column<'_>]| {
        let usual = [
            ("partner_id", "{ana}"),
            ("case_id", "{question}"),
            ("clock", "'first_reply'"),
            ("run", "1"),
            ("told", "'lead'"),
            ("seen_by", "{person_olga}"),
            ("seen_at", "'2011-03-05T15:00Z'::timestamptz"),
        ];
        after(&breached, &insert("clock_breach_seen", &usual, changed))
    };
    seed.accepted(&known(&[])).await;
    let wrongs: Vec<Wrong> = vec![
        ("known by an agent", known(&[("seen_by", "{person_adam}")]), CHECK, "clock_breach_seen_by_who_was_told"),
        ("known by who left", known(&[("seen_by", "{person_dora}")]), CHECK, "clock_breach_seen_by_who_was_told"),
        (
            "known before it was told",
            known(&[("seen_at", "'2011-03-05T13:59Z'::timestamptz")]),
            CHECK,
            "clock_breach_seen_after_it",
        ),
        ("known of what was not told", known(&[("told", "'owner'")]), FOREIGN, "clock_breach_seen_breach"),
        (
            "known twice",
            after(&known(&[]), "INSERT INTO clock_breach_seen SELECT * FROM clock_breach_seen"),
            UNIQUE,
            "clock_breach_seen_pkey",
        ),
        ("forgotten", after(&known(&[]), "DELETE FROM clock_breach_seen"), INTEGRITY, "clock_breach_seen_append_only"),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_limit_is_set_by_who_leads_and_for_what_comes(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let policy = |changed: &[Column<'_>]| {
        let usual = [
            ("clock", "'first_reply'"),
            ("kind", "'other'"),
            ("minutes", "60"),
            ("valid_from", "'2011-03-05Z'::timestamptz"),
            ("written_by", "{person_olga}"),
            ("written_at", "'2011-03-05Z'::timestamptz"),
        ];
        insert("clock_policy", &usual, changed)
    };
    seed.accepted(&policy(&[])).await;
    seed.accepted(&policy(&[("minutes", "NULL::integer")])).await;
    let wrongs: Vec<Wrong> = vec![
        (
            "no limit at all",
            policy(&[("minutes", "NULL::integer"), ("kind", "NULL::text")]),
            CHECK,
            "clock_policy_general_has_limit",
        ),
        ("a limit of nothing", policy(&[("minutes", "0")]), CHECK, "clock_policy_minutes_in_bounds"),
        (
            "a limit for the past",
            policy(&[("valid_from", "'2011-03-04Z'::timestamptz")]),
            CHECK,
            "clock_policy_not_in_the_past",
        ),
        ("a limit by an agent", policy(&[("written_by", "{person_adam}")]), CHECK, "clock_policy_by_a_lead"),
        ("a limit of no clock", policy(&[("clock", "'patience'")]), CHECK, "clock_policy_clock_known"),
        ("a middling partner", policy(&[("size", "'middling'")]), CHECK, "clock_policy_size_known"),
        ("a limit changed", "UPDATE clock_policy SET minutes = 1".into(), INTEGRITY, "clock_policy_append_only"),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn partners_read_no_rota_and_staff_stop_no_clock(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let tables = [
        "shift",
        "shift_break",
        "shift_end",
        "holiday",
        "rota_exception",
        "rota_withdrawal",
        "desk_hours",
        "clock_policy",
        "case_clock",
        "clock_breach",
        "clock_renewal",
    ];
    for table in tables {
        for role in ["pd_partner", "pd_web"] {
            let refused = seed.attempt(&format!("SET LOCAL ROLE {role}; SELECT FROM {table}")).await;
            let code = refused.err().map(|error| crate::seed::refusal(&error).0);
            assert_eq!(code.as_deref(), Some("42501"), "{role} reads {table}");
        }
        let guarded = format!("SELECT 1 / relrowsecurity::integer FROM pg_class WHERE relname = '{table}'");
        seed.accepted(&guarded).await;
    }
    for (role, sql) in [
        ("pd_staff", clock(&[])),
        ("pd_staff", "UPDATE case_clock SET state = 'met'".into()),
        ("pd_staff", breach(&[])),
        ("pd_staff", "DELETE FROM clock_renewal".into()),
        ("pd_staff", "UPDATE support_case SET due_at = NULL".into()),
        ("pd_partner", "UPDATE support_case SET standing_at = NULL".into()),
        ("pd_system", "DELETE FROM clock_breach".into()),
        ("pd_system", "UPDATE shift SET ends = '07:00'".into()),
    ] {
        let refused = seed.attempt(&format!("SET LOCAL ROLE {role}; {sql}")).await;
        let code = refused.err().map(|error| crate::seed::refusal(&error).0);
        assert_eq!(code.as_deref(), Some("42501"), "{role}: {sql}");
    }
}
