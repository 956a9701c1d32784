//! The owners' weekly mail.

use crate::seed::{Column, Seed, Wrong, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const INTEGRITY: &str = "23000";
const DENIED: &str = "42501";

/// Olga's mail of the week of 28 February 2011, which was a Monday.
fn mail(changed: &[Column<'_>]) -> String {
    let usual = [
        ("kind", "'digest'"),
        ("person_id", "{person_olga}"),
        ("digest_week", "date '2011-02-28'"),
        ("locale", "'en'"),
        ("signed_by", "'Giftware'"),
        ("message_uid", "'<' || gen_random_uuid() || '@example.org>'"),
        ("written_at", "timestamptz '2011-03-07Z'"),
    ];
    insert("mail_out", &usual, changed)
}

fn wish(changed: &[Column<'_>]) -> String {
    let usual = [
        ("person_id", "{person_olga}"),
        ("wanted", "false"),
        ("wished_at", "timestamptz '2011-03-06Z'"),
        ("form_key", "uuid '00000000-0000-4000-8000-000000000001'"),
    ];
    insert("digest_wish", &usual, changed)
}

#[sqlx::test(migrations = "../migrations")]
async fn the_digest_is_mailed_once_a_week_to_owners_who_want_it(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let then = |one: String, other: String| format!("{one}; {other}");
    let later = ("form_key", "uuid '00000000-0000-4000-8000-000000000002'");
    for right in [
        mail(&[]),
        then(mail(&[]), mail(&[("person_id", "{person_otis}")])),
        then(wish(&[]), mail(&[("person_id", "{person_otis}")])),
        then(wish(&[("wished_at", "timestamptz '2011-03-08Z'")]), mail(&[])),
        then(then(wish(&[]), wish(&[("wanted", "true"), later])), mail(&[])),
    ] {
        seed.accepted(&right).await;
    }
    let wrongs: Vec<Wrong> = vec![
        ("told twice", then(mail(&[]), mail(&[])), UNIQUE, "mail_out_digest_once"),
        ("about no week", mail(&[("digest_week", "NULL::date")]), CHECK, "mail_out_digest_whole"),
        ("about a partner", mail(&[("partner_id", "{ana}")]), CHECK, "mail_out_digest_whole"),
        (
            "a week that begins on a Tuesday",
            mail(&[("digest_week", "date '2011-02-22'")]),
            CHECK,
            "mail_out_digest_of_a_week",
        ),
        (
            "before the week is over",
            mail(&[("written_at", "timestamptz '2011-03-06T23:59:59Z'")]),
            CHECK,
            "mail_out_digest_of_a_week_that_is_over",
        ),
        ("to a partner's member", mail(&[("person_id", "{person_ana}")]), CHECK, "mail_out_digest_to_an_owner"),
        ("to an agent", mail(&[("person_id", "{person_adam}")]), CHECK, "mail_out_digest_to_an_owner"),
        ("to an owner who left", mail(&[("person_id", "{person_dora}")]), CHECK, "mail_out_digest_to_an_owner"),
        ("to who turned it off", then(wish(&[]), mail(&[])), CHECK, "mail_out_digest_wanted"),
        (
            "to who turned it on, and off again",
            then(then(wish(&[("wanted", "true")]), wish(&[later])), mail(&[])),
            CHECK,
            "mail_out_digest_wanted",
        ),
        (
            "another mail without its account",
            "INSERT INTO mail_out (kind, person_id, locale, signed_by, message_uid, written_at)
             VALUES ('bulletin', {person_ana}, 'en', 'Olga Orr', '<b@example.org>', '2011-03-07Z')"
                .into(),
            CHECK,
            "mail_out_digest_whole",
        ),
        (
            "another week",
            then(mail(&[]), "UPDATE mail_out SET digest_week = '2011-02-21'".into()),
            INTEGRITY,
            "mail_out_append_only",
        ),
        ("an agent's wish", wish(&[("person_id", "{person_adam}")]), CHECK, "digest_wish_by_an_owner"),
        ("a wish of who left", wish(&[("person_id", "{person_dora}")]), CHECK, "digest_wish_by_an_owner"),
        ("one form, two wishes", then(wish(&[]), wish(&[])), UNIQUE, "digest_wish_form_once"),
        (
            "a wish rewritten",
            then(wish(&[]), "UPDATE digest_wish SET wanted = true".into()),
            INTEGRITY,
            "digest_wish_append_only",
        ),
        ("a wish forgotten", then(wish(&[]), "DELETE FROM digest_wish".into()), INTEGRITY, "digest_wish_append_only"),
        ("all forgotten", "TRUNCATE digest_wish".into(), INTEGRITY, "digest_wish_append_only"),
        ("mailed by staff", then("SET LOCAL ROLE pd_staff".into(), mail(&[])), DENIED, ""),
        ("read by a partner", "SET LOCAL ROLE pd_partner; SELECT FROM digest_wish".into(), DENIED, ""),
        ("wished by a partner", then("SET LOCAL ROLE pd_partner".into(), wish(&[])), DENIED, ""),
        ("wished by a job", then("SET LOCAL ROLE pd_system".into(), wish(&[])), DENIED, ""),
    ];
    seed.all_refused(wrongs).await;
}
