//! Mail out, and payout methods that wait for their confirmation.

use crate::seed::{Column, Seed, Wrong, insert, refusal, run};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";
const INTEGRITY: &str = "23000";
const DENIED: &str = "42501";

const SEALED: &str = "decode(repeat('00', 60), 'hex')";

/// Olga's reply to Ana's dispute, mailed to her.
fn mail(changed: &[Column<'_>]) -> String {
    let usual = [
        ("kind", "'reply'"),
        ("partner_id", "{ana}"),
        ("person_id", "{person_ana}"),
        ("case_id", "(SELECT case_id FROM message WHERE message_id = {asked})"),
        ("message_id", "{asked}"),
        ("locale", "'en'"),
        ("signed_by", "'Olga Orr'"),
        ("message_uid", "'<1@example.org>'"),
        ("refs", "ARRAY['<case-1@example.org>']"),
        ("written_at", "timestamptz '2011-03-05Z'"),
    ];
    insert("mail_out", &usual, changed)
}

/// About nothing but what is added.
fn notice(changed: &[Column<'_>]) -> String {
    let none = [("case_id", "NULL::bigint"), ("message_id", "NULL::bigint"), ("refs", "'{}'::text[]")];
    mail(&crate::seed::but(&none, changed))
}

fn tried(nth: &str, after: &str, outcome: &str, changed: &[Column<'_>]) -> String {
    let (outcome, after) = (format!("'{outcome}'"), format!("'{after}'"));
    let usual = [
        ("mail_id", "(SELECT max(mail_id) FROM mail_out)"),
        ("nth", nth),
        ("after", &after),
        ("outcome", &outcome),
        ("next_at", if outcome == "'put_off'" { "timestamptz '2011-03-05T01:00Z'" } else { "NULL::timestamptz" }),
        ("at", "timestamptz '2011-03-05Z'"),
    ];
    insert("mail_try", &usual, changed)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_mail_is_about_something_and_told_once(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let delay = [
        ("kind", "'delay'"),
        ("payout_run_id", "(SELECT payout_run_id FROM payout_delay)"),
        ("payout_delay_id", "(SELECT payout_delay_id FROM payout_delay)"),
    ];
    let changed = [("kind", "'method_changed'"), ("payout_method_id", "{method_of_ana}")];
    for right in [mail(&[]), notice(&delay), notice(&changed)] {
        seed.accepted(&right).await;
    }
    let another = ("message_uid", "'<2@example.org>'");
    let twice = |first: String, then: String| format!("{first}; {then}");
    let wrongs: Vec<Wrong> = vec![
        ("of no known kind", notice(&[("kind", "'spam'")]), CHECK, "mail_out_kind_known"),
        ("to nobody", mail(&[("person_id", "NULL::bigint")]), CHECK, "mail_out_to_someone"),
        ("about nothing", notice(&[]), CHECK, "mail_out_about_its_subject"),
        ("about two things", mail(&[("payout_method_id", "{method_of_ana}")]), CHECK, "mail_out_about_its_subject"),
        ("half a case", mail(&[("message_id", "NULL::bigint")]), CHECK, "mail_out_about_its_subject"),
        ("somebody else's message", mail(&[("partner_id", "{bob}")]), FOREIGN, "mail_out_message"),
        (
            "another's method",
            notice(&[("kind", "'method_changed'"), ("payout_method_id", "{method_of_bob}")]),
            FOREIGN,
            "mail_out_method",
        ),
        ("no delay", notice(&[delay[0], delay[1], ("payout_delay_id", "99")]), FOREIGN, "mail_out_delay"),
        ("in no language", mail(&[("locale", "''")]), CHECK, "mail_out_locale_known"),
        ("signed by nobody", mail(&[("signed_by", "' '")]), CHECK, "mail_out_signed_by_a_name"),
        (
            "a name that is two headers",
            mail(&[("signed_by", "E'Olga\\r\\nBcc: x'")]),
            CHECK,
            "mail_out_signed_by_a_name",
        ),
        (
            "a Message-ID that is two headers",
            mail(&[("message_uid", "E'<1@a>\\r\\nX: y'")]),
            CHECK,
            "mail_out_message_uid_shape",
        ),
        (
            "references that are two headers",
            mail(&[("refs", "ARRAY[E'<1@a>\\r\\nX: y']")]),
            CHECK,
            "mail_out_refs_are_uids",
        ),
        ("a reference to nothing", mail(&[("refs", "ARRAY[NULL]::text[]")]), CHECK, "mail_out_refs_are_uids"),
        ("two of one name", twice(mail(&[]), notice(&changed)), UNIQUE, "mail_out_message_uid_once"),
        ("a reply told twice", twice(mail(&[]), mail(&[another])), UNIQUE, "mail_out_reply_once"),
        (
            "a delay told twice",
            twice(notice(&delay), notice(&[delay[0], delay[1], delay[2], another])),
            UNIQUE,
            "mail_out_delay_once",
        ),
        (
            "a change told twice",
            twice(notice(&changed), notice(&[changed[0], changed[1], another])),
            UNIQUE,
            "mail_out_changed_once",
        ),
        ("a link in the open", notice(&[("kind", "'method_confirm'"), changed[1]]), CHECK, "mail_out_token_is_sealed"),
        (
            "a secret where there is no link",
            mail(&[("sealed_token", SEALED), ("key_id", "1")]),
            CHECK,
            "mail_out_token_is_sealed",
        ),
        ("sent before it was tried", mail(&[("state", "'sent'")]), CHECK, "mail_out_begins_waiting"),
        (
            "rewritten",
            twice(mail(&[]), "UPDATE mail_out SET person_id = {person_bob}".into()),
            INTEGRITY,
            "mail_out_append_only",
        ),
        ("taken out", twice(mail(&[]), "DELETE FROM mail_out".into()), INTEGRITY, "mail_out_append_only"),
        ("emptied", "TRUNCATE mail_out CASCADE".into(), INTEGRITY, "mail_out_append_only"),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn tries_follow_each_other_and_nothing_follows_a_mail_that_was_sent(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let with = |tries: &[String]| format!("{}; {}", mail(&[]), tries.join("; "));
    let (first, sent) = (tried("1", "", "put_off", &[]), tried("2", "put_off", "sent", &[]));
    seed.accepted(&with(&[first.clone(), sent.clone()])).await;
    seed.accepted(&with(&[
        tried("1", "", "refused", &[]),
        "SELECT send_mail_again(max(mail_id), {person_olga}) FROM mail_out".into(),
        tried("2", "refused", "sent", &[]),
    ]))
    .await;
    let text = "INSERT INTO mail_text (mail_id, key_id, sealed, made_at) SELECT mail_id, 1, decode(repeat('00', 60), 'hex'), written_at FROM mail_out";
    let wrongs: Vec<Wrong> = vec![
        ("the second first", with(std::slice::from_ref(&sent)), FOREIGN, "mail_try_follows"),
        ("twice the first", with(&[first.clone(), tried("1", "", "refused", &[])]), UNIQUE, "mail_try_pkey"),
        ("after another outcome", with(&[tried("1", "", "refused", &[]), sent.clone()]), FOREIGN, "mail_try_follows"),
        (
            "sent twice",
            with(&[tried("1", "", "sent", &[]), tried("2", "sent", "sent", &[])]),
            CHECK,
            "mail_try_nothing_after_sent",
        ),
        ("a beginning in the middle", with(&[tried("2", "", "sent", &[])]), CHECK, "mail_try_begins"),
        ("of no known outcome", with(&[tried("1", "", "lost", &[])]), CHECK, "mail_try_outcome_known"),
        (
            "put off for ever",
            with(&[tried("1", "", "put_off", &[("next_at", "NULL::timestamptz")])]),
            CHECK,
            "mail_try_put_off_until",
        ),
        (
            "an address in an answer",
            with(&[tried("1", "", "refused", &[("answer", "'no ana@example.org here'")])]),
            CHECK,
            "mail_try_without_addresses",
        ),
        (
            "rewritten",
            with(&[first.clone(), "UPDATE mail_try SET answer = ''".into()]),
            INTEGRITY,
            "mail_try_append_only",
        ),
        (
            "sent again by an agent",
            with(&["SELECT send_mail_again(max(mail_id), {person_adam}) FROM mail_out".into()]),
            CHECK,
            "mail_again_by_a_lead",
        ),
        (
            "sent again by who left",
            with(&["SELECT send_mail_again(max(mail_id), {person_dora}) FROM mail_out".into()]),
            CHECK,
            "mail_again_by_a_lead",
        ),
        (
            "half a lease",
            with(&["UPDATE mail_queue SET leased_until = now()".into()]),
            CHECK,
            "mail_queue_leased_whole",
        ),
        ("two texts", with(&[text.into(), text.into()]), UNIQUE, "mail_text_pkey"),
        (
            "another text",
            with(&[text.into(), "UPDATE mail_text SET key_id = 1".into()]),
            INTEGRITY,
            "mail_text_append_only",
        ),
        ("a text in the open", with(&[text.replace("60", "40")]), CHECK, "mail_text_has_nonce_and_tag"),
        ("two mail servers", "INSERT INTO mail_server (only_one) VALUES (false)".into(), CHECK, "mail_server_one"),
        (
            "trouble without a word",
            "UPDATE mail_server SET failing_since = now()".into(),
            CHECK,
            "mail_server_says_why",
        ),
    ];
    seed.all_refused(wrongs).await;
    // Its place in the queue goes with its tries.
    for (tries, waiting, state) in
        [(vec![], 1, "waiting"), (vec![first.clone()], 1, "waiting"), (vec![first, sent], 0, "sent")]
    {
        let mut tx = seed.pool.begin().await.expect("begin");
        let sql = std::iter::once(mail(&[])).chain(tries).map(|sql| seed.fill(&sql)).collect::<Vec<_>>().join("; ");
        run(&mut tx, &sql).await.expect("tries");
        let found: (i64, String) = sqlx::query_as("SELECT (SELECT count(*) FROM mail_queue), state FROM mail_out")
            .fetch_one(&mut *tx)
            .await
            .expect("state");
        assert_eq!(found, (waiting, state.to_owned()));
    }
}

/// Ana's new account, which waits beside the one in use.
fn waits(changed: &[Column<'_>]) -> String {
    let usual = [
        ("partner_id", "{ana}"),
        ("kind", "'iban'"),
        ("holder_name", "'Ana Abbot'"),
        ("ciphertext", SEALED),
        ("key_id", "1"),
        ("fingerprint", "sha256('new')"),
        ("masked", "'ES•• •••• 1332'"),
        ("set_by", "'member'"),
        ("added_by", "{person_ana}"),
        ("added_at", "timestamptz '2011-03-05Z'"),
        ("usable_from", "timestamptz '2011-03-08Z'"),
        ("awaits_mail", "true"),
    ];
    insert("payout_method", &usual, changed)
}

fn asked(changed: &[Column<'_>]) -> String {
    let usual = [
        ("partner_id", "{ana}"),
        ("payout_method_id", "(SELECT max(payout_method_id) FROM payout_method)"),
        ("nth", "1"),
        ("person_id", "{person_ana}"),
        ("token_hash", "sha256('token')"),
        ("asked_at", "timestamptz '2011-03-05Z'"),
        ("expires_at", "timestamptz '2011-03-07Z'"),
    ];
    insert("method_confirmation", &usual, changed)
}

const USED: &str = "UPDATE method_confirmation SET used_at = '2011-03-06Z'";
const IN_USE_ENDS: &str =
    "UPDATE payout_method SET ended_at = '2011-03-06Z' WHERE partner_id = {ana} AND ended_at IS NULL AND NOT waiting";
const CONFIRMED: &str = "UPDATE payout_method SET confirmed_at = '2011-03-06Z' WHERE waiting";

#[sqlx::test(migrations = "../migrations")]
async fn a_method_is_confirmed_by_its_link_alone(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let story = |steps: &[&str]| steps.join("; ");
    let (new, link) = (waits(&[]), asked(&[]));
    let confirmed = story(&[&new, &link, USED, IN_USE_ENDS, CONFIRMED]);
    seed.accepted(&confirmed).await;
    let paid = "INSERT INTO payout (programme_id, partner_id, payout_run_id, currency, amount, payout_method_id, pay_day, created_at)
                SELECT programme_id, partner_id, payout_run_id, 'EUR', 5, (SELECT max(payout_method_id) FROM payout_method), pay_day, created_at
                FROM payout";
    let wrongs: Vec<Wrong> = vec![
        (
            "two that wait",
            story(&[&new, &waits(&[("fingerprint", "sha256('other')")])]),
            UNIQUE,
            "payout_method_one_waiting",
        ),
        ("without a link", story(&[&new, IN_USE_ENDS, CONFIRMED]), INTEGRITY, "payout_method_confirmed_by_its_link"),
        (
            "with a link that nobody followed",
            story(&[&new, &link, IN_USE_ENDS, CONFIRMED]),
            INTEGRITY,
            "payout_method_confirmed_by_its_link",
        ),
        ("from the start", waits(&[("confirmed_at", "timestamptz '2011-03-06Z'")]), UNIQUE, "payout_method_one_live"),
        (
            "from the start, as the first",
            story(&[IN_USE_ENDS, &waits(&[("confirmed_at", "timestamptz '2011-03-06Z'")])]),
            CHECK,
            "payout_method_confirmed_by_its_link",
        ),
        ("beside the one in use", story(&[&new, &link, USED, CONFIRMED]), UNIQUE, "payout_method_one_live"),
        (
            "unconfirmed again",
            story(&[&confirmed, "UPDATE payout_method SET confirmed_at = NULL"]),
            INTEGRITY,
            "payout_method_confirmed_by_its_link",
        ),
        (
            "though nothing was awaited",
            "UPDATE payout_method SET confirmed_at = now() WHERE partner_id = {ana}".into(),
            INTEGRITY,
            "payout_method_confirmed_by_its_link",
        ),
        (
            "nothing awaited any more",
            story(&[&new, "UPDATE payout_method SET awaits_mail = false"]),
            INTEGRITY,
            "payout_method_not_rewritten",
        ),
        (
            "by a command",
            waits(&[("set_by", "'command'"), ("added_by", "NULL::bigint")]),
            CHECK,
            "payout_method_awaits_its_member",
        ),
        (
            "another's account in use",
            waits(&[("fingerprint", "sha256('bob')")]),
            UNIQUE,
            "payout_method_serves_one_partner",
        ),
        (
            "stopped, then confirmed",
            story(&[
                &new,
                &link,
                USED,
                "UPDATE payout_method SET ended_at = '2011-03-06Z' WHERE waiting",
                IN_USE_ENDS,
                CONFIRMED,
            ]),
            INTEGRITY,
            "payout_method_confirmed_by_its_link",
        ),
        ("a payout to it", story(&[&new, paid]), CHECK, "payout_method_is_confirmed"),
        (
            "a link to somebody else",
            story(&[&new, &asked(&[("person_id", "{person_bob}")])]),
            CHECK,
            "method_confirmation_of_its_member",
        ),
        (
            "a link for what is in use",
            asked(&[("payout_method_id", "{method_of_ana}")]),
            CHECK,
            "method_confirmation_of_its_member",
        ),
        (
            "a link that is used already",
            story(&[&new, &asked(&[("used_at", "timestamptz '2011-03-06Z'")])]),
            CHECK,
            "method_confirmation_of_its_member",
        ),
        ("a link too many", story(&[&new, &asked(&[("nth", "6")])]), CHECK, "method_confirmation_at_most_5"),
        (
            "a link for ever",
            story(&[&new, &asked(&[("expires_at", "timestamptz '2011-03-05Z'")])]),
            CHECK,
            "method_confirmation_expires_later",
        ),
        (
            "a token in the open",
            story(&[&new, &asked(&[("token_hash", "'\\x00'::bytea")])]),
            CHECK,
            "method_confirmation_token_is_sha256",
        ),
        ("one token twice", story(&[&new, &link, &asked(&[("nth", "2")])]), UNIQUE, "method_confirmation_token_once"),
        (
            "used too late",
            story(&[&new, &link, "UPDATE method_confirmation SET used_at = '2011-03-07Z'"]),
            CHECK,
            "method_confirmation_used_in_time",
        ),
        ("used twice", story(&[&new, &link, USED, USED]), INTEGRITY, "method_confirmation_used_once"),
        (
            "two links used",
            story(&[&new, &link, &asked(&[("nth", "2"), ("token_hash", "sha256('b')")]), USED]),
            UNIQUE,
            "method_confirmation_used_once",
        ),
        (
            "a longer life",
            story(&[&new, &link, "UPDATE method_confirmation SET expires_at = '2012-01-01Z'"]),
            INTEGRITY,
            "method_confirmation_used_once",
        ),
        (
            "taken out",
            story(&[&new, &link, "DELETE FROM method_confirmation"]),
            INTEGRITY,
            "method_confirmation_used_once",
        ),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_reads_a_mail_or_a_token_and_everybody_writes_their_own(pool: PgPool) {
    let seed = Seed::open(pool).await;
    run(
        &mut seed.pool.acquire().await.expect("connection"),
        &seed.fill(&format!("{}; {}; {}", waits(&[]), asked(&[]), mail(&[]))),
    )
    .await
    .expect("rows");
    let attempt = async |role: &str, partner: &str, sql: &str| {
        let mut tx = seed.pool.begin().await.expect("begin");
        let sql = seed.fill(&format!("SET LOCAL ROLE {role}; SET LOCAL pd.partner = '{partner}'; {sql}"));
        run(&mut tx, &sql).await
    };
    let seen = "SELECT 1 / (SELECT count(*) FROM method_confirmation)";
    attempt("pd_partner", "{ana}", &seen.replace("count(*)", "count(nth)")).await.expect("Ana's own");
    for partner in ["{bob}", ""] {
        assert!(
            attempt("pd_partner", partner, &seen.replace("count(*)", "count(nth)")).await.is_err(),
            "there is none"
        );
    }
    let wrongs = [
        ("pd_partner", "SELECT token_hash FROM method_confirmation"),
        ("pd_partner", "UPDATE method_confirmation SET used_at = now()"),
        ("pd_partner", "UPDATE payout_method SET confirmed_at = now()"),
        ("pd_partner", "INSERT INTO method_confirmation (partner_id) VALUES ({ana})"),
        ("pd_partner", "SELECT 1 FROM mail_out"),
        ("pd_partner", "SELECT 1 FROM mail_text"),
        ("pd_partner", "INSERT INTO mail_out (kind) VALUES ('reply')"),
        ("pd_partner", "SELECT send_mail_again(1, {person_ana})"),
        ("pd_staff", "SELECT token_hash FROM method_confirmation"),
        ("pd_staff", "SELECT sealed_token FROM mail_out"),
        ("pd_staff", "SELECT 1 FROM mail_text"),
        ("pd_staff", "INSERT INTO mail_try (mail_id) VALUES (1)"),
        ("pd_staff", "UPDATE mail_queue SET due_at = now()"),
        ("pd_staff", "SELECT * FROM confirm_payout_method(sha256('token'), {person_ana}, now(), true)"),
        ("pd_staff", "SELECT tell_method_changed(1, 'example.org', 'Olga Orr', now())"),
        ("pd_system", "UPDATE mail_out SET state = 'sent'"),
        ("pd_system", "DELETE FROM mail_queue"),
        ("pd_web", "SELECT 1 FROM mail_out"),
    ];
    for (role, sql) in wrongs {
        let error = attempt(role, "{ana}", sql).await.expect_err(sql);
        assert_eq!(refusal(&error), (DENIED.into(), String::new()), "{role}: {sql}");
    }
    // Staff mail replies and delays, nothing that looks like the house's own word about accounts.
    let columns = "kind, partner_id, person_id, case_id, message_id, locale, signed_by, message_uid, written_at";
    let as_staff = |kind: &str, person: &str| {
        format!(
            "INSERT INTO mail_out ({columns}) SELECT '{kind}', {{ana}}, {person}, case_id, message_id, 'en', 'Olga Orr', '<9@example.org>', now()
             FROM message WHERE message_id = {{asked}}"
        )
    };
    attempt("pd_staff", "", &as_staff("reply", "{person_bob}")).await.expect("a reply");
    assert_eq!(
        refusal(&attempt("pd_staff", "", &as_staff("method_changed", "{person_bob}")).await.expect_err("kind")).0,
        DENIED
    );
    // Another partner's link is as good as none.
    let link = "SELECT 1 / (SELECT count(*) FROM confirm_payout_method(sha256('token'), {person_ana}, '2011-03-06Z', true) WHERE outcome = 'done')";
    attempt("pd_partner", "{ana}", link).await.expect("Ana's link");
    assert!(attempt("pd_partner", "{bob}", link).await.is_err());
    let asked = "SELECT ask_method_confirmation({method_of_ana}, {person_ana}, sha256('x'), now() + interval '1 day', 1::smallint, decode(repeat('00', 60), 'hex'), '<8@example.org>', 'Giftware', now())";
    for partner in ["{ana}", "{bob}"] {
        assert_eq!(
            refusal(&attempt("pd_partner", partner, asked).await.expect_err("not waiting")).1,
            "method_confirmation_of_its_member"
        );
    }
}
