//! SoftHSM in a process of its own, behind p11-kit: as far away as a real device, and as mortal.

mod common;

use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use common::{LABEL, Tokens, first_file, isolated, login, module_path, profile};
use hsm_profiles::{DeviceHsm, ErrorClass, Module, Profile};
use signer_core::cose::{Artefact, Draft, Scope, SignedBy};
use signer_core::rule::Explained;
use signer_core::rule::Verdict;
use signer_core::signing::SigningHsm;
use signer_core::token::{Relaxations, hsm01, hsm05};
use signer_core::types::{Lang, Network, Purpose};

#[derive(Debug, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
struct Sealed {
    #[n(0)]
    number: u32,
}

impl Artefact for Sealed {
    const KIND: &'static str = "test-seal";
    const SIGNED_BY: SignedBy = SignedBy::Device;
}

/// p11-kit's server, and under it the process that holds SoftHSM.
struct Server(Child);

impl Server {
    fn start(tokens: &Tokens) -> Self {
        let child = Command::new("p11-kit")
            .args(["server", "--foreground", "--provider"])
            .arg(module_path())
            .arg("--name")
            .arg(tokens.socket())
            .arg(format!("pkcs11:token={LABEL}"))
            .spawn()
            .expect("p11-kit: run scripts/setup");
        let server = Self(child);
        wait_for("the server", || tokens.socket().exists());
        server
    }

    /// Ends the processes that hold the module, and only those.
    fn pull_the_plug(&self) {
        self.signal("-KILL");
    }

    fn signal(&self, signal: &str) {
        let pid = self.0.id();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        assert!(!children.trim().is_empty(), "nobody is connected");
        for child in children.split_whitespace() {
            let killed = Command::new("kill").args([signal, child]).status().unwrap();
            assert!(killed.success());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn wait_for(what: &str, ready: impl Fn() -> bool) {
    let started = Instant::now();
    while !ready() {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{what} does not come"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn client() -> PathBuf {
    first_file(&[
        "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so",
        "/usr/lib/aarch64-linux-gnu/pkcs11/p11-kit-client.so",
        "/usr/lib64/pkcs11/p11-kit-client.so",
        "/usr/lib/pkcs11/p11-kit-client.so",
        "/opt/homebrew/lib/pkcs11/p11-kit-client.so",
    ])
}

fn seal(device: &mut DeviceHsm, number: u32) -> Result<(), ErrorClass> {
    let scope = Scope {
        network: Network::Regtest,
        purpose: Purpose::Drill,
    };
    let draft = Draft::new(Sealed { number }, scope, device.identity());
    let signature = device.seal(&draft.seal_order().unwrap());
    let signature = signature.map_err(|error| error.class())?;
    draft.signed(signature).unwrap();
    Ok(())
}

#[test]
fn a_token_in_another_process_works_and_its_death_is_noticed() {
    let name = "a_token_in_another_process_works_and_its_death_is_noticed";
    isolated(name, |tokens| {
        let (module, selector) = tokens.provisioned();
        drop(module);
        let server = Server::start(tokens);
        let module = Module::load(&profile(), Some(&client())).unwrap();

        let mut token = login(&module, &selector);
        let born = token.generate_identity().unwrap();
        assert_eq!(hsm01([born.flags()], &Relaxations::none()), Verdict::Passed);
        token.write_anchor(0, b"anchor").unwrap();
        assert_eq!(token.anchors(), Ok([Some(b"anchor".to_vec()), None]));
        let mut device = DeviceHsm::new(token).unwrap();
        seal(&mut device, 1).unwrap();
        assert_eq!(hsm05(device.logout().unwrap().end), Verdict::Passed);

        let mut device = DeviceHsm::new(login(&module, &selector)).unwrap();
        seal(&mut device, 2).unwrap();
        server.pull_the_plug();
        assert_eq!(seal(&mut device, 3), Err(ErrorClass::DeviceGone));
        let again = module.open(&selector).map(drop);
        assert_eq!(again.map_err(|e| e.class()), Err(ErrorClass::DeviceGone));
    });
}

/// The process that holds the module is stopped, so its call never comes back.
#[test]
fn a_module_that_hangs_is_given_up_after_its_time() {
    let name = "a_module_that_hangs_is_given_up_after_its_time";
    isolated(name, |tokens| {
        let (module, selector) = tokens.provisioned();
        drop(module);
        let server = Server::start(tokens);
        let text = include_str!("../profiles/softhsm2.toml");
        let hurried = text.replace("timeout_ms = 10000", "timeout_ms = 700");
        let profile = Profile::parse(&hurried).unwrap();
        let module = Module::load(&profile, Some(&client())).unwrap();
        let mut token = login(&module, &selector);
        token.generate_identity().unwrap();
        let mut device = DeviceHsm::new(token).unwrap();
        seal(&mut device, 1).unwrap();

        server.signal("-STOP");
        let started = Instant::now();
        assert_eq!(seal(&mut device, 2), Err(ErrorClass::NotAnswering));
        assert!(started.elapsed() >= Duration::from_millis(700));
        assert!(device.token().is_given_up());
        // Nothing is asked of it again, so nothing waits again.
        let started = Instant::now();
        assert_eq!(seal(&mut device, 3), Err(ErrorClass::NotAnswering));
        let again = module.tokens().unwrap_err();
        assert_eq!(
            again.what().text(Lang::En),
            "the HSM is not answering: C_Sign did not come back in 700 ms"
        );
        let out = device.logout().map(|_| ());
        assert_eq!(out.map_err(|e| e.class()), Err(ErrorClass::NotAnswering));
        drop(module);
        assert!(started.elapsed() < Duration::from_millis(700));
        server.signal("-CONT");
    });
}
