-- Open pages hear of every change that they show: put off and back again, escalations, provisional credits, what an
-- advertiser says, incidents.
SET LOCAL ROLE pd_owner;

-- changed: of the house alone.
ALTER TABLE live_event DROP CONSTRAINT live_event_kind_known,
    ADD CONSTRAINT live_event_kind_known
        CHECK (kind IN ('opened', 'message', 'note', 'stage', 'assigned', 'marked', 'changed', 'breach', 'reset'));

-- Its argument is the kind: `stage` is told to the partner, too.
CREATE FUNCTION tell_case_of_row() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO live_event (kind, partner_id, case_id) VALUES (TG_ARGV[0], NEW.partner_id, NEW.case_id);
    PERFORM pg_notify('live', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER case_snooze_is_told AFTER INSERT OR UPDATE OF ended_at ON case_snooze
    FOR EACH ROW EXECUTE FUNCTION tell_case_of_row('changed');
CREATE TRIGGER escalation_is_told AFTER INSERT OR UPDATE ON escalation
    FOR EACH ROW EXECUTE FUNCTION tell_case_of_row('changed');
CREATE TRIGGER incident_case_is_told AFTER INSERT OR UPDATE OF left_at ON incident_case
    FOR EACH ROW EXECUTE FUNCTION tell_case_of_row('changed');
CREATE TRIGGER provisional_credit_is_told AFTER INSERT OR UPDATE OF ended_at ON provisional_credit
    FOR EACH ROW EXECUTE FUNCTION tell_case_of_row('stage');
CREATE TRIGGER enquiry_claim_is_told AFTER INSERT OR UPDATE OF verdict, last_at ON enquiry_claim
    FOR EACH ROW EXECUTE FUNCTION tell_case_of_row('stage');

RESET ROLE;
