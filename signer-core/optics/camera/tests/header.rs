//! The calls' numbers and the structures' layouts, beside those of the kernel's own header.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use camera::{NUMBERS, SIZES};

const HEADER: &str = "/usr/include/linux/videodev2.h";

/// As they are on every 64-bit machine that we build for.
const KNOWN: [(&str, u64); 9] = [
    ("VIDIOC_QUERYCAP", 0x8068_5600),
    ("VIDIOC_S_FMT", 0xC0D0_5605),
    ("VIDIOC_REQBUFS", 0xC014_5608),
    ("VIDIOC_QUERYBUF", 0xC058_5609),
    ("VIDIOC_QBUF", 0xC058_560F),
    ("VIDIOC_DQBUF", 0xC058_5611),
    ("VIDIOC_STREAMON", 0x4004_5612),
    ("VIDIOC_STREAMOFF", 0x4004_5613),
    ("VIDIOC_S_PARM", 0xC0CC_5616),
];

#[test]
fn the_calls_have_their_known_numbers() {
    let ours = NUMBERS.map(|(name, number)| (name, number));
    assert_eq!(ours, KNOWN);
}

/// The C compiler's opinion of the header that is installed here.
#[test]
fn numbers_and_layouts_are_those_of_the_header() {
    if !Path::new(HEADER).exists() || Command::new("cc").arg("--version").output().is_err() {
        println!("skipped: no C compiler or no {HEADER} (package linux-libc-dev)");
        return;
    }
    let numbers = NUMBERS.map(|(name, number)| (name.to_owned(), number));
    let sizes = SIZES.map(|(place, size)| (place.to_owned(), size as u64));
    let mut program = String::from(
        "#include <stddef.h>\n#include <stdio.h>\n#include <sys/time.h>\n\
         #include <linux/videodev2.h>\nint main(void) {\n",
    );
    for (what, _) in numbers.iter().chain(&sizes) {
        writeln!(
            program,
            "  printf(\"%llu\\n\", (unsigned long long)({what}));"
        )
        .unwrap();
    }
    program.push_str("  return 0;\n}\n");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (source, binary) = (folder.join("video.c"), folder.join("video"));
    std::fs::write(&source, program).unwrap();
    let built = Command::new("cc")
        .arg("-o")
        .args([&binary, &source])
        .status();
    assert!(built.unwrap().success());
    let told = Command::new(&binary).output().unwrap().stdout;
    let told: Vec<u64> = String::from_utf8(told)
        .unwrap()
        .lines()
        .map(|line| line.parse().unwrap())
        .collect();
    let ours: Vec<_> = numbers.iter().chain(&sizes).collect();
    assert_eq!(told.len(), ours.len());
    for ((what, ours), header) in ours.into_iter().zip(told) {
        assert_eq!(*ours, header, "{what}");
    }
}
