-- Cases: conversations with partners; a dispute is a case about money and pins what it is about.
SET LOCAL ROLE pd_owner;

CREATE TABLE support_case (
    programme_id bigint NOT NULL,
    partner_id bigint NOT NULL,
    case_id bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    subject text NOT NULL,
    stage text NOT NULL DEFAULT 'received',
    opened_by bigint NOT NULL REFERENCES person,
    opened_at timestamptz NOT NULL,
    assignee_id bigint REFERENCES staff,
    -- When the partner hears next, as promised.
    next_update_at timestamptz NOT NULL,
    closed_at timestamptz,
    -- Guards against two people changing one case unseen.
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (partner_id, case_id),
    CONSTRAINT support_case_number_once UNIQUE (case_id),
    CONSTRAINT support_case_partner FOREIGN KEY (programme_id, partner_id) REFERENCES partner (programme_id, partner_id),
    CONSTRAINT support_case_kind_known CHECK (kind IN (
        'missing_conversion', 'wrong_amount', 'wrongly_reversed', 'payout_late', 'payout_amount', 'payout_failed', 'my_terms', 'other')),
    CONSTRAINT support_case_stage_known CHECK (stage IN ('received', 'in_review', 'answer_needed', 'decided', 'closed')),
    CONSTRAINT support_case_closed_has_time CHECK ((stage = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT support_case_subject_not_blank CHECK (btrim(subject) <> '' AND length(subject) <= 200)
);
CREATE INDEX support_case_queue ON support_case (next_update_at, case_id) WHERE stage <> 'closed';

ALTER TABLE proposal ADD CONSTRAINT proposal_case FOREIGN KEY (case_id) REFERENCES support_case (case_id);

-- A missing conversion: what the partner says of it, linked to the conversion once that is found.
CREATE TABLE claim (
    partner_id bigint NOT NULL REFERENCES partner,
    claim_id bigint GENERATED ALWAYS AS IDENTITY,
    offer_id bigint NOT NULL,
    order_id text NOT NULL,
    occurred_at timestamptz NOT NULL,
    amount numeric NOT NULL,
    currency text NOT NULL REFERENCES currency,
    proof text NOT NULL DEFAULT '',
    conversion_id bigint,
    PRIMARY KEY (partner_id, claim_id),
    CONSTRAINT claim_offer FOREIGN KEY (offer_id) REFERENCES offer (offer_id),
    CONSTRAINT claim_conversion FOREIGN KEY (partner_id, conversion_id) REFERENCES conversion (partner_id, conversion_id),
    CONSTRAINT claim_amount_positive CHECK (amount > 0 AND amount < 1e15),
    CONSTRAINT claim_order_not_blank CHECK (btrim(order_id) <> '')
);

CREATE TABLE case_pin (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    pin integer NOT NULL,
    conversion_id bigint,
    terms_version_id bigint REFERENCES terms_version,
    claim_id bigint,
    -- The facts as they were when it was pinned.
    snapshot jsonb NOT NULL,
    snapshot_hash bytea NOT NULL,
    pinned_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, case_id, pin),
    CONSTRAINT case_pin_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT case_pin_conversion FOREIGN KEY (partner_id, conversion_id) REFERENCES conversion (partner_id, conversion_id),
    CONSTRAINT case_pin_claim FOREIGN KEY (partner_id, claim_id) REFERENCES claim (partner_id, claim_id),
    CONSTRAINT case_pin_one_thing CHECK (num_nonnulls(conversion_id, terms_version_id, claim_id) = 1),
    CONSTRAINT case_pin_hash_is_of_snapshot CHECK (snapshot_hash = sha256(convert_to(snapshot::text, 'UTF8')))
);
CREATE TRIGGER case_pin_append_only BEFORE UPDATE OR DELETE ON case_pin
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_pinned_terms() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM terms_version t JOIN partner p USING (programme_id)
                   WHERE t.terms_version_id = NEW.terms_version_id AND p.partner_id = NEW.partner_id
                     AND t.partner_scope IN (0, NEW.partner_id)) THEN
        RAISE EXCEPTION 'these terms are not this partner''s'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_pin_terms_of_the_partner';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER case_pin_check_terms BEFORE INSERT ON case_pin
    FOR EACH ROW WHEN (NEW.terms_version_id IS NOT NULL) EXECUTE FUNCTION check_pinned_terms();

CREATE FUNCTION check_dispute_pinned() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM case_pin p WHERE p.partner_id = NEW.partner_id AND p.case_id = NEW.case_id) THEN
        RAISE EXCEPTION 'a dispute pins what it is about'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'support_case_dispute_is_pinned';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER support_case_pinned AFTER INSERT OR UPDATE OF kind ON support_case DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind <> 'other') EXECUTE FUNCTION check_dispute_pinned();

CREATE TABLE message (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    message_id bigint GENERATED ALWAYS AS IDENTITY,
    side text NOT NULL,
    author_id bigint NOT NULL REFERENCES person,
    -- The name it was signed with.
    author_name text NOT NULL,
    body text NOT NULL,
    sent_at timestamptz NOT NULL,
    -- Makes the same form, sent twice, one message.
    form_key uuid NOT NULL,
    PRIMARY KEY (partner_id, case_id, message_id),
    CONSTRAINT message_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT message_side_known CHECK (side IN ('partner', 'staff')),
    CONSTRAINT message_body_not_blank CHECK (btrim(body, E' \t\r\n') <> '' AND length(body) <= 20000),
    CONSTRAINT message_form_once UNIQUE (partner_id, form_key)
);
CREATE TRIGGER message_append_only BEFORE UPDATE OR DELETE ON message
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A message and the closing of its case take turns, so that none slips in while the other looks away.
CREATE FUNCTION message_takes_its_turn() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM support_case c WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.case_id FOR NO KEY UPDATE;
    RETURN NEW;
END
$$;
CREATE TRIGGER message_turn BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION message_takes_its_turn();

-- A partner's message in a closed case has to open it again.
CREATE FUNCTION check_message_reopens() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM support_case c
                   WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.case_id AND c.stage <> 'closed') THEN
        RAISE EXCEPTION 'a message of the partner in a closed case opens it again'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'message_reopens_its_case';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER message_reopens AFTER INSERT ON message DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.side = 'partner') EXECUTE FUNCTION check_message_reopens();

CREATE TABLE note (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    note_id bigint GENERATED ALWAYS AS IDENTITY,
    author_id bigint NOT NULL REFERENCES staff,
    author_name text NOT NULL,
    body text NOT NULL,
    written_at timestamptz NOT NULL,
    form_key uuid NOT NULL,
    PRIMARY KEY (partner_id, case_id, note_id),
    CONSTRAINT note_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT note_body_not_blank CHECK (btrim(body, E' \t\r\n') <> '' AND length(body) <= 20000),
    CONSTRAINT note_form_once UNIQUE (partner_id, form_key)
);
CREATE TRIGGER note_append_only BEFORE UPDATE OR DELETE ON note
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A person marked a partner's message as needing no answer.
CREATE TABLE needs_no_answer (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    message_id bigint NOT NULL,
    marked_by bigint NOT NULL REFERENCES staff,
    marked_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, case_id, message_id),
    CONSTRAINT needs_no_answer_message FOREIGN KEY (partner_id, case_id, message_id) REFERENCES message (partner_id, case_id, message_id)
);

CREATE FUNCTION check_nothing_unanswered() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT m.message_id, m.side FROM message m
                     WHERE m.partner_id = NEW.partner_id AND m.case_id = NEW.case_id
                     ORDER BY m.message_id DESC LIMIT 1) last
        WHERE last.side = 'partner' AND NOT EXISTS (
            SELECT FROM needs_no_answer n
            WHERE n.partner_id = NEW.partner_id AND n.case_id = NEW.case_id AND n.message_id = last.message_id)) THEN
        RAISE EXCEPTION 'the last message of the partner is neither answered nor marked as needing no answer'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'support_case_closed_only_when_answered';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER support_case_close BEFORE INSERT OR UPDATE ON support_case
    FOR EACH ROW WHEN (NEW.stage = 'closed') EXECUTE FUNCTION check_nothing_unanswered();

-- Outcome, reason, amount and its transfer, in one row.
CREATE TABLE case_decision (
    programme_id bigint NOT NULL,
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    reason_partner text NOT NULL,
    reason_house text NOT NULL DEFAULT '',
    amount numeric,
    currency text,
    transfer_id bigint,
    decided_by bigint NOT NULL REFERENCES staff,
    decided_at timestamptz NOT NULL,
    authority_id bigint,
    largest_credit numeric,
    PRIMARY KEY (partner_id, case_id),
    CONSTRAINT case_decision_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT case_decision_outcome_known CHECK (outcome IN ('in_favour', 'in_part', 'declined')),
    CONSTRAINT case_decision_reason_known CHECK (reason IN (
        'tracking_error', 'booking_error', 'goodwill', 'terms_applied', 'order_refunded', 'not_proved', 'other')),
    CONSTRAINT case_decision_reason_not_blank CHECK (btrim(reason_partner) <> ''),
    CONSTRAINT case_decision_credit_is_whole CHECK (num_nonnulls(amount, currency, transfer_id) IN (0, 3)),
    CONSTRAINT case_decision_declined_without_credit CHECK (outcome <> 'declined' OR amount IS NULL),
    CONSTRAINT case_decision_cites_its_transfer FOREIGN KEY (partner_id, transfer_id, amount, currency)
        REFERENCES transfer (partner_id, transfer_id, amount, currency),
    CONSTRAINT case_decision_transfer_once UNIQUE (partner_id, transfer_id),
    CONSTRAINT case_decision_authority FOREIGN KEY (authority_id, programme_id, largest_credit)
        REFERENCES authority (authority_id, programme_id, largest_credit),
    CONSTRAINT case_decision_within_authority CHECK (
        amount IS NULL OR (authority_id IS NOT NULL AND largest_credit IS NOT NULL AND amount <= largest_credit))
);
CREATE TRIGGER case_decision_append_only BEFORE UPDATE OR DELETE ON case_decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Who decides, with whose authority, and what the credit cites: what the keys above can't say.
CREATE FUNCTION check_case_decider() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    role_ text;
    currency_ text;
BEGIN
    SELECT s.role INTO role_ FROM staff s JOIN person p USING (person_id)
    WHERE s.person_id = NEW.decided_by AND s.disabled_at IS NULL AND p.disabled_at IS NULL;
    IF role_ IS NULL OR role_ NOT IN ('agent', 'lead', 'owner') THEN
        RAISE EXCEPTION 'only agents, leads and owners decide cases'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_by_the_desk';
    END IF;
    SELECT g.currency INTO currency_ FROM support_case c JOIN programme g USING (programme_id)
    WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.case_id AND c.programme_id = NEW.programme_id;
    IF currency_ IS NULL THEN
        RAISE EXCEPTION 'the decision names another programme than its case'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_of_the_programme';
    END IF;
    IF NEW.amount IS NULL THEN
        RETURN NEW;
    END IF;
    IF NEW.authority_id IS DISTINCT FROM (
            SELECT a.authority_id FROM authority a
            WHERE a.programme_id = NEW.programme_id AND a.role = role_ AND a.valid_from <= NEW.decided_at
            ORDER BY a.valid_from DESC LIMIT 1) THEN
        RAISE EXCEPTION 'that is not the authority in force for this person'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_by_authority_in_force';
    END IF;
    -- Nothing is converted, so a limit in one currency says nothing about an amount in another.
    IF NEW.currency <> currency_ AND role_ <> 'owner' THEN
        RAISE EXCEPTION 'a credit in another currency than the programme''s is an owner''s'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_other_currency_by_owner';
    END IF;
    IF NOT EXISTS (SELECT FROM transfer t WHERE t.partner_id = NEW.partner_id AND t.transfer_id = NEW.transfer_id
                   AND t.programme_id = NEW.programme_id AND t.kind = 'adjustment') THEN
        RAISE EXCEPTION 'the decision cites another transfer than an adjustment'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_cites_an_adjustment';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER case_decision_check_decider BEFORE INSERT ON case_decision
    FOR EACH ROW EXECUTE FUNCTION check_case_decider();

-- What a partner's and staff's time line shows: one row per change of stage.
CREATE TABLE case_event (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    case_event_id bigint GENERATED ALWAYS AS IDENTITY,
    stage text NOT NULL,
    at timestamptz NOT NULL,
    -- The name to show; empty where it was the partner.
    by_name text NOT NULL DEFAULT '',
    promised_at timestamptz,
    PRIMARY KEY (partner_id, case_id, case_event_id),
    CONSTRAINT case_event_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT case_event_stage_known CHECK (stage IN ('received', 'in_review', 'answer_needed', 'decided', 'closed'))
);
CREATE TRIGGER case_event_append_only BEFORE UPDATE OR DELETE ON case_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- No credit without the decision that gave it.
CREATE FUNCTION check_adjustment_decided() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM case_decision d WHERE d.partner_id = NEW.partner_id AND d.transfer_id = NEW.transfer_id) THEN
        RAISE EXCEPTION 'an adjustment is the credit of a decision'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_adjustment_is_decided';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER transfer_adjustment_decided AFTER INSERT ON transfer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind = 'adjustment') EXECUTE FUNCTION check_adjustment_decided();

RESET ROLE;
