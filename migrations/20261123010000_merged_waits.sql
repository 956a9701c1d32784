-- Whether the partner waits for an answer in a case, read through all that was merged into it.
SET LOCAL ROLE pd_owner;

-- Nearly every case has nothing merged into it; of those the last message tells.
CREATE FUNCTION case_waits(partner bigint, "case" bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT CASE
               WHEN EXISTS (SELECT FROM case_merge m WHERE m.partner_id = $1 AND m.into_case_id = $2)
                   THEN case_unanswered($1, $2) IS NOT NULL
               ELSE coalesce((
                   SELECT last.side = 'partner' AND NOT EXISTS (
                              SELECT FROM needs_no_answer n
                              WHERE n.partner_id = $1 AND n.case_id = $2 AND n.message_id = last.message_id)
                   FROM (SELECT m.message_id, m.side FROM message m WHERE m.partner_id = $1 AND m.case_id = $2
                         ORDER BY m.message_id DESC LIMIT 1) last), false)
           END
$$;

-- A case and all that was merged into it, in the order in which they came together; the case itself is the first, 0.
CREATE FUNCTION case_joined(partner bigint, "case" bigint) RETURNS TABLE (case_id bigint, nth bigint)
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE family AS (
        SELECT $2 AS case_id, NULL::timestamptz AS joined_at
        UNION ALL
        SELECT m.case_id, greatest(f.joined_at, m.merged_at) FROM family f
        JOIN case_merge m ON m.partner_id = $1 AND m.into_case_id = f.case_id)
    SELECT f.case_id, row_number() OVER (ORDER BY f.joined_at NULLS FIRST, f.case_id) - 1 FROM family f
$$;

RESET ROLE;
