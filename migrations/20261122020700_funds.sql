-- Funds: what was put on the programme's payout account, and what the bank takes for its work. No partner's accounts.
SET LOCAL ROLE pd_owner;

CREATE TABLE house_transfer (
    programme_id bigint NOT NULL REFERENCES programme,
    -- One series of numbers with the partners' transfers.
    transfer_id bigint NOT NULL DEFAULT nextval('transfer_transfer_id_seq'),
    kind text NOT NULL,
    debit_kind text NOT NULL,
    credit_kind text NOT NULL,
    amount numeric NOT NULL,
    currency text NOT NULL REFERENCES currency,
    note text NOT NULL DEFAULT '',
    -- staff or command.
    by_kind text NOT NULL,
    by_id bigint REFERENCES staff,
    effective_at timestamptz NOT NULL,
    booked_at timestamptz NOT NULL,
    form_key uuid NOT NULL,
    PRIMARY KEY (programme_id, transfer_id),
    CONSTRAINT house_transfer_route_known CHECK ((kind, debit_kind, credit_kind) IN (
        ('funding', 'cash', 'funding'), ('funding_return', 'funding', 'cash'),
        ('bank_fee', 'fees', 'cash'), ('bank_fee_return', 'cash', 'fees'))),
    CONSTRAINT house_transfer_amount_positive CHECK (amount > 0 AND amount < 1e15),
    CONSTRAINT house_transfer_amount_in_minor_units CHECK (amount = round(amount, minor_units(currency))),
    CONSTRAINT house_transfer_by_known CHECK (by_kind IN ('staff', 'command') AND (by_kind = 'staff') = (by_id IS NOT NULL)),
    CONSTRAINT house_transfer_note_short CHECK (length(note) <= 500),
    CONSTRAINT house_transfer_form_once UNIQUE (form_key)
);
CREATE INDEX house_transfer_by_currency ON house_transfer (programme_id, currency, effective_at);
CREATE TRIGGER house_transfer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON house_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER house_transfer_in_an_open_month AFTER INSERT ON house_transfer
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_open_month();
CREATE FUNCTION check_house_transfer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.by_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM staff s JOIN person p USING (person_id)
            WHERE s.person_id = NEW.by_id AND s.role IN ('finance', 'owner') AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'only finance and owners book funds'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'house_transfer_by_finance';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER house_transfer_check BEFORE INSERT ON house_transfer FOR EACH ROW EXECUTE FUNCTION check_house_transfer();

-- Every booking there is, for the books.
CREATE VIEW booking WITH (security_invoker = true) AS
SELECT programme_id, partner_id, transfer_id, kind, debit_kind, credit_kind, debit_holder, credit_holder, amount, currency, conversion_id,
       event_id, payout_id, reverses, effective_at, booked_at, NULL::text AS note
FROM transfer
UNION ALL
SELECT programme_id, NULL, transfer_id, kind, debit_kind, credit_kind, 0, 0, amount, currency, NULL, NULL, NULL, NULL, effective_at, booked_at, note
FROM house_transfer;

-- What lies on the payout account and is not on its way to anybody; NULL where the house does not keep its funds here.
CREATE FUNCTION funds_left(programme bigint, currency text) RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT (SELECT sum(CASE h.debit_kind WHEN 'cash' THEN h.amount ELSE -h.amount END) FROM house_transfer h
            WHERE h.programme_id = $1 AND h.currency = $2)
         - coalesce((SELECT sum(a.balance) FROM account a WHERE a.programme_id = $1 AND a.currency = $2 AND a.kind = 'paid'), 0)
         - coalesce((SELECT sum(p.total) FROM payout p
                     WHERE p.programme_id = $1 AND p.currency = $2 AND p.state IN ('submitted', 'unknown')), 0)
    WHERE EXISTS (SELECT FROM house_transfer h WHERE h.programme_id = $1 AND h.currency = $2)
$$;
-- Whether released payouts wait for funds; partners may ask that, not how much there is.
CREATE FUNCTION funds_short(programme bigint, currency text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(funds_left($1, $2) < (SELECT sum(p.total) FROM payout p
                                          WHERE p.programme_id = $1 AND p.currency = $2 AND p.state = 'approved'), false)
$$;
CREATE INDEX payout_on_its_way ON payout (programme_id, currency, state) INCLUDE (total) WHERE state IN ('approved', 'submitted', 'unknown');
CREATE INDEX account_paid ON account (programme_id, currency) INCLUDE (balance) WHERE kind = 'paid';

REVOKE EXECUTE ON FUNCTION funds_left(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION funds_left(bigint, text) TO pd_staff, pd_system;
GRANT SELECT, INSERT ON house_transfer TO pd_staff, pd_system;
GRANT USAGE ON SEQUENCE transfer_transfer_id_seq TO pd_staff, pd_system;
GRANT SELECT ON booking TO pd_staff, pd_system;

RESET ROLE;
