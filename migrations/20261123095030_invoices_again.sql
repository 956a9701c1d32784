-- A payout that was given back had its invoice taken back by a credit note. Where it was paid after all it has another
-- invoice, and where that comes back another credit note: one of each a turn.
SET LOCAL ROLE pd_owner;

ALTER TABLE invoice ADD COLUMN turn integer NOT NULL DEFAULT 1,
    ADD CONSTRAINT invoice_turn_counted_from_one CHECK (turn >= 1),
    DROP CONSTRAINT invoice_corrects_one,
    DROP CONSTRAINT invoice_one_per_payout;
ALTER TABLE invoice ADD CONSTRAINT invoice_one_per_payout UNIQUE (partner_id, payout_id, kind, turn);
ALTER TABLE invoice ADD CONSTRAINT invoice_corrects_one FOREIGN KEY (partner_id, payout_id, corrects, turn)
    REFERENCES invoice (partner_id, payout_id, kind, turn);

CREATE OR REPLACE FUNCTION issue_invoices() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- One number after the other: whoever else writes for the same partners waits here.
    PERFORM FROM partner q
    WHERE q.partner_id IN (
        SELECT w.partner_id FROM written w JOIN payout p USING (partner_id, payout_id) JOIN tax_policy t USING (programme_id, tax_policy_id)
        WHERE t.invoices = 'self_billed'
          AND (w.to_state IN ('approved', 'cancelled', 'failed', 'returned')
               OR w.to_state = 'paid' AND w.from_state IN ('cancelled', 'failed', 'returned')))
    ORDER BY q.partner_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO invoice (programme_id, partner_id, payout_id, kind, turn, number, issued_on, language, issued_at)
    SELECT p.programme_id, p.partner_id, p.payout_id, due.kind, due.turn,
           (SELECT coalesce(max(i.number), 0) FROM invoice i WHERE i.partner_id = p.partner_id AND i.kind = due.kind)
               + row_number() OVER (PARTITION BY p.partner_id, due.kind ORDER BY p.payout_id),
           (w.booked_at AT TIME ZONE g.time_zone)::date,
           coalesce((SELECT q.locale FROM partner_member m JOIN person q USING (person_id)
                     WHERE m.partner_id = p.partner_id ORDER BY m.since, m.person_id LIMIT 1), 'en'), w.booked_at
    FROM written w
    JOIN payout p USING (partner_id, payout_id)
    JOIN tax_policy t USING (programme_id, tax_policy_id)
    JOIN programme g USING (programme_id)
    CROSS JOIN LATERAL (
        SELECT coalesce(max(i.turn) FILTER (WHERE i.kind = 'invoice'), 0) AS written,
               coalesce(max(i.turn) FILTER (WHERE i.kind = 'credit_note'), 0) AS taken_back
        FROM invoice i WHERE i.partner_id = w.partner_id AND i.payout_id = w.payout_id) known
    CROSS JOIN LATERAL (
        SELECT 'invoice' AS kind, known.written + 1 AS turn
        WHERE w.to_state = 'approved' AND known.written = 0
           OR w.to_state = 'paid' AND w.from_state IN ('cancelled', 'failed', 'returned') AND known.written = known.taken_back
        UNION ALL
        SELECT 'credit_note', known.written
        WHERE w.to_state IN ('cancelled', 'failed', 'returned') AND known.written > known.taken_back) due
    WHERE t.invoices = 'self_billed';
    RETURN NULL;
END
$$;

RESET ROLE;
