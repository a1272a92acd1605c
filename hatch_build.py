"""Build hook: the shipped models and the built-in recipes go into the wheel.

They live outside `src/` (models/<id>/, training/<id>/recipe.toml), so hatchling has to be told.
An editable install needs no copy: the package then finds both in the checkout.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds models and recipes to the wheel and says which models are missing."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fill `build_data["force_include"]` (path in the checkout -> path in the wheel)."""
        if version == "editable":
            return
        root, included = Path(self.root), build_data["force_include"]
        for model_id in self.config.get("shipped-models", []):
            folder = root / "models" / model_id
            if folder.is_dir() and any(folder.iterdir()):
                included[str(folder)] = f"peacestance/_models/{model_id}"
            else:
                self.app.display_warning(
                    f"models/{model_id}/ does not exist: this wheel ships without that model "
                    "(`make train` makes it)"
                )
        for recipe in sorted(root.glob("training/*/recipe.toml")):
            included[str(recipe)] = f"peacestance/_recipes/{recipe.parent.name}.toml"
