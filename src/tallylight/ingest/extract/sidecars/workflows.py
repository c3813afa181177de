"""ComfyUI graphs beside a file: a saved workflow, or what was queued."""

from __future__ import annotations

from typing import Any, Final

SOURCE: Final = "workflow:sidecar"
FOLDER: Final = ".workflows"

#: Looked at to tell a graph from anything else that is a JSON object.
_NODES_SEEN: Final = 20


def kind(body: Any) -> str:
    """`workflow` for what the page saves, `prompt` for what is queued; empty for what is neither."""
    if not isinstance(body, dict):
        return ""
    if isinstance(body.get("nodes"), list) and any(key in body for key in ("links", "last_node_id", "version")):
        return "workflow"
    nodes = list(body.values())[:_NODES_SEEN]
    return "prompt" if any(isinstance(node, dict) and "class_type" in node for node in nodes) else ""
