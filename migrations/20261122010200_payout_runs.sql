-- Payout runs: who is paid how much and from what, who is not and why, and what becomes of each payout.
SET LOCAL ROLE pd_owner;

-- A schedule can also be counted from the end of the month: NET-30 pays on the 30th day after it.
ALTER TABLE proposal DROP CONSTRAINT proposal_kind_fits, DROP CONSTRAINT proposal_value_fits;
ALTER TABLE proposal
    ADD CONSTRAINT proposal_kind_fits CHECK ((field, kind) IN (
        ('rate', 'percent'), ('rate', 'fixed'), ('hold_days', 'days'), ('validation', 'flag'), ('minimum', 'amount'),
        ('schedule', 'weekly'), ('schedule', 'twice_monthly'), ('schedule', 'monthly'), ('schedule', 'net'))),
    ADD CONSTRAINT proposal_value_fits CHECK (
        CASE kind
            WHEN 'percent' THEN value BETWEEN 0 AND 100 AND value = round(value, 4)
            WHEN 'days' THEN value BETWEEN 0 AND 3650 AND value = trunc(value)
            WHEN 'flag' THEN value IN (0, 1)
            WHEN 'weekly' THEN value BETWEEN 1 AND 7 AND value = trunc(value)
            WHEN 'twice_monthly' THEN value BETWEEN 1 AND 14 AND value = trunc(value)
            WHEN 'monthly' THEN value BETWEEN 1 AND 28 AND value = trunc(value)
            WHEN 'net' THEN value BETWEEN 1 AND 120 AND value = trunc(value)
            ELSE value BETWEEN 0 AND 1000000000 AND value = round(value, 4)
        END);

-- The programme's own account that a bank pays from; the newest of a currency counts.
CREATE TABLE payer_account (
    programme_id bigint NOT NULL REFERENCES programme,
    payer_account_id bigint GENERATED ALWAYS AS IDENTITY,
    currency text NOT NULL REFERENCES currency,
    name text NOT NULL,
    -- IBAN, or for sterling sort code and account number.
    account text NOT NULL,
    bic text,
    added_at timestamptz NOT NULL,
    PRIMARY KEY (programme_id, payer_account_id),
    CONSTRAINT payer_account_name_not_blank CHECK (btrim(name) <> '' AND length(name) <= 70),
    CONSTRAINT payer_account_plain CHECK (account ~ '^[A-Z0-9-]{8,34}$'),
    CONSTRAINT payer_account_bic_shape CHECK (bic ~ '^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$')
);
CREATE TRIGGER payer_account_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payer_account
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE payout_run (
    programme_id bigint NOT NULL REFERENCES programme,
    payout_run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL DEFAULT 'regular',
    -- The last accounting day whose money is in it, and the first moment after that day.
    cutoff date NOT NULL,
    cutoff_at timestamptz NOT NULL,
    pay_day date NOT NULL,
    -- Off-cycle: whom it pays, and why now.
    partner_id bigint,
    reason text NOT NULL DEFAULT '',
    -- NULL: the command line.
    builder_id bigint REFERENCES staff,
    started_at timestamptz NOT NULL,
    -- Partners are taken in the order of their ids; everybody up to here is done.
    built_through bigint NOT NULL DEFAULT 0,
    built_at timestamptz,
    cancelled_at timestamptz,
    cancelled_by bigint REFERENCES staff,
    cancel_reason text,
    CONSTRAINT payout_run_of_programme UNIQUE (programme_id, payout_run_id),
    CONSTRAINT payout_run_kind_known CHECK (kind IN ('regular', 'off_cycle')),
    CONSTRAINT payout_run_off_cycle_has_reason CHECK ((kind = 'off_cycle') = (partner_id IS NOT NULL) AND (kind = 'regular' OR btrim(reason) <> '')),
    CONSTRAINT payout_run_partner FOREIGN KEY (programme_id, partner_id) REFERENCES partner (programme_id, partner_id),
    CONSTRAINT payout_run_pays_after_cutoff CHECK (pay_day > cutoff OR kind = 'off_cycle'),
    CONSTRAINT payout_run_cancelled_has_reason CHECK ((cancelled_at IS NULL) = (cancel_reason IS NULL) AND btrim(cancel_reason) <> ''),
    CONSTRAINT payout_run_cancelled_by_someone CHECK (cancelled_by IS NULL OR cancelled_at IS NOT NULL)
);
CREATE UNIQUE INDEX payout_run_once_per_cutoff ON payout_run (programme_id, cutoff) WHERE kind = 'regular' AND cancelled_at IS NULL;
CREATE FUNCTION check_run_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.programme_id, OLD.kind, OLD.cutoff, OLD.cutoff_at, OLD.pay_day, OLD.reason, OLD.started_at)
            IS DISTINCT FROM (NEW.programme_id, NEW.kind, NEW.cutoff, NEW.cutoff_at, NEW.pay_day, NEW.reason, NEW.started_at)
        OR OLD.partner_id IS DISTINCT FROM NEW.partner_id OR OLD.builder_id IS DISTINCT FROM NEW.builder_id
        OR NEW.built_through < OLD.built_through
        OR (OLD.built_at IS NOT NULL AND (NEW.built_at IS DISTINCT FROM OLD.built_at OR NEW.built_through <> OLD.built_through))
        OR (OLD.cancelled_at IS NOT NULL AND (NEW.cancelled_at IS DISTINCT FROM OLD.cancelled_at OR NEW.built_at IS DISTINCT FROM OLD.built_at)) THEN
        RAISE EXCEPTION 'a run only goes on' USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_run_only_forward';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER payout_run_only_forward BEFORE UPDATE ON payout_run FOR EACH ROW EXECUTE FUNCTION check_run_goes_on();

-- What may follow what.
CREATE TABLE payout_transition (
    from_state text NOT NULL,
    to_state text NOT NULL,
    PRIMARY KEY (from_state, to_state)
);
INSERT INTO payout_transition (from_state, to_state) VALUES
    ('', 'scheduled'),
    ('scheduled', 'approved'), ('scheduled', 'held'), ('scheduled', 'cancelled'),
    ('held', 'scheduled'), ('held', 'cancelled'),
    ('approved', 'submitted'), ('approved', 'held'), ('approved', 'cancelled'),
    ('submitted', 'paid'), ('submitted', 'failed'), ('submitted', 'returned'), ('submitted', 'unknown'),
    -- The file was never sent.
    ('submitted', 'approved'),
    ('unknown', 'paid'), ('unknown', 'failed'), ('unknown', 'returned'),
    ('paid', 'returned');
CREATE TRIGGER payout_transition_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_transition
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE payout (
    programme_id bigint NOT NULL,
    partner_id bigint NOT NULL,
    payout_id bigint GENERATED ALWAYS AS IDENTITY,
    payout_run_id bigint NOT NULL,
    currency text NOT NULL,
    amount numeric NOT NULL,
    -- What its allocations add up to; kept by their trigger.
    allocated numeric NOT NULL DEFAULT 0,
    payout_method_id bigint NOT NULL,
    pay_day date NOT NULL,
    -- The last of its events; kept by their trigger.
    state text NOT NULL DEFAULT '',
    seq integer NOT NULL DEFAULT 0,
    -- Whether what it took is still in it: a payout that was cancelled, failed or returned gives it back.
    live boolean GENERATED ALWAYS AS (state NOT IN ('cancelled', 'failed', 'returned')) STORED,
    -- What to look at before it is released.
    warnings text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, payout_id),
    CONSTRAINT payout_number_once UNIQUE (payout_id),
    CONSTRAINT payout_one_per_run UNIQUE (payout_run_id, partner_id, currency),
    CONSTRAINT payout_with_amount UNIQUE (partner_id, payout_id, amount, currency),
    CONSTRAINT payout_partner FOREIGN KEY (programme_id, partner_id) REFERENCES partner (programme_id, partner_id),
    CONSTRAINT payout_run FOREIGN KEY (programme_id, payout_run_id) REFERENCES payout_run (programme_id, payout_run_id),
    CONSTRAINT payout_method FOREIGN KEY (partner_id, payout_method_id) REFERENCES payout_method (partner_id, payout_method_id),
    CONSTRAINT payout_amount_positive CHECK (amount > 0 AND amount < 1e15 AND amount = round(amount, minor_units(currency))),
    CONSTRAINT payout_warnings_known CHECK (warnings <@ ARRAY['first_payout', 'new_method', 'outlier'])
);
CREATE INDEX payout_by_run ON payout (payout_run_id, state);
CREATE INDEX payout_open ON payout (state, pay_day) WHERE state IN ('scheduled', 'approved', 'held', 'submitted', 'unknown');
-- What a payout is does not change; its state comes from events, what is allocated from allocations.
CREATE TRIGGER payout_append_only BEFORE DELETE OR UPDATE OF programme_id, partner_id, payout_id, payout_run_id, currency, amount,
    payout_method_id, pay_day, warnings, created_at ON payout FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_payout_adds_up() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM payout p WHERE p.partner_id = NEW.partner_id AND p.payout_id = NEW.payout_id
                   AND p.amount = p.allocated AND p.seq > 0) THEN
        RAISE EXCEPTION 'a payout is the sum of what is allocated to it, and was scheduled'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_adds_up';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER payout_adds_up AFTER INSERT OR UPDATE OF allocated ON payout DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_payout_adds_up();

-- What a payout pays: transfers into and out of the payable account, each as a whole, below zero where it took back.
CREATE TABLE payout_allocation (
    partner_id bigint NOT NULL,
    payout_id bigint NOT NULL,
    transfer_id bigint NOT NULL,
    conversion_id bigint,
    kind text NOT NULL,
    amount numeric NOT NULL,
    live boolean NOT NULL DEFAULT true,
    PRIMARY KEY (partner_id, payout_id, transfer_id),
    CONSTRAINT payout_allocation_payout FOREIGN KEY (partner_id, payout_id) REFERENCES payout (partner_id, payout_id)
);
CREATE UNIQUE INDEX payout_allocation_live_once ON payout_allocation (partner_id, transfer_id) WHERE live;
CREATE INDEX payout_allocation_by_conversion ON payout_allocation (partner_id, conversion_id) INCLUDE (kind, payout_id)
    WHERE live AND conversion_id IS NOT NULL;
CREATE TRIGGER payout_allocation_append_only BEFORE DELETE OR UPDATE OF partner_id, payout_id, transfer_id, conversion_id, kind, amount
    ON payout_allocation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION keep_allocated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM written w
               JOIN payout p USING (partner_id, payout_id)
               LEFT JOIN transfer t ON t.partner_id = w.partner_id AND t.transfer_id = w.transfer_id
               WHERE t.transfer_id IS NULL OR 'payable' NOT IN (t.debit_kind, t.credit_kind)
                  OR t.kind IN ('payout', 'payout_return') OR t.kind <> w.kind OR t.currency <> p.currency
                  OR t.conversion_id IS DISTINCT FROM w.conversion_id OR NOT w.live OR NOT p.live
                  OR w.amount <> CASE t.credit_kind WHEN 'payable' THEN t.amount ELSE -t.amount END) THEN
        RAISE EXCEPTION 'an allocation differs from its transfer'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_allocation_is_a_payable_transfer';
    END IF;
    UPDATE payout p SET allocated = p.allocated + w.amount
    FROM (SELECT partner_id, payout_id, sum(amount) AS amount FROM written GROUP BY partner_id, payout_id) w
    WHERE p.partner_id = w.partner_id AND p.payout_id = w.payout_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER payout_allocation_kept AFTER INSERT ON payout_allocation
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION keep_allocated();

-- What can be allocated to a payout: transfers into and out of the payable account before the partner's cut-off that are
-- in no live payout. What was taken back since goes with it, unless what it takes back is itself not in it yet: nobody
-- pays out what they know to be gone.
CREATE FUNCTION payable_items(partners bigint[], cutoffs timestamptz[])
RETURNS TABLE (partner_id bigint, currency text, transfer_id bigint, conversion_id bigint, kind text, amount numeric)
LANGUAGE sql STABLE AS $$
    SELECT i.partner_id, i.currency, i.transfer_id, i.conversion_id, i.kind, i.amount
    FROM (
        SELECT t.partner_id, t.currency, t.transfer_id, t.conversion_id, t.kind, leg.amount, t.effective_at < c.cutoff AS is_in,
               bool_or(leg.amount > 0 AND t.effective_at >= c.cutoff) OVER (PARTITION BY t.partner_id, t.currency, t.conversion_id) AS rest_waits
        FROM unnest(partners, cutoffs) AS c (partner_id, cutoff)
        JOIN transfer t ON t.partner_id = c.partner_id AND 'payable' IN (t.debit_kind, t.credit_kind) AND t.kind NOT IN ('payout', 'payout_return')
        CROSS JOIN LATERAL (SELECT CASE t.credit_kind WHEN 'payable' THEN t.amount ELSE -t.amount END AS amount) leg
        WHERE NOT EXISTS (SELECT FROM payout_allocation a
                          WHERE a.partner_id = t.partner_id AND a.transfer_id = t.transfer_id AND a.live)
    ) i
    WHERE i.is_in OR (i.amount < 0 AND i.conversion_id IS NOT NULL AND NOT i.rest_waits)
$$;

-- Every step of a payout. A step that is not in the table of transitions, or that does not follow the last one, is
-- refused by keys: so is the second of two workers.
CREATE TABLE payout_event (
    partner_id bigint NOT NULL,
    payout_id bigint NOT NULL,
    seq integer NOT NULL,
    prev_seq integer GENERATED ALWAYS AS (nullif(seq - 1, 0)) STORED,
    from_state text NOT NULL,
    to_state text NOT NULL,
    -- staff, command or bank.
    by_kind text NOT NULL,
    by_id bigint REFERENCES staff,
    -- A reason in words, or the bank's code for what went wrong.
    reason text NOT NULL DEFAULT '',
    code text,
    bank_reference text,
    -- What the bank said it paid; always the payout's own amount.
    amount numeric,
    currency text,
    -- When it happened, the day of the bank's booking included, and when it was written.
    at timestamptz NOT NULL,
    booked_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, payout_id, seq),
    CONSTRAINT payout_event_payout FOREIGN KEY (partner_id, payout_id) REFERENCES payout (partner_id, payout_id),
    CONSTRAINT payout_event_with_state UNIQUE (partner_id, payout_id, seq, to_state),
    CONSTRAINT payout_event_transition FOREIGN KEY (from_state, to_state) REFERENCES payout_transition (from_state, to_state),
    CONSTRAINT payout_event_follows FOREIGN KEY (partner_id, payout_id, prev_seq, from_state)
        REFERENCES payout_event (partner_id, payout_id, seq, to_state),
    CONSTRAINT payout_event_begins_scheduled CHECK ((seq = 1) = (from_state = '') AND seq > 0),
    CONSTRAINT payout_event_by_known CHECK (by_kind IN ('staff', 'command', 'bank') AND (by_kind = 'staff') = (by_id IS NOT NULL)),
    CONSTRAINT payout_event_paid_in_full CHECK (to_state <> 'paid' OR (amount IS NOT NULL AND currency IS NOT NULL)),
    CONSTRAINT payout_event_amount_is_the_payouts FOREIGN KEY (partner_id, payout_id, amount, currency)
        REFERENCES payout (partner_id, payout_id, amount, currency),
    CONSTRAINT payout_event_has_reason CHECK (btrim(reason) <> '' OR to_state NOT IN ('held', 'cancelled')
        AND NOT (from_state = 'submitted' AND to_state = 'approved'))
);
CREATE TRIGGER payout_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Transfers of payouts: each moves the payout's own amount, once.
ALTER TABLE transfer ADD COLUMN payout_id bigint;
ALTER TABLE transfer DROP CONSTRAINT transfer_route_known;
ALTER TABLE transfer ADD CONSTRAINT transfer_route_known CHECK ((kind, debit_kind, credit_kind) IN (
    -- What a conversion earns, and what a refund or a rejection takes back.
    ('accrual', 'commission_cost', 'pending'),
    ('refund', 'pending', 'commission_cost'),
    ('rejection', 'pending', 'commission_cost'),
    -- Leaving the hold. Where a refund from before the release arrives after it, its part goes back first.
    ('release', 'pending', 'payable'),
    ('release_correction', 'payable', 'pending'),
    ('refund', 'payable', 'commission_cost'),
    ('rejection', 'payable', 'commission_cost'),
    -- What a decision credits.
    ('adjustment', 'adjustment_cost', 'payable'),
    ('reversal', 'payable', 'adjustment_cost'),
    -- What the programme contests is set apart, and comes back when it no longer does.
    ('ring_fence', 'payable', 'ring_fenced'),
    ('ring_fence_end', 'ring_fenced', 'payable'),
    -- Into a payout, to the bank, and back where it is cancelled, refused or returned.
    ('payout', 'payable', 'in_payout'),
    ('settlement', 'in_payout', 'paid'),
    ('payout_return', 'in_payout', 'payable'),
    ('payout_return', 'paid', 'payable'),
    -- What the bank takes for it, where the programme bears it.
    ('fee', 'fees', 'cash')));
ALTER TABLE transfer DROP CONSTRAINT transfer_about_a_conversion;
ALTER TABLE transfer ADD CONSTRAINT transfer_about_a_conversion CHECK (
    kind IN ('adjustment', 'reversal', 'payout', 'settlement', 'payout_return', 'fee') OR conversion_id IS NOT NULL);
ALTER TABLE transfer ADD CONSTRAINT transfer_of_its_payout FOREIGN KEY (partner_id, payout_id, amount, currency)
    REFERENCES payout (partner_id, payout_id, amount, currency);
ALTER TABLE transfer ADD CONSTRAINT transfer_names_its_payout CHECK (
    (kind IN ('payout', 'settlement', 'payout_return')) = (payout_id IS NOT NULL));
CREATE UNIQUE INDEX transfer_payout_step_once ON transfer (partner_id, payout_id, kind) WHERE payout_id IS NOT NULL;
-- What may be allocated, for building runs.
CREATE INDEX transfer_payable ON transfer (partner_id, currency, effective_at) WHERE 'payable' IN (debit_kind, credit_kind);

-- A step moves the state and the money, in the same statement, whoever writes it.
CREATE FUNCTION apply_payout_events() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE payout p SET state = w.to_state, seq = w.seq
    FROM written w WHERE p.partner_id = w.partner_id AND p.payout_id = w.payout_id;
    INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, payout_id, effective_at, booked_at)
    SELECT p.programme_id, w.partner_id, step.kind, step.debit_kind, step.credit_kind, p.amount, p.currency, w.payout_id, w.at, w.booked_at
    FROM written w JOIN payout p USING (partner_id, payout_id)
    CROSS JOIN LATERAL (VALUES
        ('payout', 'payable', 'in_payout', w.from_state = ''),
        ('settlement', 'in_payout', 'paid', w.to_state = 'paid'),
        ('payout_return', 'paid', 'payable', w.from_state = 'paid' AND w.to_state = 'returned'),
        ('payout_return', 'in_payout', 'payable', w.from_state <> 'paid' AND w.to_state IN ('cancelled', 'failed', 'returned'))
    ) AS step (kind, debit_kind, credit_kind, moves)
    WHERE step.moves;
    UPDATE payout_allocation a SET live = false
    FROM written w WHERE a.partner_id = w.partner_id AND a.payout_id = w.payout_id
      AND w.to_state IN ('cancelled', 'failed', 'returned');
    RETURN NULL;
END
$$;
CREATE TRIGGER payout_event_applied AFTER INSERT ON payout_event
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION apply_payout_events();

-- Who let a run go. One release a run; not by who built it, where somebody else can.
CREATE TABLE payout_release (
    payout_run_id bigint PRIMARY KEY REFERENCES payout_run,
    -- owner: a person; command: the command line.
    by text NOT NULL,
    releaser_id bigint REFERENCES staff,
    builder_id bigint,
    sole_control boolean NOT NULL DEFAULT false,
    released_at timestamptz NOT NULL,
    CONSTRAINT payout_release_by_known CHECK (by IN ('owner', 'command') AND (by = 'owner') = (releaser_id IS NOT NULL)),
    CONSTRAINT payout_release_not_by_builder CHECK (releaser_id <> builder_id OR sole_control)
);
CREATE TRIGGER payout_release_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_release
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_payout_release() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    run payout_run%ROWTYPE;
BEGIN
    SELECT r.* INTO run FROM payout_run r WHERE r.payout_run_id = NEW.payout_run_id;
    IF NOT FOUND OR run.built_at IS NULL OR run.cancelled_at IS NOT NULL THEN
        RAISE EXCEPTION 'only a run that was built and not cancelled is released'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_release_of_a_built_run';
    END IF;
    IF run.builder_id IS DISTINCT FROM NEW.builder_id THEN
        RAISE EXCEPTION 'the release names another builder than the run'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_release_names_the_builder';
    END IF;
    IF NEW."by" = 'owner' AND NOT EXISTS (
            SELECT FROM staff s JOIN person p USING (person_id)
            WHERE s.person_id = NEW.releaser_id AND s.role = 'owner' AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'only an owner releases a run'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_release_by_an_owner';
    END IF;
    IF NEW.sole_control AND (NEW.releaser_id IS DISTINCT FROM NEW.builder_id OR EXISTS (
            SELECT FROM staff s JOIN person p USING (person_id)
            WHERE s.role = 'owner' AND s.person_id <> NEW.releaser_id AND s.disabled_at IS NULL AND p.disabled_at IS NULL)) THEN
        RAISE EXCEPTION 'another owner can release this run'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_release_sole_control_only_when_alone';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER payout_release_check BEFORE INSERT ON payout_release FOR EACH ROW EXECUTE FUNCTION check_payout_release();

-- A payout is approved by its run's release, and made to another state only by those who may.
CREATE FUNCTION check_payout_steps() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM written w JOIN payout p USING (partner_id, payout_id)
               WHERE w.to_state IN ('approved', 'submitted')
                 AND NOT EXISTS (SELECT FROM payout_release r WHERE r.payout_run_id = p.payout_run_id)) THEN
        RAISE EXCEPTION 'the run is not released' USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_event_of_a_released_run';
    END IF;
    IF EXISTS (SELECT FROM written w JOIN payout p USING (partner_id, payout_id) JOIN payout_run r USING (payout_run_id)
               WHERE r.cancelled_at IS NOT NULL AND w.to_state <> 'cancelled' AND w.from_state IN ('', 'scheduled', 'held', 'approved')) THEN
        RAISE EXCEPTION 'the run was cancelled' USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_event_of_a_standing_run';
    END IF;
    IF EXISTS (SELECT FROM written w WHERE w.from_state = 'submitted' AND w.to_state = 'approved'
                 AND (w.by_kind = 'bank' OR w.by_kind = 'staff' AND NOT EXISTS (
                      SELECT FROM staff s WHERE s.person_id = w.by_id AND s.role = 'owner' AND s.disabled_at IS NULL))) THEN
        RAISE EXCEPTION 'only an owner says that a file was never sent'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_event_never_sent_by_an_owner';
    END IF;
    RETURN NULL;
END
$$;
-- Triggers of one kind fire in the order of their names: this one after the state was applied.
CREATE TRIGGER payout_event_checked AFTER INSERT ON payout_event
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_payout_steps();

-- Who is not paid in a run, and why: one row a reason, the weightiest first.
CREATE TABLE payout_block (
    partner_id bigint NOT NULL,
    payout_run_id bigint NOT NULL,
    currency text NOT NULL,
    position integer NOT NULL,
    -- What would have been paid; below zero where the partner owes.
    payable numeric NOT NULL,
    reason text NOT NULL,
    -- How much is missing, owed or contested; NULL where the reason has no amount.
    amount numeric,
    until timestamptz,
    PRIMARY KEY (partner_id, payout_run_id, currency, position),
    CONSTRAINT payout_block_run FOREIGN KEY (payout_run_id) REFERENCES payout_run,
    CONSTRAINT payout_block_reason_known CHECK (reason IN ('owes', 'under_review', 'under_minimum', 'no_method',
        'method_cannot_pay', 'method_changed', 'contested', 'not_due'))
);
CREATE INDEX payout_block_by_run ON payout_block (payout_run_id, partner_id);
CREATE TRIGGER payout_block_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_block
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A run that comes later than promised, told to everybody in it.
CREATE TABLE payout_delay (
    payout_run_id bigint NOT NULL REFERENCES payout_run,
    payout_delay_id bigint GENERATED ALWAYS AS IDENTITY,
    new_pay_day date NOT NULL,
    -- What partners read.
    message text NOT NULL,
    told_by bigint NOT NULL REFERENCES staff,
    told_by_name text NOT NULL,
    told_at timestamptz NOT NULL,
    form_key uuid NOT NULL,
    PRIMARY KEY (payout_run_id, payout_delay_id),
    CONSTRAINT payout_delay_message_not_blank CHECK (btrim(message) <> '' AND length(message) <= 2000),
    CONSTRAINT payout_delay_form_once UNIQUE (form_key)
);
CREATE TRIGGER payout_delay_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_delay
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A file for the bank, as it was made: the same bytes for ever. Compressed, then sealed, in pieces, since it names accounts.
CREATE TABLE payout_file (
    programme_id bigint NOT NULL,
    payout_run_id bigint NOT NULL,
    payout_file_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    format text NOT NULL,
    currency text NOT NULL REFERENCES currency,
    -- Where one file can't hold them all, and where a file was never sent, there is a next one.
    part integer NOT NULL,
    -- How the bank names it in its answer.
    message_id text NOT NULL,
    file_name text NOT NULL,
    payments bigint NOT NULL,
    total numeric NOT NULL,
    bytes bigint NOT NULL,
    -- Of the file as it leaves the house.
    sha256 bytea NOT NULL,
    made_by bigint REFERENCES staff,
    made_at timestamptz NOT NULL,
    CONSTRAINT payout_file_run FOREIGN KEY (programme_id, payout_run_id) REFERENCES payout_run (programme_id, payout_run_id),
    CONSTRAINT payout_file_part_once UNIQUE (payout_run_id, format, currency, part),
    CONSTRAINT payout_file_message_once UNIQUE (message_id),
    CONSTRAINT payout_file_format_known CHECK (format IN ('pain.001', 'bank', 'paypal', 'wise')),
    CONSTRAINT payout_file_pays_someone CHECK (payments > 0 AND total > 0 AND total < 1e15 AND bytes > 0),
    CONSTRAINT payout_file_sha256 CHECK (length(sha256) = 32)
);
CREATE TRIGGER payout_file_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_file
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TABLE payout_file_piece (
    payout_file_id bigint NOT NULL,
    piece integer NOT NULL,
    key_id smallint NOT NULL REFERENCES secret_key,
    sealed bytea NOT NULL,
    PRIMARY KEY (payout_file_id, piece),
    -- Deferred: pieces are written while the file grows, and what it comes to is known at its end.
    CONSTRAINT payout_file_piece_file FOREIGN KEY (payout_file_id) REFERENCES payout_file DEFERRABLE INITIALLY DEFERRED
);
CREATE TRIGGER payout_file_piece_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_file_piece
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Which payouts a file names.
CREATE TABLE payout_in_file (
    partner_id bigint NOT NULL,
    payout_id bigint NOT NULL,
    payout_file_id bigint NOT NULL REFERENCES payout_file DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (partner_id, payout_id, payout_file_id),
    CONSTRAINT payout_in_file_payout FOREIGN KEY (partner_id, payout_id) REFERENCES payout (partner_id, payout_id)
);
CREATE INDEX payout_in_file_by_file ON payout_in_file (payout_file_id);
CREATE TRIGGER payout_in_file_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_in_file
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Partners see their own payouts and why they are not paid; not who in the house did what, nor the house's reasons.
GRANT SELECT ON payout_allocation, payout_block TO pd_partner;
GRANT SELECT (programme_id, partner_id, payout_id, payout_run_id, currency, amount, payout_method_id, pay_day, state, seq, live, created_at)
    ON payout TO pd_partner;
GRANT SELECT (partner_id, payout_id, seq, from_state, to_state, code, bank_reference, at) ON payout_event TO pd_partner;
GRANT SELECT (payout_run_id, payout_delay_id, new_pay_day, message, told_by_name, told_at) ON payout_delay TO pd_partner;
GRANT SELECT ON payer_account, payout_run, payout_transition, payout, payout_allocation, payout_event, payout_release, payout_block,
    payout_delay, payout_file, payout_file_piece, payout_in_file TO pd_staff, pd_system;
GRANT INSERT ON payout_run, payout_release, payout_event, payout_delay TO pd_staff;
GRANT INSERT ON payer_account, payout_run, payout, payout_allocation, payout_event, payout_release, payout_block, payout_delay,
    payout_file, payout_file_piece, payout_in_file TO pd_system;
GRANT UPDATE (cancelled_at, cancelled_by, cancel_reason) ON payout_run TO pd_staff;
GRANT UPDATE (built_through, built_at, cancelled_at, cancelled_by, cancel_reason) ON payout_run TO pd_system;
-- A file's number is in the file, so it is drawn before the row is written.
GRANT USAGE ON SEQUENCE payout_file_payout_file_id_seq TO pd_system;
-- To lock a partner's payable account, a right to update is asked; balances stay the trigger's.
CREATE FUNCTION lock_payable(partners bigint[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT FROM account a WHERE a.partner_id = ANY(partners) AND a.kind = 'payable'
    ORDER BY a.programme_id, a.holder_id, a.currency, a.kind FOR UPDATE
$$;
REVOKE EXECUTE ON FUNCTION lock_payable(bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lock_payable(bigint[]) TO pd_system;

DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['payout', 'payout_allocation', 'payout_event', 'payout_block'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO pd_partner USING (partner_id = current_partner())', name_ || '_own', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
    END LOOP;
    FOREACH name_ IN ARRAY ARRAY['payout', 'payout_allocation'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name_ || '_not_emptied', name_);
    END LOOP;
END
$$;
-- A delay is read by those whose payout it is about.
ALTER TABLE payout_delay ENABLE ROW LEVEL SECURITY;
CREATE POLICY payout_delay_own ON payout_delay FOR SELECT TO pd_partner
    USING (EXISTS (SELECT FROM payout p WHERE p.payout_run_id = payout_delay.payout_run_id AND p.partner_id = current_partner()));
CREATE POLICY payout_delay_house ON payout_delay TO pd_staff, pd_system USING (true) WITH CHECK (true);
-- Money of payouts moves by their events alone; staff take steps as themselves, and never say that a bank has paid.
CREATE POLICY transfer_by_system ON transfer AS RESTRICTIVE FOR INSERT TO pd_system
    WITH CHECK (kind NOT IN ('payout', 'settlement', 'payout_return'));
CREATE POLICY payout_event_by_staff ON payout_event AS RESTRICTIVE FOR INSERT TO pd_staff WITH CHECK (by_kind = 'staff');

RESET ROLE;
