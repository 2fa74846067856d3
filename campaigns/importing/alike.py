"""Whether two customers may be the same by name and company: never sure, so always told.

Whom a customer is compared with goes by a block: the beginning of the company without what all
companies have (有限公司, Inc, 市), and the first letters of the name. Within it names and companies
are compared by RapidFuzz, each by itself, and the less alike of the two counts.
"""

import re
import unicodedata
from functools import lru_cache

from rapidfuzz import fuzz

LONGEST_BLOCK = 24
_SUFFIXES = (  # the longer ones first
    *("股份有限公司", "有限责任公司", "集团有限公司", "控股有限公司", "科技有限公司", "有限公司"),
    *("责任公司", "股份公司", "分公司", "公司", "集团", "工厂", "商行", "经营部"),
)
_LEGAL = frozenset(
    (
        *("inc", "incorporated", "llc", "ltd", "limited", "corp", "corporation", "co", "company"),
        *("plc", "gmbh", "ag", "kg", "ug", "sa", "sas", "sarl", "srl", "spa", "bv", "nv", "oy"),
        *("ab", "as", "aps", "pty", "pte", "kk", "holding", "holdings", "group", "the"),
    )
)
_PLACES = re.compile(r"(?<=[\u4e00-\u9fff]{2})[省市县区](?=[\u4e00-\u9fff]{2})")
_TITLES = ("先生", "女士", "小姐", "经理", "总监", "老师", "总")
_NO_LETTERS = re.compile(r"[\W_]+")
_HAN = re.compile(r"[\u3400-\u9fff]")


@lru_cache(maxsize=8192)
def company_core(company: str) -> str:
    """What tells a company from others: without its form, its place's rank, blanks and marks."""
    words = _NO_LETTERS.split(_folded(company).replace(".", ""))
    text = " ".join(word for word in words if word and word not in _LEGAL)
    if not _HAN.search(text):
        return text
    text = text.replace(" ", "")
    ending = next((s for s in _SUFFIXES if text.endswith(s) and len(text) > len(s) + 1), "")
    return _PLACES.sub("", text.removesuffix(ending))


def name_core(name: str) -> str:
    """A name without titles and marks; of letters, its words in their order of the alphabet."""
    words = [word for word in _NO_LETTERS.split(_folded(name)) if word]
    text = "".join(words)
    if not _HAN.search(text):
        return " ".join(sorted(words))
    title = next((t for t in _TITLES if text.endswith(t) and len(text) > len(t) + 1), "")
    return text.removesuffix(title)


def block_of(name: str | None, company: str | None) -> str | None:
    """The block that a customer is in; None: without name or company there is nothing to go by."""
    if not name or not company:
        return None
    who, firm = name_core(name), company_core(company)
    if not who or not firm:
        return None
    initials = who[0] if _HAN.search(who) else "".join(word[0] for word in who.split()[:4])
    return f"{firm.replace(' ', '')[:4]}|{initials}"[:LONGEST_BLOCK]


def likeness(name: str, company: str, other_name: str, other_company: str) -> float:
    """From 0 to 1."""
    names = fuzz.ratio(name_core(name), name_core(other_name))
    firms = fuzz.ratio(company_core(company), company_core(other_company))
    return float(min(names, firms)) / 100


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
