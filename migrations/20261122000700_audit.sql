-- The record: one row per change, written in the change's own transaction, sealed into a hash chain within seconds.
-- It holds ids, figures and words of the house; nothing that identifies a person.
SET LOCAL ROLE pd_owner;

CREATE TABLE audit (
    audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor_kind text NOT NULL,
    actor_id bigint,
    -- The partner it was done for, and the one whose data it is about.
    on_behalf_of bigint,
    partner_id bigint,
    action text NOT NULL,
    subject text NOT NULL,
    before jsonb,
    after jsonb,
    -- The decision that allowed it.
    approval_id bigint,
    request_id text NOT NULL,
    CONSTRAINT audit_actor_known CHECK (actor_kind IN ('partner', 'staff', 'command', 'job') AND (actor_kind IN ('partner', 'staff')) = (actor_id IS NOT NULL)),
    CONSTRAINT audit_action_is_word CHECK (action ~ '^[a-z_]+(\.[a-z_]+)+$')
);
CREATE INDEX audit_by_partner ON audit (partner_id, audit_id DESC);
CREATE INDEX audit_by_action ON audit (action, audit_id DESC);
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What is hashed of a row: every field, in a fixed order; NULL is told from empty, and from JSON's null.
CREATE FUNCTION audit_payload(a audit) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT convert_to(jsonb_build_array(
        a.audit_id, extract(epoch FROM a.at)::text, a.actor_kind, a.actor_id, a.on_behalf_of, a.partner_id,
        a.action, a.subject, a.before::text, a.after::text, a.approval_id, a.request_id)::text, 'UTF8')
$$;

CREATE TABLE audit_seal (
    seq bigint PRIMARY KEY,
    audit_id bigint NOT NULL,
    prev_seq bigint GENERATED ALWAYS AS (nullif(seq - 1, 0)) STORED,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_seal_audit_once UNIQUE (audit_id),
    CONSTRAINT audit_seal_of_audit FOREIGN KEY (audit_id) REFERENCES audit,
    CONSTRAINT audit_seal_starts_at_one CHECK (seq >= 1),
    CONSTRAINT audit_seal_link UNIQUE (seq, hash),
    CONSTRAINT audit_seal_predecessor FOREIGN KEY (prev_seq, prev_hash) REFERENCES audit_seal (seq, hash),
    CONSTRAINT audit_seal_first_has_zero CHECK (seq > 1 OR prev_hash = decode(repeat('00', 32), 'hex'))
);
CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Seals up to a number of committed rows not sealed yet. Found by what is missing, not by the last id: a long
-- transaction commits a lower id later. Two sealers at once meet at the primary key and one gives way.
CREATE FUNCTION seal_audit(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    row_ audit%ROWTYPE;
    seq_ bigint;
    hash_ bytea;
    next_hash bytea;
    sealed integer := 0;
BEGIN
    LOCK TABLE audit_seal IN SHARE ROW EXCLUSIVE MODE;
    SELECT s.seq, s.hash INTO seq_, hash_ FROM audit_seal s ORDER BY s.seq DESC LIMIT 1;
    IF NOT FOUND THEN
        seq_ := 0;
        hash_ := decode(repeat('00', 32), 'hex');
    END IF;
    FOR row_ IN SELECT a.* FROM audit a LEFT JOIN audit_seal s USING (audit_id)
                WHERE s.audit_id IS NULL ORDER BY a.audit_id LIMIT most LOOP
        next_hash := sha256(hash_ || audit_payload(row_));
        seq_ := seq_ + 1;
        INSERT INTO audit_seal (seq, audit_id, prev_hash, hash) VALUES (seq_, row_.audit_id, hash_, next_hash);
        hash_ := next_hash;
        sealed := sealed + 1;
    END LOOP;
    RETURN sealed;
END
$$;

RESET ROLE;
