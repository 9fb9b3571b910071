//! PNG: the few chunks that a picture needs. (A crate for all that the format can do would bring
//! seven others.)

use miniz_oxide::deflate::compress_to_vec_zlib;

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// How hard to compress: 0 to 10. Little is gained beyond this, for pictures that are mostly paper.
const LEVEL: u8 = 6;

/// A picture of `width` by `height` pixels, three bytes each.
pub(super) fn encode(pixels: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    // Eight bits a channel, red green and blue, and the only methods there are.
    header.extend([8, 2, 0, 0, 0]);
    let data = compress_to_vec_zlib(&filtered(pixels, width as usize * 3), LEVEL);
    let mut png = SIGNATURE.to_vec();
    chunk(&mut png, *b"IHDR", &header);
    chunk(&mut png, *b"IDAT", &data);
    chunk(&mut png, *b"IEND", &[]);
    png
}

/// Each row as its difference from the one above, which is zero almost everywhere.
fn filtered(pixels: &[u8], row: usize) -> Vec<u8> {
    const UP: u8 = 2;

    let mut bytes = Vec::with_capacity(pixels.len() + pixels.len() / row);
    let first = vec![0; row];
    let above = std::iter::once(first.as_slice()).chain(pixels.chunks_exact(row));
    for (row, above) in pixels.chunks_exact(row).zip(above) {
        bytes.push(UP);
        bytes
            .extend(row.iter().zip(above).map(|(byte, above)| byte.wrapping_sub(*above)));
    }
    bytes
}

fn chunk(png: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    let len = u32::try_from(data.len()).expect("a picture of less than 4 GiB");
    png.extend(len.to_be_bytes());
    let checked = png.len();
    png.extend(name);
    png.extend(data);
    let sum = crc32(&png[checked..]);
    png.extend(sum.to_be_bytes());
}

/// The checksum of ISO 3309. A bit at a time: a megabyte takes some milliseconds.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

/// The picture with `times` by `times` of its pixels in one: their mean.
pub(super) fn shrink(pixels: &[u8], width: usize, times: usize) -> Vec<u8> {
    let row = width * 3;
    let (columns, rows) = (width / times, pixels.len() / row / times);
    let mut small = Vec::with_capacity(columns * rows * 3);
    for (y, x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
        for channel in 0..3 {
            let corner = y * times * row + x * times * 3 + channel;
            let places =
                (0..times).flat_map(|dy| (0..times).map(move |dx| dy * row + dx * 3));
            let sum: usize =
                places.map(|place| usize::from(pixels[corner + place])).sum();
            small.push(u8::try_from(sum / (times * times)).unwrap_or(u8::MAX));
        }
    }
    small
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b"IEND"), 0xae42_6082);
    }

    #[test]
    fn rows_are_differences_from_the_row_above() {
        assert_eq!(filtered(&[1, 2, 3, 5, 1, 3], 3), [2, 1, 2, 3, 2, 4, 255, 0]);
    }

    #[test]
    fn four_pixels_become_their_mean() {
        let upper = [[0, 10, 255], [2, 20, 255], [9, 9, 9], [9, 9, 9]].concat();
        let lower = [[4, 30, 255], [6, 40, 255], [9, 9, 9], [9, 9, 9]].concat();
        assert_eq!(shrink(&[upper, lower].concat(), 4, 2), [3, 25, 255, 9, 9, 9]);
    }

    #[test]
    fn a_picture_begins_and_ends_as_it_must() {
        let png = encode(&[0; 12], 2, 2);
        assert!(
            png.starts_with(
                b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x02\0\0\0\x02\x08\x02"
            )
        );
        assert!(png.ends_with(b"\0\0\0\0IEND\xae\x42\x60\x82"));
    }
}
