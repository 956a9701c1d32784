-- Closed months take no more bookings; what comes later counts from the first moment of the first open month.
SET LOCAL ROLE pd_owner;

-- Transfers count from here on. Moved by closing a month, and by nothing else.
ALTER TABLE programme ADD COLUMN open_from timestamptz NOT NULL DEFAULT '1900-01-01Z';
CREATE FUNCTION check_open_from() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.open_from <> '1900-01-01Z' THEN
        RAISE EXCEPTION 'a programme begins with every month open'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'programme_begins_open';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.open_from < OLD.open_from THEN
        RAISE EXCEPTION 'a closed month is not opened again'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'programme_month_stays_closed';
    END IF;
    -- The days of closed months would become other days.
    IF TG_OP = 'UPDATE' AND NEW.time_zone <> OLD.time_zone AND OLD.open_from > '1900-01-01Z' THEN
        RAISE EXCEPTION 'the time zone stays once a month is closed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'programme_time_zone_stays';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER programme_check_open_from BEFORE INSERT OR UPDATE ON programme FOR EACH ROW EXECUTE FUNCTION check_open_from();

CREATE TABLE month_close (
    programme_id bigint NOT NULL REFERENCES programme,
    -- Its first day.
    month date NOT NULL,
    -- The month before; NULL for the first one.
    follows date,
    -- The first moment after it, in the programme's time zone.
    ends_at timestamptz NOT NULL,
    -- NULL: the command line.
    closed_by bigint REFERENCES staff,
    closed_at timestamptz NOT NULL,
    PRIMARY KEY (programme_id, month),
    CONSTRAINT month_close_of_a_whole_month CHECK (extract(day FROM month) = 1),
    CONSTRAINT month_close_follows_the_month_before CHECK (follows = month - interval '1 month'),
    CONSTRAINT month_close_in_order FOREIGN KEY (programme_id, follows) REFERENCES month_close (programme_id, month),
    CONSTRAINT month_close_of_the_past CHECK (closed_at >= ends_at)
);
CREATE UNIQUE INDEX month_close_one_first ON month_close (programme_id) WHERE follows IS NULL;
CREATE TRIGGER month_close_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON month_close
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Every transaction that books holds the programme's row, so that this waits for those that are on their way and those
-- that come later see it.
CREATE FUNCTION close_month() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    books programme%ROWTYPE;
BEGIN
    SELECT g.* INTO books FROM programme g WHERE g.programme_id = NEW.programme_id FOR NO KEY UPDATE;
    IF NOT FOUND OR NEW.ends_at <> (NEW.month + interval '1 month') AT TIME ZONE books.time_zone THEN
        RAISE EXCEPTION 'a month ends with its last day in the programme''s time zone'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'month_close_ends_with_the_month';
    END IF;
    IF NEW.follows IS NULL AND EXISTS (
            SELECT FROM transfer t WHERE t.programme_id = NEW.programme_id AND t.effective_at < NEW.month::timestamp AT TIME ZONE books.time_zone) THEN
        RAISE EXCEPTION 'there are bookings in earlier months'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'month_close_begins_with_the_first_bookings';
    END IF;
    UPDATE programme SET open_from = NEW.ends_at WHERE programme_id = NEW.programme_id;
    RETURN NEW;
END
$$;
CREATE TRIGGER month_close_applied BEFORE INSERT ON month_close FOR EACH ROW EXECUTE FUNCTION close_month();

-- The moment from which a programme's transfers count. Whoever asks holds it until their transaction ends: no month
-- closes between the question and the booking.
CREATE FUNCTION open_from(programme bigint) RETURNS timestamptz
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT g.open_from FROM programme g WHERE g.programme_id = $1 FOR SHARE
$$;

CREATE FUNCTION check_open_month() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    books record;
BEGIN
    FOR books IN SELECT w.programme_id, min(w.effective_at) AS first FROM written w GROUP BY w.programme_id ORDER BY w.programme_id LOOP
        IF books.first >= open_from(books.programme_id) THEN
            CONTINUE;
        END IF;
        RAISE EXCEPTION 'a closed month takes no more bookings'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_in_an_open_month';
    END LOOP;
    RETURN NULL;
END
$$;
CREATE TRIGGER transfer_in_an_open_month AFTER INSERT ON transfer
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_open_month();

-- As before, but what a bank says late of a closed month counts in the open one.
CREATE OR REPLACE FUNCTION apply_payout_events() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE payout p SET state = w.to_state, seq = w.seq
    FROM written w WHERE p.partner_id = w.partner_id AND p.payout_id = w.payout_id;
    WITH step AS (
        SELECT p.programme_id, w.partner_id, step.kind, step.debit_kind, step.credit_kind, p.amount, p.currency, w.payout_id, w.at, w.booked_at
        FROM written w JOIN payout p USING (partner_id, payout_id)
        CROSS JOIN LATERAL (VALUES
            ('payout', 'payable', 'in_payout', w.from_state = ''),
            ('settlement', 'in_payout', 'paid', w.to_state = 'paid'),
            ('payout_return', 'paid', 'payable', w.from_state = 'paid' AND w.to_state = 'returned'),
            ('payout_return', 'in_payout', 'payable', w.from_state <> 'paid' AND w.to_state IN ('cancelled', 'failed', 'returned'))
        ) AS step (kind, debit_kind, credit_kind, moves)
        WHERE step.moves
    ), books AS MATERIALIZED (
        SELECT one.programme_id, open_from(one.programme_id) AS open_from FROM (SELECT DISTINCT programme_id FROM step ORDER BY 1) one
    )
    INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, payout_id, effective_at, booked_at)
    SELECT s.programme_id, s.partner_id, s.kind, s.debit_kind, s.credit_kind, s.amount, s.currency, s.payout_id,
           greatest(s.at, b.open_from), s.booked_at
    FROM step s JOIN books b USING (programme_id);
    UPDATE payout_allocation a SET live = false
    FROM written w WHERE a.partner_id = w.partner_id AND a.payout_id = w.payout_id
      AND w.to_state IN ('cancelled', 'failed', 'returned');
    RETURN NULL;
END
$$;

REVOKE EXECUTE ON FUNCTION open_from(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_from(bigint) TO pd_staff, pd_system;
GRANT SELECT ON month_close TO pd_staff, pd_system;
GRANT INSERT ON month_close TO pd_system;

RESET ROLE;
