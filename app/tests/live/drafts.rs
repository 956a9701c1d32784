//! What is typed and not sent.

use crate::house::{Answer, House, key, post};
use crate::post_quietly;
use app::base::context::Context;
use app::base::ids::PersonId;
use app::desk::api as desk;
use app::live::api as live;
use app::live::store;
use http::StatusCode;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_is_kept_for_its_writer_until_it_is_sent(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let name = format!("case-{case}-reply");
    let keep = async |ctx: Context, name: &str, body: &str, form_key: &str| {
        let (name, body, form_key) = (name.to_owned(), Some(body.to_owned()), Some(form_key.to_owned()));
        post_quietly(&ctx, || live::keep_draft(name, body, form_key)).await
    };
    let drafts = async |person: PersonId| {
        let mut tx = house.tomas().db.begin_sign_in().await.expect("begin");
        store::drafts_of(&mut tx, person).await.expect("drafts")
    };
    assert_eq!(keep(house.tomas(), &name, "We are\r\nlooking", "k1").await, Ok(()));
    assert_eq!(drafts(house.tomas).await, [(name.clone(), "We are\nlooking".to_owned())]);
    assert!(drafts(house.marta).await.is_empty() && drafts(house.ana).await.is_empty());
    // No other role reads what was typed.
    for ctx in [house.tomas(), house.ana()] {
        let mut tx = ctx.begin().await.expect("begin");
        assert!(sqlx::query("SELECT body FROM kept_draft").fetch_all(&mut *tx).await.is_err());
    }
    // Sent, it is gone; and what comes late from the same form does not bring it back.
    let form_key = key();
    let (body, seen) = (Some("We are looking into it.".to_owned()), house.read(case).await);
    let sent = post(&house.tomas(), || desk::reply(case.to_string(), body, form_key.clone(), seen, None)).await;
    assert_eq!(sent, Answer::To(format!("/desk/{case}?done=sent")));
    assert!(drafts(house.tomas).await.is_empty());
    assert_eq!(keep(house.tomas(), &name, "We are looking into", &form_key).await, Ok(()));
    assert!(drafts(house.tomas).await.is_empty());
    // The next form may keep again.
    assert_eq!(keep(house.tomas(), &name, "One more thing", &key()).await, Ok(()));
    assert_eq!(drafts(house.tomas).await.len(), 1);
    // Refused, it is not.
    let (body, form_key) = (Some("  ".to_owned()), key());
    post(&house.tomas(), || desk::reply(case.to_string(), body, form_key, "0".into(), None)).await;
    assert_eq!(drafts(house.tomas).await.len(), 1);
    assert_eq!(keep(house.tomas(), &name, "  ", "").await, Ok(()));
    assert!(drafts(house.tomas).await.is_empty());

    // Too long, a name that is none, an auditor, nobody.
    let bad = Err(StatusCode::BAD_REQUEST);
    assert_eq!(keep(house.ana(), "dispute-1-answer", &"ä".repeat(20_001), "").await, bad);
    assert_eq!(keep(house.ana(), "dispute-1-answer", &"ä".repeat(20_000), "").await, Ok(()));
    assert_eq!(keep(house.ana(), "Robert'); --", "x", "").await, bad);
    assert_eq!(keep(house.lea(), "case-1-note", "x", "").await, Err(StatusCode::FORBIDDEN));
    // Only so many: the oldest makes room.
    for number in 0..120 {
        let later = house.later(number);
        keep(later.ana(), &format!("dispute-{number}-answer"), "x", "").await.expect("kept");
    }
    let kept = drafts(house.ana).await;
    assert_eq!(kept.len(), 100);
    assert!(kept.iter().any(|(name, _)| name == "dispute-119-answer"));
}

/// A process may die at any moment, also between a commit and what comes after it.
#[sqlx::test(migrations = "../migrations")]
async fn a_draft_is_forgotten_in_the_transaction_that_sends_it(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    // Whoever commits a message or a note over a draft of its writer's fails.
    house
        .run(
            "CREATE FUNCTION no_draft_left() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
             BEGIN
                 IF EXISTS (SELECT FROM kept_draft d WHERE d.person_id = NEW.author_id AND d.body <> '') THEN
                     RAISE EXCEPTION 'a draft outlives its form';
                 END IF;
                 RETURN NULL;
             END $$;
             CREATE CONSTRAINT TRIGGER no_draft AFTER INSERT ON message DEFERRABLE INITIALLY DEFERRED
                 FOR EACH ROW EXECUTE FUNCTION no_draft_left();
             CREATE CONSTRAINT TRIGGER no_draft AFTER INSERT ON note DEFERRABLE INITIALLY DEFERRED
                 FOR EACH ROW EXECUTE FUNCTION no_draft_left()",
        )
        .await;
    let keep = async |ctx: &Context, name: String| {
        assert_eq!(post_quietly(ctx, || live::keep_draft(name, Some("So far".into()), None)).await, Ok(()));
    };
    let (ana, tomas) = (house.ana(), house.tomas());
    keep(&ana, format!("dispute-{case}-answer")).await;
    assert_eq!(house.answer(&ana, case, "More.", &key()).await, Answer::To(format!("/disputes/{case}?done=sent")));
    keep(&tomas, format!("case-{case}-reply")).await;
    let sent = house.reply_seen(&tomas, case, "We look.", house.last_message().await, false).await;
    assert_eq!(sent, Answer::To(format!("/desk/{case}?done=sent")));
    keep(&ana, "dispute-new".into()).await;
    assert!(matches!(house.open_other(&ana, &key()).await, Answer::To(to) if to.ends_with("?done=opened")));
    keep(&tomas, format!("case-{case}-note")).await;
    assert_eq!(house.note(&tomas, case, "Careful.").await, Answer::To(format!("/desk/{case}?done=noted")));
    keep(&tomas, format!("case-{case}-decision")).await;
    let decided = house.decide(&tomas, case, "declined", "", &key()).await;
    assert_eq!(decided, Answer::To(format!("/desk/{case}?done=decided")));
    keep(&ana, format!("dispute-{case}-appeal")).await;
    let (id, why, form_key) = (case.to_string(), Some("The shop says otherwise.".to_owned()), key());
    let appealed = post(&ana, || app::appeals::api::appeal(id, why, form_key)).await;
    assert_eq!(appealed, Answer::To(format!("/disputes/{case}?done=appealed")));
    assert_eq!(house.count("kept_draft WHERE body <> ''").await, 0);
    // Nobody but the sign-in role reads drafts, also now that others forget them.
    let mut tx = tomas.begin().await.expect("begin");
    assert!(sqlx::query("SELECT body FROM kept_draft").fetch_all(&mut *tx).await.is_err());
}
