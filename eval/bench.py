"""Speed of one pass over the article against the same encoder run on each sentence.

    python eval/bench.py [--articles 12] [--rounds 3] [--model MODEL] [--out FILE]

Both ways run the shipped encoder in ONNX Runtime with the same threads, on the same articles of
the project's own corpus, interleaved round by round. The sentence-by-sentence way is given each
sentence with two sentences of context on either side, in batches of the size that is fastest for
it, sorted by length so that little is padded. It pays for tokenising and the encoder, but neither
for heads nor for finding speakers: the ratio is a lower bound. Import times are medians of fresh
interpreters.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from reporting import store
from rich.console import Console
from rich.table import Table

from peacestance import load
from peacestance.chunking import chunk_article, pad_rows
from peacestance.corpus import load_split
from peacestance.labeler import Labeler
from peacestance.text import split_sentences

ROOT = Path(__file__).resolve().parents[1]
CONTEXT = 2
BATCHES = (1, 8, 32)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", default=None)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args(argv)
    labeler = load(args.model, threads=args.threads)
    texts = [a.text for a in load_split(ROOT / "datasets/peacetalks", "test-seen")][: args.articles]
    report = measure(labeler, texts, args.rounds) | {"import_s": import_times(args.rounds)}
    show(report)
    store(report, "bench", args.out)


def measure(labeler: Labeler, texts: Sequence[str], rounds: int) -> dict[str, Any]:
    """Median sentences per second of each way, and the median of the ratios round by round."""
    sentences = sum(len(split_sentences(text)) for text in texts)
    windows = windows_of(labeler, texts)
    ways: dict[str, Callable[[], None]] = {
        "one pass, labels and speakers": lambda: one_pass(labeler, texts)
    }
    for size in BATCHES:
        ways[f"each sentence, batches of {size}"] = lambda size=size: each_sentence(
            labeler, texts, size
        )
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()  # warm-up
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - start)
    first, *others = seconds
    fastest = min(others, key=lambda name: statistics.median(seconds[name]))
    ratios = [b / a for a, b in zip(seconds[first], seconds[fastest], strict=True)]
    return {
        "model": labeler.model_name,
        "articles": len(texts),
        "sentences": sentences,
        "rounds": rounds,
        "tokens_per_sentence": tokens_per_sentence(labeler, texts, windows, sentences),
        "sentences_per_s": {n: sentences / statistics.median(s) for n, s in seconds.items()},
        "ratio": statistics.median(ratios),
        "ratio_range": [min(ratios), max(ratios)],
    }


def context_windows(labeler: Labeler, text: str) -> list[np.ndarray]:
    """Token ids of each sentence with its context: `[CLS] before, itself, after [SEP]`."""
    config, spans = labeler.chunking, split_sentences(text)
    windows = []
    for k in range(len(spans)):
        near = spans[max(0, k - CONTEXT) : k + CONTEXT + 1]
        ids = labeler.tokenizer.encode(text[near[0][0] : near[-1][1]], add_special_tokens=False).ids
        windows.append(np.array([config.cls_id, *ids[: config.capacity], config.sep_id]))
    return windows


def tokens_per_sentence(
    labeler: Labeler, texts: Sequence[str], windows: Sequence[np.ndarray], sentences: int
) -> dict[str, float]:
    """Tokens through the encoder for a sentence, of either way."""
    chunks = [
        chunk
        for text in texts
        for chunk in chunk_article(text, split_sentences(text), labeler.tokenizer, labeler.chunking)
    ]
    return {
        "one pass": sum(len(chunk) for chunk in chunks) / sentences,
        "each sentence": sum(len(window) for window in windows) / sentences,
    }


def one_pass(labeler: Labeler, texts: Sequence[str]) -> None:
    """The package as it is used: sentences, encoder, heads, speakers."""
    for text in texts:
        labeler.label(text)


def windows_of(labeler: Labeler, texts: Sequence[str]) -> list[np.ndarray]:
    """The windows of every sentence of every text."""
    return [window for text in texts for window in context_windows(labeler, text)]


def each_sentence(labeler: Labeler, texts: Sequence[str], size: int) -> None:
    """Tokenise and encode every window."""
    ordered = sorted(windows_of(labeler, texts), key=len)
    for at in range(0, len(ordered), size):
        ids = pad_rows(ordered[at : at + size], labeler.chunking.pad_id)
        mask = pad_rows([np.ones_like(window) for window in ordered[at : at + size]], 0)
        labeler.engine.encode(ids, mask)


def import_times(rounds: int) -> dict[str, float]:
    """Median seconds of an import in a fresh interpreter, interleaved."""
    seconds: dict[str, list[float]] = {
        "peacestance": [],
        "peacestance.labeler": [],
        "onnxruntime": [],
    }
    for _ in range(rounds):
        for name, taken in seconds.items():
            clock = "time.perf_counter()"
            code = f"import time; start = {clock}; import {name}; print({clock} - start)"
            out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
            taken.append(float(out.stdout))
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def show(report: dict[str, Any]) -> None:
    """Print the report as tables."""
    console = Console()
    table = Table(
        title=f"{report['model']}: {report['sentences']} sentences of {report['articles']} articles"
    )
    table.add_column("way")
    table.add_column("sentences/s", justify="right")
    for name, speed in report["sentences_per_s"].items():
        table.add_row(name, f"{speed:.0f}")
    console.print(table)
    low, high = report["ratio_range"]
    console.print(f"one pass is {report['ratio']:.1f}x as fast (rounds: {low:.1f} to {high:.1f})")
    for name, seconds in report["import_s"].items():
        console.print(f"import {name}: {seconds:.3f} s")


if __name__ == "__main__":
    main()
