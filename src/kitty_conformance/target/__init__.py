"""Which build is under test: name → resolved, locked, installed environment → a command run in a sandbox."""
