"""Reads generation parameters out of ComfyUI graphs, in both forms in which files hold them."""

from tallylight.ingest.extract.generation.comfyui.graph import Graph
from tallylight.ingest.extract.generation.comfyui.parse import parse
from tallylight.ingest.extract.generation.comfyui.prompt import from_prompt
from tallylight.ingest.extract.generation.comfyui.workflow import from_workflow, version

__all__ = ["Graph", "from_prompt", "from_workflow", "parse", "version"]
