//! The weekly mail: once per owner and week, to whoever wants it, and in it no more of a partner than name and code.

use crate::desk_house::{Answer, House, key, post};
use crate::{DAY, WEEK, escalate, propose};
use app::base::context::Context;
use app::base::secrets::Secrets;
use app::digest::api::set_digest_mail;
use app::digest::store::write_due;
use app::mail::home::MailHome;
use app::mail::model::Text;
use app::mail::{letters, store as mails};
use http::StatusCode;
use sqlx::PgPool;

fn home() -> MailHome {
    MailHome::new("https://desk.example.org", Some("desk@example.org"), true).expect("home")
}

async fn written(house: &House) -> u64 {
    write_due(house.db(), &home(), house.now).await.expect("written")
}

/// What a mail says, as the worker would write it.
async fn text(house: &House, secrets: &Secrets, mail: i64) -> Text {
    let loaded = mails::load(house.db(), secrets, mail).await.expect("mail");
    assert!(!loaded.is_disabled && loaded.envelope.files.is_empty());
    letters::write(&home(), &loaded.sides, &loaded.about.expect("about")).text()
}

/// Monday, 7 December, at seven in the morning.
fn monday(house: &House) -> House {
    house.later(6 * DAY - 5 * 60)
}

async fn set(ctx: &Context, wanted: &str, form_key: &str) -> Answer {
    let (wanted, form_key) = (wanted.to_owned(), form_key.to_owned());
    post(ctx, || set_digest_mail(wanted, Some("2026-11-30".into()), form_key)).await
}

#[sqlx::test(migrations = "../migrations")]
async fn it_comes_once_a_week_to_each_owner(pool: PgPool) {
    let house = House::open(pool).await;
    house.run("INSERT INTO person (email, name, created_at, locale) VALUES ('oli@example.com', 'Oli Pardo', '2026-01-01Z', 'es'), ('otto@example.com', 'Otto Pardo', '2026-01-01Z', 'en');
               INSERT INTO staff (person_id, name, role, since, disabled_at)
               SELECT person_id, name, 'owner', created_at, CASE WHEN email LIKE 'otto%' THEN created_at END FROM person WHERE email ~ '^(oli|otto)@'").await;
    let digests = "mail_out WHERE kind = 'digest'";
    assert_eq!(write_due(house.db(), &MailHome::default(), house.now).await.expect("none"), 0, "nobody to send it by");
    assert_eq!(written(&house).await, 2, "the week before, on any day of this one");
    assert_eq!(house.count(&format!("{digests} AND digest_week = '2026-11-23'")).await, 2);
    assert_eq!(written(&monday(&house).later(-1)).await, 0, "before seven it is early");
    // Eight at once write one each.
    let monday = monday(&house);
    let (db, at) = (house.db(), home());
    let all = futures_util::future::join_all((0..8).map(|_| write_due(db, &at, monday.now))).await;
    assert_eq!(all.into_iter().map(|one| one.expect("written")).sum::<u64>(), 2);
    assert_eq!(written(&monday).await, 0);
    assert_eq!(written(&house.later(WEEK)).await, 0, "nor later in that week");
    assert_eq!(house.count(&format!("{digests} AND digest_week = '2026-11-30'")).await, 2);
    assert_eq!(house.count("audit WHERE action = 'digest.mailed'").await, 2);
    // Who becomes an owner in the week reads what the others read; weeks that nobody sent are not sent later.
    house.run("UPDATE staff SET role = 'owner' WHERE name = 'Tomás Gil'").await;
    assert_eq!(written(&house.later(WEEK)).await, 1);
    assert_eq!(written(&house.later(4 * WEEK)).await, 3);
    assert_eq!(house.count("mail_queue").await, 8);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_owner_turns_it_off_and_on(pool: PgPool) {
    let house = House::open(pool).await;
    let form_key = key();
    let done = |how: &str| Answer::To(format!("/digest?week=2026-11-30&done={how}"));
    assert_eq!(set(&house.marta(), "no", &form_key).await, done("off"));
    assert_eq!(set(&house.marta(), "no", &form_key).await, done("off"), "the same form again");
    assert_eq!(house.count("digest_wish").await, 1);
    assert_eq!(house.count("audit WHERE action = 'digest.mail_set'").await, 1);
    assert_eq!(written(&house.later(1)).await, 0);
    let page = crate::pages::page(house.later(1).marta(), "/digest?done=off").await;
    assert!(
        page.contains("You don't get this page by mail.") || page.contains("You don&#39;t get this page by mail."),
        "{page}"
    );
    set(&house.later(2).marta(), "yes", &key()).await;
    assert_eq!(written(&house.later(3)).await, 1);
    for other in [house.tomas(), house.lea()] {
        assert_eq!(set(&other, "no", &key()).await, Answer::Status(StatusCode::FORBIDDEN));
    }
    for (wanted, form_key) in [("perhaps", key()), ("no", "no key".to_owned())] {
        assert_eq!(set(&house.marta(), wanted, &form_key).await, Answer::Status(StatusCode::BAD_REQUEST));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn it_says_what_waits_and_nothing_personal(pool: PgPool) {
    let house = House::open(pool).await;
    house.run("UPDATE partner SET name = 'Garden <b>&</b> Sons' WHERE code = 'garden'").await;
    let case = house.opened().await;
    house.take(&house.tomas(), case).await;
    escalate(&house, case).await;
    propose(&house, house.garden, "10").await;
    let monday = monday(&house);
    assert_eq!(written(&monday).await, 1);
    let mail: i64 = house.one("SELECT max(mail_id) FROM mail_out WHERE kind = 'digest'").await;
    let secrets = house.marta().secrets;
    let said = text(&monday, &secrets, mail).await;
    assert_eq!(
        said.subject,
        "1 decision and 1 escalation waiting, 30\u{a0}November\u{a0}2026 to 6\u{a0}December\u{a0}2026"
            .replace('\u{a0}', " ")
    );
    for words in [
        "Waiting for an owner: 1 decision and 1 escalation.",
        "https://desk.example.org/digest?week=2026-11-30",
        "Commission for Garden <b>&</b> Sons: 8% of the order → 10% of the order, for 5 days, asked by Tomás Gil:\nhttps://desk.example.org/approvals/",
        "Wrong amount, Garden <b>&</b> Sons, for 5 days, asked by Tomás Gil:\nhttps://desk.example.org/desk/",
        "Money in open disputes: £16.00",
        "Solved without an owner: Nothing was resolved in this week.",
        "Wrong amount, Plants: 1, 0 in the week before, more",
        "Garden <b>&</b> Sons (garden): Waits for an answer for 5 days.",
        "Other terms are proposed:\nhttps://desk.example.org/approvals/",
        "It is turned off here: https://desk.example.org/digest#mail",
    ] {
        assert!(said.plain.contains(words), "{words} in {}", said.plain);
    }
    assert!(said.html.contains("Garden &lt;b&gt;&amp;&lt;/b&gt; Sons") && !said.html.contains("<b>"), "{}", said.html);
    assert!(said.html.contains("<h2 ") && !said.html.contains("<img"), "{}", said.html);
    // Nothing of who Ana is, or of what was written.
    for never in ["Ana", "Soler", "ana@", "I expected more", "The order is theirs", "They grow", "Pay it"] {
        assert!(!said.plain.contains(never) && !said.html.contains(never), "{never} in {}", said.plain);
    }
    // Tried first a week later it says the same: what was decided since is not in it.
    let decided = "UPDATE escalation SET verdict = 'sent_back', words = 'No.', answered_by = (SELECT person_id FROM staff WHERE role = 'owner'), answered_at = '2026-12-09Z'";
    house.run(decided).await;
    assert_eq!(text(&house.later(2 * WEEK), &secrets, mail).await, said);
    house.run("UPDATE person SET locale = 'es', address_form = 'usted' WHERE email LIKE 'marta@%'").await;
    let next = house.later(WEEK + 6 * DAY);
    assert_eq!(written(&next).await, 1);
    let mail: i64 = house.one("SELECT max(mail_id) FROM mail_out WHERE kind = 'digest'").await;
    let spanish = text(&next, &secrets, mail).await;
    assert!(
        spanish.plain.contains("A la espera de la dirección: 1 decisión.")
            && spanish.html.contains("<html lang=\"es\">"),
        "{}",
        spanish.plain
    );
}
