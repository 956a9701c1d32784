-- The rota: who is at the desk when. What was planned stays readable, so nothing here is changed: a shift is ended, a day
-- off or an exception is withdrawn, and none of it reaches back into the past.
SET LOCAL ROLE pd_owner;

-- Minutes from one time of the wall's clock to the next time it shows the other.
CREATE FUNCTION minutes_until(earlier time, later time) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (extract(epoch FROM later - earlier)::integer / 60 + 1440) % 1440
$$;

-- The hours in which somebody means to be there; the newest version from a day on holds.
CREATE TABLE desk_hours (
    desk_hours_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    time_zone text NOT NULL,
    -- Monday is 1.
    days smallint[] NOT NULL,
    opens time NOT NULL,
    -- Not later than `opens`: on the next day. The same: round the clock.
    closes time NOT NULL,
    valid_from date NOT NULL,
    -- NULL: the command line.
    written_by bigint REFERENCES staff,
    written_at timestamptz NOT NULL,
    form_key uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT desk_hours_form_once UNIQUE (form_key),
    CONSTRAINT desk_hours_days_known CHECK (cardinality(days) BETWEEN 1 AND 7 AND days <@ '{1,2,3,4,5,6,7}'),
    CONSTRAINT desk_hours_are_minutes CHECK (
        opens < '24:00' AND closes < '24:00' AND extract(second FROM opens) = 0 AND extract(second FROM closes) = 0),
    CONSTRAINT desk_hours_not_in_the_past CHECK (valid_from >= (written_at AT TIME ZONE time_zone)::date)
);

-- What a person works every week on one weekday, by the clock on that person's wall.
CREATE TABLE shift (
    shift_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES staff,
    weekday smallint NOT NULL,
    starts time NOT NULL,
    -- Not later than `starts`: on the next day.
    ends time NOT NULL,
    time_zone text NOT NULL,
    valid_from date NOT NULL,
    written_by bigint REFERENCES staff,
    written_at timestamptz NOT NULL,
    -- One form writes the shifts of several weekdays.
    form_key uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT shift_form_once UNIQUE (form_key, weekday),
    CONSTRAINT shift_with_times UNIQUE (shift_id, starts, ends),
    CONSTRAINT shift_weekday_known CHECK (weekday BETWEEN 1 AND 7),
    CONSTRAINT shift_times_are_minutes CHECK (
        starts < '24:00' AND ends < '24:00' AND extract(second FROM starts) = 0 AND extract(second FROM ends) = 0),
    CONSTRAINT shift_not_in_the_past CHECK (valid_from >= (written_at AT TIME ZONE time_zone)::date)
);
CREATE INDEX shift_by_person ON shift (person_id, weekday);

CREATE TABLE shift_break (
    shift_id bigint NOT NULL,
    shift_starts time NOT NULL,
    shift_ends time NOT NULL,
    starts time NOT NULL,
    ends time NOT NULL,
    PRIMARY KEY (shift_id, starts),
    CONSTRAINT shift_break_of_shift FOREIGN KEY (shift_id, shift_starts, shift_ends) REFERENCES shift (shift_id, starts, ends),
    CONSTRAINT shift_break_times_are_minutes CHECK (
        starts < '24:00' AND ends < '24:00' AND extract(second FROM starts) = 0 AND extract(second FROM ends) = 0),
    -- It begins after the shift does and ends before it, over midnight too.
    CONSTRAINT shift_break_inside CHECK (
        minutes_until(shift_starts, starts) > 0
        AND minutes_until(starts, ends) > 0
        AND minutes_until(shift_starts, starts) + minutes_until(starts, ends)
            < coalesce(nullif(minutes_until(shift_starts, shift_ends), 0), 1440))
);

-- A shift ends: the last day on which it begins. A day before its first one means that it never was.
CREATE TABLE shift_end (
    shift_id bigint PRIMARY KEY REFERENCES shift,
    last_day date NOT NULL,
    written_by bigint REFERENCES staff,
    written_at timestamptz NOT NULL
);

-- A day on which nobody is expected, or one person is not.
CREATE TABLE holiday (
    holiday_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day date NOT NULL,
    -- NULL: everybody.
    person_id bigint REFERENCES staff,
    name text NOT NULL,
    written_by bigint REFERENCES staff,
    written_at timestamptz NOT NULL,
    form_key uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT holiday_form_once UNIQUE (form_key),
    CONSTRAINT holiday_name_not_blank CHECK (btrim(name) <> '' AND length(name) <= 200),
    CONSTRAINT holiday_not_in_the_past CHECK (day >= (written_at AT TIME ZONE 'UTC')::date - 1)
);

-- One person away in spite of a shift, or there without one.
CREATE TABLE rota_exception (
    rota_exception_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES staff,
    kind text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    reason text NOT NULL,
    written_by bigint REFERENCES staff,
    written_at timestamptz NOT NULL,
    form_key uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT rota_exception_form_once UNIQUE (form_key),
    CONSTRAINT rota_exception_kind_known CHECK (kind IN ('away', 'extra')),
    CONSTRAINT rota_exception_ends_later CHECK (ends_at > starts_at AND ends_at <= starts_at + interval '366 days'),
    CONSTRAINT rota_exception_reason_not_blank CHECK (btrim(reason) <> '' AND length(reason) <= 200),
    -- Who falls ill in the morning is away since the morning.
    CONSTRAINT rota_exception_not_in_the_past CHECK (starts_at >= written_at - interval '1 day')
);

-- A day off or an exception that does not hold after all.
CREATE TABLE rota_withdrawal (
    rota_withdrawal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    holiday_id bigint REFERENCES holiday,
    rota_exception_id bigint REFERENCES rota_exception,
    written_by bigint REFERENCES staff,
    written_at timestamptz NOT NULL,
    CONSTRAINT rota_withdrawal_of_one_thing CHECK (num_nonnulls(holiday_id, rota_exception_id) = 1),
    CONSTRAINT rota_withdrawal_holiday_once UNIQUE (holiday_id),
    CONSTRAINT rota_withdrawal_exception_once UNIQUE (rota_exception_id)
);

CREATE FUNCTION check_time_zone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = NEW.time_zone) THEN
        RAISE EXCEPTION 'there is no such time zone'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_time_zone_known';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER desk_hours_a_time_zone BEFORE INSERT ON desk_hours FOR EACH ROW EXECUTE FUNCTION check_time_zone();
CREATE TRIGGER shift_a_time_zone BEFORE INSERT ON shift FOR EACH ROW EXECUTE FUNCTION check_time_zone();

-- Leads and owners write the rota; who answers cases is on it.
CREATE FUNCTION check_rota_writer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.written_by IS NOT NULL AND NOT EXISTS (
        SELECT FROM staff s JOIN person p USING (person_id)
        WHERE s.person_id = NEW.written_by AND s.role IN ('lead', 'owner') AND s.disabled_at IS NULL AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'only leads and owners write the rota'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_by_a_lead';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION check_rota_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.person_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM staff s WHERE s.person_id = NEW.person_id AND s.role IN ('agent', 'lead', 'owner')) THEN
        RAISE EXCEPTION 'only who answers cases is on the rota'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_of_the_desk';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION check_shift_end() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.last_day < (SELECT (NEW.written_at AT TIME ZONE s.time_zone)::date - 1 FROM shift s WHERE s.shift_id = NEW.shift_id) THEN
        RAISE EXCEPTION 'what was worked was worked'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'shift_end_not_in_the_past';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER shift_end_check BEFORE INSERT ON shift_end FOR EACH ROW EXECUTE FUNCTION check_shift_end();

-- What lies behind stays: a day off that was, and an exception that began, are not withdrawn.
CREATE FUNCTION check_rota_withdrawal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM holiday h WHERE h.holiday_id = NEW.holiday_id AND h.day < (NEW.written_at AT TIME ZONE 'UTC')::date)
        OR EXISTS (SELECT FROM rota_exception e WHERE e.rota_exception_id = NEW.rota_exception_id AND e.ends_at <= NEW.written_at) THEN
        RAISE EXCEPTION 'what is over is not withdrawn'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'rota_withdrawal_not_in_the_past';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER rota_withdrawal_check BEFORE INSERT ON rota_withdrawal FOR EACH ROW EXECUTE FUNCTION check_rota_withdrawal();

DO $$
DECLARE
    name_ text;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['desk_hours', 'shift', 'shift_break', 'shift_end', 'holiday', 'rota_exception', 'rota_withdrawal'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                       name_ || '_append_only', name_);
        IF name_ <> 'shift_break' THEN
            EXECUTE format('CREATE TRIGGER %I BEFORE INSERT ON %I FOR EACH ROW EXECUTE FUNCTION check_rota_writer()', name_ || '_writer', name_);
        END IF;
        -- Partners learn who is on from the house, never from its tables.
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name_);
        EXECUTE format('CREATE POLICY %I ON %I TO pd_staff, pd_system USING (true) WITH CHECK (true)', name_ || '_house', name_);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO pd_staff, pd_system', name_);
    END LOOP;
    FOREACH name_ IN ARRAY ARRAY['shift', 'holiday', 'rota_exception'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE INSERT ON %I FOR EACH ROW EXECUTE FUNCTION check_rota_person()', name_ || '_person', name_);
    END LOOP;
END
$$;

RESET ROLE;
