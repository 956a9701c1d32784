-- A desk with :cases cases, one in ten of them open, and :messages messages in each; for `.ci/bench-desk`. Written past the
-- triggers, as they would have left it: a million cases with ten million messages take minutes and not days.
-- It is noon in UTC on 20 November 2026.
\set ON_ERROR_STOP on
\set now '''2026-11-20T12:00:00Z'''
SET session_replication_role = replica;
SET TIME ZONE 'UTC';
SET maintenance_work_mem = '1GB';
SET synchronous_commit = off;
\set partners 'greatest(:cases / 20, 1)'

INSERT INTO programme (code, name, currency, created_at) VALUES ('bench', 'Bench', 'GBP', '2024-01-01Z');
INSERT INTO person (email, name, locale, created_at)
SELECT 'member' || n || '@example.org', 'Member Number', CASE WHEN n % 3 = 0 THEN 'es' ELSE 'en' END, '2024-01-01Z'
FROM generate_series(1, :partners) n;
-- Words for a partner's number, so that no two names are alike.
INSERT INTO partner (programme_id, code, name, created_at)
SELECT (SELECT max(programme_id) FROM programme), 'p' || n,
       (ARRAY['Garden','Kitchen','Balcony','Orchard','Window','Meadow','River','Harbour'])[1 + n % 8] || ' '
       || initcap(translate(to_hex(n * 7919), '0123456789abcdef', 'bcdfghjklmnpqrst')), '2024-01-01Z'
FROM generate_series(1, :partners) n;
INSERT INTO partner_member (partner_id, person_id, since)
SELECT p.partner_id, m.person_id, p.created_at FROM partner p JOIN person m ON m.email = 'member' || substr(p.code, 2) || '@example.org';
SELECT count(open_accounts(programme_id, partner_id, 'GBP')) AS accounts FROM partner;
INSERT INTO person (email, name, created_at)
SELECT 'agent' || n || '@example.org', 'Rosa ' || translate(n::text, '0123456789', 'ABCDEFGHIJ') || 'na', '2024-01-01Z' FROM generate_series(1, 8) n;
INSERT INTO staff (person_id, name, role, since) SELECT person_id, name, 'lead', created_at FROM person WHERE email LIKE 'agent%';
-- The first of them is signed in, with this token.
INSERT INTO session (token_hash, person_id, created_at, expires_at)
SELECT sha256(convert_to(repeat('a', 64), 'UTF8')), min(person_id), '2026-11-20Z', '2026-12-20Z' FROM staff;

DROP INDEX message_found_by, case_found_by_words, case_conversation_words, support_case_by_place, support_case_unassigned_by_place, support_case_mine_by_place,
    support_case_by_step, support_case_by_due, support_case_closed, support_case_closed_by_person;
INSERT INTO support_case (programme_id, partner_id, kind, subject, stage, opened_by, opened_at, assignee_id, next_update_at, closed_at,
                          due_clock, due_at, standing_at, place_at, step_at, unanswered_at)
SELECT (SELECT max(programme_id) FROM programme), p.partner_id, k.kind, k.subject, k.stage, m.person_id, k.opened_at,
       CASE WHEN k.n % 30 <> 0 THEN a.first + k.n / 7 % 8 END, k.opened_at + interval '1 day', CASE WHEN k.stage = 'closed' THEN k.opened_at + interval '3 days' END,
       CASE WHEN k.due_at IS NOT NULL THEN 'next_update' END, k.due_at, k.standing_at, case_place(k.standing_at, k.due_at, NULL, :now),
       case_step(k.standing_at, k.due_at, NULL, :now), CASE WHEN k.n % 20 = 0 THEN k.standing_at END
FROM (SELECT n, (ARRAY['other','payout_late','wrong_amount','missing_conversion'])[1 + n / 40 % 4] AS kind,
             CASE WHEN n % 4 = 0 THEN 'Pago retrasado' ELSE 'Payout question' END || ' ' || n AS subject,
             CASE WHEN n % 10 <> 0 THEN 'closed' ELSE (ARRAY['received','in_review','answer_needed','decided'])[1 + n / 10 % 4] END AS stage,
             -- Closed ones over two years, open ones over two weeks.
             CASE WHEN n % 10 <> 0 THEN :now ::timestamptz - interval '730 days' * (1 - n::float8 / :cases) - interval '4 days'
                  ELSE :now ::timestamptz - interval '14 days' * (n * 7919 % :cases)::float8 / :cases END AS opened_at,
             CASE WHEN n % 10 = 0 AND n / 10 % 4 < 2 THEN :now ::timestamptz - interval '14 days' * (n * 7919 % :cases)::float8 / :cases END AS standing_at,
             CASE WHEN n % 10 = 0 AND n / 10 % 4 < 2 THEN :now ::timestamptz + interval '1 hour' * (((n * 104729) % 97) - 24) END AS due_at
      FROM generate_series(1, :cases::bigint) n) k
JOIN LATERAL (SELECT min(partner_id) + (k.n * 31 % :partners) AS partner_id FROM partner) p ON true
JOIN partner_member m ON m.partner_id = p.partner_id
CROSS JOIN (SELECT min(person_id) AS first FROM staff) a;

INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key)
SELECT c.partner_id, c.case_id, CASE WHEN x.n % 2 = 1 THEN 'partner' ELSE 'staff' END, c.opened_by, 'Member Number',
       w.w[1 + x.n * 7 % 48] || ' ' || w.w[1 + (c.case_id + x.n * 13) % 48] || ' ' || w.w[1 + (c.case_id * 3 + x.n) % 48] || ' '
       || w.w[1 + (c.case_id / 7 + x.n * 5) % 48] || ' ' || w.w[1 + (c.case_id / 48 + x.n) % 48] || ' order ORD-' || (c.case_id * 10 + x.n)
       || ' ' || translate(to_hex((c.case_id * 10 + x.n) % 50021 * 65537), '0123456789abcdef', 'bcdfghjklmnpqrst') || '.',
       c.opened_at + x.n * interval '10 minutes', gen_random_uuid()
FROM support_case c CROSS JOIN generate_series(1, :messages) AS x (n)
CROSS JOIN (SELECT string_to_array('payout commission late order missing amount tracking click sale refund invoice bank transfer minimum account report question november december answer wrong reversed november week pago comisión retraso pedido falta importe seguimiento venta devolución factura banco transferencia mínimo cuenta informe pregunta noviembre diciembre respuesta incorrecto anulada semana gracias saludos', ' ') AS w) w
ORDER BY c.case_id, x.n;
INSERT INTO case_event (partner_id, case_id, stage, at, by_name)
SELECT partner_id, case_id, 'received', opened_at, '' FROM support_case;
INSERT INTO case_clock (partner_id, case_id, clock, run, clock_policy_id, minutes, size, state, started_at, ended_at, deadline, counted_minutes, read_at)
SELECT c.partner_id, c.case_id, 'next_update', 1, p.clock_policy_id, p.minutes, 'small',
       CASE WHEN c.stage = 'closed' THEN 'met' WHEN c.due_at < :now THEN 'breached' ELSE 'running' END, least(c.opened_at, c.due_at),
       CASE WHEN c.stage = 'closed' THEN c.opened_at + interval '1 hour' END, coalesce(c.due_at, c.opened_at + interval '1 day'), 0, :now
FROM support_case c CROSS JOIN (SELECT clock_policy_id, minutes FROM clock_policy WHERE clock = 'next_update' ORDER BY clock_policy_id LIMIT 1) p
WHERE c.stage = 'closed' OR c.due_at IS NOT NULL;
INSERT INTO case_found_by (partner_id, case_id, words)
SELECT c.partner_id, c.case_id, found_by(c.subject || ' ' || p.code || ' ' || p.name, sheaf_of(c.case_id)) || found_by_order('PIN-' || c.case_id)
FROM support_case c JOIN partner p USING (partner_id);
INSERT INTO case_conversation (partner_id, case_id, words)
SELECT f.partner_id, f.case_id, strip(f.words) || array_to_tsvector(m.words)
FROM case_found_by f
JOIN (SELECT m.partner_id, m.case_id, array_agg(DISTINCT w.lexeme) AS words
      FROM message m CROSS JOIN LATERAL unnest(said_words(m.body)) w GROUP BY m.partner_id, m.case_id) m USING (partner_id, case_id);
-- Every word that was written; the made-up ones are too many to be mistyped.
INSERT INTO known_word (word, seen)
SELECT lexeme, count(*) FROM (SELECT body FROM message LIMIT 20000) m CROSS JOIN LATERAL unnest(to_tsvector('words_plain', m.body)) w
WHERE lexeme ~ '^[[:alpha:]]{3,30}$' GROUP BY lexeme HAVING count(*) > 5;

CREATE INDEX message_found_by ON message USING gin (found_by(body, sheaf_of(message_id)));
CREATE INDEX case_found_by_words ON case_found_by USING gin (words);
CREATE INDEX case_conversation_words ON case_conversation USING gin (words);
CREATE INDEX support_case_by_place ON support_case (place_at, case_id) WHERE stage <> 'closed';
CREATE INDEX support_case_unassigned_by_place ON support_case (place_at, case_id) WHERE stage <> 'closed' AND assignee_id IS NULL;
CREATE INDEX support_case_mine_by_place ON support_case (assignee_id, place_at, case_id) WHERE stage <> 'closed';
CREATE INDEX support_case_by_step ON support_case (step_at) WHERE stage <> 'closed' AND step_at IS NOT NULL;
CREATE INDEX support_case_by_due ON support_case (due_at, case_id) WHERE stage <> 'closed';
CREATE INDEX support_case_closed ON support_case (closed_at DESC, case_id DESC) WHERE stage = 'closed';
CREATE INDEX support_case_closed_by_person ON support_case (assignee_id, closed_at DESC, case_id DESC) WHERE stage = 'closed';
RESET session_replication_role;
VACUUM (ANALYZE);
