//! Cases that go on in another, and those that name each other.

use super::*;

#[sqlx::test(migrations = "../migrations")]
async fn a_merged_case_goes_on_in_the_other_one(pool: PgPool) {
    let (house, _) = with_ines(pool).await;
    let target = house.opened().await;
    house.reply(&house.tomas(), target, "Which order do you mean?", true).await;
    let later = house.later(10);
    let stranger = open_case(&later, &later.bo()).await;
    let source = open_case(&later, &later.ana()).await;

    let other = merge(&later, &later.tomas(), source, stranger).await;
    assert!(other.is_back_to(&format!("/desk/{source}")), "{other:?}");
    let done = merge(&later, &later.tomas(), source, target).await;
    assert_eq!(done, Answer::To(format!("/desk/{target}?done=work-merged")));
    assert_eq!((house.stage(source).await, house.stage(target).await), ("closed".into(), "in_review".into()));
    let twice = merge(&later, &later.tomas(), target, source).await;
    assert!(twice.is_back_to(&format!("/desk/{target}")), "{twice:?}");

    // What Ana asked there waits here: the other case can't be closed over it.
    let mut tx = later.tomas().begin().await.expect("begin");
    assert!(desk::unanswered(&mut tx, house.garden, target).await.expect("unanswered").is_some());
    let said = cases::messages(&mut tx, house.garden, target).await.expect("messages");
    assert_eq!(said.len(), 3);
    drop(tx);
    let back = later.close(&later.tomas(), target).await;
    assert!(back.is_back_to(&format!("/desk/{target}")), "{back:?}");

    // Both sides see it in one place, and the old link leads there.
    let html = page(later.tomas(), &format!("/desk/{target}")).await;
    assert!(html.contains("Merged into this one:") && html.contains("Where do I find my links?"), "{html}");
    let html = page(later.tomas(), &format!("/desk/{source}")).await;
    assert!(html.contains("The conversation goes on in") && !html.contains("action=\"/do/reply\" id"), "{html}");
    let html = page(later.ana(), &format!("/disputes/{target}")).await;
    assert!(html.contains("Where do I find my links?") && html.contains("I expected more."), "{html}");
    assert!(html.contains(&format!("With it: dispute {source}.")), "{html}");
    assert!(html.contains(&format!("Dispute {source} joined with this one")), "its time line says when: {html}");
    let way = page(later.ana(), &format!("/disputes/{source}")).await;
    assert_eq!(way, format!("to /disputes/{target}?merged={source}"));
    let html = page(later.ana(), way.trim_start_matches("to ")).await;
    assert!(html.contains(&format!("Dispute {source} was joined with this one")), "{html}");
    let html = page(later.ana(), &format!("/disputes/{target}?merged={stranger}")).await;
    assert!(!html.contains("was joined with this one"), "an address does not speak for us: {html}");
    let spanish = Context { locale: Locale::es, ..later.ana() };
    assert!(page(spanish, way.trim_start_matches("to ")).await.contains("se ha unido a esta: ahora hay una sola"));
    assert!(!page(later.ana(), "/disputes").await.contains(&format!("/disputes/{source}\"")));

    // An answer sent from a page that was open before lands in the one that goes on.
    let again = house.later(20);
    let sent = again.answer(&again.ana(), source, "Never mind.", &key()).await;
    assert_eq!(sent, Answer::To(format!("/disputes/{target}?done=sent")));
    again.reply_seen(&again.tomas(), target, "All is well.", house.last_message().await, false).await;
    again.close(&again.tomas(), target).await;
    assert_eq!(house.stage(target).await, "closed");
    assert_eq!(house.count("audit WHERE action IN ('case.merged', 'case.took_in')").await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_unanswered_when_merged_can_be_marked(pool: PgPool) {
    let (house, _) = with_ines(pool).await;
    let source = house.opened().await;
    let target = open_case(&house, &house.ana()).await;
    // The other case speaks later and is answered; what was asked in this one is not answered by that.
    let later = house.later(5);
    later.reply(&later.tomas(), target, "Under Links.", false).await;
    let then = house.later(10);
    merge(&then, &then.tomas(), source, target).await;
    let mut tx = then.tomas().begin().await.expect("begin");
    let waits = desk::unanswered(&mut tx, house.garden, target).await.expect("unanswered").expect("it waits");
    drop(tx);
    assert_eq!(then.mark(&then.tomas(), target, waits).await, Answer::To(format!("/desk/{target}?done=marked")));
    assert_eq!(then.close(&then.tomas(), target).await, Answer::To(format!("/desk/{target}?done=closed")));
}

#[sqlx::test(migrations = "../migrations")]
async fn related_cases_name_each_other(pool: PgPool) {
    let (house, _) = with_ines(pool).await;
    let (ana, bo) = (house.opened().await, open_case(&house, &house.bo()).await);
    let link = async |case: CaseId, other: CaseId, remove: bool| {
        let remove = remove.then(|| "yes".to_owned());
        post(&house.tomas(), || api::link_case(case.to_string(), some(&other.to_string()), remove)).await
    };
    assert!(is_done(&link(bo, ana, false).await, bo, "work-linked"));
    assert!(link(ana, bo, false).await.is_back_to(&format!("/desk/{ana}")), "once");
    assert!(link(ana, ana, false).await.is_back_to(&format!("/desk/{ana}")));
    assert!(page(house.tomas(), &format!("/desk/{ana}")).await.contains(&format!("Unlink {bo}")));
    assert!(page(house.tomas(), &format!("/desk/{bo}")).await.contains(&format!("Unlink {ana}")));
    assert!(is_done(&link(ana, bo, true).await, ana, "work-unlinked"));
    assert_eq!(house.count("case_link").await, 0);
}
