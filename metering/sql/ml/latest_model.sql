SELECT version, coefficients, sha256, fingerprint, parameters, metrics, is_current
FROM model_version
ORDER BY version DESC
LIMIT 1
