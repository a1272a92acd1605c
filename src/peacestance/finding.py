"""Which folder is meant by the name of a model."""

from __future__ import annotations

import re
from pathlib import Path

from peacestance.bundle import CARD_FILE, DECIDING_FILES, RECIPE_FILE, SETTINGS_FILE
from peacestance.schema import UserError

DEFAULT_MODEL = "peacestance-small"

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED_IN = (_PACKAGE / "_models", _PACKAGE.parents[1] / "models")  # installed, checkout
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def find_bundle(model: str | Path | None = None) -> Path:
    """The folder of a model.

    Args:
        model: `None` for the shipped default, a folder, the id of a shipped model, or (a string
            only) a hub id "organisation/name". The network is used for the last alone, and only
            where the part before the slash is no local folder.

    Raises:
        UserError: nothing was found; the message lists what was tried.
    """
    if model is None:
        return _shipped(DEFAULT_MODEL)
    path = Path(model).expanduser()
    if path.is_dir():
        return path
    if path.exists():
        raise UserError(f"{path} is a file; a model is a folder that holds {SETTINGS_FILE}")
    name = str(model)
    if isinstance(model, str) and _HUB_ID.fullmatch(name) and not Path(path.parts[0]).exists():
        return _download(name)
    if path.name == name:
        return _shipped(name)
    raise UserError(
        f"model folder {path} does not exist; name a folder that holds {SETTINGS_FILE}, "
        f"a shipped model ({_shipped_ids()}) or a hub id organisation/name"
    )


def _shipped(model_id: str) -> Path:
    for parent in _SHIPPED_IN:
        if (parent / model_id / SETTINGS_FILE).is_file():
            return parent / model_id
    tried = ", ".join(str(parent / model_id) for parent in _SHIPPED_IN)
    if model_id == DEFAULT_MODEL:
        raise UserError(
            f"the shipped model {model_id} is not there (tried {tried}); reinstall peacestance, "
            "in a checkout run `make train`, or name a model folder"
        )
    raise UserError(
        f"no model {model_id!r} (tried the folder ./{model_id}, {tried}); shipped models: "
        f"{_shipped_ids()}; or name a folder or a hub id organisation/name"
    )


def _shipped_ids() -> str:
    found = {p.parent.name for parent in _SHIPPED_IN for p in parent.glob(f"*/{SETTINGS_FILE}")}
    return ", ".join(sorted(found)) or "none"


def _download(hub_id: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise UserError(
            f"model {hub_id} is on a hub; fetching it needs: pip install huggingface_hub"
        ) from error
    wanted = [SETTINGS_FILE, CARD_FILE, RECIPE_FILE, *DECIDING_FILES]
    try:
        return Path(snapshot_download(hub_id, allow_patterns=wanted))
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(
            f"model {hub_id!r}: no such folder here, and the hub did not give it ({reason}); "
            f"shipped models: {_shipped_ids()}"
        ) from error
