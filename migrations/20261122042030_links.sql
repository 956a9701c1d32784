-- Every address that an article or a macro leads to, where it stands, and whether it still answers.
SET LOCAL ROLE pd_owner;

CREATE TABLE link (
    link_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address text NOT NULL,
    added_at timestamptz NOT NULL,
    -- doubtful: it failed, perhaps for a moment.
    state text NOT NULL DEFAULT 'unchecked',
    -- How often in a row it failed.
    failures integer NOT NULL DEFAULT 0,
    -- What the last check found, in a word, and the status it answered with.
    finding text NOT NULL DEFAULT '',
    status integer,
    checked_at timestamptz,
    next_check_at timestamptz NOT NULL,
    CONSTRAINT link_once UNIQUE (address),
    CONSTRAINT link_is_an_address CHECK (address ~ '^(https?://[^/[:space:]]|/([^/\\]|$))' AND address !~ '[[:cntrl:][:space:]]' AND length(address) <= 2000),
    CONSTRAINT link_state_known CHECK (state IN ('unchecked', 'works', 'doubtful', 'dead')),
    CONSTRAINT link_finding_known CHECK (finding IN (
        '', 'answers', 'status', 'no_page', 'not_for_partners', 'no_such_host', 'private_address', 'no_answer', 'refused', 'redirects', 'broken')),
    CONSTRAINT link_failures_fit CHECK (failures >= 0 AND (failures = 0) = (state IN ('unchecked', 'works'))),
    CONSTRAINT link_checked_has_finding CHECK ((checked_at IS NULL) = (state = 'unchecked') AND (checked_at IS NULL) = (finding = '')),
    CONSTRAINT link_status_is_http CHECK (status BETWEEN 100 AND 999)
);
CREATE INDEX link_due ON link (next_check_at);

CREATE TABLE link_place (
    link_id bigint NOT NULL REFERENCES link,
    article_id bigint,
    language text,
    article_version integer,
    macro_id bigint,
    macro_version integer,
    variant text,
    CONSTRAINT link_place_once UNIQUE NULLS NOT DISTINCT (link_id, article_id, language, article_version, macro_id, macro_version, variant),
    CONSTRAINT link_place_in_article FOREIGN KEY (article_id, language, article_version) REFERENCES article_version (article_id, language, version),
    CONSTRAINT link_place_in_macro FOREIGN KEY (macro_id, macro_version, variant) REFERENCES macro_text (macro_id, version, variant),
    CONSTRAINT link_place_is_one CHECK (num_nonnulls(article_id, language, article_version) IN (0, 3)
        AND num_nonnulls(macro_id, macro_version, variant) IN (0, 3) AND num_nonnulls(article_id, macro_id) = 1)
);
CREATE INDEX link_place_of_article ON link_place (article_id, language, article_version);
CREATE INDEX link_place_of_macro ON link_place (macro_id, macro_version);

-- Where a link stands today: in the version of an article that is read, or the version of a macro that is sent.
CREATE VIEW live_link_place WITH (security_invoker = true) AS
SELECT p.link_id, a.slug, a.language, a.title AS name, a.audience, NULL::bigint AS macro_id
FROM link_place p JOIN live_article a ON a.article_id = p.article_id AND a.language = p.language AND a.version = p.article_version
UNION ALL
SELECT p.link_id, NULL, p.variant, v.name, 'partner', v.macro_id
FROM link_place p
JOIN macro m ON m.macro_id = p.macro_id AND m.retired_at IS NULL
JOIN macro_version v ON v.macro_id = p.macro_id AND v.version = p.macro_version
WHERE v.version = (SELECT max(n.version) FROM macro_version n WHERE n.macro_id = v.macro_id);

DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['link', 'link_place'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
        EXECUTE format('GRANT SELECT ON %I TO pd_staff, pd_system', name_);
    END LOOP;
END
$$;
GRANT SELECT ON live_link_place TO pd_staff, pd_system;
GRANT INSERT (address, added_at, next_check_at) ON link TO pd_staff, pd_system;
GRANT INSERT ON link_place TO pd_staff, pd_system;
GRANT UPDATE (state, failures, finding, status, checked_at, next_check_at) ON link TO pd_system;
GRANT UPDATE (next_check_at) ON link TO pd_staff;

RESET ROLE;
