//! One mail at a time.

use crate::house::House;
use app::base::ids::{CaseId, MailInId, PartnerId, PersonId};
use app::base::secrets::{KeyId, MasterKey, Secrets};
use app::inbox::Home;
use app::inbox::model::Reason;
use app::inbox::store::{self, Became, Disposed, Into, Source, ingest};
use app::mail::home::MailHome;
use app::mail::reply_address;
use sqlx::PgPool;

/// Garden's member Gala, Kitchen's member Kim; Paula is a member of both.
pub const MEMBERS: &str = "
    INSERT INTO person (email, name, created_at)
        SELECT split_part(who, ':', 1) || '@example.org', split_part(who, ':', 2), '2026-01-01Z'
        FROM unnest(ARRAY['gala:Gala Ríos', 'kim:Kim Poe', 'paula:Paula Sanz']) who;
    INSERT INTO partner_member (partner_id, person_id, since)
        SELECT a.partner_id, p.person_id, '2026-01-01Z' FROM partner a, person p
        WHERE (a.code, p.email) IN (('garden', 'gala@example.org'), ('kitchen', 'kim@example.org'),
                                    ('garden', 'paula@example.org'), ('kitchen', 'paula@example.org'));";

pub fn secrets() -> Secrets {
    Secrets::new(&MasterKey::from([7; 32]), KeyId(1))
}

pub fn home() -> Home {
    Home::new(&MailHome::new("https://desk.example", Some("desk@desk.example"), true).expect("home"), &secrets())
}

async fn open(pool: PgPool) -> House {
    let house = House::open(pool).await;
    house.run(MEMBERS).await;
    house
}

fn mail(from: &str, id: &str, more: &str, body: &str) -> Vec<u8> {
    let more = if more.is_empty() { String::new() } else { format!("{more}\r\n") };
    format!("From: {from}\r\nTo: desk@desk.example\r\nMessage-ID: <{id}>\r\nSubject: Pago\r\n{more}\r\n{body}")
        .into_bytes()
}

async fn take(house: &House, raw: Vec<u8>) -> (MailInId, bool, Became) {
    ingest(&house.db, &home(), raw, Source::Command, house.now).await.expect("stored")
}

fn case_of(became: Became) -> CaseId {
    match became {
        Became::Message { case, .. } => case,
        other => panic!("{other:?}"),
    }
}

/// The only row of a column, as text.
async fn text(house: &House, sql: &str) -> String {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT ({sql})::text"))).fetch_one(&house.pool).await.expect("text")
}

#[sqlx::test(migrations = "../migrations")]
async fn a_member_opens_a_case_and_answers_in_it(pool: PgPool) {
    let house = open(pool).await;
    let (_, known, first) =
        take(&house, mail("Gala <GALA@example.org>", "1@x", "", "¿Dónde está mi pago?\r\n\r\nUn saludo,\r\nGala"))
            .await;
    let case = case_of(first);
    assert!(!known);
    assert_eq!(
        text(&house, "SELECT concat_ws('|', kind, stage, subject) FROM support_case").await,
        "other|received|Pago"
    );
    assert_eq!(
        text(&house, "SELECT concat_ws('|', side, author_name, body, whole) FROM message").await,
        "partner|Gala Ríos|¿Dónde está mi pago?|¿Dónde está mi pago?\n\nUn saludo,\nGala"
    );
    let quoting = "Gracias\r\n\r\nEl 1 dic 2026 a las 12:00, Marta <c@desk.example> escribió:\r\n> Hola\r\n";
    let (_, _, second) = take(&house, mail("gala@example.org", "2@x", "References: <1@x>", quoting)).await;
    assert_eq!(case_of(second), case);
    assert_eq!(text(&house, "SELECT body FROM message ORDER BY message_id DESC LIMIT 1").await, "Gracias");
    // Once it is closed, a mail opens it again.
    house
        .run("INSERT INTO needs_no_answer (partner_id, case_id, message_id, marked_by, marked_at)
              SELECT partner_id, case_id, max(message_id), (SELECT min(person_id) FROM staff), '2026-12-01Z' FROM message GROUP BY 1, 2;
              UPDATE support_case SET stage = 'closed', closed_at = '2026-12-01Z'")
        .await;
    let (_, _, third) = take(&house, mail("gala@example.org", "3@x", "In-Reply-To: <2@x>", "¿Y?")).await;
    assert_eq!(case_of(third), case);
    assert_eq!(text(&house, "SELECT stage FROM support_case").await, "in_review");
    assert_eq!(house.count("audit WHERE action IN ('case.opened', 'case.answered') AND actor_kind = 'job'").await, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_same_message_is_one_by_whatever_way_it_comes(pool: PgPool) {
    let house = open(pool).await;
    let raw = mail("gala@example.org", "1@x", "", "Hello");
    let (id, _, _) = take(&house, raw.clone()).await;
    let (again, known, became) = take(&house, raw.clone()).await;
    assert_eq!((again, known), (id, true));
    assert!(matches!(became, Became::Message { .. }));
    let other_way = [b"Received: from a by b; Tue, 1 Dec 2026 12:00:00 +0000\r\n".to_vec(), raw].concat();
    let (_, known, became) = take(&house, other_way).await;
    assert_eq!((known, became), (false, Became::Duplicate(id)));
    // The same id with other words is another message.
    let (_, _, became) = take(&house, mail("gala@example.org", "1@x", "", "Goodbye")).await;
    assert!(matches!(became, Became::Message { .. }));
    assert_eq!(house.count("message").await, 2);
    assert_eq!(house.count("support_case").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn mails_of_one_conversation_meet_in_any_order(pool: PgPool) {
    let house = open(pool).await;
    let second = mail("gala@example.org", "2@x", "References: <1@x>", "second");
    let third = mail("gala@example.org", "3@x", "References: <1@x> <2@x>", "third");
    let case = case_of(take(&house, third).await.2);
    assert_eq!(case_of(take(&house, mail("gala@example.org", "1@x", "", "first")).await.2), case);
    assert_eq!(case_of(take(&house, second).await.2), case);
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_writes_into_a_case_of_somebody_else(pool: PgPool) {
    let house = open(pool).await;
    let case = case_of(take(&house, mail("gala@example.org", "1@x", "", "Hello")).await.2);
    for (from, id) in [("kim@example.org", "2@x"), ("stranger@example.net", "3@x")] {
        let (_, _, became) = take(&house, mail(from, id, "In-Reply-To: <1@x>", "Me too")).await;
        assert_eq!(became, Became::Quarantine(Reason::Stranger), "{from}");
    }
    assert_eq!(house.count(&format!("mail_in WHERE near_case_id = {case}")).await, 2);
    let subject = format!("About case {case} [#{case}]");
    let raw = mail("stranger@example.net", "4@x", "", "x");
    let raw = String::from_utf8(raw).expect("text").replace("Pago", &subject).into_bytes();
    assert_eq!(take(&house, raw).await.2, Became::Quarantine(Reason::Stranger));
    assert_eq!(house.count("mail_in WHERE near_case_id IS NULL AND state = 'quarantine'").await, 1);
    assert_eq!(house.count("message").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_can_not_be_placed_waits(pool: PgPool) {
    let house = open(pool).await;
    for (from, more, reason) in [
        ("paula@example.org", "", Reason::SeveralAccounts),
        ("gala@example.org", "Auto-Submitted: auto-replied", Reason::Machine),
        ("gala@example.org", "X-Partnerdesk: desk.example", Reason::Loop),
        ("gala@example.org, kim@example.org", "", Reason::Stranger),
    ] {
        let (_, _, became) = take(&house, mail(from, reason.as_str(), more, "x")).await;
        assert_eq!(became, Became::Quarantine(reason));
    }
    for raw in [b"".to_vec(), vec![0; 100], b"no mail at all".to_vec()] {
        assert_eq!(take(&house, raw).await.2, Became::Quarantine(Reason::Broken));
    }
    // Suspended partners may write, closed ones and disabled people are strangers.
    house.run("UPDATE partner SET status = 'suspended' WHERE code = 'garden'").await;
    case_of(take(&house, mail("gala@example.org", "s@x", "", "x")).await.2);
    house.run("UPDATE partner SET status = 'closed' WHERE code = 'kitchen'").await;
    assert_eq!(take(&house, mail("kim@example.org", "c@x", "", "x")).await.2, Became::Quarantine(Reason::Stranger));
    house.run("UPDATE person SET disabled_at = '2026-12-01Z' WHERE email = 'gala@example.org'").await;
    assert_eq!(take(&house, mail("gala@example.org", "d@x", "", "x")).await.2, Became::Quarantine(Reason::Stranger));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_person_places_what_waits_once(pool: PgPool) {
    let house = open(pool).await;
    let tomas = house.tomas();
    let case = case_of(take(&house, mail("gala@example.org", "1@x", "", "Hello")).await.2);
    let from_home = mail("\"Gala at home\" <g@home.example>", "2@x", "In-Reply-To: <1@x>", "It is me\r\n-- \r\nG");
    let (waits, _, _) = take(&house, from_home).await;
    assert_eq!(store::dispose(&tomas, waits, Into::Case(CaseId(9999))).await.expect("answer"), Disposed::NoCase);
    assert_eq!(store::dispose(&tomas, waits, Into::Case(case)).await.expect("placed"), Disposed::Done(Some(case)));
    assert_eq!(store::dispose(&tomas, waits, Into::NoAnswer).await.expect("answer"), Disposed::Gone);
    assert_eq!(
        text(
            &house,
            "SELECT concat_ws('|', author_id, author_name, body) FROM message ORDER BY message_id DESC LIMIT 1"
        )
        .await,
        "Gala at home (g@home.example)|It is me"
    );
    // What answers it later is still a stranger's; a person's yes is for one mail.
    let (next, _, became) = take(&house, mail("g@home.example", "3@x", "In-Reply-To: <2@x>", "And?")).await;
    assert_eq!(became, Became::Quarantine(Reason::Stranger));
    let new = match store::dispose(&tomas, next, Into::NewCase(house.kitchen)).await.expect("placed") {
        Disposed::Done(Some(new)) => new,
        other => panic!("{other:?}"),
    };
    let opened = text(
        &house,
        &format!(
            "SELECT concat_ws('|', kind, opened_by = {}, partner_id = {}) FROM support_case WHERE case_id = {new}",
            house.tomas, house.kitchen
        ),
    )
    .await;
    assert_eq!(opened, "other|t|t");
    let (spam, _, _) = take(&house, mail("spam@example.net", "4@x", "", "Buy")).await;
    assert_eq!(store::dispose(&tomas, spam, Into::NoAnswer).await.expect("done"), Disposed::Done(None));
    let mut tx = tomas.begin().await.expect("begin");
    assert_eq!(store::count(&mut tx).await.expect("count"), 0);
    assert_eq!(house.count("audit WHERE action = 'mail.disposed' AND actor_kind = 'staff'").await, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn files_are_kept_and_given_to_their_partner_alone(pool: PgPool) {
    let house = open(pool).await;
    let raw = "From: gala@example.org\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\
               Content-Type: image/png; name=\"a.html\"\r\nContent-Disposition: attachment\r\n\r\n<!DOCTYPE html><script>1</script>\r\n--x--\r\n";
    take(&house, raw.as_bytes().to_vec()).await;
    assert_eq!(
        text(&house, "SELECT concat_ws('|', name, kind, declared, scan) FROM attachment").await,
        "a.html|text/html|image/png|waiting"
    );
    assert_eq!(text(&house, "SELECT body = '' AND whole IS NULL FROM message").await, "true");
    assert_eq!(store::scan_waiting(&house.db, None, house.now).await.expect("scanned"), 1);
    assert_eq!(store::scan_waiting(&house.db, None, house.now).await.expect("scanned"), 0);
    assert_eq!(text(&house, "SELECT scan FROM attachment").await, "not_scanned");
    let seen = async |partner: PartnerId, person: PersonId| {
        let member = app::base::actor::Member {
            person,
            name: String::new(),
            partner,
            partner_name: String::new(),
            programme: house.programme,
        };
        let mut tx = house.db.begin(&app::base::actor::Actor::Member(member)).await.expect("begin");
        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM attachment").fetch_one(&mut *tx).await.expect("count")
    };
    assert_eq!(seen(house.garden, house.tomas).await, 1);
    assert_eq!(seen(house.kitchen, house.tomas).await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_report_that_anybody_could_write_marks_nobody(pool: PgPool) {
    let house = open(pool).await;
    assert_eq!(
        take(&house, report("gala@example.org", "never@desk.example")).await.2,
        Became::Quarantine(Reason::Bounce)
    );
    assert_eq!(house.count("person WHERE bounced_at IS NOT NULL").await, 0);
    // A new address forgets what happened to the old one.
    house
        .run("UPDATE person SET bounced_at = '2026-12-01Z', bounce_status = '5.1.1' WHERE email = 'gala@example.org'")
        .await;
    house.run("UPDATE person SET email = 'rios@example.org' WHERE email = 'gala@example.org'").await;
    assert_eq!(house.count("person WHERE bounced_at IS NOT NULL").await, 0);
}

/// A reply of Tomás in a case, as it was mailed to Gala; gives its Message-ID.
async fn replied(house: &House, case: CaseId) -> String {
    house
        .run(&format!(
            "INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key)
             VALUES ({garden}, {case}, 'staff', {tomas}, 'Tomás Gil', 'Here it is.', '2026-12-01Z', gen_random_uuid());
             INSERT INTO mail_out (kind, partner_id, person_id, case_id, message_id, locale, signed_by, message_uid, written_at)
             SELECT 'reply', partner_id, (SELECT person_id FROM person WHERE email = 'gala@example.org'), case_id, message_id, 'es',
                    'Tomás Gil', '<out-1@desk.example>', '2026-12-01Z' FROM message WHERE side = 'staff'",
            garden = house.garden,
            tomas = house.tomas,
        ))
        .await;
    "out-1@desk.example".to_owned()
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_to_our_mail_finds_its_case(pool: PgPool) {
    let house = open(pool).await;
    let case = case_of(take(&house, mail("gala@example.org", "1@x", "", "Hello")).await.2);
    let ours = replied(&house, case).await;
    let answer = |from: &str, id: &str| mail(from, id, &format!("In-Reply-To: <{ours}>"), "Thank you");
    assert_eq!(case_of(take(&house, answer("gala@example.org", "2@x")).await.2), case);
    // Paula is in two accounts; what she answers says which.
    assert_eq!(case_of(take(&house, answer("paula@example.org", "3@x")).await.2), case);
    assert_eq!(take(&house, answer("kim@example.org", "4@x")).await.2, Became::Quarantine(Reason::Stranger));
    // Our own mail that comes in again goes round in a circle.
    assert_eq!(take(&house, mail("gala@example.org", &ours, "", "x")).await.2, Became::Quarantine(Reason::Loop));
    assert_eq!(take(&house, mail("desk@desk.example", "5@x", "", "x")).await.2, Became::Quarantine(Reason::Loop));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_signed_reply_address_finds_its_case_for_those_who_belong_to_it(pool: PgPool) {
    let house = open(pool).await;
    let first = case_of(take(&house, mail("gala@example.org", "1@x", "", "One")).await.2);
    let second = case_of(take(&house, mail("gala@example.org", "2@x", "", "Two")).await.2);
    assert_ne!(first, second);
    let signed = reply_address::sign(&secrets(), first, None, "desk.example");
    let to = |from: &str, id: &str, address: &str| {
        mail(from, id, &format!("Delivered-To: {address}\r\nIn-Reply-To: <2@x>"), "More")
    };
    // The address weighs more than the id.
    assert_eq!(case_of(take(&house, to("gala@example.org", "3@x", &signed)).await.2), first);
    assert_eq!(take(&house, to("kim@example.org", "4@x", &signed)).await.2, Became::Quarantine(Reason::Stranger));
    let (waits, _, became) = take(&house, to("stranger@example.net", "5@x", &signed)).await;
    assert_eq!(became, Became::Quarantine(Reason::Stranger));
    assert_eq!(house.count(&format!("mail_in WHERE mail_in_id = {waits} AND near_case_id = {first}")).await, 1);
    // One that nobody signed is an address like any other.
    let guessed = signed.replace(&format!("+{first}."), &format!("+{second}."));
    assert_eq!(case_of(take(&house, to("gala@example.org", "6@x", &guessed)).await.2), second, "by the id alone");
}

fn report(address: &str, returned: &str) -> Vec<u8> {
    format!(
        "From: MAILER-DAEMON@mx.example\r\nReturn-Path: <>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; boundary=x\r\n\r\n--x\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--x\r\n\
         Content-Type: message/rfc822\r\n\r\nMessage-ID: <{returned}>\r\n\r\nx\r\n--x--\r\n"
    )
    .into_bytes()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_mail_that_came_back_marks_its_address(pool: PgPool) {
    let house = open(pool).await;
    let case = case_of(take(&house, mail("gala@example.org", "1@x", "", "Hello")).await.2);
    let ours = replied(&house, case).await;
    // A report about our mail marks nobody whom we did not write to.
    take(&house, report("kim@example.org", &ours)).await;
    assert_eq!(house.count("person WHERE bounced_at IS NOT NULL").await, 0);
    let (_, _, became) = take(&house, report("Gala@Example.org", &ours)).await;
    assert_eq!(became, Became::Quarantine(Reason::Bounce));
    assert_eq!(
        text(&house, "SELECT concat_ws('|', email, bounce_status) FROM person WHERE bounced_at IS NOT NULL").await,
        "gala@example.org|5.1.1"
    );
    assert_eq!(house.count(&format!("mail_in WHERE reason = 'bounce' AND near_case_id = {case}")).await, 2);
    let mut tx = house.tomas().begin().await.expect("begin");
    assert_eq!(store::unreachable(&mut tx, house.garden).await.expect("members").len(), 1);
    let gala = store::unreachable(&mut tx, house.garden).await.expect("members")[0].person;
    assert_eq!(store::forget_bounce(&mut tx, gala, case).await.expect("done"), Some(house.garden));
    assert_eq!(store::forget_bounce(&mut tx, gala, case).await.expect("done"), None);
    tx.commit().await.expect("commit");
    assert_eq!(house.count("person WHERE bounced_at IS NOT NULL").await, 0);
}

/// A mail that the mail server `mx.desk.example` looked at.
async fn take_looked_at(house: &House, from: &str, id: &str, found: &str, more: &str) -> (MailInId, Became) {
    let more = format!("Authentication-Results: mx.desk.example; {found}{more}");
    let (id, _, became) = ingest(
        &house.db,
        &home().trusting(Some("mx.desk.example")),
        mail(from, id, &more, "Hello"),
        Source::Command,
        house.now,
    )
    .await
    .expect("stored");
    (id, became)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_name_that_nothing_proves_waits_until_somebody_believes_it(pool: PgPool) {
    let house = open(pool).await;
    let gala = "gala@example.org";
    let case = case_of(take_looked_at(&house, gala, "1@x", "dmarc=pass header.from=example.org", "").await.1);
    let answers = "\r\nIn-Reply-To: <1@x>";
    let (first, became) = take_looked_at(&house, gala, "2@x", "spf=none; dkim=none", answers).await;
    assert_eq!(became, Became::Quarantine(Reason::Unproven));
    assert_eq!(house.count(&format!("mail_in WHERE reason = 'unproven' AND near_case_id = {case}")).await, 1);
    let (forged, became) = take_looked_at(&house, gala, "3@x", "spf=fail", "").await;
    assert_eq!(became, Became::Quarantine(Reason::Forged));
    let (stranger, became) = take_looked_at(&house, "who@example.net", "4@x", "none", "").await;
    assert_eq!(became, Became::Quarantine(Reason::Stranger));
    let (begins, _) = take_looked_at(&house, gala, "5@x", "none", "").await;
    let (paulas, _) = take_looked_at(&house, "paula@example.org", "6@x", "none", "").await;
    // The address that was given to Gala proves her, and not Paula who is in the account too.
    let person: i64 =
        text(&house, "SELECT person_id FROM person WHERE email = 'gala@example.org'").await.parse().expect("id");
    let given = reply_address::sign(&secrets(), case, Some(PersonId(person)), "desk.example");
    let to = format!("\r\nDelivered-To: {given}");
    assert_eq!(case_of(take_looked_at(&house, gala, "7@x", "none", &to).await.1), case);
    let (_, became) = take_looked_at(&house, "paula@example.org", "8@x", "none", &to).await;
    assert_eq!(became, Became::Quarantine(Reason::Unproven));

    let tomas = house.tomas();
    let believe = async |id: MailInId| store::dispose(&tomas, id, Into::Believed).await;
    assert_eq!(believe(first).await.expect("placed"), Disposed::Done(Some(case)));
    assert_eq!(believe(first).await.expect("gone"), Disposed::Gone);
    let Disposed::Done(Some(new)) = believe(begins).await.expect("placed") else { panic!("no case") };
    assert_ne!(new, case);
    assert_eq!(believe(paulas).await.expect("nowhere"), Disposed::Nowhere, "she has two accounts");
    assert!(believe(stranger).await.is_err(), "whom nobody knows is not believed");
    assert_eq!(house.count(&format!("message WHERE author_id = {person} AND channel = 'mail'")).await, 4, "by Gala");
    assert_eq!(house.count("mail_disposition WHERE believed").await, 2);
    // What was found forged is not Gala's word, wherever somebody puts it.
    store::dispose(&tomas, forged, Into::Case(case)).await.expect("placed");
    assert_eq!(house.count(&format!("message WHERE mail_in_id = {forged} AND author_id IS NULL")).await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn our_mail_answers_the_partners_own_last_one(pool: PgPool) {
    let house = open(pool).await;
    let case = case_of(take(&house, mail("gala@example.org", "hers@x", "", "Hello")).await.2);
    let (home, about) = (MailHome::new("https://desk.example", None, true).expect("home"), (house.garden, case));
    house
        .run(
            "INSERT INTO case_notice (partner_id, case_id, notice, by_name, due_at, at)
              SELECT partner_id, case_id, 'rate', 'Tomás Gil', '2026-12-02Z', '2026-12-02Z' FROM support_case",
        )
        .await;
    let mut tx = house.db.begin(&app::base::actor::Actor::Job).await.expect("begin");
    app::mail::store::notice(&mut tx, &home, about, ("rate", 0), "Tomás Gil", house.now).await.expect("written");
    tx.commit().await.expect("commit");
    let last = "SELECT refs[cardinality(refs)] FROM mail_out o JOIN person p USING (person_id) WHERE p.email LIKE ";
    assert_eq!(text(&house, &format!("{last} 'gala@%'")).await, "<hers@x>", "what it is in reply to");
    assert_ne!(text(&house, &format!("{last} 'paula@%'")).await, "<hers@x>", "Paula never saw that mail");
}
