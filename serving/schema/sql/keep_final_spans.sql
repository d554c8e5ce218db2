-- Keeps `final_span` in step with `hour_state.final`, whoever writes it and however many hours at once: final
-- hours that touch are one span. Years of hours are a handful of spans, so that the views need not look at every
-- hour to tell what is final.
CREATE FUNCTION change_final_spans(of_topic TEXT, gone TSTZMULTIRANGE, come TSTZMULTIRANGE)
RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    around CONSTANT TSTZRANGE := range_merge(gone + come);
    kept TSTZMULTIRANGE;
BEGIN
    -- Two writers of hours side by side must see each other's span, or the two would not be joined.
    PERFORM pg_advisory_xact_lock(4702111235);
    SELECT coalesce(range_agg(tstzrange(span_start, span_end)), '{}') INTO kept
    FROM final_span
    WHERE topic = of_topic AND span_start <= upper(around) AND span_end >= lower(around);
    DELETE FROM final_span
    WHERE topic = of_topic AND span_start <= upper(around) AND span_end >= lower(around);
    INSERT INTO final_span (topic, span_start, span_end)
    SELECT of_topic, lower(span), upper(span) FROM unnest(kept - gone + come) AS span;
END
$$;

CREATE FUNCTION keep_final_spans() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM change_final_spans(topic, '{}', range_agg(tstzrange(hour, hour + INTERVAL '1 hour')))
        FROM after WHERE final GROUP BY topic;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM change_final_spans(topic, range_agg(tstzrange(hour, hour + INTERVAL '1 hour')), '{}')
        FROM before WHERE final GROUP BY topic;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM change_final_spans(
            topic,
            coalesce(range_agg(tstzrange(hour, hour + INTERVAL '1 hour')) FILTER (WHERE was), '{}'),
            coalesce(range_agg(tstzrange(hour, hour + INTERVAL '1 hour')) FILTER (WHERE NOT was), '{}')
        )
        FROM (
            SELECT topic, hour, TRUE AS was FROM before WHERE final
            UNION ALL
            SELECT topic, hour, FALSE AS was FROM after WHERE final
        ) AS changed
        GROUP BY topic;
    ELSE
        DELETE FROM final_span;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER keep_final_spans_added AFTER INSERT ON hour_state
REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION keep_final_spans();

CREATE TRIGGER keep_final_spans_changed AFTER UPDATE ON hour_state
REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION keep_final_spans();

CREATE TRIGGER keep_final_spans_deleted AFTER DELETE ON hour_state
REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION keep_final_spans();

CREATE TRIGGER keep_final_spans_emptied AFTER TRUNCATE ON hour_state
FOR EACH STATEMENT EXECUTE FUNCTION keep_final_spans();
