SELECT name, valid_from, sha256, spec
FROM tariff
WHERE name = ANY(%(names)s)
ORDER BY name, valid_from
