//! Reading balances, and adding everything up again.

use crate::base::db::Tx;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// What one partner has in one currency. A partner's claim is the sum less `paid`.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Balance {
    /// Partner code.
    pub partner: String,
    /// ISO 4217.
    pub currency: String,
    /// In hold, or waiting for approval.
    pub pending: Decimal,
    /// To be paid; below zero where refunds exceeded the balance.
    pub payable: Decimal,
    /// Contested by the programme.
    pub ring_fenced: Decimal,
    /// On its way.
    pub in_payout: Decimal,
    /// Paid so far.
    pub paid: Decimal,
}

/// Balances of all partners, by code: kept ones, or re-added from the transfers that count by a moment.
///
/// # Errors
/// When the database is away.
pub async fn balances(tx: &mut Tx, as_of: Option<DateTime<Utc>>) -> sqlx::Result<Vec<Balance>> {
    match as_of {
        None => {
            sqlx::query_as!(
                Balance,
                r#"SELECT p.code AS partner, a.currency,
                          sum(a.balance) FILTER (WHERE a.kind = 'pending') AS "pending!",
                          sum(a.balance) FILTER (WHERE a.kind = 'payable') AS "payable!",
                          sum(a.balance) FILTER (WHERE a.kind = 'ring_fenced') AS "ring_fenced!",
                          sum(a.balance) FILTER (WHERE a.kind = 'in_payout') AS "in_payout!",
                          sum(a.balance) FILTER (WHERE a.kind = 'paid') AS "paid!"
                   FROM account a JOIN partner p USING (partner_id) WHERE a.holder_id <> 0
                   GROUP BY p.programme_id, p.code, a.currency ORDER BY p.code, p.programme_id, a.currency"#
            )
            .fetch_all(&mut **tx)
            .await
        }
        Some(at) => {
            sqlx::query_as!(
                Balance,
                r#"SELECT p.code AS partner, a.currency,
                          coalesce(sum(leg.amount) FILTER (WHERE leg.kind = 'pending'), 0) AS "pending!",
                          coalesce(sum(leg.amount) FILTER (WHERE leg.kind = 'payable'), 0) AS "payable!",
                          coalesce(sum(leg.amount) FILTER (WHERE leg.kind = 'ring_fenced'), 0) AS "ring_fenced!",
                          coalesce(sum(leg.amount) FILTER (WHERE leg.kind = 'in_payout'), 0) AS "in_payout!",
                          coalesce(sum(leg.amount) FILTER (WHERE leg.kind = 'paid'), 0) AS "paid!"
                   FROM (SELECT DISTINCT programme_id, holder_id, currency FROM account WHERE holder_id <> 0) a
                   JOIN partner p ON p.partner_id = a.holder_id
                   LEFT JOIN (
                       SELECT credit_holder AS holder_id, currency, credit_kind AS kind, amount FROM transfer WHERE effective_at <= $1
                       UNION ALL
                       SELECT debit_holder, currency, debit_kind, -amount FROM transfer WHERE effective_at <= $1
                   ) leg ON leg.holder_id = a.holder_id AND leg.currency = a.currency
                   GROUP BY p.programme_id, p.code, a.currency ORDER BY p.code, p.programme_id, a.currency"#,
                at
            )
            .fetch_all(&mut **tx)
            .await
        }
    }
}

/// A figure that is not what its parts add up to.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Difference {
    /// What was added up: `account partner/currency/kind`, `commission partner/id`, …
    pub what: String,
    /// As it is kept.
    pub kept: Decimal,
    /// As it adds up.
    pub added: Decimal,
}

/// What a verification looked at, and what it found.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Verification {
    /// Transfers added up.
    pub transfers: i64,
    /// Partner accounts compared.
    pub accounts: i64,
    /// Commissions compared with their transfers and with the pricing rule's inputs.
    pub commissions: i64,
    /// Empty when everything agrees. The first hundred of each kind.
    pub differences: Vec<Difference>,
}

/// Re-adds everything from nothing: every account from its transfers, every commission from its transfers and its
/// events, and all accounts together, which have to make zero.
///
/// # Errors
/// When the database is away.
pub async fn verify(tx: &mut Tx) -> sqlx::Result<Verification> {
    let counted = sqlx::query!(
        r#"SELECT (SELECT count(*) FROM transfer) AS "transfers!", (SELECT count(*) FROM account WHERE holder_id <> 0) AS "accounts!",
                  (SELECT count(*) FROM commission) AS "commissions!""#
    )
    .fetch_one(&mut **tx)
    .await?;
    let mut differences = accounts_against_transfers(tx).await?;
    differences.extend(commissions_against_transfers(tx).await?);
    differences.extend(releases_against_transfers(tx).await?);
    differences.extend(commissions_against_events(tx).await?);
    differences.extend(payouts_against_transfers(tx).await?);
    differences.extend(allocations_against_payable(tx).await?);
    differences.extend(purses_against_steps(tx).await?);
    differences.extend(everything_against_zero(tx).await?);
    Ok(Verification {
        transfers: counted.transfers,
        accounts: counted.accounts,
        commissions: counted.commissions,
        differences,
    })
}

async fn accounts_against_transfers(tx: &mut Tx) -> sqlx::Result<Vec<Difference>> {
    sqlx::query_as!(
        Difference,
        r#"WITH added AS (
               SELECT holder_id, programme_id, currency, kind, sum(amount) AS amount FROM (
                   SELECT credit_holder AS holder_id, programme_id, currency, credit_kind AS kind, amount FROM transfer
                   UNION ALL
                   SELECT debit_holder, programme_id, currency, debit_kind, -amount FROM transfer
               ) leg WHERE holder_id <> 0 GROUP BY holder_id, programme_id, currency, kind
           )
           SELECT format('account %s/%s/%s', holder_id, currency, kind) AS "what!",
                  coalesce(a.balance, 0) AS "kept!", coalesce(added.amount, 0) AS "added!"
           FROM (SELECT * FROM account WHERE holder_id <> 0) a FULL JOIN added USING (holder_id, programme_id, currency, kind)
           WHERE coalesce(a.balance, 0) <> coalesce(added.amount, 0)
           ORDER BY 1 LIMIT 100"#
    )
    .fetch_all(&mut **tx)
    .await
}

async fn commissions_against_transfers(tx: &mut Tx) -> sqlx::Result<Vec<Difference>> {
    sqlx::query_as!(
        Difference,
        r#"SELECT format('commission %s/%s', c.partner_id, c.conversion_id) AS "what!", c.amount_left AS "kept!",
                  coalesce(t.amount, 0) AS "added!"
           FROM commission c LEFT JOIN (
               SELECT partner_id, conversion_id, sum(CASE WHEN debit_kind = 'commission_cost' THEN amount
                                                          WHEN credit_kind = 'commission_cost' THEN -amount ELSE 0 END) AS amount
               FROM transfer WHERE conversion_id IS NOT NULL GROUP BY partner_id, conversion_id
           ) t USING (partner_id, conversion_id)
           WHERE c.amount_left <> coalesce(t.amount, 0)
           ORDER BY 1 LIMIT 100"#
    )
    .fetch_all(&mut **tx)
    .await
}

/// What is left of a commission lies where its state says: in `payable` once released, or set apart; in `pending` before.
/// It lies apart as long as it is contested, and no longer.
async fn releases_against_transfers(tx: &mut Tx) -> sqlx::Result<Vec<Difference>> {
    sqlx::query_as!(
        Difference,
        r#"SELECT format('payable of commission %s/%s', c.partner_id, c.conversion_id) AS "what!",
                  CASE WHEN c.released_at IS NULL THEN 0 ELSE c.amount_left END AS "kept!", coalesce(t.amount, 0) AS "added!"
           FROM commission c LEFT JOIN (
               SELECT partner_id, conversion_id, sum(CASE WHEN credit_kind = 'payable' THEN amount ELSE -amount END) AS amount
               FROM transfer WHERE kind IN ('release', 'release_correction', 'refund', 'rejection')
                 AND (debit_kind IN ('payable', 'ring_fenced') OR credit_kind = 'payable')
               GROUP BY partner_id, conversion_id
           ) t USING (partner_id, conversion_id)
           WHERE CASE WHEN c.released_at IS NULL THEN 0 ELSE c.amount_left END <> coalesce(t.amount, 0)
           UNION ALL
           SELECT format('set apart of commission %s/%s', partner_id, conversion_id), coalesce(live.amount, 0), coalesce(t.amount, 0)
           FROM (SELECT partner_id, conversion_id, sum(CASE credit_kind WHEN 'ring_fenced' THEN amount ELSE -amount END) AS amount
                 FROM transfer WHERE 'ring_fenced' IN (debit_kind, credit_kind) GROUP BY partner_id, conversion_id) t
           FULL JOIN (SELECT c.partner_id, c.conversion_id, c.amount_left AS amount FROM contest k JOIN commission c USING (partner_id, conversion_id)
                      WHERE k.ended_at IS NULL AND c.released_at IS NOT NULL) live USING (partner_id, conversion_id)
           WHERE coalesce(live.amount, 0) <> coalesce(t.amount, 0)
           ORDER BY 1 LIMIT 100"#
    )
    .fetch_all(&mut **tx)
    .await
}

async fn commissions_against_events(tx: &mut Tx) -> sqlx::Result<Vec<Difference>> {
    sqlx::query_as!(
        Difference,
        r#"SELECT format('refunds of commission %s/%s', c.partner_id, c.conversion_id) AS "what!", c.refunded AS "kept!",
                  coalesce(e.refunded, 0) AS "added!"
           FROM commission c LEFT JOIN (
               SELECT partner_id, conversion_id, sum(amount) FILTER (WHERE event = 'refund') AS refunded, bool_or(event = 'reject') AS rejected
               FROM conversion_event WHERE event NOT IN ('sale', 'lead') GROUP BY partner_id, conversion_id
           ) e USING (partner_id, conversion_id)
           WHERE c.refunded <> coalesce(e.refunded, 0) OR c.rejected <> coalesce(e.rejected, false)
           ORDER BY 1 LIMIT 100"#
    )
    .fetch_all(&mut **tx)
    .await
}

/// A payout is the sum of its allocations, and what partners have in payouts and were paid is the sum of those payouts.
async fn payouts_against_transfers(tx: &mut Tx) -> sqlx::Result<Vec<Difference>> {
    sqlx::query_as!(
        Difference,
        r#"SELECT format('payout %s', p.payout_id) AS "what!", p.amount AS "kept!", coalesce(a.amount, 0) AS "added!"
           FROM payout p LEFT JOIN (SELECT partner_id, payout_id, sum(amount) AS amount FROM payout_allocation GROUP BY 1, 2) a
                USING (partner_id, payout_id)
           WHERE p.amount <> coalesce(a.amount, 0) OR p.amount <> p.allocated
           UNION ALL
           SELECT format('%s of partner %s in %s', kind, partner_id, currency), coalesce(k.balance, 0), coalesce(s.amount, 0)
           FROM (SELECT partner_id, currency, kind, balance FROM account WHERE kind IN ('in_payout', 'paid')) k
           FULL JOIN (SELECT partner_id, currency, CASE state WHEN 'paid' THEN 'paid' ELSE 'in_payout' END AS kind, sum(total) AS amount
                      FROM payout WHERE live GROUP BY 1, 2, 3) s USING (partner_id, currency, kind)
           WHERE coalesce(k.balance, 0) <> coalesce(s.amount, 0)
           ORDER BY 1 LIMIT 100"#
    )
    .fetch_all(&mut **tx)
    .await
}

/// What is payable is what no live payout has taken.
async fn allocations_against_payable(tx: &mut Tx) -> sqlx::Result<Vec<Difference>> {
    sqlx::query_as!(
        Difference,
        r#"SELECT format('payable of partner %s in %s', a.holder_id, a.currency) AS "what!", a.balance AS "kept!", coalesce(free.amount, 0) AS "added!"
           FROM account a LEFT JOIN (
               SELECT t.partner_id, t.currency, sum(CASE t.credit_kind WHEN 'payable' THEN t.amount ELSE -t.amount END) AS amount
               FROM transfer t LEFT JOIN payout_allocation x ON x.partner_id = t.partner_id AND x.transfer_id = t.transfer_id AND x.live
               WHERE 'payable' IN (t.debit_kind, t.credit_kind) AND t.kind NOT IN ('payout', 'payout_return') AND x.transfer_id IS NULL
               GROUP BY 1, 2) free ON free.partner_id = a.holder_id AND free.currency = a.currency
           WHERE a.holder_id <> 0 AND a.kind = 'payable' AND a.balance <> coalesce(free.amount, 0)
           ORDER BY 1 LIMIT 100"#
    )
    .fetch_all(&mut **tx)
    .await
}

/// What is gone of a budget for promotions is what its grants reserved and spent, and what they spent was booked.
async fn purses_against_steps(tx: &mut Tx) -> sqlx::Result<Vec<Difference>> {
    sqlx::query_as!(
        Difference,
        r#"WITH step AS (
               SELECT s.programme_id, scope.id AS package_scope, s.currency,
                      sum(CASE s.step WHEN 'reserved' THEN s.bonus ELSE -s.bonus END) AS reserved,
                      sum(CASE s.step WHEN 'spent' THEN s.bonus ELSE 0 END) AS spent
               FROM promo_step s CROSS JOIN LATERAL (VALUES (0::bigint), (s.promo_package_id)) AS scope (id)
               GROUP BY 1, 2, 3
           )
           SELECT format('promotions of %s, package %s, in %s', u.programme_id, u.package_scope, u.currency) AS "what!",
                  u.reserved + u.spent AS "kept!", coalesce(s.reserved + s.spent, 0) AS "added!"
           FROM promo_purse u LEFT JOIN step s USING (programme_id, package_scope, currency)
           WHERE (u.reserved, u.spent) <> (coalesce(s.reserved, 0), coalesce(s.spent, 0))
           UNION ALL
           SELECT format('bonuses of %s in %s', programme_id, currency), coalesce(s.spent, 0), coalesce(t.amount, 0)
           FROM (SELECT programme_id, currency, spent FROM step WHERE package_scope = 0) s
           FULL JOIN (SELECT programme_id, currency, sum(amount) AS amount FROM transfer WHERE kind = 'bonus' GROUP BY 1, 2) t
                USING (programme_id, currency)
           WHERE coalesce(s.spent, 0) <> coalesce(t.amount, 0)
           ORDER BY 1 LIMIT 100"#
    )
    .fetch_all(&mut **tx)
    .await
}

async fn everything_against_zero(tx: &mut Tx) -> sqlx::Result<Vec<Difference>> {
    sqlx::query_as!(
        Difference,
        r#"SELECT format('all accounts in %s', currency) AS "what!", sum(amount) AS "kept!", 0::numeric AS "added!"
           FROM (
               SELECT currency, balance AS amount FROM account WHERE holder_id <> 0
               UNION ALL SELECT currency, amount FROM transfer WHERE credit_holder = 0
               UNION ALL SELECT currency, -amount FROM transfer WHERE debit_holder = 0
           ) everything GROUP BY currency HAVING sum(amount) <> 0 ORDER BY 1"#
    )
    .fetch_all(&mut **tx)
    .await
}
