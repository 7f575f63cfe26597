"""The machine's clock as a journal tells it: docs/formats/README.md, "Clocks"."""

from datetime import datetime, timezone

SLACK = 300


def moment(seconds):
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M} UTC"


def exception(before, now):
    """What is on record before anything is done by a clock that went back."""
    return {
        0: 4,
        1: f"a clock not before {moment(before)}",
        2: f"the clock says {moment(now)}",
        3: "begun all the same, judged by the later clock",
    }


class Clock:
    """`latest` is the latest clock of any session, `now` this session's, and `closing` the later of both."""

    def __init__(self):
        self.latest = self.now = self.closing = 0
        self.owed = None

    def begin(self, clock):
        back = clock + SLACK < self.latest
        self.owed = exception(self.latest, clock) if back else None
        self.now, self.closing = clock, max(self.latest, clock)
        if not back:
            self.latest = self.closing

    def excuse(self, said):
        """From the next session on the clock counts as it is now."""
        if self.owed is not None and said == self.owed:
            self.owed, self.latest = None, self.now

    def read(self, clock):
        """Whether nobody set it back while the session is open."""
        stands = clock + SLACK >= self.now
        self.now, self.closing = max(self.now, clock), max(self.closing, clock)
        if self.owed is None:
            self.latest = max(self.latest, clock)
        return stands
