-- What is closed is put to nobody: it is opened again first.
SET LOCAL ROLE pd_owner;
CREATE FUNCTION check_escalated_case() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM support_case c WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.case_id AND c.stage = 'closed') THEN
        RAISE EXCEPTION 'a closed case is not escalated' USING ERRCODE = 'check_violation', CONSTRAINT = 'escalation_of_an_open_case';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER escalation_case_check BEFORE INSERT ON escalation FOR EACH ROW EXECUTE FUNCTION check_escalated_case();
RESET ROLE;
