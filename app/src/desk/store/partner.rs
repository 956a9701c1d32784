//! The partner behind a case.

use super::unknown;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId};
use crate::base::money::{Currency, Money};
use crate::desk::model::{Former, Partner, Review, TermLine};
use crate::disputes::model::{Kind, Outcome, Stage};
use crate::terms::model::Field;
use crate::terms::store::rule_of;
use chrono::{DateTime, Utc};

/// A partner: balances, and the review that runs.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn partner(tx: &mut Tx, partner: PartnerId, now: DateTime<Utc>) -> Result<Partner, AppError> {
    let row = sqlx::query!(
        r#"SELECT p.code, p.name, p.status, p.created_at, g.code AS programme_code, g.name AS programme, g.currency, g.time_zone,
                  r.reason AS "review_reason?", r.started_at AS "review_started_at?", r.ends_at AS "review_ends_at?",
                  s.name AS "reviewer?"
           FROM partner p
           JOIN programme g USING (programme_id)
           LEFT JOIN partner_review r ON r.partner_id = p.partner_id AND r.ended_at IS NULL AND r.ends_at > $2
           LEFT JOIN staff s ON s.person_id = r.reviewer_id
           WHERE p.partner_id = $1"#,
        partner.0,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    let accounts = sqlx::query!(
        "SELECT kind, currency, balance FROM account WHERE partner_id = $1
         ORDER BY currency, array_position(ARRAY['pending', 'payable', 'ring_fenced', 'in_payout', 'paid'], kind)",
        partner.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let balances = accounts
        .into_iter()
        .map(|account| {
            let currency = Currency::parse(&account.currency).map_err(|_| unknown(&account.currency))?;
            Ok((account.kind, Money::new(account.balance, currency)))
        })
        .collect::<Result<_, AppError>>()?;
    let review = match (row.review_reason, row.reviewer, row.review_started_at, row.review_ends_at) {
        (Some(reason), Some(reviewer), Some(started_at), Some(ends_at)) => {
            Some(Review { reason, reviewer, started_at, ends_at })
        }
        _ => None,
    };
    Ok(Partner {
        id: partner,
        code: row.code,
        name: row.name,
        status: row.status,
        programme_code: row.programme_code,
        programme: row.programme,
        currency: Currency::parse(&row.currency).map_err(|_| unknown(&row.currency))?,
        time_zone: row.time_zone,
        since: row.created_at,
        balances,
        review,
    })
}

/// The partner's other cases, the newest first; ten at most.
///
/// # Errors
/// When the database is away.
pub async fn former(tx: &mut Tx, partner: PartnerId, but: CaseId) -> Result<Vec<Former>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT c.case_id AS "id: CaseId", c.kind, c.subject, c.stage, c.opened_at, d.outcome AS "outcome?"
           FROM support_case c LEFT JOIN case_decision d USING (partner_id, case_id)
           WHERE c.partner_id = $1 AND c.case_id <> $2
           ORDER BY c.opened_at DESC, c.case_id DESC LIMIT 10"#,
        partner.0,
        but.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Former {
                id: row.id,
                kind: Kind::parse(&row.kind).ok_or_else(|| unknown(&row.kind))?,
                subject: row.subject,
                stage: Stage::parse(&row.stage).ok_or_else(|| unknown(&row.stage))?,
                outcome: row.outcome.as_deref().and_then(Outcome::parse),
                opened_at: row.opened_at,
            })
        })
        .collect()
}

/// Every version of a field that holds, held or will hold for a partner, the newest first; twenty at most.
///
/// # Errors
/// When the database is away.
pub async fn term_history(tx: &mut Tx, partner: PartnerId, field: Field) -> Result<Vec<TermLine>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT t.kind, t.value, t.rule, t.valid_from, nullif(t.valid_until, 'infinity') AS valid_until, t.partner_scope, o.name AS "offer?", d.reason_partner
           FROM partner p
           JOIN terms_version t ON t.programme_id = p.programme_id AND t.partner_scope IN (0, p.partner_id)
           JOIN decision d USING (proposal_id)
           LEFT JOIN offer o ON o.programme_id = t.programme_id AND o.offer_id = t.offer_scope
           WHERE p.partner_id = $1 AND t.field = $2
           ORDER BY t.valid_from DESC, t.revision DESC, t.terms_version_id DESC LIMIT 20"#,
        partner.0,
        field.as_str(),
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(TermLine {
                kind: row.kind,
                value: row.value,
                rule: rule_of(row.rule)?,
                valid_from: row.valid_from,
                valid_until: row.valid_until,
                offer: row.offer,
                own: row.partner_scope != 0,
                reason: row.reason_partner,
            })
        })
        .collect()
}
