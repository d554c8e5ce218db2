SELECT version, coefficients, sha256, fingerprint, parameters, metrics, is_current
FROM model_version
WHERE is_current
