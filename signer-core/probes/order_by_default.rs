// expect: E0277
//! There is no order of nothing.

use signer_core::signing::{OfficerOrder, PossessionOrder, SealOrder, SighashOrder};

fn default<T: Default>() -> T {
    T::default()
}

fn main() {
    let _ = default::<SighashOrder>(); // refused
    let _ = default::<PossessionOrder>(); // refused
    let _ = default::<SealOrder>(); // refused
    let _ = default::<OfficerOrder>(); // refused
}
