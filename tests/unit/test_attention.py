"""Fused attention computes what transformers' own does."""

from __future__ import annotations

import copy

import pytest

torch = pytest.importorskip("torch")

from transformers import BertConfig, BertModel, MPNetConfig, MPNetModel  # noqa: E402

from peacestance.training.attention import fuse_attention  # noqa: E402

SMALL = {
    "vocab_size": 50,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}


def test_fused_attention_gives_the_same_states_and_gradients() -> None:
    torch.manual_seed(0)
    own = MPNetModel(MPNetConfig(**SMALL), add_pooling_layer=False)
    torch.nn.init.normal_(own.encoder.relative_attention_bias.weight)
    fused = copy.deepcopy(own)
    fuse_attention(fused)
    ids = torch.randint(5, 50, (2, 9))
    mask = torch.ones_like(ids)
    mask[1, 6:] = 0
    states = [model(input_ids=ids, attention_mask=mask)[0][mask.bool()] for model in (own, fused)]
    torch.testing.assert_close(states[1], states[0])
    for state in states:
        state.pow(2).sum().backward()
    gradients = [model.encoder.layer[0].attention.attn.k.weight.grad for model in (own, fused)]
    torch.testing.assert_close(gradients[1], gradients[0], rtol=1e-4, atol=1e-5)
    assert fused.encoder.relative_attention_bias.weight.grad is None


def test_other_encoders_stay_as_they_are() -> None:
    model = BertModel(BertConfig(**SMALL), add_pooling_layer=False)
    fuse_attention(model)
    assert all(parameter.requires_grad for parameter in model.parameters())
