"""Unified social credit code 统一社会信用代码, GB 32100-2015.

18 characters out of 31 (no I, O, S, V, Z): registering authority, kind of organisation, six digits of the
administrative division, nine of the organisation code (GB 11714, with its own check character), one check
character: weights 3^(i−1) mod 31.
"""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))

_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def check_character(body: str) -> str:
    """The 18th character for the first 17. Raises KeyError for a character outside the alphabet."""
    total = sum(_VALUES[character] * weight for character, weight in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def organisation_check_character(body: str) -> str:
    """The 9th character of an organisation code for its first 8 (GB 11714)."""
    total = sum(
        _ORGANISATION_ALPHABET.index(character) * weight
        for character, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True)
    )
    rest = (11 - total % 11) % 11
    return "X" if rest == 10 else str(rest)


def is_valid(uscc: str) -> bool:
    """Whether length, alphabet and both check characters are right."""
    if len(uscc) != 18 or any(character not in _VALUES for character in uscc):
        return False
    organisation_right = organisation_check_character(uscc[8:16]) == uscc[16]
    return organisation_right and check_character(uscc[:17]) == uscc[17]


def make_uscc(*, division: str, serial: int, authority: str = "93") -> str:
    """A valid code for a made-up organisation: ``division`` six digits, ``serial`` below 10^8.

    ``authority`` "93" = agriculture, co-operative; "91" = market regulation, enterprise.
    """
    assert len(division) == 6
    assert 0 <= serial < 10**8
    organisation = f"{serial:08d}"
    body = f"{authority}{division}{organisation}{organisation_check_character(organisation)}"
    return body + check_character(body)
