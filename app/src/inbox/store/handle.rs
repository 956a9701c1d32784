//! From a stored message to what it becomes.

use super::keep::{self, Source};
use super::known::look_up;
use super::place::{Letter, into_case, into_new_case};
use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::crash;
use crate::base::db::{Db, Tx};
use crate::base::error::{AppError, exactly_one};
use crate::base::ids::{CaseId, MailInId};
use crate::inbox::model::{Incoming, Reason};
use crate::inbox::rules::{self, CaseRef, Fate, Known};
use crate::inbox::{Home, fold, read};
use chrono::{DateTime, Utc};
use serde_json::json;
use sha2::{Digest, Sha256};

/// What a message became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// A message in a case.
    Message {
        /// The case.
        case: CaseId,
        /// The message.
        message: i64,
    },
    /// It waits for a person, or did.
    Quarantine(Reason),
    /// It repeats this one, which arrived by another way.
    Duplicate(MailInId),
    /// Nothing yet: it is stored and will be taken up.
    Received,
}

/// Stores a message and gives it its place. `known` is true where the same bytes were stored before.
///
/// # Errors
/// When it could not be stored. Once it is, nothing is an error: what can't be placed now will be taken up again.
pub async fn ingest(
    db: &Db,
    home: &Home,
    raw: Vec<u8>,
    source: Source,
    now: DateTime<Utc>,
) -> Result<(MailInId, bool, Became), AppError> {
    let kept = keep::keep(db, raw, source, now).await?;
    let became = handle(db, home, kept.id, now).await.unwrap_or_else(|error| {
        tracing::error!(mail = %kept.id, %error, "a mail is stored, but could not be placed; it will be tried again");
        Became::Received
    });
    Ok((kept.id, kept.known, became))
}

/// Takes up every message that is stored and has no place yet, the oldest first.
///
/// # Errors
/// When the database is away. One that can't be placed does not stand in the way of the others.
pub async fn handle_all(db: &Db, home: &Home, now: DateTime<Utc>) -> Result<usize, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let waiting = sqlx::query_scalar!(
        r#"SELECT mail_in_id AS "id: MailInId" FROM mail_in WHERE state = 'received' ORDER BY mail_in_id LIMIT 1000"#
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    let mut failed = None;
    for &id in &waiting {
        if let Err(error) = handle(db, home, id, now).await {
            tracing::warn!(mail = %id, %error, "a mail can't be placed now");
            failed = Some(error);
        }
    }
    failed.map_or(Ok(waiting.len()), Err)
}

/// Gives a stored message its place, once; says where it is if it has one.
///
/// # Errors
/// When the database is away.
pub async fn handle(db: &Db, home: &Home, id: MailInId, now: DateTime<Utc>) -> Result<Became, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let became = became(&mut tx, id).await?;
    if became != Became::Received {
        return Ok(became);
    }
    let raw = keep::raw(&mut tx, id).await?;
    let is_head =
        sqlx::query_scalar!(r#"SELECT source = 'imap_head' AS "is!" FROM mail_in WHERE mail_in_id = $1"#, id.0,)
            .fetch_one(&mut *tx)
            .await?;
    tx.commit().await?;
    let read = tokio::task::spawn_blocking(move || read::read(&raw))
        .await
        .map_err(|error| AppError::Internal(error.to_string()))?;
    crash::point("mail.read");
    let read = match read {
        Ok(read) if is_head => Readable::Head(read),
        Ok(read) => Readable::Whole(read),
        Err(_) => Readable::Not,
    };
    match place(db, home, id, &read, now).await {
        // The database finds something in this mail that it can't keep: a person looks at it.
        Err(error) if is_about_the_data(&error) => {
            tracing::error!(mail = %id, %error, "a mail can't be placed; it waits for a person");
            place(db, home, id, &Readable::Not, now).await
        }
        done => done,
    }
}

/// What could be made of a stored message.
enum Readable {
    /// A mail.
    Whole(Incoming),
    /// The head of one that is larger than is taken.
    Head(Incoming),
    /// Nothing.
    Not,
}

/// Whether trying again would end the same way: the data are refused, nobody is in the way and nothing is away.
fn is_about_the_data(error: &AppError) -> bool {
    let AppError::Database(error) = error else { return false };
    let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default();
    code.starts_with("22") || code.starts_with("23") || code.starts_with("54")
}

async fn became(tx: &mut Tx, id: MailInId) -> Result<Became, AppError> {
    let row = sqlx::query!(
        "SELECT state, case_id, message_id, reason, duplicate_of FROM mail_in WHERE mail_in_id = $1",
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    let unknown = || AppError::Internal(format!("mail {id} became nothing known"));
    Ok(match row.state.as_str() {
        "received" => Became::Received,
        "case" => Became::Message {
            case: CaseId(row.case_id.ok_or_else(unknown)?),
            message: row.message_id.ok_or_else(unknown)?,
        },
        "quarantine" => Became::Quarantine(row.reason.as_deref().and_then(Reason::parse).ok_or_else(unknown)?),
        _ => Became::Duplicate(MailInId(row.duplicate_of.ok_or_else(unknown)?)),
    })
}

async fn place(db: &Db, home: &Home, id: MailInId, read: &Readable, now: DateTime<Utc>) -> Result<Became, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    sqlx::query!("SELECT mail_takes_its_turn()").execute(&mut *tx).await?;
    let already = became(&mut tx, id).await?;
    if already != Became::Received {
        return Ok(already);
    }
    let done = match read {
        Readable::Whole(read) => place_read(&mut tx, home, id, read, now).await?,
        Readable::Head(read) => wait(&mut tx, id, read, Reason::TooLarge, None, now).await?,
        Readable::Not => wait(&mut tx, id, &Incoming::default(), Reason::Broken, None, now).await?,
    };
    tx.commit().await?;
    crash::point("mail.placed");
    Ok(done)
}

async fn place_read(
    tx: &mut Tx,
    home: &Home,
    id: MailInId,
    read: &Incoming,
    now: DateTime<Utc>,
) -> Result<Became, AppError> {
    if let Some(first) = same_content(tx, read).await? {
        save(tx, id, read, End::Repeats(first), now).await?;
        return Ok(Became::Duplicate(first));
    }
    let known = look_up(tx, home, read).await?;
    let letter = |author| Letter { id, read, author: Some(author), at: now };
    let placed = match rules::fate(read, &known) {
        Fate::Reply(case, person) => into_case(tx, case, &letter(person)).await?,
        Fate::NewCase(partner, person) => into_new_case(tx, partner, person, &letter(person)).await?,
        Fate::Quarantine { reason, near } => {
            mark_dead(tx, id, read, &known, now).await?;
            return wait(tx, id, read, reason, near, now).await;
        }
    };
    save(tx, id, read, End::Message(placed.case, placed.message), now).await?;
    record(tx, &Actor::Job, now, "", placed.change(id)).await?;
    Ok(Became::Message { case: placed.case.case, message: placed.message })
}

async fn wait(
    tx: &mut Tx,
    id: MailInId,
    read: &Incoming,
    reason: Reason,
    near: Option<CaseRef>,
    now: DateTime<Utc>,
) -> Result<Became, AppError> {
    save(tx, id, read, End::Waits(reason, near), now).await?;
    let change = Change {
        action: "mail.quarantined",
        subject: format!("mail/{id}"),
        after: Some(json!({ "reason": reason.as_str(), "near": near.map(|near| near.case.0) })),
        ..Change::default()
    };
    record(tx, &Actor::Job, now, "", change).await?;
    Ok(Became::Quarantine(reason))
}

/// The message that says the same under the same id, if one has a place already: each server on the way writes its own
/// trace into a message, so that the bytes differ.
async fn same_content(tx: &mut Tx, read: &Incoming) -> Result<Option<MailInId>, AppError> {
    let Some(content) = content(read) else { return Ok(None) };
    Ok(sqlx::query_scalar!(
        r#"SELECT mail_in_id AS "id: MailInId" FROM mail_in WHERE content_sha256 = $1 AND state IN ('case', 'quarantine')"#,
        content,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Everything that its writer wrote, under its id; nothing where it has none.
fn content(read: &Incoming) -> Option<Vec<u8>> {
    let uid = read.message_id.as_ref()?;
    let mut hash = Sha256::new();
    let from = read.from.as_deref().unwrap_or_default();
    for text in [uid, from, &read.subject, &read.text] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    for file in &read.attachments {
        hash.update(Sha256::digest(&file.bytes));
    }
    Some(hash.finalize().to_vec())
}

/// Marks the addresses that a report proves to be dead, where they are members' of the partner we wrote to.
async fn mark_dead(
    tx: &mut Tx,
    id: MailInId,
    read: &Incoming,
    known: &Known,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let Some((partner, failed)) = rules::dead_addresses(read, known) else { return Ok(()) };
    for one in failed {
        let person = sqlx::query_scalar!(
            "UPDATE person SET bounced_at = $3, bounce_status = $4
             WHERE email = $2 AND person_id IN (SELECT m.person_id FROM partner_member m WHERE m.partner_id = $1) AND bounced_at IS NULL
             RETURNING person_id",
            partner.0,
            one.address,
            now,
            one.status,
        )
        .fetch_optional(&mut **tx)
        .await?;
        if let Some(person) = person {
            let change = Change {
                action: "person.address_failed",
                subject: format!("person/{person}"),
                partner: Some(partner),
                after: Some(json!({ "mail": id.0 })),
                ..Change::default()
            };
            record(tx, &Actor::Job, now, "", change).await?;
        }
    }
    Ok(())
}

/// Where a message ends up, as its row says it.
enum End {
    Message(CaseRef, i64),
    Waits(Reason, Option<CaseRef>),
    Repeats(MailInId),
}

async fn save(tx: &mut Tx, id: MailInId, read: &Incoming, end: End, now: DateTime<Utc>) -> Result<(), AppError> {
    let (state, case, message, reason, near, first) = match end {
        End::Message(case, message) => ("case", Some(case), Some(message), None, None, None),
        End::Waits(reason, near) => ("quarantine", None, None, Some(reason.as_str()), near, None),
        End::Repeats(first) => ("duplicate", None, None, None, None, Some(first.0)),
    };
    let done = sqlx::query!(
        "UPDATE mail_in SET state = $2, handled_at = $3, message_uid = $4, from_address = $5, from_name = $6, subject = $7, preview = $8,
             content_sha256 = $9, partner_id = $10, case_id = $11, message_id = $12, reason = $13, near_partner_id = $14,
             near_case_id = $15, duplicate_of = $16
         WHERE mail_in_id = $1 AND state = 'received'",
        id.0,
        state,
        now,
        read.message_id,
        read.from,
        read.from_name,
        read.subject,
        read::clean_line(&fold::fold(&read.text).new_text(), 200),
        content(read),
        case.map(|case| case.partner.0),
        case.map(|case| case.case.0),
        message,
        reason,
        near.map(|near| near.partner.0),
        near.map(|near| near.case.0),
        first,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())?;
    let uids: Vec<String> = read.message_id.iter().chain(&read.answers).cloned().collect();
    // Its own id is number 0, also where it has none.
    let first_nth = i32::from(read.message_id.is_none());
    sqlx::query!(
        "INSERT INTO mail_in_uid (mail_in_id, uid, nth)
         SELECT $1, uid, (nth - 1)::integer + $3 FROM unnest($2::text[]) WITH ORDINALITY AS given (uid, nth)",
        id.0,
        &uids,
        first_nth,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
