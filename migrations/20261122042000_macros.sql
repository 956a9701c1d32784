-- Macros: texts that staff send often, one per language and form of address, with what is done besides. A macro is changed by
-- a new version, so that what was sent can be told from what is sent today.
SET LOCAL ROLE pd_owner;

-- Who writes what the desk works with: staff who solve cases, or the command line (NULL).
CREATE FUNCTION check_desk_writer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.written_by IS NOT NULL AND NOT EXISTS (
        SELECT FROM staff s JOIN person p USING (person_id)
        WHERE s.person_id = NEW.written_by AND s.role IN ('agent', 'lead', 'owner') AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'only staff who solve cases write this'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_by_the_desk';
    END IF;
    RETURN NEW;
END
$$;

CREATE TABLE macro (
    macro_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    retired_by bigint REFERENCES staff,
    CONSTRAINT macro_retired_by_someone CHECK ((retired_at IS NULL) = (retired_by IS NULL)),
    CONSTRAINT macro_retired_later CHECK (retired_at >= created_at)
);

CREATE TABLE macro_version (
    macro_id bigint NOT NULL REFERENCES macro,
    version integer NOT NULL,
    previous integer GENERATED ALWAYS AS (nullif(version - 1, 0)) STORED,
    name text NOT NULL,
    -- What is done besides: an answer is asked for, the case is closed, it goes to whoever sends it or to somebody else.
    asks boolean NOT NULL,
    closes boolean NOT NULL,
    takes boolean NOT NULL,
    assignee_id bigint REFERENCES staff,
    written_by bigint REFERENCES staff,
    written_at timestamptz NOT NULL,
    form_key uuid NOT NULL DEFAULT gen_random_uuid(),
    PRIMARY KEY (macro_id, version),
    CONSTRAINT macro_version_follows FOREIGN KEY (macro_id, previous) REFERENCES macro_version (macro_id, version),
    CONSTRAINT macro_version_from_one CHECK (version >= 1),
    CONSTRAINT macro_version_form_once UNIQUE (form_key),
    CONSTRAINT macro_version_name_not_blank CHECK (btrim(name) <> '' AND length(name) <= 120),
    CONSTRAINT macro_version_asks_or_closes CHECK (NOT (asks AND closes)),
    CONSTRAINT macro_version_one_assignee CHECK (NOT (takes AND assignee_id IS NOT NULL))
);
CREATE TRIGGER macro_version_append_only BEFORE UPDATE OR DELETE ON macro_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER macro_version_not_emptied BEFORE TRUNCATE ON macro_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER macro_version_writer BEFORE INSERT ON macro_version FOR EACH ROW EXECUTE FUNCTION check_desk_writer();

CREATE TABLE macro_text (
    macro_id bigint NOT NULL,
    version integer NOT NULL,
    variant text NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (macro_id, version, variant),
    CONSTRAINT macro_text_version FOREIGN KEY (macro_id, version) REFERENCES macro_version (macro_id, version),
    CONSTRAINT macro_text_variant_known CHECK (variant IN ('en', 'es_tu', 'es_usted')),
    CONSTRAINT macro_text_not_blank CHECK (btrim(body, E' \t\r\n') <> '' AND length(body) <= 10000)
);
CREATE TRIGGER macro_text_append_only BEFORE UPDATE OR DELETE ON macro_text
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER macro_text_not_emptied BEFORE TRUNCATE ON macro_text
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_macro_version() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM macro_text t WHERE t.macro_id = NEW.macro_id AND t.version = NEW.version) THEN
        RAISE EXCEPTION 'a macro has a text'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'macro_version_has_a_text';
    END IF;
    IF EXISTS (SELECT FROM macro m WHERE m.macro_id = NEW.macro_id AND m.retired_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a retired macro is not changed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'macro_version_of_a_live_macro';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER macro_version_whole AFTER INSERT ON macro_version DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_macro_version();

-- A macro whose text lies in a form that is not sent yet.
CREATE TABLE macro_pick (
    form_key uuid PRIMARY KEY,
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    macro_id bigint NOT NULL,
    version integer NOT NULL,
    variant text NOT NULL,
    -- Whether what it does besides is wanted too.
    with_actions boolean NOT NULL,
    picked_by bigint NOT NULL REFERENCES staff,
    picked_at timestamptz NOT NULL,
    CONSTRAINT macro_pick_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT macro_pick_text FOREIGN KEY (macro_id, version, variant) REFERENCES macro_text (macro_id, version, variant)
);

-- A reply that began as a macro.
CREATE TABLE macro_use (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    message_id bigint NOT NULL,
    macro_id bigint NOT NULL,
    version integer NOT NULL,
    variant text NOT NULL,
    used_by bigint NOT NULL REFERENCES staff,
    used_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, case_id, message_id),
    CONSTRAINT macro_use_message FOREIGN KEY (partner_id, case_id, message_id) REFERENCES message (partner_id, case_id, message_id),
    CONSTRAINT macro_use_text FOREIGN KEY (macro_id, version, variant) REFERENCES macro_text (macro_id, version, variant)
);
CREATE INDEX macro_use_by_macro ON macro_use (macro_id, used_at);
CREATE TRIGGER macro_use_append_only BEFORE UPDATE OR DELETE ON macro_use
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER macro_use_not_emptied BEFORE TRUNCATE ON macro_use
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Who writes a reply was told that it does not speak as its reader is spoken to; sent again, it goes.
CREATE TABLE variant_warning (
    form_key uuid NOT NULL,
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    wanted text NOT NULL,
    found text NOT NULL,
    warned bigint NOT NULL REFERENCES staff,
    warned_at timestamptz NOT NULL,
    PRIMARY KEY (form_key, found),
    CONSTRAINT variant_warning_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT variant_warning_variants_known CHECK (
        wanted IN ('en', 'es_tu', 'es_usted') AND found IN ('en', 'es', 'es_tu', 'es_usted') AND wanted <> found)
);

-- A reply that was sent although it does not speak as its reader is spoken to.
CREATE TABLE variant_mismatch (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    message_id bigint NOT NULL,
    wanted text NOT NULL,
    found text NOT NULL,
    sent_by bigint NOT NULL REFERENCES staff,
    sent_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, case_id, message_id),
    CONSTRAINT variant_mismatch_message FOREIGN KEY (partner_id, case_id, message_id) REFERENCES message (partner_id, case_id, message_id),
    CONSTRAINT variant_mismatch_variants_known CHECK (
        wanted IN ('en', 'es_tu', 'es_usted') AND found IN ('en', 'es', 'es_tu', 'es_usted') AND wanted <> found)
);
CREATE INDEX variant_mismatch_by_time ON variant_mismatch (sent_at);
CREATE TRIGGER variant_mismatch_append_only BEFORE UPDATE OR DELETE ON variant_mismatch
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER variant_mismatch_not_emptied BEFORE TRUNCATE ON variant_mismatch
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Both are about what staff wrote.
CREATE FUNCTION check_staff_message() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM message m WHERE m.partner_id = NEW.partner_id AND m.case_id = NEW.case_id
                   AND m.message_id = NEW.message_id AND m.side = 'staff') THEN
        RAISE EXCEPTION 'that is no message of staff'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_of_staff';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER macro_use_in_a_reply BEFORE INSERT ON macro_use FOR EACH ROW EXECUTE FUNCTION check_staff_message();
CREATE TRIGGER variant_mismatch_in_a_reply BEFORE INSERT ON variant_mismatch FOR EACH ROW EXECUTE FUNCTION check_staff_message();

DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['macro', 'macro_version', 'macro_text', 'macro_pick', 'macro_use', 'variant_warning', 'variant_mismatch'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO pd_staff, pd_system', name_);
    END LOOP;
END
$$;
GRANT UPDATE (retired_at, retired_by) ON macro TO pd_staff;
GRANT UPDATE (macro_id, version, variant, with_actions, picked_at) ON macro_pick TO pd_staff;
CREATE POLICY macro_version_by_staff ON macro_version AS RESTRICTIVE FOR INSERT TO pd_staff WITH CHECK (written_by IS NOT NULL);

RESET ROLE;
