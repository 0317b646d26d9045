"""How things are said: what a frightened, half-asleep person gets wrong (clinical.md 3.3; properties P27, P28).

Length, forbidden words and telephone numbers are refused when dialogs are loaded, see `loading.wording`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from voice_skill.dialog.model import Dialogs
from voice_skill.loading.places import REGIONS, Problem, Text, texts
from voice_skill.review.findings import Finding

__all__ = ["wording"]

_NEGATION = re.compile(r"\b(?:no|not|never|none|nothing|nobody|without|neither|nor|cannot|\w+n't)\b")
_CLAUSE = re.compile(r"[,;:.?!…]|\b(?:and|or|but|so|because|if|when|that)\b")
_NOT_UN = re.compile(r"\bnot un\w{4,}")
_IF = re.compile(r"\bif\b")
_ELSE = re.compile(r"(?:or else|else|otherwise|if not)\b")
_NUMBER = r"(?:half|a half|one|two|three|four|five|six|eight|ten|twenty|hundred|thousand)"
_UNITS = r"(?:tablets?|pills?|capsules?|grams?|grammes?|drops?|doses?|teaspoons?|millilit(?:re|er)s?|units?)"
_FORBIDDEN = (
    (
        re.compile(rf"\b{_NUMBER}\s+(?:\w+\s+)?{_UNITS}\b|\bdose of\b"),
        "names a dose (P28); say: ask a pharmacist",
    ),
    (re.compile(r"\bper ?cent\b|%"), "gives a percentage; say it in plain words (3.3)"),
    (re.compile(r"\b(?:hurry up|come on|calm down|you should have)\b"), "rushes or scolds; say what to do (3.3)"),
    (
        re.compile(
            r"\b(?:flexion|extension|dorsiflex\w*|supine|prone|palpat\w*|o?edema|thrombosis|isch[ae]+mi\w*"
            r"|contraction|hamstring flexion|symptoms?)\b"
        ),
        "is a clinician's word; name the part of the body, or what it feels like (3.3)",
    ),
)
_ASKS = ("ask", "other_words", "noinput", "nomatch", "assist", "followup")
"""Keys under which something is put to the person as a question."""
_NOT_ONE_BY_ONE = re.compile(
    r"\d|\b(?:ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand"
    r"|double|triple)\b"
)


def wording(dialogs: Dialogs) -> Iterator[Finding]:
    """Everything that is said in a way that misleads."""
    for text in texts(dialogs):
        for fault in _faults(text):
            yield Finding(Problem(text.file, text.place, fault))
    for code, region in dialogs.regions.items():
        for key, number in (("emergency", region.emergency), ("urgent", region.urgent)):
            if found := _NOT_ONE_BY_ONE.search(number.lower()):
                fault = f'"{number}" holds "{found[0]}"; write each digit as a word, for it is spoken one by one'
                yield Finding(Problem(REGIONS, ("regions", code, key), fault))


def _faults(text: Text) -> Iterator[str]:
    asks = any(key in text.place for key in _ASKS)
    for sentence in text.sentences:
        plain = sentence.lower()
        negations = [_NEGATION.findall(clause) for clause in _CLAUSE.split(plain)]
        doubled = next((" … ".join(found) for found in negations if len(found) > 1), "")
        if doubled or _NOT_UN.search(plain):
            yield f'"{sentence}" negates twice{f" ({doubled})" if doubled else ""}; say it the other way round (P27)'
        if asks and sentence.endswith("?") and any(negations):
            yield f'"{sentence}" asks with a negation; what would "no" mean? Ask it the other way round (P27)'
        for pattern, fault in _FORBIDDEN:
            if found := pattern.search(plain):
                yield f'"{found[0]}" {fault}'
    for before, after in pairwise(text.sentences):
        if _IF.search(before.lower()) and _ELSE.match(after.lower()):
            yield f'"{before} {after}" says if and else; tell each person one thing (P27)'
