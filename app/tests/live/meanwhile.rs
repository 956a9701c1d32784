//! What a page says where its case moved on while somebody looked at it.

use crate::house::{Answer, House, key, post};
use crate::pages::page;
use app::base::context::Context;
use app::base::language::Locale;
use app::desk::api as desk;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn who_comes_second_is_shown_the_case_and_told(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let version: i32 = house.one("SELECT version FROM support_case").await;
    let shown = async |answer: Answer| {
        let Answer::To(to) = &answer else { panic!("{answer:?}") };
        assert!(answer.is_back_to(&format!("/desk/{case}")), "{answer:?}");
        page(house.marta(), to.trim_end_matches("#form")).await
    };
    house.take(&house.tomas(), case).await;
    let html = shown(house.take_version(&house.marta(), case, version).await).await;
    assert!(html.contains("id=\"form\"") && html.contains("it is with Tomás Gil now"), "{html}");
    assert!(html.contains("action=\"/do/take-case\""), "and it can still be taken over: {html}");

    // The message that was to be marked was answered; and then the case moved on without a new message.
    let message = house.last_message().await;
    house.reply(&house.tomas(), case, "It is on its way.", false).await;
    let marta = house.marta();
    let marked =
        post(&marta, || desk::needs_no_answer(case.to_string(), message.to_string(), version.to_string())).await;
    assert!(shown(marked).await.contains("nothing is left to mark"));
    house.answer(&house.ana(), case, "Thank you.", &key()).await;
    let (message, version) = (house.last_message().await, house.one::<i32>("SELECT version FROM support_case").await);
    house.run("UPDATE support_case SET version = version + 1").await;
    let marta = house.marta();
    let marked =
        post(&marta, || desk::needs_no_answer(case.to_string(), message.to_string(), version.to_string())).await;
    assert!(shown(marked).await.contains("it is with Tomás Gil now"));
    assert_eq!(house.count("needs_no_answer").await, 0, "nothing was done");

    // Closed: what was typed into a form that stands there no more is shown.
    let version: i32 = house.one("SELECT version FROM support_case").await;
    house.mark(&house.tomas(), case, message).await;
    house.close(&house.tomas(), case).await;
    let html = shown(house.take_version(&house.marta(), case, version).await).await;
    assert!(html.contains("The case was closed while you were looking at it"), "{html}");
    let html = shown(house.decide(&house.marta(), case, "declined", "", &key()).await).await;
    assert!(html.contains("What you typed:") && html.contains("You were right."), "{html}");
    let spanish = Context { locale: Locale::es, ..house.marta() };
    let Answer::To(to) = house.take_version(&spanish, case, version).await else { panic!() };
    assert!(page(spanish, to.trim_end_matches("#form")).await.contains("El caso se ha cerrado mientras lo mirabas"));
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_there_takes_no_room(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let html = page(house.tomas(), &format!("/desk/{case}")).await;
    let here = html.split("data-live-here").nth(1).and_then(|rest| rest.split_once('>')).expect("the line").1;
    let inside = here.split("</p>").next().expect("its end").replace("<!>", "");
    assert_eq!(inside, "", "an empty line has nothing in it, no space either");
}
