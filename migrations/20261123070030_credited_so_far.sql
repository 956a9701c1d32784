-- What was credited for an order so far, however it came: so that nothing pays the same twice unseen, and silence never does.
SET LOCAL ROLE pd_owner;

-- Shops and partners write order numbers in large and small letters as they please.
CREATE FUNCTION order_key(order_id text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT lower(btrim($1)) $$;
-- The usual spellings of one, to be looked for along an index of what was written.
CREATE FUNCTION order_spellings(order_id text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT ARRAY[$1, btrim($1), lower(btrim($1)), upper(btrim($1))] $$;
CREATE INDEX claim_by_order ON claim (offer_id, order_key(order_id));
CREATE INDEX case_pin_by_claim ON case_pin (partner_id, claim_id) WHERE claim_id IS NOT NULL;
CREATE INDEX case_pin_by_conversion ON case_pin (partner_id, conversion_id) WHERE conversion_id IS NOT NULL;

-- The credits of a case: of its decision, of the one on appeal, and a provisional one that runs or has become final.
CREATE FUNCTION case_credits(partner bigint, "case" bigint) RETURNS TABLE (amount numeric, currency text, runs boolean)
LANGUAGE sql STABLE AS $$
    SELECT d.amount, d.currency, false FROM case_decision d WHERE d.partner_id = $1 AND d.case_id = $2 AND d.amount IS NOT NULL
    UNION ALL
    SELECT d.amount, d.currency, false FROM case_appeal_decision d WHERE d.partner_id = $1 AND d.case_id = $2 AND d.amount IS NOT NULL
    UNION ALL
    SELECT x.amount, x.currency, x.ended_at IS NULL FROM provisional_credit x
    WHERE x.partner_id = $1 AND x.case_id = $2 AND x.outcome IS DISTINCT FROM 'reversed'
$$;

-- Every case about the orders that a case is about, itself among them, whoever's they are: by the conversion, or by the order
-- number that was claimed.
CREATE FUNCTION cases_alike(partner bigint, "case" bigint) RETURNS TABLE (partner_id bigint, case_id bigint)
LANGUAGE sql STABLE AS $$
    WITH mine AS (
        SELECT p.conversion_id, p.claim_id FROM case_pin p WHERE p.partner_id = $1 AND p.case_id = ANY (case_family($1, $2))
    ), sale AS (
        SELECT p.conversion_id FROM mine p WHERE p.conversion_id IS NOT NULL
        UNION
        SELECT m.conversion_id FROM mine p JOIN claim m ON m.partner_id = $1 AND m.claim_id = p.claim_id WHERE m.conversion_id IS NOT NULL
    ), ordered AS (
        SELECT m.offer_id, order_key(m.order_id) AS key FROM mine p JOIN claim m ON m.partner_id = $1 AND m.claim_id = p.claim_id
        UNION
        SELECT v.offer_id, order_key(v.order_id) FROM sale s JOIN conversion v ON v.partner_id = $1 AND v.conversion_id = s.conversion_id
    )
    SELECT $1, case_home($1, $2)
    UNION
    SELECT p.partner_id, case_home(p.partner_id, p.case_id)
    FROM sale s JOIN case_pin p ON p.partner_id = $1 AND p.conversion_id = s.conversion_id
    UNION
    SELECT p.partner_id, case_home(p.partner_id, p.case_id)
    FROM ordered o JOIN claim m ON m.offer_id = o.offer_id AND order_key(m.order_id) = o.key
    JOIN case_pin p ON p.partner_id = m.partner_id AND p.claim_id = m.claim_id
$$;

CREATE FUNCTION credited_so_far(partner bigint, "case" bigint)
RETURNS TABLE (case_id bigint, amount numeric, currency text, runs boolean)
LANGUAGE sql STABLE AS $$
    SELECT a.case_id, c.amount, c.currency, c.runs FROM cases_alike($1, $2) a CROSS JOIN LATERAL case_credits(a.partner_id, a.case_id) c
$$;

-- As before, without what was credited so far. The case's own provisional credit is counted by whoever decides: it becomes final
-- with a decision in favour.
CREATE OR REPLACE FUNCTION known_stake(programme_id bigint, partner_id bigint, case_id bigint) RETURNS TABLE (amount numeric, currency text, conversion_id bigint)
LANGUAGE sql STABLE AS $$
    SELECT s.amount - coalesce((
               SELECT sum(r.amount) FROM credited_so_far($2, $3) r WHERE r.currency = s.currency AND NOT (r.runs AND r.case_id = $3)), 0),
           s.currency, s.conversion_id
    FROM (
        SELECT commission_left(t.kind, t.value, m.amount, 0, false, m.currency) AS amount, m.currency, NULL::bigint AS conversion_id
        FROM support_case c
        JOIN case_pin p USING (partner_id, case_id) JOIN claim m USING (partner_id, claim_id)
        JOIN programme g ON g.programme_id = c.programme_id AND g.currency = m.currency
        CROSS JOIN LATERAL (
            SELECT t.kind, t.value FROM terms_at(c.programme_id, m.offer_id, c.partner_id, m.occurred_at) t WHERE t.field = 'rate') t
        WHERE c.partner_id = $2 AND c.case_id = $3 AND c.kind = 'missing_conversion' AND m.conversion_id IS NULL
          AND NOT EXISTS (SELECT FROM conversion v WHERE v.programme_id = c.programme_id AND v.order_id = ANY (order_spellings(m.order_id)))
          -- Nor does the advertiser deny it.
          AND NOT EXISTS (SELECT FROM enquiry_claim k WHERE k.partner_id = m.partner_id AND k.claim_id = m.claim_id AND k.verdict = 'declined')
        UNION ALL
        SELECT k.amount - k.amount_left, k.currency, k.conversion_id
        FROM support_case c
        JOIN case_pin p USING (partner_id, case_id) JOIN commission k USING (partner_id, conversion_id)
        JOIN programme g ON g.programme_id = c.programme_id AND g.currency = k.currency
        WHERE c.partner_id = $2 AND c.case_id = $3 AND c.kind = 'wrongly_reversed' AND k.amount > k.amount_left
    ) s
$$;

-- Silence pays what is known to be at stake, and no more. Two cases about one order take turns.
CREATE FUNCTION check_silence_within_stake() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    given numeric;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('credit/' || o.key, 0))
    FROM (SELECT DISTINCT coalesce(order_key(m.order_id), order_key(v.order_id)) AS key FROM case_pin p
          LEFT JOIN claim m USING (partner_id, claim_id) LEFT JOIN conversion v ON v.partner_id = p.partner_id AND v.conversion_id = p.conversion_id
          WHERE p.partner_id = NEW.partner_id AND p.case_id = NEW.case_id AND num_nonnulls(m.order_id, v.order_id) > 0 ORDER BY 1) o;
    SELECT coalesce(sum(x.amount), 0) INTO given FROM provisional_credit x
    WHERE x.partner_id = NEW.partner_id AND x.case_id = NEW.case_id AND x.ended_at IS NULL AND x.ends_at > NEW.decided_at;
    IF NOT coalesce(NEW.amount + given <= (
            SELECT max(s.amount) FROM known_stake(NEW.programme_id, NEW.partner_id, NEW.case_id) s WHERE s.currency = NEW.currency), false) THEN
        RAISE EXCEPTION 'so much is not at stake in this case any more'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_silence_within_stake';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER case_decision_silence_within_stake BEFORE INSERT ON case_decision FOR EACH ROW
    WHEN (NEW.silence_policy_id IS NOT NULL AND NEW.amount IS NOT NULL) EXECUTE FUNCTION check_silence_within_stake();

RESET ROLE;
