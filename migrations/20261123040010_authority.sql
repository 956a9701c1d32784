-- Authority of a role, or of one person; the floor of the margin by programme, offer and partner. Owners write versions of both.
SET LOCAL ROLE pd_owner;

ALTER TABLE authority
    -- One person's own; NULL: the role's.
    ADD COLUMN person_id bigint REFERENCES staff,
    -- The role's counts for them again.
    ADD COLUMN withdrawn boolean NOT NULL DEFAULT false,
    -- NULL: the command line.
    ADD COLUMN written_by bigint REFERENCES staff,
    ADD COLUMN written_at timestamptz,
    ADD CONSTRAINT authority_not_in_the_past CHECK (written_by IS NULL OR (written_at IS NOT NULL AND valid_from >= written_at)),
    DROP CONSTRAINT authority_role_known,
    ADD CONSTRAINT authority_role_known CHECK ((role = 'person') = (person_id IS NOT NULL) AND role IN ('agent', 'lead', 'owner', 'person')),
    ADD CONSTRAINT authority_of_a_role_stays CHECK (person_id IS NOT NULL OR NOT withdrawn),
    DROP CONSTRAINT authority_version_once,
    ADD CONSTRAINT authority_version_once UNIQUE NULLS NOT DISTINCT (programme_id, role, person_id, valid_from);
CREATE TRIGGER authority_writer BEFORE INSERT ON authority FOR EACH ROW EXECUTE FUNCTION check_policy_writer();
-- A person's own limits say nothing of what their role may give provisionally.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'authority'::regclass AND tgname = 'authority_first_provisional') THEN
        DROP TRIGGER authority_first_provisional ON authority;
        CREATE TRIGGER authority_first_provisional AFTER INSERT ON authority FOR EACH ROW
            WHEN (NEW.person_id IS NULL) EXECUTE FUNCTION first_provisional_policy();
    END IF;
END
$$;
ALTER TABLE authority ENABLE ROW LEVEL SECURITY;
CREATE POLICY authority_house ON authority TO pd_staff, pd_system USING (true) WITH CHECK (true);
CREATE POLICY authority_by_staff ON authority AS RESTRICTIVE FOR INSERT TO pd_staff WITH CHECK (written_by IS NOT NULL);
GRANT INSERT ON authority TO pd_staff;

-- What somebody may do without asking: their own version in force, else their role's.
CREATE FUNCTION authority_of(programme_id bigint, person_id bigint, at timestamptz) RETURNS SETOF authority
LANGUAGE sql STABLE AS $$
    SELECT a.* FROM staff s
    CROSS JOIN LATERAL (
        SELECT x.authority_id FROM (
            (SELECT o.authority_id, o.withdrawn, 1 AS place FROM authority o
             WHERE o.programme_id = $1 AND o.person_id = $2 AND o.valid_from <= $3 ORDER BY o.valid_from DESC LIMIT 1)
            UNION ALL
            (SELECT o.authority_id, false, 2 FROM authority o
             WHERE o.programme_id = $1 AND o.role = s.role AND o.valid_from <= $3 ORDER BY o.valid_from DESC LIMIT 1)) x
        WHERE NOT x.withdrawn ORDER BY x.place LIMIT 1) newest
    JOIN authority a USING (authority_id)
    WHERE s.person_id = $2 AND s.role IN ('agent', 'lead', 'owner')
$$;

-- Wherever a decision asks for its role's authority in force, it asks for its person's.
DO $$
DECLARE
    one record;
    asked CONSTANT text := 'FROM authority a\s+WHERE a\.programme_id = NEW\.programme_id AND a\.role = role_ AND a\.valid_from <= NEW\.decided_at\s+ORDER BY a\.valid_from DESC LIMIT 1';
BEGIN
    FOR one IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosrc ~ asked LOOP
        EXECUTE regexp_replace(pg_get_functiondef(one.oid), asked, 'FROM authority_of(NEW.programme_id, NEW.decided_by, NEW.decided_at) a', 'g');
    END LOOP;
    FOR one IN SELECT p.oid FROM pg_proc p WHERE p.proname = 'check_decided_credit' LOOP
        EXECUTE regexp_replace(pg_get_functiondef(one.oid),
            'FROM authority a\s+WHERE a\.programme_id = programme AND a\.role = role_ AND a\.valid_from <= \(decision ->> ''decided_at''\)::timestamptz\s+ORDER BY a\.valid_from DESC LIMIT 1',
            'FROM authority_of(programme, (decision ->> ''decided_by'')::bigint, (decision ->> ''decided_at'')::timestamptz) a', 'g');
    END LOOP;
    FOR one IN SELECT p.oid FROM pg_proc p WHERE p.proname = 'decision_ends_provisional' LOOP
        EXECUTE regexp_replace(pg_get_functiondef(one.oid),
            'FROM authority a JOIN staff s ON s\.person_id = NEW\.decided_by AND s\.role = a\.role\s+WHERE a\.programme_id = NEW\.programme_id AND a\.valid_from <= NEW\.decided_at ORDER BY a\.valid_from DESC LIMIT 1',
            'FROM authority_of(NEW.programme_id, NEW.decided_by, NEW.decided_at) a', 'g');
    END LOOP;
    FOR one IN SELECT p.oid FROM pg_proc p WHERE p.proname = 'check_decider' LOOP
        EXECUTE regexp_replace(pg_get_functiondef(one.oid),
            'JOIN authority a ON a\.authority_id = NEW\.authority_id AND a\.role = s\.role(.*?)AND a\.authority_id = \(SELECT n\.authority_id FROM authority n.*?LIMIT 1\)\)',
            'JOIN authority_of(NEW.programme_id, NEW.decider_id, NEW.decided_at) a ON a.authority_id = NEW.authority_id\1)', 'g');
    END LOOP;
END
$$;

-- Percent of revenue that has to remain; the most specific scope wins: programme, offer, partner, partner and offer.
CREATE TABLE margin_floor (
    margin_floor_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme_id bigint NOT NULL REFERENCES programme,
    -- 0 stands for all, as in terms.
    offer_scope bigint NOT NULL DEFAULT 0,
    partner_scope bigint NOT NULL DEFAULT 0,
    offer_id bigint GENERATED ALWAYS AS (nullif(offer_scope, 0)) STORED,
    partner_id bigint GENERATED ALWAYS AS (nullif(partner_scope, 0)) STORED,
    -- NULL: what is less specific counts again.
    floor numeric,
    valid_from timestamptz NOT NULL,
    written_by bigint NOT NULL REFERENCES staff,
    written_at timestamptz NOT NULL,
    CONSTRAINT margin_floor_not_in_the_past CHECK (valid_from >= written_at),
    CONSTRAINT margin_floor_is_percent CHECK (floor BETWEEN 0 AND 100 AND floor = round(floor, 2)),
    CONSTRAINT margin_floor_of_something CHECK (floor IS NOT NULL OR offer_scope <> 0 OR partner_scope <> 0),
    CONSTRAINT margin_floor_version_once UNIQUE (programme_id, offer_scope, partner_scope, valid_from),
    CONSTRAINT margin_floor_offer FOREIGN KEY (programme_id, offer_id) REFERENCES offer (programme_id, offer_id),
    CONSTRAINT margin_floor_partner FOREIGN KEY (programme_id, partner_id) REFERENCES partner (programme_id, partner_id)
);
CREATE TRIGGER margin_floor_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON margin_floor
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER margin_floor_writer BEFORE INSERT ON margin_floor FOR EACH ROW EXECUTE FUNCTION check_policy_writer();
ALTER TABLE margin_floor ENABLE ROW LEVEL SECURITY;
CREATE POLICY margin_floor_house ON margin_floor TO pd_staff, pd_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON margin_floor TO pd_staff, pd_system;

-- The floor of a scope; that of its programme where nothing more specific was said.
CREATE FUNCTION floor_at(programme_id bigint, offer_scope bigint, partner_scope bigint, at timestamptz) RETURNS numeric
LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT m.floor FROM (
             SELECT DISTINCT ON (f.partner_scope, f.offer_scope) f.partner_scope, f.offer_scope, f.floor FROM margin_floor f
             WHERE f.programme_id = $1 AND f.offer_scope IN (0, $2) AND f.partner_scope IN (0, $3) AND f.valid_from <= $4
             ORDER BY f.partner_scope, f.offer_scope, f.valid_from DESC) m
         WHERE m.floor IS NOT NULL ORDER BY (m.partner_scope <> 0) DESC, (m.offer_scope <> 0) DESC LIMIT 1),
        (SELECT g.margin_floor FROM programme g WHERE g.programme_id = $1))
$$;

RESET ROLE;
