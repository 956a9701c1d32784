-- What came of a decision: 30 and 90 days after a rate began, its conversions are added up as they are then and kept, so that the
-- forecast is held against what happened.
SET LOCAL ROLE pd_owner;

CREATE TABLE decision_outcome (
    proposal_id bigint NOT NULL,
    days integer NOT NULL,
    currency text NOT NULL,
    orders bigint NOT NULL,
    -- What is left of the orders, and of the commissions, as booked.
    order_left numeric NOT NULL,
    cost numeric NOT NULL,
    -- What the programme earned; NULL where it is not known of every conversion.
    revenue numeric,
    counted_at timestamptz NOT NULL,
    PRIMARY KEY (proposal_id, days, currency),
    CONSTRAINT decision_outcome_of_a_decision FOREIGN KEY (proposal_id) REFERENCES decision,
    CONSTRAINT decision_outcome_days_known CHECK (days IN (30, 90)),
    CONSTRAINT decision_outcome_not_negative CHECK (orders >= 0 AND order_left >= 0 AND cost >= 0)
);
CREATE INDEX decision_outcome_by_time ON decision_outcome (counted_at DESC);
CREATE TRIGGER decision_outcome_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decision_outcome
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_outcome() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM decision d WHERE d.proposal_id = NEW.proposal_id AND d.verdict = 'approved' AND d.field = 'rate'
                   AND d.valid_from + make_interval(days => NEW.days) <= NEW.counted_at) THEN
        RAISE EXCEPTION 'an outcome is counted when its time is over'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_outcome_when_it_is_over';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER decision_outcome_check BEFORE INSERT ON decision_outcome FOR EACH ROW EXECUTE FUNCTION check_outcome();
ALTER TABLE decision_outcome ENABLE ROW LEVEL SECURITY;
CREATE POLICY decision_outcome_house ON decision_outcome TO pd_staff, pd_system USING (true) WITH CHECK (true);
GRANT SELECT ON decision_outcome TO pd_staff, pd_system;
GRANT INSERT ON decision_outcome TO pd_system;

-- What the conversions of a scope came to in a time, by currency. Where nothing is left of one its revenue is zero, known or not.
CREATE FUNCTION came_to(programme_id bigint, offer_scope bigint, partner_scope bigint, since timestamptz, until timestamptz)
RETURNS TABLE (currency text, orders bigint, order_left numeric, cost numeric, revenue numeric) LANGUAGE sql STABLE AS $$
    SELECT c.currency, count(*), sum(CASE WHEN c.rejected THEN 0 ELSE c.order_amount - c.refunded END), sum(c.amount_left),
           CASE WHEN bool_and(r.earned IS NOT NULL) THEN sum(r.earned) END
    FROM commission c
    JOIN conversion v USING (partner_id, conversion_id)
    JOIN offer o ON o.programme_id = v.programme_id AND o.offer_id = c.offer_id
    CROSS JOIN LATERAL (SELECT CASE
        WHEN c.rejected OR (c.order_amount > 0 AND c.refunded = c.order_amount) THEN 0
        WHEN v.revenue IS NOT NULL THEN commission_left('fixed', v.revenue, c.order_amount, c.refunded, false, c.currency)
        ELSE commission_left(o.revenue_kind, o.revenue_value, c.order_amount, c.refunded, false, c.currency) END AS earned) r
    WHERE v.programme_id = $1 AND $2 IN (0, c.offer_id) AND $3 IN (0, c.partner_id) AND c.occurred_at >= $4 AND c.occurred_at < $5
    GROUP BY c.currency
$$;

RESET ROLE;
