-- A file that the scanner can't judge stands in nobody's way; what was fetched out of a mailbox is known by its number
-- there, whoever else opens or stars it.
SET LOCAL ROLE pd_owner;

-- unscannable: the scanner works and has no verdict on this file (too large for it, or it broke over it).
ALTER TABLE attachment DROP CONSTRAINT attachment_scan_known,
    ADD CONSTRAINT attachment_scan_known CHECK (scan IN ('not_scanned', 'waiting', 'clean', 'infected', 'unscannable'));

-- Whether a mail has to wait for the scanner: one of its files has no verdict yet.
CREATE FUNCTION mail_awaits_scan(mail bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM mail_out o
                   JOIN attachment a ON a.partner_id = o.partner_id AND a.case_id = o.case_id AND a.message_id = o.message_id
                   WHERE o.mail_id = mail AND a.scan = 'waiting' AND a.data IS NOT NULL)
$$;

-- How far a mailbox was read (RFC 9051, 2.3.1.1: a number is never given twice while uid_validity stays the same), and how
-- its server does.
CREATE TABLE mailbox (
    -- Who opens which folder where; no password.
    address text PRIMARY KEY,
    uid_validity bigint NOT NULL DEFAULT 0,
    last_uid bigint NOT NULL DEFAULT 0,
    checked_at timestamptz NOT NULL,
    -- What is wrong with it, as its server says; '' where nothing is.
    trouble text NOT NULL DEFAULT '',
    trouble_since timestamptz,
    CONSTRAINT mailbox_address_is_plain CHECK (address !~ '[[:cntrl:]]' AND length(address) BETWEEN 3 AND 500),
    CONSTRAINT mailbox_numbers_fit CHECK (uid_validity BETWEEN 0 AND 4294967295 AND last_uid BETWEEN 0 AND 4294967295),
    CONSTRAINT mailbox_trouble_fits CHECK (length(trouble) <= 500),
    CONSTRAINT mailbox_trouble_has_beginning CHECK ((trouble <> '') = (trouble_since IS NOT NULL))
);
ALTER TABLE mailbox ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON mailbox TO pd_staff;
GRANT SELECT, INSERT, UPDATE ON mailbox TO pd_system;
CREATE POLICY mailbox_house ON mailbox TO pd_staff, pd_system USING (true) WITH CHECK (true);

-- A mail that is larger than is taken is kept as its head; the whole of it lies in the mailbox.
ALTER TABLE mail_in DROP CONSTRAINT mail_in_source_known,
    ADD CONSTRAINT mail_in_source_known CHECK (source IN ('command', 'imap', 'imap_head')),
    DROP CONSTRAINT mail_in_reason_known,
    ADD CONSTRAINT mail_in_reason_known CHECK (reason IN ('stranger', 'several_accounts', 'machine', 'loop', 'bounce', 'broken', 'forged', 'too_large'));

RESET ROLE;
