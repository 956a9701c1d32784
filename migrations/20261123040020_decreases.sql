-- Whatever leaves a partner less or later: announced in time, in small steps, told; silence acknowledges, an objection opens a case,
-- and an owner stops it by putting back what it would have changed.
SET LOCAL ROLE pd_owner;

CREATE TABLE decrease_policy (
    decrease_policy_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme_id bigint NOT NULL REFERENCES programme,
    notice_days integer NOT NULL,
    -- Percent of what was in force, within one notice period.
    largest_step numeric NOT NULL,
    valid_from timestamptz NOT NULL,
    written_by bigint NOT NULL REFERENCES staff,
    written_at timestamptz NOT NULL,
    CONSTRAINT decrease_policy_in_bounds CHECK (notice_days BETWEEN 1 AND 366 AND largest_step > 0 AND largest_step <= 100 AND largest_step = round(largest_step, 2)),
    CONSTRAINT decrease_policy_not_in_the_past CHECK (valid_from >= written_at),
    CONSTRAINT decrease_policy_version_once UNIQUE (programme_id, valid_from)
);
CREATE TRIGGER decrease_policy_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decrease_policy
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER decrease_policy_writer BEFORE INSERT ON decrease_policy FOR EACH ROW EXECUTE FUNCTION check_policy_writer();

-- The policy in force: 30 days and 20 percent until an owner says something else.
CREATE FUNCTION decrease_policy_at(programme_id bigint, at timestamptz) RETURNS TABLE (notice_days integer, largest_step numeric)
LANGUAGE sql STABLE AS $$
    SELECT y.notice_days, y.largest_step FROM (
        (SELECT p.notice_days, p.largest_step, 1 AS place FROM decrease_policy p
         WHERE p.programme_id = $1 AND p.valid_from <= $2 ORDER BY p.valid_from DESC LIMIT 1)
        UNION ALL SELECT 30, 20, 2) y
    ORDER BY y.place LIMIT 1
$$;

-- Whether a value of one can be held against a value of the other.
CREATE FUNCTION are_alike(one jsonb, other jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT $1 ->> 'kind' = $2 ->> 'kind' AND coalesce($1 -> 'rule', '{}') = '{}' AND coalesce($2 -> 'rule', '{}') = '{}'
$$;

-- Less, or later. `before` and `after` are rows of terms. Rates of different kinds or with rules of their own are compared by the
-- replay; where there is none, it counts as less.
CREATE FUNCTION is_decrease(field text, before jsonb, after jsonb, impact jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN $2 ->> 'kind' IS NULL THEN false
        WHEN $1 = 'rate' AND are_alike($2, $3) THEN ($3 ->> 'value')::numeric < ($2 ->> 'value')::numeric
        WHEN $1 = 'rate' THEN coalesce((SELECT bool_or((c.one ->> 'cost_after')::numeric < (c.one ->> 'cost_before')::numeric)
            FROM jsonb_array_elements(CASE jsonb_typeof($4 -> 'currencies') WHEN 'array' THEN $4 -> 'currencies' ELSE '[]' END) AS c (one)), true)
        WHEN $1 = 'schedule' THEN array_position(ARRAY['weekly', 'twice_monthly', 'monthly', 'net'], $3 ->> 'kind')
                                > array_position(ARRAY['weekly', 'twice_monthly', 'monthly', 'net'], $2 ->> 'kind')
                             OR ($2 ->> 'kind' = 'net' AND $3 ->> 'kind' = 'net' AND ($3 ->> 'value')::numeric > ($2 ->> 'value')::numeric)
        ELSE ($3 ->> 'value')::numeric > ($2 ->> 'value')::numeric
    END
$$;
-- What a scope would have at a moment without one version.
CREATE FUNCTION terms_without(programme_id bigint, offer_scope bigint, partner_scope bigint, field text, at timestamptz, without bigint)
RETURNS SETOF terms_version LANGUAGE sql STABLE AS $$
    SELECT t.* FROM terms_version t
    WHERE t.programme_id = $1 AND t.offer_scope IN (0, $2) AND t.partner_scope IN (0, $3) AND t.field = $4 AND t.valid_from <= $5
      AND t.terms_version_id <> $6
    ORDER BY (t.partner_scope <> 0) DESC, (t.offer_scope <> 0) DESC, t.valid_from DESC, t.revision DESC LIMIT 1
$$;

ALTER TABLE terms_version ADD CONSTRAINT terms_version_in_scope UNIQUE (terms_version_id, programme_id, offer_scope, partner_scope, field);

-- A promise: nothing leaves this partner less than the version says until then. What changes for everybody does not reach it anyway.
CREATE TABLE promise (
    terms_version_id bigint PRIMARY KEY,
    programme_id bigint NOT NULL,
    offer_scope bigint NOT NULL,
    partner_id bigint NOT NULL,
    field text NOT NULL,
    until timestamptz NOT NULL,
    promised_by bigint NOT NULL REFERENCES staff,
    promised_at timestamptz NOT NULL,
    CONSTRAINT promise_of_a_version FOREIGN KEY (terms_version_id, programme_id, offer_scope, partner_id, field)
        REFERENCES terms_version (terms_version_id, programme_id, offer_scope, partner_scope, field),
    CONSTRAINT promise_to_one_partner CHECK (partner_id > 0),
    CONSTRAINT promise_ends_later CHECK (until > promised_at)
);
CREATE INDEX promise_by_partner ON promise (partner_id, field);
CREATE TRIGGER promise_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON promise FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION is_owner(person_id bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM staff s JOIN person p USING (person_id)
                   WHERE s.person_id = $1 AND s.role = 'owner' AND s.disabled_at IS NULL AND p.disabled_at IS NULL)
$$;
CREATE FUNCTION check_promise() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT is_owner(NEW.promised_by) THEN
        RAISE EXCEPTION 'only an owner promises' USING ERRCODE = 'check_violation', CONSTRAINT = 'promise_by_an_owner';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER promise_check BEFORE INSERT ON promise FOR EACH ROW EXECUTE FUNCTION check_promise();

-- From when a proposal can hold that is decided at a moment, and the notice that it needs where it is a decrease.
CREATE FUNCTION earliest_start(proposal_id bigint, at timestamptz) RETURNS TABLE (start_at timestamptz, notice_days integer)
LANGUAGE sql STABLE AS $$
    SELECT greatest(p.valid_from, $2 + CASE WHEN d.less THEN make_interval(days => y.notice_days) ELSE interval '0' END),
           CASE WHEN d.less THEN y.notice_days END
    FROM proposal p
    CROSS JOIN LATERAL decrease_policy_at(p.programme_id, $2) y
    CROSS JOIN LATERAL (
        SELECT coalesce((SELECT is_decrease(p.field, to_jsonb(t), to_jsonb(p), p.impact)
                         FROM terms_at(p.programme_id, p.offer_scope, p.partner_scope, greatest(p.valid_from, $2)) t
                         WHERE t.field = p.field), false) AS less) d
    WHERE p.proposal_id = $1
$$;

-- A decrease keeps the notice, the step and the promises. First terms take nothing from anybody, what a partner accepted needs no
-- notice, and who stops a decrease gives.
CREATE FUNCTION check_decrease() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    proposed jsonb;
    before_ jsonb;
    policy record;
    base numeric;
BEGIN
    SELECT to_jsonb(p) INTO proposed FROM proposal p WHERE p.proposal_id = NEW.proposal_id;
    IF EXISTS (SELECT FROM promise r JOIN terms_version t USING (terms_version_id)
               WHERE r.programme_id = NEW.programme_id AND r.partner_id = NEW.partner_scope AND r.field = NEW.field
                 AND r.offer_scope IN (0, NEW.offer_scope) AND r.until > NEW.valid_from
                 AND is_decrease(NEW.field, to_jsonb(t), proposed, proposed -> 'impact')) THEN
        RAISE EXCEPTION 'something better was promised until then'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_keeps_promise';
    END IF;
    SELECT to_jsonb(t) INTO before_ FROM terms_at(NEW.programme_id, NEW.offer_scope, NEW.partner_scope, NEW.valid_from) t
    WHERE t.field = NEW.field;
    IF NOT FOUND OR NOT is_decrease(NEW.field, before_, proposed, proposed -> 'impact') THEN
        RETURN NEW;
    END IF;
    SELECT * INTO policy FROM decrease_policy_at(NEW.programme_id, NEW.decided_at);
    IF NEW.valid_from < NEW.decided_at + make_interval(days => policy.notice_days) THEN
        RAISE EXCEPTION 'a decrease is announced % days before', policy.notice_days
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_decrease_notice';
    END IF;
    IF NOT are_alike(before_, proposed) OR NEW.field NOT IN ('rate', 'hold_days', 'minimum') THEN
        RETURN NEW;
    END IF;
    -- The best that was in force at any time of the last notice period, so that many small steps are one.
    SELECT CASE NEW.field WHEN 'rate' THEN max(t.value) ELSE min(t.value) END INTO base
    FROM (SELECT NEW.valid_from - make_interval(days => policy.notice_days) AS at UNION SELECT NEW.valid_from
          UNION SELECT v.valid_from FROM terms_version v
          WHERE v.programme_id = NEW.programme_id AND v.field = NEW.field AND v.offer_scope IN (0, NEW.offer_scope)
            AND v.partner_scope IN (0, NEW.partner_scope) AND v.valid_from < NEW.valid_from
            AND v.valid_from > NEW.valid_from - make_interval(days => policy.notice_days)) moment
    CROSS JOIN LATERAL terms_at(NEW.programme_id, NEW.offer_scope, NEW.partner_scope, moment.at) t
    WHERE t.field = NEW.field AND are_alike(to_jsonb(t), proposed);
    IF base <> 0 AND abs(NEW.value - base) * 100 > policy.largest_step * base THEN
        RAISE EXCEPTION 'a decrease is at most % percent in % days', policy.largest_step, policy.notice_days
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_decrease_step';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER decision_check_decrease BEFORE INSERT ON decision FOR EACH ROW
    WHEN (NEW.verdict = 'approved' AND NEW.by NOT IN ('command', 'counter', 'stop')) EXECUTE FUNCTION check_decrease();

-- Whom a decrease was told, when it was decided; what stood there before it.
CREATE TABLE terms_notice (
    partner_id bigint NOT NULL,
    terms_version_id bigint NOT NULL REFERENCES terms_version,
    programme_id bigint NOT NULL,
    kind_before text NOT NULL,
    value_before numeric NOT NULL,
    rule_before jsonb NOT NULL,
    told_at timestamptz NOT NULL,
    applies_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, terms_version_id),
    CONSTRAINT terms_notice_partner FOREIGN KEY (programme_id, partner_id) REFERENCES partner (programme_id, partner_id),
    CONSTRAINT terms_notice_in_advance CHECK (applies_at > told_at)
);
CREATE INDEX terms_notice_due ON terms_notice (applies_at);
CREATE INDEX terms_notice_of_version ON terms_notice (terms_version_id);
CREATE TRIGGER terms_notice_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON terms_notice
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Everybody whom a decrease reaches is told, whoever writes it: its partner, or those without better terms of their own.
CREATE FUNCTION announce_decrease() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before_ terms_version%ROWTYPE;
    decided record;
BEGIN
    SELECT d."by", d.decided_at, p.impact INTO decided FROM decision d JOIN proposal p USING (proposal_id) WHERE d.proposal_id = NEW.proposal_id;
    SELECT * INTO before_ FROM terms_without(NEW.programme_id, NEW.offer_scope, NEW.partner_scope, NEW.field, NEW.valid_from, NEW.terms_version_id);
    IF decided."by" <> 'owner' OR before_.kind IS NULL OR NEW.valid_from <= decided.decided_at
        OR NOT is_decrease(NEW.field, to_jsonb(before_), to_jsonb(NEW), decided.impact) THEN
        RETURN NULL;
    END IF;
    INSERT INTO terms_notice (partner_id, terms_version_id, programme_id, kind_before, value_before, rule_before, told_at, applies_at)
    SELECT a.partner_id, NEW.terms_version_id, NEW.programme_id, before_.kind, before_.value, coalesce(to_jsonb(before_) -> 'rule', '{}'),
           decided.decided_at, NEW.valid_from
    FROM partner a
    WHERE a.programme_id = NEW.programme_id
      AND CASE NEW.partner_scope WHEN 0 THEN a.status <> 'closed' AND NOT EXISTS (
              SELECT FROM terms_version t WHERE t.programme_id = NEW.programme_id AND t.partner_scope = a.partner_id AND t.field = NEW.field
                AND t.offer_scope IN (0, NEW.offer_scope) AND t.valid_from <= NEW.valid_from)
          ELSE a.partner_id = NEW.partner_scope END;
    RETURN NULL;
END
$$;
CREATE TRIGGER terms_version_announced AFTER INSERT ON terms_version FOR EACH ROW EXECUTE FUNCTION announce_decrease();

-- What the partner says to it, once; silence acknowledges when it begins to apply.
CREATE TABLE terms_answer (
    partner_id bigint NOT NULL,
    terms_version_id bigint NOT NULL,
    answer text NOT NULL,
    person_id bigint REFERENCES person,
    person_name text,
    case_id bigint,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, terms_version_id),
    CONSTRAINT terms_answer_to_a_notice FOREIGN KEY (partner_id, terms_version_id) REFERENCES terms_notice (partner_id, terms_version_id),
    CONSTRAINT terms_answer_known CHECK (answer IN ('acknowledged', 'objected', 'silent')),
    CONSTRAINT terms_answer_by_someone CHECK ((answer = 'silent') = (person_id IS NULL) AND (person_id IS NULL) = (person_name IS NULL)),
    CONSTRAINT terms_answer_objection_has_a_case CHECK ((answer = 'objected') = (case_id IS NOT NULL)),
    CONSTRAINT terms_answer_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id)
);
CREATE TRIGGER terms_answer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON terms_answer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_terms_answer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    notice terms_notice%ROWTYPE;
BEGIN
    SELECT * INTO notice FROM terms_notice n WHERE n.partner_id = NEW.partner_id AND n.terms_version_id = NEW.terms_version_id;
    IF (NEW.answer = 'silent') <> (NEW.answered_at >= notice.applies_at) OR NEW.answered_at < notice.told_at THEN
        RAISE EXCEPTION 'people answer before it applies, silence answers then'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'terms_answer_in_its_time';
    END IF;
    IF NEW.person_id IS NOT NULL AND NOT EXISTS (SELECT FROM partner_member m JOIN person p USING (person_id)
            WHERE m.partner_id = NEW.partner_id AND m.person_id = NEW.person_id AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'a member of that partner answers' USING ERRCODE = 'check_violation', CONSTRAINT = 'terms_answer_by_a_member';
    END IF;
    IF NEW.case_id IS NOT NULL AND NOT EXISTS (SELECT FROM case_pin c WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.case_id
                                               AND c.terms_version_id = NEW.terms_version_id) THEN
        RAISE EXCEPTION 'the case is about something else' USING ERRCODE = 'check_violation', CONSTRAINT = 'terms_answer_case_is_about_it';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER terms_answer_check BEFORE INSERT ON terms_answer FOR EACH ROW EXECUTE FUNCTION check_terms_answer();

-- An owner stops a decrease for a partner: another version that begins at the same moment puts back what was there. The later of two
-- that begin together counts, so the stopped one is never in force.
CREATE TABLE stopped_change (
    partner_id bigint NOT NULL,
    terms_version_id bigint NOT NULL,
    -- What puts it back.
    proposal_id bigint NOT NULL,
    stopped_by bigint NOT NULL REFERENCES staff,
    stopped_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, terms_version_id),
    CONSTRAINT stopped_change_of_a_notice FOREIGN KEY (partner_id, terms_version_id) REFERENCES terms_notice (partner_id, terms_version_id),
    CONSTRAINT stopped_change_proposal_once UNIQUE (proposal_id)
);
CREATE TRIGGER stopped_change_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stopped_change
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_stopped_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    notice terms_notice%ROWTYPE;
    stopped terms_version%ROWTYPE;
    back terms_version%ROWTYPE;
BEGIN
    SELECT * INTO notice FROM terms_notice n WHERE n.partner_id = NEW.partner_id AND n.terms_version_id = NEW.terms_version_id;
    SELECT * INTO stopped FROM terms_version t WHERE t.terms_version_id = NEW.terms_version_id;
    SELECT * INTO back FROM terms_version t WHERE t.proposal_id = NEW.proposal_id;
    IF NOT is_owner(NEW.stopped_by) THEN
        RAISE EXCEPTION 'only an owner stops a change' USING ERRCODE = 'check_violation', CONSTRAINT = 'stopped_change_by_an_owner';
    END IF;
    IF NEW.stopped_at >= notice.applies_at THEN
        RAISE EXCEPTION 'it applies already' USING ERRCODE = 'check_violation', CONSTRAINT = 'stopped_change_before_it_applies';
    END IF;
    IF (back.programme_id, back.offer_scope, back.partner_scope, back.field, back.kind, back.value, coalesce(to_jsonb(back) -> 'rule', '{}'), back.valid_from)
        IS DISTINCT FROM (stopped.programme_id, stopped.offer_scope, NEW.partner_id, stopped.field, notice.kind_before, notice.value_before,
                          notice.rule_before, stopped.valid_from)
        OR NOT EXISTS (SELECT FROM decision d WHERE d.proposal_id = NEW.proposal_id AND d."by" = 'stop' AND d.decider_id = NEW.stopped_by
                       AND d.proposer_id = NEW.stopped_by AND d.decided_at = NEW.stopped_at) THEN
        RAISE EXCEPTION 'what is stopped is put back as it was' USING ERRCODE = 'check_violation', CONSTRAINT = 'stopped_change_puts_back';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER stopped_change_check AFTER INSERT ON stopped_change DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_stopped_change();
ALTER TABLE decision
    ADD COLUMN stopping_id bigint GENERATED ALWAYS AS (CASE WHEN by = 'stop' THEN proposal_id END) STORED,
    ADD CONSTRAINT decision_stops_something FOREIGN KEY (stopping_id) REFERENCES stopped_change (proposal_id) DEFERRABLE INITIALLY DEFERRED;

-- The mails of both: a decrease, a counter-offer.
ALTER TABLE mail_out ADD COLUMN terms_version_id bigint, ADD COLUMN counter_offer_id bigint,
    ADD CONSTRAINT mail_out_terms_notice FOREIGN KEY (partner_id, terms_version_id) REFERENCES terms_notice (partner_id, terms_version_id),
    ADD CONSTRAINT mail_out_counter_offer FOREIGN KEY (counter_offer_id, partner_id) REFERENCES counter_offer (proposal_id, partner_id),
    ADD CONSTRAINT mail_out_terms_whole CHECK (num_nonnulls(terms_version_id, counter_offer_id) = CASE kind WHEN 'terms' THEN 1 ELSE 0 END);
CREATE UNIQUE INDEX mail_out_terms_once ON mail_out (partner_id, coalesce(terms_version_id, 0), coalesce(counter_offer_id, 0), person_id) WHERE kind = 'terms';
CREATE TRIGGER mail_out_terms_append_only BEFORE UPDATE OF terms_version_id, counter_offer_id ON mail_out
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
DO $$
DECLARE
    known text;
BEGIN
    SELECT pg_get_expr(c.conbin, c.conrelid) INTO STRICT known FROM pg_constraint c
    WHERE c.conrelid = 'mail_out'::regclass AND c.conname = 'mail_out_kind_known';
    ALTER TABLE mail_out DROP CONSTRAINT mail_out_kind_known;
    EXECUTE format('ALTER TABLE mail_out ADD CONSTRAINT mail_out_kind_known CHECK (kind = ''terms'' OR (%s))', known);
    SELECT pg_get_expr(p.polwithcheck, p.polrelid) INTO STRICT known FROM pg_policy p
    WHERE p.polrelid = 'mail_out'::regclass AND p.polname = 'mail_out_by_staff';
    DROP POLICY mail_out_by_staff ON mail_out;
    EXECUTE format('CREATE POLICY mail_out_by_staff ON mail_out AS RESTRICTIVE FOR INSERT TO pd_staff WITH CHECK (kind = ''terms'' OR (%s))', known);
END
$$;
GRANT SELECT (terms_version_id, counter_offer_id) ON mail_out TO pd_staff;
GRANT INSERT (terms_version_id, counter_offer_id) ON mail_out TO pd_staff;

DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['promise', 'terms_notice', 'terms_answer', 'stopped_change'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_partner USING (partner_id = current_partner()) WITH CHECK (partner_id = current_partner())',
                       name_ || '_own', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
        EXECUTE format('GRANT SELECT ON %I TO pd_partner, pd_staff, pd_system', name_);
    END LOOP;
END
$$;
ALTER TABLE decrease_policy ENABLE ROW LEVEL SECURITY;
CREATE POLICY decrease_policy_house ON decrease_policy TO pd_staff, pd_system USING (true) WITH CHECK (true);
CREATE POLICY decrease_policy_read ON decrease_policy FOR SELECT TO pd_partner USING (programme_id = (SELECT current_programme()));
GRANT SELECT ON decrease_policy TO pd_partner, pd_staff, pd_system;
GRANT INSERT ON decrease_policy, promise, stopped_change TO pd_staff;
GRANT INSERT ON terms_answer TO pd_partner, pd_system;
CREATE POLICY terms_answer_by_partner ON terms_answer AS RESTRICTIVE FOR INSERT TO pd_partner WITH CHECK (answer <> 'silent');
CREATE POLICY terms_answer_by_system ON terms_answer AS RESTRICTIVE FOR INSERT TO pd_system WITH CHECK (answer = 'silent');

RESET ROLE;
