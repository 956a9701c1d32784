-- The owners' digest: a page that is read from what happened, and a mail of it, once per owner and week, for whoever does not
-- turn it off.
SET LOCAL ROLE pd_owner;

-- Whose calendar weeks are counted by: that of the first programme.
CREATE FUNCTION house_zone() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce((SELECT g.time_zone FROM programme g ORDER BY g.programme_id LIMIT 1), 'UTC')
$$;

-- Whether an owner wants the mail; the newest counts, and who said nothing wants it.
CREATE TABLE digest_wish (
    digest_wish_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES staff,
    wanted boolean NOT NULL,
    wished_at timestamptz NOT NULL,
    form_key uuid NOT NULL,
    CONSTRAINT digest_wish_form_once UNIQUE (form_key)
);
CREATE INDEX digest_wish_by_person ON digest_wish (person_id, digest_wish_id DESC);
CREATE TRIGGER digest_wish_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON digest_wish
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_digest_wish() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT is_owner(NEW.person_id) THEN
        RAISE EXCEPTION 'the digest is for owners' USING ERRCODE = 'check_violation', CONSTRAINT = 'digest_wish_by_an_owner';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER digest_wish_check BEFORE INSERT ON digest_wish FOR EACH ROW EXECUTE FUNCTION check_digest_wish();
CREATE FUNCTION wants_digest(person_id bigint, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce((SELECT w.wanted FROM digest_wish w WHERE w.person_id = $1 AND w.wished_at <= $2
                     ORDER BY w.digest_wish_id DESC LIMIT 1), true)
$$;

-- A mail about a week of the house is about no one partner's account.
ALTER TABLE mail_out
    ADD COLUMN digest_week date,
    ALTER COLUMN partner_id DROP NOT NULL,
    ADD CONSTRAINT mail_out_digest_whole CHECK ((digest_week IS NOT NULL) = (kind = 'digest') AND (partner_id IS NULL) = (kind = 'digest')),
    ADD CONSTRAINT mail_out_digest_of_a_week CHECK (extract(isodow FROM digest_week) = 1);
CREATE UNIQUE INDEX mail_out_digest_once ON mail_out (person_id, digest_week) WHERE kind = 'digest';
CREATE TRIGGER mail_out_digest_append_only BEFORE UPDATE OF digest_week ON mail_out
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
DO $$
DECLARE
    known text;
BEGIN
    SELECT pg_get_expr(c.conbin, c.conrelid) INTO STRICT known FROM pg_constraint c
    WHERE c.conrelid = 'mail_out'::regclass AND c.conname = 'mail_out_kind_known';
    ALTER TABLE mail_out DROP CONSTRAINT mail_out_kind_known;
    EXECUTE format('ALTER TABLE mail_out ADD CONSTRAINT mail_out_kind_known CHECK (kind = ''digest'' OR (%s))', known);
END
$$;
CREATE FUNCTION check_digest_mail() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT is_owner(NEW.person_id) THEN
        RAISE EXCEPTION 'the digest is for owners' USING ERRCODE = 'check_violation', CONSTRAINT = 'mail_out_digest_to_an_owner';
    END IF;
    IF NEW.written_at < ((NEW.digest_week + 7)::timestamp AT TIME ZONE house_zone()) THEN
        RAISE EXCEPTION 'that week is not over' USING ERRCODE = 'check_violation', CONSTRAINT = 'mail_out_digest_of_a_week_that_is_over';
    END IF;
    IF NOT wants_digest(NEW.person_id, NEW.written_at) THEN
        RAISE EXCEPTION 'they turned it off' USING ERRCODE = 'check_violation', CONSTRAINT = 'mail_out_digest_wanted';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER mail_out_digest_check BEFORE INSERT ON mail_out FOR EACH ROW
    WHEN (NEW.kind = 'digest') EXECUTE FUNCTION check_digest_mail();
GRANT SELECT (digest_week) ON mail_out TO pd_staff;

-- Cases that were open at a moment: those that are and were not touched since, and of those that were, what they were then.
CREATE FUNCTION cases_open_at(at timestamptz) RETURNS TABLE (programme_id bigint, partner_id bigint, case_id bigint) LANGUAGE sql STABLE AS $$
    WITH later AS MATERIALIZED (SELECT DISTINCT e.partner_id, e.case_id FROM case_event e WHERE e.at > $1)
    SELECT c.programme_id, c.partner_id, c.case_id FROM support_case c
    WHERE c.stage <> 'closed' AND c.stage <> 'decided' AND c.opened_at <= $1
      AND NOT EXISTS (SELECT FROM later l WHERE l.partner_id = c.partner_id AND l.case_id = c.case_id)
    UNION ALL
    SELECT c.programme_id, c.partner_id, c.case_id
    FROM later l
    -- One by one: few are looked at of many there are.
    CROSS JOIN LATERAL (SELECT s.* FROM support_case s WHERE s.partner_id = l.partner_id AND s.case_id = l.case_id OFFSET 0) c
    WHERE c.opened_at <= $1
      AND coalesce((SELECT e.stage FROM case_event e WHERE e.partner_id = l.partner_id AND e.case_id = l.case_id AND e.at <= $1
                    ORDER BY e.case_event_id DESC LIMIT 1), 'received') NOT IN ('decided', 'closed')
$$;

-- What a week is read by.
CREATE INDEX support_case_by_opening ON support_case (opened_at);
CREATE INDEX escalation_by_time ON escalation (escalated_at);
CREATE INDEX public_complaint_by_time ON public_complaint (logged_at);
CREATE INDEX payout_event_came_back ON payout_event (at) INCLUDE (partner_id, payout_id) WHERE to_state IN ('failed', 'returned');

ALTER TABLE digest_wish ENABLE ROW LEVEL SECURITY;
CREATE POLICY digest_wish_house ON digest_wish TO pd_staff, pd_system USING (true) WITH CHECK (true);
GRANT SELECT ON digest_wish TO pd_staff, pd_system;
GRANT INSERT (person_id, wanted, wished_at, form_key) ON digest_wish TO pd_staff;

RESET ROLE;
