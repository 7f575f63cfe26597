#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| signer_core_fuzz::run("byte_frames", data));
