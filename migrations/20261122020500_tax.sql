-- Tax: who a partner is, what a programme's policy makes of it, and what then leaves the house.
SET LOCAL ROLE pd_owner;

-- Who a partner is to the tax office; the newest version counts. Numbers are sealed, whoever's they are.
CREATE TABLE tax_profile (
    partner_id bigint NOT NULL REFERENCES partner,
    tax_profile_id bigint GENERATED ALWAYS AS IDENTITY,
    legal_name text NOT NULL,
    kind text NOT NULL,
    -- Structured: banks take no other from November 2026 on.
    street text NOT NULL,
    building text NOT NULL DEFAULT '',
    post_code text NOT NULL DEFAULT '',
    town text NOT NULL,
    -- ISO 3166-1 alpha-2.
    country text NOT NULL,
    tax_number bytea,
    tax_number_masked text,
    vat_registered boolean NOT NULL,
    vat_number bytea,
    vat_number_masked text,
    key_id smallint REFERENCES secret_key,
    -- Self-billing needs the supplier's agreement beforehand (Directive 2006/112/EC, article 224).
    agrees_self_billing boolean NOT NULL DEFAULT false,
    set_by text NOT NULL,
    recorded_by bigint REFERENCES person,
    recorded_at timestamptz NOT NULL,
    form_key uuid NOT NULL DEFAULT gen_random_uuid(),
    PRIMARY KEY (partner_id, tax_profile_id),
    CONSTRAINT tax_profile_form_once UNIQUE (partner_id, form_key),
    CONSTRAINT tax_profile_kind_known CHECK (kind IN ('person', 'company')),
    CONSTRAINT tax_profile_is_named CHECK (btrim(legal_name) <> '' AND length(legal_name) <= 140),
    CONSTRAINT tax_profile_address_whole CHECK (btrim(street) <> '' AND length(street) <= 70 AND length(building) <= 16
        AND length(post_code) <= 16 AND btrim(town) <> '' AND length(town) <= 35),
    CONSTRAINT tax_profile_country_shape CHECK (country ~ '^[A-Z]{2}$'),
    CONSTRAINT tax_profile_vat_number_if_registered CHECK (vat_registered = (vat_number IS NOT NULL)),
    CONSTRAINT tax_profile_sealed_whole CHECK ((tax_number IS NULL) = (tax_number_masked IS NULL)
        AND (vat_number IS NULL) = (vat_number_masked IS NULL) AND (key_id IS NULL) = (num_nonnulls(tax_number, vat_number) = 0)),
    CONSTRAINT tax_profile_has_nonce_and_tag CHECK (length(tax_number) BETWEEN 41 AND 256 AND length(vat_number) BETWEEN 41 AND 256),
    CONSTRAINT tax_profile_mask_hides CHECK (tax_number_masked ~ '[…•]' AND vat_number_masked ~ '[…•]'),
    CONSTRAINT tax_profile_set_by_known CHECK (set_by IN ('member', 'command') AND (set_by = 'member') = (recorded_by IS NOT NULL))
);
CREATE TRIGGER tax_profile_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tax_profile
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a programme asks and takes; of the versions that began, the newest counts.
CREATE TABLE tax_policy (
    programme_id bigint NOT NULL REFERENCES programme,
    tax_policy_id bigint GENERATED ALWAYS AS IDENTITY,
    valid_from timestamptz NOT NULL,
    -- The programme itself, as invoices name it.
    legal_name text NOT NULL,
    street text NOT NULL,
    building text NOT NULL DEFAULT '',
    post_code text NOT NULL DEFAULT '',
    town text NOT NULL,
    country text NOT NULL,
    tax_number text NOT NULL,
    -- none; self_billed: the programme writes the partner's invoice; own: the partner sends theirs.
    invoices text NOT NULL,
    -- Nothing is paid while an invoice of an earlier payout is missing or refused.
    waits_for_invoice boolean NOT NULL DEFAULT false,
    -- Nobody is paid without tax data.
    needs_profile boolean NOT NULL,
    -- Of registered partners of the programme's own country, in percent.
    vat_percent numeric NOT NULL DEFAULT 0,
    -- Of persons of the programme's own country, and of partners elsewhere who gave no tax number.
    withhold_domestic numeric NOT NULL DEFAULT 0,
    withhold_foreign numeric NOT NULL DEFAULT 0,
    -- What a payout costs its partner by the way it is paid, in the programme's currency; in others nothing is taken.
    fee_iban numeric NOT NULL DEFAULT 0,
    fee_sort_code numeric NOT NULL DEFAULT 0,
    fee_paypal numeric NOT NULL DEFAULT 0,
    fee_wise numeric NOT NULL DEFAULT 0,
    -- NULL: the command line.
    set_by bigint REFERENCES staff,
    set_at timestamptz NOT NULL,
    form_key uuid NOT NULL DEFAULT gen_random_uuid(),
    PRIMARY KEY (programme_id, tax_policy_id),
    CONSTRAINT tax_policy_form_once UNIQUE (form_key),
    CONSTRAINT tax_policy_is_named CHECK (btrim(legal_name) <> '' AND length(legal_name) <= 140
        AND btrim(tax_number) <> '' AND length(tax_number) <= 40),
    CONSTRAINT tax_policy_address_whole CHECK (btrim(street) <> '' AND length(street) <= 70 AND length(building) <= 16
        AND length(post_code) <= 16 AND btrim(town) <> '' AND length(town) <= 35),
    CONSTRAINT tax_policy_country_shape CHECK (country ~ '^[A-Z]{2}$'),
    CONSTRAINT tax_policy_invoices_known CHECK (invoices IN ('none', 'self_billed', 'own')),
    CONSTRAINT tax_policy_waits_for_own_invoices CHECK (invoices = 'own' OR NOT waits_for_invoice),
    CONSTRAINT tax_policy_percents_fit CHECK (vat_percent BETWEEN 0 AND 100 AND withhold_domestic BETWEEN 0 AND 100
        AND withhold_foreign BETWEEN 0 AND 100 AND vat_percent = round(vat_percent, 4)
        AND withhold_domestic = round(withhold_domestic, 4) AND withhold_foreign = round(withhold_foreign, 4)),
    CONSTRAINT tax_policy_fees_fit CHECK (least(fee_iban, fee_sort_code, fee_paypal, fee_wise) >= 0
        AND greatest(fee_iban, fee_sort_code, fee_paypal, fee_wise) < 1e6),
    -- Who has to be known before anything follows from it.
    CONSTRAINT tax_policy_knows_its_partners CHECK (needs_profile
        OR (invoices = 'none' AND vat_percent = 0 AND withhold_domestic = 0 AND withhold_foreign = 0))
);
CREATE TRIGGER tax_policy_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tax_policy
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_tax_policy() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    units integer;
BEGIN
    SELECT minor_units(g.currency) INTO units FROM programme g WHERE g.programme_id = NEW.programme_id;
    IF EXISTS (SELECT FROM unnest(ARRAY[NEW.fee_iban, NEW.fee_sort_code, NEW.fee_paypal, NEW.fee_wise]) fee WHERE fee <> round(fee, units)) THEN
        RAISE EXCEPTION 'a fee is in whole units of the programme''s currency'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tax_policy_fees_fit';
    END IF;
    IF NEW.set_by IS NOT NULL AND NOT EXISTS (
            SELECT FROM staff s WHERE s.person_id = NEW.set_by AND s.role = 'owner' AND s.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'only an owner sets the tax policy'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tax_policy_by_an_owner';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER tax_policy_check BEFORE INSERT ON tax_policy FOR EACH ROW EXECUTE FUNCTION check_tax_policy();

-- The version that counts at a moment.
CREATE FUNCTION tax_policy_at(programme bigint, at timestamptz) RETURNS SETOF tax_policy
LANGUAGE sql STABLE AS $$
    SELECT t.* FROM tax_policy t WHERE t.programme_id = $1 AND t.valid_from <= $2
    ORDER BY t.valid_from DESC, t.tax_policy_id DESC LIMIT 1
$$;

-- Member states of the European Union (Treaty on European Union, article 52), by ISO 3166.
CREATE FUNCTION is_eu(country text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT country IN ('AT', 'BE', 'BG', 'CY', 'CZ', 'DE', 'DK', 'EE', 'ES', 'FI', 'FR', 'GR', 'HR', 'HU', 'IE', 'IT', 'LT', 'LU', 'LV',
        'MT', 'NL', 'PL', 'PT', 'RO', 'SE', 'SI', 'SK')
$$;
-- How a partner's service is taxed: services between businesses belong where the customer is (Directive 2006/112/EC,
-- article 44), who then owes the tax where both are in the Union (article 196).
CREATE FUNCTION vat_treatment(home text, country text, registered boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN country IS NULL OR (country = home AND NOT registered) THEN 'none'
        WHEN country = home THEN 'domestic'
        WHEN registered AND is_eu(home) AND is_eu(country) THEN 'reverse_charge'
        ELSE 'outside_scope'
    END
$$;

-- What a payout comes to: what is allocated to it, with VAT, less what is withheld and what sending it costs.
ALTER TABLE payout
    ADD COLUMN tax_policy_id bigint,
    ADD COLUMN tax_profile_id bigint,
    ADD COLUMN vat_treatment text NOT NULL DEFAULT 'none',
    ADD COLUMN vat_percent numeric NOT NULL DEFAULT 0,
    ADD COLUMN withheld_percent numeric NOT NULL DEFAULT 0,
    ADD COLUMN vat numeric NOT NULL DEFAULT 0,
    ADD COLUMN withheld numeric NOT NULL DEFAULT 0,
    ADD COLUMN fee numeric NOT NULL DEFAULT 0,
    ADD COLUMN total numeric GENERATED ALWAYS AS (amount + vat - withheld - fee) STORED,
    ADD CONSTRAINT payout_tax_policy FOREIGN KEY (programme_id, tax_policy_id) REFERENCES tax_policy (programme_id, tax_policy_id),
    ADD CONSTRAINT payout_tax_profile FOREIGN KEY (partner_id, tax_profile_id) REFERENCES tax_profile (partner_id, tax_profile_id),
    ADD CONSTRAINT payout_vat_by_its_percent CHECK (vat = round(amount * vat_percent / 100, minor_units(currency))),
    ADD CONSTRAINT payout_withheld_by_its_percent CHECK (withheld = round(amount * withheld_percent / 100, minor_units(currency))),
    ADD CONSTRAINT payout_fee_fits CHECK (fee >= 0 AND fee = round(fee, minor_units(currency))),
    ADD CONSTRAINT payout_total_positive CHECK (total > 0 AND total < 1e15);
CREATE TRIGGER payout_tax_append_only BEFORE UPDATE OF tax_policy_id, tax_profile_id, vat_treatment, vat_percent, withheld_percent, vat,
    withheld, fee ON payout FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A payout goes by the policy and the tax data of its moment, worked out from nothing once more.
CREATE FUNCTION check_payout_tax() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT w.programme_id, w.created_at FROM written w) moment
               LEFT JOIN LATERAL tax_policy_at(moment.programme_id, moment.created_at) policy ON true
               JOIN written w ON w.programme_id = moment.programme_id AND w.created_at = moment.created_at
               WHERE w.tax_policy_id IS DISTINCT FROM policy.tax_policy_id) THEN
        RAISE EXCEPTION 'a payout goes by the tax policy of its moment'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_by_the_policy_in_force';
    END IF;
    IF EXISTS (SELECT FROM written w
               WHERE w.tax_profile_id IS DISTINCT FROM CASE WHEN w.tax_policy_id IS NOT NULL THEN
                   (SELECT max(f.tax_profile_id) FROM tax_profile f WHERE f.partner_id = w.partner_id AND f.recorded_at <= w.created_at) END) THEN
        RAISE EXCEPTION 'a payout goes by its partner''s newest tax data'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_by_the_newest_tax_profile';
    END IF;
    IF EXISTS (SELECT FROM written w JOIN tax_policy t USING (programme_id, tax_policy_id)
               LEFT JOIN tax_profile f ON f.partner_id = w.partner_id AND f.tax_profile_id = w.tax_profile_id
               WHERE t.needs_profile AND (f.tax_profile_id IS NULL
                  OR (t.invoices = 'self_billed' AND NOT f.agrees_self_billing) OR (f.country = t.country AND f.tax_number IS NULL))) THEN
        RAISE EXCEPTION 'the partner''s tax data is missing'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_has_its_tax_profile';
    END IF;
    IF EXISTS (SELECT FROM written w
               LEFT JOIN tax_policy t USING (programme_id, tax_policy_id)
               LEFT JOIN tax_profile f ON f.partner_id = w.partner_id AND f.tax_profile_id = w.tax_profile_id
               CROSS JOIN LATERAL (SELECT vat_treatment(t.country, f.country, f.vat_registered) AS vat) due
               WHERE w.vat_treatment <> due.vat
                  OR w.vat_percent <> CASE due.vat WHEN 'domestic' THEN t.vat_percent ELSE 0 END
                  OR w.withheld_percent <> CASE
                      WHEN f.country = t.country AND f.kind = 'person' THEN t.withhold_domestic
                      WHEN f.country <> t.country AND f.tax_number IS NULL THEN t.withhold_foreign
                      ELSE 0 END) THEN
        RAISE EXCEPTION 'a payout is taxed as its policy says'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_taxed_as_its_policy_says';
    END IF;
    IF EXISTS (SELECT FROM written w
               JOIN programme g USING (programme_id)
               JOIN payout_method m USING (partner_id, payout_method_id)
               LEFT JOIN tax_policy t USING (programme_id, tax_policy_id)
               WHERE w.fee <> CASE WHEN t.tax_policy_id IS NULL OR w.currency <> g.currency THEN 0 ELSE
                   CASE m.kind WHEN 'iban' THEN t.fee_iban WHEN 'sort_code' THEN t.fee_sort_code WHEN 'paypal' THEN t.fee_paypal ELSE t.fee_wise END
                   END) THEN
        RAISE EXCEPTION 'a payout costs what its policy says'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_fee_as_its_policy_says';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER payout_taxed AFTER INSERT ON payout
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_payout_tax();

-- What the bank says it paid is what left the house.
ALTER TABLE payout_event DROP CONSTRAINT payout_event_amount_is_the_payouts;
ALTER TABLE transfer DROP CONSTRAINT transfer_of_its_payout;
ALTER TABLE payout DROP CONSTRAINT payout_with_amount,
    ADD CONSTRAINT payout_with_total UNIQUE (partner_id, payout_id, total, currency);
ALTER TABLE payout_event ADD CONSTRAINT payout_event_amount_is_the_payouts FOREIGN KEY (partner_id, payout_id, amount, currency)
    REFERENCES payout (partner_id, payout_id, total, currency);
ALTER TABLE transfer ADD CONSTRAINT transfer_of_its_payout FOREIGN KEY (partner_id, payout_id) REFERENCES payout (partner_id, payout_id);

-- What is known stays known; these join it.
DO $$
DECLARE
    one record;
    known text;
BEGIN
    FOR one IN SELECT * FROM (VALUES
        ('account', 'account_kind_known', $check$kind IN ('input_vat', 'tax_withheld')$check$, 'holder_id = 0'),
        ('transfer', 'transfer_route_known',
            $check$kind IN ('vat', 'vat_return', 'withholding', 'withholding_return', 'payout_fee', 'payout_fee_return', 'settlement_return')$check$,
            $check$(kind, debit_kind, credit_kind) IN (
                -- What the programme owes the partner as VAT and gets back from the tax office.
                ('vat', 'input_vat', 'in_payout'), ('vat_return', 'in_payout', 'input_vat'),
                -- What it keeps for the tax office, and what sending the money costs its partner.
                ('withholding', 'in_payout', 'tax_withheld'), ('withholding_return', 'tax_withheld', 'in_payout'),
                ('payout_fee', 'in_payout', 'fees'), ('payout_fee_return', 'fees', 'in_payout'),
                -- Paid and returned: back into the payout, so that these go back as they came.
                ('settlement_return', 'paid', 'in_payout'))$check$),
        ('transfer', 'transfer_about_a_conversion',
            $check$kind IN ('vat', 'vat_return', 'withholding', 'withholding_return', 'payout_fee', 'payout_fee_return', 'settlement_return')$check$,
            'conversion_id IS NULL'),
        ('transfer', 'transfer_names_its_payout',
            $check$kind IN ('vat', 'vat_return', 'withholding', 'withholding_return', 'payout_fee', 'payout_fee_return', 'settlement_return')$check$,
            'payout_id IS NOT NULL'),
        ('payout_block', 'payout_block_reason_known', $check$reason IN ('tax_form_missing', 'invoice_missing', 'nothing_left')$check$, 'true')
    ) AS checks (in_table, name, mine, rule) LOOP
        SELECT pg_get_expr(c.conbin, c.conrelid) INTO STRICT known FROM pg_constraint c
        WHERE c.conrelid = one.in_table::regclass AND c.conname = one.name;
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', one.in_table, one.name);
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I CHECK (CASE WHEN %s THEN %s ELSE %s END)', one.in_table, one.name, one.mine, one.rule, known);
    END LOOP;
END
$$;

-- Each transfer of a payout moves what the payout says; one sweep over what was written, as an amount in a key would be
-- asked of every transfer there is.
CREATE FUNCTION check_payout_transfers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Most transfers are of no payout: for them, no payout is looked at.
    IF NOT EXISTS (SELECT FROM written w WHERE w.payout_id IS NOT NULL) THEN
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT FROM written w JOIN payout p USING (partner_id, payout_id)
               WHERE w.payout_id IS NOT NULL AND (w.programme_id <> p.programme_id OR w.currency <> p.currency OR w.amount <> CASE
                   WHEN w.kind IN ('settlement', 'settlement_return') THEN p.total
                   WHEN w.kind IN ('vat', 'vat_return') THEN p.vat
                   WHEN w.kind IN ('withholding', 'withholding_return') THEN p.withheld
                   WHEN w.kind IN ('payout_fee', 'payout_fee_return') THEN p.fee
                   ELSE p.amount END)) THEN
        RAISE EXCEPTION 'a transfer of a payout moves what the payout says'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'transfer_of_its_payout';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER transfer_of_its_payout AFTER INSERT ON transfer
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_payout_transfers();

-- As before; VAT, withholding and fee come in with the payout's money and go back as they came.
CREATE OR REPLACE FUNCTION apply_payout_events() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE payout p SET state = w.to_state, seq = w.seq
    FROM written w WHERE p.partner_id = w.partner_id AND p.payout_id = w.payout_id;
    INSERT INTO account (programme_id, holder_id, currency, kind)
    SELECT DISTINCT p.programme_id, 0, p.currency, kind
    FROM written w JOIN payout p USING (partner_id, payout_id) CROSS JOIN unnest(ARRAY['input_vat', 'tax_withheld', 'fees']) AS kind
    WHERE w.from_state = '' AND (p.vat > 0 OR p.withheld > 0 OR p.fee > 0)
    ON CONFLICT DO NOTHING;
    WITH step AS (
        SELECT p.programme_id, w.partner_id, step.kind, step.debit_kind, step.credit_kind, step.amount, p.currency, w.payout_id, w.at, w.booked_at
        FROM written w JOIN payout p USING (partner_id, payout_id)
        CROSS JOIN LATERAL (
            SELECT w.to_state IN ('cancelled', 'failed', 'returned') AS ends, w.from_state = 'paid' AS was_paid,
                   p.vat > 0 OR p.withheld > 0 OR p.fee > 0 AS taxed) s
        CROSS JOIN LATERAL (VALUES
            ('payout', 'payable', 'in_payout', p.amount, w.from_state = ''),
            ('vat', 'input_vat', 'in_payout', p.vat, w.from_state = ''),
            ('withholding', 'in_payout', 'tax_withheld', p.withheld, w.from_state = ''),
            ('payout_fee', 'in_payout', 'fees', p.fee, w.from_state = ''),
            ('settlement', 'in_payout', 'paid', p.total, w.to_state = 'paid'),
            ('settlement_return', 'paid', 'in_payout', p.total, s.ends AND s.was_paid AND s.taxed),
            ('vat_return', 'in_payout', 'input_vat', p.vat, s.ends),
            ('withholding_return', 'tax_withheld', 'in_payout', p.withheld, s.ends),
            ('payout_fee_return', 'fees', 'in_payout', p.fee, s.ends),
            ('payout_return', 'in_payout', 'payable', p.amount, s.ends AND (s.taxed OR NOT s.was_paid)),
            ('payout_return', 'paid', 'payable', p.amount, s.ends AND s.was_paid AND NOT s.taxed)
        ) AS step (kind, debit_kind, credit_kind, amount, moves)
        WHERE step.moves AND step.amount > 0
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

-- Who looked at a whole tax number is written where looks at whole accounts are, and counted with them.
ALTER TABLE payout_method_reveal ALTER COLUMN payout_method_id DROP NOT NULL,
    ADD COLUMN tax_profile_id bigint,
    ADD CONSTRAINT payout_method_reveal_of_tax_profile FOREIGN KEY (partner_id, tax_profile_id)
        REFERENCES tax_profile (partner_id, tax_profile_id),
    ADD CONSTRAINT payout_method_reveal_of_one_thing CHECK (num_nonnulls(payout_method_id, tax_profile_id) = 1);
GRANT INSERT (tax_profile_id) ON payout_method_reveal TO pd_staff;
-- The only way of staff to the numbers: to whom they were revealed within two minutes, with a row that says why.
CREATE FUNCTION reveal_tax_profile(partner bigint, profile bigint, person bigint)
RETURNS TABLE (tax_number bytea, vat_number bytea, key_id smallint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT f.tax_number, f.vat_number, f.key_id FROM tax_profile f
    WHERE f.partner_id = $1 AND f.tax_profile_id = $2
      AND EXISTS (SELECT FROM payout_method_reveal r JOIN staff s USING (person_id)
                  WHERE r.partner_id = $1 AND r.tax_profile_id = $2 AND r.person_id = $3
                    AND r.written_at > clock_timestamp() - interval '2 minutes'
                    AND s.disabled_at IS NULL AND s.role <> 'auditor')
$$;
REVOKE EXECUTE ON FUNCTION reveal_tax_profile(bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reveal_tax_profile(bigint, bigint, bigint) TO pd_staff;

-- Partners write their numbers and never read them again; staff see the mask.
GRANT SELECT (partner_id, tax_profile_id, legal_name, kind, street, building, post_code, town, country, tax_number_masked, vat_registered,
        vat_number_masked, agrees_self_billing, set_by, recorded_by, recorded_at, form_key) ON tax_profile TO pd_partner, pd_staff;
GRANT INSERT (partner_id, legal_name, kind, street, building, post_code, town, country, tax_number, tax_number_masked, vat_registered,
        vat_number, vat_number_masked, key_id, agrees_self_billing, set_by, recorded_by, recorded_at, form_key) ON tax_profile TO pd_partner;
GRANT SELECT, INSERT ON tax_profile TO pd_system;
ALTER TABLE tax_profile ENABLE ROW LEVEL SECURITY;
CREATE POLICY tax_profile_own ON tax_profile TO pd_partner USING (partner_id = current_partner()) WITH CHECK (partner_id = current_partner());
CREATE POLICY tax_profile_house ON tax_profile TO pd_staff, pd_system USING (true) WITH CHECK (true);
CREATE POLICY tax_profile_by_member ON tax_profile AS RESTRICTIVE FOR INSERT TO pd_partner WITH CHECK (set_by = 'member');
CREATE POLICY tax_profile_by_command ON tax_profile AS RESTRICTIVE FOR INSERT TO pd_system WITH CHECK (set_by = 'command');
-- Partners read what holds for them, not which person of the house set it.
GRANT SELECT (programme_id, tax_policy_id, valid_from, legal_name, street, building, post_code, town, country, tax_number, invoices,
        waits_for_invoice, needs_profile, vat_percent, withhold_domestic, withhold_foreign, fee_iban, fee_sort_code, fee_paypal, fee_wise)
    ON tax_policy TO pd_partner;
GRANT SELECT, INSERT ON tax_policy TO pd_staff, pd_system;
ALTER TABLE tax_policy ENABLE ROW LEVEL SECURITY;
CREATE POLICY tax_policy_own ON tax_policy FOR SELECT TO pd_partner USING (programme_id = (SELECT current_programme()));
CREATE POLICY tax_policy_house ON tax_policy TO pd_staff, pd_system USING (true) WITH CHECK (true);
CREATE POLICY tax_policy_by_staff ON tax_policy AS RESTRICTIVE FOR INSERT TO pd_staff WITH CHECK (set_by IS NOT NULL);
GRANT SELECT (tax_policy_id, tax_profile_id, vat_treatment, vat_percent, withheld_percent, vat, withheld, fee, total) ON payout TO pd_partner;
-- These move by the steps of payouts alone.
CREATE POLICY transfer_of_tax ON transfer AS RESTRICTIVE FOR INSERT TO pd_system WITH CHECK (
    kind NOT IN ('vat', 'vat_return', 'withholding', 'withholding_return', 'payout_fee', 'payout_fee_return', 'settlement_return'));

RESET ROLE;
