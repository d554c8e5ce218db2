-- A version is never edited and never removed; only that it was rated is noted in it.
CREATE FUNCTION tariff_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (to_jsonb(NEW) - 'rated_at') = (to_jsonb(OLD) - 'rated_at') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'tariff % of % is kept as it is: add a version', OLD.name, OLD.valid_from
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER tariff_is_kept BEFORE UPDATE OR DELETE ON tariff FOR EACH ROW EXECUTE FUNCTION tariff_is_kept();

CREATE FUNCTION topic_of_subject(subject text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE subject
        WHEN 'machine_percent_hours' THEN 'resource_usage'
        WHEN 'company_costs' THEN 'billing'
        ELSE 'devices'
    END
$$;

-- Provisional while the period goes on, an hour of it is not final, or one waits to be rated again.
CREATE VIEW rated AS
SELECT line.*,
       line.period_end > (now() AT TIME ZONE 'UTC')::date
       OR EXISTS (
           SELECT FROM hour_state AS state
           LEFT JOIN rated_state AS done ON done.topic = state.topic AND done.hour = state.hour
           WHERE state.topic = topic_of_subject(line.subject)
             AND state.hour >= line.period::timestamp AT TIME ZONE 'UTC'
             AND state.hour < line.period_end::timestamp AT TIME ZONE 'UTC'
             AND (NOT state.final OR done.revision IS DISTINCT FROM state.revision)
       ) AS provisional
FROM rated_line AS line;
