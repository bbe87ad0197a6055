"""The words by which two questions are compared: without those that any question has, and without their endings."""

import re
from collections.abc import Iterator

from conversations.search.folding import fold
from conversations.search.terms import Token
from conversations.search.tokens import MAX_LENGTH, RUNS, pairs

MAX_CHARACTERS, MAX_WORDS = 1_000, 40
"""Characters of a question that are read, and words that are compared."""
_HALF = MAX_CHARACTERS // 2
_ENGLISH = """
a about after again all also am an and another any anyone anything are aren as ask at be because been before being
best between both but by can cannot could couldn currently did didn do does doesn doing don done down during each
either else ever every explain few find first for from further get gets give go going good got had has hasn have
haven having he help her here him his hi hello how however i if in instead into is isn it its itself just know let
like ll make many may maybe me might mine more most much must my myself need never new next no nor not now of off
often on once one only or other our out over own people please possible question re s same say see shall she
should shouldn show so some somebody someone something still such sure t take tell than thank thanks that the their
them then there these they thing things think this those through to too try two under until up us use used using
ve very want was wasn way we well were what when where whether which while who whom whose why will with within
without won work works would wouldn yes yet you your yours
"""
_USUAL = frozenset(_ENGLISH.split())
"""Words that say little of what a question is about."""
_USUAL_SIGNS = (
    "的了吗呢吧啊呀是在我你您他她它们这那哪个么和与及或就都也很请把被给让从到对为以并而于之其些什谁几还又再才会"
)
_CHINESE = """
怎样 如何 可以 能否 能不 不能 需要 应该 应当 问题 一下 一个 一些 有没 没有 现在 时候 知道 告诉 解释
说明 帮忙 帮助 谢谢 你好 想要 想问 请问 为何 是否 多少 关于 因为 所以 如果 然后 还是 或者 以及 进行
使用 方法 办法 有关 通过 之后 之前
"""
_USUAL_PAIRS = frozenset(_CHINESE.split())
"""Chinese signs and pairs of signs of which the same is true."""
_SEVERAL = re.compile(r"(?:(?<=[^aeiou])y|ies|ied)$")
_ENDINGS = re.compile(r"(?:ations?|ings?|ed|ers?|es|s|e)$")
_SHORTEST = 4
"""Letters that are left of a word without its ending."""


def words_of(text: str) -> list[str]:
    """Return the words and the pairs of Chinese signs that a question is about, each once, in its order."""
    return list(dict.fromkeys(_all(fold(text[:MAX_CHARACTERS]))))[:MAX_WORDS]


def weights_of(text: str) -> dict[str, float]:
    """Return the words of a text, each with what it says of the subject: up to 1."""
    folded = fold(text if len(text) <= MAX_CHARACTERS else f"{text[:_HALF]} {text[-_HALF:]}")
    found: dict[str, float] = {}
    for run in RUNS.finditer(folded):
        if run.lastgroup == "ideographs":
            found |= {run[0]: _weight(run[0])} if len(run[0]) == 1 else {pair: _weight(pair) for pair in pairs(run[0])}
        elif run.lastgroup == "word":
            found |= dict.fromkeys(_words(run[0]), 1.0)
    heaviest = sorted((word for word in found if found[word]), key=lambda word: -found[word])
    return {word: found[word] for word in heaviest[:MAX_WORDS]}


def token_of(word: str) -> Token:
    """Return what the index is asked for: all that begins with a word's stem, or just this pair."""
    return Token(word, is_prefix=word.isascii() and len(word) >= _SHORTEST)


def is_pair(word: str) -> bool:
    """Return whether this is a piece of Chinese, of which a word has several."""
    run = RUNS.fullmatch(word)
    return run is not None and run.lastgroup == "ideographs"


def _all(folded: str) -> Iterator[str]:
    for run in RUNS.finditer(folded):
        if run.lastgroup == "word":
            yield from _words(run[0])
        elif run.lastgroup == "ideographs":
            yield from (pair for pair in pairs(run[0]) if _says_something(pair))


def _words(word: str) -> Iterator[str]:
    """Yield the stem of a word unless any question has it."""
    if word not in _USUAL and (len(word) > 1 or word.isdigit()):
        yield _stem(word[:MAX_LENGTH])


def _weight(signs: str) -> float:
    """Return what one or two Chinese signs say of a subject."""
    said = sum(sign not in _USUAL_SIGNS for sign in signs)
    return 0.0 if signs in _USUAL_PAIRS else (0.0, 0.3, 0.7)[said]


def _says_something(pair: str) -> bool:
    return pair not in _USUAL_PAIRS and not any(sign in _USUAL_SIGNS for sign in pair)


def _stem(word: str) -> str:
    """Return an English word without its ending, so that “resets” and “resetting” are one."""
    if not word.isascii() or not word.isalpha():
        return word
    stem = _ENDINGS.sub("", _SEVERAL.sub("i", word))
    if len(stem) < _SHORTEST:
        return word
    return stem[:-1] if len(stem) > _SHORTEST and stem[-1] == stem[-2] and stem[-1] not in "ls" else stem
