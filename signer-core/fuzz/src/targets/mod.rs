//! The targets. Each takes bytes, says whether they were taken for what they should be, and panics
//! where something that must hold of them does not.

mod artefacts;
mod descriptors;
mod frames;
mod headers;
mod journal;
mod psbt;
mod text;
mod world;

/// A target: whether the bytes got past all that this target looks at.
pub(crate) type Target = fn(&[u8]) -> bool;

/// Every target by its name; `corpus/<name>/` holds its seeds.
pub(crate) const TARGETS: [(&str, Target); 21] = [
    ("psbt_v0", psbt::read),
    ("psbt_v2", psbt::read),
    ("psbt_stages", psbt::stages),
    ("merge", psbt::merge),
    ("wallet", artefacts::wallet),
    ("policy", artefacts::policy),
    ("roster", artefacts::roster),
    ("request", artefacts::request),
    ("approval", artefacts::approval),
    ("device_card", artefacts::device_card),
    ("receipt", artefacts::receipt),
    ("acceptance", artefacts::acceptance),
    ("small_artefacts", artefacts::small),
    ("transcript", journal::transcript),
    ("headers", headers::run),
    ("ur", frames::texts),
    ("ur_parts", frames::parts),
    ("bbqr", frames::circles),
    ("byte_frames", frames::bytes),
    ("text", text::text),
    ("descriptors", descriptors::list),
];
