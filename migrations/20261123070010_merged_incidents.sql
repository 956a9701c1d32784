-- Where a case was merged, the one in which its conversation goes on stands in the incident in its place: nothing is said any more
-- in the merged one.
SET LOCAL ROLE pd_owner;

CREATE FUNCTION check_incident_case_not_merged() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- A merge at the same moment is waited for.
    PERFORM FROM support_case c WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.case_id FOR SHARE;
    IF EXISTS (SELECT FROM case_merge m WHERE m.partner_id = NEW.partner_id AND m.case_id = NEW.case_id) THEN
        RAISE EXCEPTION 'the conversation of this case goes on in another one'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'incident_case_not_merged';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER incident_case_home BEFORE INSERT ON incident_case FOR EACH ROW EXECUTE FUNCTION check_incident_case_not_merged();

CREATE FUNCTION merge_takes_incident_over() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    was incident_case%ROWTYPE;
BEGIN
    SELECT * INTO was FROM incident_case x WHERE x.case_id = NEW.case_id AND x.left_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (SELECT FROM incident i WHERE i.incident_id = was.incident_id AND i.state = 'open') THEN
        RAISE EXCEPTION 'the last word about its incident is on its way into this case'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_merge_after_the_last_word';
    END IF;
    UPDATE incident_case x SET left_at = greatest(NEW.merged_at, x.put_at) WHERE x.incident_id = was.incident_id AND x.case_id = was.case_id;
    -- Whoever merges has read the case that goes on; what this one's partner wrote since it was put in waits on.
    INSERT INTO incident_case (incident_id, partner_id, case_id, put_by, put_at, seen_message)
    SELECT was.incident_id, NEW.partner_id, NEW.into_case_id, NEW.merged_by, NEW.merged_at,
           CASE WHEN EXISTS (SELECT FROM message m WHERE m.partner_id = NEW.partner_id AND m.case_id = NEW.case_id AND m.side = 'partner'
                                                     AND m.message_id > was.seen_message) THEN was.seen_message
                ELSE greatest(was.seen_message, (SELECT max(m.message_id) FROM message m
                                                 WHERE m.partner_id = NEW.partner_id AND m.case_id IN (NEW.case_id, NEW.into_case_id))) END
    WHERE NOT EXISTS (SELECT FROM incident_case x WHERE x.case_id = NEW.into_case_id AND x.left_at IS NULL)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER case_merge_takes_incident AFTER INSERT ON case_merge FOR EACH ROW EXECUTE FUNCTION merge_takes_incident_over();

UPDATE incident_case x SET left_at = greatest(m.merged_at, x.put_at) FROM case_merge m
WHERE m.partner_id = x.partner_id AND m.case_id = x.case_id AND x.left_at IS NULL;

RESET ROLE;
