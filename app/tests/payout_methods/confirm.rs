//! A house that sends mail: what is set waits for the link mailed to whoever set it, and what was in use stays in use.
//! Cleo is Ana's colleague.

use crate::desk_house::{Answer, House, post};
use crate::{IBAN, OTHER_IBAN, done, iban, live, open, paypal, refused, standing};
use app::base::actor::{Actor, Member};
use app::base::context::Context;
use app::base::error::AppError;
use app::base::forms::End;
use app::base::ids::PersonId;
use app::mail::home::MailHome;
use app::mail::letters;
use app::mail::store as mails;
use app::payout_methods::api::{ask_again, cancel, confirm_link, confirm_payout_method, set};
use app::payout_methods::rules::LINKS_A_METHOD;
use app::payout_methods::store::{Waiting, waiting};
use app::payouts::model::Reason;
use chrono::TimeDelta;
use sqlx::PgPool;

/// The same request in a house with a mail server.
fn mailing(ctx: Context) -> Context {
    let mail = MailHome::new("https://desk.example.org", Some("desk@example.org"), true).expect("home");
    Context { mail, ..ctx }
}

async fn cleo(house: &House) -> Context {
    house
        .run(
            "INSERT INTO person (email, name, locale, created_at, password_hash)
             SELECT 'cleo@example.com', 'Cleo Cruz', 'es', created_at, password_hash FROM person WHERE email LIKE 'ana@%';
             INSERT INTO partner_member (partner_id, person_id, since) SELECT a.partner_id, p.person_id, p.created_at
             FROM partner a, person p WHERE a.code = 'garden' AND p.email LIKE 'cleo@%'",
        )
        .await;
    let person = PersonId(house.one("SELECT person_id FROM person WHERE email LIKE 'cleo@%'").await);
    let ana = house.ana();
    let member = Member { person, name: "Cleo Cruz".into(), ..ana.member().expect("member").clone() };
    mailing(Context { actor: Actor::Member(member), ..ana })
}

async fn waits(ctx: &Context) -> Option<Waiting> {
    let mut tx = ctx.begin().await.expect("begin");
    waiting(&mut tx, ctx.member().expect("member").partner).await.expect("waiting")
}

/// What the newest mail says, as its worker writes it.
async fn newest(house: &House, ctx: &Context, kind: &str) -> String {
    let sql = match kind {
        "method_confirm" => "SELECT max(mail_id) FROM mail_out WHERE kind = 'method_confirm'",
        _ => "SELECT max(mail_id) FROM mail_out WHERE kind <> 'method_confirm'",
    };
    let id = house.one(sql).await;
    let loaded = mails::load(&ctx.db, &ctx.secrets, id).await.expect("mail");
    let text = letters::write(&ctx.mail, &loaded.sides, &loaded.about.expect("about")).text();
    format!("{}\n{}", text.subject, text.plain)
}

fn link(mail: &str) -> String {
    mail.split("/account/confirm/").nth(1).expect("a link").split_whitespace().next().expect("token").to_owned()
}

fn led_to(end: Result<End, AppError>) -> String {
    match end.expect("done") {
        End::Done(path) => path,
        End::Refused(path, errors) => format!("{path}: {}", errors.get("").unwrap_or("?")),
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_first_waits_for_its_link_and_is_used_then(pool: PgPool) {
    let house = open(pool).await;
    let cleo = cleo(&house).await;
    let ana = mailing(house.ana());
    done(&ana, &iban(IBAN)).await;
    assert_eq!(live(&ana).await, None, "not in use");
    assert!(standing(&ana).await.reasons.contains(&Reason::MethodNotConfirmed));
    let waiting = waits(&ana).await.expect("it waits");
    assert_eq!((waiting.method.masked.as_str(), waiting.links, waiting.by), ("ES•• •••• 1332", 1, ana.actor.person()));

    let mail = newest(&house, &ana, "method_confirm").await;
    assert!(mail.starts_with("Confirm where your payouts go\nYou set Bank account (IBAN), ES•• •••• 1332"), "{mail}");
    assert!(
        mail.contains("https://desk.example.org/account/confirm/") && mail.contains("nothing is paid out"),
        "{mail}"
    );
    let told = newest(&house, &ana, "method_changed").await;
    assert!(told.starts_with("Tu cuenta tiene un método de cobro nuevo\nAna Soler ha puesto"), "{told}");
    assert_eq!(house.count("mail_out").await, 2, "one to Ana, one to Cleo");

    // Looking changes nothing, nor does anybody else's click: Cleo's, Bo's, a made-up link.
    let token = link(&mail);
    let bo = mailing(house.bo());
    for (who, token) in [(&cleo, token.as_str()), (&bo, token.as_str()), (&ana, &"ab".repeat(32))] {
        let mut tx = who.begin().await.expect("begin");
        let found =
            app::payout_methods::store::confirm(&mut tx, who.member().expect("member"), token, who.now(), true).await;
        assert_eq!(found.expect("link"), app::payout_methods::store::Link::Unknown);
        assert_eq!(led_to(confirm_link(who, token).await), format!("/account/confirm/{token}"), "its page says why");
    }
    assert!(confirm_link(&ana, "../../x").await.is_err());
    assert_eq!(live(&ana).await, None);

    let answer = post(&ana, || confirm_payout_method(token.clone())).await;
    assert!(matches!(answer, Answer::To(ref to) if to == "/account?done=confirmed"), "{answer:?}");
    let method = live(&ana).await.expect("in use");
    assert_eq!((method.id, method.usable_from), (waiting.method.id, house.now), "the first one at once");
    assert_eq!(waits(&ana).await, None);
    assert!(
        !standing(&ana)
            .await
            .reasons
            .iter()
            .any(|reason| matches!(reason, Reason::MethodNotConfirmed | Reason::NoMethod))
    );
    // The link is used up, and says so kindly.
    assert_eq!(led_to(confirm_link(&ana, &token).await), "/account?done=confirmed");
    assert_eq!(house.count("audit WHERE action IN ('payout_method.set', 'payout_method.confirmed')").await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_in_use_stays_until_a_change_is_confirmed(pool: PgPool) {
    let house = open(pool).await;
    done(&house.ana(), &iban(IBAN)).await;
    let before = live(&house.ana()).await.expect("in use");
    let later = house.later(60);
    let ana = mailing(later.ana());
    // Of two changes the last one counts; the link of the first is worth nothing then.
    done(&ana, &paypal("thief@example.com")).await;
    let first = link(&newest(&house, &ana, "method_confirm").await);
    done(&ana, &iban(OTHER_IBAN)).await;
    assert_eq!(live(&ana).await.map(|method| method.id), Some(before.id));
    assert!(!standing(&ana).await.reasons.contains(&Reason::MethodNotConfirmed), "the one before pays");
    assert_eq!(led_to(confirm_link(&ana, &first).await), format!("/account/confirm/{first}"));
    assert_eq!(live(&ana).await.map(|method| method.id), Some(before.id));

    let mail = newest(&house, &ana, "method_confirm").await;
    assert!(mail.contains("your payouts go where they went before"), "{mail}");
    let confirmed = mailing(later.later(90).ana());
    assert_eq!(led_to(confirm_link(&confirmed, &link(&mail)).await), "/account?done=confirmed");
    let method = live(&ana).await.expect("in use");
    assert_eq!(
        (method.masked.as_str(), method.usable_from),
        ("DE•• •••• 3000", later.now + TimeDelta::days(3)),
        "its safety period runs"
    );
    assert!(
        standing(&confirmed).await.reasons.iter().any(|reason| matches!(reason, Reason::MethodInSafetyPeriod { .. }))
    );

    // A correction takes money nowhere else, so there is nothing to confirm.
    let mails = house.count("mail_out WHERE kind = 'method_confirm'").await;
    done(&confirmed, &app::payout_methods::api::Typed { holder: "Ana Soler Gil".into(), ..iban(OTHER_IBAN) }).await;
    assert_eq!(live(&ana).await.map(|method| method.holder).as_deref(), Some("Ana Soler Gil"));
    assert_eq!(house.count("mail_out WHERE kind = 'method_confirm'").await, mails);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_change_is_stopped_by_any_member_and_by_setting_the_old_account(pool: PgPool) {
    let house = open(pool).await;
    let cleo = cleo(&house).await;
    done(&house.ana(), &iban(IBAN)).await;
    let ana = mailing(house.later(5).ana());
    done(&ana, &paypal("thief@example.com")).await;
    let token = link(&newest(&house, &ana, "method_confirm").await);
    let method = waits(&ana).await.expect("waits").method.id.to_string();
    assert!(matches!(cancel(&mailing(house.bo()), &method).await, Err(AppError::Conflict)), "not Bo's");
    assert_eq!(led_to(cancel(&cleo, &method).await), "/account?done=cancelled");
    assert!(matches!(cancel(&cleo, &method).await, Err(AppError::Conflict)), "once");
    assert_eq!(led_to(confirm_link(&ana, &token).await), format!("/account/confirm/{token}"));
    assert_eq!(live(&ana).await.map(|method| method.masked).as_deref(), Some("ES•• •••• 1332"));
    let used = live(&ana).await.expect("in use").id.to_string();
    assert!(matches!(cancel(&cleo, &used).await, Err(AppError::Conflict)), "what is in use is no change");

    done(&ana, &paypal("thief@example.org")).await;
    done(&cleo, &iban(IBAN)).await;
    assert_eq!(waits(&ana).await, None);
    assert_eq!(live(&ana).await.map(|method| method.masked).as_deref(), Some("ES•• •••• 1332"));
    assert_eq!(house.count("payout_method WHERE ended_at IS NULL").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn links_end_are_mailed_again_and_not_for_ever(pool: PgPool) {
    let house = open(pool).await;
    let cleo = cleo(&house).await;
    let ana = mailing(house.ana());
    done(&ana, &iban(IBAN)).await;
    let old = link(&newest(&house, &ana, "method_confirm").await);
    let after = mailing(house.later(2 * 24 * 60).ana());
    assert_eq!(led_to(confirm_link(&after, &old).await), format!("/account/confirm/{old}"), "too old");
    assert_eq!(live(&ana).await, None);
    assert!(matches!(ask_again(&cleo).await, Err(AppError::NotFound)), "not hers to confirm");
    for _ in 1..LINKS_A_METHOD {
        assert_eq!(led_to(ask_again(&after).await), "/account?done=resent");
    }
    assert!(led_to(ask_again(&after).await).contains("mailed 5 times"));
    assert!(led_to(ask_again(&house.later(1).ana()).await).contains("no mail server"));
    let new = link(&newest(&house, &ana, "method_confirm").await);
    assert_eq!(led_to(confirm_link(&after, &new).await), "/account?done=confirmed");
    assert_eq!(house.count("method_confirmation WHERE used_at IS NOT NULL").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_that_waits_keeps_nobody_from_theirs(pool: PgPool) {
    let house = open(pool).await;
    let (ana, bo) = (mailing(house.ana()), mailing(house.bo()));
    done(&ana, &iban(IBAN)).await;
    let anas = link(&newest(&house, &ana, "method_confirm").await);
    // Bo sets the same and confirms first.
    done(&bo, &iban(IBAN)).await;
    let bos = link(&newest(&house, &bo, "method_confirm").await);
    assert_eq!(led_to(confirm_link(&bo, &bos).await), "/account?done=confirmed");
    assert!(led_to(confirm_link(&ana, &anas).await).contains("another partner account"));
    assert_eq!(live(&ana).await, None);
    let method = waits(&ana).await.expect("waits").method.id.to_string();
    assert_eq!(led_to(cancel(&ana, &method).await), "/account?done=cancelled");
    assert!(refused(&ana, &iban(IBAN), "iban").await.contains("another partner account"), "told at once now");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_confirmation_and_its_stop_at_once_leave_one_truth(pool: PgPool) {
    let house = open(pool).await;
    done(&house.ana(), &iban(IBAN)).await;
    for round in 0..4 {
        let ana = mailing(house.later(10 + round).ana());
        done(&ana, &paypal(&format!("ana{round}@example.com"))).await;
        let token = link(&newest(&house, &ana, "method_confirm").await);
        let method = waits(&ana).await.expect("waits").method.id.to_string();
        let (one, two, three) = (ana.clone(), ana.clone(), token.clone());
        let (confirmed, again, stopped) = tokio::join!(
            tokio::spawn(async move { confirm_link(&one, &token).await }),
            tokio::spawn({
                let ana = ana.clone();
                async move { confirm_link(&ana, &three).await }
            }),
            tokio::spawn(async move { cancel(&two, &method).await }),
        );
        let stopped = stopped.expect("task").is_ok();
        for end in [confirmed, again] {
            assert_eq!(led_to(end.expect("task")).ends_with("done=confirmed"), !stopped);
        }
        assert_eq!(house.count("payout_method WHERE ended_at IS NULL").await, 1, "round {round}");
        assert_eq!(house.count("payout_method WHERE ended_at IS NULL AND waiting").await, 0);
    }
    assert!(matches!(set(&house.tomas(), &iban(IBAN)).await, Err(AppError::Forbidden)));
}
