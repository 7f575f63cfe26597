//! Pictures as cameras give them become shades of grey.

use camera::{Format, Layout};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::read::{PIXEL_LIMIT, ReadError};

/// Begin of a JPEG picture, and of a segment that holds its tables of codes.
const BEGIN: [u8; 2] = [0xFF, 0xD8];
const CODES: u8 = 0xC4;
/// Where the packed picture begins: no more segments come.
const SCAN: u8 = 0xDA;
/// What cameras put in front of a picture whose tables are the standard's: the decoder then has them.
const STANDARD: [u8; 9] = [0xFF, 0xE0, 0, 7, b'A', b'V', b'I', b'1', 0];

/// The shades of a picture, row by row.
///
/// # Errors
/// [`ReadError`] where it is larger than allowed, or not what its layout says.
pub(crate) fn shades(layout: Layout, bytes: &[u8]) -> Result<Vec<u8>, ReadError> {
    let pixels = layout.width.checked_mul(layout.height);
    match pixels {
        Some(1..=PIXEL_LIMIT) => {}
        Some(0) => return Err(ReadError::NotAsSaid),
        _ => return Err(ReadError::TooManyPixels),
    }
    match layout.format {
        Format::Grey => rows(layout, bytes, <[u8]>::to_vec),
        Format::Yuyv => rows(layout, bytes, |row| {
            row.as_chunks::<2>()
                .0
                .iter()
                .map(|[shade, _]| *shade)
                .collect()
        }),
        Format::Mjpeg => jpeg(layout, bytes),
    }
}

/// Each row without what stands behind it; the last one may end before that.
fn rows(
    layout: Layout,
    bytes: &[u8],
    shades: impl Fn(&[u8]) -> Vec<u8>,
) -> Result<Vec<u8>, ReadError> {
    let row = layout.format.row(layout.width).unwrap_or_default() as usize;
    let (stride, height) = (layout.stride as usize, layout.height as usize);
    let whole = stride
        .checked_mul(height - 1)
        .and_then(|all| all.checked_add(row));
    if stride < row || whole.is_none_or(|whole| bytes.len() < whole) {
        return Err(ReadError::NotAsSaid);
    }
    let rows = bytes.chunks(stride).take(height);
    Ok(rows.flat_map(|bytes| shades(&bytes[..row])).collect())
}

fn jpeg(layout: Layout, bytes: &[u8]) -> Result<Vec<u8>, ReadError> {
    let (width, height) = (layout.width as usize, layout.height as usize);
    let completed;
    let bytes = if has_codes(bytes).ok_or(ReadError::NotJpeg)? {
        bytes
    } else {
        completed = [&BEGIN[..], &STANDARD, &bytes[BEGIN.len()..]].concat();
        &completed
    };
    let options = DecoderOptions::default()
        .set_max_width(width)
        .set_max_height(height)
        .set_use_unsafe(false)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| ReadError::NotJpeg)?;
    let size = decoder
        .info()
        .map(|info| (usize::from(info.width), usize::from(info.height)));
    if size != Some((width, height)) {
        return Err(ReadError::NotAsSaid);
    }
    let shades = decoder.decode().map_err(|_| ReadError::NotJpeg)?;
    if shades.len() == width * height {
        Ok(shades)
    } else {
        Err(ReadError::NotJpeg)
    }
}

/// Whether the segments in front of the packed picture hold tables of codes. None where there are no
/// such segments.
fn has_codes(bytes: &[u8]) -> Option<bool> {
    let mut rest = bytes.strip_prefix(&BEGIN)?;
    loop {
        let [0xFF, mark, high, low, ..] = *rest else {
            return None;
        };
        match mark {
            CODES => return Some(true),
            SCAN => return Some(false),
            // A byte that fills.
            0xFF => rest = &rest[1..],
            _ => rest = rest.get(2 + usize::from(u16::from_be_bytes([high, low]))..)?,
        }
    }
}
