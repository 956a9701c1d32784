-- While an appeal waits, its case is not decided: nothing that is said or marked by the way puts it back among the decided ones, and
-- nobody closes it.
SET LOCAL ROLE pd_owner;

CREATE FUNCTION appeal_waits(partner bigint, "case" bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM case_appeal a WHERE a.partner_id = $1 AND a.case_id = $2)
       AND NOT EXISTS (SELECT FROM case_appeal_decision d WHERE d.partner_id = $1 AND d.case_id = $2)
$$;

CREATE FUNCTION check_no_appeal_waits() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT appeal_waits(NEW.partner_id, NEW.case_id) THEN
        RETURN NEW;
    END IF;
    -- A partner who was asked and stayed silent was told that the case is closed; whatever they say opens it again, with its appeal.
    IF NEW.stage = 'closed' AND EXISTS (
        SELECT FROM case_notice n WHERE n.partner_id = NEW.partner_id AND n.case_id = NEW.case_id AND n.notice = 'closed'
          AND n.asked_message_id = (SELECT max(m.message_id) FROM message m WHERE m.partner_id = NEW.partner_id AND m.case_id = NEW.case_id)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an appeal waits for its decision'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'support_case_appeal_waits';
END
$$;
CREATE TRIGGER support_case_appeal_waits BEFORE UPDATE OF stage ON support_case FOR EACH ROW
    WHEN (NEW.stage IN ('decided', 'closed') AND NEW.stage IS DISTINCT FROM OLD.stage) EXECUTE FUNCTION check_no_appeal_waits();

-- What was forgotten waits again.
WITH forgotten AS (
    UPDATE support_case c SET stage = 'in_review', version = c.version + 1
    WHERE c.stage = 'decided' AND appeal_waits(c.partner_id, c.case_id)
    RETURNING c.partner_id, c.case_id)
INSERT INTO clock_renewal (partner_id, case_id) SELECT partner_id, case_id FROM forgotten ON CONFLICT DO NOTHING;

RESET ROLE;
