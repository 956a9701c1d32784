-- Practice: cases made of real ones, without anybody in them, for agents who are new. Who has to practise gives no credit
-- before enough of their solutions have passed.
SET LOCAL ROLE pd_owner;

-- How many an agent who begins from then on has to pass; the newest version at that moment holds for them.
CREATE TABLE practice_policy (
    practice_policy_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    passes integer NOT NULL,
    valid_from timestamptz NOT NULL,
    written_by bigint REFERENCES staff,
    form_key uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT practice_policy_form_once UNIQUE (form_key),
    CONSTRAINT practice_policy_in_bounds CHECK (passes BETWEEN 0 AND 50)
);
INSERT INTO practice_policy (passes, valid_from) VALUES (0, '1900-01-01Z');
CREATE TRIGGER practice_policy_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON practice_policy
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER practice_policy_writer BEFORE INSERT ON practice_policy FOR EACH ROW EXECUTE FUNCTION check_rota_writer();

-- Names nobody: what is in it went through the rules that take names, codes, addresses and amounts out.
CREATE TABLE practice_case (
    practice_case_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Which case it was made of; shown to who marks it, not to who practises.
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    -- [{ "side": "partner" or "staff", "body": … }]: up to where the one who practises takes over.
    talk jsonb NOT NULL,
    -- What was said and decided then.
    solution text NOT NULL,
    made_by bigint NOT NULL REFERENCES staff,
    made_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    CONSTRAINT practice_case_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT practice_case_once UNIQUE (case_id),
    CONSTRAINT practice_case_subject_not_blank CHECK (btrim(subject) <> ''),
    CONSTRAINT practice_case_solution_not_blank CHECK (btrim(solution, E' \t\r\n') <> ''),
    CONSTRAINT practice_case_talk_not_empty CHECK (jsonb_typeof(talk) = 'array' AND jsonb_array_length(talk) > 0)
);
CREATE TRIGGER practice_case_append_only BEFORE DELETE OR UPDATE OF practice_case_id, partner_id, case_id, kind, subject, talk, solution, made_by, made_at
    ON practice_case FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER practice_case_not_emptied BEFORE TRUNCATE ON practice_case FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE practice_try (
    practice_try_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    practice_case_id bigint NOT NULL REFERENCES practice_case,
    person_id bigint NOT NULL REFERENCES staff,
    outcome text NOT NULL,
    answer text NOT NULL,
    tried_at timestamptz NOT NULL,
    form_key uuid NOT NULL,
    CONSTRAINT practice_try_form_once UNIQUE (form_key),
    CONSTRAINT practice_try_outcome_known CHECK (outcome IN ('in_favour', 'in_part', 'declined', 'ask')),
    CONSTRAINT practice_try_answer_not_blank CHECK (btrim(answer, E' \t\r\n') <> '' AND length(answer) <= 20000)
);
CREATE INDEX practice_try_by_person ON practice_try (person_id, practice_case_id);
CREATE TRIGGER practice_try_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON practice_try
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE practice_mark (
    practice_try_id bigint PRIMARY KEY REFERENCES practice_try,
    passed boolean NOT NULL,
    remark text NOT NULL,
    marked_by bigint NOT NULL REFERENCES staff,
    marked_at timestamptz NOT NULL,
    CONSTRAINT practice_mark_says_why CHECK (passed OR btrim(remark, E' \t\r\n') <> ''),
    CONSTRAINT practice_mark_remark_fits CHECK (length(remark) <= 20000)
);
CREATE TRIGGER practice_mark_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON practice_mark
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_practice_lead() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    hand bigint := coalesce(to_jsonb(NEW) ->> 'made_by', to_jsonb(NEW) ->> 'marked_by')::bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id) WHERE s.person_id = hand
                   AND s.role IN ('lead', 'owner') AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'who leads the desk makes and marks practice'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_by_a_lead';
    END IF;
    IF TG_TABLE_NAME = 'practice_mark' AND EXISTS (
        SELECT FROM practice_try t WHERE t.practice_try_id = (to_jsonb(NEW) ->> 'practice_try_id')::bigint AND t.person_id = hand) THEN
        RAISE EXCEPTION 'nobody marks themself' USING ERRCODE = 'check_violation', CONSTRAINT = 'practice_mark_by_somebody_else';
    END IF;
    IF TG_TABLE_NAME = 'practice_case' AND NOT EXISTS (
        SELECT FROM support_case c WHERE c.case_id = (to_jsonb(NEW) ->> 'case_id')::bigint AND c.stage = 'closed') THEN
        RAISE EXCEPTION 'practice is made of closed cases' USING ERRCODE = 'check_violation', CONSTRAINT = 'practice_case_of_a_closed_one';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER practice_case_lead BEFORE INSERT ON practice_case FOR EACH ROW EXECUTE FUNCTION check_practice_lead();
CREATE TRIGGER practice_mark_lead BEFORE INSERT ON practice_mark FOR EACH ROW EXECUTE FUNCTION check_practice_lead();

-- How many more solutions of a person have to pass, a practice case counted once: above zero for an agent in practice.
CREATE FUNCTION practice_left(person bigint) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT greatest(0, coalesce((
        SELECT p.passes FROM practice_policy p WHERE p.valid_from <= s.since
        ORDER BY p.valid_from DESC, p.practice_policy_id DESC LIMIT 1), 0)
        - (SELECT count(DISTINCT t.practice_case_id) FROM practice_try t JOIN practice_mark m USING (practice_try_id)
           WHERE t.person_id = person AND m.passed))::integer
    FROM staff s WHERE s.person_id = person AND s.role = 'agent'
$$;
REVOKE EXECUTE ON FUNCTION practice_left(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION practice_left(bigint) TO pd_staff, pd_system;

CREATE FUNCTION check_practised() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF practice_left(NEW.decided_by) > 0 THEN
        RAISE EXCEPTION 'who is still in practice gives no credit'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_after_practice';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER case_decision_after_practice BEFORE INSERT ON case_decision FOR EACH ROW
    WHEN (NEW.amount IS NOT NULL) EXECUTE FUNCTION check_practised();

GRANT SELECT ON practice_policy, practice_case, practice_try, practice_mark TO pd_staff, pd_system;
GRANT INSERT ON practice_policy, practice_case, practice_try, practice_mark TO pd_staff;
GRANT UPDATE (withdrawn_at) ON practice_case TO pd_staff;
DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['practice_policy', 'practice_case', 'practice_try', 'practice_mark'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
    END LOOP;
END
$$;
RESET ROLE;
