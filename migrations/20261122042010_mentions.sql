-- Notes that name somebody of the house, and whether that person looked.
SET LOCAL ROLE pd_owner;

CREATE TABLE mention (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    note_id bigint NOT NULL,
    person_id bigint NOT NULL REFERENCES staff,
    mentioned_at timestamptz NOT NULL,
    seen_at timestamptz,
    PRIMARY KEY (partner_id, case_id, note_id, person_id),
    CONSTRAINT mention_note FOREIGN KEY (partner_id, case_id, note_id) REFERENCES note (partner_id, case_id, note_id),
    CONSTRAINT mention_seen_later CHECK (seen_at >= mentioned_at)
);
CREATE INDEX mention_of_person ON mention (person_id, mentioned_at DESC);
CREATE INDEX mention_unseen ON mention (person_id) WHERE seen_at IS NULL;

CREATE FUNCTION check_mention() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.seen_at IS NOT NULL AND NEW.seen_at IS DISTINCT FROM OLD.seen_at THEN
            RAISE EXCEPTION 'what was seen stays seen'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'mention_seen_once';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT FROM staff s WHERE s.person_id = NEW.person_id AND s.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'whoever is mentioned works here'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'mention_of_staff_who_work_here';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER mention_check BEFORE INSERT OR UPDATE ON mention FOR EACH ROW EXECUTE FUNCTION check_mention();

ALTER TABLE mention ENABLE ROW LEVEL SECURITY;
CREATE POLICY mention_house ON mention TO pd_staff, pd_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON mention TO pd_staff, pd_system;
GRANT UPDATE (seen_at) ON mention TO pd_staff;

-- Solved cases like an open one are looked for among those decided last.
CREATE INDEX case_decision_by_time ON case_decision (programme_id, decided_at DESC);

RESET ROLE;
