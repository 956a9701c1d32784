-- Long work with a run, asked for on screen: its release and its files. It is done at once where it is short; otherwise it
-- goes on by itself, also after a restart, and its page shows how far it is.
SET LOCAL ROLE pd_owner;

CREATE TABLE run_work (
    programme_id bigint NOT NULL,
    payout_run_id bigint NOT NULL,
    run_work_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- release, or the format of files.
    task text NOT NULL,
    asked_by bigint NOT NULL REFERENCES staff,
    asked_at timestamptz NOT NULL,
    -- The language of who asked, in which they are told why it was refused.
    locale text NOT NULL,
    request_id text NOT NULL,
    -- Payments written so far.
    written bigint NOT NULL DEFAULT 0,
    done_at timestamptz,
    refused text,
    CONSTRAINT run_work_run FOREIGN KEY (programme_id, payout_run_id) REFERENCES payout_run (programme_id, payout_run_id),
    CONSTRAINT run_work_task_known CHECK (task IN ('release', 'pain.001', 'bank', 'paypal', 'wise')),
    CONSTRAINT run_work_refused_is_done CHECK (refused IS NULL OR done_at IS NOT NULL),
    CONSTRAINT run_work_done_after_asked CHECK (done_at >= asked_at),
    CONSTRAINT run_work_counts CHECK (written >= 0)
);
-- Whoever asks again while it is being done asks for the same.
CREATE UNIQUE INDEX run_work_one_open ON run_work (payout_run_id, task) WHERE done_at IS NULL;
CREATE INDEX run_work_by_run ON run_work (payout_run_id, task, run_work_id DESC);
CREATE FUNCTION check_run_work() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.done_at IS NOT NULL THEN
        RAISE EXCEPTION 'work that is done stays so' USING ERRCODE = 'check_violation', CONSTRAINT = 'run_work_ends_once';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER run_work_ends_once BEFORE UPDATE ON run_work FOR EACH ROW EXECUTE FUNCTION check_run_work();
CREATE TRIGGER run_work_append_only BEFORE DELETE OR UPDATE OF programme_id, payout_run_id, run_work_id, task, asked_by, asked_at, locale,
    request_id ON run_work FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER run_work_not_emptied BEFORE TRUNCATE ON run_work FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE run_work ENABLE ROW LEVEL SECURITY;
CREATE POLICY run_work_house ON run_work TO pd_staff, pd_system USING (true) WITH CHECK (true);
GRANT SELECT ON run_work TO pd_staff, pd_system;
GRANT INSERT ON run_work TO pd_staff;
GRANT UPDATE (written, done_at, refused) ON run_work TO pd_system;

RESET ROLE;
