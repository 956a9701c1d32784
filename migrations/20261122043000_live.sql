-- What open pages are told of, who is looking at a case, what somebody typed and has not sent.
SET LOCAL ROLE pd_owner;

-- One row for each thing that an open page wants to know; written by triggers alone, in the transaction of the thing itself,
-- and cleared away after a day. A reader's place in it is a snapshot (pg_current_snapshot), not a number: numbers are given
-- out before a commit, so a later one may be seen earlier.
CREATE TABLE live_event (
    live_event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL,
    -- NULL: more happened at once than can be told one by one.
    partner_id bigint,
    case_id bigint,
    -- Of a message: whose words they are, and of whom.
    side text,
    person_id bigint,
    name text NOT NULL DEFAULT '',
    CONSTRAINT live_event_kind_known CHECK (kind IN ('opened', 'message', 'note', 'stage', 'assigned', 'marked', 'reset')),
    CONSTRAINT live_event_names_a_case CHECK ((kind = 'reset') = (case_id IS NULL) AND (case_id IS NULL) = (partner_id IS NULL)),
    CONSTRAINT live_event_side_of_message CHECK ((kind = 'message') = (side IS NOT NULL))
);
CREATE INDEX live_event_by_xid ON live_event (xid, live_event_id);
CREATE INDEX live_event_by_time ON live_event (at);

-- Up to which transaction events were cleared away: whose place is before it has to read everything anew.
CREATE TABLE live_horizon (
    one boolean PRIMARY KEY DEFAULT true,
    forgotten xid8 NOT NULL,
    CONSTRAINT live_horizon_is_one CHECK (one)
);
INSERT INTO live_horizon (forgotten) VALUES ('0');

-- NOTIFY only wakes readers, who ask the table; so one that is lost costs a second and nothing else.
CREATE FUNCTION tell_messages() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM fresh LIMIT 501) few) > 500 THEN
        INSERT INTO live_event (kind) VALUES ('reset');
    ELSE
        INSERT INTO live_event (kind, partner_id, case_id, side, person_id, name)
        SELECT 'message', f.partner_id, f.case_id, f.side, f.author_id, f.author_name FROM fresh f ORDER BY f.message_id;
    END IF;
    PERFORM pg_notify('live', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER message_is_told AFTER INSERT ON message REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION tell_messages();

CREATE FUNCTION tell_notes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM fresh LIMIT 501) few) > 500 THEN
        INSERT INTO live_event (kind) VALUES ('reset');
    ELSE
        INSERT INTO live_event (kind, partner_id, case_id, person_id, name)
        SELECT 'note', f.partner_id, f.case_id, f.author_id, f.author_name FROM fresh f ORDER BY f.note_id;
    END IF;
    PERFORM pg_notify('live', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER note_is_told AFTER INSERT ON note REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION tell_notes();

CREATE FUNCTION tell_marks() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO live_event (kind, partner_id, case_id, person_id)
    VALUES ('marked', NEW.partner_id, NEW.case_id, NEW.marked_by);
    PERFORM pg_notify('live', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER needs_no_answer_is_told AFTER INSERT ON needs_no_answer FOR EACH ROW EXECUTE FUNCTION tell_marks();

CREATE FUNCTION tell_new_cases() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM fresh LIMIT 501) few) > 500 THEN
        INSERT INTO live_event (kind) VALUES ('reset');
    ELSE
        INSERT INTO live_event (kind, partner_id, case_id, person_id)
        SELECT 'opened', f.partner_id, f.case_id, f.opened_by FROM fresh f ORDER BY f.case_id;
    END IF;
    PERFORM pg_notify('live', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER support_case_is_told AFTER INSERT ON support_case REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION tell_new_cases();

CREATE FUNCTION tell_changed_case() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO live_event (kind, partner_id, case_id)
    VALUES (CASE WHEN NEW.stage <> OLD.stage THEN 'stage' ELSE 'assigned' END, NEW.partner_id, NEW.case_id);
    PERFORM pg_notify('live', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER support_case_change_is_told AFTER UPDATE OF stage, assignee_id ON support_case
    FOR EACH ROW WHEN (NEW.stage <> OLD.stage OR NEW.assignee_id IS DISTINCT FROM OLD.assignee_id)
    EXECUTE FUNCTION tell_changed_case();

-- Who has a case open, and until when they count as writing. Held by the database's clock, since many processes share it;
-- whoever stops renewing is gone by themselves. Nothing of it has to outlive a crash.
CREATE UNLOGGED TABLE case_presence (
    page uuid PRIMARY KEY,
    case_id bigint NOT NULL,
    person_id bigint NOT NULL,
    name text NOT NULL,
    here_until timestamptz NOT NULL,
    writing_until timestamptz,
    CONSTRAINT case_presence_name_not_blank CHECK (btrim(name) <> ''),
    CONSTRAINT case_presence_expires CHECK (here_until <= clock_timestamp() + interval '5 minutes')
);
CREATE INDEX case_presence_by_case ON case_presence (case_id);
CREATE INDEX case_presence_by_time ON case_presence (here_until);

-- How a person of staff wants their desk.
CREATE TABLE desk_setting (
    person_id bigint PRIMARY KEY REFERENCES staff,
    -- For which messages of partners there is a sound.
    knock text NOT NULL DEFAULT 'off',
    set_at timestamptz NOT NULL,
    CONSTRAINT desk_setting_knock_known CHECK (knock IN ('off', 'mine', 'all'))
);

-- What somebody typed and has not sent, under the name of the field that it belongs to. Read by its writer alone.
CREATE TABLE kept_draft (
    person_id bigint NOT NULL REFERENCES person,
    name text NOT NULL,
    body text NOT NULL,
    kept_at timestamptz NOT NULL,
    -- The form that was sent last from this field: what arrives late from it is kept no more.
    sent_key text NOT NULL DEFAULT '',
    PRIMARY KEY (person_id, name),
    CONSTRAINT kept_draft_name_is_plain CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,79}$'),
    CONSTRAINT kept_draft_not_too_long CHECK (length(body) <= 20000),
    CONSTRAINT kept_draft_key_is_short CHECK (length(sent_key) <= 64)
);
CREATE INDEX kept_draft_by_time ON kept_draft (kept_at);

ALTER TABLE live_event ENABLE ROW LEVEL SECURITY;
-- Partners never hear of notes, of who works on a case, or of others' cases.
CREATE POLICY live_event_own ON live_event FOR SELECT TO pd_partner
    USING ((partner_id = current_partner() AND kind IN ('opened', 'message', 'stage')) OR kind = 'reset');
CREATE POLICY live_event_house ON live_event TO pd_staff, pd_system USING (true) WITH CHECK (true);
GRANT SELECT ON live_event TO pd_partner, pd_staff, pd_system;
GRANT DELETE ON live_event TO pd_system;

ALTER TABLE live_horizon ENABLE ROW LEVEL SECURITY;
CREATE POLICY live_horizon_all ON live_horizon TO pd_partner, pd_staff, pd_system USING (true) WITH CHECK (true);
GRANT SELECT ON live_horizon TO pd_partner, pd_staff, pd_system;
GRANT UPDATE (forgotten) ON live_horizon TO pd_system;

ALTER TABLE case_presence ENABLE ROW LEVEL SECURITY;
CREATE POLICY case_presence_house ON case_presence TO pd_staff, pd_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON case_presence TO pd_staff, pd_system;

ALTER TABLE desk_setting ENABLE ROW LEVEL SECURITY;
CREATE POLICY desk_setting_house ON desk_setting TO pd_staff, pd_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON desk_setting TO pd_staff, pd_system;
GRANT UPDATE (knock, set_at) ON desk_setting TO pd_staff;

ALTER TABLE kept_draft ENABLE ROW LEVEL SECURITY;
CREATE POLICY kept_draft_of_people ON kept_draft TO pd_web USING (true) WITH CHECK (true);
CREATE POLICY kept_draft_cleared ON kept_draft TO pd_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON kept_draft TO pd_web;
-- Commands see when and under which name, to clear away; never what was typed.
GRANT SELECT (person_id, name, kept_at), DELETE ON kept_draft TO pd_system;

RESET ROLE;
