"""Stance classifiers that read one sentence at a time: what anyone could build in an afternoon.

Each is made from (texts, stances) of the training split and answers with one stance per text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer

from peacestance.schema import STANCES

Classify = Callable[[Sequence[str]], list[str]]


def majority(texts: Sequence[str], stances: Sequence[str]) -> Classify:
    """Every sentence gets the most frequent stance of the training split."""
    most = max(set(stances), key=list(stances).count)
    return lambda sentences: [most] * len(sentences)


def tfidf(texts: Sequence[str], stances: Sequence[str]) -> Classify:
    """TF-IDF of words, word pairs and character runs, with logistic regression."""
    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=3, sublinear_tf=True),
    )
    model = make_pipeline(features, LogisticRegression(C=4.0, max_iter=2000))
    model.fit(list(texts), list(stances))
    return lambda sentences: [str(stance) for stance in model.predict(list(sentences))]


def frozen_embeddings(encoder: Path) -> Callable[[Sequence[str], Sequence[str]], Classify]:
    """SetFit without its contrastive step: frozen sentence embeddings, logistic regression."""

    def fit(texts: Sequence[str], stances: Sequence[str]) -> Classify:
        tokenizer = AutoTokenizer.from_pretrained(encoder)
        body = AutoModel.from_pretrained(encoder, add_pooling_layer=False).eval()
        model = LogisticRegression(C=4.0, max_iter=2000)
        model.fit(_embed(texts, tokenizer, body), list(stances))
        return lambda sentences: [
            str(stance) for stance in model.predict(_embed(sentences, tokenizer, body))
        ]

    return fit


@torch.inference_mode()
def _embed(texts: Sequence[str], tokenizer: Any, body: Any) -> np.ndarray:
    """Mean-pooled, normalised embeddings. Shape: [len(texts), H]."""
    rows = []
    for at in range(0, len(texts), 32):
        batch = tokenizer(
            list(texts[at : at + 32]), padding=True, truncation=True, return_tensors="pt"
        )
        hidden = body(**batch)[0]
        mask = batch["attention_mask"].unsqueeze(-1)
        mean = (hidden * mask).sum(1) / mask.sum(1)
        rows.append(torch.nn.functional.normalize(mean, dim=-1).numpy())
    return np.concatenate(rows)


def sentence_transformer(
    encoder: Path, *, epochs: int = 3, learning_rate: float = 1e-4, seed: int = 13
) -> Callable[[Sequence[str], Sequence[str]], Classify]:
    """The encoder of the shipped model, fine-tuned to classify single sentences."""

    def fit(texts: Sequence[str], stances: Sequence[str]) -> Classify:
        torch.manual_seed(seed)
        tokenizer = AutoTokenizer.from_pretrained(encoder)
        model = AutoModelForSequenceClassification.from_pretrained(encoder, num_labels=4)
        _fine_tune(model, tokenizer, texts, stances, epochs, learning_rate, seed)
        return lambda sentences: _classify(model, tokenizer, sentences)

    return fit


def _fine_tune(
    model: Any,
    tokenizer: Any,
    texts: Sequence[str],
    stances: Sequence[str],
    epochs: int,
    learning_rate: float,
    seed: int,
) -> None:
    labels = torch.tensor([STANCES.index(stance) for stance in stances])  # type: ignore[arg-type]
    rng = np.random.default_rng(seed)
    steps = epochs * -(-len(texts) // 16)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=steps)
    model.train()
    for _ in range(epochs):
        order = rng.permutation(len(texts))
        for at in range(0, len(order), 16):
            rows = order[at : at + 16]
            batch = tokenizer(
                [texts[i] for i in rows], padding=True, truncation=True, return_tensors="pt"
            )
            model(**batch, labels=labels[rows]).loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
    model.eval()


@torch.inference_mode()
def _classify(model: Any, tokenizer: Any, sentences: Sequence[str]) -> list[str]:
    out: list[str] = []
    for at in range(0, len(sentences), 32):
        batch = tokenizer(
            list(sentences[at : at + 32]), padding=True, truncation=True, return_tensors="pt"
        )
        out += [str(STANCES[k]) for k in model(**batch).logits.argmax(-1).tolist()]
    return out
