-- Whose case goes to somebody else is told so once, by whoever answers from now on.
SET LOCAL ROLE pd_owner;
ALTER TABLE case_notice DROP CONSTRAINT case_notice_known, ADD CONSTRAINT case_notice_known
    CHECK (notice IN ('reminder', 'last_reminder', 'closed', 'rate', 'silence_decided', 'given_away'));
CREATE FUNCTION check_given_away_notice() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM case_given_away g WHERE g.partner_id = NEW.partner_id AND g.case_id = NEW.case_id AND g.given_at <= NEW.at) THEN
        RAISE EXCEPTION 'nobody gave this case away' USING ERRCODE = 'check_violation', CONSTRAINT = 'case_notice_of_a_case_given_away';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER case_notice_given_away BEFORE INSERT ON case_notice FOR EACH ROW
    WHEN (NEW.notice = 'given_away') EXECUTE FUNCTION check_given_away_notice();
RESET ROLE;
