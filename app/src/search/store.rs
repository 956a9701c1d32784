//! The search's SQL.

use super::model::{Found, Hit, Outcome, Place, Snippet, Source, Term};
use super::rules::{self, Begin, MARKS};
use crate::base::actor::Actor;
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId, PersonId};
use crate::desk::store::{Key, lines};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::{Acquire as _, PgConnection};
use std::collections::BTreeMap;

/// How many cases a page has.
const PAGE: usize = 20;
/// So many texts that have the words are looked at, the newest.
const MOST: i64 = 300;
/// So many partners, and so many cases of each, are found by the partner's name.
const MOST_PARTNERS: i64 = 5;
const MOST_CASES_OF_ONE: i64 = 20;
/// A search that takes longer ends.
const LONGEST: &str = "2500ms";
/// So many of the newest sheaves are looked through first: the very newest may have just been begun.
const FIRST_SHEAVES: i64 = 2;
/// Of many partners whose names are alike, so many are compared.
const MOST_COMPARED: i64 = 200;
/// How many messages are read for their words in one transaction.
const BATCH: i64 = 200;

/// Searches what the house knows, but for the cases that its reader gave away. Nothing that is typed is too much: the time of a search is limited.
///
/// # Errors
/// When the database is away.
pub async fn search(
    tx: &mut Tx,
    reader: PersonId,
    words: &[String],
    begin: Begin,
    now: DateTime<Utc>,
) -> Result<Outcome, AppError> {
    // Each question is small, which the planner can't tell of a word's beginning; other processes would only take time to start.
    sqlx::query(
        "SELECT set_config('statement_timeout', $1, true), set_config('pg_trgm.similarity_threshold', '0.25', true),
                set_config('max_parallel_workers_per_gather', '0', true)",
    )
    .bind(LONGEST)
    .execute(&mut **tx)
    .await?;
    match find(tx, reader, words, begin, now).await {
        Err(error) if took_too_long(&error) => Ok(Outcome::TooLong),
        other => other,
    }
}

/// 57014: query_canceled, here by its time-out.
fn took_too_long(error: &AppError) -> bool {
    let AppError::Database(error) = error else { return false };
    error.as_database_error().is_some_and(|e| e.code().as_deref() == Some("57014"))
}

async fn find(
    tx: &mut Tx,
    reader: PersonId,
    words: &[String],
    begin: Begin,
    now: DateTime<Utc>,
) -> Result<Outcome, AppError> {
    let terms = spelled(tx, words).await?;
    let spellings = spellings(&terms);
    let says =
        sqlx::query_scalar!(r#"SELECT search_for($1) IS NOT NULL AS "says!""#, spellings).fetch_one(&mut **tx).await?;
    let mut hits = by_number(tx, reader, words).await?;
    hits.extend(by_partner(tx, reader, words).await?);
    if !says && hits.is_empty() {
        return Ok(Outcome::Nothing);
    }
    let mut at_least = false;
    if says {
        let mut all = vec![
            by_head(tx, reader, &spellings).await?,
            by_message(tx, reader, &spellings).await?,
            by_note(tx, reader, &spellings).await?,
        ];
        // One word stands in one text or in none.
        if terms.len() > 1 {
            all.push(by_conversation(tx, reader, &spellings).await?);
        }
        for found in all {
            at_least |= i64::try_from(found.len()).unwrap_or(i64::MAX) >= MOST;
            hits.extend(found);
        }
    }
    let ranked = rules::ranked(hits);
    let (shown, previous, next) = rules::page(&ranked, begin, PAGE);
    let keys: Vec<Key> = shown.iter().map(|hit| Key { partner: hit.partner, case: hit.case, at: now }).collect();
    let waiting = lines(tx, &keys, now).await?;
    let mut snippets = snippets(tx, shown, &spellings).await?;
    let found = waiting
        .into_iter()
        .zip(shown)
        .map(|(line, hit)| (line, hit.place, snippets.remove(&hit.case).unwrap_or_default()))
        .collect();
    Ok(Outcome::Found(Box::new(Found { terms, lines: found, previous, next, cases: ranked.len(), at_least })))
}

/// What to look for besides each word: words that look like it, where nobody ever wrote it.
async fn spelled(tx: &mut Tx, words: &[String]) -> Result<Vec<Term>, AppError> {
    let mut terms = Vec::with_capacity(words.len());
    for word in words {
        let mut instead = Vec::new();
        if rules::may_be_mistyped(word) {
            // A word of which another form was written is no mistake: both have one root.
            let plain = sqlx::query_scalar!(
                r#"SELECT plain_text($1) AS "plain!" WHERE numnode(plainto_tsquery('words_plain', $1)) > 0
                     AND NOT EXISTS (SELECT FROM known_word WHERE word = plain_text($1))"#,
                word
            )
            .fetch_optional(&mut **tx)
            .await?;
            if let Some(plain) = plain {
                let known = sqlx::query!("SELECT word, seen FROM known_word WHERE word % $1 ORDER BY similarity(word, $1) DESC, seen DESC LIMIT 30", plain)
                    .fetch_all(&mut **tx)
                    .await?
                    .into_iter()
                    .map(|row| (row.word, row.seen))
                    .collect();
                instead = rules::instead_of(&plain, known);
            }
        }
        terms.push(Term { word: word.clone(), instead });
    }
    Ok(terms)
}

fn spellings(terms: &[Term]) -> Value {
    terms
        .iter()
        .map(|term| std::iter::once(&term.word).chain(&term.instead).collect::<Vec<_>>())
        .map(|all| json!(all))
        .collect()
}

async fn by_number(tx: &mut Tx, reader: PersonId, words: &[String]) -> Result<Vec<Hit>, AppError> {
    let Some(case) = rules::number(words) else { return Ok(Vec::new()) };
    let row = sqlx::query!(
        r#"SELECT partner_id AS "partner: PartnerId", case_id AS "case: CaseId" FROM support_case
           WHERE case_id = $1 AND case_id <> ALL (ARRAY(SELECT g.case_id FROM case_given_away g WHERE g.from_id = $2))"#,
        case.0,
        reader.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let hit = |partner, case| Hit { partner, case, place: Place::Number, texts: 1, source: None };
    Ok(row.map(|row| hit(row.partner, row.case)).into_iter().collect())
}

/// Cases of partners whose code or name is nearly what was typed, all of it.
async fn by_partner(tx: &mut Tx, reader: PersonId, words: &[String]) -> Result<Vec<Hit>, AppError> {
    let typed = words.join(" ");
    if typed.chars().count() < 3 {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        r#"WITH near AS MATERIALIZED (
               SELECT p.partner_id FROM (
                   (SELECT p.partner_id, p.code, p.name FROM programme g JOIN partner p USING (programme_id) WHERE p.code = $1)
                   UNION
                   (SELECT p.partner_id, p.code, p.name FROM partner p
                    WHERE plain_text($1) <% plain_text(p.code || ' ' || p.name) LIMIT $4)) p
               ORDER BY p.code = $1 DESC, word_similarity(plain_text($1), plain_text(p.code || ' ' || p.name)) DESC, p.partner_id LIMIT $2)
           SELECT c.partner_id AS "partner: PartnerId", c.case_id AS "case: CaseId"
           FROM near CROSS JOIN LATERAL (
               SELECT c.partner_id, c.case_id FROM support_case c
               WHERE c.partner_id = near.partner_id
                 AND c.case_id <> ALL (ARRAY(SELECT g.case_id FROM case_given_away g WHERE g.from_id = $5))
               ORDER BY c.case_id DESC LIMIT $3) c"#,
        typed,
        MOST_PARTNERS,
        MOST_CASES_OF_ONE,
        MOST_COMPARED,
        reader.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let hit = |partner, case| Hit { partner, case, place: Place::Partner, texts: 1, source: None };
    Ok(rows.into_iter().map(|row| hit(row.partner, row.case)).collect())
}

struct Row {
    partner: PartnerId,
    case: CaseId,
    id: i64,
}

/// The newest texts that have the words: of the newest sheaves, of more, and at last of all. Where a word is rare, all are
/// quickly looked through; where it is common, the newest are enough.
macro_rules! newest {
    ($tx:ident, $reader:ident, $spellings:ident, $sheaf_of_last:tt, $sql:tt) => {{
        let last = sqlx::query_scalar!("SELECT sheaf_of(last_value) AS \"last!\" FROM " + $sheaf_of_last)
            .fetch_one(&mut **$tx)
            .await?;
        let mut sheaves = FIRST_SHEAVES;
        loop {
            let first = (sheaves <= last).then(|| last - sheaves + 1);
            let rows =
                sqlx::query_as!(Row, $sql, $spellings, first, last, MOST, $reader.0).fetch_all(&mut **$tx).await?;
            let found = i64::try_from(rows.len()).unwrap_or(i64::MAX);
            if first.is_none() || found >= MOST {
                break rows;
            }
            sheaves = rules::more_sheaves(sheaves, found, MOST);
        }
    }};
}

async fn by_head(tx: &mut Tx, reader: PersonId, spellings: &Value) -> Result<Vec<Hit>, AppError> {
    let rows = newest!(
        tx,
        reader,
        spellings,
        "support_case_case_id_seq",
        r#"SELECT partner_id AS "partner: PartnerId", case_id AS "case: CaseId", case_id AS id FROM case_found_by
           WHERE words @@ (CASE WHEN $2::bigint IS NULL THEN search_for($1) ELSE search_for($1) && search_sheaves($2, $3) END)
             AND case_id <> ALL (ARRAY(SELECT g.case_id FROM case_given_away g WHERE g.from_id = $5))
           ORDER BY case_id DESC LIMIT $4"#
    );
    let hit = |row: Row| Hit { partner: row.partner, case: row.case, place: Place::Head, texts: 1, source: None };
    Ok(rows.into_iter().map(hit).collect())
}

async fn by_message(tx: &mut Tx, reader: PersonId, spellings: &Value) -> Result<Vec<Hit>, AppError> {
    let rows = newest!(
        tx,
        reader,
        spellings,
        "message_message_id_seq",
        r#"SELECT partner_id AS "partner: PartnerId", case_id AS "case: CaseId", message_id AS id FROM message
           WHERE found_by(body, sheaf_of(message_id))
                 @@ (CASE WHEN $2::bigint IS NULL THEN search_for($1) ELSE search_for($1) && search_sheaves($2, $3) END)
             AND case_id <> ALL (ARRAY(SELECT g.case_id FROM case_given_away g WHERE g.from_id = $5))
           ORDER BY message_id DESC LIMIT $4"#
    );
    Ok(rows.into_iter().map(|row| said(row.partner, row.case, Source::Message(row.id))).collect())
}

async fn by_note(tx: &mut Tx, reader: PersonId, spellings: &Value) -> Result<Vec<Hit>, AppError> {
    let rows = newest!(
        tx,
        reader,
        spellings,
        "note_note_id_seq",
        r#"SELECT partner_id AS "partner: PartnerId", case_id AS "case: CaseId", note_id AS id FROM note
           WHERE found_by(body, sheaf_of(note_id))
                 @@ (CASE WHEN $2::bigint IS NULL THEN search_for($1) ELSE search_for($1) && search_sheaves($2, $3) END)
             AND case_id <> ALL (ARRAY(SELECT g.case_id FROM case_given_away g WHERE g.from_id = $5))
           ORDER BY note_id DESC LIMIT $4"#
    );
    Ok(rows.into_iter().map(|row| said(row.partner, row.case, Source::Note(row.id))).collect())
}

/// Cases whose subject and messages have the words together.
async fn by_conversation(tx: &mut Tx, reader: PersonId, spellings: &Value) -> Result<Vec<Hit>, AppError> {
    let rows = newest!(
        tx,
        reader,
        spellings,
        "support_case_case_id_seq",
        r#"SELECT partner_id AS "partner: PartnerId", case_id AS "case: CaseId", case_id AS id FROM case_conversation
           WHERE words @@ (CASE WHEN $2::bigint IS NULL THEN search_for($1) ELSE search_for($1) && search_sheaves($2, $3) END)
             AND case_id <> ALL (ARRAY(SELECT g.case_id FROM case_given_away g WHERE g.from_id = $5))
           ORDER BY case_id DESC LIMIT $4"#
    );
    let hit =
        |row: Row| Hit { partner: row.partner, case: row.case, place: Place::Conversation, texts: 1, source: None };
    Ok(rows.into_iter().map(hit).collect())
}

fn said(partner: PartnerId, case: CaseId, source: Source) -> Hit {
    Hit { partner, case, place: Place::Said, texts: 1, source: Some(source) }
}

/// The part of each text that has the words, hits marked; of a case found by its conversation, the newest message with one of
/// them; of a case found by its head, its subject.
async fn snippets(tx: &mut Tx, shown: &[Hit], spellings: &Value) -> Result<BTreeMap<CaseId, Snippet>, AppError> {
    let (mut partners, mut cases, mut messages, mut notes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let together: Vec<bool> = shown.iter().map(|hit| hit.place == Place::Conversation).collect();
    for hit in shown {
        partners.push(hit.partner.0);
        cases.push(hit.case.0);
        messages.push(if let Some(Source::Message(id)) = hit.source { id } else { 0 });
        notes.push(if let Some(Source::Note(id)) = hit.source { id } else { 0 });
    }
    let options = format!("StartSel={}, StopSel={}, MaxWords=30, MinWords=12, MaxFragments=1", MARKS.0, MARKS.1);
    let rows = sqlx::query!(
        r#"SELECT w.case_id AS "case!: CaseId",
                  -- The language in which there is most to mark.
                  CASE WHEN length(e.marked) >= length(s.marked) THEN e.marked ELSE s.marked END AS "marked!"
           FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $7::boolean[])
                AS w (partner_id, case_id, message_id, note_id, together)
           JOIN support_case c ON c.partner_id = w.partner_id AND c.case_id = w.case_id
           LEFT JOIN LATERAL (
               SELECT m.body FROM message m
               WHERE m.partner_id = w.partner_id AND m.case_id = w.case_id
                 AND CASE WHEN w.together THEN EXISTS (
                              SELECT FROM jsonb_array_elements($5::jsonb) term
                              WHERE said_words(m.body) @@ search_for(jsonb_build_array(term)))
                          ELSE m.message_id = w.message_id END
               ORDER BY m.message_id DESC LIMIT 1) m ON true
           LEFT JOIN note n ON n.partner_id = w.partner_id AND n.case_id = w.case_id AND n.note_id = w.note_id
           -- No mark of ours may come from elsewhere; and what looks like a tag is text, which is left as it is only where it
           -- does not look like one.
           CROSS JOIN LATERAL (SELECT translate(coalesce(m.body, n.body, c.subject), E'<\x02\x03\x04', E'\x04') AS body) t
           CROSS JOIN LATERAL (SELECT ts_headline('words_en', t.body, coalesce(search_for($5), ''), $6) AS marked) e
           CROSS JOIN LATERAL (SELECT ts_headline('words_es', t.body, coalesce(search_for($5), ''), $6) AS marked) s"#,
        &partners,
        &cases,
        &messages,
        &notes,
        spellings,
        options,
        &together,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.case, rules::snippet(&row.marked))).collect())
}

/// The partner's own cases that have all of the words in their conversation, what was merged into them included, or in an order
/// they pin; `None` where that takes too long. A partner's messages are few beside all there are, so they are read through; no
/// index knows whose they are.
///
/// # Errors
/// When the database is away.
pub async fn own(tx: &mut Tx, partner: PartnerId, words: &[String]) -> Result<Option<Vec<CaseId>>, AppError> {
    // A part that is rolled back in any case: it only reads, and its time-out is not that of the rest.
    let mut part = tx.begin().await?;
    let found = own_in(&mut part, partner, words).await;
    part.rollback().await?;
    match found {
        Ok(cases) => Ok(Some(cases)),
        Err(error) if took_too_long(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn own_in(tx: &mut PgConnection, partner: PartnerId, words: &[String]) -> Result<Vec<CaseId>, AppError> {
    sqlx::query("SELECT set_config('statement_timeout', $1, true)").bind(LONGEST).execute(&mut *tx).await?;
    let spellings: Value = words.iter().map(|word| json!([word])).collect();
    let orders: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    Ok(sqlx::query_scalar!(
        r#"SELECT c.case_id AS "case: CaseId" FROM support_case c CROSS JOIN LATERAL (SELECT search_for($2) AS query) q
           WHERE c.partner_id = $1
             AND (said_words((
                      SELECT string_agg(s.subject, ' ') || ' ' || left(string_agg(t.bodies, ' '), 300000)
                      FROM unnest(case_family($1, c.case_id)) AS each (case_id)
                      JOIN support_case s ON s.partner_id = $1 AND s.case_id = each.case_id
                      CROSS JOIN LATERAL (SELECT coalesce(string_agg(m.body, ' '), '') AS bodies FROM message m
                                          WHERE m.partner_id = $1 AND m.case_id = each.case_id) t)) @@ q.query
                  OR EXISTS (SELECT FROM case_pin n JOIN conversion v USING (partner_id, conversion_id)
                             WHERE n.partner_id = $1 AND n.case_id = c.case_id AND lower(v.order_id) = ANY ($3))
                  OR EXISTS (SELECT FROM case_pin n JOIN claim m USING (partner_id, claim_id)
                             WHERE n.partner_id = $1 AND n.case_id = c.case_id AND lower(m.order_id) = ANY ($3)))
           ORDER BY c.case_id DESC LIMIT 200"#,
        partner.0,
        spellings,
        &orders,
    )
    .fetch_all(&mut *tx)
    .await?)
}

/// Learns the words of messages that came since; gives how many messages were read. Several processes may do this at once:
/// each reads others.
///
/// # Errors
/// When the database is away.
pub async fn learn(db: &Db) -> Result<i64, AppError> {
    let mut all = 0;
    loop {
        let mut tx = db.begin(&Actor::Job).await?;
        let read = sqlx::query_scalar!(
            r#"WITH picked AS (
                   SELECT partner_id, case_id, message_id FROM unread_message LIMIT $1 FOR UPDATE SKIP LOCKED),
               read AS (
                   DELETE FROM unread_message u USING picked p
                   WHERE (u.partner_id, u.case_id, u.message_id) = (p.partner_id, p.case_id, p.message_id)
                   RETURNING u.partner_id, u.case_id, u.message_id),
               learned AS (
                   INSERT INTO known_word (word, seen)
                   SELECT w.lexeme, count(*) FROM read JOIN message m USING (partner_id, case_id, message_id)
                   CROSS JOIN LATERAL unnest(to_tsvector('words_plain', m.body)) w
                   WHERE w.lexeme ~ '^[[:alpha:]]{3,30}$' AND w.lexeme = plain_text(w.lexeme)
                   -- In one order, so that no two processes wait for each other.
                   GROUP BY w.lexeme ORDER BY w.lexeme
                   ON CONFLICT (word) DO UPDATE SET seen = known_word.seen + EXCLUDED.seen)
               SELECT count(*) AS "read!" FROM read"#,
            BATCH
        )
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        all += read;
        if read < BATCH {
            return Ok(all);
        }
    }
}
