-- The rule of metering/domain/alerts.py `judged`, for every alert of a published hour. The quota is the one the hour
-- was judged by; of an id without one, that of the raising.
WITH crossed AS (
    SELECT number, moment
    FROM unnest(%(numbers)s::bigint [], %(moments)s::timestamptz []) AS found (number, moment)
),
standing AS (
    SELECT
        told.number, told.state, told.raised_at, coalesce(exact.{measure}, 0) AS exact,
        coalesce(served.{measure}, 0) AS served,
        coalesce(rule.percent * judged.quota::numeric * 0.01, told.threshold) AS threshold
    FROM alert AS told
    INNER JOIN alert_rule AS rule ON rule.id = told.rule AND rule.kind = 'quota'
    LEFT JOIN hour_quota AS judged ON judged.topic = %(topic)s AND judged.hour = %(hour)s AND judged.id = told.id
    LEFT JOIN {batch} AS exact
        ON exact.{cut} = %(cut_type)s AND exact.{hour} = %(hour)s AND exact.{user} = told.id
    LEFT JOIN {hourly} AS served
        ON served.{cut} = %(cut_type)s AND served.{hour} = %(hour)s AND served.{user} = told.id
    WHERE told.period_start = %(hour)s
),
verdict AS (
    SELECT
        number, exact, threshold,
        CASE
            WHEN exact > 0 AND exact >= threshold AND raised_at IS NULL THEN 'missed'
            WHEN exact > 0 AND exact >= threshold THEN 'confirmed'
            WHEN served > 0 AND served >= threshold THEN state
            ELSE 'withdrawn'
        END AS state
    FROM standing
)
UPDATE alert AS told
SET
    state = verdict.state, value = verdict.exact, threshold = verdict.threshold, judged_at = clock_timestamp(),
    delay_s = CASE
        WHEN verdict.state = 'confirmed' THEN coalesce(extract(EPOCH FROM told.raised_at - crossed.moment), told.delay_s)
    END
FROM verdict
LEFT JOIN crossed ON crossed.number = verdict.number
WHERE told.number = verdict.number
  AND (told.state <> verdict.state
       OR (verdict.state <> 'raised'
           AND (told.value, told.threshold) IS DISTINCT FROM (verdict.exact, verdict.threshold)))
