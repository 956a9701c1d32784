-- Runs on screen: a file that was never sent is withdrawn by an owner, and nobody approves alone what they have built.
SET LOCAL ROLE pd_owner;

-- An owner says that a file never left the house. It is never given out again; its payouts go into the next one.
CREATE TABLE payout_file_withdrawn (
    payout_file_id bigint PRIMARY KEY REFERENCES payout_file,
    reason text NOT NULL,
    withdrawn_by bigint NOT NULL REFERENCES staff,
    withdrawn_at timestamptz NOT NULL,
    CONSTRAINT payout_file_withdrawn_has_reason CHECK (btrim(reason) <> '' AND length(reason) <= 2000)
);
CREATE TRIGGER payout_file_withdrawn_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_file_withdrawn
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Lines about all payments of a file at once, by the name of the file.
CREATE INDEX settlement_line_by_batch ON settlement_line (target) WHERE target_kind = 'batch';

CREATE FUNCTION check_file_withdrawn() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM staff s WHERE s.person_id = NEW.withdrawn_by AND s.role = 'owner' AND s.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'only an owner says that a file was never sent'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_file_withdrawn_by_an_owner';
    END IF;
    IF EXISTS (SELECT FROM payout_file f JOIN settlement_line l ON l.target_kind = 'batch' AND l.target = f.message_id
               WHERE f.payout_file_id = NEW.payout_file_id)
        OR EXISTS (SELECT FROM payout_in_file i JOIN settlement_line l USING (partner_id, payout_id)
                   WHERE i.payout_file_id = NEW.payout_file_id) THEN
        RAISE EXCEPTION 'a bank has answered: the file was sent'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_file_withdrawn_without_answer';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER payout_file_withdrawn_check BEFORE INSERT ON payout_file_withdrawn FOR EACH ROW EXECUTE FUNCTION check_file_withdrawn();

-- Of all steps, these two need more than the table of transitions says.
CREATE FUNCTION check_who_approves() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Back from the bank's door only with the file it was in.
    IF EXISTS (SELECT FROM written w WHERE w.from_state = 'submitted' AND w.to_state = 'approved'
                 AND NOT EXISTS (
                     SELECT FROM payout_file_withdrawn d WHERE d.payout_file_id = (
                         SELECT max(i.payout_file_id) FROM payout_in_file i
                         WHERE i.partner_id = w.partner_id AND i.payout_id = w.payout_id))) THEN
        RAISE EXCEPTION 'the file is not withdrawn' USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_event_of_a_withdrawn_file';
    END IF;
    -- What was kept back while the run was released, nobody has released yet: for that an owner is needed who did not
    -- build the run, where there is one. What was approved before may be let go by whoever kept it back.
    IF EXISTS (SELECT FROM written w
               JOIN payout p USING (partner_id, payout_id)
               JOIN payout_run r USING (payout_run_id)
               JOIN payout_release l USING (payout_run_id)
               WHERE w.from_state = 'scheduled' AND w.to_state = 'approved' AND w.by_kind = 'staff'
                 AND w.by_id IS DISTINCT FROM l.releaser_id
                 AND NOT EXISTS (SELECT FROM payout_event e WHERE e.partner_id = w.partner_id AND e.payout_id = w.payout_id
                                 AND e.seq < w.seq AND e.to_state = 'approved')
                 AND NOT EXISTS (
                     SELECT FROM staff s WHERE s.person_id = w.by_id AND s.role = 'owner' AND s.disabled_at IS NULL
                       AND (w.by_id IS DISTINCT FROM r.builder_id OR NOT EXISTS (
                            SELECT FROM staff o JOIN person q USING (person_id)
                            WHERE o.role = 'owner' AND o.person_id <> w.by_id AND o.disabled_at IS NULL AND q.disabled_at IS NULL)))) THEN
        RAISE EXCEPTION 'an owner approves, and not who built the run'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_event_approved_by_an_owner';
    END IF;
    RETURN NULL;
END
$$;
-- Triggers of one kind fire in the order of their names: this one after the others.
CREATE TRIGGER payout_event_who_approves AFTER INSERT ON payout_event
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_who_approves();

GRANT SELECT ON payout_file_withdrawn TO pd_staff, pd_system;
GRANT INSERT ON payout_file_withdrawn TO pd_staff;

RESET ROLE;
