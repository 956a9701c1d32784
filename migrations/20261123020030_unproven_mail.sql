-- A mail in a member's name that its own mail server has not proved to be theirs waits for a person, where a server is trusted.
SET LOCAL ROLE pd_owner;
ALTER TABLE mail_in DROP CONSTRAINT mail_in_reason_known, ADD CONSTRAINT mail_in_reason_known
    CHECK (reason IN ('stranger', 'several_accounts', 'machine', 'loop', 'bounce', 'broken', 'forged', 'too_large', 'unproven'));
-- Believed: a person says that it is from whom it says. What was believed was not proved before.
ALTER TABLE mail_disposition ADD COLUMN believed boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT mail_disposition_believed_is_placed CHECK (NOT believed OR verdict <> 'no_answer');
CREATE FUNCTION check_believed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM mail_in i WHERE i.mail_in_id = NEW.mail_in_id AND i.reason = 'unproven') THEN
        RAISE EXCEPTION 'only what was not proved is believed' USING ERRCODE = 'check_violation', CONSTRAINT = 'mail_disposition_believes_the_unproven';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER mail_disposition_believes BEFORE INSERT ON mail_disposition FOR EACH ROW WHEN (NEW.believed) EXECUTE FUNCTION check_believed();
RESET ROLE;
