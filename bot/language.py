"""Which of the two languages a borrower is writing in."""

import re
from typing import Literal

Language = Literal["zh", "en"]

_IGNORED = re.compile(
    r"\[(?:PHONE|EMAIL|CARD|ID|NAME)\]|https?://\S{1,500}|\S{1,64}@\S{1,255}", re.IGNORECASE
)
_HAN = re.compile(r"[㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff]")
_WORD = re.compile(r"[a-zÀ-ɏ]+(?:['’][a-z]+)?")

# Said in either language, so they tell us nothing.
_SHARED_WORDS = frozenset(
    "ok okay okey k hi hey hello bye yes no yep nope sorry thanks thx ty pls lol haha hahaha hmm oh ah "
    "app vip td wechat whatsapp telegram alipay sms id pdf rmb cny usd bro boss".split()
)
# English grammar; words that are also pinyin syllables (can, me, he, she, you, men, long) are left out.
_ENGLISH_GRAMMAR = frozenset(
    "i i'm i've i'll i'd my mine we our your is are was were am be been the a of to for from in on at by with "
    "and or but not don't can't cannot won't didn't haven't isn't it it's this that these those have has had "
    "do does did will would could should may might what when where which who why how if please want need "
    "pay paid already after before until next".split()
)
_CHINESE_GRAMMAR = re.compile(
    r"[我你您他她咱的了是吗呢吧啊嗎係唔喺嘅能可想要不没沒在有就还還给給这這那怎什么麼会會]"
)

# English words that happen to be spelled like pinyin.
_ENGLISH_LOOKALIKES = frozenset(
    "change date late more use one none done gone fine time name same sale make take sure human manage pause "
    "woman someone minute arrange finance ease line bake sane rude cheque debate donate renegade agenda".split()
)
_SYLLABLES = (
    r"[bpm](?:a|o|ai|ei|ao|an|en|ang|eng|i|ie|iao|ian|in|ing|u)|m(?:e|ou|iu)|pou|"
    r"f(?:a|o|ei|ou|an|en|ang|eng|u)|"
    r"[dtnl](?:a|e|ai|ao|ou|an|ang|eng|ong|i|ie|iao|ian|ing|u|uo|uan)|[dt]u[in]|[dnl]ei|[dnl]iu|"
    r"[nl](?:in|iang|v|ve|ue|un)|[nd]en|lia|"
    r"[gkh](?:a|e|ai|ei|ao|ou|an|en|ang|eng|ong|u|ua|uo|uai|ui|uan|un|uang)|"
    r"[jqx](?:i|ia|ie|iao|iu|ian|in|iang|ing|iong|u|ue|uan|un)|"
    r"(?:zh|ch|sh)(?:a|e|i|ai|ei|ao|ou|an|en|ang|eng|u|ua|uo|uai|ui|uan|un|uang)|[zc]hong|"
    r"[zcs](?:a|e|i|ai|ei|ao|ou|an|en|ang|eng|ong|u|uo|ui|uan|un)|"
    r"r(?:e|i|ao|ou|an|en|ang|eng|ong|u|uo|ui|uan|un)|"
    r"w(?:a|o|ai|ei|an|en|ang|eng|u)|y(?:a|e|i|ao|ou|an|in|ang|ing|ong|u|ue|uan|un)|"
    r"an|ang|ai|ao|en|er|ou|e|a"
)
_PINYIN_WORD = re.compile(rf"(?:{_SYLLABLES}){{1,4}}")


def detect_language(text: str, previous: str | None) -> Language:
    """Return ``"zh"`` or ``"en"`` for one message; the same input always gives the same answer.

    ``previous`` is the language of the conversation so far (or the one in the loan book). It decides when
    the message does not: emoji, numbers, "ok", pinyin, and messages in which both grammars appear.
    Without it, pinyin and letterless messages count as Chinese.
    """
    text = _IGNORED.sub(" ", text)
    han = len(_HAN.findall(text))
    words = [word.replace("’", "'") for word in _WORD.findall(text.lower())]
    telling = [word for word in words if len(word) > 1 and word not in _SHARED_WORDS]
    english = sum(word in _ENGLISH_GRAMMAR for word in words)

    if han:
        return _mixed(text, han, len(telling), english, previous)
    if not words or all(len(word) == 1 and word != "i" for word in words):
        return _or(previous, "zh")
    if not telling and not english:
        return _or(previous, "en")
    if not english and telling and all(map(_is_pinyin, telling)):
        return _or(previous, "zh")
    return "en"


def _mixed(text: str, han: int, latin: int, english: int, previous: str | None) -> Language:
    """Decide for a text with Chinese characters, by grammar first and by share second."""
    if not latin and not english:
        return "zh"
    share = 10 * han // (han + latin)
    chinese = _CHINESE_GRAMMAR.search(text) is not None
    if chinese and not english:
        return "zh"
    if english >= 2 and not chinese:
        return "en"
    if share >= 6:
        return "zh"
    if share <= 2:
        return "en"
    return _or(previous, "zh" if share >= 4 else "en")


def _or(previous: str | None, default: Language) -> Language:
    if previous == "zh":
        return "zh"
    if previous == "en":
        return "en"
    return default


def _is_pinyin(word: str) -> bool:
    return len(word) <= 24 and word not in _ENGLISH_LOOKALIKES and _PINYIN_WORD.fullmatch(word) is not None
