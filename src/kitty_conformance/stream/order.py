"""The order of lines a results stream must keep, the same for the writer and the reader."""

from __future__ import annotations

from dataclasses import dataclass, field

from kitty_conformance.results import CaseResult, Footer, Header, Line


@dataclass
class Sequence:
    """The order of lines a stream must keep, for writer and reader alike."""

    header: Header | None = None
    results: dict[tuple[str, int], CaseResult] = field(default_factory=dict)
    footer: Footer | None = None
    cases: frozenset[str] = frozenset()

    def take(self, line: Line) -> str:
        """Take the next line, or say why it cannot stand here."""
        objection = self._objection(line)
        if objection:
            return objection
        if isinstance(line, Header):
            self.header, self.cases = line, frozenset(case.id for case in line.cases)
        elif isinstance(line, CaseResult):
            self.results[line.case, line.run] = line
        else:
            self.footer = line
        return ""

    def _objection(self, line: Line) -> str:
        if self.footer is not None:
            return "there is a line after the footer"
        if isinstance(line, Header):
            return "" if self.header is None else "there is a second header"
        if self.header is None:
            return "the header is missing"
        if isinstance(line, CaseResult):
            return self._result_objection(line, self.header)
        if line.results != len(self.results):
            return f"the footer counts {line.results} results, {len(self.results)} are there"
        return ""

    def _result_objection(self, line: CaseResult, header: Header) -> str:
        if line.case not in self.cases:
            return f"case {line.case} is not announced in the header"
        if line.run > len(header.runs):
            return f"run {line.run} of case {line.case} is not announced in the header"
        if (line.case, line.run) in self.results:
            return f"there is a second result for case {line.case}, run {line.run}"
        return ""
