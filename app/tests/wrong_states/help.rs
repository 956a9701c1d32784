//! Macros, mentions, articles and links: what was written stays, by whom it may be written, and where it stands.

use crate::seed::{Column, Seed, Wrong, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";
const INTEGRITY: &str = "23000";

const MACRO: &str = "INSERT INTO macro (created_at) VALUES ('2011-03-01Z')";
const LAST: &str = "(SELECT max(macro_id) FROM macro)";

fn version(changed: &[Column<'_>]) -> String {
    let usual = [
        ("macro_id", LAST),
        ("version", "1"),
        ("name", "'Hello'"),
        ("asks", "false"),
        ("closes", "false"),
        ("takes", "false"),
        ("assignee_id", "NULL::bigint"),
        ("put_off_days", "NULL::integer"),
        ("written_by", "{person_adam}"),
        ("written_at", "'2011-03-01Z'"),
    ];
    insert("macro_version", &usual, changed)
}

fn text(changed: &[Column<'_>]) -> String {
    let usual = [("macro_id", LAST), ("version", "1"), ("variant", "'en'"), ("body", "'Hello'")];
    insert("macro_text", &usual, changed)
}

fn whole() -> String {
    format!("{MACRO}; {}; {}", version(&[]), text(&[]))
}

#[sqlx::test(migrations = "../migrations")]
async fn a_macro_is_whole_and_stays(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let made = |changed: &[Column<'_>]| format!("{MACRO}; {}; {}", version(changed), text(&[]));
    let next = |changed: &[Column<'_>]| format!("{}; {}; {}", whole(), version(changed), text(&[("version", "2")]));
    seed.accepted(&whole()).await;
    seed.accepted(&made(&[("written_by", "NULL::bigint")])).await;
    seed.accepted(&next(&[("version", "2")])).await;
    let retired =
        format!("UPDATE macro SET retired_at = '2011-03-02Z', retired_by = {{person_adam}} WHERE macro_id = {LAST}");
    let wrongs: Vec<Wrong> = vec![
        ("without a text", format!("{MACRO}; {}", version(&[])), CHECK, "macro_version_has_a_text"),
        ("without a name", made(&[("name", "' '")]), CHECK, "macro_version_name_not_blank"),
        ("asks and closes", made(&[("asks", "true"), ("closes", "true")]), CHECK, "macro_version_asks_or_closes"),
        (
            "closes and puts off",
            made(&[("closes", "true"), ("put_off_days", "3")]),
            CHECK,
            "macro_version_closes_or_puts_off",
        ),
        ("put off for no day", made(&[("put_off_days", "0")]), CHECK, "macro_version_put_off_in_bounds"),
        ("put off for a season", made(&[("put_off_days", "91")]), CHECK, "macro_version_put_off_in_bounds"),
        ("to two", made(&[("takes", "true"), ("assignee_id", "{person_adam}")]), CHECK, "macro_version_one_assignee"),
        ("by a partner", made(&[("written_by", "{person_ana}")]), CHECK, "macro_version_by_the_desk"),
        ("by an owner who left", made(&[("written_by", "{person_dora}")]), CHECK, "macro_version_by_the_desk"),
        ("no first version", made(&[("version", "0")]), CHECK, "macro_version_from_one"),
        ("a version left out", next(&[("version", "3")]), FOREIGN, "macro_version_follows"),
        ("the same version twice", next(&[]), UNIQUE, "macro_version_pkey"),
        (
            "changed",
            format!("{}; UPDATE macro_version SET name = 'x'", whole()),
            INTEGRITY,
            "macro_version_append_only",
        ),
        (
            "its text changed",
            format!("{}; UPDATE macro_text SET body = 'x'", whole()),
            INTEGRITY,
            "macro_text_append_only",
        ),
        (
            "a variant that is none",
            format!("{}; {}", whole(), text(&[("variant", "'fr'")])),
            CHECK,
            "macro_text_variant_known",
        ),
        (
            "an empty text",
            format!("{}; {}", whole(), text(&[("variant", "'es_tu'"), ("body", "' '")])),
            CHECK,
            "macro_text_not_blank",
        ),
        (
            "retired and changed",
            format!("{}; {retired}; {}; {}", whole(), version(&[("version", "2")]), text(&[("version", "2")])),
            CHECK,
            "macro_version_of_a_live_macro",
        ),
        (
            "retired by nobody",
            format!("{}; UPDATE macro SET retired_at = '2011-03-02Z'", whole()),
            CHECK,
            "macro_retired_by_someone",
        ),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn only_what_staff_sent_is_counted(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let message = "INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key)
                   SELECT {ana}, {question}, 'staff', {person_adam}, 'Adam Ames', 'Hello', '2011-03-05Z', gen_random_uuid()";
    let used = |message: &str| {
        format!(
            "INSERT INTO macro_use (partner_id, case_id, message_id, macro_id, version, variant, used_by, used_at)
             SELECT {{ana}}, {{question}}, {message}, {LAST}, 1, 'en', {{person_adam}}, '2011-03-05Z'"
        )
    };
    let mismatch = |message: &str, wanted: &str, found: &str| {
        format!(
            "INSERT INTO variant_mismatch (partner_id, case_id, message_id, wanted, found, sent_by, sent_at)
             SELECT {{ana}}, {{question}}, {message}, '{wanted}', '{found}', {{person_adam}}, '2011-03-05Z'"
        )
    };
    let (theirs, ours) = (
        "(SELECT max(message_id) FROM message WHERE case_id = {question} AND side = 'partner')",
        "(SELECT max(message_id) FROM message WHERE case_id = {question} AND side = 'staff')",
    );
    let both = format!("{}; {message}; {}; {}", whole(), used(ours), mismatch(ours, "es_usted", "es_tu"));
    seed.accepted(&both).await;
    let wrongs: Vec<Wrong> = vec![
        ("a macro in a partner's message", format!("{}; {}", whole(), used(theirs)), CHECK, "macro_use_of_staff"),
        ("a mismatch of a partner's", mismatch(theirs, "en", "es"), CHECK, "variant_mismatch_of_staff"),
        (
            "a mismatch that is none",
            format!("{message}; {}", mismatch(ours, "en", "en")),
            CHECK,
            "variant_mismatch_variants_known",
        ),
        ("a use taken back", format!("{both}; DELETE FROM macro_use"), INTEGRITY, "macro_use_append_only"),
        (
            "a mismatch taken back",
            format!("{both}; DELETE FROM variant_mismatch"),
            INTEGRITY,
            "variant_mismatch_append_only",
        ),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_mention_is_of_staff_and_seen_once(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let mention = |person: &str| {
        format!(
            "INSERT INTO mention (partner_id, case_id, note_id, person_id, mentioned_at)
             SELECT partner_id, case_id, note_id, {person}, '2011-03-05Z' FROM note"
        )
    };
    let olga = mention("{person_olga}");
    let seen = |at: &str| format!("UPDATE mention SET seen_at = '{at}'");
    seed.accepted(&format!("{olga}; {}", seen("2011-03-06Z"))).await;
    let wrongs: Vec<Wrong> = vec![
        ("a partner", mention("{person_ana}"), CHECK, "mention_of_staff_who_work_here"),
        ("whoever left", mention("{person_dora}"), CHECK, "mention_of_staff_who_work_here"),
        ("twice", format!("{olga}; {olga}"), UNIQUE, "mention_pkey"),
        ("seen before it was written", format!("{olga}; {}", seen("2011-03-04Z")), CHECK, "mention_seen_later"),
        ("seen again", format!("{olga}; {}; {}", seen("2011-03-06Z"), seen("2011-03-07Z")), CHECK, "mention_seen_once"),
    ];
    seed.all_refused(wrongs).await;
}

fn article(changed: &[Column<'_>]) -> String {
    let usual = [("slug", "'new-one'"), ("audience", "'partner'"), ("created_at", "'2011-03-05Z'")];
    insert("article", &usual, changed)
}

fn article_version(changed: &[Column<'_>]) -> String {
    let usual = [
        ("article_id", "(SELECT article_id FROM article WHERE slug = 'new-one')"),
        ("language", "'en'"),
        ("version", "1"),
        ("audience", "'partner'"),
        ("title", "'New'"),
        ("body", "'Text'"),
        ("written_by", "{person_olga}"),
        ("written_at", "'2011-03-05Z'"),
        ("published_at", "NULL::timestamptz"),
        ("kinds", "'{\"other\"}'::text[]"),
    ];
    insert("article_version", &usual, changed)
}

#[sqlx::test(migrations = "../migrations")]
async fn an_article_stays_as_it_was_written(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let made = |changed: &[Column<'_>]| format!("{}; {}", article(&[]), article_version(changed));
    let publish =
        "UPDATE article_version SET published_at = '2011-03-06Z', published_by = {person_olga} WHERE title = 'New'";
    seed.accepted(&format!("{}; {publish}; {}", made(&[]), article_version(&[("version", "2")]))).await;
    let then = |what: &str| format!("{}; {what}", made(&[]));
    let wrongs: Vec<Wrong> = vec![
        ("the form's own address", article(&[("slug", "'write'")]), CHECK, "article_slug_is_plain"),
        ("a name that is none", article(&[("slug", "'A b'")]), CHECK, "article_slug_is_plain"),
        ("a name that is taken", article(&[("slug", "'payouts'")]), UNIQUE, "article_slug_once"),
        ("for nobody", article(&[("audience", "'all'")]), CHECK, "article_audience_known"),
        ("for others than the article", made(&[("audience", "'staff'")]), FOREIGN, "article_version_article"),
        ("in no language", made(&[("language", "'fr'")]), CHECK, "article_version_language_known"),
        ("without a title", made(&[("title", "' '")]), CHECK, "article_version_title_not_blank"),
        ("without a text", made(&[("body", "E' \\n'")]), CHECK, "article_version_body_not_blank"),
        (
            "before a dispute that is none",
            made(&[("kinds", "'{\"x\"}'::text[]")]),
            CHECK,
            "article_version_kinds_known",
        ),
        ("by an agent", made(&[("written_by", "{person_adam}")]), CHECK, "article_version_by_a_lead"),
        ("by an owner who left", made(&[("written_by", "{person_dora}")]), CHECK, "article_version_by_a_lead"),
        ("a version left out", then(&article_version(&[("version", "3")])), FOREIGN, "article_version_follows"),
        (
            "published before it was written",
            made(&[("published_at", "'2011-03-04Z'")]),
            CHECK,
            "article_version_published_later",
        ),
        (
            "its text changed",
            then("UPDATE article_version SET body = 'x' WHERE title = 'New'"),
            CHECK,
            "article_version_stays",
        ),
        ("published twice", then(&format!("{publish}; {publish}")), CHECK, "article_version_stays"),
        (
            "published by an agent",
            then(
                "UPDATE article_version SET published_at = '2011-03-06Z', published_by = {person_adam} WHERE title = 'New'",
            ),
            CHECK,
            "article_version_by_a_lead",
        ),
        ("taken out", then("DELETE FROM article_version WHERE title = 'New'"), CHECK, "article_version_stays"),
        (
            "retired by nobody",
            then("UPDATE article SET retired_at = '2011-03-06Z'"),
            CHECK,
            "article_retired_by_someone",
        ),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn only_readers_say_whether_an_article_helped(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let said = |slug: &str, person: &str, partner: &str| {
        format!(
            "INSERT INTO article_feedback (article_id, language, version, person_id, partner_id, helped, at)
             SELECT article_id, 'en', 1, {person}, {partner}, true, '2011-03-05Z' FROM article WHERE slug = '{slug}'"
        )
    };
    seed.accepted(&said("payouts", "{person_bob}", "{bob}")).await;
    seed.accepted(&said("house-rules", "{person_adam}", "NULL::bigint")).await;
    let wrongs: Vec<Wrong> = vec![
        ("twice", said("payouts", "{person_ana}", "{ana}"), UNIQUE, "article_feedback_once"),
        ("for another account", said("payouts", "{person_bob}", "{zoe}"), FOREIGN, "article_feedback_of_member"),
        ("of a draft", said("unfinished", "{person_bob}", "{bob}"), CHECK, "article_feedback_of_a_reader"),
        ("of the house's own", said("house-rules", "{person_bob}", "{bob}"), CHECK, "article_feedback_of_a_reader"),
        ("changed", "UPDATE article_feedback SET helped = false".into(), INTEGRITY, "article_feedback_append_only"),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_link_is_an_address_in_one_place(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let link = |changed: &[Column<'_>]| {
        let usual =
            [("address", "'https://example.org/a'"), ("added_at", "'2011-03-05Z'"), ("next_check_at", "'2011-03-05Z'")];
        insert("link", &usual, changed)
    };
    let place = |changed: &[Column<'_>]| {
        let usual = [
            ("link_id", "(SELECT max(link_id) FROM link)"),
            ("article_id", "(SELECT article_id FROM article WHERE slug = 'payouts')"),
            ("language", "'en'"),
            ("article_version", "1"),
            ("macro_id", "NULL::bigint"),
        ];
        insert("link_place", &usual, changed)
    };
    let checked = |what: &str| format!("{}; UPDATE link SET {what}", link(&[]));
    seed.accepted(&format!("{}; {}", link(&[]), place(&[]))).await;
    seed.accepted(&link(&[("address", "'/payouts?x=1#past'")])).await;
    seed.accepted(&checked(
        "state = 'dead', failures = 1, finding = 'status', status = 404, checked_at = '2011-03-06Z'",
    ))
    .await;
    let mut wrongs: Vec<Wrong> = vec![
        ("twice", format!("{}; {}", link(&[]), link(&[])), UNIQUE, "link_once"),
        (
            "dead without a failure",
            checked("state = 'dead', finding = 'status', checked_at = '2011-03-06Z'"),
            CHECK,
            "link_failures_fit",
        ),
        (
            "checked without a finding",
            checked("state = 'works', checked_at = '2011-03-06Z'"),
            CHECK,
            "link_checked_has_finding",
        ),
        ("nowhere", format!("{}; {}", link(&[]), place(&[("article_id", "NULL::bigint")])), CHECK, "link_place_is_one"),
        ("twice in one place", format!("{}; {}; {}", link(&[]), place(&[]), place(&[])), UNIQUE, "link_place_once"),
    ];
    for address in ["'javascript:alert(1)'", "'//example.org'", "'/\\example.org'", "'https:///x'", "'/a b'", "''"] {
        wrongs.push(("no address", link(&[("address", address)]), CHECK, "link_is_an_address"));
    }
    seed.all_refused(wrongs).await;
}
