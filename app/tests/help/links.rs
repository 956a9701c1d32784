//! The register of links in macros and articles.

use crate::articles::write_article;
use crate::desk_house::{House, post};
use crate::macros::made;
use app::help::api as help;
use app::links::check::check_due;
use app::links::model::{Finding, State};
use app::links::store as links;
use app::macros::api as macros;
use chrono::TimeDelta;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn every_link_is_checked_and_dead_ones_come_first(pool: PgPool) {
    let house = House::open(pool).await;
    let body = "See [payouts](/payouts), [the desk](/desk), [nothing](/nowhere), [more](/help/more), [out](https://example.org/a), \
                [ours](https://desk.example/terms), <mailto:a@example.org>";
    write_article(&house, &house.marta(), "one", "en", "0", ["One", body], true).await;
    made(&house, "With a link", ["See https://example.org/gone.", ""], false).await;
    let ctx = house.marta();
    let ask = |address: String| async move {
        match address.as_str() {
            "https://example.org/a" => Finding::NoAnswer,
            "https://example.org/gone" => Finding::Status(404),
            other => panic!("{other} is ours and not to be asked"),
        }
    };
    assert_eq!(check_due(&ctx.db, "https://desk.example", ask, ctx.now()).await.expect("checked"), 7);
    assert_eq!(
        check_due(&ctx.db, "https://desk.example", ask, ctx.now()).await.expect("checked"),
        0,
        "each in its turn"
    );
    let states = async || {
        let mut tx = ctx.begin().await.expect("begin");
        let found = links::list(&mut tx, 50).await.expect("list");
        found.into_iter().map(|link| (link.address, link.state, link.finding)).collect::<Vec<_>>()
    };
    let of = |address: &str, state, finding| (address.to_owned(), state, Some(finding));
    let mut found = states().await;
    let order: Vec<_> = found.iter().map(|(_, state, _)| *state).collect();
    assert_eq!(order[..4], [State::Dead; 4]);
    assert_eq!(order[4..], [State::Doubtful, State::Works, State::Works]);
    found.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(
        found,
        [
            of("/desk", State::Dead, Finding::NotForPartners),
            of("/help/more", State::Dead, Finding::NoPage),
            of("/nowhere", State::Dead, Finding::NoPage),
            of("/payouts", State::Works, Finding::Answers(None)),
            of("https://desk.example/terms", State::Works, Finding::Answers(None)),
            of("https://example.org/a", State::Doubtful, Finding::NoAnswer),
            of("https://example.org/gone", State::Dead, Finding::Status(404)),
        ]
    );
    // A day later there is such an article; what stands in no text any more is no link of ours.
    write_article(&house, &house.marta(), "more", "en", "0", ["More", "Nothing."], true).await;
    let later = ctx.now() + TimeDelta::days(1);
    assert_eq!(check_due(&ctx.db, "https://desk.example", ask, later).await.expect("checked"), 7);
    let mut tx = ctx.begin().await.expect("begin");
    assert_eq!(links::dead(&mut tx).await.expect("count"), 3);
    drop(tx);
    post(&ctx, || help::retire_article("one".into())).await;
    assert_eq!(states().await, [of("https://example.org/gone", State::Dead, Finding::Status(404))]);
    let id: i64 = house.one("SELECT macro_id FROM macro").await;
    post(&house.tomas(), || macros::retire_macro(id.to_string())).await;
    assert!(states().await.is_empty());
}
