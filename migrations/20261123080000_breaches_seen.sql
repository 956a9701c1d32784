-- Who is told that a clock ran out: whoever leads the desk, and an owner where it ran twice as long. It stands in their room
-- until one of them says that they know, and open pages of theirs hear of it at once.
SET LOCAL ROLE pd_owner;

CREATE TABLE clock_breach_seen (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    clock text NOT NULL,
    run integer NOT NULL,
    told text NOT NULL,
    seen_by bigint NOT NULL REFERENCES staff,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, case_id, clock, run, told),
    CONSTRAINT clock_breach_seen_breach FOREIGN KEY (partner_id, case_id, clock, run, told)
        REFERENCES clock_breach (partner_id, case_id, clock, run, told)
);
CREATE TRIGGER clock_breach_seen_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON clock_breach_seen
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- To whom it is told: where no lead is there, an owner leads.
CREATE FUNCTION leads_desk() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM staff s JOIN person p USING (person_id)
                             WHERE s.role = 'lead' AND s.disabled_at IS NULL AND p.disabled_at IS NULL)
                THEN 'lead' ELSE 'owner' END
$$;

CREATE FUNCTION check_clock_breach_seen() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id)
                   WHERE s.person_id = NEW.seen_by AND s.disabled_at IS NULL AND p.disabled_at IS NULL
                     AND (s.role = 'owner' OR (s.role = 'lead' AND NEW.told = 'lead'))) THEN
        RAISE EXCEPTION 'who was told says that they know'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'clock_breach_seen_by_who_was_told';
    END IF;
    IF EXISTS (SELECT FROM clock_breach b
               WHERE (b.partner_id, b.case_id, b.clock, b.run, b.told) = (NEW.partner_id, NEW.case_id, NEW.clock, NEW.run, NEW.told)
                 AND NEW.seen_at < b.recorded_at) THEN
        RAISE EXCEPTION 'nobody knows before they are told'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'clock_breach_seen_after_it';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER clock_breach_seen_check BEFORE INSERT ON clock_breach_seen
    FOR EACH ROW EXECUTE FUNCTION check_clock_breach_seen();

-- What stands in the room of a role: clocks that ran out and still run, which nobody said they know of.
CREATE FUNCTION breaches_told(role_ text)
RETURNS TABLE (partner_id bigint, case_id bigint, clock text, run integer, told text, at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT b.partner_id, b.case_id, b.clock, b.run, b.told, b.at
    FROM case_clock k JOIN clock_breach b USING (partner_id, case_id, clock, run)
    WHERE k.state = 'breached' AND k.ended_at IS NULL
      AND CASE b.told WHEN 'lead' THEN leads_desk() = role_ ELSE b.told = role_ END
      AND NOT EXISTS (SELECT FROM clock_breach_seen s
                      WHERE (s.partner_id, s.case_id, s.clock, s.run, s.told) = (b.partner_id, b.case_id, b.clock, b.run, b.told))
$$;

ALTER TABLE clock_breach_seen ENABLE ROW LEVEL SECURITY;
CREATE POLICY clock_breach_seen_house ON clock_breach_seen TO pd_staff, pd_system USING (true) WITH CHECK (true);
GRANT SELECT ON clock_breach_seen TO pd_staff, pd_system;
GRANT INSERT ON clock_breach_seen TO pd_staff;

-- Open pages of whom it is told hear of it; the name is their role.
DO $$
DECLARE
    known text;
BEGIN
    SELECT pg_get_expr(c.conbin, c.conrelid) INTO STRICT known FROM pg_constraint c
    WHERE c.conrelid = 'live_event'::regclass AND c.conname = 'live_event_kind_known';
    ALTER TABLE live_event DROP CONSTRAINT live_event_kind_known;
    EXECUTE format('ALTER TABLE live_event ADD CONSTRAINT live_event_kind_known CHECK (kind = ''breach'' OR %s)', known);
END
$$;
CREATE FUNCTION tell_breaches() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM fresh LIMIT 501) few) > 500 THEN
        INSERT INTO live_event (kind) VALUES ('reset');
    ELSE
        INSERT INTO live_event (kind, partner_id, case_id, name)
        SELECT 'breach', f.partner_id, f.case_id, CASE f.told WHEN 'lead' THEN leads_desk() ELSE f.told END FROM fresh f;
    END IF;
    PERFORM pg_notify('live', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER clock_breach_is_told AFTER INSERT ON clock_breach REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION tell_breaches();

RESET ROLE;
