-- Mail in: every message as it arrived, what became of it, and what a person made of those that waited for one.
SET LOCAL ROLE pd_owner;

-- A message is kept before anything reads it; the same bytes are one row.
CREATE TABLE mail_in (
    mail_in_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Of the message as it arrived.
    sha256 bytea NOT NULL,
    -- The message, compressed (zlib, RFC 1950), and its length before that.
    raw bytea NOT NULL,
    bytes integer NOT NULL,
    source text NOT NULL,
    received_at timestamptz NOT NULL,
    -- What became of it: received says that nothing has yet.
    state text NOT NULL DEFAULT 'received',
    handled_at timestamptz,
    -- What reading found, as far as it could be read.
    message_uid text,
    from_address text,
    from_name text NOT NULL DEFAULT '',
    subject text NOT NULL DEFAULT '',
    -- The first words of what is new in it.
    preview text NOT NULL DEFAULT '',
    -- The same message by another way differs in its trace, not in this; NULL where it has no Message-ID.
    content_sha256 bytea,
    -- Where it became a message.
    partner_id bigint,
    case_id bigint,
    message_id bigint,
    -- Which one it repeats.
    duplicate_of bigint REFERENCES mail_in,
    -- Why it waits, and the case it seems to belong to.
    reason text,
    near_partner_id bigint,
    near_case_id bigint,
    CONSTRAINT mail_in_once UNIQUE (sha256),
    CONSTRAINT mail_in_sha256 CHECK (length(sha256) = 32),
    CONSTRAINT mail_in_content_sha256 CHECK (length(content_sha256) = 32),
    CONSTRAINT mail_in_bytes_fit CHECK (bytes BETWEEN 0 AND 67108864),
    CONSTRAINT mail_in_source_known CHECK (source IN ('command', 'imap')),
    CONSTRAINT mail_in_state_known CHECK (state IN ('received', 'case', 'quarantine', 'duplicate')),
    CONSTRAINT mail_in_handled_has_time CHECK ((state = 'received') = (handled_at IS NULL)),
    CONSTRAINT mail_in_case_is_a_message CHECK (num_nonnulls(partner_id, case_id, message_id) = CASE state WHEN 'case' THEN 3 ELSE 0 END),
    CONSTRAINT mail_in_duplicate_names_the_first CHECK ((state = 'duplicate') = (duplicate_of IS NOT NULL) AND duplicate_of <> mail_in_id),
    CONSTRAINT mail_in_quarantine_has_reason CHECK ((state = 'quarantine') = (reason IS NOT NULL)),
    CONSTRAINT mail_in_reason_known CHECK (reason IN ('stranger', 'several_accounts', 'machine', 'loop', 'bounce', 'broken')),
    CONSTRAINT mail_in_near_only_in_quarantine CHECK (num_nonnulls(near_partner_id, near_case_id) IN (0, 2) AND (near_case_id IS NULL OR state = 'quarantine')),
    CONSTRAINT mail_in_near FOREIGN KEY (near_partner_id, near_case_id) REFERENCES support_case (partner_id, case_id)
);
CREATE INDEX mail_in_unhandled ON mail_in (mail_in_id) WHERE state = 'received';
CREATE UNIQUE INDEX mail_in_content_once ON mail_in (content_sha256) WHERE state IN ('case', 'quarantine');
CREATE TRIGGER mail_in_append_only BEFORE DELETE OR UPDATE OF mail_in_id, sha256, raw, bytes, source, received_at ON mail_in
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER mail_in_not_emptied BEFORE TRUNCATE ON mail_in FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_second_fate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what became of a mail stays' USING ERRCODE = 'check_violation', CONSTRAINT = 'mail_in_fate_stays';
END
$$;
CREATE TRIGGER mail_in_fate_stays BEFORE UPDATE ON mail_in FOR EACH ROW
    WHEN (OLD.state <> 'received') EXECUTE FUNCTION refuse_second_fate();

-- The ids that a message carries: its own, and those it answers. Messages that share one are one conversation.
CREATE TABLE mail_in_uid (
    mail_in_id bigint NOT NULL REFERENCES mail_in,
    uid text NOT NULL,
    -- 0: its own; 1 and up: what it answers, the nearest first.
    nth integer NOT NULL,
    PRIMARY KEY (mail_in_id, nth),
    CONSTRAINT mail_in_uid_fits CHECK (uid <> '' AND length(uid) <= 998 AND nth >= 0)
);
CREATE INDEX mail_in_uid_by_uid ON mail_in_uid (uid, mail_in_id);
CREATE TRIGGER mail_in_uid_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mail_in_uid
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A mail in its case: the text that is new stands in body, all of it in whole where something was folded away. One whose
-- writer is no member has no author, only a name; one with files alone has no text.
ALTER TABLE message
    ADD COLUMN mail_in_id bigint REFERENCES mail_in,
    ADD COLUMN whole text,
    ALTER COLUMN author_id DROP NOT NULL,
    DROP CONSTRAINT message_body_not_blank,
    ADD CONSTRAINT message_body_not_blank CHECK (
        (btrim(body, E' \t\r\n') <> '' OR mail_in_id IS NOT NULL) AND length(body) <= CASE WHEN mail_in_id IS NULL THEN 20000 ELSE 200000 END),
    ADD CONSTRAINT message_has_author CHECK (author_id IS NOT NULL OR mail_in_id IS NOT NULL),
    ADD CONSTRAINT message_whole_of_a_mail CHECK (whole IS NULL OR (mail_in_id IS NOT NULL AND length(whole) <= 200000)),
    ADD CONSTRAINT message_mail_is_the_partners CHECK (mail_in_id IS NULL OR side = 'partner'),
    ADD CONSTRAINT message_mail_once UNIQUE (mail_in_id),
    ADD CONSTRAINT message_of_mail UNIQUE (mail_in_id, partner_id, case_id, message_id);
ALTER TABLE mail_in ADD CONSTRAINT mail_in_message
    FOREIGN KEY (mail_in_id, partner_id, case_id, message_id) REFERENCES message (mail_in_id, partner_id, case_id, message_id);

-- What a person made of a message that waited.
CREATE TABLE mail_disposition (
    mail_in_id bigint PRIMARY KEY REFERENCES mail_in,
    verdict text NOT NULL,
    partner_id bigint,
    case_id bigint,
    message_id bigint,
    by bigint NOT NULL REFERENCES staff,
    at timestamptz NOT NULL,
    CONSTRAINT mail_disposition_verdict_known CHECK (verdict IN ('attached', 'new_case', 'no_answer')),
    CONSTRAINT mail_disposition_is_a_message CHECK (num_nonnulls(partner_id, case_id, message_id) = CASE verdict WHEN 'no_answer' THEN 0 ELSE 3 END),
    CONSTRAINT mail_disposition_message FOREIGN KEY (mail_in_id, partner_id, case_id, message_id)
        REFERENCES message (mail_in_id, partner_id, case_id, message_id)
);
CREATE TRIGGER mail_disposition_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mail_disposition
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_mail_disposition() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM mail_in i WHERE i.mail_in_id = NEW.mail_in_id AND i.state = 'quarantine') THEN
        RAISE EXCEPTION 'only what waits is decided by hand'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'mail_disposition_of_what_waits';
    END IF;
    IF NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id) WHERE s.person_id = NEW."by"
                   AND s.role IN ('agent', 'lead', 'owner') AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'agents, leads and owners decide about mail'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'mail_disposition_by_the_desk';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER mail_disposition_check BEFORE INSERT ON mail_disposition FOR EACH ROW EXECUTE FUNCTION check_mail_disposition();

-- What waits: few among many, so that they are counted on every page.
CREATE TABLE mail_waiting (
    mail_in_id bigint PRIMARY KEY REFERENCES mail_in
);
CREATE FUNCTION mail_begins_to_wait() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO mail_waiting (mail_in_id) VALUES (NEW.mail_in_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER mail_in_waits AFTER UPDATE OF state ON mail_in FOR EACH ROW
    WHEN (OLD.state = 'received' AND NEW.state = 'quarantine') EXECUTE FUNCTION mail_begins_to_wait();
CREATE FUNCTION mail_waits_no_more() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM mail_waiting w WHERE w.mail_in_id = NEW.mail_in_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER mail_disposition_ends_waiting AFTER INSERT ON mail_disposition FOR EACH ROW EXECUTE FUNCTION mail_waits_no_more();
-- Nothing is placed before it has been read.
CREATE FUNCTION check_mail_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a mail is stored before it is placed' USING ERRCODE = 'check_violation', CONSTRAINT = 'mail_in_begins_received';
END
$$;
CREATE TRIGGER mail_in_begins BEFORE INSERT ON mail_in FOR EACH ROW WHEN (NEW.state <> 'received') EXECUTE FUNCTION check_mail_begins();

-- A message cites a mail only where that became it, by itself or by a person's hand.
CREATE FUNCTION check_message_of_mail() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM mail_in i WHERE i.mail_in_id = NEW.mail_in_id AND i.message_id = NEW.message_id)
        AND NOT EXISTS (SELECT FROM mail_disposition d WHERE d.mail_in_id = NEW.mail_in_id AND d.message_id = NEW.message_id) THEN
        RAISE EXCEPTION 'the mail did not become this message'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'message_is_what_the_mail_became';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER message_of_mail_check AFTER INSERT ON message DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.mail_in_id IS NOT NULL) EXECUTE FUNCTION check_message_of_mail();

-- Mails to this person came back. A new address, or a person who says that it works, ends that.
ALTER TABLE person ADD COLUMN bounced_at timestamptz, ADD COLUMN bounce_status text,
    ADD CONSTRAINT person_bounce_is_whole CHECK ((bounced_at IS NULL) = (bounce_status IS NULL) AND length(bounce_status) <= 300);
CREATE FUNCTION forget_bounce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.bounced_at := NULL;
    NEW.bounce_status := NULL;
    RETURN NEW;
END
$$;
CREATE TRIGGER person_new_address BEFORE UPDATE OF email ON person FOR EACH ROW
    WHEN (OLD.email <> NEW.email) EXECUTE FUNCTION forget_bounce();

-- Messages are given their places one after the other: two of one conversation at once would open two cases.
CREATE FUNCTION mail_takes_its_turn() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    LOCK TABLE mail_in_uid IN SHARE ROW EXCLUSIVE MODE;
END
$$;
REVOKE EXECUTE ON FUNCTION mail_takes_its_turn() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mail_takes_its_turn() TO pd_system;

-- The partner and case that a mail of ours is about, by its Message-ID without brackets.
CREATE FUNCTION our_mail(uid text) RETURNS TABLE (partner_id bigint, case_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT m.partner_id, m.case_id FROM mail_out m WHERE m.message_uid = '<' || lower(uid) || '>'
$$;
REVOKE EXECUTE ON FUNCTION our_mail(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION our_mail(text) TO pd_system;

-- The member of a partner with this address: staff place mails without reading addresses.
CREATE FUNCTION member_with_address(partner bigint, address text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.person_id FROM person p JOIN partner_member m USING (person_id)
    WHERE m.partner_id = partner AND p.email = lower(address) AND p.disabled_at IS NULL
$$;
-- The code of the partner that an address is a member of, where there is one such partner.
CREATE FUNCTION partner_of_address(address text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT min(a.code) FROM person p JOIN partner_member m USING (person_id) JOIN partner a USING (partner_id)
    WHERE p.email = lower(address) HAVING count(*) = 1
$$;
REVOKE EXECUTE ON FUNCTION member_with_address(bigint, text), partner_of_address(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION member_with_address(bigint, text), partner_of_address(text) TO pd_staff;

GRANT SELECT ON mail_in, mail_in_uid, mail_disposition, mail_waiting TO pd_staff, pd_system;
GRANT INSERT ON mail_in, mail_in_uid TO pd_system;
GRANT UPDATE (state, handled_at, message_uid, from_address, from_name, subject, preview, content_sha256, partner_id, case_id, message_id,
    duplicate_of, reason, near_partner_id, near_case_id) ON mail_in TO pd_system;
GRANT INSERT ON mail_disposition TO pd_staff;
GRANT UPDATE (stage, next_update_at, closed_at, version) ON support_case TO pd_system;
GRANT INSERT ON support_case TO pd_staff;
GRANT UPDATE (bounced_at, bounce_status) ON person TO pd_system, pd_staff;
GRANT SELECT (bounced_at, bounce_status) ON person TO pd_staff;
DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['mail_in', 'mail_in_uid', 'mail_disposition', 'mail_waiting'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
    END LOOP;
END
$$;
-- A partner's own hand writes no mail.
CREATE POLICY message_partner_by_hand ON message AS RESTRICTIVE FOR INSERT TO pd_partner WITH CHECK (mail_in_id IS NULL AND whole IS NULL);

RESET ROLE;
