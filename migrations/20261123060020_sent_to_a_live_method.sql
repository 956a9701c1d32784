-- Money goes to the method that a partner has, not to the one they had when the run was built.
SET LOCAL ROLE pd_owner;

-- Payouts and whether the way they are paid still stands: the same method, or one that a correction of it made, which is
-- the same account by the same kind. For the house alone: it says what partners' fingerprints have in common.
CREATE VIEW payout_way AS
SELECT p.programme_id, p.partner_id, p.payout_id, p.payout_run_id, p.currency, p.total, p.state, m.kind,
       m.ended_at IS NULL OR EXISTS (
           SELECT FROM payout_method l WHERE l.partner_id = m.partner_id AND l.kind = m.kind AND l.fingerprint = m.fingerprint
             AND l.ended_at IS NULL AND NOT l.waiting) AS stands
FROM payout p JOIN payout_method m USING (partner_id, payout_method_id);
REVOKE ALL ON payout_way FROM PUBLIC;
GRANT SELECT ON payout_way TO pd_staff, pd_system;

CREATE FUNCTION check_sent_to_a_live_method() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM written w JOIN payout_way p USING (partner_id, payout_id) WHERE w.to_state = 'submitted' AND NOT p.stands) THEN
        RAISE EXCEPTION 'the partner has another payout method since'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_event_to_a_live_method';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER payout_event_to_a_live_method AFTER INSERT ON payout_event
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_sent_to_a_live_method();

RESET ROLE;
