//! The quarantine: what waits for a person.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, MailInId};
use crate::inbox::model::{Incoming, Reason};
use crate::inbox::read;
use chrono::{DateTime, Utc};

/// A mail that waits, in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its number.
    pub id: MailInId,
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// Why it waits.
    pub reason: Reason,
    /// Name and address of its writer, as they stand in it.
    pub from_name: String,
    /// The address; `None` where none can be made out.
    pub from: Option<String>,
    /// Its subject.
    pub subject: String,
    /// Its first words.
    pub preview: String,
    /// The case it seems to belong to.
    pub near: Option<CaseId>,
}

/// A mail that waits or waited, whole.
#[derive(Clone, Debug)]
pub struct Shown {
    /// As in the list.
    pub listed: Listed,
    /// What it says, read anew from what arrived; `None` where it can't be read.
    pub read: Option<Incoming>,
    /// The subject of the case it seems to belong to, and the code of its partner.
    pub near: Option<Near>,
    /// The code of the partner that its writer is a member of, where there is one such partner.
    pub partner: Option<String>,
    /// What a person made of it.
    pub disposed: Option<Disposition>,
}

/// A case that a mail seems to belong to.
#[derive(Clone, Debug)]
pub struct Near {
    /// The case.
    pub case: CaseId,
    /// What it is about.
    pub subject: String,
    /// The partner's name.
    pub partner: String,
}

/// What a person made of a mail.
#[derive(Clone, Debug)]
pub struct Disposition {
    /// The case it went into; `None`: it needed no answer.
    pub case: Option<CaseId>,
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// How many mails wait for a person.
///
/// # Errors
/// When the database is away.
pub async fn count(tx: &mut Tx) -> Result<i64, AppError> {
    Ok(sqlx::query_scalar!(r#"SELECT count(*) AS "waiting!" FROM mail_waiting"#).fetch_one(&mut **tx).await?)
}

/// Mails that wait, the oldest first, those after one; of one reason where it is given.
///
/// # Errors
/// When the database is away.
pub async fn list(tx: &mut Tx, reason: Option<Reason>, after: i64, most: i64) -> Result<Vec<Listed>, AppError> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT i.mail_in_id, i.received_at, i.reason, i.from_name, i.from_address, i.subject, i.preview, i.near_case_id
         FROM mail_waiting w JOIN mail_in i USING (mail_in_id)
         WHERE w.mail_in_id > $1 AND ($2::text IS NULL OR i.reason = $2)
         ORDER BY w.mail_in_id LIMIT $3",
        after,
        reason.map(Reason::as_str),
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// The next mail that waits after this one, or the first of all.
///
/// # Errors
/// When the database is away.
pub async fn next_after(tx: &mut Tx, id: MailInId) -> Result<Option<MailInId>, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT mail_in_id AS "id: MailInId" FROM mail_waiting WHERE mail_in_id <> $1 ORDER BY mail_in_id < $1, mail_in_id LIMIT 1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// One mail that waits or waited.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn show(tx: &mut Tx, id: MailInId) -> Result<Shown, AppError> {
    let listed = sqlx::query_as!(
        Row,
        "SELECT i.mail_in_id, i.received_at, i.reason, i.from_name, i.from_address, i.subject, i.preview, i.near_case_id
         FROM mail_in i WHERE i.mail_in_id = $1 AND i.state = 'quarantine'",
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?
    .read()?;
    let near = match listed.near {
        Some(case) => sqlx::query!(
            "SELECT c.subject, p.name FROM support_case c JOIN partner p USING (partner_id) WHERE c.case_id = $1",
            case.0,
        )
        .fetch_optional(&mut **tx)
        .await?
        .map(|row| Near { case, subject: row.subject, partner: row.name }),
        None => None,
    };
    let disposed = sqlx::query!(
        r#"SELECT d.case_id AS "case?: CaseId", s.name, d.at FROM mail_disposition d JOIN staff s ON s.person_id = d.by WHERE d.mail_in_id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .map(|row| Disposition { case: row.case, by: row.name, at: row.at });
    let read = read::read(&super::raw(tx, id).await?).ok();
    let partner = match &listed.from {
        Some(from) => {
            sqlx::query_scalar!(r#"SELECT partner_of_address($1) AS "code?""#, from).fetch_one(&mut **tx).await?
        }
        None => None,
    };
    Ok(Shown { listed, read, near, partner, disposed })
}

struct Row {
    mail_in_id: i64,
    received_at: DateTime<Utc>,
    reason: Option<String>,
    from_name: String,
    from_address: Option<String>,
    subject: String,
    preview: String,
    near_case_id: Option<i64>,
}

impl Row {
    fn read(self) -> Result<Listed, AppError> {
        let unknown = || AppError::Internal("a mail waits for no known reason".into());
        Ok(Listed {
            id: self.mail_in_id.into(),
            received_at: self.received_at,
            reason: self.reason.as_deref().and_then(Reason::parse).ok_or_else(unknown)?,
            from_name: self.from_name,
            from: self.from_address,
            subject: self.subject,
            preview: self.preview,
            near: self.near_case_id.map(CaseId),
        })
    }
}
