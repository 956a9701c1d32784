-- Who decides, and with what authority a decision credits: said once, for first decisions, appeals and the silence of the house.
SET LOCAL ROLE pd_owner;

-- The role of somebody who may decide; anybody else is refused under the table's name.
CREATE FUNCTION role_of_decider(decider bigint, table_ text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    role_ text;
BEGIN
    SELECT s.role INTO role_ FROM staff s JOIN person p USING (person_id)
    WHERE s.person_id = decider AND s.disabled_at IS NULL AND p.disabled_at IS NULL AND s.role IN ('agent', 'lead', 'owner');
    IF role_ IS NULL THEN
        RAISE EXCEPTION 'only agents, leads and owners decide' USING ERRCODE = 'check_violation', CONSTRAINT = table_ || '_by_the_desk';
    END IF;
    RETURN role_;
END
$$;

-- Whether a decision's credit is within what its decider may, and cites an adjustment. role_ is NULL where a policy decides: its
-- own limit is its table's to check. decision is the row, whatever its table.
CREATE FUNCTION check_decided_credit(decision jsonb, role_ text, table_ text) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    programme bigint := (decision ->> 'programme_id')::bigint;
    partner bigint := (decision ->> 'partner_id')::bigint;
    transfer_ bigint := (decision ->> 'transfer_id')::bigint;
BEGIN
    IF decision ->> 'amount' IS NULL THEN
        RETURN;
    END IF;
    IF role_ IS NOT NULL AND (decision ->> 'authority_id')::bigint IS DISTINCT FROM (
            SELECT a.authority_id FROM authority a
            WHERE a.programme_id = programme AND a.role = role_ AND a.valid_from <= (decision ->> 'decided_at')::timestamptz
            ORDER BY a.valid_from DESC LIMIT 1) THEN
        RAISE EXCEPTION 'that is not the authority in force for this person'
            USING ERRCODE = 'check_violation', CONSTRAINT = table_ || '_by_authority_in_force';
    END IF;
    -- Nothing is converted, so a limit in one currency says nothing about an amount in another.
    IF role_ <> 'owner' AND decision ->> 'currency' <> (SELECT g.currency FROM programme g WHERE g.programme_id = programme) THEN
        RAISE EXCEPTION 'a credit in another currency than the programme''s is an owner''s'
            USING ERRCODE = 'check_violation', CONSTRAINT = table_ || '_other_currency_by_owner';
    END IF;
    IF NOT EXISTS (SELECT FROM transfer t WHERE t.partner_id = partner AND t.transfer_id = transfer_
                   AND t.programme_id = programme AND t.kind = 'adjustment')
        OR (table_ <> 'case_decision' AND EXISTS (SELECT FROM case_decision d WHERE d.partner_id = partner AND d.transfer_id = transfer_)) THEN
        RAISE EXCEPTION 'the decision cites another transfer than an adjustment of its own'
            USING ERRCODE = 'check_violation', CONSTRAINT = table_ || '_cites_an_adjustment';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION check_case_decider() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    role_ text;
    currency_ text;
BEGIN
    IF NEW.silence_policy_id IS NULL THEN
        role_ := role_of_decider(NEW.decided_by, TG_TABLE_NAME);
    END IF;
    SELECT g.currency INTO currency_ FROM support_case c JOIN programme g USING (programme_id)
    WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.case_id AND c.programme_id = NEW.programme_id;
    IF currency_ IS NULL THEN
        RAISE EXCEPTION 'the decision names another programme than its case'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_of_the_programme';
    END IF;
    IF NEW.silence_policy_id IS NOT NULL THEN
        PERFORM check_silent_decision(NEW, currency_);
    END IF;
    PERFORM check_decided_credit(to_jsonb(NEW), role_, TG_TABLE_NAME);
    RETURN NEW;
END
$$;

-- The policy decides by the version in force, once the resolution clock has run out, in the programme's currency.
CREATE FUNCTION check_silent_decision(decision case_decision, currency_ text) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF decision.silence_policy_id IS DISTINCT FROM (
            SELECT y.silence_policy_id FROM silence_policy y
            WHERE y.programme_id = decision.programme_id AND y.valid_from <= decision.decided_at ORDER BY y.valid_from DESC LIMIT 1) THEN
        RAISE EXCEPTION 'that is not the silence policy in force'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_silence_policy_in_force';
    END IF;
    IF NOT EXISTS (SELECT FROM case_clock k JOIN support_case c USING (partner_id, case_id)
                   WHERE k.partner_id = decision.partner_id AND k.case_id = decision.case_id AND k.clock = 'resolution' AND k.ended_at IS NULL
                     AND k.state = 'breached' AND k.deadline < decision.decided_at AND c.stage IN ('received', 'in_review')) THEN
        RAISE EXCEPTION 'the house is not silent'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_after_silence';
    END IF;
    IF decision.currency <> currency_ THEN
        RAISE EXCEPTION 'the cap is in the programme''s currency'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_silence_currency';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION check_appeal_decider() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    role_ text := role_of_decider(NEW.decided_by, TG_TABLE_NAME);
    appeal case_appeal%ROWTYPE;
BEGIN
    SELECT * INTO appeal FROM case_appeal a WHERE a.partner_id = NEW.partner_id AND a.case_id = NEW.case_id;
    IF appeal.programme_id IS DISTINCT FROM NEW.programme_id OR appeal.first_decider IS DISTINCT FROM NEW.first_decider
        OR NEW.decided_at < appeal.appealed_at THEN
        RAISE EXCEPTION 'an appeal is decided after it was made, as it was made'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_appeal_decision_of_the_appeal';
    END IF;
    -- Only where nobody else is there to decide, and then an owner does.
    IF NEW.sole_control AND (role_ <> 'owner' OR NEW.decided_by IS DISTINCT FROM NEW.first_decider OR EXISTS (
            SELECT FROM staff s JOIN person p USING (person_id)
            WHERE s.person_id <> NEW.decided_by AND s.role IN ('agent', 'lead', 'owner') AND s.disabled_at IS NULL AND p.disabled_at IS NULL)) THEN
        RAISE EXCEPTION 'somebody else can decide this appeal'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_appeal_decision_sole_control';
    END IF;
    PERFORM check_decided_credit(to_jsonb(NEW), role_, TG_TABLE_NAME);
    RETURN NEW;
END
$$;
REVOKE EXECUTE ON FUNCTION role_of_decider(bigint, text), check_decided_credit(jsonb, text, text), check_silent_decision(case_decision, text) FROM PUBLIC;

RESET ROLE;
