-- The spans of time that the batch tables serve alone: all of it but the hours with realtime rows. Readers join
-- this handful of spans by index instead of asking for each row whether its hour is final. An hour that nobody
-- published yet is in a provisional span.
CREATE OR REPLACE VIEW batch_span AS
WITH known AS (
    SELECT
        (
            SELECT coalesce(range_agg(tstzrange(hour, hour + INTERVAL '1 hour')), '{}')
            FROM realtime_hour
        ) AS live,
        (
            SELECT coalesce(range_agg(tstzrange(span_start, span_end)), '{}')
            FROM final_span
            WHERE topic = 'devices'
        ) AS final
)
SELECT
    coalesce(lower(span), '-infinity') AS span_start,
    coalesce(upper(span), 'infinity') AS span_end,
    provisional
FROM (
    SELECT unnest(final - live) AS span, FALSE AS provisional FROM known
    UNION ALL
    SELECT unnest('{(,)}'::TSTZMULTIRANGE - final - live) AS span, TRUE AS provisional FROM known
) AS cut;
