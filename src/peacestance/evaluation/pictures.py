"""The pictures of a report as SVG that takes its text colour from the page around it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from peacestance.provenance import checksum
from peacestance.schema import STANCES, UserError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK = "#010203"  # no picture uses it otherwise; it becomes the colour of the page's text
_WIDTH_INCHES, _HEIGHT_INCHES = 4.4, 3.6
# Okabe and Ito (2008): told apart by colour-blind readers, and on white as on black.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P")
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "peacestance",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


def confusion_picture(table: Sequence[Sequence[int]]) -> str:
    """Gold stance by predicted stance: counts, shaded by the share of the gold stance."""

    def draw(axes: Axes) -> None:
        shares = [[n / max(sum(row), 1) for n in row] for row in table]
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for i, row in enumerate(table):
            for j, number in enumerate(row):
                colour = "white" if shares[i][j] > 0.5 else "#111111"
                axes.text(j, i, f"{number:,}", ha="center", va="center", color=colour)
        axes.set_xticks(range(4), STANCES)
        axes.set_yticks(range(4), STANCES)
        axes.set(xlabel="predicted", ylabel="gold")

    return _svg(draw, "Confusion matrix of the stances")


def reliability_picture(models: Mapping[str, Mapping[str, Any]]) -> str:
    """Accuracy over confidence, a line for each model; the area of a dot is its share of labels."""

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=_INK, linewidth=0.8, linestyle=":", label="calibrated")
        for k, (name, found) in enumerate(models.items()):
            bins = found["bins"]
            total = sum(b["labels"] for b in bins)
            x, y = [b["confidence"] for b in bins], [b["accuracy"] for b in bins]
            sizes = [15 + 250 * b["labels"] / total for b in bins]
            axes.plot(x, y, color=_colour(k), linewidth=1.2, label=name)
            axes.scatter(x, y, s=sizes, color=_colour(k), marker=_marker(k), alpha=0.7)
        axes.set(xlabel="confidence", ylabel="share of right stances", xlim=(0, 1), ylim=(0, 1.03))
        axes.legend()

    return _svg(draw, "Reliability diagram")


def risk_coverage_picture(models: Mapping[str, Mapping[str, Any]]) -> str:
    """Accuracy of the labels kept over the share of labels kept, a line for each model."""

    def draw(axes: Axes) -> None:
        for k, (name, found) in enumerate(models.items()):
            points = found["curve"]
            x, y = [p[0] for p in points], [p[1] for p in points]
            axes.plot(x, y, color=_colour(k), linewidth=1.4, label=name)
        axes.set(xlabel="coverage: share of labels kept", ylabel="share of right stances")
        axes.set(xlim=(0, 1), ylim=(None, 1.01))
        axes.legend(loc="lower left")

    return _svg(draw, "Accuracy over coverage")


def scores_picture(
    models: Mapping[str, Mapping[str, Sequence[float]]], names: Sequence[str]
) -> str:
    """Scores with their intervals, one row a score and one mark a model."""

    def draw(axes: Axes) -> None:
        for k, (model, scores) in enumerate(models.items()):
            for row, name in enumerate(names):
                value, low, high = scores[name]
                at = row + 0.22 * (k - (len(models) - 1) / 2)
                axes.plot([low, high], [at, at], color=_colour(k), linewidth=2)
                label = model if row == 0 else None
                axes.plot(value, at, _marker(k), color=_colour(k), label=label, markersize=5)
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.set(xlim=(0, 1), xlabel="score, with 95% interval")
        axes.grid(axis="x", color=_INK, alpha=0.15)
        if len(models) > 1:
            axes.legend(loc="lower left")

    return _svg(draw, "Scores with intervals")


def _colour(k: int) -> str:
    return COLOURS[k % len(COLOURS)]


def _marker(k: int) -> str:
    return MARKERS[k % len(MARKERS)]


def _svg(draw: Callable[[Axes], None], title: str) -> str:
    """A picture as an SVG element with an accessible name, the same bytes every time.

    Raises:
        UserError: matplotlib is missing.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise UserError(
            "a report with pictures needs an extra: pip install 'peacestance[report]'"
        ) from None
    with mpl.rc_context(_STYLE):
        figure: Figure = Figure(figsize=(_WIDTH_INCHES, _HEIGHT_INCHES), layout="constrained")
        draw(figure.add_subplot())
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    element = out.getvalue().partition("<svg")[2]
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    # Pictures share a page, and so the ids within them must differ.
    prefix = checksum(element)[:8]
    element = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}-", element)
    return f'<svg role="img" aria-label="{title}"{element}'.replace(_INK, "currentColor")
