"""Conformance harness for the workflow-reliability promises of the spec-kitty CLI."""

__version__ = "0.1.0"
