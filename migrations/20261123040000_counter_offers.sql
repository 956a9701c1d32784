-- A counter-offer: an owner's decision with another value and an expiry. It is in force once the partner accepts before it
-- expires; silence keeps the old terms. The offer itself is a proposal of the owner's, so that what was offered is what is accepted.
SET LOCAL ROLE pd_owner;

-- What is known of a decision stays; these join it.
DO $$
DECLARE
    one record;
    known text;
BEGIN
    FOR one IN SELECT * FROM (VALUES
        ('decision_verdict_known', $check$verdict = 'countered'$check$),
        ('decision_by_known', $check$"by" IN ('counter', 'stop')$check$)
    ) AS checks (name, joins) LOOP
        SELECT pg_get_expr(c.conbin, c.conrelid) INTO STRICT known FROM pg_constraint c
        WHERE c.conrelid = 'decision'::regclass AND c.conname = one.name;
        EXECUTE format('ALTER TABLE decision DROP CONSTRAINT %I', one.name);
        EXECUTE format('ALTER TABLE decision ADD CONSTRAINT %I CHECK (%s OR %s)', one.name, one.joins, known);
    END LOOP;
END
$$;
ALTER TABLE decision
    -- Why an owner goes under the floor of the margin.
    ADD COLUMN floor_reason text,
    ADD COLUMN countered_id bigint GENERATED ALWAYS AS (CASE WHEN verdict = 'countered' THEN proposal_id END) STORED,
    ADD COLUMN accepted_id bigint GENERATED ALWAYS AS (CASE WHEN by = 'counter' THEN proposal_id END) STORED,
    ADD COLUMN accepted_answer text GENERATED ALWAYS AS (CASE WHEN by = 'counter' THEN 'accepted' END) STORED,
    ADD COLUMN accepted_at timestamptz GENERATED ALWAYS AS (CASE WHEN by = 'counter' THEN decided_at END) STORED,
    ADD CONSTRAINT decision_countered_by_an_owner CHECK (verdict <> 'countered' OR (by = 'owner' AND partner_scope <> 0)),
    ADD CONSTRAINT decision_counter_takes_effect CHECK (by NOT IN ('counter', 'stop') OR (verdict = 'approved' AND NOT sole_control)),
    ADD CONSTRAINT decision_floor_reason_not_blank CHECK (btrim(floor_reason) <> '' AND length(floor_reason) <= 4000),
    ADD CONSTRAINT decision_as_countered UNIQUE (proposal_id, programme_id, offer_scope, partner_scope, field, verdict, decider_id, decided_at);

CREATE TABLE counter_offer (
    -- The offer: a proposal of who decided.
    proposal_id bigint PRIMARY KEY,
    -- What it answers.
    countered_id bigint NOT NULL,
    programme_id bigint NOT NULL,
    offer_scope bigint NOT NULL,
    partner_id bigint NOT NULL,
    field text NOT NULL,
    kind text NOT NULL,
    value numeric NOT NULL,
    value_before numeric,
    content_hash bytea NOT NULL,
    verdict text NOT NULL DEFAULT 'countered',
    made_by bigint NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT counter_offer_once UNIQUE (countered_id),
    CONSTRAINT counter_offer_is_countered CHECK (verdict = 'countered'),
    CONSTRAINT counter_offer_of_its_partner UNIQUE (proposal_id, partner_id),
    CONSTRAINT counter_offer_expires_later CHECK (expires_at > made_at),
    CONSTRAINT counter_offer_is_what_was_proposed FOREIGN KEY (proposal_id, programme_id, offer_scope, partner_id, field, kind, value, content_hash)
        REFERENCES proposal (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash),
    CONSTRAINT counter_offer_of_a_decision FOREIGN KEY (countered_id, programme_id, offer_scope, partner_id, field, verdict, made_by, made_at)
        REFERENCES decision (proposal_id, programme_id, offer_scope, partner_scope, field, verdict, decider_id, decided_at),
    CONSTRAINT counter_offer_partner FOREIGN KEY (programme_id, partner_id) REFERENCES partner (programme_id, partner_id)
);
CREATE INDEX counter_offer_by_partner ON counter_offer (partner_id, made_at);
CREATE TRIGGER counter_offer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON counter_offer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Who says "another value" names one, by the end of the same transaction.
ALTER TABLE decision ADD CONSTRAINT decision_countered_with_an_offer FOREIGN KEY (countered_id) REFERENCES counter_offer (countered_id)
    DEFERRABLE INITIALLY DEFERRED;

-- Whether a replay ends under the floor, and costs more than it did: what is under it already may become cheaper.
CREATE FUNCTION crosses_floor(impact jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT EXISTS (SELECT FROM jsonb_array_elements(CASE jsonb_typeof($1 -> 'currencies') WHEN 'array' THEN $1 -> 'currencies' ELSE '[]' END) AS c (one)
                   WHERE (one ->> 'below_floor')::boolean AND (one ->> 'cost_after')::numeric > (one ->> 'cost_before')::numeric)
$$;

CREATE FUNCTION check_counter_offer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    offered proposal%ROWTYPE;
    asked proposal%ROWTYPE;
BEGIN
    SELECT * INTO offered FROM proposal WHERE proposal_id = NEW.proposal_id;
    SELECT * INTO asked FROM proposal WHERE proposal_id = NEW.countered_id;
    IF offered.proposer_id IS DISTINCT FROM NEW.made_by OR offered.proposed_at IS DISTINCT FROM NEW.made_at
        OR offered.expires_at IS DISTINCT FROM NEW.expires_at OR offered.value_before IS DISTINCT FROM NEW.value_before THEN
        RAISE EXCEPTION 'the offer is another than the one proposed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'counter_offer_of_its_owner';
    END IF;
    IF (asked.kind, asked.value) = (NEW.kind, NEW.value) THEN
        RAISE EXCEPTION 'who offers what was asked for approves'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'counter_offer_is_another_value';
    END IF;
    IF EXISTS (SELECT FROM decision d WHERE d.proposal_id = NEW.proposal_id) THEN
        RAISE EXCEPTION 'the offer was decided before it was made'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'counter_offer_begins_open';
    END IF;
    IF crosses_floor(offered.impact) AND (SELECT d.floor_reason FROM decision d WHERE d.proposal_id = NEW.countered_id) IS NULL THEN
        RAISE EXCEPTION 'that goes under the floor of the margin'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_floor_needs_override';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER counter_offer_check BEFORE INSERT ON counter_offer FOR EACH ROW EXECUTE FUNCTION check_counter_offer();

-- What became of it, once. A record of its own: who and when.
CREATE TABLE counter_answer (
    proposal_id bigint PRIMARY KEY,
    partner_id bigint NOT NULL,
    answer text NOT NULL,
    -- NULL: time answered.
    person_id bigint REFERENCES person,
    person_name text,
    answered_at timestamptz NOT NULL,
    CONSTRAINT counter_answer_of_an_offer FOREIGN KEY (proposal_id, partner_id) REFERENCES counter_offer (proposal_id, partner_id),
    CONSTRAINT counter_answer_known CHECK (answer IN ('accepted', 'declined', 'lapsed')),
    CONSTRAINT counter_answer_by_someone CHECK ((answer = 'lapsed') = (person_id IS NULL) AND (person_id IS NULL) = (person_name IS NULL)),
    CONSTRAINT counter_answer_as_given UNIQUE (proposal_id, answer, answered_at)
);
CREATE TRIGGER counter_answer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON counter_answer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_counter_answer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    offer_ counter_offer%ROWTYPE;
BEGIN
    SELECT * INTO offer_ FROM counter_offer WHERE proposal_id = NEW.proposal_id;
    IF NEW.answer = 'lapsed' THEN
        IF NEW.answered_at < offer_.expires_at THEN
            RAISE EXCEPTION 'it has not expired' USING ERRCODE = 'check_violation', CONSTRAINT = 'counter_answer_lapses_after_expiry';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.answered_at < offer_.made_at OR NEW.answered_at >= offer_.expires_at THEN
        RAISE EXCEPTION 'the offer has expired' USING ERRCODE = 'check_violation', CONSTRAINT = 'counter_answer_before_expiry';
    END IF;
    IF NOT EXISTS (SELECT FROM partner_member m JOIN person p USING (person_id)
                   WHERE m.partner_id = NEW.partner_id AND m.person_id = NEW.person_id AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'a member of that partner answers' USING ERRCODE = 'check_violation', CONSTRAINT = 'counter_answer_by_a_member';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER counter_answer_check BEFORE INSERT ON counter_answer FOR EACH ROW EXECUTE FUNCTION check_counter_answer();

ALTER TABLE decision ADD CONSTRAINT decision_by_an_accepted_counter FOREIGN KEY (accepted_id, accepted_answer, accepted_at)
    REFERENCES counter_answer (proposal_id, answer, answered_at);

-- An offer is decided by its partner and by nobody else.
CREATE FUNCTION check_counter_decision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    proposed proposal%ROWTYPE;
BEGIN
    SELECT * INTO proposed FROM proposal WHERE proposal_id = NEW.proposal_id;
    IF (NEW."by" = 'counter') <> EXISTS (SELECT FROM counter_offer c WHERE c.proposal_id = NEW.proposal_id) THEN
        RAISE EXCEPTION 'a counter-offer is decided by its partner'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_of_an_offer_by_its_partner';
    END IF;
    IF NEW."by" = 'counter' AND NEW.decider_id IS DISTINCT FROM proposed.proposer_id THEN
        RAISE EXCEPTION 'the offer was another owner''s'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_of_an_offer_by_who_made_it';
    END IF;
    IF NEW."by" = 'owner' AND NEW.verdict = 'approved' AND crosses_floor(proposed.impact) AND NEW.floor_reason IS NULL THEN
        RAISE EXCEPTION 'that goes under the floor of the margin'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_floor_needs_override';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER decision_check_counter BEFORE INSERT ON decision FOR EACH ROW EXECUTE FUNCTION check_counter_decision();

-- Puts an approved decision into force as the next version of its field in its scope.
CREATE FUNCTION put_into_force(proposal_id bigint, at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO terms_version (programme_id, offer_scope, partner_scope, field, kind, value, valid_from, revision, proposal_id, recorded_at)
    SELECT d.programme_id, d.offer_scope, d.partner_scope, d.field, d.kind, d.value, d.valid_from,
           1 + coalesce((SELECT max(t.revision) FROM terms_version t
                         WHERE t.programme_id = d.programme_id AND t.partner_scope = d.partner_scope
                           AND t.offer_scope = d.offer_scope AND t.field = d.field), 0),
           d.proposal_id, $2
    FROM decision d WHERE d.proposal_id = $1 AND d.verdict = 'approved'
$$;
REVOKE EXECUTE ON FUNCTION put_into_force(bigint, timestamptz) FROM PUBLIC;

-- What was accepted is in force, whoever writes the answer.
CREATE FUNCTION apply_counter_answer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO decision (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, verdict, by,
                          proposer_id, decider_id, reason_partner, reason_house, floor_reason, valid_from, decided_at)
    SELECT p.proposal_id, p.programme_id, p.offer_scope, p.partner_scope, p.field, p.kind, p.value, p.content_hash, 'approved', 'counter',
           p.proposer_id, d.decider_id, d.reason_partner, d.reason_house, d.floor_reason, greatest(p.valid_from, NEW.answered_at), NEW.answered_at
    FROM proposal p JOIN counter_offer c USING (proposal_id) JOIN decision d ON d.proposal_id = c.countered_id
    WHERE p.proposal_id = NEW.proposal_id;
    PERFORM put_into_force(NEW.proposal_id, NEW.answered_at);
    RETURN NULL;
END
$$;
CREATE TRIGGER counter_answer_applied AFTER INSERT ON counter_answer FOR EACH ROW
    WHEN (NEW.answer = 'accepted') EXECUTE FUNCTION apply_counter_answer();

-- Who decided is told by name: staff sign what they do.
CREATE FUNCTION staff_name(person_id bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT s.name FROM staff s WHERE s.person_id = $1
$$;
-- The same of a decision: a partner reads the name, never the number, and only of what is about them.
CREATE FUNCTION decider_name(proposal bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT s.name FROM decision d JOIN staff s ON s.person_id = d.decider_id
    WHERE d.proposal_id = $1 AND (d.partner_scope = 0 OR current_partner() IS NULL OR d.partner_scope = current_partner())
$$;

DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['counter_offer', 'counter_answer'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_partner USING (partner_id = current_partner()) WITH CHECK (partner_id = current_partner())',
                       name_ || '_own', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
        EXECUTE format('GRANT SELECT ON %I TO pd_partner, pd_staff, pd_system', name_);
    END LOOP;
END
$$;
GRANT INSERT ON counter_offer TO pd_staff;
GRANT INSERT ON counter_answer TO pd_partner, pd_system;
-- A partner says yes or no, time says nothing more.
CREATE POLICY counter_answer_by_partner ON counter_answer AS RESTRICTIVE FOR INSERT TO pd_partner WITH CHECK (answer <> 'lapsed');
CREATE POLICY counter_answer_by_system ON counter_answer AS RESTRICTIVE FOR INSERT TO pd_system WITH CHECK (answer = 'lapsed');
-- The database itself writes what follows from an answer.
CREATE POLICY decision_counter_not_by_staff ON decision AS RESTRICTIVE FOR INSERT TO pd_staff WITH CHECK (by <> 'counter');

RESET ROLE;
