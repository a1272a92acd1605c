"""Fused attention for MPNet, which transformers computes step by step.

MPNet adds one learned bias per distance of tokens to the attention scores of every layer. Left
trainable, its gradient is a [B, heads, T, T] array per layer; frozen, the bias is a constant mask,
and `scaled_dot_product_attention` holds no score at all in memory. The sums are the same.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.models.mpnet.modeling_mpnet import MPNetSelfAttention


def fuse_attention(encoder: PreTrainedModel) -> None:
    """Freeze the position bias of an MPNet encoder and compute its attention fused.

    Encoders of other families have fused attention already and are left as they are.
    """
    if encoder.config.model_type != "mpnet":
        return
    stack: Any = encoder.encoder
    stack.relative_attention_bias.requires_grad_(False)
    for module in stack.modules():
        if isinstance(module, MPNetSelfAttention):
            module.forward = MethodType(_attend, module)  # type: ignore[method-assign]


def _attend(
    self: Any,
    hidden_states: Tensor,
    attention_mask: Tensor | None = None,
    position_bias: Tensor | None = None,
    output_attentions: bool = False,
    **_: Any,
) -> tuple[Tensor]:
    """What `MPNetSelfAttention.forward` computes, without its weights.

    Shape:
        hidden_states: [B, T, H]; attention_mask: [B, 1, 1, T]; position_bias: [B, heads, T, T]
        returns [B, T, H]
    """
    assert not output_attentions, "fused attention keeps no weights"
    heads = (*hidden_states.shape[:-1], -1, self.attention_head_size)
    query, key, value = (
        projection(hidden_states).view(heads).transpose(1, 2)
        for projection in (self.q, self.k, self.v)
    )
    context = nn.functional.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=_mask(attention_mask, position_bias, query.dtype),
        dropout_p=self.dropout.p if self.training else 0.0,
    )
    merged = context.transpose(1, 2).flatten(2)
    return (self.o(merged),)


def _mask(
    attention_mask: Tensor | None, position_bias: Tensor | None, dtype: torch.dtype
) -> Tensor | None:
    """The sum of what is there, in the type of the queries."""
    parts = [part for part in (attention_mask, position_bias) if part is not None]
    return sum(parts[1:], parts[0]).to(dtype) if parts else None
