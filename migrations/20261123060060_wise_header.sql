-- Wise gives each account templates of its own: which columns a batch file has is a setting of the programme.
SET LOCAL ROLE pd_owner;

-- The header row of a template as it was pasted; the newest counts. Empty: the usual columns again.
CREATE TABLE wise_header (
    programme_id bigint NOT NULL REFERENCES programme,
    wise_header_id bigint GENERATED ALWAYS AS IDENTITY,
    header text NOT NULL,
    set_by bigint NOT NULL REFERENCES staff,
    set_at timestamptz NOT NULL,
    form_key uuid NOT NULL,
    PRIMARY KEY (programme_id, wise_header_id),
    CONSTRAINT wise_header_form_once UNIQUE (form_key),
    CONSTRAINT wise_header_is_one_row CHECK (header !~ '[\r\n]' AND header = btrim(header) AND length(header) <= 2000)
);
CREATE TRIGGER wise_header_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON wise_header
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_wise_header() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id)
                   WHERE s.person_id = NEW.set_by AND s.role = 'owner' AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'only an owner says which columns a file has'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'wise_header_by_an_owner';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER wise_header_check BEFORE INSERT ON wise_header FOR EACH ROW EXECUTE FUNCTION check_wise_header();

ALTER TABLE wise_header ENABLE ROW LEVEL SECURITY;
CREATE POLICY wise_header_house ON wise_header TO pd_staff, pd_system USING (true) WITH CHECK (true);
GRANT SELECT ON wise_header TO pd_staff, pd_system;
GRANT INSERT ON wise_header TO pd_staff;

RESET ROLE;
