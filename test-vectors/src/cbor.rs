//! Writing CBOR: deterministic, or wrong on purpose; and reading what we wrote.

/// A value to be written.
#[derive(Clone)]
pub(crate) enum Value {
    Uint(u64),
    /// `-1 - n`.
    Negative(u64),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Value>),
    Map(Vec<(u64, Value)>),
    Tag(u64, Box<Value>),
    Null,
    /// Already encoded, as a defect may want it.
    Raw(Vec<u8>),
}

impl Value {
    pub(crate) fn bytes(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }

    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn texts(texts: &[String]) -> Self {
        Self::Array(texts.iter().map(|t| Self::text(t)).collect())
    }

    /// A map whose keys count from 0, without those that have no value.
    pub(crate) fn fields(values: impl IntoIterator<Item = Option<Value>>) -> Self {
        let numbered = (0..).zip(values);
        Self::Map(numbered.filter_map(|(n, v)| Some((n, v?))).collect())
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = vec![];
        self.write(&mut out);
        out
    }

    /// Reads a whole item; nothing where it holds what we never write.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let value = take(&mut rest)?;
        rest.is_empty().then_some(value)
    }

    /// The value of a map under this key.
    pub(crate) fn field(&self, key: u64) -> Option<&Self> {
        let Self::Map(fields) = self else { return None };
        fields.iter().find(|(k, _)| *k == key).map(|(_, v)| v)
    }

    /// The parts of an array.
    pub(crate) fn parts(&self) -> Option<&[Self]> {
        match self {
            Self::Array(parts) => Some(parts),
            _ => None,
        }
    }

    /// A number.
    pub(crate) const fn number(&self) -> Option<u64> {
        match self {
            Self::Uint(n) => Some(*n),
            _ => None,
        }
    }

    /// A text.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A string of bytes.
    pub(crate) fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Uint(n) => head(out, 0, *n),
            Self::Negative(n) => head(out, 1, *n),
            Self::Bytes(bytes) => {
                head(out, 2, bytes.len() as u64);
                out.extend_from_slice(bytes);
            }
            Self::Text(text) => {
                head(out, 3, text.len() as u64);
                out.extend_from_slice(text.as_bytes());
            }
            Self::Array(values) => {
                head(out, 4, values.len() as u64);
                for value in values {
                    value.write(out);
                }
            }
            Self::Map(fields) => {
                head(out, 5, fields.len() as u64);
                for (key, value) in fields {
                    head(out, 0, *key);
                    value.write(out);
                }
            }
            Self::Tag(tag, value) => {
                head(out, 6, *tag);
                value.write(out);
            }
            Self::Null => out.push(0xF6),
            Self::Raw(bytes) => out.extend_from_slice(bytes),
        }
    }
}

fn take(rest: &mut &[u8]) -> Option<Value> {
    let (first, after) = rest.split_first()?;
    *rest = after;
    if *first == 0xF6 {
        return Some(Value::Null);
    }
    let wide = match first & 31 {
        0..24 => 0,
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return None,
    };
    let (number, after) = rest.split_at_checked(wide)?;
    *rest = after;
    let number = match wide {
        0 => u64::from(first & 31),
        _ => number.iter().fold(0, |n, byte| (n << 8) | u64::from(*byte)),
    };
    let count = usize::try_from(number).ok()?;
    match first >> 5 {
        0 => Some(Value::Uint(number)),
        1 => Some(Value::Negative(number)),
        kind @ (2 | 3) => {
            let (bytes, after) = rest.split_at_checked(count)?;
            *rest = after;
            if kind == 2 {
                return Some(Value::bytes(bytes));
            }
            Some(Value::text(std::str::from_utf8(bytes).ok()?))
        }
        4 => {
            let parts = (0..count).map(|_| take(rest));
            parts.collect::<Option<_>>().map(Value::Array)
        }
        5 => {
            let fields = (0..count).map(|_| Some((take(rest)?.number()?, take(rest)?)));
            fields.collect::<Option<_>>().map(Value::Map)
        }
        6 => Some(Value::Tag(number, Box::new(take(rest)?))),
        _ => None,
    }
}

/// A number in the shortest form behind its kind.
pub(crate) fn head(out: &mut Vec<u8>, kind: u8, n: u64) {
    let kind = kind << 5;
    let bytes = n.to_be_bytes();
    match n {
        0..24 => out.push(kind | bytes[7]),
        24..0x100 => out.extend([kind | 0x18, bytes[7]]),
        0x100..0x1_0000 => {
            out.push(kind | 0x19);
            out.extend_from_slice(&bytes[6..]);
        }
        0x1_0000..0x1_0000_0000 => {
            out.push(kind | 0x1A);
            out.extend_from_slice(&bytes[4..]);
        }
        _ => {
            out.push(kind | 0x1B);
            out.extend_from_slice(&bytes);
        }
    }
}
