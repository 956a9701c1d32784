-- Search over what was said, noted and pinned, in both languages, whatever accents were typed.
-- Both are trusted extensions of PostgreSQL's contrib: whoever owns the database may create them, so this comes before the
-- role that owns the tables is taken on.
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
CREATE EXTENSION IF NOT EXISTS unaccent SCHEMA public;
SET LOCAL ROLE pd_owner;

-- A word that says nothing in one language is left out of the other, too: without this, `de` would stand in the English
-- half of every Spanish text.
CREATE TEXT SEARCH DICTIONARY stop_en (TEMPLATE = simple, STOPWORDS = english, ACCEPT = false);
CREATE TEXT SEARCH DICTIONARY stop_es (TEMPLATE = simple, STOPWORDS = spanish, ACCEPT = false);
CREATE TEXT SEARCH CONFIGURATION words_en (COPY = english);
ALTER TEXT SEARCH CONFIGURATION words_en ALTER MAPPING FOR asciiword, word, hword_asciipart, hword_part, asciihword, hword
    WITH stop_en, stop_es, unaccent, english_stem;
CREATE TEXT SEARCH CONFIGURATION words_es (COPY = spanish);
ALTER TEXT SEARCH CONFIGURATION words_es ALTER MAPPING FOR asciiword, word, hword_asciipart, hword_part, asciihword, hword
    WITH stop_en, stop_es, unaccent, spanish_stem;
-- Words as they are written, but for accents.
CREATE TEXT SEARCH CONFIGURATION words_plain (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION words_plain ALTER MAPPING FOR asciiword, word, hword_asciipart, hword_part, asciihword, hword
    WITH stop_en, stop_es, unaccent, simple;

-- How text is compared where accents and case don't count. The dictionary is named, so the result never changes.
CREATE FUNCTION plain_text(text text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$ SELECT lower(public.unaccent('public.unaccent'::regdictionary, $1)) $$;

-- What a text is found by: its words in both languages, and the sheaf it lies in. Sheaves are numbered in the order of
-- writing, so that a search begins with the newest and ends when it has enough, however common its words are.
CREATE FUNCTION found_by(text text, sheaf bigint) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('public.words_en'::regconfig, $1) || to_tsvector('public.words_es'::regconfig, $1)
        || array_to_tsvector(ARRAY['/' || $2])
$$;
-- So many texts lie in a sheaf.
CREATE FUNCTION sheaf_of(id bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT $1 / 8192 $$;

CREATE INDEX message_found_by ON message USING gin (found_by(body, sheaf_of(message_id)));
CREATE INDEX note_found_by ON note USING gin (found_by(body, sheaf_of(note_id)));
CREATE INDEX partner_found_by ON partner USING gin (plain_text(code || ' ' || name) gin_trgm_ops);
GRANT SELECT ON SEQUENCE message_message_id_seq, note_note_id_seq, support_case_case_id_seq TO pd_staff;

-- What a case is found by, besides what was said in it: its subject, its partner, and the orders that it pins.
CREATE TABLE case_found_by (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    words tsvector NOT NULL,
    PRIMARY KEY (partner_id, case_id),
    CONSTRAINT case_found_by_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id)
);
CREATE INDEX case_found_by_words ON case_found_by USING gin (words);
-- Order ids are no words: each is one, whole.
CREATE FUNCTION found_by_order(order_id text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT array_to_tsvector(ARRAY['#' || left(lower($1), 200)]) $$;

CREATE FUNCTION case_is_found() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO case_found_by (partner_id, case_id, words)
    SELECT NEW.partner_id, NEW.case_id, found_by(NEW.subject || ' ' || p.code || ' ' || p.name, sheaf_of(NEW.case_id))
    FROM partner p WHERE p.partner_id = NEW.partner_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER support_case_is_found AFTER INSERT ON support_case FOR EACH ROW EXECUTE FUNCTION case_is_found();

CREATE FUNCTION pin_is_found() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE case_found_by f SET words = f.words || found_by_order(o.order_id)
    FROM (SELECT order_id FROM conversion WHERE partner_id = NEW.partner_id AND conversion_id = NEW.conversion_id
          UNION ALL
          SELECT order_id FROM claim WHERE partner_id = NEW.partner_id AND claim_id = NEW.claim_id) o
    WHERE f.partner_id = NEW.partner_id AND f.case_id = NEW.case_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER case_pin_is_found AFTER INSERT ON case_pin
    FOR EACH ROW WHEN (NEW.conversion_id IS NOT NULL OR NEW.claim_id IS NOT NULL) EXECUTE FUNCTION pin_is_found();

INSERT INTO case_found_by (partner_id, case_id, words)
SELECT c.partner_id, c.case_id,
       found_by(c.subject || ' ' || p.code || ' ' || p.name, sheaf_of(c.case_id))
       || coalesce(array_to_tsvector((SELECT array_agg(DISTINCT '#' || left(lower(o.order_id), 200)) FROM (
              SELECT v.order_id FROM case_pin n JOIN conversion v USING (partner_id, conversion_id)
              WHERE n.partner_id = c.partner_id AND n.case_id = c.case_id
              UNION ALL
              SELECT m.order_id FROM case_pin n JOIN claim m USING (partner_id, claim_id)
              WHERE n.partner_id = c.partner_id AND n.case_id = c.case_id) o)), '')
FROM support_case c JOIN partner p USING (partner_id);

-- Words that were ever written to us, for those who mistype one. A job reads new messages for them: whoever writes waits
-- for no other writer of the same word.
CREATE TABLE known_word (
    word text PRIMARY KEY,
    seen bigint NOT NULL,
    CONSTRAINT known_word_is_plain CHECK (length(word) BETWEEN 3 AND 30 AND word = plain_text(word)),
    CONSTRAINT known_word_seen CHECK (seen > 0)
);
CREATE INDEX known_word_like ON known_word USING gin (word gin_trgm_ops);
CREATE TABLE unread_message (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    message_id bigint NOT NULL,
    PRIMARY KEY (partner_id, case_id, message_id),
    CONSTRAINT unread_message_message FOREIGN KEY (partner_id, case_id, message_id) REFERENCES message (partner_id, case_id, message_id)
);
CREATE FUNCTION message_is_unread() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO unread_message (partner_id, case_id, message_id) VALUES (NEW.partner_id, NEW.case_id, NEW.message_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER message_is_unread AFTER INSERT ON message FOR EACH ROW EXECUTE FUNCTION message_is_unread();
INSERT INTO unread_message (partner_id, case_id, message_id) SELECT partner_id, case_id, message_id FROM message;

-- All of the terms, each in any of its spellings: as a word of either language, or as the beginning of an order id.
-- NULL: nothing but words that say nothing.
CREATE FUNCTION search_for(terms jsonb) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
-- A word that says nothing is no reason for a notice.
SET search_path = pg_catalog, public, pg_temp SET client_min_messages = warning AS $$
DECLARE
    term_ jsonb;
    spelling_ text;
    one_ tsquery;
    all_ tsquery := '';
BEGIN
    FOR term_ IN SELECT value FROM jsonb_array_elements(terms) LOOP
        one_ := '';
        FOR spelling_ IN SELECT value FROM jsonb_array_elements_text(term_) LOOP
            one_ := one_ || plainto_tsquery('words_en', spelling_) || plainto_tsquery('words_es', spelling_);
        END LOOP;
        spelling_ := term_ ->> 0;
        -- A number alone is a word that says something, and so is what looks like an order id.
        IF numnode(one_) > 0 OR spelling_ ~ '[0-9]' THEN
            -- As tsquery quotes: a backslash stands before a backslash, a quote is doubled.
            one_ := one_ || ('''#' || replace(replace(lower(spelling_), '\', '\\'), '''', '''''') || ''''
                             || CASE WHEN length(spelling_) >= 3 THEN ':*' ELSE '' END)::tsquery;
            all_ := all_ && one_;
        END IF;
    END LOOP;
    RETURN CASE WHEN numnode(all_) > 0 THEN all_ END;
END
$$;
-- The same in these sheaves alone.
CREATE FUNCTION search_sheaves(first bigint, last bigint) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT string_agg('''/' || n || '''', '|')::tsquery FROM generate_series($1, $2) n
$$;

DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['case_found_by', 'known_word', 'unread_message'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
    END LOOP;
END
$$;
GRANT SELECT ON case_found_by, known_word TO pd_staff, pd_system;
GRANT INSERT ON known_word TO pd_system;
GRANT UPDATE (seen) ON known_word TO pd_system;
-- UPDATE, so that what one process reads another leaves alone.
GRANT SELECT, UPDATE, DELETE ON unread_message TO pd_system;

RESET ROLE;
