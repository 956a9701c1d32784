//! Mail in: what became of a message is one thing, said once, and by whoever may say it.

use crate::seed::{Column, Seed, Wrong, insert};
use sqlx::PgPool;

const CHECK: &str = "23514";
const UNIQUE: &str = "23505";
const FOREIGN: &str = "23503";

const LAST: &str = "(SELECT max(mail_in_id) FROM mail_in)";

fn mail(changed: &[Column<'_>]) -> String {
    let usual = [
        ("sha256", "sha256('one')"),
        ("raw", "'x'::bytea"),
        ("bytes", "1"),
        ("source", "'command'"),
        ("received_at", "'2011-03-05Z'"),
    ];
    insert("mail_in", &usual, changed)
}

/// What became of the last mail.
fn becomes(what: &str) -> String {
    format!("UPDATE mail_in SET handled_at = '2011-03-05Z', {what} WHERE mail_in_id = {LAST}")
}

fn waits() -> String {
    format!("{}; {}", mail(&[]), becomes("state = 'quarantine', reason = 'stranger'"))
}

fn message(changed: &[Column<'_>]) -> String {
    let usual = [
        ("partner_id", "{ana}"),
        ("case_id", "{question}"),
        ("side", "'partner'"),
        ("author_id", "NULL::bigint"),
        ("author_name", "'A stranger'"),
        ("body", "'Hello'"),
        ("sent_at", "'2011-03-05Z'"),
        ("form_key", "'00000000-0000-0000-0000-000000000009'::uuid"),
        ("mail_in_id", LAST),
        ("channel", "'mail'"),
    ];
    insert("message", &usual, changed)
}

const IN_CASE: &str =
    "state = 'case', partner_id = {ana}, case_id = {question}, message_id = (SELECT max(message_id) FROM message)";

fn disposed(changed: &[Column<'_>]) -> String {
    let usual = [
        ("mail_in_id", LAST),
        ("verdict", "'attached'"),
        ("partner_id", "{ana}"),
        ("case_id", "{question}"),
        ("message_id", "(SELECT max(message_id) FROM message)"),
        ("by", "{person_adam}"),
        ("at", "'2011-03-05Z'"),
    ];
    insert("mail_disposition", &usual, changed)
}

const NOTHING: [Column<'static>; 4] = [
    ("verdict", "'no_answer'"),
    ("partner_id", "NULL::bigint"),
    ("case_id", "NULL::bigint"),
    ("message_id", "NULL::bigint"),
];

#[sqlx::test(migrations = "../migrations")]
async fn a_mail_becomes_one_thing(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let then = |what: &str| format!("{}; {}", mail(&[]), becomes(what));
    let placed = format!("{}; {}; {}", mail(&[]), message(&[]), becomes(IN_CASE));
    let second = mail(&[("sha256", "sha256('two')")]);
    seed.accepted(&waits()).await;
    seed.accepted(&placed).await;
    seed.accepted(&format!(
        "{}; {}; {second}; {}",
        waits(),
        "SELECT 1",
        becomes("state = 'duplicate', duplicate_of = mail_in_id - 1")
    ))
    .await;
    let wrongs: Vec<Wrong> = vec![
        ("the same bytes twice", format!("{}; {}", mail(&[]), mail(&[])), UNIQUE, "mail_in_once"),
        ("a hash that is none", mail(&[("sha256", "'x'::bytea")]), CHECK, "mail_in_sha256"),
        ("from nowhere", mail(&[("source", "'pigeon'")]), CHECK, "mail_in_source_known"),
        ("larger than any mail", mail(&[("bytes", "67108865")]), CHECK, "mail_in_bytes_fit"),
        (
            "placed before it is stored",
            mail(&[("state", "'quarantine'"), ("reason", "'stranger'"), ("handled_at", "'2011-03-05Z'")]),
            CHECK,
            "mail_in_begins_received",
        ),
        ("handled and nothing became of it", then("state = 'received'"), CHECK, "mail_in_handled_has_time"),
        ("a state there is not", then("state = 'gone'"), CHECK, "mail_in_state_known"),
        ("waits for no reason", then("state = 'quarantine'"), CHECK, "mail_in_quarantine_has_reason"),
        ("waits for another reason", then("state = 'quarantine', reason = 'rude'"), CHECK, "mail_in_reason_known"),
        ("in a case without a message", then("state = 'case'"), CHECK, "mail_in_case_is_a_message"),
        (
            "in a case and waiting",
            format!("{placed}; {}", becomes("state = 'quarantine'")),
            CHECK,
            "mail_in_fate_stays",
        ),
        ("placed twice", format!("{}; {}", waits(), becomes("reason = 'machine'")), CHECK, "mail_in_fate_stays"),
        ("repeats nothing", then("state = 'duplicate'"), CHECK, "mail_in_duplicate_names_the_first"),
        (
            "repeats itself",
            then("state = 'duplicate', duplicate_of = mail_in_id"),
            CHECK,
            "mail_in_duplicate_names_the_first",
        ),
        (
            "near half a case",
            then("state = 'quarantine', reason = 'stranger', near_partner_id = {ana}"),
            CHECK,
            "mail_in_near_only_in_quarantine",
        ),
        (
            "near a case of somebody else",
            then("state = 'quarantine', reason = 'stranger', near_partner_id = {bob}, near_case_id = {question}"),
            FOREIGN,
            "mail_in_near",
        ),
        (
            "in a message of another mail",
            format!("{}; {}; {second}; {}", mail(&[]), message(&[]), becomes(IN_CASE)),
            FOREIGN,
            "mail_in_message",
        ),
        (
            "the same content in two places",
            format!(
                "{}; {}; {second}; {}",
                mail(&[]),
                becomes("state = 'quarantine', reason = 'stranger', content_sha256 = sha256('same')"),
                becomes("state = 'quarantine', reason = 'stranger', content_sha256 = sha256('same')")
            ),
            UNIQUE,
            "mail_in_content_once",
        ),
        ("changed afterwards", format!("{}; UPDATE mail_in SET raw = 'y'", mail(&[])), "23000", "mail_in_append_only"),
        ("thrown away", format!("{}; DELETE FROM mail_in", mail(&[])), "23000", "mail_in_append_only"),
        (
            "an id of no letters",
            format!("{}; INSERT INTO mail_in_uid (mail_in_id, uid, nth) VALUES ({LAST}, '', 0)", mail(&[])),
            CHECK,
            "mail_in_uid_fits",
        ),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_message_by_mail_is_what_the_mail_became(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let placed = |changed: &[Column<'_>]| format!("{}; {}; {}", mail(&[]), message(changed), becomes(IN_CASE));
    seed.accepted(&placed(&[("body", "''")])).await;
    seed.accepted(&placed(&[("author_id", "{person_ana}"), ("whole", "'Hello and more'")])).await;
    let by_hand = [("mail_in_id", "NULL::bigint"), ("author_id", "{person_ana}")];
    let but = |changed: &[Column<'static>]| message(&[&by_hand[..], changed].concat());
    let wrongs: Vec<Wrong> = vec![
        (
            "a message of a mail that waits",
            format!("{}; {}", waits(), message(&[])),
            CHECK,
            "message_is_what_the_mail_became",
        ),
        ("a mail by staff", placed(&[("side", "'staff'")]), CHECK, "message_mail_is_the_partners"),
        (
            "one mail, two messages",
            format!("{}; {}", placed(&[]), message(&[("form_key", "gen_random_uuid()")])),
            UNIQUE,
            "message_mail_once",
        ),
        (
            "nobody's message",
            message(&[("mail_in_id", "NULL::bigint"), ("channel", "'portal'")]),
            CHECK,
            "message_has_author",
        ),
        ("a blank message by hand", but(&[("body", "' '")]), CHECK, "message_body_not_blank"),
        ("a long message by hand", but(&[("body", "repeat('x', 20001)")]), CHECK, "message_body_not_blank"),
        (
            "more than the writer's hand wrote",
            but(&[("whole", "'x'"), ("channel", "'portal'")]),
            CHECK,
            "message_whole_of_a_mail",
        ),
        (
            "a bounce without its words",
            "UPDATE person SET bounced_at = '2011-03-05Z'".into(),
            CHECK,
            "person_bounce_is_whole",
        ),
    ];
    seed.all_refused(wrongs).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_person_of_the_desk_decides_once(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let after = |what: String| format!("{}; {what}", waits());
    let attached = |changed: &[Column<'_>]| after(format!("{}; {}", message(&[]), disposed(changed)));
    seed.accepted(&attached(&[])).await;
    seed.accepted(&after(disposed(&NOTHING))).await;
    seed.accepted(&after(format!(
        "{}; DO $$ BEGIN ASSERT (SELECT count(*) FROM mail_waiting) = 0; END $$",
        disposed(&NOTHING)
    )))
    .await;
    let by = |who: &'static str| after(disposed(&[&NOTHING[..], &[("by", who)]].concat()));
    let desk = "mail_disposition_by_the_desk";
    let wrongs: Vec<Wrong> = vec![
        ("by a partner", by("{person_ana}"), CHECK, desk),
        ("by nobody", by("0"), CHECK, desk),
        (
            "by somebody who left",
            format!("UPDATE staff SET disabled_at = '2011-03-01Z'; {}", by("{person_adam}")),
            CHECK,
            desk,
        ),
        ("twice", format!("{}; {}", after(disposed(&NOTHING)), disposed(&NOTHING)), UNIQUE, "mail_disposition_pkey"),
        (
            "of what does not wait",
            format!("{}; {}", mail(&[]), disposed(&NOTHING)),
            CHECK,
            "mail_disposition_of_what_waits",
        ),
        (
            "believed and thrown away",
            after(disposed(&[NOTHING.as_slice(), &[("believed", "true")]].concat()))
                .replace("'stranger'", "'unproven'"),
            CHECK,
            "mail_disposition_believed_is_placed",
        ),
        (
            "believed though a stranger wrote it",
            attached(&[("believed", "true")]),
            CHECK,
            "mail_disposition_believes_the_unproven",
        ),
        ("a verdict there is not", attached(&[("verdict", "'burnt'")]), CHECK, "mail_disposition_verdict_known"),
        ("attached to nothing", after(disposed(&NOTHING[1..])), CHECK, "mail_disposition_is_a_message"),
        ("attached to another message", after(disposed(&[])), FOREIGN, "mail_disposition_message"),
    ];
    seed.all_refused(wrongs).await;
}

fn file(changed: &[Column<'_>]) -> String {
    let usual = [
        ("partner_id", "{ana}"),
        ("case_id", "(SELECT case_id FROM message WHERE message_id = {asked})"),
        ("message_id", "{asked}"),
        ("name", "'proof.pdf'"),
        ("kind", "'application/pdf'"),
        ("declared", "'image/png'"),
        ("sha256", "sha256('data')"),
        ("bytes", "4"),
        ("data", "'data'::bytea"),
        ("scan", "'waiting'"),
        ("added_at", "'2011-03-05Z'"),
    ];
    insert("attachment", &usual, changed)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_is_what_was_sent(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let scanned = |what: &str| format!("{}; UPDATE attachment SET {what} WHERE name = 'proof.pdf'", file(&[]));
    seed.accepted(&scanned("scan = 'clean', scanned_at = '2011-03-05Z'")).await;
    let name = |name: &'static str| file(&[("name", name)]);
    let plain = "attachment_name_is_plain";
    let wrongs: Vec<Wrong> = vec![
        ("by hand and not kept", file(&[("data", "NULL::bytea"), ("bytes", "99")]), CHECK, "attachment_by_hand_fits"),
        ("somebody else's message", file(&[("partner_id", "{bob}")]), FOREIGN, "attachment_message"),
        ("a name with a folder", name("'a/b'"), CHECK, plain),
        ("a name with another folder", name("E'a\\\\b'"), CHECK, plain),
        ("a hidden name", name("'.profile'"), CHECK, plain),
        ("a name over two lines", name("E'a\\nb'"), CHECK, plain),
        ("no name", name("''"), CHECK, plain),
        ("no kind", file(&[("kind", "'pdf'")]), CHECK, "attachment_kind_is_a_media_type"),
        ("data of another hash", file(&[("data", "'date'::bytea")]), CHECK, "attachment_data_is_whole"),
        ("data of another length", file(&[("bytes", "5")]), CHECK, "attachment_data_is_whole"),
        ("a hash that is none", file(&[("sha256", "'x'::bytea"), ("data", "NULL::bytea")]), CHECK, "attachment_sha256"),
        ("scanned by nobody", file(&[("scan", "'perhaps'")]), CHECK, "attachment_scan_known"),
        ("clean at no time", scanned("scan = 'clean'"), CHECK, "attachment_scanned_has_time"),
        (
            "harmful, but nobody says how",
            scanned("scan = 'infected', scanned_at = '2011-03-05Z'"),
            CHECK,
            "attachment_infected_says_what",
        ),
        (
            "scanned until it is clean",
            format!(
                "{}; UPDATE attachment SET scan = 'clean', finding = ''",
                scanned("scan = 'infected', finding = 'X', scanned_at = '2011-03-05Z'")
            ),
            CHECK,
            "attachment_finding_stays",
        ),
        ("other data afterwards", scanned("data = NULL"), "23000", "attachment_append_only"),
        ("thrown away", format!("{}; DELETE FROM attachment", file(&[])), "23000", "attachment_append_only"),
    ];
    seed.all_refused(wrongs).await;
}

/// A mailbox that was read up to its seventh mail.
fn mailbox(changed: &[Column<'_>]) -> String {
    let usual = [
        ("address", "'imaps://partners@mail.example.org/INBOX'"),
        ("uid_validity", "1"),
        ("last_uid", "7"),
        ("checked_at", "timestamptz '2011-03-05Z'"),
    ];
    insert("mailbox", &usual, changed)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_mailbox_was_read_up_to_a_number_and_its_trouble_began(pool: PgPool) {
    let seed = Seed::open(pool).await;
    let since = ("trouble_since", "timestamptz '2011-03-05Z'");
    seed.accepted(&mailbox(&[("trouble", "'It refuses the password.'"), since])).await;
    // As long as an address can be, and the largest numbers there are (RFC 9051, 2.3.1.1).
    seed.accepted(&mailbox(&[
        ("address", "repeat('a', 500)"),
        ("uid_validity", "4294967295"),
        ("last_uid", "4294967295"),
    ]))
    .await;
    let (plain, fits, beginning) = ("mailbox_address_is_plain", "mailbox_numbers_fit", "mailbox_trouble_has_beginning");
    let wrongs: Vec<Wrong> = vec![
        ("an address in two lines", mailbox(&[("address", "E'imaps://a\nb'")]), CHECK, plain),
        ("no address", mailbox(&[("address", "''")]), CHECK, plain),
        ("a longer address", mailbox(&[("address", "repeat('a', 501)")]), CHECK, plain),
        ("a number that no mail has", mailbox(&[("last_uid", "4294967296")]), CHECK, fits),
        ("less than none", mailbox(&[("uid_validity", "-1")]), CHECK, fits),
        ("trouble since never", mailbox(&[("trouble", "'It is gone.'")]), CHECK, beginning),
        ("no trouble since then", mailbox(&[since]), CHECK, beginning),
        ("a tale of it", mailbox(&[("trouble", "repeat('a', 501)"), since]), CHECK, "mailbox_trouble_fits"),
        ("one mailbox twice", format!("{}; {}", mailbox(&[]), mailbox(&[])), UNIQUE, "mailbox_pkey"),
    ];
    seed.all_refused(wrongs).await;
}
