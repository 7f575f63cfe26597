//! The kernel's list of network interfaces over netlink: `RTM_GETLINK`, one dump.
//!
//! Sysfs can be mounted over; this asks the kernel itself.

use std::io;

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recv, send, socket_with,
};
use signer_core::environment::Interface;

const RTM_NEWLINK: u16 = 16;
const RTM_GETLINK: u16 = 18;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
/// `NLM_F_REQUEST | NLM_F_DUMP`
const DUMP: u16 = 0x301;
const IFLA_IFNAME: u16 = 3;
/// Size of `struct nlmsghdr`.
const HEADER: usize = 16;
/// Size of `struct ifinfomsg`.
const IFINFO: usize = 16;
/// One datagram of a dump is at most 32 KiB.
const BUFFER: usize = 64 * 1024;

/// Every interface of this network namespace.
pub(super) fn interfaces() -> io::Result<Vec<Interface>> {
    let kind = (AddressFamily::NETLINK, SocketType::RAW);
    let socket = socket_with(kind.0, kind.1, SocketFlags::CLOEXEC, None)?;
    bind(&socket, &SocketAddrNetlink::new(0, 0))?;
    send(&socket, &request(), SendFlags::empty())?;
    let mut found = Vec::new();
    let mut buffer = vec![0_u8; BUFFER];
    loop {
        let (length, _) = recv(&socket, buffer.as_mut_slice(), RecvFlags::empty())?;
        let datagram = buffer.get(..length).unwrap_or_default();
        if length == 0 || read_datagram(datagram, &mut found)? == Dump::Ended {
            return Ok(found);
        }
    }
}

fn request() -> Vec<u8> {
    let length = u32::try_from(HEADER + IFINFO).unwrap_or(0);
    let mut bytes = Vec::with_capacity(HEADER + IFINFO);
    bytes.extend_from_slice(&length.to_ne_bytes());
    bytes.extend_from_slice(&RTM_GETLINK.to_ne_bytes());
    bytes.extend_from_slice(&DUMP.to_ne_bytes());
    // Sequence and port 0, then an empty ifinfomsg: every family, every interface.
    bytes.resize(HEADER + IFINFO, 0);
    bytes
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dump {
    GoesOn,
    Ended,
}

fn read_datagram(mut rest: &[u8], found: &mut Vec<Interface>) -> io::Result<Dump> {
    while !rest.is_empty() {
        let length = usize::try_from(number32(rest, 0)?).map_err(|_| malformed())?;
        let kind = number16(rest, 4)?;
        let body = rest.get(HEADER..length).ok_or_else(malformed)?;
        match kind {
            NLMSG_DONE => return Ok(Dump::Ended),
            NLMSG_ERROR => return Err(malformed()),
            RTM_NEWLINK => found.push(link(body)?),
            _ => {}
        }
        rest = rest.get(aligned(length)..).unwrap_or_default();
    }
    Ok(Dump::GoesOn)
}

/// One `ifinfomsg` with its attributes.
fn link(body: &[u8]) -> io::Result<Interface> {
    let kind = number16(body, 2)?;
    let mut rest = body.get(IFINFO..).ok_or_else(malformed)?;
    while rest.len() >= 4 {
        let length = usize::from(number16(rest, 0)?);
        let value = rest.get(4..length).ok_or_else(malformed)?;
        if number16(rest, 2)? == IFLA_IFNAME {
            let name: Vec<u8> = value.iter().copied().take_while(|b| *b != 0).collect();
            return Ok(Interface {
                name: String::from_utf8_lossy(&name).into_owned(),
                kind,
            });
        }
        rest = rest.get(aligned(length)..).unwrap_or_default();
    }
    Err(malformed())
}

const fn aligned(length: usize) -> usize {
    length.next_multiple_of(4)
}

fn number16(bytes: &[u8], at: usize) -> io::Result<u16> {
    let field = bytes.get(at..at + 2).and_then(|b| b.try_into().ok());
    field.map(u16::from_ne_bytes).ok_or_else(malformed)
}

fn number32(bytes: &[u8], at: usize) -> io::Result<u32> {
    let field = bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
    field.map(u32::from_ne_bytes).ok_or_else(malformed)
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "unexpected netlink answer")
}
