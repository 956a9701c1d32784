//! Keeping a message as it arrived.

use crate::base::actor::Actor;
use crate::base::crash;
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::base::ids::MailInId;
use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::read::{ZlibDecoder, ZlibEncoder};
use sha2::{Digest, Sha256};
use std::io::Read;

/// Bytes of the largest message: more than any mail server lets through.
pub const LARGEST: u64 = 64 * 1024 * 1024;

/// Where a message came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `mail ingest`.
    Command,
    /// A mailbox.
    Imap,
    /// A mailbox, of a mail that is larger than is taken: only its head.
    ImapHead,
}

impl Source {
    fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Imap => "imap",
            Self::ImapHead => "imap_head",
        }
    }
}

/// A message that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub id: MailInId,
    /// Whether the same bytes were stored before.
    pub known: bool,
}

/// Stores a message, in a transaction of its own: whatever happens afterwards, it is there.
///
/// # Errors
/// When it is larger than [`LARGEST`], or the database is away; nothing is stored then.
pub async fn keep(db: &Db, raw: Vec<u8>, source: Source, now: DateTime<Utc>) -> Result<Kept, AppError> {
    let bytes = i32::try_from(raw.len()).ok().filter(|_| raw.len() as u64 <= LARGEST);
    let bytes = bytes.ok_or(AppError::BadRequest("the message is too large"))?;
    let (sha256, packed) = tokio::task::spawn_blocking(move || {
        let mut packed = Vec::new();
        ZlibEncoder::new(raw.as_slice(), Compression::default()).read_to_end(&mut packed)?;
        Ok::<_, std::io::Error>((Sha256::digest(&raw).to_vec(), packed))
    })
    .await
    .map_err(|error| AppError::Internal(error.to_string()))?
    .map_err(|error| AppError::Internal(error.to_string()))?;
    let mut tx = db.begin(&Actor::Job).await?;
    if let Some(id) = find(&mut tx, &sha256).await? {
        return Ok(Kept { id, known: true });
    }
    let new = sqlx::query_scalar!(
        r#"INSERT INTO mail_in (sha256, raw, bytes, source, received_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (sha256) DO NOTHING RETURNING mail_in_id AS "id: MailInId""#,
        sha256,
        packed,
        bytes,
        source.as_str(),
        now,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let kept = match new {
        Some(id) => Kept { id, known: false },
        // Stored by somebody else in this very moment.
        None => Kept { id: find(&mut tx, &sha256).await?.ok_or(AppError::Conflict)?, known: true },
    };
    tx.commit().await?;
    crash::point("mail.kept");
    Ok(kept)
}

async fn find(tx: &mut Tx, sha256: &[u8]) -> Result<Option<MailInId>, AppError> {
    Ok(sqlx::query_scalar!(r#"SELECT mail_in_id AS "id: MailInId" FROM mail_in WHERE sha256 = $1"#, sha256)
        .fetch_optional(&mut **tx)
        .await?)
}

/// A message as it arrived, byte for byte.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn raw(tx: &mut Tx, id: MailInId) -> Result<Vec<u8>, AppError> {
    let packed = sqlx::query_scalar!("SELECT raw FROM mail_in WHERE mail_in_id = $1", id.0)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)?;
    let mut raw = Vec::new();
    ZlibDecoder::new(packed.as_slice())
        .take(LARGEST)
        .read_to_end(&mut raw)
        .map_err(|error| AppError::Internal(format!("mail {id} can't be unpacked: {error}")))?;
    Ok(raw)
}
