-- Plays of the last days as they were decided, a partition a day (UTC) of event time.
CREATE TABLE play (
    timestamp timestamptz NOT NULL,
    customer_id text NOT NULL,
    track_id text NOT NULL,
    is_mobile smallint NOT NULL,
    listening_zip text NOT NULL,
    event_id text,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    ingest_time timestamptz NOT NULL,
    name text,
    age text,
    gender text,
    zip text,
    address text,
    sign_date text,
    status text,
    level text NOT NULL,
    campaign text,
    linked_with_apps text,
    send_event smallint,
    reason text NOT NULL,
    probability double precision,
    model_version bigint,
    score_age_s double precision,
    features text,
    PRIMARY KEY (timestamp, partition, "offset"),
    UNIQUE (timestamp, event_id)
) PARTITION BY RANGE (timestamp);

-- What the follower asks: who was sent the offer, from a place in Kafka on.
CREATE INDEX play_sent ON play (partition, "offset") INCLUDE (customer_id) WHERE send_event = 1;

-- Makes the partition of a day where it is not there yet. Runs with its owner's rights, so that the layers need none on the schema.
CREATE FUNCTION play_day(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    name text := 'play_' || to_char(day, 'YYYY_MM_DD');
    start timestamp := day;
BEGIN
    IF to_regclass('public.' || name) IS NULL THEN
        -- One at a time: two that make the same day would collide.
        PERFORM pg_advisory_xact_lock(hashtext('play_day'));
        EXECUTE format(
            'CREATE TABLE IF NOT EXISTS %I PARTITION OF play FOR VALUES FROM (%L) TO (%L)',
            name, (start AT TIME ZONE 'UTC')::text, ((start + INTERVAL '1 day') AT TIME ZONE 'UTC')::text
        );
    END IF;
END
$$;

-- Drops the partitions of days before `day`; returns their names.
CREATE FUNCTION play_forget(before date) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT c.relname
        FROM pg_inherits AS i
        INNER JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'public.play'::regclass AND c.relname < 'play_' || to_char(before, 'YYYY_MM_DD')
        ORDER BY c.relname
    LOOP
        EXECUTE format('DROP TABLE %I', name);
        RETURN NEXT name;
    END LOOP;
END
$$;

REVOKE ALL ON FUNCTION play_day(date), play_forget(date) FROM PUBLIC;
