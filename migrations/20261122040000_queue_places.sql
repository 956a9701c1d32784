-- The place of a case in the queue, kept with it, so that a page of the queue is read along one index, however many cases
-- there are: since when its partner waits, moved ahead by all that presses on it. What presses grows by steps; until the
-- next one the place holds.
SET LOCAL ROLE pd_owner;

-- Finite, and later than any moment that counts: the place of a case in which nobody waits for the house.
CREATE FUNCTION no_place() RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT '9000-01-01 00:00:00+00'::timestamptz $$;

-- By how many hours deadline and late payout move a case ahead at a moment. The same steps as in desk::order.
CREATE FUNCTION hours_ahead(due_at timestamptz, pay_by timestamptz, at timestamptz) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
               WHEN at >= due_at THEN 48 + 24 * least(floor(extract(epoch FROM at - due_at) / 86400), 3)::integer
               WHEN extract(epoch FROM due_at - at) <= 14400 THEN 4
               ELSE 0
           END
         + CASE
               WHEN at >= pay_by THEN 6 * (1 + least(floor(extract(epoch FROM at - pay_by) / 86400), 5)::integer)
               ELSE 0
           END
$$;

-- Where a case stands at a moment.
CREATE FUNCTION case_place(standing_at timestamptz, due_at timestamptz, pay_by timestamptz, at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(standing_at - make_interval(hours => hours_ahead(due_at, pay_by, at)), no_place())
$$;

-- When it will stand elsewhere, whatever else happens; NULL: never.
CREATE FUNCTION case_step(standing_at timestamptz, due_at timestamptz, pay_by timestamptz, at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT min(step) FROM (
        SELECT due_at + make_interval(hours => h) AS step FROM unnest(ARRAY[-4, 0, 24, 48, 72]) h
        UNION ALL
        SELECT pay_by + make_interval(hours => h) FROM unnest(ARRAY[0, 24, 48, 72, 96, 120]) h) steps
    WHERE standing_at IS NOT NULL AND step > at
$$;

ALTER TABLE support_case
    ADD COLUMN place_at timestamptz,
    -- The place holds until here.
    ADD COLUMN step_at timestamptz,
    -- Since when a payout of the partner is late.
    ADD COLUMN pay_by timestamptz,
    -- The first message of the partner that nobody answered.
    ADD COLUMN unanswered_at timestamptz;
UPDATE support_case SET place_at = coalesce(standing_at, no_place());
ALTER TABLE support_case
    ALTER COLUMN place_at SET NOT NULL,
    ADD CONSTRAINT support_case_place_is_finite CHECK (place_at <= no_place() AND isfinite(place_at)),
    ADD CONSTRAINT support_case_step_while_it_stands CHECK (step_at IS NULL OR standing_at IS NOT NULL);
GRANT UPDATE (place_at, step_at, pay_by, unanswered_at) ON support_case TO pd_system;

-- Until its clocks are read, a new case stands where its partner began to wait.
CREATE FUNCTION case_takes_its_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.place_at := coalesce(NEW.place_at, NEW.opened_at);
    NEW.unanswered_at := coalesce(NEW.unanswered_at, CASE WHEN NEW.stage <> 'closed' THEN NEW.opened_at END);
    RETURN NEW;
END
$$;
CREATE TRIGGER support_case_place BEFORE INSERT ON support_case FOR EACH ROW EXECUTE FUNCTION case_takes_its_place();

-- Whose turn it is: the house owes an answer or a promised word, the partner was asked, or nobody owes anything.
CREATE FUNCTION case_awaits(stage text, unanswered_at timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN stage = 'closed' THEN 'nobody' WHEN unanswered_at IS NOT NULL THEN 'house' WHEN stage = 'answer_needed' THEN 'partner'
                WHEN stage = 'decided' THEN 'nobody' ELSE 'promise' END
$$;

DROP INDEX support_case_queue, support_case_by_standing, support_case_unassigned_by_standing, support_case_mine_by_standing,
    support_case_unassigned_by_due, support_case_mine_by_due, support_case_closed;
CREATE INDEX support_case_by_place ON support_case (place_at, case_id) WHERE stage <> 'closed';
CREATE INDEX support_case_unassigned_by_place ON support_case (place_at, case_id) WHERE stage <> 'closed' AND assignee_id IS NULL;
CREATE INDEX support_case_mine_by_place ON support_case (assignee_id, place_at, case_id) WHERE stage <> 'closed';
CREATE INDEX support_case_by_step ON support_case (step_at) WHERE stage <> 'closed' AND step_at IS NOT NULL;
CREATE INDEX support_case_closed ON support_case (closed_at DESC, case_id DESC) WHERE stage = 'closed';
CREATE INDEX support_case_closed_by_person ON support_case (assignee_id, closed_at DESC, case_id DESC) WHERE stage = 'closed';

-- Cases that a late payout pressed on when they were last read.
CREATE INDEX support_case_pressed_by_payout ON support_case (partner_id, case_id) WHERE stage <> 'closed' AND pay_by IS NOT NULL;

INSERT INTO clock_renewal (partner_id, case_id)
SELECT partner_id, case_id FROM support_case WHERE stage <> 'closed' ON CONFLICT DO NOTHING;

RESET ROLE;
