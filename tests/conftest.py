"""Fixtures shared by all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from peacestance.pseudonyms import PSEUDONYMS


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT of two layers with a tokenizer over ASCII characters, as a local folder."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("encoders") / "tiny"
    folder.mkdir()
    letters = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    words = ["the", "talks", "said", "he", "she", "peace", *PSEUDONYMS]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words, *letters]
    vocabulary += [f"##{letter}" for letter in letters]
    ids = {word: number for number, word in enumerate(vocabulary)}
    transformers.BertTokenizer(vocab=ids).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder
