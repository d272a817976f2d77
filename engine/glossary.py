"""What each figure means and how it misleads, and where figures contradict each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.figures import Estimate, Kind


@dataclass(frozen=True, slots=True)
class Metric:
    r"""A figure in words.

    Attributes
    ----------
    name : as in a `Report`; of what is measured, `p50`, `p95`, `p99` and `memory`.
    label : as shown to a reader.
    formula : LaTeX of its value for one user, or of the whole where it is not per user.
        `s_1, s_2, ...` is the slate of user u, best place first, `s^*` the best slate there is,
        `r` the true relevance, `U` the users of the panel, `I` the catalogue, `T_u` the ten
        most relevant items that u may be shown; `h_i` is 1 if `s_i` is in `T_u`, otherwise 0.
    caption : one sentence: what it means, and how it misleads.
    unit : `bits`, `days`, `ms` and the like; empty for a plain number.
    higher_is_better : None where neither direction is better in itself.
    per_user : its value is a mean over users, so that designs can be compared user by user.
    kind : where its value comes from.
    """

    name: str
    label: str
    formula: str
    caption: str
    unit: str = ""
    higher_is_better: bool | None = True
    per_user: bool = True
    kind: Kind = Kind.SIMULATED


_GLOSSARY = (
    Metric(
        name="ndcg@10",
        label="True NDCG@10",
        formula=(
            r"\frac{\sum_{i=1}^{10} r(u, s_i) / \log_2(i + 1)}"
            r"{\sum_{i=1}^{10} r(u, s^*_i) / \log_2(i + 1)}"
        ),
        caption=(
            "How near the first ten places come to the best ten that the truth allows, upper "
            "places counting more; outside a world whose truth is known nobody can work it out."
        ),
    ),
    Metric(
        name="ndcg_observed@10",
        label="Observed NDCG@10",
        formula=(
            r"\frac{\sum_{i=1}^{10} [s_i \in C_u] / \log_2(i + 1)}"
            r"{\sum_{i=1}^{\min(10, |C_u|)} 1 / \log_2(i + 1)}, \quad "
            r"C_u = \text{clicked on the last day}"
        ),
        caption=(
            "NDCG as a team without the truth would work it out, from the clicks of the last day; "
            "an item that the old system never showed cannot have been clicked and counts as a "
            "miss, however good it is."
        ),
    ),
    Metric(
        name="map@10",
        label="MAP@10",
        formula=r"\frac{1}{|T_u|} \sum_{i=1}^{10} h_i \cdot \frac{1}{i} \sum_{j=1}^{i} h_j",
        caption=(
            "The mean precision down to each of the user's true top ten that the slate holds; a "
            "near miss, the eleventh best item, counts as much as the worst of the catalogue."
        ),
    ),
    Metric(
        name="mrr@10",
        label="MRR@10",
        formula=r"\max_{i \le 10} \frac{h_i}{i}",
        caption=(
            "One over the place of the first of the user's true top ten; whatever stands below "
            "that first one changes nothing, and a step from place 1 to 2 costs as much as from "
            "2 to none."
        ),
    ),
    Metric(
        name="precision@10",
        label="Precision@10",
        formula=r"\frac{1}{10} \sum_{i=1}^{10} h_i",
        caption=(
            "The share of the ten places that hold one of the user's true top ten; the order "
            "within the ten places is not seen, nor how near the others come."
        ),
    ),
    Metric(
        name="recall@10",
        label="Recall@10",
        formula=r"\frac{1}{|T_u|} \sum_{i=1}^{10} h_i",
        caption=(
            "The share of the user's true top ten that is shown; since as many items are asked "
            "for as places are given it says the same as precision, unless a user has fewer than "
            "ten items left."
        ),
    ),
    Metric(
        name="recall@candidates",
        label="Candidate recall",
        formula=r"\frac{|T_u \cap \text{candidates of } u|}{|T_u|}",
        caption=(
            "The share of the user's true top ten that reaches the ranker; more candidates raise "
            "it even where the ranker makes nothing of them."
        ),
    ),
    Metric(
        name="ann_recall",
        label="ANN recall",
        formula=(r"\frac{|\text{returned} \cap \text{exact answer}|}{|\text{exact answer}|}"),
        caption=(
            "The share of an exact search's answer that the index returns, ties counted; it "
            "measures the index against the generator, and an item that is missed may be one "
            "that the user would not have liked."
        ),
    ),
    Metric(
        name="index_cost",
        label="Cost of the index",
        formula=r"\mathrm{NDCG}_{\text{exact search}} - \mathrm{NDCG}",
        caption=(
            "The true NDCG@10 that the slate loses because the index is not exact; below 0 what "
            "the index put in place of a missed item happened to be better."
        ),
        higher_is_better=False,
    ),
    Metric(
        name="auc",
        label="AUC",
        formula=(
            r"P(\hat p_{\text{click}} > \hat p_{\text{no click}})"
            r" + \tfrac{1}{2} P(\hat p_{\text{click}} = \hat p_{\text{no click}})"
        ),
        caption=(
            "How often the ranker scores a clicked impression of the last day above one that was "
            "not; it mixes users and covers only what the old system showed, so that a better AUC "
            "need not be a better slate."
        ),
        per_user=False,
    ),
    Metric(
        name="log_loss",
        label="LogLoss",
        formula=r"-\frac{1}{n} \sum_{j=1}^{n} [y_j \ln \hat p_j + (1 - y_j) \ln (1 - \hat p_j)]",
        caption=(
            "How far the predicted click probabilities of the last day's impressions are from "
            "what happened; most of it is chance that no model can take away, so that it is read "
            "against the oracle's and never against 0."
        ),
        unit="nats",
        higher_is_better=False,
        per_user=False,
    ),
    Metric(
        name="normalized_entropy",
        label="Normalised entropy",
        formula=(
            r"\frac{\mathrm{LogLoss}}"
            r"{-\bar y \ln \bar y - (1 - \bar y) \ln (1 - \bar y)}, \quad "
            r"\bar y = \text{click rate}"
        ),
        caption=(
            "LogLoss over that of predicting the click rate to everybody, so that 1 is knowing "
            "nothing of any impression; unlike LogLoss it may be compared over logs of other click "
            "rates, and like it, it never comes near 0."
        ),
        higher_is_better=False,
        per_user=False,
    ),
    Metric(
        name="calibration_ratio",
        label="Calibration",
        formula=r"\frac{\sum_j \hat p_j}{\sum_j y_j}",
        caption=(
            "Clicks predicted over clicks seen, 1 being right on average; too high for some and "
            "too low for others may cancel, and the order of the slate does not show in it."
        ),
        higher_is_better=None,
        per_user=False,
    ),
    Metric(
        name="ece",
        label="Calibration error",
        formula=r"\sum_{b=1}^{20} \frac{n_b}{n} \left| \bar p_b - \bar y_b \right|",
        caption=(
            "The mean distance of predicted and seen click rate over twenty bins of equally many "
            "impressions; noise alone keeps it above 0, and bins hide what cancels within them."
        ),
        higher_is_better=False,
        per_user=False,
    ),
    Metric(
        name="coverage",
        label="Catalogue coverage",
        formula=r"\frac{1}{|I|} \left| \bigcup_{u \in U} \{ s_1, s_2, \dots \} \right|",
        caption=(
            "The share of the catalogue that somebody of the panel is shown; it rises with the "
            "number of users, one showing counts like a thousand, and random slates do well."
        ),
        per_user=False,
    ),
    Metric(
        name="exposure_gini",
        label="Gini of exposure",
        formula=(
            r"\frac{2 \sum_{i=1}^{|I|} i \, n_{(i)}}{|I| \sum_i n_{(i)}} - \frac{|I| + 1}{|I|}, "
            r"\quad n_{(1)} \le n_{(2)} \le \dots \text{ times shown}"
        ),
        caption=(
            "How unequally the places are shared out to the catalogue, 0 for evenly and near 1 if "
            "few items take all; a panel with fewer places than the catalogue has items keeps it "
            "high whatever is shown, so that it is compared over one panel only."
        ),
        higher_is_better=False,
        per_user=False,
    ),
    Metric(
        name="novelty@10",
        label="Novelty@10",
        formula=(
            r"\frac{1}{10} \sum_{i=1}^{10} -\log_2 p(s_i), \quad "
            r"p(s) = \frac{\max(1, \text{users who clicked } s \text{ before})}{\text{users}}"
        ),
        caption=(
            "How far from common knowledge the items are, one bit more for each halving of the "
            "users who clicked them before; obscure is not yet surprising or welcome, and a random "
            "slate has much of it."
        ),
        unit="bits",
    ),
    Metric(
        name="diversity@10",
        label="Diversity@10",
        formula=r"\frac{2}{10 \cdot 9} \sum_{i < j \le 10} [1 - \cos(v_{s_i}, v_{s_j})]",
        caption=(
            "How different the items of a slate are, as 1 - cosine of their true vectors over all "
            "pairs; a user of one taste is served worse by it, and a random slate has much of it."
        ),
    ),
    Metric(
        name="freshness",
        label="Mean age",
        formula=r"\frac{1}{|s|} \sum_{i=1}^{|s|} [t_u - \mathrm{released}(s_i)]",
        caption=(
            "How long ago the items of the slate came out, lower being fresher; what users like "
            "of the new is already in true NDCG, and one very old item can outweigh nine new ones."
        ),
        unit="days",
        higher_is_better=None,
    ),
    *(
        Metric(
            name=f"p{q}",
            label=f"Latency p{q}",
            formula=rf"\min \{{ t : P(\text{{time of a request}} \le t) \ge {q / 100:g} \}}",
            caption=caption,
            unit="ms",
            higher_is_better=False,
            per_user=False,
            kind=Kind.MEASURED,
        )
        for q, caption in (
            (
                50,
                "Half of the requests are answered within it; it is silent on the slow half, and "
                "was read on this machine, one request at a time, without a queue.",
            ),
            (
                95,
                "Nineteen of twenty requests are answered within it; a page that needs several "
                "requests meets the slow ones far more often than that.",
            ),
            (
                99,
                "All but one of a hundred requests are answered within it; few requests decide "
                "it, and what else the machine was doing may have slowed them.",
            ),
        )
    ),
    Metric(
        name="memory",
        label="Index memory",
        formula=r"\text{bytes of the index} / 10^6",
        caption=(
            "What the index holds, vectors included, as its library reports it; models, features "
            "and the process around it come on top."
        ),
        unit="MB",
        higher_is_better=False,
        per_user=False,
        kind=Kind.MEASURED,
    ),
)

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _GLOSSARY}
"""Every figure of a report and every measured one, by name."""


def disagreements(differences: Mapping[str, Estimate]) -> list[tuple[str, str]]:
    """Pairs of figures of which one calls B clearly better than A and the other clearly worse.

    Clear is a difference whose interval leaves out 0. Each interval is taken at its own level:
    among twenty true zeros at 95% one will look clear.

    Parameters
    ----------
    differences : name of a metric -> B less A, paired
        Those without a better direction, and those whose interval is NaN, make no pair.

    Returns
    -------
    (better, worse), both in the order of `differences`.

    Raises
    ------
    ValueError : a name that is not in `METRICS`.
    """
    verdicts = {name: _verdict(name, difference) for name, difference in differences.items()}
    better = [name for name, verdict in verdicts.items() if verdict is True]
    worse = [name for name, verdict in verdicts.items() if verdict is False]
    return [(one, other) for one in better for other in worse]


def _verdict(name: str, difference: Estimate) -> bool | None:
    """Whether B is clearly better (True) or clearly worse (False); None: neither."""
    if name not in METRICS:
        raise ValueError(f"differences: {name!r} must be one of {', '.join(METRICS)}")
    upwards = METRICS[name].higher_is_better
    rises, falls = difference.low > 0, difference.high < 0
    if upwards is None or not (rises or falls):
        return None
    return rises == upwards
