-- Staff see whose confirmation a payout method waits for.
SET LOCAL ROLE pd_owner;
GRANT SELECT (added_by) ON payout_method TO pd_staff;
RESET ROLE;
