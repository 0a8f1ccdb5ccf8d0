"""The results stream on disk: one JSON line per event, never half a line believed.

Every line is checked against `reports/schema/results.schema.json` when it is written and when it is read.
"""

from kitty_conformance.stream.reading import Results, read
from kitty_conformance.stream.writing import ResultsWriter, resume

__all__ = ["Results", "ResultsWriter", "read", "resume"]
