-- Promo packages: a bonus for reaching a goal within a period, or once; the budget of a programme and of each package; who is
-- granted one, who decided so, and each step of its money: reserved at the grant, spent when the goal is reached, given back where
-- the period ends without it.
SET LOCAL ROLE pd_owner;

CREATE TABLE promo_package (
    programme_id bigint NOT NULL REFERENCES programme,
    promo_package_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    -- sales: so many of them; commission, orders: so much of it, in the package's currency; once: the grant itself.
    goal text NOT NULL,
    target numeric NOT NULL,
    bonus numeric NOT NULL,
    currency text NOT NULL REFERENCES currency,
    -- What happened from starts_at until ends_at counts, once it has left its hold, if that is before counts_until.
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    counts_until timestamptz NOT NULL,
    written_by bigint NOT NULL REFERENCES staff,
    written_at timestamptz NOT NULL,
    form_key uuid NOT NULL,
    CONSTRAINT promo_package_form_once UNIQUE (form_key),
    CONSTRAINT promo_package_name_once UNIQUE (programme_id, name),
    CONSTRAINT promo_package_in_currency UNIQUE (promo_package_id, programme_id, currency),
    CONSTRAINT promo_package_costs UNIQUE (promo_package_id, programme_id, bonus, currency),
    CONSTRAINT promo_package_name_not_blank CHECK (btrim(name) <> '' AND length(name) <= 200),
    CONSTRAINT promo_package_goal_known CHECK (goal IN ('sales', 'commission', 'orders', 'once')),
    CONSTRAINT promo_package_target_fits CHECK (
        CASE goal
            WHEN 'once' THEN target = 0
            WHEN 'sales' THEN target > 0 AND target <= 1000000000 AND target = trunc(target)
            ELSE target > 0 AND target < 1e15 AND target = round(target, minor_units(currency))
        END),
    CONSTRAINT promo_package_bonus_fits CHECK (bonus > 0 AND bonus < 1e15 AND bonus = round(bonus, minor_units(currency))),
    CONSTRAINT promo_package_ends_later CHECK (ends_at > starts_at AND counts_until >= ends_at),
    CONSTRAINT promo_package_not_in_the_past CHECK (ends_at > written_at)
);
CREATE TRIGGER promo_package_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON promo_package
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER promo_package_writer BEFORE INSERT ON promo_package FOR EACH ROW EXECUTE FUNCTION check_policy_writer();

-- What may be promised at most; the newest version of a programme and currency, or of a package, counts.
CREATE TABLE promo_budget (
    promo_budget_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme_id bigint NOT NULL REFERENCES programme,
    -- 0: the whole programme's.
    package_scope bigint NOT NULL DEFAULT 0,
    promo_package_id bigint GENERATED ALWAYS AS (nullif(package_scope, 0)) STORED,
    currency text NOT NULL REFERENCES currency,
    amount numeric NOT NULL,
    written_by bigint NOT NULL REFERENCES staff,
    written_at timestamptz NOT NULL,
    CONSTRAINT promo_budget_fits CHECK (amount >= 0 AND amount < 1e15 AND amount = round(amount, minor_units(currency))),
    CONSTRAINT promo_budget_package FOREIGN KEY (promo_package_id, programme_id, currency)
        REFERENCES promo_package (promo_package_id, programme_id, currency)
);
CREATE TRIGGER promo_budget_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON promo_budget
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER promo_budget_writer BEFORE INSERT ON promo_budget FOR EACH ROW EXECUTE FUNCTION check_policy_writer();

-- The budget in force and what is gone of it: a running sum that versions and steps keep. Its check is what no crowd gets past.
CREATE TABLE promo_purse (
    programme_id bigint NOT NULL,
    package_scope bigint NOT NULL,
    currency text NOT NULL,
    promo_budget_id bigint NOT NULL REFERENCES promo_budget,
    budget numeric NOT NULL,
    reserved numeric NOT NULL DEFAULT 0,
    spent numeric NOT NULL DEFAULT 0,
    PRIMARY KEY (programme_id, package_scope, currency),
    CONSTRAINT promo_budget_not_exceeded CHECK (reserved + spent <= budget),
    CONSTRAINT promo_purse_not_negative CHECK (reserved >= 0 AND spent >= 0)
);

CREATE FUNCTION fill_promo_purse() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO promo_purse AS u (programme_id, package_scope, currency, promo_budget_id, budget)
    VALUES (NEW.programme_id, NEW.package_scope, NEW.currency, NEW.promo_budget_id, NEW.amount)
    ON CONFLICT (programme_id, package_scope, currency) DO UPDATE
        SET promo_budget_id = excluded.promo_budget_id, budget = excluded.budget
        WHERE u.promo_budget_id < excluded.promo_budget_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER promo_budget_applied AFTER INSERT ON promo_budget FOR EACH ROW EXECUTE FUNCTION fill_promo_purse();

-- Who should get one: somebody of the desk asks, and it costs at most the bonus.
CREATE TABLE promo_grant (
    programme_id bigint NOT NULL,
    partner_id bigint NOT NULL,
    promo_grant_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    promo_package_id bigint NOT NULL,
    bonus numeric NOT NULL,
    currency text NOT NULL,
    reason text NOT NULL,
    case_id bigint,
    proposer_id bigint NOT NULL REFERENCES staff,
    proposed_at timestamptz NOT NULL,
    form_key uuid NOT NULL,
    CONSTRAINT promo_grant_form_once UNIQUE (form_key),
    CONSTRAINT promo_grant_money UNIQUE (partner_id, promo_grant_id, bonus, currency),
    CONSTRAINT promo_grant_as_proposed UNIQUE (promo_grant_id, programme_id, partner_id, promo_package_id, bonus, currency, proposer_id),
    CONSTRAINT promo_grant_of_its_package FOREIGN KEY (promo_package_id, programme_id, bonus, currency)
        REFERENCES promo_package (promo_package_id, programme_id, bonus, currency),
    CONSTRAINT promo_grant_partner FOREIGN KEY (programme_id, partner_id) REFERENCES partner (programme_id, partner_id),
    CONSTRAINT promo_grant_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT promo_grant_reason_not_blank CHECK (btrim(reason) <> '' AND length(reason) <= 4000)
);
CREATE INDEX promo_grant_by_partner ON promo_grant (partner_id, promo_grant_id);
CREATE INDEX promo_grant_by_package ON promo_grant (promo_package_id, promo_grant_id);
CREATE TRIGGER promo_grant_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON promo_grant
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_promo_grant() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id)
                   WHERE s.person_id = NEW.proposer_id AND s.role IN ('agent', 'lead', 'owner')
                     AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'only agents, leads and owners propose' USING ERRCODE = 'check_violation', CONSTRAINT = 'promo_grant_by_the_desk';
    END IF;
    IF NOT EXISTS (SELECT FROM partner a WHERE a.partner_id = NEW.partner_id AND a.status = 'active') THEN
        RAISE EXCEPTION 'only who takes part is granted one' USING ERRCODE = 'check_violation', CONSTRAINT = 'promo_grant_to_an_active_partner';
    END IF;
    IF NEW.proposed_at >= (SELECT k.ends_at FROM promo_package k WHERE k.promo_package_id = NEW.promo_package_id) THEN
        RAISE EXCEPTION 'its period is over' USING ERRCODE = 'check_violation', CONSTRAINT = 'promo_grant_within_its_period';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER promo_grant_check BEFORE INSERT ON promo_grant FOR EACH ROW EXECUTE FUNCTION check_promo_grant();

-- Yes or no, once; by an owner who is not its author, or at once where the bonus is within what its author may credit.
CREATE TABLE promo_decision (
    promo_grant_id bigint PRIMARY KEY,
    programme_id bigint NOT NULL,
    partner_id bigint NOT NULL,
    promo_package_id bigint NOT NULL,
    bonus numeric NOT NULL,
    currency text NOT NULL,
    proposer_id bigint NOT NULL,
    verdict text NOT NULL,
    by text NOT NULL,
    decider_id bigint NOT NULL REFERENCES staff,
    decider_name text NOT NULL,
    sole_control boolean NOT NULL DEFAULT false,
    authority_id bigint,
    largest_credit numeric,
    reason_partner text NOT NULL,
    reason_house text NOT NULL DEFAULT '',
    decided_at timestamptz NOT NULL,
    CONSTRAINT promo_decision_of_its_proposal FOREIGN KEY (promo_grant_id, programme_id, partner_id, promo_package_id, bonus, currency, proposer_id)
        REFERENCES promo_grant (promo_grant_id, programme_id, partner_id, promo_package_id, bonus, currency, proposer_id),
    CONSTRAINT promo_decision_with_verdict UNIQUE (promo_grant_id, programme_id, partner_id, promo_package_id, bonus, currency, verdict),
    CONSTRAINT promo_decision_verdict_known CHECK (verdict IN ('approved', 'rejected')),
    CONSTRAINT promo_decision_by_known CHECK (by IN ('owner', 'policy')),
    CONSTRAINT promo_decision_not_by_its_author CHECK (decider_id <> proposer_id OR sole_control OR by = 'policy'),
    CONSTRAINT promo_decision_sole_control_is_an_owners CHECK (NOT sole_control OR (by = 'owner' AND decider_id = proposer_id)),
    CONSTRAINT promo_decision_policy_is_whole CHECK ((by = 'policy') = (authority_id IS NOT NULL) AND (by = 'policy') = (largest_credit IS NOT NULL)),
    CONSTRAINT promo_decision_policy_at_once CHECK (by <> 'policy' OR (verdict = 'approved' AND decider_id = proposer_id)),
    CONSTRAINT promo_decision_within_authority CHECK (bonus <= largest_credit),
    CONSTRAINT promo_decision_authority FOREIGN KEY (authority_id, programme_id, largest_credit)
        REFERENCES authority (authority_id, programme_id, largest_credit),
    CONSTRAINT promo_decision_reason_not_blank CHECK (btrim(reason_partner) <> '' AND length(reason_partner) <= 4000 AND length(reason_house) <= 4000)
);
-- A partner gets each package once.
CREATE UNIQUE INDEX promo_grant_once_a_package ON promo_decision (partner_id, promo_package_id) WHERE verdict = 'approved';
CREATE INDEX promo_decision_by_package ON promo_decision (promo_package_id) WHERE verdict = 'approved';
CREATE TRIGGER promo_decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON promo_decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_promo_decision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    proposed timestamptz := (SELECT g.proposed_at FROM promo_grant g WHERE g.promo_grant_id = NEW.promo_grant_id);
BEGIN
    IF NEW.decided_at < proposed THEN
        RAISE EXCEPTION 'it was decided before it was proposed' USING ERRCODE = 'check_violation', CONSTRAINT = 'promo_decision_after_its_proposal';
    END IF;
    IF NEW.verdict = 'approved' AND NEW.decided_at >= (SELECT k.ends_at FROM promo_package k WHERE k.promo_package_id = NEW.promo_package_id) THEN
        RAISE EXCEPTION 'its period is over' USING ERRCODE = 'check_violation', CONSTRAINT = 'promo_decision_within_its_period';
    END IF;
    IF NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id)
                   WHERE s.person_id = NEW.decider_id AND s.name = NEW.decider_name AND s.disabled_at IS NULL AND p.disabled_at IS NULL
                     AND (s.role = 'owner' OR NEW."by" = 'policy')) THEN
        RAISE EXCEPTION 'only an owner decides' USING ERRCODE = 'check_violation', CONSTRAINT = 'promo_decision_by_an_owner';
    END IF;
    IF NEW.sole_control AND EXISTS (SELECT FROM staff s JOIN person p USING (person_id)
            WHERE s.role = 'owner' AND s.person_id <> NEW.decider_id AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'another owner can decide this'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'promo_decision_sole_control_only_when_alone';
    END IF;
    IF NEW."by" = 'policy' THEN
        IF NEW.authority_id IS DISTINCT FROM (SELECT a.authority_id FROM authority_of(NEW.programme_id, NEW.decider_id, NEW.decided_at) a) THEN
            RAISE EXCEPTION 'that is not the authority in force for this person'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'promo_decision_by_authority_in_force';
        END IF;
        IF NEW.currency <> (SELECT g.currency FROM programme g WHERE g.programme_id = NEW.programme_id) THEN
            RAISE EXCEPTION 'a bonus in another currency than the programme''s is an owner''s'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'promo_decision_other_currency_by_owner';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER promo_decision_check BEFORE INSERT ON promo_decision FOR EACH ROW EXECUTE FUNCTION check_promo_decision();

-- How far a partner is towards a goal: what counts already; what is still in its hold, not yet validated or contested; how much of
-- that time alone will settle; and when the goal was reached. What was refunded or rejected by now does not count; what counts
-- has left its hold in time.
CREATE FUNCTION promo_progress(partner_id bigint, goal text, target numeric, currency text,
                               starts_at timestamptz, ends_at timestamptz, counts_until timestamptz)
RETURNS TABLE (counted numeric, waits numeric, settles numeric, reached_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(x.amount) FILTER (WHERE x.counts), 0), coalesce(sum(x.amount) FILTER (WHERE x.settles OR x.is_asked), 0),
           coalesce(sum(x.amount) FILTER (WHERE x.settles), 0), min(x.released_at) FILTER (WHERE x.counts AND x.so_far >= $3 AND $3 > 0)
    FROM (
        SELECT y.*, sum(y.amount) FILTER (WHERE y.counts) OVER (ORDER BY y.released_at NULLS LAST, y.conversion_id) AS so_far
        FROM (
            SELECT c.conversion_id, c.released_at,
                   CASE $2 WHEN 'sales' THEN 1 WHEN 'commission' THEN c.amount_left ELSE c.order_amount - c.refunded END AS amount,
                   c.released_at < $7 AND k.contest_id IS NULL AS counts,
                   coalesce(c.released_at, c.hold_until) < $7 AND (c.released_at IS NULL OR k.contest_id IS NOT NULL) AS settles,
                   c.released_at IS NULL AND c.hold_until IS NULL AS is_asked
            FROM commission c
            LEFT JOIN contest k ON k.partner_id = c.partner_id AND k.conversion_id = c.conversion_id AND k.ended_at IS NULL
            WHERE c.partner_id = $1 AND c.occurred_at >= $5 AND c.occurred_at < $6 AND c.state <> 'reversed'
              AND ($2 = 'commission' OR c.order_amount > 0) AND ($2 = 'sales' OR c.currency = $4)
        ) y
    ) x
$$;

-- What became of the money of a grant, each step once.
CREATE TABLE promo_step (
    programme_id bigint NOT NULL,
    partner_id bigint NOT NULL,
    promo_grant_id bigint NOT NULL,
    promo_package_id bigint NOT NULL,
    bonus numeric NOT NULL,
    currency text NOT NULL,
    verdict text NOT NULL DEFAULT 'approved',
    step text NOT NULL,
    follows text GENERATED ALWAYS AS (CASE WHEN step <> 'reserved' THEN 'reserved' END) STORED,
    -- How far the partner had come by then.
    counted numeric NOT NULL DEFAULT 0,
    -- When it counts, and when it was written: a job finds what happened a little later.
    at timestamptz NOT NULL,
    written_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, promo_grant_id, step),
    CONSTRAINT promo_step_known CHECK (step IN ('reserved', 'spent', 'given_back')),
    CONSTRAINT promo_step_is_approved CHECK (verdict = 'approved'),
    CONSTRAINT promo_step_of_a_decision FOREIGN KEY (promo_grant_id, programme_id, partner_id, promo_package_id, bonus, currency, verdict)
        REFERENCES promo_decision (promo_grant_id, programme_id, partner_id, promo_package_id, bonus, currency, verdict),
    CONSTRAINT promo_step_after_reserved FOREIGN KEY (partner_id, promo_grant_id, follows) REFERENCES promo_step (partner_id, promo_grant_id, step),
    CONSTRAINT promo_step_written_later CHECK (written_at >= at)
);
CREATE UNIQUE INDEX promo_step_ends_once ON promo_step (partner_id, promo_grant_id) WHERE step <> 'reserved';
CREATE TRIGGER promo_step_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON promo_step
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_promo_step() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    k promo_package%ROWTYPE;
    far record;
BEGIN
    SELECT * INTO k FROM promo_package x WHERE x.promo_package_id = NEW.promo_package_id;
    IF NEW.step = 'reserved' OR (NEW.step = 'spent' AND k.goal = 'once') THEN
        RETURN NEW;
    END IF;
    SELECT * INTO far FROM promo_progress(NEW.partner_id, k.goal, k.target, k.currency, k.starts_at, k.ends_at, k.counts_until);
    IF NEW.step = 'spent' AND (far.reached_at IS NULL OR NEW.at < far.reached_at) THEN
        RAISE EXCEPTION 'the goal is not reached' USING ERRCODE = 'check_violation', CONSTRAINT = 'promo_step_goal_reached';
    END IF;
    IF NEW.step = 'given_back' AND (k.goal = 'once' OR NEW.at < k.counts_until) THEN
        RAISE EXCEPTION 'it still counts' USING ERRCODE = 'check_violation', CONSTRAINT = 'promo_step_after_its_end';
    END IF;
    -- What left its hold in time and was not yet looked at, or is contested, may still reach it.
    IF NEW.step = 'given_back' AND far.counted + far.settles >= k.target THEN
        RAISE EXCEPTION 'the goal is reached, or may be' USING ERRCODE = 'check_violation', CONSTRAINT = 'promo_step_goal_not_reached';
    END IF;
    NEW.counted := far.counted;
    RETURN NEW;
END
$$;
CREATE TRIGGER promo_step_check BEFORE INSERT ON promo_step FOR EACH ROW EXECUTE FUNCTION check_promo_step();

-- The bonus is a cost of its own, payable at once, and once a grant.
ALTER TABLE transfer ADD COLUMN promo_grant_id bigint;
DO $$
DECLARE
    one record;
    known text;
BEGIN
    FOR one IN SELECT * FROM (VALUES
        ('transfer_route_known', $check$(kind, debit_kind, credit_kind) IN (('bonus', 'bonus_cost', 'payable'))$check$),
        ('transfer_about_a_conversion', 'conversion_id IS NULL')
    ) AS checks (name, rule) LOOP
        SELECT pg_get_expr(c.conbin, c.conrelid) INTO STRICT known FROM pg_constraint c
        WHERE c.conrelid = 'transfer'::regclass AND c.conname = one.name;
        EXECUTE format('ALTER TABLE transfer DROP CONSTRAINT %I', one.name);
        EXECUTE format('ALTER TABLE transfer ADD CONSTRAINT %I CHECK (CASE WHEN kind = ''bonus'' THEN %s ELSE %s END)', one.name, one.rule, known);
    END LOOP;
END
$$;
ALTER TABLE transfer
    ADD CONSTRAINT transfer_names_its_grant CHECK ((kind = 'bonus') = (promo_grant_id IS NOT NULL)),
    ADD CONSTRAINT transfer_of_its_grant FOREIGN KEY (partner_id, promo_grant_id, amount, currency)
        REFERENCES promo_grant (partner_id, promo_grant_id, bonus, currency);
CREATE UNIQUE INDEX transfer_bonus_once ON transfer (partner_id, promo_grant_id) WHERE promo_grant_id IS NOT NULL;
CREATE FUNCTION check_bonus() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM promo_step x WHERE x.partner_id = NEW.partner_id AND x.promo_grant_id = NEW.promo_grant_id AND x.step = 'spent') THEN
        RAISE EXCEPTION 'a bonus is what a grant spends' USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_bonus_is_spent';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER transfer_bonus_check AFTER INSERT ON transfer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind = 'bonus') EXECUTE FUNCTION check_bonus();

-- A step moves the purses, the programme's first and then the package's, and a bonus that is spent moves the money.
CREATE FUNCTION apply_promo_step() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    scope bigint;
BEGIN
    FOREACH scope IN ARRAY ARRAY[0, NEW.promo_package_id] LOOP
        UPDATE promo_purse u
        SET reserved = u.reserved + CASE NEW.step WHEN 'reserved' THEN NEW.bonus ELSE -NEW.bonus END,
            spent = u.spent + CASE NEW.step WHEN 'spent' THEN NEW.bonus ELSE 0 END
        WHERE u.programme_id = NEW.programme_id AND u.package_scope = scope AND u.currency = NEW.currency;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'there is no budget for it' USING ERRCODE = 'check_violation', CONSTRAINT = 'promo_budget_not_exceeded';
        END IF;
    END LOOP;
    IF NEW.step = 'spent' THEN
        PERFORM open_accounts(NEW.programme_id, NEW.partner_id, NEW.currency);
        INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, promo_grant_id, effective_at, booked_at)
        VALUES (NEW.programme_id, NEW.partner_id, 'bonus', 'bonus_cost', 'payable', NEW.bonus, NEW.currency, NEW.promo_grant_id,
                greatest(NEW.at, open_from(NEW.programme_id)), NEW.written_at);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER promo_step_applied AFTER INSERT ON promo_step FOR EACH ROW EXECUTE FUNCTION apply_promo_step();

-- Who says yes reserves the money; where the grant is the goal, it is spent as well.
CREATE FUNCTION apply_promo_decision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO promo_step (programme_id, partner_id, promo_grant_id, promo_package_id, bonus, currency, step, at, written_at)
    VALUES (NEW.programme_id, NEW.partner_id, NEW.promo_grant_id, NEW.promo_package_id, NEW.bonus, NEW.currency, 'reserved',
            NEW.decided_at, NEW.decided_at);
    INSERT INTO promo_step (programme_id, partner_id, promo_grant_id, promo_package_id, bonus, currency, step, at, written_at)
    SELECT NEW.programme_id, NEW.partner_id, NEW.promo_grant_id, NEW.promo_package_id, NEW.bonus, NEW.currency, 'spent',
           NEW.decided_at, NEW.decided_at
    FROM promo_package k WHERE k.promo_package_id = NEW.promo_package_id AND k.goal = 'once';
    RETURN NULL;
END
$$;
CREATE TRIGGER promo_decision_applied AFTER INSERT ON promo_decision FOR EACH ROW
    WHEN (NEW.verdict = 'approved') EXECUTE FUNCTION apply_promo_decision();

DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['promo_package', 'promo_budget', 'promo_purse', 'promo_grant', 'promo_decision', 'promo_step'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
        EXECUTE format('GRANT SELECT ON %I TO pd_staff, pd_system', name_);
    END LOOP;
END
$$;
GRANT INSERT ON promo_package, promo_budget, promo_grant, promo_decision TO pd_staff;
-- Time and sales decide how a grant ends.
GRANT INSERT ON promo_step TO pd_system;
CREATE POLICY promo_step_by_system ON promo_step AS RESTRICTIVE FOR INSERT TO pd_system WITH CHECK (step <> 'reserved');
-- A bonus is booked by its step alone.
CREATE POLICY transfer_bonus_by_its_step ON transfer AS RESTRICTIVE FOR INSERT TO pd_system WITH CHECK (kind <> 'bonus');
-- Partners read what they were granted: the package, who said so and why, each step. Not what others get, and no budget.
CREATE POLICY promo_decision_own ON promo_decision FOR SELECT TO pd_partner USING (partner_id = current_partner() AND verdict = 'approved');
GRANT SELECT (promo_grant_id, partner_id, promo_package_id, bonus, currency, verdict, decider_name, reason_partner, decided_at)
    ON promo_decision TO pd_partner;
CREATE POLICY promo_step_own ON promo_step FOR SELECT TO pd_partner USING (partner_id = current_partner());
GRANT SELECT ON promo_step TO pd_partner;
CREATE POLICY promo_package_own ON promo_package FOR SELECT TO pd_partner
    USING (EXISTS (SELECT FROM promo_decision d WHERE d.promo_package_id = promo_package.promo_package_id AND d.partner_id = current_partner()));
GRANT SELECT (promo_package_id, name, goal, target, bonus, currency, starts_at, ends_at, counts_until) ON promo_package TO pd_partner;

-- A mail for each step, to every member, once.
ALTER TABLE mail_out ADD COLUMN promo_grant_id bigint, ADD COLUMN promo_step text,
    ADD CONSTRAINT mail_out_promo_step FOREIGN KEY (partner_id, promo_grant_id, promo_step) REFERENCES promo_step (partner_id, promo_grant_id, step),
    ADD CONSTRAINT mail_out_promo_whole CHECK (num_nonnulls(promo_grant_id, promo_step) = CASE kind WHEN 'promo' THEN 2 ELSE 0 END);
CREATE UNIQUE INDEX mail_out_promo_once ON mail_out (partner_id, promo_grant_id, promo_step, person_id) WHERE kind = 'promo';
CREATE TRIGGER mail_out_promo_append_only BEFORE UPDATE OF promo_grant_id, promo_step ON mail_out
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
DO $$
DECLARE
    known text;
BEGIN
    SELECT pg_get_expr(c.conbin, c.conrelid) INTO STRICT known FROM pg_constraint c
    WHERE c.conrelid = 'mail_out'::regclass AND c.conname = 'mail_out_kind_known';
    ALTER TABLE mail_out DROP CONSTRAINT mail_out_kind_known;
    EXECUTE format('ALTER TABLE mail_out ADD CONSTRAINT mail_out_kind_known CHECK (kind = ''promo'' OR (%s))', known);
    SELECT pg_get_expr(p.polwithcheck, p.polrelid) INTO STRICT known FROM pg_policy p
    WHERE p.polrelid = 'mail_out'::regclass AND p.polname = 'mail_out_by_staff';
    DROP POLICY mail_out_by_staff ON mail_out;
    EXECUTE format('CREATE POLICY mail_out_by_staff ON mail_out AS RESTRICTIVE FOR INSERT TO pd_staff WITH CHECK (kind = ''promo'' OR (%s))', known);
END
$$;
GRANT SELECT (promo_grant_id, promo_step) ON mail_out TO pd_staff;
GRANT INSERT (promo_grant_id, promo_step) ON mail_out TO pd_staff;

RESET ROLE;
