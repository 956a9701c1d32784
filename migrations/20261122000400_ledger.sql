-- The ledger: a transfer takes one amount from one account to another, so it can't be out of balance.
SET LOCAL ROLE pd_owner;

CREATE FUNCTION is_partner_account(kind text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT kind IN ('pending', 'payable', 'ring_fenced', 'in_payout', 'paid')
$$;

CREATE TABLE account (
    programme_id bigint NOT NULL REFERENCES programme,
    -- The partner, or 0 for the programme itself.
    holder_id bigint NOT NULL,
    currency text NOT NULL REFERENCES currency,
    kind text NOT NULL,
    partner_id bigint GENERATED ALWAYS AS (nullif(holder_id, 0)) STORED,
    -- Credits less debits. Kept for partners; a programme's accounts are summed, as one hot row would hold up all bookings.
    balance numeric NOT NULL DEFAULT 0,
    PRIMARY KEY (programme_id, holder_id, currency, kind),
    CONSTRAINT account_partner FOREIGN KEY (programme_id, partner_id) REFERENCES partner (programme_id, partner_id),
    CONSTRAINT account_kind_known CHECK (
        CASE WHEN holder_id = 0 THEN kind IN ('commission_cost', 'adjustment_cost', 'bonus_cost', 'fees', 'cash')
             ELSE is_partner_account(kind) END),
    CONSTRAINT account_only_payable_below_zero CHECK (balance >= 0 OR kind = 'payable'),
    CONSTRAINT account_programme_sum_not_kept CHECK (holder_id <> 0 OR balance = 0)
);
-- Balances come from transfers alone, from the first one on.
CREATE FUNCTION refuse_opening_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an account opens empty' USING ERRCODE = 'check_violation', CONSTRAINT = 'account_opens_empty';
END
$$;
CREATE TRIGGER account_opens_empty BEFORE INSERT ON account
    FOR EACH ROW WHEN (NEW.holder_id <> 0 AND NEW.balance <> 0) EXECUTE FUNCTION refuse_opening_balance();
CREATE INDEX account_by_partner ON account (partner_id) WHERE partner_id IS NOT NULL;

CREATE TABLE transfer (
    programme_id bigint NOT NULL,
    partner_id bigint NOT NULL,
    transfer_id bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    debit_kind text NOT NULL,
    credit_kind text NOT NULL,
    amount numeric NOT NULL,
    currency text NOT NULL,
    debit_holder bigint GENERATED ALWAYS AS (CASE WHEN is_partner_account(debit_kind) THEN partner_id ELSE 0 END) STORED,
    credit_holder bigint GENERATED ALWAYS AS (CASE WHEN is_partner_account(credit_kind) THEN partner_id ELSE 0 END) STORED,
    -- The conversion it is about, and the event that caused it; NULL where there is none.
    conversion_id bigint,
    event_id text,
    reverses bigint,
    -- When it counts, and when it was written.
    effective_at timestamptz NOT NULL,
    booked_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, transfer_id),
    -- With an upper end, for NaN and infinity are above every number.
    CONSTRAINT transfer_amount_positive CHECK (amount > 0 AND amount < 1e15),
    CONSTRAINT transfer_amount_in_minor_units CHECK (amount = round(amount, minor_units(currency))),
    CONSTRAINT transfer_between_two_accounts CHECK (debit_kind <> credit_kind),
    CONSTRAINT transfer_route_known CHECK ((kind, debit_kind, credit_kind) IN (
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
        -- Into a payout, to the bank, and back where the bank refuses.
        ('payout', 'payable', 'in_payout'),
        ('settlement', 'in_payout', 'paid'),
        ('payout_return', 'in_payout', 'payable'))),
    CONSTRAINT transfer_debit_account FOREIGN KEY (programme_id, debit_holder, currency, debit_kind)
        REFERENCES account (programme_id, holder_id, currency, kind),
    CONSTRAINT transfer_credit_account FOREIGN KEY (programme_id, credit_holder, currency, credit_kind)
        REFERENCES account (programme_id, holder_id, currency, kind),
    CONSTRAINT transfer_about_a_conversion CHECK (
        kind IN ('adjustment', 'reversal', 'payout', 'settlement', 'payout_return') OR conversion_id IS NOT NULL),
    CONSTRAINT transfer_cites_its_event CHECK (kind NOT IN ('refund', 'rejection', 'release_correction') OR event_id IS NOT NULL),
    CONSTRAINT transfer_reversal_names_its_target CHECK ((kind = 'reversal') = (reverses IS NOT NULL)),
    CONSTRAINT transfer_mirrors FOREIGN KEY (partner_id, reverses, amount, currency)
        REFERENCES transfer (partner_id, transfer_id, amount, currency),
    CONSTRAINT transfer_with_amount UNIQUE (partner_id, transfer_id, amount, currency)
);
-- A conversion accrues once, is released once, and each event takes back once.
CREATE UNIQUE INDEX transfer_once ON transfer (partner_id, conversion_id, kind,
        (CASE WHEN kind IN ('refund', 'rejection', 'release_correction') THEN event_id END)) NULLS NOT DISTINCT
    WHERE kind IN ('accrual', 'refund', 'rejection', 'release', 'release_correction');
CREATE UNIQUE INDEX transfer_reversed_once ON transfer (partner_id, reverses) WHERE reverses IS NOT NULL;
-- What decisions credited for a conversion; few, so that a page finds them without reading the partner's whole ledger.
CREATE INDEX transfer_decided_by_conversion ON transfer (partner_id, conversion_id)
    WHERE conversion_id IS NOT NULL AND kind IN ('adjustment', 'reversal');

CREATE TRIGGER transfer_append_only BEFORE UPDATE OR DELETE ON transfer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A reversal is the exact mirror of an adjustment: its key already carries amount and currency, this adds the kind.
CREATE FUNCTION check_reversal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM transfer t WHERE t.partner_id = NEW.partner_id AND t.transfer_id = NEW.reverses
                   AND t.kind = 'adjustment' AND t.debit_kind = NEW.credit_kind AND t.credit_kind = NEW.debit_kind) THEN
        RAISE EXCEPTION 'a reversal mirrors one adjustment'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_reversal_mirrors_an_adjustment';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER transfer_check_reversal BEFORE INSERT ON transfer
    FOR EACH ROW WHEN (NEW.kind = 'reversal') EXECUTE FUNCTION check_reversal();

-- Balances follow transfers, whoever writes them: one statement, one update per partner account, locked in key order.
CREATE FUNCTION keep_balances() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    WITH movement AS (
        SELECT programme_id, holder_id, currency, kind, sum(amount) AS amount
        FROM (
            SELECT programme_id, credit_holder AS holder_id, currency, credit_kind AS kind, amount FROM written
            UNION ALL
            SELECT programme_id, debit_holder, currency, debit_kind, -amount FROM written
        ) legs
        WHERE holder_id <> 0
        GROUP BY programme_id, holder_id, currency, kind
    ), locked AS MATERIALIZED (
        SELECT a.programme_id, a.holder_id, a.currency, a.kind, m.amount
        FROM account a JOIN movement m USING (programme_id, holder_id, currency, kind)
        ORDER BY a.programme_id, a.holder_id, a.currency, a.kind
        FOR UPDATE OF a
    )
    UPDATE account a SET balance = a.balance + l.amount
    FROM locked l
    WHERE a.programme_id = l.programme_id AND a.holder_id = l.holder_id
      AND a.currency = l.currency AND a.kind = l.kind AND l.amount <> 0;
    RETURN NULL;
END
$$;
CREATE TRIGGER transfer_keep_balances AFTER INSERT ON transfer
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION keep_balances();

-- Opens what is missing of a partner's and the programme's accounts in a currency.
CREATE FUNCTION open_accounts(programme_id bigint, partner_id bigint, currency text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO account (programme_id, holder_id, currency, kind)
    SELECT $1, $2, $3, kind FROM unnest(ARRAY['pending', 'payable', 'ring_fenced', 'in_payout', 'paid']) AS kind
    UNION ALL
    SELECT $1, 0, $3, kind FROM unnest(ARRAY['commission_cost', 'adjustment_cost', 'bonus_cost', 'fees', 'cash']) AS kind
    ON CONFLICT DO NOTHING
$$;

RESET ROLE;
