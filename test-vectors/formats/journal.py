"""A transcript read by somebody who has only docs/formats.

    journal.py docs/formats TRANSCRIPT ROOT-DIGEST IDENTITY-KEY

Root digest and identity key (hexadecimal) are what an auditor trusts from outside. Checked are the
grammar of every entry and of every artefact in it, the chain, every COSE signature by the keys that
root, the roster of that moment and enrolments vouch for, that each roster and each policy follows the one
before it, that a risk checker signed each policy, that receipts name who attended and keep operators of
several devices apart, that two operators typed the words of every enrolment, co-signer's card and wallet
in a registration and of every policy, that a session that signs or destroys installs nothing but headers, every seal, every Bitcoin signature under its intent, that keys
were announced before they were made, that the device's cards hold these keys and no others, every
proof of possession, that keys end only after a retirement of their wallet, all of them, that no two
signatures of the device share an r value, and that a journal leaps only to the anchor of a signed
recovery of this device, whose receipts are not ahead of it, that an HSM is replaced only by one that
proved every key since the old one was used, by a signed order, and again in that session, that no older card
of a co-signer is taken after a newer one, that every
session was told how many released signatures are open, that each of them that was settled was
settled by a transaction in the chain, that known blocks were left only for others with more work, that
what was cut goes on with its own intent and PSBT or not at all, each signature of it made once, that
no session's clock was set back, that nothing is done before a clock that went back is on record, and that what
ends ends at the later of headers and clock.
Screens, rule reports and sighashes are not computed again: for that there is signer-core's replay.
"""

import sys
from pathlib import Path

import cbor
import compared
import digests
import parts
import psbt
import settlement
from cddl import Grammar, Mismatch
from chain import Chain
from clock import Clock
from ecdsa import SECP256k1

GENESIS, OPENED, INSTALLED, GENERATED, ATTENDED, INTAKE = 0, 1, 2, 3, 4, 5
REPORTED, SHOWN, ANSWERED, REFUSAL = 6, 8, 9, 13
INTENT, RESULT, RECEIPT, CLOSED, SEALED = 10, 11, 12, 17, 18
INTENDED, DISCARDED, EXCEPTION = 20, 21, 16
PROVEN, DESTROYING, DESTROYED, ANNOUNCED, RECOVERED, REPLACED, SETTLED = 23, 24, 25, 26, 27, 30, 31
WITNESSED = 32
BACKUP, REPLACE, SETTLE = 11, 17, 18
SIGNED = 1
REFUSED = 2
BEHIND, BLANK = 1, 2
POLICY_ADMINISTRATOR, RISK_CHECKER, RECOVER = 6, 1, 13
REQUEST_FIELD, APPROVAL_FIELD, RECEIPT_FIELD = 0x01, 0x02, 0x10
SIGN, DESTROY, RESUME, SWEEP = 6, 8, 9, 19
COMMISSION, REGISTER, POLICY = 0, 2, 4
MAKES_CARDS = (0, 1, 7)
EMERGENCY = 3
RECHECKED = 19
# Where an entry says what the machine's clock said.
CLOCKS = {INSTALLED: 2, INTAKE: 3, RECHECKED: 3}
# What may stand before the exception of a clock that went back: screens, answers, a refusal, an abort, PINs, the end.
BEFORE_IT = {OPENED, SHOWN, ANSWERED, REFUSAL, 14, 15, EXCEPTION, CLOSED, SEALED, 29}
ACTS = {INSTALLED, GENERATED, ATTENDED, INTAKE, INTENT, INTENDED, PROVEN, DESTROYING, RECOVERED, SETTLED}
ARTEFACTS = [
    "endorsed-roster",
    "endorsed-enrolment",
    "signed-device-card",
    "endorsed-wallet-record",
    "endorsed-wallet-record",
    "endorsed-policy",
    "header-run",
    "endorsed-retirement",
    "endorsed-roster",
    "signed-recovery-cancellation",
    "signed-freeze",
    "endorsed-thaw",
]
ROSTER, WAITING, CANCELLATION, HEADERS = 0, 8, 9, 6
REGISTERED = (1, 2, 3, 4)


def require(holds, what):
    assert holds, f"transcript: {what}"


class Journal:
    """What the entries read so far vouch for."""

    def __init__(self, grammar, root, identity):
        self.grammar, self.root, self.identity = grammar, root, identity
        self.keys = {digests.key_id(identity): identity}
        self.officers, self.roster, self.roster_digest = {}, None, None
        self.waiting, self.chain, self.excepted, self.frozen = None, None, None, None
        self.sweep, self.cut, self.resumes, self.clock = None, {}, None, Clock()
        self.pinned = self.psbt = self.outcome = None
        self.intent, self.spends = {}, {}
        self.wallet_keys, self.announced, self.card = {}, {}, None
        self.last, self.count, self.session = bytes(32), 0, 0
        self.seals = self.signatures = self.proofs = 0
        self.r_values = {}
        self.device = digests.device_id(identity)
        self.nonce, self.recovering, self.begun = None, False, 0
        self.read, self.refused = False, []
        self.ceremony, self.policy = None, (-1, None)
        self.records, self.seats, self.thresholds = {}, {}, {}
        self.attends, self.screens, self.answers, self.cards = {}, [], [], set()
        self.wallets, self.retired, self.ending, self.gone = {}, {}, [], set()
        self.hsm, self.generation, self.whole = None, 0, {}
        self.hsm_now, self.replacing = None, False
        self.newest, self.elsewhere = {}, set()
        self.open, self.settled, self.untold = {}, set(), False
        self.ends, self.lost = {}, []
        self.duty, self.witnesses, self.called_for = parts.Duty(), parts.Witnesses(), {}

    @property
    def height(self):
        return self.chain.height

    @property
    def time(self):
        """What begins by the first height has begun; what ends before the second one has ended."""
        return self.chain.height, self.chain.reached_by(self.clock.closing)

    def take(self, entry, data):
        self.grammar.check("entry", entry)
        prev, sequence, session, (kind, fields) = entry
        content = fields[0]
        place, number = self.count, self.session + (kind == OPENED)
        if kind == OPENED:
            self.ends[self.session] = self.last
        if kind == RECOVERED:
            place = number = max(self.count, content[1][2])
            self.lost.append(range(self.session, number))
        require((prev, sequence) == (self.last, place), f"entry {sequence} does not follow")
        require((kind == GENESIS) == (sequence == 0), f"entry {sequence}: genesis")
        require(session == number, f"entry {sequence}: session")
        self.session = session
        self.count = place
        if kind in CLOCKS:
            self.reads_clock(content[CLOCKS[kind]])
        require(not self.untold or kind not in ACTS, "people who were not told what is open")
        recorded = self.clock.owed is None or kind in BEFORE_IT
        require(recorded, "a clock that went back, without the exception that says so")
        handlers = {
            GENESIS: self.born,
            INSTALLED: self.installed,
            INTENDED: self.keys_intended,
            GENERATED: self.keys_generated,
            DISCARDED: self.keys_discarded,
            ATTENDED: self.attended,
            SHOWN: lambda shown: self.screens.append(shown[0]),
            ANSWERED: self.answers.append,
            RECEIPT: self.receipt,
            INTAKE: self.taken_in,
            INTENT: self.intended,
            RESULT: self.made,
            OPENED: self.opened,
            PROVEN: self.proven,
            DESTROYING: self.destroying,
            DESTROYED: self.destroyed,
            RECOVERED: self.goes_on,
            REPLACED: self.replaced,
            ANNOUNCED: self.told,
            WITNESSED: self.witnessed,
            SETTLED: self.settle,
            REPORTED: self.reported,
            REFUSAL: lambda refusal: self.refuses([refusal]),
            EXCEPTION: self.except_,
            CLOSED: self.closed,
            SEALED: self.sealed,
        }
        handlers.get(kind, lambda _: None)(content)
        self.last, self.count = digests.sha256(data).digest(), self.count + 1

    def born(self, genesis):
        digest = digests.tagged("himuro/root", cbor.dumps(genesis[0]))
        require(digest == self.root, "another root than the one that is trusted")
        require(genesis[3] == self.identity, "another device than the one that is trusted")
        self.pinned, self.chain = genesis[0][3], Chain(genesis[0][2], genesis[0][1][0])
        self.hsm, self.generation = genesis[4], genesis[5]

    def artefact(self, rule, data, brought=()):
        """Grammar and signatures of an artefact; its body and its digest."""
        item = cbor.loads(data)
        self.grammar.check(rule, item)
        keys = self.keys | self.officers | {digests.key_id(key): key for key in brought}
        return body_of(rule, item), digests.artefact_digest(rule, data, keys)

    def installed(self, installed):
        rule, data = ARTEFACTS[installed[0]], installed[1]
        require(self.ceremony != REPLACE, "an artefact in a session that replaces")
        item = cbor.loads(data)
        self.grammar.check(rule, item)
        uses = self.ceremony in (SIGN, SWEEP, DESTROY, RESUME)
        require(rule == "header-run" or not uses, "an artefact in the session that uses it")
        if rule == "header-run":
            self.chain.follow(item, self.excepted)
            self.excepted = None
            return
        require(self.ceremony != SETTLE, "an artefact in a session that settles")
        brought = self.brought(rule, body_of(rule, item))
        body, digest = self.artefact(rule, data, brought)
        if installed[0] in REGISTERED:
            self.registers(installed[0], body, digest)
        if rule == "endorsed-roster":
            self.next_roster(body, digest, item, installed[0])
        elif rule == "signed-freeze":
            require(self.frozen is None, "a second freeze")
            require((body[3], body[4], body[5]) == (self.device, self.session, self.nonce), "another freeze")
            self.frozen = digest
        elif rule == "endorsed-thaw":
            require(self.frozen is not None and body[4] == self.frozen, "a thaw of another freeze")
            signers = {cbor.loads(sign1.value[0])[4] for sign1 in item[1]}
            require(signers <= self.acting(), "a thaw signed by who is no administrator")
            require(len(signers) >= self.roster[5], "a thaw without its quorum")
            self.frozen = None
        elif rule == "signed-recovery-cancellation":
            self.cancelled(body, item)
        elif rule == "endorsed-enrolment":
            self.trust([body[5]])
        elif rule == "signed-device-card":
            digests.check_possession(body)
            if body[5] == self.identity:
                self.own_card(body, digest)
            else:
                self.follows(body)
        elif rule == "endorsed-wallet-record":
            pools = [c[3] for c in body[7] if c[0] == self.identity]
            if not pools:
                require(digest == self.sweep, "a wallet of other devices to which no policy sweeps")
                self.elsewhere.add(body[3])
                return
            self.wallets[digests.wallet_id(body)] = pools[0]
            self.thresholds[digests.wallet_id(body)] = body[5]
            self.extension(body, digest, installed[0])
        elif rule == "endorsed-policy":
            self.next_policy(body, digest, item)
        elif rule == "endorsed-retirement":
            require(body[4] in self.wallets, "a retirement of an unknown wallet")
            self.retired[body[4]] = digest
        self.own(data)

    def registers(self, kind, body, digest):
        """Two operators compared it in a ceremony of its own; the device's own card comes with its keys."""
        if kind == 2:
            self.cards.add(digest)
            if body[5] == self.identity:
                require(self.ceremony in MAKES_CARDS, "a card of this device in another ceremony")
                return
        require(self.ceremony == REGISTER, "a registration in another ceremony")
        require(self.seated(), "a registration without two operators")
        pages = compared.pages(kind, body, digest, self.identity, self.cards)
        typed = compared.holds(pages, self.screens, self.answers, self.nonce)
        require(typed, "a registration that was not compared")
        self.screens = []

    def seated(self):
        """Two operators of the roster attend the session."""
        session = self.device, self.session, self.nonce
        officers = self.roster[4] if self.roster else []
        return compared.seated(self.attends, officers, self.time, session)

    def next_policy(self, body, digest, item):
        """Each one names the one before it, and its number rises (POL08). Two operators compared it in a
        ceremony of its own, but for a first one in the very first session."""
        number, last = self.policy
        if (self.ceremony, self.session, last, self.screens) != (COMMISSION, 1, None, []):
            require(self.ceremony == POLICY, "a policy in another ceremony")
            require(self.seated(), "a policy without two operators")
            words = [[(compared.B, "policy", digest)]]
            typed = compared.holds(words, self.screens[-1:], self.answers, self.nonce)
            require(typed, "a policy that was not compared")
        require(body.get(5) == last, "a policy that follows another one")
        require(body[4] > number, "a policy whose number does not rise")
        signers = {cbor.loads(sign1.value[0])[4] for sign1 in item[1]}
        checkers = {digests.key_id(o[5]) for o in self.roster[4] if RISK_CHECKER in o[4]}
        require(signers & checkers, "a policy without a risk checker among its signers")
        labels = {destination[1] for destination in body[9]}
        require(not labels & self.elsewhere, "a destination with the name of an emergency wallet")
        self.policy, self.separation = (body[4], digest), body[10]
        self.sweep = body[13][1] if 13 in body else None
        self.called_for = {rules[0]: rules[10] for rules in body[8]}

    def administrators(self):
        return {digests.key_id(o[5]) for o in self.roster[4] if POLICY_ADMINISTRATOR in o[4]}

    def acting(self):
        """Administrators whose entries have begun and not ended."""
        here = [o for o in self.roster[4] if POLICY_ADMINISTRATOR in o[4]]
        return {digests.key_id(o[5]) for o in here if parts.is_valid(o, self.time)}

    def next_roster(self, body, digest, item, kind):
        """The first one is the root's; each later one names the one before it, has the next number and
        the signatures of a quorum of its administrators, or of the recovery quorum: then it waits
        first. From then on only its officers sign."""
        if self.roster is None:
            require(digest == self.pinned, "another roster than the root's")
        else:
            require(body.get(3) == self.roster_digest, "a roster that follows another one")
            require(body[2] == self.roster[2] + 1, "a roster without the next number")
            signers = {cbor.loads(sign1.value[0])[4] for sign1 in item[1]}
            if signers <= self.administrators():
                require(kind == ROSTER, "a roster that does not wait")
                require(len(signers) >= self.roster[5], "a roster without its quorum")
            else:
                self.recovered(body, signers)
                if kind == WAITING:
                    require(self.waiting is None, "a second roster that waits")
                    self.waiting = (digest, self.time[1] + self.roster[6][2])
                    return
                waited = self.waiting and self.waiting[0] == digest
                require(waited and self.height >= self.waiting[1], "a roster that has not waited")
        self.waiting = None
        self.roster, self.roster_digest = body, digest
        self.officers = {digests.key_id(o[5]): o[5] for o in body[4]}

    def recovered(self, body, signers):
        """The recovery quorum replaces administrators alone."""
        recovery = self.roster.get(6)
        require(recovery is not None, "a roster signed by who is no administrator")
        require(signers <= {digests.key_id(key) for key in recovery[1]}, "a roster of two quorums")
        require(len(signers) >= recovery[0], "a roster without its recovery quorum")
        require((body[5], body.get(6)) == (self.roster[5], recovery), "a roster with other quorums")

        def others(roster):
            stripped = [{**o, 4: [r for r in o[4] if r != POLICY_ADMINISTRATOR]} for o in roster[4]]
            return [o for o in stripped if o[4]]

        require(others(body) == others(self.roster), "a recovery beyond the administrators")
        before = {o[0] for o in self.roster[4] if POLICY_ADMINISTRATOR in o[4]}
        for o in body[4]:
            named = POLICY_ADMINISTRATOR in o[4]
            require(not named or len(o[4]) == 1 or o[0] in before, "an officer made administrator")

    def cancelled(self, body, item):
        signer = cbor.loads(item.value[0])[4]
        require(signer in self.acting(), "a cancellation of no administrator")
        require(self.waiting and body[4] == self.waiting[0], "a cancellation of what does not wait")
        require(body[3] == self.roster_digest, "a cancellation under another roster")
        self.waiting = None

    def extension(self, record, digest, kind):
        """The rows of the version before stand in their places, and there are more (WAL07)."""
        named = record.get(10)
        require((record[9] == 1) == (named is None), "a first version that extends another")
        if named is not None:
            before = self.records.get(named)
            require(before is not None, "an extension of a record that is not registered")
            require(record[9] == before[9] + 1, "a version that does not follow")
            require(digests.wallet_id(record) == digests.wallet_id(before), "another wallet")
            require((record[2], record[3]) == (before[2], before[3]), "another root or name")
            for chain in (11, 12):
                rows = len(before[chain])
                require(record[chain][:rows] == before[chain], "an address that was moved")
            require(len(record[11] + record[12]) > len(before[11] + before[12]), "no new address")
        if ARTEFACTS[:kind].count("endorsed-wallet-record"):
            self.records[digest] = record

    def keys_intended(self, intended):
        require(not self.announced, "keys announced before the card with the last ones")
        known = [pool for pool, _ in self.wallet_keys]
        new = intended[0] not in known
        require(not new or (len(intended[1]) == 2 and intended[0] > max(known, default=-1)), "a pool")
        for keys in intended[1]:
            place = (intended[0], keys[0])
            require(keys[2] > 0 and place not in self.announced, "keys announced twice")
            require(keys[1] == len(self.wallet_keys.get(place, [])), "keys announced out of order")
            self.announced[place] = keys[1] + keys[2]

    def keys_generated(self, made):
        place = (made[0], made[1])
        keys = self.wallet_keys.setdefault(place, [])
        require(made[2] == len(keys), "keys out of order")
        require(len(keys) + len(made[3]) <= self.announced.get(place, 0), "keys never announced")
        keys.extend(key[0] for key in made[3])

    def keys_discarded(self, discarded):
        for key in discarded[1]:
            place = (discarded[0], key[0])
            first, end = len(self.wallet_keys.get(place, [])), self.announced.get(place, 0)
            require(first <= key[1] < end, "a recorded key, or one never announced, discarded")

    def own_card(self, card, digest):
        lengths = {place: len(self.wallet_keys.get(place, [])) for place in self.announced}
        require(lengths == self.announced, "a card before all announced keys")
        require(card.get(10) == self.card, "another card before this one")
        found = {(pool[0], c): [k[0] for k in pool[1 + c]] for pool in card[8] for c in (0, 1)}
        gone = {int.from_bytes(name[2:6], "big") for name in self.gone}
        whole = {place: keys for place, keys in self.wallet_keys.items() if place[0] not in gone}
        require(found == whole, "a card with other keys than the device generated")
        self.card, self.announced = digest, {}
        for key in (key for pool in card[8] for key in pool[1] + pool[2]):
            self.new_r(key[1])

    def follows(self, card):
        """A co-signer's card follows the newest one that is known: its generation never falls, and one
        generation is one HSM (WAL09)."""
        new = card[6], (card[9][0], card[9][2])
        known = self.newest.get(card[5], new)
        require(new[0] >= known[0], "a card of a co-signer's earlier generation")
        require(new[0] > known[0] or new[1] == known[1], "two HSMs of one generation")
        self.newest[card[5]] = new

    def brought(self, rule, body):
        """Keys by which an artefact may be signed though nobody has vouched for them: those of the
        first roster, whose digest the root pins, and a card's own, which proves that it is there."""
        if rule == "endorsed-roster" and self.roster is None:
            return [officer[5] for officer in body[4]]
        if rule == "endorsed-roster":
            return self.roster[6][1] if 6 in self.roster else []
        if rule == "endorsed-wallet-record" and body[4] == EMERGENCY and self.sweep is not None:
            # Of other devices, where its digest is the one that the policy names.
            return [cosigner[0] for cosigner in body[7]]
        return [body[5]] if rule == "signed-device-card" else []

    def trust(self, keys):
        self.keys |= {digests.key_id(key): key for key in keys}

    def attended(self, data):
        body, _ = self.artefact("signed-attendance", data)
        if body[3] == parts.WITNESS_SEAT:
            here = (body[4], body[5], body[6]) == (self.device, self.session, self.nonce)
            require(here, "a witness of another session")
            self.witnesses.sit(body[2])
            return
        self.seats[body[3]], self.attends[body[3]] = body[2], body

    def witnessed(self, data):
        """A witness who sits here signs for all that stands before."""
        body, _ = self.artefact("signed-witness-statement", data)
        said = (body[3], body[4], body[5], body[6], body[7])
        expected = (self.device, self.session, self.tx, self.last, self.count)
        require(said == expected, "a statement over something else")
        require(self.witnesses.sign(body[2]), "a statement of who is no witness here")

    def receipt(self, data):
        body, _ = self.artefact("signed-receipt", data)
        require(body[10] == [self.seats[0], self.seats[1]], "a receipt that names other operators")
        self.own(data)

    def taken_in(self, intake):
        if self.begun_in() == SWEEP:
            require(self.frozen is not None, "a sweep on a device that is not frozen")
        else:
            require(self.frozen is None, "a PSBT that was read on a frozen device")
        self.psbt, self.read = intake[0], True

    def begun_in(self):
        """The ceremony in which what is signed here was intended first."""
        return self.cut[self.resumes][0] if self.resumes is not None else self.ceremony

    def intended(self, intent):
        """One goes on with what was cut, or with nothing of it: the very same intent over the very same PSBT,
        or one over another transaction, which ends what was cut over a coin of it."""
        if self.resumes is not None:
            _, before, psbt_before, _ = self.cut[self.resumes]
            require((before, psbt_before) == (intent, self.psbt), "another intent than was cut")
            self.hand = self.resumes
        else:
            require(all(cut[1][0] != intent[0] for cut in self.cut.values()), "a second set of signatures")
            coins = {cbor.dumps(line[1]) for line in intent[2]}
            beside = lambda cut: not coins & {cbor.dumps(line[1]) for line in cut[1][2]}
            self.cut = {session: cut for session, cut in self.cut.items() if beside(cut)}
            self.cut[self.session] = (self.ceremony, intent, self.psbt, [])
            self.hand = self.session
        records = psbt.maps(self.psbt)[0]
        request, _ = self.artefact("signed-request", records[psbt.proprietary(REQUEST_FIELD)])
        require((request[18] == 1) == (self.begun_in() == SWEEP), "a request of another kind than the ceremony")
        require(psbt.tx_digest(self.psbt) == intent[0], "the intent is for another transaction")
        self.intent = {line[0]: line for line in intent[2]}
        self.spends[intent[0]] = [coin for coin, _ in psbt.unsigned(psbt.maps(self.psbt))[1]]
        self.tx = intent[0]
        operated = self.kept_apart(intent)
        self.parts_apart(records, request, operated)
        self.take_turns(request)
        self.all_known(records, request)

    def all_known(self, records, request):
        """Sessions of this device that officers named are here, and ended so (APP14)."""
        key = psbt.proprietary(APPROVAL_FIELD)
        words = [value for name, value in records.items() if name.startswith(key)]
        words = [self.artefact("signed-approval", word)[0][12] for word in words]
        named = {}
        for head in (head for heads in [request[15], *words] for head in heads):
            first = named.setdefault((head[0], head[1]), head[2])
            if head[0] != self.device:
                require(first == head[2], "two ends of one session")
            elif self.ends.get(head[1]) != head[2]:
                require(any(head[1] in lost for lost in self.lost), "a session that is not here")

    def kept_apart(self, intent):
        """Nobody operates more devices of a transfer than the policy says, nor so many as sign (APP12)."""
        operated = {(self.seats[seat], self.device) for seat in (0, 1)}
        records, key = psbt.maps(self.psbt)[0], psbt.proprietary(RECEIPT_FIELD)
        for receipt in (value for name, value in records.items() if name.startswith(key)):
            body, _ = self.artefact("signed-receipt", receipt)
            require(body[4] == intent[0], "a receipt over another transaction")
            operated |= {(who, body[2]) for who in body[10]}
        people = [who for who, _ in operated]
        most = min(self.separation[0], self.thresholds[intent[1]] - 1)
        require(all(people.count(who) <= most for who in people), "one operator at too many devices")
        return people

    def parts_apart(self, records, request, operated):
        """Who is to broadcast, and who is a witness, has that role and no other part (APP15, APP17)."""
        votes = psbt.proprietary(APPROVAL_FIELD)
        voters = {name[len(votes) :].decode() for name in records if name.startswith(votes)}
        acts = {request[8], request[16], *voters, *operated}
        sender, seated = request[19], self.witnesses.seated
        sends = parts.holds(self.roster, sender, parts.BROADCASTER, self.time)
        require(sends and sender not in acts, "a broadcaster without the role, or with another part")
        for who in seated:
            sees = parts.holds(self.roster, who, parts.WITNESS, self.time)
            apart = who not in acts | {sender}
            require(sees and apart, "a witness without the role, or with another part")
        least = self.called_for[request[6]] if self.begun_in() != SWEEP else 0
        require(len(set(seated)) >= least, "fewer witnesses than the policy calls for")

    def take_turns(self, request):
        """Nobody operates more sessions in a row than the policy says (APP16)."""
        operators, goes_on = [self.seats[0], self.seats[1]], self.ceremony == RESUME
        most = self.separation.get(2) if self.begun_in() != SWEEP else None
        require(not self.duty.stayed(operators, goes_on, most), "one operator in too many sessions")
        self.duty.turn(operators, goes_on)

    def made(self, line):
        require(self.hand in self.cut, "a signature without an intent")
        done = self.cut[self.hand][3]
        require(line[0] == self.cut[self.hand][1][2][len(done)][0], "a signature out of turn, or a second one")
        done.append(line[0])
        intended = self.intent[line[0]]
        require(line[1] == intended[2], "a signature of another key")
        require(digests.is_valid(SECP256k1, line[1], intended[3], line[2]), "a Bitcoin signature")
        self.signatures += 1
        self.new_r(line[2])
        if self.tx not in self.settled and self.tx not in self.open:
            unsigned = psbt.unsigned(psbt.maps(self.psbt))
            self.open[self.tx] = (unsigned, {outpoint for outpoint, _ in unsigned[1]})

    def new_r(self, signature):
        """No nonce was used twice; a copy of the very same signature is none of it."""
        r, s = signature[:32], signature[32:]
        require(self.r_values.setdefault(r, s) == s, "an r value of another signature")

    def own(self, data):
        """The device's own signatures on an artefact."""
        item = cbor.loads(data)
        for sign1 in [item] if isinstance(item, cbor.Tag) else item[1]:
            if cbor.loads(sign1.value[0])[4] == digests.key_id(self.identity):
                self.new_r(sign1.value[3])

    def reported(self, report):
        for refusals in (line[1][1][0] for line in report if line[1][0] == REFUSED):
            self.refuses(refusals)

    def refuses(self, refusals):
        """Rules that refused, each once, in their order."""
        rules = [refusal[0] for refusal in refusals]
        self.refused += [rule for rule in dict.fromkeys(rules) if rule not in self.refused]

    def except_(self, exception):
        self.excepted = exception
        self.clock.excuse(exception)

    def opened(self, opened):
        self.excepted = None
        require(not self.recovering, "a session behind one that was to recover and did not")
        self.ceremony, self.nonce, self.ending = opened[0], opened[1], []
        self.resumes, self.hand = opened.get(11), None
        self.clock.begin(opened[4])
        require((self.ceremony == RESUME) == (self.resumes is not None), "a session that does not say with what it goes on")
        require(self.resumes is None or self.resumes in self.cut, "a session that goes on with what was not cut")
        self.seats, self.attends, self.screens, self.answers = {}, {}, [], []
        self.read, self.refused = False, []
        self.witnesses = parts.Witnesses()
        self.recovering, self.begun = opened[0] == RECOVER, self.count
        self.untold = bool(self.open)
        self.replacing, self.hsm_now = opened[0] == REPLACE, opened[6]
        if opened[0] not in (BACKUP, REPLACE):
            self.whole = {}

    def goes_on(self, recovered):
        require(self.recovering, "a recovery in another ceremony, or a second one")
        self.recovering, self.cut = False, {}
        order, _ = self.artefact("endorsed-recovery", recovered[0])
        card, digest = self.artefact("signed-device-card", recovered[2], [self.identity])
        anchor = order[5]
        expected = (self.identity, recovered[1], digest)
        require((order[4], anchor, order[6]) == expected, "an order for something else")
        require(order[2] == self.root and card[5] == self.identity, "another root or device")
        require(order[3] == self.roster_digest, "an order under another roster")
        signers = {cbor.loads(sign1.value[0])[4] for sign1 in cbor.loads(recovered[0])[1]}
        require(signers <= self.acting(), "an order signed by who is no administrator")
        require(len(signers) >= self.roster[5], "an order without its quorum")
        require(self.begun < anchor[2], "a journal that has passed this anchor")
        last = 0
        for data, coins in ((known[0], known[1]) for known in order[9]):
            receipt, _ = self.artefact("signed-receipt", data)
            spent = [coin[0] + coin[1].to_bytes(4, "little") for coin in coins]
            require(self.spends.get(receipt[4], spent) == spent, "a known transfer, of other coins")
            if receipt[4] not in self.settled:
                self.open.setdefault(receipt[4], (None, set(spent)))
            require(receipt[2] == self.device and len(coins) == len(receipt[6]), "another receipt")
            require(last < receipt[8] < anchor[2], "a receipt out of order, or beyond the anchor")
            require(receipt[9] <= anchor[3], "a receipt that counts more than the anchor")
            last = receipt[8]
            if receipt[4] not in self.spends:
                self.duty.turn(receipt[10], False)
            self.own(data)
            for line in receipt[6]:
                self.new_r(line[2])
        digests.check_possession(card)
        self.own(recovered[2])
        if digest != self.card:
            self.announced = {}
            for pool in card[8]:
                for chain in (0, 1):
                    keys = [key[0] for key in pool[1 + chain]]
                    known = self.wallet_keys.get((pool[0], chain), [])
                    require(keys[: len(known)] == known, "a card of other keys")
                    self.wallet_keys[(pool[0], chain)] = keys
                    for key in pool[1 + chain]:
                        self.new_r(key[1])
            self.card = digest
        self.retired |= {wallet[0]: wallet[1] for wallet in order[11]}
        self.frozen = anchor[5][0] if 5 in anchor else None
        waiting = anchor.get(6)
        goes_on = waiting is not None and waiting[2] == order[3]
        self.waiting = (waiting[0], waiting[1]) if goes_on else None

    def replaced(self, replaced):
        require(self.replacing, "a replacement in another ceremony, or a second one")
        self.replacing = False
        order, _ = self.artefact("endorsed-replacement", replaced[0])
        require(order[2] == self.root and order[4] == self.identity, "another root or device")
        require(order[3] == self.roster_digest, "an order under another roster")
        signers = {cbor.loads(sign1.value[0])[4] for sign1 in cbor.loads(replaced[0])[1]}
        require(signers <= self.acting(), "an order signed by who is no administrator")
        require(len(signers) >= self.roster[5], "an order without its quorum")
        require(order[5] == self.generation + 1, "an order of another generation")
        require(order[6] == {0: self.hsm[2], 1: self.hsm[5]}, "an order that retires another HSM")
        report = self.whole.get(order[9])
        require(report is not None, "no whole report since the old HSM was used")
        require((report[9], report[10]) == (order[10], order[11]), "a report of another place")
        require(report[7] in (BEHIND, BLANK), "a report on the HSM in use")
        require(order[7] == report[6] == self.hsm_now, "another HSM than the order's")
        card, digest = self.artefact("signed-device-card", replaced[2], [self.identity])
        stated = (card[5], card[6], card[9], card.get(11))
        require(stated == (self.identity, order[5], order[7], order.get(8)), "a card of another HSM")
        nonce = digests.tagged("himuro/possession-nonce", self.nonce, self.last)
        require(card[7] == nonce, "proofs of another session")
        digests.check_possession(card)
        self.own_card(card, digest)
        self.own(replaced[2])
        self.hsm, self.generation, self.whole = order[7], order[5], {}

    def proven(self, proven):
        report, _ = self.artefact("signed-possession-report", proven[0])
        nonce = digests.tagged("himuro/possession-nonce", self.nonce, self.last)
        expected = (self.device, self.session, nonce, self.card)
        require((report[2], report[3], report[4], report[5]) == expected, "another report")
        self.proofs += digests.check_report(report)
        require((report[9], report[10]) == (self.count, self.last), "a report of another place")
        if [line[1] for line in proven[1]] == [[0, []]]:
            self.whole[digests.tagged("himuro/file", proven[0])] = report
        self.own(proven[0])
        for line in report[8]:
            if line[2][0] == 0:
                self.new_r(line[2][1][0])

    def destroying(self, what):
        require(self.seated(), "a destruction without two operators")
        require(self.retired.get(what[0]) == what[1], "keys of a wallet that is not retired")
        pool, left = self.wallets[what[0]], {}
        for chain in (0, 1):
            for index, key in enumerate(self.wallet_keys[(pool, chain)]):
                left[digests.cka_id(2, pool, chain, index, self.device[:4])] = key
        left = {name: key for name, key in left.items() if name not in self.gone}
        listed = [(key[0], key[1]) for key in what[2]]
        require(listed == sorted(left.items()), "not every key that is left")
        self.ending = [name for name, _ in listed]

    def destroyed(self, name):
        require(self.ending and self.ending.pop(0) == name, "another key than the next one")
        self.gone.add(name)

    def told(self, announced):
        """Every session says how much is open before it does anything."""
        count = announced.get(2, {0: 0})[0]
        require(count == len(self.open), "another count of open signatures")
        self.untold = False

    def settle(self, what):
        require(self.ceremony == SETTLE, "a settlement without its ceremony")
        require(self.seated(), "a settlement without two operators")
        sets = settlement.judge(what[0], self.chain.blocks, self.open)
        require(what[1] == [sets[tx] for tx in sorted(sets)], "another settlement than its proof")
        for tx in sets:
            del self.open[tx]
        self.settled |= set(sets)

    def reads_clock(self, clock):
        """Nobody sets it back while a session is open."""
        require(self.clock.read(clock), "a clock that was set back within a session")

    def closed(self, outcome):
        if outcome == SIGNED:
            lines = self.cut[self.hand][1][2] if self.hand in self.cut else None
            require(lines and len(self.cut[self.hand][3]) == len(lines), "signed, without every signature")
        require(not self.recovering, "the end of a session that was to recover and did not")
        witnessed = outcome != SIGNED or self.witnesses.all_signed()
        require(witnessed, "a session that its witness has not signed for")
        self.outcome = outcome

    def sealed(self, data):
        seal, _ = self.artefact("signed-seal", data)
        self.own(data)
        expected = (digests.device_id(self.identity), self.session, self.last, self.count)
        require((seal[2], seal[3], seal[4], seal[5]) == expected, "a seal over something else")
        require(seal[7] == self.outcome, "a seal with another outcome")
        unsigned = self.read and self.outcome != SIGNED
        said = {0: digests.tagged("himuro/psbt", self.psbt), 1: self.refused} if unsigned else None
        require(seal.get(9) == said, "a seal that says otherwise of a PSBT that was not signed")
        signer = cbor.loads(cbor.loads(data).value[0])[4]
        require(signer == digests.key_id(self.identity), "a seal of another key")
        if self.outcome == SIGNED:
            del self.cut[self.hand]
        self.seals += 1


def body_of(rule, item):
    return cbor.loads(item.value[2] if rule.startswith("signed-") else item[0])


def read(grammar, data, root, identity):
    """Reads a transcript. Raises one of PROBLEMS where something does not hold."""
    journal, ended = Journal(grammar, root, identity), False
    for entry, bytes_of_it in cbor.sequence(data):
        journal.take(entry, bytes_of_it)
        ended = entry[3][0] == SEALED
    require(ended, "does not end in a seal")
    return journal


PROBLEMS = (AssertionError, Mismatch, KeyError, cbor.CborError)


if __name__ == "__main__":
    try:
        folder, file, root, identity = sys.argv[1:]
    except ValueError:
        sys.exit(__doc__)
    text = "\n".join(p.read_text() for p in sorted(Path(folder).glob("*.cddl")))
    trusted = bytes.fromhex(root), bytes.fromhex(identity)
    try:
        found = read(Grammar(text), Path(file).read_bytes(), *trusted)
    except PROBLEMS as problem:
        sys.exit(f"journal.py: {problem!r}")
    print(f"{found.count} entries, {found.seals} seals, {found.signatures} Bitcoin signatures")
