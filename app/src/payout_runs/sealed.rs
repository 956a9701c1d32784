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

/// A file on its way out: opened and unpacked piece by piece, compared with its SHA-256 before the last bytes go.
pub struct Reading {
    file: PayoutFileId,
    sha256: Vec<u8>,
    /// Pieces read so far.
    piece: i32,
    unpacked: GzDecoder<Hashing>,
    /// What goes out next: always one step behind, so that a file that is not whole never ends well.
    held: Vec<u8>,
    ended: bool,
}

impl Reading {
    /// A file by its number and the SHA-256 of its bytes.
    pub fn new(file: PayoutFileId, sha256: Vec<u8>) -> Self {
        Self { file, sha256, piece: 0, unpacked: GzDecoder::new(Hashing::default()), held: Vec::new(), ended: false }
    }

    /// The next bytes; `None` after the last.
    ///
    /// # Errors
    /// When a piece can't be read, or the bytes are not those that were kept.
    pub async fn next(&mut self, tx: &mut Tx, secrets: &Secrets) -> Result<Option<Vec<u8>>, AppError> {
        while !self.ended {
            let fresh = self.piece(tx, secrets).await?;
            let ready = std::mem::replace(&mut self.held, fresh);
            if !ready.is_empty() {
                return Ok(Some(ready));
            }
        }
        Ok(Some(std::mem::take(&mut self.held)).filter(|last| !last.is_empty()))
    }

    /// Reads on by a piece; after the last one, looks at the whole.
    async fn piece(&mut self, tx: &mut Tx, secrets: &Secrets) -> Result<Vec<u8>, AppError> {
        self.piece += 1;
        let row = sqlx::query!(
            r#"SELECT key_id AS "key_id: crate::base::secrets::KeyId", sealed FROM payout_file_piece WHERE payout_file_id = $1 AND piece = $2"#,
            self.file.0,
            self.piece,
        )
        .fetch_optional(&mut **tx)
        .await?;
        let file = self.file;
        let broken = |error: io::Error| AppError::Internal(format!("payout file {file}: {error}"));
        match row {
            Some(row) => {
                let packed = secrets.open_bytes(&belongs_to(file.0, self.piece), row.key_id, &row.sealed)?;
                self.unpacked.write_all(&packed).map_err(broken)?;
            }
            None => {
                self.unpacked.try_finish().map_err(broken)?;
                self.ended = true;
                if self.unpacked.get_ref().hash.clone().finalize().as_slice() != self.sha256 {
                    return Err(AppError::Internal(format!("payout file {file} is not what was kept")));
                }
            }
        }
        Ok(std::mem::take(&mut self.unpacked.get_mut().out))
    }
}

#[derive(Default)]
struct Hashing {
    out: Vec<u8>,
    hash: Sha256,
}

impl Write for Hashing {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        crash::point("payouts.export.writing");
        self.hash.update(part);
        self.out.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
