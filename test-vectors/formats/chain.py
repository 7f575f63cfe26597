"""The chain of block headers that a device follows, as docs/formats says. Linked, worked for, and left
for another only where that one has more work. Retargets are not computed again."""

import settlement

GIVEN_UP = 6


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
    def __init__(self, height, block):
        self.height = height
        self.blocks, self.work = {height: block}, {height: 0}

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
        self.height = max(run)
