//! Reading and writing invoices. Numbers are given by the database, with the steps of payouts.

use super::model::{Kind, Numbered, OfPayout, SentInvoice, Standing, Waiting, printed};
use crate::base::actor::Member;
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::ids::{PartnerId, PayoutId, PersonId, ProgrammeId};
use crate::base::money::{Currency, Money};
use crate::base::secrets::{KeyId, Secrets};
use crate::payout_runs::model::PayoutKey;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

/// Payouts of these partners whose invoice they still have to send, or to send again.
///
/// # Errors
/// When the database is away.
pub async fn awaited(tx: &mut Tx, partners: &[i64]) -> Result<Vec<PayoutKey>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT partner_id AS "partner!", payout_id AS "payout!" FROM awaited_invoices($1) ORDER BY payout_id"#,
        partners,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| PayoutKey { partner: row.partner.into(), payout: row.payout.into() }).collect())
}

/// All invoices of a payout.
///
/// # Errors
/// When the database is away.
pub async fn of_payout(tx: &mut Tx, key: PayoutKey) -> Result<OfPayout, AppError> {
    let (partner, payout) = (key.partner.0, key.payout.0);
    let asked = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM payout p JOIN tax_policy t USING (programme_id, tax_policy_id)
                          WHERE p.partner_id = $1 AND p.payout_id = $2 AND t.invoices = 'own'
                            AND p.state IN ('approved', 'submitted', 'unknown', 'paid')) AS "asked!""#,
        partner,
        payout,
    )
    .fetch_one(&mut **tx)
    .await?;
    let numbered = sqlx::query!(
        "SELECT i.kind, i.turn, i.number, i.issued_on, g.code AS programme, n.code AS partner
         FROM invoice i JOIN partner n USING (partner_id) JOIN programme g ON g.programme_id = i.programme_id
         WHERE i.partner_id = $1 AND i.payout_id = $2 ORDER BY i.turn, i.kind DESC",
        partner,
        payout,
    )
    .fetch_all(&mut **tx)
    .await?;
    let numbered = numbered
        .into_iter()
        .map(|row| {
            let kind = kind_of(&row.kind)?;
            Ok(Numbered {
                kind,
                turn: row.turn,
                number: printed(kind, &row.programme, &row.partner, row.number),
                issued_on: row.issued_on,
            })
        })
        .collect::<Result<_, AppError>>()?;
    let sent = sqlx::query!(
        r#"SELECT i.nth, i.file_name, i.sent_at, v.verdict AS "verdict?", v.reason AS "reason?"
           FROM partner_invoice i LEFT JOIN partner_invoice_verdict v USING (partner_id, payout_id, nth)
           WHERE i.partner_id = $1 AND i.payout_id = $2 ORDER BY i.nth DESC"#,
        partner,
        payout,
    )
    .fetch_all(&mut **tx)
    .await?;
    let sent = sent
        .into_iter()
        .map(|row| SentInvoice {
            nth: row.nth,
            file_name: row.file_name,
            sent_at: row.sent_at,
            standing: match row.verdict.as_deref() {
                None => Standing::Received,
                Some("accepted") => Standing::Accepted,
                Some(_) => Standing::Refused { reason: row.reason.unwrap_or_default() },
            },
        })
        .collect();
    Ok(OfPayout { numbered, asked, sent })
}

fn kind_of(text: &str) -> Result<Kind, AppError> {
    Kind::parse(text).ok_or_else(|| AppError::Internal("an invoice of no known kind".into()))
}

/// Partners' own invoices of a programme that finance has not looked at, the oldest first; a hundred at most.
///
/// # Errors
/// When the database is away.
pub async fn received(tx: &mut Tx, programme: ProgrammeId) -> Result<Vec<Waiting>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT p.payout_run_id, p.payout_id, n.name, p.amount + p.vat AS "amount!", p.currency, i.sent_at
           FROM partner_invoice i JOIN payout p USING (partner_id, payout_id) JOIN partner n USING (partner_id)
           LEFT JOIN partner_invoice_verdict v USING (partner_id, payout_id, nth)
           WHERE p.programme_id = $1 AND v.nth IS NULL ORDER BY i.sent_at, p.payout_id LIMIT 100"#,
        programme.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Waiting {
                run: row.payout_run_id.into(),
                payout: row.payout_id.into(),
                partner: row.name,
                amount: Money::new(row.amount, Currency::parse(&row.currency)?),
                sent_at: row.sent_at,
            })
        })
        .collect()
}

/// What keeping a file did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is kept, as the partner's so-manieth for this payout.
    Done(i32),
    /// The last one is the same file.
    Before,
    /// None is asked for now.
    NotAsked,
}

/// Keeps an invoice that a partner sent, sealed.
///
/// # Errors
/// When the database is away, or the system has no randomness.
pub async fn keep(
    tx: &mut Tx,
    secrets: &Secrets,
    member: &Member,
    payout: PayoutId,
    file_name: &str,
    bytes: &[u8],
    now: DateTime<Utc>,
) -> Result<Kept, AppError> {
    let sha256 = Sha256::digest(bytes).to_vec();
    let last = sqlx::query!(
        "SELECT nth, sha256 FROM partner_invoice WHERE partner_id = $1 AND payout_id = $2 ORDER BY nth DESC LIMIT 1",
        member.partner.0,
        payout.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let nth = match last {
        Some(last) if last.sha256 == sha256 => return Ok(Kept::Before),
        Some(last) => last.nth + 1,
        None => 1,
    };
    let written = sqlx::query!(
        "INSERT INTO partner_invoice (partner_id, payout_id, nth, file_name, bytes, sha256, key_id, sealed, sent_by, sent_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        member.partner.0,
        payout.0,
        nth,
        file_name,
        i32::try_from(bytes.len()).unwrap_or(i32::MAX),
        sha256,
        secrets.key().0,
        secrets.seal_bytes(&belongs_to(member.partner, payout, nth), bytes)?,
        member.person.0,
        now,
    )
    .execute(&mut **tx)
    .await;
    match written {
        Ok(_) => Ok(Kept::Done(nth)),
        Err(error) => match constraint(&error) {
            // Somebody else of the account was faster, or the last one was not refused.
            Some(
                "partner_invoice_is_asked_for"
                | "partner_invoice_after_a_refusal"
                | "partner_invoice_at_most_20"
                | "partner_invoice_pkey",
            ) => Ok(Kept::NotAsked),
            _ => Err(error.into()),
        },
    }
}

/// The newest file that a partner sent for a payout: its name and bytes. Only the system's role reads it.
///
/// # Errors
/// [`AppError::NotFound`] where there is none; when the actor is not the system, or it can't be read with this key.
pub async fn sent_file(tx: &mut Tx, secrets: &Secrets, key: PayoutKey) -> Result<(i32, Vec<u8>), AppError> {
    let row = sqlx::query!(
        r#"SELECT nth, key_id AS "key_id: KeyId", sealed FROM partner_invoice
           WHERE partner_id = $1 AND payout_id = $2 ORDER BY nth DESC LIMIT 1"#,
        key.partner.0,
        key.payout.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    let bytes = secrets.open_bytes(&belongs_to(key.partner, key.payout, row.nth), row.key_id, &row.sealed)?;
    Ok((row.nth, bytes))
}

fn belongs_to(partner: PartnerId, payout: PayoutId, nth: i32) -> String {
    format!("partner_invoice/{partner}/{payout}/{nth}")
}

/// Says what finance thinks of the newest invoice of a payout. `reason` is empty where it is accepted. The number of what
/// was judged, or `None` where nothing waits any more.
///
/// # Errors
/// [`AppError::Forbidden`] for anybody but owners and finance.
pub async fn judge(
    tx: &mut Tx,
    key: PayoutKey,
    accepted: bool,
    reason: &str,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Option<i32>, AppError> {
    let written = sqlx::query_scalar!(
        "INSERT INTO partner_invoice_verdict (partner_id, payout_id, nth, verdict, reason, decided_by, decided_at)
         SELECT partner_id, payout_id, nth, CASE WHEN $3 THEN 'accepted' ELSE 'refused' END, $4, $5, $6
         FROM partner_invoice WHERE partner_id = $1 AND payout_id = $2 ORDER BY nth DESC LIMIT 1
         RETURNING nth",
        key.partner.0,
        key.payout.0,
        accepted,
        reason,
        person.0,
        now,
    )
    .fetch_optional(&mut **tx)
    .await;
    match written {
        Ok(nth) => Ok(nth),
        Err(error) => match constraint(&error) {
            Some("partner_invoice_verdict_pkey") => Ok(None),
            Some("partner_invoice_verdict_by_finance") => Err(AppError::Forbidden),
            _ => Err(error.into()),
        },
    }
}
