-- Files in messages. Each belongs to its partner: two partners never share a row, whatever they send.
SET LOCAL ROLE pd_owner;

CREATE TABLE attachment (
    partner_id bigint NOT NULL,
    attachment_id bigint GENERATED ALWAYS AS IDENTITY,
    case_id bigint NOT NULL,
    message_id bigint NOT NULL,
    -- As its sender called it, made safe to save under.
    name text NOT NULL,
    -- What its first bytes say it is, and what its sender says.
    kind text NOT NULL,
    declared text NOT NULL,
    sha256 bytea NOT NULL,
    bytes integer NOT NULL,
    -- NULL where it is larger than is kept; the mail as it arrived has it.
    data bytea,
    -- not_scanned: no scanner is set up; waiting: it could not be asked yet.
    scan text NOT NULL,
    finding text NOT NULL DEFAULT '',
    scanned_at timestamptz,
    added_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, attachment_id),
    CONSTRAINT attachment_number_once UNIQUE (attachment_id),
    CONSTRAINT attachment_message FOREIGN KEY (partner_id, case_id, message_id) REFERENCES message (partner_id, case_id, message_id),
    CONSTRAINT attachment_name_is_plain CHECK (name <> '' AND length(name) <= 120 AND name !~ '[[:cntrl:]/\\"]' AND name !~ '^\.'),
    CONSTRAINT attachment_kind_is_a_media_type CHECK (kind ~ '^[a-z]+/[a-z0-9.+-]+$' AND length(kind) <= 100),
    CONSTRAINT attachment_declared_fits CHECK (length(declared) <= 100),
    CONSTRAINT attachment_bytes_not_negative CHECK (bytes >= 0),
    CONSTRAINT attachment_data_is_whole CHECK (data IS NULL OR (octet_length(data) = bytes AND sha256 = sha256(data))),
    CONSTRAINT attachment_data_fits CHECK (octet_length(data) <= 26214400),
    CONSTRAINT attachment_sha256 CHECK (length(sha256) = 32),
    CONSTRAINT attachment_scan_known CHECK (scan IN ('not_scanned', 'waiting', 'clean', 'infected')),
    CONSTRAINT attachment_scanned_has_time CHECK ((scan IN ('clean', 'infected')) = (scanned_at IS NOT NULL)),
    CONSTRAINT attachment_infected_says_what CHECK ((scan = 'infected') = (finding <> '') AND length(finding) <= 200)
);
CREATE INDEX attachment_by_message ON attachment (partner_id, case_id, message_id);
CREATE INDEX attachment_unscanned ON attachment (attachment_id) WHERE scan = 'waiting';
CREATE TRIGGER attachment_append_only BEFORE DELETE OR UPDATE OF partner_id, attachment_id, case_id, message_id, name, kind, declared,
    sha256, bytes, data, added_at ON attachment FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER attachment_not_emptied BEFORE TRUNCATE ON attachment FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_second_scan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what a scan found stays' USING ERRCODE = 'check_violation', CONSTRAINT = 'attachment_finding_stays';
END
$$;
CREATE TRIGGER attachment_finding_stays BEFORE UPDATE ON attachment FOR EACH ROW
    WHEN (OLD.scan <> 'waiting') EXECUTE FUNCTION refuse_second_scan();

GRANT SELECT ON attachment TO pd_partner, pd_staff, pd_system;
GRANT INSERT ON attachment TO pd_staff, pd_system;
GRANT UPDATE (scan, finding, scanned_at) ON attachment TO pd_system;
ALTER TABLE attachment ENABLE ROW LEVEL SECURITY;
CREATE POLICY attachment_own ON attachment TO pd_partner USING (partner_id = current_partner()) WITH CHECK (partner_id = current_partner());
CREATE POLICY attachment_house ON attachment TO pd_staff, pd_system USING (true) WITH CHECK (true);

RESET ROLE;
