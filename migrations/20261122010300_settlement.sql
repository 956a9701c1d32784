-- What banks and payment services answer, line by line, and what became of each line.
SET LOCAL ROLE pd_owner;

CREATE TABLE settlement_file (
    settlement_file_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    file_name text NOT NULL,
    -- The bank's own name for it.
    message_id text,
    sha256 bytea NOT NULL,
    lines bigint NOT NULL,
    -- NULL: the command line.
    read_by bigint REFERENCES staff,
    read_at timestamptz NOT NULL,
    CONSTRAINT settlement_file_once UNIQUE (sha256),
    CONSTRAINT settlement_file_sha256 CHECK (length(sha256) = 32),
    CONSTRAINT settlement_file_kind_known CHECK (kind IN ('pain.002', 'camt.053', 'camt.054', 'paypal', 'wise', 'plain'))
);
CREATE TRIGGER settlement_file_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON settlement_file
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE settlement_line (
    settlement_file_id bigint NOT NULL REFERENCES settlement_file,
    line bigint NOT NULL,
    -- Of what kind of file: an archive holds several.
    kind text NOT NULL,
    -- accepted says only that somebody took it; it settles nothing.
    outcome text NOT NULL,
    -- One payment, all payments of a file, or nobody says which.
    target_kind text NOT NULL,
    target text NOT NULL,
    -- The payout that the target names by its check digits, if it names one.
    payout_number bigint,
    payments bigint,
    amount numeric,
    currency text,
    on_day date,
    bank_reference text,
    code text,
    text text,
    -- What became of it: applied; known (said before); noted (changes nothing); or it waits for a person:
    -- unmatched, wrong_amount, contradicts.
    disposition text NOT NULL DEFAULT 'unmatched',
    partner_id bigint,
    payout_id bigint,
    PRIMARY KEY (settlement_file_id, line),
    CONSTRAINT settlement_line_payout FOREIGN KEY (partner_id, payout_id) REFERENCES payout (partner_id, payout_id),
    CONSTRAINT settlement_line_kind_known CHECK (kind IN ('pain.002', 'camt.053', 'camt.054', 'paypal', 'wise', 'plain')),
    CONSTRAINT settlement_line_outcome_known CHECK (outcome IN ('accepted', 'settled', 'rejected', 'returned', 'unknown')),
    CONSTRAINT settlement_line_target_known CHECK (target_kind IN ('payment', 'batch', 'unnamed')),
    CONSTRAINT settlement_line_disposition_known CHECK (disposition IN ('applied', 'known', 'noted', 'unmatched', 'wrong_amount', 'contradicts')),
    CONSTRAINT settlement_line_amount_fits CHECK (amount >= 0 AND amount < 1e15)
);
CREATE INDEX settlement_line_waits ON settlement_line (settlement_file_id, line) WHERE disposition IN ('unmatched', 'wrong_amount', 'contradicts');
CREATE INDEX settlement_line_by_payout ON settlement_line (partner_id, payout_id) WHERE payout_id IS NOT NULL;
-- What the bank said never changes; what became of it is written once it is known, and not taken back.
CREATE TRIGGER settlement_line_append_only BEFORE DELETE OR UPDATE OF settlement_file_id, line, kind, outcome, target_kind, target, payout_number,
    payments, amount, currency, on_day, bank_reference, code, text ON settlement_line FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_second_disposition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what became of a line stays' USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_line_disposition_stays';
END
$$;
CREATE TRIGGER settlement_line_disposition_stays BEFORE UPDATE ON settlement_line FOR EACH ROW
    WHEN (OLD.disposition <> 'unmatched') EXECUTE FUNCTION refuse_second_disposition();

-- A person settled what waited, or said that it needs nothing.
CREATE TABLE settlement_by_hand (
    settlement_file_id bigint NOT NULL,
    line bigint NOT NULL,
    verdict text NOT NULL,
    partner_id bigint,
    payout_id bigint,
    reason text NOT NULL,
    settled_by bigint NOT NULL REFERENCES staff,
    settled_at timestamptz NOT NULL,
    PRIMARY KEY (settlement_file_id, line),
    CONSTRAINT settlement_by_hand_line FOREIGN KEY (settlement_file_id, line) REFERENCES settlement_line (settlement_file_id, line),
    CONSTRAINT settlement_by_hand_payout FOREIGN KEY (partner_id, payout_id) REFERENCES payout (partner_id, payout_id),
    CONSTRAINT settlement_by_hand_verdict_known CHECK (verdict IN ('matched', 'dismissed')),
    CONSTRAINT settlement_by_hand_names_its_payout CHECK ((verdict = 'matched') = (payout_id IS NOT NULL) AND (partner_id IS NULL) = (payout_id IS NULL)),
    CONSTRAINT settlement_by_hand_has_reason CHECK (btrim(reason) <> '')
);
CREATE TRIGGER settlement_by_hand_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON settlement_by_hand
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_settlement_by_hand() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM settlement_line l WHERE l.settlement_file_id = NEW.settlement_file_id AND l.line = NEW.line
                   AND l.disposition IN ('unmatched', 'wrong_amount', 'contradicts')) THEN
        RAISE EXCEPTION 'only a line that waits is settled by hand'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_by_hand_of_a_waiting_line';
    END IF;
    IF NOT EXISTS (SELECT FROM staff s WHERE s.person_id = NEW.settled_by AND s.role IN ('owner', 'finance') AND s.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'lines are settled by owners and finance'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_by_hand_by_finance';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER settlement_by_hand_check BEFORE INSERT ON settlement_by_hand FOR EACH ROW EXECUTE FUNCTION check_settlement_by_hand();

-- No payout is paid, refused, returned or in doubt but by a line of an answer.
ALTER TABLE payout_event ADD COLUMN settlement_file_id bigint, ADD COLUMN settlement_line bigint;
ALTER TABLE payout_event ADD CONSTRAINT payout_event_line FOREIGN KEY (settlement_file_id, settlement_line)
    REFERENCES settlement_line (settlement_file_id, line);
ALTER TABLE payout_event ADD CONSTRAINT payout_event_cites_an_answer CHECK (
    (to_state IN ('paid', 'failed', 'returned', 'unknown')) = (settlement_line IS NOT NULL) AND (settlement_file_id IS NULL) = (settlement_line IS NULL));
CREATE UNIQUE INDEX payout_event_line_once ON payout_event (partner_id, payout_id, settlement_file_id, settlement_line)
    WHERE settlement_line IS NOT NULL;

CREATE FUNCTION check_never_sent() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM written w JOIN settlement_line l USING (partner_id, payout_id)
               WHERE w.from_state = 'submitted' AND w.to_state = 'approved') THEN
        RAISE EXCEPTION 'a bank has answered: the file was sent'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_event_never_sent_without_answer';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER payout_event_never_sent AFTER INSERT ON payout_event
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_never_sent();

GRANT SELECT ON settlement_file, settlement_line, settlement_by_hand TO pd_staff, pd_system;
GRANT INSERT ON settlement_file, settlement_line TO pd_system;
GRANT UPDATE (disposition, partner_id, payout_id) ON settlement_line TO pd_system;
GRANT INSERT ON settlement_by_hand TO pd_staff;

RESET ROLE;
