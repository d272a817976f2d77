"""Rankers put candidates in order. `RANKERS` maps names to classes, in ladder order."""

from engine.rankers.contract import (
    Contributions,
    Course,
    Examples,
    Ranker,
    RankerConfig,
    require_both_classes,
)
from engine.rankers.dcn import DCN
from engine.rankers.fm import FM
from engine.rankers.gbdt import GBDT
from engine.rankers.lambdarank import LambdaRank
from engine.rankers.logistic import Logistic
from engine.rankers.none import NoRanker
from engine.rankers.prior import Prior

RANKERS: dict[str, type[RankerConfig]] = {
    ranker.name: ranker for ranker in (NoRanker, Prior, Logistic, FM, GBDT, LambdaRank, DCN)
}

__all__ = [
    "DCN",
    "FM",
    "GBDT",
    "RANKERS",
    "Contributions",
    "Course",
    "Examples",
    "LambdaRank",
    "Logistic",
    "NoRanker",
    "Prior",
    "Ranker",
    "RankerConfig",
    "require_both_classes",
]
