-- Months are closed from a page as well: by finance and owners, under their name.
SET LOCAL ROLE pd_owner;

CREATE FUNCTION check_month_closer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.closed_by IS NOT NULL AND NOT EXISTS (
            SELECT FROM staff s JOIN person p USING (person_id)
            WHERE s.person_id = NEW.closed_by AND s.role IN ('finance', 'owner') AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'only finance and owners close a month'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'month_close_by_finance';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER month_close_check_closer BEFORE INSERT ON month_close FOR EACH ROW EXECUTE FUNCTION check_month_closer();

GRANT INSERT ON month_close TO pd_staff;
ALTER TABLE month_close ENABLE ROW LEVEL SECURITY;
CREATE POLICY month_close_house ON month_close TO pd_staff, pd_system USING (true) WITH CHECK (true);
-- The command line has no name; whoever has one signs with it.
CREATE POLICY month_close_signed ON month_close AS RESTRICTIVE FOR INSERT TO pd_staff WITH CHECK (closed_by IS NOT NULL);

RESET ROLE;
