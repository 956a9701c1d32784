//! Putting a mail where it belongs: into a case, into a new one, or out of the way.

use super::known::case_ref;
use super::people::partners_of_code;
use crate::audit::store::{Change, record};
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::ids::{CaseId, MailInId, PartnerId, PersonId};
use crate::clocks::store as clocks;
use crate::disputes::model::{Event, Kind, Stage};
use crate::disputes::{rules as cases, store as case_store};
use crate::inbox::model::{Attachment, Incoming, Reason};
use crate::inbox::rules::{CaseRef, case_subject};
use crate::inbox::{fold, read};
use crate::work::store as work;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Bytes of the largest file that is kept beside its message; the mail itself has larger ones.
const LARGEST_FILE: usize = 25 * 1024 * 1024;

/// A mail on its way into a case.
pub struct Letter<'a> {
    /// Its number.
    pub id: MailInId,
    /// What it says.
    pub read: &'a Incoming,
    /// The member who wrote it; `None` for anybody else.
    pub author: Option<PersonId>,
    /// When it arrived there.
    pub at: DateTime<Utc>,
}

/// What a mail became, and what the record says of it.
pub struct Placed {
    /// The case.
    pub case: CaseRef,
    /// The message in it.
    pub message: i64,
    /// Whether the case is new.
    pub new: bool,
    /// The stage before and after.
    stages: (Option<Stage>, Stage),
}

impl Placed {
    /// The change, for the record.
    pub fn change(&self, mail: MailInId) -> Change {
        let after = json!({ "stage": self.stages.1.as_str(), "message": self.message, "mail": mail.0 });
        Change {
            action: if self.new { "case.opened" } else { "case.answered" },
            subject: format!("case/{}", self.case.case),
            partner: Some(self.case.partner),
            before: self.stages.0.map(|stage| json!({ "stage": stage.as_str() })),
            after: Some(after),
            ..Change::default()
        }
    }
}

/// Writes a mail into a case; one that waited for the partner, was decided or closed goes back into review.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such case.
pub async fn into_case(tx: &mut Tx, case: CaseRef, letter: &Letter<'_>) -> Result<Placed, AppError> {
    let case = CaseRef { case: work::home(tx, case.partner, case.case).await?, ..case };
    let locked = case_store::lock(tx, case.partner, case.case).await?;
    let stage = cases::after_partner(locked.stage);
    // A promise that runs stands; a partner who writes again does not have to wait anew.
    let next = match cases::running_promise(locked.stage, locked.next_update_at) {
        Some(promised) => promised,
        None => clocks::promises(tx, case.partner, locked.kind, letter.at).await?.next_word(),
    };
    case_store::save_stage(tx, &locked, locked.version, stage, next, letter.at).await?;
    let message = add_message(tx, case, letter).await?;
    if stage != locked.stage {
        let event = Event { stage, at: letter.at, by: String::new(), promised_at: Some(next) };
        case_store::add_event(tx, case.partner, case.case, &event).await?;
    }
    clocks::renew(tx, case.partner, case.case, letter.at).await?;
    Ok(Placed { case, message, new: false, stages: (Some(locked.stage), stage) })
}

/// Opens a case of a partner with a mail. `opener` is who opens it: its writer, or the member of staff who placed it.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such partner.
pub async fn into_new_case(
    tx: &mut Tx,
    partner: PartnerId,
    opener: PersonId,
    letter: &Letter<'_>,
) -> Result<Placed, AppError> {
    let promised_at = clocks::promises(tx, partner, Kind::Other, letter.at).await?.first_reply();
    let text = fold::fold(&letter.read.text).new_text();
    let otherwise = match read::clean_line(&text, 60) {
        words if words.is_empty() => "E-mail".to_owned(),
        words => words,
    };
    let case = sqlx::query_scalar!(
        r#"INSERT INTO support_case (programme_id, partner_id, kind, subject, opened_by, opened_at, next_update_at)
           SELECT programme_id, partner_id, 'other', $2, $3, $4, $5 FROM partner WHERE partner_id = $1
           RETURNING case_id AS "case: CaseId""#,
        partner.0,
        case_subject(&letter.read.subject, &otherwise),
        opener.0,
        letter.at,
        promised_at,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    let case = CaseRef { partner, case };
    let message = add_message(tx, case, letter).await?;
    let event = Event { stage: Stage::Received, at: letter.at, by: String::new(), promised_at: Some(promised_at) };
    case_store::add_event(tx, partner, case.case, &event).await?;
    clocks::renew(tx, partner, case.case, letter.at).await?;
    Ok(Placed { case, message, new: true, stages: (None, Stage::Received) })
}

async fn add_message(tx: &mut Tx, case: CaseRef, letter: &Letter<'_>) -> Result<i64, AppError> {
    let folded = fold::fold(&letter.read.text);
    let whole = folded.hides().then_some(letter.read.text.as_str());
    let name = author_name(tx, letter).await?;
    let message = sqlx::query_scalar!(
        "INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, whole, sent_at, form_key, mail_in_id, channel)
         VALUES ($1, $2, 'partner', $3, $4, $5, $6, $7, $8, $9, 'mail') RETURNING message_id",
        case.partner.0,
        case.case.0,
        letter.author.map(|author| author.0),
        name,
        folded.new_text(),
        whole,
        letter.at,
        Uuid::from_u128(letter.id.0.unsigned_abs().into()),
        letter.id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    for file in &letter.read.attachments {
        add_file(tx, case, message, file, letter.at).await?;
    }
    Ok(message)
}

/// A member's name as the house knows it; anybody else by the name or address they wrote.
async fn author_name(tx: &mut Tx, letter: &Letter<'_>) -> Result<String, AppError> {
    if let Some(author) = letter.author {
        return Ok(sqlx::query_scalar!("SELECT name FROM person WHERE person_id = $1", author.0)
            .fetch_one(&mut **tx)
            .await?);
    }
    Ok(match (letter.read.from_name.as_str(), &letter.read.from) {
        ("", Some(address)) => address.clone(),
        ("", None) => "?".to_owned(),
        (name, Some(address)) => format!("{name} ({address})"),
        (name, None) => name.to_owned(),
    })
}

async fn add_file(
    tx: &mut Tx,
    case: CaseRef,
    message: i64,
    file: &Attachment,
    at: DateTime<Utc>,
) -> Result<(), AppError> {
    let data = (file.bytes.len() <= LARGEST_FILE).then_some(file.bytes.as_slice());
    sqlx::query!(
        "INSERT INTO attachment (partner_id, case_id, message_id, name, kind, declared, sha256, bytes, data, scan, added_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', $10)",
        case.partner.0,
        case.case.0,
        message,
        file.name,
        file.kind,
        file.declared,
        Sha256::digest(&file.bytes).to_vec(),
        i32::try_from(file.bytes.len()).unwrap_or(i32::MAX),
        data,
        at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What a person makes of a mail that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Into {
    /// A message in this case.
    Case(CaseId),
    /// A new case of this partner.
    NewCase(PartnerId),
    /// Where it belongs, if it is from whom it says.
    Believed,
    /// Nothing: it needs no answer.
    NoAnswer,
}

/// How that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposed {
    /// It is done; the case it went into, if it went into one.
    Done(Option<CaseId>),
    /// There is no such case.
    NoCase,
    /// It says nothing of where it belongs.
    Nowhere,
    /// Somebody was faster.
    Gone,
}

/// Does what a person decided about a mail that waits, and records it.
///
/// # Errors
/// [`AppError::NotFound`] where no such mail waits or waited.
pub async fn dispose(ctx: &Context, id: MailInId, into: Into) -> Result<Disposed, AppError> {
    match try_dispose(ctx, id, into).await {
        Err(AppError::Database(error))
            if matches!(constraint(&error), Some("mail_disposition_pkey" | "message_mail_once")) =>
        {
            Ok(Disposed::Gone)
        }
        other => other,
    }
}

async fn try_dispose(ctx: &Context, id: MailInId, into: Into) -> Result<Disposed, AppError> {
    let staff = ctx.staff()?.person;
    let mut tx = ctx.begin().await?;
    let mail = sqlx::query!(
        r#"SELECT d.at AS "at?", i.reason, i.near_case_id AS "near: CaseId" FROM mail_in i LEFT JOIN mail_disposition d USING (mail_in_id)
           WHERE i.mail_in_id = $1 AND i.state = 'quarantine'"#,
        id.0,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(AppError::NotFound)?;
    if mail.at.is_some() {
        return Ok(Disposed::Gone);
    }
    // What nobody can read is placed all the same: as it arrived it can be had there.
    let read = read::read(&super::raw(&mut tx, id).await?).unwrap_or_default();
    let letter = Letter { id, read: &read, author: None, at: ctx.now() };
    let believed = into == Into::Believed;
    let into = match into {
        Into::Believed if mail.reason.as_deref() != Some(Reason::Unproven.as_str()) => {
            return Err(AppError::BadRequest("verdict"));
        }
        Into::Believed => match belongs(&mut tx, mail.near, &read).await? {
            Some(into) => into,
            None => return Ok(Disposed::Nowhere),
        },
        chosen => chosen,
    };
    // What was found forged is nobody's word, wherever a person puts it.
    let forged = mail.reason.as_deref() == Some(Reason::Forged.as_str());
    let placed = match into {
        Into::Case(case) => {
            let Some(case) = case_ref(&mut tx, case).await? else { return Ok(Disposed::NoCase) };
            let author = if forged { None } else { member(&mut tx, case.partner, &read).await? };
            let letter = Letter { author, ..letter };
            Some(into_case(&mut tx, case, &letter).await?)
        }
        Into::NewCase(partner) => {
            let author = if forged { None } else { member(&mut tx, partner, &read).await? };
            let letter = Letter { author, ..letter };
            Some(into_new_case(&mut tx, partner, letter.author.unwrap_or(staff), &letter).await?)
        }
        Into::Believed | Into::NoAnswer => None,
    };
    write(&mut tx, ctx, id, (into, believed), placed.as_ref(), staff).await?;
    if let Some(placed) = &placed {
        record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, placed.change(id)).await?;
    }
    tx.commit().await?;
    Ok(Disposed::Done(placed.map(|placed| placed.case.case)))
}

async fn write(
    tx: &mut Tx,
    ctx: &Context,
    id: MailInId,
    (into, believed): (Into, bool),
    placed: Option<&Placed>,
    staff: PersonId,
) -> Result<(), AppError> {
    let verdict = match into {
        Into::Case(_) => "attached",
        Into::NewCase(_) => "new_case",
        Into::Believed | Into::NoAnswer => "no_answer",
    };
    sqlx::query!(
        "INSERT INTO mail_disposition (mail_in_id, verdict, partner_id, case_id, message_id, by, at, believed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        id.0,
        verdict,
        placed.map(|placed| placed.case.partner.0),
        placed.map(|placed| placed.case.case.0),
        placed.map(|placed| placed.message),
        staff.0,
        ctx.now(),
        believed,
    )
    .execute(&mut **tx)
    .await?;
    let case: Value = placed.map(|placed| placed.case.case.0).into();
    let change = Change {
        action: "mail.disposed",
        subject: format!("mail/{id}"),
        partner: placed.map(|placed| placed.case.partner),
        after: Some(json!({ "verdict": verdict, "case": case, "believed": believed })),
        ..Change::default()
    };
    record(tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await
}

/// Where a mail belongs whose From is believed: the case it is near to, where its writer is a member there; otherwise a new case
/// of the one account they have.
async fn belongs(tx: &mut Tx, near: Option<CaseId>, read: &Incoming) -> Result<Option<Into>, AppError> {
    if let Some(case) = near {
        let Some(of) = case_ref(tx, case).await? else { return Ok(None) };
        return Ok(member(tx, of.partner, read).await?.map(|_| Into::Case(case)));
    }
    let Some(from) = &read.from else { return Ok(None) };
    let code = sqlx::query_scalar!(r#"SELECT partner_of_address($1) AS "code?""#, from).fetch_one(&mut **tx).await?;
    match partners_of_code(tx, code.as_deref().unwrap_or_default()).await?.as_slice() {
        [one] => Ok(member(tx, *one, read).await?.map(|_| Into::NewCase(*one))),
        _ => Ok(None),
    }
}

/// The member of a partner who wrote a mail, if one did.
async fn member(tx: &mut Tx, partner: PartnerId, read: &Incoming) -> Result<Option<PersonId>, AppError> {
    let Some(from) = &read.from else { return Ok(None) };
    // Staff don't read addresses: whether this one is a member's, a function of the owner says.
    Ok(sqlx::query_scalar!(r#"SELECT member_with_address($1, $2) AS "person: PersonId""#, partner.0, from)
        .fetch_one(&mut **tx)
        .await?)
}
