"""The library that evaluates CEL: its extension alone, for the package around it runs a command line when imported."""

from __future__ import annotations

import sys
from importlib import machinery, util
from threading import Lock
from types import ModuleType

EXTENSION = "cel.cel"
_LOADING = Lock()  # a second loading, at the same moment or later, would crash


def load() -> ModuleType:
    with _LOADING:
        if EXTENSION not in sys.modules:
            sys.modules[EXTENSION] = _load()
    return sys.modules[EXTENSION]


def _load() -> ModuleType:
    package = util.find_spec("cel")
    found = machinery.PathFinder.find_spec(EXTENSION, package.submodule_search_locations) if package else None
    if found is None or found.loader is None:
        raise ImportError("the extension of common-expression-language is not installed for this platform")
    module = util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
