#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| signer_core_fuzz::run("acceptance", data));
