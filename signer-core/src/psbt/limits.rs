//! Every limit of the reader, in one place. At a limit is taken, one past it is refused (PSB02).
//!
//! Two kinds: what the container reader refuses before it allocates (`RAW_*`, far above anything
//! useful), and the narrower profile that rule PSB02 judges.

/// Largest file, in bytes, that the container reader looks at.
pub const RAW_FILE_BYTES: usize = HEAVY_FILE_BYTES;
/// Most input maps, and most output maps, that the container reader takes.
pub const RAW_MAPS: u64 = 10_000;
/// Most records in all maps together. A record costs about 40 bytes to remember: 16 MB.
pub const RAW_RECORDS: usize = 400_000;
/// Longest key, in bytes.
pub const RAW_KEY_BYTES: u64 = 4_096;

/// Largest usual file: 1,000 inputs with two-output parents are 0.8 MB.
pub const FILE_BYTES: usize = 4 * 1024 * 1024;
/// Largest file with heavy parents: 1,000 inputs whose parents have 2,000 outputs are 87 MB.
pub const HEAVY_FILE_BYTES: usize = 128 * 1024 * 1024;
/// Most inputs. 956 inputs of a 2-of-3 are as much as nodes relay.
pub const INPUTS: usize = 1_000;
/// Most outputs.
pub const OUTPUTS: usize = 1_000;
/// Most bytes of our own proprietary records: request, approvals, headers of a quarter (1 MB),
/// balances and receipts.
pub const CARRIED_BYTES: usize = 2 * 1024 * 1024;
/// Most bytes of records that are passed through unread: unknown and foreign proprietary ones.
pub const FOREIGN_BYTES: usize = 64 * 1024;
/// Longest witness script that nodes relay.
pub const WITNESS_SCRIPT_BYTES: usize = 3_600;
/// Longest redeem script that consensus allows.
pub const REDEEM_SCRIPT_BYTES: usize = 520;
/// Longest script of an output that consensus can ever spend.
pub const OUTPUT_SCRIPT_BYTES: usize = 10_000;
/// Most key origins, and most signatures, in one map: one for each key of the largest multisig.
pub const KEYS: usize = 20;
/// Deepest path of a key origin.
pub const PATH_LEVELS: usize = 12;
/// Largest transaction that nodes relay, in weight units (Bitcoin Core `policy.h`).
pub const WEIGHT: u64 = 400_000;

/// Most places that one rule names in a report; the rest is counted. A report is journalled, and a
/// hostile file must not fill the journal.
pub const REFUSALS: usize = 100;

/// How large a file a reading takes. Two sizes exist, and no way to have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    file_bytes: usize,
}

impl Limits {
    /// Up to [`FILE_BYTES`]: what comes by QR code or on a medium on a usual day.
    pub const USUAL: Self = Self {
        file_bytes: FILE_BYTES,
    };

    /// Up to [`HEAVY_FILE_BYTES`]: from a medium, where coins come from very large parents.
    pub const HEAVY: Self = Self {
        file_bytes: HEAVY_FILE_BYTES,
    };

    /// The largest file, in bytes.
    pub const fn file_bytes(self) -> usize {
        self.file_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_that_people_are_told() {
        let mib = 1 << 20;
        assert_eq!([FILE_BYTES, HEAVY_FILE_BYTES], [4 * mib, 128 * mib]);
        assert_eq!([CARRIED_BYTES, FOREIGN_BYTES], [2 * mib, 65_536]);
        assert_eq!(Limits::USUAL.file_bytes(), 4_194_304);
        assert_eq!(Limits::HEAVY.file_bytes(), 134_217_728);
    }
}
