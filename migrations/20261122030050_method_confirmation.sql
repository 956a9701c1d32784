-- A changed payout method waits for its member to follow the link that was mailed to them. Until then the one before
-- stays in use; where there is none, nothing is paid out.
SET LOCAL ROLE pd_owner;

-- Where no mail server is set up, the password that the form asks for is the confirmation, and nothing is awaited.
ALTER TABLE payout_method
    ADD COLUMN awaits_mail boolean NOT NULL DEFAULT false,
    ADD COLUMN confirmed_at timestamptz,
    ADD COLUMN waiting boolean GENERATED ALWAYS AS (awaits_mail AND confirmed_at IS NULL) STORED,
    ADD CONSTRAINT payout_method_confirmed_if_awaited CHECK (confirmed_at IS NULL OR awaits_mail),
    ADD CONSTRAINT payout_method_confirmed_after_added CHECK (confirmed_at >= added_at),
    ADD CONSTRAINT payout_method_awaits_its_member CHECK (NOT awaits_mail OR set_by = 'member');
-- One is in use, and one may wait beside it.
DROP INDEX payout_method_one_live;
CREATE UNIQUE INDEX payout_method_one_live ON payout_method (partner_id) WHERE ended_at IS NULL AND NOT waiting;
CREATE UNIQUE INDEX payout_method_one_waiting ON payout_method (partner_id) WHERE ended_at IS NULL AND waiting;
-- What waits keeps nobody else from using their own account.
DROP INDEX payout_method_serves_one_partner;
CREATE UNIQUE INDEX payout_method_serves_one_partner ON payout_method (fingerprint) WHERE ended_at IS NULL AND NOT waiting;

-- Every mail that asked for a confirmation.
CREATE TABLE method_confirmation (
    partner_id bigint NOT NULL,
    payout_method_id bigint NOT NULL,
    nth smallint NOT NULL,
    person_id bigint NOT NULL REFERENCES person,
    -- SHA-256 of the token in the link.
    token_hash bytea NOT NULL,
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (partner_id, payout_method_id, nth),
    CONSTRAINT method_confirmation_method FOREIGN KEY (partner_id, payout_method_id) REFERENCES payout_method (partner_id, payout_method_id),
    CONSTRAINT method_confirmation_token_once UNIQUE (token_hash),
    CONSTRAINT method_confirmation_token_is_sha256 CHECK (length(token_hash) = 32),
    CONSTRAINT method_confirmation_at_most_5 CHECK (nth BETWEEN 1 AND 5),
    CONSTRAINT method_confirmation_expires_later CHECK (expires_at > asked_at),
    CONSTRAINT method_confirmation_used_in_time CHECK (used_at >= asked_at AND used_at < expires_at)
);
-- One link confirms a change; the others of it are worth nothing then.
CREATE UNIQUE INDEX method_confirmation_used_once ON method_confirmation (partner_id, payout_method_id) WHERE used_at IS NOT NULL;
CREATE FUNCTION method_confirmation_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR OLD.used_at IS NOT NULL
        OR (NEW.partner_id, NEW.payout_method_id, NEW.nth, NEW.person_id, NEW.token_hash, NEW.asked_at, NEW.expires_at)
           IS DISTINCT FROM (OLD.partner_id, OLD.payout_method_id, OLD.nth, OLD.person_id, OLD.token_hash, OLD.asked_at, OLD.expires_at) THEN
        RAISE EXCEPTION 'a link is used once, and nothing else of it changes'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'method_confirmation_used_once';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER method_confirmation_stays BEFORE UPDATE OR DELETE ON method_confirmation
    FOR EACH ROW EXECUTE FUNCTION method_confirmation_stays();
CREATE TRIGGER method_confirmation_not_emptied BEFORE TRUNCATE ON method_confirmation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- A link goes to whoever set the account, while it waits.
CREATE FUNCTION check_confirmation_asked() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.used_at IS NOT NULL OR NOT EXISTS (
            SELECT FROM payout_method m WHERE m.partner_id = NEW.partner_id AND m.payout_method_id = NEW.payout_method_id
              AND m.added_by = NEW.person_id AND m.waiting AND m.ended_at IS NULL) THEN
        RAISE EXCEPTION 'only whoever set a waiting method is asked to confirm it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'method_confirmation_of_its_member';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER method_confirmation_asked BEFORE INSERT ON method_confirmation FOR EACH ROW EXECUTE FUNCTION check_confirmation_asked();

-- A change waits. Only the first method that a partner uses, and a correction that leaves the account the same, do not.
CREATE OR REPLACE FUNCTION payout_method_waits() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added n JOIN partner p USING (partner_id) JOIN programme g USING (programme_id)
        WHERE n.usable_from < n.added_at + g.method_safety_days * interval '24 hours'
          AND EXISTS (SELECT FROM payout_method m
                      WHERE m.partner_id = n.partner_id AND m.payout_method_id <> n.payout_method_id AND NOT m.waiting)
          AND NOT EXISTS (SELECT FROM payout_method m WHERE m.partner_id = n.partner_id AND m.payout_method_id <> n.payout_method_id
                          AND m.fingerprint = n.fingerprint AND m.ended_at = n.added_at AND m.usable_from <= n.usable_from AND NOT m.waiting)
    ) THEN
        RAISE EXCEPTION 'a changed payout method waits for its safety period'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_method_change_waits';
    END IF;
    IF EXISTS (SELECT FROM added n WHERE n.confirmed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a payout method is confirmed after it was set'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_method_confirmed_by_its_link';
    END IF;
    IF EXISTS (SELECT FROM added n JOIN payout_method m ON m.fingerprint = n.fingerprint
               WHERE n.waiting AND m.partner_id <> n.partner_id AND m.ended_at IS NULL AND NOT m.waiting) THEN
        RAISE EXCEPTION 'this account serves another partner'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'payout_method_serves_one_partner';
    END IF;
    RETURN NULL;
END
$$;

-- A method is confirmed once, by a link, and ends once; nothing else of it changes, but that a plain address is encrypted.
CREATE OR REPLACE FUNCTION payout_method_stays() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
        RAISE EXCEPTION 'a payout method ends once'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payout_method_ends_once';
    END IF;
    IF NEW.confirmed_at IS DISTINCT FROM OLD.confirmed_at
        AND (OLD.confirmed_at IS NOT NULL OR OLD.ended_at IS NOT NULL OR NOT EXISTS (
             SELECT FROM method_confirmation c WHERE c.partner_id = NEW.partner_id AND c.payout_method_id = NEW.payout_method_id
               AND c.used_at = NEW.confirmed_at)) THEN
        RAISE EXCEPTION 'a waiting payout method is confirmed once, by its link'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payout_method_confirmed_by_its_link';
    END IF;
    IF (NEW.partner_id, NEW.payout_method_id, NEW.kind, NEW.holder_name, NEW.masked, NEW.set_by, NEW.added_by, NEW.added_at,
        NEW.usable_from, NEW.form_key, NEW.awaits_mail)
       IS DISTINCT FROM
       (OLD.partner_id, OLD.payout_method_id, OLD.kind, OLD.holder_name, OLD.masked, OLD.set_by, OLD.added_by, OLD.added_at,
        OLD.usable_from, OLD.form_key, OLD.awaits_mail)
       OR OLD.ciphertext IS NOT NULL
          AND (NEW.ciphertext, NEW.key_id, NEW.fingerprint) IS DISTINCT FROM (OLD.ciphertext, OLD.key_id, OLD.fingerprint) THEN
        RAISE EXCEPTION 'a payout method is not rewritten'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payout_method_not_rewritten';
    END IF;
    RETURN NEW;
END
$$;

-- No payout goes where nobody has confirmed that it should.
CREATE FUNCTION check_payout_method_confirmed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM written w JOIN payout_method m USING (partner_id, payout_method_id) WHERE m.waiting) THEN
        RAISE EXCEPTION 'the payout method is not confirmed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_method_is_confirmed';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER payout_method_confirmed AFTER INSERT ON payout
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_payout_method_confirmed();

-- Asks whoever set a waiting method to confirm it: the link's hash, and the mail with the link. A partner's role sees
-- neither the members of its account nor what is mailed to them, so it comes through here.
CREATE FUNCTION ask_method_confirmation(method bigint, person bigint, token bytea, expires timestamptz, key smallint, sealed bytea,
    message_uid text, signed_by text, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO method_confirmation (partner_id, payout_method_id, nth, person_id, token_hash, asked_at, expires_at)
    SELECT current_partner(), method, (SELECT count(*) + 1 FROM method_confirmation c
                                       WHERE c.partner_id = current_partner() AND c.payout_method_id = method),
           person, token, at, expires;
    INSERT INTO mail_out (kind, partner_id, person_id, payout_method_id, locale, signed_by, message_uid, key_id, sealed_token, written_at)
    SELECT 'method_confirm', current_partner(), p.person_id, method, left(p.locale, 2), ask_method_confirmation.signed_by,
           ask_method_confirmation.message_uid, key, sealed, at
    FROM person p WHERE p.person_id = person;
END
$$;

-- Tells every other member of the account that a method was set.
CREATE FUNCTION tell_method_changed(method bigint, domain text, signed_by text, at timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH told AS (
        INSERT INTO mail_out (kind, partner_id, person_id, payout_method_id, locale, signed_by, message_uid, written_at)
        SELECT 'method_changed', m.partner_id, o.person_id, m.payout_method_id, left(p.locale, 2), $3,
               '<' || gen_random_uuid() || '@' || $2 || '>', $4
        FROM payout_method m JOIN partner_member o USING (partner_id) JOIN person p ON p.person_id = o.person_id
        WHERE m.partner_id = current_partner() AND m.payout_method_id = $1 AND o.person_id <> m.added_by AND p.disabled_at IS NULL
        ON CONFLICT DO NOTHING
        RETURNING 1)
    SELECT count(*) FROM told
$$;

-- What a link is good for, and, where it is really to be, its use: what waited takes the place of the one before.
CREATE FUNCTION confirm_payout_method(token bytea, person bigint, at timestamptz, really boolean)
RETURNS TABLE (outcome text, method bigint, before bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    link method_confirmation%ROWTYPE;
    waits payout_method%ROWTYPE;
BEGIN
    SELECT c.* INTO link FROM method_confirmation c
    WHERE c.token_hash = token AND c.person_id = person AND c.partner_id = current_partner();
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'unknown', NULL::bigint, NULL::bigint;
        RETURN;
    END IF;
    method := link.payout_method_id;
    -- In the order in which setting a method locks them.
    PERFORM FROM payout_method m WHERE m.partner_id = link.partner_id AND m.ended_at IS NULL ORDER BY m.payout_method_id FOR UPDATE;
    SELECT m.* INTO waits FROM payout_method m WHERE m.partner_id = link.partner_id AND m.payout_method_id = method;
    outcome := CASE
        WHEN waits.confirmed_at IS NOT NULL THEN 'before'
        WHEN waits.ended_at IS NOT NULL THEN 'cancelled'
        WHEN link.expires_at <= at THEN 'expired'
        WHEN really THEN 'done'
        ELSE 'open' END;
    IF outcome = 'done' THEN
        UPDATE payout_method m SET ended_at = at
        WHERE m.partner_id = link.partner_id AND m.ended_at IS NULL AND NOT m.waiting
        RETURNING m.payout_method_id INTO before;
        UPDATE method_confirmation c SET used_at = at WHERE c.token_hash = token;
        UPDATE payout_method m SET confirmed_at = at WHERE m.partner_id = link.partner_id AND m.payout_method_id = method;
    END IF;
    RETURN NEXT;
END
$$;
REVOKE EXECUTE ON FUNCTION ask_method_confirmation(bigint, bigint, bytea, timestamptz, smallint, bytea, text, text, timestamptz),
    tell_method_changed(bigint, text, text, timestamptz), confirm_payout_method(bytea, bigint, timestamptz, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ask_method_confirmation(bigint, bigint, bytea, timestamptz, smallint, bytea, text, text, timestamptz),
    tell_method_changed(bigint, text, text, timestamptz), confirm_payout_method(bytea, bigint, timestamptz, boolean) TO pd_partner;

ALTER TABLE method_confirmation ENABLE ROW LEVEL SECURITY;
CREATE POLICY method_confirmation_own ON method_confirmation FOR SELECT TO pd_partner USING (partner_id = current_partner());
CREATE POLICY method_confirmation_house ON method_confirmation TO pd_staff, pd_system USING (true) WITH CHECK (true);
GRANT SELECT (partner_id, payout_method_id, nth, person_id, asked_at, expires_at, used_at) ON method_confirmation TO pd_partner, pd_staff;
GRANT SELECT ON method_confirmation TO pd_system;
GRANT SELECT (awaits_mail, confirmed_at, waiting) ON payout_method TO pd_partner, pd_staff;
GRANT INSERT (awaits_mail) ON payout_method TO pd_partner;

-- Not paid, since what was set is not confirmed and nothing was in use before.
ALTER TABLE payout_block DROP CONSTRAINT payout_block_reason_known;
ALTER TABLE payout_block ADD CONSTRAINT payout_block_reason_known CHECK (reason IN ('owes', 'under_review', 'under_minimum', 'no_method',
    'method_unconfirmed', 'method_cannot_pay', 'method_changed', 'tax_form_missing', 'invoice_missing', 'nothing_left', 'contested', 'not_due'));

RESET ROLE;
