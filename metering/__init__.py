"""The kernel: what a stream, a rollup and a proof are. It knows no layer."""
