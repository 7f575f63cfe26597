//! What a process that asks for PINs closes behind itself.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Closes what this process can close by itself: no core dump, and nobody but root attaches or reads
/// its memory. Called first in both programs, before an argument is read.
///
/// A failure changes nothing; on the device it shows in the next reading for ENV02.
pub fn harden() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

#[cfg(test)]
mod tests {
    use rustix::process::{dumpable_behavior, getrlimit};

    use super::*;

    #[test]
    fn a_hardened_process_leaves_no_dump() {
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::Dumpable));
        harden();
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
        let limit = getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
    }
}
