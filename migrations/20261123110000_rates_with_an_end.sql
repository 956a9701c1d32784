-- Terms until a day: what stood there before counts again afterwards. An end is part of what is read, decided and accepted, so it
-- was announced with what it ends and is no decrease of its own. Without an end it is infinity, as a NULL would slip through keys.
SET LOCAL ROLE pd_owner;

-- What a reader of a proposal has read, with its end.
CREATE FUNCTION proposal_hash(programme_id bigint, offer_scope bigint, partner_scope bigint, field text, kind text,
                              value numeric, valid_from timestamptz, reason text, impact jsonb, rule jsonb, valid_until timestamptz)
RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN $11 = 'infinity' THEN proposal_hash($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                ELSE sha256(convert_to('until ' || extract(epoch FROM $11 AT TIME ZONE 'UTC') || '|', 'UTF8')
                            || proposal_hash($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)) END
$$;

ALTER TABLE proposal
    ADD COLUMN valid_until timestamptz NOT NULL DEFAULT 'infinity',
    ADD CONSTRAINT proposal_ends_after_its_start CHECK (valid_until > valid_from),
    DROP CONSTRAINT proposal_hash_is_of_content,
    ADD CONSTRAINT proposal_hash_is_of_content CHECK (
        content_hash = proposal_hash(programme_id, offer_scope, partner_scope, field, kind, value, valid_from, reason, impact, rule, valid_until));

-- Who decides may end it earlier than was proposed, never later.
ALTER TABLE decision
    ADD COLUMN valid_until timestamptz NOT NULL DEFAULT 'infinity',
    ADD CONSTRAINT decision_ends_after_its_start CHECK (valid_until = 'infinity' OR coalesce(valid_from < valid_until, false)),
    -- What everything else falls back to has no end.
    ADD CONSTRAINT decision_first_terms_do_not_end CHECK (by <> 'command' OR valid_until = 'infinity'),
    ADD CONSTRAINT decision_until UNIQUE (proposal_id, valid_until);
CREATE FUNCTION check_decided_end() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.valid_until > (SELECT p.valid_until FROM proposal p WHERE p.proposal_id = NEW.proposal_id) THEN
        RAISE EXCEPTION 'it would hold longer than was proposed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_not_beyond_proposed_end';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER decision_check_end BEFORE INSERT ON decision FOR EACH ROW
    WHEN (NEW.verdict = 'approved') EXECUTE FUNCTION check_decided_end();

ALTER TABLE terms_version
    ADD COLUMN valid_until timestamptz NOT NULL DEFAULT 'infinity',
    ADD CONSTRAINT terms_version_ends_as_decided FOREIGN KEY (proposal_id, valid_until) REFERENCES decision (proposal_id, valid_until);

-- What is offered holds for longer than the offer stands. The partner reads its end here, as proposals are the house's.
ALTER TABLE counter_offer ADD COLUMN valid_until timestamptz NOT NULL DEFAULT 'infinity',
    ADD CONSTRAINT counter_offer_ends_after_its_expiry CHECK (valid_until > expires_at);
CREATE FUNCTION check_offered_end() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.valid_until := coalesce((SELECT p.valid_until FROM proposal p WHERE p.proposal_id = NEW.proposal_id), 'infinity');
    RETURN NEW;
END
$$;
CREATE TRIGGER counter_offer_check_end BEFORE INSERT ON counter_offer FOR EACH ROW EXECUTE FUNCTION check_offered_end();

-- Nothing is promised for longer than it holds.
CREATE FUNCTION check_promised_end() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.until > (SELECT t.valid_until FROM terms_version t WHERE t.terms_version_id = NEW.terms_version_id) THEN
        RAISE EXCEPTION 'what is promised ends before'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'promise_within_its_version';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER promise_check_end BEFORE INSERT ON promise FOR EACH ROW EXECUTE FUNCTION check_promised_end();

-- In force at a moment: of the versions that have begun, have not ended and were not stopped for the partner, the most specific,
-- then the one that began last. So a version that ends gives way to what it stood in front of; one that was decided meanwhile
-- and began later stands in front of it.
DROP FUNCTION terms_at(bigint, bigint, bigint, timestamptz, timestamptz);
CREATE FUNCTION terms_at(programme_id bigint, offer_id bigint, partner_id bigint, at timestamptz, known_at timestamptz DEFAULT 'infinity')
RETURNS TABLE (field text, terms_version_id bigint, kind text, value numeric, valid_from timestamptz, offer_scope bigint, partner_scope bigint,
               rule jsonb, valid_until timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (t.field) t.field, t.terms_version_id, t.kind, t.value, t.valid_from, t.offer_scope, t.partner_scope, t.rule, t.valid_until
    FROM terms_version t
    WHERE t.programme_id = $1 AND t.offer_scope IN (0, $2) AND t.partner_scope IN (0, $3) AND t.valid_from <= $4 AND t.valid_until > $4
      AND t.recorded_at <= $5
      AND NOT EXISTS (SELECT FROM stopped_change s WHERE s.partner_id = $3 AND s.terms_version_id = t.terms_version_id AND s.stopped_at <= $5)
    ORDER BY t.field, (t.partner_scope <> 0) DESC, (t.offer_scope <> 0) DESC, t.valid_from DESC, t.revision DESC
$$;

CREATE OR REPLACE FUNCTION terms_without(programme_id bigint, offer_scope bigint, partner_scope bigint, field text, at timestamptz, without bigint)
RETURNS SETOF terms_version LANGUAGE sql STABLE AS $$
    SELECT t.* FROM terms_version t
    WHERE t.programme_id = $1 AND t.offer_scope IN (0, $2) AND t.partner_scope IN (0, $3) AND t.field = $4 AND t.valid_from <= $5
      AND t.valid_until > $5 AND t.terms_version_id <> $6
      AND NOT EXISTS (SELECT FROM stopped_change s WHERE s.partner_id = $3 AND s.terms_version_id = t.terms_version_id)
    ORDER BY (t.partner_scope <> 0) DESC, (t.offer_scope <> 0) DESC, t.valid_from DESC, t.revision DESC LIMIT 1
$$;

-- When terms leave less than what they stand in front of: at their start, or where something worse ends that they outlast.
CREATE FUNCTION takes_less(programme_id bigint, offer_scope bigint, partner_scope bigint, field text, after jsonb, impact jsonb,
                           since timestamptz, until timestamptz, without bigint DEFAULT 0)
RETURNS TABLE (at timestamptz, before jsonb) LANGUAGE sql STABLE AS $$
    SELECT moment.at, to_jsonb(b)
    FROM (SELECT $7 AS at
          UNION SELECT t.valid_until FROM terms_version t
          WHERE t.programme_id = $1 AND t.offer_scope IN (0, $2) AND t.partner_scope IN (0, $3) AND t.field = $4
            AND t.valid_until > $7 AND t.valid_until < $8 AND t.terms_version_id <> $9) moment
    CROSS JOIN LATERAL terms_without($1, $2, $3, $4, moment.at, $9) b
    -- What begins later in the same scope stands in front of it.
    WHERE NOT ((b.offer_scope, b.partner_scope) = ($2, $3) AND b.valid_from > $7)
      AND is_decrease($4, to_jsonb(b), $5, $6)
    ORDER BY moment.at
$$;

CREATE OR REPLACE FUNCTION earliest_start(proposal_id bigint, at timestamptz) RETURNS TABLE (start_at timestamptz, notice_days integer)
LANGUAGE sql STABLE AS $$
    SELECT greatest(p.valid_from, $2 + CASE WHEN d.less THEN make_interval(days => y.notice_days) ELSE interval '0' END),
           CASE WHEN d.less THEN y.notice_days END
    FROM proposal p
    CROSS JOIN LATERAL decrease_policy_at(p.programme_id, $2) y
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM takes_less(p.programme_id, p.offer_scope, p.partner_scope, p.field, to_jsonb(p), p.impact,
                                              greatest(p.valid_from, $2), p.valid_until)) AS less) d
    WHERE p.proposal_id = $1
$$;

CREATE OR REPLACE FUNCTION check_decrease() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    proposed jsonb;
    before_ jsonb;
    policy record;
    base numeric;
BEGIN
    SELECT to_jsonb(p) INTO proposed FROM proposal p WHERE p.proposal_id = NEW.proposal_id;
    IF EXISTS (SELECT FROM promise r JOIN terms_version t USING (terms_version_id)
               WHERE r.programme_id = NEW.programme_id AND r.partner_id = NEW.partner_scope AND r.field = NEW.field
                 AND r.offer_scope IN (0, NEW.offer_scope) AND r.until > NEW.valid_from
                 AND is_decrease(NEW.field, to_jsonb(t), proposed, proposed -> 'impact')) THEN
        RAISE EXCEPTION 'something better was promised until then'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_keeps_promise';
    END IF;
    SELECT l.before INTO before_ FROM takes_less(NEW.programme_id, NEW.offer_scope, NEW.partner_scope, NEW.field, proposed,
                                                 proposed -> 'impact', NEW.valid_from, NEW.valid_until) l LIMIT 1;
    IF NOT FOUND THEN
        RETURN NEW;
    END IF;
    SELECT * INTO policy FROM decrease_policy_at(NEW.programme_id, NEW.decided_at);
    IF NEW.valid_from < NEW.decided_at + make_interval(days => policy.notice_days) THEN
        RAISE EXCEPTION 'a decrease is announced % days before', policy.notice_days
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_decrease_notice';
    END IF;
    IF NOT are_alike(before_, proposed) OR NEW.field NOT IN ('rate', 'hold_days', 'minimum') THEN
        RETURN NEW;
    END IF;
    -- The best that was in force at any time of the last notice period, so that many small steps are one. What has ended by then
    -- was no more than lent.
    SELECT CASE NEW.field WHEN 'rate' THEN max(t.value) ELSE min(t.value) END INTO base
    FROM (SELECT NEW.valid_from - make_interval(days => policy.notice_days) AS at UNION SELECT NEW.valid_from
          UNION SELECT v.valid_from FROM terms_version v
          WHERE v.programme_id = NEW.programme_id AND v.field = NEW.field AND v.offer_scope IN (0, NEW.offer_scope)
            AND v.partner_scope IN (0, NEW.partner_scope) AND v.valid_from < NEW.valid_from
            AND v.valid_from > NEW.valid_from - make_interval(days => policy.notice_days)) moment
    CROSS JOIN LATERAL (
        SELECT v.* FROM terms_version v
        WHERE v.programme_id = NEW.programme_id AND v.field = NEW.field AND v.offer_scope IN (0, NEW.offer_scope)
          AND v.partner_scope IN (0, NEW.partner_scope) AND v.valid_from <= moment.at AND v.valid_until > NEW.valid_from
          AND NOT EXISTS (SELECT FROM stopped_change s WHERE s.partner_id = NEW.partner_scope AND s.terms_version_id = v.terms_version_id)
        ORDER BY (v.partner_scope <> 0) DESC, (v.offer_scope <> 0) DESC, v.valid_from DESC, v.revision DESC LIMIT 1) t
    WHERE are_alike(to_jsonb(t), proposed);
    base := CASE NEW.field WHEN 'rate' THEN greatest(base, (before_ ->> 'value')::numeric) ELSE least(base, (before_ ->> 'value')::numeric) END;
    IF base <> 0 AND abs(NEW.value - base) * 100 > policy.largest_step * base THEN
        RAISE EXCEPTION 'a decrease is at most % percent in % days', policy.largest_step, policy.notice_days
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_decrease_step';
    END IF;
    RETURN NEW;
END
$$;

-- Until when what stood there would have held.
ALTER TABLE terms_notice ADD COLUMN until_before timestamptz NOT NULL DEFAULT 'infinity';

CREATE OR REPLACE FUNCTION announce_decrease() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before_ jsonb;
    decided record;
BEGIN
    SELECT d."by", d.decided_at, p.impact INTO decided FROM decision d JOIN proposal p USING (proposal_id) WHERE d.proposal_id = NEW.proposal_id;
    IF decided."by" <> 'owner' OR NEW.valid_from <= decided.decided_at THEN
        RETURN NULL;
    END IF;
    SELECT l.before INTO before_ FROM takes_less(NEW.programme_id, NEW.offer_scope, NEW.partner_scope, NEW.field, to_jsonb(NEW),
                                                 decided.impact, NEW.valid_from, NEW.valid_until, NEW.terms_version_id) l LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO terms_notice (partner_id, terms_version_id, programme_id, kind_before, value_before, rule_before, until_before, told_at, applies_at)
    SELECT a.partner_id, NEW.terms_version_id, NEW.programme_id, before_ ->> 'kind', (before_ ->> 'value')::numeric, before_ -> 'rule',
           (before_ ->> 'valid_until')::timestamptz, decided.decided_at, NEW.valid_from
    FROM partner a
    WHERE a.programme_id = NEW.programme_id
      AND CASE NEW.partner_scope WHEN 0 THEN a.status <> 'closed' AND NOT EXISTS (
              SELECT FROM terms_version t WHERE t.programme_id = NEW.programme_id AND t.partner_scope = a.partner_id AND t.field = NEW.field
                AND t.offer_scope IN (0, NEW.offer_scope) AND t.valid_from <= NEW.valid_from AND t.valid_until >= NEW.valid_until)
          ELSE a.partner_id = NEW.partner_scope END;
    RETURN NULL;
END
$$;

-- What is stopped is put back as it was, for as long as either would have held.
CREATE OR REPLACE FUNCTION check_stopped_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    notice terms_notice%ROWTYPE;
    stopped terms_version%ROWTYPE;
    back terms_version%ROWTYPE;
BEGIN
    SELECT * INTO notice FROM terms_notice n WHERE n.partner_id = NEW.partner_id AND n.terms_version_id = NEW.terms_version_id;
    SELECT * INTO stopped FROM terms_version t WHERE t.terms_version_id = NEW.terms_version_id;
    SELECT * INTO back FROM terms_version t WHERE t.proposal_id = NEW.proposal_id;
    IF NOT is_owner(NEW.stopped_by) THEN
        RAISE EXCEPTION 'only an owner stops a change' USING ERRCODE = 'check_violation', CONSTRAINT = 'stopped_change_by_an_owner';
    END IF;
    IF NEW.stopped_at >= notice.applies_at THEN
        RAISE EXCEPTION 'it applies already' USING ERRCODE = 'check_violation', CONSTRAINT = 'stopped_change_before_it_applies';
    END IF;
    IF (back.programme_id, back.offer_scope, back.partner_scope, back.field, back.kind, back.value, back.rule, back.valid_from, back.valid_until)
        IS DISTINCT FROM (stopped.programme_id, stopped.offer_scope, NEW.partner_id, stopped.field, notice.kind_before, notice.value_before,
                          notice.rule_before, stopped.valid_from, least(notice.until_before, stopped.valid_until))
        OR NOT EXISTS (SELECT FROM decision d WHERE d.proposal_id = NEW.proposal_id AND d."by" = 'stop' AND d.decider_id = NEW.stopped_by
                       AND d.proposer_id = NEW.stopped_by AND d.decided_at = NEW.stopped_at) THEN
        RAISE EXCEPTION 'what is stopped is put back as it was' USING ERRCODE = 'check_violation', CONSTRAINT = 'stopped_change_puts_back';
    END IF;
    RETURN NULL;
END
$$;

-- The database's own way into force carries everything that was decided.
CREATE OR REPLACE FUNCTION put_into_force(proposal_id bigint, at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO terms_version (programme_id, offer_scope, partner_scope, field, kind, value, rule, valid_from, valid_until, revision, proposal_id,
                               recorded_at)
    SELECT d.programme_id, d.offer_scope, d.partner_scope, d.field, d.kind, d.value, p.rule, d.valid_from, d.valid_until,
           1 + coalesce((SELECT max(t.revision) FROM terms_version t
                         WHERE t.programme_id = d.programme_id AND t.partner_scope = d.partner_scope
                           AND t.offer_scope = d.offer_scope AND t.field = d.field), 0),
           d.proposal_id, $2
    FROM decision d JOIN proposal p USING (proposal_id) WHERE d.proposal_id = $1 AND d.verdict = 'approved'
$$;

CREATE OR REPLACE FUNCTION apply_counter_answer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO decision (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, verdict, by,
                          proposer_id, decider_id, reason_partner, reason_house, floor_reason, valid_from, valid_until, decided_at)
    SELECT p.proposal_id, p.programme_id, p.offer_scope, p.partner_scope, p.field, p.kind, p.value, p.content_hash, 'approved', 'counter',
           p.proposer_id, d.decider_id, d.reason_partner, d.reason_house, d.floor_reason, greatest(p.valid_from, NEW.answered_at), p.valid_until,
           NEW.answered_at
    FROM proposal p JOIN counter_offer c USING (proposal_id) JOIN decision d ON d.proposal_id = c.countered_id
    WHERE p.proposal_id = NEW.proposal_id;
    PERFORM put_into_force(NEW.proposal_id, NEW.answered_at);
    RETURN NULL;
END
$$;

-- A commission cites terms that had begun and had not ended.
CREATE FUNCTION check_commission_terms_end() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM written w JOIN terms_version t ON t.terms_version_id = w.rate_version_id WHERE t.valid_until <= w.occurred_at)
        OR EXISTS (SELECT FROM written w JOIN terms_version t ON t.terms_version_id = w.hold_version_id WHERE t.valid_until <= w.occurred_at) THEN
        RAISE EXCEPTION 'the commission cites terms that had ended'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'commission_cites_its_terms';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER commission_check_terms_end AFTER INSERT ON commission
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_commission_terms_end();

-- A partner is told once that terms of theirs end, and what counts then, as it was known at that time.
CREATE TABLE terms_ending (
    partner_id bigint NOT NULL,
    terms_version_id bigint NOT NULL REFERENCES terms_version,
    programme_id bigint NOT NULL,
    ends_at timestamptz NOT NULL,
    kind_after text,
    value_after numeric,
    rule_after jsonb NOT NULL DEFAULT '{}',
    told_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, terms_version_id),
    CONSTRAINT terms_ending_partner FOREIGN KEY (programme_id, partner_id) REFERENCES partner (programme_id, partner_id),
    CONSTRAINT terms_ending_told_before CHECK (told_at < ends_at),
    CONSTRAINT terms_ending_after_whole CHECK ((kind_after IS NULL) = (value_after IS NULL))
);
CREATE INDEX terms_ending_of_version ON terms_ending (terms_version_id);
CREATE INDEX terms_version_that_ends ON terms_version (valid_until) WHERE valid_until < 'infinity';
CREATE TRIGGER terms_ending_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON terms_ending
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION check_terms_ending() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM terms_version t WHERE t.terms_version_id = NEW.terms_version_id AND t.programme_id = NEW.programme_id
                   AND t.partner_scope IN (0, NEW.partner_id) AND t.valid_until = NEW.ends_at AND t.valid_from <= NEW.told_at) THEN
        RAISE EXCEPTION 'these terms end at another time' USING ERRCODE = 'check_violation', CONSTRAINT = 'terms_ending_as_decided';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER terms_ending_check BEFORE INSERT ON terms_ending FOR EACH ROW EXECUTE FUNCTION check_terms_ending();

ALTER TABLE mail_out ADD COLUMN terms_ending_id bigint,
    ADD CONSTRAINT mail_out_terms_ending FOREIGN KEY (partner_id, terms_ending_id) REFERENCES terms_ending (partner_id, terms_version_id),
    DROP CONSTRAINT mail_out_terms_whole,
    ADD CONSTRAINT mail_out_terms_whole CHECK (
        num_nonnulls(terms_version_id, counter_offer_id, terms_ending_id) = CASE kind WHEN 'terms' THEN 1 ELSE 0 END);
DROP INDEX mail_out_terms_once;
CREATE UNIQUE INDEX mail_out_terms_once ON mail_out (partner_id, coalesce(terms_version_id, 0), coalesce(counter_offer_id, 0),
    coalesce(terms_ending_id, 0), person_id) WHERE kind = 'terms';
CREATE TRIGGER mail_out_terms_ending_append_only BEFORE UPDATE OF terms_ending_id ON mail_out
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT (terms_ending_id), INSERT (terms_ending_id) ON mail_out TO pd_staff;
ALTER TABLE terms_ending ENABLE ROW LEVEL SECURITY;
CREATE POLICY terms_ending_own ON terms_ending TO pd_partner USING (partner_id = current_partner()) WITH CHECK (partner_id = current_partner());
CREATE POLICY terms_ending_house ON terms_ending TO pd_staff, pd_system USING (true) WITH CHECK (true);
GRANT SELECT ON terms_ending TO pd_partner, pd_staff, pd_system;
GRANT INSERT ON terms_ending TO pd_system;

RESET ROLE;
