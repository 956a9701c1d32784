-- Claims put to the advertiser: the open claims of an offer in one enquiry, its file, and what was answered.
SET LOCAL ROLE pd_owner;

ALTER TABLE claim ADD CONSTRAINT claim_of_offer UNIQUE (partner_id, claim_id, offer_id);

CREATE TABLE enquiry (
    programme_id bigint NOT NULL,
    offer_id bigint NOT NULL,
    enquiry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    asked_by bigint NOT NULL REFERENCES staff,
    -- As the partners read it.
    asked_by_name text NOT NULL,
    asked_at timestamptz NOT NULL,
    -- When the partners behind its claims hear of it next: a promise of its own. Their cases' clocks go on.
    next_update_at timestamptz NOT NULL,
    form_key uuid NOT NULL,
    CONSTRAINT enquiry_of_offer UNIQUE (enquiry_id, offer_id),
    CONSTRAINT enquiry_offer FOREIGN KEY (programme_id, offer_id) REFERENCES offer (programme_id, offer_id),
    CONSTRAINT enquiry_form_once UNIQUE (form_key),
    CONSTRAINT enquiry_update_lies_ahead CHECK (next_update_at > asked_at)
);
CREATE INDEX enquiry_by_offer ON enquiry (offer_id, enquiry_id DESC);
CREATE TRIGGER enquiry_append_only BEFORE DELETE OR UPDATE OF programme_id, offer_id, enquiry_id, asked_by, asked_by_name, asked_at, form_key ON enquiry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER enquiry_not_emptied BEFORE TRUNCATE ON enquiry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The file as the advertiser gets it: the same bytes, however often it is downloaded.
CREATE TABLE enquiry_file (
    enquiry_id bigint PRIMARY KEY REFERENCES enquiry,
    bytes bytea NOT NULL,
    sha256 bytea NOT NULL,
    CONSTRAINT enquiry_file_hash_is_of_bytes CHECK (sha256 = sha256(bytes))
);
CREATE TRIGGER enquiry_file_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON enquiry_file
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What the advertiser sent back, as it came: read first, which changes nothing, then taken over.
CREATE TABLE enquiry_answer (
    enquiry_id bigint NOT NULL REFERENCES enquiry,
    nth integer NOT NULL,
    file_name text NOT NULL,
    bytes bytea NOT NULL,
    sha256 bytea NOT NULL,
    read_by bigint NOT NULL REFERENCES staff,
    read_at timestamptz NOT NULL,
    taken_by bigint REFERENCES staff,
    taken_at timestamptz,
    -- How many claims it settled.
    settled integer,
    PRIMARY KEY (enquiry_id, nth),
    CONSTRAINT enquiry_answer_file_once UNIQUE (enquiry_id, sha256),
    CONSTRAINT enquiry_answer_counts CHECK (nth >= 1),
    CONSTRAINT enquiry_answer_hash_is_of_bytes CHECK (sha256 = sha256(bytes)),
    CONSTRAINT enquiry_answer_not_endless CHECK (length(bytes) BETWEEN 1 AND 5242880 AND length(file_name) <= 200),
    CONSTRAINT enquiry_answer_taken_whole CHECK (num_nonnulls(taken_by, taken_at, settled) IN (0, 3)),
    CONSTRAINT enquiry_answer_taken_after_read CHECK (taken_at >= read_at)
);
CREATE TRIGGER enquiry_answer_append_only BEFORE DELETE OR UPDATE OF enquiry_id, nth, file_name, bytes, sha256, read_by, read_at ON enquiry_answer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER enquiry_answer_not_emptied BEFORE TRUNCATE ON enquiry_answer FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION enquiry_answer_taken_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.taken_at IS NOT NULL THEN
        RAISE EXCEPTION 'an answer is taken over once' USING ERRCODE = 'check_violation', CONSTRAINT = 'enquiry_answer_taken_once';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER enquiry_answer_taken_once BEFORE UPDATE ON enquiry_answer FOR EACH ROW EXECUTE FUNCTION enquiry_answer_taken_once();

-- A claim in an enquiry, and what the advertiser says of it.
CREATE TABLE enquiry_claim (
    enquiry_id bigint NOT NULL,
    line integer NOT NULL,
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    claim_id bigint NOT NULL,
    offer_id bigint NOT NULL,
    -- What its partner reads of the enquiry, kept here so that they read no other partner's: who asked and when, when they hear
    -- next, and the last word meanwhile.
    asked_by_name text NOT NULL,
    asked_at timestamptz NOT NULL,
    next_update_at timestamptz NOT NULL,
    last_words text,
    last_by text,
    last_at timestamptz,
    verdict text,
    -- Of a valid claim: the order amount that the advertiser confirms.
    amount numeric,
    note text NOT NULL DEFAULT '',
    -- By which of its answers.
    nth integer,
    answered_at timestamptz,
    PRIMARY KEY (enquiry_id, line),
    CONSTRAINT enquiry_claim_enquiry FOREIGN KEY (enquiry_id, offer_id) REFERENCES enquiry (enquiry_id, offer_id),
    CONSTRAINT enquiry_claim_claim FOREIGN KEY (partner_id, claim_id, offer_id) REFERENCES claim (partner_id, claim_id, offer_id),
    CONSTRAINT enquiry_claim_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT enquiry_claim_answer FOREIGN KEY (enquiry_id, nth) REFERENCES enquiry_answer (enquiry_id, nth),
    CONSTRAINT enquiry_claim_last_whole CHECK (num_nonnulls(last_words, last_by, last_at) IN (0, 3)),
    CONSTRAINT enquiry_claim_line_counts CHECK (line >= 1),
    CONSTRAINT enquiry_claim_verdict_known CHECK (verdict IN ('valid', 'declined')),
    CONSTRAINT enquiry_claim_answered_whole CHECK (num_nonnulls(verdict, nth, answered_at) IN (0, 3)),
    CONSTRAINT enquiry_claim_valid_has_amount CHECK ((verdict IS NOT DISTINCT FROM 'valid') = (amount IS NOT NULL)),
    CONSTRAINT enquiry_claim_amount_positive CHECK (amount > 0 AND amount < 1e15),
    CONSTRAINT enquiry_claim_note_short CHECK (length(note) <= 500)
);
-- One advertiser is asked about a claim at a time, and once answered it may be asked again.
CREATE UNIQUE INDEX enquiry_claim_asked_once ON enquiry_claim (partner_id, claim_id) WHERE verdict IS NULL;
CREATE INDEX enquiry_claim_of_case ON enquiry_claim (partner_id, case_id);
CREATE TRIGGER enquiry_claim_append_only BEFORE DELETE OR UPDATE OF enquiry_id, line, partner_id, case_id, claim_id, offer_id, asked_by_name, asked_at ON enquiry_claim
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER enquiry_claim_not_emptied BEFORE TRUNCATE ON enquiry_claim FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_enquiry_claim() RETURNS trigger
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
    IF NOT EXISTS (SELECT FROM case_pin p JOIN support_case c USING (partner_id, case_id)
                   WHERE p.partner_id = NEW.partner_id AND p.case_id = NEW.case_id AND p.claim_id = NEW.claim_id AND c.stage <> 'closed') THEN
        RAISE EXCEPTION 'only the claim of an open case is put to the advertiser'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'enquiry_claim_of_an_open_case';
    END IF;
    SELECT e.asked_by_name, e.asked_at, e.next_update_at INTO NEW.asked_by_name, NEW.asked_at, NEW.next_update_at
    FROM enquiry e WHERE e.enquiry_id = NEW.enquiry_id;
    RETURN NEW;
END
$$;
CREATE TRIGGER enquiry_claim_check BEFORE INSERT OR UPDATE ON enquiry_claim FOR EACH ROW EXECUTE FUNCTION check_enquiry_claim();

-- What the partners are told meanwhile, and when they hear next.
CREATE TABLE enquiry_update (
    enquiry_id bigint NOT NULL REFERENCES enquiry,
    enquiry_update_id bigint GENERATED ALWAYS AS IDENTITY,
    words text NOT NULL,
    by_id bigint NOT NULL REFERENCES staff,
    by_name text NOT NULL,
    at timestamptz NOT NULL,
    next_update_at timestamptz NOT NULL,
    form_key uuid NOT NULL,
    PRIMARY KEY (enquiry_id, enquiry_update_id),
    CONSTRAINT enquiry_update_form_once UNIQUE (form_key),
    CONSTRAINT enquiry_update_not_blank CHECK (btrim(words) <> '' AND length(words) <= 2000),
    CONSTRAINT enquiry_update_next_lies_ahead CHECK (next_update_at > at)
);
CREATE TRIGGER enquiry_update_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON enquiry_update
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION keep_enquiry_promise() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE enquiry SET next_update_at = NEW.next_update_at WHERE enquiry_id = NEW.enquiry_id;
    UPDATE enquiry_claim SET next_update_at = NEW.next_update_at, last_words = NEW.words, last_by = NEW.by_name, last_at = NEW.at
    WHERE enquiry_id = NEW.enquiry_id AND verdict IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER enquiry_update_kept AFTER INSERT ON enquiry_update FOR EACH ROW EXECUTE FUNCTION keep_enquiry_promise();

-- Only the desk asks, reads and takes over.
CREATE FUNCTION check_by_the_desk() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    who bigint := (to_jsonb(NEW) ->> TG_ARGV[0])::bigint;
BEGIN
    IF who IS NOT NULL AND NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id)
            WHERE s.person_id = who AND s.role IN ('agent', 'lead', 'owner') AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'that is for agents, leads and owners' USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[1];
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER enquiry_by_the_desk BEFORE INSERT ON enquiry FOR EACH ROW EXECUTE FUNCTION check_by_the_desk('asked_by', 'enquiry_by_the_desk');
CREATE TRIGGER enquiry_answer_by_the_desk BEFORE INSERT ON enquiry_answer
    FOR EACH ROW EXECUTE FUNCTION check_by_the_desk('read_by', 'enquiry_answer_by_the_desk');
CREATE TRIGGER enquiry_answer_taken_by_the_desk BEFORE UPDATE ON enquiry_answer
    FOR EACH ROW EXECUTE FUNCTION check_by_the_desk('taken_by', 'enquiry_answer_by_the_desk');
CREATE TRIGGER enquiry_update_by_the_desk BEFORE INSERT ON enquiry_update
    FOR EACH ROW EXECUTE FUNCTION check_by_the_desk('by_id', 'enquiry_update_by_the_desk');

-- A claim that waits for its conversion to be imported.
CREATE INDEX claim_unlinked ON claim (order_id) WHERE conversion_id IS NULL;
GRANT UPDATE (conversion_id) ON claim TO pd_system;
CREATE FUNCTION check_claim_link() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM conversion v WHERE v.partner_id = NEW.partner_id AND v.conversion_id = NEW.conversion_id
               AND v.order_id <> NEW.order_id) THEN
        RAISE EXCEPTION 'a claim is linked to the conversion of its order'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_linked_to_its_order';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER claim_check_link BEFORE UPDATE OF conversion_id ON claim
    FOR EACH ROW WHEN (NEW.conversion_id IS NOT NULL) EXECUTE FUNCTION check_claim_link();

DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['enquiry', 'enquiry_file', 'enquiry_answer', 'enquiry_claim', 'enquiry_update'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
        EXECUTE format('GRANT SELECT ON %I TO pd_staff, pd_system', name_);
        EXECUTE format('GRANT INSERT ON %I TO pd_staff', name_);
    END LOOP;
END
$$;
GRANT UPDATE (taken_by, taken_at, settled) ON enquiry_answer TO pd_staff;
GRANT UPDATE (verdict, amount, note, nth, answered_at) ON enquiry_claim TO pd_staff;
-- A partner reads of their own claims who is awaited since when, and what was answered; the advertiser's note stays in the house.
CREATE POLICY enquiry_claim_own ON enquiry_claim FOR SELECT TO pd_partner USING (partner_id = current_partner());
GRANT SELECT (enquiry_id, partner_id, case_id, offer_id, asked_by_name, asked_at, next_update_at, last_words, last_by, last_at, verdict, amount,
    answered_at) ON enquiry_claim TO pd_partner;

RESET ROLE;
