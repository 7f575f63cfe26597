//! Officers with tokens of their own, and what they sign before a device exists.

use bitcoin::CompactTarget;
use hsm_profiles::{Module, OfficerToken, OpenToken, Pin, Profile, TokenSelector};
use signer_core::approval::{Officer, Role, Roster};
use signer_core::codec;
use signer_core::cose::{Artefact, Draft, Endorsed, Scope, Signed};
use signer_core::keys::{Fingerprint, P256PublicKey};
use signer_core::root::{Checkpoint, Root};
use signer_core::token::Line;
use signer_core::types::{Chain, Height, Id, Label, Network, PoolNumber, Purpose, Version};
use zeroize::Zeroizing;

use super::Bench;

/// The officers: identifier, department, roles.
const OFFICERS: [(&str, &str, &[Role]); 10] = [
    (
        "app.a",
        "risk",
        &[Role::Approver, Role::PolicyAdministrator],
    ),
    (
        "app.b",
        "board",
        &[Role::Approver, Role::Director, Role::PolicyAdministrator],
    ),
    ("bro.a", "treasury", &[Role::Broadcaster]),
    ("op.a", "operations", &[Role::Operator]),
    ("op.b", "treasury", &[Role::Operator]),
    ("op.c", "custody", &[Role::Operator]),
    ("op.d", "compliance", &[Role::Operator]),
    (
        "req.a",
        "trading",
        &[Role::Requester, Role::PolicyAdministrator],
    ),
    (
        "risk.a",
        "compliance",
        &[Role::RiskChecker, Role::PolicyAdministrator],
    ),
    ("wit.a", "audit", &[Role::Witness, Role::Reconciler]),
];

/// The PIN of every officer's token.
pub(crate) const OFFICER_PIN: &str = "officer-pin";

/// Network and purpose of all that is made here.
pub(crate) const SCOPE: Scope = Scope {
    network: Network::Regtest,
    purpose: Purpose::Drill,
};

/// The officers' tokens, opened.
pub(crate) struct Officers {
    tokens: Vec<(Id, OfficerToken)>,
    /// Held open for the tokens.
    module: Option<Module>,
    pub(crate) root: Root,
    pub(crate) roster: Endorsed<Roster>,
}

fn pin(text: &str) -> Pin {
    Pin::new(&Zeroizing::new(text.to_owned()))
}

fn id(text: &str) -> Id {
    Id::new(text).expect("a plain identifier")
}

impl Officers {
    /// Makes every officer's token, the first roster and the root; both as files on the bench.
    pub(crate) fn appoint(bench: &Bench) -> Self {
        let genesis = bitcoin::constants::genesis_block(SCOPE.network.to_bitcoin());
        Self::appoint_for(bench, SCOPE, genesis.header.time)
    }

    /// The same for another network, with a first block of this time.
    pub(crate) fn appoint_for(bench: &Bench, scope: Scope, time: u32) -> Self {
        let profile = Profile::named("softhsm2").expect("built in");
        let module = Module::load(&profile, None).expect("SoftHSM is installed");
        let mut tokens: Vec<(Id, OfficerToken)> = OFFICERS
            .iter()
            .map(|(name, _, _)| (id(name), own_token(&module, name)))
            .collect();
        let roster = first_roster(&tokens, scope);
        let mut roster = Endorsed::new(roster, scope);
        for (name, token) in &mut tokens {
            if roles_of(name).contains(&Role::PolicyAdministrator) {
                endorse(&mut roster, scope, token);
            }
        }
        let genesis = bitcoin::constants::genesis_block(scope.network.to_bitcoin()).header;
        let root = Root {
            version: 1,
            scope,
            checkpoint: Checkpoint {
                height: Height(0),
                hash: *AsRef::<[u8; 32]>::as_ref(&genesis.block_hash()),
                bits: CompactTarget::to_consensus(genesis.bits),
                time,
            },
            roster: roster.roster_digest(),
        };
        bench.write("root.cbor", &codec::encode(&root));
        bench.write("roster.cbor", &roster.to_bytes());
        Self {
            tokens,
            module: Some(module),
            root,
            roster,
        }
    }

    /// The 32 words of the root, as on paper.
    pub(crate) fn root_words(&self) -> Vec<&'static str> {
        self.root.digest().words()
    }

    /// Adds the signature of every administrator.
    pub(crate) fn endorse_by_all<T: Artefact>(&mut self, artefact: &mut Endorsed<T>) {
        for (name, token) in &mut self.tokens {
            if roles_of(name).contains(&Role::PolicyAdministrator) {
                endorse(artefact, self.root.scope, token);
            }
        }
    }

    /// The public key of one officer, or of a safe.
    pub(crate) fn key_of(&self, name: &str) -> P256PublicKey {
        let found = self.tokens.iter().find(|(known, _)| *known == id(name));
        found.expect("an officer of the bench").1.public_key()
    }

    /// Another token, of an officer who is to come or of a safe.
    pub(crate) fn with_token(&mut self, name: &str) {
        let module = self.module.as_ref().expect("nobody has gone home");
        let token = own_token(module, name);
        self.tokens.push((id(name), token));
    }

    /// Adds the signature of one officer.
    pub(crate) fn endorse_by<T: Artefact>(&mut self, name: &str, artefact: &mut Endorsed<T>) {
        let found = self.tokens.iter_mut().find(|(known, _)| *known == id(name));
        let token = &mut found.expect("an officer of the bench").1;
        endorse(artefact, self.root.scope, token);
    }

    /// The officers go home with their tokens.
    pub(crate) fn go_home(&mut self) {
        self.tokens.clear();
        self.module = None;
    }

    /// The officers go home with their tokens; then somebody opens a device's token, past every
    /// ceremony. A module sees only tokens that were there when it was loaded.
    pub(crate) fn go_home_and_open(&mut self, label: &str, user_pin: &str) -> (Module, OpenToken) {
        self.go_home();
        let profile = Profile::named("softhsm2").expect("built in");
        let module = Module::load(&profile, None).expect("SoftHSM is installed");
        let selector = TokenSelector {
            label: Line::lossy(label),
            serial: None,
        };
        let token = module
            .open(&selector)
            .and_then(|closed| closed.login(&pin(user_pin)))
            .expect("the device's token opens");
        (module, token)
    }

    /// Somebody makes a wallet key on a device's token.
    pub(crate) fn go_home_and_add_key(&mut self, label: &str, user_pin: &str) {
        let (_module, mut token) = self.go_home_and_open(label, user_pin);
        let device = Fingerprint::from_bytes([1, 2, 3, 4]);
        token
            .generate_wallet_keys(device, PoolNumber(7), Chain::Receive, 0..1, |_| {})
            .expect("a key");
        let _ = token.logout().expect("it is closed again");
    }

    /// What one officer signs.
    pub(crate) fn sign<T: Artefact>(&mut self, name: &str, body: T) -> Signed<T> {
        let found = self.tokens.iter_mut().find(|(known, _)| *known == id(name));
        let token = &mut found.expect("an officer of the bench").1;
        let draft = Draft::new(body, self.root.scope, token.public_key());
        let order = draft.officer_order().expect("an officer's to sign");
        let signature = token.sign(&order).expect("the token signs");
        draft.signed(signature).expect("it verifies")
    }
}

fn roles_of(name: &Id) -> &'static [Role] {
    let found = OFFICERS
        .iter()
        .find(|(known, _, _)| *known == name.as_str());
    found.map_or(&[], |officer| officer.2)
}

fn own_token(module: &Module, name: &str) -> OfficerToken {
    let label = format!("officer-{name}");
    let selector = module
        .init_token(&pin("so-of-officer"), &label, &pin(OFFICER_PIN))
        .expect("a blank token");
    let mut open = module
        .open(&selector)
        .and_then(|closed| closed.login(&pin(OFFICER_PIN)))
        .expect("the token opens");
    open.generate_officer_key().expect("a key");
    OfficerToken::new(open).expect("its key is there")
}

fn first_roster(tokens: &[(Id, OfficerToken)], scope: Scope) -> Roster {
    let officers = OFFICERS.iter().zip(tokens).map(|(officer, (id_, token))| {
        let (name, department, roles) = officer;
        Officer {
            id: id_.clone(),
            name: Label::new(name).expect("plain"),
            name_ja: Label::new("佐藤").expect("plain"),
            department: id(department),
            roles: roles.to_vec(),
            key: token.public_key(),
            valid_from: Height(0),
            valid_to: Height(1_000_000),
        }
    });
    Roster {
        version: 1,
        scope,
        number: Version(1),
        predecessor: None,
        officers: officers.collect(),
        administrators: 2,
        recovery: None,
    }
}

fn endorse<T: Artefact>(artefact: &mut Endorsed<T>, scope: Scope, token: &mut OfficerToken) {
    let draft = artefact.draft_for(scope, &token.public_key());
    let order = draft.officer_order().expect("an officer's to sign");
    let signature = token.sign(&order).expect("the token signs");
    artefact.add(draft.signed(signature).expect("it verifies"));
}
