-- Nobody has to go on with a partner who abuses them: the case goes to who leads the desk, and whoever gave it away does
-- not see it in their queue any more.
SET LOCAL ROLE pd_owner;

CREATE TABLE case_given_away (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    from_id bigint NOT NULL REFERENCES staff,
    to_id bigint NOT NULL REFERENCES staff,
    reason text NOT NULL,
    given_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, case_id, from_id),
    CONSTRAINT case_given_away_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT case_given_away_to_somebody_else CHECK (from_id <> to_id),
    CONSTRAINT case_given_away_reason_not_blank CHECK (btrim(reason, E' \t\r\n') <> '' AND length(reason) <= 2000)
);
CREATE INDEX case_given_away_by_giver ON case_given_away (from_id, case_id);
CREATE TRIGGER case_given_away_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_given_away
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_case_given_away() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id) WHERE s.person_id = NEW.to_id
                   AND s.role IN ('lead', 'owner') AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'such a case goes to who leads the desk'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_given_away_to_a_lead';
    END IF;
    IF NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id) WHERE s.person_id = NEW.from_id
                   AND s.role IN ('agent', 'lead', 'owner') AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'agents, leads and owners give cases away'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_given_away_by_the_desk';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER case_given_away_check BEFORE INSERT ON case_given_away FOR EACH ROW EXECUTE FUNCTION check_case_given_away();

-- It does not come back to whoever gave it away, by anybody's hand.
CREATE FUNCTION check_not_given_back() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM case_given_away g WHERE g.from_id = NEW.assignee_id AND g.case_id = NEW.case_id) THEN
        RAISE EXCEPTION 'this person gave the case away because its partner abused them'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'support_case_not_given_back';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER support_case_not_given_back BEFORE UPDATE OF assignee_id ON support_case FOR EACH ROW
    WHEN (NEW.assignee_id IS DISTINCT FROM OLD.assignee_id AND NEW.assignee_id IS NOT NULL) EXECUTE FUNCTION check_not_given_back();

GRANT SELECT ON case_given_away TO pd_staff, pd_system;
GRANT INSERT ON case_given_away TO pd_staff;
ALTER TABLE case_given_away ENABLE ROW LEVEL SECURITY;
CREATE POLICY case_given_away_house ON case_given_away TO pd_staff, pd_system USING (true) WITH CHECK (true);
RESET ROLE;
