//! Files in messages, as they are given out: to the house, and to the partner whose they are.

use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{AttachmentId, CaseId, MailInId, PartnerId};
use crate::inbox::store;
use std::collections::HashMap;

/// Where a file stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can be had.
    Ready,
    /// It is being scanned.
    Waiting,
    /// It is harmful; by the name of what was found.
    Infected(String),
    /// It is larger than is kept.
    TooLarge,
    /// It can be had, and the scanner could not judge it.
    Unscannable,
}

/// A file, as it stands below its message.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its number.
    pub id: AttachmentId,
    /// Its name.
    pub name: String,
    /// Its length in bytes.
    pub bytes: i32,
    /// Whether it can be had.
    pub standing: Standing,
}

/// A file to be given out.
#[derive(Clone, Debug)]
pub struct Given {
    /// Its name.
    pub name: String,
    /// What its first bytes say it is.
    pub kind: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// The files of a case, by message.
pub type Files = HashMap<i64, Vec<Named>>;

/// The files of a case, by message.
///
/// # Errors
/// When the database is away.
pub async fn of_case(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Files, AppError> {
    let rows = sqlx::query!(
        r#"SELECT attachment_id AS "id: AttachmentId", message_id, name, bytes, scan, finding, data IS NULL AS "too_large!"
           FROM attachment WHERE partner_id = $1 AND case_id = ANY (case_family($1, $2)) ORDER BY attachment_id"#,
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut files = Files::new();
    for row in rows {
        let standing = standing(&row.scan, row.finding, row.too_large);
        files.entry(row.message_id).or_default().push(Named { id: row.id, name: row.name, bytes: row.bytes, standing });
    }
    Ok(files)
}

fn standing(scan: &str, finding: String, too_large: bool) -> Standing {
    match scan {
        "infected" => Standing::Infected(finding),
        _ if too_large => Standing::TooLarge,
        "waiting" => Standing::Waiting,
        "unscannable" => Standing::Unscannable,
        _ => Standing::Ready,
    }
}

/// A file for whoever asks; whose rows are seen is the role's to say.
///
/// # Errors
/// [`AppError::NotFound`] where there is none, or it is somebody else's; [`AppError::Forbidden`] where it is harmful or not
/// scanned yet.
pub async fn give(ctx: &Context, id: AttachmentId) -> Result<Given, AppError> {
    let mut tx = ctx.begin().await?;
    let partner = ctx.actor.member().map(|member| member.partner.0);
    let row = sqlx::query!(
        "SELECT name, kind, data, scan, finding FROM attachment WHERE attachment_id = $1 AND ($2::bigint IS NULL OR partner_id = $2)",
        id.0,
        partner,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(AppError::NotFound)?;
    match (standing(&row.scan, row.finding, row.data.is_none()), row.data) {
        (Standing::Ready | Standing::Unscannable, Some(bytes)) => Ok(Given { name: row.name, kind: row.kind, bytes }),
        (Standing::TooLarge, _) => Err(AppError::NotFound),
        _ => Err(AppError::Forbidden),
    }
}

/// A mail as it arrived, for staff.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn original(ctx: &Context, id: MailInId) -> Result<Given, AppError> {
    ctx.staff()?;
    let mut tx = ctx.begin().await?;
    let bytes = store::raw(&mut tx, id).await?;
    Ok(Given { name: format!("mail-{id}.eml"), kind: "message/rfc822".to_owned(), bytes })
}
