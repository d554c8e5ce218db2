-- Documents are written whole, in one transaction, and never changed after it, whoever tries.
CREATE FUNCTION refuse_document_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % refused: an issued document never changes; a correction note corrects it', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER invoice_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON invoice
FOR EACH STATEMENT EXECUTE FUNCTION refuse_document_change();
CREATE TRIGGER invoice_line_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON invoice_line
FOR EACH STATEMENT EXECUTE FUNCTION refuse_document_change();
CREATE TRIGGER invoice_hour_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON invoice_hour
FOR EACH STATEMENT EXECUTE FUNCTION refuse_document_change();

-- A document's time is its transaction's, and lines and hours join it in that transaction only.
CREATE FUNCTION refuse_late_part() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    late TEXT;
BEGIN
    SELECT part.number INTO late
    FROM added AS part
    LEFT JOIN invoice ON invoice.number = part.number
    WHERE invoice.issued_at IS DISTINCT FROM now()
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% is not being issued now: nothing is added to it', late USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER invoice_issued_now AFTER INSERT ON invoice
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_late_part();
CREATE TRIGGER invoice_line_issued_now AFTER INSERT ON invoice_line
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_late_part();
CREATE TRIGGER invoice_hour_issued_now AFTER INSERT ON invoice_hour
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_late_part();

-- Looked at when the transaction commits: the total is the sum of the lines, a line is fixed + its hours + rounding,
-- and in a correction each is the difference of new and old.
CREATE FUNCTION check_document_sums() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    wrong RECORD;
    lines_total NUMERIC;
BEGIN
    SELECT sum(amount) INTO lines_total FROM invoice_line WHERE number = NEW.number;
    IF lines_total IS DISTINCT FROM NEW.total THEN
        RAISE EXCEPTION '%: total %, but its lines are %', NEW.number, NEW.total, lines_total
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT line.position, line.amount, line.quantity, coalesce(hours.amount, 0) AS priced,
           coalesce(hours.quantity, 0) AS used INTO wrong
    FROM invoice_line AS line
    LEFT JOIN (
        SELECT part.position, sum(part.amount) AS amount, sum(part.quantity) AS quantity,
               bool_or(part.amount <> part.new - part.old
                   OR (NEW.kind = 'correction') <> (part.old IS NOT NULL AND part.new IS NOT NULL)) AS differs
        FROM invoice_hour AS part
        WHERE part.number = NEW.number
        GROUP BY part.position
    ) AS hours ON hours.position = line.position
    WHERE line.number = NEW.number
      AND (line.amount <> line.fixed + coalesce(hours.amount, 0) + line.rounding
           OR line.quantity <> coalesce(hours.quantity, 0)
           OR (NEW.kind = 'correction') <> (line.old IS NOT NULL AND line.new IS NOT NULL)
           OR line.amount <> line.new - line.old OR hours.differs)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% line %: % for %, but its parts are % for %', NEW.number, wrong.position, wrong.quantity,
            wrong.amount, wrong.used, wrong.priced USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER invoice_sums AFTER INSERT ON invoice
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_document_sums();

ALTER TABLE invoice ADD CONSTRAINT invoice_corrects_an_invoice FOREIGN KEY (corrects) REFERENCES invoice (number);
ALTER TABLE invoice_line ADD CONSTRAINT invoice_line_of_a_document FOREIGN KEY (number) REFERENCES invoice (number);
ALTER TABLE invoice_hour ADD CONSTRAINT invoice_hour_of_a_line
FOREIGN KEY (number, position) REFERENCES invoice_line (number, position);

INSERT INTO invoice_counter (kind, last) VALUES ('invoice', 0), ('correction', 0);
