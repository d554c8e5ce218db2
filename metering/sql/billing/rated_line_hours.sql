SELECT part.tariff, part.valid_from, part.hour, topic_of_subject(line.subject), part.quantity, part.amount,
       part.revision
FROM rated_line AS line
INNER JOIN rated_hour AS part
    ON part.tariff = line.tariff AND part.valid_from = line.valid_from AND part.customer = line.customer
   AND part.period = line.period
WHERE line.customer = %(customer)s AND line.period = %(period)s AND line.period_end = %(period_end)s
  AND line.currency = %(currency)s
ORDER BY part.tariff, part.valid_from, part.hour
