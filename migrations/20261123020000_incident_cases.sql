-- What an incident is about says which cases may belong to it: their kind, their offer, the run of their payout. And a case that
-- does not belong is taken out, by whom and when.
SET LOCAL ROLE pd_owner;

ALTER TABLE incident
    ADD COLUMN about text NOT NULL DEFAULT 'anything',
    ADD COLUMN payout_run_id bigint,
    ADD CONSTRAINT incident_about_known CHECK (about IN ('tracking', 'payouts', 'anything')),
    ADD CONSTRAINT incident_run_of_payouts CHECK (payout_run_id IS NULL OR about = 'payouts'),
    ADD CONSTRAINT incident_offer_of_sales CHECK (offer_id IS NULL OR about <> 'payouts'),
    ADD CONSTRAINT incident_offer_of_programme FOREIGN KEY (programme_id, offer_id) REFERENCES offer (programme_id, offer_id),
    ADD CONSTRAINT incident_run_of_programme FOREIGN KEY (programme_id, payout_run_id) REFERENCES payout_run (programme_id, payout_run_id);

-- NULL: it is in, or it left with the last word.
ALTER TABLE incident_case
    ADD COLUMN taken_out_by bigint REFERENCES staff,
    ADD CONSTRAINT incident_case_taken_out_has_time CHECK (taken_out_by IS NULL OR left_at IS NOT NULL),
    ADD CONSTRAINT incident_case_leaves_later CHECK (left_at >= put_at);
CREATE FUNCTION check_incident_case_leaves() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.left_at IS NULL OR NEW.taken_out_by IS NOT NULL)
        AND NOT EXISTS (SELECT FROM incident i WHERE i.incident_id = NEW.incident_id AND i.state = 'open' FOR SHARE) THEN
        RAISE EXCEPTION 'the incident is over' USING ERRCODE = 'check_violation', CONSTRAINT = 'incident_is_open';
    END IF;
    IF NEW.taken_out_by IS NOT NULL AND OLD.left_at IS NOT NULL THEN
        RAISE EXCEPTION 'what has left is not taken out' USING ERRCODE = 'check_violation', CONSTRAINT = 'incident_case_taken_out_once';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER incident_case_leaves BEFORE UPDATE OF left_at, taken_out_by ON incident_case FOR EACH ROW EXECUTE FUNCTION check_incident_case_leaves();
CREATE TRIGGER incident_case_taken_out_by_the_desk BEFORE UPDATE OF taken_out_by ON incident_case
    FOR EACH ROW EXECUTE FUNCTION check_by_the_desk('taken_out_by', 'incident_by_the_desk');
GRANT UPDATE (taken_out_by) ON incident_case TO pd_staff;

RESET ROLE;
