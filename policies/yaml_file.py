"""A YAML file with its line numbers, so that what is wrong in it can be found."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def parse(path: Path) -> tuple[Any, yaml.Node | None]:
    """The decoded document and its tree. Raises OSError, UnicodeDecodeError or yaml.YAMLError."""
    loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
    try:
        root = loader.get_single_node()
        return (None if root is None else loader.construct_document(root)), root
    finally:
        loader.dispose()


def line_of(root: yaml.Node | None, key: str) -> int:
    """The line, from 1, of a key such as rules[3].value, or of the nearest thing around it; 0 for no document."""
    if root is None:
        return 0
    node, line = root, root.start_mark.line
    for name, index in _STEP.findall(key):
        if isinstance(node, yaml.SequenceNode) and index and int(index) < len(node.value):
            node = node.value[int(index)]
            line = node.start_mark.line
        elif isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == name), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        else:
            break
    return line + 1
