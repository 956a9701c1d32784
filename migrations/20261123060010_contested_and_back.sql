-- What was set apart after the cut-off and came back is no new money: a refund known since is taken off all the same.
SET LOCAL ROLE pd_owner;

-- What can be allocated to a payout: transfers into and out of the payable account before the partner's cut-off that are
-- in no live payout. What was taken back since goes with it, unless what it takes back is itself not in it yet: nobody
-- pays out what they know to be gone. What is contested waits, whole. What was set apart after the cut-off and is not
-- contested any more counts as one: it goes with the commission, and nothing waits because of it.
CREATE OR REPLACE FUNCTION payable_items(partners bigint[], cutoffs timestamptz[])
RETURNS TABLE (partner_id bigint, currency text, transfer_id bigint, conversion_id bigint, kind text, amount numeric)
LANGUAGE sql STABLE AS $$
    SELECT i.partner_id, i.currency, i.transfer_id, i.conversion_id, i.kind, i.amount
    FROM (
        SELECT t.*, bool_or(t.amount > 0 AND NOT t.is_in AND NOT t.apart_since) OVER (PARTITION BY t.partner_id, t.currency, t.conversion_id)
               AS rest_waits
        FROM (
            SELECT t.partner_id, t.currency, t.transfer_id, t.conversion_id, t.kind, leg.amount, t.effective_at < c.cutoff AS is_in,
                   t.contest_id IS NOT NULL
                   AND coalesce(min(t.effective_at) FILTER (WHERE t.kind = 'ring_fence') OVER (PARTITION BY t.partner_id, t.contest_id) >= c.cutoff, false)
                   AS apart_since
            FROM unnest(partners, cutoffs) AS c (partner_id, cutoff)
            JOIN transfer t ON t.partner_id = c.partner_id AND 'payable' IN (t.debit_kind, t.credit_kind) AND t.kind NOT IN ('payout', 'payout_return')
            CROSS JOIN LATERAL (SELECT CASE t.credit_kind WHEN 'payable' THEN t.amount ELSE -t.amount END AS amount) leg
            WHERE NOT EXISTS (SELECT FROM payout_allocation a
                              WHERE a.partner_id = t.partner_id AND a.transfer_id = t.transfer_id AND a.live)
              AND (t.conversion_id IS NULL OR t.kind IN ('adjustment', 'reversal')
                   OR NOT EXISTS (SELECT FROM contest k WHERE k.partner_id = t.partner_id AND k.conversion_id = t.conversion_id
                                  AND k.ended_at IS NULL))
        ) t
    ) i
    WHERE i.is_in OR (i.conversion_id IS NOT NULL AND NOT i.rest_waits AND (i.amount < 0 OR i.apart_since))
$$;

RESET ROLE;
