//! The only place with `C_DestroyObject`.
//!
//! Three things end so: the key of a retired wallet, by an order of signer-core that was on the disk
//! before; what a cut generation left, which was never a key of anybody; and the older anchor.

use cryptoki::object::{AttributeType, ObjectHandle};
use signer_core::keys::KeyRole;
use signer_core::life::DestroyOrder;
use signer_core::token::Half;

use crate::device::DeviceHsm;
use crate::error::{ErrorClass, HsmError};
use crate::point::PublicPart;
use crate::session::OpenToken;
use cryptoki::context::Function;

impl OpenToken {
    /// Destroys one object. Who calls it has put its end into the journal, or holds an object that
    /// is no key.
    pub(crate) fn destroy(&self, object: ObjectHandle) -> Result<(), HsmError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one call that destroys; its callers are the three of this module's text"
        )]
        self.connection
            .call(Function::DestroyObject, move |s| s.destroy_object(object))
    }

    /// Whether the token still answers for an object that was destroyed.
    fn is_gone(&self, object: ObjectHandle) -> Result<bool, HsmError> {
        let read = self.connection.call(Function::GetAttributeValue, move |s| {
            s.get_attributes(object, &[AttributeType::Class])
        });
        match read {
            Ok(_) => Ok(false),
            Err(error) if error.class() == ErrorClass::StaleHandle => Ok(true),
            Err(error) => Err(error),
        }
    }
}

impl DeviceHsm {
    /// Destroys a key of a retired wallet, the private half first, and asks the token for each
    /// object again. Of a destruction that was cut, the public half or nothing may be left.
    ///
    /// # Errors
    /// [`HsmError::OtherKey`] where another key stands there; [`HsmError::KeyExists`] where the
    /// token still answers for it afterwards.
    pub fn destroy(&mut self, order: &DestroyOrder) -> Result<(), HsmError> {
        let key = order.key();
        if key.id.role != KeyRole::Wallet {
            return Err(HsmError::WrongRole(key.id));
        }
        let token = self.token();
        let mut objects = token.index.objects(key.id);
        match (token.index.pair(key.id), token.index.half(key.id)) {
            (Ok(pair), _) if pair.public == PublicPart::Secp256k1(key.public_key) => {
                objects.sort_by_key(|object| *object != pair.private);
            }
            (Ok(_), _) => return Err(HsmError::OtherKey(key.id)),
            (Err(_), Some((Half::Public, _))) | (Err(HsmError::NoKey(_)), None) => {}
            (Err(error), _) => return Err(error),
        }
        for object in objects {
            token.destroy(object)?;
            if !token.is_gone(object)? {
                return Err(HsmError::KeyExists(key.id));
            }
        }
        token.index.remove(key.id);
        Ok(())
    }
}
