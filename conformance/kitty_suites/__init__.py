"""The conformance suites, one module per issue, in the order of the seed specification."""
