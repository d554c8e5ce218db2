-- A window without a watermark to wait for is closed.
DELETE FROM {table} AS pending
USING {incoming} AS stepped
WHERE stepped.due_watermark IS NULL AND ({pending_key}) = ({stepped_key})
