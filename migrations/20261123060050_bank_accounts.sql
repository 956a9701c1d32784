-- Bank accounts in other currencies than euro and sterling.
SET LOCAL ROLE pd_owner;

ALTER TABLE payout_method DROP CONSTRAINT payout_method_kind_known;
ALTER TABLE payout_method ADD CONSTRAINT payout_method_kind_known CHECK (kind IN ('iban', 'sort_code', 'bank_account', 'paypal', 'wise'));

-- By bank, a payout costs the same whether its account is named by IBAN or otherwise.
DO $$
DECLARE
    known text := pg_get_functiondef('check_payout_tax()'::regprocedure);
    mended text := replace(known, $sql$WHEN 'iban' THEN t.fee_iban$sql$, $sql$WHEN 'iban' THEN t.fee_iban WHEN 'bank_account' THEN t.fee_iban$sql$);
BEGIN
    IF mended = known THEN
        RAISE EXCEPTION 'the fee of a payout is worked out elsewhere';
    END IF;
    EXECUTE mended;
END
$$;

RESET ROLE;
