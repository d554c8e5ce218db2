DELETE FROM {table} AS rated
USING unnest(%(customers)s::text[], %(lasts)s::{array}) AS gone (customer, last)
WHERE rated.tariff = %(tariff)s AND rated.valid_from = %(valid_from)s AND rated.period = %(period)s
  AND rated.customer = gone.customer AND rated.{last} = gone.last
