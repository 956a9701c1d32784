-- Mail out: what is to be sent, to whom and about what; what became of each try; and who is at it.
SET LOCAL ROLE pd_owner;

-- A mail, written in the transaction that causes it. To whom is a reference: the address is read when it is sent, so
-- that it stands in one place. What it says is made from what it is about, on the first try, and kept in mail_text.
CREATE TABLE mail_out (
    mail_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    partner_id bigint NOT NULL REFERENCES partner,
    person_id bigint REFERENCES person,
    invitation bytea REFERENCES invitation,
    case_id bigint,
    message_id bigint,
    payout_run_id bigint,
    payout_delay_id bigint,
    payout_method_id bigint,
    locale text NOT NULL,
    -- The name at its end, and that it comes from.
    signed_by text NOT NULL,
    -- Message-ID (RFC 5322, section 3.6.4), angle brackets included: the same on every try.
    message_uid text NOT NULL,
    -- References, the oldest first; the last one is what it answers.
    refs text[] NOT NULL DEFAULT '{}',
    -- The secret of the link in it, encrypted; its hash is where it is redeemed.
    key_id smallint REFERENCES secret_key,
    sealed_token bytea,
    written_at timestamptz NOT NULL,
    -- From its tries; kept by their trigger.
    state text NOT NULL DEFAULT 'waiting',
    tries integer NOT NULL DEFAULT 0,
    CONSTRAINT mail_out_kind_known CHECK (kind IN ('reply', 'invitation', 'delay', 'method_confirm', 'method_changed')),
    CONSTRAINT mail_out_to_someone CHECK (num_nonnulls(person_id, invitation) = 1 AND (invitation IS NOT NULL) = (kind = 'invitation')),
    CONSTRAINT mail_out_about_its_subject CHECK (
        num_nonnulls(case_id, message_id) = CASE kind WHEN 'reply' THEN 2 ELSE 0 END
        AND num_nonnulls(payout_run_id, payout_delay_id) = CASE kind WHEN 'delay' THEN 2 ELSE 0 END
        AND num_nonnulls(payout_method_id) = CASE WHEN kind IN ('method_confirm', 'method_changed') THEN 1 ELSE 0 END),
    CONSTRAINT mail_out_message FOREIGN KEY (partner_id, case_id, message_id) REFERENCES message (partner_id, case_id, message_id),
    CONSTRAINT mail_out_delay FOREIGN KEY (payout_run_id, payout_delay_id) REFERENCES payout_delay (payout_run_id, payout_delay_id),
    CONSTRAINT mail_out_method FOREIGN KEY (partner_id, payout_method_id) REFERENCES payout_method (partner_id, payout_method_id),
    CONSTRAINT mail_out_locale_known CHECK (locale ~ '^[a-z]{2}$'),
    CONSTRAINT mail_out_signed_by_a_name CHECK (btrim(signed_by) <> '' AND length(signed_by) <= 200 AND signed_by !~ '[[:cntrl:]]'),
    CONSTRAINT mail_out_message_uid_shape CHECK (message_uid ~ '^<[a-z0-9.+-]+@[a-z0-9.-]+>$' AND length(message_uid) <= 250),
    CONSTRAINT mail_out_message_uid_once UNIQUE (message_uid),
    CONSTRAINT mail_out_refs_are_uids CHECK (cardinality(refs) <= 12 AND array_to_string(refs, ' ', '!') ~ '^(<[^<>[:space:]]+@[^<>[:space:]]+>( |$))*$'),
    CONSTRAINT mail_out_token_is_sealed CHECK (
        (sealed_token IS NOT NULL) = (kind IN ('invitation', 'method_confirm')) AND (sealed_token IS NULL) = (key_id IS NULL)
        AND length(sealed_token) BETWEEN 41 AND 512),
    CONSTRAINT mail_out_state_known CHECK (state IN ('waiting', 'sent', 'failed'))
);
-- One thing is told to one person once.
CREATE UNIQUE INDEX mail_out_reply_once ON mail_out (message_id, person_id) WHERE kind = 'reply';
CREATE UNIQUE INDEX mail_out_delay_once ON mail_out (payout_delay_id, partner_id, person_id) WHERE kind = 'delay';
CREATE UNIQUE INDEX mail_out_changed_once ON mail_out (payout_method_id, person_id) WHERE kind = 'method_changed';
CREATE INDEX mail_out_thread ON mail_out (case_id, person_id, mail_id) WHERE case_id IS NOT NULL;
CREATE INDEX mail_out_listed ON mail_out (state, mail_id);
CREATE TRIGGER mail_out_append_only BEFORE DELETE OR UPDATE OF mail_id, kind, partner_id, person_id, invitation, case_id, message_id,
    payout_run_id, payout_delay_id, payout_method_id, locale, signed_by, message_uid, refs, key_id, sealed_token, written_at ON mail_out
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER mail_out_not_emptied BEFORE TRUNCATE ON mail_out FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What it says, from the first try on: subject, plain text and HTML, encrypted, since it may hold amounts and links.
CREATE TABLE mail_text (
    mail_id bigint PRIMARY KEY REFERENCES mail_out,
    key_id smallint NOT NULL REFERENCES secret_key,
    sealed bytea NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT mail_text_has_nonce_and_tag CHECK (length(sealed) > 40)
);
CREATE TRIGGER mail_text_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mail_text
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What waits, and which worker has it until when. By the database's own clock, which all processes share.
CREATE TABLE mail_queue (
    mail_id bigint PRIMARY KEY REFERENCES mail_out,
    queued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- One of many alike: those wait for everybody else's.
    bulk boolean NOT NULL,
    worker uuid,
    leased_until timestamptz,
    CONSTRAINT mail_queue_leased_whole CHECK ((worker IS NULL) = (leased_until IS NULL))
);
CREATE INDEX mail_queue_due ON mail_queue (bulk, due_at, mail_id);

-- Every try, with the mail server's answer. Nothing follows a mail that was sent.
CREATE TABLE mail_try (
    mail_id bigint NOT NULL REFERENCES mail_out,
    nth integer NOT NULL,
    prev_nth integer GENERATED ALWAYS AS (nullif(nth - 1, 0)) STORED,
    -- What the try before came to; empty before the first.
    after text NOT NULL,
    outcome text NOT NULL,
    -- In the server's words, addresses masked.
    answer text NOT NULL DEFAULT '',
    next_at timestamptz,
    at timestamptz NOT NULL,
    PRIMARY KEY (mail_id, nth),
    CONSTRAINT mail_try_with_outcome UNIQUE (mail_id, nth, outcome),
    CONSTRAINT mail_try_follows FOREIGN KEY (mail_id, prev_nth, after) REFERENCES mail_try (mail_id, nth, outcome),
    CONSTRAINT mail_try_begins CHECK (nth > 0 AND (nth = 1) = (after = '')),
    CONSTRAINT mail_try_outcome_known CHECK (outcome IN ('sent', 'put_off', 'refused', 'given_up')),
    CONSTRAINT mail_try_nothing_after_sent CHECK (after <> 'sent'),
    CONSTRAINT mail_try_put_off_until CHECK ((outcome = 'put_off') = (next_at IS NOT NULL)),
    CONSTRAINT mail_try_without_addresses CHECK (length(answer) <= 500 AND answer !~ '[^[:space:]]@[^[:space:]]' AND answer !~ '[[:cntrl:]]')
);
CREATE TRIGGER mail_try_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mail_try
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A mail that is written waits to be sent, whoever wrote it.
CREATE FUNCTION queue_mail() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM written WHERE state <> 'waiting' OR tries <> 0) THEN
        RAISE EXCEPTION 'a mail begins waiting' USING ERRCODE = 'check_violation', CONSTRAINT = 'mail_out_begins_waiting';
    END IF;
    INSERT INTO mail_queue (mail_id, bulk) SELECT mail_id, kind = 'delay' FROM written ORDER BY mail_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER mail_out_queued AFTER INSERT ON mail_out
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION queue_mail();

-- A try moves the mail's state and its place in the queue, in the same statement.
CREATE FUNCTION apply_mail_try() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE mail_out SET tries = NEW.nth,
        state = CASE NEW.outcome WHEN 'sent' THEN 'sent' WHEN 'put_off' THEN 'waiting' ELSE 'failed' END
    WHERE mail_id = NEW.mail_id;
    IF NEW.outcome = 'put_off' THEN
        UPDATE mail_queue SET due_at = NEW.next_at, worker = NULL, leased_until = NULL WHERE mail_id = NEW.mail_id;
    ELSE
        DELETE FROM mail_queue WHERE mail_id = NEW.mail_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER mail_try_applied AFTER INSERT ON mail_try FOR EACH ROW EXECUTE FUNCTION apply_mail_try();

-- A lead sends a mail on its way once more: one that failed waits again, one that waits comes first.
CREATE FUNCTION send_mail_again(mail bigint, person bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    state_ text;
BEGIN
    IF NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id) WHERE s.person_id = person AND s.role IN ('lead', 'owner')
                   AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'only leads and owners send a mail again'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'mail_again_by_a_lead';
    END IF;
    SELECT m.state INTO state_ FROM mail_out m WHERE m.mail_id = mail FOR UPDATE;
    IF state_ IS NULL OR state_ = 'sent' THEN
        RETURN false;
    END IF;
    UPDATE mail_out m SET state = 'waiting' WHERE m.mail_id = mail;
    -- One that is being sent right now is left to its worker.
    INSERT INTO mail_queue AS q (mail_id, bulk) VALUES (mail, false)
    ON CONFLICT (mail_id) DO UPDATE SET bulk = false, due_at = least(q.due_at, clock_timestamp()), queued_at = clock_timestamp();
    RETURN true;
END
$$;
REVOKE EXECUTE ON FUNCTION send_mail_again(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION send_mail_again(bigint, bigint) TO pd_staff;

-- How the mail server is doing, apart from any one mail.
CREATE TABLE mail_server (
    only_one boolean PRIMARY KEY DEFAULT true,
    last_ok_at timestamptz,
    failing_since timestamptz,
    said text NOT NULL DEFAULT '',
    CONSTRAINT mail_server_one CHECK (only_one),
    CONSTRAINT mail_server_says_why CHECK ((failing_since IS NULL) = (said = '')),
    CONSTRAINT mail_server_without_addresses CHECK (length(said) <= 500 AND said !~ '[^[:space:]]@[^[:space:]]')
);
INSERT INTO mail_server DEFAULT VALUES;

-- Staff see that there was a mail, and what became of it; what it says and its secrets are the worker's.
GRANT SELECT (mail_id, kind, partner_id, person_id, case_id, message_id, payout_run_id, payout_delay_id, payout_method_id, locale,
    signed_by, message_uid, refs, written_at, state, tries) ON mail_out TO pd_staff;
GRANT INSERT (kind, partner_id, person_id, case_id, message_id, payout_run_id, payout_delay_id, locale, signed_by, message_uid, refs, written_at)
    ON mail_out TO pd_staff;
GRANT SELECT ON mail_queue, mail_try, mail_server TO pd_staff;
GRANT SELECT, INSERT ON mail_out, mail_text, mail_try TO pd_system;
GRANT SELECT ON mail_queue, mail_server TO pd_system;
GRANT UPDATE (worker, leased_until, due_at) ON mail_queue TO pd_system;
GRANT UPDATE (last_ok_at, failing_since, said) ON mail_server TO pd_system;
DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['mail_out', 'mail_text', 'mail_queue', 'mail_try', 'mail_server'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
    END LOOP;
END
$$;
CREATE POLICY mail_out_by_staff ON mail_out AS RESTRICTIVE FOR INSERT TO pd_staff WITH CHECK (kind IN ('reply', 'delay'));

RESET ROLE;
