-- The silence of the house decides for the partner below a cap, and goes to the owners above it.
SET LOCAL ROLE pd_owner;

CREATE TABLE silence_policy (
    silence_policy_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme_id bigint NOT NULL REFERENCES programme,
    -- Working days past the resolution clock.
    days integer NOT NULL,
    -- What may be credited without anybody, in the programme's currency; 0: nothing, all goes to the owners.
    cap numeric NOT NULL,
    valid_from timestamptz NOT NULL,
    -- NULL: the command line.
    written_by bigint REFERENCES staff,
    written_at timestamptz NOT NULL,
    CONSTRAINT silence_policy_in_bounds CHECK (days BETWEEN 1 AND 60 AND cap >= 0 AND cap < 1e15),
    CONSTRAINT silence_policy_not_in_the_past CHECK (valid_from >= written_at),
    CONSTRAINT silence_policy_version_once UNIQUE (programme_id, valid_from),
    CONSTRAINT silence_policy_cap UNIQUE (silence_policy_id, programme_id, cap)
);
CREATE TRIGGER silence_policy_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON silence_policy
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER silence_policy_writer BEFORE INSERT ON silence_policy FOR EACH ROW EXECUTE FUNCTION check_policy_writer();
ALTER TABLE silence_policy ENABLE ROW LEVEL SECURITY;
CREATE POLICY silence_policy_house ON silence_policy TO pd_staff, pd_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON silence_policy TO pd_staff, pd_system;

-- A decision is a person's, or a policy's.
ALTER TABLE case_decision
    ALTER COLUMN decided_by DROP NOT NULL,
    ADD COLUMN silence_policy_id bigint,
    ADD COLUMN cap numeric,
    DROP CONSTRAINT case_decision_within_authority,
    ADD CONSTRAINT case_decision_within_authority CHECK (
        amount IS NULL OR silence_policy_id IS NOT NULL OR (authority_id IS NOT NULL AND largest_credit IS NOT NULL AND amount <= largest_credit)),
    ADD CONSTRAINT case_decision_by_someone CHECK ((decided_by IS NULL) = (silence_policy_id IS NOT NULL) AND (silence_policy_id IS NULL) = (cap IS NULL)),
    ADD CONSTRAINT case_decision_silence_policy FOREIGN KEY (silence_policy_id, programme_id, cap)
        REFERENCES silence_policy (silence_policy_id, programme_id, cap),
    ADD CONSTRAINT case_decision_silence_below_cap CHECK (
        silence_policy_id IS NULL OR (outcome = 'in_favour' AND coalesce(amount, 0) <= cap AND authority_id IS NULL));
CREATE INDEX case_decision_by_silence ON case_decision (decided_at DESC) WHERE silence_policy_id IS NOT NULL;

-- As before for people; the policy decides by the version in force, once the resolution clock has run out, and a person's own
-- decision is all that a person can write.
CREATE OR REPLACE FUNCTION check_case_decider() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    role_ text;
    currency_ text;
BEGIN
    IF NEW.silence_policy_id IS NULL THEN
        SELECT s.role INTO role_ FROM staff s JOIN person p USING (person_id)
        WHERE s.person_id = NEW.decided_by AND s.disabled_at IS NULL AND p.disabled_at IS NULL;
        IF role_ IS NULL OR role_ NOT IN ('agent', 'lead', 'owner') THEN
            RAISE EXCEPTION 'only agents, leads and owners decide cases'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_by_the_desk';
        END IF;
    END IF;
    SELECT g.currency INTO currency_ FROM support_case c JOIN programme g USING (programme_id)
    WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.case_id AND c.programme_id = NEW.programme_id;
    IF currency_ IS NULL THEN
        RAISE EXCEPTION 'the decision names another programme than its case'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_of_the_programme';
    END IF;
    IF NEW.silence_policy_id IS NOT NULL THEN
        IF NEW.silence_policy_id IS DISTINCT FROM (
                SELECT y.silence_policy_id FROM silence_policy y
                WHERE y.programme_id = NEW.programme_id AND y.valid_from <= NEW.decided_at ORDER BY y.valid_from DESC LIMIT 1) THEN
            RAISE EXCEPTION 'that is not the silence policy in force'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_silence_policy_in_force';
        END IF;
        IF NOT EXISTS (SELECT FROM case_clock k JOIN support_case c USING (partner_id, case_id)
                       WHERE k.partner_id = NEW.partner_id AND k.case_id = NEW.case_id AND k.clock = 'resolution' AND k.ended_at IS NULL
                         AND k.state = 'breached' AND k.deadline < NEW.decided_at AND c.stage IN ('received', 'in_review')) THEN
            RAISE EXCEPTION 'the house is not silent'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_after_silence';
        END IF;
        IF NEW.currency <> currency_ THEN
            RAISE EXCEPTION 'the cap is in the programme''s currency'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_silence_currency';
        END IF;
    END IF;
    IF NEW.amount IS NULL THEN
        RETURN NEW;
    END IF;
    IF NEW.silence_policy_id IS NULL THEN
        IF NEW.authority_id IS DISTINCT FROM (
                SELECT a.authority_id FROM authority a
                WHERE a.programme_id = NEW.programme_id AND a.role = role_ AND a.valid_from <= NEW.decided_at
                ORDER BY a.valid_from DESC LIMIT 1) THEN
            RAISE EXCEPTION 'that is not the authority in force for this person'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_by_authority_in_force';
        END IF;
        -- Nothing is converted, so a limit in one currency says nothing about an amount in another.
        IF NEW.currency <> currency_ AND role_ <> 'owner' THEN
            RAISE EXCEPTION 'a credit in another currency than the programme''s is an owner''s'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_other_currency_by_owner';
        END IF;
    END IF;
    IF NOT EXISTS (SELECT FROM transfer t WHERE t.partner_id = NEW.partner_id AND t.transfer_id = NEW.transfer_id
                   AND t.programme_id = NEW.programme_id AND t.kind = 'adjustment') THEN
        RAISE EXCEPTION 'the decision cites another transfer than an adjustment'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_cites_an_adjustment';
    END IF;
    RETURN NEW;
END
$$;
-- Staff decide by name; silence is the program's to see.
CREATE POLICY case_decision_by_staff ON case_decision AS RESTRICTIVE FOR INSERT TO pd_staff WITH CHECK (decided_by IS NOT NULL);
CREATE POLICY case_decision_by_silence ON case_decision AS RESTRICTIVE FOR INSERT TO pd_system WITH CHECK (silence_policy_id IS NOT NULL);
GRANT SELECT (silence_policy_id) ON case_decision TO pd_partner;

-- As before, but a policy's limit is its cap, and nobody's authority.
CREATE OR REPLACE FUNCTION decision_ends_provisional() RETURNS trigger
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
    IF NEW.outcome = 'in_favour' AND until > NEW.decided_at AND given + coalesce(NEW.amount, 0) > coalesce(NEW.cap, (
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

-- What is at stake for a partner in a case, where it is known to the penny: the commission of a claimed order that no conversion
-- has, and what was taken back of a commission. Of an amount that is only said to be wrong nobody knows how much.
CREATE FUNCTION known_stake(programme_id bigint, partner_id bigint, case_id bigint) RETURNS TABLE (amount numeric, currency text, conversion_id bigint)
LANGUAGE sql STABLE AS $$
    SELECT commission_left(t.kind, t.value, m.amount, 0, false, m.currency), m.currency, NULL::bigint
    FROM support_case c
    JOIN case_pin p USING (partner_id, case_id) JOIN claim m USING (partner_id, claim_id)
    JOIN programme g ON g.programme_id = c.programme_id AND g.currency = m.currency
    CROSS JOIN LATERAL (
        SELECT t.kind, t.value FROM terms_at(c.programme_id, m.offer_id, c.partner_id, m.occurred_at) t WHERE t.field = 'rate') t
    WHERE c.partner_id = $2 AND c.case_id = $3 AND c.kind = 'missing_conversion'
      AND NOT EXISTS (SELECT FROM conversion v WHERE v.programme_id = c.programme_id AND v.order_id = m.order_id)
      -- Nor does the advertiser deny it, or has it been credited before.
      AND NOT EXISTS (SELECT FROM enquiry_claim k WHERE k.partner_id = m.partner_id AND k.claim_id = m.claim_id AND k.verdict = 'declined')
      AND NOT EXISTS (SELECT FROM claim o JOIN case_pin q USING (partner_id, claim_id) JOIN case_decision d USING (partner_id, case_id)
                      WHERE o.offer_id = m.offer_id AND o.order_id = m.order_id AND d.amount IS NOT NULL)
    UNION ALL
    SELECT k.amount - k.amount_left, k.currency, k.conversion_id
    FROM support_case c
    JOIN case_pin p USING (partner_id, case_id) JOIN commission k USING (partner_id, conversion_id)
    JOIN programme g ON g.programme_id = c.programme_id AND g.currency = k.currency
    WHERE c.partner_id = $2 AND c.case_id = $3 AND c.kind = 'wrongly_reversed' AND k.amount > k.amount_left
$$;

RESET ROLE;
