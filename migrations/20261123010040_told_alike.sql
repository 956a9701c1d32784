-- What pages are told of messages, notes and new cases is told by one function: they differ in a word and in who did it.
SET LOCAL ROLE pd_owner;

-- By the kind of event, the number they are told in the order of, and the columns with side, person and name; `''` for none.
CREATE FUNCTION tell_fresh() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM fresh LIMIT 501) few) > 500 THEN
        INSERT INTO live_event (kind) VALUES ('reset');
    ELSE
        INSERT INTO live_event (kind, partner_id, case_id, side, person_id, name)
        SELECT TG_ARGV[0], f.partner_id, f.case_id, each.row ->> TG_ARGV[2], (each.row ->> TG_ARGV[3])::bigint,
               coalesce(each.row ->> TG_ARGV[4], '')
        FROM fresh f CROSS JOIN LATERAL (SELECT to_jsonb(f) AS row) each
        ORDER BY (each.row ->> TG_ARGV[1])::bigint;
    END IF;
    PERFORM pg_notify('live', '');
    RETURN NULL;
END
$$;

DROP TRIGGER message_is_told ON message;
CREATE TRIGGER message_is_told AFTER INSERT ON message REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION tell_fresh('message', 'message_id', 'side', 'author_id', 'author_name');
DROP TRIGGER note_is_told ON note;
CREATE TRIGGER note_is_told AFTER INSERT ON note REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION tell_fresh('note', 'note_id', '', 'author_id', 'author_name');
DROP TRIGGER support_case_is_told ON support_case;
CREATE TRIGGER support_case_is_told AFTER INSERT ON support_case REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION tell_fresh('opened', 'case_id', '', 'opened_by', '');
DROP FUNCTION tell_messages(), tell_notes(), tell_new_cases();

RESET ROLE;
