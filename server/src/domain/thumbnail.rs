//! The small picture of an attached image: which files have one, and what it looks like.
//!
//! What a file is, its bytes say; what was said of it when it was attached does not count. A picture is made of the
//! points alone: nothing else that was in the file, such as where a photograph was taken, is in it.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::error::{LimitError, LimitErrorKind};
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::contents::ContentProblem;

/// The longer side of a picture has at most as many points.
pub const LONGEST: u32 = 320;

/// What pictures of this kind are called. Those that are kept are found by it, and clients know theirs again by it: whoever
/// makes them otherwise calls them otherwise.
pub const NAME: &str = "thumbnail-320";

/// As many bytes of a file tell what it is.
pub const HEAD: u64 = 16;

/// Of a larger file no picture is made.
pub const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Of an image with a longer side none is made either…
const MOST_SIDE: u32 = 16_384;
/// … nor of one with more points, which takes nine bytes a point where a JPEG comes in several scans…
const MOST_POINTS: u64 = 50_000_000;
/// … nor of one that takes more memory once it is unpacked: a few bytes can say that they are a wall.
const MOST_MEMORY: u64 = 256 * 1024 * 1024;

/// Of the picture, of 100.
const JPEG_QUALITY: u8 = 82;

/// What the beginning of a file says that it is, if it is an image of which a picture can be made.
fn format(head: &[u8]) -> Option<ImageFormat> {
    let known = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP];
    image::guess_format(head).ok().filter(|format| known.contains(format))
}

/// Whether a picture can be made of the file that begins like this, and is so large.
pub fn check(head: &[u8], bytes: u64) -> Result<(), ContentProblem> {
    format(head).ok_or(ContentProblem::NoImage)?;
    if bytes > MOST_BYTES { Err(ContentProblem::LargeImage) } else { Ok(()) }
}

/// The picture of an image: the whole of it, turned as it was taken, never enlarged; of several images the first. A JPEG,
/// or a PNG where something is transparent.
pub fn picture(file: &[u8]) -> Result<Vec<u8>, ContentProblem> {
    let format = format(file).ok_or(ContentProblem::NoImage)?;
    draw(file, format).map_err(|error| match error {
        ImageError::Limits(_) => ContentProblem::LargeImage,
        _ => ContentProblem::BrokenImage,
    })
}

/// The media type of a picture.
pub fn media_type(picture: &[u8]) -> &'static str {
    match format(picture) {
        Some(ImageFormat::Png) => "image/png",
        _ => "image/jpeg",
    }
}

fn draw(file: &[u8], format: ImageFormat) -> Result<Vec<u8>, ImageError> {
    let mut image = small(unpacked(file, format)?);
    image.apply_orientation(orientation(file, format)?);
    let mut picture = Cursor::new(Vec::new());
    if image.color().has_alpha() {
        let image = image.to_rgba8();
        if image.pixels().any(|point| point.0[3] < u8::MAX) {
            image.write_to(&mut picture, ImageFormat::Png)?;
            return Ok(picture.into_inner());
        }
    }
    image.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut picture, JPEG_QUALITY))?;
    Ok(picture.into_inner())
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    limits
}

/// A decoder, if the image is not too large for it.
fn decoder(file: &[u8], format: ImageFormat) -> Result<impl ImageDecoder, ImageError> {
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    reader.limits(limits());
    reader.into_decoder()
}

fn unpacked(file: &[u8], format: ImageFormat) -> Result<DynamicImage, ImageError> {
    let mut decoder = decoder(file, format)?;
    let mut left = limits();
    left.reserve(decoder.total_bytes())?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_POINTS {
        return Err(ImageError::Limits(LimitError::from_kind(LimitErrorKind::DimensionError)));
    }
    decoder.set_limits(left)?;
    DynamicImage::from_decoder(decoder)
}

/// Averages, which are quick, to a few times the size; then with care.
fn small(image: DynamicImage) -> DynamicImage {
    if image.width().max(image.height()) <= LONGEST {
        return image;
    }
    let near = 4 * LONGEST;
    let image = if image.width().max(image.height()) > near { image.thumbnail(near, near) } else { image };
    image.resize(LONGEST, LONGEST, FilterType::Triangle)
}

/// How the image is to be turned (EXIF).
fn orientation(file: &[u8], format: ImageFormat) -> Result<Orientation, ImageError> {
    if format == ImageFormat::WebP {
        // The decoder would make room for as much as the file says it has, four gigabytes if need be.
        let exif = riff_chunk(file, *b"EXIF").and_then(Orientation::from_exif_chunk);
        return Ok(exif.unwrap_or(Orientation::NoTransforms));
    }
    decoder(file, format)?.orientation()
}

/// A chunk of a RIFF file, as WebP is one (RFC 9649, section 2.3).
fn riff_chunk(file: &[u8], name: [u8; 4]) -> Option<&[u8]> {
    let mut rest = file.get(12..)?;
    loop {
        let (found, after) = rest.split_first_chunk::<4>()?;
        let (size, after) = after.split_first_chunk::<4>()?;
        let size = usize::try_from(u32::from_le_bytes(*size)).ok()?;
        if *found == name {
            return after.get(..size);
        }
        rest = after.get(size.checked_next_multiple_of(2)?..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_found_or_is_not_there() {
        let file = b"RIFF\x22\0\0\0WEBPVP8L\x03\0\0\0abc\0EXIF\x02\0\0\0MM";
        assert_eq!(riff_chunk(file, *b"EXIF"), Some(&b"MM"[..]));
        assert_eq!(riff_chunk(file, *b"ICCP"), None);
        for cut in 0..file.len() {
            assert_eq!(riff_chunk(&file[..cut], *b"EXIF"), None, "{cut}");
        }
        assert_eq!(riff_chunk(b"RIFF\0\0\0\0WEBPVP8L\xff\xff\xff\xffabc", *b"EXIF"), None);
    }

    #[test]
    fn what_is_no_image_or_too_large_a_file_has_no_picture() {
        for other in ["", "Hello harbour", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "BM", "%PDF-1.7"] {
            assert_eq!(check(other.as_bytes(), 1), Err(ContentProblem::NoImage), "{other}");
            assert_eq!(picture(other.as_bytes()), Err(ContentProblem::NoImage), "{other}");
        }
        assert_eq!(check(b"GIF89a", MOST_BYTES), Ok(()));
        assert_eq!(check(b"GIF89a", MOST_BYTES + 1), Err(ContentProblem::LargeImage));
    }

    /// Whatever is cut off or changed somewhere: a picture or a problem, and no panic.
    #[test]
    fn a_damaged_image_is_no_disaster() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
            let mut file = Cursor::new(Vec::new());
            let image =
                image::RgbImage::from_fn(9, 7, |x, y| image::Rgb([255, if (x ^ y) & 1 == 0 { 9 } else { 90 }, 0]));
            image.write_to(&mut file, format).unwrap();
            let file = file.into_inner();
            assert!(picture(&file).is_ok(), "{format:?}");
            for at in 0..file.len() {
                let _ = picture(&file[..at]);
                let mut damaged = file.clone();
                damaged[at] ^= 0xff;
                let _ = picture(&damaged);
            }
        }
    }
}
