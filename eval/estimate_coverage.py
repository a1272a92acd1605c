"""How often the intervals of `peacestance estimate` hold the true shares, by simulation.

    python eval/estimate_coverage.py           # write eval/reports/estimate-coverage.json and .md
    python eval/estimate_coverage.py --table   # print the table of the stored report

Each round makes an archive of articles. Its speakers differ in stance, and the model is wrong as
`CONFUSION` says, about some speakers and in some articles more than in others. Hand labels are
drawn in several ways, and each interval is compared with the share of the true labels.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from reporting import REPORTS, write

from peacestance.corpus.card import markdown_table
from peacestance.evaluation.estimating import too_few
from peacestance.evaluation.ppi import (
    HandLabels,
    Labels,
    Shares,
    corrected,
    missing_classes,
    pooled,
)
from peacestance.evaluation.sampling import allocate
from peacestance.schema import STANCES

REPORT = REPORTS / "estimate-coverage.json"
LEVEL = 0.95
ARTICLES, LABELS_PER_ARTICLE, HAND_LABELS = 200, 20, 200
SHARES = np.array([0.13, 0.17, 0.08, 0.62])
CONFUSION = np.array(
    [
        [0.52, 0.18, 0.02, 0.28],
        [0.10, 0.62, 0.05, 0.23],
        [0.03, 0.17, 0.58, 0.22],
        [0.06, 0.08, 0.02, 0.84],
    ]
)
"""True stance by the model's; the F1 that follows stands in the report, near that on real news."""
SPEAKERS = np.array([0.4, 0.2, 0.12, 0.1, 0.08, 0.06, 0.04])
# How alike speakers and articles are: parameters of Dirichlet distributions, more is more alike.
ALIKE_SPEAKERS, ALIKE_ARTICLES, SPEAKERS_OF_ARTICLE = 20.0, 8.0, 3.0
SAMPLES = ("simple", "stratified by stance", "stratified by speaker", "whole articles")
"""How hand labels are drawn; whole articles are the hard case, for their labels are alike."""
ONE_HOT = np.eye(len(STANCES))


@dataclasses.dataclass(frozen=True, slots=True)
class Archive:
    """True and predicted stances of all labels, and the shares of articles beyond the archive.

    Shape:
        article, speaker, true, model: [N]; beyond: [4]
    """

    article: np.ndarray
    speaker: np.ndarray
    true: np.ndarray
    model: np.ndarray
    beyond: np.ndarray


def main(argv: Sequence[str] | None = None) -> None:
    """Simulate and store, or print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=REPORT)
    parser.add_argument("--table", action="store_true", help="print the table of the stored report")
    args = parser.parse_args(argv)
    if not args.table:
        report = simulate(args.rounds, args.seed)
        write(args.out, json.dumps(report, indent=1) + "\n")
        write(args.out.with_suffix(".md"), table(report) + "\n")
    print(table(json.loads(args.out.read_text("utf-8"))))


def simulate(rounds: int, seed: int) -> dict[str, Any]:
    """Coverage and width for every way of drawing, every kind of share and every interval."""
    rng = np.random.default_rng(seed)
    found: dict[tuple[str, str, str], list[np.ndarray]] = defaultdict(list)
    for _ in range(rounds):
        archive = make_archive(rng)
        for name in SAMPLES:
            sample = draw(rng, name, archive)
            for what, interval, row in intervals(archive, sample):
                found[name, what, interval].append(row)
    joint = SHARES[:, None] * CONFUSION
    f1 = 2 * joint.diagonal() / (joint.sum(0) + joint.sum(1))
    report: dict[str, Any] = {
        "rounds": rounds,
        "seed": seed,
        "level": LEVEL,
        "articles": ARTICLES,
        "labels_per_article": LABELS_PER_ARTICLE,
        "hand_labels": HAND_LABELS,
        "f1": dict(zip(STANCES, f1.round(3).tolist(), strict=True)),
        "samples": {name: {} for name in SAMPLES},
    }
    for (name, what, interval), rows in found.items():
        report["samples"][name].setdefault(what, {})[interval] = summed_up(np.array(rows))
    return report


def summed_up(rows: np.ndarray) -> dict[str, Any]:
    """How often the intervals held the truth, by stance, and how wide they were.

    Shape:
        rows: [n, 3, 4], lower and upper end and truth
    """
    lower, upper, truth = rows.transpose(1, 0, 2)
    held = ((lower <= truth) & (truth <= upper)).mean(0)
    return {
        "intervals": len(rows),
        "coverage": round(float(held.mean()), 4),
        "coverage_by_stance": dict(zip(STANCES, held.round(4).tolist(), strict=True)),
        "width": round(float((upper - lower).mean()), 4),
    }


# --- archives and samples -------------------------------------------------------------------------


def make_archive(rng: np.random.Generator) -> Archive:
    """An archive in which labels of one article, and of one speaker, are alike."""
    sizes = 1 + rng.poisson(LABELS_PER_ARTICLE - 1, ARTICLES)
    article = np.repeat(np.arange(ARTICLES), sizes)
    who = dirichlet(rng, SPEAKERS_OF_ARTICLE * SPEAKERS, ARTICLES)
    speaker = choose(rng, who[article])
    shares = dirichlet(rng, ALIKE_SPEAKERS * SHARES, len(SPEAKERS))
    confusion = dirichlet(rng, ALIKE_SPEAKERS * CONFUSION, len(SPEAKERS))
    true_of = dirichlet(rng, ALIKE_ARTICLES * shares, ARTICLES)
    model_of = dirichlet(rng, ALIKE_ARTICLES * confusion, ARTICLES)
    true = choose(rng, true_of[article, speaker])
    model = choose(rng, model_of[article, speaker, true])
    return Archive(article, speaker, true, model, SPEAKERS @ shares)


def dirichlet(rng: np.random.Generator, alpha: np.ndarray, number: int) -> np.ndarray:
    """Distributions over the last axis of alpha, `number` of them for each.

    Shape:
        alpha: [..., K]; returns [number, ..., K]
    """
    drawn = rng.standard_gamma(alpha + 1e-3, size=(number, *alpha.shape)) + 1e-12
    return drawn / drawn.sum(-1, keepdims=True)


def choose(rng: np.random.Generator, probabilities: np.ndarray) -> np.ndarray:
    """One number for each distribution.

    Shape:
        probabilities: [N, K]; returns [N]
    """
    reached = rng.random(len(probabilities))[:, None] > probabilities.cumsum(1)
    return np.minimum(reached.sum(1), probabilities.shape[1] - 1)


def draw(rng: np.random.Generator, name: str, archive: Archive) -> tuple[np.ndarray, HandLabels]:
    """Which labels are drawn, and they themselves."""
    size = len(archive.true)
    if name == "whole articles":
        number = HAND_LABELS // LABELS_PER_ARTICLE
        chosen = rng.choice(ARTICLES, number, replace=False)
        picked = np.flatnonzero(np.isin(archive.article, chosen))
        stratum, probability = np.zeros(size, dtype=int), np.full(size, number / ARTICLES)
    else:
        strata = {"stratified by stance": archive.model, "stratified by speaker": archive.speaker}
        stratum = strata.get(name, np.zeros(size, dtype=int))
        picked, probability = draw_from_strata(rng, stratum)
    return picked, HandLabels(
        hand=ONE_HOT[archive.true[picked]],
        model=ONE_HOT[archive.model[picked]],
        probability=probability[picked],
        stratum=stratum[picked],
        article=archive.article[picked],
    )


def draw_from_strata(
    rng: np.random.Generator, stratum: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Labels as `peacestance sample` draws them, and the probability of every label.

    Shape:
        stratum: [N]; returns [HAND_LABELS], [N]
    """
    places = {str(k): np.flatnonzero(stratum == k) for k in np.unique(stratum)}
    taken = allocate({name: len(found) for name, found in places.items()}, HAND_LABELS)
    probability = np.zeros(len(stratum))
    for name, found in places.items():
        probability[found] = taken[name] / len(found)
    picked = [rng.choice(places[name], taken[name], replace=False) for name in places]
    return np.concatenate(picked), probability


# --- intervals ------------------------------------------------------------------------------------


def intervals(
    archive: Archive, drawn: tuple[np.ndarray, HandLabels]
) -> Iterator[tuple[str, str, np.ndarray]]:
    """For all labels and for each speaker: what is estimated, the interval's name, its row."""
    picked, sample = drawn
    whole = np.full(len(archive.true), True)
    yield from of_group("all labels", archive, whole, sample, whole[picked])
    labels = Labels(ONE_HOT[archive.model], archive.article)
    beyond = corrected(labels, sample, whole[picked], beyond=True)
    yield "articles beyond", "corrected", np.array([beyond.lower, beyond.upper, archive.beyond])
    for number in range(len(SPEAKERS)):
        group = archive.speaker == number
        inside = group[picked]
        if not too_few(sample, inside):
            yield from of_group("one speaker", archive, group, sample, inside)
        elif group.any():
            yield from of_small_group(archive, group, sample)


def of_group(
    what: str, archive: Archive, group: np.ndarray, sample: HandLabels, inside: np.ndarray
) -> Iterator[tuple[str, str, np.ndarray]]:
    """The intervals that are compared."""
    labels = Labels(ONE_HOT[archive.model[group]], archive.article[group])
    truth = ONE_HOT[archive.true[group]].mean(0)
    found = {
        "raw": raw(labels),
        "hand labels alone": ends(corrected(labels, sample, inside, tuning=0.0)),
        "PPI++ as published": published(labels, sample, inside),
        "corrected": ends(corrected(labels, sample, inside)),
    }
    for name, (lower, upper) in found.items():
        yield what, name, np.array([lower, upper, truth])


def of_small_group(
    archive: Archive, group: np.ndarray, sample: HandLabels
) -> Iterator[tuple[str, str, np.ndarray]]:
    """The interval of a group with too few hand labels, from those of all groups."""
    labels = Labels(ONE_HOT[archive.model[group]], archive.article[group])
    everyone = np.full(len(sample.hand), True)
    if not missing_classes(labels, sample, everyone).any():
        shares = pooled(labels, sample, everyone)
        truth = ONE_HOT[archive.true[group]].mean(0)
        yield "speaker of few hand labels", "pooled", np.array([*ends(shares), truth])


def ends(shares: Shares) -> tuple[np.ndarray, np.ndarray]:
    """Both ends of the intervals."""
    return shares.lower, shares.upper


def raw(labels: Labels) -> tuple[np.ndarray, np.ndarray]:
    """The model's labels taken for the truth, the articles for a sample of more.

    Else there were nothing unsure about them, and the interval were a point.
    """
    share = labels.model.mean(0)
    sums = np.zeros((ARTICLES, len(STANCES)))
    np.add.at(sums, labels.article, (labels.model - share) / len(labels.model))
    return around(share, (sums**2).sum(0))


def published(
    labels: Labels, sample: HandLabels, inside: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The interval as the papers have it: labels independent, none added, weights as they are.

    The same tuning, so that all that differs is what this package adds.
    """
    weight = inside / sample.probability
    weight = weight[inside] / weight.sum()
    tuning = corrected(labels, sample, inside).tuning
    errors = sample.hand[inside] - tuning * sample.model[inside]
    mean = weight @ errors
    variance = (weight[:, None] ** 2 * (errors - mean) ** 2).sum(0)
    variance += tuning**2 * labels.model.var(0) / len(labels.model)
    return around(tuning * labels.model.mean(0) + mean, variance)


def around(share: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A normal interval, within 0 and 1."""
    half_width = NormalDist().inv_cdf((1 + LEVEL) / 2) * np.sqrt(variance)
    return np.clip(share - half_width, 0, 1), np.clip(share + half_width, 0, 1)


# --- the table ------------------------------------------------------------------------------------


def table(report: dict[str, Any]) -> str:
    """Coverage, the least coverage of a stance, and the width against hand labels alone."""
    head = ["hand labels", "share of", "interval", "holds the truth", "stance held least", "width"]
    rows = []
    for name, whats in report["samples"].items():
        for what, found in whats.items():
            alone = found.get("hand labels alone", {}).get("width")
            for interval, cell in found.items():
                least = min(cell["coverage_by_stance"].values())
                width = f"{cell['width'] / alone:.2f}" if alone else ""
                rows.append(
                    [name, what, interval, f"{cell['coverage']:.1%}", f"{least:.1%}", width]
                )
    return "\n".join(markdown_table(head, rows))


if __name__ == "__main__":
    main()
