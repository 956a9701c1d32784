//! The server with the machine's own clock, which goes on while a request is answered.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use support::Database;

/// An owner with a session, and a proposal by an agent, a minute old.
const SEED: &str = "
    INSERT INTO session (token_hash, person_id, created_at, expires_at)
    SELECT decode($hash$, 'hex'), person_id, now(), now() + interval '1 hour' FROM person WHERE email = 'o@example.org';
    INSERT INTO partner (programme_id, code, name, created_at) SELECT programme_id, 'P1', 'P1', now() FROM programme;
    INSERT INTO proposal (programme_id, partner_scope, field, kind, value, valid_from, reason, proposer_id, proposed_at, content_hash)
    SELECT a.programme_id, a.partner_id, 'rate', 'percent', 10, t.at, 'They grow', s.person_id, t.at,
           proposal_hash(a.programme_id, 0, a.partner_id, 'rate', 'percent', 10, t.at, 'They grow', NULL)
    FROM partner a, staff s JOIN person p USING (person_id), (SELECT date_trunc('second', now()) - interval '1 minute' AS at) t
    WHERE p.email = 'a@example.org';";

#[tokio::test]
async fn an_approval_without_a_day_begins_at_once() {
    let database = Database::fresh().await;
    database.ok(&["programme", "create", "giftware", "--currency", "GBP"]);
    for (email, name, role) in [("o@example.org", "Olga Orr", "owner"), ("a@example.org", "Agnes Abel", "agent")] {
        let made =
            database.run_with(&["staff", "create", email, "--name", name, "--role", role], "correct horse battery\n");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    let token = "07".repeat(32);
    let hash = format!("'{}'", hex::encode(app::sign_in::token::hash(&token)));
    sqlx::raw_sql(sqlx::AssertSqlSafe(SEED.replace("$hash$", &hash))).execute(&database.pool).await.expect("seed");
    let (proposal, read): (i64, String) =
        sqlx::query_as("SELECT proposal_id, encode(content_hash, 'hex') FROM proposal WHERE proposer_id IS NOT NULL")
            .fetch_one(&database.pool)
            .await
            .expect("proposal");
    let server = database.serve(&[]);
    let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().new_agent();
    let form = format!(
        "proposal={proposal}&content_hash={read}&verdict=approved&reason_partner=You+grew&reason_house=Agreed&valid_from="
    );
    let response = agent
        .post(server.url("/do/decide-proposal"))
        .header("cookie", format!("__Host-session={token}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .send(form)
        .expect("answer");
    let to = response.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
    assert!(to.ends_with("?done=approved"), "{} {to}", response.status());
}
