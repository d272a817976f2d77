"""Models that put candidates in order, one file each, one contract."""

from engine.rankers.contract import Contributions, Ranker, RankerConfig
from engine.rankers.gbdt import GBDT
from engine.rankers.logistic import Logistic
from engine.rankers.none import NoRanker

RANKERS: dict[str, type[RankerConfig]] = {kind.name: kind for kind in (NoRanker, Logistic, GBDT)}

__all__ = ["GBDT", "RANKERS", "Contributions", "Logistic", "NoRanker", "Ranker", "RankerConfig"]
