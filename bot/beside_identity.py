"""What a message says beside the characters of an ID: "I need more time, 6055" is a request too."""

from __future__ import annotations

import re

MARK = "[ID]"
_ABOUT_IT = re.compile(
    r"\[ID\]"
    r"|(?:我的?)?(?:身份证|证件)?(?:号码?)?的?(?:尾号|尾数|(?:最后|[后末尾])(?:四|4|几)位数?)(?:数字|号码?)?(?:就?是|为)?"
    r"|(?:我的?)?(?:身份证|证件)(?:号码?)?(?:就?是|为)?"
    r"|\b(?:my )?(?:(?:id|ic|nric|aadhaar|identity)(?: card)?(?: (?:number|no|digits))?\.? ?)?"
    r"(?:(?:the )?(?:last|final) (?:four|4)(?: (?:digits?|characters?|numbers?))?(?: of my (?:id|ic|nric|aadhaar))?"
    r"|ending|ends)(?: (?:in|with|is|are))?\b"
    r"|\bmy (?:id|ic|nric|aadhaar)(?: (?:number|no))?(?: is)?\b"
)
_SAYS_SOMETHING = re.compile(r"[\u4e00-\u9fff]{2}|[a-z]{2}")


def beside_identity(text: str) -> str | None:
    """Return the rest of a normalised text in which `[ID]` stands for the characters; None when nothing is left."""
    if MARK not in text:
        return None
    rest = _ABOUT_IT.sub(" ", text)
    return " ".join(rest.split()).strip(" ,，.。;；:：、!！-") if _SAYS_SOMETHING.search(rest) else None
