-- A batch of a correction costs what it books, however much was booked before.
SET LOCAL ROLE pd_owner;

-- Books at most so many items of an approved correction that are not booked yet; gives how many. Transfer and booking are one
-- statement, so whoever dies in between leaves neither; two at once take turns, and each goes on after the last conversion booked.
CREATE OR REPLACE FUNCTION book_correction(correction_id bigint, most integer, at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    of_ correction%ROWTYPE;
    last_ bigint;
    booked bigint;
BEGIN
    PERFORM FROM correction_decision d WHERE d.correction_id = $1 AND d.verdict = 'approved' FOR UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM correction_end e WHERE e.correction_id = $1) THEN
        RETURN 0;
    END IF;
    SELECT * INTO of_ FROM correction c WHERE c.correction_id = $1;
    PERFORM open_accounts(of_.programme_id, of_.partner_id, one ->> 'currency') FROM jsonb_array_elements(of_.sums) one;
    SELECT coalesce(max(b.conversion_id), 0) INTO last_ FROM correction_booking b WHERE b.partner_id = of_.partner_id AND b.correction_id = $1;
    WITH due AS MATERIALIZED (
        SELECT i.conversion_id, i.amount, i.currency FROM correction_item i
        WHERE i.partner_id = of_.partner_id AND i.correction_id = $1 AND i.conversion_id > last_
        ORDER BY i.conversion_id LIMIT $2
    ), moved AS (
        INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id, effective_at, booked_at)
        SELECT of_.programme_id, of_.partner_id, 'adjustment', 'adjustment_cost', 'payable', d.amount, d.currency, d.conversion_id,
               greatest($3, open_from(of_.programme_id)), $3
        FROM due d ORDER BY d.conversion_id
        RETURNING transfer.transfer_id, transfer.conversion_id, transfer.amount, transfer.currency
    )
    INSERT INTO correction_booking (partner_id, correction_id, conversion_id, amount, currency, transfer_id, booked_at)
    SELECT of_.partner_id, $1, m.conversion_id, m.amount, m.currency, m.transfer_id, $3 FROM moved m;
    GET DIAGNOSTICS booked = ROW_COUNT;
    IF booked < $2 THEN
        INSERT INTO correction_end (correction_id, partner_id, ended_at) VALUES ($1, of_.partner_id, $3);
    END IF;
    RETURN booked;
END
$$;

RESET ROLE;
