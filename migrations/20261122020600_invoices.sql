-- Invoices: those that the programme writes for its partners, and those that partners send.
SET LOCAL ROLE pd_owner;

-- An invoice is its payout's figures under a number; a credit note takes it back whole. Whatever the customer writes in
-- the supplier's name has a series of its own for each supplier, and so has what corrects it (Directive 2006/112/EC,
-- articles 224 and 226 (2); in Spain Real Decreto 1619/2012, articles 5 and 6.1 a).
CREATE TABLE invoice (
    programme_id bigint NOT NULL,
    partner_id bigint NOT NULL,
    payout_id bigint NOT NULL,
    kind text NOT NULL,
    number integer NOT NULL,
    prev_number integer GENERATED ALWAYS AS (nullif(number - 1, 0)) STORED,
    -- The kind that a credit note corrects.
    corrects text GENERATED ALWAYS AS (CASE kind WHEN 'credit_note' THEN 'invoice' END) STORED,
    -- The accounting day that it bears, and the language that it is written in: the same for ever.
    issued_on date NOT NULL,
    language text NOT NULL DEFAULT 'en',
    issued_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, kind, number),
    CONSTRAINT invoice_kind_known CHECK (kind IN ('invoice', 'credit_note')),
    CONSTRAINT invoice_counted_from_one CHECK (number >= 1),
    CONSTRAINT invoice_without_gaps FOREIGN KEY (partner_id, kind, prev_number) REFERENCES invoice (partner_id, kind, number),
    CONSTRAINT invoice_one_per_payout UNIQUE (partner_id, payout_id, kind),
    CONSTRAINT invoice_partner FOREIGN KEY (programme_id, partner_id) REFERENCES partner (programme_id, partner_id),
    CONSTRAINT invoice_payout FOREIGN KEY (partner_id, payout_id) REFERENCES payout (partner_id, payout_id),
    CONSTRAINT invoice_corrects_one FOREIGN KEY (partner_id, payout_id, corrects) REFERENCES invoice (partner_id, payout_id, kind)
);
CREATE TRIGGER invoice_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON invoice
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Released, a payout has its invoice; taken back, its credit note. In the same statement, whoever writes the step.
CREATE FUNCTION issue_invoices() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- One number after the other: whoever else writes for the same partners waits here.
    PERFORM FROM partner q
    WHERE q.partner_id IN (
        SELECT w.partner_id FROM written w JOIN payout p USING (partner_id, payout_id) JOIN tax_policy t USING (programme_id, tax_policy_id)
        WHERE t.invoices = 'self_billed' AND w.to_state IN ('approved', 'cancelled', 'failed', 'returned'))
    ORDER BY q.partner_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO invoice (programme_id, partner_id, payout_id, kind, number, issued_on, language, issued_at)
    SELECT p.programme_id, p.partner_id, p.payout_id, due.kind,
           (SELECT coalesce(max(i.number), 0) FROM invoice i WHERE i.partner_id = p.partner_id AND i.kind = due.kind)
               + row_number() OVER (PARTITION BY p.partner_id, due.kind ORDER BY p.payout_id),
           (w.booked_at AT TIME ZONE g.time_zone)::date,
           coalesce((SELECT q.locale FROM partner_member m JOIN person q USING (person_id)
                     WHERE m.partner_id = p.partner_id ORDER BY m.since, m.person_id LIMIT 1), 'en'), w.booked_at
    FROM written w
    JOIN payout p USING (partner_id, payout_id)
    JOIN tax_policy t USING (programme_id, tax_policy_id)
    JOIN programme g USING (programme_id)
    LEFT JOIN invoice known ON known.partner_id = w.partner_id AND known.payout_id = w.payout_id AND known.kind = 'invoice'
    CROSS JOIN LATERAL (SELECT CASE w.to_state WHEN 'approved' THEN 'invoice' ELSE 'credit_note' END AS kind) due
    WHERE t.invoices = 'self_billed'
      AND CASE WHEN w.to_state = 'approved' THEN known.number IS NULL
               ELSE w.to_state IN ('cancelled', 'failed', 'returned') AND known.number IS NOT NULL END;
    RETURN NULL;
END
$$;
CREATE TRIGGER payout_event_invoiced AFTER INSERT ON payout_event
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION issue_invoices();

-- What a partner sent for a payout; another one only after the last was refused.
CREATE TABLE partner_invoice (
    partner_id bigint NOT NULL,
    payout_id bigint NOT NULL,
    nth integer NOT NULL,
    prev_nth integer GENERATED ALWAYS AS (nullif(nth - 1, 0)) STORED,
    prev_verdict text GENERATED ALWAYS AS (CASE WHEN nth > 1 THEN 'refused' END) STORED,
    file_name text NOT NULL,
    bytes integer NOT NULL,
    -- Of the file as it came.
    sha256 bytea NOT NULL,
    key_id smallint NOT NULL REFERENCES secret_key,
    sealed bytea NOT NULL,
    sent_by bigint NOT NULL REFERENCES person,
    sent_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, payout_id, nth),
    CONSTRAINT partner_invoice_payout FOREIGN KEY (partner_id, payout_id) REFERENCES payout (partner_id, payout_id),
    CONSTRAINT partner_invoice_at_most_20 CHECK (nth BETWEEN 1 AND 20),
    CONSTRAINT partner_invoice_size CHECK (bytes BETWEEN 1 AND 5000000 AND length(sealed) = bytes + 40),
    CONSTRAINT partner_invoice_is_named CHECK (btrim(file_name) <> '' AND length(file_name) <= 200),
    CONSTRAINT partner_invoice_sha256 CHECK (length(sha256) = 32)
);
CREATE TRIGGER partner_invoice_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON partner_invoice
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TABLE partner_invoice_verdict (
    partner_id bigint NOT NULL,
    payout_id bigint NOT NULL,
    nth integer NOT NULL,
    verdict text NOT NULL,
    -- What the partner reads where it is refused.
    reason text NOT NULL DEFAULT '',
    decided_by bigint NOT NULL REFERENCES staff,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, payout_id, nth),
    CONSTRAINT partner_invoice_verdict_with_it UNIQUE (partner_id, payout_id, nth, verdict),
    CONSTRAINT partner_invoice_verdict_of_one FOREIGN KEY (partner_id, payout_id, nth) REFERENCES partner_invoice (partner_id, payout_id, nth),
    CONSTRAINT partner_invoice_verdict_known CHECK (verdict IN ('accepted', 'refused')),
    CONSTRAINT partner_invoice_refused_with_reason CHECK (length(reason) <= 1000 AND (verdict = 'accepted' OR btrim(reason) <> ''))
);
CREATE TRIGGER partner_invoice_verdict_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON partner_invoice_verdict
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE partner_invoice ADD CONSTRAINT partner_invoice_after_a_refusal FOREIGN KEY (partner_id, payout_id, prev_nth, prev_verdict)
    REFERENCES partner_invoice_verdict (partner_id, payout_id, nth, verdict);

CREATE FUNCTION check_partner_invoice() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM payout p JOIN tax_policy t USING (programme_id, tax_policy_id)
                   WHERE p.partner_id = NEW.partner_id AND p.payout_id = NEW.payout_id AND t.invoices = 'own'
                     AND p.state IN ('approved', 'submitted', 'unknown', 'paid')) THEN
        RAISE EXCEPTION 'no invoice is asked for this payout'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'partner_invoice_is_asked_for';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER partner_invoice_check BEFORE INSERT ON partner_invoice FOR EACH ROW EXECUTE FUNCTION check_partner_invoice();
CREATE FUNCTION check_partner_invoice_verdict() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM staff s WHERE s.person_id = NEW.decided_by AND s.role IN ('owner', 'finance') AND s.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'invoices are judged by owners and finance'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'partner_invoice_verdict_by_finance';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER partner_invoice_verdict_check BEFORE INSERT ON partner_invoice_verdict
    FOR EACH ROW EXECUTE FUNCTION check_partner_invoice_verdict();

-- Payouts whose invoice the partner still has to send, or to send again.
CREATE FUNCTION awaited_invoices(partners bigint[]) RETURNS TABLE (partner_id bigint, payout_id bigint)
LANGUAGE sql STABLE AS $$
    SELECT p.partner_id, p.payout_id
    FROM payout p JOIN tax_policy t USING (programme_id, tax_policy_id)
    LEFT JOIN LATERAL (
        SELECT i.nth, v.verdict FROM partner_invoice i LEFT JOIN partner_invoice_verdict v USING (partner_id, payout_id, nth)
        WHERE i.partner_id = p.partner_id AND i.payout_id = p.payout_id ORDER BY i.nth DESC LIMIT 1) last ON true
    WHERE p.partner_id = ANY($1) AND t.invoices = 'own' AND p.state IN ('approved', 'submitted', 'unknown', 'paid')
      AND (last.nth IS NULL OR last.verdict = 'refused')
$$;

-- Numbers are given by the steps of payouts alone: nobody writes invoices.
GRANT SELECT ON invoice TO pd_partner, pd_staff, pd_system;
GRANT SELECT (partner_id, payout_id, nth, file_name, bytes, sha256, sent_by, sent_at) ON partner_invoice TO pd_partner, pd_staff;
GRANT INSERT (partner_id, payout_id, nth, file_name, bytes, sha256, key_id, sealed, sent_by, sent_at) ON partner_invoice TO pd_partner;
GRANT SELECT ON partner_invoice, partner_invoice_verdict TO pd_system;
GRANT SELECT (partner_id, payout_id, nth, verdict, reason, decided_at) ON partner_invoice_verdict TO pd_partner;
GRANT SELECT, INSERT ON partner_invoice_verdict TO pd_staff;
DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['invoice', 'partner_invoice', 'partner_invoice_verdict'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_partner USING (partner_id = current_partner()) WITH CHECK (partner_id = current_partner())',
                       name_ || '_own', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
    END LOOP;
END
$$;

RESET ROLE;
