-- What the house tells a partner of a case by itself, each once, in the portal and by mail: reminders of a question, that the
-- case was closed over their silence, that a policy decided, and the question how it was. And what they say to that.
SET LOCAL ROLE pd_owner;

CREATE TABLE case_notice (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    notice text NOT NULL,
    -- The question that a reminder is about: the house's last message; 0 for what is told once in a case.
    asked_message_id bigint NOT NULL DEFAULT 0,
    asked_about bigint GENERATED ALWAYS AS (nullif(asked_message_id, 0)) STORED,
    -- The person whose question it is, or who had the case.
    by_name text NOT NULL,
    -- When it was due, and when it was told.
    due_at timestamptz NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, case_id, notice, asked_message_id),
    CONSTRAINT case_notice_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT case_notice_question FOREIGN KEY (partner_id, case_id, asked_about) REFERENCES message (partner_id, case_id, message_id),
    CONSTRAINT case_notice_known CHECK (notice IN ('reminder', 'last_reminder', 'closed', 'rate', 'silence_decided')),
    CONSTRAINT case_notice_about_a_question CHECK ((notice IN ('reminder', 'last_reminder', 'closed')) = (asked_message_id > 0)),
    CONSTRAINT case_notice_not_early CHECK (at >= due_at),
    CONSTRAINT case_notice_by_someone CHECK (btrim(by_name) <> '')
);
CREATE TRIGGER case_notice_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_notice
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- A partner is reminded after three days and after seven, and a case closed after fourteen, counted from the question, and
-- each as long after the one before; and only while the question is the last word.
CREATE FUNCTION check_case_notice() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asked_at timestamptz;
    side_ text;
    before_ timestamptz;
BEGIN
    IF NEW.asked_message_id = 0 THEN
        RETURN NEW;
    END IF;
    PERFORM FROM support_case c WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.case_id FOR NO KEY UPDATE;
    SELECT m.sent_at, m.side INTO asked_at, side_ FROM message m
    WHERE m.partner_id = NEW.partner_id AND m.case_id = NEW.case_id
    ORDER BY m.message_id DESC LIMIT 1;
    IF side_ IS DISTINCT FROM 'staff' OR NOT EXISTS (
            SELECT FROM message m WHERE m.partner_id = NEW.partner_id AND m.case_id = NEW.case_id AND m.message_id = NEW.asked_message_id
              AND NOT EXISTS (SELECT FROM message n WHERE n.partner_id = m.partner_id AND n.case_id = m.case_id AND n.message_id > m.message_id)) THEN
        RAISE EXCEPTION 'a partner who answered is not reminded' USING ERRCODE = 'check_violation', CONSTRAINT = 'case_notice_while_unanswered';
    END IF;
    SELECT n.at INTO before_ FROM case_notice n
    WHERE n.partner_id = NEW.partner_id AND n.case_id = NEW.case_id AND n.asked_message_id = NEW.asked_message_id
      AND n.notice = CASE NEW.notice WHEN 'last_reminder' THEN 'reminder' WHEN 'closed' THEN 'last_reminder' END;
    IF NEW.notice <> 'reminder' AND before_ IS NULL
        OR NEW.at < asked_at + (CASE NEW.notice WHEN 'reminder' THEN interval '3 days' WHEN 'last_reminder' THEN interval '7 days' ELSE interval '14 days' END)
        OR NEW.at < before_ + (CASE NEW.notice WHEN 'last_reminder' THEN interval '4 days' ELSE interval '7 days' END) THEN
        RAISE EXCEPTION 'a partner has three days, seven and fourteen' USING ERRCODE = 'check_violation', CONSTRAINT = 'case_notice_in_its_days';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER case_notice_check BEFORE INSERT ON case_notice FOR EACH ROW EXECUTE FUNCTION check_case_notice();
CREATE INDEX support_case_awaiting_partner ON support_case (partner_id, case_id) WHERE stage = 'answer_needed';

-- How it was, asked once.
CREATE TABLE case_rating (
    partner_id bigint NOT NULL,
    case_id bigint NOT NULL,
    stars smallint NOT NULL,
    words text NOT NULL DEFAULT '',
    rated_by bigint NOT NULL REFERENCES person,
    rated_at timestamptz NOT NULL,
    -- In the language of whoever rates, and about whom: who decided, or had the case last.
    locale text NOT NULL,
    staff_id bigint REFERENCES staff,
    by_mail boolean NOT NULL,
    PRIMARY KEY (partner_id, case_id),
    CONSTRAINT case_rating_case FOREIGN KEY (partner_id, case_id) REFERENCES support_case (partner_id, case_id),
    CONSTRAINT case_rating_member FOREIGN KEY (partner_id, rated_by) REFERENCES partner_member (partner_id, person_id),
    CONSTRAINT case_rating_one_to_five CHECK (stars BETWEEN 1 AND 5),
    CONSTRAINT case_rating_words_short CHECK (length(words) <= 2000),
    CONSTRAINT case_rating_locale_known CHECK (locale ~ '^[a-z]{2}$')
);
CREATE INDEX case_rating_by_time ON case_rating (rated_at);
CREATE TRIGGER case_rating_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_rating
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_case_rating() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM case_event e WHERE e.partner_id = NEW.partner_id AND e.case_id = NEW.case_id
                   AND e.stage IN ('decided', 'closed') AND e.at <= NEW.rated_at) THEN
        RAISE EXCEPTION 'a case is rated once it is resolved' USING ERRCODE = 'check_violation', CONSTRAINT = 'case_rating_of_a_resolved_case';
    END IF;
    NEW.staff_id := coalesce(
        (SELECT d.decided_by FROM case_decision d WHERE d.partner_id = NEW.partner_id AND d.case_id = NEW.case_id),
        (SELECT c.assignee_id FROM support_case c WHERE c.partner_id = NEW.partner_id AND c.case_id = NEW.case_id));
    RETURN NEW;
END
$$;
CREATE TRIGGER case_rating_check BEFORE INSERT ON case_rating FOR EACH ROW EXECUTE FUNCTION check_case_rating();

-- The mails of a notice.
ALTER TABLE mail_out ADD COLUMN notice text, ADD COLUMN notice_message_id bigint,
    ADD CONSTRAINT mail_out_notice FOREIGN KEY (partner_id, case_id, notice, notice_message_id)
        REFERENCES case_notice (partner_id, case_id, notice, asked_message_id),
    ADD CONSTRAINT mail_out_notice_whole CHECK (num_nonnulls(notice, notice_message_id) = CASE kind WHEN 'notice' THEN 2 ELSE 0 END);
CREATE UNIQUE INDEX mail_out_notice_once ON mail_out (partner_id, case_id, notice, notice_message_id, person_id) WHERE kind = 'notice';
CREATE TRIGGER mail_out_notice_append_only BEFORE UPDATE OF notice, notice_message_id ON mail_out
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
DO $$
DECLARE
    one record;
    known text;
BEGIN
    FOR one IN SELECT * FROM (VALUES
        ('mail_out_kind_known', 'true'),
        ('mail_out_to_someone', 'person_id IS NOT NULL AND invitation IS NULL'),
        ('mail_out_about_its_subject', 'case_id IS NOT NULL AND num_nonnulls(message_id, payout_run_id, payout_delay_id, payout_method_id) = 0'),
        ('mail_out_token_is_sealed', 'sealed_token IS NULL AND key_id IS NULL')
    ) AS checks (name, rule) LOOP
        SELECT pg_get_expr(c.conbin, c.conrelid) INTO STRICT known FROM pg_constraint c
        WHERE c.conrelid = 'mail_out'::regclass AND c.conname = one.name;
        EXECUTE format('ALTER TABLE mail_out DROP CONSTRAINT %I', one.name);
        EXECUTE format('ALTER TABLE mail_out ADD CONSTRAINT %I CHECK (CASE WHEN kind = ''notice'' THEN %s ELSE %s END)', one.name, one.rule, known);
    END LOOP;
END
$$;
GRANT SELECT (notice, notice_message_id) ON mail_out TO pd_staff;

DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['case_notice', 'case_rating'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_partner USING (partner_id = current_partner()) WITH CHECK (partner_id = current_partner())',
                       name_ || '_own', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
        EXECUTE format('GRANT SELECT ON %I TO pd_partner, pd_staff, pd_system', name_);
    END LOOP;
END
$$;
GRANT INSERT ON case_notice TO pd_system;
-- Nobody of the house rates the house.
GRANT INSERT ON case_rating TO pd_partner;

RESET ROLE;
