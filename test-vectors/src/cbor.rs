//! Writing CBOR: deterministic, or wrong on purpose.

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
