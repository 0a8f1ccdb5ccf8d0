import pytest

from kitty_conformance.signoff.crash_map import headline, in_words, maps, stretches, strip, text_table
from kitty_conformance.story import CrashMap, CrashPoint, Noted, Story


def point(step, left="planned", recovered="the same command again", *, held=True):
    return CrashPoint(
        step=step, event=f"write repo/@{{MISSION}}/{step}", left=left, recovered=recovered, held=held
    )


def mapped(*points, steps=None):
    return CrashMap(
        command="spec-kitty agent action implement WP02 --mission @{MISSION}",
        signal="SIGKILL",
        steps=steps or len(points),
        points=points,
    )


KEPT = mapped(point(1), point(2), point(3, "claimed"), point(4))
BROKEN = mapped(point(1), point(5, "claimed", "refused; WP02 stays in claimed", held=False), steps=8)


def test_equal_rows_in_a_row_are_one():
    assert [stretch.cells for stretch in stretches(KEPT)] == [
        ("1-2", "write repo/$MISSION/1 (and 1 more)", "planned", "the same command again"),
        ("3", "write repo/$MISSION/3", "claimed", "the same command again"),
        ("4", "write repo/$MISSION/4", "planned", "the same command again"),
    ]


def test_what_did_not_go_on_is_marked():
    assert stretches(BROKEN)[1].cells[3] == "✗ refused; WP02 stays in claimed"


@pytest.mark.parametrize(
    ("crash_map", "expected"),
    [
        (
            KEPT,
            "before each of its 4 mutating steps: each time the work went on",
        ),
        (
            BROKEN,
            "before 2 of its 8 mutating steps: once the work did not go on",
        ),
    ],
)
def test_the_headline_says_what_was_explored_and_what_came_of_it(crash_map, expected):
    command = "spec-kitty agent action implement WP02 --mission $MISSION"
    assert headline(crash_map) == f"{command} ended with SIGKILL {expected}"


def test_the_text_has_columns_and_no_line_is_endless():
    lines = list(text_table(mapped(point(1, "x" * 300))))
    assert lines[0].split("  ")[0] == "ended before step"
    assert lines[0].index("left behind") == lines[1].index("xxx")
    assert len(lines[1]) < 200


def test_the_maps_of_a_story_are_found():
    assert maps(Story(steps=(Noted(text="first"), KEPT, BROKEN))) == (KEPT, BROKEN)


def test_the_strip_has_a_cell_for_each_step_and_another_shade_where_something_else_is_left():
    crash_map = mapped(point(1), point(2), point(4, "claimed", held=False), point(5, "done"), steps=6)
    assert strip(crash_map) == ("held", "held", "untried", "broken other", "held", "untried")
    assert in_words(crash_map) == (
        "6 steps: the work did not go on after an end before step 4; not ended before 2 of them"
    )
    assert in_words(KEPT) == "4 steps: none was fatal"
