"""Prediction-powered shares: against the library of its authors, exact cases, and all samples."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from peacestance.evaluation.ppi import (
    HandLabels,
    Labels,
    Shares,
    best_tuning,
    corrected,
    effective_size,
    missing_classes,
    more_to_halve,
    pooled,
    t_quantile,
)

ONE_HOT = np.eye(4)


def population(size: int = 2000, seed: int = 0, right: float = 0.7) -> tuple[np.ndarray, ...]:
    """True and predicted classes: the model is right in a share of cases, else it guesses."""
    rng = np.random.default_rng(seed)
    true = rng.choice(4, size, p=[0.15, 0.2, 0.05, 0.6])
    model = np.where(rng.random(size) < right, true, rng.choice(4, size, p=[0.4, 0.3, 0.2, 0.1]))
    return true, model


def drawn(
    true: np.ndarray, model: np.ndarray, n: int, article: np.ndarray | None = None
) -> HandLabels:
    """The first n of a population in random order, as a simple random sample."""
    return HandLabels(
        hand=ONE_HOT[true[:n]],
        model=ONE_HOT[model[:n]],
        probability=np.full(n, n / len(true)),
        stratum=np.zeros(n),
        article=np.arange(n) if article is None else article[:n],
    )


def labels(model: np.ndarray) -> Labels:
    return Labels(ONE_HOT[model], np.arange(len(model)))


def estimated(n: int, right: float = 0.7, size: int = 2000, tuning: float | None = None) -> Shares:
    true, model = population(size, right=right)
    return corrected(labels(model), drawn(true, model, n), np.full(n, True), tuning=tuning)


def one_class(sample: HandLabels, k: int) -> HandLabels:
    return dataclasses.replace(sample, hand=sample.hand[:, [k]], model=sample.model[:, [k]])


# --- the estimate ---------------------------------------------------------------------------------


# What ppi_mean_pointestimate and ppi_mean_ci of ppi-python 0.2.3 give for each class of the sample
# below. Written down, because the library needs 275 MB of others.
AUTHORS = (
    (0.15881, 0.12526, 0.19235),
    (0.15285, 0.12289, 0.18280),
    (0.05398, 0.03352, 0.07445),
    (0.62560, 0.58351, 0.66768),
)


def of_one_class(k: int) -> tuple[Labels, HandLabels]:
    """The labels of one class by the model, and 300 of them by hand too."""
    true, model = population()
    whole = Labels(ONE_HOT[model][:, [k]], np.arange(len(model)))
    return whole, one_class(drawn(true, model, 300), k)


@pytest.mark.parametrize("k", range(4))
def test_shares_of_one_class_are_those_of_the_authors_library(k: int) -> None:
    whole, sample = of_one_class(k)
    found = corrected(whole, sample, np.full(300, True), beyond=True)
    share, lower, upper = AUTHORS[k]
    # The library divides the variance of the model's labels by N - 1.
    assert found.share == pytest.approx(share, abs=6e-5)
    # The added labels and Student's t change little where there are hundreds.
    assert found.upper - found.lower == pytest.approx(upper - lower, rel=0.02)
    assert found.lower == pytest.approx(lower, abs=0.003)


@pytest.mark.parametrize("k", range(4))
def test_the_authors_library_still_says_so(k: int) -> None:
    ppi_py = pytest.importorskip("ppi_py")
    whole, sample = of_one_class(k)
    args = (sample.hand[:, 0], sample.model[:, 0], whole.model[300:, 0])
    found = (ppi_py.ppi_mean_pointestimate(*args), *ppi_py.ppi_mean_ci(*args, alpha=0.05))
    assert np.ravel(found) == pytest.approx(AUTHORS[k], abs=1e-5)


def test_rectifier_is_added_to_the_share_of_the_model() -> None:
    true, model = population()
    found = estimated(200, tuning=1.0)
    errors = ONE_HOT[true[:200]] - ONE_HOT[model[:200]]
    assert found.share == pytest.approx(ONE_HOT[model].mean(0) + errors.mean(0))


def test_variance_of_a_simple_sample() -> None:
    true, model = population(20_000)
    n = 4000
    found = estimated(n, size=20_000, tuning=1.0)
    errors = ONE_HOT[true[:n]] - ONE_HOT[model[:n]]
    by_hand = errors.var(0, ddof=1) / n * (1 - n / 20_000)
    assert found.sampling_variance == pytest.approx(by_hand, rel=0.01)


def test_mean_over_all_stratified_samples_is_the_truth() -> None:
    true, model = np.array([0, 0, 1, 3, 3, 2, 3]), np.array([0, 1, 1, 3, 0, 2, 3])
    first, second = itertools.combinations(range(3), 2), itertools.combinations(range(3, 7), 3)
    found = []
    for picked in (np.array(a + b) for a, b in itertools.product(first, list(second))):
        sample = HandLabels(
            hand=ONE_HOT[true[picked]],
            model=ONE_HOT[model[picked]],
            probability=np.array([2 / 3] * 2 + [3 / 4] * 3),
            stratum=np.array([0, 0, 1, 1, 1]),
            article=picked,
        )
        share = corrected(labels(model), sample, np.full(5, True), tuning=0.5).share
        found.append(share)
    assert np.mean(found, axis=0) == pytest.approx(ONE_HOT[true].mean(0))


def test_shares_add_up_to_one() -> None:
    assert estimated(150).share.sum() == pytest.approx(1)


def test_hand_labels_alone_are_a_tuning_of_zero() -> None:
    true, _ = population()
    assert estimated(100, tuning=0.0).share == pytest.approx(ONE_HOT[true[:100]].mean(0))


def test_a_good_model_is_trusted_and_a_useless_one_is_not() -> None:
    true, model = population(right=0.95)
    assert estimated(300, right=0.95).tuning > 0.8
    useless = np.random.default_rng(1).permutation(model)
    sample = drawn(true, useless, 300)
    assert best_tuning(ONE_HOT[useless], sample, np.ones(300)) < 0.1


# --- the interval ---------------------------------------------------------------------------------


def test_labels_that_are_all_coded_have_no_interval() -> None:
    true, model = population(60)
    found = corrected(labels(model), drawn(true, model, 60), np.full(60, True))
    truth = ONE_HOT[true].mean(0)
    for ends in (found.share, found.lower, found.upper):
        assert ends == pytest.approx(truth)


def test_no_error_in_the_sample_is_not_taken_for_none_at_all() -> None:
    model = np.array([3] * 200)
    sample = drawn(model, model, 15)
    found = corrected(labels(model), sample, np.full(15, True))
    assert found.share == pytest.approx([0, 0, 0, 1])
    assert found.upper[:3].min() > 0.1
    assert found.lower[3] < 0.9


def test_alike_labels_of_an_article_widen_the_interval() -> None:
    true, model = population(4000, right=0.5)
    order = np.lexsort((model, true))  # labels beside each other are alike
    true, model = true[order], model[order]
    picked = np.random.default_rng(0).permutation(4000)[:400]
    picked.sort()
    mixed, together = np.arange(400) % 50, np.arange(400) // 8
    widths = []
    for article in (mixed, together):
        sample = drawn(true[picked], model[picked], 400, article)
        sample = dataclasses.replace(sample, probability=np.full(400, 0.1))
        found = corrected(labels(model), sample, np.full(400, True))
        widths.append((found.upper - found.lower).mean())
    assert widths[1] > 2 * widths[0]


def test_variance_between_few_articles() -> None:
    shares = np.array([0.2, 0.5, 0.9])  # of a class in three articles of 1000 hand labels each
    true = np.concatenate([np.where(np.arange(1000) < 1000 * p, 0, 3) for p in shares])
    article = np.repeat(np.arange(3), 1000)
    sample = dataclasses.replace(drawn(true, true, 3000, article), probability=np.full(3000, 1e-6))
    found = corrected(labels(true), sample, np.full(3000, True), tuning=0.0)
    assert found.sampling_variance[0] == pytest.approx(shares.var(ddof=1) / 3, rel=0.01)


def test_shares_stay_within_0_and_1() -> None:
    true, model = np.array([3] * 500), np.array([0] * 100 + [3] * 400)
    picked = np.r_[0:30, 450:500]  # more errors than there are in all
    sample = HandLabels(
        ONE_HOT[true[picked]], ONE_HOT[model[picked]], np.full(80, 0.16), np.zeros(80), picked
    )
    found = corrected(labels(model), sample, np.full(80, True), tuning=1.0)
    assert found.share.tolist() == [0, 0, 0, 1]
    assert (found.lower >= 0).all()
    assert (found.upper <= 1).all()


def test_strata_that_differ_narrow_the_interval() -> None:
    true = np.array([0] * 300 + [3] * 300)
    model = np.array([3] * 600)
    picked = np.r_[0:50, 300:350]
    simple = dataclasses.replace(
        drawn(true[picked], model[picked], 100), probability=np.full(100, 1 / 6)
    )
    stratified = dataclasses.replace(simple, stratum=np.arange(100) // 50)
    everyone = np.full(100, True)
    a, b = (corrected(labels(model), s, everyone) for s in (stratified, simple))
    assert a.upper[0] - a.lower[0] < 0.5 * (b.upper[0] - b.lower[0])


def test_articles_taken_for_a_sample_widen_the_interval() -> None:
    true, model = population(400)
    sample, everyone = drawn(true, model, 200), np.full(200, True)
    file = corrected(labels(model), sample, everyone)
    beyond = corrected(labels(model), sample, everyone, beyond=True)
    assert beyond.share == pytest.approx(file.share)
    assert (beyond.upper - beyond.lower > file.upper - file.lower).all()
    assert (beyond.other_variance > 0).all()


@pytest.mark.parametrize("seed", range(20))
def test_interval_holds_its_share(seed: int) -> None:
    true, model = population(80, seed)
    found = corrected(labels(model), drawn(true, model, 12), np.full(12, True))
    assert (found.lower <= found.share).all()
    assert (found.share <= found.upper).all()


def test_hand_labels_of_one_article_are_refused() -> None:
    true, model = population(100)
    sample = drawn(true, model, 20, np.zeros(100))
    with pytest.raises(ValueError, match="one article"):
        corrected(labels(model), sample, np.full(20, True))


# --- other groups' hand labels --------------------------------------------------------------------


def test_pooled_share_is_what_the_models_labels_let_expect() -> None:
    true, model = population()
    sample, everyone = drawn(true, model, 500), np.full(500, True)
    group = labels(np.array([0] * 30 + [3] * 10))
    right = [ONE_HOT[true[:500][model[:500] == k]].mean(0) for k in (0, 3)]
    found = pooled(group, sample, everyone)
    assert found.share == pytest.approx(0.75 * right[0] + 0.25 * right[1])


def test_pooled_interval_is_wider_of_fewer_articles() -> None:
    true, model = population()
    sample, everyone = drawn(true, model, 500), np.full(500, True)
    many, few = (Labels(ONE_HOT[model[:60]], np.arange(60) % k) for k in (60, 3))
    widths = [x.upper - x.lower for x in (pooled(g, sample, everyone) for g in (many, few))]
    assert (widths[1] > 1.5 * widths[0]).all()


def test_pooled_needs_hand_labels_of_every_class_of_the_group() -> None:
    model = np.array([0, 1] * 20)
    sample, everyone = drawn(model, model, 20), np.full(20, True)
    group = labels(np.array([2, 0]))
    assert missing_classes(group, sample, everyone).tolist() == [False, False, True, False]
    with pytest.raises(ValueError, match="without hand labels"):
        pooled(group, sample, everyone)


# --- how many hand labels -------------------------------------------------------------------------


def variance_of(n: float, size: int, spread: float = 0.2) -> float:
    return spread * (1 / n - 1 / size)


def test_effective_size_gives_the_same_variance() -> None:
    hand, with_model = variance_of(100, 5000), 0.6 * variance_of(100, 5000)
    m = effective_size(100, 5000, hand, with_model)
    assert variance_of(m, 5000) == pytest.approx(with_model)


def test_more_labels_to_halve_do_halve() -> None:
    more = more_to_halve(100, 5000, variance_of(100, 5000), 0.0)
    assert variance_of(100 + more, 5000) == pytest.approx(variance_of(100, 5000) / 4)


def test_nothing_halves_what_the_articles_leave_open() -> None:
    assert more_to_halve(100, 5000, 0.001, 0.001) == float("inf")
    assert more_to_halve(50, 50, 0.0, 0.0) == 0
    assert more_to_halve(50, 50, 0.0, 0.001) == float("inf")


@pytest.mark.parametrize("degrees", [4, 9, 30, 1000])
def test_quantile_of_t(degrees: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    for probability in (0.9, 0.975, 0.995):
        expected = stats.t.ppf(probability, degrees)
        assert t_quantile(probability, degrees) == pytest.approx(expected, rel=3e-3)
