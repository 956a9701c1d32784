ANALYZE raw;
INSERT INTO import (programme_id, file_name, started_at) SELECT programme_id, 'script', now() FROM programme WHERE code = 'bench';
INSERT INTO partner (programme_id, code, name, created_at)
SELECT DISTINCT g.programme_id, r.partner, r.partner, now() FROM raw r, programme g WHERE g.code = 'bench';
INSERT INTO offer (programme_id, code, name, created_at)
SELECT DISTINCT g.programme_id, r.offer, r.offer, now() FROM raw r, programme g WHERE g.code = 'bench';
SELECT count(open_accounts(p.programme_id, p.partner_id, 'GBP')) FROM partner p JOIN programme g USING (programme_id) WHERE g.code = 'bench';
CREATE TEMP TABLE sale ON COMMIT DROP AS
SELECT p.programme_id, p.partner_id, o.offer_id, nextval('conversion_conversion_id_seq') AS conversion_id, r.*,
       rate.terms_version_id AS rate_id, rate.kind AS rate_kind, rate.value AS rate, hold.terms_version_id AS hold_id, hold.value::integer AS hold
FROM raw r
JOIN programme g ON g.code = 'bench'
JOIN partner p ON p.programme_id = g.programme_id AND p.code = r.partner
JOIN offer o ON o.programme_id = g.programme_id AND o.code = r.offer
JOIN terms_version rate ON rate.programme_id = g.programme_id AND rate.field = 'rate'
JOIN terms_version hold ON hold.programme_id = g.programme_id AND hold.field = 'hold_days'
WHERE r.event = 'sale';
ANALYZE sale;
INSERT INTO conversion (programme_id, partner_id, conversion_id, offer_id, kind, order_id, occurred_at, amount, currency, booked_at)
SELECT programme_id, partner_id, conversion_id, offer_id, 'sale', order_id, occurred_at, amount, currency, now() FROM sale;
INSERT INTO conversion_event (programme_id, event_id, event, partner_id, conversion_id, occurred_at, amount, reason, import_id, booked_at)
SELECT programme_id, event_id, 'sale', partner_id, conversion_id, occurred_at, amount, coalesce(reason, ''),
       (SELECT max(import_id) FROM import), now() FROM sale;
INSERT INTO commission (partner_id, conversion_id, offer_id, occurred_at, currency, rate_kind, rate_value, rate_version_id, hold_days,
                        hold_version_id, hold_until, order_amount)
SELECT partner_id, conversion_id, offer_id, occurred_at, currency, rate_kind, rate, rate_id, hold, hold_id,
       occurred_at + make_interval(days => hold), amount FROM sale;
INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id, event_id, effective_at, booked_at)
SELECT programme_id, partner_id, 'accrual', 'commission_cost', 'pending', round(amount * rate / 100, 2), currency, conversion_id,
       event_id, occurred_at, now() FROM sale WHERE round(amount * rate / 100, 2) > 0;
CREATE TEMP TABLE refund ON COMMIT DROP AS
SELECT s.programme_id, s.partner_id, s.conversion_id, r.event_id, r.occurred_at, r.amount, r.currency, coalesce(r.reason, '') AS reason,
       round((s.amount - coalesce(sum(r.amount) OVER before, 0)) * s.rate / 100, 2)
       - round((s.amount - sum(r.amount) OVER upto) * s.rate / 100, 2) AS difference
FROM raw r JOIN sale s ON s.order_id = r.order_id
WHERE r.event = 'refund'
WINDOW before AS (PARTITION BY r.order_id ORDER BY r.occurred_at, r.event_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
       upto AS (PARTITION BY r.order_id ORDER BY r.occurred_at, r.event_id ROWS UNBOUNDED PRECEDING);
INSERT INTO conversion_event (programme_id, event_id, event, partner_id, conversion_id, occurred_at, amount, reason, import_id, booked_at)
SELECT programme_id, event_id, 'refund', partner_id, conversion_id, occurred_at, amount, reason, (SELECT max(import_id) FROM import), now() FROM refund;
INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id, event_id, effective_at, booked_at)
SELECT programme_id, partner_id, 'refund', 'pending', 'commission_cost', difference, currency, conversion_id, event_id, occurred_at, now()
FROM refund WHERE difference > 0;
UPDATE commission c SET refunded = r.refunded
FROM (SELECT partner_id, conversion_id, sum(amount) AS refunded FROM refund GROUP BY 1, 2) r
WHERE c.partner_id = r.partner_id AND c.conversion_id = r.conversion_id;
COMMIT;
