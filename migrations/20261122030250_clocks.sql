-- Clocks of cases: what they may take, how they stand, when they ran out; and the order of the queue.
SET LOCAL ROLE pd_owner;

-- Working minutes that a clock may take, for some cases or for all; the newest version of a scope holds for clocks that
-- start after it. Without minutes the scope has no limit of its own any more.
CREATE TABLE clock_policy (
    clock_policy_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    clock text NOT NULL,
    -- NULL: of every kind, of every size.
    kind text,
    size text,
    minutes integer,
    valid_from timestamptz NOT NULL,
    -- NULL: the command line.
    written_by bigint REFERENCES staff,
    written_at timestamptz NOT NULL,
    form_key uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT clock_policy_form_once UNIQUE (form_key),
    CONSTRAINT clock_policy_with_limit UNIQUE (clock_policy_id, clock, minutes),
    CONSTRAINT clock_policy_clock_known CHECK (clock IN ('first_reply', 'next_update', 'resolution')),
    CONSTRAINT clock_policy_kind_known CHECK (kind IN (
        'missing_conversion', 'wrong_amount', 'wrongly_reversed', 'payout_late', 'payout_amount', 'payout_failed', 'my_terms', 'other')),
    CONSTRAINT clock_policy_size_known CHECK (size IN ('small', 'large')),
    CONSTRAINT clock_policy_minutes_in_bounds CHECK (minutes BETWEEN 1 AND 100000),
    CONSTRAINT clock_policy_general_has_limit CHECK (minutes IS NOT NULL OR kind IS NOT NULL OR size IS NOT NULL),
    CONSTRAINT clock_policy_not_in_the_past CHECK (valid_from >= written_at)
);
CREATE TRIGGER clock_policy_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON clock_policy
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Half a working day for the first reply, a working day for the next word, a working week to the end. Who waits for a
-- late payout, and who has little, waits less long for the first.
INSERT INTO clock_policy (clock, kind, size, minutes, valid_from, written_at)
SELECT clock, kind, size, minutes, '1900-01-01Z', '1900-01-01Z'
FROM (VALUES ('first_reply', NULL, NULL, 240), ('first_reply', NULL, 'small', 180), ('first_reply', 'payout_late', NULL, 120),
             ('next_update', NULL, NULL, 480), ('resolution', NULL, NULL, 2400)) AS first (clock, kind, size, minutes);
CREATE TRIGGER clock_policy_writer BEFORE INSERT ON clock_policy FOR EACH ROW EXECUTE FUNCTION check_rota_writer();

-- Each run of each clock of a case, as the rules read it when the case last changed.
CREATE TABLE case_clock (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    clock text NOT NULL,
    -- Counts the runs of one clock from 1.
    run integer NOT NULL,
    clock_policy_id bigint NOT NULL,
    minutes integer NOT NULL,
    -- How the partner's size counted when it started.
    size text NOT NULL,
    state text NOT NULL,
    started_at timestamptz NOT NULL,
    paused_since timestamptz,
    ended_at timestamptz,
    -- When it runs out, or would have, and when it has run twice as long; NULL while the partner's answer is awaited,
    -- and where the rota does not reach so far.
    deadline timestamptz,
    twice_at timestamptz,
    counted_minutes integer NOT NULL,
    read_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, case_id, clock, run),
    CONSTRAINT case_clock_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT case_clock_policy FOREIGN KEY (clock_policy_id, clock, minutes) REFERENCES clock_policy (clock_policy_id, clock, minutes),
    CONSTRAINT case_clock_size_known CHECK (size IN ('small', 'large')),
    CONSTRAINT case_clock_run_counts CHECK (run >= 1),
    CONSTRAINT case_clock_state_known CHECK (state IN ('running', 'paused', 'met', 'breached')),
    CONSTRAINT case_clock_ends_later CHECK (ended_at >= started_at AND deadline >= started_at AND twice_at >= deadline),
    CONSTRAINT case_clock_open_while_it_counts CHECK (state NOT IN ('running', 'paused') OR ended_at IS NULL),
    CONSTRAINT case_clock_paused_since CHECK (state <> 'paused' OR paused_since IS NOT NULL),
    CONSTRAINT case_clock_running_unpaused CHECK (state <> 'running' OR paused_since IS NULL),
    CONSTRAINT case_clock_met_in_time CHECK (state <> 'met' OR (ended_at IS NOT NULL AND (deadline IS NULL OR ended_at <= deadline))),
    CONSTRAINT case_clock_breached_after CHECK (state <> 'breached' OR (deadline IS NOT NULL AND (ended_at IS NULL OR ended_at > deadline))),
    CONSTRAINT case_clock_counted CHECK (counted_minutes >= 0)
);
CREATE UNIQUE INDEX case_clock_one_open ON case_clock (partner_id, case_id, clock) WHERE ended_at IS NULL;
CREATE INDEX case_clock_running_out ON case_clock (deadline) WHERE state = 'running';
CREATE INDEX case_clock_running_twice ON case_clock (twice_at) WHERE state = 'breached' AND ended_at IS NULL;
CREATE INDEX case_clock_started ON case_clock (started_at);

-- A clock ran out, at its deadline and not when somebody looked; first a lead knows, and after as long again an owner.
CREATE TABLE clock_breach (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    clock text NOT NULL,
    run integer NOT NULL,
    told text NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, case_id, clock, run, told),
    CONSTRAINT clock_breach_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT clock_breach_told_known CHECK (told IN ('lead', 'owner')),
    CONSTRAINT clock_breach_recorded_later CHECK (recorded_at > at)
);
CREATE INDEX clock_breach_by_time ON clock_breach (at);
CREATE TRIGGER clock_breach_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON clock_breach
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_clock_breach() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM case_clock c
                   WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.case_id AND c.clock = NEW.clock AND c.run = NEW.run
                     AND c.state = 'breached' AND NEW.at = CASE NEW.told WHEN 'lead' THEN c.deadline ELSE c.twice_at END) THEN
        RAISE EXCEPTION 'a breach is at the moment at which its clock ran out'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'clock_breach_at_the_deadline';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER clock_breach_check BEFORE INSERT ON clock_breach FOR EACH ROW EXECUTE FUNCTION check_clock_breach();

-- Where a case stands in the queue: the clock that runs out first, and since when its partner waits, moved ahead by what
-- presses and does not change with time.
ALTER TABLE support_case
    ADD COLUMN due_clock text,
    ADD COLUMN due_at timestamptz,
    ADD COLUMN standing_at timestamptz,
    ADD CONSTRAINT support_case_due_is_whole CHECK ((due_clock IS NULL) = (due_at IS NULL)),
    ADD CONSTRAINT support_case_due_clock_known CHECK (due_clock IN ('first_reply', 'next_update', 'resolution'));
CREATE INDEX support_case_by_standing ON support_case (standing_at, case_id) WHERE stage <> 'closed';
CREATE INDEX support_case_unassigned_by_standing ON support_case (standing_at, case_id) WHERE stage <> 'closed' AND assignee_id IS NULL;
CREATE INDEX support_case_mine_by_standing ON support_case (assignee_id, standing_at, case_id) WHERE stage <> 'closed';
CREATE INDEX support_case_by_due ON support_case (due_at, case_id) WHERE stage <> 'closed';
CREATE INDEX support_case_unassigned_by_due ON support_case (due_at, case_id) WHERE stage <> 'closed' AND assignee_id IS NULL;
CREATE INDEX support_case_mine_by_due ON support_case (assignee_id, due_at, case_id) WHERE stage <> 'closed';
CREATE INDEX support_case_closed ON support_case (closed_at, case_id) WHERE stage = 'closed';

-- Cases whose clocks have to be read again: something happened in them, or to the rota. Whoever changes a case reads its
-- clocks in the same transaction and takes it from here; what is left, a job takes.
CREATE TABLE clock_renewal (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    PRIMARY KEY (partner_id, case_id),
    CONSTRAINT clock_renewal_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id)
);
CREATE FUNCTION case_needs_renewal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO clock_renewal (partner_id, case_id) VALUES (NEW.partner_id, NEW.case_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER message_renews_clocks AFTER INSERT ON message FOR EACH ROW EXECUTE FUNCTION case_needs_renewal();
CREATE TRIGGER needs_no_answer_renews_clocks AFTER INSERT ON needs_no_answer FOR EACH ROW EXECUTE FUNCTION case_needs_renewal();
CREATE TRIGGER case_event_renews_clocks AFTER INSERT ON case_event FOR EACH ROW EXECUTE FUNCTION case_needs_renewal();
CREATE TRIGGER support_case_renews_clocks AFTER INSERT OR UPDATE OF stage, next_update_at ON support_case
    FOR EACH ROW EXECUTE FUNCTION case_needs_renewal();

CREATE FUNCTION all_cases_need_renewal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO clock_renewal (partner_id, case_id)
    SELECT c.partner_id, c.case_id FROM support_case c WHERE c.stage <> 'closed'
    ORDER BY c.partner_id, c.case_id ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['shift', 'shift_break', 'shift_end', 'holiday', 'rota_exception', 'rota_withdrawal', 'clock_policy'] LOOP
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I FOR EACH STATEMENT EXECUTE FUNCTION all_cases_need_renewal()',
                       name_ || '_renews_clocks', name_);
    END LOOP;
    FOREACH name_ IN ARRAY ARRAY['clock_policy', 'case_clock', 'clock_breach', 'clock_renewal'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
        EXECUTE format('GRANT SELECT ON %I TO pd_staff, pd_system', name_);
    END LOOP;
END
$$;
GRANT INSERT ON clock_policy TO pd_staff, pd_system;
-- Clocks are read by the program itself, whoever wrote; see clocks::store.
GRANT INSERT, UPDATE, DELETE ON case_clock TO pd_system;
GRANT INSERT ON clock_breach TO pd_system;
GRANT INSERT, DELETE ON clock_renewal TO pd_system;
GRANT UPDATE (due_clock, due_at, standing_at) ON support_case TO pd_system;

-- What presses on a case, but for its clocks: since when its partner waits, what they have and were paid in the
-- programme's currency, their minimum, what is at stake in that currency, the pay day of a payout that is late.
CREATE FUNCTION case_pressure(partner_id bigint, case_id bigint, at timestamptz)
RETURNS TABLE (unanswered_since timestamptz, answered_at timestamptz, paid numeric, owed numeric, minimum numeric,
               stake numeric, late_since timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT waiting.since, spoke.last, money.paid, money.owed, minimum.value, stake.amount, late.since
    FROM support_case c
    JOIN programme g USING (programme_id)
    CROSS JOIN LATERAL (
        SELECT min(m.sent_at) AS since FROM message m
        WHERE m.partner_id = c.partner_id AND m.case_id = c.case_id AND m.side = 'partner'
          AND m.message_id > greatest(
              (SELECT coalesce(max(r.message_id), 0) FROM message r
               WHERE r.partner_id = c.partner_id AND r.case_id = c.case_id AND r.side = 'staff'),
              (SELECT coalesce(max(n.message_id), 0) FROM needs_no_answer n
               WHERE n.partner_id = c.partner_id AND n.case_id = c.case_id))) waiting
    CROSS JOIN LATERAL (
        SELECT max(m.sent_at) AS last FROM message m WHERE m.partner_id = c.partner_id AND m.case_id = c.case_id) spoke
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(a.balance) FILTER (WHERE a.kind = 'paid'), 0) AS paid,
               coalesce(sum(a.balance) FILTER (WHERE a.kind <> 'paid'), 0) AS owed
        FROM account a
        WHERE a.programme_id = c.programme_id AND a.holder_id = c.partner_id AND a.currency = g.currency) money
    LEFT JOIN LATERAL (
        SELECT t.value FROM terms_at(c.programme_id, 0, c.partner_id, $3) t WHERE t.field = 'minimum') minimum ON true
    CROSS JOIN LATERAL (
        SELECT sum(each.amount) AS amount FROM (
            SELECT commission_left(k.rate_kind, k.rate_value, k.order_amount, 0, false, k.currency) AS amount
            FROM case_pin p JOIN commission k USING (partner_id, conversion_id)
            WHERE p.partner_id = c.partner_id AND p.case_id = c.case_id AND k.currency = g.currency
            UNION ALL
            SELECT commission_left(t.kind, t.value, m.amount, 0, false, m.currency)
            FROM case_pin p JOIN claim m USING (partner_id, claim_id)
            CROSS JOIN LATERAL (
                SELECT t.kind, t.value FROM terms_at(c.programme_id, m.offer_id, c.partner_id, m.occurred_at) t WHERE t.field = 'rate') t
            WHERE p.partner_id = c.partner_id AND p.case_id = c.case_id AND m.currency = g.currency) each) stake
    LEFT JOIN LATERAL (
        SELECT ((min(p.pay_day) + 1)::timestamp AT TIME ZONE g.time_zone) AS since
        FROM payout p WHERE p.partner_id = c.partner_id AND p.state IN ('scheduled', 'approved')) late ON late.since <= $3
    WHERE c.partner_id = $1 AND c.case_id = $2
$$;

-- Cases that are open before the first rota.
INSERT INTO clock_renewal (partner_id, case_id) SELECT partner_id, case_id FROM support_case WHERE stage <> 'closed';

RESET ROLE;
