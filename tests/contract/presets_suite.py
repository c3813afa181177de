"""What every store of presets promises, as tests. A store passes by subclassing with a fixture `presets`."""

from __future__ import annotations

import pytest

from tallylight.errors import BadInput, NotFound
from tallylight.model import ConflictRule, Parameters, Tier
from tallylight.presets import MOST_PRESETS, Preset, Presets


def preset(name: str = "holidays", *directories: str, saved_at: float = 1.5, **fields: object) -> Preset:
    parameters = Parameters(directories=directories, **fields)  # type: ignore[arg-type]
    return Preset(name=name, parameters=parameters, saved_at=saved_at)


class PresetsContract:
    def test_what_is_saved_is_there_by_name(self, presets: Presets) -> None:
        assert presets.all() == []
        odd = preset(
            'Día "x" 日本 <b>',
            r"/pictures/caf\xe9",
            tier=Tier.INDEX,
            conflict_rule=ConflictRule.SIDECAR,
            max_files=2**53,
            pattern="*.png|*.jpg",
        )
        for one in (preset("b"), odd, preset("a", "/x", "/y")):
            assert presets.save(one)
        assert presets.all() == [odd, preset("a", "/x", "/y"), preset("b")]
        assert presets.one(odd.name) == odd

    def test_names_differ_by_case_and_spaces(self, presets: Presets) -> None:
        for name in ("a", "A", "a b", "ab"):
            assert presets.save(preset(name))
        assert [one.name for one in presets.all()] == ["A", "a", "a b", "ab"]

    def test_saved_again_it_takes_the_place_of_the_old_one(self, presets: Presets) -> None:
        presets.save(preset("a", "/x"))
        assert not presets.save(preset("a", "/y", saved_at=9.0))
        assert presets.all() == [preset("a", "/y", saved_at=9.0)]

    def test_what_is_removed_is_gone(self, presets: Presets) -> None:
        presets.save(preset("a"))
        presets.remove("a")
        assert presets.all() == []
        for act in (presets.remove, presets.one):
            with pytest.raises(NotFound, match="There is no preset “a”"):
                act("a")

    def test_there_are_at_most_so_many(self, presets: Presets) -> None:
        for number in range(MOST_PRESETS):
            presets.save(preset(str(number)))
        with pytest.raises(BadInput, match="delete one first"):
            presets.save(preset("one more"))
        assert not presets.save(preset("7", "/x")), "one that is there may change"
        assert len(presets.all()) == MOST_PRESETS
