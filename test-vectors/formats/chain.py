"""The chain of block headers that a device follows, as docs/formats says. Linked, worked for, and left
for another only where that one has more work. Retargets are not computed again."""

import settlement

GIVEN_UP = 6
# Signet and regtest.
FREE = (2, 3)


def work(header):
    """Hashes that a block takes, on average; the block was worked for."""
    bits = int.from_bytes(header[72:76], "little")
    shift, mantissa = bits >> 24, bits & 0x7FFFFF
    target = mantissa << 8 * (shift - 3) if shift > 3 else mantissa >> 8 * (3 - shift)
    found = int.from_bytes(settlement.sha256d(header), "little")
    assert found <= target, "a header that was not worked for"
    return 2**256 // (target + 1)


def exception(left, tip, first):
    """What is on record before known blocks are left."""
    return {
        0: 6,
        1: f"block {first + left - 1} {tip[::-1].hex()}",
        2: f"{left} blocks from height {first} on are replaced",
        3: "the chain with more work is followed",
    }


class Chain:
    def __init__(self, checkpoint, network):
        self.height, self.free = checkpoint[0], network in FREE
        self.blocks, self.work = {self.height: checkpoint[1]}, {self.height: 0}
        self.times = {self.height: checkpoint[3]}

    def reached_by(self, clock):
        """The height of the chain by a clock: blocks ten minutes apart, from the one whose time is the median
        of the last eleven; by the headers alone where blocks cost nothing."""
        heights = range(max(self.height - 10, min(self.blocks)), self.height + 1)
        times = sorted(self.times[height] for height in heights)
        middle = self.height - (len(times) - len(times) // 2 - 1)
        since = max(clock - times[len(times) // 2], 0)
        return self.height if self.free else max(self.height, middle + since // 600)

    def follow(self, run, excepted):
        """Takes a run. `excepted` is the last exception of the session."""
        run, before = settlement.headers(run), None
        for height in sorted(run):
            assert before is None or run[height][4:36] == before, "headers that do not follow"
            before = settlement.sha256d(run[height])
        new = [h for h in sorted(run) if h >= min(self.blocks) and self.blocks.get(h) != settlement.sha256d(run[h])]
        assert max(run) >= self.height, "headers that end below the tip"
        if not new:
            return
        first = new[0]
        assert run[first][4:36] == self.blocks.get(first - 1), "headers of another chain"
        gained = {height: work(run[height]) for height in new}
        if first <= self.height:
            left = range(first, self.height + 1)
            assert len(left) <= GIVEN_UP, "more blocks left than may be"
            assert sum(gained.values()) > sum(self.work[h] for h in left), "a chain without more work"
            expected = exception(len(left), self.blocks[self.height], first)
            assert excepted == expected, "blocks left without the exception that says so"
        for height in new:
            self.blocks[height], self.work[height] = settlement.sha256d(run[height]), gained[height]
            self.times[height] = int.from_bytes(run[height][68:72], "little")
        self.height = max(run)
