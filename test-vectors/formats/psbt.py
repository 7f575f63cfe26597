"""As much of PSBT (BIP-174, BIP-370) as the transaction digest needs."""

from digests import tagged


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        self.at += count
        assert self.at <= len(self.data), "ends too early"
        return self.data[self.at - count : self.at]

    def compact(self):
        low = self.take(1)[0]
        return low if low < 253 else int.from_bytes(self.take(2 << (low - 253)), "little")

    def sized(self):
        return self.take(self.compact())


def maps(data):
    """The maps of a PSBT, as dictionaries from whole keys to values."""
    reader, found = Reader(data), []
    assert reader.take(5) == b"psbt\xff"
    while reader.at < len(data):
        records = {}
        while key := reader.sized():
            records[key] = reader.sized()
        found.append(records)
    return found


def transaction(data):
    """Version, inputs (outpoint, sequence), outputs (amount with script), lock time."""
    reader = Reader(data)
    version, inputs, outputs = reader.take(4), [], []
    if data[4:6] == b"\0\1" and len(data) > 10:
        reader.take(2)
    for _ in range(reader.compact()):
        outpoint = reader.take(36)
        reader.sized()
        inputs.append((outpoint, reader.take(4)))
    for _ in range(reader.compact()):
        outputs.append((reader.take(8), reader.sized()))
    return version, inputs, outputs, data[-4:]


def unsigned(records):
    """The unsigned transaction of a PSBT of version 0 or 2 whose inputs require no lock time."""
    top = records[0]
    if b"\0" in top:
        return transaction(top[b"\0"])
    count = Reader(top[b"\4"]).compact()
    inputs = [(i[b"\x0e"] + i[b"\x0f"], i.get(b"\x10", b"\xff" * 4)) for i in records[1 : 1 + count]]
    outputs = [(o[b"\3"], o[b"\4"]) for o in records[1 + count :]]
    return top[b"\2"], inputs, outputs, top.get(b"\3", bytes(4))


def tx_digest(data):
    def u32(number):
        return number.to_bytes(4, "little")

    def output(amount, script):
        return amount + u32(len(script)) + script

    records = maps(data)
    version, inputs, outputs, lock_time = unsigned(records)
    parts = [version, lock_time, u32(len(inputs))]
    for (outpoint, sequence), record in zip(inputs, records[1:]):
        spent = transaction(record[b"\0"])[2][int.from_bytes(outpoint[32:], "little")]
        parts += [outpoint, sequence, output(*spent)]
    parts += [u32(len(outputs))] + [output(*o) for o in outputs]
    return tagged("himuro/tx", *parts)


def proprietary(subtype, key_data=b""):
    return b"\xfc\x06himuro" + bytes([subtype]) + key_data
