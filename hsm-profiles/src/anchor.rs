//! Two alternating private data objects: the journal's anchor in the HSM.
//!
//! The only place with `C_CreateObject` and `CKA_VALUE`, and only for objects of the class
//! `CKO_DATA`. What is written is the caller's; here it is opaque bytes.
//!
//! A write destroys the object in its slot and makes a new one: SoftHSM does not let the value of
//! a data object be changed. A cut between the two leaves the slot empty, and the other as it was.

use cryptoki::context::Function;
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};

use crate::error::HsmError;
use crate::session::OpenToken;

/// Most bytes in an anchor.
pub const ANCHOR_MAX: usize = 1024;

/// `CKA_APPLICATION` of both objects.
const APPLICATION: &[u8] = b"himuro";

/// One of the two places. A write goes to the one that is not the newest, so that an
/// interruption leaves the other as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    Even,
    Odd,
}

impl Slot {
    const BOTH: [Self; 2] = [Self::Even, Self::Odd];

    const fn of(generation: u64) -> Self {
        if generation.is_multiple_of(2) {
            Self::Even
        } else {
            Self::Odd
        }
    }

    const fn label(self) -> &'static [u8] {
        match self {
            Self::Even => b"himuro anchor 0",
            Self::Odd => b"himuro anchor 1",
        }
    }

    /// The slot of an object of this application and label.
    pub(crate) fn named(application: &[u8], label: &[u8]) -> Option<Self> {
        let ours = application == APPLICATION;
        Self::BOTH
            .into_iter()
            .find(|slot| ours && label == slot.label())
    }
}

impl OpenToken {
    /// What both slots hold: even generations first. `None` where nothing was written yet.
    ///
    /// Which of them is newest, and whether it is whole, the caller reads from the bytes.
    pub fn anchors(&mut self) -> Result<[Option<Vec<u8>>; 2], HsmError> {
        self.with_fresh_handles(|token| {
            let [even, odd] = Slot::BOTH.map(|slot| token.read_anchor(slot));
            Ok([even?, odd?])
        })
    }

    /// Writes the anchor of this generation into its slot, and reads it back.
    pub fn write_anchor(&mut self, generation: u64, bytes: &[u8]) -> Result<(), HsmError> {
        if bytes.len() > ANCHOR_MAX {
            return Err(HsmError::AnchorTooLarge { max: ANCHOR_MAX });
        }
        let slot = Slot::of(generation);
        self.with_fresh_handles(|token| token.destroy_anchor(slot))?;
        self.index.remove_anchor(slot);
        let handle = self.create_anchor(slot, bytes)?;
        self.index.insert_anchor(slot, handle);
        if self.read_anchor(slot)?.as_deref() == Some(bytes) {
            Ok(())
        } else {
            Err(HsmError::AnchorNotWritten)
        }
    }

    fn read_anchor(&self, slot: Slot) -> Result<Option<Vec<u8>>, HsmError> {
        let Some(handle) = self.index.anchor(slot) else {
            return Ok(None);
        };
        let read = self.connection.call(Function::GetAttributeValue, move |s| {
            s.get_attributes(handle, &[AttributeType::Value])
        });
        let value = read?.into_iter().find_map(|attribute| match attribute {
            Attribute::Value(value) => Some(value),
            _ => None,
        });
        Ok(value)
    }

    fn destroy_anchor(&self, slot: Slot) -> Result<(), HsmError> {
        let Some(handle) = self.index.anchor(slot) else {
            return Ok(());
        };
        self.destroy(handle)
    }

    fn create_anchor(&self, slot: Slot, bytes: &[u8]) -> Result<ObjectHandle, HsmError> {
        let template = [
            Attribute::Class(ObjectClass::DATA),
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Modifiable(false),
            Attribute::Application(APPLICATION.to_vec()),
            Attribute::Label(slot.label().to_vec()),
            Attribute::Value(bytes.to_vec()),
        ];
        #[expect(
            clippy::disallowed_methods,
            reason = "a data object: the class is the first line of the template above"
        )]
        self.connection
            .call(Function::CreateObject, move |s| s.create_object(&template))
    }
}
