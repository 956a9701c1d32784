-- What still runs in a case is ended in it before its conversation goes on in another one; its claim goes to the advertiser from there.
SET LOCAL ROLE pd_owner;

CREATE FUNCTION check_merge_forgets_nothing() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM provisional_credit x WHERE x.partner_id = NEW.partner_id AND x.case_id = NEW.case_id AND x.ended_at IS NULL) THEN
        RAISE EXCEPTION 'a provisional credit waits for the decision of this case'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_merge_without_provisional';
    END IF;
    IF EXISTS (SELECT FROM enquiry_claim k WHERE k.partner_id = NEW.partner_id AND k.case_id = NEW.case_id AND k.verdict IS NULL) THEN
        RAISE EXCEPTION 'the advertiser was asked about this case and has not answered'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_merge_without_enquiry';
    END IF;
    IF EXISTS (SELECT FROM escalation e WHERE e.partner_id = NEW.partner_id AND e.case_id = NEW.case_id AND e.verdict IS NULL) THEN
        RAISE EXCEPTION 'this case was escalated, and nobody has answered'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_merge_without_escalation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER case_merge_forgets_nothing BEFORE INSERT ON case_merge FOR EACH ROW EXECUTE FUNCTION check_merge_forgets_nothing();

-- As before, but a claim is put to the advertiser from the case in which its conversation goes on.
CREATE OR REPLACE FUNCTION check_enquiry_claim() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.verdict IS NOT NULL THEN
            RAISE EXCEPTION 'what the advertiser answered stays' USING ERRCODE = 'check_violation', CONSTRAINT = 'enquiry_claim_answered_once';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.verdict IS NOT NULL THEN
        RAISE EXCEPTION 'a claim is asked before it is answered' USING ERRCODE = 'check_violation', CONSTRAINT = 'enquiry_claim_begins_open';
    END IF;
    IF NOT EXISTS (SELECT FROM support_case c JOIN case_pin p ON p.partner_id = c.partner_id AND p.case_id = ANY (case_family(c.partner_id, c.case_id))
                   WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.case_id AND p.claim_id = NEW.claim_id AND c.stage <> 'closed') THEN
        RAISE EXCEPTION 'only the claim of an open case is put to the advertiser'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'enquiry_claim_of_an_open_case';
    END IF;
    SELECT e.asked_by_name, e.asked_at, e.next_update_at INTO NEW.asked_by_name, NEW.asked_at, NEW.next_update_at
    FROM enquiry e WHERE e.enquiry_id = NEW.enquiry_id;
    RETURN NEW;
END
$$;

RESET ROLE;
