"""A strict reader of the part of CDDL (RFC 8610) that docs/formats uses.

Rules, generics, type choices, maps with literal keys, arrays, occurrences, tags, ranges, group
enumerations, and the controls .size, .regexp and .cbor. Anything else is an error, so that a
grammar that this program accepts is one that it has understood. Maps are closed.
"""

import re

import cbor

TOKEN = re.compile(
    r'\s+|;[^\n]*|"(?P<string>[^"\\]*)"|(?P<tag>#6\.\d+)|(?P<range>\.\.)|(?P<control>\.[a-z]+)'
    r"|(?P<number>-?\d+)|(?P<name>[A-Za-z][\w-]*)|(?P<mark>[=/<>\[\]{}(),:?*+&])"
)
PRELUDE = {
    "uint": lambda value: type(value) is int and value >= 0,
    "bstr": lambda value: type(value) is bytes,
    "tstr": lambda value: type(value) is str,
    "nil": lambda value: value is None,
}


class CddlError(Exception):
    """The grammar is not in the part that is understood."""


class Mismatch(Exception):
    """A value is not what the grammar says: in words, and the path to it."""

    def __str__(self):
        return self.args[0]


class Grammar:
    """Rules by name, and which of them and of their optional fields were met."""

    def __init__(self, text):
        self.rules, self.used, self.present, self.absent = {}, set(), set(), set()
        self._tokens, self._at = list(_tokens(text)), 0
        while self._peek() != (None, None):
            self._rule()
        for name, (parameters, body) in self.rules.items():
            for named in _names(body):
                if named not in self.rules and named not in PRELUDE and named not in parameters:
                    raise CddlError(f"{name}: {named} is not defined")

    # Reading.

    def _peek(self, ahead=0):
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else (None, None)

    def _take(self, *wanted):
        kind, text = self._peek()
        if wanted and text not in wanted and kind not in wanted:
            raise CddlError(f"token {self._at}: expected {wanted}, got {text!r}")
        self._at += 1
        return text

    def _takes(self, text):
        if self._peek()[1] != text or self._peek()[0] == "string":
            return False
        self._at += 1
        return True

    def _rule(self):
        name, parameters = self._take("name"), []
        if self._takes("<"):
            parameters.append(self._take("name"))
            self._take(">")
        self._take("=")
        if name in self.rules or name in PRELUDE:
            raise CddlError(f"{name} is defined twice")
        self.rules[name] = (parameters, self._type(name))

    def _type(self, within):
        choices = [self._controlled(within)]
        while self._takes("/"):
            choices.append(self._controlled(within))
        return choices[0] if len(choices) == 1 else ("choice", choices)

    def _controlled(self, within):
        left = self._plain(within)
        if self._peek()[0] == "range":
            self._take()
            right = self._plain(within)
            return ("range", left[1], right[1])
        if self._peek()[0] == "control":
            control = self._take()
            if control not in (".size", ".regexp", ".cbor"):
                raise CddlError(f"{within}: control {control}")
            return ("control", control, left, self._plain(within))
        return left

    def _plain(self, within):
        kind, text = self._peek()
        self._at += 1
        if kind == "number":
            return ("value", int(text))
        if kind == "string":
            return ("value", text)
        if kind == "tag":
            self._take("(")
            inner = self._type(within)
            self._take(")")
            return ("tag", int(text[3:]), inner)
        if kind == "name":
            argument = None
            if self._takes("<"):
                argument = self._type(within)
                self._take(">")
            return ("name", text, argument)
        if text == "(":
            inner = self._type(within)
            self._take(")")
            return inner
        if text == "[":
            return ("array", self._entries("]", within))
        if text == "{":
            return ("map", self._entries("}", within), within)
        if text == "&":
            self._take("(")
            values = [entry[2] for entry in self._entries(")", within)]
            return ("choice", values)
        raise CddlError(f"{within}: token {text!r}")

    def _entries(self, end, within):
        entries = []
        while not self._takes(end):
            occurs, key = self._occurs(), None
            if self._peek(1)[1] == ":":
                kind, text = self._peek()
                key = int(text) if kind == "number" else text
                self._at += 2
            entries.append((occurs, key, self._type(within)))
            if not self._takes(","):
                self._take(end)
                break
        return entries

    def _occurs(self):
        if self._takes("?"):
            return (0, 1)
        if self._takes("+"):
            return (1, None)
        if self._takes("*"):
            return (0, None)
        if self._peek()[0] == "number" and self._peek(1)[1] == "*":
            least = int(self._take())
            self._take("*")
            return (least, int(self._take("number")))
        return (1, 1)

    # Matching.

    def check(self, rule, value):
        """Raises Mismatch, or returns the paths of byte strings that hold CBOR of the grammar."""
        inner = []
        self._match(("name", rule, None), value, (), {}, inner)
        return inner

    def _match(self, node, value, path, bound, inner):
        kind = node[0]
        getattr(self, "_match_" + kind)(node, value, path, bound, inner)

    def _match_name(self, node, value, path, bound, inner):
        _, name, argument = node
        if name in bound:
            argument, outer = bound[name]
            return self._match(argument, value, path, outer, inner)
        if name in PRELUDE:
            return _expect(PRELUDE[name](value), path, name, value)
        parameters, body = self.rules[name]
        self.used.add(name)
        scope = {parameters[0]: (argument, bound)} if parameters else {}
        return self._match(body, value, path, scope, inner)

    def _match_value(self, node, value, path, _bound, _inner):
        _expect(type(value) is type(node[1]) and value == node[1], path, node[1], value)

    def _match_range(self, node, value, path, _bound, _inner):
        within = type(value) is int and node[1] <= value <= node[2]
        _expect(within, path, f"{node[1]}..{node[2]}", value)

    def _match_choice(self, node, value, path, bound, inner):
        reasons = []
        for choice in node[1]:
            found = []
            try:
                self._match(choice, value, path, bound, found)
                inner.extend(found)
                return
            except Mismatch as reason:
                reasons.append(reason)
        raise max(reasons, key=lambda reason: len(reason.args[1]))

    def _match_tag(self, node, value, path, bound, inner):
        tagged = isinstance(value, cbor.Tag) and value.number == node[1]
        _expect(tagged, path, f"tag {node[1]}", value)
        self._match(node[2], value.value, path, bound, inner)

    def _match_control(self, node, value, path, bound, inner):
        _, control, left, right = node
        self._match(left, value, path, bound, inner)
        if control == ".size":
            least, most = right[1:] if right[0] == "range" else (right[1], right[1])
            _expect(least <= len(value) <= most, path, f"{least} to {most} bytes", value)
        elif control == ".regexp":
            _expect(re.fullmatch(right[1], value), path, right[1], value)
        else:
            try:
                held = cbor.loads(value)
            except cbor.CborError as error:
                raise Mismatch(f"{path}: {error}", path) from error
            inner.append(path)
            self._match(right, held, path + ("cbor",), bound, inner)

    def _match_array(self, node, value, path, bound, inner):
        _expect(type(value) is list, path, "an array", value)
        at, entries = 0, node[1]
        for place, ((least, most), _, item) in enumerate(entries):
            if (least, most) != (1, 1) and place != len(entries) - 1:
                raise CddlError("a repeated item stands last")
            count = 0
            while at < len(value) and (most is None or count < most):
                self._match(item, value[at], path + (at,), bound, inner)
                at, count = at + 1, count + 1
            _expect(count >= least, path, f"at least {least} items", value)
        _expect(at == len(value), path, f"{at} items", value)

    def _match_map(self, node, value, path, bound, inner):
        _expect(type(value) is dict, path, "a map", value)
        known = set()
        for (least, _), key, item in node[1]:
            known.add(key)
            if least == 0:
                (self.present if key in value else self.absent).add((node[2], key))
            if key in value:
                self._match(item, value[key], path + (key,), bound, inner)
            else:
                _expect(least == 0, path, f"key {key}", value)
        _expect(set(value) <= known, path, f"no keys but {sorted(known)}", sorted(value, key=str))

    # The whole of it.

    def optional(self):
        """Every optional field, as (rule, key)."""
        found = set()
        for name, (_, body) in self.rules.items():
            found |= {(name, key) for key in _optional_keys(body)}
        return found


def _tokens(text):
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise CddlError(f"unreadable at {text[at:at + 30]!r}")
        at = match.end()
        if match.lastgroup:
            yield match.lastgroup, match[match.lastgroup]


def _expect(holds, path, expected, got):
    if not holds:
        where = "/".join(map(str, path))
        raise Mismatch(f"{where or 'top'}: expected {expected}, got {str(got)[:120]}", path)


def _children(node):
    for part in node[1:] if isinstance(node, tuple) else node:
        if isinstance(part, (tuple, list)):
            yield part


def _names(node):
    if isinstance(node, tuple) and node and node[0] == "name":
        yield node[1]
    for child in _children(node):
        yield from _names(child)


def _optional_keys(node):
    if isinstance(node, tuple) and node and node[0] == "map":
        yield from (key for (least, _), key, _ in node[1] if least == 0)
    for child in _children(node):
        yield from _optional_keys(child)
