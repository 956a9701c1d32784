-- A command has no name: it can't show that somebody else releases what a person has built.
SET LOCAL ROLE pd_owner;

CREATE FUNCTION check_release_by_command() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW."by" = 'command' AND NEW.builder_id IS NOT NULL AND EXISTS (
            SELECT FROM staff s JOIN person p USING (person_id)
            WHERE s.role = 'owner' AND s.person_id <> NEW.builder_id AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'what a person has built, another owner releases by name'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_release_by_name';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER payout_release_by_name BEFORE INSERT ON payout_release FOR EACH ROW EXECUTE FUNCTION check_release_by_command();

RESET ROLE;
