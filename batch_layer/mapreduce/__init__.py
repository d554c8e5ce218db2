"""The map-reduce: a stream's rollup counted a third time, by mrjob, and compared with the batch view."""
