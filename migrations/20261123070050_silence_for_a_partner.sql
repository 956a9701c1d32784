-- What silence gives one partner in thirty days together stays below the cap as well: a cap for each case alone is none for whoever
-- opens many. And whether a decision stays as it is, so that what comes up later is another case.
SET LOCAL ROLE pd_owner;

CREATE FUNCTION silence_gave(partner bigint, currency text, at timestamptz) RETURNS numeric
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(d.amount), 0) FROM case_decision d
    WHERE d.partner_id = $1 AND d.currency = $2 AND d.silence_policy_id IS NOT NULL AND d.decided_at > $3 - interval '30 days'
$$;

CREATE FUNCTION check_silence_partner_cap() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Two decisions for one partner take turns.
    PERFORM pg_advisory_xact_lock(hashtextextended('silence/' || NEW.partner_id, 0));
    IF NEW.amount + silence_gave(NEW.partner_id, NEW.currency, NEW.decided_at) > NEW.cap THEN
        RAISE EXCEPTION 'silence has given this partner enough in these thirty days'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_silence_partner_cap';
    END IF;
    RETURN NEW;
END
$$;
-- After the check of the decider, which names a wrong policy first: names decide the order.
CREATE TRIGGER case_decision_silence_partner_cap BEFORE INSERT ON case_decision FOR EACH ROW
    WHEN (NEW.silence_policy_id IS NOT NULL AND NEW.amount IS NOT NULL) EXECUTE FUNCTION check_silence_partner_cap();

CREATE FUNCTION case_is_final(partner bigint, "case" bigint, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM case_appeal_decision d WHERE d.partner_id = $1 AND d.case_id = $2)
        OR (EXISTS (SELECT FROM case_decision d WHERE d.partner_id = $1 AND d.case_id = $2 AND d.decided_at + interval '30 days' < $3)
            AND NOT EXISTS (SELECT FROM case_appeal a WHERE a.partner_id = $1 AND a.case_id = $2))
$$;

RESET ROLE;
