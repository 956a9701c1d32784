//! Sales and leads whose rate has a rule: their places in their months, and what each gets there.

use crate::base::db::Tx;
use crate::base::ids::{ImportId, ProgrammeId};

/// Gives the sales and leads of some lines their places, after those that are booked already, in the order of their
/// times. Imports of one programme take turns, and a place is taken once, so no two get the same.
pub async fn book(tx: &mut Tx, import: ImportId, programme: ProgrammeId, lines: (i64, i64)) -> sqlx::Result<()> {
    sqlx::query!(
        "WITH coming AS MATERIALIZED (
             SELECT i.partner_id, i.conversion_id, i.order_id, i.occurred_at, i.currency, i.amount AS order_amount, t.rate_kind, t.rate_value,
                    t.rate_version_id, t.rate_rule, date_trunc('month', i.occurred_at AT TIME ZONE g.time_zone)::date AS month
             FROM import_item i
             JOIN import_terms t ON t.import_id = $1 AND t.partner_id = i.partner_id AND t.offer_id = i.offer_id
                 AND i.occurred_at >= t.valid_from AND i.occurred_at < t.valid_until
             JOIN programme g ON g.programme_id = $2
             WHERE i.import_id = $1 AND i.line BETWEEN $3 AND $4 AND i.event IN ('sale', 'lead') AND i.conversion_id IS NOT NULL
               AND t.rate_rule <> '{}'
         ), version AS MATERIALIZED (
             SELECT DISTINCT rate_version_id, rate_kind, rate_value, rate_rule, rate_rule ->> 'by' AS by, rate_rule ->> 'how' AS how,
                    (rate_rule ->> 'most_each')::numeric AS most_each, (rate_rule ->> 'most_month')::numeric AS most_month
             FROM coming
         ), step AS MATERIALIZED (
             SELECT v.rate_version_id, s.* FROM version v CROSS JOIN LATERAL rate_steps(v.rate_rule) s
         ), month AS MATERIALIZED (
             SELECT m.*, coalesce(last.place, 0) AS place, coalesce(last.volume, 0) AS volume, coalesce(last.earned, 0) AS earned
             FROM (SELECT DISTINCT partner_id, rate_version_id, currency, month FROM coming) m
             LEFT JOIN LATERAL (
                 SELECT p.place, p.volume_before + p.order_amount AS volume, p.earned_before + p.earned AS earned FROM commission_place p
                 WHERE p.partner_id = m.partner_id AND p.rate_version_id = m.rate_version_id AND p.currency = m.currency AND p.month = m.month
                 ORDER BY p.place DESC LIMIT 1
             ) last ON true
         ), placed AS (
             SELECT c.*, v.by, v.how, v.most_month, m.earned AS earned_of_month,
                    m.place + row_number() OVER upto AS place, m.volume + sum(c.order_amount) OVER upto AS volume,
                    m.earned + sum(CASE WHEN v.by IS NULL THEN least(commission_left(c.rate_kind, c.rate_value, c.order_amount, 0, false, c.currency),
                                                                     round(v.most_each, minor_units(c.currency))) END) OVER upto AS earned_flat
             FROM coming c
             JOIN version v USING (rate_version_id)
             JOIN month m ON m.partner_id = c.partner_id AND m.rate_version_id = c.rate_version_id AND m.currency = c.currency AND m.month = c.month
             WINDOW upto AS (PARTITION BY c.partner_id, c.rate_version_id, c.currency, c.month
                             ORDER BY c.occurred_at, c.order_id COLLATE \"C\" ROWS UNBOUNDED PRECEDING)
         ), upto AS (
             SELECT p.*, CASE WHEN p.by IS NULL THEN p.earned_flat
                              ELSE step_earned(p.rate_kind, p.how, s.from_at, s.rate, s.base, CASE p.by WHEN 'volume' THEN p.volume ELSE p.place END,
                                               p.volume, p.place, minor_units(p.currency)) END AS earned_upto
             FROM placed p
             LEFT JOIN step s ON s.rate_version_id = p.rate_version_id
                 AND s.from_at <= CASE p.by WHEN 'volume' THEN p.volume ELSE p.place END
                 AND s.until_at > CASE p.by WHEN 'volume' THEN p.volume ELSE p.place END
         ), earned AS (
             SELECT u.*, coalesce(lag(u.earned_upto) OVER (PARTITION BY u.partner_id, u.rate_version_id, u.currency, u.month ORDER BY u.place),
                                  u.earned_of_month) AS earned_before,
                    round(u.most_month, minor_units(u.currency)) AS most
             FROM upto u
         )
         INSERT INTO commission_place (partner_id, conversion_id, rate_version_id, currency, month, place, order_amount, volume_before,
                                       earned_before, earned, amount)
         SELECT partner_id, conversion_id, rate_version_id, currency, month, place, order_amount, volume - order_amount, earned_before,
                earned_upto - earned_before, least(earned_upto, most) - least(earned_before, most)
         FROM earned",
        import.0,
        programme.0,
        lines.0,
        lines.1,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
