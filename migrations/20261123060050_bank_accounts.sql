-- Bank accounts in other currencies than euro and sterling.
SET LOCAL ROLE pd_owner;

ALTER TABLE payout_method DROP CONSTRAINT payout_method_kind_known;
ALTER TABLE payout_method ADD CONSTRAINT payout_method_kind_known CHECK (kind IN ('iban', 'sort_code', 'bank_account', 'paypal', 'wise'));

-- By bank, a payout costs the same whether its account is named by IBAN or otherwise.
CREATE OR REPLACE FUNCTION check_payout_tax() RETURNS trigger
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
                   CASE m.kind WHEN 'iban' THEN t.fee_iban WHEN 'bank_account' THEN t.fee_iban WHEN 'sort_code' THEN t.fee_sort_code WHEN 'paypal' THEN t.fee_paypal ELSE t.fee_wise END
                   END) THEN
        RAISE EXCEPTION 'a payout costs what its policy says'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_fee_as_its_policy_says';
    END IF;
    RETURN NULL;
END
$$;

RESET ROLE;
