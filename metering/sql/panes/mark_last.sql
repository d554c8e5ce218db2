-- The last pane of a window that closed with nothing to fire was fired before.
UPDATE {table} AS pane
SET is_last = TRUE
FROM {incoming} AS stepped
WHERE
    stepped.due_watermark IS NULL AND pane.pane = stepped.panes - 1 AND NOT pane.is_last
    AND ({pane_key}) = ({stepped_key})
