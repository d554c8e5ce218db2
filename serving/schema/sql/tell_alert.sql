-- Each state an alert comes to is a row of the outbox, in the transaction that brings it there, whoever writes it.
-- Numbers are text, so that no receiver loses a digit.
CREATE FUNCTION tell_alert() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    iso CONSTANT TEXT := 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"';
BEGIN
    INSERT INTO outbox (alert, state, payload)
    SELECT
        new.number, new.state,
        jsonb_build_object(
            'alert', new.number, 'state', new.state, 'rule', rule.id, 'kind', rule.kind, 'percent', rule.percent,
            'id', new.id, 'currency', nullif(new.currency, ''),
            'period_start', to_char(new.period_start AT TIME ZONE 'UTC', iso),
            'period_end', to_char(new.period_end AT TIME ZONE 'UTC', iso),
            'value', trim_scale(new.value)::text, 'threshold', trim_scale(new.threshold)::text,
            'raised_at', to_char(new.raised_at AT TIME ZONE 'UTC', iso),
            'judged_at', to_char(new.judged_at AT TIME ZONE 'UTC', iso),
            'delay_s', trim_scale(new.delay_s)::text
        )
    FROM alert_rule AS rule
    WHERE rule.id = new.rule;
    RETURN NULL;
END
$$;

CREATE TRIGGER tell_alert_new AFTER INSERT ON alert
FOR EACH ROW EXECUTE FUNCTION tell_alert();

CREATE TRIGGER tell_alert_changed AFTER UPDATE OF state ON alert
FOR EACH ROW WHEN (old.state IS DISTINCT FROM new.state) EXECUTE FUNCTION tell_alert();
