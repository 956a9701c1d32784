-- The way a message came: through the portal, by mail, or spoken and written down by staff. And files that people attach
-- to what they write here.
SET LOCAL ROLE pd_owner;

ALTER TABLE message ADD COLUMN channel text NOT NULL DEFAULT 'portal', ADD COLUMN logged_by bigint REFERENCES staff;
ALTER TABLE message DISABLE TRIGGER message_append_only;
UPDATE message SET channel = 'mail' WHERE mail_in_id IS NOT NULL;
ALTER TABLE message ENABLE TRIGGER message_append_only;
-- Who calls need not be a member: then only a name is known.
ALTER TABLE message
    DROP CONSTRAINT message_has_author,
    ADD CONSTRAINT message_channel_known CHECK (channel IN ('portal', 'mail', 'phone', 'chat')),
    ADD CONSTRAINT message_channel_of_mail CHECK ((channel = 'mail') = (mail_in_id IS NOT NULL)),
    ADD CONSTRAINT message_spoken_is_logged CHECK ((channel IN ('phone', 'chat')) = (logged_by IS NOT NULL)),
    ADD CONSTRAINT message_has_author CHECK (author_id IS NOT NULL OR mail_in_id IS NOT NULL OR (logged_by IS NOT NULL AND side = 'partner')),
    ADD CONSTRAINT message_spoken_by_its_logger CHECK (logged_by IS NULL OR side = 'partner' OR author_id = logged_by);

-- Who answers cases writes down what was spoken; whose words they are, a member of the partner or a name says.
CREATE FUNCTION check_spoken_message() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id) WHERE s.person_id = NEW.logged_by
                   AND s.role IN ('agent', 'lead', 'owner') AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'agents, leads and owners write down what was spoken'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'message_logged_by_the_desk';
    END IF;
    IF NEW.side = 'partner' AND NEW.author_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM partner_member m WHERE m.partner_id = NEW.partner_id AND m.person_id = NEW.author_id) THEN
        RAISE EXCEPTION 'whoever spoke for the partner is a member of it, or has a name only'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'message_spoken_by_a_member';
    END IF;
    IF EXISTS (SELECT FROM message m WHERE m.partner_id = NEW.partner_id AND m.case_id = NEW.case_id AND m.sent_at > NEW.sent_at) THEN
        RAISE EXCEPTION 'the conversation went on since then'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'message_spoken_in_its_order';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER message_spoken_check BEFORE INSERT ON message FOR EACH ROW
    WHEN (NEW.logged_by IS NOT NULL) EXECUTE FUNCTION check_spoken_message();

-- A partner's own hand writes what it says in the portal, and nothing else.
CREATE POLICY message_partner_in_the_portal ON message AS RESTRICTIVE FOR INSERT TO pd_partner
    WITH CHECK (channel = 'portal' AND logged_by IS NULL);

-- What is attached by hand is small enough to go out by mail.
CREATE FUNCTION check_attached_by_hand() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    files integer;
    total bigint;
BEGIN
    IF NEW.data IS NULL OR NEW.bytes > 10485760 THEN
        RAISE EXCEPTION 'a file is larger than is taken'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'attachment_by_hand_fits';
    END IF;
    SELECT count(*), coalesce(sum(a.bytes), 0) INTO files, total FROM attachment a
    WHERE a.partner_id = NEW.partner_id AND a.case_id = NEW.case_id AND a.message_id = NEW.message_id;
    IF files > 5 THEN
        RAISE EXCEPTION 'a message has more files than are taken'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'attachment_by_hand_few';
    END IF;
    IF total > 15728640 THEN
        RAISE EXCEPTION 'the files of a message are larger than is taken'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'attachment_by_hand_fit_together';
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION is_by_hand(partner bigint, in_case bigint, message bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT m.mail_in_id IS NULL FROM message m WHERE m.partner_id = partner AND m.case_id = in_case AND m.message_id = message
$$;
CREATE CONSTRAINT TRIGGER attachment_by_hand AFTER INSERT ON attachment DEFERRABLE INITIALLY IMMEDIATE
    FOR EACH ROW WHEN (is_by_hand(NEW.partner_id, NEW.case_id, NEW.message_id)) EXECUTE FUNCTION check_attached_by_hand();

GRANT INSERT ON attachment TO pd_partner;
-- Into a message of their own, and unscanned: what a scan finds is not theirs to say.
CREATE POLICY attachment_partner_by_hand ON attachment AS RESTRICTIVE FOR INSERT TO pd_partner WITH CHECK (
    scan = 'waiting' AND data IS NOT NULL AND EXISTS (
        SELECT FROM message m WHERE m.partner_id = attachment.partner_id AND m.case_id = attachment.case_id
          AND m.message_id = attachment.message_id AND m.side = 'partner' AND m.channel = 'portal'));

RESET ROLE;
