//! The statements of a file, each over many rows.

use super::{BATCH, BulkError, Refused, Wanted};
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PartnerId, ProgrammeId};
use crate::base::secrets::{KeyId, Secrets};
use crate::payout_methods::model::MethodKind;
use crate::payout_methods::secrets::open;
use chrono::{DateTime, Utc};
use std::collections::{HashMap, HashSet};

/// Names the command in the record.
pub const REQUEST: &str = "partner-methods";

/// Partners by code, with their status.
pub async fn partners(
    tx: &mut Tx,
    programme: ProgrammeId,
    codes: &[String],
) -> Result<HashMap<String, (PartnerId, String)>, BulkError> {
    let rows = sqlx::query!(
        r#"SELECT code, partner_id AS "id: PartnerId", status FROM partner WHERE programme_id = $1 AND code = ANY($2)"#,
        programme.0,
        codes,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.code, (row.id, row.status))).collect())
}

/// Locks what is live and leaves out the rows that say the same.
pub async fn leave_unchanged(tx: &mut Tx, secrets: &Secrets, wanted: Vec<Wanted>) -> Result<Vec<Wanted>, BulkError> {
    let mut same = HashSet::new();
    for batch in wanted.chunks(BATCH) {
        let partners: Vec<_> = batch.iter().map(|wanted| wanted.partner.0).collect();
        let wanted: HashMap<_, _> = batch.iter().map(|wanted| (wanted.partner, wanted)).collect();
        let live = sqlx::query!(
            r#"SELECT partner_id AS "partner: PartnerId", kind, holder_name, fingerprint AS "fingerprint!",
                      ciphertext AS "ciphertext!", key_id AS "key!: KeyId"
               FROM payout_method WHERE partner_id = ANY($1) AND ended_at IS NULL AND NOT waiting AND ciphertext IS NOT NULL
               ORDER BY partner_id FOR UPDATE"#,
            &partners,
        )
        .fetch_all(&mut **tx)
        .await?;
        for live in live {
            let Some(new) = wanted.get(&live.partner) else { continue };
            let kind =
                MethodKind::parse(&live.kind).ok_or(AppError::Internal("a payout method of no known kind".into()))?;
            if live.fingerprint == new.sealed.fingerprint
                && live.holder_name == new.row.holder
                && open(secrets, live.partner, kind, live.key, &live.ciphertext)? == new.row.address
            {
                same.insert(live.partner);
            }
        }
    }
    Ok(wanted.into_iter().filter(|wanted| !same.contains(&wanted.partner)).collect())
}

/// Rows whose account serves a partner who keeps it.
pub async fn serving_others(
    tx: &mut Tx,
    wanted: &[Wanted],
    changing: &HashSet<PartnerId>,
) -> Result<Vec<Refused>, BulkError> {
    let mut refused = Vec::new();
    for batch in wanted.chunks(BATCH) {
        let fingerprints: Vec<_> = batch.iter().map(|wanted| wanted.sealed.fingerprint.clone()).collect();
        let serving = sqlx::query!(
            r#"SELECT partner_id AS "partner: PartnerId", fingerprint AS "fingerprint!" FROM payout_method
               WHERE ended_at IS NULL AND NOT waiting AND fingerprint = ANY($1)"#,
            &fingerprints,
        )
        .fetch_all(&mut **tx)
        .await?;
        let taken: HashSet<_> =
            serving.into_iter().filter(|row| !changing.contains(&row.partner)).map(|row| row.fingerprint).collect();
        refused.extend(batch.iter().filter(|wanted| taken.contains(&wanted.sealed.fingerprint)).map(|wanted| {
            let reason = "this account already receives the payouts of another partner".to_owned();
            wanted.row.account_refused(reason)
        }));
    }
    Ok(refused)
}

/// Ends what is live, and what waits for its confirmation; gives the number of methods in use that ended.
pub async fn end(tx: &mut Tx, batch: &[Wanted], now: DateTime<Utc>) -> Result<usize, BulkError> {
    let partners: Vec<_> = batch.iter().map(|wanted| wanted.partner.0).collect();
    let ended = sqlx::query_scalar!(
        r#"WITH ended AS (
               UPDATE payout_method SET ended_at = $2 WHERE partner_id = ANY($1) AND ended_at IS NULL RETURNING waiting)
           SELECT count(*) FILTER (WHERE NOT waiting) AS "ended!" FROM ended"#,
        &partners,
        now,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(usize::try_from(ended).unwrap_or(usize::MAX))
}

/// Adds the new ones and their lines in the record; gives their number.
///
/// The safety period is counted as `rules::usable_from` counts it; the database checks it once more.
pub async fn add(tx: &mut Tx, batch: &[Wanted], now: DateTime<Utc>) -> Result<usize, BulkError> {
    let of = |field: fn(&Wanted) -> String| batch.iter().map(field).collect::<Vec<_>>();
    let bytes = |field: fn(&Wanted) -> Vec<u8>| batch.iter().map(field).collect::<Vec<_>>();
    let partners: Vec<_> = batch.iter().map(|wanted| wanted.partner.0).collect();
    let keys: Vec<_> = batch.iter().map(|wanted| wanted.sealed.key.0).collect();
    let added = sqlx::query!(
        r#"WITH new AS (
               INSERT INTO payout_method (partner_id, kind, holder_name, ciphertext, key_id, fingerprint, masked, set_by, added_at,
                                          usable_from)
               SELECT n.partner_id, n.kind, n.holder_name, n.ciphertext, n.key_id, n.fingerprint, n.masked, 'command', $8, CASE
                          WHEN NOT EXISTS (SELECT FROM payout_method m WHERE m.partner_id = n.partner_id AND NOT m.waiting) THEN $8
                          ELSE coalesce(
                              (SELECT greatest(m.usable_from, $8) FROM payout_method m
                               WHERE m.partner_id = n.partner_id AND m.ended_at = $8 AND m.fingerprint = n.fingerprint
                                 AND m.kind = n.kind AND NOT m.waiting LIMIT 1),
                              $8 + g.method_safety_days * interval '24 hours')
                      END
               FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[], $5::smallint[], $6::bytea[], $7::text[])
                    AS n (partner_id, kind, holder_name, ciphertext, key_id, fingerprint, masked)
               JOIN partner p USING (partner_id) JOIN programme g USING (programme_id)
               RETURNING partner_id, payout_method_id, kind, usable_from),
           before AS (
               SELECT DISTINCT ON (m.partner_id) m.partner_id, m.payout_method_id FROM payout_method m
               WHERE m.partner_id = ANY($1) AND m.ended_at = $8 AND NOT m.waiting ORDER BY m.partner_id, m.payout_method_id DESC)
           INSERT INTO audit (at, actor_kind, partner_id, action, subject, before, after, request_id)
           SELECT $8, 'command', new.partner_id, 'payout_method.set', 'payout_method/' || new.payout_method_id,
                  CASE WHEN before.partner_id IS NOT NULL THEN jsonb_build_object('payout_method', before.payout_method_id) END,
                  jsonb_build_object('payout_method', new.payout_method_id, 'kind', new.kind, 'usable_from', new.usable_from), $9
           FROM new LEFT JOIN before USING (partner_id) ORDER BY new.payout_method_id"#,
        &partners,
        &of(|wanted| wanted.row.address.kind().as_str().to_owned()),
        &of(|wanted| wanted.row.holder.clone()),
        &bytes(|wanted| wanted.sealed.ciphertext.clone()),
        &keys,
        &bytes(|wanted| wanted.sealed.fingerprint.clone()),
        &of(|wanted| wanted.row.address.masked()),
        now,
        REQUEST,
    )
    .execute(&mut **tx)
    .await?;
    Ok(usize::try_from(added.rows_affected()).unwrap_or(usize::MAX))
}
