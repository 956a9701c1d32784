-- Late answers: a payment that arrived after it was given back is booked once and never paid again, what a bank has got is
-- not sent a second time, and a long answer is worked through in steps that survive an interruption.
SET LOCAL ROLE pd_owner;

-- What was given back may turn out to be paid; a person says so (see payout_event_late_by_hand). What was cancelled after its
-- file was withdrawn, too.
INSERT INTO payout_transition (from_state, to_state) VALUES ('failed', 'paid'), ('returned', 'paid'), ('cancelled', 'paid');

-- A payout goes through its transfers once a turn. The first has no number; the next begins with a late payment.
ALTER TABLE transfer ADD COLUMN payout_turn smallint;
ALTER TABLE transfer ADD CONSTRAINT transfer_turn_of_a_payout CHECK (payout_turn IS NULL OR (payout_turn > 1 AND payout_id IS NOT NULL));
DROP INDEX transfer_payout_step_once;
CREATE UNIQUE INDEX transfer_payout_step_once ON transfer (partner_id, payout_id, kind, payout_turn) NULLS NOT DISTINCT WHERE payout_id IS NOT NULL;

-- A late payment whose money is in another payment by now: the partner owes it, and it comes back with the payment.
DO $$
DECLARE
    one record;
    known text;
BEGIN
    FOR one IN SELECT * FROM (VALUES
        ('transfer_route_known', $check$(kind, debit_kind, credit_kind) IN (
            ('late_payment', 'payable', 'in_payout'), ('late_payment_return', 'in_payout', 'payable'), ('late_payment_return', 'paid', 'payable'))$check$),
        ('transfer_about_a_conversion', 'conversion_id IS NULL'),
        ('transfer_names_its_payout', 'payout_id IS NOT NULL AND payout_turn IS NOT NULL')
    ) AS checks (name, rule) LOOP
        SELECT pg_get_expr(c.conbin, c.conrelid) INTO STRICT known FROM pg_constraint c
        WHERE c.conrelid = 'transfer'::regclass AND c.conname = one.name;
        EXECUTE format('ALTER TABLE transfer DROP CONSTRAINT %I', one.name);
        EXECUTE format('ALTER TABLE transfer ADD CONSTRAINT %I CHECK (CASE WHEN kind IN (''late_payment'', ''late_payment_return'') THEN %s ELSE %s END)',
                       one.name, one.rule, known);
    END LOOP;
END
$$;
CREATE POLICY transfer_of_late_payment ON transfer AS RESTRICTIVE FOR INSERT TO pd_system
    WITH CHECK (kind NOT IN ('late_payment', 'late_payment_return'));

-- A step moves the state and the money, in the same statement, whoever writes it. A late payment takes its money again:
-- what it was made of, where nobody else has it; otherwise the partner owes the sum.
CREATE OR REPLACE FUNCTION apply_payout_events() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE payout p SET state = w.to_state, seq = w.seq
    FROM written w WHERE p.partner_id = w.partner_id AND p.payout_id = w.payout_id;
    INSERT INTO account (programme_id, holder_id, currency, kind)
    SELECT DISTINCT p.programme_id, 0, p.currency, kind
    FROM written w JOIN payout p USING (partner_id, payout_id) CROSS JOIN unnest(ARRAY['input_vat', 'tax_withheld', 'fees']) AS kind
    WHERE w.from_state = '' AND (p.vat > 0 OR p.withheld > 0 OR p.fee > 0)
    ON CONFLICT DO NOTHING;
    UPDATE payout_allocation a SET live = true
    FROM written w
    WHERE w.from_state IN ('failed', 'returned', 'cancelled') AND w.to_state = 'paid' AND a.partner_id = w.partner_id AND a.payout_id = w.payout_id
      AND NOT EXISTS (
          SELECT FROM payout_allocation mine JOIN payout_allocation other USING (partner_id, transfer_id)
          WHERE mine.partner_id = w.partner_id AND mine.payout_id = w.payout_id AND other.live);
    WITH moved AS (
        -- Turns are counted only for the few that came late; of the others nothing but this event is looked at.
        SELECT w.*, w.from_state IN ('failed', 'returned', 'cancelled') AND w.to_state = 'paid' AS is_late,
               CASE WHEN w.to_state IN ('paid', 'failed', 'returned') THEN 1 + (
                   SELECT count(*) FROM payout_event e
                   WHERE e.partner_id = w.partner_id AND e.payout_id = w.payout_id AND e.seq <= w.seq
                     AND e.from_state IN ('failed', 'returned', 'cancelled') AND e.to_state = 'paid') ELSE 1 END AS turn
        FROM written w
    ), step AS (
        SELECT p.programme_id, w.partner_id, step.kind, step.debit_kind, step.credit_kind, step.amount, p.currency, w.payout_id, w.at, w.booked_at, w.turn
        FROM moved w JOIN payout p USING (partner_id, payout_id)
        CROSS JOIN LATERAL (
            SELECT w.to_state IN ('cancelled', 'failed', 'returned') AS ends, w.from_state = 'paid' AS was_paid,
                   w.from_state = '' OR w.is_late AS begins,
                   -- Whether this turn's money is owed instead of taken.
                   w.turn > 1 AND NOT EXISTS (SELECT FROM payout_allocation a WHERE a.partner_id = w.partner_id AND a.payout_id = w.payout_id AND a.live)
                       AS is_owed,
                   p.vat > 0 OR p.withheld > 0 OR p.fee > 0 AS taxed) s
        CROSS JOIN LATERAL (VALUES
            (CASE WHEN s.is_owed THEN 'late_payment' ELSE 'payout' END, 'payable', 'in_payout', p.amount, s.begins),
            ('vat', 'input_vat', 'in_payout', p.vat, s.begins),
            ('withholding', 'in_payout', 'tax_withheld', p.withheld, s.begins),
            ('payout_fee', 'in_payout', 'fees', p.fee, s.begins),
            ('settlement', 'in_payout', 'paid', p.total, w.to_state = 'paid'),
            ('settlement_return', 'paid', 'in_payout', p.total, s.ends AND s.was_paid AND s.taxed),
            ('vat_return', 'in_payout', 'input_vat', p.vat, s.ends),
            ('withholding_return', 'tax_withheld', 'in_payout', p.withheld, s.ends),
            ('payout_fee_return', 'fees', 'in_payout', p.fee, s.ends),
            (CASE WHEN s.is_owed THEN 'late_payment_return' ELSE 'payout_return' END, 'in_payout', 'payable', p.amount,
             s.ends AND (s.taxed OR NOT s.was_paid)),
            (CASE WHEN s.is_owed THEN 'late_payment_return' ELSE 'payout_return' END, 'paid', 'payable', p.amount,
             s.ends AND s.was_paid AND NOT s.taxed)
        ) AS step (kind, debit_kind, credit_kind, amount, moves)
        WHERE step.moves AND step.amount > 0
    ), books AS MATERIALIZED (
        SELECT one.programme_id, open_from(one.programme_id) AS open_from FROM (SELECT DISTINCT programme_id FROM step ORDER BY 1) one
    )
    INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, payout_id, payout_turn, effective_at, booked_at)
    SELECT s.programme_id, s.partner_id, s.kind, s.debit_kind, s.credit_kind, s.amount, s.currency, s.payout_id, nullif(s.turn, 1),
           greatest(s.at, b.open_from), s.booked_at
    FROM step s JOIN books b USING (programme_id);
    UPDATE payout_allocation a SET live = false
    FROM written w WHERE a.partner_id = w.partner_id AND a.payout_id = w.payout_id
      AND w.to_state IN ('cancelled', 'failed', 'returned') AND a.live;
    RETURN NULL;
END
$$;

-- What can be allocated to a payout, as before; and what is owed for a late payment at once, whatever the cut-off: nobody
-- pays out what they know to be gone.
ALTER TABLE payout_block DROP CONSTRAINT payout_block_reason_known;
ALTER TABLE payout_block ADD CONSTRAINT payout_block_reason_known CHECK (reason IN ('owes', 'under_review', 'under_minimum', 'no_method',
    'method_unconfirmed', 'method_cannot_pay', 'method_changed', 'tax_form_missing', 'invoice_missing', 'nothing_left', 'contested',
    'not_due', 'bank_unclear'));

-- What became of a line is not known while its file is worked through.
ALTER TABLE settlement_line DROP CONSTRAINT settlement_line_disposition_known;
ALTER TABLE settlement_line ADD CONSTRAINT settlement_line_disposition_known CHECK (
    disposition IN ('pending', 'applied', 'known', 'noted', 'unmatched', 'wrong_amount', 'contradicts'));
DROP TRIGGER settlement_line_disposition_stays ON settlement_line;
CREATE TRIGGER settlement_line_disposition_stays BEFORE UPDATE ON settlement_line FOR EACH ROW
    WHEN (OLD.disposition NOT IN ('pending', 'unmatched')) EXECUTE FUNCTION refuse_second_disposition();
CREATE INDEX settlement_line_by_number ON settlement_line (payout_number) WHERE payout_number IS NOT NULL;

-- Lines up to here are worked through; the moment when all were.
ALTER TABLE settlement_file ADD COLUMN applied_through bigint NOT NULL DEFAULT 0, ADD COLUMN applied_at timestamptz;
DROP TRIGGER settlement_file_append_only ON settlement_file;
UPDATE settlement_file SET applied_through = lines, applied_at = read_at;
CREATE TRIGGER settlement_file_append_only BEFORE DELETE OR TRUNCATE OR UPDATE OF settlement_file_id, kind, file_name, message_id, sha256, lines,
    read_by, read_at ON settlement_file FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE settlement_file ADD CONSTRAINT settlement_file_applied_within CHECK (applied_through >= 0 AND (applied_at IS NULL OR applied_through >= lines));
CREATE FUNCTION check_settlement_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.applied_through < OLD.applied_through OR OLD.applied_at IS NOT NULL THEN
        RAISE EXCEPTION 'an answer is worked through once, line after line'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_file_only_forward';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER settlement_file_only_forward BEFORE UPDATE ON settlement_file FOR EACH ROW EXECUTE FUNCTION check_settlement_goes_on();
CREATE INDEX settlement_file_open ON settlement_file (settlement_file_id) WHERE applied_at IS NULL;
GRANT UPDATE (applied_through, applied_at) ON settlement_file TO pd_system;

-- A person may settle a line about all payments of a file, too.
ALTER TABLE settlement_by_hand ADD COLUMN payout_file_id bigint REFERENCES payout_file;
ALTER TABLE settlement_by_hand DROP CONSTRAINT settlement_by_hand_verdict_known, DROP CONSTRAINT settlement_by_hand_names_its_payout;
ALTER TABLE settlement_by_hand
    ADD CONSTRAINT settlement_by_hand_verdict_known CHECK (verdict IN ('matched', 'file', 'dismissed')),
    ADD CONSTRAINT settlement_by_hand_names_its_payout CHECK (
        (verdict = 'matched') = (payout_id IS NOT NULL) AND (verdict = 'file') = (payout_file_id IS NOT NULL)
        AND (partner_id IS NULL) = (payout_id IS NULL));

-- While a bank contradicts what is known of one payout of a partner, nobody knows what else may be paid in its currency.
CREATE FUNCTION partners_in_doubt() RETURNS TABLE (partner_id bigint, currency text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH waiting AS MATERIALIZED (
        SELECT l.target_kind, l.target, l.partner_id, l.payout_id FROM settlement_line l
        WHERE l.disposition = 'contradicts'
          AND NOT EXISTS (SELECT FROM settlement_by_hand h WHERE h.settlement_file_id = l.settlement_file_id AND h.line = l.line))
    SELECT p.partner_id, p.currency FROM waiting w JOIN payout p USING (partner_id, payout_id)
    UNION
    SELECT i.partner_id, f.currency FROM waiting w JOIN payout_file f ON f.message_id = w.target JOIN payout_in_file i USING (payout_file_id)
    WHERE w.target_kind = 'batch'
$$;
CREATE INDEX settlement_line_contradicts ON settlement_line (settlement_file_id, line) WHERE disposition = 'contradicts';

-- Approved payouts of a run that must not go out yet: a bank has spoken of them, or of the file they were in, so they were
-- sent; or their partner is in doubt. A person who sets aside what was said ends it.
CREATE FUNCTION not_to_be_sent(run bigint) RETURNS TABLE (payout_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.payout_id FROM payout p JOIN settlement_line l ON l.payout_number = p.payout_id
    LEFT JOIN settlement_by_hand h ON h.settlement_file_id = l.settlement_file_id AND h.line = l.line
    WHERE p.payout_run_id = $1 AND p.state = 'approved' AND h.verdict IS DISTINCT FROM 'dismissed'
    UNION
    SELECT p.payout_id FROM payout p JOIN payout_in_file i USING (partner_id, payout_id) JOIN payout_file f USING (payout_file_id)
    JOIN settlement_line l ON l.target_kind = 'batch' AND l.target = f.message_id
    LEFT JOIN settlement_by_hand h ON h.settlement_file_id = l.settlement_file_id AND h.line = l.line
    WHERE p.payout_run_id = $1 AND p.state = 'approved' AND h.verdict IS DISTINCT FROM 'dismissed'
    UNION
    SELECT p.payout_id FROM payout p JOIN partners_in_doubt() d USING (partner_id, currency)
    WHERE p.payout_run_id = $1 AND p.state = 'approved'
$$;

-- Keeps back what is in doubt when a run is released, with the reason; once the answer was looked at, it is let go.
CREATE FUNCTION hold_in_doubt(run bigint, by_person bigint, reason text, at timestamptz) RETURNS bigint
LANGUAGE sql AS $$
    WITH held AS (
        INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, by_id, reason, at, booked_at)
        SELECT p.partner_id, p.payout_id, p.seq + 1, p.state, 'held', CASE WHEN $2 IS NULL THEN 'command' ELSE 'staff' END, $2, $3, $4, $4
        FROM payout p JOIN partners_in_doubt() d USING (partner_id, currency)
        WHERE p.payout_run_id = $1 AND p.state = 'scheduled'
        RETURNING 1)
    SELECT count(*) FROM held
$$;
REVOKE EXECUTE ON FUNCTION partners_in_doubt(), not_to_be_sent(bigint), hold_in_doubt(bigint, bigint, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION partners_in_doubt(), not_to_be_sent(bigint), hold_in_doubt(bigint, bigint, text, timestamptz) TO pd_staff, pd_system;

-- What needs a person or an answer more than the table of transitions says.
CREATE FUNCTION check_late_answers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM written w
               WHERE w.from_state IN ('failed', 'returned', 'cancelled') AND w.to_state = 'paid'
                 AND (w.by_kind <> 'staff'
                   OR NOT EXISTS (SELECT FROM payout_in_file i WHERE i.partner_id = w.partner_id AND i.payout_id = w.payout_id)
                   OR NOT EXISTS (
                      SELECT FROM settlement_by_hand h
                      WHERE h.settlement_file_id = w.settlement_file_id AND h.line = w.settlement_line
                        AND (h.payout_id = w.payout_id AND h.partner_id = w.partner_id OR h.payout_file_id IN (
                             SELECT i.payout_file_id FROM payout_in_file i WHERE i.partner_id = w.partner_id AND i.payout_id = w.payout_id))))) THEN
        RAISE EXCEPTION 'a person says that what was given back is paid'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_event_late_by_hand';
    END IF;
    -- A bank has spoken of it, so it was sent; but for the step by which a person says just that.
    IF EXISTS (SELECT FROM written w WHERE w.to_state = 'submitted')
        AND EXISTS (
            SELECT FROM (
                SELECT w.partner_id, w.payout_id, w.by_kind, w.by_id, w.booked_at, l.settlement_file_id, l.line
                FROM written w JOIN settlement_line l ON l.payout_number = w.payout_id
                WHERE w.to_state = 'submitted'
                UNION ALL
                SELECT w.partner_id, w.payout_id, w.by_kind, w.by_id, w.booked_at, l.settlement_file_id, l.line
                FROM written w JOIN payout_in_file i USING (partner_id, payout_id) JOIN payout_file f USING (payout_file_id)
                JOIN settlement_line l ON l.target_kind = 'batch' AND l.target = f.message_id
                WHERE w.to_state = 'submitted') said
            LEFT JOIN settlement_by_hand d ON d.settlement_file_id = said.settlement_file_id AND d.line = said.line
            WHERE d.verdict IS DISTINCT FROM 'dismissed'
              AND NOT EXISTS (
                  SELECT FROM settlement_by_hand h
                  WHERE said.by_kind = 'staff' AND h.settled_by = said.by_id AND h.settled_at = said.booked_at
                    AND (h.payout_id = said.payout_id AND h.partner_id = said.partner_id OR h.payout_file_id IN (
                         SELECT i.payout_file_id FROM payout_in_file i WHERE i.partner_id = said.partner_id AND i.payout_id = said.payout_id)))) THEN
        RAISE EXCEPTION 'a bank has this payout already'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_event_not_sent_again';
    END IF;
    RETURN NULL;
END
$$;
-- Triggers of one kind fire in the order of their names: this one after the state was applied.
CREATE TRIGGER payout_event_late_answers AFTER INSERT ON payout_event
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_late_answers();

-- An answer being read and a file being withdrawn at the same moment: the second waits for the first, and sees it.
CREATE FUNCTION lock_answered_files(answer bigint, after bigint, through bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT FROM payout_file f
    WHERE f.payout_file_id IN (
        SELECT i.payout_file_id FROM settlement_line l JOIN payout p ON p.payout_id = l.payout_number
        JOIN payout_in_file i ON i.partner_id = p.partner_id AND i.payout_id = p.payout_id
        WHERE l.settlement_file_id = $1 AND l.line > $2 AND l.line <= $3
        UNION
        SELECT g.payout_file_id FROM settlement_line l JOIN payout_file g ON g.message_id = l.target
        WHERE l.settlement_file_id = $1 AND l.line > $2 AND l.line <= $3 AND l.target_kind = 'batch')
    ORDER BY f.payout_file_id FOR SHARE
$$;
REVOKE EXECUTE ON FUNCTION lock_answered_files(bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lock_answered_files(bigint, bigint, bigint) TO pd_system;
CREATE OR REPLACE FUNCTION check_file_withdrawn() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM payout_file f WHERE f.payout_file_id = NEW.payout_file_id FOR UPDATE;
    IF NOT EXISTS (SELECT FROM staff s WHERE s.person_id = NEW.withdrawn_by AND s.role = 'owner' AND s.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'only an owner says that a file was never sent'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_file_withdrawn_by_an_owner';
    END IF;
    -- Lines count from the moment they are kept, worked through or not.
    IF EXISTS (SELECT FROM payout_file f JOIN settlement_line l ON l.target_kind = 'batch' AND l.target = f.message_id
               WHERE f.payout_file_id = NEW.payout_file_id)
        OR EXISTS (SELECT FROM payout_in_file i JOIN settlement_line l USING (partner_id, payout_id)
                   WHERE i.payout_file_id = NEW.payout_file_id)
        OR EXISTS (SELECT FROM payout_in_file i JOIN settlement_line l ON l.payout_number = i.payout_id
                   WHERE i.payout_file_id = NEW.payout_file_id) THEN
        RAISE EXCEPTION 'a bank has answered: the file was sent'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_file_withdrawn_without_answer';
    END IF;
    RETURN NEW;
END
$$;

-- Who is not paid while an answer about an earlier payout waits for a person.
DO $$
DECLARE
    known text;
BEGIN
    SELECT pg_get_expr(c.conbin, c.conrelid) INTO STRICT known FROM pg_constraint c
    WHERE c.conrelid = 'payout_block'::regclass AND c.conname = 'payout_block_reason_known';
    ALTER TABLE payout_block DROP CONSTRAINT payout_block_reason_known;
    EXECUTE format('ALTER TABLE payout_block ADD CONSTRAINT payout_block_reason_known CHECK (reason = ''bank_unclear'' OR %s)', known);
END
$$;

RESET ROLE;
