SELECT {prefix}
FROM unnest({asked}) AS asked ({prefix})
WHERE EXISTS (SELECT FROM {table} AS held WHERE held.generation = %(generation)s AND {same})
