-- A commission of which nothing is left is reversed, also where a refund of a part rounds what is left to nothing.
SET LOCAL ROLE pd_owner;

-- Only PostgreSQL 17 changes the expression of a generated column in place. Its index goes with the column.
ALTER TABLE commission DROP COLUMN state;
ALTER TABLE commission ADD COLUMN state text GENERATED ALWAYS AS (
    CASE WHEN rejected OR (refunded > 0 AND commission_left(rate_kind, rate_value, order_amount, refunded, rejected, currency) = 0) THEN 'reversed'
         WHEN released_at IS NOT NULL THEN 'payable'
         ELSE 'pending' END) STORED;
CREATE INDEX commission_by_time ON commission (partner_id, occurred_at DESC, conversion_id DESC)
    INCLUDE (offer_id, currency, amount, amount_left, order_amount, refunded, released_at, rejected, state);

RESET ROLE;
