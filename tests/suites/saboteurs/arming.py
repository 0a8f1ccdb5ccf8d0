"""The pytest plugin of a sabotaged run: the deed acts from the moment a case has set its scene to its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kitty_fixtures.recording import StoryRecorder
from saboteurs.clone import SWITCH


def pytest_configure(config: pytest.Config) -> None:
    """Find the switch in the environment under test."""
    config.pluginmanager.register(Arming(Path(config.getoption("target_environment")) / SWITCH))


class Arming:
    """Throws the switch."""

    def __init__(self, switch: Path) -> None:
        self._switch = switch

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Iterator[None]:
        """Stages are built by a good release, and so are good for every deed."""
        switch, scene_is_set = self._switch, StoryRecorder.scene_is_set

        def armed(story: StoryRecorder) -> None:
            scene_is_set(story)
            switch.touch()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(StoryRecorder, "scene_is_set", armed)
            try:
                return (yield)
            finally:
                switch.unlink(missing_ok=True)
