"""Running cases with pytest: selection, disturbance, verdicts, the results stream."""
