//! A file on its way into the database: compressed, cut into pieces, each sealed. One piece is in memory at a time.

use crate::base::crash;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::PayoutFileId;
use crate::base::secrets::Secrets;
use flate2::Compression;
use flate2::write::{GzDecoder, GzEncoder};
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Compressed bytes of one piece, about.
const PIECE: usize = 512 * 1024;

/// Takes a file's bytes. Cloned, it is the same one: a writer has it, and who empties it as well.
#[derive(Clone)]
pub struct Pieces(Arc<Mutex<Packing>>);

struct Packing {
    packed: GzEncoder<Vec<u8>>,
    hash: Sha256,
    bytes: i64,
}

impl Default for Pieces {
    fn default() -> Self {
        let packed = GzEncoder::new(Vec::new(), Compression::default());
        Self(Arc::new(Mutex::new(Packing { packed, hash: Sha256::new(), bytes: 0 })))
    }
}

impl Write for Pieces {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        let mut packing = self.packing();
        let taken = packing.packed.write(part)?;
        packing.hash.update(&part[..taken]);
        packing.bytes += i64::try_from(taken).unwrap_or(i64::MAX);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a file came to.
pub struct Written {
    /// Its length.
    pub bytes: i64,
    /// SHA-256 of its bytes.
    pub sha256: Vec<u8>,
}

impl Pieces {
    /// What has been packed so far, if it is enough for a piece.
    pub fn take_full(&self) -> Vec<u8> {
        let mut packing = self.packing();
        if packing.packed.get_ref().len() < PIECE { Vec::new() } else { std::mem::take(packing.packed.get_mut()) }
    }

    /// Ends the file: its last piece, and what it came to.
    ///
    /// # Errors
    /// None that memory does not give.
    pub fn end(&self) -> io::Result<(Vec<u8>, Written)> {
        let mut packing = self.packing();
        packing.packed.try_finish()?;
        let sha256 = std::mem::take(&mut packing.hash).finalize().to_vec();
        Ok((std::mem::take(packing.packed.get_mut()), Written { bytes: packing.bytes, sha256 }))
    }

    fn packing(&self) -> MutexGuard<'_, Packing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn belongs_to(file: i64, piece: i32) -> String {
    format!("payout_file/{file}/{piece}")
}

/// Keeps a piece, sealed; gives the number of pieces kept so far.
///
/// # Errors
/// When the database is away.
pub async fn keep(tx: &mut Tx, secrets: &Secrets, file: i64, pieces: i32, packed: Vec<u8>) -> Result<i32, AppError> {
    if packed.is_empty() {
        return Ok(pieces);
    }
    let piece = pieces + 1;
    let sealed = secrets.seal_bytes(&belongs_to(file, piece), &packed)?;
    sqlx::query!(
        "INSERT INTO payout_file_piece (payout_file_id, piece, key_id, sealed) VALUES ($1, $2, $3, $4)",
        file,
        piece,
        secrets.key().0,
        sealed,
    )
    .execute(&mut **tx)
    .await?;
    Ok(piece)
}

/// Writes a file's bytes out and compares their SHA-256.
///
/// # Errors
/// When a piece can't be read, nobody takes the bytes, or they are not those that were kept.
pub async fn write(
    tx: &mut Tx,
    secrets: &Secrets,
    file: PayoutFileId,
    sha256: &[u8],
    out: &mut (dyn Write + Send),
) -> Result<(), AppError> {
    let broken = |error: io::Error| AppError::Internal(format!("payout file {file}: {error}"));
    let mut unpacked = GzDecoder::new(Hashing { out, hash: Sha256::new() });
    for piece in 1.. {
        let row = sqlx::query!(
            r#"SELECT key_id AS "key_id: crate::base::secrets::KeyId", sealed FROM payout_file_piece WHERE payout_file_id = $1 AND piece = $2"#,
            file.0,
            piece,
        )
        .fetch_optional(&mut **tx)
        .await?;
        let Some(row) = row else { break };
        let packed = secrets.open_bytes(&belongs_to(file.0, piece), row.key_id, &row.sealed)?;
        unpacked.write_all(&packed).map_err(broken)?;
    }
    let whole = unpacked.finish().map_err(broken)?;
    if whole.hash.finalize().as_slice() != sha256 {
        return Err(AppError::Internal(format!("payout file {file} is not what was kept")));
    }
    Ok(())
}

struct Hashing<'a> {
    out: &'a mut (dyn Write + Send),
    hash: Sha256,
}

impl Write for Hashing<'_> {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        crash::point("payouts.export.writing");
        let taken = self.out.write(part)?;
        self.hash.update(&part[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
