-- Help articles: written by leads and owners, per language, in versions, for partners or for staff. The newest published
-- version is the one that is read.
SET LOCAL ROLE pd_owner;

-- Letters without their accents, so that what is typed without them is found.
CREATE FUNCTION without_accents(raw text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(lower(raw), 'áàâäãéèêëíìîïóòôöõúùûüñç', 'aaaaaeeeeiiiiooooouuuunc')
$$;
CREATE FUNCTION help_words(language text, raw text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE language WHEN 'es' THEN to_tsvector('pg_catalog.spanish', without_accents(raw))
                         ELSE to_tsvector('pg_catalog.english', without_accents(raw)) END
$$;
-- Any of the words of a text; NULL where it has none that count. Whatever was typed is a word here, never an operator.
CREATE FUNCTION help_query(language text, raw text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT string_agg('''' || replace(replace(word, '\', ''), '''', '''''') || '''', ' | ')::tsquery
    FROM unnest(tsvector_to_array(help_words(language, raw))) word
$$;

CREATE TABLE article (
    article_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Its name in addresses.
    slug text NOT NULL,
    audience text NOT NULL,
    -- Who keeps it right; NULL: nobody yet, the command line wrote it.
    owner_id bigint REFERENCES staff,
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    retired_by bigint REFERENCES staff,
    CONSTRAINT article_slug_once UNIQUE (slug),
    CONSTRAINT article_with_audience UNIQUE (article_id, audience),
    CONSTRAINT article_slug_is_plain CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 80 AND slug <> 'write'),
    CONSTRAINT article_audience_known CHECK (audience IN ('partner', 'staff')),
    CONSTRAINT article_retired_by_someone CHECK ((retired_at IS NULL) = (retired_by IS NULL))
);

CREATE TABLE article_version (
    article_id bigint NOT NULL,
    language text NOT NULL,
    version integer NOT NULL,
    previous integer GENERATED ALWAYS AS (nullif(version - 1, 0)) STORED,
    audience text NOT NULL,
    title text NOT NULL,
    -- Markdown.
    body text NOT NULL,
    -- The kinds of case it may spare.
    kinds text[] NOT NULL DEFAULT '{}',
    words tsvector GENERATED ALWAYS AS (setweight(help_words(language, title), 'A') || setweight(help_words(language, body), 'B')) STORED,
    written_by bigint REFERENCES staff,
    written_at timestamptz NOT NULL,
    published_at timestamptz,
    published_by bigint REFERENCES staff,
    form_key uuid NOT NULL DEFAULT gen_random_uuid(),
    PRIMARY KEY (article_id, language, version),
    CONSTRAINT article_version_article FOREIGN KEY (article_id, audience) REFERENCES article (article_id, audience),
    CONSTRAINT article_version_follows FOREIGN KEY (article_id, language, previous) REFERENCES article_version (article_id, language, version),
    CONSTRAINT article_version_form_once UNIQUE (form_key),
    CONSTRAINT article_version_from_one CHECK (version >= 1),
    CONSTRAINT article_version_language_known CHECK (language IN ('en', 'es')),
    CONSTRAINT article_version_title_not_blank CHECK (btrim(title) <> '' AND length(title) <= 160),
    CONSTRAINT article_version_body_not_blank CHECK (btrim(body, E' \t\r\n') <> '' AND length(body) <= 40000),
    CONSTRAINT article_version_kinds_known CHECK (kinds <@ ARRAY[
        'missing_conversion', 'wrong_amount', 'wrongly_reversed', 'payout_late', 'payout_amount', 'payout_failed', 'my_terms', 'other']),
    CONSTRAINT article_version_published_later CHECK (published_at >= written_at),
    CONSTRAINT article_version_published_by_someone CHECK (published_by IS NULL OR published_at IS NOT NULL)
);
CREATE INDEX article_version_by_words ON article_version USING gin (words);

-- Leads and owners write articles and publish them; what was written stays as it was.
CREATE FUNCTION check_article_version() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    hand bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a version of an article stays'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'article_version_stays';
    END IF;
    hand := NEW.written_by;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.published_at IS NOT NULL
            OR (OLD.article_id, OLD.language, OLD.version, OLD.audience, OLD.title, OLD.body, OLD.kinds, OLD.written_at, OLD.form_key)
               IS DISTINCT FROM
               (NEW.article_id, NEW.language, NEW.version, NEW.audience, NEW.title, NEW.body, NEW.kinds, NEW.written_at, NEW.form_key)
            OR OLD.written_by IS DISTINCT FROM NEW.written_by THEN
            RAISE EXCEPTION 'a version of an article stays'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'article_version_stays';
        END IF;
        hand := NEW.published_by;
    END IF;
    IF hand IS NOT NULL AND NOT EXISTS (
        SELECT FROM staff s JOIN person p USING (person_id)
        WHERE s.person_id = hand AND s.role IN ('lead', 'owner') AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'only leads and owners write articles'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'article_version_by_a_lead';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER article_version_check BEFORE INSERT OR UPDATE OR DELETE ON article_version
    FOR EACH ROW EXECUTE FUNCTION check_article_version();
CREATE TRIGGER article_version_not_emptied BEFORE TRUNCATE ON article_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What is read: the newest published version of each article and language.
CREATE VIEW live_article WITH (security_invoker = true) AS
SELECT DISTINCT ON (v.article_id, v.language)
       a.article_id, a.slug, a.audience, a.owner_id, v.language, v.version, v.title, v.body, v.kinds, v.words, v.written_at, v.published_at
FROM article a JOIN article_version v USING (article_id)
WHERE a.retired_at IS NULL AND v.published_at IS NOT NULL
ORDER BY v.article_id, v.language, v.version DESC;

-- Whether a version helped; said once a person.
CREATE TABLE article_feedback (
    article_id bigint NOT NULL,
    language text NOT NULL,
    version integer NOT NULL,
    person_id bigint NOT NULL REFERENCES person,
    -- The partner account they looked from; NULL: staff.
    partner_id bigint REFERENCES partner,
    helped boolean NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT article_feedback_once PRIMARY KEY (article_id, language, version, person_id),
    CONSTRAINT article_feedback_version FOREIGN KEY (article_id, language, version) REFERENCES article_version (article_id, language, version),
    CONSTRAINT article_feedback_of_member FOREIGN KEY (partner_id, person_id) REFERENCES partner_member (partner_id, person_id)
);
CREATE TRIGGER article_feedback_append_only BEFORE UPDATE OR DELETE ON article_feedback
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER article_feedback_not_emptied BEFORE TRUNCATE ON article_feedback
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_article_feedback() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM article_version v
        WHERE v.article_id = NEW.article_id AND v.language = NEW.language AND v.version = NEW.version
          AND v.published_at IS NOT NULL AND (v.audience = 'partner' OR NEW.partner_id IS NULL)) THEN
        RAISE EXCEPTION 'that article was never theirs to read'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'article_feedback_of_a_reader';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER article_feedback_check BEFORE INSERT ON article_feedback FOR EACH ROW EXECUTE FUNCTION check_article_feedback();

-- First steps that somebody does not want to see any more.
CREATE TABLE first_steps_dismissal (
    partner_id bigint NOT NULL,
    person_id bigint NOT NULL,
    dismissed_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, person_id),
    CONSTRAINT first_steps_dismissal_of_member FOREIGN KEY (partner_id, person_id) REFERENCES partner_member (partner_id, person_id) ON DELETE CASCADE
);

GRANT SELECT, INSERT ON article, article_version TO pd_staff, pd_system;
GRANT UPDATE (owner_id, retired_at, retired_by) ON article TO pd_staff;
GRANT UPDATE (published_at, published_by) ON article_version TO pd_staff, pd_system;
GRANT SELECT ON article, article_version, live_article TO pd_partner;
GRANT SELECT ON live_article TO pd_staff, pd_system;
GRANT SELECT, INSERT ON article_feedback TO pd_partner, pd_staff;
GRANT SELECT ON article_feedback TO pd_system;
GRANT SELECT, INSERT ON first_steps_dismissal TO pd_partner;
GRANT SELECT ON first_steps_dismissal TO pd_staff, pd_system;

ALTER TABLE article ENABLE ROW LEVEL SECURITY;
ALTER TABLE article_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE article_feedback ENABLE ROW LEVEL SECURITY;
ALTER TABLE first_steps_dismissal ENABLE ROW LEVEL SECURITY;
-- Partners read what is published for them, whoever they are; nobody's context reads nothing.
CREATE POLICY article_read ON article FOR SELECT TO pd_partner
    USING (audience = 'partner' AND retired_at IS NULL AND (SELECT current_programme()) IS NOT NULL
           AND EXISTS (SELECT FROM article_version v WHERE v.article_id = article.article_id));
CREATE POLICY article_version_read ON article_version FOR SELECT TO pd_partner
    USING (audience = 'partner' AND published_at IS NOT NULL AND (SELECT current_programme()) IS NOT NULL);
CREATE POLICY article_feedback_own ON article_feedback TO pd_partner
    USING (partner_id = current_partner()) WITH CHECK (partner_id = current_partner());
CREATE POLICY first_steps_dismissal_own ON first_steps_dismissal TO pd_partner
    USING (partner_id = current_partner()) WITH CHECK (partner_id = current_partner());
DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['article', 'article_version', 'article_feedback', 'first_steps_dismissal'] LOOP
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
    END LOOP;
END
$$;
CREATE POLICY article_version_by_staff ON article_version AS RESTRICTIVE FOR INSERT TO pd_staff WITH CHECK (written_by IS NOT NULL);
CREATE POLICY article_feedback_by_staff ON article_feedback AS RESTRICTIVE FOR INSERT TO pd_staff WITH CHECK (partner_id IS NULL);

RESET ROLE;
