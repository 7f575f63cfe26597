//! What people read: labels, identifiers, addresses.

use bitcoin::address::NetworkUnchecked;
use bitcoin::{Address, Network, ScriptBuf};
use signer_core::codec;
use signer_core::review::address::grouped;
use signer_core::types::{Id, Label};

/// Text as a label, an identifier, and an address; bytes as a script that is shown as one.
pub(crate) fn text(data: &[u8]) -> bool {
    let script = ScriptBuf::from_bytes(data.to_vec());
    if let Ok(address) = Address::from_script(&script, Network::Bitcoin) {
        assert_eq!(address.script_pubkey(), script, "another script is shown");
        shown_in_full(&address.to_string());
    }
    let stored = [
        codec::decode::<Label>(data).map(|label| label.as_str().to_owned()),
        codec::decode::<Id>(data).map(|id| id.as_str().to_owned()),
    ];
    for text in stored.iter().flatten() {
        assert!(
            Label::new(text).is_ok(),
            "stored, and not allowed: {text:?}"
        );
    }
    let Ok(text) = core::str::from_utf8(data) else {
        return stored.iter().any(Result::is_ok);
    };
    shown_in_full(text);
    let address = text.parse::<Address<NetworkUnchecked>>();
    if let Ok(address) = &address {
        let script = address.clone().assume_checked().script_pubkey();
        assert!(!script.is_empty());
    }
    let (label, id) = (label(text), id(text));
    address.is_ok() || label || id || stored.iter().any(Result::is_ok)
}

/// A label shows nothing that hides, joins or turns around.
fn label(text: &str) -> bool {
    let Ok(label) = Label::new(text) else {
        return false;
    };
    assert_eq!(label.as_str(), text);
    assert!(text.chars().count() <= Label::MAX && text.trim() == text);
    assert!(!text.chars().any(char::is_control));
    assert_eq!(codec::decode(&codec::encode(&label)), Ok(label));
    true
}

fn id(text: &str) -> bool {
    let Ok(id) = Id::new(text) else {
        return false;
    };
    assert!(text.is_ascii() && Label::new(text).is_ok());
    assert_eq!(codec::decode(&codec::encode(&id)), Ok(id));
    true
}

/// Every character of an address is on the screen, in order.
fn shown_in_full(address: &str) {
    let lines = grouped(address);
    let shown = lines.iter().filter_map(|line| line.get(6..));
    let shown: String = shown.flat_map(str::chars).filter(|c| *c != ' ').collect();
    let wanted: String = address.chars().filter(|c| *c != ' ').collect();
    assert!(
        shown == wanted || address.chars().count() > 9_990,
        "{address:?}"
    );
}
