SELECT spec, rated_at IS NOT NULL FROM tariff ORDER BY name, valid_from
