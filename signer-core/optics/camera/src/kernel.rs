//! The kernel's side: its structures (`linux/videodev2.h`), its calls, and memory shared with it.
//!
//! Structures are those of 64-bit Linux; their sizes are part of the calls' numbers, and a test compares both
//! with the header.

use std::os::fd::OwnedFd;
use std::ptr;

use rustix::io::{Errno, Result as Called, retry_on_intr};
use rustix::ioctl::{Opcode, Setter, Updater, ioctl, opcode};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use crate::CameraError;

/// `V4L2_BUF_TYPE_VIDEO_CAPTURE`
const CAPTURE: u32 = 1;
/// `V4L2_MEMORY_MMAP`
const SHARED: u32 = 1;
/// `V4L2_CAP_VIDEO_CAPTURE`, `V4L2_CAP_STREAMING`, `V4L2_CAP_DEVICE_CAPS`
const CAPTURES: u32 = 0x0000_0001;
const STREAMS: u32 = 0x0400_0000;
const OF_DEVICE: u32 = 0x8000_0000;
/// `V4L2_BUF_FLAG_ERROR`
const BROKEN: u32 = 0x40;
/// Buffers that are asked for, and most that are taken.
const BUFFERS: u32 = 4;
const MOST_BUFFERS: u32 = 32;
/// Most bytes of one buffer.
const MOST_BYTES: u32 = 64 << 20;

/// Pictures in a second; what the driver does not tell counts as enough.
pub(crate) type Rate = u32;

/// `struct v4l2_capability`
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Capability {
    driver: [u8; 16],
    card: [u8; 32],
    bus: [u8; 32],
    version: u32,
    all: u32,
    of_device: u32,
    reserved: [u32; 3],
}

/// `struct v4l2_format` with its `v4l2_pix_format`; the union is aligned to a pointer.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct PictureFormat {
    kind: u32,
    align: u32,
    width: u32,
    height: u32,
    format: u32,
    field: u32,
    stride: u32,
    rest: [u32; 45],
}

/// `struct v4l2_streamparm` with its `v4l2_captureparm`
#[repr(C)]
#[derive(Clone, Copy)]
struct Parameters {
    kind: u32,
    capability: u32,
    mode: u32,
    numerator: u32,
    denominator: u32,
    rest: [u32; 46],
}

/// `struct v4l2_requestbuffers`
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Request {
    count: u32,
    kind: u32,
    memory: u32,
    capabilities: u32,
    flags: u32,
}

/// `struct v4l2_buffer`
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Buffer {
    index: u32,
    kind: u32,
    used: u32,
    flags: u32,
    field: u32,
    seconds: i64,
    microseconds: i64,
    timecode: [u32; 4],
    sequence: u32,
    memory: u32,
    offset: u64,
    length: u32,
    reserved: u32,
    request: u32,
}

const CAPABILITY: Opcode = opcode::read::<Capability>(b'V', 0);
const FORMAT: Opcode = opcode::read_write::<PictureFormat>(b'V', 5);
const REQUEST: Opcode = opcode::read_write::<Request>(b'V', 8);
const QUERY: Opcode = opcode::read_write::<Buffer>(b'V', 9);
const QUEUE: Opcode = opcode::read_write::<Buffer>(b'V', 15);
const UNQUEUE: Opcode = opcode::read_write::<Buffer>(b'V', 17);
const START: Opcode = opcode::write::<i32>(b'V', 18);
const STOP: Opcode = opcode::write::<i32>(b'V', 19);
const PARAMETERS: Opcode = opcode::read_write::<Parameters>(b'V', 22);

/// The calls that are made, by the header's names, for a comparison with it.
pub const NUMBERS: [(&str, Opcode); 9] = [
    ("VIDIOC_QUERYCAP", CAPABILITY),
    ("VIDIOC_S_FMT", FORMAT),
    ("VIDIOC_REQBUFS", REQUEST),
    ("VIDIOC_QUERYBUF", QUERY),
    ("VIDIOC_QBUF", QUEUE),
    ("VIDIOC_DQBUF", UNQUEUE),
    ("VIDIOC_STREAMON", START),
    ("VIDIOC_STREAMOFF", STOP),
    ("VIDIOC_S_PARM", PARAMETERS),
];

/// Places in the structures, by the header's names, for a comparison with it.
pub const SIZES: [(&str, usize); 18] = [
    ("sizeof(struct v4l2_capability)", size_of::<Capability>()),
    (
        "offsetof(struct v4l2_capability, capabilities)",
        std::mem::offset_of!(Capability, all),
    ),
    (
        "offsetof(struct v4l2_capability, device_caps)",
        std::mem::offset_of!(Capability, of_device),
    ),
    ("sizeof(struct v4l2_format)", size_of::<PictureFormat>()),
    (
        "offsetof(struct v4l2_format, fmt.pix.width)",
        std::mem::offset_of!(PictureFormat, width),
    ),
    (
        "offsetof(struct v4l2_format, fmt.pix.pixelformat)",
        std::mem::offset_of!(PictureFormat, format),
    ),
    (
        "offsetof(struct v4l2_format, fmt.pix.bytesperline)",
        std::mem::offset_of!(PictureFormat, stride),
    ),
    ("sizeof(struct v4l2_streamparm)", size_of::<Parameters>()),
    (
        "offsetof(struct v4l2_streamparm, parm.capture.timeperframe)",
        std::mem::offset_of!(Parameters, numerator),
    ),
    ("sizeof(struct v4l2_requestbuffers)", size_of::<Request>()),
    (
        "offsetof(struct v4l2_requestbuffers, memory)",
        std::mem::offset_of!(Request, memory),
    ),
    ("sizeof(struct v4l2_buffer)", size_of::<Buffer>()),
    (
        "offsetof(struct v4l2_buffer, bytesused)",
        std::mem::offset_of!(Buffer, used),
    ),
    (
        "offsetof(struct v4l2_buffer, flags)",
        std::mem::offset_of!(Buffer, flags),
    ),
    (
        "offsetof(struct v4l2_buffer, timestamp)",
        std::mem::offset_of!(Buffer, seconds),
    ),
    (
        "offsetof(struct v4l2_buffer, memory)",
        std::mem::offset_of!(Buffer, memory),
    ),
    (
        "offsetof(struct v4l2_buffer, m)",
        std::mem::offset_of!(Buffer, offset),
    ),
    (
        "offsetof(struct v4l2_buffer, length)",
        std::mem::offset_of!(Buffer, length),
    ),
];

/// Makes a call that fills or changes `value`.
fn update<const CALL: Opcode, T>(device: &OwnedFd, value: &mut T) -> Called<()> {
    retry_on_intr(|| {
        // SAFETY: each number is made above from the structure that goes with it, whose layout is the
        // header's (a test compares them): the kernel writes nothing beyond it.
        unsafe { ioctl(device, Updater::<CALL, T>::new(value)) }
    })
}

/// Makes a call that reads the kind of stream.
fn stream<const CALL: Opcode>(device: &OwnedFd) -> Called<()> {
    let kind = i32::try_from(CAPTURE).map_err(|_| Errno::INVAL)?;
    // SAFETY: both calls take the address of an int, and write nothing.
    unsafe { ioctl(device, Setter::<CALL, i32>::new(kind)) }
}

/// Whether the device gives pictures into shared memory.
pub(crate) fn captures(device: &OwnedFd) -> bool {
    let mut about = Capability::default();
    if update::<CAPABILITY, _>(device, &mut about).is_err() {
        return false;
    }
    let can = if about.all & OF_DEVICE == 0 {
        about.all
    } else {
        about.of_device
    };
    can & CAPTURES != 0 && can & STREAMS != 0
}

/// What is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) format: u32,
}

/// What is given.
#[derive(Clone, Copy)]
pub(crate) struct Given {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) format: u32,
    pub(crate) stride: u32,
}

/// Asks for a format; the driver may give another one. None where it refuses.
pub(crate) fn agree(device: &OwnedFd, wanted: Wanted) -> Result<Option<Given>, CameraError> {
    let mut format = PictureFormat {
        kind: CAPTURE,
        align: 0,
        width: wanted.width,
        height: wanted.height,
        format: wanted.format,
        // V4L2_FIELD_NONE: whole pictures, not every second line.
        field: 1,
        stride: 0,
        rest: [0; 45],
    };
    match update::<FORMAT, _>(device, &mut format) {
        Ok(()) => Ok(Some(Given {
            width: format.width,
            height: format.height,
            format: format.format,
            stride: format.stride,
        })),
        Err(Errno::INVAL) => Ok(None),
        Err(error) => Err(CameraError::of(error)),
    }
}

/// Asks for so many pictures in a second, and tells how many there will be.
pub(crate) fn hurry(device: &OwnedFd, rate: Rate) -> Rate {
    let mut parameters = Parameters {
        kind: CAPTURE,
        capability: 0,
        mode: 0,
        numerator: 1,
        denominator: rate,
        rest: [0; 46],
    };
    let told = update::<PARAMETERS, _>(device, &mut parameters).is_ok();
    match parameters.denominator.checked_div(parameters.numerator) {
        Some(given) if told && given > 0 => given,
        _ => rate,
    }
}

/// Memory shared with the kernel.
#[derive(Debug)]
struct Shared {
    at: ptr::NonNull<u8>,
    len: usize,
}

impl Shared {
    fn map(device: &OwnedFd, buffer: &Buffer) -> Result<Self, CameraError> {
        if buffer.length == 0 || buffer.length > MOST_BYTES {
            return Err(CameraError::Odd);
        }
        let len = usize::try_from(buffer.length).map_err(|_| CameraError::Odd)?;
        // The offset is 32 bits of a union of 64.
        let offset = buffer.offset & u64::from(u32::MAX);
        // SAFETY: a new mapping, at a place that the kernel chooses.
        let mapped = unsafe {
            mmap(
                ptr::null_mut(),
                len,
                ProtFlags::READ,
                MapFlags::SHARED,
                device,
                offset,
            )
        };
        let at = mapped.map_err(CameraError::of)?;
        let at = ptr::NonNull::new(at.cast()).ok_or(CameraError::Odd)?;
        Ok(Self { at, len })
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: mapped once by `map` with this length, and nothing points into it any more: copies
        // alone leave this file.
        let _ = unsafe { munmap(self.at.as_ptr().cast(), self.len) };
    }
}

/// The buffers of a stream.
#[derive(Debug)]
pub(crate) struct Buffers {
    shared: Vec<Shared>,
}

/// One that the kernel has filled.
pub(crate) struct Filled {
    index: u32,
    used: usize,
    flags: u32,
}

impl Filled {
    /// Whether the driver says that the picture arrived.
    pub(crate) const fn is_whole(&self) -> bool {
        self.flags & BROKEN == 0 && self.used > 0
    }
}

impl Buffers {
    /// Shares buffers with the kernel and lets pictures come.
    pub(crate) fn start(device: &OwnedFd) -> Result<Self, CameraError> {
        let mut request = Request {
            count: BUFFERS,
            kind: CAPTURE,
            memory: SHARED,
            ..Request::default()
        };
        update::<REQUEST, _>(device, &mut request).map_err(CameraError::of)?;
        if request.count == 0 || request.count > MOST_BUFFERS {
            return Err(CameraError::Odd);
        }
        let map = |index| {
            let mut buffer = Buffer::at(index);
            update::<QUERY, _>(device, &mut buffer).map_err(CameraError::of)?;
            Shared::map(device, &buffer)
        };
        let shared = (0..request.count).map(map).collect::<Result<_, _>>()?;
        for index in 0..request.count {
            queue(device, index)?;
        }
        stream::<START>(device).map_err(CameraError::of)?;
        Ok(Self { shared })
    }

    /// The buffer that was filled longest ago; none where all wait to be.
    pub(crate) fn filled(device: &OwnedFd) -> Result<Option<Filled>, CameraError> {
        let mut buffer = Buffer::at(0);
        match update::<UNQUEUE, _>(device, &mut buffer) {
            Ok(()) => Ok(Some(Filled {
                index: buffer.index,
                used: usize::try_from(buffer.used).map_err(|_| CameraError::Odd)?,
                flags: buffer.flags,
            })),
            Err(Errno::AGAIN) => Ok(None),
            Err(error) => Err(CameraError::of(error)),
        }
    }

    /// Copies what the kernel filled.
    pub(crate) fn copy(&self, filled: &Filled, to: &mut Vec<u8>) -> Result<(), CameraError> {
        let place = usize::try_from(filled.index).map_err(|_| CameraError::Odd)?;
        let shared = self.shared.get(place).ok_or(CameraError::Odd)?;
        if filled.used > shared.len {
            return Err(CameraError::Odd);
        }
        to.clear();
        to.reserve(filled.used);
        // SAFETY: both places have so many bytes: the mapping as long as `shared` lives, the vector by
        // `reserve`. They do not overlap. No reference into shared memory is made: whatever its bytes
        // are or become, they are bytes.
        unsafe {
            ptr::copy_nonoverlapping(shared.at.as_ptr(), to.as_mut_ptr(), filled.used);
            to.set_len(filled.used);
        }
        Ok(())
    }

    /// Lets the kernel fill it again.
    pub(crate) fn give_back(device: &OwnedFd, filled: &Filled) -> Result<(), CameraError> {
        queue(device, filled.index)
    }

    /// Ends the stream.
    pub(crate) fn stop(device: &OwnedFd) {
        // Nobody is left to tell: the device is closed next.
        let _ = stream::<STOP>(device);
    }
}

impl Buffer {
    fn at(index: u32) -> Self {
        Self {
            index,
            kind: CAPTURE,
            memory: SHARED,
            ..Self::default()
        }
    }
}

fn queue(device: &OwnedFd, index: u32) -> Result<(), CameraError> {
    let mut buffer = Buffer::at(index);
    update::<QUEUE, _>(device, &mut buffer).map_err(CameraError::of)
}
