-- A small house, written past every policy: two programmes; Ana's and Bob's accounts in the first, Zoe's in the second;
-- two owners, one who left, an agent; a sale of each partner; a dispute that was decided and one that waits.
INSERT INTO programme (code, name, currency, created_at)
VALUES ('giftware', 'Giftware', 'GBP', '2011-01-01Z'), ('travel', 'Travel', 'EUR', '2011-01-01Z');
INSERT INTO offer (programme_id, code, name, revenue_kind, revenue_value, created_at)
SELECT programme_id, code || '-offer', name, 'percent', 25, created_at FROM programme;
INSERT INTO partner (programme_id, code, name, created_at)
SELECT g.programme_id, p.code, initcap(p.code), g.created_at
FROM (VALUES ('ana', 'giftware'), ('bob', 'giftware'), ('zoe', 'travel')) AS p (code, programme) JOIN programme g ON g.code = p.programme;
SELECT open_accounts(p.programme_id, p.partner_id, g.currency) FROM partner p JOIN programme g USING (programme_id);

INSERT INTO person (email, name, created_at)
SELECT split_part(lower(name), ' ', 1) || '@example.org', name, '2011-01-01Z'
FROM unnest(ARRAY['Ana Abbot', 'Bob Bell', 'Zoe Zorn', 'Olga Orr', 'Otis Oak', 'Dora Dell', 'Adam Ames']) AS name;
INSERT INTO partner_member (partner_id, person_id, since)
SELECT p.partner_id, m.person_id, p.created_at FROM partner p JOIN person m ON m.email = p.code || '@example.org';
INSERT INTO staff (person_id, name, role, since, disabled_at)
SELECT p.person_id, p.name, s.role, p.created_at, s.left_at::timestamptz
FROM (VALUES ('olga', 'owner', NULL), ('otis', 'owner', NULL), ('dora', 'owner', '2011-02-01Z'), ('adam', 'agent', NULL)) AS s (who, role, left_at)
JOIN person p ON p.email = s.who || '@example.org';
INSERT INTO authority (programme_id, role, lowest_minimum, largest_credit, valid_from)
SELECT g.programme_id, limits.* FROM programme g,
    (VALUES ('agent', 20, 25, '2011-01-01Z'::timestamptz), ('lead', 10, 200, '2011-01-01Z'), ('owner', 1, 1000, '2011-01-01Z')) AS limits;
INSERT INTO provisional_policy (programme_id, role, largest, partner_cap, most_days, valid_from, written_at)
SELECT programme_id, role, largest_credit, 2 * largest_credit, 31, valid_from, valid_from FROM authority;

-- First terms, by command: 8 percent, 30 days, at least 50; and Bob's own 10 percent.
INSERT INTO proposal (programme_id, partner_scope, field, kind, value, valid_from, reason, proposed_at, content_hash)
SELECT g.programme_id, t.partner, t.field, t.kind, t.value, '1900-01-01Z', 'First terms', '2011-01-01Z',
       proposal_hash(g.programme_id, 0, t.partner, t.field, t.kind, t.value, '1900-01-01Z', 'First terms', NULL)
FROM programme g, (SELECT 0::bigint, 'rate', 'percent', 8::numeric UNION ALL SELECT 0, 'hold_days', 'days', 30
    UNION ALL SELECT 0, 'minimum', 'amount', 50
    UNION ALL SELECT partner_id, 'rate', 'percent', 10 FROM partner WHERE code = 'bob') AS t (partner, field, kind, value)
WHERE t.partner = 0 OR g.code = 'giftware';
INSERT INTO decision (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, verdict, by,
                      reason_partner, valid_from, decided_at)
SELECT proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, 'approved', 'command', reason, valid_from, proposed_at
FROM proposal;
INSERT INTO terms_version (programme_id, offer_scope, partner_scope, field, kind, value, valid_from, revision, proposal_id, recorded_at)
SELECT programme_id, offer_scope, partner_scope, field, kind, value, valid_from, 1, proposal_id, decided_at FROM decision;

-- One sale each, a second one of Ana's that has left its hold, and a refund of that.
INSERT INTO conversion (programme_id, partner_id, offer_id, kind, order_id, occurred_at, amount, currency, revenue, booked_at)
SELECT p.programme_id, p.partner_id, o.offer_id, 'sale', s.order_id, s.at::timestamptz, s.amount, g.currency, 30, '2011-03-02Z'
FROM (VALUES ('ana', 'A-1', '2011-03-01Z', 100), ('ana', 'A-2', '2011-01-10Z', 200), ('bob', 'B-1', '2011-03-01Z', 100), ('zoe', 'Z-1', '2011-03-01Z', 100))
    AS s (code, order_id, at, amount)
JOIN partner p USING (code) JOIN programme g USING (programme_id) JOIN offer o USING (programme_id);
INSERT INTO conversion_event (programme_id, event_id, event, partner_id, conversion_id, occurred_at, amount, booked_at)
SELECT programme_id, 'sale-' || order_id, 'sale', partner_id, conversion_id, occurred_at, amount, booked_at FROM conversion;
INSERT INTO conversion_event (programme_id, event_id, event, partner_id, conversion_id, occurred_at, amount, reason, booked_at)
SELECT programme_id, 'refund-A-2', 'refund', partner_id, conversion_id, '2011-03-01Z', 50, 'returned', '2011-03-02Z'
FROM conversion WHERE order_id = 'A-2';
INSERT INTO commission (partner_id, conversion_id, offer_id, occurred_at, currency, rate_kind, rate_value, rate_version_id,
                        hold_days, hold_version_id, hold_until, order_amount)
SELECT c.partner_id, c.conversion_id, c.offer_id, c.occurred_at, c.currency, r.kind, r.value, r.terms_version_id,
       30, h.terms_version_id, c.occurred_at + interval '720 hours', c.amount
FROM conversion c, LATERAL terms_at(c.programme_id, c.offer_id, c.partner_id, c.occurred_at) r,
    LATERAL terms_at(c.programme_id, c.offer_id, c.partner_id, c.occurred_at) h
WHERE r.field = 'rate' AND h.field = 'hold_days';
UPDATE commission SET released_at = hold_until WHERE order_amount = 200;
INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id, event_id, effective_at, booked_at)
SELECT c.programme_id, c.partner_id, 'accrual', 'commission_cost', 'pending', k.amount, c.currency, c.conversion_id, 'sale-' || c.order_id,
       c.occurred_at, c.booked_at
FROM conversion c JOIN commission k USING (partner_id, conversion_id);
INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id, event_id, effective_at, booked_at)
SELECT c.programme_id, c.partner_id, t.kind, t.debit, t.credit, t.amount, c.currency, c.conversion_id, t.event, t.at::timestamptz, c.booked_at
FROM conversion c, (VALUES ('release', 'pending', 'payable', 16, NULL, '2011-02-09Z'),
                           ('refund', 'payable', 'commission_cost', 4, 'refund-A-2', '2011-03-01Z')) AS t (kind, debit, credit, amount, event, at)
WHERE c.order_id = 'A-2';
UPDATE commission SET refunded = 50 WHERE order_amount = 200;

-- Adam proposes 12 percent for Ana until April; Olga proposes 9 percent for everybody.
INSERT INTO proposal (programme_id, partner_scope, field, kind, value, value_before, valid_from, reason, proposer_id, proposed_at, expires_at, content_hash)
SELECT g.programme_id, t.partner, 'rate', 'percent', t.value, 8, '2011-03-10Z', 'They grow', s.person_id, '2011-03-05Z', '2011-04-01Z',
       proposal_hash(g.programme_id, 0, t.partner, 'rate', 'percent', t.value, '2011-03-10Z', 'They grow', NULL)
FROM programme g, staff s JOIN (SELECT 'Adam Ames', partner_id, 12::numeric FROM partner WHERE code = 'ana'
    UNION ALL SELECT 'Olga Orr', 0, 9) AS t (author, partner, value) ON t.author = s.name
WHERE g.code = 'giftware';

-- Ana's dispute about A-1 was decided with a credit of 5; her question still waits for an answer.
INSERT INTO support_case (programme_id, partner_id, kind, subject, opened_by, opened_at, next_update_at)
SELECT p.programme_id, p.partner_id, k.kind, k.subject, m.person_id, '2011-03-03Z', '2011-03-04Z'
FROM (VALUES ('wrong_amount', 'Order A-1'), ('other', 'A question')) AS k (kind, subject), partner p JOIN partner_member m USING (partner_id)
WHERE p.code = 'ana';
INSERT INTO case_pin (partner_id, case_id, pin, conversion_id, snapshot, snapshot_hash, pinned_at)
SELECT s.partner_id, s.case_id, 1, c.conversion_id, '{"amount": "8.00"}', sha256(convert_to('{"amount": "8.00"}', 'UTF8')), s.opened_at
FROM support_case s JOIN conversion c USING (partner_id) WHERE s.kind = 'wrong_amount' AND c.order_id = 'A-1';
INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key)
SELECT partner_id, case_id, 'partner', opened_by, 'Ana Abbot', 'I expected more.', opened_at, gen_random_uuid() FROM support_case;
INSERT INTO case_event (partner_id, case_id, stage, at) SELECT partner_id, case_id, 'received', opened_at FROM support_case;
INSERT INTO note (partner_id, case_id, author_id, author_name, body, written_at, form_key)
SELECT c.partner_id, c.case_id, s.person_id, s.name, 'The feed was late.', '2011-03-03Z', gen_random_uuid()
FROM support_case c, staff s WHERE c.kind = 'wrong_amount' AND s.name = 'Adam Ames';
WITH credit AS (
    INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, effective_at, booked_at)
    SELECT programme_id, partner_id, 'adjustment', 'adjustment_cost', 'payable', 5, 'GBP', '2011-03-04Z', '2011-03-04Z' FROM partner WHERE code = 'ana'
    RETURNING *)
INSERT INTO case_decision (programme_id, partner_id, case_id, outcome, reason, reason_partner, reason_house, amount, currency, transfer_id,
                           decided_by, decided_at, authority_id, largest_credit)
SELECT c.programme_id, c.partner_id, c.case_id, 'in_favour', 'tracking_error', 'You were right.', 'Cheaper than asking.',
       credit.amount, credit.currency, credit.transfer_id, s.person_id, '2011-03-04Z', a.authority_id, a.largest_credit
FROM credit JOIN support_case c USING (partner_id, programme_id) JOIN authority a USING (programme_id) JOIN staff s USING (role)
WHERE c.kind = 'wrong_amount' AND s.name = 'Adam Ames';
INSERT INTO claim (partner_id, offer_id, order_id, occurred_at, amount, currency)
SELECT p.partner_id, o.offer_id, 'lost', '2011-03-01Z', 10, 'GBP' FROM partner p JOIN offer o USING (programme_id) WHERE p.code = 'ana';

-- Where they are paid; Adam looked at Ana's account. Nobody has the key of these ciphertexts.
INSERT INTO secret_key (key_id, check_value, made_at) VALUES (1, sha256('test'), '2011-01-01Z');
INSERT INTO payout_method (partner_id, kind, holder_name, ciphertext, key_id, fingerprint, masked, set_by, added_by, added_at, usable_from)
SELECT partner_id, 'paypal', p.name, decode(repeat('00', 60), 'hex'), 1, sha256(convert_to(p.code, 'UTF8')), left(p.code, 1) || '…@example.org',
       'member', m.person_id, '2011-01-02Z', '2011-01-02Z'
FROM partner p JOIN partner_member m USING (partner_id);
INSERT INTO payout_method_reveal (partner_id, payout_method_id, person_id, reason, revealed_at, nth, form_key)
SELECT partner_id, payout_method_id, s.person_id, 'The bank asked', '2011-03-04T10:00Z', 1, gen_random_uuid()
FROM payout_method JOIN partner p USING (partner_id), staff s WHERE p.code = 'ana' AND s.name = 'Adam Ames';
INSERT INTO partner_review (partner_id, reason, reviewer_id, started_at, ends_at)
SELECT p.partner_id, 'Odd clicks', s.person_id, '2011-03-01Z', '2011-03-20Z' FROM partner p, staff s WHERE s.name = 'Olga Orr';
INSERT INTO audit (at, actor_kind, actor_id, partner_id, action, subject, request_id)
SELECT '2011-03-04Z', 'staff', s.person_id, p.partner_id, 'case.decided', 'case/1', 'test' FROM staff s, partner p WHERE s.name = 'Adam Ames';
SELECT seal_audit(2);

-- Adam looked into A-1 for a day, and let it go.
INSERT INTO contest (programme_id, partner_id, conversion_id, reason_partner, reason_house, reviewer_id, reviewer_name, contested_at, ends_at, form_key)
SELECT c.programme_id, c.partner_id, c.conversion_id, 'The shop asks for the invoice.', 'Looks odd.', s.person_id, s.name, '2011-03-05Z', '2011-03-20Z',
       gen_random_uuid()
FROM conversion c, staff s WHERE c.order_id = 'A-1' AND s.name = 'Adam Ames';
UPDATE contest SET ended_at = '2011-03-06Z', end_written_at = '2011-03-06Z', outcome = 'let_go', ended_by = reviewer_id;

-- Ana's credit of 5 is in a payout that was sent; the bank has taken the file and says nothing else yet. Bob has nothing
-- to get, Ana's refund was too much for another run, and that comes later than it was promised.
INSERT INTO payout_run (programme_id, cutoff, cutoff_at, pay_day, builder_id, started_at)
SELECT g.programme_id, '2011-03-31', '2011-04-01Z', '2011-04-15', s.person_id, '2011-04-01T08:00Z' FROM programme g, staff s
WHERE g.code = 'giftware' AND s.name = 'Olga Orr';
INSERT INTO payout (programme_id, partner_id, payout_run_id, currency, amount, payout_method_id, pay_day, created_at)
SELECT r.programme_id, p.partner_id, r.payout_run_id, 'GBP', 5, m.payout_method_id, r.pay_day, r.started_at
FROM payout_run r JOIN partner p USING (programme_id) JOIN payout_method m ON m.partner_id = p.partner_id WHERE p.code = 'ana';
INSERT INTO payout_allocation (partner_id, payout_id, transfer_id, kind, amount)
SELECT p.partner_id, p.payout_id, t.transfer_id, t.kind, t.amount FROM payout p JOIN transfer t USING (partner_id) WHERE t.kind = 'adjustment';
INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, at, booked_at)
SELECT partner_id, payout_id, 1, '', 'scheduled', 'command', '2011-04-01T08:00Z', '2011-04-01T08:00Z' FROM payout;
INSERT INTO payout_block (partner_id, payout_run_id, currency, position, payable, reason, amount)
SELECT p.partner_id, r.payout_run_id, 'EUR', 1, -3, 'owes', 3 FROM payout_run r JOIN partner p USING (programme_id) WHERE p.code = 'ana';
UPDATE payout_run SET built_through = 9, built_at = '2011-04-01T09:00Z';
INSERT INTO payout_release (payout_run_id, by, releaser_id, builder_id, released_at)
SELECT r.payout_run_id, 'owner', s.person_id, r.builder_id, '2011-04-02Z' FROM payout_run r, staff s JOIN person p USING (person_id)
WHERE p.email = 'otis@example.org';
INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, at, booked_at)
SELECT partner_id, payout_id, 2, 'scheduled', 'approved', 'command', '2011-04-02Z', '2011-04-02Z' FROM payout;
INSERT INTO payout_file (programme_id, payout_run_id, format, currency, part, message_id, file_name, payments, total, bytes, sha256, made_at)
SELECT programme_id, payout_run_id, 'paypal', 'GBP', 1, 'PD-1', 'payouts.csv', 1, 5, 10, sha256('file'), '2011-04-14Z' FROM payout_run;
INSERT INTO payout_file_piece (payout_file_id, piece, key_id, sealed) SELECT payout_file_id, 1, 1, '\x00' FROM payout_file;
INSERT INTO payout_in_file (partner_id, payout_id, payout_file_id) SELECT partner_id, payout_id, payout_file_id FROM payout, payout_file;
INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, at, booked_at)
SELECT partner_id, payout_id, 3, 'approved', 'submitted', 'command', '2011-04-14Z', '2011-04-14Z' FROM payout;
INSERT INTO payout_delay (payout_run_id, new_pay_day, message, told_by, told_by_name, told_at, form_key)
SELECT r.payout_run_id, '2011-04-20', 'The bank is closed.', s.person_id, s.name, '2011-04-13Z', gen_random_uuid()
FROM payout_run r, staff s WHERE s.name = 'Olga Orr';
INSERT INTO settlement_file (kind, file_name, sha256, lines, read_at) VALUES ('plain', 'answer.csv', sha256('answer'), 3, '2011-04-16Z');
INSERT INTO settlement_line (settlement_file_id, line, kind, outcome, target_kind, target, amount, currency)
SELECT settlement_file_id, n, 'plain', 'settled', 'payment', 'PD-' || n, 5, 'GBP' FROM settlement_file, generate_series(1, 3) n;
INSERT INTO payer_account (programme_id, currency, name, account, added_at)
SELECT programme_id, 'EUR', 'Giftware Ltd', 'DE89370400440532013000', '2011-01-01Z' FROM programme WHERE code = 'giftware';

-- A stranger's mail waited until Adam said that it needs no answer; Ana's question came with a file.
INSERT INTO mail_in (sha256, raw, bytes, source, received_at) VALUES (sha256('mail'), 'mail', 4, 'command', '2011-03-05Z');
UPDATE mail_in SET state = 'quarantine', reason = 'stranger', handled_at = '2011-03-05Z';
INSERT INTO mail_in_uid (mail_in_id, uid, nth) SELECT mail_in_id, 'one@example.net', 0 FROM mail_in;
INSERT INTO mail_disposition (mail_in_id, verdict, by, at) SELECT mail_in_id, 'no_answer', s.person_id, '2011-03-06Z' FROM mail_in, staff s WHERE s.name = 'Adam Ames';
INSERT INTO attachment (partner_id, case_id, message_id, name, kind, declared, sha256, bytes, data, scan, added_at)
SELECT partner_id, case_id, message_id, 'proof.txt', 'text/plain', '', sha256('proof'), 5, 'proof', 'not_scanned', sent_at FROM message WHERE side = 'partner';

-- Tax: a policy from the next year on; Ana's data, registered for VAT at home; an invoice of her payout, and one that she sent for
-- it, written past the check that it was asked for, as no policy counted then.
INSERT INTO tax_policy (programme_id, valid_from, legal_name, street, town, country, tax_number, invoices, needs_profile, vat_percent, set_at)
SELECT programme_id, '2012-01-01Z', 'Giftware Ltd', 'High Street', 'London', 'GB', 'GB123456782', 'none', true, 20, '2011-05-20Z'
FROM programme WHERE code = 'giftware';
INSERT INTO tax_profile (partner_id, legal_name, kind, street, town, country, tax_number, tax_number_masked, vat_registered, vat_number,
                         vat_number_masked, key_id, agrees_self_billing, set_by, recorded_by, recorded_at)
SELECT p.partner_id, 'Ana Abbot', 'person', 'High Street', 'London', 'GB', decode(repeat('00', 60), 'hex'), '…56C', true,
       decode(repeat('00', 60), 'hex'), '…782', 1, true, 'member', m.person_id, '2011-01-03Z'
FROM partner p JOIN partner_member m USING (partner_id) WHERE p.code = 'ana';
INSERT INTO invoice (programme_id, partner_id, payout_id, kind, number, issued_on, issued_at)
SELECT programme_id, partner_id, payout_id, 'invoice', 1, '2011-04-02', '2011-04-02Z' FROM payout;
ALTER TABLE partner_invoice DISABLE TRIGGER partner_invoice_check;
INSERT INTO partner_invoice (partner_id, payout_id, nth, file_name, bytes, sha256, key_id, sealed, sent_by, sent_at)
SELECT p.partner_id, p.payout_id, 1, 'invoice.pdf', 10, sha256('pdf'), 1, decode(repeat('00', 50), 'hex'), m.person_id, '2011-04-20Z'
FROM payout p JOIN partner_member m USING (partner_id);
ALTER TABLE partner_invoice ENABLE TRIGGER partner_invoice_check;
INSERT INTO partner_invoice_verdict (partner_id, payout_id, nth, verdict, decided_by, decided_at)
SELECT i.partner_id, i.payout_id, i.nth, 'accepted', s.person_id, '2011-04-21Z' FROM partner_invoice i, staff s WHERE s.name = 'Olga Orr';

-- Help: an article for partners, a draft, one for staff; Ana says that it helped and puts first steps away.
INSERT INTO article (slug, audience, owner_id, created_at)
SELECT a.slug, a.audience, s.person_id, '2011-03-01Z'
FROM (VALUES ('payouts', 'partner'), ('unfinished', 'partner'), ('house-rules', 'staff')) AS a (slug, audience), staff s WHERE s.name = 'Olga Orr';
INSERT INTO article_version (article_id, language, version, audience, title, body, written_by, written_at, published_at)
SELECT article_id, 'en', 1, audience, slug, 'How it works', owner_id, '2011-03-01Z', CASE WHEN slug <> 'unfinished' THEN '2011-03-02Z'::timestamptz END
FROM article;
INSERT INTO article_feedback (article_id, language, version, person_id, partner_id, helped, at)
SELECT a.article_id, 'en', 1, m.person_id, m.partner_id, true, '2011-03-03Z'
FROM article a, partner_member m JOIN partner p USING (partner_id) WHERE a.slug = 'payouts' AND p.code = 'ana';
INSERT INTO first_steps_dismissal (partner_id, person_id, dismissed_at)
SELECT m.partner_id, m.person_id, '2011-03-03Z' FROM partner_member m JOIN partner p USING (partner_id) WHERE p.code = 'ana';
