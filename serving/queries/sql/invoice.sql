SELECT
    issued.number, issued.kind, coalesce(issued.corrects, '') AS corrects, issued.customer, issued.period,
    issued.period_end, issued.currency, issued.issued_at, issued.batch_run, issued.why,
    coalesce(person.name, '') AS name, coalesce(person.email, '') AS email
FROM invoice AS issued
LEFT JOIN user_metadata AS person ON person.id = issued.customer
WHERE issued.number = %(number)s
