"""Rules that turn a ranking into a slate, one file each, one contract."""

from engine.rerankers.contract import Pool, RerankerConfig
from engine.rerankers.none import NoReranking
from engine.rerankers.rules import Rules

RERANKERS: dict[str, type[RerankerConfig]] = {kind.name: kind for kind in (NoReranking, Rules)}

__all__ = ["RERANKERS", "NoReranking", "Pool", "RerankerConfig", "Rules"]
