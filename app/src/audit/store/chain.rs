//! Sealing the record and walking its chain.

use crate::audit::model::Verified;
use crate::audit::rules::{Found, Walk};
use crate::base::db::Tx;
use crate::base::error::AppError;
use futures_util::TryStreamExt;

/// Seals what was committed and is not sealed yet; gives the number of rows sealed.
///
/// # Errors
/// When the database is away.
pub async fn seal(tx: &mut Tx) -> Result<i64, AppError> {
    let mut sealed = 0;
    loop {
        let batch = sqlx::query_scalar!(r#"SELECT seal_audit(1000) AS "sealed!""#).fetch_one(&mut **tx).await?;
        sealed += i64::from(batch);
        if batch < 1000 {
            return Ok(sealed);
        }
    }
}

/// Walks the chain from its first link, computing every hash afresh, up to the first broken one. One snapshot, one
/// row in memory at a time. Staff and system roles may.
///
/// # Errors
/// When the database is away. A broken chain is a result, not an error.
pub async fn verify(tx: &mut Tx) -> Result<Verified, AppError> {
    let mut walk = Walk::default();
    let mut broken = None;
    {
        let mut links = sqlx::query!(
            r#"SELECT s.seq, s.audit_id, s.prev_hash, s.hash, (a.audit_id IS NOT NULL) AS "row_is_there!",
                      (s.hash = sha256(s.prev_hash || audit_payload(a))) AS "matches!"
               FROM audit_seal s LEFT JOIN audit a ON a.audit_id = s.audit_id
               ORDER BY s.seq"#
        )
        .fetch(&mut **tx);
        while let Some(link) = links.try_next().await? {
            let found = Found {
                seq: link.seq,
                audit_id: link.audit_id,
                prev_hash: link.prev_hash,
                hash: link.hash,
                row_is_there: link.row_is_there,
                matches: link.matches,
            };
            if let Err(found) = walk.step(found) {
                broken = Some(found);
                break;
            }
        }
    }
    let waiting = sqlx::query_scalar!(
        r#"SELECT count(*) AS "waiting!" FROM audit a LEFT JOIN audit_seal s USING (audit_id) WHERE s.audit_id IS NULL"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Verified { sealed: walk.walked(), waiting, last: walk.last(), broken })
}
