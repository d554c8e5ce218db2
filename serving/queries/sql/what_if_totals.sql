-- Per span and customer, the quantity of the published hours.
SELECT span.number, used.{customer} AS customer, sum({quantity}) AS quantity
FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) WITH ORDINALITY AS span (first, after, number)
INNER JOIN {table} AS used ON used.{hour} >= span.first AND used.{hour} < span.after
WHERE {where} AND (%(customers)s::text[] IS NULL OR used.{customer} = ANY(%(customers)s::text[]))
GROUP BY span.number, used.{customer}
