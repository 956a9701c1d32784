//! Search and saved views against a real database: what is found, in which order, and what nobody may do.
#![cfg(feature = "ssr")]

mod desk_house;
mod pages;

use app::base::context::Context;
use app::base::ids::CaseId;
use app::base::language::Locale;
use app::search::model::{Found, Outcome, Place};
use app::search::rules::{self, Begin};
use app::search::store;
use app::views::api as views;
use desk_house::{Answer, House, key, post};
use http::StatusCode;
use pages::page;
use sqlx::PgPool;

/// A case of kitchen's or garden's with one message.
async fn told(house: &House, partner: &str, subject: &str, body: &str) -> CaseId {
    let quoted = |text: &str| text.replace('\'', "''");
    house
        .run(&format!(
            "WITH opened AS (
                 INSERT INTO support_case (programme_id, partner_id, kind, subject, opened_by, opened_at, next_update_at)
                 SELECT p.programme_id, p.partner_id, 'other', '{}', m.person_id, '2026-11-30Z', '2026-12-02Z'
                 FROM partner p JOIN partner_member m USING (partner_id) WHERE p.code = '{partner}' RETURNING *)
             INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key)
             SELECT partner_id, case_id, 'partner', opened_by, 'They', '{}', opened_at, gen_random_uuid() FROM opened",
            quoted(subject),
            quoted(body)
        ))
        .await;
    house.last_case().await
}

async fn search(house: &House, typed: &str) -> Outcome {
    let tomas = house.tomas();
    let mut tx = tomas.begin().await.expect("begin");
    store::search(&mut tx, house.tomas, &rules::words(typed), Begin::Start, house.now).await.expect("search")
}

async fn found(house: &House, typed: &str) -> Found {
    match search(house, typed).await {
        Outcome::Found(found) => *found,
        other => panic!("{typed}: {other:?}"),
    }
}

async fn cases(house: &House, typed: &str) -> Vec<CaseId> {
    found(house, typed).await.lines.iter().map(|(line, _, _)| line.id).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn words_are_found_in_both_languages_with_and_without_accents(pool: PgPool) {
    let house = House::open(pool).await;
    let spanish = told(&house, "garden", "Pago", "Mi comisión de noviembre está retrasada y nadie me contesta.").await;
    let english = told(&house, "kitchen", "Payout", "My commissions were reversed; the payouts are late.").await;
    for (typed, expected) in [
        ("comisión", vec![spanish]),
        ("COMISION", vec![spanish]),
        ("comisiones retrasadas", vec![spanish]),
        ("¿retrasado?", vec![spanish]),
        ("commission", vec![english]),
        ("late payout", vec![english]),
        ("reversing", vec![english]),
        ("commission comisión", vec![]),
        ("mi comision de noviembre", vec![spanish]),
    ] {
        assert_eq!(cases(&house, typed).await, expected, "{typed}");
    }
    assert!(matches!(search(&house, "de la the").await, Outcome::Nothing));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_slip_is_forgiven_where_nobody_wrote_the_word(pool: PgPool) {
    let house = House::open(pool).await;
    let case = told(&house, "garden", "Question", "The postback of my commission never came, hay un retraso.").await;
    assert_eq!(cases(&house, "comission").await, [], "no word is known before the job has read");
    let db = house.tomas().db;
    assert_eq!(store::learn(&db).await.expect("learned"), 1);
    assert_eq!(store::learn(&db).await.expect("learned"), 0);
    assert_eq!(house.count("unread_message").await, 0);
    for typed in ["comission", "postbakc", "retrazo", "Comision postbck"] {
        assert_eq!(cases(&house, typed).await, [case], "{typed}");
    }
    let found = found(&house, "comission").await;
    assert_eq!(found.terms[0].instead, ["commission"]);
    // A word that was written is no slip, however like another it is.
    assert!(cases(&house, "retrasos").await == [case] && cases(&house, "camission2").await.is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn orders_numbers_and_partners_are_found_and_stand_first(pool: PgPool) {
    let house = House::open(pool).await;
    let pinned = house.opened().await;
    house.claim(&house.ana(), &house.offer.to_string(), "ORD/77'\\x", "2026-11-30T10:00", "20").await;
    let claimed = house.last_case().await;
    let said = told(&house, "kitchen", "Question", "Is order O-1 yours? It is not 4711.").await;
    assert_eq!(cases(&house, "o-1").await, [pinned, said], "pinned before mentioned");
    assert_eq!(cases(&house, "ORD/77'\\x").await, [claimed]);
    assert_eq!(cases(&house, "ord/7").await, [claimed], "its beginning is enough");
    assert_eq!(found(&house, &format!("#{said}")).await.lines[0].1, Place::Number);
    assert_eq!(cases(&house, "kitchen").await, [said]);
    assert_eq!(cases(&house, "kitchn").await, [said], "nearly its name");
    house.note(&house.tomas(), said, "The feed of Plantomatic was down.").await;
    assert_eq!(cases(&house, "plantomatic").await, [said], "notes count");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_common_is_found_where_it_is_newest_and_page_by_page(pool: PgPool) {
    let house = House::open(pool).await;
    for n in 0..45 {
        told(
            &house,
            if n % 2 == 0 { "garden" } else { "kitchen" },
            "Question",
            &format!("The widget number {n} is broken."),
        )
        .await;
    }
    // As if years of other messages lay between the first ones and the last.
    house.run("SELECT setval('message_message_id_seq', 40 * 8192)").await;
    let last = told(&house, "garden", "Question", "Another widget.").await;
    let words = rules::words("widgets");
    let (mut seen, mut begin) = (Vec::new(), Begin::Start);
    loop {
        let mut tx = house.tomas().begin().await.expect("begin");
        let Outcome::Found(page) = store::search(&mut tx, house.tomas, &words, begin, house.now).await.expect("search")
        else {
            panic!()
        };
        assert_eq!(page.cases, 46);
        seen.extend(page.lines.iter().map(|(line, _, _)| line.id));
        match page.next {
            Some(next) => begin = Begin::After(next),
            None => break,
        }
    }
    assert_eq!((seen.len(), seen[0]), (46, last));
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "of equals, the newer first");
}

#[sqlx::test(migrations = "../migrations")]
async fn words_are_found_together_that_stand_in_several_messages(pool: PgPool) {
    let house = House::open(pool).await;
    let case = told(&house, "garden", "Zebra campaign", "The banner is broken.").await;
    let other = told(&house, "kitchen", "Question", "The banner is too wide.").await;
    house.reply(&house.tomas(), case, "We asked the printer.", false).await;
    assert_eq!(cases(&house, "zebra printer").await, [case], "subject and our words");
    assert_eq!(cases(&house, "banner printer").await, [case], "two messages");
    assert_eq!(cases(&house, "banners wide").await, [other]);
    assert_eq!(cases(&house, "printer wide").await, [], "of two cases");
    assert_eq!(found(&house, "zebra printer").await.lines[0].1, Place::Conversation);
    // The newest message with one of the words is shown.
    let html = page(house.tomas(), "/search?q=banner+printer").await;
    assert!(html.contains("In its whole conversation:") && html.contains("<mark>printer<"), "{html}");
    // One text that has them all says more than several.
    let whole = told(&house, "kitchen", "Question", "A printer broke my banner.").await;
    assert_eq!(cases(&house, "banner printer").await, [whole, case]);
    // What is merged into a case is part of its conversation.
    let late = told(&house, "garden", "Question", "It is about the giraffe.").await;
    house
        .run(&format!(
            "INSERT INTO case_merge (partner_id, case_id, into_case_id, merged_by, merged_at)
             SELECT partner_id, case_id, {case}, {}, '2026-12-01Z' FROM support_case WHERE case_id = {late};
             UPDATE support_case SET stage = 'closed', closed_at = '2026-12-01Z' WHERE case_id = {late}",
            house.tomas
        ))
        .await;
    assert_eq!(cases(&house, "giraffe zebra").await, [case]);
    let mut tx = house.ana().begin().await.expect("begin");
    let own = store::own(&mut tx, house.garden, &rules::words("giraffe printer")).await.expect("own").expect("in time");
    assert!(own.contains(&case), "a partner's own search, too: {own:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_its_reader_gave_away_is_not_found(pool: PgPool) {
    let house = House::open(pool).await;
    let mut given = Vec::new();
    for n in 0..30 {
        let case =
            told(&house, "garden", "Widget question", &format!("The widget {n} is broken, says the order.")).await;
        if n % 3 == 0 {
            house.give_away(case).await;
            given.push(case);
        }
    }
    for typed in ["widget", "widget order", "question broken", "garden"] {
        let page = found(&house, typed).await;
        assert_eq!((page.cases, page.lines.len()), (20, 20), "{typed}");
        assert!(page.lines.iter().all(|(line, _, _)| !given.contains(&line.id)), "{typed}");
        assert_eq!(page.next, None, "{typed}: a page is whole");
    }
    assert!(!cases(&house, &format!("#{}", given[0])).await.contains(&given[0]), "nor by its number");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_search_that_takes_too_long_ends(pool: PgPool) {
    let house = House::open(pool).await;
    house
        .run("ALTER FUNCTION search_for(jsonb) RENAME TO searched_for;
              CREATE FUNCTION search_for(terms jsonb) RETURNS tsquery LANGUAGE sql AS 'SELECT searched_for($1) FROM pg_sleep(9)'")
        .await;
    assert!(matches!(search(&house, "anything").await, Outcome::TooLong));
    // A partner reads the same, above all their disputes.
    let case = told(&house, "garden", "Question", "Anything").await;
    let html = page(house.ana(), "/disputes?q=anything").await;
    assert!(html.contains("That took too long") && html.contains(&format!("/disputes/{case}\"")), "{html}");
}

#[sqlx::test(migrations = "../migrations")]
async fn partners_search_their_own_disputes(pool: PgPool) {
    let house = House::open(pool).await;
    let pinned = house.opened().await;
    let said = told(&house, "garden", "Question", "Mi comisión no llegó.").await;
    told(&house, "kitchen", "Question", "Mi comisión no llegó.").await;
    house.note(&house.tomas(), said, "Plantomatic").await;
    let own = async |typed: &str| {
        let mut tx = house.ana().begin().await.expect("begin");
        store::own(&mut tx, house.garden, &rules::words(typed)).await.expect("own").expect("in time")
    };
    assert_eq!(own("comision").await, [said], "not kitchen's");
    assert_eq!(own("O-1").await, [pinned]);
    assert_eq!(own("plantomatic").await, [], "not the house's notes");
    let html = page(house.ana(), "/disputes?q=comisi%C3%B3n").await;
    assert!(
        html.contains(&format!("/disputes/{said}\"")) && !html.contains(&format!("/disputes/{pinned}\"")),
        "{html}"
    );
    assert!(page(house.ana(), "/disputes?q=%3Cscript%3Ealert(1)").await.contains("No dispute has these words"));
}

#[sqlx::test(migrations = "../migrations")]
async fn hostile_text_is_text(pool: PgPool) {
    let house = House::open(pool).await;
    let body = "A <img src=x onerror=alert(1)> widget </mark><script>alert(1)</script> \u{2}fake\u{3} & more";
    told(&house, "garden", "<script>alert(2)</script> gadget", body).await;
    let html = page(house.tomas(), "/search?q=widget").await;
    assert!(
        html.contains("<mark>widget") && html.contains("onerror=alert(1)&gt;") && !html.contains("<img src=x"),
        "{html}"
    );
    assert!(!html.contains("<mark>fake"), "{html}");
    let html = page(house.tomas(), "/search?q=gadget").await;
    assert!(html.contains("By subject, partner or order:") && html.contains("script&gt;alert(2)"), "{html}");
    for typed in [
        "%3Cscript%3Ealert(3)%3C/script%3E",
        "%22%3E%3Cimg%20src%3Dx%3E",
        "'%20OR%201=1%20--",
        "%5C%5C%27%3A*%26%7C!()%3C-%3E",
        "%00%02%03",
        "%25%5F%25",
    ] {
        page(house.tomas(), &format!("/search?q={typed}")).await;
        page(house.tomas(), &format!("/search?q={typed}&after=%27_1&before=x")).await;
    }
    let long = "x".repeat(5000);
    assert!(page(house.tomas(), &format!("/search?q={long}")).await.contains("Only the first 200 characters"));
    let html = page(Context { locale: Locale::es, ..house.tomas() }, "/search?q=widget").await;
    assert!(html.contains("Se ha encontrado un caso."), "{html}");
    assert!(page(house.tomas(), "/desk").await.contains("id=\"search-q\""));
}

async fn save(house: &House, ctx: &Context, name: &str, shared: bool, asked: &str, form_key: &str) -> Answer {
    let _ = house;
    let (name, shared, asked) = (Some(name.to_owned()), shared.then(|| "yes".to_owned()), Some(asked.to_owned()));
    post(ctx, || views::save_view(name, shared, asked, form_key.to_owned())).await
}

async fn view_id(house: &House, name: &str) -> String {
    let mut tx = house.tomas().begin().await.expect("begin");
    let id: i64 = sqlx::query_scalar("SELECT saved_view_id FROM saved_view WHERE name = $1")
        .bind(name)
        .fetch_one(&mut *tx)
        .await
        .expect("view");
    id.to_string()
}

#[sqlx::test(migrations = "../migrations")]
async fn views_are_saved_shared_ordered_and_deleted(pool: PgPool) {
    let house = House::open(pool).await;
    told(&house, "kitchen", "Question", "Hello?").await;
    let (tomas, marta) = (house.tomas(), house.marta());
    let asked = "view=all&partner=kitchen&language=en&from=2026-11-01";
    let form_key = key();
    let to = Answer::To(format!("/desk?{asked}"));
    assert_eq!(save(&house, &tomas, "  Kitchen's ", false, asked, &form_key).await, to);
    assert_eq!(save(&house, &tomas, "Kitchen's", false, asked, &form_key).await, to, "sent twice, saved once");
    assert_eq!(house.count("saved_view").await, 1);
    let again = save(&house, &tomas, "KITCHEN'S", false, "view=mine", &key()).await;
    assert!(again.is_back_to("/desk?view=mine"), "{again:?}");
    let empty = save(&house, &tomas, " ", false, "view=mine", &key()).await;
    assert!(empty.is_back_to("/desk?view=mine"), "{empty:?}");
    let told: Vec<String> = vec![
        house.one("SELECT string_agg(errors->>'name', '|' ORDER BY created_at, errors->>'name') FROM form_draft").await,
    ];
    assert!(told[0].contains("already") && told[0].contains("Give it a name"), "{told:?}");

    // The desk's are saved by leads and owners, and seen by all.
    assert_eq!(
        save(&house, &tomas, "Late", true, "view=all&kind=payout_late", &key()).await,
        Answer::Status(StatusCode::FORBIDDEN)
    );
    save(&house, &marta, "Late", true, "view=all&kind=payout_late", &key()).await;
    save(&house, &marta, "Spanish", true, "view=unassigned&language=es", &key()).await;
    let html = page(house.tomas(), "/desk?view=all&kind=payout_late").await;
    for words in ["aria-current=\"page\">Late (0)", ">Kitchen's (1)", ">Spanish (0)", "action=\"/do/save-view\""] {
        assert!(html.contains(words), "{words} is not in {html}");
    }
    assert!(!page(house.marta(), "/desk").await.contains("Kitchen's (1)"), "another's own");

    // Nobody touches another's own, nor an agent what the desk shares.
    let (own, late, spanish) =
        (view_id(&house, "Kitchen's").await, view_id(&house, "Late").await, view_id(&house, "Spanish").await);
    let rename = async |ctx: &Context, id: &str, name: &str| {
        post(ctx, || views::rename_view(id.to_owned(), Some(name.to_owned()))).await
    };
    assert_eq!(rename(&marta, &own, "Mine now").await, Answer::Status(StatusCode::NOT_FOUND));
    assert_eq!(rename(&tomas, &late, "Mine now").await, Answer::Status(StatusCode::FORBIDDEN));
    assert_eq!(post(&tomas, || views::delete_view(late.clone())).await, Answer::Status(StatusCode::FORBIDDEN));
    assert_eq!(rename(&tomas, &own, "Theirs").await, Answer::To("/views".into()));
    let back = rename(&marta, &late, "spanish").await;
    assert!(back.is_back_to("/views"), "{back:?}");

    // Order, and the gap that is closed.
    assert_eq!(post(&marta, || views::move_view(spanish.clone())).await, Answer::To("/views".into()));
    let order = "SELECT string_agg(name || position, ' ' ORDER BY position) FROM saved_view WHERE shared";
    assert_eq!(house.one::<String>(order).await, "Spanish1 Late2");
    assert!(page(house.marta(), "/views").await.contains("Move “Late” forward"));
    post(&marta, || views::delete_view(spanish.clone())).await;
    assert_eq!(house.one::<String>(order).await, "Late1");
    assert_eq!(house.count("audit WHERE action LIKE 'view.%'").await, 6);
    let html = page(Context { locale: Locale::es, ..house.tomas() }, "/views").await;
    assert!(html.contains("Vistas guardadas") && html.contains("Borrar «Theirs»"), "{html}");
    for n in 1..=20 {
        save(&house, &tomas, &format!("View {n}"), false, "view=mine", &key()).await;
    }
    assert_eq!(house.count("saved_view WHERE NOT shared").await, 20, "a shelf is full");
    let full: String = house.one("SELECT errors->>'' FROM form_draft WHERE errors ? '' LIMIT 1").await;
    assert!(full.contains("20 saved views already"), "{full}");
}
