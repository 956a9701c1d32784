//! What stands on the page, and that a week that is over does not change.

use crate::desk_house::{House, key};
use crate::pages::{page, page_status};
use crate::{DAY, WEEK, digest, escalate, in_spanish, propose};
use app::approvals::api::{self, DecisionForm};
use app::approvals::store as approvals;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn a_week_stands_on_one_page(pool: PgPool) {
    let house = House::open(pool).await;
    let empty = page(house.marta(), "/digest").await;
    for words in [
        "Nothing waits for an owner.",
        "30\u{a0}November\u{a0}2026 to 6\u{a0}December\u{a0}2026, as far as it has come. Days are those of UTC.",
        "Nobody opened a case in this week or the one before.",
        "Nobody rated a case in this week.",
        "You get this page by mail every Monday",
    ] {
        assert!(empty.contains(words), "{words} in {empty}");
    }

    house.run("UPDATE partner SET name = 'Garden <script>alert(1)</script>' WHERE code = 'garden'").await;
    let case = house.opened().await;
    house.take(&house.tomas(), case).await;
    escalate(&house.later(60), case).await;
    propose(&house, house.garden, "10").await;
    house.claim(&house.bo(), &house.offer.to_string(), "O-9", "2026-11-29T10:00", "50").await;
    let later = house.later(2 * DAY);
    let full = page(later.marta(), "/digest").await;
    for words in [
        "Waiting for an owner: 1 decision and 1 escalation.",
        "Commission for Garden &lt;script&gt;",
        "8% of the order → 10% of the order",
        "2 days",
        "Wrong amount, Garden &lt;script&gt;",
        "Put to owners in this week: 1.",
        // The commission of the order that is disputed, and what the claimed one would earn.
        "£20.00",
        "Wrong amount, Plants",
        "Missing conversion, Plants",
        "none decided yet",
        "Waits for an answer for 2 days.",
        "Other terms are proposed",
        "Nobody proposes anything yet",
    ] {
        assert!(full.contains(words), "{words} in {full}");
    }
    let spanish = page(in_spanish(later.marta()), "/digest").await;
    assert!(spanish.contains("A la espera de la dirección: 1 decisión y 1 escalado."), "{spanish}");
    assert!(spanish.contains("Espera respuesta desde hace 2 días."), "{spanish}");
    // An auditor reads it and gets no mail; nobody else sees it.
    let read = page(later.lea(), "/digest").await;
    assert!(read.contains("1 decision and 1 escalation") && !read.contains("set-digest-mail"), "{read}");
    for other in [later.tomas(), later.ana()] {
        assert_eq!(page_status(other, "/digest").await, Some(403));
    }
    // Weeks that no calendar reaches are this one, and there is none after it to go on to.
    for odd in ["2026-12-24", "9999-12-31", "yesterday", "%00"] {
        let page = page(later.marta(), &format!("/digest?week={odd}")).await;
        assert!(page.contains("30\u{a0}November\u{a0}2026") && !page.contains("rel=\"next\""), "{odd}");
    }
    let before = page(later.marta(), "/digest?week=2026-11-29").await;
    assert!(before.contains("as it stood at its end") && before.contains("week=2026-11-30"), "{before}");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_happens_later_changes_no_week_that_is_over(pool: PgPool) {
    let house = House::open(pool).await;
    let (case, merged) = (house.opened().await, {
        house.open_other(&house.bo(), &key()).await;
        house.last_case().await
    });
    house.take(&house.tomas(), case).await;
    house.take(&house.tomas(), merged).await;
    escalate(&house.later(60), case).await;
    propose(&house, house.garden, "10").await;
    house.run("INSERT INTO terms_request (partner_id, programme_id, field, wish, reason, person_id, person_name, asked_at, form_key)
               SELECT p.partner_id, p.programme_id, 'rate', 12, 'More.', m.person_id, 'Bo Lind', '2026-12-02Z', gen_random_uuid()
               FROM partner p JOIN partner_member m USING (partner_id) WHERE p.code = 'kitchen'").await;
    let week_over = house.later(WEEK);
    let then = digest(&week_over, Some("2026-12-01")).await;
    assert_eq!((then.waiting.1, then.escalated.1, then.newly_escalated, then.at_risk.1), (1, 1, 1, 2));
    assert_eq!(then.in_dispute.iter().map(|money| money.amount.to_string()).collect::<Vec<_>>(), ["16.00"]);
    assert_eq!(then.themes.iter().map(|theme| (theme.now, theme.before)).collect::<Vec<_>>(), [(1, 0), (1, 0)]);

    // The week after, all of it is dealt with.
    let after = house.later(WEEK + DAY);
    house.decide(&after.marta(), case, "in_favour", "5", &key()).await;
    house.reply(&after.tomas(), merged, "Under your account.", false).await;
    house.close(&after.tomas(), merged).await;
    let mut tx = after.marta().begin().await.expect("begin");
    let proposal = approvals::waiting(&mut tx, after.now, 10).await.expect("waiting").remove(0);
    drop(tx);
    let form = DecisionForm {
        proposal: proposal.id.to_string(),
        verdict: "rejected".into(),
        reason_partner: "Not now.".into(),
        content_hash: proposal.content_hash,
        ..DecisionForm::default()
    };
    api::decide(&after.marta(), &form).await.expect("decided");
    let now = digest(&after.later(60), None).await;
    assert_eq!((now.waiting.1, now.escalated.1, now.in_dispute.len(), now.resolved.0), (0, 0, 0, 2));
    assert_eq!(now.resolved.1, 1, "an owner decided one of them");
    assert_eq!(now.themes.iter().map(|theme| (theme.now, theme.before)).collect::<Vec<_>>(), [(0, 1), (0, 1)]);

    let again = digest(&after.later(60), Some("2026-12-06")).await;
    assert_eq!(format!("{then:?}"), format!("{again:?}"), "the week that is over reads as it did");
    // And the one before it knew nothing of all that.
    let earlier = digest(&after, Some("2026-11-29")).await;
    assert_eq!((earlier.waiting.1, earlier.escalated.1, earlier.themes.len(), earlier.at_risk.1), (0, 0, 0, 0));
}
