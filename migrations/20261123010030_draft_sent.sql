-- What was typed is forgotten in the transaction that sends it: were it forgotten after, a process that dies in between would
-- leave it to be sent again.
SET LOCAL ROLE pd_owner;

-- Drafts are their writer's alone; whoever sends one forgets it and reads none.
CREATE FUNCTION draft_was_sent(person bigint, name text, form_key text, at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO kept_draft (person_id, name, body, kept_at, sent_key) VALUES ($1, $2, '', $4, $3)
    ON CONFLICT (person_id, name) DO UPDATE SET body = '', kept_at = excluded.kept_at, sent_key = excluded.sent_key
$$;
REVOKE EXECUTE ON FUNCTION draft_was_sent(bigint, text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION draft_was_sent(bigint, text, text, timestamptz) TO pd_partner, pd_staff;

RESET ROLE;
