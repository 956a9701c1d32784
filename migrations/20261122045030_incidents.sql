-- Incidents: something went wrong for many at once. Its cases are told together, in both languages, and resolved together.
SET LOCAL ROLE pd_owner;

CREATE TABLE incident (
    incident_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme_id bigint NOT NULL REFERENCES programme,
    offer_id bigint,
    -- When what went wrong began and ended, as far as it is known.
    began_at timestamptz NOT NULL,
    ended_at timestamptz,
    -- Shown to every partner of the programme, or to those whose cases are in it.
    for_everybody boolean NOT NULL,
    state text NOT NULL DEFAULT 'open',
    opened_by bigint NOT NULL REFERENCES staff,
    opened_at timestamptz NOT NULL,
    next_update_at timestamptz,
    closed_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    form_key uuid NOT NULL,
    CONSTRAINT incident_form_once UNIQUE (form_key),
    CONSTRAINT incident_offer FOREIGN KEY (offer_id) REFERENCES offer (offer_id),
    CONSTRAINT incident_ends_later CHECK (ended_at IS NULL OR ended_at >= began_at),
    CONSTRAINT incident_state_known CHECK (state IN ('open', 'closed')),
    CONSTRAINT incident_closed_has_time CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT incident_open_promises CHECK (state = 'closed' OR next_update_at IS NOT NULL)
);
CREATE INDEX incident_open ON incident (programme_id, incident_id) WHERE state = 'open';

-- What was said about it: nth 0 is what was known when it was opened, the last one closes it.
CREATE TABLE incident_update (
    incident_id bigint NOT NULL REFERENCES incident,
    nth integer NOT NULL,
    kind text NOT NULL,
    said_by bigint NOT NULL REFERENCES staff,
    signed_by text NOT NULL,
    said_at timestamptz NOT NULL,
    next_update_at timestamptz,
    form_key uuid NOT NULL,
    PRIMARY KEY (incident_id, nth),
    CONSTRAINT incident_update_form_once UNIQUE (form_key),
    CONSTRAINT incident_update_kind_known CHECK (kind IN ('opened', 'update', 'closed')),
    CONSTRAINT incident_update_begins CHECK (nth >= 0 AND (nth = 0) = (kind = 'opened')),
    CONSTRAINT incident_update_promises CHECK ((kind = 'closed') = (next_update_at IS NULL) AND next_update_at > said_at),
    CONSTRAINT incident_update_signed CHECK (btrim(signed_by) <> '')
);
CREATE UNIQUE INDEX incident_update_closes_once ON incident_update (incident_id) WHERE kind = 'closed';
CREATE TRIGGER incident_update_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON incident_update
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The same in each language; the title is said once.
CREATE TABLE incident_text (
    incident_id bigint NOT NULL,
    nth integer NOT NULL,
    locale text NOT NULL,
    title text,
    body text NOT NULL,
    PRIMARY KEY (incident_id, nth, locale),
    CONSTRAINT incident_text_update FOREIGN KEY (incident_id, nth) REFERENCES incident_update (incident_id, nth),
    CONSTRAINT incident_text_locale_known CHECK (locale ~ '^[a-z]{2}$'),
    CONSTRAINT incident_text_title_first CHECK ((nth = 0) = (title IS NOT NULL)),
    CONSTRAINT incident_text_title_not_blank CHECK (btrim(title) <> '' AND length(title) <= 200),
    CONSTRAINT incident_text_body_not_blank CHECK (btrim(body, E' \t\r\n') <> '' AND length(body) <= 20000)
);
CREATE TRIGGER incident_text_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON incident_text
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A case is in at most one incident that runs.
CREATE TABLE incident_case (
    incident_id bigint NOT NULL REFERENCES incident,
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    put_by bigint NOT NULL REFERENCES staff,
    put_at timestamptz NOT NULL,
    -- The newest message of the case that whoever put it in could see.
    seen_message bigint NOT NULL,
    left_at timestamptz,
    PRIMARY KEY (incident_id, case_id),
    CONSTRAINT incident_case_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id)
);
CREATE UNIQUE INDEX incident_case_in_one ON incident_case (case_id) WHERE left_at IS NULL;
CREATE INDEX incident_case_of_partner ON incident_case (partner_id) WHERE left_at IS NULL;
CREATE TRIGGER incident_case_append_only BEFORE DELETE OR UPDATE OF incident_id, partner_id, case_id, put_by, put_at, seen_message ON incident_case
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER incident_case_not_emptied BEFORE TRUNCATE ON incident_case FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What became of a word about it in a case. by_hand: its partner wrote something in between that nobody has read.
CREATE TABLE incident_telling (
    incident_id bigint NOT NULL,
    nth integer NOT NULL,
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    outcome text NOT NULL,
    message_id bigint,
    at timestamptz NOT NULL,
    PRIMARY KEY (incident_id, nth, case_id),
    CONSTRAINT incident_telling_update FOREIGN KEY (incident_id, nth) REFERENCES incident_update (incident_id, nth),
    CONSTRAINT incident_telling_case FOREIGN KEY (incident_id, case_id) REFERENCES incident_case (incident_id, case_id),
    CONSTRAINT incident_telling_message FOREIGN KEY (partner_id, case_id, message_id) REFERENCES message (partner_id, case_id, message_id),
    CONSTRAINT incident_telling_outcome_known CHECK (outcome IN ('told', 'closed', 'by_hand')),
    CONSTRAINT incident_telling_by_message CHECK ((outcome = 'by_hand') = (message_id IS NULL))
);
CREATE TRIGGER incident_telling_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON incident_telling
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_incident_hand() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    hand bigint := coalesce(to_jsonb(NEW) ->> 'opened_by', to_jsonb(NEW) ->> 'said_by', to_jsonb(NEW) ->> 'put_by')::bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id) WHERE s.person_id = hand
                   AND s.role IN ('agent', 'lead', 'owner') AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'agents, leads and owners look after incidents'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'incident_by_the_desk';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER incident_hand BEFORE INSERT ON incident FOR EACH ROW EXECUTE FUNCTION check_incident_hand();
CREATE TRIGGER incident_update_hand BEFORE INSERT ON incident_update FOR EACH ROW EXECUTE FUNCTION check_incident_hand();
CREATE TRIGGER incident_case_hand BEFORE INSERT ON incident_case FOR EACH ROW EXECUTE FUNCTION check_incident_hand();

-- Nothing is said about an incident that is over, and no case comes into it.
CREATE FUNCTION check_incident_open() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    programme bigint;
BEGIN
    SELECT i.programme_id INTO programme FROM incident i WHERE i.incident_id = NEW.incident_id AND i.state = 'open' FOR SHARE;
    IF programme IS NULL THEN
        RAISE EXCEPTION 'the incident is over' USING ERRCODE = 'check_violation', CONSTRAINT = 'incident_is_open';
    END IF;
    IF TG_TABLE_NAME = 'incident_case' AND NOT EXISTS (
        SELECT FROM support_case c WHERE c.case_id = (to_jsonb(NEW) ->> 'case_id')::bigint AND c.programme_id = programme) THEN
        RAISE EXCEPTION 'the case is of another programme' USING ERRCODE = 'check_violation', CONSTRAINT = 'incident_case_of_its_programme';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER incident_update_open BEFORE INSERT ON incident_update FOR EACH ROW EXECUTE FUNCTION check_incident_open();
CREATE TRIGGER incident_case_open BEFORE INSERT ON incident_case FOR EACH ROW EXECUTE FUNCTION check_incident_open();
CREATE FUNCTION refuse_reopened_incident() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an incident that is over stays so' USING ERRCODE = 'check_violation', CONSTRAINT = 'incident_stays_closed';
END
$$;
CREATE TRIGGER incident_stays_closed BEFORE UPDATE ON incident FOR EACH ROW
    WHEN (OLD.state = 'closed') EXECUTE FUNCTION refuse_reopened_incident();

-- A word about an incident is told like any other bulletin.
ALTER TABLE bulletin ADD COLUMN incident_id bigint, ADD COLUMN incident_nth integer,
    ADD CONSTRAINT bulletin_update FOREIGN KEY (incident_id, incident_nth) REFERENCES incident_update (incident_id, nth),
    ADD CONSTRAINT bulletin_update_once UNIQUE (incident_id, incident_nth),
    ADD CONSTRAINT bulletin_of_one_thing CHECK (num_nonnulls(payout_delay_id, incident_nth) = 1 AND num_nonnulls(incident_id, incident_nth) IN (0, 2));
GRANT INSERT (incident_id, incident_nth) ON bulletin TO pd_staff;

-- What concerns a partner, in their language: a partner reads it through this alone.
CREATE FUNCTION my_incidents(reader text, at timestamptz)
RETURNS TABLE (incident_id bigint, title text, body text, said_at timestamptz, signed_by text, next_update_at timestamptz, case_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT i.incident_id, first.title, last.body, last.said_at, last.signed_by, i.next_update_at, mine.case_id
    FROM incident i
    LEFT JOIN LATERAL (
        SELECT min(c.case_id) AS case_id FROM incident_case c
        WHERE c.incident_id = i.incident_id AND c.partner_id = current_partner() AND c.left_at IS NULL) mine ON true
    CROSS JOIN LATERAL (
        SELECT t.title FROM incident_text t WHERE t.incident_id = i.incident_id AND t.nth = 0
        ORDER BY t.locale = reader DESC, t.locale LIMIT 1) first
    CROSS JOIN LATERAL (
        SELECT t.body, u.said_at, u.signed_by FROM incident_update u JOIN incident_text t USING (incident_id, nth)
        WHERE u.incident_id = i.incident_id ORDER BY u.nth DESC, t.locale = reader DESC, t.locale LIMIT 1) last
    WHERE i.state = 'open' AND i.programme_id = current_programme() AND i.opened_at <= at
      AND (i.for_everybody OR mine.case_id IS NOT NULL)
    ORDER BY i.incident_id DESC LIMIT 5
$$;
REVOKE EXECUTE ON FUNCTION my_incidents(text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION my_incidents(text, timestamptz) TO pd_partner;

GRANT SELECT ON incident, incident_update, incident_text, incident_case, incident_telling TO pd_staff, pd_system;
GRANT INSERT ON incident, incident_update, incident_text, incident_case TO pd_staff;
GRANT UPDATE (state, next_update_at, closed_at, version) ON incident TO pd_staff;
GRANT UPDATE (left_at) ON incident_case TO pd_staff, pd_system;
GRANT INSERT ON incident_telling TO pd_system;
DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['incident', 'incident_update', 'incident_text', 'incident_case', 'incident_telling'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
    END LOOP;
END
$$;

RESET ROLE;
