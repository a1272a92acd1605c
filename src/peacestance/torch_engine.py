"""The graphs of a `PeacestanceModel` in torch: for evaluation while training, and for parity."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from peacestance.modeling import PeacestanceModel


class TorchEngine:
    """Runs a model in evaluation mode on the device it is on; see `peacestance.engines.Engine`."""

    def __init__(self, model: PeacestanceModel) -> None:
        self.model = model
        self.model.train(False)

    def _tensors(self, *arrays: np.ndarray) -> list[torch.Tensor]:
        return [torch.from_numpy(array).to(self.model.device) for array in arrays]

    @torch.inference_mode()
    def encode(self, input_ids: np.ndarray, attention_mask: np.ndarray) -> tuple[Any, np.ndarray]:
        """See `Engine.encode`."""
        hidden, tags = self.model.encode(*self._tensors(input_ids, attention_mask))
        return hidden, tags.float().cpu().numpy()

    @torch.inference_mode()
    def links(self, hidden: Any, *arrays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See `Engine.links`."""
        links, antecedents = self.model.links(hidden, *self._tensors(*arrays))
        return links.float().cpu().numpy(), antecedents.float().cpu().numpy()

    @torch.inference_mode()
    def stances(self, hidden: Any, *arrays: np.ndarray) -> np.ndarray:
        """See `Engine.stances`."""
        logits: np.ndarray = (
            self.model.stances(hidden, *self._tensors(*arrays)).float().cpu().numpy()
        )
        return logits
