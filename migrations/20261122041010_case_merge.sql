-- One conversation in two cases becomes one; and cases that have to do with each other know it.
SET LOCAL ROLE pd_owner;

-- The case is closed as merged and points to where its conversation goes on.
CREATE TABLE case_merge (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    into_case_id bigint NOT NULL,
    merged_by bigint NOT NULL REFERENCES staff,
    merged_at timestamptz NOT NULL,
    -- Not twice; and since both keys hold the partner, never into another partner's case.
    CONSTRAINT case_merge_once PRIMARY KEY (partner_id, case_id),
    CONSTRAINT case_merge_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT case_merge_same_partner FOREIGN KEY (partner_id, into_case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT case_merge_into_another CHECK (case_id <> into_case_id)
);
CREATE INDEX case_merge_into ON case_merge (partner_id, into_case_id);

-- The case in which a conversation goes on: itself, where it was not merged.
CREATE FUNCTION case_home(partner bigint, "case" bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE way AS (
        SELECT $2 AS case_id
        UNION ALL
        SELECT m.into_case_id FROM way w JOIN case_merge m ON m.partner_id = $1 AND m.case_id = w.case_id)
    SELECT w.case_id FROM way w WHERE NOT EXISTS (SELECT FROM case_merge m WHERE m.partner_id = $1 AND m.case_id = w.case_id)
$$;

-- A case and every case that was merged into it.
CREATE FUNCTION case_family(partner bigint, "case" bigint) RETURNS bigint[]
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE family AS (
        SELECT $2 AS case_id
        UNION ALL
        SELECT m.case_id FROM family f JOIN case_merge m ON m.partner_id = $1 AND m.into_case_id = f.case_id)
    SELECT array_agg(f.case_id) FROM family f
$$;

CREATE FUNCTION check_case_merge() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Two merges that meet take turns, so that no circle slips in between.
    PERFORM FROM support_case c WHERE c.partner_id = NEW.partner_id AND c.case_id IN (NEW.case_id, NEW.into_case_id)
    ORDER BY c.case_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM case_merge m WHERE m.partner_id = NEW.partner_id AND m.case_id = NEW.into_case_id) THEN
        RAISE EXCEPTION 'a conversation goes on in a case that was not merged itself'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_merge_no_circle';
    END IF;
    IF EXISTS (SELECT FROM case_decision d WHERE d.partner_id = NEW.partner_id AND d.case_id = NEW.case_id) THEN
        RAISE EXCEPTION 'a decided case stays one of its own'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_merge_not_decided';
    END IF;
    IF NOT EXISTS (SELECT FROM support_case c WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.into_case_id
                   AND c.stage <> 'closed') THEN
        RAISE EXCEPTION 'a conversation goes on in an open case'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_merge_into_an_open_case';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER case_merge_check BEFORE INSERT ON case_merge FOR EACH ROW EXECUTE FUNCTION check_case_merge();
CREATE TRIGGER case_merge_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_merge
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_merged_is_closed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM support_case c JOIN case_merge m USING (partner_id, case_id)
               WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.case_id AND c.stage <> 'closed') THEN
        RAISE EXCEPTION 'a merged case is closed and stays so'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_merge_closes';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER case_merge_closed AFTER INSERT ON case_merge DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_merged_is_closed();
CREATE CONSTRAINT TRIGGER support_case_merged_stays_closed AFTER UPDATE OF stage ON support_case DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.stage <> 'closed' AND OLD.stage = 'closed') EXECUTE FUNCTION check_merged_is_closed();

-- Nothing is said any more in a case that was merged.
CREATE FUNCTION check_message_home() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM case_merge m WHERE m.partner_id = NEW.partner_id AND m.case_id = NEW.case_id) THEN
        RAISE EXCEPTION 'this conversation goes on in another case'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'message_in_no_merged_case';
    END IF;
    RETURN NEW;
END
$$;
-- After the trigger by which a message takes its turn: names decide the order.
CREATE TRIGGER message_turns_home BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION check_message_home();

-- Whether somebody answered, where the conversation went on, since a case was merged.
CREATE FUNCTION case_answered_elsewhere(partner bigint, "case" bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE way AS (
        SELECT m.into_case_id, m.merged_at FROM case_merge m WHERE m.partner_id = $1 AND m.case_id = $2
        UNION ALL
        SELECT m.into_case_id, w.merged_at FROM way w JOIN case_merge m ON m.partner_id = $1 AND m.case_id = w.into_case_id)
    SELECT EXISTS (SELECT FROM way w JOIN message r ON r.partner_id = $1 AND r.case_id = w.into_case_id
                   WHERE r.side = 'staff' AND r.sent_at >= w.merged_at)
$$;

-- The newest message of the partner that nobody answered or marked, in a case and in all that was merged into it. What was
-- unanswered when it was merged stays so until somebody answers after that, or marks it.
CREATE FUNCTION case_unanswered(partner bigint, "case" bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT max(last.message_id)
    FROM unnest(case_family($1, $2)) AS each (case_id)
    CROSS JOIN LATERAL (
        SELECT m.message_id, m.side FROM message m WHERE m.partner_id = $1 AND m.case_id = each.case_id
        ORDER BY m.message_id DESC LIMIT 1) last
    WHERE last.side = 'partner'
      AND NOT EXISTS (SELECT FROM needs_no_answer n
                      WHERE n.partner_id = $1 AND n.case_id = each.case_id AND n.message_id = last.message_id)
      AND (each.case_id = $2 OR NOT case_answered_elsewhere($1, each.case_id))
$$;

-- The duty to answer goes with the conversation. The merged case itself is closed over what its partner said last, since that
-- waits in the other one.
CREATE OR REPLACE FUNCTION check_nothing_unanswered() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM case_merge g WHERE g.partner_id = NEW.partner_id AND g.case_id = NEW.case_id) THEN
        RETURN NEW;
    END IF;
    IF case_unanswered(NEW.partner_id, NEW.case_id) IS NOT NULL THEN
        RAISE EXCEPTION 'the last message of the partner is neither answered nor marked as needing no answer'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'support_case_closed_only_when_answered';
    END IF;
    RETURN NEW;
END
$$;

-- Two cases that have to do with each other, of one partner or of two; the smaller number stands first, so that it is once.
CREATE TABLE case_link (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    other_partner_id bigint NOT NULL,
    other_case_id bigint NOT NULL,
    linked_by bigint NOT NULL REFERENCES staff,
    linked_at timestamptz NOT NULL,
    CONSTRAINT case_link_once PRIMARY KEY (partner_id, case_id, other_case_id),
    CONSTRAINT case_link_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT case_link_other FOREIGN KEY (other_partner_id, other_case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT case_link_in_order CHECK (case_id < other_case_id)
);
CREATE INDEX case_link_by_other ON case_link (other_partner_id, other_case_id);

ALTER TABLE case_merge ENABLE ROW LEVEL SECURITY;
CREATE POLICY case_merge_own ON case_merge FOR SELECT TO pd_partner USING (partner_id = current_partner());
CREATE POLICY case_merge_house ON case_merge TO pd_staff, pd_system USING (true) WITH CHECK (true);
-- A partner follows its conversation; who merged it is the house's.
GRANT SELECT (partner_id, case_id, into_case_id, merged_at) ON case_merge TO pd_partner;
GRANT SELECT, INSERT ON case_merge TO pd_staff;
GRANT SELECT ON case_merge TO pd_system;
ALTER TABLE case_link ENABLE ROW LEVEL SECURITY;
CREATE POLICY case_link_house ON case_link TO pd_staff, pd_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON case_link TO pd_staff;
GRANT SELECT ON case_link TO pd_system;

RESET ROLE;
