//! The SQL of cases, as both sides need it. Whose rows are seen is the transaction's role to say; the partner is
//! named in every question all the same.

use super::model::{About, Case, Decision, Event, Facts, Kind, Locked, Message, Outcome, Pin, Reason, Side, Stage};
use crate::base::db::Tx;
use crate::base::error::{AppError, exactly_one};
use crate::base::ids::{CaseId, ConversionId, MailInId, PartnerId, PayoutId, PersonId, ProgrammeId, TermsVersionId};
use crate::base::money::{Currency, Money};
use crate::channels::store as channels;
use chrono::{DateTime, Utc};
use uuid::Uuid;

mod facts;
mod open;

pub use facts::{
    claim_order, conversion_facts, conversion_of_order, currencies, offers, payout_facts, payout_steps, terms_facts,
    terms_now,
};
pub use open::{NewCase, NewClaim, NewPin, open, open_about, open_about_order, open_about_payout};

/// A word of the database that has no counterpart here: schema and program differ.
fn unknown(word: &str) -> AppError {
    AppError::Internal(format!("unknown word in a case: {word}"))
}

/// An amount as the database keeps it.
pub(crate) fn money(amount: rust_decimal::Decimal, currency: &str) -> Result<Money, AppError> {
    Ok(Money::new(amount, Currency::parse(currency).map_err(|_| unknown(currency))?))
}

/// A partner's cases: open ones first, the newest first among them. The first 200.
///
/// # Errors
/// When the database is away.
pub async fn list(tx: &mut Tx, partner: PartnerId) -> Result<Vec<Case>, AppError> {
    let rows = sqlx::query_as!(
        CaseRow,
        "SELECT c.case_id, c.programme_id, c.partner_id, c.kind, c.subject, c.stage, c.opened_at, c.assignee_id,
                c.next_update_at, c.version,
                (SELECT e.by_name FROM case_event e
                 WHERE e.partner_id = c.partner_id AND e.case_id = c.case_id AND e.by_name <> ''
                 ORDER BY e.case_event_id DESC LIMIT 1) AS answerer
         FROM support_case c
         WHERE c.partner_id = $1
           AND NOT EXISTS (SELECT FROM case_merge m WHERE m.partner_id = c.partner_id AND m.case_id = c.case_id)
         ORDER BY c.stage = 'closed', c.opened_at DESC, c.case_id DESC
         LIMIT 200",
        partner.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(CaseRow::read).collect()
}

/// One case of a partner.
///
/// # Errors
/// [`AppError::NotFound`] where there is none, or it is another partner's.
pub async fn find(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Case, AppError> {
    sqlx::query_as!(
        CaseRow,
        "SELECT c.case_id, c.programme_id, c.partner_id, c.kind, c.subject, c.stage, c.opened_at, c.assignee_id,
                c.next_update_at, c.version,
                (SELECT e.by_name FROM case_event e
                 WHERE e.partner_id = c.partner_id AND e.case_id = c.case_id AND e.by_name <> ''
                 ORDER BY e.case_event_id DESC LIMIT 1) AS answerer
         FROM support_case c
         WHERE c.partner_id = $1 AND c.case_id = $2",
        partner.0,
        case.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?
    .read()
}

/// A dispute whose conversation goes on in another one.
#[derive(Clone, Debug)]
pub struct Joined {
    /// Its number.
    pub case: CaseId,
    /// What it was about.
    pub kind: Kind,
    /// The same in a few words.
    pub subject: String,
    /// When they came together.
    pub at: DateTime<Utc>,
}

/// What was merged into a case, in the order in which it was.
///
/// # Errors
/// When the database is away.
pub async fn joined(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Vec<Joined>, AppError> {
    let rows = sqlx::query!(
        "SELECT c.case_id, c.kind, c.subject, m.merged_at FROM case_merge m JOIN support_case c USING (partner_id, case_id)
         WHERE m.partner_id = $1 AND m.case_id = ANY (case_family($1, $2)) AND m.case_id <> $2 ORDER BY m.merged_at, c.case_id",
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind = Kind::parse(&row.kind).ok_or_else(|| unknown(&row.kind))?;
            Ok(Joined { case: CaseId(row.case_id), kind, subject: row.subject, at: row.merged_at })
        })
        .collect()
}

/// Locks a case for a change; whoever comes second sees what the first one did.
///
/// # Errors
/// [`AppError::NotFound`] where there is none, or it is another partner's.
pub async fn lock(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Locked, AppError> {
    let row = sqlx::query!(
        "SELECT programme_id, kind, stage, assignee_id, next_update_at, version
         FROM support_case WHERE partner_id = $1 AND case_id = $2 FOR UPDATE",
        partner.0,
        case.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    let last = sqlx::query!(
        "SELECT message_id, side FROM message WHERE partner_id = $1 AND case_id = ANY (case_family($1, $2))
         ORDER BY message_id DESC LIMIT 1",
        partner.0,
        case.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Locked {
        id: case,
        programme: row.programme_id.into(),
        partner,
        kind: Kind::parse(&row.kind).ok_or_else(|| unknown(&row.kind))?,
        stage: Stage::parse(&row.stage).ok_or_else(|| unknown(&row.stage))?,
        assignee: row.assignee_id.map(PersonId),
        next_update_at: row.next_update_at,
        version: row.version,
        last_message: last.message_id,
        last_side: Side::parse(&last.side).ok_or_else(|| unknown(&last.side))?,
    })
}

/// The conversation, in its order.
///
/// # Errors
/// When the database is away.
pub async fn messages(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Vec<Message>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT message_id, side, author_name, body, whole, mail_in_id AS "mail: MailInId", sent_at, channel FROM message
           WHERE partner_id = $1 AND case_id = ANY (case_family($1, $2)) ORDER BY message_id"#,
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Message {
                id: row.message_id,
                side: Side::parse(&row.side).ok_or_else(|| unknown(&row.side))?,
                author: row.author_name,
                body: row.body,
                whole: row.whole,
                mail: row.mail,
                channel: channels::channel(&row.channel)?,
                at: row.sent_at,
            })
        })
        .collect()
}

/// The time line, in its order.
///
/// # Errors
/// When the database is away.
pub async fn events(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Vec<Event>, AppError> {
    let rows = sqlx::query!(
        "SELECT stage, at, by_name, promised_at FROM case_event
         WHERE partner_id = $1 AND case_id = $2 ORDER BY case_event_id",
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Event {
                stage: Stage::parse(&row.stage).ok_or_else(|| unknown(&row.stage))?,
                at: row.at,
                by: row.by_name,
                promised_at: row.promised_at,
            })
        })
        .collect()
}

/// What a case pins, as it was.
///
/// # Errors
/// When the database is away, or keeps facts this program can't read.
pub async fn pins(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Vec<Pin>, AppError> {
    let rows = sqlx::query!(
        "SELECT conversion_id, terms_version_id, claim_id, payout_id, snapshot, pinned_at FROM case_pin
         WHERE partner_id = $1 AND case_id = ANY (case_family($1, $2)) ORDER BY case_id <> $2, case_id, pin",
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let about = match (row.conversion_id, row.terms_version_id, row.claim_id, row.payout_id) {
                (Some(id), ..) => About::Conversion(ConversionId(id)),
                (_, Some(id), ..) => About::Terms(TermsVersionId(id)),
                (_, _, Some(id), _) => About::Claim(id),
                (.., Some(id)) => About::Payout(PayoutId(id)),
                _ => return Err(unknown("pin")),
            };
            let facts: Facts =
                serde_json::from_value(row.snapshot).map_err(|error| AppError::Internal(error.to_string()))?;
            Ok(Pin { about, facts, at: row.pinned_at })
        })
        .collect()
}

/// The decision, as the partner may read it.
///
/// # Errors
/// When the database is away.
pub async fn decision(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Option<Decision>, AppError> {
    let row = sqlx::query!(
        "SELECT outcome, reason, reason_partner, amount, currency, decided_at FROM case_decision
         WHERE partner_id = $1 AND case_id = $2",
        partner.0,
        case.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let credit = match (row.amount, row.currency) {
        (Some(amount), Some(currency)) => Some(money(amount, &currency)?),
        _ => None,
    };
    Ok(Some(Decision {
        outcome: Outcome::parse(&row.outcome).ok_or_else(|| unknown(&row.outcome))?,
        reason: Reason::parse(&row.reason).ok_or_else(|| unknown(&row.reason))?,
        reason_partner: row.reason_partner,
        credit,
        at: row.decided_at,
    }))
}

/// Whether a case is decided and stays so: its decision stands, and no appeal against it waits.
///
/// # Errors
/// When the database is away.
pub async fn is_settled(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<bool, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM case_decision WHERE partner_id = $1 AND case_id = $2) AND NOT appeal_waits($1, $2) AS "settled!""#,
        partner.0,
        case.0,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Whether an appeal waits for its decision.
///
/// # Errors
/// When the database is away.
pub async fn appeal_waits(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<bool, AppError> {
    Ok(sqlx::query_scalar!(r#"SELECT appeal_waits($1, $2) AS "waits!""#, partner.0, case.0)
        .fetch_one(&mut **tx)
        .await?)
}

/// The case that a form already wrote a message into, if it did.
///
/// # Errors
/// When the database is away.
pub async fn case_of_form(tx: &mut Tx, partner: PartnerId, form_key: Uuid) -> Result<Option<CaseId>, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT case_id AS "case: CaseId" FROM message WHERE partner_id = $1 AND form_key = $2"#,
        partner.0,
        form_key,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// A message on its way into a case.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Who speaks.
    pub side: Side,
    /// The person.
    pub author: PersonId,
    /// The name it is signed with.
    pub author_name: String,
    /// What it says.
    pub body: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The form it came from.
    pub form_key: Uuid,
}

/// Writes a message; gives its id.
///
/// # Errors
/// `message_form_once` where the same form wrote one already.
pub async fn add_message(tx: &mut Tx, partner: PartnerId, case: CaseId, message: &NewMessage) -> Result<i64, AppError> {
    Ok(sqlx::query_scalar!(
        "INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING message_id",
        partner.0,
        case.0,
        message.side.as_str(),
        message.author.0,
        message.author_name,
        message.body,
        message.at,
        message.form_key,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Writes a step of the time line.
///
/// # Errors
/// When the database refuses it.
pub async fn add_event(tx: &mut Tx, partner: PartnerId, case: CaseId, event: &Event) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO case_event (partner_id, case_id, stage, at, by_name, promised_at) VALUES ($1, $2, $3, $4, $5, $6)",
        partner.0,
        case.0,
        event.stage.as_str(),
        event.at,
        event.by,
        event.promised_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Moves a case to a stage, with when the partner hears next.
///
/// # Errors
/// [`AppError::Conflict`] where the case is not at `version` any more.
pub async fn save_stage(
    tx: &mut Tx,
    case: &Locked,
    version: i32,
    stage: Stage,
    next_update_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let done = sqlx::query!(
        "UPDATE support_case
         SET stage = $4, next_update_at = $5, version = version + 1,
             closed_at = CASE WHEN $4 = 'closed' THEN coalesce(closed_at, $6) END
         WHERE partner_id = $1 AND case_id = $2 AND version = $3",
        case.partner.0,
        case.id.0,
        version,
        stage.as_str(),
        next_update_at,
        now,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())
}

struct CaseRow {
    case_id: i64,
    programme_id: i64,
    partner_id: i64,
    kind: String,
    subject: String,
    stage: String,
    opened_at: DateTime<Utc>,
    assignee_id: Option<i64>,
    next_update_at: DateTime<Utc>,
    version: i32,
    answerer: Option<String>,
}

impl CaseRow {
    fn read(self) -> Result<Case, AppError> {
        Ok(Case {
            id: CaseId(self.case_id),
            programme: ProgrammeId(self.programme_id),
            partner: PartnerId(self.partner_id),
            kind: Kind::parse(&self.kind).ok_or_else(|| unknown(&self.kind))?,
            subject: self.subject,
            stage: Stage::parse(&self.stage).ok_or_else(|| unknown(&self.stage))?,
            opened_at: self.opened_at,
            answerer: self.answerer.filter(|_| self.assignee_id.is_some()),
            assignee: self.assignee_id.map(PersonId),
            next_update_at: self.next_update_at,
            version: self.version,
        })
    }
}
