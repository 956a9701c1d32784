//! The SQL of enquiries.

use super::model::{Answer, AnswerFile, Asked, Enquiry, Gathered, Line, Verdict};
use super::rules;
use crate::audit::store::{Change, record};
use crate::base::actor::{Actor, Staff};
use crate::base::db::{Db, Tx};
use crate::base::error::{AppError, exactly_one};
use crate::base::ids::{CaseId, EnquiryId, OfferId, PartnerId};
use crate::base::money::{Currency, Money};
use chrono::{DateTime, Utc};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Enquiries on the page.
const LISTED: i64 = 100;
/// Claims linked in one transaction.
const BATCH: i64 = 500;

/// Offers with claims of open, undecided disputes that nobody was asked about and no conversion has, the oldest first.
///
/// # Errors
/// When the database is away.
pub async fn gathered(tx: &mut Tx) -> Result<Vec<Gathered>, AppError> {
    Ok(sqlx::query_as!(
        Gathered,
        r#"SELECT o.offer_id AS "offer: OfferId", o.name, g.name AS programme, count(*) AS "claims!", min(c.opened_at) AS "oldest!"
           FROM support_case c
           JOIN case_pin p USING (partner_id, case_id) JOIN claim m USING (partner_id, claim_id)
           JOIN offer o ON o.offer_id = m.offer_id JOIN programme g ON g.programme_id = o.programme_id
           WHERE c.stage <> 'closed' AND m.conversion_id IS NULL
             AND NOT EXISTS (SELECT FROM conversion v WHERE v.programme_id = c.programme_id AND v.order_id = m.order_id)
             AND NOT EXISTS (SELECT FROM case_decision d WHERE d.partner_id = c.partner_id AND d.case_id = c.case_id)
             AND NOT EXISTS (SELECT FROM enquiry_claim k WHERE k.partner_id = m.partner_id AND k.claim_id = m.claim_id)
           GROUP BY o.offer_id, o.name, g.name ORDER BY min(c.opened_at)"#
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Gathers what [`gathered`] counts of an offer into an enquiry, with its file; the same form twice is one.
///
/// # Errors
/// [`AppError::Conflict`] where nothing is left to ask; [`AppError::NotFound`] where there is no such offer.
pub async fn gather(
    tx: &mut Tx,
    staff: &Staff,
    offer: OfferId,
    next_update_at: DateTime<Utc>,
    form_key: Uuid,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<EnquiryId, AppError> {
    let known =
        sqlx::query_scalar!(r#"SELECT enquiry_id AS "id: EnquiryId" FROM enquiry WHERE form_key = $1"#, form_key)
            .fetch_optional(&mut **tx)
            .await?;
    if let Some(known) = known {
        return Ok(known);
    }
    let id = sqlx::query_scalar!(
        r#"INSERT INTO enquiry (programme_id, offer_id, asked_by, asked_by_name, asked_at, next_update_at, form_key)
           SELECT programme_id, offer_id, $2, $3, $4, $5, $6 FROM offer WHERE offer_id = $1 RETURNING enquiry_id AS "id: EnquiryId""#,
        offer.0,
        staff.person.0,
        staff.name,
        now,
        next_update_at,
        form_key,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    let asked = sqlx::query!(
        "INSERT INTO enquiry_claim (enquiry_id, line, partner_id, case_id, claim_id, offer_id)
         SELECT $1, row_number() OVER (ORDER BY c.opened_at, c.case_id), c.partner_id, c.case_id, m.claim_id, m.offer_id
         FROM support_case c
         JOIN case_pin p USING (partner_id, case_id) JOIN claim m USING (partner_id, claim_id)
         WHERE m.offer_id = $2 AND c.stage <> 'closed' AND m.conversion_id IS NULL
           AND NOT EXISTS (SELECT FROM conversion v WHERE v.programme_id = c.programme_id AND v.order_id = m.order_id)
           AND NOT EXISTS (SELECT FROM case_decision d WHERE d.partner_id = c.partner_id AND d.case_id = c.case_id)
           AND NOT EXISTS (SELECT FROM enquiry_claim k WHERE k.partner_id = m.partner_id AND k.claim_id = m.claim_id)
         ORDER BY c.opened_at, c.case_id LIMIT $3",
        id.0,
        offer.0,
        i64::try_from(rules::MOST_CLAIMS).unwrap_or(i64::MAX),
    )
    .execute(&mut **tx)
    .await?
    .rows_affected();
    if asked == 0 {
        return Err(AppError::Conflict);
    }
    let lines = lines(tx, id).await?;
    let bytes = rules::file(id, &lines).map_err(|error| AppError::Internal(error.to_string()))?;
    sqlx::query!(
        "INSERT INTO enquiry_file (enquiry_id, bytes, sha256) VALUES ($1, $2, $3)",
        id.0,
        bytes,
        Sha256::digest(&bytes).to_vec(),
    )
    .execute(&mut **tx)
    .await?;
    let change = Change {
        action: "enquiry.asked",
        subject: format!("enquiry/{id}"),
        after: Some(json!({ "offer": offer.0, "claims": asked, "promised_at": next_update_at })),
        ..Change::default()
    };
    record(tx, &Actor::Staff(staff.clone()), now, request_id, change).await?;
    Ok(id)
}

/// Enquiries: those that wait, the one that is due first first; or those that are answered whole, the newest first.
///
/// # Errors
/// When the database is away.
pub async fn list(tx: &mut Tx, answered: bool) -> Result<Vec<Enquiry>, AppError> {
    Ok(sqlx::query_as!(
        Enquiry,
        r#"SELECT e.enquiry_id AS "id: EnquiryId", o.name AS offer, e.asked_by_name AS asked_by, e.asked_at, e.next_update_at,
                  k.claims AS "claims!", k.open AS "open!"
           FROM enquiry e JOIN offer o ON o.offer_id = e.offer_id
           CROSS JOIN LATERAL (SELECT count(*) AS claims, count(*) FILTER (WHERE verdict IS NULL) AS open
                               FROM enquiry_claim k WHERE k.enquiry_id = e.enquiry_id) k
           WHERE (k.open = 0) = $1
           ORDER BY CASE WHEN $1 THEN -e.enquiry_id END, e.next_update_at, e.enquiry_id LIMIT $2"#,
        answered,
        LISTED,
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// One enquiry.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn find(tx: &mut Tx, id: EnquiryId) -> Result<Enquiry, AppError> {
    sqlx::query_as!(
        Enquiry,
        r#"SELECT e.enquiry_id AS "id: EnquiryId", o.name AS offer, e.asked_by_name AS asked_by, e.asked_at, e.next_update_at,
                  (SELECT count(*) FROM enquiry_claim k WHERE k.enquiry_id = e.enquiry_id) AS "claims!",
                  (SELECT count(*) FROM enquiry_claim k WHERE k.enquiry_id = e.enquiry_id AND k.verdict IS NULL) AS "open!"
           FROM enquiry e JOIN offer o ON o.offer_id = e.offer_id WHERE e.enquiry_id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)
}

/// The claims of an enquiry, in their order.
///
/// # Errors
/// When the database is away.
pub async fn lines(tx: &mut Tx, id: EnquiryId) -> Result<Vec<Line>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT k.line, k.partner_id AS "partner: PartnerId", p.name, k.case_id AS "case: CaseId", m.order_id, m.occurred_at,
                  m.amount AS claimed, m.currency, k.verdict, k.amount, k.note
           FROM enquiry_claim k JOIN claim m USING (partner_id, claim_id) JOIN partner p USING (partner_id)
           WHERE k.enquiry_id = $1 ORDER BY k.line"#,
        id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Line {
                line: row.line,
                partner: row.partner,
                partner_name: row.name,
                case: row.case,
                order_id: row.order_id,
                occurred_at: row.occurred_at,
                claimed: Money::new(row.claimed, Currency::parse(&row.currency)?),
                answer: row.verdict.as_deref().and_then(Verdict::parse).map(|verdict| Answer {
                    verdict,
                    amount: row.amount,
                    note: row.note,
                }),
            })
        })
        .collect()
}

/// The file for the advertiser, the same bytes each time.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such enquiry.
pub async fn file(tx: &mut Tx, id: EnquiryId) -> Result<Vec<u8>, AppError> {
    sqlx::query_scalar!("SELECT bytes FROM enquiry_file WHERE enquiry_id = $1", id.0)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)
}

/// Keeps an answer as it came; gives its number, the former one where the same bytes came before.
///
/// # Errors
/// When the database is away.
pub async fn keep_answer(
    tx: &mut Tx,
    staff: &Staff,
    id: EnquiryId,
    name: &str,
    bytes: &[u8],
    now: DateTime<Utc>,
) -> Result<i32, AppError> {
    // Two at once take turns here, and both see the same number then.
    sqlx::query!("SELECT enquiry_id FROM enquiry WHERE enquiry_id = $1 FOR UPDATE", id.0)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)?;
    let hash = Sha256::digest(bytes).to_vec();
    let known = sqlx::query_scalar!("SELECT nth FROM enquiry_answer WHERE enquiry_id = $1 AND sha256 = $2", id.0, hash)
        .fetch_optional(&mut **tx)
        .await?;
    if let Some(known) = known {
        return Ok(known);
    }
    Ok(sqlx::query_scalar!(
        "INSERT INTO enquiry_answer (enquiry_id, nth, file_name, bytes, sha256, read_by, read_at)
         SELECT $1, coalesce(max(nth), 0) + 1, $2, $3, $4, $5, $6 FROM enquiry_answer WHERE enquiry_id = $1 RETURNING nth",
        id.0,
        name,
        bytes,
        hash,
        staff.person.0,
        now,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// An answer as it came.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn answer(tx: &mut Tx, id: EnquiryId, nth: i32) -> Result<AnswerFile, AppError> {
    let row = sqlx::query!(
        "SELECT nth, file_name, bytes, read_at, taken_at, settled FROM enquiry_answer WHERE enquiry_id = $1 AND nth = $2",
        id.0,
        nth,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    Ok(AnswerFile {
        nth: row.nth,
        name: row.file_name,
        bytes: row.bytes,
        read_at: row.read_at,
        taken: row.taken_at.zip(row.settled),
    })
}

/// Takes an answer over: every line of it that says something new. Gives how many claims it settled; once it was taken
/// over, that is all it ever does.
///
/// # Errors
/// [`AppError::BadRequest`] where it can't be read as a file.
pub async fn take_over(
    tx: &mut Tx,
    staff: &Staff,
    id: EnquiryId,
    nth: i32,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<i32, AppError> {
    sqlx::query!("SELECT enquiry_id FROM enquiry WHERE enquiry_id = $1 FOR UPDATE", id.0)
        .fetch_optional(&mut **tx)
        .await?;
    let file = answer(tx, id, nth).await?;
    if let Some((_, settled)) = file.taken {
        return Ok(settled);
    }
    let lines = lines(tx, id).await?;
    let read = rules::read(id, &lines, &file.bytes).map_err(|_| AppError::BadRequest("answer"))?;
    let mut settled = 0;
    for (line, answer) in read.into_iter().filter_map(|read| read.result.ok()) {
        let done = sqlx::query!(
            "UPDATE enquiry_claim SET verdict = $3, amount = $4, note = $5, nth = $6, answered_at = $7
             WHERE enquiry_id = $1 AND line = $2 AND verdict IS NULL",
            id.0,
            line,
            answer.verdict.as_str(),
            answer.amount,
            answer.note,
            nth,
            now,
        )
        .execute(&mut **tx)
        .await?;
        settled += i32::try_from(done.rows_affected()).unwrap_or_default();
    }
    let done = sqlx::query!(
        "UPDATE enquiry_answer SET taken_by = $3, taken_at = $4, settled = $5 WHERE enquiry_id = $1 AND nth = $2",
        id.0,
        nth,
        staff.person.0,
        now,
        settled,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())?;
    let change = Change {
        action: "enquiry.answered",
        subject: format!("enquiry/{id}"),
        after: Some(json!({ "answer": nth, "claims": settled })),
        ..Change::default()
    };
    record(tx, &Actor::Staff(staff.clone()), now, request_id, change).await?;
    Ok(settled)
}

/// Tells the partners of an enquiry how it stands, and when they hear next.
///
/// # Errors
/// `enquiry_update_form_once` where the same form did already.
#[allow(clippy::too_many_arguments)]
pub async fn tell(
    tx: &mut Tx,
    staff: &Staff,
    id: EnquiryId,
    words: &str,
    next_update_at: DateTime<Utc>,
    form_key: Uuid,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let told = sqlx::query!(
        "INSERT INTO enquiry_update (enquiry_id, words, by_id, by_name, at, next_update_at, form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT ON CONSTRAINT enquiry_update_form_once DO NOTHING",
        id.0,
        words,
        staff.person.0,
        staff.name,
        now,
        next_update_at,
        form_key,
    )
    .execute(&mut **tx)
    .await?;
    if told.rows_affected() == 0 {
        return Ok(());
    }
    let change = Change {
        action: "enquiry.told",
        subject: format!("enquiry/{id}"),
        after: Some(json!({ "promised_at": next_update_at })),
        ..Change::default()
    };
    record(tx, &Actor::Staff(staff.clone()), now, request_id, change).await
}

/// Whom a dispute's claim was put to, the newest last. Partners see their own.
///
/// # Errors
/// When the database is away.
pub async fn asked(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Vec<Asked>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT a.enquiry_id AS "enquiry!: EnquiryId", a.offer AS "offer!", a.asked_by_name AS "by!", a.asked_at AS "at!",
                  a.next_update_at AS "next!", a.verdict, a.amount, a.answered_at, a.last_words AS "words?", a.last_by AS "last_by?",
                  a.last_at AS "last_at?", (SELECT m.currency FROM case_pin p JOIN claim m USING (partner_id, claim_id)
                              WHERE p.partner_id = a.partner_id AND p.case_id = a.case_id LIMIT 1) AS currency
           FROM claim_asked a WHERE a.partner_id = $1 AND a.case_id = $2 ORDER BY a.enquiry_id"#,
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency = row.currency.as_deref().map(Currency::parse).transpose()?;
            let confirmed = row.amount.zip(currency).map(|(amount, currency)| Money::new(amount, currency));
            let verdict = row.verdict.as_deref().and_then(Verdict::parse);
            let last = row.words.zip(row.last_by).zip(row.last_at).map(|((words, by), at)| (words, by, at));
            Ok(Asked {
                enquiry: row.enquiry,
                offer: row.offer,
                by: row.by,
                at: row.at,
                next_update_at: row.next,
                answered: verdict.zip(row.answered_at).map(|(verdict, at)| (verdict, confirmed, at)),
                last,
            })
        })
        .collect()
}

/// Links claims to the conversions that were imported since; gives how many. Safe to run twice, at once, or to kill.
///
/// # Errors
/// When the database is away.
pub async fn link(db: &Db, now: DateTime<Utc>) -> Result<usize, AppError> {
    let mut total = 0;
    loop {
        let mut tx = db.begin(&Actor::Job).await?;
        let linked = sqlx::query!(
            r#"UPDATE claim c SET conversion_id = found.conversion_id
               FROM (SELECT m.partner_id, m.claim_id, v.conversion_id
                     FROM claim m JOIN offer o ON o.offer_id = m.offer_id
                     JOIN conversion v ON v.programme_id = o.programme_id AND v.order_id = m.order_id AND v.partner_id = m.partner_id
                     WHERE m.conversion_id IS NULL ORDER BY m.partner_id, m.claim_id LIMIT $1 FOR UPDATE OF m SKIP LOCKED) found
               WHERE c.partner_id = found.partner_id AND c.claim_id = found.claim_id
               RETURNING c.partner_id AS "partner: PartnerId", c.claim_id, c.conversion_id"#,
            BATCH,
        )
        .fetch_all(&mut *tx)
        .await?;
        for row in &linked {
            let change = Change {
                action: "claim.linked",
                subject: format!("claim/{}", row.claim_id),
                partner: Some(row.partner),
                after: Some(json!({ "conversion": row.conversion_id })),
                ..Change::default()
            };
            record(&mut tx, &Actor::Job, now, "claims", change).await?;
        }
        tx.commit().await?;
        total += linked.len();
        if i64::try_from(linked.len()).unwrap_or(i64::MAX) < BATCH {
            return Ok(total);
        }
    }
}
