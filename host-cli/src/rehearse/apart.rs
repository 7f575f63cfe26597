//! Tokens in a process of their own, behind p11-kit's server: as far away from the device's
//! memory as a real HSM.

use signer_core::phrase;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::RehearseError;

/// Where p11-kit's client module lies on Debian and elsewhere.
const CLIENTS: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so",
    "/usr/lib/aarch64-linux-gnu/pkcs11/p11-kit-client.so",
    "/usr/lib64/pkcs11/p11-kit-client.so",
    "/usr/lib/pkcs11/p11-kit-client.so",
];
/// SoftHSM's own module.
const SOFTHSM: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
];
/// How long the server may take to listen.
const PATIENCE: Duration = Duration::from_secs(10);

/// p11-kit's server over the tokens of one machine; ends with this value.
pub(super) struct TokenServer {
    server: Child,
    socket: PathBuf,
    client: &'static str,
}

impl TokenServer {
    /// Serves the tokens of one reader, which SoftHSM's `configuration` names.
    pub(super) fn start(configuration: &Path) -> Result<Self, RehearseError> {
        let client = first(&CLIENTS)?;
        let socket = configuration.with_extension("socket");
        let server = Command::new("p11-kit")
            .args([
                "server",
                "--foreground",
                "--provider",
                first(&SOFTHSM)?,
                "--name",
            ])
            .arg(&socket)
            .arg("pkcs11:")
            .env("SOFTHSM2_CONF", configuration)
            .stdout(Stdio::null())
            .spawn()
            .map_err(|e| RehearseError::machine("p11-kit", &e))?;
        let server = Self {
            server,
            socket,
            client,
        };
        wait_for(&server.socket)?;
        Ok(server)
    }

    /// Where it listens.
    pub(super) fn socket(&self) -> PathBuf {
        self.socket.clone()
    }

    /// The module through which its tokens are reached.
    pub(super) fn client(&self) -> PathBuf {
        PathBuf::from(self.client)
    }
}

impl Drop for TokenServer {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn first(paths: &'static [&'static str]) -> Result<&'static str, RehearseError> {
    let found = paths.iter().find(|path| Path::new(path).exists());
    found.copied().ok_or_else(|| {
        RehearseError::Check(phrase!(
            "none of {paths}",
            "どれもない: {paths}",
            paths = paths.join(", ")
        ))
    })
}

fn wait_for(socket: &Path) -> Result<(), RehearseError> {
    let pause = Duration::from_millis(10);
    let mut waited = Duration::ZERO;
    while !socket.exists() {
        if waited > PATIENCE {
            return Err(RehearseError::Check(phrase!(
                "p11-kit's server does not listen",
                "p11-kit のサーバーが応答しない"
            )));
        }
        thread::sleep(pause);
        waited += pause;
    }
    Ok(())
}
