//! The contents of attachments. What somebody has uploaded never runs as a page of ours: it is a download, in a sandbox,
//! of the type that was said and no other. A small picture of it is ours, and is in the same sandbox.

use std::fmt::Write as _;
use std::ops::Range;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest as _, Path, Request, State};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_RANGE, RANGE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::json;
use shared::attachment::{BeginUpload, Upload};
use shared::ids::AttachmentId;
use shared::protocol::kind;

use super::extract::{Bearer, Body, Bytes};
use super::resources::unchanged;
use crate::domain::contents::{ContentProblem, range};
use crate::domain::thumbnail;
use crate::openapi::{Api, op};
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::services::{Failure, Given};

const GROUP: &str = "Files";

/// Nothing in it is done, and nothing is fetched for it.
const SANDBOX: &str = "sandbox; default-src 'none'";

/// A picture never changes, but who may see it does: a client keeps it, and asks each time.
const CACHING: &str = "private, no-cache";

pub(crate) fn routes(api: &mut Api) {
    let id = json!("01a1ff7c-7868-77ec-ac9f-5b3194bf5f81");
    let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let beginning = op(GROUP, "Begin to send a file's content")
        .about("Of an attachment that is there as a row. Repeatable: it tells which chunks need not be sent again.")
        .writes()
        .takes::<BeginUpload>(json!({ "attachment": id, "size": 5, "sha256": hash }))
        .problem(StatusCode::FORBIDDEN, kind::NOT_FOUND)
        .problem(StatusCode::NOT_FOUND, kind::NOT_FOUND)
        .gives::<Upload>(
            StatusCode::OK,
            "How to send it.",
            json!({ "upload": id, "chunk_size": 524_288, "chunks": [], "stored": false }),
        );
    api.post("/api/attachments", begin, beginning);
    let content = op(GROUP, "A file's content")
        .bearer()
        .id("id", "The attachment.")
        .header("Range", "A part of it (RFC 9110, section 14).", "bytes=0-1023")
        .header("If-Range", "The part only if the content is still the one with this tag.", &format!("\"{hash}\""))
        .gives_bytes(StatusCode::OK, "The whole content, of the type that the attachment names.", "*/*")
        .with_header("ETag", "The SHA-256.")
        .gives_bytes(StatusCode::PARTIAL_CONTENT, "The part that was asked for.", "*/*")
        .with_header("Content-Range", "Which part, of how much.")
        .problem(StatusCode::RANGE_NOT_SATISFIABLE, kind::INVALID);
    api.get("/api/attachments/{id}", show, content);
    let small = op(GROUP, "A small picture of an image")
        .about(
            "At most 320 points wide and high, and never larger than the image, which is a PNG, JPEG, GIF or WebP: whether \
             it is, the bytes say. Something else is 415; too large or broken ones are 422.",
        )
        .bearer()
        .id("id", "The attachment.")
        .header("If-None-Match", "The tag of what is known already.", &format!("\"{hash}-{}\"", thumbnail::NAME))
        .gives_bytes(StatusCode::OK, "The picture.", "image/jpeg")
        .or_as("image/png")
        .with_header("ETag", "Of the content that it is made of.")
        .with_header("Cache-Control", "Whose it is to keep.")
        .gives_nothing(StatusCode::NOT_MODIFIED, "It is still what is known already.")
        .problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, kind::INVALID)
        .problem(StatusCode::UNPROCESSABLE_ENTITY, kind::INVALID);
    api.get("/api/attachments/{id}/thumbnail", picture, small);
    let sending = op(GROUP, "Send a chunk")
        .about("In any order, and as often as need be; at most five of a file at once.")
        .writes()
        .id("id", "The upload.")
        .number("n", "Which chunk, counted from 0.")
        .takes_bytes()
        .problem(StatusCode::FORBIDDEN, kind::NOT_FOUND)
        .problem(StatusCode::CONFLICT, kind::INCOMPLETE)
        .problem(StatusCode::UNPROCESSABLE_ENTITY, kind::INVALID)
        .problem(StatusCode::TOO_MANY_REQUESTS, kind::BUSY)
        .gives_nothing(StatusCode::NO_CONTENT, "It has arrived.");
    api.post("/api/attachments/{id}/chunks/{n}", chunk, sending);
    let ending = op(GROUP, "End sending a content")
        .about("It counts if its size and SHA-256 are those that the attachment names.")
        .writes()
        .id("id", "The upload.")
        .problem(StatusCode::FORBIDDEN, kind::NOT_FOUND)
        .problem(StatusCode::CONFLICT, kind::INCOMPLETE)
        .problem(StatusCode::UNPROCESSABLE_ENTITY, kind::CONTENT)
        .gives_nothing(StatusCode::NO_CONTENT, "The content is there, and every device learns it.");
    api.post("/api/attachments/{id}/complete", complete, ending);
}

/// What a path names. What is no id is nobody's.
type Named<T> = Result<Path<T>, PathRejection>;

fn named<T: DeserializeOwned>(named: Named<T>) -> Result<T, Failure> {
    named.map(|Path(named)| named).map_err(|_| ContentProblem::Unknown.into())
}

async fn begin(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    Body(wanted): Body<BeginUpload>,
) -> Result<Json<Upload>, ApiProblem> {
    Ok(Json(app.services.begin_upload(&member, &wanted).await?))
}

async fn chunk(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    path: Named<(AttachmentId, u64)>,
    request: Request,
) -> Result<StatusCode, ApiProblem> {
    let (id, n) = named(path)?;
    let expected = app.services.expect_chunk(&member, id, n).await?;
    let Bytes(bytes) = Bytes::from_request(request, &app).await?;
    app.services.take_chunk(expected, bytes).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn complete(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    path: Named<AttachmentId>,
) -> Result<StatusCode, ApiProblem> {
    app.services.complete_upload(&member, named(path)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn show(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    path: Named<AttachmentId>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let given = app.services.content(&member, named(path)?).await?;
    let size = given.view.file.bytes;
    let part = match range(wanted_range(&headers, &given), size) {
        Ok(part) => part,
        Err(problem) => {
            let whole = [(CONTENT_RANGE, format!("bytes */{size}"))];
            return Ok((whole, ApiProblem::from(Failure::from(problem))).into_response());
        }
    };
    let bytes = part.clone().unwrap_or(0..size);
    let mut response = Response::new(axum::body::Body::from_stream(app.services.read(&given, &bytes)));
    if part.is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    describe(response.headers_mut(), &given, &bytes, part.is_some());
    Ok(response)
}

async fn picture(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    path: Named<AttachmentId>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let thumbnail = app.services.thumbnail(&member, named(path)?).await?;
    let tag = format!("\"{}-{}\"", thumbnail.of, thumbnail::NAME);
    let caching = [(ETAG, tag.clone()), (CACHE_CONTROL, CACHING.to_owned())];
    let sandbox = [(CONTENT_SECURITY_POLICY, SANDBOX)];
    if unchanged(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, caching, sandbox).into_response());
    }
    let media_type = [(CONTENT_TYPE, thumbnail::media_type(&thumbnail.picture))];
    Ok((caching, sandbox, media_type, thumbnail.picture).into_response())
}

/// A range of another content than this one is not wanted.
fn wanted_range<'a>(headers: &'a HeaderMap, given: &Given) -> Option<&'a str> {
    let same = headers.get(IF_RANGE).is_none_or(|tag| *tag == *etag(given));
    headers.get(RANGE).filter(|_| same).and_then(|range| range.to_str().ok())
}

/// The content never changes.
fn etag(given: &Given) -> String {
    format!("\"{}\"", given.view.file.sha256)
}

fn describe(headers: &mut HeaderMap, given: &Given, part: &Range<u64>, partial: bool) {
    let file = &given.view.file;
    let unknown = HeaderValue::from_static("application/octet-stream");
    let media_type = Some(&file.media_type).filter(|media_type| media_type.contains('/'));
    let mut set = |name, value: Option<HeaderValue>| value.and_then(|value| headers.insert(name, value));
    let text = |text: &str| HeaderValue::from_str(text).ok();
    set(CONTENT_TYPE, media_type.and_then(|media_type| text(media_type)).or(Some(unknown)));
    set(CONTENT_DISPOSITION, text(&disposition(&given.view.name)));
    set(CONTENT_SECURITY_POLICY, Some(HeaderValue::from_static(SANDBOX)));
    set(CONTENT_LENGTH, Some((part.end - part.start).into()));
    set(ACCEPT_RANGES, Some(HeaderValue::from_static("bytes")));
    set(ETAG, text(&etag(given)));
    if partial {
        set(CONTENT_RANGE, text(&format!("bytes {}-{}/{}", part.start, part.end.saturating_sub(1), file.bytes)));
    }
}

/// A download of this name (RFC 6266, with RFC 8187's encoding for what is not ASCII).
fn disposition(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || " ._-()".contains(c) { c } else { '_' };
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a text does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{}\"; filename*=UTF-8''{encoded}", name.chars().map(plain).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_no_header() {
        assert_eq!(disposition("a b.txt"), "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt");
        let hostile = disposition("\"; x=\"\r\nSet-Cookie: é");
        assert_eq!(
            hostile,
            "attachment; filename=\"__ x____Set-Cookie_ _\"; filename*=UTF-8''%22%3B%20x%3D%22%0D%0ASet-Cookie%3A%20%C3%A9"
        );
    }
}
