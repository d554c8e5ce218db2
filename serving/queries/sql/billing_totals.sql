-- One row a currency of the range.
WITH marked AS ({marked})
SELECT
    currency, sum(cost) AS cost, sum(events)::bigint AS events, count(DISTINCT company) AS companies,
    bool_or(provisional) AS provisional, bool_or(corrected) AS corrected
FROM marked
GROUP BY currency
ORDER BY currency
