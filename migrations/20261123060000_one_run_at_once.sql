-- Of two who ask for the same off-cycle run at one moment both get the one run, by a key and not by a lock that only the
-- program knows of. The same for funds: whoever counts them holds the programme until they are spent.
SET LOCAL ROLE pd_owner;

-- When a run was released, beside the row that says who did it, so that a key can ask for it.
ALTER TABLE payout_run ADD COLUMN let_go_at timestamptz;
UPDATE payout_run r SET let_go_at = l.released_at FROM payout_release l WHERE l.payout_run_id = r.payout_run_id;
CREATE FUNCTION payout_run_is_let_go() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- The row is locked with it: who gives the run up at the same moment waits, and finds it released.
    UPDATE payout_run r SET let_go_at = NEW.released_at WHERE r.payout_run_id = NEW.payout_run_id AND r.cancelled_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'only a run that was built and not cancelled is released'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_release_of_a_built_run';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER payout_release_lets_go AFTER INSERT ON payout_release FOR EACH ROW EXECUTE FUNCTION payout_run_is_let_go();
CREATE FUNCTION check_run_let_go() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM payout_release l WHERE l.payout_run_id = NEW.payout_run_id AND l.released_at = NEW.let_go_at) THEN
        RAISE EXCEPTION 'a run is let go by its release' USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_run_let_go_by_its_release';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER payout_run_let_go BEFORE INSERT OR UPDATE OF let_go_at ON payout_run
    FOR EACH ROW WHEN (NEW.let_go_at IS NOT NULL) EXECUTE FUNCTION check_run_let_go();
-- While it waits for its release, asking in the same words for the same partner and cut-off is asking for the same run.
CREATE UNIQUE INDEX payout_run_off_cycle_once ON payout_run (programme_id, partner_id, cutoff, md5(reason))
    WHERE kind = 'off_cycle' AND cancelled_at IS NULL AND let_go_at IS NULL;

-- Locks a programme's funds until the transaction ends; keys that point to the programme don't wait for it.
CREATE FUNCTION lock_funds(programme bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT FROM programme p WHERE p.programme_id = $1 FOR NO KEY UPDATE
$$;
REVOKE EXECUTE ON FUNCTION lock_funds(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lock_funds(bigint) TO pd_system;

RESET ROLE;
