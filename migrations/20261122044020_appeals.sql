-- An appeal: once, in its time, by the partner with a reason; decided by somebody else than who decided first, with a decision
-- and a transfer of its own. Escalations: the facts, what was tried, what is proposed, to a lead or an owner.
SET LOCAL ROLE pd_owner;

ALTER TABLE case_decision ADD CONSTRAINT case_decision_by_whom UNIQUE (partner_id, case_id, decided_by, decided_at);

CREATE TABLE case_appeal (
    programme_id bigint NOT NULL,
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    -- The decision that it is against; NULL: a policy's.
    first_decider bigint,
    first_decided_at timestamptz NOT NULL,
    -- The partner's reason, as a message of the conversation.
    message_id bigint NOT NULL,
    appealed_by bigint NOT NULL REFERENCES person,
    appealed_at timestamptz NOT NULL,
    -- When its decision is promised.
    promised_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, case_id),
    CONSTRAINT case_appeal_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT case_appeal_decision FOREIGN KEY (partner_id, case_id) REFERENCES case_decision (partner_id, case_id),
    CONSTRAINT case_appeal_of_the_decision FOREIGN KEY (partner_id, case_id, first_decider, first_decided_at)
        REFERENCES case_decision (partner_id, case_id, decided_by, decided_at),
    CONSTRAINT case_appeal_against UNIQUE (partner_id, case_id, first_decider),
    CONSTRAINT case_appeal_reason FOREIGN KEY (partner_id, case_id, message_id) REFERENCES message (partner_id, case_id, message_id),
    CONSTRAINT case_appeal_in_time CHECK (appealed_at >= first_decided_at AND appealed_at <= first_decided_at + interval '30 days'),
    CONSTRAINT case_appeal_promise_lies_ahead CHECK (promised_at > appealed_at)
);
CREATE TRIGGER case_appeal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_appeal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_case_appeal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Whom it is against is the house's to say, not the partner's.
    SELECT d.decided_by, d.decided_at INTO NEW.first_decider, NEW.first_decided_at
    FROM case_decision d JOIN support_case c USING (partner_id, case_id)
    WHERE d.partner_id = NEW.partner_id AND d.case_id = NEW.case_id AND c.programme_id = NEW.programme_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'an appeal is against a decision' USING ERRCODE = 'check_violation', CONSTRAINT = 'case_appeal_needs_a_decision';
    END IF;
    IF NOT EXISTS (SELECT FROM message m WHERE m.partner_id = NEW.partner_id AND m.case_id = NEW.case_id AND m.message_id = NEW.message_id
                   AND m.side = 'partner' AND m.author_id = NEW.appealed_by) THEN
        RAISE EXCEPTION 'an appeal says why, in the partner''s words' USING ERRCODE = 'check_violation', CONSTRAINT = 'case_appeal_by_the_partner';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER case_appeal_check BEFORE INSERT ON case_appeal FOR EACH ROW EXECUTE FUNCTION check_case_appeal();
-- Who decided first does not keep it. Where no agent or lead is left, it is an owner's.
CREATE FUNCTION appeal_goes_to_another() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE support_case c SET assignee_id = (
        SELECT min(s.person_id) FROM staff s JOIN person p USING (person_id)
        WHERE s.role = 'owner' AND s.person_id IS DISTINCT FROM NEW.first_decider AND s.disabled_at IS NULL AND p.disabled_at IS NULL
          AND NOT EXISTS (SELECT FROM staff o JOIN person q USING (person_id)
                          WHERE o.role IN ('agent', 'lead') AND o.person_id IS DISTINCT FROM NEW.first_decider
                            AND o.disabled_at IS NULL AND q.disabled_at IS NULL))
    WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.case_id AND (c.assignee_id = NEW.first_decider OR c.assignee_id IS NULL);
    RETURN NULL;
END
$$;
CREATE TRIGGER case_appeal_goes_to_another AFTER INSERT ON case_appeal FOR EACH ROW EXECUTE FUNCTION appeal_goes_to_another();

CREATE TABLE case_appeal_decision (
    programme_id bigint NOT NULL,
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    first_decider bigint,
    -- upheld: the first decision stays; changed: in the partner's favour.
    outcome text NOT NULL,
    reason_partner text NOT NULL,
    reason_house text NOT NULL DEFAULT '',
    amount numeric,
    currency text,
    transfer_id bigint,
    decided_by bigint NOT NULL REFERENCES staff,
    decided_at timestamptz NOT NULL,
    authority_id bigint,
    largest_credit numeric,
    -- There is nobody else who could decide.
    sole_control boolean NOT NULL DEFAULT false,
    PRIMARY KEY (partner_id, case_id),
    CONSTRAINT case_appeal_decision_appeal FOREIGN KEY (partner_id, case_id) REFERENCES case_appeal (partner_id, case_id),
    CONSTRAINT case_appeal_decision_against FOREIGN KEY (partner_id, case_id, first_decider)
        REFERENCES case_appeal (partner_id, case_id, first_decider),
    CONSTRAINT case_appeal_decision_by_another CHECK (first_decider IS NULL OR decided_by <> first_decider OR sole_control),
    CONSTRAINT case_appeal_decision_outcome_known CHECK (outcome IN ('upheld', 'changed')),
    CONSTRAINT case_appeal_decision_reason_not_blank CHECK (btrim(reason_partner) <> ''),
    CONSTRAINT case_appeal_decision_upheld_without_credit CHECK (outcome <> 'upheld' OR amount IS NULL),
    CONSTRAINT case_appeal_decision_credit_is_whole CHECK (num_nonnulls(amount, currency, transfer_id) IN (0, 3)),
    CONSTRAINT case_appeal_decision_cites_its_transfer FOREIGN KEY (partner_id, transfer_id, amount, currency)
        REFERENCES transfer (partner_id, transfer_id, amount, currency),
    CONSTRAINT case_appeal_decision_transfer_once UNIQUE (partner_id, transfer_id),
    CONSTRAINT case_appeal_decision_authority FOREIGN KEY (authority_id, programme_id, largest_credit)
        REFERENCES authority (authority_id, programme_id, largest_credit),
    CONSTRAINT case_appeal_decision_within_authority CHECK (
        amount IS NULL OR (authority_id IS NOT NULL AND largest_credit IS NOT NULL AND amount <= largest_credit))
);
CREATE TRIGGER case_appeal_decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_appeal_decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_appeal_decider() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    role_ text;
    appeal case_appeal%ROWTYPE;
    currency_ text;
BEGIN
    SELECT s.role INTO role_ FROM staff s JOIN person p USING (person_id)
    WHERE s.person_id = NEW.decided_by AND s.disabled_at IS NULL AND p.disabled_at IS NULL;
    IF role_ IS NULL OR role_ NOT IN ('agent', 'lead', 'owner') THEN
        RAISE EXCEPTION 'only agents, leads and owners decide appeals'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_appeal_decision_by_the_desk';
    END IF;
    SELECT * INTO appeal FROM case_appeal a WHERE a.partner_id = NEW.partner_id AND a.case_id = NEW.case_id;
    IF appeal.programme_id IS DISTINCT FROM NEW.programme_id OR appeal.first_decider IS DISTINCT FROM NEW.first_decider
        OR NEW.decided_at < appeal.appealed_at THEN
        RAISE EXCEPTION 'an appeal is decided after it was made, as it was made'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_appeal_decision_of_the_appeal';
    END IF;
    -- Only where nobody else is there to decide, and then an owner does.
    IF NEW.sole_control AND (role_ <> 'owner' OR NEW.decided_by IS DISTINCT FROM NEW.first_decider OR EXISTS (
            SELECT FROM staff s JOIN person p USING (person_id)
            WHERE s.person_id <> NEW.decided_by AND s.role IN ('agent', 'lead', 'owner') AND s.disabled_at IS NULL AND p.disabled_at IS NULL)) THEN
        RAISE EXCEPTION 'somebody else can decide this appeal'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_appeal_decision_sole_control';
    END IF;
    IF NEW.amount IS NULL THEN
        RETURN NEW;
    END IF;
    IF NEW.authority_id IS DISTINCT FROM (
            SELECT a.authority_id FROM authority a
            WHERE a.programme_id = NEW.programme_id AND a.role = role_ AND a.valid_from <= NEW.decided_at
            ORDER BY a.valid_from DESC LIMIT 1) THEN
        RAISE EXCEPTION 'that is not the authority in force for this person'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_appeal_decision_by_authority_in_force';
    END IF;
    SELECT g.currency INTO currency_ FROM programme g WHERE g.programme_id = NEW.programme_id;
    IF NEW.currency <> currency_ AND role_ <> 'owner' THEN
        RAISE EXCEPTION 'a credit in another currency than the programme''s is an owner''s'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_appeal_decision_other_currency_by_owner';
    END IF;
    IF NOT EXISTS (SELECT FROM transfer t WHERE t.partner_id = NEW.partner_id AND t.transfer_id = NEW.transfer_id
                   AND t.programme_id = NEW.programme_id AND t.kind = 'adjustment')
        OR EXISTS (SELECT FROM case_decision d WHERE d.partner_id = NEW.partner_id AND d.transfer_id = NEW.transfer_id) THEN
        RAISE EXCEPTION 'the decision cites an adjustment of its own'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_appeal_decision_cites_an_adjustment';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER case_appeal_decision_check BEFORE INSERT ON case_appeal_decision
    FOR EACH ROW EXECUTE FUNCTION check_appeal_decider();

-- No credit without the decision that gave it: the first one, or the one on appeal.
CREATE OR REPLACE FUNCTION check_adjustment_decided() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM case_decision d WHERE d.partner_id = NEW.partner_id AND d.transfer_id = NEW.transfer_id)
        AND NOT EXISTS (SELECT FROM case_appeal_decision d WHERE d.partner_id = NEW.partner_id AND d.transfer_id = NEW.transfer_id) THEN
        RAISE EXCEPTION 'an adjustment is the credit of a decision'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_adjustment_is_decided';
    END IF;
    RETURN NULL;
END
$$;

CREATE TABLE escalation (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    escalation_id bigint GENERATED ALWAYS AS IDENTITY,
    facts text NOT NULL,
    tried text NOT NULL,
    proposed text NOT NULL,
    to_role text NOT NULL,
    -- NULL: the silence policy.
    escalated_by bigint REFERENCES staff,
    by_name text NOT NULL,
    escalated_at timestamptz NOT NULL,
    form_key uuid NOT NULL DEFAULT gen_random_uuid(),
    -- decided: by whom it was put to; sent_back: with words; withdrawn: it was decided below.
    verdict text,
    words text NOT NULL DEFAULT '',
    answered_by bigint REFERENCES staff,
    answered_at timestamptz,
    PRIMARY KEY (partner_id, case_id, escalation_id),
    CONSTRAINT escalation_number_once UNIQUE (escalation_id),
    CONSTRAINT escalation_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT escalation_form_once UNIQUE (form_key),
    CONSTRAINT escalation_to_known CHECK (to_role IN ('lead', 'owner')),
    CONSTRAINT escalation_says_everything CHECK (btrim(facts) <> '' AND btrim(tried) <> '' AND btrim(proposed) <> ''
        AND length(facts) <= 5000 AND length(tried) <= 5000 AND length(proposed) <= 5000 AND length(words) <= 5000),
    CONSTRAINT escalation_verdict_known CHECK (verdict IN ('decided', 'sent_back', 'withdrawn')),
    CONSTRAINT escalation_answered_whole CHECK ((verdict IS NULL) = (answered_at IS NULL) AND (verdict IS NOT NULL OR answered_by IS NULL)),
    CONSTRAINT escalation_sent_back_with_words CHECK (verdict <> 'sent_back' OR btrim(words) <> ''),
    CONSTRAINT escalation_answered_by_another CHECK (verdict = 'withdrawn' OR answered_by IS DISTINCT FROM escalated_by OR verdict IS NULL),
    CONSTRAINT escalation_answered_later CHECK (answered_at >= escalated_at)
);
CREATE UNIQUE INDEX escalation_one_open ON escalation (partner_id, case_id) WHERE verdict IS NULL;
CREATE INDEX escalation_open ON escalation (escalated_at) WHERE verdict IS NULL;
CREATE INDEX escalation_answered ON escalation (answered_at DESC) WHERE verdict IS NOT NULL;
CREATE TRIGGER escalation_append_only BEFORE DELETE OR UPDATE OF partner_id, case_id, escalation_id, facts, tried, proposed, to_role, escalated_by,
    by_name, escalated_at, form_key ON escalation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER escalation_not_emptied BEFORE TRUNCATE ON escalation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER escalation_by_the_desk BEFORE INSERT ON escalation FOR EACH ROW EXECUTE FUNCTION check_by_the_desk('escalated_by', 'escalation_by_the_desk');
CREATE FUNCTION check_escalation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    role_ text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.verdict IS NOT NULL THEN
            RAISE EXCEPTION 'an escalation begins open' USING ERRCODE = 'check_violation', CONSTRAINT = 'escalation_begins_open';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.verdict IS NOT NULL OR NEW.verdict IS NULL THEN
        RAISE EXCEPTION 'an escalation is answered once' USING ERRCODE = 'check_violation', CONSTRAINT = 'escalation_answered_once';
    END IF;
    IF NEW.verdict <> 'withdrawn' THEN
        SELECT s.role INTO role_ FROM staff s JOIN person p USING (person_id)
        WHERE s.person_id = NEW.answered_by AND s.disabled_at IS NULL AND p.disabled_at IS NULL;
        IF role_ IS NULL OR role_ NOT IN ('lead', 'owner') OR (NEW.to_role = 'owner' AND role_ <> 'owner') THEN
            RAISE EXCEPTION 'an escalation is answered by whom it was put to, or above'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'escalation_answered_from_above';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER escalation_check BEFORE INSERT OR UPDATE ON escalation FOR EACH ROW EXECUTE FUNCTION check_escalation();

-- A decision answers the escalation of its case.
CREATE FUNCTION decision_answers_escalation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE escalation e SET answered_by = NEW.decided_by, answered_at = greatest(NEW.decided_at, e.escalated_at),
        words = left(NEW.reason_house, 5000),
        verdict = CASE WHEN NEW.decided_by IS DISTINCT FROM e.escalated_by AND EXISTS (
                       SELECT FROM staff s WHERE s.person_id = NEW.decided_by AND s.role IN ('owner', e.to_role)) THEN 'decided' ELSE 'withdrawn' END
    WHERE e.partner_id = NEW.partner_id AND e.case_id = NEW.case_id AND e.verdict IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER case_decision_answers_escalation AFTER INSERT ON case_decision FOR EACH ROW EXECUTE FUNCTION decision_answers_escalation();
CREATE TRIGGER case_appeal_decision_answers_escalation AFTER INSERT ON case_appeal_decision
    FOR EACH ROW EXECUTE FUNCTION decision_answers_escalation();

DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['case_appeal', 'case_appeal_decision', 'escalation'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
        EXECUTE format('GRANT SELECT ON %I TO pd_staff, pd_system', name_);
    END LOOP;
    FOREACH name_ IN ARRAY ARRAY['case_appeal', 'case_appeal_decision'] LOOP
        EXECUTE format('CREATE POLICY %I ON %I TO pd_partner USING (partner_id = current_partner()) WITH CHECK (partner_id = current_partner())',
                       name_ || '_own', name_);
    END LOOP;
END
$$;
GRANT SELECT (programme_id, partner_id, case_id, first_decided_at, message_id, appealed_by, appealed_at, promised_at) ON case_appeal TO pd_partner;
GRANT INSERT (programme_id, partner_id, case_id, message_id, appealed_by, appealed_at, promised_at) ON case_appeal TO pd_partner;
GRANT SELECT (partner_id, case_id, outcome, reason_partner, amount, currency, transfer_id, decided_at) ON case_appeal_decision TO pd_partner;
GRANT INSERT ON case_appeal_decision TO pd_staff;
GRANT INSERT ON escalation TO pd_staff, pd_system;
GRANT UPDATE (verdict, words, answered_by, answered_at) ON escalation TO pd_staff;

RESET ROLE;
