INSERT INTO model_version (kind, coefficients, sha256, fingerprint, parameters, metrics)
VALUES (%(kind)s, %(coefficients)s, %(sha256)s, %(fingerprint)s, %(parameters)s, %(metrics)s)
RETURNING version
