-- A member of P0 with a question.
INSERT INTO person (email, name, created_at) VALUES ('ana@example.net', 'Ana Peña', '2026-01-01');
INSERT INTO partner_member (partner_id, person_id, since)
SELECT a.partner_id, p.person_id, '2026-01-01' FROM partner a, person p WHERE a.code = 'P0' AND p.email = 'ana@example.net';
INSERT INTO support_case (programme_id, partner_id, kind, subject, opened_by, opened_at, next_update_at)
SELECT a.programme_id, a.partner_id, 'other', 'A question', m.person_id, '2026-01-01', '2026-01-02'
FROM partner a JOIN partner_member m USING (partner_id) WHERE a.code = 'P0';
INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key)
SELECT c.partner_id, c.case_id, 'partner', c.opened_by, 'Ana Peña', 'Where is it?', '2026-01-01', gen_random_uuid() FROM support_case c;
