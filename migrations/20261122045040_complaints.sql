-- What partners say of us in public, by its link; and what came of it.
SET LOCAL ROLE pd_owner;

CREATE TABLE public_complaint (
    complaint_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme_id bigint NOT NULL REFERENCES programme,
    -- Where it stands; http and https alone.
    url text NOT NULL,
    -- The site's name, as people call it.
    place text NOT NULL,
    said text NOT NULL,
    said_on date NOT NULL,
    partner_id bigint,
    case_id bigint,
    logged_by bigint NOT NULL REFERENCES staff,
    logged_at timestamptz NOT NULL,
    form_key uuid NOT NULL,
    CONSTRAINT public_complaint_form_once UNIQUE (form_key),
    CONSTRAINT public_complaint_link_once UNIQUE (programme_id, url),
    CONSTRAINT public_complaint_url_is_a_page CHECK (url ~ '^https?://[^[:space:][:cntrl:]/?#@"<>\\]+([/?#][^[:space:][:cntrl:]"<>\\]*)?$' AND length(url) <= 2000),
    CONSTRAINT public_complaint_place_not_blank CHECK (btrim(place) <> '' AND length(place) <= 200),
    CONSTRAINT public_complaint_said_not_blank CHECK (btrim(said, E' \t\r\n') <> '' AND length(said) <= 20000),
    CONSTRAINT public_complaint_not_in_the_future CHECK (said_on <= (logged_at AT TIME ZONE 'UTC')::date + 1),
    CONSTRAINT public_complaint_partner FOREIGN KEY (programme_id, partner_id) REFERENCES partner (programme_id, partner_id),
    CONSTRAINT public_complaint_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT public_complaint_case_of_a_partner CHECK (case_id IS NULL OR partner_id IS NOT NULL)
);
CREATE TRIGGER public_complaint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public_complaint
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE complaint_outcome (
    complaint_id bigint PRIMARY KEY REFERENCES public_complaint,
    outcome text NOT NULL,
    remark text NOT NULL DEFAULT '',
    said_by bigint NOT NULL REFERENCES staff,
    said_at timestamptz NOT NULL,
    CONSTRAINT complaint_outcome_known CHECK (outcome IN ('answered', 'solved', 'withdrawn', 'not_ours')),
    CONSTRAINT complaint_outcome_remark_fits CHECK (length(remark) <= 20000)
);
CREATE TRIGGER complaint_outcome_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON complaint_outcome
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_complaint_hand() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    hand bigint := coalesce(to_jsonb(NEW) ->> 'logged_by', to_jsonb(NEW) ->> 'said_by')::bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id) WHERE s.person_id = hand
                   AND s.role IN ('agent', 'lead', 'owner') AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'agents, leads and owners look after complaints'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_by_the_desk';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER public_complaint_hand BEFORE INSERT ON public_complaint FOR EACH ROW EXECUTE FUNCTION check_complaint_hand();
CREATE TRIGGER complaint_outcome_hand BEFORE INSERT ON complaint_outcome FOR EACH ROW EXECUTE FUNCTION check_complaint_hand();

GRANT SELECT ON public_complaint, complaint_outcome TO pd_staff, pd_system;
GRANT INSERT ON public_complaint, complaint_outcome TO pd_staff;
DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['public_complaint', 'complaint_outcome'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
    END LOOP;
END
$$;
RESET ROLE;
