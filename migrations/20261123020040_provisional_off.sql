-- Provisional credit is off until an owner sets its limits: nobody's authority brings any with it.
SET LOCAL ROLE pd_owner;
DROP TRIGGER authority_first_provisional ON authority;
DROP FUNCTION first_provisional_policy();
-- Limits that no owner set end; what was given under them stays.
INSERT INTO provisional_policy (programme_id, role, largest, partner_cap, most_days, valid_from, written_at)
SELECT y.programme_id, y.role, 0, 0, y.most_days, greatest(now(), y.valid_from + interval '1 microsecond'), now()
FROM provisional_policy y
WHERE y.written_by IS NULL AND y.largest > 0
  AND NOT EXISTS (SELECT FROM provisional_policy n WHERE n.programme_id = y.programme_id AND n.role = y.role
                  AND n.valid_from > y.valid_from AND n.valid_from <= greatest(now(), y.valid_from))
ON CONFLICT DO NOTHING;
RESET ROLE;
