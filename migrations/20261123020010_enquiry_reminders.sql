-- An advertiser who has not answered is asked again, about the claims that still wait; each claim keeps when it was.
SET LOCAL ROLE pd_owner;

CREATE TABLE enquiry_reminder (
    enquiry_id bigint NOT NULL REFERENCES enquiry,
    nth integer NOT NULL,
    reminded_by bigint NOT NULL REFERENCES staff,
    -- As the partners read it.
    by_name text NOT NULL,
    at timestamptz NOT NULL,
    next_update_at timestamptz NOT NULL,
    -- The file of what still waits, under the names that the first one gave: the same bytes, however often it is downloaded.
    bytes bytea NOT NULL,
    sha256 bytea NOT NULL,
    form_key uuid NOT NULL,
    PRIMARY KEY (enquiry_id, nth),
    CONSTRAINT enquiry_reminder_form_once UNIQUE (form_key),
    CONSTRAINT enquiry_reminder_counts CHECK (nth >= 1),
    CONSTRAINT enquiry_reminder_by_a_name CHECK (btrim(by_name) <> ''),
    CONSTRAINT enquiry_reminder_next_lies_ahead CHECK (next_update_at > at),
    CONSTRAINT enquiry_reminder_hash_is_of_bytes CHECK (sha256 = sha256(bytes))
);
CREATE TRIGGER enquiry_reminder_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON enquiry_reminder
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER enquiry_reminder_by_the_desk BEFORE INSERT ON enquiry_reminder
    FOR EACH ROW EXECUTE FUNCTION check_by_the_desk('reminded_by', 'enquiry_reminder_by_the_desk');
CREATE FUNCTION check_enquiry_reminder() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Two at once for one enquiry take turns.
    PERFORM FROM enquiry e WHERE e.enquiry_id = NEW.enquiry_id FOR UPDATE;
    IF NEW.at < (SELECT max(asked.at) FROM (SELECT e.asked_at AS at FROM enquiry e WHERE e.enquiry_id = NEW.enquiry_id
                 UNION ALL SELECT r.at FROM enquiry_reminder r WHERE r.enquiry_id = NEW.enquiry_id) asked) + interval '1 day' THEN
        RAISE EXCEPTION 'an advertiser has a day to answer' USING ERRCODE = 'check_violation', CONSTRAINT = 'enquiry_reminder_a_day_apart';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER enquiry_reminder_check BEFORE INSERT ON enquiry_reminder FOR EACH ROW EXECUTE FUNCTION check_enquiry_reminder();
CREATE FUNCTION keep_reminder_promise() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE enquiry SET next_update_at = NEW.next_update_at WHERE enquiry_id = NEW.enquiry_id;
    UPDATE enquiry_claim SET next_update_at = NEW.next_update_at WHERE enquiry_id = NEW.enquiry_id AND verdict IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER enquiry_reminder_kept AFTER INSERT ON enquiry_reminder FOR EACH ROW EXECUTE FUNCTION keep_reminder_promise();

-- That a claim was asked about again: its partner reads who did it and when.
CREATE TABLE enquiry_claim_reminder (
    enquiry_id bigint NOT NULL,
    line integer NOT NULL,
    nth integer NOT NULL,
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    by_name text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (enquiry_id, line, nth),
    CONSTRAINT enquiry_claim_reminder_claim FOREIGN KEY (enquiry_id, line) REFERENCES enquiry_claim (enquiry_id, line),
    CONSTRAINT enquiry_claim_reminder_reminder FOREIGN KEY (enquiry_id, nth) REFERENCES enquiry_reminder (enquiry_id, nth)
);
CREATE INDEX enquiry_claim_reminder_of_case ON enquiry_claim_reminder (partner_id, case_id);
CREATE TRIGGER enquiry_claim_reminder_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON enquiry_claim_reminder
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_enquiry_claim_reminder() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Whose claim it is and who asks is the enquiry's to say.
    SELECT k.partner_id, k.case_id, r.by_name, r.at INTO NEW.partner_id, NEW.case_id, NEW.by_name, NEW.at
    FROM enquiry_claim k JOIN enquiry_reminder r USING (enquiry_id) JOIN support_case c USING (partner_id, case_id)
    WHERE k.enquiry_id = NEW.enquiry_id AND k.line = NEW.line AND r.nth = NEW.nth AND k.verdict IS NULL AND c.stage <> 'closed';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'only a claim that waits, of an open case, is asked about again'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'enquiry_claim_reminder_of_what_waits';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER enquiry_claim_reminder_check BEFORE INSERT ON enquiry_claim_reminder
    FOR EACH ROW EXECUTE FUNCTION check_enquiry_claim_reminder();

DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['enquiry_reminder', 'enquiry_claim_reminder'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
        EXECUTE format('GRANT SELECT ON %I TO pd_staff, pd_system', name_);
        EXECUTE format('GRANT INSERT ON %I TO pd_staff', name_);
    END LOOP;
END
$$;
CREATE POLICY enquiry_claim_reminder_own ON enquiry_claim_reminder FOR SELECT TO pd_partner USING (partner_id = current_partner());
GRANT SELECT (enquiry_id, partner_id, case_id, by_name, at) ON enquiry_claim_reminder TO pd_partner;
-- Which claim of theirs it is: an enquiry stays with its claim where the case was merged.
GRANT SELECT (claim_id) ON enquiry_claim TO pd_partner;

RESET ROLE;
