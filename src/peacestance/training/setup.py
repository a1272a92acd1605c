"""From a recipe to what the trainer needs: tokenizer, chunking, model, class weights."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from transformers import (
    AutoConfig,
    AutoModel,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from peacestance.chunking import ChunkingConfig
from peacestance.labeler import load_tokenizer
from peacestance.modeling import PeacestanceConfig, PeacestanceModel
from peacestance.pseudonyms import PSEUDONYMS
from peacestance.schema import STANCES, LabelledArticle, UserError
from peacestance.training.attention import fuse_attention
from peacestance.training.recipe import ALL_LAYERS, FROM_ENCODER
from peacestance.training.weights import layer_count, load_weights, read_weights

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from peacestance.training.recipe import Recipe

MARKERS = ("[PARAGRAPH]", "[SENTENCE]")
"""The two marker tokens; their rows are appended to the encoder's embedding table."""


def make_tokenizer(encoder: str | Path, out: Path) -> Tokenizer:
    """The encoder's fast tokenizer, written to `out` and read back as it is used in inference.

    Raises:
        UserError: the encoder has no fast tokenizer.
    """
    fast = AutoTokenizer.from_pretrained(encoder)
    if not fast.is_fast:
        raise UserError(
            f"encoder {encoder} has no tokenizer.json; choose one with a fast tokenizer"
        )
    backend = json.loads(fast.backend_tokenizer.to_str())
    backend["truncation"] = backend["padding"] = None
    out.write_text(json.dumps(backend, ensure_ascii=False), encoding="utf-8")
    return load_tokenizer(out)


def make_chunking(encoder: str | Path, recipe: Recipe) -> ChunkingConfig:
    """Special ids and sizes. The markers take the first two ids after the encoder's table.

    Raises:
        UserError: the recipe asks for longer chunks than the encoder has positions for.
    """
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    config = AutoConfig.from_pretrained(encoder)
    # MPNet and RoBERTa number positions from the padding id on, so two of them are no tokens.
    offset = 2 if config.model_type in ("mpnet", "roberta", "xlm-roberta") else 0
    most = config.max_position_embeddings - offset
    if recipe.model.max_tokens > most:
        raise UserError(
            f"model.max_tokens is {recipe.model.max_tokens}, but {encoder} reads at most {most} "
            f"tokens; set max_tokens to {most} or less"
        )
    return ChunkingConfig(
        max_tokens=recipe.model.max_tokens,
        overlap_sentences=recipe.model.overlap_sentences,
        cls_id=tokenizer.cls_token_id,
        sep_id=tokenizer.sep_token_id,
        pad_id=tokenizer.pad_token_id,
        paragraph_id=config.vocab_size,
        sentence_id=config.vocab_size + 1,
        pseudonym_ids=pseudonym_ids(encoder, tokenizer) if recipe.model.hide_names else (),
    )


def pseudonym_ids(encoder: str | Path, tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    """The tokens that stand for persons.

    Raises:
        UserError: the tokenizer cuts the pseudonyms in pieces.
    """
    vocabulary = tokenizer.get_vocab()
    ids = tuple(vocabulary[name] for name in PSEUDONYMS if name in vocabulary)
    if len(ids) < len(PSEUDONYMS):
        raise UserError(
            f"the tokenizer of {encoder} has no single token for common English surnames; set "
            "model.hide_names to false"
        )
    return ids


def make_model(
    encoder: str | Path,
    recipe: Recipe,
    articles: Sequence[LabelledArticle],
    chunking: ChunkingConfig,
) -> PeacestanceModel:
    """A pretrained encoder with two marker rows, and fresh heads."""
    body = AutoModel.from_pretrained(
        encoder,
        add_pooling_layer=False,
        hidden_dropout_prob=recipe.model.dropout,
        attention_probs_dropout_prob=recipe.model.attention_dropout,
        dtype=torch.float32,
    )
    _add_markers(body, encoder, chunking)
    # Trained, the words of the corpus would drift away from words that only real news has.
    body.get_input_embeddings().weight.requires_grad = not recipe.model.freeze_word_embeddings
    config = PeacestanceConfig(
        encoder=body.config.to_dict(),
        head_dim=recipe.model.head_dim,
        head_dropout=recipe.model.dropout,
        loss_weights={
            "source": recipe.loss.source,
            "link": recipe.loss.link,
            "coreference": recipe.loss.coreference,
            "stance": recipe.loss.stance,
        },
        stance_weights=stance_weights(articles, recipe.loss.stance_class_weights),
        label_smoothing=recipe.loss.stance_label_smoothing,
    )
    model = PeacestanceModel(config, body)
    start = None if recipe.model.start == FROM_ENCODER else read_weights(recipe.model.start)
    layers = body.config.num_hidden_layers
    # Weights to start from may have been cut to these layers already.
    if start is not None and layer_count(start) == layers:
        load_weights(model, start, recipe.model.start)
        start = None
    if recipe.model.layers != ALL_LAYERS:
        keep_layers(model, recipe.model.layers)
    if start is not None:
        load_weights(model, start, recipe.model.start)
    freeze_layers(model, recipe.model.frozen_layers)
    fuse_attention(body)
    return model


def keep_layers(model: PeacestanceModel, numbers: str) -> None:
    """Drop the encoder layers that are not named (Sanh et al. 2019, section 3: every other one).

    Raises:
        UserError: not a list of layer numbers of this encoder.
    """
    encoder: Any = model.encoder
    stack = encoder.encoder.layer
    try:
        kept = [stack[int(number)] for number in numbers.split(",")]
    except (ValueError, IndexError) as error:
        raise UserError(
            f"model.layers is {numbers!r}; name layers from 0 to {len(stack) - 1}, such as 0,2,4"
        ) from error
    encoder.encoder.layer = torch.nn.ModuleList(kept)
    encoder.config.num_hidden_layers = len(kept)
    model.config.encoder = encoder.config.to_dict()


def freeze_layers(model: PeacestanceModel, count: int) -> None:
    """Leave the `count` lowest encoder layers, and the embeddings below them, as they start.

    They have no dropout either: it costs time and there is nothing in them to regularise.

    Raises:
        UserError: the encoder has fewer layers.
    """
    encoder: Any = model.encoder
    stack = encoder.encoder.layer
    if count > len(stack):
        raise UserError(f"model.frozen_layers is {count}, but there are {len(stack)}; set it lower")
    for module in (encoder.embeddings, *stack[:count]) if count else ():
        module.requires_grad_(False)
        for part in module.modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = 0.0


def _add_markers(body: PreTrainedModel, encoder: str | Path, chunking: ChunkingConfig) -> None:
    """Append the marker rows, each half-way between two special tokens the encoder knows.

    The two differ enough to be told apart even where the table is frozen.
    """
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    body.resize_token_embeddings(chunking.sentence_id + 1, mean_resizing=False)
    table = body.get_input_embeddings().weight
    assert isinstance(table, torch.Tensor)
    with torch.no_grad():
        mask = table[tokenizer.mask_token_id]
        table[chunking.paragraph_id] = (mask + table[tokenizer.cls_token_id]) / 2
        table[chunking.sentence_id] = (mask + table[tokenizer.sep_token_id]) / 2


def stance_weights(articles: Sequence[LabelledArticle], scheme: str) -> list[float]:
    """Weights of the stances in the loss, their mean over labels being 1.

    "balanced": inverse to a stance's frequency; "balanced-sqrt": to the root of it; "none": all 1.
    """
    counts = Counter(label.stance for article in articles for _, label in article.labels())
    total = sum(counts.values())
    power = {"none": 0.0, "balanced-sqrt": 0.5, "balanced": 1.0}[scheme]
    raw = [(total / max(counts[stance], 1)) ** power for stance in STANCES]
    mean = sum(w * counts[s] for w, s in zip(raw, STANCES, strict=True)) / total
    return [w / mean for w in raw]


def uses_bf16(wish: str) -> bool:
    """Whether to train in bfloat16: "auto" does where the processor computes in it."""
    if wish != "auto":
        return wish == "true"
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(
        torch.ops.mkldnn._is_mkldnn_bf16_supported() and torch.cpu._is_avx512_bf16_supported()
    )
