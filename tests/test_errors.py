from __future__ import annotations

import inspect
import re

import pytest

from tallylight import errors
from tallylight.errors import TallylightError

TREE = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, TallylightError)]


@pytest.mark.parametrize("kind", TREE)
def test_an_error_without_words_says_what_its_kind_means(kind: type[TallylightError]) -> None:
    assert str(kind()) == kind.__doc__


@pytest.mark.parametrize("kind", TREE)
def test_an_error_keeps_its_own_words(kind: type[TallylightError]) -> None:
    assert str(kind("Plug the disk in.")) == "Plug the disk in."


def test_programs_can_tell_every_kind_by_its_code() -> None:
    codes = [kind.code for kind in TREE]
    assert len(set(codes)) == len(codes) == 19
    assert all(re.fullmatch(r"[a-z_]+", code) for code in codes)


@pytest.mark.parametrize("kind", [errors.BadFolder, errors.BadParameters, errors.BadPath])
def test_bad_input_is_caught_as_one(kind: type[TallylightError]) -> None:
    assert issubclass(kind, errors.BadInput)


@pytest.mark.parametrize("kind", [errors.NotFound, errors.WrongMove, errors.DataFolderBusy, errors.DataFolderUnusable])
def test_the_rest_is_not_bad_input(kind: type[TallylightError]) -> None:
    assert not issubclass(kind, errors.BadInput)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    assert errors.__doc__
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__)
    assert sorted(drawn) == sorted(kind.__name__ for kind in TREE if kind is not TallylightError)
