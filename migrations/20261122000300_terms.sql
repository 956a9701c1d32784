-- Terms: a version of one field in one scope. No version without a decision, no decision without its proposal;
-- composite keys carry every term from one to the next, so that only what was approved can take effect.
SET LOCAL ROLE pd_owner;

-- What a role may do without asking. Append-only; the newest version in force counts.
CREATE TABLE authority (
    authority_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme_id bigint NOT NULL REFERENCES programme,
    role text NOT NULL,
    -- A minimum payout may be lowered to this and no further; in the programme's currency.
    lowest_minimum numeric NOT NULL,
    -- The largest credit in one decision; in the programme's currency.
    largest_credit numeric NOT NULL,
    valid_from timestamptz NOT NULL,
    CONSTRAINT authority_role_known CHECK (role IN ('agent', 'lead', 'owner')),
    CONSTRAINT authority_not_negative CHECK (lowest_minimum >= 0 AND lowest_minimum < 1e15 AND largest_credit >= 0 AND largest_credit < 1e15),
    CONSTRAINT authority_version_once UNIQUE (programme_id, role, valid_from),
    CONSTRAINT authority_lowest_minimum_key UNIQUE (authority_id, programme_id, lowest_minimum),
    CONSTRAINT authority_largest_credit_key UNIQUE (authority_id, programme_id, largest_credit)
);
CREATE TRIGGER authority_append_only BEFORE UPDATE OR DELETE ON authority
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a reader of a proposal has read, in one figure.
CREATE FUNCTION proposal_hash(programme_id bigint, offer_scope bigint, partner_scope bigint, field text, kind text,
                              value numeric, valid_from timestamptz, reason text, impact jsonb)
RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(convert_to(
        $1 || '|' || $2 || '|' || $3 || '|' || $4 || '|' || $5 || '|' || trim_scale($6) || '|'
        || extract(epoch FROM $7 AT TIME ZONE 'UTC') || '|' || $8 || '|' || coalesce($9::text, ''), 'UTF8'))
$$;

CREATE TABLE proposal (
    proposal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme_id bigint NOT NULL REFERENCES programme,
    -- 0 stands for every offer or every partner, so that the keys below have no NULL to slip through.
    offer_scope bigint NOT NULL DEFAULT 0,
    partner_scope bigint NOT NULL DEFAULT 0,
    offer_id bigint GENERATED ALWAYS AS (nullif(offer_scope, 0)) STORED,
    partner_id bigint GENERATED ALWAYS AS (nullif(partner_scope, 0)) STORED,
    field text NOT NULL,
    kind text NOT NULL,
    -- rate: percent of the order, or a fixed amount; hold_days: days; validation: 0 or 1;
    -- minimum: amount in the programme's currency; schedule: day of the month or of the week (1 is Monday).
    value numeric NOT NULL,
    -- What was in force when it was proposed; NULL where nothing was.
    value_before numeric,
    -- The earliest moment it can take effect.
    valid_from timestamptz NOT NULL,
    reason text NOT NULL,
    -- The replay that the decider reads; NULL where the field has none.
    impact jsonb,
    case_id bigint,
    proposer_id bigint REFERENCES staff,
    proposed_at timestamptz NOT NULL,
    expires_at timestamptz,
    content_hash bytea NOT NULL,
    -- Makes the same form, sent twice, one proposal; NULL where a command made it.
    form_key uuid,
    CONSTRAINT proposal_form_once UNIQUE (form_key),
    CONSTRAINT proposal_offer FOREIGN KEY (programme_id, offer_id) REFERENCES offer (programme_id, offer_id),
    CONSTRAINT proposal_partner FOREIGN KEY (programme_id, partner_id) REFERENCES partner (programme_id, partner_id),
    CONSTRAINT proposal_scope_not_negative CHECK (offer_scope >= 0 AND partner_scope >= 0),
    CONSTRAINT proposal_field_known CHECK (field IN ('rate', 'hold_days', 'validation', 'minimum', 'schedule')),
    CONSTRAINT proposal_kind_fits CHECK ((field, kind) IN (
        ('rate', 'percent'), ('rate', 'fixed'), ('hold_days', 'days'), ('validation', 'flag'),
        ('minimum', 'amount'), ('schedule', 'weekly'), ('schedule', 'twice_monthly'), ('schedule', 'monthly'))),
    CONSTRAINT proposal_value_fits CHECK (
        CASE kind
            WHEN 'percent' THEN value BETWEEN 0 AND 100 AND value = round(value, 4)
            WHEN 'days' THEN value BETWEEN 0 AND 3650 AND value = trunc(value)
            WHEN 'flag' THEN value IN (0, 1)
            WHEN 'weekly' THEN value BETWEEN 1 AND 7 AND value = trunc(value)
            WHEN 'twice_monthly' THEN value BETWEEN 1 AND 14 AND value = trunc(value)
            WHEN 'monthly' THEN value BETWEEN 1 AND 28 AND value = trunc(value)
            ELSE value BETWEEN 0 AND 1000000000 AND value = round(value, 4)
        END),
    CONSTRAINT proposal_minimum_and_schedule_for_all_offers CHECK (field NOT IN ('minimum', 'schedule') OR offer_scope = 0),
    CONSTRAINT proposal_reason_not_blank CHECK (btrim(reason) <> ''),
    CONSTRAINT proposal_expires_later CHECK (expires_at > proposed_at),
    CONSTRAINT proposal_hash_is_of_content CHECK (
        content_hash = proposal_hash(programme_id, offer_scope, partner_scope, field, kind, value, valid_from, reason, impact)),
    CONSTRAINT proposal_content UNIQUE (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash)
);
CREATE INDEX proposal_by_partner ON proposal (partner_scope, proposed_at);
CREATE TRIGGER proposal_append_only BEFORE UPDATE OR DELETE ON proposal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE decision (
    proposal_id bigint PRIMARY KEY,
    programme_id bigint NOT NULL,
    offer_scope bigint NOT NULL,
    partner_scope bigint NOT NULL,
    field text NOT NULL,
    kind text NOT NULL,
    value numeric NOT NULL,
    content_hash bytea NOT NULL,
    verdict text NOT NULL,
    -- owner: an owner said so; policy: within the proposer's authority; command: the first terms of a scope.
    by text NOT NULL,
    proposer_id bigint,
    decider_id bigint REFERENCES staff,
    sole_control boolean NOT NULL DEFAULT false,
    authority_id bigint,
    lowest_minimum numeric,
    reason_partner text NOT NULL,
    reason_house text NOT NULL DEFAULT '',
    valid_from timestamptz,
    decided_at timestamptz NOT NULL,
    CONSTRAINT decision_of_what_was_read FOREIGN KEY (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash)
        REFERENCES proposal (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash),
    CONSTRAINT decision_verdict_known CHECK (verdict IN ('approved', 'rejected')),
    CONSTRAINT decision_by_known CHECK (by IN ('owner', 'policy', 'command')),
    CONSTRAINT decision_has_decider CHECK ((by = 'command') = (decider_id IS NULL) AND (by = 'command') = (proposer_id IS NULL)),
    CONSTRAINT decision_not_by_author CHECK (by <> 'owner' OR decider_id <> proposer_id OR sole_control),
    CONSTRAINT decision_by_policy_is_own CHECK (by <> 'policy' OR (decider_id = proposer_id AND NOT sole_control)),
    CONSTRAINT decision_by_policy_within_authority CHECK (
        by <> 'policy' OR (verdict = 'approved' AND field = 'minimum' AND partner_scope <> 0
            AND authority_id IS NOT NULL AND lowest_minimum IS NOT NULL AND value >= lowest_minimum)),
    CONSTRAINT decision_authority FOREIGN KEY (authority_id, programme_id, lowest_minimum)
        REFERENCES authority (authority_id, programme_id, lowest_minimum),
    CONSTRAINT decision_reason_not_blank CHECK (btrim(reason_partner) <> ''),
    CONSTRAINT decision_approved_has_start CHECK ((verdict = 'approved') = (valid_from IS NOT NULL)),
    CONSTRAINT decision_not_retroactive CHECK (by = 'command' OR valid_from >= decided_at),
    CONSTRAINT decision_content UNIQUE (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, verdict, valid_from)
);
-- A command sets the first terms of a scope and never again.
CREATE UNIQUE INDEX decision_first_terms_once ON decision (programme_id, offer_scope, partner_scope, field) WHERE by = 'command';
CREATE TRIGGER decision_append_only BEFORE UPDATE OR DELETE ON decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_decider() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    proposed proposal%ROWTYPE;
BEGIN
    SELECT * INTO proposed FROM proposal WHERE proposal_id = NEW.proposal_id;
    IF NOT FOUND OR proposed.proposer_id IS DISTINCT FROM NEW.proposer_id THEN
        RAISE EXCEPTION 'the decision names another author than the proposal'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_names_the_author';
    END IF;
    IF NEW.decided_at < proposed.proposed_at THEN
        RAISE EXCEPTION 'it was decided before it was proposed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_after_its_proposal';
    END IF;
    IF NEW."by" = 'command' AND EXISTS (
            SELECT FROM terms_version t WHERE t.programme_id = NEW.programme_id AND t.partner_scope = NEW.partner_scope
              AND t.offer_scope = NEW.offer_scope AND t.field = NEW.field) THEN
        RAISE EXCEPTION 'a command sets first terms only'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_by_command_comes_first';
    END IF;
    IF NEW.verdict = 'approved' AND NEW."by" <> 'command' AND NEW.valid_from < proposed.valid_from THEN
        RAISE EXCEPTION 'it would take effect before the proposal says'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_not_before_proposed_start';
    END IF;
    IF NEW."by" = 'owner' THEN
        IF NEW.decided_at >= proposed.expires_at THEN
            RAISE EXCEPTION 'the proposal has expired'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_before_expiry';
        END IF;
        IF NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id)
                       WHERE s.person_id = NEW.decider_id AND s.role = 'owner'
                         AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
            RAISE EXCEPTION 'only an owner decides'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_by_an_owner';
        END IF;
        IF NEW.sole_control AND (NEW.decider_id <> NEW.proposer_id OR EXISTS (
                SELECT FROM staff s JOIN person p USING (person_id)
                WHERE s.role = 'owner' AND s.person_id <> NEW.decider_id
                  AND s.disabled_at IS NULL AND p.disabled_at IS NULL)) THEN
            RAISE EXCEPTION 'another owner can decide this'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_sole_control_only_when_alone';
        END IF;
    ELSIF NEW."by" = 'policy' THEN
        IF NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id)
                       JOIN authority a ON a.authority_id = NEW.authority_id AND a.role = s.role
                       WHERE s.person_id = NEW.decider_id AND s.disabled_at IS NULL AND p.disabled_at IS NULL
                         AND a.authority_id = (SELECT n.authority_id FROM authority n
                             WHERE n.programme_id = NEW.programme_id AND n.role = s.role AND n.valid_from <= NEW.decided_at
                             ORDER BY n.valid_from DESC LIMIT 1)) THEN
            RAISE EXCEPTION 'that is not the authority in force for this person'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_by_authority_in_force';
        END IF;
        -- A policy lowers a minimum; whatever leaves a partner less or later is for an owner. What is in force then is
        -- looked up: the proposal only says what it was thought to be.
        IF proposed.value_before IS NULL OR NEW.value >= proposed.value_before
            OR NEW.value >= (SELECT t.value FROM terms_at(NEW.programme_id, 0, NEW.partner_scope, NEW.valid_from) t
                             WHERE t.field = NEW.field) IS NOT FALSE THEN
            RAISE EXCEPTION 'a policy can only lower a minimum'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_by_policy_only_lowers';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER decision_check_decider BEFORE INSERT ON decision FOR EACH ROW EXECUTE FUNCTION check_decider();

CREATE TABLE terms_version (
    terms_version_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme_id bigint NOT NULL,
    offer_scope bigint NOT NULL,
    partner_scope bigint NOT NULL,
    field text NOT NULL,
    kind text NOT NULL,
    value numeric NOT NULL,
    valid_from timestamptz NOT NULL,
    -- Counts the versions of one field in one scope; the later wins where two start at one moment.
    revision integer NOT NULL,
    proposal_id bigint NOT NULL,
    verdict text NOT NULL DEFAULT 'approved',
    recorded_at timestamptz NOT NULL,
    CONSTRAINT terms_version_is_approved CHECK (verdict = 'approved'),
    CONSTRAINT terms_version_of_decision FOREIGN KEY (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, verdict, valid_from)
        REFERENCES decision (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, verdict, valid_from),
    CONSTRAINT terms_version_once_per_decision UNIQUE (proposal_id),
    CONSTRAINT terms_version_revision_positive CHECK (revision > 0),
    CONSTRAINT terms_version_revision_once UNIQUE (programme_id, partner_scope, offer_scope, field, revision),
    CONSTRAINT terms_version_of_rate UNIQUE (terms_version_id, kind, value)
);
CREATE INDEX terms_version_in_force ON terms_version (programme_id, partner_scope, offer_scope, field, valid_from DESC, revision DESC);
CREATE TRIGGER terms_version_append_only BEFORE UPDATE OR DELETE ON terms_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The terms in force at a moment, each field alone: programme, offer, partner, partner and offer, the last wins.
CREATE FUNCTION terms_at(programme_id bigint, offer_id bigint, partner_id bigint, at timestamptz)
RETURNS TABLE (field text, terms_version_id bigint, kind text, value numeric, valid_from timestamptz, offer_scope bigint, partner_scope bigint)
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (t.field) t.field, t.terms_version_id, t.kind, t.value, t.valid_from, t.offer_scope, t.partner_scope
    FROM terms_version t
    WHERE t.programme_id = $1 AND t.offer_scope IN (0, $2) AND t.partner_scope IN (0, $3) AND t.valid_from <= $4
    ORDER BY t.field, (t.partner_scope <> 0) DESC, (t.offer_scope <> 0) DESC, t.valid_from DESC, t.revision DESC
$$;

RESET ROLE;
