//! A send is stopped where something came that its writer has not seen.

use crate::house::{Answer, House, key, post};
use crate::id_of_draft;
use app::base::context::Context;
use app::desk::api as desk;
use app::live::model::What;
use app::live::store;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn a_send_is_stopped_when_something_unseen_arrived(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    house.take(&house.marta(), case).await;
    let (tomas, path) = (house.tomas(), format!("/desk/{case}"));
    let reply = async |seen: String| {
        let (body, form_key) = (Some("We have nothing.".to_owned()), key());
        post(&tomas, || desk::reply(case.to_string(), body, form_key, seen, None)).await
    };
    // Each of these came while Tomás wrote: a message, a note, a change of stage.
    let read = house.read(case).await;
    house.answer(&house.ana(), case, "I found the receipt.", &key()).await;
    assert!(reply(read.clone()).await.is_back_to(&path));
    let read = house.read(case).await;
    house.note(&house.marta(), case, "She called, too.").await;
    let stopped = reply(read.clone()).await;
    assert!(stopped.is_back_to(&path));
    assert_eq!(house.count("message WHERE side = 'staff'").await, 0, "nothing was sent");

    // The page then shows what was new above what was typed, and says anew what it shows.
    let then = read.parse().expect("seen");
    let mut tx = tomas.begin().await.expect("begin");
    let unseen = store::unseen(&mut tx, house.garden, case, &then).await.expect("unseen");
    tx.commit().await.expect("commit");
    assert_eq!(
        unseen.iter().map(|one| (one.what, one.by.as_str(), one.text.as_str())).collect::<Vec<_>>(),
        [(What::Note, "Marta Ruiz", "She called, too.")]
    );
    let draft = app::base::forms::recall(&tomas, Some(&id_of_draft(&stopped))).await.expect("draft");
    assert_eq!((draft.value("body"), draft.value("seen")), ("We have nothing.".to_owned(), read));
    assert_eq!(reply(house.read(case).await).await, Answer::To(format!("/desk/{case}?done=sent")));

    let read = house.read(case).await;
    house.reply(&house.marta(), case, "Could you send the receipt?", true).await;
    assert!(reply(read).await.is_back_to(&path));
}

#[sqlx::test(migrations = "../migrations")]
async fn deciding_and_closing_are_stopped_in_the_same_way(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    house.reply(&house.marta(), case, "You are right.", false).await;
    let (tomas, path) = (house.tomas(), format!("/desk/{case}"));
    let some = |text: &str| Some(text.to_owned());
    let decide = async |read: String| {
        let (outcome, reason, words) = (some("in_favour"), some("goodwill"), some("You were right."));
        post(&tomas, || desk::decide_case(case.to_string(), read, outcome, reason, None, words, None, key())).await
    };
    let read = house.read_version(case).await;
    // A note moves no version: only what was seen tells.
    house.note(&house.marta(), case, "Wait for the advertiser.").await;
    let stopped = decide(read.clone()).await;
    assert!(stopped.is_back_to(&path));
    assert_eq!(house.count("case_decision").await, 0);
    let draft = app::base::forms::recall(&tomas, Some(&id_of_draft(&stopped))).await.expect("draft");
    assert_eq!(draft.value("body"), "You were right.");
    let unseen = app::live::page::seen_of(&draft).expect("what was seen");
    let mut tx = tomas.begin().await.expect("begin");
    assert_eq!(store::unseen(&mut tx, house.garden, case, &unseen).await.expect("unseen").len(), 1);
    drop(tx);
    let close = async |read: String| post(&tomas, || desk::close_case(case.to_string(), read)).await;
    assert!(close(read).await.is_back_to(&path));
    assert_eq!(house.stage(case).await, "in_review");

    assert_eq!(decide(house.read_version(case).await).await, Answer::To(format!("/desk/{case}?done=decided")));
    let read = house.read_version(case).await;
    house.reply(&house.marta(), case, "It is on its way.", false).await;
    assert!(close(read).await.is_back_to(&path), "another stage or message stops it, not with an error page");
    assert_eq!(close(house.read_version(case).await).await, Answer::To(format!("/desk/{case}?done=closed")));
}

#[sqlx::test(migrations = "../migrations")]
async fn two_at_once_send_one_reply(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let read = house.read(case).await;
    let send = async |ctx: Context, words: &str| {
        let (body, seen) = (Some(words.to_owned()), read.clone());
        post(&ctx, || desk::reply(case.to_string(), body, key(), seen, None)).await
    };
    let (tomas, marta) = tokio::join!(send(house.tomas(), "From Tomás."), send(house.marta(), "From Marta."));
    let sent = Answer::To(format!("/desk/{case}?done=sent"));
    let stopped = format!("/desk/{case}");
    assert!(
        (tomas == sent && marta.is_back_to(&stopped)) || (marta == sent && tomas.is_back_to(&stopped)),
        "{tomas:?} {marta:?}"
    );
    assert_eq!(house.count("message WHERE side = 'staff'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_waits_in_a_merged_case_is_seen_through_the_other(pool: PgPool) {
    let house = House::open(pool).await;
    // The older one is merged into the newer: none of its messages is newer than what a reader of that one saw.
    let older = house.opened().await;
    house.note(&house.marta(), older, "She called twice.").await;
    house.open_other(&house.ana(), &key()).await;
    let newer = house.last_case().await;
    let tomas = house.tomas();
    let reply = async |case: app::base::ids::CaseId, seen: String| {
        let (body, form_key) = (Some("Under Links.".to_owned()), key());
        post(&tomas, || desk::reply(case.to_string(), body, form_key, seen, None)).await
    };
    let (before, of_older) = (house.read(newer).await, house.read(older).await);
    house.merge(older, newer).await;
    let stopped = reply(newer, before).await;
    assert!(stopped.is_back_to(&format!("/desk/{newer}")), "{stopped:?}");
    let draft = app::base::forms::recall(&tomas, Some(&id_of_draft(&stopped))).await.expect("draft");
    let then = app::live::page::seen_of(&draft).expect("what was seen");
    let mut tx = tomas.begin().await.expect("begin");
    let unseen = store::unseen(&mut tx, house.garden, newer, &then).await.expect("unseen");
    drop(tx);
    let said: Vec<_> = unseen.iter().filter(|one| one.what != What::Step).map(|one| one.text.as_str()).collect();
    assert_eq!(said, ["I expected more.", "She called twice."]);
    // From the page of the one that was merged, nothing of the other was seen, however little it says.
    let stopped = reply(older, of_older).await;
    assert!(stopped.is_back_to(&format!("/desk/{newer}")), "{stopped:?}");
    assert_eq!(house.count("message WHERE side = 'staff'").await, 0);
    assert_eq!(reply(newer, house.read(newer).await).await, Answer::To(format!("/desk/{newer}?done=sent")));
}

#[sqlx::test(migrations = "../migrations")]
async fn every_form_with_words_for_the_partner_is_stopped(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let (tomas, path) = (house.tomas(), format!("/desk/{case}"));
    let some = |text: &str| Some(text.to_owned());
    let credit = async |seen: String| {
        let (amount, until, reason) = (some("5"), some("2026-12-10"), some("Until we know more."));
        post(&tomas, || {
            app::provisional::api::credit_provisionally(case.to_string(), amount, until, reason, key(), seen)
        })
        .await
    };
    let escalate = async |seen: String| {
        let (facts, tried, proposed) = (some("It is real."), some("Asked twice."), some("Credit it."));
        post(&tomas, || {
            app::escalations::api::escalate(case.to_string(), facts, tried, proposed, some("owner"), key(), seen)
        })
        .await
    };
    let decide = async |ctx: Context, read: String| {
        let words = some("Looked at again.");
        post(&ctx, || {
            app::appeals::api::decide_appeal(case.to_string(), read, some("upheld"), None, words, None, key())
        })
        .await
    };
    // Whatever is usual: here an agent may give a provisional credit.
    let limits = [some("25"), some("100"), some("31")];
    let [largest, cap, days] = limits;
    let marta = house.marta();
    let set = post(&marta, || {
        app::provisional::api::set_provisional_policy("shop".into(), "agent".into(), largest, cap, days)
    })
    .await;
    assert!(matches!(set, Answer::To(to) if to.ends_with("?done=set")));
    let read = house.read(case).await;
    house.note(&house.marta(), case, "Wait for the advertiser.").await;
    assert!(credit(read.clone()).await.is_back_to(&path) && escalate(read).await.is_back_to(&path));
    assert_eq!(house.count("provisional_credit").await + house.count("escalation").await, 0);
    assert_eq!(credit(house.read(case).await).await, Answer::To(format!("{path}?done=provisional")));
    assert_eq!(escalate(house.read(case).await).await, Answer::To(format!("{path}?done=escalated")));

    house.decide(&house.marta(), case, "declined", "", &key()).await;
    let (ana, why) = (house.ana(), some("The shop says otherwise."));
    post(&ana, || app::appeals::api::appeal(case.to_string(), why, key())).await;
    let read = house.read_version(case).await;
    house.note(&house.marta(), case, "She is right, I think.").await;
    let stopped = decide(tomas.clone(), read).await;
    assert!(stopped.is_back_to(&path), "{stopped:?}");
    assert_eq!(house.count("case_appeal_decision").await, 0);
    let decided = decide(tomas.clone(), house.read_version(case).await).await;
    assert_eq!(decided, Answer::To(format!("{path}?done=appeal-decided")));
}
