//! A PSBT as a list of maps of records: nothing is checked, so that everything can be wrong.

pub(crate) type Record = (Vec<u8>, Vec<u8>);

/// Records in the order of the file.
#[derive(Clone, Default)]
pub(crate) struct Map(pub(crate) Vec<Record>);

impl Map {
    /// Adds a record at the end, whatever is there.
    pub(crate) fn push(&mut self, key: &[u8], value: &[u8]) -> &mut Self {
        self.0.push((key.to_vec(), value.to_vec()));
        self
    }

    /// Sets the value of a key.
    pub(crate) fn set(&mut self, key: &[u8], value: &[u8]) -> &mut Self {
        match self.0.iter_mut().find(|(k, _)| k == key) {
            Some(record) => record.1 = value.to_vec(),
            None => self.0.push((key.to_vec(), value.to_vec())),
        }
        self
    }

    /// Takes out every record of this type.
    pub(crate) fn remove(&mut self, key_type: u8) -> &mut Self {
        self.0.retain(|(key, _)| key.first() != Some(&key_type));
        self
    }

    pub(crate) fn get(&self, key: &[u8]) -> &[u8] {
        let found = self.0.iter().find(|(k, _)| k == key);
        &found.expect("a record of this key").1
    }
}

/// All maps of a PSBT.
#[derive(Clone, Default)]
pub(crate) struct Psbt {
    pub(crate) global: Map,
    pub(crate) inputs: Vec<Map>,
    pub(crate) outputs: Vec<Map>,
}

impl Psbt {
    pub(crate) fn maps(&self) -> impl Iterator<Item = &Map> {
        let rest = self.inputs.iter().chain(&self.outputs);
        std::iter::once(&self.global).chain(rest)
    }

    pub(crate) fn map_mut(&mut self, place: usize) -> &mut Map {
        let inputs = self.inputs.len();
        match place {
            0 => &mut self.global,
            n if n <= inputs => &mut self.inputs[n - 1],
            n => &mut self.outputs[n - 1 - inputs],
        }
    }

    /// The PSBT after a change.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = b"psbt\xff".to_vec();
        for map in self.maps() {
            for (key, value) in &map.0 {
                push_sized(&mut out, key);
                push_sized(&mut out, value);
            }
            out.push(0);
        }
        out
    }
}

/// A CompactSize in its shortest form.
pub(crate) fn compact(n: u64) -> Vec<u8> {
    let bytes = n.to_le_bytes();
    match n {
        0..0xFD => vec![bytes[0]],
        0xFD..0x1_0000 => [&[0xFD], &bytes[..2]].concat(),
        0x1_0000..0x1_0000_0000 => [&[0xFE], &bytes[..4]].concat(),
        _ => [&[0xFF][..], &bytes].concat(),
    }
}

/// A CompactSize longer than needed: of 3, 5 or 9 bytes.
pub(crate) fn wide_compact(n: u64, bytes: usize) -> Vec<u8> {
    let mark = match bytes {
        3 => 0xFD,
        5 => 0xFE,
        _ => 0xFF,
    };
    [&[mark][..], &n.to_le_bytes()[..bytes - 1]].concat()
}

pub(crate) fn push_sized(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(compact(bytes.len() as u64));
    out.extend_from_slice(bytes);
}
