use core::convert::Infallible;

use rand_core::TryRng;

use super::*;
use crate::random::testing::{Scripted, stream};

const HSM: &str = "hsm";
const KERNEL: &str = "kernel";

type Drawn = Result<[u8; 32], DrawError<Infallible, Infallible>>;

/// A session whose sources gave good bytes so far.
struct Session {
    random: DeviceRandom,
    hsm: Scripted,
    kernel: Scripted,
}

impl Session {
    fn started() -> Self {
        let (mut hsm, mut kernel) = (Scripted::good(HSM), Scripted::good(KERNEL));
        let random = DeviceRandom::start(&mut hsm, &mut kernel).unwrap();
        Self {
            random,
            hsm,
            kernel,
        }
    }

    fn draw(&mut self) -> Drawn {
        self.random.draw(&mut self.hsm, &mut self.kernel)
    }
}

#[test]
fn at_the_start_so_many_bytes_of_each_source_are_tested() {
    let evidence = Session::started().random.evidence();
    for source in [&evidence.hsm, &evidence.kernel] {
        assert_eq!(source.samples, u64::from(TESTS.start_up));
    }
    // SP 800-90B section 4.3.
    const { assert!(TESTS.start_up >= 1024) };
    assert_eq!(
        evidence.hsm.start_up,
        SampleDigest::over(&[&stream(HSM, 1024)])
    );
    assert_ne!(evidence.hsm.start_up, evidence.kernel.start_up);
}

#[test]
fn a_block_is_the_hash_of_fresh_bytes_of_both_sources() {
    let mut session = Session::started();
    let (hsm, kernel) = (stream(HSM, 1088), stream(KERNEL, 1088));
    for (number, at) in [(1u64, 1024), (2, 1056)] {
        let parts = [&hsm[at..at + 32], &kernel[at..at + 32]];
        let expected = tagged(
            "himuro/random",
            &[&number.to_be_bytes(), parts[0], parts[1]],
        );
        assert_eq!(session.draw(), Ok(expected));
    }
    let evidence = session.random.evidence();
    assert_eq!(
        (evidence.hsm.samples, evidence.kernel.samples),
        (1088, 1088)
    );
}

#[test]
fn each_source_alone_makes_blocks_differ() {
    let block = |hsm: &str, kernel: &str| {
        let (mut hsm, mut kernel) = (Scripted::good(hsm), Scripted::good(kernel));
        let mut random = DeviceRandom::start(&mut hsm, &mut kernel).unwrap();
        random.draw(&mut hsm, &mut kernel).unwrap()
    };
    let first = block(HSM, KERNEL);
    assert_ne!(first, block("hsm of another day", KERNEL));
    assert_ne!(first, block(HSM, "kernel of another day"));
}

/// Bytes that a broken source gives out in the middle of a session, each wrong in its own way.
fn broken() -> [(&'static str, std::vec::Vec<u8>); 3] {
    let mut biased = stream("biased", 32);
    biased[3..9].fill(0xee);
    [
        ("constant", std::vec![0; 32]),
        ("stuck for six bytes", biased),
        ("a block of before", stream(HSM, 1024)[64..96].to_vec()),
    ]
}

#[test]
fn a_fault_inside_a_session_gives_nothing_out_and_ends_it() {
    for (name, bytes) in broken() {
        let mut session = Session::started();
        assert!(session.draw().is_ok(), "{name}");
        session.hsm.put(&bytes);
        assert_eq!(
            session.draw(),
            Err(DrawError::Unhealthy(Source::Hsm)),
            "{name}"
        );
        // The source is good again, and stays faulty.
        assert_eq!(
            session.draw(),
            Err(DrawError::Unhealthy(Source::Hsm)),
            "{name}"
        );
    }
}

#[test]
fn a_fault_of_the_kernel_is_not_hidden_by_a_good_hsm() {
    let mut session = Session::started();
    session.kernel.put(&[0x11; 32]);
    assert_eq!(session.draw(), Err(DrawError::Unhealthy(Source::Kernel)));
    assert_eq!(session.random.hsm.tests.health(), Health::Healthy);
}

#[test]
fn the_tests_on_demand_find_a_fault_too() {
    let mut session = Session::started();
    session.hsm.put(&[9; 6]);
    session
        .random
        .test_again(&mut session.hsm, &mut session.kernel)
        .unwrap();
    let evidence = session.random.evidence();
    assert_eq!(evidence.hsm.samples, 2048);
    assert_eq!(evidence.hsm.longest_run, 6);
    assert_eq!(session.draw(), Err(DrawError::Unhealthy(Source::Hsm)));
}

#[test]
fn a_session_nonce_is_made_of_a_faulty_source_and_nothing_after_it() {
    let (mut hsm, mut kernel) = (Scripted::good(HSM), Scripted::good(KERNEL));
    hsm.put(&[0; 1024]);
    let mut random = DeviceRandom::start(&mut hsm, &mut kernel).unwrap();
    assert!(random.session_nonce(&mut hsm, &mut kernel).is_ok());
    assert_eq!(
        random.draw(&mut hsm, &mut kernel),
        Err(DrawError::Unhealthy(Source::Hsm))
    );
}

#[test]
fn other_crates_draw_the_same_blocks() {
    let [mut one, mut other] = [Session::started(), Session::started()];
    let blocks = [one.draw().unwrap(), one.draw().unwrap()].concat();
    let mut filled = [0; 40];
    let mut generator = other.random.with(&mut other.hsm, &mut other.kernel);
    generator.try_fill_bytes(&mut filled).unwrap();
    assert_eq!(filled[..], blocks[..40]);
    let next = one.draw().unwrap();
    assert_eq!(
        generator.try_next_u32(),
        Ok(u32::from_le_bytes(next[..4].try_into().unwrap()))
    );
}

/// A source that gives no bytes.
struct Gone;

impl TryRng for Gone {
    type Error = core::fmt::Error;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Err(core::fmt::Error)
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Err(core::fmt::Error)
    }
    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Self::Error> {
        Err(core::fmt::Error)
    }
}

impl TryCryptoRng for Gone {}

#[test]
fn without_both_sources_there_is_no_session() {
    let good = || Scripted::good(HSM);
    let started = DeviceRandom::start(&mut Gone, &mut good());
    assert!(matches!(started, Err(DrawError::Hsm(_))));
    let started = DeviceRandom::start(&mut good(), &mut Gone);
    assert!(matches!(started, Err(DrawError::Kernel(_))));
    let mut session = Session::started();
    let drawn = session.random.draw(&mut session.hsm, &mut Gone);
    assert!(matches!(drawn, Err(DrawError::Kernel(_))));
}
