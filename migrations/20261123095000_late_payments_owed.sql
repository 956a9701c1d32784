-- What is owed for a late payment is taken off the next payout, whatever its cut-off: nobody pays out what they know to be
-- gone.
SET LOCAL ROLE pd_owner;

DO $$
DECLARE
    known text;
BEGIN
    SELECT pg_get_functiondef('payable_items(bigint[], timestamptz[])'::regprocedure) INTO STRICT known;
    IF position('WHERE i.is_in OR (' IN known) = 0 THEN
        RAISE EXCEPTION 'payable_items is not as expected';
    END IF;
    EXECUTE replace(known, 'WHERE i.is_in OR (', 'WHERE i.is_in OR i.kind = ''late_payment'' OR (');
END
$$;

RESET ROLE;
