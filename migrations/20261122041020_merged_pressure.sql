-- What presses on a case, read through all that was merged into it.
SET LOCAL ROLE pd_owner;

-- Since when its partner waits, what they have and were paid in the programme's currency, their minimum, what is at stake in
-- that currency, the pay day of a payout that is late.
CREATE OR REPLACE FUNCTION case_pressure(programme_id bigint, partner_id bigint, case_id bigint, at timestamptz)
RETURNS TABLE (unanswered_since timestamptz, answered_at timestamptz, paid numeric, owed numeric, minimum numeric,
               stake numeric, late_since timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT waiting.since, spoke.last, money.paid, money.owed, minimum.value, stake.amount, late.since
    FROM (SELECT g.currency, g.time_zone, CASE WHEN EXISTS (SELECT FROM case_merge m WHERE m.partner_id = $2 AND m.into_case_id = $3)
                 THEN case_family($2, $3) ELSE ARRAY[$3] END AS family
          FROM programme g WHERE g.programme_id = $1) g
    CROSS JOIN LATERAL (
        SELECT min(wait.since) AS since
        FROM unnest(g.family) AS each (case_id)
        CROSS JOIN LATERAL (
            SELECT min(m.sent_at) AS since FROM message m
            WHERE m.partner_id = $2 AND m.case_id = each.case_id AND m.side = 'partner'
              AND m.message_id > greatest(
                  (SELECT coalesce(max(r.message_id), 0) FROM message r
                   WHERE r.partner_id = $2 AND r.case_id = each.case_id AND r.side = 'staff'),
                  (SELECT coalesce(max(n.message_id), 0) FROM needs_no_answer n
                   WHERE n.partner_id = $2 AND n.case_id = each.case_id))) wait
        WHERE wait.since IS NOT NULL AND (each.case_id = $3 OR NOT case_answered_elsewhere($2, each.case_id))) waiting
    CROSS JOIN LATERAL (
        SELECT max(m.sent_at) AS last FROM message m WHERE m.partner_id = $2 AND m.case_id = ANY (g.family)) spoke
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(a.balance) FILTER (WHERE a.kind = 'paid'), 0) AS paid,
               coalesce(sum(a.balance) FILTER (WHERE a.kind <> 'paid'), 0) AS owed
        FROM account a
        WHERE a.programme_id = $1 AND a.holder_id = $2 AND a.currency = g.currency) money
    LEFT JOIN LATERAL (
        SELECT t.value FROM terms_at($1, 0, $2, $4) t WHERE t.field = 'minimum') minimum ON true
    CROSS JOIN LATERAL (
        SELECT sum(each.amount) AS amount FROM (
            SELECT commission_left(k.rate_kind, k.rate_value, k.order_amount, 0, false, k.currency) AS amount
            FROM case_pin p JOIN commission k USING (partner_id, conversion_id)
            WHERE p.partner_id = $2 AND p.case_id = ANY (g.family) AND k.currency = g.currency
            UNION ALL
            SELECT y.amount FROM case_pin p JOIN payout y USING (partner_id, payout_id)
            WHERE p.partner_id = $2 AND p.case_id = ANY (g.family) AND y.currency = g.currency
            UNION ALL
            SELECT commission_left(t.kind, t.value, m.amount, 0, false, m.currency)
            FROM case_pin p JOIN claim m USING (partner_id, claim_id)
            CROSS JOIN LATERAL (
                SELECT t.kind, t.value FROM terms_at($1, m.offer_id, $2, m.occurred_at) t WHERE t.field = 'rate') t
            WHERE p.partner_id = $2 AND p.case_id = ANY (g.family) AND m.currency = g.currency) each) stake
    LEFT JOIN LATERAL (
        SELECT ((min(p.pay_day) + 1)::timestamp AT TIME ZONE g.time_zone) AS since
        FROM payout p WHERE p.partner_id = $2 AND p.state IN ('scheduled', 'approved')) late ON late.since <= $4
$$;

RESET ROLE;
