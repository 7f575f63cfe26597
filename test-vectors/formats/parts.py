"""Who broadcasts a transfer, whose turn it is to operate, and who is its witness: docs/formats/README.md,
"People of a session that signs"."""

OPERATOR_SEATS = (0, 1)
WITNESS_SEAT = 2
WITNESS, BROADCASTER = 5, 8


def is_valid(officer, time):
    """The entry has begun by the headers, and not ended by the later of headers and clock."""
    return officer[6] <= time[0] and time[1] <= officer[7]


def holds(roster, who, role, time):
    """The roster's entry has this role at this time."""
    officer = next((o for o in roster[4] if o[0] == who), None)
    return officer is not None and role in officer[4] and is_valid(officer, time)


class Duty:
    """Sessions in a row of whoever operated the last one that signed."""

    def __init__(self):
        self.now, self.before = {}, {}

    def stayed(self, operators, goes_on, most):
        """Who would operate more than `most` in a row."""
        last = self.before if goes_on else self.now
        return [who for who in operators if most is not None and last.get(who, 0) >= most]

    def turn(self, operators, goes_on):
        if goes_on:
            self.now |= {who: self.before.get(who, 0) + 1 for who in operators}
        else:
            self.before = self.now
            self.now = {who: self.before.get(who, 0) + 1 for who in operators}


class Witnesses:
    """Who sits as witness in a session, and who has signed for it."""

    def __init__(self):
        self.seated, self.signed = [], []

    def sit(self, who):
        self.seated.append(who)

    def sign(self, who):
        """Whether this witness sits here and has not signed yet."""
        due = who in self.seated and who not in self.signed
        self.signed.append(who)
        return due

    def all_signed(self):
        return set(self.seated) <= set(self.signed)
