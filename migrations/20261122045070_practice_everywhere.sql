-- Who is still in practice gives no credit of any kind: not by a decision about an appeal, and not provisionally.
SET LOCAL ROLE pd_owner;
CREATE OR REPLACE FUNCTION check_practised() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF practice_left(coalesce(to_jsonb(NEW) ->> 'decided_by', to_jsonb(NEW) ->> 'given_by')::bigint) > 0 THEN
        RAISE EXCEPTION 'who is still in practice gives no credit'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_after_practice';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER case_appeal_decision_after_practice BEFORE INSERT ON case_appeal_decision FOR EACH ROW
    WHEN (NEW.amount IS NOT NULL) EXECUTE FUNCTION check_practised();
CREATE TRIGGER provisional_credit_after_practice BEFORE INSERT ON provisional_credit FOR EACH ROW EXECUTE FUNCTION check_practised();
RESET ROLE;
