-- A dispute can be about a payout: what became of it is then on the dispute's time line.
SET LOCAL ROLE pd_owner;

ALTER TABLE case_pin ADD COLUMN payout_id bigint;
ALTER TABLE case_pin ADD CONSTRAINT case_pin_payout FOREIGN KEY (partner_id, payout_id) REFERENCES payout (partner_id, payout_id);
ALTER TABLE case_pin DROP CONSTRAINT case_pin_one_thing;
ALTER TABLE case_pin ADD CONSTRAINT case_pin_one_thing CHECK (num_nonnulls(conversion_id, terms_version_id, claim_id, payout_id) = 1);
CREATE INDEX case_pin_by_payout ON case_pin (partner_id, payout_id) WHERE payout_id IS NOT NULL;
-- Whose kind says payout has a payout pinned, and no other has.
CREATE FUNCTION check_payout_pin() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM support_case c WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.case_id
                   AND (c.kind IN ('payout_late', 'payout_amount', 'payout_failed')) = (NEW.payout_id IS NOT NULL)) THEN
        RAISE EXCEPTION 'a dispute about a payout pins that payout'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_pin_payout_fits_kind';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER case_pin_payout_fits AFTER INSERT ON case_pin DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_payout_pin();

-- What was written since a dispute was opened stands on its time line, also where a bank gives it an earlier day.
GRANT SELECT (booked_at) ON payout_event TO pd_partner;

RESET ROLE;
