"""The names a rulebook and people share: asset classes from the best to the worst, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

ASSET_CLASSES: Mapping[str, Mapping[str, str]] = {
    "normal": {"zh": "正常", "en": "normal"},
    "special_mention": {"zh": "关注", "en": "special mention"},
    "substandard": {"zh": "次级", "en": "substandard"},
    "doubtful": {"zh": "可疑", "en": "doubtful"},
    "loss": {"zh": "损失", "en": "loss"},
}

COMPONENTS: Mapping[str, Mapping[str, str]] = {
    "principal": {"zh": "本金", "en": "principal"},
    "interest": {"zh": "利息", "en": "interest"},
    "fee": {"zh": "费用", "en": "fees"},
    "penalty": {"zh": "罚息", "en": "penalties"},
}
