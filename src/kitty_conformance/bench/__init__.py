"""Benchmarks: what the harness costs beside the target, measured as ratios within one run."""
