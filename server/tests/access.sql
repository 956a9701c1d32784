-- People and things for the access matrix: a member of P1 (whose case and proposal are asked for), a member of P2, a
-- member of a closed account, a disabled agent.
INSERT INTO partner (programme_id, code, name, status, created_at)
SELECT programme_id, 'P3', 'P3', 'closed', '2011-03-01' FROM programme;
INSERT INTO person (email, name, created_at)
VALUES ('partner@example.org', 'Pia Page', '2011-03-01'), ('other@example.org', 'Otto Oak', '2011-03-01'),
       ('closed@example.org', 'Sven Sand', '2011-03-01');
INSERT INTO partner_member (partner_id, person_id, since)
SELECT a.partner_id, p.person_id, '2011-03-01' FROM (VALUES ('P1', 'partner'), ('P2', 'other'), ('P3', 'closed')) AS pair (code, name)
JOIN partner a ON a.code = pair.code JOIN person p ON p.email = pair.name || '@example.org';
UPDATE person SET disabled_at = '2011-03-02' WHERE email = 'd@example.org';
INSERT INTO support_case (programme_id, partner_id, kind, subject, opened_by, opened_at, next_update_at)
SELECT a.programme_id, a.partner_id, 'other', 'A question', m.person_id, '2011-03-02', '2011-03-03'
FROM partner a JOIN partner_member m USING (partner_id) WHERE a.code = 'P1';
INSERT INTO proposal (programme_id, partner_scope, field, kind, value, valid_from, reason, proposer_id, proposed_at, content_hash)
SELECT a.programme_id, a.partner_id, 'rate', 'percent', 10, '2011-03-05', 'They grow', s.person_id, '2011-03-02',
       proposal_hash(a.programme_id, 0, a.partner_id, 'rate', 'percent', 10, '2011-03-05', 'They grow', NULL)
FROM partner a, staff s JOIN person p USING (person_id) WHERE a.code = 'P1' AND p.email = 'a@example.org';
-- Half of the order was agreed: put right for P1, and approved afterwards, as what was approved counts as given.
BEGIN;
INSERT INTO correction (programme_id, partner_id, kind, value, since, until, reason, items, sums, digest, proposer_id, proposed_at, expires_at,
                        form_key, content_hash)
SELECT a.programme_id, a.partner_id, 'percent', 50, '2011-03-01', '2011-03-02', 'Half was agreed', s.items, s.sums, s.digest, p.person_id,
       '2011-04-15', '2011-05-15', gen_random_uuid(),
       correction_hash(a.programme_id, a.partner_id, 0, 'percent', 50, '{}', '2011-03-01', '2011-03-02', 'Half was agreed', s.sums, s.digest)
FROM partner a JOIN person p ON p.email = 'a@example.org'
CROSS JOIN LATERAL correction_summary(a.programme_id, a.partner_id, 0, 'percent', 50, '{}', '2011-03-01', '2011-03-02') s
WHERE a.code = 'P1';
INSERT INTO correction_item (partner_id, correction_id, conversion_id, currency, was, credited, should_be)
SELECT c.partner_id, c.correction_id, p.conversion_id, p.currency, p.was, p.credited, p.should_be
FROM correction c, correction_prices(c.programme_id, c.partner_id, c.offer_scope, c.kind, c.value, c.rule, c.since, c.until) p;
COMMIT;
INSERT INTO correction_decision (correction_id, partner_id, proposer_id, content_hash, verdict, decider_id, reason_partner, decided_at)
SELECT c.correction_id, c.partner_id, c.proposer_id, c.content_hash, 'approved', p.person_id, 'You are right.', '2011-04-16'
FROM correction c JOIN person p ON p.email = 'o@example.org';
