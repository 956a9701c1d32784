-- Provisional credit: payable at once, within the limits of a policy, until a day. A decision in the partner's favour makes it
-- final; otherwise it is taken back, at the decision or at that day, whichever comes first.
SET LOCAL ROLE pd_owner;

CREATE TABLE provisional_policy (
    provisional_policy_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme_id bigint NOT NULL REFERENCES programme,
    role text NOT NULL,
    -- In the programme's currency: the largest one, and all that run for one partner together.
    largest numeric NOT NULL,
    partner_cap numeric NOT NULL,
    most_days integer NOT NULL,
    valid_from timestamptz NOT NULL,
    -- NULL: the command line.
    written_by bigint REFERENCES staff,
    written_at timestamptz NOT NULL,
    CONSTRAINT provisional_policy_role_known CHECK (role IN ('agent', 'lead', 'owner')),
    CONSTRAINT provisional_policy_in_bounds CHECK (largest >= 0 AND largest <= partner_cap AND partner_cap < 1e15 AND most_days BETWEEN 1 AND 92),
    CONSTRAINT provisional_policy_not_in_the_past CHECK (valid_from >= written_at),
    CONSTRAINT provisional_policy_version_once UNIQUE (programme_id, role, valid_from),
    CONSTRAINT provisional_policy_limits UNIQUE (provisional_policy_id, programme_id, role, largest, partner_cap, most_days)
);
CREATE TRIGGER provisional_policy_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON provisional_policy
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_policy_writer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.written_by IS NOT NULL AND NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id)
            WHERE s.person_id = NEW.written_by AND s.role = 'owner' AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'limits are the owners'' to set' USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_by_an_owner';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER provisional_policy_writer BEFORE INSERT ON provisional_policy FOR EACH ROW EXECUTE FUNCTION check_policy_writer();

CREATE TABLE provisional_credit (
    programme_id bigint NOT NULL,
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    provisional_credit_id bigint GENERATED ALWAYS AS IDENTITY,
    amount numeric NOT NULL,
    currency text NOT NULL,
    reason_partner text NOT NULL,
    given_by bigint NOT NULL REFERENCES staff,
    given_by_name text NOT NULL,
    given_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    provisional_policy_id bigint NOT NULL,
    role text NOT NULL,
    largest numeric NOT NULL,
    partner_cap numeric NOT NULL,
    most_days integer NOT NULL,
    form_key uuid NOT NULL,
    -- When the end counts, and when it was written: one that ran out is found a little later.
    ended_at timestamptz,
    end_written_at timestamptz,
    outcome text,
    PRIMARY KEY (partner_id, provisional_credit_id),
    CONSTRAINT provisional_credit_number_once UNIQUE (provisional_credit_id),
    CONSTRAINT provisional_credit_once_a_case UNIQUE (partner_id, case_id),
    CONSTRAINT provisional_credit_form_once UNIQUE (form_key),
    CONSTRAINT provisional_credit_money UNIQUE (partner_id, provisional_credit_id, amount, currency),
    CONSTRAINT provisional_credit_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT provisional_credit_partner FOREIGN KEY (programme_id, partner_id) REFERENCES partner (programme_id, partner_id),
    CONSTRAINT provisional_credit_policy FOREIGN KEY (provisional_policy_id, programme_id, role, largest, partner_cap, most_days)
        REFERENCES provisional_policy (provisional_policy_id, programme_id, role, largest, partner_cap, most_days),
    CONSTRAINT provisional_credit_within_limit CHECK (amount > 0 AND amount <= largest),
    CONSTRAINT provisional_credit_within_days CHECK (ends_at > given_at AND ends_at <= given_at + make_interval(days => most_days + 1)),
    CONSTRAINT provisional_credit_reason_not_blank CHECK (btrim(reason_partner) <> '' AND length(reason_partner) <= 2000),
    CONSTRAINT provisional_credit_outcome_known CHECK (outcome IN ('final', 'reversed')),
    CONSTRAINT provisional_credit_ended_whole CHECK (num_nonnulls(ended_at, end_written_at, outcome) IN (0, 3)),
    CONSTRAINT provisional_credit_ends_in_time CHECK (ended_at >= given_at AND ended_at <= ends_at AND end_written_at >= ended_at)
);
CREATE INDEX provisional_credit_live_by_end ON provisional_credit (ends_at) WHERE ended_at IS NULL;
CREATE TRIGGER provisional_credit_append_only BEFORE DELETE OR UPDATE OF programme_id, partner_id, case_id, provisional_credit_id, amount, currency,
    reason_partner, given_by, given_by_name, given_at, ends_at, provisional_policy_id, role, largest, partner_cap, most_days, form_key
    ON provisional_credit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER provisional_credit_not_emptied BEFORE TRUNCATE ON provisional_credit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Its two transfers. What is known stays known; these join it.
ALTER TABLE transfer ADD COLUMN provisional_credit_id bigint;
DO $$
DECLARE
    one record;
    known text;
BEGIN
    FOR one IN SELECT * FROM (VALUES
        ('transfer_route_known', $check$(kind, debit_kind, credit_kind) IN (
            ('provisional', 'adjustment_cost', 'payable'), ('clawback', 'payable', 'adjustment_cost'))$check$),
        ('transfer_about_a_conversion', 'conversion_id IS NULL')
    ) AS checks (name, rule) LOOP
        SELECT pg_get_expr(c.conbin, c.conrelid) INTO STRICT known FROM pg_constraint c
        WHERE c.conrelid = 'transfer'::regclass AND c.conname = one.name;
        EXECUTE format('ALTER TABLE transfer DROP CONSTRAINT %I', one.name);
        EXECUTE format('ALTER TABLE transfer ADD CONSTRAINT %I CHECK (CASE WHEN kind IN (''provisional'', ''clawback'') THEN %s ELSE %s END)',
                       one.name, one.rule, known);
    END LOOP;
END
$$;
ALTER TABLE transfer
    ADD CONSTRAINT transfer_names_its_provisional CHECK ((kind IN ('provisional', 'clawback')) = (provisional_credit_id IS NOT NULL)),
    -- Given and taken back is the same amount.
    ADD CONSTRAINT transfer_of_its_provisional FOREIGN KEY (partner_id, provisional_credit_id, amount, currency)
        REFERENCES provisional_credit (partner_id, provisional_credit_id, amount, currency);
CREATE UNIQUE INDEX transfer_provisional_once ON transfer (partner_id, provisional_credit_id, kind) WHERE provisional_credit_id IS NOT NULL;

CREATE FUNCTION check_provisional_credit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    role_ text;
    stage_ text;
    currency_ text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL THEN
            RAISE EXCEPTION 'a provisional credit ends once' USING ERRCODE = 'check_violation', CONSTRAINT = 'provisional_credit_ends_once';
        END IF;
        IF (NEW.outcome = 'final') <> EXISTS (SELECT FROM case_decision d WHERE d.partner_id = NEW.partner_id AND d.case_id = NEW.case_id
                                              AND d.outcome = 'in_favour' AND d.decided_at <= NEW.ended_at) THEN
            RAISE EXCEPTION 'a decision in favour makes it final, and nothing else'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'provisional_credit_final_by_decision';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'a provisional credit begins open' USING ERRCODE = 'check_violation', CONSTRAINT = 'provisional_credit_begins_open';
    END IF;
    SELECT s.role INTO role_ FROM staff s JOIN person p USING (person_id)
    WHERE s.person_id = NEW.given_by AND s.disabled_at IS NULL AND p.disabled_at IS NULL;
    IF role_ IS NULL OR role_ NOT IN ('agent', 'lead', 'owner') THEN
        RAISE EXCEPTION 'only agents, leads and owners credit' USING ERRCODE = 'check_violation', CONSTRAINT = 'provisional_credit_by_the_desk';
    END IF;
    IF NEW.provisional_policy_id IS DISTINCT FROM (
            SELECT y.provisional_policy_id FROM provisional_policy y
            WHERE y.programme_id = NEW.programme_id AND y.role = role_ AND y.valid_from <= NEW.given_at ORDER BY y.valid_from DESC LIMIT 1) THEN
        RAISE EXCEPTION 'that is not the limit in force for this person'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'provisional_credit_by_policy_in_force';
    END IF;
    SELECT c.stage, g.currency INTO stage_, currency_ FROM support_case c JOIN programme g USING (programme_id)
    WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.case_id FOR UPDATE OF c;
    IF stage_ IS NULL OR stage_ IN ('decided', 'closed')
        OR EXISTS (SELECT FROM case_decision d WHERE d.partner_id = NEW.partner_id AND d.case_id = NEW.case_id) THEN
        RAISE EXCEPTION 'only an open case that waits for its decision is credited provisionally'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'provisional_credit_of_an_open_case';
    END IF;
    IF NEW.currency IS DISTINCT FROM currency_ THEN
        RAISE EXCEPTION 'limits are in the programme''s currency' USING ERRCODE = 'check_violation', CONSTRAINT = 'provisional_credit_in_the_programmes_currency';
    END IF;
    -- Two at once for one partner take turns.
    PERFORM FROM account a WHERE a.programme_id = NEW.programme_id AND a.holder_id = NEW.partner_id AND a.currency = NEW.currency
        AND a.kind = 'payable' FOR UPDATE;
    IF NEW.amount + coalesce((SELECT sum(x.amount) FROM provisional_credit x WHERE x.partner_id = NEW.partner_id AND x.ended_at IS NULL), 0)
       > NEW.partner_cap THEN
        RAISE EXCEPTION 'too much is credited provisionally to this partner'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'provisional_credit_within_partner_cap';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER provisional_credit_check BEFORE INSERT OR UPDATE ON provisional_credit FOR EACH ROW EXECUTE FUNCTION check_provisional_credit();

-- It moves the money, whoever writes it.
CREATE FUNCTION apply_provisional_credit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.outcome = 'final' THEN
        RETURN NULL;
    END IF;
    INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, provisional_credit_id, effective_at, booked_at)
    SELECT NEW.programme_id, NEW.partner_id, way.kind, way.debit, way.credit, NEW.amount, NEW.currency, NEW.provisional_credit_id,
           greatest(CASE TG_OP WHEN 'INSERT' THEN NEW.given_at ELSE NEW.ended_at END, open_from(NEW.programme_id)),
           CASE TG_OP WHEN 'INSERT' THEN NEW.given_at ELSE NEW.end_written_at END
    FROM (VALUES ('INSERT', 'provisional', 'adjustment_cost', 'payable'), ('UPDATE', 'clawback', 'payable', 'adjustment_cost'))
        AS way (op, kind, debit, credit)
    WHERE way.op = TG_OP;
    RETURN NULL;
END
$$;
CREATE TRIGGER provisional_credit_applied AFTER INSERT OR UPDATE ON provisional_credit FOR EACH ROW EXECUTE FUNCTION apply_provisional_credit();

-- A transfer of this kind is the beginning or the end of one.
CREATE FUNCTION check_provisional_transfer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.kind = 'clawback' AND NOT EXISTS (SELECT FROM provisional_credit x WHERE x.partner_id = NEW.partner_id
            AND x.provisional_credit_id = NEW.provisional_credit_id AND x.outcome = 'reversed') THEN
        RAISE EXCEPTION 'only a provisional credit that ended is taken back'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_clawback_of_what_ended';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER transfer_provisional_check AFTER INSERT ON transfer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind = 'clawback') EXECUTE FUNCTION check_provisional_transfer();

-- The decision ends it; and one in favour is within the limit of who decides together with it.
CREATE FUNCTION decision_ends_provisional() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    given numeric;
    until timestamptz;
BEGIN
    SELECT x.amount, x.ends_at INTO given, until FROM provisional_credit x
    WHERE x.partner_id = NEW.partner_id AND x.case_id = NEW.case_id AND x.ended_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF NEW.outcome = 'in_favour' AND until > NEW.decided_at AND given + coalesce(NEW.amount, 0) > coalesce((
            SELECT a.largest_credit FROM authority a JOIN staff s ON s.person_id = NEW.decided_by AND s.role = a.role
            WHERE a.programme_id = NEW.programme_id AND a.valid_from <= NEW.decided_at ORDER BY a.valid_from DESC LIMIT 1), 0) THEN
        RAISE EXCEPTION 'together with the provisional credit that is over the limit'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_within_authority_with_provisional';
    END IF;
    UPDATE provisional_credit x SET ended_at = least(NEW.decided_at, x.ends_at), end_written_at = NEW.decided_at,
        outcome = CASE WHEN NEW.outcome = 'in_favour' AND x.ends_at > NEW.decided_at THEN 'final' ELSE 'reversed' END
    WHERE x.partner_id = NEW.partner_id AND x.case_id = NEW.case_id AND x.ended_at IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER case_decision_ends_provisional AFTER INSERT ON case_decision FOR EACH ROW EXECUTE FUNCTION decision_ends_provisional();

DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['provisional_policy', 'provisional_credit'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
        EXECUTE format('GRANT SELECT ON %I TO pd_staff, pd_system', name_);
        EXECUTE format('GRANT INSERT ON %I TO pd_staff', name_);
    END LOOP;
END
$$;
GRANT INSERT ON provisional_policy TO pd_system;
CREATE POLICY provisional_credit_own ON provisional_credit FOR SELECT TO pd_partner USING (partner_id = current_partner());
GRANT SELECT (partner_id, case_id, provisional_credit_id, amount, currency, reason_partner, given_by_name, given_at, ends_at, ended_at, outcome)
    ON provisional_credit TO pd_partner;
-- Time ends it; people decide.
GRANT UPDATE (ended_at, end_written_at, outcome) ON provisional_credit TO pd_system;
DROP POLICY transfer_by_system ON transfer;
CREATE POLICY transfer_by_system ON transfer AS RESTRICTIVE FOR INSERT TO pd_system
    WITH CHECK (kind NOT IN ('payout', 'settlement', 'payout_return', 'ring_fence', 'ring_fence_end', 'provisional', 'clawback'));

-- A version of the limits with each version of what a role may credit for good: as much at once, twice as much for one partner
-- together, for a month. Owners write others.
CREATE FUNCTION first_provisional_policy() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO provisional_policy (programme_id, role, largest, partner_cap, most_days, valid_from, written_at)
    VALUES (NEW.programme_id, NEW.role, NEW.largest_credit, least(2 * NEW.largest_credit, 999999999999999), 31, NEW.valid_from, NEW.valid_from)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER authority_first_provisional AFTER INSERT ON authority FOR EACH ROW EXECUTE FUNCTION first_provisional_policy();
INSERT INTO provisional_policy (programme_id, role, largest, partner_cap, most_days, valid_from, written_at)
SELECT programme_id, role, largest_credit, least(2 * largest_credit, 999999999999999), 31, valid_from, valid_from FROM authority;

RESET ROLE;
