//! Giving a file out: the same bytes for ever, a piece at a time, and never again once it was withdrawn.

use super::export::Format;
use super::sealed::Reading;
use crate::base::actor::Actor;
use crate::base::db::Db;
use crate::base::error::AppError;
use crate::base::ids::PayoutFileId;
use crate::base::secrets::Secrets;

/// A file on its way out.
pub struct Outgoing {
    /// What it is called.
    pub name: String,
    /// Its format.
    pub format: Format,
    /// Its length in bytes.
    pub bytes: i64,
    db: Db,
    secrets: Secrets,
    actor: Actor,
    reading: Reading,
}

/// Begins to give a file out.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such file, [`AppError::Conflict`] where it was withdrawn.
pub async fn open(db: &Db, secrets: &Secrets, actor: &Actor, file: PayoutFileId) -> Result<Outgoing, AppError> {
    let mut tx = db.begin(actor).await?;
    let row = sqlx::query!(
        r#"SELECT f.file_name, f.format, f.bytes, f.sha256, d.payout_file_id IS NOT NULL AS "withdrawn!"
           FROM payout_file f LEFT JOIN payout_file_withdrawn d USING (payout_file_id) WHERE f.payout_file_id = $1"#,
        file.0,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(AppError::NotFound)?;
    if row.withdrawn {
        return Err(AppError::Conflict);
    }
    Ok(Outgoing {
        name: row.file_name,
        format: Format::parse(&row.format)
            .ok_or_else(|| AppError::Internal("a payout file of no known format".into()))?,
        bytes: row.bytes,
        db: db.clone(),
        secrets: secrets.clone(),
        actor: actor.clone(),
        reading: Reading::new(file, row.sha256),
    })
}

impl Outgoing {
    /// The next bytes; `None` after the last. Whoever takes them may be slow: no connection is held meanwhile.
    ///
    /// # Errors
    /// When a piece can't be read, or the whole is not what was kept; the last bytes are held back then.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, AppError> {
        let mut tx = self.db.begin(&self.actor).await?;
        self.reading.next(&mut tx, &self.secrets).await
    }
}
