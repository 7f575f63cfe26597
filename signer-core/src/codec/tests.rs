use alloc::vec;
use alloc::vec::Vec;

use super::*;

#[derive(Debug, PartialEq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
struct Sample {
    #[n(0)]
    version: u8,
    #[n(1)]
    names: Vec<alloc::string::String>,
    #[n(24)]
    data: ByteString,
}

fn sample() -> Sample {
    Sample {
        version: 1,
        names: vec!["ice".into()],
        data: ByteString(vec![1, 2]),
    }
}

#[test]
fn reads_what_it_writes() {
    assert_eq!(decode::<Sample>(&encode(&sample())), Ok(sample()));
}

#[test]
fn refuses_every_other_form_of_the_same_value() {
    // {0: 1, 1: ["ice"], 24: h'0102'}
    let good = encode(&sample());
    let cases: [(&str, Vec<u8>); 5] = [
        ("long integer", {
            let mut b = vec![0xa3, 0x00, 0x18, 0x01];
            b.extend_from_slice(&good[3..]);
            b
        }),
        ("byte after the end", {
            let mut b = good.clone();
            b.push(0);
            b
        }),
        ("indefinite map", {
            let mut b = vec![0xbf];
            b.extend_from_slice(&good[1..]);
            b.push(0xff);
            b
        }),
        ("key twice", {
            let mut b = vec![0xa4, 0x00, 0x01];
            b.extend_from_slice(&good[1..]);
            b
        }),
        ("unknown key", {
            let mut b = vec![0xa4];
            b.extend_from_slice(&good[1..]);
            b.extend_from_slice(&[0x18, 0x19, 0x00]);
            b
        }),
    ];
    for (name, bytes) in cases {
        assert!(decode::<Sample>(&bytes).is_err(), "{name} was taken");
    }
}

#[test]
fn deep_nesting_is_refused_without_recursion() {
    let deep = vec![0x81; 1_000_000];
    assert!(decode::<Sample>(&deep).is_err());
    assert!(split_first(&deep).is_err());
}
