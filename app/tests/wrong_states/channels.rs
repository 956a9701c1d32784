//! The desk's channels: what was spoken, bulletins, incidents, complaints elsewhere, cases given away, practice.

use crate::seed::{Column, Seed, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";

fn message(changed: &[Column<'_>]) -> String {
    let usual = [
        ("partner_id", "{ana}"),
        ("case_id", "{question}"),
        ("side", "'partner'"),
        ("author_id", "NULL::bigint"),
        ("author_name", "'Her sister'"),
        ("body", "'Hello'"),
        ("sent_at", "'2027-01-01Z'"),
        ("form_key", "gen_random_uuid()"),
        ("channel", "'phone'"),
        ("logged_by", "{person_adam}"),
    ];
    insert("message", &usual, changed)
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_spoken(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&message(&[])).await;
    let wrong = |what, changed: &[Column<'_>], constraint| (what, message(changed), CHECK, constraint);
    seed.all_refused(vec![
        wrong("by telegram", &[("channel", "'telegram'")], "message_channel_known"),
        wrong(
            "a mail that none is",
            &[("channel", "'mail'"), ("logged_by", "NULL::bigint"), ("author_id", "{person_ana}")],
            "message_channel_of_mail",
        ),
        wrong(
            "a call that nobody logged",
            &[("logged_by", "NULL::bigint"), ("author_id", "{person_ana}")],
            "message_spoken_is_logged",
        ),
        wrong("logged in the portal", &[("channel", "'portal'")], "message_spoken_is_logged"),
        wrong("logged by a partner", &[("logged_by", "{person_ana}")], "message_logged_by_the_desk"),
        wrong("spoken by somebody else's member", &[("author_id", "{person_adam}")], "message_spoken_by_a_member"),
        wrong("before the last message", &[("sent_at", "'1999-01-01Z'")], "message_spoken_in_its_order"),
        wrong(
            "ours, in another's name",
            &[("side", "'staff'"), ("author_id", "{person_ana}")],
            "message_spoken_by_its_logger",
        ),
        wrong("ours, of nobody", &[("side", "'staff'")], "message_has_author"),
    ])
    .await;
}

fn incident(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "(SELECT programme_id FROM partner WHERE partner_id = {ana})"),
        ("began_at", "'2011-03-01Z'"),
        ("for_everybody", "false"),
        ("opened_by", "{person_adam}"),
        ("opened_at", "'2011-03-02Z'"),
        ("next_update_at", "'2011-03-03Z'"),
        ("form_key", "gen_random_uuid()"),
    ];
    insert("incident", &usual, changed)
}

fn update(changed: &[Column<'_>]) -> String {
    let usual = [
        ("incident_id", "(SELECT max(incident_id) FROM incident)"),
        ("nth", "0"),
        ("kind", "'opened'"),
        ("said_by", "{person_adam}"),
        ("signed_by", "'Adam'"),
        ("said_at", "'2011-03-02Z'"),
        ("next_update_at", "'2011-03-03Z'::timestamptz"),
        ("form_key", "gen_random_uuid()"),
    ];
    insert("incident_update", &usual, changed)
}

fn put(changed: &[Column<'_>]) -> String {
    let usual = [
        ("incident_id", "(SELECT max(incident_id) FROM incident)"),
        ("partner_id", "{ana}"),
        ("case_id", "{question}"),
        ("put_by", "{person_adam}"),
        ("put_at", "'2011-03-02Z'"),
        ("seen_message", "0"),
    ];
    insert("incident_case", &usual, changed)
}

fn out(who: &str, at: &str) -> String {
    format!("UPDATE incident_case SET left_at = '{at}', taken_out_by = {{person_{who}}}")
}

#[sqlx::test(migrations = "../migrations")]
async fn incidents(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let opened = format!("{}; {}", incident(&[]), update(&[]));
    let over =
        format!("{opened}; UPDATE incident SET state = 'closed', closed_at = '2011-03-04Z', next_update_at = NULL");
    let last: &[Column<'_>] = &[("nth", "1"), ("kind", "'closed'"), ("next_update_at", "NULL::timestamptz")];
    seed.accepted(&format!("{opened}; {}; {}", put(&[]), update(last))).await;
    let text = |title: &str, nth: &str| {
        format!("INSERT INTO incident_text SELECT max(incident_id), {nth}, 'en', {title}, 'Body' FROM incident")
    };
    seed.accepted(&format!("{opened}; {}", text("'Title'", "0"))).await;
    let back = "UPDATE incident_case SET left_at = NULL, taken_out_by = NULL";
    seed.accepted(&format!("{opened}; {}; {}; {back}", put(&[]), out("adam", "2011-03-03Z"))).await;
    seed.all_refused(vec![
        ("it ends before it began", incident(&[("ended_at", "'2011-02-01Z'")]), CHECK, "incident_ends_later"),
        ("open without a promise", incident(&[("next_update_at", "NULL::timestamptz")]), CHECK, "incident_open_promises"),
        ("closed without a time", incident(&[("state", "'closed'")]), CHECK, "incident_closed_has_time"),
        ("opened by a partner", incident(&[("opened_by", "{person_ana}")]), CHECK, "incident_by_the_desk"),
        ("it begins with an update", format!("{}; {}", incident(&[]), update(&[("kind", "'update'")])), CHECK, "incident_update_begins"),
        ("a last word with a promise", format!("{opened}; {}", update(&[("nth", "1"), ("kind", "'closed'")])), CHECK, "incident_update_promises"),
        ("closed twice", format!("{opened}; {}; {}", update(last), update(&[("nth", "2"), last[1], last[2]])), UNIQUE, "incident_update_closes_once"),
        ("a word after its end", format!("{over}; {}", update(&[("nth", "1"), ("kind", "'update'")])), CHECK, "incident_is_open"),
        ("a case after its end", format!("{over}; {}", put(&[])), CHECK, "incident_is_open"),
        ("opened again", format!("{over}; UPDATE incident SET state = 'open', closed_at = NULL, next_update_at = '2012-01-01Z'"), CHECK, "incident_stays_closed"),
        ("a case in two", format!("{opened}; {}; {}; {}", put(&[]), incident(&[]), put(&[])), UNIQUE, "incident_case_in_one"),
        ("no title", format!("{opened}; {}", text("NULL", "0")), CHECK, "incident_text_title_first"),
        ("told without a message", format!("{opened}; {}; INSERT INTO incident_telling SELECT max(incident_id), 0, {{ana}}, {{question}}, 'told', NULL, now() FROM incident", put(&[])), CHECK, "incident_telling_by_message"),
        ("told in a case that is not in it", format!("{opened}; INSERT INTO incident_telling SELECT max(incident_id), 0, {{ana}}, {{question}}, 'by_hand', NULL, now() FROM incident"), FOREIGN, "incident_telling_case"),
        ("about nothing known", incident(&[("about", "'weather'")]), CHECK, "incident_about_known"),
        ("sales of a run", incident(&[("payout_run_id", "1")]), CHECK, "incident_run_of_payouts"),
        ("payouts of an offer", incident(&[("about", "'payouts'"), ("offer_id", "(SELECT offer_id FROM offer WHERE programme_id = {giftware})")]), CHECK, "incident_offer_of_sales"),
        ("of another programme's offer", incident(&[("offer_id", "(SELECT offer_id FROM offer WHERE programme_id = {travel})")]), FOREIGN, "incident_offer_of_programme"),
        ("of a run that is none", incident(&[("about", "'payouts'"), ("payout_run_id", "77")]), FOREIGN, "incident_run_of_programme"),
        ("taken out at no time", format!("{opened}; {}; UPDATE incident_case SET taken_out_by = {{person_adam}}", put(&[])), CHECK, "incident_case_taken_out_has_time"),
        ("taken out before it came", format!("{opened}; {}; {}", put(&[]), out("adam", "2011-03-01Z")), CHECK, "incident_case_leaves_later"),
        ("taken out by the partner", format!("{opened}; {}; {}", put(&[]), out("ana", "2011-03-03Z")), CHECK, "incident_by_the_desk"),
        ("taken out twice", format!("{opened}; {}; {}; {}", put(&[]), out("adam", "2011-03-03Z"), out("olga", "2011-03-04Z")), CHECK, "incident_case_taken_out_once"),
        ("taken out of what is over", format!("{}; {}", over.replacen("; UPDATE", &format!("; {}; UPDATE", put(&[])), 1), out("adam", "2011-03-05Z")), CHECK, "incident_is_open"),
        ("back into what is over", format!("{}; UPDATE incident_case SET left_at = NULL, taken_out_by = NULL", over.replacen("; UPDATE", &format!("; {}; {}; UPDATE", put(&[]), out("adam", "2011-03-03Z")), 1)), CHECK, "incident_is_open"),
        ("a bulletin about nothing", "INSERT INTO bulletin (signed_by, said_at) VALUES ('Adam', now())".into(), CHECK, "bulletin_of_one_thing"),
        ("no mail at all", "INSERT INTO bulletin_policy (most_a_day, valid_from) VALUES (0, now())".into(), CHECK, "bulletin_policy_in_bounds"),
        ("an agent's policy", "INSERT INTO bulletin_policy (most_a_day, valid_from, written_by) VALUES (3, now(), {person_adam})".into(), CHECK, "bulletin_policy_by_a_lead"),
    ])
    .await;
}

fn complaint(changed: &[Column<'_>]) -> String {
    let usual = [
        ("programme_id", "(SELECT programme_id FROM partner WHERE partner_id = {ana})"),
        ("url", "'https://forum.example/t/1'"),
        ("place", "'Forum'"),
        ("said", "'They never pay'"),
        ("said_on", "'2011-03-01'::date"),
        ("partner_id", "{ana}"),
        ("case_id", "{question}"),
        ("logged_by", "{person_adam}"),
        ("logged_at", "'2011-03-02Z'"),
        ("form_key", "gen_random_uuid()"),
    ];
    insert("public_complaint", &usual, changed)
}

#[sqlx::test(migrations = "../migrations")]
async fn complaints_and_cases_given_away(pool: PgPool) {
    let seed = Seed::open(pool).await;
    seed.accepted(&complaint(&[])).await;
    let wrong = |what, changed: &[Column<'_>], constraint| (what, complaint(changed), CHECK, constraint);
    let given = |from: &str, to: &str| {
        format!(
            "INSERT INTO case_given_away VALUES ({{ana}}, {{question}}, {{person_{from}}}, {{person_{to}}}, 'Insults', now())"
        )
    };
    seed.accepted(&given("adam", "olga")).await;
    let mut wrongs = vec![
        (
            "the same page twice",
            format!("{}; {}", complaint(&[]), complaint(&[])),
            UNIQUE,
            "public_complaint_link_once",
        ),
        (
            "told of a case that nobody gave away",
            "INSERT INTO case_notice (partner_id, case_id, notice, by_name, due_at, at)
             VALUES ({ana}, {question}, 'given_away', 'Olga Orr', now(), now())"
                .into(),
            CHECK,
            "case_notice_of_a_case_given_away",
        ),
        ("to an agent", given("olga", "adam"), CHECK, "case_given_away_to_a_lead"),
        ("to oneself", given("olga", "olga"), CHECK, "case_given_away_to_somebody_else"),
        ("by a partner", given("ana", "olga"), CHECK, "case_given_away_by_the_desk"),
        (
            "given back",
            format!(
                "{}; UPDATE support_case SET assignee_id = {{person_adam}} WHERE case_id = {{question}}",
                given("adam", "olga")
            ),
            CHECK,
            "support_case_not_given_back",
        ),
        wrong("tomorrow's", &[("said_on", "'2011-04-01'::date")], "public_complaint_not_in_the_future"),
        wrong("a case of nobody", &[("partner_id", "NULL::bigint")], "public_complaint_case_of_a_partner"),
        wrong("logged by a partner", &[("logged_by", "{person_ana}")], "public_complaint_by_the_desk"),
    ];
    for url in [
        "'javascript:alert(1)'",
        "'ftp://x.example'",
        "'https://u:p@x.example/'",
        "E'https://x.example/\\n'",
        "'https://'",
    ] {
        wrongs.push(wrong("no page", &[("url", url)], "public_complaint_url_is_a_page"));
    }
    seed.all_refused(wrongs).await;
}
