-- Who may touch what. First wall: grants by role. Second wall: row-level security.
-- ENABLEd, not FORCEd: the money triggers run as the owner and must see every row.
SET LOCAL ROLE pd_owner;

-- Partners: their own rows, never what is the house's alone (revenue, margins, house reasons, notes, e-mails of others).
GRANT SELECT ON partner, account, transfer, conversion_event, commission, terms_version, support_case,
    case_pin, claim, message, case_event, partner_review, payout_method TO pd_partner;
-- Not margin_floor.
GRANT SELECT (programme_id, code, name, currency, time_zone, created_at) ON programme TO pd_partner;
GRANT SELECT (programme_id, offer_id, code, name) ON offer TO pd_partner;
GRANT SELECT (programme_id, partner_id, conversion_id, offer_id, kind, order_id, occurred_at, amount, currency, sub_id, click_id, booked_at)
    ON conversion TO pd_partner;
GRANT SELECT (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, verdict, by, reason_partner, valid_from, decided_at)
    ON decision TO pd_partner;
GRANT SELECT (partner_id, case_id, outcome, reason, reason_partner, amount, currency, transfer_id, decided_at)
    ON case_decision TO pd_partner;
GRANT INSERT ON support_case, case_pin, claim, message, case_event, payout_method, audit TO pd_partner;
GRANT UPDATE (stage, closed_at, next_update_at, version) ON support_case TO pd_partner;
GRANT UPDATE (ended_at) ON payout_method TO pd_partner;

-- Staff: limited in SQL, since search operators are not leakproof and a policy would defeat their indexes.
GRANT SELECT ON programme, offer, partner, staff, partner_member, account, transfer, conversion, conversion_event,
    commission, terms_version, proposal, decision, authority, support_case, case_pin, claim, message, note, needs_no_answer,
    case_decision, case_event, partner_review, import, audit, audit_seal TO pd_staff;
GRANT SELECT (person_id, name, locale, address_form, time_zone, disabled_at) ON person TO pd_staff;
GRANT SELECT (partner_id, payout_method_id, kind, masked, added_at, ended_at) ON payout_method TO pd_staff;
GRANT INSERT ON transfer, proposal, decision, terms_version, message, note, needs_no_answer, case_decision, case_event,
    partner_review, audit TO pd_staff;
GRANT UPDATE (stage, assignee_id, next_update_at, closed_at, version) ON support_case TO pd_staff;
GRANT UPDATE (conversion_id) ON claim TO pd_staff;
GRANT UPDATE (ended_at) ON partner_review TO pd_staff;

-- Sign-in, before anyone is anyone.
GRANT SELECT, INSERT, UPDATE, DELETE ON session TO pd_web;
GRANT SELECT, INSERT, DELETE ON sign_in_failure TO pd_web;
GRANT SELECT, INSERT ON person, partner_member TO pd_web;
GRANT SELECT, INSERT, DELETE ON form_draft TO pd_web;
GRANT UPDATE (password_hash, locale, address_form, time_zone) ON person TO pd_web;
GRANT SELECT ON staff, partner, programme TO pd_web;
GRANT SELECT ON invitation TO pd_web;
GRANT UPDATE (accepted_by, accepted_at) ON invitation TO pd_web;
GRANT INSERT ON audit TO pd_web;

-- Commands and jobs.
DO $$
DECLARE
    name_ text;
BEGIN
    FOR name_ IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner = 'pd_owner' LOOP
        EXECUTE format('GRANT SELECT, INSERT ON %I TO pd_system', name_);
    END LOOP;
END
$$;
-- Accounts are opened and seals set by functions of the owner alone.
REVOKE INSERT ON account, audit_seal FROM pd_system;
GRANT UPDATE ON import, import_item, invitation TO pd_system;
GRANT UPDATE (refunded, rejected, released_at) ON commission TO pd_system;
GRANT DELETE ON import_row, import_item, import_terms, session, sign_in_failure, form_draft TO pd_system;
GRANT USAGE ON SEQUENCE conversion_conversion_id_seq TO pd_system;

-- The programme of this transaction's partner; asked once a query.
CREATE FUNCTION current_programme() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.programme_id FROM partner p WHERE p.partner_id = current_partner()
$$;

REVOKE EXECUTE ON FUNCTION seal_audit(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION seal_audit(integer) TO pd_system;
REVOKE EXECUTE ON FUNCTION analyze_import(boolean), analyze_booked() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION analyze_import(boolean), analyze_booked() TO pd_system;
REVOKE EXECUTE ON FUNCTION open_accounts(bigint, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_accounts(bigint, bigint, text) TO pd_system;

DO $$
DECLARE
    name_ text;
BEGIN
    -- One scalar policy per table of a partner's rows.
    FOREACH name_ IN ARRAY ARRAY['account', 'transfer', 'conversion', 'conversion_event', 'commission', 'support_case', 'case_pin',
                                 'claim', 'message', 'case_event', 'case_decision', 'partner_review', 'payout_method', 'partner'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_partner USING (partner_id = current_partner()) WITH CHECK (partner_id = current_partner())',
                       name_ || '_own', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
    END LOOP;
    -- The partner's programme, and its offers.
    FOREACH name_ IN ARRAY ARRAY['programme', 'offer'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO pd_partner USING (programme_id = (SELECT current_programme()))', name_ || '_own', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
    END LOOP;
    -- What holds for everybody in it, and what holds for this partner.
    FOREACH name_ IN ARRAY ARRAY['terms_version', 'decision'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO pd_partner USING (programme_id = (SELECT current_programme()) AND partner_scope IN (0, current_partner()))',
                       name_ || '_own', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
    END LOOP;
END
$$;
-- A partner speaks for themself: never as staff, never a step that is the house's.
CREATE POLICY message_partner_side ON message AS RESTRICTIVE FOR INSERT TO pd_partner WITH CHECK (side = 'partner');
CREATE POLICY case_event_partner_step ON case_event AS RESTRICTIVE FOR INSERT TO pd_partner
    WITH CHECK (stage IN ('received', 'in_review') AND by_name = '');
-- Sign-in finds a person's accounts by name.
CREATE POLICY partner_sign_in ON partner FOR SELECT TO pd_web USING (true);
CREATE POLICY programme_sign_in ON programme FOR SELECT TO pd_web USING (true);
-- The record takes rows from everybody and shows them to the house; sealing reads it as its owner.
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_write ON audit FOR INSERT TO pd_web, pd_partner, pd_staff, pd_system WITH CHECK (true);
CREATE POLICY audit_read ON audit FOR SELECT TO pd_staff, pd_system USING (true);
ALTER TABLE note ENABLE ROW LEVEL SECURITY;
CREATE POLICY note_house ON note TO pd_staff, pd_system USING (true) WITH CHECK (true);
ALTER TABLE proposal ENABLE ROW LEVEL SECURITY;
CREATE POLICY proposal_house ON proposal TO pd_staff, pd_system USING (true) WITH CHECK (true);
-- Staff credit and take back; what conversions earn and what goes to the bank is written by commands and jobs. Nor do
-- they propose without a name or decide as a command, and everybody is recorded as who they are.
CREATE POLICY transfer_by_staff ON transfer AS RESTRICTIVE FOR INSERT TO pd_staff WITH CHECK (kind IN ('adjustment', 'reversal'));
CREATE POLICY proposal_by_staff ON proposal AS RESTRICTIVE FOR INSERT TO pd_staff WITH CHECK (proposer_id IS NOT NULL);
CREATE POLICY decision_by_staff ON decision AS RESTRICTIVE FOR INSERT TO pd_staff WITH CHECK (by <> 'command');
CREATE POLICY audit_by_staff ON audit AS RESTRICTIVE FOR INSERT TO pd_staff WITH CHECK (actor_kind = 'staff');
CREATE POLICY audit_by_partner ON audit AS RESTRICTIVE FOR INSERT TO pd_partner
    WITH CHECK (actor_kind = 'partner' AND (partner_id IS NULL OR partner_id = current_partner()));

-- What is never changed is never emptied either: TRUNCATE asks neither policies nor row triggers.
DO $$
DECLARE
    trigger_ record;
BEGIN
    FOR trigger_ IN SELECT tgrelid::regclass AS name, tgname FROM pg_trigger
                    WHERE tgname LIKE '%_append_only' AND tgtype::integer & 32 = 0 LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                       replace(trigger_.tgname, '_append_only', '_not_emptied'), trigger_.name);
    END LOOP;
END
$$;

RESET ROLE;
