//! One index of everything on the token, made after login: `C_FindObjects`, once.
//!
//! Handles never leave the driver, and only handles of this index are used. A search for each key
//! is a linear scan on most tokens, and an empty answer to it could mean anything.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use cryptoki::context::Function;
use cryptoki::error::Error;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use signer_core::digest::hex;
use signer_core::keys::CkaId;
use signer_core::token::{ForeignObject, Half, HalfPair, Inventory, Line, SeenKey};

use crate::anchor::Slot;
use crate::connection::Connection;
use crate::error::HsmError;
use crate::owner::At;
use crate::point::{Curve, PublicPart};
use crate::profile::PointForm;

/// A complete key pair.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) private: ObjectHandle,
    pub(crate) public: PublicPart,
}

/// The index.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pairs: BTreeMap<CkaId, Pair>,
    /// Ids with more than one private or public key, and how many.
    doubled: BTreeMap<CkaId, usize>,
    halves: BTreeMap<CkaId, (Half, ObjectHandle)>,
    /// Ids whose public key is not a point of its curve, or not in a form that the profile knows.
    pointless: BTreeSet<CkaId>,
    /// Every key object under an id of ours, also one that cannot be read as a key of ours.
    objects: BTreeMap<CkaId, Vec<ObjectHandle>>,
    anchors: BTreeMap<Slot, ObjectHandle>,
    foreign: Vec<ForeignObject>,
}

/// The keys of one id while the index is made.
#[derive(Default)]
struct Found {
    private: Vec<ObjectHandle>,
    public: Vec<(ObjectHandle, PublicPart)>,
}

/// One object as the token describes it.
struct Seen {
    handle: ObjectHandle,
    class: Option<ObjectClass>,
    key_type: Option<KeyType>,
    id: Vec<u8>,
    label: Vec<u8>,
    application: Vec<u8>,
    point: Vec<u8>,
    params: Vec<u8>,
}

/// What is asked of every object. The class first: its answer is needed for all the rest.
const ASKED: [AttributeType; 7] = [
    AttributeType::Class,
    AttributeType::KeyType,
    AttributeType::Id,
    AttributeType::Label,
    AttributeType::Application,
    AttributeType::EcPoint,
    AttributeType::EcParams,
];

impl Index {
    /// Reads every object on the token.
    pub(crate) fn read(connection: &Connection) -> Result<Self, HsmError> {
        let form = connection.library().profile.ec.point;
        let objects = connection.run(list)?;
        let mut index = Self::default();
        let mut found: BTreeMap<CkaId, Found> = BTreeMap::new();
        for seen in objects {
            let handle = seen.handle;
            if let Some(id) = seen.key_id() {
                index.objects.entry(id).or_default().push(handle);
            }
            if let Some(slot) = seen.as_anchor() {
                index.take_anchor(slot, &seen);
            } else if let Some((id, key)) = seen.as_key(form) {
                let pair = found.entry(id).or_default();
                match key {
                    Key::Private => pair.private.push(handle),
                    Key::Public(Some(point)) => pair.public.push((handle, point)),
                    Key::Public(None) => {
                        index.pointless.insert(id);
                        index.foreign.push(seen.as_foreign());
                    }
                }
            } else {
                index.foreign.push(seen.as_foreign());
            }
        }
        for (id, keys) in found {
            index.take_keys(id, &keys);
        }
        Ok(index)
    }

    fn take_anchor(&mut self, slot: Slot, seen: &Seen) {
        match self.anchors.entry(slot) {
            Entry::Vacant(place) => {
                place.insert(seen.handle);
            }
            Entry::Occupied(_) => self.foreign.push(seen.as_foreign()),
        }
    }

    fn take_keys(&mut self, id: CkaId, keys: &Found) {
        match (keys.private.as_slice(), keys.public.as_slice()) {
            ([private], [(_, public)]) => {
                let (private, public) = (*private, *public);
                self.pairs.insert(id, Pair { private, public });
            }
            ([private], []) => {
                self.halves.insert(id, (Half::Private, *private));
            }
            ([], [(public, _)]) => {
                self.halves.insert(id, (Half::Public, *public));
            }
            (private, public) => {
                self.doubled.insert(id, private.len().max(public.len()));
            }
        }
    }

    /// The pair of this id, if it is there once and whole.
    pub(crate) fn pair(&self, id: CkaId) -> Result<Pair, HsmError> {
        if let Some(pair) = self.pairs.get(&id) {
            return Ok(*pair);
        }
        if self.pointless.contains(&id) {
            return Err(HsmError::BadPoint(id));
        }
        if self.doubled.contains_key(&id) || self.halves.contains_key(&id) {
            return Err(HsmError::UnusableKey(id));
        }
        Err(HsmError::NoKey(id))
    }

    /// Whether the search found nothing of ours and nothing of anybody's.
    pub(crate) fn is_empty(&self) -> bool {
        let no_keys = self.pairs.is_empty() && self.doubled.is_empty() && self.halves.is_empty();
        no_keys && self.anchors.is_empty() && self.foreign.is_empty()
    }

    /// Every complete pair, ascending.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (CkaId, Pair)> + '_ {
        self.pairs.iter().map(|(id, pair)| (*id, *pair))
    }

    /// The half that is there of an interrupted pair.
    pub(crate) fn half(&self, id: CkaId) -> Option<(Half, ObjectHandle)> {
        self.halves.get(&id).copied()
    }

    /// Whether these pairs, and no others under their ids, are there.
    pub(crate) fn holds(&self, made: &[(CkaId, PublicPart)]) -> Result<(), HsmError> {
        made.iter().try_for_each(|(id, public)| {
            let pair = self.pair(*id)?;
            if pair.public == *public {
                Ok(())
            } else {
                Err(HsmError::OtherKey(*id))
            }
        })
    }

    /// Adds a pair that was just made, with its public key's handle.
    pub(crate) fn insert(&mut self, id: CkaId, pair: Pair, public: ObjectHandle) {
        self.halves.remove(&id);
        self.objects.insert(id, vec![pair.private, public]);
        self.pairs.insert(id, pair);
    }

    /// Every key object under this id.
    pub(crate) fn objects(&self, id: CkaId) -> Vec<ObjectHandle> {
        self.objects.get(&id).cloned().unwrap_or_default()
    }

    /// Forgets everything under an id whose objects were just destroyed.
    pub(crate) fn remove(&mut self, id: CkaId) {
        self.pairs.remove(&id);
        self.halves.remove(&id);
        self.doubled.remove(&id);
        self.pointless.remove(&id);
        self.objects.remove(&id);
    }

    /// The anchor object of this slot.
    pub(crate) fn anchor(&self, slot: Slot) -> Option<ObjectHandle> {
        self.anchors.get(&slot).copied()
    }

    /// Forgets an anchor that was just destroyed.
    pub(crate) fn remove_anchor(&mut self, slot: Slot) {
        self.anchors.remove(&slot);
    }

    /// Adds an anchor that was just made.
    pub(crate) fn insert_anchor(&mut self, slot: Slot, handle: ObjectHandle) {
        self.anchors.insert(slot, handle);
    }

    /// How many pairs of this index are not in `fresh`.
    pub(crate) fn missing_in(&self, fresh: &Self) -> usize {
        let there: BTreeSet<&CkaId> = fresh.pairs.keys().collect();
        self.pairs.keys().filter(|id| !there.contains(id)).count()
    }

    /// The facts for HSM03.
    pub(crate) fn inventory(&self) -> Inventory {
        let pairs = self.pairs.iter().map(|(id, pair)| SeenKey {
            id: *id,
            point: Some(pair.public.into()),
        });
        let mut keys: Vec<SeenKey> = pairs.collect();
        for (id, count) in &self.doubled {
            let seen = SeenKey {
                id: *id,
                point: None,
            };
            keys.extend(std::iter::repeat_n(seen, *count));
        }
        keys.sort_unstable_by_key(|seen| seen.id);
        let half = |(id, (half, _)): (&CkaId, &(Half, ObjectHandle))| HalfPair {
            id: *id,
            half: *half,
        };
        Inventory {
            keys,
            halves: self.halves.iter().map(half).collect(),
            foreign: self.foreign.clone(),
        }
    }
}

/// Every object on the token, in one piece of work: each call in it has the whole time limit.
fn list(at: &At<'_, Session>) -> Result<Vec<Seen>, Error> {
    let template = [Attribute::Token(true)];
    let handles = at.call(Function::FindObjects, |s| s.find_objects(&template))?;
    let objects = handles.into_iter().map(|handle| Seen::read(at, handle));
    objects.collect()
}

enum Key {
    Private,
    /// The point, if it is one.
    Public(Option<PublicPart>),
}

impl Seen {
    fn read(at: &At<'_, Session>, handle: ObjectHandle) -> Result<Self, Error> {
        let mut seen = Self {
            handle,
            class: None,
            key_type: None,
            id: Vec::new(),
            label: Vec::new(),
            application: Vec::new(),
            point: Vec::new(),
            params: Vec::new(),
        };
        let read = |session: &Session| session.get_attributes(handle, &ASKED);
        match at.call(Function::GetAttributeValue, read) {
            Ok(attributes) => attributes.into_iter().for_each(|a| seen.take(a)),
            // A class or a key type that the crate does not know: listed as foreign.
            Err(Error::NotSupported | Error::InvalidValue) => {}
            Err(error) => return Err(error),
        }
        Ok(seen)
    }

    fn take(&mut self, attribute: Attribute) {
        match attribute {
            Attribute::Class(class) => self.class = Some(class),
            Attribute::KeyType(key_type) => self.key_type = Some(key_type),
            Attribute::Id(id) => self.id = id,
            Attribute::Label(label) => self.label = label,
            Attribute::Application(application) => self.application = application,
            Attribute::EcPoint(point) => self.point = point,
            Attribute::EcParams(params) => self.params = params,
            _ => {}
        }
    }

    fn as_anchor(&self) -> Option<Slot> {
        let data = self.class == Some(ObjectClass::DATA);
        data.then(|| Slot::named(&self.application, &self.label))
            .flatten()
    }

    /// One of our keys: an id of ours, on the curve of its role.
    fn as_key(&self, form: PointForm) -> Option<(CkaId, Key)> {
        let id = CkaId::from_bytes(&self.id)?;
        let curve = Curve::of(id.role);
        let known = self.key_type == Some(KeyType::EC) && self.params == curve.oid();
        if !known {
            return None;
        }
        if self.class == Some(ObjectClass::PRIVATE_KEY) {
            return Some((id, Key::Private));
        }
        if self.class == Some(ObjectClass::PUBLIC_KEY) {
            let point = PublicPart::read(curve, form, &self.point);
            return Some((id, Key::Public(point)));
        }
        None
    }

    /// The id of ours under which this key stands, whatever else it is.
    fn key_id(&self) -> Option<CkaId> {
        let key = matches!(
            self.class,
            Some(ObjectClass::PRIVATE_KEY | ObjectClass::PUBLIC_KEY)
        );
        key.then(|| CkaId::from_bytes(&self.id)).flatten()
    }

    fn as_foreign(&self) -> ForeignObject {
        let class = self.class.map(|class| class.to_string());
        ForeignObject {
            class: Line::lossy(class.as_deref().unwrap_or("unknown class")),
            id: hex(&self.id),
            label: Line::lossy(&String::from_utf8_lossy(&self.label)),
        }
    }
}
