-- Payout methods of several kinds, encrypted at rest, with a safety period after a change and recorded reveals.
SET LOCAL ROLE pd_owner;

-- Which keys the data was written with: a process that holds another one does not start. The key itself is not here.
CREATE TABLE secret_key (
    key_id smallint PRIMARY KEY,
    -- Derived from the key one way; tells it from every other.
    check_value bytea NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT secret_key_once UNIQUE (check_value),
    CONSTRAINT secret_key_check_is_sha256 CHECK (length(check_value) = 32),
    CONSTRAINT secret_key_counted_from_one CHECK (key_id >= 1)
);
CREATE TRIGGER secret_key_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON secret_key
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON secret_key TO pd_system;

-- How long a changed payout method waits before money goes there.
ALTER TABLE programme ADD COLUMN method_safety_days integer NOT NULL DEFAULT 3,
    ADD CONSTRAINT programme_method_safety_days_fit CHECK (method_safety_days BETWEEN 0 AND 30);
GRANT SELECT (method_safety_days) ON programme TO pd_partner;

-- What was typed into a refused form and is nobody else's to read: encrypted.
ALTER TABLE form_draft ADD COLUMN sealed bytea;

-- The plain address stays until the program, which has the key, has encrypted it: at its next start.
ALTER TABLE payout_method ALTER COLUMN masked DROP EXPRESSION;
ALTER TABLE payout_method
    ALTER COLUMN address DROP NOT NULL,
    ALTER COLUMN masked SET NOT NULL,
    ALTER COLUMN added_by DROP NOT NULL,
    -- The account holder, as the bank knows them.
    ADD COLUMN holder_name text,
    -- What identifies the account and, of an IBAN, the BIC: a nonce of 24 bytes, XChaCha20, a tag of 16 bytes.
    -- Bound to partner and kind, so that it opens in no other row.
    ADD COLUMN ciphertext bytea,
    ADD COLUMN key_id smallint,
    -- HMAC-SHA256 of the account, however it was written, under a key of its own.
    ADD COLUMN fingerprint bytea,
    ADD COLUMN set_by text NOT NULL DEFAULT 'member',
    ADD COLUMN usable_from timestamptz;
-- PayPal goes by the address alone, so the partner's own name is as good as any.
UPDATE payout_method m SET usable_from = m.added_at, holder_name = coalesce(nullif(left(btrim(p.name), 140), ''), p.code)
FROM partner p WHERE p.partner_id = m.partner_id;
ALTER TABLE payout_method
    ALTER COLUMN holder_name SET NOT NULL,
    ALTER COLUMN usable_from SET NOT NULL,
    ALTER COLUMN set_by DROP DEFAULT,
    DROP CONSTRAINT payout_method_kind_known,
    ADD CONSTRAINT payout_method_kind_known CHECK (kind IN ('iban', 'sort_code', 'paypal', 'wise')),
    ADD CONSTRAINT payout_method_address_or_ciphertext CHECK (num_nonnulls(address, ciphertext) = 1),
    ADD CONSTRAINT payout_method_sealed_whole CHECK (
        (ciphertext IS NULL) = (key_id IS NULL) AND (ciphertext IS NULL) = (fingerprint IS NULL)),
    ADD CONSTRAINT payout_method_ciphertext_has_nonce_and_tag CHECK (length(ciphertext) BETWEEN 41 AND 1024),
    ADD CONSTRAINT payout_method_fingerprint_is_sha256 CHECK (length(fingerprint) = 32),
    -- Holds for every row written from now on; those from before are encrypted at the next start.
    ADD CONSTRAINT payout_method_is_sealed CHECK (address IS NULL) NOT VALID,
    ADD CONSTRAINT payout_method_mask_hides CHECK (masked ~ '[…•]'),
    ADD CONSTRAINT payout_method_holder_is_named CHECK (btrim(holder_name) <> '' AND length(holder_name) <= 140),
    ADD CONSTRAINT payout_method_set_by_known CHECK (set_by IN ('member', 'command')),
    ADD CONSTRAINT payout_method_member_is_named CHECK ((set_by = 'member') = (added_by IS NOT NULL)),
    ADD CONSTRAINT payout_method_usable_after_added CHECK (usable_from >= added_at),
    ADD CONSTRAINT payout_method_key_known FOREIGN KEY (key_id) REFERENCES secret_key;
-- One account serves one partner, whatever way it is written and whoever pays into it.
DROP INDEX payout_method_serves_one_partner;
CREATE UNIQUE INDEX payout_method_serves_one_partner ON payout_method (fingerprint) WHERE ended_at IS NULL;

-- A change waits. Only the first method of a partner, and a correction that leaves the account the same, do not.
CREATE FUNCTION payout_method_waits() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added n JOIN partner p USING (partner_id) JOIN programme g USING (programme_id)
        WHERE n.usable_from < n.added_at + g.method_safety_days * interval '24 hours'
          AND EXISTS (SELECT FROM payout_method m WHERE m.partner_id = n.partner_id AND m.payout_method_id <> n.payout_method_id)
          AND NOT EXISTS (SELECT FROM payout_method m WHERE m.partner_id = n.partner_id AND m.payout_method_id <> n.payout_method_id
                          AND m.fingerprint = n.fingerprint AND m.ended_at = n.added_at AND m.usable_from <= n.usable_from)
    ) THEN
        RAISE EXCEPTION 'a changed payout method waits for its safety period'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_method_change_waits';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER payout_method_change_waits AFTER INSERT ON payout_method
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION payout_method_waits();

-- A method ends once; nothing else of it changes, but that a plain address is encrypted.
CREATE FUNCTION payout_method_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
        RAISE EXCEPTION 'a payout method ends once'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payout_method_ends_once';
    END IF;
    IF (NEW.partner_id, NEW.payout_method_id, NEW.kind, NEW.holder_name, NEW.masked, NEW.set_by, NEW.added_by, NEW.added_at,
        NEW.usable_from, NEW.form_key)
       IS DISTINCT FROM
       (OLD.partner_id, OLD.payout_method_id, OLD.kind, OLD.holder_name, OLD.masked, OLD.set_by, OLD.added_by, OLD.added_at,
        OLD.usable_from, OLD.form_key)
       OR OLD.ciphertext IS NOT NULL
          AND (NEW.ciphertext, NEW.key_id, NEW.fingerprint) IS DISTINCT FROM (OLD.ciphertext, OLD.key_id, OLD.fingerprint) THEN
        RAISE EXCEPTION 'a payout method is not rewritten'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payout_method_not_rewritten';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER payout_method_stays BEFORE UPDATE ON payout_method
    FOR EACH ROW EXECUTE FUNCTION payout_method_stays();

-- Who looked at a whole account, when and why.
CREATE TABLE payout_method_reveal (
    partner_id bigint NOT NULL,
    payout_method_reveal_id bigint GENERATED ALWAYS AS IDENTITY,
    payout_method_id bigint NOT NULL,
    person_id bigint NOT NULL REFERENCES staff,
    reason text NOT NULL,
    revealed_at timestamptz NOT NULL,
    -- By the database's own clock, which nobody sets.
    written_at timestamptz NOT NULL DEFAULT now(),
    day date GENERATED ALWAYS AS ((revealed_at AT TIME ZONE 'UTC')::date) STORED,
    -- Counted from one, so that nobody reveals more than there are numbers.
    nth smallint NOT NULL,
    form_key uuid NOT NULL,
    PRIMARY KEY (partner_id, payout_method_reveal_id),
    CONSTRAINT payout_method_reveal_form_once UNIQUE (person_id, form_key),
    CONSTRAINT payout_method_reveal_numbered UNIQUE (person_id, day, nth),
    CONSTRAINT payout_method_reveal_at_most_20_a_day CHECK (nth BETWEEN 1 AND 20),
    CONSTRAINT payout_method_reveal_has_reason CHECK (btrim(reason) <> '' AND length(reason) <= 1000),
    CONSTRAINT payout_method_reveal_of_method FOREIGN KEY (partner_id, payout_method_id)
        REFERENCES payout_method (partner_id, payout_method_id)
);
CREATE TRIGGER payout_method_reveal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_method_reveal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE payout_method_reveal ENABLE ROW LEVEL SECURITY;
CREATE POLICY payout_method_reveal_house ON payout_method_reveal TO pd_staff, pd_system USING (true) WITH CHECK (true);
GRANT SELECT ON payout_method_reveal TO pd_staff, pd_system;
GRANT INSERT (partner_id, payout_method_id, person_id, reason, revealed_at, nth, form_key) ON payout_method_reveal TO pd_staff;

-- The only way of staff to a ciphertext: to whom it was revealed within two minutes, with a row that says why.
CREATE FUNCTION reveal_payout_method(partner bigint, method bigint, person bigint) RETURNS TABLE (ciphertext bytea, key_id smallint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT m.ciphertext, m.key_id FROM payout_method m
    WHERE m.partner_id = $1 AND m.payout_method_id = $2
      AND EXISTS (SELECT FROM payout_method_reveal r JOIN staff s USING (person_id)
                  WHERE r.partner_id = $1 AND r.payout_method_id = $2 AND r.person_id = $3
                    AND r.written_at > clock_timestamp() - interval '2 minutes'
                    AND s.disabled_at IS NULL AND s.role <> 'auditor')
$$;
REVOKE EXECUTE ON FUNCTION reveal_payout_method(bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reveal_payout_method(bigint, bigint, bigint) TO pd_staff;

-- Partners write an address once and never read it again; staff see the mask.
REVOKE SELECT, INSERT ON payout_method FROM pd_partner;
GRANT SELECT (partner_id, payout_method_id, kind, holder_name, masked, fingerprint, set_by, added_by, added_at, usable_from, ended_at, form_key)
    ON payout_method TO pd_partner;
GRANT INSERT (partner_id, kind, holder_name, ciphertext, key_id, fingerprint, masked, set_by, added_by, added_at, usable_from, form_key)
    ON payout_method TO pd_partner;
GRANT SELECT (holder_name, set_by, usable_from) ON payout_method TO pd_staff;
GRANT UPDATE (ended_at, address, ciphertext, key_id, fingerprint) ON payout_method TO pd_system;
CREATE POLICY payout_method_by_member ON payout_method AS RESTRICTIVE FOR INSERT TO pd_partner WITH CHECK (set_by = 'member');
CREATE POLICY payout_method_by_command ON payout_method AS RESTRICTIVE FOR INSERT TO pd_system WITH CHECK (set_by = 'command');

RESET ROLE;
