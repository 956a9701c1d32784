-- Programmes, offers, partners and everybody who signs in.
SET LOCAL ROLE pd_owner;

CREATE TABLE programme (
    programme_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL,
    name text NOT NULL,
    currency text NOT NULL REFERENCES currency,
    time_zone text NOT NULL DEFAULT 'UTC',
    -- Percent of revenue that has to remain after commission.
    margin_floor numeric NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    CONSTRAINT programme_code_once UNIQUE (code),
    CONSTRAINT programme_code_is_plain CHECK (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    CONSTRAINT programme_margin_floor_is_percent CHECK (margin_floor BETWEEN 0 AND 100)
);

CREATE TABLE offer (
    programme_id bigint NOT NULL REFERENCES programme,
    offer_id bigint GENERATED ALWAYS AS IDENTITY,
    code text NOT NULL,
    name text NOT NULL,
    -- What the programme itself earns on a conversion: percent of the order or a fixed sum; NULL: not known.
    revenue_kind text,
    revenue_value numeric,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (programme_id, offer_id),
    CONSTRAINT offer_number_once UNIQUE (offer_id),
    CONSTRAINT offer_code_once UNIQUE (programme_id, code),
    CONSTRAINT offer_code_is_plain CHECK (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    CONSTRAINT offer_revenue_is_whole CHECK ((revenue_kind IS NULL) = (revenue_value IS NULL)),
    CONSTRAINT offer_revenue_kind_known CHECK (revenue_kind IN ('percent', 'fixed')),
    CONSTRAINT offer_revenue_not_negative CHECK (revenue_value >= 0 AND revenue_value <= CASE revenue_kind WHEN 'percent' THEN 100 ELSE 1e15 END)
);

CREATE TABLE partner (
    programme_id bigint NOT NULL REFERENCES programme,
    partner_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL,
    name text NOT NULL,
    status text NOT NULL DEFAULT 'active',
    created_at timestamptz NOT NULL,
    CONSTRAINT partner_code_once UNIQUE (programme_id, code),
    CONSTRAINT partner_of_programme UNIQUE (programme_id, partner_id),
    CONSTRAINT partner_code_is_plain CHECK (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    CONSTRAINT partner_status_known CHECK (status IN ('active', 'suspended', 'closed'))
);

CREATE TABLE person (
    person_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    -- argon2id, PHC string; NULL until a password was set.
    password_hash text,
    locale text NOT NULL DEFAULT 'en',
    -- How Spanish speaks to this person.
    address_form text NOT NULL DEFAULT 'tu',
    time_zone text NOT NULL DEFAULT 'UTC',
    created_at timestamptz NOT NULL,
    disabled_at timestamptz,
    CONSTRAINT person_email_once UNIQUE (email),
    CONSTRAINT person_email_is_lower CHECK (email = lower(email) AND email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    CONSTRAINT person_name_not_blank CHECK (btrim(name) <> '' AND length(name) <= 200),
    CONSTRAINT person_with_name UNIQUE (person_id, name),
    CONSTRAINT person_password_is_argon2id CHECK (password_hash LIKE '$argon2id$%'),
    CONSTRAINT person_address_form_known CHECK (address_form IN ('tu', 'usted'))
);

-- Staff are people: the name they sign with is a name, not a role or a number.
CREATE TABLE staff (
    person_id bigint PRIMARY KEY,
    name text NOT NULL,
    role text NOT NULL,
    since timestamptz NOT NULL,
    disabled_at timestamptz,
    CONSTRAINT staff_is_person FOREIGN KEY (person_id, name) REFERENCES person (person_id, name) ON UPDATE CASCADE,
    CONSTRAINT staff_with_role UNIQUE (person_id, role),
    CONSTRAINT staff_role_known CHECK (role IN ('agent', 'lead', 'finance', 'owner', 'auditor')),
    CONSTRAINT staff_name_is_human CHECK (
        name ~ '^[[:alpha:]][[:alpha:] .''’-]*[[:alpha:].]$'
        AND name !~* '\m(support|soporte|soport|helpdesk|help|desk|ayuda|agents?|agentes?|admin|administrators?|administrador|team|equipo|staff|service|servicio|unit|unidad|operator|operador|owner|manager|moderator|bot|system|sistema|user|usuario|info|contact|contacto|customer|partners?)\M'
    )
);

CREATE TABLE partner_member (
    partner_id bigint NOT NULL REFERENCES partner,
    person_id bigint NOT NULL REFERENCES person,
    since timestamptz NOT NULL,
    PRIMARY KEY (partner_id, person_id)
);
CREATE INDEX partner_member_by_person ON partner_member (person_id);

CREATE TABLE invitation (
    -- SHA-256 of the token in the link; the token itself is stored nowhere.
    token_hash bytea PRIMARY KEY,
    partner_id bigint NOT NULL REFERENCES partner,
    email text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_by bigint REFERENCES person,
    accepted_at timestamptz,
    CONSTRAINT invitation_token_is_sha256 CHECK (length(token_hash) = 32),
    CONSTRAINT invitation_expires_later CHECK (expires_at > created_at),
    CONSTRAINT invitation_accepted_by_someone CHECK ((accepted_by IS NULL) = (accepted_at IS NULL))
);

CREATE TABLE session (
    -- SHA-256 of the cookie's 256-bit token.
    token_hash bytea PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES person,
    -- The partner account this session looks at; NULL for staff.
    partner_id bigint,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT session_token_is_sha256 CHECK (length(token_hash) = 32),
    CONSTRAINT session_expires_later CHECK (expires_at > created_at),
    CONSTRAINT session_of_member FOREIGN KEY (partner_id, person_id) REFERENCES partner_member (partner_id, person_id) ON DELETE CASCADE
);
CREATE INDEX session_by_person ON session (person_id);

-- Failed sign-ins, for throttling. The e-mail and the address are kept as hashes only.
CREATE TABLE sign_in_failure (
    failure_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject_hash bytea NOT NULL,
    failed_at timestamptz NOT NULL,
    CONSTRAINT sign_in_failure_subject_is_sha256 CHECK (length(subject_hash) = 32)
);
CREATE INDEX sign_in_failure_by_subject ON sign_in_failure (subject_hash, failed_at);

-- A form that was refused, kept so that its writer finds it again with a message beside the field. Never passwords.
CREATE TABLE form_draft (
    form_draft_id uuid PRIMARY KEY,
    -- Whose it is; NULL where nobody is signed in.
    person_id bigint REFERENCES person,
    fields jsonb NOT NULL,
    errors jsonb NOT NULL,
    created_at timestamptz NOT NULL
);

-- Where money goes. One live method per partner; the address is read by its owner alone, staff see the mask.
CREATE TABLE payout_method (
    partner_id bigint NOT NULL REFERENCES partner,
    payout_method_id bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    address text NOT NULL,
    masked text GENERATED ALWAYS AS (left(address, 1) || '…' || substring(address FROM '@.*$')) STORED,
    added_by bigint NOT NULL REFERENCES person,
    added_at timestamptz NOT NULL,
    ended_at timestamptz,
    -- Makes the same form, sent twice, one change, even long after.
    form_key uuid NOT NULL DEFAULT gen_random_uuid(),
    PRIMARY KEY (partner_id, payout_method_id),
    CONSTRAINT payout_method_form_once UNIQUE (partner_id, form_key),
    CONSTRAINT payout_method_kind_known CHECK (kind IN ('paypal')),
    CONSTRAINT payout_method_address_is_email CHECK (address ~ '^[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]+$')
);
CREATE UNIQUE INDEX payout_method_one_live ON payout_method (partner_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX payout_method_serves_one_partner ON payout_method (kind, lower(address)) WHERE ended_at IS NULL;

-- The programme looks into a partner: money waits until ends_at at the latest, and says so.
CREATE TABLE partner_review (
    partner_id bigint NOT NULL REFERENCES partner,
    partner_review_id bigint GENERATED ALWAYS AS IDENTITY,
    reason text NOT NULL,
    reviewer_id bigint NOT NULL REFERENCES staff,
    started_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (partner_id, partner_review_id),
    CONSTRAINT partner_review_reason_not_blank CHECK (btrim(reason) <> ''),
    CONSTRAINT partner_review_ends_later CHECK (ends_at > started_at)
);
CREATE UNIQUE INDEX partner_review_one_live ON partner_review (partner_id) WHERE ended_at IS NULL;

RESET ROLE;
