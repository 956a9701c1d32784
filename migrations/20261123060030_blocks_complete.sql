-- Everybody with money is paid or named with the reason: also who has all of it in hold, is closed, or has an account that
-- a bank refused for good.
SET LOCAL ROLE pd_owner;

-- The bank's code, where a bank refused.
ALTER TABLE payout_block ADD COLUMN code text;
ALTER TABLE payout_block DROP CONSTRAINT payout_block_reason_known;
ALTER TABLE payout_block
    ADD CONSTRAINT payout_block_reason_known CHECK (reason IN ('owes', 'closed', 'under_review', 'under_minimum', 'no_method',
        'method_unconfirmed', 'method_cannot_pay', 'bank_refused', 'method_changed', 'tax_form_missing', 'invoice_missing', 'nothing_left',
        'contested', 'not_due', 'in_hold', 'awaits_approval', 'bank_unclear')),
    ADD CONSTRAINT payout_block_code_of_a_refusal CHECK ((reason = 'bank_refused') = (code IS NOT NULL));

RESET ROLE;
