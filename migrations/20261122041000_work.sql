-- Giving cases out, putting them off, and taking such a step back.
SET LOCAL ROLE pd_owner;

-- Whether new cases of a programme are given out in turn; the newest version holds.
CREATE TABLE turn_policy (
    programme_id bigint NOT NULL REFERENCES programme,
    turn_policy_id bigint GENERATED ALWAYS AS IDENTITY,
    gives_out boolean NOT NULL,
    written_by bigint NOT NULL REFERENCES staff,
    written_at timestamptz NOT NULL,
    form_key uuid NOT NULL,
    PRIMARY KEY (programme_id, turn_policy_id),
    CONSTRAINT turn_policy_form_once UNIQUE (form_key)
);

-- How many open cases a person is given at most; the newest version holds, without a number there is no limit.
CREATE TABLE case_limit (
    person_id bigint NOT NULL REFERENCES staff,
    case_limit_id bigint GENERATED ALWAYS AS IDENTITY,
    most integer,
    written_by bigint NOT NULL REFERENCES staff,
    written_at timestamptz NOT NULL,
    form_key uuid NOT NULL,
    PRIMARY KEY (person_id, case_limit_id),
    CONSTRAINT case_limit_form_once UNIQUE (form_key),
    CONSTRAINT case_limit_in_bounds CHECK (most BETWEEN 0 AND 10000)
);
CREATE TRIGGER turn_policy_writer BEFORE INSERT ON turn_policy FOR EACH ROW EXECUTE FUNCTION check_rota_writer();
CREATE TRIGGER case_limit_writer BEFORE INSERT ON case_limit FOR EACH ROW EXECUTE FUNCTION check_rota_writer();
CREATE TRIGGER case_limit_person BEFORE INSERT ON case_limit FOR EACH ROW EXECUTE FUNCTION check_rota_person();

-- Who was given a case, and why them: it was their turn, or they had the partner's last case. The order of the turns is read
-- from here.
CREATE TABLE case_turn (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    case_turn_id bigint GENERATED ALWAYS AS IDENTITY,
    person_id bigint NOT NULL REFERENCES staff,
    why text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, case_id, case_turn_id),
    CONSTRAINT case_turn_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT case_turn_why_known CHECK (why IN ('turn', 'same_person'))
);
CREATE INDEX case_turn_by_person ON case_turn (person_id, case_turn_id DESC) WHERE why = 'turn';

-- Turns are given one after the other, so that two at once don't give the same one twice.
CREATE FUNCTION turns_one_by_one() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    LOCK TABLE case_turn IN SHARE ROW EXCLUSIVE MODE;
END
$$;
REVOKE EXECUTE ON FUNCTION turns_one_by_one() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION turns_one_by_one() TO pd_staff, pd_system;

-- Whoever is given a case has it, and is not over their limit with it.
CREATE FUNCTION check_case_turn() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM support_case c WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.case_id
                   AND c.assignee_id = NEW.person_id) THEN
        RAISE EXCEPTION 'a turn is of who has the case'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_turn_of_the_assignee';
    END IF;
    IF (SELECT count(*) FROM support_case c WHERE c.assignee_id = NEW.person_id AND c.stage <> 'closed')
        > (SELECT l.most FROM case_limit l WHERE l.person_id = NEW.person_id ORDER BY l.case_limit_id DESC LIMIT 1) THEN
        RAISE EXCEPTION 'nobody is given more cases than their limit'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_turn_within_limit';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER case_turn_check BEFORE INSERT ON case_turn FOR EACH ROW EXECUTE FUNCTION check_case_turn();

-- New cases that wait to be given out. What was given back to nobody waits for a person instead.
CREATE TABLE turn_waiting (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    PRIMARY KEY (partner_id, case_id),
    CONSTRAINT turn_waiting_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id)
);
CREATE FUNCTION new_case_waits_its_turn() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (SELECT p.gives_out FROM turn_policy p WHERE p.programme_id = NEW.programme_id
        ORDER BY p.turn_policy_id DESC LIMIT 1) THEN
        INSERT INTO turn_waiting (partner_id, case_id) VALUES (NEW.partner_id, NEW.case_id) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER support_case_waits_its_turn AFTER INSERT ON support_case
    FOR EACH ROW WHEN (NEW.assignee_id IS NULL AND NEW.stage <> 'closed') EXECUTE FUNCTION new_case_waits_its_turn();
CREATE FUNCTION case_has_somebody() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM turn_waiting w WHERE w.partner_id = NEW.partner_id AND w.case_id = NEW.case_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER support_case_has_somebody AFTER UPDATE OF assignee_id, stage ON support_case
    FOR EACH ROW WHEN (NEW.assignee_id IS NOT NULL OR NEW.stage = 'closed') EXECUTE FUNCTION case_has_somebody();

-- Whose a case is, that person answers cases.
CREATE FUNCTION check_case_assignee() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id)
                   WHERE s.person_id = NEW.assignee_id AND s.role IN ('agent', 'lead', 'owner')
                     AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'a case is given to somebody who answers cases'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'support_case_assignee_of_the_desk';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER support_case_new_assignee BEFORE UPDATE OF assignee_id ON support_case
    FOR EACH ROW WHEN (NEW.assignee_id IS NOT NULL AND NEW.assignee_id IS DISTINCT FROM OLD.assignee_id)
    EXECUTE FUNCTION check_case_assignee();

-- A case put off until a moment. Its clocks run on.
CREATE TABLE case_snooze (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    case_snooze_id bigint GENERATED ALWAYS AS IDENTITY,
    until timestamptz NOT NULL,
    reason text NOT NULL,
    snoozed_by bigint NOT NULL REFERENCES staff,
    snoozed_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by text,
    PRIMARY KEY (partner_id, case_id, case_snooze_id),
    CONSTRAINT case_snooze_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT case_snooze_until_later CHECK (until > snoozed_at AND until <= snoozed_at + interval '366 days'),
    CONSTRAINT case_snooze_reason_not_blank CHECK (btrim(reason) <> '' AND length(reason) <= 500),
    CONSTRAINT case_snooze_end_is_whole CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    CONSTRAINT case_snooze_end_known CHECK (ended_by IN ('time', 'partner', 'staff', 'closed')),
    CONSTRAINT case_snooze_ends_later CHECK (ended_at >= snoozed_at),
    CONSTRAINT case_snooze_by_time_at_its_time CHECK (ended_by <> 'time' OR ended_at >= until)
);
CREATE UNIQUE INDEX case_snooze_one_open ON case_snooze (partner_id, case_id) WHERE ended_at IS NULL;
CREATE INDEX case_snooze_due ON case_snooze (until) WHERE ended_at IS NULL;

-- Kept on the case too, for the queue.
ALTER TABLE support_case ADD COLUMN snoozed_until timestamptz;
CREATE INDEX support_case_snoozed ON support_case (snoozed_until, case_id) WHERE snoozed_until IS NOT NULL;

CREATE FUNCTION check_case_snooze() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.ended_at IS NOT NULL
        OR (OLD.partner_id, OLD.case_id, OLD.until, OLD.reason, OLD.snoozed_by, OLD.snoozed_at)
           IS DISTINCT FROM (NEW.partner_id, NEW.case_id, NEW.until, NEW.reason, NEW.snoozed_by, NEW.snoozed_at)) THEN
        RAISE EXCEPTION 'of a case that was put off only the end is written, once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_snooze_only_ends';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.ended_at IS NULL AND NOT EXISTS (
        SELECT FROM support_case c WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.case_id AND c.stage <> 'closed') THEN
        RAISE EXCEPTION 'only an open case is put off'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_snooze_of_an_open_case';
    END IF;
    UPDATE support_case c SET snoozed_until = CASE WHEN NEW.ended_at IS NULL THEN NEW.until END
    WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.case_id;
    RETURN NEW;
END
$$;
CREATE TRIGGER case_snooze_check BEFORE INSERT OR UPDATE ON case_snooze FOR EACH ROW EXECUTE FUNCTION check_case_snooze();
CREATE TRIGGER case_snooze_stays BEFORE DELETE OR TRUNCATE ON case_snooze FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The way back: when the partner writes, whichever way it comes in, and when the case is closed.
CREATE FUNCTION partner_wakes_case() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE case_snooze s SET ended_at = greatest(NEW.sent_at, s.snoozed_at), ended_by = 'partner'
    WHERE s.partner_id = NEW.partner_id AND s.case_id = NEW.case_id AND s.ended_at IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER message_wakes_case AFTER INSERT ON message
    FOR EACH ROW WHEN (NEW.side = 'partner') EXECUTE FUNCTION partner_wakes_case();
CREATE FUNCTION closing_wakes_case() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE case_snooze s SET ended_at = greatest(NEW.closed_at, s.snoozed_at), ended_by = 'closed'
    WHERE s.partner_id = NEW.partner_id AND s.case_id = NEW.case_id AND s.ended_at IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER support_case_wakes_closed AFTER UPDATE OF stage ON support_case
    FOR EACH ROW WHEN (NEW.stage = 'closed' AND OLD.snoozed_until IS NOT NULL) EXECUTE FUNCTION closing_wakes_case();

-- What a step changed, so that it can be taken back while nobody changed the case since.
CREATE TABLE case_undo (
    case_undo_id uuid PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES staff,
    what text NOT NULL,
    made_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT case_undo_what_known CHECK (what IN ('assigned', 'taken', 'snoozed', 'woken')),
    CONSTRAINT case_undo_used_later CHECK (used_at >= made_at)
);
CREATE TABLE case_undo_step (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    case_undo_id uuid NOT NULL REFERENCES case_undo,
    -- The case's version once the step was done.
    version_after integer NOT NULL,
    assignee_id bigint REFERENCES staff,
    stage text NOT NULL,
    next_update_at timestamptz NOT NULL,
    snoozed_until timestamptz,
    snooze_reason text,
    PRIMARY KEY (partner_id, case_id, case_undo_id),
    CONSTRAINT case_undo_step_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT case_undo_step_snooze_is_whole CHECK ((snoozed_until IS NULL) = (snooze_reason IS NULL)),
    CONSTRAINT case_undo_step_stage_open CHECK (stage IN ('received', 'in_review', 'answer_needed', 'decided'))
);
CREATE FUNCTION check_case_undo() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.used_at IS NOT NULL
        OR (OLD.case_undo_id, OLD.person_id, OLD.what, OLD.made_at)
           IS DISTINCT FROM (NEW.case_undo_id, NEW.person_id, NEW.what, NEW.made_at) THEN
        RAISE EXCEPTION 'a step is taken back once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_undo_once';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER case_undo_check BEFORE UPDATE ON case_undo FOR EACH ROW EXECUTE FUNCTION check_case_undo();
CREATE TRIGGER case_undo_stays BEFORE DELETE OR TRUNCATE ON case_undo FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Who switched the keys of the desk off.
CREATE TABLE desk_keys (
    person_id bigint PRIMARY KEY REFERENCES staff,
    off boolean NOT NULL,
    set_at timestamptz NOT NULL
);

DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['turn_policy', 'case_limit', 'case_turn', 'case_undo_step'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                       name_ || '_append_only', name_);
    END LOOP;
    FOREACH name_ IN ARRAY ARRAY['turn_policy', 'case_limit', 'case_turn', 'turn_waiting', 'case_snooze', 'case_undo',
                                 'case_undo_step', 'desk_keys'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
        EXECUTE format('GRANT SELECT ON %I TO pd_staff, pd_system', name_);
    END LOOP;
END
$$;
GRANT INSERT ON turn_policy, case_limit, case_snooze, case_undo, case_undo_step, desk_keys TO pd_staff;
GRANT UPDATE (ended_at, ended_by) ON case_snooze TO pd_staff, pd_system;
GRANT UPDATE (used_at) ON case_undo TO pd_staff;
GRANT UPDATE (off, set_at) ON desk_keys TO pd_staff;
GRANT INSERT ON case_turn TO pd_staff, pd_system;
GRANT UPDATE (assignee_id) ON support_case TO pd_system;

RESET ROLE;
