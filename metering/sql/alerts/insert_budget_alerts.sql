INSERT INTO alert (rule, id, currency, period_start, period_end, state, value, threshold, raised_at, judged_at)
SELECT
    crossed.rule, crossed.id, crossed.currency, crossed.period_start, crossed.period_end, crossed.state, crossed.value,
    crossed.threshold, CASE WHEN crossed.state = 'raised' THEN clock_timestamp() END,
    CASE WHEN crossed.state <> 'raised' THEN clock_timestamp() END
FROM (VALUES %s) AS crossed (rule, id, currency, period_start, period_end, state, value, threshold)
ORDER BY crossed.id, crossed.currency, crossed.rule
ON CONFLICT (rule, id, currency, period_start) DO NOTHING
