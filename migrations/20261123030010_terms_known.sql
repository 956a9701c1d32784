-- What was in force at a moment, as it was known at another: versions recorded later are left out. Without the second
-- moment, as it is known today.
SET LOCAL ROLE pd_owner;

DROP FUNCTION terms_at(bigint, bigint, bigint, timestamptz);
CREATE FUNCTION terms_at(programme_id bigint, offer_id bigint, partner_id bigint, at timestamptz, known_at timestamptz DEFAULT 'infinity')
RETURNS TABLE (field text, terms_version_id bigint, kind text, value numeric, valid_from timestamptz, offer_scope bigint, partner_scope bigint, rule jsonb)
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (t.field) t.field, t.terms_version_id, t.kind, t.value, t.valid_from, t.offer_scope, t.partner_scope, t.rule
    FROM terms_version t
    WHERE t.programme_id = $1 AND t.offer_scope IN (0, $2) AND t.partner_scope IN (0, $3) AND t.valid_from <= $4
      AND t.recorded_at <= $5
    ORDER BY t.field, (t.partner_scope <> 0) DESC, (t.offer_scope <> 0) DESC, t.valid_from DESC, t.revision DESC
$$;

RESET ROLE;
