from datetime import date

from kitty_conformance.case import Verdict
from kitty_conformance.signoff import report
from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.deferral import Deferral
from kitty_conformance.signoff.grouping import blocking, groups, next_command, no_script

TODAY = date(2026, 6, 1)


def test_variants_that_came_to_the_same_stand_together(builder, ownership, renamed):
    builder.cases = (ownership, renamed(ownership, "951-02/warn"), renamed(ownership, "951-03"))
    for case in builder.cases:
        builder.record(case, [Verdict.VIOLATES] * 3)
    found = tuple(groups(report.build(builder.results(), today=TODAY), Outcome.VIOLATES))
    assert [(group.number, len(group.parts)) for group in found] == [("951-02", 2), ("951-03", 1)]
    assert found[0].rows[0].ids == ("951-02/block", "951-02/warn")
    assert no_script(found[0].parts[0]) == found[0].script == ""


def test_what_is_deferred_does_not_block(builder, ownership, renamed):
    builder.cases = (ownership, renamed(ownership, "951-02/warn"))
    for case in builder.cases:
        builder.record(case, [Verdict.VIOLATES] * 3)
    deferral = Deferral(case="951-02/block", reason="r", owner="o", link="https://e.org", until=TODAY)
    built = report.build(builder.results(), today=TODAY, deferrals=[deferral])
    (group,) = blocking(built)
    assert [part.case.id for part in group.parts] == ["951-02/warn"]
    assert next_command(built).split()[2] == "951-02/warn"
