-- What the models of these versions decide by.
SELECT version, coefficients::text AS coefficients
FROM model_version
WHERE version = ANY(%(versions)s)
