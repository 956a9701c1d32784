-- A partner asks for other terms; support takes it up as a proposal with evidence, or says why not. What was shown to the decider is
-- pinned to the proposal and covered by what was read.
SET LOCAL ROLE pd_owner;

CREATE TABLE terms_request (
    partner_id bigint NOT NULL,
    terms_request_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme_id bigint NOT NULL,
    offer_scope bigint NOT NULL DEFAULT 0,
    offer_id bigint GENERATED ALWAYS AS (nullif(offer_scope, 0)) STORED,
    field text NOT NULL,
    -- What is wished for, in the field's unit.
    wish numeric NOT NULL,
    reason text NOT NULL,
    person_id bigint NOT NULL REFERENCES person,
    person_name text NOT NULL,
    asked_at timestamptz NOT NULL,
    form_key uuid NOT NULL,
    CONSTRAINT terms_request_form_once UNIQUE (form_key),
    CONSTRAINT terms_request_of_its_partner UNIQUE (terms_request_id, partner_id),
    CONSTRAINT terms_request_partner FOREIGN KEY (programme_id, partner_id) REFERENCES partner (programme_id, partner_id),
    CONSTRAINT terms_request_offer FOREIGN KEY (programme_id, offer_id) REFERENCES offer (programme_id, offer_id),
    CONSTRAINT terms_request_field_known CHECK (field IN ('rate', 'minimum') AND (field = 'rate' OR offer_scope = 0)),
    CONSTRAINT terms_request_wish_fits CHECK (wish >= 0 AND wish <= CASE field WHEN 'rate' THEN 100 ELSE 1000000000 END AND wish = round(wish, 4)),
    CONSTRAINT terms_request_reason_not_blank CHECK (btrim(reason) <> '' AND length(reason) <= 4000)
);
CREATE INDEX terms_request_by_partner ON terms_request (partner_id, asked_at);
CREATE TRIGGER terms_request_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON terms_request
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE terms_request_answer (
    terms_request_id bigint PRIMARY KEY,
    partner_id bigint NOT NULL,
    answer text NOT NULL,
    proposal_id bigint,
    -- Until when an owner can decide it.
    decide_by timestamptz,
    reason_partner text,
    answered_by bigint NOT NULL REFERENCES staff,
    answered_at timestamptz NOT NULL,
    CONSTRAINT terms_request_answer_to_a_request FOREIGN KEY (terms_request_id, partner_id) REFERENCES terms_request (terms_request_id, partner_id),
    CONSTRAINT terms_request_answer_known CHECK (answer IN ('taken_up', 'declined')),
    CONSTRAINT terms_request_answer_whole CHECK ((answer = 'taken_up') = (proposal_id IS NOT NULL) AND (answer = 'declined') = (reason_partner IS NOT NULL)),
    CONSTRAINT terms_request_answer_reason_not_blank CHECK (btrim(reason_partner) <> '' AND length(reason_partner) <= 4000),
    CONSTRAINT terms_request_answer_proposal FOREIGN KEY (proposal_id) REFERENCES proposal,
    CONSTRAINT terms_request_answer_proposal_once UNIQUE (proposal_id)
);
CREATE TRIGGER terms_request_answer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON terms_request_answer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_terms_request() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM partner_member m JOIN person p USING (person_id)
                   WHERE m.partner_id = NEW.partner_id AND m.person_id = NEW.person_id AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'a member of that partner asks' USING ERRCODE = 'check_violation', CONSTRAINT = 'terms_request_by_a_member';
    END IF;
    -- Two at once for one partner take turns.
    PERFORM FROM partner a WHERE a.partner_id = NEW.partner_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM terms_request r WHERE r.partner_id = NEW.partner_id AND r.field = NEW.field AND r.offer_scope = NEW.offer_scope
               -- The same form, sent twice, is its key's to refuse.
               AND r.form_key <> NEW.form_key
               AND NOT EXISTS (SELECT FROM terms_request_answer x WHERE x.terms_request_id = r.terms_request_id)) THEN
        RAISE EXCEPTION 'the same was asked and is not answered' USING ERRCODE = 'check_violation', CONSTRAINT = 'terms_request_one_open';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER terms_request_check BEFORE INSERT ON terms_request FOR EACH ROW EXECUTE FUNCTION check_terms_request();
CREATE FUNCTION check_terms_request_answer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id) WHERE s.person_id = NEW.answered_by
                   AND s.role IN ('agent', 'lead', 'owner') AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'the desk answers' USING ERRCODE = 'check_violation', CONSTRAINT = 'terms_request_answer_by_the_desk';
    END IF;
    IF NEW.answered_at < (SELECT r.asked_at FROM terms_request r WHERE r.terms_request_id = NEW.terms_request_id) THEN
        RAISE EXCEPTION 'it was answered before it was asked' USING ERRCODE = 'check_violation', CONSTRAINT = 'terms_request_answer_later';
    END IF;
    IF NEW.proposal_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM terms_request r JOIN proposal p ON p.proposal_id = NEW.proposal_id AND p.programme_id = r.programme_id
                AND p.partner_scope = r.partner_id AND p.field = r.field AND p.offer_scope = r.offer_scope
                AND p.expires_at IS NOT DISTINCT FROM NEW.decide_by
            WHERE r.terms_request_id = NEW.terms_request_id) THEN
        RAISE EXCEPTION 'the proposal is about something else' USING ERRCODE = 'check_violation', CONSTRAINT = 'terms_request_answer_of_the_request';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER terms_request_answer_check BEFORE INSERT ON terms_request_answer FOR EACH ROW EXECUTE FUNCTION check_terms_request_answer();

CREATE FUNCTION evidence_hash(evidence jsonb) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT sha256(convert_to($1::text, 'UTF8')) $$;

-- Evidence: an array in the proposal, whose digest the decision carries, and its rows, which the database itself writes from it.
ALTER TABLE proposal
    ADD COLUMN evidence jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN evidence_hash bytea GENERATED ALWAYS AS (evidence_hash(evidence)) STORED,
    ADD CONSTRAINT proposal_evidence_is_a_list CHECK (jsonb_typeof(evidence) = 'array' AND jsonb_array_length(evidence) <= 50),
    ADD CONSTRAINT proposal_evidence_key UNIQUE (proposal_id, evidence_hash);
CREATE TABLE proposal_evidence (
    proposal_id bigint NOT NULL,
    nth integer NOT NULL,
    partner_id bigint NOT NULL REFERENCES partner,
    kind text NOT NULL,
    case_id bigint,
    message_id bigint,
    attachment_id bigint,
    -- What was to be seen of it then: a subject, a text, a file's name and digest, a figure with its label.
    snapshot jsonb NOT NULL,
    PRIMARY KEY (proposal_id, nth),
    CONSTRAINT proposal_evidence_of_a_proposal FOREIGN KEY (proposal_id) REFERENCES proposal,
    CONSTRAINT proposal_evidence_kind_known CHECK (kind IN ('case', 'message', 'file', 'figure')),
    CONSTRAINT proposal_evidence_whole CHECK (
        num_nonnulls(case_id, message_id, attachment_id) = CASE kind WHEN 'case' THEN 1 WHEN 'message' THEN 2 WHEN 'file' THEN 2 ELSE 0 END
        AND (kind = 'figure' OR case_id IS NOT NULL) AND (kind = 'message') = (message_id IS NOT NULL) AND (kind = 'file') = (attachment_id IS NOT NULL)),
    CONSTRAINT proposal_evidence_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT proposal_evidence_message FOREIGN KEY (partner_id, case_id, message_id) REFERENCES message (partner_id, case_id, message_id)
);
CREATE TRIGGER proposal_evidence_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON proposal_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_evidence() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM proposal p WHERE p.proposal_id = NEW.proposal_id AND p.partner_scope = NEW.partner_id
                   AND p.evidence -> (NEW.nth - 1) ->> 'kind' = NEW.kind AND p.evidence -> (NEW.nth - 1) -> 'snapshot' = NEW.snapshot
                   AND (p.evidence -> (NEW.nth - 1) ->> 'case')::bigint IS NOT DISTINCT FROM NEW.case_id
                   AND (p.evidence -> (NEW.nth - 1) ->> 'message')::bigint IS NOT DISTINCT FROM NEW.message_id
                   AND (p.evidence -> (NEW.nth - 1) ->> 'file')::bigint IS NOT DISTINCT FROM NEW.attachment_id) THEN
        RAISE EXCEPTION 'that is no evidence of the proposal' USING ERRCODE = 'check_violation', CONSTRAINT = 'proposal_evidence_as_covered';
    END IF;
    IF NEW.attachment_id IS NOT NULL AND NOT EXISTS (SELECT FROM attachment f WHERE f.partner_id = NEW.partner_id AND f.case_id = NEW.case_id
                                                     AND f.attachment_id = NEW.attachment_id) THEN
        RAISE EXCEPTION 'no such file in that case' USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'proposal_evidence_file';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER proposal_evidence_check BEFORE INSERT ON proposal_evidence FOR EACH ROW EXECUTE FUNCTION check_evidence();
CREATE FUNCTION pin_evidence() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO proposal_evidence (proposal_id, nth, partner_id, kind, case_id, message_id, attachment_id, snapshot)
    SELECT NEW.proposal_id, e.nth, NEW.partner_scope, e.one ->> 'kind', (e.one ->> 'case')::bigint, (e.one ->> 'message')::bigint,
           (e.one ->> 'file')::bigint, e.one -> 'snapshot'
    FROM jsonb_array_elements(NEW.evidence) WITH ORDINALITY AS e (one, nth);
    RETURN NULL;
END
$$;
CREATE TRIGGER proposal_evidence_pinned AFTER INSERT ON proposal FOR EACH ROW
    WHEN (NEW.evidence <> '[]') EXECUTE FUNCTION pin_evidence();
-- What was read is what is decided, with its evidence.
ALTER TABLE decision
    ADD COLUMN evidence_hash bytea NOT NULL DEFAULT evidence_hash('[]'),
    ADD CONSTRAINT decision_of_the_evidence_read FOREIGN KEY (proposal_id, evidence_hash) REFERENCES proposal (proposal_id, evidence_hash);

DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['terms_request', 'terms_request_answer'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_partner USING (partner_id = current_partner()) WITH CHECK (partner_id = current_partner())',
                       name_ || '_own', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
        EXECUTE format('GRANT SELECT ON %I TO pd_partner, pd_staff, pd_system', name_);
    END LOOP;
END
$$;
GRANT INSERT ON terms_request TO pd_partner;
GRANT INSERT ON terms_request_answer TO pd_staff;
ALTER TABLE proposal_evidence ENABLE ROW LEVEL SECURITY;
CREATE POLICY proposal_evidence_house ON proposal_evidence TO pd_staff, pd_system USING (true) WITH CHECK (true);
GRANT SELECT ON proposal_evidence TO pd_staff, pd_system;

RESET ROLE;
