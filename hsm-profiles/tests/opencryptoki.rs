//! The driver on openCryptoki's soft token, which locks PINs and fills up. `scripts/opencryptoki` sets
//! it up and runs this; without it each test says that it is skipped, and why.
//!
//! Each test runs again as a child process of itself inside the root folder, where the module is.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use bitcoin::secp256k1::PublicKey;
use hsm_profiles::{
    ClosedToken, DeviceHsm, ErrorClass, HsmError, Module, OpenToken, Pin, PinState, Profile,
};
use signer_core::keys::{CkaId, Fingerprint};
use signer_core::signing::{PossessionOrder, SigningHsm as _, WalletKeyRef};
use signer_core::token::KeyReading;
use signer_core::types::{Chain, KeyIndex, PoolNumber};
use zeroize::Zeroizing;

const PIN: &str = "12345678";
const WRONG: &str = "11111111";
const SO_PIN: &str = "87654321";
const LABEL: &str = "test-partition";
const MODULE: &str = "/usr/lib/x86_64-linux-gnu/pkcs11/libopencryptoki.so";
const POOL: PoolNumber = PoolNumber(1);
/// More than the token holds.
const TOO_MANY: u32 = 3_000;
const INSIDE: &str = "HIMURO_INSIDE_OPENCRYPTOKI";

/// There is one slot: one test at a time.
static SLOT: Mutex<()> = Mutex::new(());

/// Runs `body` inside the root, over a token made ready by the vendor's tool.
fn inside(name: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        provision();
        return body();
    }
    let Some(root) = std::env::var_os("HIMURO_OPENCRYPTOKI") else {
        println!("skipped: HIMURO_OPENCRYPTOKI names no root: run scripts/opencryptoki");
        return;
    };
    let _alone = SLOT.lock().unwrap_or_else(PoisonError::into_inner);
    let output = again(root, name).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    print!("{out}");
    let passed = output.status.success() && out.contains("1 passed");
    assert!(passed, "{name}\n{err}");
}

fn again(root: OsString, name: &str) -> Command {
    let program = "tmp/himuro/driver";
    let copy = PathBuf::from(&root).join(program);
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    fs::copy(std::env::current_exe().unwrap(), copy).unwrap();
    let mut command = Command::new("chroot");
    command.arg(root).arg(format!("/{program}"));
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]);
    command.env_clear().env(INSIDE, "1");
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command
}

/// The vendor's tool, as the token's security officer.
fn security_officer(arguments: &[&str]) {
    let mut tool = Command::new("pkcs11-tool");
    tool.args(["--module", MODULE, "--so-pin", SO_PIN]);
    let done = tool.args(arguments).output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

fn provision() {
    security_officer(&["--init-token", "--label", LABEL]);
    security_officer(&["--init-pin", "--pin", PIN]);
}

fn profile() -> Profile {
    Profile::named("opencryptoki-soft").unwrap()
}

/// Without the bound of the profile, which keeps the driver away from the token's own.
fn unbounded() -> Profile {
    let text = include_str!("../profiles/opencryptoki-soft.toml");
    let wider = text.replacen("pool_max = 2000", "pool_max = 9999", 1);
    assert_ne!(wider, text);
    Profile::parse(&wider).unwrap()
}

fn closed(module: &Module) -> ClosedToken {
    let tokens = module.tokens().unwrap();
    let ours = tokens.iter().find(|info| info.label.as_str() == LABEL);
    module.open(&ours.unwrap().selector()).unwrap()
}

fn pin(text: &str) -> Pin {
    Pin::new(&Zeroizing::new(text.to_owned()))
}

fn login(module: &Module) -> OpenToken {
    closed(module).login(&pin(PIN)).unwrap()
}

fn state(module: &Module) -> PinState {
    closed(module).pin_state()
}

/// One try with a wrong PIN: what the driver says of it.
fn wrong(module: &Module, typed: &str) -> HsmError {
    closed(module).login(&pin(typed)).unwrap_err()
}

#[test]
fn a_wrong_pin_counts_once_until_it_locks_and_the_so_unlocks() {
    let name = "a_wrong_pin_counts_once_until_it_locks_and_the_so_unlocks";
    inside(name, || {
        let module = Module::load(&profile(), None).unwrap();
        let mut token = login(&module);
        let identity = token.generate_identity().unwrap();
        let _ = token.logout().unwrap();
        assert_eq!(state(&module), PinState::Fine);

        // What the token could not take costs no try.
        assert_eq!(wrong(&module, "123456789").class(), ErrorClass::PinShape);
        assert_eq!(state(&module), PinState::Fine);

        // One login is one try: the flags go on by one step at a time.
        assert_eq!(wrong(&module, WRONG).class(), ErrorClass::PinWrong);
        assert_eq!(state(&module), PinState::CountLow);
        let _ = login(&module).logout().unwrap();
        assert_eq!(state(&module), PinState::Fine, "a login counts anew");

        let mut seen = Vec::new();
        for _ in 0..3 {
            let error = wrong(&module, WRONG);
            seen.push((error.to_string(), error.class(), state(&module)));
        }
        println!("{seen:#?}");
        let states: Vec<PinState> = seen.iter().map(|(_, _, state)| *state).collect();
        let steps = [PinState::CountLow, PinState::FinalTry, PinState::Locked];
        assert_eq!(states, steps);
        assert_eq!(seen[0].1, ErrorClass::PinWrong);
        assert_eq!(seen[1].1, ErrorClass::PinWrong);

        // Known before anybody types, and the right PIN is not even tried.
        let refused = closed(&module).ready_for_login();
        assert_eq!(refused, Err(HsmError::PinLocked));
        assert_eq!(wrong(&module, PIN), HsmError::PinLocked);
        drop(module);

        security_officer(&["--init-pin", "--pin", PIN]);
        let module = Module::load(&profile(), None).unwrap();
        assert_eq!(state(&module), PinState::Fine);
        assert_eq!(login(&module).read_identity().unwrap(), identity);
    });
}

/// A device on the token, and wallet keys until one is refused: how many, and the error.
fn fill(token: &mut OpenToken, device: Fingerprint, from: u32) -> (u32, HsmError) {
    let mut made = 0;
    let keys = from..from + TOO_MANY;
    let ended = token.generate_wallet_keys(device, POOL, Chain::Receive, keys, |progress| {
        made = progress.done;
    });
    (made, ended.unwrap_err())
}

fn is_full(error: &HsmError) {
    assert_eq!(error.class(), ErrorClass::StoreFull, "{error}");
}

#[test]
fn a_token_that_fills_up_ends_a_generation_and_what_it_cut_is_never_used() {
    let name = "a_token_that_fills_up_ends_a_generation_and_what_it_cut_is_never_used";
    inside(name, || {
        let module = Module::load(&profile(), None).unwrap();
        let mut token = login(&module);
        let identity = token.generate_identity().unwrap().public_key;
        let device = Fingerprint::of(&identity.device_id());
        // The profile refuses before the token is asked for anything.
        let (made, refused) = fill(&mut token, device, 0);
        assert_eq!((made, refused), (0, HsmError::PoolTooLarge { max: 2_000 }));
        let _ = token.logout().unwrap();
        drop(module);

        let module = Module::load(&unbounded(), None).unwrap();
        let mut token = login(&module);
        let (made, error) = fill(&mut token, device, 0);
        println!("{made} wallet keys beside the identity, then {error}");
        is_full(&error);
        let _ = token.logout().unwrap();

        // As it is found afterwards: whole keys up to the cut, and nothing of the one that was cut.
        let mut token = login(&module);
        let id = |index| CkaId::wallet(device, POOL, Chain::Receive, KeyIndex(index));
        let cut = id(made);
        let listed = token.listed();
        assert!(listed.halves.is_empty(), "{:?}", listed.halves);
        assert!(listed.foreign.is_empty(), "{:?}", listed.foreign);
        let keys = token.read_wallet_keys().unwrap();
        assert_eq!(keys.len(), made as usize);
        assert!(keys.iter().zip(0..).all(|(key, index)| key.id == id(index)));
        never_signs(token, &keys, cut);

        // What a journal names as cut is discarded in the next session; one key fits again.
        goes_on(login(&module), device, &[keys.last().unwrap().id, cut]);
    });
}

/// The whole keys of a full token sign; the cut one does not, whatever public key is claimed for it.
fn never_signs(token: OpenToken, keys: &[KeyReading<PublicKey>], cut: CkaId) {
    let mut hsm = DeviceHsm::new(token).unwrap();
    let public_key = keys.last().unwrap().public_key;
    let whole = keys.last().unwrap().id;
    let device = hsm.identity().device_id();
    let mut prove = |id| {
        let key = WalletKeyRef { id, public_key };
        hsm.prove(&PossessionOrder::new(&device, key, [7; 32]))
    };
    prove(whole).unwrap();
    assert_eq!(prove(cut), Err(HsmError::NoKey(cut)));
    let _ = hsm.logout().unwrap();
}

fn goes_on(mut token: OpenToken, device: Fingerprint, discarded: &[CkaId]) {
    token.discard(discarded).unwrap();
    let (made, error) = fill(&mut token, device, discarded[0].index.0);
    is_full(&error);
    assert_eq!(made, 1);
}
