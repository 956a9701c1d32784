-- What we say to many without being asked: bulletins to whole runs and incidents. Each is written down at once and spread in
-- batches; what concerns one person goes out in one mail, and no person gets more of them in a day than the policy says.
SET LOCAL ROLE pd_owner;

-- Mails that gather such items; the newest version holds.
CREATE TABLE bulletin_policy (
    bulletin_policy_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    most_a_day integer NOT NULL,
    valid_from timestamptz NOT NULL,
    -- NULL: the first one.
    written_by bigint REFERENCES staff,
    form_key uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT bulletin_policy_form_once UNIQUE (form_key),
    CONSTRAINT bulletin_policy_in_bounds CHECK (most_a_day BETWEEN 1 AND 20)
);
INSERT INTO bulletin_policy (most_a_day, valid_from) VALUES (2, '1900-01-01Z');
CREATE TRIGGER bulletin_policy_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bulletin_policy
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bulletin_policy_writer BEFORE INSERT ON bulletin_policy FOR EACH ROW EXECUTE FUNCTION check_rota_writer();

-- Something to be told to many: a delay of a run, or a word about an incident.
CREATE TABLE bulletin (
    bulletin_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payout_run_id bigint,
    payout_delay_id bigint,
    -- Whom it comes from.
    signed_by text NOT NULL,
    said_at timestamptz NOT NULL,
    -- Spread up to this partner, in the order of their numbers; when all were reached.
    spread_to bigint NOT NULL DEFAULT 0,
    spread_at timestamptz,
    -- How many people it concerns so far.
    people integer NOT NULL DEFAULT 0,
    CONSTRAINT bulletin_delay FOREIGN KEY (payout_run_id, payout_delay_id) REFERENCES payout_delay (payout_run_id, payout_delay_id),
    CONSTRAINT bulletin_delay_once UNIQUE (payout_delay_id),
    CONSTRAINT bulletin_delay_is_whole CHECK (num_nonnulls(payout_run_id, payout_delay_id) IN (0, 2)),
    CONSTRAINT bulletin_signed_by_a_name CHECK (btrim(signed_by) <> '' AND length(signed_by) <= 200 AND signed_by !~ '[[:cntrl:]]')
);
CREATE INDEX bulletin_unspread ON bulletin (bulletin_id) WHERE spread_at IS NULL;
CREATE TRIGGER bulletin_append_only BEFORE DELETE OR UPDATE OF bulletin_id, payout_run_id, payout_delay_id, signed_by, said_at ON bulletin
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bulletin_not_emptied BEFORE TRUNCATE ON bulletin FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- That one person is to be told one thing, and the mail that told it.
CREATE TABLE bulletin_item (
    partner_id bigint NOT NULL REFERENCES partner,
    person_id bigint NOT NULL REFERENCES person,
    bulletin_id bigint NOT NULL REFERENCES bulletin,
    -- Not before this moment: by then the person may be written to again.
    due_at timestamptz NOT NULL,
    mail_id bigint REFERENCES mail_out,
    PRIMARY KEY (partner_id, person_id, bulletin_id)
);
CREATE INDEX bulletin_item_untold ON bulletin_item (due_at, partner_id, person_id) WHERE mail_id IS NULL;
CREATE INDEX bulletin_item_by_mail ON bulletin_item (mail_id) WHERE mail_id IS NOT NULL;
CREATE INDEX bulletin_item_by_bulletin ON bulletin_item (bulletin_id);
CREATE FUNCTION refuse_second_telling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'one thing is told to one person once' USING ERRCODE = 'check_violation', CONSTRAINT = 'bulletin_item_told_once';
END
$$;
CREATE TRIGGER bulletin_item_told_once BEFORE UPDATE ON bulletin_item FOR EACH ROW
    WHEN (OLD.mail_id IS NOT NULL) EXECUTE FUNCTION refuse_second_telling();
CREATE TRIGGER bulletin_item_append_only BEFORE DELETE OR UPDATE OF partner_id, person_id, bulletin_id ON bulletin_item
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bulletin_item_not_emptied BEFORE TRUNCATE ON bulletin_item FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One at a time makes mails of items: two would write to the same person twice.
CREATE TABLE bulletin_turn (
    only_one boolean PRIMARY KEY DEFAULT true,
    taken_at timestamptz,
    CONSTRAINT bulletin_turn_one CHECK (only_one)
);
INSERT INTO bulletin_turn DEFAULT VALUES;

-- Mails that gather items. The rules about other kinds stay as they are, whichever there are by now.
DO $$
DECLARE
    definition text;
BEGIN
    SELECT pg_get_constraintdef(oid) INTO definition FROM pg_constraint WHERE conname = 'mail_out_kind_known';
    ALTER TABLE mail_out DROP CONSTRAINT mail_out_kind_known;
    EXECUTE format('ALTER TABLE mail_out ADD CONSTRAINT mail_out_kind_known CHECK (kind = ''bulletin'' OR (%s))',
                   substring(definition FROM '^CHECK \((.*)\)$'));
END
$$;
CREATE INDEX mail_out_bulletins ON mail_out (person_id, written_at) WHERE kind = 'bulletin';
CREATE OR REPLACE FUNCTION queue_mail() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM written WHERE state <> 'waiting' OR tries <> 0) THEN
        RAISE EXCEPTION 'a mail begins waiting' USING ERRCODE = 'check_violation', CONSTRAINT = 'mail_out_begins_waiting';
    END IF;
    INSERT INTO mail_queue (mail_id, bulk) SELECT mail_id, kind IN ('delay', 'bulletin') FROM written ORDER BY mail_id;
    RETURN NULL;
END
$$;

GRANT SELECT ON bulletin_policy, bulletin, bulletin_item TO pd_staff, pd_system;
GRANT INSERT ON bulletin_policy TO pd_staff;
GRANT INSERT (payout_run_id, payout_delay_id, signed_by, said_at) ON bulletin TO pd_staff;
GRANT UPDATE (spread_to, spread_at, people) ON bulletin TO pd_system;
GRANT INSERT ON bulletin, bulletin_item TO pd_system;
GRANT UPDATE (mail_id, due_at) ON bulletin_item TO pd_system;
GRANT SELECT, UPDATE (taken_at) ON bulletin_turn TO pd_system;
DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['bulletin_policy', 'bulletin', 'bulletin_item', 'bulletin_turn'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
    END LOOP;
END
$$;

RESET ROLE;
