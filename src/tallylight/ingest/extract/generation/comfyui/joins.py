"""What nodes make of several texts: joined in order, with what the node puts between them, or with words replaced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tallylight.ingest.extract.generation.comfyui.graph import Node
from tallylight.ingest.extract.generation.comfyui.patterns import within

_BETWEEN: Final = ("delimiter", "separator", "join_with", "sep", "divider", "join_string")
_JOINS = within(r"concat|join|combine|append|merge|list to text|stringfunction")
#: Where nothing is known of a node, its texts are set apart as terms of a prompt are.
COMMA: Final = ", "


@dataclass(frozen=True, slots=True)
class Join:
    """How a node joins texts. Nodes of WAS and easy-use leave out empty ones and read `\\n` as the end of a line."""

    between: str
    drops_empty: bool = True


#: Nodes that put nothing, or what their code says, between texts, or keep empty ones (core, KJNodes, Comfyroll).
_DEFAULTS: Final[dict[str, Join]] = {
    "StringConcatenate": Join("", drops_empty=False),
    "JoinStrings": Join(" ", drops_empty=False),
    "JoinStringMulti": Join(" ", drops_empty=False),
    "CR Text Concatenate": Join("", drops_empty=False),
    "CR Combine Prompt": Join(",", drops_empty=False),
    "ConcatStringSingle": Join("", drops_empty=False),
    "Text Concatenate": Join(", "),
    "easy promptConcat": Join(""),
}


def join_of(node: Node, setting: Any) -> Join | None:
    """How a node joins its texts; None where it does not. `setting` is what its input for the delimiter is set to."""
    known = _DEFAULTS.get(node.kind)
    if node.kind == "StringFunction|pysssss":
        return Join(COMMA if node.values.get("tidy_tags") == "yes" else "")
    if known is None and not (_JOINS(node.kind) or isinstance(setting, str)):
        return None
    if not isinstance(setting, str):
        return known or Join(COMMA)
    if known is not None and not known.drops_empty:
        return Join(setting, drops_empty=False)
    return Join(setting.replace("\\n", "\n").replace("\\t", "\t"))


def between(node: Node) -> str | None:
    """The name of the input that says what is put between texts."""
    return next((name for name in _BETWEEN if node.has(name)), None)


def replaced(node: Node, text: str) -> str:
    """The text after a node's own replacements, if it has any. Regular expressions are not run: they may hang."""
    if "replace" not in node.kind.lower() or "regex" in node.kind.lower():
        return text
    for number in ("", "1", "2", "3"):
        find, new = node.values.get(f"find{number}"), node.values.get(f"replace{number}")
        if isinstance(find, str) and find and isinstance(new, str) and len(text) * (len(new) + 1) < 1 << 24:
            text = text.replace(find, new)
    return text
