-- Saved views: what narrows the queue, kept under a name by the person who needs it, or by leads and owners for the desk.
SET LOCAL ROLE pd_owner;

CREATE TABLE saved_view (
    saved_view_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Who saved it; a personal one is theirs alone.
    person_id bigint NOT NULL REFERENCES staff,
    shared boolean NOT NULL,
    -- The shelf it stands on: the desk's, or a person's.
    shelf bigint NOT NULL GENERATED ALWAYS AS (CASE WHEN shared THEN 0 ELSE person_id END) STORED,
    name text NOT NULL,
    position integer NOT NULL,
    view text NOT NULL,
    kind text,
    stage text,
    with_nobody boolean NOT NULL DEFAULT false,
    with_id bigint REFERENCES staff,
    programme_id bigint REFERENCES programme,
    -- Partners of this code, in whichever programme.
    partner_code text,
    language text,
    awaited text,
    opened_from date,
    opened_to date,
    created_at timestamptz NOT NULL,
    -- Makes the same form, sent twice, one view.
    form_key uuid NOT NULL,
    CONSTRAINT saved_view_form_once UNIQUE (person_id, form_key),
    CONSTRAINT saved_view_name_not_blank CHECK (btrim(name) <> '' AND name = btrim(name) AND length(name) <= 40),
    -- At most twenty on a shelf. Deferred, so that two can change places.
    CONSTRAINT saved_view_position_in_bounds CHECK (position BETWEEN 1 AND 20),
    CONSTRAINT saved_view_one_at_a_position UNIQUE (shelf, position) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT saved_view_view_known CHECK (view IN ('mine', 'unassigned', 'breaching', 'all', 'closed')),
    CONSTRAINT saved_view_kind_known CHECK (kind IN (
        'missing_conversion', 'wrong_amount', 'wrongly_reversed', 'payout_late', 'payout_amount', 'payout_failed', 'my_terms', 'other')),
    CONSTRAINT saved_view_stage_known CHECK (stage IN ('received', 'in_review', 'answer_needed', 'decided')),
    CONSTRAINT saved_view_with_one CHECK (NOT (with_nobody AND with_id IS NOT NULL)),
    CONSTRAINT saved_view_with_where_it_varies CHECK (view NOT IN ('mine', 'unassigned') OR (NOT with_nobody AND with_id IS NULL)),
    CONSTRAINT saved_view_language_known CHECK (language IN ('en', 'es')),
    CONSTRAINT saved_view_awaited_known CHECK (awaited IN ('house', 'promise', 'partner', 'nobody')),
    CONSTRAINT saved_view_partner_not_blank CHECK (btrim(partner_code) <> '' AND length(partner_code) <= 65),
    CONSTRAINT saved_view_period_ends_later CHECK (opened_from <= opened_to)
);
CREATE UNIQUE INDEX saved_view_name_once ON saved_view (shelf, lower(name));

-- What the whole desk sees, its leads and owners keep.
CREATE FUNCTION check_saved_view_shared() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM staff s WHERE s.person_id = NEW.person_id AND s.role IN ('lead', 'owner') AND s.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'a view for the whole desk is saved by a lead or an owner'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'saved_view_shared_by_leads';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER saved_view_check_shared BEFORE INSERT OR UPDATE OF shared, person_id ON saved_view
    FOR EACH ROW WHEN (NEW.shared) EXECUTE FUNCTION check_saved_view_shared();

ALTER TABLE saved_view ENABLE ROW LEVEL SECURITY;
CREATE POLICY saved_view_house ON saved_view TO pd_staff, pd_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON saved_view TO pd_staff;
GRANT UPDATE (name, position) ON saved_view TO pd_staff;
GRANT SELECT ON saved_view TO pd_system;

RESET ROLE;
