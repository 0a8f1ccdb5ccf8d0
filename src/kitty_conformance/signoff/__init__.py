"""From results to verdicts, reports and the release decision; knows nothing of how a case works."""
