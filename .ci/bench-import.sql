-- What somebody who knows the schema would write by hand for one trusted file: no checks, no rejects, the same rows
-- under the same constraints. The measure for `import conversions`.
\set ON_ERROR_STOP on
SET ROLE pd_system;
SET TIME ZONE 'UTC';
BEGIN;
CREATE TEMP TABLE raw (event_id text, event text, order_id text, partner text, offer text, occurred_at timestamptz,
                       amount numeric, currency text, reason text) ON COMMIT DROP;
COPY raw FROM STDIN WITH (FORMAT csv, HEADER);
