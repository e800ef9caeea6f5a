//! The small picture of an attached image: right in size, made once, gone with its content, and there for those alone who
//! may have the image. Nothing that somebody attaches costs the server more than a refusal.

use std::io::Cursor;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::{
    DynamicImage, Frame, GenericImageView as _, ImageEncoder as _, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage,
};
use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value as Json, json};
use shared::field::Field;
use shared::ids::AttachmentId;
use shared::limits::KEPT_FOR;
use shared::mutation::Op;
use shared::protocol::kind;
use shared::value::{Role, Value};
use tern_server::services::now;
use uuid::Uuid;

use crate::attachments::{attach, cellar, facts, files, get, upload};
use crate::harness::{Device, Server, check, problem};

fn written(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.into().write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// Red on the left, blue on the right.
fn flag(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([200, 20, 20]) } else { Rgb([20, 20, 200]) })
}

async fn ask(device: &Device<'_>, id: AttachmentId) -> Response {
    device.request(Method::GET, &format!("/api/attachments/{id}/thumbnail")).send().await.unwrap()
}

async fn ask_knowing(device: &Device<'_>, id: AttachmentId, tag: &str) -> Response {
    let request = device.request(Method::GET, &format!("/api/attachments/{id}/thumbnail"));
    request.header(IF_NONE_MATCH, tag).send().await.unwrap()
}

/// What a picture is, and which media type was said of it.
async fn picture(response: Response) -> (DynamicImage, String) {
    assert_eq!(response.status(), StatusCode::OK);
    let media_type = response.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
    let bytes = response.bytes().await.unwrap();
    let format = ImageFormat::from_mime_type(&media_type).unwrap();
    (image::load_from_memory_with_format(&bytes, format).unwrap(), media_type)
}

/// An attachment with this content, stored.
async fn attached(device: &mut Device<'_>, content: &[u8]) -> AttachmentId {
    let id = attach(device, content).await;
    upload(device, id, content).await;
    id
}

/// Where a point of a picture is red.
fn red(picture: &DynamicImage, x: u32, y: u32) -> bool {
    let [red, _, blue, _] = picture.get_pixel(x, y).0;
    red > 150 && blue < 80
}

/// The pictures in the content store.
fn kept(server: &Server) -> Vec<PathBuf> {
    fn within(directory: PathBuf) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { within(path) } else { vec![path] }).collect()
    }
    within(server.attachments.clone()).into_iter().filter(|path| path.ends_with("thumbnail-320")).collect()
}

#[tokio::test]
async fn an_image_is_shown_small() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let glass = RgbaImage::from_fn(900, 600, |x, _| Rgba([200, 20, 20, if x < 450 { 255 } else { 0 }]));
    let solid = RgbaImage::from_pixel(900, 600, Rgba([200, 20, 20, 255]));
    let (png, jpeg) = ("image/png", "image/jpeg");
    for (content, size, media_type) in [
        (written(glass.clone(), ImageFormat::Png), (320, 213), png),
        (written(solid, ImageFormat::Png), (320, 213), jpeg),
        (written(flag(400, 1_600), ImageFormat::Jpeg), (80, 320), jpeg),
        (written(flag(1_400, 700), ImageFormat::WebP), (320, 160), jpeg),
        (written(glass, ImageFormat::WebP), (320, 213), png),
        (written(flag(20, 10), ImageFormat::Png), (20, 10), jpeg),
        (written(flag(3_000, 1), ImageFormat::Png), (320, 1), jpeg),
    ] {
        let id = attached(&mut ines, &content).await;
        let response = ask(&ines, id).await;
        let headers = response.headers().clone();
        let (picture, said) = picture(response).await;
        assert_eq!((picture.dimensions(), said.as_str()), (size, media_type));
        assert!(red(&picture, 0, 0), "{:?}", picture.get_pixel(0, 0));
        assert_eq!(headers["content-security-policy"], "sandbox; default-src 'none'");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers[CACHE_CONTROL], "private, no-cache");
        assert_eq!(headers[ETAG], format!("\"{}-thumbnail-320\"", facts(&content).sha256));
    }
}

#[tokio::test]
async fn of_an_animation_the_first_image_is_shown() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut content = Vec::new();
    let mut encoder = GifEncoder::new(&mut content);
    for colour in [[200, 20, 20, 255], [20, 20, 200, 255]] {
        encoder.encode_frame(Frame::new(RgbaImage::from_pixel(640, 480, Rgba(colour)))).unwrap();
    }
    drop(encoder);
    let id = attached(&mut ines, &content).await;
    let (picture, _) = picture(ask(&ines, id).await).await;
    assert_eq!(picture.dimensions(), (320, 240));
    assert!(red(&picture, 160, 120));
}

/// A camera that was held upright writes lying images, and how they are to be turned.
#[tokio::test]
async fn a_photograph_is_turned_as_it_was_taken() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    // One entry, orientation, which is: turn it by a quarter, clockwise.
    let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    let mut content = Vec::new();
    let mut encoder = JpegEncoder::new(&mut content);
    encoder.set_exif_metadata(exif.clone()).unwrap();
    flag(640, 320).write_with_encoder(encoder).unwrap();
    let mut webp = written(flag(640, 320), ImageFormat::WebP);
    webp.extend([b"EXIF".as_slice(), &u32::try_from(exif.len()).unwrap().to_le_bytes(), &exif].concat());
    for content in [content, webp] {
        let id = attached(&mut ines, &content).await;
        let (picture, _) = picture(ask(&ines, id).await).await;
        assert_eq!(picture.dimensions(), (160, 320));
        assert!(red(&picture, 80, 10) && !red(&picture, 80, 310), "what was on the left is at the top");
    }
}

#[tokio::test]
async fn a_picture_is_made_once_and_is_no_part_of_the_file() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let content = written(flag(640, 480), ImageFormat::Png);
    let id = attached(&mut ines, &content).await;
    assert_eq!(kept(&server), [] as [PathBuf; 0], "only when somebody asks");
    let (all, again, more) = tokio::join!(ask(&ines, id), ask(&ines, id), ask(&ines, id));
    let first = all.bytes().await.unwrap();
    for other in [again, more] {
        assert_eq!(other.bytes().await.unwrap(), first);
    }
    let [path] = kept(&server).try_into().unwrap();
    assert_eq!((std::fs::read(&path).unwrap(), files(&server)), (first.to_vec(), 2));

    // What is kept is what is given, also by a server that starts anew.
    let another = written(flag(7, 7), ImageFormat::Png);
    std::fs::write(&path, &another).unwrap();
    assert_eq!(ask(&ines, id).await.bytes().await.unwrap(), another);
    server.stop().await;
    let server = Server::restart(&server.database).await;
    let ines = server.login("ines@saltmarsh.example", ines.id).await;
    let response = ask(&ines, id).await;
    assert_eq!(response.headers()[CONTENT_TYPE], "image/png");
    assert_eq!(response.bytes().await.unwrap(), another);
    assert_eq!(get(&ines, id).await.bytes().await.unwrap(), content);
}

#[tokio::test]
async fn whoever_has_a_picture_is_not_sent_it_again() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let content = written(flag(640, 480), ImageFormat::Jpeg);
    let (_, _, id) = cellar(&mut ines, &content).await;
    let tag = ask(&ines, id).await.headers()[ETAG].to_str().unwrap().to_owned();
    let same = ask_knowing(&ines, id, &tag).await;
    assert_eq!((same.status(), same.headers()[ETAG].to_str().unwrap()), (StatusCode::NOT_MODIFIED, tag.as_str()));
    assert_eq!(same.headers()[CACHE_CONTROL], "private, no-cache");
    assert!(same.bytes().await.unwrap().is_empty());
    assert_eq!(ask_knowing(&ines, id, "\"another\"").await.status(), StatusCode::OK);
    check(ask_knowing(&bo, id, &tag).await, 404, kind::NOT_FOUND).await;
}

#[tokio::test]
async fn who_may_not_have_the_image_has_no_picture_of_it() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let eve = server.register("eve@elsewhere.example").await;
    let guest = server.join(&ines, "gus@saltmarsh.example").await;
    let path = format!("/api/members/{}", guest.session.account.user);
    let demoted = ines.request(Method::PATCH, &path).json(&json!({ "role": "guest" })).send().await.unwrap();
    assert_eq!(demoted.status(), 200);
    let (project, _, id) = cellar(&mut ines, &written(flag(640, 480), ImageFormat::Png)).await;
    let nowhere = AttachmentId(Uuid::now_v7());
    // Before there is one, and when there is.
    for _ in 0..2 {
        for stranger in [&bo, &eve, &guest] {
            let (there, not) = (ask(stranger, id).await, ask(stranger, nowhere).await);
            assert_eq!((there.status(), not.status()), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
            assert_eq!(there.text().await.unwrap(), not.text().await.unwrap());
        }
        assert_eq!(ask(&ines, id).await.status(), StatusCode::OK);
    }
    let of_guest = |role: Value| Op::write(project, Field::Access(guest.session.account.user), role);
    ines.push(ines.now().await, [of_guest(Value::Role(Role::Guest))]).await;
    assert_eq!(ask(&guest, id).await.status(), StatusCode::OK);
    ines.push(ines.now().await, [of_guest(Value::Nothing)]).await;
    check(ask(&guest, id).await, 404, kind::NOT_FOUND).await;
    guest.logout().await;
    check(ask(&guest, id).await, 401, kind::UNAUTHENTICATED).await;
    assert_eq!(server.get(&format!("/api/attachments/{id}/thumbnail")).await.status(), 401);
}

/// A chunk of a PNG, with the sum that ends it (annex D of its specification).
fn chunk(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [name.as_slice(), data].concat();
    let crc = !body.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 })
    });
    [&u32::try_from(data.len()).unwrap().to_be_bytes(), body.as_slice(), &crc.to_be_bytes()].concat()
}

/// A PNG of a few bytes that says that it is as large, and of so many bits.
fn bomb(width: u32, height: u32, bits: u8) -> Vec<u8> {
    let head = [&width.to_be_bytes(), &height.to_be_bytes(), [bits, 6, 0, 0, 0].as_slice()].concat();
    let chunks =
        [chunk(*b"IHDR", &head), chunk(*b"IDAT", b"\x78\x9c\x63\x00\x00\x00\x01\x00\x01"), chunk(*b"IEND", b"")];
    [b"\x89PNG\r\n\x1a\n".as_slice(), &chunks.concat()].concat()
}

/// What asking for a picture of this content comes to, with these words; soon, and without a trace.
async fn refused(ines: &mut Device<'_>, content: &[u8], status: u16, words: &str) {
    let id = attached(ines, content).await;
    for _ in 0..2 {
        let asked = Instant::now();
        let response = ask(ines, id).await;
        assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
        assert_eq!(response.status().as_u16(), status, "{:?}", response.text().await);
        let problem = problem(response).await;
        assert!(problem.kind == kind::INVALID && problem.detail.contains(words), "{words}: {problem:?}");
    }
    assert_eq!(get(ines, id).await.bytes().await.unwrap(), content, "the file itself is there");
    assert_eq!(kept(ines.server), [] as [PathBuf; 0]);
}

#[tokio::test]
async fn what_is_no_image_has_no_picture() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    for other in ["", "Hello harbour", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "BM\0\0\0\0\0\0\0\0\0\0\0\0"] {
        refused(&mut ines, other.as_bytes(), 415, "no PNG").await;
    }
}

#[tokio::test]
async fn a_bad_image_is_refused_and_is_not_in_the_way() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let [png, jpeg] = [ImageFormat::Png, ImageFormat::Jpeg].map(|format| written(flag(640, 480), format));
    for broken in [&png[..png.len() / 2], &jpeg[..200], b"GIF89a", b"RIFF\xff\xff\xff\xffWEBPVP8X"] {
        refused(&mut ines, broken, 422, "broken").await;
    }
    // Too wide and high, too wide, too high; then by all of their points, and by all of their bits.
    for (width, height, bits) in
        [(60_000, 60_000, 8), (60_000, 1, 8), (1, 16_385, 8), (8_000, 6_300, 8), (7_000, 7_000, 16)]
    {
        refused(&mut ines, &bomb(width, height, bits), 422, "too large").await;
    }
    let fine = attached(&mut ines, &png).await;
    assert_eq!(ask(&ines, fine).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn before_the_image_there_is_no_picture() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let content = written(flag(640, 480), ImageFormat::Png);
    let id = attach(&mut ines, &content).await;
    let said: Json = ask(&ines, id).await.json().await.unwrap();
    assert_eq!(said, get(&ines, id).await.json::<Json>().await.unwrap());
    check(ask(&ines, id).await, 404, kind::NOT_FOUND).await;
    upload(&ines, id, &content).await;
    assert_eq!(ask(&ines, id).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_picture_goes_with_its_image() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let content = written(flag(640, 480), ImageFormat::Png);
    let (stays, goes) = (attached(&mut ines, &content).await, attached(&mut ines, &content).await);
    for id in [stays, goes] {
        assert_eq!(ask(&ines, id).await.status(), StatusCode::OK);
    }
    assert_eq!((kept(&server).len(), files(&server)), (2, 4));
    ines.push(ines.now().await, [Op::Delete(goes.into())]).await;
    sqlx::query("UPDATE mutations SET handled_at = now() - interval '91 days' WHERE ver <= $1")
        .bind(i64::try_from(ines.now().await).unwrap())
        .execute(&mut server.owner().await)
        .await
        .unwrap();
    assert_eq!(ask(&ines, goes).await.status(), StatusCode::OK, "as long as the deletion may be taken back");
    assert_eq!(server.services.purge(now() - KEPT_FOR).await.unwrap(), 1);
    check(ask(&ines, goes).await, 404, kind::NOT_FOUND).await;
    assert_eq!(server.services.sweep_contents(now() + 60_000).await.unwrap(), 1, "of contents");
    assert_eq!((kept(&server).len(), files(&server)), (1, 2));
    assert_eq!(ask(&ines, stays).await.status(), StatusCode::OK);
}

/// A disk that is full keeps nobody from seeing a picture; it is made again.
#[tokio::test]
async fn a_picture_that_cannot_be_kept_is_given_all_the_same() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let id = attached(&mut ines, &written(flag(640, 480), ImageFormat::Png)).await;
    let folder = std::fs::read_dir(&server.attachments).unwrap().next().unwrap().unwrap().path();
    let folder = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    std::fs::create_dir_all(folder.join("thumbnail-320").join("in the way")).unwrap();
    for _ in 0..2 {
        assert_eq!(picture(ask(&ines, id).await).await.0.dimensions(), (320, 240));
    }
}
