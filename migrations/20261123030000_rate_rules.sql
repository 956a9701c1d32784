-- Rates that a value alone cannot say: steps by what a month brings, and caps. Such a rate has a rule beside its value; the
-- rule is part of what is read, proposed and approved. What a commission got of its month is kept with it.
SET LOCAL ROLE pd_owner;

-- Whether a rule says something, and only what can be booked so that the order of rows makes no difference to a month's sum:
--   by         volume: the month's order amounts; count: its conversions
--   how        marginal: each part of the month at the rate of its step; whole: all of the month at the rate of the step reached
--   steps      from 0 on, each further than the last; the first one's rate is the version's value
--   most_each  a commission is no more than this;  most_month  nor are a partner's of one month together
-- Steps of a percentage by count, or of a fixed amount by volume, are whole: which order came n-th is chance. A cap for each
-- commission has no place beside steps for the same reason. A whole month's rate never falls, so no order costs anything.
-- Figures are text without idle zeros, so that one rule is written in one way.
CREATE FUNCTION rate_rule_fits(field text, kind text, value numeric, rule jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    figure CONSTANT text := '^(0|[1-9][0-9]{0,8})(\.[0-9]{0,3}[1-9])?$';
    cap text;
    step jsonb;
    last_from numeric;
    last_rate numeric;
BEGIN
    IF rule = '{}' THEN
        RETURN true;
    END IF;
    IF field <> 'rate' OR kind NOT IN ('percent', 'fixed') OR jsonb_typeof(rule) <> 'object' THEN
        RETURN false;
    END IF;
    IF rule - ARRAY['by', 'how', 'steps', 'most_each', 'most_month'] <> '{}' THEN
        RETURN false;
    END IF;
    FOREACH cap IN ARRAY ARRAY['most_each', 'most_month'] LOOP
        IF rule ? cap AND NOT (jsonb_typeof(rule -> cap) = 'string' AND rule ->> cap ~ figure AND rule ->> cap <> '0') THEN
            RETURN false;
        END IF;
    END LOOP;
    IF NOT rule ? 'steps' THEN
        RETURN NOT rule ?| ARRAY['by', 'how'];
    END IF;
    IF rule ? 'most_each' OR coalesce(rule ->> 'by' NOT IN ('volume', 'count'), true)
        OR coalesce(rule ->> 'how' NOT IN ('marginal', 'whole'), true) OR jsonb_typeof(rule -> 'steps') <> 'array' THEN
        RETURN false;
    END IF;
    IF rule ->> 'how' = 'marginal' AND (rule ->> 'by', kind) NOT IN (('volume', 'percent'), ('count', 'fixed')) THEN
        RETURN false;
    END IF;
    IF jsonb_array_length(rule -> 'steps') NOT BETWEEN 2 AND 20 THEN
        RETURN false;
    END IF;
    FOR step IN SELECT jsonb_array_elements(rule -> 'steps') LOOP
        IF jsonb_typeof(step) <> 'object' THEN
            RETURN false;
        END IF;
        IF step - ARRAY['from', 'rate'] <> '{}' OR coalesce(jsonb_typeof(step -> 'from') <> 'string', true)
            OR coalesce(jsonb_typeof(step -> 'rate') <> 'string', true) THEN
            RETURN false;
        END IF;
        IF step ->> 'from' !~ figure OR step ->> 'rate' !~ figure THEN
            RETURN false;
        END IF;
        IF (CASE WHEN last_from IS NULL THEN (step ->> 'from')::numeric <> 0 OR (step ->> 'rate')::numeric <> value
                 ELSE (step ->> 'from')::numeric <= last_from
                      OR (rule ->> 'how' = 'whole' AND (step ->> 'rate')::numeric < last_rate) END)
            OR (kind = 'percent' AND (step ->> 'rate')::numeric > 100)
            OR (rule ->> 'by' = 'count' AND (step ->> 'from')::numeric <> trunc((step ->> 'from')::numeric)) THEN
            RETURN false;
        END IF;
        last_from := (step ->> 'from')::numeric;
        last_rate := (step ->> 'rate')::numeric;
    END LOOP;
    RETURN true;
END
$$;

-- What a reader of a proposal has read. A rule stands in front, where without one there is the number of a programme.
CREATE FUNCTION proposal_hash(programme_id bigint, offer_scope bigint, partner_scope bigint, field text, kind text,
                              value numeric, valid_from timestamptz, reason text, impact jsonb, rule jsonb)
RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(convert_to(
        CASE WHEN $10 = '{}' THEN '' ELSE $10::text || '|' END
        || $1 || '|' || $2 || '|' || $3 || '|' || $4 || '|' || $5 || '|' || trim_scale($6) || '|'
        || extract(epoch FROM $7 AT TIME ZONE 'UTC') || '|' || $8 || '|' || coalesce($9::text, ''), 'UTF8'))
$$;

ALTER TABLE proposal ADD COLUMN rule jsonb NOT NULL DEFAULT '{}',
    ADD CONSTRAINT proposal_rule_fits CHECK (rate_rule_fits(field, kind, value, rule)),
    ADD CONSTRAINT proposal_of_rule UNIQUE (proposal_id, rule),
    DROP CONSTRAINT proposal_hash_is_of_content,
    ADD CONSTRAINT proposal_hash_is_of_content CHECK (
        content_hash = proposal_hash(programme_id, offer_scope, partner_scope, field, kind, value, valid_from, reason, impact, rule));

-- The decision was on a proposal read with its rule (the hash); its version says that rule and no other.
ALTER TABLE terms_version ADD COLUMN rule jsonb NOT NULL DEFAULT '{}',
    ADD CONSTRAINT terms_version_rule_fits CHECK (rate_rule_fits(field, kind, value, rule)),
    ADD CONSTRAINT terms_version_rule_of_proposal FOREIGN KEY (proposal_id, rule) REFERENCES proposal (proposal_id, rule);

-- The steps of a rule, each with where it ends and what the steps before it come to (amounts or conversions times rate).
-- A rule without steps has none.
CREATE FUNCTION rate_steps(rule jsonb)
RETURNS TABLE (step integer, from_at numeric, until_at numeric, rate numeric, base numeric)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT step::integer, from_at, until_at, rate,
           coalesce(sum(rate * (until_at - from_at)) OVER (ORDER BY step ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
    FROM (SELECT ordinality AS step, (one ->> 'from')::numeric AS from_at, (one ->> 'rate')::numeric AS rate,
                 coalesce(lead((one ->> 'from')::numeric) OVER (ORDER BY ordinality), 'Infinity') AS until_at
          FROM jsonb_array_elements(rule -> 'steps') WITH ORDINALITY AS each (one, ordinality)) steps
$$;

-- What one step says a month has earned that has come so far: rounded half away from zero, once, to the minor unit.
-- `measure` is what the rule goes by: `volume` or `orders`; `minor` the digits of the currency's minor unit.
CREATE FUNCTION step_earned(kind text, how text, from_at numeric, rate numeric, base numeric, measure numeric, volume numeric,
                            orders numeric, minor integer)
RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT round(CASE WHEN how = 'marginal' THEN base + rate * (measure - from_at)
                      WHEN kind = 'percent' THEN rate * volume
                      ELSE rate * orders END
                 * CASE WHEN kind = 'percent' THEN 0.01 ELSE 1 END, minor)
$$;

-- The same by a rule as a whole; for single questions.
CREATE FUNCTION month_earned(kind text, rule jsonb, volume numeric, orders bigint, currency text)
RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT step_earned($1, $2 ->> 'how', s.from_at, s.rate, s.base, m.measure, $3, $4, minor_units($5))
    FROM (SELECT CASE $2 ->> 'by' WHEN 'volume' THEN $3 ELSE $4 END AS measure) m
    JOIN rate_steps($2) s ON s.from_at <= m.measure AND m.measure < s.until_at
$$;

-- Where a commission stands in its month: the accounting month (the programme's time zone) of its conversion, counted per
-- partner, version of the rate and currency, in the order of booking. What it earned is what the month came to with it less
-- what it came to without it, so a month's sum is the same in whatever order its rows arrive. Refunds leave a place as it
-- is: each takes back its share of what its own commission earned.
CREATE TABLE commission_place (
    partner_id bigint NOT NULL,
    conversion_id bigint NOT NULL,
    rate_version_id bigint NOT NULL REFERENCES terms_version,
    currency text NOT NULL,
    -- Its first day.
    month date NOT NULL,
    -- 1 for the first one booked of its month.
    place bigint NOT NULL,
    -- The order amount; 0 for a lead.
    order_amount numeric NOT NULL,
    -- What the orders before it come to.
    volume_before numeric NOT NULL,
    -- What they earned by the steps (or by the rate with the cap for each), before the month's cap.
    earned_before numeric NOT NULL,
    -- The same of this one.
    earned numeric NOT NULL,
    -- The commission: what the month's cap leaves of `earned`.
    amount numeric NOT NULL,
    PRIMARY KEY (partner_id, conversion_id),
    CONSTRAINT commission_place_once UNIQUE (partner_id, rate_version_id, currency, month, place),
    CONSTRAINT commission_place_positive CHECK (place > 0),
    CONSTRAINT commission_place_never_costs CHECK (earned >= 0 AND amount BETWEEN 0 AND earned)
);
CREATE TRIGGER commission_place_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON commission_place
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE commission_place ADD CONSTRAINT commission_place_commission FOREIGN KEY (partner_id, conversion_id)
    REFERENCES commission (partner_id, conversion_id) DEFERRABLE INITIALLY DEFERRED;

-- A place follows from its conversion, its rule and the place before it. Once a statement.
CREATE FUNCTION check_commission_places() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM written w
               LEFT JOIN conversion v USING (partner_id, conversion_id)
               LEFT JOIN programme g ON g.programme_id = v.programme_id
               WHERE ((w.currency, w.order_amount, w.month)
                      = (v.currency, v.amount, date_trunc('month', v.occurred_at AT TIME ZONE g.time_zone)::date)) IS NOT TRUE) THEN
        RAISE EXCEPTION 'the place differs from its conversion'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'commission_place_agrees_with_conversion';
    END IF;
    IF EXISTS (SELECT FROM written w
               LEFT JOIN commission_place b ON b.partner_id = w.partner_id AND b.rate_version_id = w.rate_version_id
                   AND b.currency = w.currency AND b.month = w.month AND b.place = w.place - 1
               WHERE CASE w.place WHEN 1 THEN (w.volume_before, w.earned_before) <> (0, 0)
                          ELSE ((w.volume_before, w.earned_before)
                                = (b.volume_before + b.order_amount, b.earned_before + b.earned)) IS NOT TRUE END) THEN
        RAISE EXCEPTION 'the place does not follow the one before it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'commission_place_follows';
    END IF;
    IF EXISTS (WITH version AS MATERIALIZED (
                   SELECT t.terms_version_id, t.kind, t.value, t.rule, t.rule ->> 'how' AS how, t.rule ->> 'by' AS by,
                          (t.rule ->> 'most_each')::numeric AS most_each, (t.rule ->> 'most_month')::numeric AS most_month
                   FROM (SELECT DISTINCT rate_version_id FROM written) one
                   JOIN terms_version t ON t.terms_version_id = one.rate_version_id
               ), steps AS MATERIALIZED (
                   SELECT v.terms_version_id, s.* FROM version v CROSS JOIN LATERAL rate_steps(v.rule) s
               )
               SELECT FROM written w
               JOIN version v ON v.terms_version_id = w.rate_version_id
               LEFT JOIN steps s ON s.terms_version_id = v.terms_version_id
                   AND s.from_at <= CASE v.by WHEN 'volume' THEN w.volume_before + w.order_amount ELSE w.place END
                   AND s.until_at > CASE v.by WHEN 'volume' THEN w.volume_before + w.order_amount ELSE w.place END
               WHERE v.rule = '{}'
                  OR w.earned IS DISTINCT FROM CASE WHEN v.by IS NULL
                         THEN least(commission_left(v.kind, v.value, w.order_amount, 0, false, w.currency), round(v.most_each, minor_units(w.currency)))
                         ELSE step_earned(v.kind, v.how, s.from_at, s.rate, s.base,
                                  CASE v.by WHEN 'volume' THEN w.volume_before + w.order_amount ELSE w.place END,
                                  w.volume_before + w.order_amount, w.place, minor_units(w.currency)) - w.earned_before END
                  OR w.amount IS DISTINCT FROM least(w.earned_before + w.earned, round(v.most_month, minor_units(w.currency)))
                                             - least(w.earned_before, round(v.most_month, minor_units(w.currency)))) THEN
        RAISE EXCEPTION 'the place is not priced by its rule'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'commission_place_priced_by_its_rule';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER commission_place_check AFTER INSERT ON commission_place
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_commission_places();

-- `priced`: by a rule; the value is what the commission's place got. It falls with refunds as a fixed one does.
ALTER TABLE commission DROP CONSTRAINT commission_rate_kind_known,
    ADD CONSTRAINT commission_rate_kind_known CHECK (rate_kind IN ('percent', 'fixed', 'priced')),
    DROP CONSTRAINT commission_rate_version,
    ADD CONSTRAINT commission_rate_version FOREIGN KEY (rate_version_id) REFERENCES terms_version (terms_version_id);

CREATE OR REPLACE FUNCTION check_commissions() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM written w JOIN conversion v USING (partner_id, conversion_id)
               WHERE (v.offer_id, v.occurred_at, v.currency, v.amount) <> (w.offer_id, w.occurred_at, w.currency, w.order_amount)) THEN
        RAISE EXCEPTION 'the commission differs from its conversion'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'commission_agrees_with_conversion';
    END IF;
    IF EXISTS (SELECT FROM written w JOIN partner p USING (partner_id)
               JOIN terms_version r ON r.terms_version_id = w.rate_version_id
               JOIN terms_version h ON h.terms_version_id = w.hold_version_id
               WHERE r.programme_id <> p.programme_id OR h.programme_id <> p.programme_id
                  OR r.offer_scope NOT IN (0, w.offer_id) OR h.offer_scope NOT IN (0, w.offer_id)
                  OR r.partner_scope NOT IN (0, w.partner_id) OR h.partner_scope NOT IN (0, w.partner_id)
                  OR r.valid_from > w.occurred_at OR h.valid_from > w.occurred_at
                  OR r.field <> 'rate' OR h.field <> 'hold_days' OR h.value <> w.hold_days
                  OR (w.rate_kind = 'priced') <> (r.rule <> '{}')
                  OR (w.rate_kind <> 'priced' AND (w.rate_kind, w.rate_value) <> (r.kind, r.value))) THEN
        RAISE EXCEPTION 'the commission cites terms that do not hold for it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'commission_cites_its_terms';
    END IF;
    IF EXISTS (SELECT FROM written w
               WHERE w.rate_kind = 'priced' AND NOT EXISTS (
                   SELECT FROM commission_place p WHERE p.partner_id = w.partner_id AND p.conversion_id = w.conversion_id
                     AND (p.rate_version_id, p.amount) = (w.rate_version_id, w.rate_value))) THEN
        RAISE EXCEPTION 'the commission is not what its place got'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'commission_priced_by_its_place';
    END IF;
    RETURN NULL;
END
$$;

ALTER TABLE import_terms ADD COLUMN rate_rule jsonb NOT NULL DEFAULT '{}';

GRANT SELECT ON commission_place TO pd_partner, pd_staff;
GRANT SELECT, INSERT ON commission_place TO pd_system;
ALTER TABLE commission_place ENABLE ROW LEVEL SECURITY;
CREATE POLICY commission_place_own ON commission_place TO pd_partner
    USING (partner_id = current_partner()) WITH CHECK (partner_id = current_partner());
CREATE POLICY commission_place_house ON commission_place TO pd_staff, pd_system USING (true) WITH CHECK (true);

RESET ROLE;
