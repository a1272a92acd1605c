"""Reads a news article about a peace effort and labels each sentence with speaker and stance.

    import peacestance

    labeler = peacestance.load()
    article = labeler.label(text)

Importing the package costs nothing: each name is fetched when it is first used. The torch model is
registered with `AutoModel` by `import peacestance.modeling`, which needs `peacestance[train]`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from peacestance.labeler import Labeler, load
    from peacestance.readers import ReadOptions, read_articles
    from peacestance.schema import Article, LabelledArticle, Stance, UserError

    __version__: str

__all__ = [
    "Article",
    "Labeler",
    "LabelledArticle",
    "ReadOptions",
    "Stance",
    "UserError",
    "__version__",
    "load",
    "read_articles",
]

_HOME = {
    "Article": "schema",
    "LabelledArticle": "schema",
    "Labeler": "labeler",
    "ReadOptions": "readers",
    "Stance": "schema",
    "UserError": "schema",
    "load": "labeler",
    "read_articles": "readers",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value: Any = _version()
    elif name in _HOME:
        value = getattr(importlib.import_module(f"peacestance.{_HOME[name]}"), name)
    else:
        raise AttributeError(f"module 'peacestance' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    from importlib import metadata

    try:
        return metadata.version("peacestance")
    except metadata.PackageNotFoundError:  # a checkout that is not installed
        return "0+unknown"
