"""What two operators type before a device takes an enrolment, a card or a wallet: docs/formats/README.md,
"Registrations"."""

from pathlib import Path

from digests import device_id, tagged
from parts import is_valid

A, B = 0, 1
OPERATOR = 4
TYPED = 4
FOLDER = Path(__file__).resolve().parents[2] / "docs/formats"
WORDS = [line.split() for line in (FOLDER / "words.txt").read_text().splitlines()]


def words(digest):
    return [WORDS[byte][place % 2] for place, byte in enumerate(digest)]


def answer(question, digest, nonce):
    """Some words of a digest, in a row, from a place that the session's nonce picks."""
    drawn = tagged("himuro/new-words", nonce, question.encode())
    first = int.from_bytes(drawn[:2], "big") % (len(digest) - TYPED + 1)
    return words(digest)[first : first + TYPED]


def pages(kind, body, digest, own, cards):
    """For each screen who types which question about which digest."""
    if kind == 1:
        return [[(B, f"enrolment-{body[3]}", device_id(body[5]))]]
    if kind == 2:
        return [[(A, f"card-{body[3]}", digest)]]
    members = body[7] if own in [member[0] for member in body[7]] else []
    unknown = [m for m in members if m[0] != own and m[4] not in cards]
    last = [(B, "wallet", digest)] if kind == 3 else [(A, "wallet-1", digest), (B, "wallet-2", digest)]
    return [[(A, f"card-{m[1]}", m[4])] for m in unknown] + [last]


def holds(pages, screens, answers, nonce):
    """Whether just so many screens were shown, and each question was answered by the right person."""
    if len(pages) != len(screens):
        return False
    for screen, page in zip(screens, pages):
        for seat, question, digest in page:
            typed = [a[2].lower().split() for a in answers if (a[0], a[1]) == (screen, seat)]
            if answer(question, digest, nonce) not in typed:
                return False
    return True


def seated(seats, officers, time, session):
    """Two people of the roster, each with the role of an operator, attend this very session."""
    if set(seats) < {A, B} or seats[A][2] == seats[B][2]:
        return False
    for body in (seats[A], seats[B]):
        officer = next((o for o in officers if o[0] == body[2]), None)
        if officer is None or OPERATOR not in officer[4] or not is_valid(officer, time):
            return False
        if (body[4], body[5], body[6]) != session:
            return False
    return True
