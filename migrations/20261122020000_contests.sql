-- What the programme contests: a conversion under review. Its commission is set apart, and nothing else of the partner.
SET LOCAL ROLE pd_owner;

CREATE TABLE contest (
    programme_id bigint NOT NULL,
    partner_id bigint NOT NULL,
    contest_id bigint GENERATED ALWAYS AS IDENTITY,
    conversion_id bigint NOT NULL,
    -- What the partner reads, and what only the house does.
    reason_partner text NOT NULL,
    reason_house text NOT NULL DEFAULT '',
    reviewer_id bigint NOT NULL REFERENCES staff,
    reviewer_name text NOT NULL,
    contested_at timestamptz NOT NULL,
    -- Nobody having decided by then, the money is the partner's again.
    ends_at timestamptz NOT NULL,
    form_key uuid NOT NULL,
    -- When the end counts, and when it was written: one that ran out is found a little later.
    ended_at timestamptz,
    end_written_at timestamptz,
    -- let_go: nothing was found; rejected: the commission is taken back.
    outcome text,
    -- What the partner reads of it; empty where time ended it.
    end_reason text NOT NULL DEFAULT '',
    -- NULL: it ran out.
    ended_by bigint REFERENCES staff,
    PRIMARY KEY (partner_id, contest_id),
    CONSTRAINT contest_number_once UNIQUE (contest_id),
    CONSTRAINT contest_partner FOREIGN KEY (programme_id, partner_id) REFERENCES partner (programme_id, partner_id),
    CONSTRAINT contest_commission FOREIGN KEY (partner_id, conversion_id) REFERENCES commission (partner_id, conversion_id),
    CONSTRAINT contest_of_conversion UNIQUE (partner_id, conversion_id, contest_id),
    CONSTRAINT contest_form_once UNIQUE (form_key),
    CONSTRAINT contest_reason_not_blank CHECK (btrim(reason_partner) <> '' AND length(reason_partner) <= 2000
        AND length(reason_house) <= 2000 AND length(end_reason) <= 2000),
    CONSTRAINT contest_ends_within_a_year CHECK (ends_at > contested_at AND ends_at <= contested_at + interval '366 days'),
    CONSTRAINT contest_outcome_known CHECK (outcome IN ('let_go', 'rejected') AND (outcome IS NULL) = (ended_at IS NULL)),
    CONSTRAINT contest_ends_after_start CHECK (ended_at >= contested_at AND end_written_at >= ended_at
        AND (end_written_at IS NULL) = (ended_at IS NULL)),
    CONSTRAINT contest_rejected_by_someone CHECK (outcome <> 'rejected' OR (ended_by IS NOT NULL AND btrim(end_reason) <> '')),
    CONSTRAINT contest_runs_out_on_time CHECK (ended_by IS NOT NULL OR ended_at = ends_at)
);
CREATE UNIQUE INDEX contest_one_live ON contest (partner_id, conversion_id) WHERE ended_at IS NULL;
CREATE INDEX contest_live_by_end ON contest (ends_at, contest_id) WHERE ended_at IS NULL;
CREATE INDEX contest_ended ON contest (ended_at DESC, contest_id) WHERE ended_at IS NOT NULL;
CREATE TRIGGER contest_append_only BEFORE DELETE OR UPDATE OF programme_id, partner_id, contest_id, conversion_id, reason_partner,
    reason_house, reviewer_id, reviewer_name, contested_at, ends_at, form_key ON contest FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER contest_not_emptied BEFORE TRUNCATE ON contest FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE transfer ADD COLUMN contest_id bigint;
ALTER TABLE transfer DROP CONSTRAINT transfer_route_known;
ALTER TABLE transfer ADD CONSTRAINT transfer_route_known CHECK ((kind, debit_kind, credit_kind) IN (
    -- What a conversion earns, and what a refund or a rejection takes back.
    ('accrual', 'commission_cost', 'pending'),
    ('refund', 'pending', 'commission_cost'),
    ('rejection', 'pending', 'commission_cost'),
    -- Leaving the hold. Where a refund from before the release arrives after it, its part goes back first.
    ('release', 'pending', 'payable'),
    ('release_correction', 'payable', 'pending'),
    ('refund', 'payable', 'commission_cost'),
    ('rejection', 'payable', 'commission_cost'),
    -- What a decision credits.
    ('adjustment', 'adjustment_cost', 'payable'),
    ('reversal', 'payable', 'adjustment_cost'),
    -- What the programme contests is set apart, and comes back when it no longer does. Where a refund from before one of
    -- these arrives after it, its part takes the step back.
    ('ring_fence', 'payable', 'ring_fenced'),
    ('ring_fence_end', 'ring_fenced', 'payable'),
    ('ring_fence_correction', 'ring_fenced', 'payable'),
    ('ring_fence_correction', 'payable', 'ring_fenced'),
    ('refund', 'ring_fenced', 'commission_cost'),
    ('rejection', 'ring_fenced', 'commission_cost'),
    -- Into a payout, to the bank, and back where it is cancelled, refused or returned.
    ('payout', 'payable', 'in_payout'),
    ('settlement', 'in_payout', 'paid'),
    ('payout_return', 'in_payout', 'payable'),
    ('payout_return', 'paid', 'payable'),
    -- What the bank takes for it, where the programme bears it.
    ('fee', 'fees', 'cash')));
ALTER TABLE transfer ADD CONSTRAINT transfer_of_its_contest FOREIGN KEY (partner_id, conversion_id, contest_id)
    REFERENCES contest (partner_id, conversion_id, contest_id);
ALTER TABLE transfer ADD CONSTRAINT transfer_names_its_contest CHECK (
    (kind IN ('ring_fence', 'ring_fence_end', 'ring_fence_correction')) = (contest_id IS NOT NULL));
ALTER TABLE transfer DROP CONSTRAINT transfer_cites_its_event;
ALTER TABLE transfer ADD CONSTRAINT transfer_cites_its_event CHECK (
    kind NOT IN ('refund', 'rejection', 'release_correction', 'ring_fence_correction') OR event_id IS NOT NULL);
-- A contest sets apart once and gives back once, and each event corrects each of the two once.
CREATE UNIQUE INDEX transfer_contest_step_once ON transfer (partner_id, contest_id, kind, debit_kind, event_id) NULLS NOT DISTINCT
    WHERE contest_id IS NOT NULL;
CREATE INDEX transfer_ring_fenced ON transfer (partner_id, conversion_id) WHERE 'ring_fenced' IN (debit_kind, credit_kind);

-- How much of a conversion lies apart now.
CREATE FUNCTION ring_fenced_of(partner bigint, conversion bigint) RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(sum(CASE t.credit_kind WHEN 'ring_fenced' THEN t.amount ELSE -t.amount END), 0)
    FROM transfer t
    WHERE t.partner_id = $1 AND t.conversion_id = $2 AND 'ring_fenced' IN (t.debit_kind, t.credit_kind)
$$;

-- Sets apart what is left of contested commissions that are payable, each from the contest or from its release on,
-- whichever came later.
CREATE FUNCTION ring_fence(partners bigint[], conversions bigint[], now timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id, contest_id,
                          effective_at, booked_at)
    SELECT k.programme_id, k.partner_id, 'ring_fence', 'payable', 'ring_fenced', c.amount_left, c.currency, k.conversion_id, k.contest_id,
           greatest(k.contested_at, c.released_at, open_from(k.programme_id)), $3
    FROM unnest($1, $2) AS one (partner_id, conversion_id)
    JOIN contest k ON k.partner_id = one.partner_id AND k.conversion_id = one.conversion_id AND k.ended_at IS NULL
    JOIN commission c ON c.partner_id = k.partner_id AND c.conversion_id = k.conversion_id
    WHERE c.released_at IS NOT NULL AND c.amount_left > 0
$$;
REVOKE EXECUTE ON FUNCTION ring_fence(bigint[], bigint[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ring_fence(bigint[], bigint[], timestamptz) TO pd_system;

CREATE FUNCTION check_contest() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    who bigint;
    role_ text;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'a contest that ended stays so' USING ERRCODE = 'check_violation', CONSTRAINT = 'contest_ends_once';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.ended_at IS NULL THEN
        RAISE EXCEPTION 'a contest only ends' USING ERRCODE = 'check_violation', CONSTRAINT = 'contest_ends_once';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'a contest begins open' USING ERRCODE = 'check_violation', CONSTRAINT = 'contest_begins_open';
    END IF;
    who := CASE TG_OP WHEN 'INSERT' THEN NEW.reviewer_id ELSE NEW.ended_by END;
    IF who IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT s.role INTO role_ FROM staff s JOIN person p USING (person_id)
    WHERE s.person_id = who AND s.disabled_at IS NULL AND p.disabled_at IS NULL;
    IF role_ IS NULL OR role_ NOT IN ('agent', 'lead', 'owner') THEN
        RAISE EXCEPTION 'only agents, leads and owners contest' USING ERRCODE = 'check_violation', CONSTRAINT = 'contest_by_the_desk';
    END IF;
    IF NEW.outcome = 'rejected' AND role_ NOT IN ('lead', 'owner') THEN
        RAISE EXCEPTION 'only leads and owners take a commission back'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'contest_rejected_by_a_lead';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER contest_check BEFORE INSERT OR UPDATE ON contest FOR EACH ROW EXECUTE FUNCTION check_contest();

-- A contest moves the money, whoever writes it: apart when it begins, and when it ends back or away.
CREATE FUNCTION apply_contest() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c commission%ROWTYPE;
    apart numeric;
    event text;
BEGIN
    -- Releases, imports and builders of runs take the same locks in the same order.
    SELECT * INTO c FROM commission x WHERE x.partner_id = NEW.partner_id AND x.conversion_id = NEW.conversion_id FOR UPDATE;
    PERFORM lock_payable(ARRAY[NEW.partner_id]);
    IF TG_OP = 'INSERT' THEN
        IF c.amount_left = 0 THEN
            RAISE EXCEPTION 'nothing is left of this commission' USING ERRCODE = 'check_violation', CONSTRAINT = 'contest_of_what_is_left';
        END IF;
        IF EXISTS (SELECT FROM payout_allocation a WHERE a.partner_id = NEW.partner_id AND a.conversion_id = NEW.conversion_id
                   AND a.kind = 'release' AND a.live) THEN
            RAISE EXCEPTION 'this commission is in a payout' USING ERRCODE = 'check_violation', CONSTRAINT = 'contest_of_what_is_not_in_a_payout';
        END IF;
        PERFORM ring_fence(ARRAY[NEW.partner_id], ARRAY[NEW.conversion_id], NEW.contested_at);
        RETURN NULL;
    END IF;
    apart := ring_fenced_of(NEW.partner_id, NEW.conversion_id);
    IF (apart <> CASE WHEN c.released_at IS NULL THEN 0 ELSE c.amount_left END) THEN
        RAISE EXCEPTION 'not all that is left of the commission lies apart'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'contest_sets_apart_all_that_is_left';
    END IF;
    IF NEW.outcome = 'let_go' THEN
        INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id, contest_id,
                              effective_at, booked_at)
        SELECT NEW.programme_id, NEW.partner_id, 'ring_fence_end', 'ring_fenced', 'payable', apart, c.currency, NEW.conversion_id,
               NEW.contest_id, greatest(NEW.ended_at, t.effective_at, open_from(NEW.programme_id)), NEW.end_written_at
        FROM transfer t
        WHERE t.partner_id = NEW.partner_id AND t.contest_id = NEW.contest_id AND t.kind = 'ring_fence' AND apart > 0;
        RETURN NULL;
    END IF;
    event := 'contest-' || NEW.contest_id;
    INSERT INTO conversion_event (programme_id, event_id, event, partner_id, conversion_id, occurred_at, reason, booked_at)
    VALUES (NEW.programme_id, event, 'reject', NEW.partner_id, NEW.conversion_id, greatest(NEW.ended_at, c.occurred_at), NEW.end_reason,
            NEW.end_written_at);
    INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id, event_id,
                          effective_at, booked_at)
    SELECT NEW.programme_id, NEW.partner_id, 'rejection', CASE WHEN apart > 0 THEN 'ring_fenced' ELSE 'pending' END, 'commission_cost',
           c.amount_left, c.currency, NEW.conversion_id, event, greatest(NEW.ended_at, open_from(NEW.programme_id)), NEW.end_written_at
    WHERE c.amount_left > 0;
    UPDATE commission x SET rejected = true WHERE x.partner_id = NEW.partner_id AND x.conversion_id = NEW.conversion_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER contest_applied AFTER INSERT OR UPDATE ON contest FOR EACH ROW EXECUTE FUNCTION apply_contest();

-- As before, but what is contested waits, whole: with its refunds and with what was set apart of it.
CREATE OR REPLACE FUNCTION payable_items(partners bigint[], cutoffs timestamptz[])
RETURNS TABLE (partner_id bigint, currency text, transfer_id bigint, conversion_id bigint, kind text, amount numeric)
LANGUAGE sql STABLE AS $$
    SELECT i.partner_id, i.currency, i.transfer_id, i.conversion_id, i.kind, i.amount
    FROM (
        SELECT t.partner_id, t.currency, t.transfer_id, t.conversion_id, t.kind, leg.amount, t.effective_at < c.cutoff AS is_in,
               bool_or(leg.amount > 0 AND t.effective_at >= c.cutoff) OVER (PARTITION BY t.partner_id, t.currency, t.conversion_id) AS rest_waits
        FROM unnest(partners, cutoffs) AS c (partner_id, cutoff)
        JOIN transfer t ON t.partner_id = c.partner_id AND 'payable' IN (t.debit_kind, t.credit_kind) AND t.kind NOT IN ('payout', 'payout_return')
        CROSS JOIN LATERAL (SELECT CASE t.credit_kind WHEN 'payable' THEN t.amount ELSE -t.amount END AS amount) leg
        WHERE NOT EXISTS (SELECT FROM payout_allocation a
                          WHERE a.partner_id = t.partner_id AND a.transfer_id = t.transfer_id AND a.live)
          AND (t.conversion_id IS NULL OR t.kind IN ('adjustment', 'reversal')
               OR NOT EXISTS (SELECT FROM contest k WHERE k.partner_id = t.partner_id AND k.conversion_id = t.conversion_id
                              AND k.ended_at IS NULL))
    ) i
    WHERE i.is_in OR (i.amount < 0 AND i.conversion_id IS NOT NULL AND NOT i.rest_waits)
$$;
-- Nobody else allocates it either.
CREATE FUNCTION check_allocation_not_contested() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM written w JOIN contest k USING (partner_id, conversion_id)
               WHERE k.ended_at IS NULL AND w.kind NOT IN ('adjustment', 'reversal')) THEN
        RAISE EXCEPTION 'the programme contests this conversion'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_allocation_not_contested';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER payout_allocation_not_contested AFTER INSERT ON payout_allocation
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_allocation_not_contested();

-- Where a commission stands by all there is to know: in which live payout it is, whether it lies apart, its own state.
CREATE VIEW commission_standing WITH (security_invoker = true) AS
SELECT c.partner_id, c.conversion_id, c.offer_id, c.occurred_at, c.currency, c.amount, c.amount_left,
       coalesce(taken.state, CASE WHEN x.contest_id IS NOT NULL THEN 'ring_fenced' END, c.state) AS state, taken.payout_id
FROM commission c
LEFT JOIN LATERAL (
    SELECT CASE p.state WHEN 'paid' THEN 'paid' ELSE 'in_payout' END AS state, p.payout_id
    FROM payout_allocation a JOIN payout p USING (partner_id, payout_id)
    WHERE a.partner_id = c.partner_id AND a.conversion_id = c.conversion_id AND a.kind = 'release' AND a.live) taken ON c.state = 'payable'
LEFT JOIN contest x ON x.partner_id = c.partner_id AND x.conversion_id = c.conversion_id AND x.ended_at IS NULL AND c.state = 'payable';
GRANT SELECT ON commission_standing TO pd_partner, pd_staff, pd_system;

-- Partners read what they are told; who in the house did what, and the house's reasons, stay there.
GRANT SELECT (partner_id, contest_id, conversion_id, reason_partner, contested_at, ends_at, ended_at, outcome, end_reason) ON contest TO pd_partner;
GRANT SELECT, INSERT ON contest TO pd_staff;
GRANT SELECT ON contest TO pd_system;
GRANT UPDATE (ended_at, end_written_at, outcome, end_reason, ended_by) ON contest TO pd_staff, pd_system;
ALTER TABLE contest ENABLE ROW LEVEL SECURITY;
CREATE POLICY contest_own ON contest FOR SELECT TO pd_partner USING (partner_id = current_partner());
CREATE POLICY contest_house ON contest TO pd_staff, pd_system USING (true) WITH CHECK (true);
-- Time ends a contest; people reject.
CREATE POLICY contest_runs_out ON contest AS RESTRICTIVE FOR UPDATE TO pd_system USING (true) WITH CHECK (ended_by IS NULL AND outcome = 'let_go');
DROP POLICY transfer_by_system ON transfer;
CREATE POLICY transfer_by_system ON transfer AS RESTRICTIVE FOR INSERT TO pd_system
    WITH CHECK (kind NOT IN ('payout', 'settlement', 'payout_return', 'ring_fence', 'ring_fence_end'));

RESET ROLE;
