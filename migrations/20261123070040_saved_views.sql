-- Every view of the queue can be saved.
SET LOCAL ROLE pd_owner;
ALTER TABLE saved_view DROP CONSTRAINT saved_view_view_known, ADD CONSTRAINT saved_view_view_known
    CHECK (view IN ('mine', 'unassigned', 'breaching', 'appeals', 'all', 'snoozed', 'closed'));
RESET ROLE;
