//! The same through the web: 64 owners, each with a session, send their decisions to one running server at once.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use support::Database;

const PROPOSALS: usize = 300;
/// How many owners go for the same proposal.
const CONTENDERS: usize = 8;

/// 64 owners with sessions; a partner and a proposal each three hundred times, most of them the owners' own.
const CROWD: &str = "
    INSERT INTO person (email, name, created_at)
    SELECT 'o' || n || '@example.com', 'Odile ' || translate(n::text, '0123456789', 'abcdefghij'), '2011-01-01Z' FROM generate_series(1, 64) n;
    INSERT INTO staff (person_id, name, role, since) SELECT person_id, name, 'owner', created_at FROM person WHERE name LIKE 'Odile %';
    INSERT INTO session (token_hash, person_id, created_at, expires_at)
    SELECT sha256(convert_to(lpad(split_part(substr(email, 2), '@', 1), 64, '0'), 'UTF8')), person_id, '2011-03-01', '2011-05-01'
    FROM person WHERE name LIKE 'Odile %';
    INSERT INTO partner (programme_id, code, name, created_at)
    SELECT programme_id, 'p' || n, 'Partner of ' || n, created_at FROM programme, generate_series(1, 300) n;
    INSERT INTO proposal (programme_id, partner_scope, field, kind, value, value_before, valid_from, reason, proposer_id, proposed_at, expires_at, content_hash)
    SELECT g.programme_id, a.partner_id, 'rate', 'percent', 10, 8, '2011-03-05', 'More', s.person_id, '2011-03-05', '2011-05-01',
           proposal_hash(g.programme_id, 0, a.partner_id, 'rate', 'percent', 10, '2011-03-05', 'More', NULL)
    FROM programme g, generate_series(1, 300) n
    JOIN partner a ON a.code = 'p' || n
    JOIN staff s ON s.name = 'Odile ' || translate((1 + n % 64)::text, '0123456789', 'abcdefghij');";

#[tokio::test]
async fn the_web_gives_each_proposal_one_decision() {
    let database = Database::fresh().await;
    database.ok(&["programme", "create", "giftware", "--currency", "GBP", "--minimum", "5", "--rate", "8"]);
    sqlx::raw_sql(CROWD).execute(&database.pool).await.expect("crowd");
    let proposals: Vec<Proposal> = sqlx::query_as(
        "SELECT proposal_id, encode(content_hash, 'hex') || encode(evidence_hash, 'hex'), split_part(substr(m.email, 2), '@', 1)::bigint
         FROM proposal JOIN person m ON m.person_id = proposer_id WHERE reason = 'More' ORDER BY 1",
    )
    .fetch_all(&database.pool)
    .await
    .expect("proposals");
    assert_eq!(proposals.len(), PROPOSALS);
    let server = database.serve(&["--now", "2011-04-01T09:00:00Z"]);
    let url = server.url("/do/decide-proposal");

    let (done, own) = std::thread::scope(|scope| {
        let people: Vec<_> = (1..=64)
            .map(|who: usize| {
                let (url, proposals) = (url.as_str(), proposals.as_slice());
                scope.spawn(move || decide(url, who, proposals))
            })
            .collect();
        let tried = people.into_iter().map(|person| person.join().expect("person"));
        tried.fold((0, 0), |(done, own), (more, tries)| (done + more, own + tries))
    });
    assert_eq!(own, PROPOSALS, "everybody tried at each of their own");
    assert_eq!(done, PROPOSALS, "as many were told that they decided");

    let count = async |from: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {from}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&database.pool).await.expect("count")
    };
    let decided = "decision d JOIN proposal p USING (proposal_id) WHERE p.reason = 'More'";
    assert_eq!(count(decided).await, 300, "one decision each");
    assert_eq!(count(&format!("{decided} AND d.decider_id = p.proposer_id")).await, 0, "none by its author");
    let approved = count(&format!("{decided} AND d.verdict = 'approved'")).await;
    assert!(approved > 0 && approved < 300);
    assert_eq!(
        count("terms_version WHERE partner_scope <> 0").await,
        approved,
        "a rate for each approval, and none without"
    );
}

/// A proposal's number, what is read of it, and which of the owners proposed it.
type Proposal = (i64, String, i64);

/// Sends one owner's decisions, those on their own proposals too; gives how many were theirs, and how often they tried at their own.
fn decide(url: &str, who: usize, proposals: &[Proposal]) -> (usize, usize) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().new_agent();
    let step = 64 / CONTENDERS;
    let (mut done, mut tries) = (0, 0);
    for (nth, (proposal, read, author)) in proposals.iter().enumerate() {
        let own = usize::try_from(*author) == Ok(who);
        if !own && !(nth + who).is_multiple_of(step) {
            continue;
        }
        let verdict = if (nth + who / step).is_multiple_of(2) { "approved" } else { "rejected" };
        let response = agent
            .post(url)
            .header("cookie", format!("__Host-session={who:0>64}"))
            .header("content-type", "application/x-www-form-urlencoded")
            // As a browser sends it: whoever does not ask for a page is not sent on to one.
            .header("accept", "text/html")
            .send(format!("proposal={proposal}&verdict={verdict}&reason_partner=Well+earned&content_hash={read}"))
            .expect("answer");
        let location = response.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
        assert!(matches!(response.status().as_u16(), 302 | 303), "{} {location}", response.status());
        let won = location.contains("done=");
        assert!(!(own && won), "{who} decided their own proposal {proposal}");
        done += usize::from(won);
        tries += usize::from(own);
    }
    (done, tries)
}
