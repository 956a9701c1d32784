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
CREATE OR REPLACE FUNCTION check_decided_credit(decision jsonb, role_ text, table_ text) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    programme bigint := (decision ->> 'programme_id')::bigint;
    partner bigint := (decision ->> 'partner_id')::bigint;
    transfer_ bigint := (decision ->> 'transfer_id')::bigint;
BEGIN
    IF decision ->> 'amount' IS NULL THEN
        RETURN;
    END IF;
    IF role_ IS NOT NULL AND (decision ->> 'authority_id')::bigint IS DISTINCT FROM (
            SELECT a.authority_id FROM authority_of(programme, (decision ->> 'decided_by')::bigint, (decision ->> 'decided_at')::timestamptz) a) THEN
        RAISE EXCEPTION 'that is not the authority in force for this person'
            USING ERRCODE = 'check_violation', CONSTRAINT = table_ || '_by_authority_in_force';
    END IF;
    -- Nothing is converted, so a limit in one currency says nothing about an amount in another.
    IF role_ <> 'owner' AND decision ->> 'currency' <> (SELECT g.currency FROM programme g WHERE g.programme_id = programme) THEN
        RAISE EXCEPTION 'a credit in another currency than the programme''s is an owner''s'
            USING ERRCODE = 'check_violation', CONSTRAINT = table_ || '_other_currency_by_owner';
    END IF;
    IF NOT EXISTS (SELECT FROM transfer t WHERE t.partner_id = partner AND t.transfer_id = transfer_
                   AND t.programme_id = programme AND t.kind = 'adjustment')
        OR (table_ <> 'case_decision' AND EXISTS (SELECT FROM case_decision d WHERE d.partner_id = partner AND d.transfer_id = transfer_)) THEN
        RAISE EXCEPTION 'the decision cites another transfer than an adjustment of its own'
            USING ERRCODE = 'check_violation', CONSTRAINT = table_ || '_cites_an_adjustment';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION decision_ends_provisional() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    given numeric;
    until timestamptz;
BEGIN
    SELECT x.amount, x.ends_at INTO given, until FROM provisional_credit x
    WHERE x.partner_id = NEW.partner_id AND x.case_id = NEW.case_id AND x.ended_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF NEW.outcome = 'in_favour' AND until > NEW.decided_at AND given + coalesce(NEW.amount, 0) > coalesce(NEW.cap, (
            SELECT a.largest_credit FROM authority_of(NEW.programme_id, NEW.decided_by, NEW.decided_at) a), 0) THEN
        RAISE EXCEPTION 'together with the provisional credit that is over the limit'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_decision_within_authority_with_provisional';
    END IF;
    UPDATE provisional_credit x SET ended_at = least(NEW.decided_at, x.ends_at), end_written_at = NEW.decided_at,
        outcome = CASE WHEN NEW.outcome = 'in_favour' AND x.ends_at > NEW.decided_at THEN 'final' ELSE 'reversed' END
    WHERE x.partner_id = NEW.partner_id AND x.case_id = NEW.case_id AND x.ended_at IS NULL;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION check_decider() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    proposed proposal%ROWTYPE;
BEGIN
    SELECT * INTO proposed FROM proposal WHERE proposal_id = NEW.proposal_id;
    IF NOT FOUND OR proposed.proposer_id IS DISTINCT FROM NEW.proposer_id THEN
        RAISE EXCEPTION 'the decision names another author than the proposal'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_names_the_author';
    END IF;
    IF NEW.decided_at < proposed.proposed_at THEN
        RAISE EXCEPTION 'it was decided before it was proposed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_after_its_proposal';
    END IF;
    IF NEW."by" = 'command' AND EXISTS (
            SELECT FROM terms_version t WHERE t.programme_id = NEW.programme_id AND t.partner_scope = NEW.partner_scope
              AND t.offer_scope = NEW.offer_scope AND t.field = NEW.field) THEN
        RAISE EXCEPTION 'a command sets first terms only'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_by_command_comes_first';
    END IF;
    IF NEW.verdict = 'approved' AND NEW."by" <> 'command' AND NEW.valid_from < proposed.valid_from THEN
        RAISE EXCEPTION 'it would take effect before the proposal says'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_not_before_proposed_start';
    END IF;
    IF NEW."by" = 'owner' THEN
        IF NEW.decided_at >= proposed.expires_at THEN
            RAISE EXCEPTION 'the proposal has expired'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_before_expiry';
        END IF;
        IF NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id)
                       WHERE s.person_id = NEW.decider_id AND s.role = 'owner'
                         AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
            RAISE EXCEPTION 'only an owner decides'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_by_an_owner';
        END IF;
        IF NEW.sole_control AND (NEW.decider_id <> NEW.proposer_id OR EXISTS (
                SELECT FROM staff s JOIN person p USING (person_id)
                WHERE s.role = 'owner' AND s.person_id <> NEW.decider_id
                  AND s.disabled_at IS NULL AND p.disabled_at IS NULL)) THEN
            RAISE EXCEPTION 'another owner can decide this'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_sole_control_only_when_alone';
        END IF;
    ELSIF NEW."by" = 'policy' THEN
        IF NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id)
                       JOIN authority_of(NEW.programme_id, NEW.decider_id, NEW.decided_at) a ON a.authority_id = NEW.authority_id
                       WHERE s.person_id = NEW.decider_id AND s.disabled_at IS NULL AND p.disabled_at IS NULL
                         ) THEN
            RAISE EXCEPTION 'that is not the authority in force for this person'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_by_authority_in_force';
        END IF;
        -- A policy lowers a minimum; whatever leaves a partner less or later is for an owner. What is in force then is
        -- looked up: the proposal only says what it was thought to be.
        IF proposed.value_before IS NULL OR NEW.value >= proposed.value_before
            OR NEW.value >= (SELECT t.value FROM terms_at(NEW.programme_id, 0, NEW.partner_scope, NEW.valid_from) t
                             WHERE t.field = NEW.field) IS NOT FALSE THEN
            RAISE EXCEPTION 'a policy can only lower a minimum'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_by_policy_only_lowers';
        END IF;
    END IF;
    RETURN NEW;
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
