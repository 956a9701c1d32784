-- A macro may put its case off, too.
SET LOCAL ROLE pd_owner;

ALTER TABLE macro_version
    -- For so many days from the day on which it is sent.
    ADD COLUMN put_off_days integer,
    ADD CONSTRAINT macro_version_put_off_in_bounds CHECK (put_off_days BETWEEN 1 AND 90),
    ADD CONSTRAINT macro_version_closes_or_puts_off CHECK (NOT (closes AND put_off_days IS NOT NULL));

RESET ROLE;
