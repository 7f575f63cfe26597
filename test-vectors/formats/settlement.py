"""The proof that a transaction is in the chain, judged as docs/formats says (TRN06)."""

from hashlib import sha256

from psbt import Reader, transaction

CONFIRMATIONS = 6
CONFIRMED, CONFLICTING, SPENT = 0, 1, 2


def sha256d(data):
    return sha256(sha256(data).digest()).digest()


def headers(run):
    """The headers of a run by their heights."""
    first, joined = run[0], run[1]
    assert len(joined) % 80 == 0, "headers have 80 bytes each"
    return {first + at // 80: joined[at : at + 80] for at in range(0, len(joined), 80)}


def without_witnesses(data):
    """A transaction as its id covers it."""
    reader = Reader(data)
    reader.take(4)
    if data[4:6] != b"\0\1":
        return data
    reader.take(2)
    for _ in range(reader.compact()):
        reader.take(36), reader.sized(), reader.take(4)
    for _ in range(reader.compact()):
        reader.take(8), reader.sized()
    return data[:4] + data[6 : reader.at] + data[-4:]


def root(leaf, position, path):
    """The root over a leaf; none where the tree has no such place."""
    for at in range(0, len(path), 32):
        beside = path[at : at + 32]
        leaf = sha256d(beside + leaf if position & 1 else leaf + beside)
        position >>= 1
    return leaf if position == 0 else None


def judge(settlement, blocks, register):
    """What a proof settles: {transaction: settled set}. `blocks` are the hashes that the device has
    accepted; of `register` each value is (unsigned transaction or none, coins)."""
    chain, before, settled = headers(settlement[1]), None, {}
    for height in sorted(chain):
        assert before is None or chain[height][4:36] == before, "headers that do not follow"
        before = sha256d(chain[height])
    last = max(chain)
    assert blocks.get(last) == before, "headers of another chain"
    for spend in settlement[2]:
        height, data, position, path = (spend[key] for key in range(4))
        plain = without_witnesses(data)
        assert len(plain) != 64, "a transaction that can be a node"
        assert height in chain and last - height >= CONFIRMATIONS, "too few headers on top"
        assert root(sha256d(plain), position, path) == chain[height][36:68], "another root"
        tx = transaction(data)
        spent, touched = {outpoint for outpoint, _ in tx[1]}, 0
        for digest, (unsigned, coins) in register.items():
            if spent & coins:
                touched += 1
                how = SPENT if unsigned is None else CONFIRMED if unsigned == tx else CONFLICTING
                set_ = {0: digest, 1: how, 2: sha256d(plain), 3: height}
                settled.setdefault(digest, set_)
        assert touched, "a transaction that settles nothing"
    return settled
