INSERT INTO secret_key (key_id, check_value, made_at) VALUES (1, sha256('test'), '2011-01-01Z') ON CONFLICT DO NOTHING;
INSERT INTO payout_method (partner_id, kind, holder_name, ciphertext, key_id, fingerprint, masked, set_by, added_at, usable_from)
SELECT partner_id, 'paypal', name, decode(repeat('00', 60), 'hex'), 1, sha256(convert_to(code, 'UTF8')), '…', 'command', '2011-01-01Z', '2011-01-01Z'
FROM partner WHERE partner_id = {partner};
INSERT INTO payout_run (programme_id, cutoff, cutoff_at, pay_day, started_at, built_at)
SELECT programme_id, '{day}'::date - 1, '{day}Z', '{day}', '{day}Z', '{day}Z' FROM partner WHERE partner_id = {partner};
INSERT INTO payout_release (payout_run_id, by, released_at) SELECT max(payout_run_id), 'command', '{day}Z' FROM payout_run;
INSERT INTO payout (programme_id, partner_id, payout_run_id, currency, amount, payout_method_id, pay_day, created_at)
SELECT a.programme_id, a.holder_id, (SELECT max(payout_run_id) FROM payout_run), a.currency, a.balance, m.payout_method_id, '{day}', '{day}Z'
FROM account a JOIN payout_method m ON m.partner_id = a.holder_id WHERE a.holder_id = {partner} AND a.kind = 'payable' AND a.balance > 0;
INSERT INTO payout_allocation (partner_id, payout_id, transfer_id, conversion_id, kind, amount)
SELECT i.partner_id, p.payout_id, i.transfer_id, i.conversion_id, i.kind, i.amount
FROM payable_items(ARRAY[{partner}], ARRAY['2100-01-01Z'::timestamptz]) i JOIN payout p USING (partner_id, currency);
INSERT INTO settlement_file (kind, file_name, sha256, lines, read_at) VALUES ('plain', 'paid.csv', sha256('{partner} {day}'), 1, '{day}Z');
INSERT INTO settlement_line (settlement_file_id, line, kind, outcome, target_kind, target)
SELECT max(settlement_file_id), 1, 'plain', 'settled', 'payment', '' FROM settlement_file;
INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, at, booked_at)
SELECT partner_id, payout_id, 1, '', 'scheduled', 'command', '{day}Z', '{day}Z' FROM payout WHERE partner_id = {partner};
INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, at, booked_at)
SELECT partner_id, payout_id, 2, 'scheduled', 'approved', 'command', '{day}Z', '{day}Z' FROM payout WHERE partner_id = {partner};
INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, at, booked_at)
SELECT partner_id, payout_id, 3, 'approved', 'submitted', 'command', '{day}Z', '{day}Z' FROM payout WHERE partner_id = {partner};
INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, amount, currency, settlement_file_id, settlement_line, at, booked_at)
SELECT partner_id, payout_id, 4, 'submitted', 'paid', 'bank', amount, currency, (SELECT max(settlement_file_id) FROM settlement_file), 1, '{day}Z', '{day}Z'
FROM payout WHERE partner_id = {partner};
