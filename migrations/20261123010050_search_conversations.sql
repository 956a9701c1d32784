-- Words that stand in several texts of one conversation are found, too: what a case is found by and all that was said in it lie
-- together under one index.
SET LOCAL ROLE pd_owner;

CREATE TABLE case_conversation (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    words tsvector NOT NULL,
    PRIMARY KEY (partner_id, case_id),
    CONSTRAINT case_conversation_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id)
);

-- The words of a text in both languages, whether they stand in it and not where.
CREATE FUNCTION said_words(text text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT strip(to_tsvector('public.words_en'::regconfig, $1) || to_tsvector('public.words_es'::regconfig, $1))
$$;

INSERT INTO case_conversation (partner_id, case_id, words)
SELECT f.partner_id, f.case_id,
       strip(f.words) || coalesce((
           SELECT array_to_tsvector(array_agg(DISTINCT w.lexeme)) FROM message m CROSS JOIN LATERAL unnest(said_words(m.body)) w
           WHERE m.partner_id = f.partner_id AND m.case_id = f.case_id), '')
FROM case_found_by f;
CREATE INDEX case_conversation_words ON case_conversation USING gin (words);

-- Subject, partner, orders.
CREATE FUNCTION head_is_in_conversation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO case_conversation AS c (partner_id, case_id, words) VALUES (NEW.partner_id, NEW.case_id, strip(NEW.words))
    ON CONFLICT (partner_id, case_id) DO UPDATE SET words = c.words || excluded.words;
    RETURN NULL;
EXCEPTION WHEN program_limit_exceeded THEN
    RETURN NULL;
END
$$;
CREATE TRIGGER case_found_by_in_conversation AFTER INSERT OR UPDATE ON case_found_by
    FOR EACH ROW EXECUTE FUNCTION head_is_in_conversation();

CREATE FUNCTION messages_are_in_conversation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE case_conversation c SET words = c.words || said.words
    FROM (SELECT f.partner_id, f.case_id, array_to_tsvector(array_agg(DISTINCT w.lexeme)) AS words
          FROM fresh f CROSS JOIN LATERAL unnest(said_words(f.body)) w GROUP BY f.partner_id, f.case_id) said
    WHERE c.partner_id = said.partner_id AND c.case_id = said.case_id;
    RETURN NULL;
EXCEPTION WHEN program_limit_exceeded THEN
    -- A conversation of more different words than one index entry holds is found by those that came first. A message is
    -- never refused for it.
    RETURN NULL;
END
$$;
CREATE TRIGGER message_in_conversation AFTER INSERT ON message REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION messages_are_in_conversation();

-- What is merged is part of the conversation it was merged into.
CREATE FUNCTION merged_are_in_conversation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE case_conversation c SET words = c.words || m.words FROM case_conversation m
    WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.into_case_id AND m.partner_id = NEW.partner_id AND m.case_id = NEW.case_id;
    RETURN NULL;
EXCEPTION WHEN program_limit_exceeded THEN
    RETURN NULL;
END
$$;
CREATE TRIGGER case_merge_in_conversation AFTER INSERT ON case_merge FOR EACH ROW EXECUTE FUNCTION merged_are_in_conversation();
UPDATE case_conversation c SET words = c.words || m.words
FROM case_merge g JOIN case_conversation m USING (partner_id, case_id)
WHERE c.partner_id = g.partner_id AND c.case_id = g.into_case_id;

ALTER TABLE case_conversation ENABLE ROW LEVEL SECURITY;
CREATE POLICY case_conversation_house ON case_conversation TO pd_staff, pd_system USING (true) WITH CHECK (true);
GRANT SELECT ON case_conversation TO pd_staff, pd_system;

RESET ROLE;
