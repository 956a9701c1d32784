-- A mail that its own mail server found to be forged waits for a person, whoever its From names.
SET LOCAL ROLE pd_owner;
ALTER TABLE mail_in DROP CONSTRAINT mail_in_reason_known, ADD CONSTRAINT mail_in_reason_known
    CHECK (reason IN ('stranger', 'several_accounts', 'machine', 'loop', 'bounce', 'broken', 'forged'));
RESET ROLE;
