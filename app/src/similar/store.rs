//! Looking for decided cases like an open one.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId};
use crate::base::money::{Currency, Money};
use crate::disputes::model::{Outcome, Reason};
use chrono::{DateTime, Utc};

/// A decided case like an open one.
#[derive(Clone, Debug)]
pub struct Solved {
    /// Its number.
    pub id: CaseId,
    /// The partner's name.
    pub partner: String,
    /// What it was about, in a few words.
    pub subject: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// What the partner was told.
    pub said: String,
    /// What was credited.
    pub credit: Option<Money>,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether it was about the same offer.
    pub same_offer: bool,
    /// Whether what was taken back was taken back for the same reason.
    pub same_cause: bool,
}

/// The decided cases most like one: of its kind among the newest eighty, those about the same offer, then those whose
/// conversion was taken back for the same reason, then those with the most words in common; `most` of them.
///
/// # Errors
/// When the database is away.
pub async fn like(tx: &mut Tx, partner: PartnerId, case: CaseId, most: i64) -> Result<Vec<Solved>, AppError> {
    // Words are compared in both languages at once: nothing says in which a partner writes.
    let rows = sqlx::query!(
        r#"WITH open AS (
               SELECT c.programme_id, c.kind,
                      c.subject || ' ' || coalesce((
                          SELECT left(m.body, 1500) FROM message m
                          WHERE m.partner_id = c.partner_id AND m.case_id = c.case_id AND m.side = 'partner'
                          ORDER BY m.message_id LIMIT 1), '') AS words
               FROM support_case c WHERE c.partner_id = $1 AND c.case_id = $2),
           query AS (SELECT help_query('en', words) AS en, help_query('es', words) AS es FROM open),
           facts AS (
               SELECT coalesce(v.offer_id, m.offer_id) AS offer_id,
                      (SELECT e.reason FROM conversion_event e
                       WHERE e.partner_id = p.partner_id AND e.conversion_id = p.conversion_id AND e.event IN ('refund', 'reject')
                       ORDER BY e.booked_at DESC LIMIT 1) AS cause
               FROM case_pin p
               LEFT JOIN conversion v ON v.partner_id = p.partner_id AND v.conversion_id = p.conversion_id
               LEFT JOIN claim m ON m.partner_id = p.partner_id AND m.claim_id = p.claim_id
               WHERE p.partner_id = $1 AND p.case_id = $2 ORDER BY p.pin LIMIT 1),
           candidate AS (
               SELECT d.partner_id, d.case_id, d.outcome, d.reason, d.reason_partner, d.amount, d.currency, d.decided_at, c.subject
               FROM open
               JOIN case_decision d ON d.programme_id = open.programme_id
               JOIN support_case c ON c.partner_id = d.partner_id AND c.case_id = d.case_id AND c.kind = open.kind
               WHERE (d.partner_id, d.case_id) <> ($1, $2)
               ORDER BY d.decided_at DESC LIMIT 80)
           SELECT x.case_id AS "id: CaseId", a.name AS partner, x.subject, x.outcome, x.reason, x.reason_partner AS said, x.amount,
                  x.currency, x.decided_at AS at,
                  coalesce(pin.offer_id = facts.offer_id, false) AS "same_offer!",
                  coalesce(pin.cause <> '' AND pin.cause = facts.cause, false) AS "same_cause!"
           FROM candidate x
           JOIN partner a USING (partner_id)
           LEFT JOIN facts ON true
           CROSS JOIN query
           LEFT JOIN LATERAL (
               SELECT coalesce(v.offer_id, m.offer_id) AS offer_id,
                      (SELECT e.reason FROM conversion_event e
                       WHERE e.partner_id = p.partner_id AND e.conversion_id = p.conversion_id AND e.event IN ('refund', 'reject')
                       ORDER BY e.booked_at DESC LIMIT 1) AS cause
               FROM case_pin p
               LEFT JOIN conversion v ON v.partner_id = p.partner_id AND v.conversion_id = p.conversion_id
               LEFT JOIN claim m ON m.partner_id = p.partner_id AND m.claim_id = p.claim_id
               WHERE p.partner_id = x.partner_id AND p.case_id = x.case_id ORDER BY p.pin LIMIT 1) pin ON true
           CROSS JOIN LATERAL (
               SELECT x.subject || ' ' || x.reason_partner || ' ' || coalesce((
                          SELECT left(m.body, 1500) FROM message m
                          WHERE m.partner_id = x.partner_id AND m.case_id = x.case_id AND m.side = 'partner'
                          ORDER BY m.message_id LIMIT 1), '') AS words) said
           ORDER BY "same_offer!" DESC, "same_cause!" DESC,
                    coalesce(ts_rank(help_words('en', said.words), query.en), 0)
                      + coalesce(ts_rank(help_words('es', said.words), query.es), 0) DESC,
                    x.decided_at DESC
           LIMIT $3"#,
        partner.0,
        case.0,
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    let unknown = |word: &str| AppError::Internal(format!("unknown word of a decision: {word}"));
    rows.into_iter()
        .map(|row| {
            let credit = match (row.amount, row.currency) {
                (Some(amount), Some(currency)) => Some(Money::new(amount, Currency::parse(&currency)?)),
                _ => None,
            };
            Ok(Solved {
                id: row.id,
                partner: row.partner,
                subject: row.subject,
                outcome: Outcome::parse(&row.outcome).ok_or_else(|| unknown(&row.outcome))?,
                reason: Reason::parse(&row.reason).ok_or_else(|| unknown(&row.reason))?,
                said: row.said,
                credit,
                at: row.at,
                same_offer: row.same_offer,
                same_cause: row.same_cause,
            })
        })
        .collect()
}
