use std::fs;
use std::path::Path;

use super::*;

fn machine(name: &str, files: &[(&str, &str)]) -> Files {
    let root = std::env::temp_dir().join(format!("himuro-machine-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&root);
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        fs::write(path, text).unwrap();
    }
    Files(root)
}

impl Drop for Files {
    fn drop(&mut self) {
        if self.0.starts_with(std::env::temp_dir()) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

#[test]
fn every_file_is_read_as_the_kernel_writes_it() {
    let files = machine(
        "full",
        &[
            ("sys/class/net/lo/type", "772\n"),
            ("sys/class/net/wlan0/type", "1\n"),
            ("sys/class/net/bonding_masters", ""),
            (
                "proc/net/dev",
                "Inter-|   Receive\n face |bytes\n    lo: 1 2\n wlan0: 3 4\n",
            ),
            ("proc/self/status", "Name:\tx\nTracerPid:\t42\n"),
            ("proc/swaps", "Filename Type\n/dev/sda2 partition\n"),
            ("etc/ld.so.preload", "/tmp/a.so\n/tmp/b.so\n"),
        ],
    );
    let found = files.interfaces().unwrap();
    let names: Vec<_> = found.iter().map(|i| (i.name.as_str(), i.kind)).collect();
    assert_eq!(names, [("lo", 772), ("wlan0", 1)]);
    assert_eq!(files.net_dev().unwrap(), ["lo", "wlan0"]);
    assert_eq!(files.tracer(), Some(42));
    assert_eq!(files.swaps().unwrap(), ["/dev/sda2"]);
    assert_eq!(files.preload_file().unwrap(), ["/tmp/a.so", "/tmp/b.so"]);
}

#[test]
fn what_cannot_be_read_is_absent() {
    let files = machine("empty", &[("sys/class/net/eth0/speed", "10")]);
    assert_eq!(files.interfaces(), None);
    assert_eq!(files.net_dev(), None);
    assert_eq!(files.tracer(), None);
    assert_eq!(files.swaps(), None);
}

#[test]
fn netlink_and_sysfs_see_the_same_interfaces() {
    let mut over_netlink = netlink::interfaces().unwrap();
    over_netlink.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(over_netlink.iter().any(|i| i.name == "lo" && i.kind == 772));
    let names = |list: &[Interface]| list.iter().map(|i| i.name.clone()).collect::<Vec<_>>();
    let sysfs = Files("/".into()).interfaces().unwrap();
    assert_eq!(names(&over_netlink), names(&sysfs));
}

#[test]
fn this_process_closes_itself() {
    officer_console::harden();
    assert_eq!(core_limit(), 0);
    assert_eq!(dumpable(), Some(0));
}
