-- What the views of usage ask first, as functions: a session plans them once and not in each statement that names a
-- view, and planning is most of what a short range costs. They read for whoever may read the views, as views do.
CREATE FUNCTION bytes_live_spans() RETURNS SETOF TSTZRANGE
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 2 SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN QUERY SELECT unnest(range_agg(tstzrange(hour, hour + INTERVAL '1 hour'))) FROM realtime_hour;
END
$$;

CREATE FUNCTION bytes_live() RETURNS TSTZMULTIRANGE
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN (SELECT coalesce(range_agg(span), '{}') FROM bytes_live_spans() AS span);
END
$$;

CREATE FUNCTION bytes_final() RETURNS TSTZMULTIRANGE
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN (
        SELECT coalesce(range_agg(tstzrange(span_start, span_end)), '{}') FROM final_span WHERE topic = 'devices'
    );
END
$$;
