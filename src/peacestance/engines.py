"""Engines run the three graphs of a model: the encoder, the links, the stances."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np

GRAPHS = ("encoder", "links", "stances")


class Engine(Protocol):
    """What the labeler needs of a model. `hidden` is opaque: it only goes back in.

    Shapes as in `peacestance.modeling`; every other array is a numpy array.
    """

    def encode(self, input_ids: np.ndarray, attention_mask: np.ndarray) -> tuple[Any, np.ndarray]:
        """Hidden states and tag logits [B, T, 5]."""
        ...

    def links(
        self,
        hidden: Any,
        piece_of_token: np.ndarray,
        markers: np.ndarray,
        mentions: np.ndarray,
        kinds: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Link logits [B, S, 1 + M] and antecedent logits [B, M, 1 + M]."""
        ...

    def stances(
        self,
        hidden: Any,
        piece_of_token: np.ndarray,
        markers: np.ndarray,
        mentions: np.ndarray,
        pairs: np.ndarray,
    ) -> np.ndarray:
        """Stance logits [B, P, 4]."""
        ...


class OnnxEngine:
    """The graphs of a bundle in ONNX Runtime on the CPU."""

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        # The heads are tiny. With threads of their own, those would go on spinning after each run
        # and take the processor from the encoder, which then needs nearly twice as long.
        self._sessions = {
            name: _session(folder / f"{name}.onnx", threads if name == "encoder" else 1)
            for name in GRAPHS
        }

    def _run(self, graph: str, **inputs: np.ndarray) -> list[np.ndarray]:
        outputs: list[np.ndarray] = self._sessions[graph].run(None, inputs)
        return outputs

    def encode(self, input_ids: np.ndarray, attention_mask: np.ndarray) -> tuple[Any, np.ndarray]:
        """See `Engine.encode`."""
        hidden, tags = self._run("encoder", input_ids=input_ids, attention_mask=attention_mask)
        return hidden, tags

    def links(
        self,
        hidden: Any,
        piece_of_token: np.ndarray,
        markers: np.ndarray,
        mentions: np.ndarray,
        kinds: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """See `Engine.links`."""
        links, antecedents = self._run(
            "links",
            hidden=hidden,
            piece_of_token=piece_of_token,
            markers=markers,
            mentions=mentions,
            kinds=kinds,
        )
        return links, antecedents

    def stances(
        self,
        hidden: Any,
        piece_of_token: np.ndarray,
        markers: np.ndarray,
        mentions: np.ndarray,
        pairs: np.ndarray,
    ) -> np.ndarray:
        """See `Engine.stances`."""
        return self._run(
            "stances",
            hidden=hidden,
            piece_of_token=piece_of_token,
            markers=markers,
            mentions=mentions,
            pairs=pairs,
        )[0]


def _session(path: Path, threads: int | None) -> Any:
    """An ONNX Runtime session; `threads` is `None` for every core."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if threads is not None:
        options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
