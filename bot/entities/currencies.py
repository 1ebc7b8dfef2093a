"""What words and signs of money mean: ¥, 块, 蚊, quid, Rs, RM, ₱, KSh, ₦."""

import re

_DOLLARS = ("USD", "SGD", "HKD", "TWD", "AUD", "CAD", "NZD")
_YUAN = ("CNY", "HKD", "TWD", "SGD", "MOP")
_RUPEES = ("INR", "PKR", "LKR", "NPR", "MUR")
_PESOS = ("PHP", "MXN", "CLP", "COP")
_SHILLINGS = ("KES", "UGX", "TZS")

# The loan's own currency is meant when it is among these, else the first.
_SIGNS: dict[str, tuple[str, ...]] = {
    "¥": ("CNY", "JPY"), "$": _DOLLARS, "£": ("GBP",), "€": ("EUR",), "₹": ("INR",), "₱": ("PHP",), "₦": ("NGN",),
    "฿": ("THB",), "₫": ("VND",), "₩": ("KRW",), "৳": ("BDT",), "₵": ("GHS",),
}  # fmt: skip
_LETTERED_SIGNS: dict[str, tuple[str, ...]] = {
    "us$": ("USD",), "s$": ("SGD",), "hk$": ("HKD",), "nt$": ("TWD",), "a$": ("AUD",), "au$": ("AUD",),
    "c$": ("CAD",), "ca$": ("CAD",), "nz$": ("NZD",),
}  # fmt: skip
# Written before or after the figure.
_CODES: dict[str, tuple[str, ...]] = {
    **{code.lower(): (code,) for code in (
        "CNY", "USD", "SGD", "HKD", "TWD", "GBP", "EUR", "INR", "PHP", "MYR", "NGN", "KES", "UGX", "TZS", "GHS",
        "ZAR", "IDR", "THB", "VND", "JPY", "KRW", "AUD", "CAD", "NZD", "MOP", "PKR", "LKR", "NPR", "BDT", "MXN",
    )},
    "rmb": ("CNY",), "rm": ("MYR",), "rs": _RUPEES, "rp": ("IDR",), "ksh": ("KES",), "kshs": ("KES",),
    "ugsh": ("UGX",), "tsh": ("TZS",), "ntd": ("TWD",), "人民币": ("CNY",), "港币": ("HKD",), "新币": ("SGD",),
    "马币": ("MYR",), "台币": ("TWD",), "新台币": ("TWD",),
}  # fmt: skip
# Written after the figure; English ones may take an s.
_NAMES: dict[str, tuple[str, ...]] = {
    "yuan": ("CNY", "TWD"), "kuai": ("CNY",), "quid": ("GBP",), "dollar": _DOLLARS, "buck": _DOLLARS,
    "us dollar": ("USD",), "hong kong dollar": ("HKD",), "hk dollar": ("HKD",), "singapore dollar": ("SGD",),
    "sing dollar": ("SGD",), "taiwan dollar": ("TWD",), "pound": ("GBP",), "euro": ("EUR",), "rupee": _RUPEES,
    "peso": _PESOS, "ringgit": ("MYR",), "naira": ("NGN",), "shilling": _SHILLINGS, "bob": ("KES",),
    "rupiah": ("IDR",), "baht": ("THB",), "taka": ("BDT",), "cedi": ("GHS",), "rand": ("ZAR",),
}  # fmt: skip
_CHINESE_NAMES: dict[str, tuple[str, ...]] = {
    "美元": ("USD",), "美金": ("USD",), "美刀": ("USD",), "港元": ("HKD",), "港纸": ("HKD",), "英镑": ("GBP",),
    "欧元": ("EUR",), "日元": ("JPY",), "日币": ("JPY",), "韩元": ("KRW",), "新元": ("SGD",), "坡币": ("SGD",),
    "令吉": ("MYR",), "林吉特": ("MYR",), "卢比": _RUPEES, "比索": _PESOS, "披索": _PESOS, "泰铢": ("THB",),
    "印尼盾": ("IDR",), "越南盾": ("VND",), "澳元": ("AUD",), "加元": ("CAD",), "澳门元": ("MOP",), "葡币": ("MOP",),
}  # fmt: skip
_PIECES: dict[str, tuple[str, ...]] = {
    "元": _YUAN, "块": _YUAN, "圆": _YUAN, "蚊": ("HKD", "CNY", "MOP"), "刀": _DOLLARS,
}  # fmt: skip

_MEANINGS = _SIGNS | _LETTERED_SIGNS | _CODES | _NAMES | _CHINESE_NAMES | _PIECES


def _any_of(words: dict[str, tuple[str, ...]], *, chinese: bool = False) -> str:
    chosen = (word for word in words if word.isascii() is not chinese)
    return "|".join(re.escape(word) for word in sorted(chosen, key=len, reverse=True))


SIGN = f"[{''.join(_SIGNS)}]"
PREFIX = re.compile(
    rf"(?:(?P<sign>(?<![a-z])(?:{_any_of(_LETTERED_SIGNS)})|{SIGN})"
    rf"|(?<![a-z])(?P<code>{_any_of(_CODES)})\.?|(?P<word>{_any_of(_CODES, chinese=True)}))\s?$"
)
SUFFIX = re.compile(
    rf"\s?(?:(?P<word>{_any_of(_CODES | _CHINESE_NAMES, chinese=True)})"
    r"|(?P<zh>块(?!儿|地|土)|元|圆|蚊|刀)(?:钱|人民币)?整?"
    rf"|(?P<code>{_any_of(_CODES | _NAMES)})s?(?![a-z\d])(?:/[-=])?|(?P<sign>{SIGN})|/[-=])"
)


def currency_of(prefix: re.Match[str] | None, suffix: re.Match[str] | None, own: str) -> str:
    """Return the ISO 4217 code that the words around a figure name; ``own`` is the loan's, meant without a word."""
    named = suffix and (suffix["code"] or suffix["word"] or suffix["zh"] or suffix["sign"])
    if prefix and not (suffix and (suffix["code"] or suffix["word"])):
        named = prefix["sign"] or prefix["code"] or prefix["word"]
    if not named:
        return own
    meanings = _MEANINGS[named]
    return own if own in meanings else meanings[0]
