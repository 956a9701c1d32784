-- A partner reads that a bank contradicts what is known of one of their payouts, and so what waits; not what the bank said.
SET LOCAL ROLE pd_owner;

CREATE FUNCTION currencies_in_doubt(partner bigint) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT d.currency FROM partners_in_doubt() d
    -- Staff and jobs act for no partner; a partner asks about nobody else.
    WHERE d.partner_id = $1 AND coalesce(nullif(current_setting('pd.partner', true), '')::bigint, $1) = $1
    ORDER BY 1
$$;
REVOKE EXECUTE ON FUNCTION currencies_in_doubt(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION currencies_in_doubt(bigint) TO pd_partner, pd_staff, pd_system;

RESET ROLE;
