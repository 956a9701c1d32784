-- What jobs and figures ask of all cases is asked of the days it is about.
SET LOCAL ROLE pd_owner;
CREATE INDEX case_event_resolved ON case_event (at) WHERE stage IN ('decided', 'closed');
CREATE INDEX case_event_by_time ON case_event (at);
CREATE INDEX case_clock_ended ON case_clock (ended_at) WHERE ended_at IS NOT NULL AND clock <> 'resolution';
CREATE INDEX case_clock_open_by_deadline ON case_clock (deadline) WHERE ended_at IS NULL AND clock <> 'resolution';
CREATE INDEX mail_in_by_time ON mail_in (received_at);
CREATE INDEX mail_out_about_cases ON mail_out (written_at) WHERE case_id IS NOT NULL;
CREATE INDEX payout_by_pay_day ON payout (pay_day);
RESET ROLE;
