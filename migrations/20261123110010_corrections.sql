-- A rate of the past put right: what a partner's commissions of a time would have been at another rate, and the difference of each
-- as an adjustment with a transfer of its own. Commissions and transfers that are there are never touched, and a correction never
-- takes: where one commission would be less, the whole is refused.
SET LOCAL ROLE pd_owner;

-- What a reader of a correction has read: the digest stands for every single one of its items.
CREATE FUNCTION correction_hash(programme_id bigint, partner_id bigint, offer_scope bigint, kind text, value numeric, rule jsonb,
                                since timestamptz, until timestamptz, reason text, sums jsonb, digest bytea)
RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(convert_to(concat_ws('|', $1, $2, $3, $4, trim_scale($5), $6::text, extract(epoch FROM $7 AT TIME ZONE 'UTC'),
                                       extract(epoch FROM $8 AT TIME ZONE 'UTC'), $9, $10::text, encode($11, 'hex')), 'UTF8'))
$$;

CREATE TABLE correction (
    correction_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme_id bigint NOT NULL,
    partner_id bigint NOT NULL,
    -- 0: every offer.
    offer_scope bigint NOT NULL DEFAULT 0,
    offer_id bigint GENERATED ALWAYS AS (nullif(offer_scope, 0)) STORED,
    kind text NOT NULL,
    value numeric NOT NULL,
    rule jsonb NOT NULL DEFAULT '{}',
    -- The commissions of this time, its end left out.
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    -- As the partner reads it.
    reason text NOT NULL,
    -- How many commissions get something, what they were and should be by currency, and the digest of each.
    items bigint NOT NULL,
    sums jsonb NOT NULL,
    digest bytea NOT NULL,
    proposer_id bigint NOT NULL REFERENCES staff,
    proposed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    content_hash bytea NOT NULL,
    form_key uuid NOT NULL,
    CONSTRAINT correction_form_once UNIQUE (form_key),
    CONSTRAINT correction_of_its_partner UNIQUE (correction_id, partner_id),
    CONSTRAINT correction_content UNIQUE (correction_id, partner_id, proposer_id, content_hash),
    CONSTRAINT correction_partner FOREIGN KEY (programme_id, partner_id) REFERENCES partner (programme_id, partner_id),
    CONSTRAINT correction_offer FOREIGN KEY (programme_id, offer_id) REFERENCES offer (programme_id, offer_id),
    CONSTRAINT correction_rate_fits CHECK (
        CASE kind WHEN 'percent' THEN value BETWEEN 0 AND 100 AND value = round(value, 4)
                  WHEN 'fixed' THEN value BETWEEN 0 AND 1000000000 AND value = round(value, 4) ELSE false END
        AND rate_rule_fits('rate', kind, value, rule)),
    CONSTRAINT correction_of_the_past CHECK (since < until AND until <= proposed_at),
    CONSTRAINT correction_expires_later CHECK (expires_at > proposed_at),
    CONSTRAINT correction_reason_not_blank CHECK (btrim(reason) <> '' AND length(reason) <= 4000),
    CONSTRAINT correction_changes_something CHECK (items > 0),
    CONSTRAINT correction_hash_is_of_content CHECK (
        content_hash = correction_hash(programme_id, partner_id, offer_scope, kind, value, rule, since, until, reason, sums, digest))
);
CREATE INDEX correction_by_partner ON correction (partner_id, correction_id DESC);
CREATE TRIGGER correction_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON correction
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What one commission gets, and why so much.
CREATE TABLE correction_item (
    partner_id bigint NOT NULL,
    correction_id bigint NOT NULL,
    conversion_id bigint NOT NULL,
    currency text NOT NULL,
    was numeric NOT NULL,
    credited numeric NOT NULL,
    should_be numeric NOT NULL,
    amount numeric GENERATED ALWAYS AS (should_be - was - credited) STORED,
    PRIMARY KEY (partner_id, correction_id, conversion_id),
    CONSTRAINT correction_item_of_a_correction FOREIGN KEY (correction_id, partner_id) REFERENCES correction (correction_id, partner_id),
    CONSTRAINT correction_item_commission FOREIGN KEY (partner_id, conversion_id) REFERENCES commission (partner_id, conversion_id),
    CONSTRAINT correction_item_never_takes CHECK (was >= 0 AND credited >= 0 AND should_be - was - credited > 0),
    CONSTRAINT correction_item_as_booked UNIQUE (partner_id, correction_id, conversion_id, amount, currency)
);
CREATE INDEX correction_item_by_conversion ON correction_item (partner_id, conversion_id);
CREATE TRIGGER correction_item_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON correction_item
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE correction_decision (
    correction_id bigint PRIMARY KEY,
    partner_id bigint NOT NULL,
    proposer_id bigint NOT NULL,
    content_hash bytea NOT NULL,
    verdict text NOT NULL,
    decider_id bigint NOT NULL REFERENCES staff,
    sole_control boolean NOT NULL DEFAULT false,
    reason_partner text NOT NULL,
    reason_house text NOT NULL DEFAULT '',
    decided_at timestamptz NOT NULL,
    CONSTRAINT correction_decision_of_what_was_read FOREIGN KEY (correction_id, partner_id, proposer_id, content_hash)
        REFERENCES correction (correction_id, partner_id, proposer_id, content_hash),
    CONSTRAINT correction_decision_verdict_known CHECK (verdict IN ('approved', 'rejected')),
    CONSTRAINT correction_decision_not_by_author CHECK (decider_id <> proposer_id OR sole_control),
    CONSTRAINT correction_decision_reason_not_blank CHECK (btrim(reason_partner) <> '' AND length(reason_partner) <= 4000 AND length(reason_house) <= 4000),
    CONSTRAINT correction_decision_verdict UNIQUE (correction_id, verdict)
);
CREATE TRIGGER correction_decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON correction_decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What every commission of a partner would be at a rate, from one moment until another: was (what is left of it), credited (what
-- earlier corrections gave for it), should_be (what the rate leaves of it after refunds). A rate with a rule counts each month from
-- the first of these commissions on, in the order of time, as if its version had been in force for them. What was agreed for one
-- offer stays where all offers are corrected; a lead has no percentage.
CREATE FUNCTION correction_prices(programme_id bigint, partner_id bigint, offer_scope bigint, kind text, value numeric, rule jsonb,
                                  since timestamptz, until timestamptz)
RETURNS TABLE (conversion_id bigint, currency text, was numeric, credited numeric, should_be numeric)
LANGUAGE sql STABLE AS $$
    WITH rule AS MATERIALIZED (
        SELECT $6 ->> 'by' AS by, $6 ->> 'how' AS how, coalesce(($6 ->> 'most_each')::numeric, 'Infinity') AS most_each,
               coalesce(($6 ->> 'most_month')::numeric, 'Infinity') AS most_month, g.time_zone
        FROM programme g WHERE g.programme_id = $1
    ), step AS MATERIALIZED (
        SELECT * FROM rate_steps($6)
    ), sold AS (
        SELECT c.conversion_id, v.order_id, c.occurred_at, c.currency, c.order_amount, c.refunded, c.rejected, c.amount_left, m.minor_units AS minor,
               date_trunc('month', c.occurred_at AT TIME ZONE r.time_zone)::date AS first,
               least(commission_left($4, $5, c.order_amount, 0, false, c.currency), round(r.most_each, m.minor_units)) AS flat
        FROM rule r CROSS JOIN commission c
        JOIN conversion v ON v.partner_id = c.partner_id AND v.conversion_id = c.conversion_id
        JOIN terms_version t ON t.terms_version_id = c.rate_version_id
        JOIN currency m ON m.code = c.currency
        WHERE c.partner_id = $2 AND v.programme_id = $1 AND $3 IN (0, c.offer_id) AND c.occurred_at >= $7 AND c.occurred_at < $8
          AND NOT ($3 = 0 AND t.offer_scope <> 0 AND t.partner_scope <> 0) AND NOT ($4 = 'percent' AND v.kind = 'lead')
    ), placed AS (
        SELECT s.*, row_number() OVER upto AS place, sum(order_amount) OVER upto AS volume, sum(flat) OVER upto AS flat_upto
        FROM sold s
        WINDOW upto AS (PARTITION BY currency, first ORDER BY occurred_at, order_id COLLATE "C" ROWS UNBOUNDED PRECEDING)
    ), earned AS (
        SELECT p.*, round(r.most_month, p.minor) AS most,
               CASE WHEN r.by IS NULL THEN p.flat_upto
                    ELSE step_earned($4, r.how, upto.from_at, upto.rate, upto.base, CASE r.by WHEN 'volume' THEN p.volume ELSE p.place END,
                                     p.volume, p.place, p.minor) END AS upto,
               CASE WHEN r.by IS NULL THEN p.flat_upto - p.flat
                    ELSE step_earned($4, r.how, before.from_at, before.rate, before.base,
                                     CASE r.by WHEN 'volume' THEN p.volume - p.order_amount ELSE p.place - 1 END,
                                     p.volume - p.order_amount, p.place - 1, p.minor) END AS before
        FROM placed p CROSS JOIN rule r
        LEFT JOIN step upto ON upto.from_at <= CASE r.by WHEN 'volume' THEN p.volume ELSE p.place END
            AND upto.until_at > CASE r.by WHEN 'volume' THEN p.volume ELSE p.place END
        LEFT JOIN step before ON before.from_at <= CASE r.by WHEN 'volume' THEN p.volume - p.order_amount ELSE p.place - 1 END
            AND before.until_at > CASE r.by WHEN 'volume' THEN p.volume - p.order_amount ELSE p.place - 1 END
    )
    SELECT e.conversion_id, e.currency, e.amount_left, coalesce(given.amount, 0),
           CASE WHEN $6 = '{}' THEN commission_left($4, $5, e.order_amount, e.refunded, e.rejected, e.currency)
                ELSE commission_left('priced', least(e.upto, e.most) - least(e.before, e.most), e.order_amount, e.refunded, e.rejected, e.currency) END
    FROM earned e
    LEFT JOIN (SELECT i.conversion_id, sum(i.amount) AS amount
               FROM correction_item i JOIN correction_decision d USING (correction_id)
               WHERE i.partner_id = $2 AND d.verdict = 'approved' GROUP BY 1) given ON given.conversion_id = e.conversion_id
$$;

-- The same in a few figures: how many commissions get something, how many would be less, the sums by currency, and a digest of
-- what each gets.
CREATE FUNCTION correction_summary(programme_id bigint, partner_id bigint, offer_scope bigint, kind text, value numeric, rule jsonb,
                                   since timestamptz, until timestamptz)
RETURNS TABLE (items bigint, less bigint, sums jsonb, digest bytea)
LANGUAGE sql STABLE AS $$
    WITH priced AS MATERIALIZED (
        SELECT *, p.should_be - p.was - p.credited AS amount FROM correction_prices($1, $2, $3, $4, $5, $6, $7, $8) p
    ), gets AS (
        SELECT * FROM priced WHERE amount > 0
    )
    SELECT (SELECT count(*) FROM gets), (SELECT count(*) FROM priced WHERE amount < 0),
           (SELECT coalesce(jsonb_agg(jsonb_build_object('currency', currency, 'items', items, 'was', was, 'should_be', should_be, 'amount', amount)
                                      ORDER BY currency), '[]')
            FROM (SELECT currency, count(*) AS items, trim_scale(sum(was + credited))::text AS was, trim_scale(sum(should_be))::text AS should_be,
                         trim_scale(sum(amount))::text AS amount FROM gets GROUP BY currency) each),
           (SELECT sha256(convert_to(coalesce(string_agg(conversion_id || '|' || trim_scale(was) || '|' || trim_scale(credited) || '|'
                                                         || trim_scale(should_be), ',' ORDER BY conversion_id), ''), 'UTF8')) FROM gets)
$$;

-- A correction is what its rate makes of the commissions, now.
CREATE FUNCTION correction_stands(correction_id bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM correction c
                   CROSS JOIN LATERAL correction_summary(c.programme_id, c.partner_id, c.offer_scope, c.kind, c.value, c.rule, c.since, c.until) s
                   WHERE c.correction_id = $1 AND s.less = 0 AND (s.items, s.sums, s.digest) = (c.items, c.sums, c.digest))
$$;
REVOKE EXECUTE ON FUNCTION correction_stands(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION correction_stands(bigint) TO pd_staff;

CREATE FUNCTION check_correction() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF ((NEW.items, NEW.digest) = (
            SELECT count(*), sha256(convert_to(coalesce(string_agg(i.conversion_id || '|' || trim_scale(i.was) || '|' || trim_scale(i.credited) || '|'
                                                                   || trim_scale(i.should_be), ',' ORDER BY i.conversion_id), ''), 'UTF8'))
            FROM correction_item i WHERE i.partner_id = NEW.partner_id AND i.correction_id = NEW.correction_id)) IS NOT TRUE THEN
        RAISE EXCEPTION 'the items are others than were added up'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_is_its_items';
    END IF;
    IF NOT correction_stands(NEW.correction_id) THEN
        RAISE EXCEPTION 'that is not what the rate makes of the commissions'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_priced_by_its_rate';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER correction_check AFTER INSERT ON correction DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_correction();
-- Items come with their correction and never later.
CREATE FUNCTION check_correction_item() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT correction_id, partner_id FROM written) w JOIN correction c USING (correction_id, partner_id)
               WHERE c.items <> (SELECT count(*) FROM correction_item i WHERE i.partner_id = w.partner_id AND i.correction_id = w.correction_id)) THEN
        RAISE EXCEPTION 'a correction has its items from the start'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_item_with_its_correction';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER correction_item_check AFTER INSERT ON correction_item
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_correction_item();

CREATE FUNCTION check_correction_decision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    read correction%ROWTYPE;
BEGIN
    SELECT * INTO read FROM correction c WHERE c.correction_id = NEW.correction_id;
    IF NOT is_owner(NEW.decider_id) THEN
        RAISE EXCEPTION 'only an owner decides' USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_decision_by_an_owner';
    END IF;
    IF NEW.sole_control AND (NEW.decider_id <> NEW.proposer_id OR EXISTS (
            SELECT FROM staff s JOIN person p USING (person_id)
            WHERE s.role = 'owner' AND s.person_id <> NEW.decider_id AND s.disabled_at IS NULL AND p.disabled_at IS NULL)) THEN
        RAISE EXCEPTION 'another owner can decide this'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_decision_sole_control_only_when_alone';
    END IF;
    IF NEW.decided_at < read.proposed_at OR NEW.decided_at >= read.expires_at THEN
        RAISE EXCEPTION 'it is decided between its proposal and its expiry'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_decision_in_its_time';
    END IF;
    IF NEW.verdict = 'approved' THEN
        -- Two that touch the same commissions take turns.
        PERFORM FROM partner a WHERE a.partner_id = NEW.partner_id FOR NO KEY UPDATE;
        IF NOT correction_stands(NEW.correction_id) THEN
            RAISE EXCEPTION 'the commissions are others than when it was read'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_decision_of_what_is';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER correction_decision_check BEFORE INSERT ON correction_decision FOR EACH ROW EXECUTE FUNCTION check_correction_decision();

-- Each item's transfer: the item, whole, once, after it was approved.
CREATE TABLE correction_booking (
    partner_id bigint NOT NULL,
    correction_id bigint NOT NULL,
    conversion_id bigint NOT NULL,
    amount numeric NOT NULL,
    currency text NOT NULL,
    verdict text NOT NULL DEFAULT 'approved',
    transfer_id bigint NOT NULL,
    booked_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, correction_id, conversion_id),
    CONSTRAINT correction_booking_is_approved CHECK (verdict = 'approved'),
    CONSTRAINT correction_booking_of_an_item FOREIGN KEY (partner_id, correction_id, conversion_id, amount, currency)
        REFERENCES correction_item (partner_id, correction_id, conversion_id, amount, currency),
    CONSTRAINT correction_booking_of_a_decision FOREIGN KEY (correction_id, verdict) REFERENCES correction_decision (correction_id, verdict),
    CONSTRAINT correction_booking_transfer FOREIGN KEY (partner_id, transfer_id, amount, currency)
        REFERENCES transfer (partner_id, transfer_id, amount, currency),
    CONSTRAINT correction_booking_transfer_once UNIQUE (partner_id, transfer_id)
);
CREATE TRIGGER correction_booking_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON correction_booking
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_correction_booking() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM written w JOIN transfer t USING (partner_id, transfer_id)
               WHERE t.kind <> 'adjustment' OR t.conversion_id IS DISTINCT FROM w.conversion_id)
        OR EXISTS (SELECT FROM written w JOIN case_decision d USING (partner_id, transfer_id))
        OR EXISTS (SELECT FROM written w JOIN case_appeal_decision d USING (partner_id, transfer_id)) THEN
        RAISE EXCEPTION 'an item is booked by an adjustment of its own about its conversion'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_booking_by_an_adjustment';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER correction_booking_check AFTER INSERT ON correction_booking
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_correction_booking();

-- Every item is booked; nothing is left for a job to look at.
CREATE TABLE correction_end (
    correction_id bigint PRIMARY KEY,
    partner_id bigint NOT NULL,
    verdict text NOT NULL DEFAULT 'approved',
    ended_at timestamptz NOT NULL,
    CONSTRAINT correction_end_of_a_correction FOREIGN KEY (correction_id, partner_id) REFERENCES correction (correction_id, partner_id),
    CONSTRAINT correction_end_of_a_decision FOREIGN KEY (correction_id, verdict) REFERENCES correction_decision (correction_id, verdict),
    CONSTRAINT correction_end_is_approved CHECK (verdict = 'approved')
);
CREATE TRIGGER correction_end_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON correction_end
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_correction_end() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (SELECT c.items FROM correction c WHERE c.correction_id = NEW.correction_id)
        <> (SELECT count(*) FROM correction_booking b WHERE b.partner_id = NEW.partner_id AND b.correction_id = NEW.correction_id) THEN
        RAISE EXCEPTION 'some of it is not booked yet' USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_end_when_all_is_booked';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER correction_end_check BEFORE INSERT ON correction_end FOR EACH ROW EXECUTE FUNCTION check_correction_end();

-- Books at most so many items of an approved correction that are not booked yet; gives how many. Transfer and booking are one
-- statement, so whoever dies in between leaves neither; two at once take turns.
CREATE FUNCTION book_correction(correction_id bigint, most integer, at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    of_ correction%ROWTYPE;
    booked bigint;
BEGIN
    PERFORM FROM correction_decision d WHERE d.correction_id = $1 AND d.verdict = 'approved' FOR UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM correction_end e WHERE e.correction_id = $1) THEN
        RETURN 0;
    END IF;
    SELECT * INTO of_ FROM correction c WHERE c.correction_id = $1;
    PERFORM open_accounts(of_.programme_id, of_.partner_id, one ->> 'currency') FROM jsonb_array_elements(of_.sums) one;
    WITH due AS MATERIALIZED (
        SELECT i.conversion_id, i.amount, i.currency FROM correction_item i
        WHERE i.partner_id = of_.partner_id AND i.correction_id = $1
          AND NOT EXISTS (SELECT FROM correction_booking b
                          WHERE b.partner_id = i.partner_id AND b.correction_id = i.correction_id AND b.conversion_id = i.conversion_id)
        ORDER BY i.conversion_id LIMIT $2
    ), moved AS (
        INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id, effective_at, booked_at)
        SELECT of_.programme_id, of_.partner_id, 'adjustment', 'adjustment_cost', 'payable', d.amount, d.currency, d.conversion_id,
               greatest($3, open_from(of_.programme_id)), $3
        FROM due d ORDER BY d.conversion_id
        RETURNING transfer.transfer_id, transfer.conversion_id, transfer.amount, transfer.currency
    )
    INSERT INTO correction_booking (partner_id, correction_id, conversion_id, amount, currency, transfer_id, booked_at)
    SELECT of_.partner_id, $1, m.conversion_id, m.amount, m.currency, m.transfer_id, $3 FROM moved m;
    GET DIAGNOSTICS booked = ROW_COUNT;
    IF (SELECT count(*) FROM correction_booking b WHERE b.partner_id = of_.partner_id AND b.correction_id = $1) = of_.items THEN
        INSERT INTO correction_end (correction_id, partner_id, ended_at) VALUES ($1, of_.partner_id, $3);
    END IF;
    RETURN booked;
END
$$;
REVOKE EXECUTE ON FUNCTION book_correction(bigint, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION book_correction(bigint, integer, timestamptz) TO pd_system;

-- No credit without the decision that gave it: of a case, on its appeal, or on a correction.
CREATE OR REPLACE FUNCTION check_adjustment_decided() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM case_decision d WHERE d.partner_id = NEW.partner_id AND d.transfer_id = NEW.transfer_id)
        AND NOT EXISTS (SELECT FROM case_appeal_decision d WHERE d.partner_id = NEW.partner_id AND d.transfer_id = NEW.transfer_id)
        AND NOT EXISTS (SELECT FROM correction_booking b WHERE b.partner_id = NEW.partner_id AND b.transfer_id = NEW.transfer_id) THEN
        RAISE EXCEPTION 'an adjustment is the credit of a decision'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_adjustment_is_decided';
    END IF;
    RETURN NULL;
END
$$;

-- Who approved it, for its partner to read.
CREATE FUNCTION correction_decider(correction_id bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT s.name FROM correction_decision d JOIN staff s ON s.person_id = d.decider_id
    WHERE d.correction_id = $1 AND (current_partner() IS NULL OR d.partner_id = current_partner())
$$;

-- A partner sees what was approved, not what was asked or refused, nor what the house says among itself.
GRANT SELECT ON correction, correction_item, correction_decision, correction_booking, correction_end TO pd_staff, pd_system;
GRANT INSERT ON correction, correction_item, correction_decision TO pd_staff;
GRANT SELECT (correction_id, partner_id, programme_id, offer_scope, offer_id, kind, value, rule, since, until, reason, items, sums) ON correction TO pd_partner;
GRANT SELECT (correction_id, partner_id, verdict, reason_partner, decided_at) ON correction_decision TO pd_partner;
GRANT SELECT ON correction_item, correction_booking, correction_end TO pd_partner;
DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['correction', 'correction_item', 'correction_decision', 'correction_booking', 'correction_end'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_partner USING (partner_id = current_partner())', name_ || '_own', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
    END LOOP;
END
$$;
CREATE POLICY correction_approved ON correction AS RESTRICTIVE TO pd_partner
    USING (correction_id IN (SELECT d.correction_id FROM correction_decision d WHERE d.verdict = 'approved'));
CREATE POLICY correction_item_approved ON correction_item AS RESTRICTIVE TO pd_partner
    USING (correction_id IN (SELECT d.correction_id FROM correction_decision d WHERE d.verdict = 'approved'));
CREATE POLICY correction_decision_approved ON correction_decision AS RESTRICTIVE TO pd_partner USING (verdict = 'approved');

RESET ROLE;
