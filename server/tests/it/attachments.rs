//! The content of an attachment arrives whole or not at all, whatever happens on the way, and reaches those who may see
//! the attachment and nobody else.

use reqwest::header::{CONTENT_TYPE, HeaderMap, IF_RANGE, RANGE};
use reqwest::{Method, Response, StatusCode};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use shared::attachment::{AttachmentView, Upload};
use shared::field::{Field, TextField};
use shared::ids::{AttachmentId, EntityId, ProjectId, TaskId};
use shared::limits::{CHUNK_BYTES, CHUNKS_AT_ONCE, KEPT_FOR};
use shared::mutation::{Create, Op};
use shared::protocol::{PullPage, kind};
use shared::value::{FileFacts, Role, Subject, Value};
use tern_server::services::now;
use uuid::Uuid;

use crate::audit::audit;
use crate::harness::{Device, MOST_BYTES, Server, check, create, task_id};
use crate::sync::APPLIED;

/// What is known of a file.
pub(crate) fn facts(content: &[u8]) -> FileFacts {
    let sha256 = format!("{:x}", Sha256::digest(content));
    FileFacts { media_type: "text/html".into(), bytes: content.len() as u64, sha256 }
}

/// A file of some bytes, no two chunks alike.
fn file(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|place| u8::try_from((place / 7 + place / 65_536) % 251).unwrap()).collect()
}

const NAME: &str = "Fähre \"1\".html";

pub(crate) async fn attach_to(device: &mut Device<'_>, task: TaskId, content: &[u8]) -> AttachmentId {
    let id = AttachmentId(Uuid::now_v7());
    let subject = Value::Subject(Subject { task, reply_to: None });
    let row = Create::new(id).text(TextField::Name, NAME).value(Field::Subject, subject);
    let row = Op::Create(row.value(Field::File, Value::File(facts(content))));
    assert_eq!(device.push(device.now().await, [row]).await, [APPLIED]);
    id
}

/// The row of a new attachment, on a new task.
pub(crate) async fn attach(device: &mut Device<'_>, content: &[u8]) -> AttachmentId {
    let (project, task) = (device.project().await, task_id());
    device.push(device.now().await, [create(task, project, "Ferry")]).await;
    attach_to(device, task, content).await
}

async fn begin_with(device: &Device<'_>, id: AttachmentId, facts: &FileFacts) -> Response {
    let body = json!({ "attachment": id, "name": NAME, "size": facts.bytes, "sha256": facts.sha256 });
    device.request(Method::POST, "/api/attachments").json(&body).send().await.unwrap()
}

pub(crate) async fn begin(device: &Device<'_>, id: AttachmentId, content: &[u8]) -> Upload {
    let response = begin_with(device, id, &facts(content)).await;
    assert_eq!(response.status(), StatusCode::OK, "{:?}", response.text().await);
    response.json().await.unwrap()
}

async fn send(device: &Device<'_>, id: AttachmentId, n: u64, chunk: &[u8]) -> Response {
    let path = format!("/api/attachments/{id}/chunks/{n}");
    device.request(Method::POST, &path).body(chunk.to_vec()).send().await.unwrap()
}

/// Sends chunks of a content, in this order.
async fn send_all(device: &Device<'_>, id: AttachmentId, content: &[u8], order: &[u64]) {
    for n in order {
        let chunk = content.chunks(usize::try_from(CHUNK_BYTES).unwrap()).nth(usize::try_from(*n).unwrap()).unwrap();
        let response = send(device, id, *n, chunk).await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT, "{:?}", response.text().await);
    }
}

async fn complete(device: &Device<'_>, id: AttachmentId) -> Response {
    device.request(Method::POST, &format!("/api/attachments/{id}/complete")).send().await.unwrap()
}

/// The whole way of a content.
pub(crate) async fn upload(device: &Device<'_>, id: AttachmentId, content: &[u8]) {
    let upload = begin(device, id, content).await;
    let count = upload_count(content);
    send_all(device, id, content, &(0..count).filter(|n| !upload.chunks.contains(n)).collect::<Vec<_>>()).await;
    assert_eq!(complete(device, id).await.status(), StatusCode::NO_CONTENT);
}

fn upload_count(content: &[u8]) -> u64 {
    (content.len() as u64).div_ceil(CHUNK_BYTES)
}

async fn get_with(device: &Device<'_>, id: AttachmentId, headers: HeaderMap) -> Response {
    device.request(Method::GET, &format!("/api/attachments/{id}")).headers(headers).send().await.unwrap()
}

pub(crate) async fn get(device: &Device<'_>, id: AttachmentId) -> Response {
    get_with(device, id, HeaderMap::new()).await
}

fn seen(page: &PullPage, id: AttachmentId) -> Option<AttachmentView> {
    page.rows.iter().find(|row| row.row.id == id.into()).and_then(|row| AttachmentView::of(&row.row))
}

/// Files in the content store.
pub(crate) fn files(server: &Server) -> usize {
    fn count(directory: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
        entries.map(|entry| if entry.file_type().unwrap().is_dir() { count(&entry.path()) } else { 1 }).sum()
    }
    count(&server.attachments)
}

async fn contents(server: &Server) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM contents").fetch_one(&mut server.owner().await).await.unwrap()
}

#[tokio::test]
async fn a_file_comes_in_chunks_of_any_order_and_goes_out_whole() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let content = file(3 * usize::try_from(CHUNK_BYTES).unwrap() + 17);
    let id = attach(&mut ines, &content).await;
    assert!(!seen(&bo.pull(0).await, id).unwrap().stored);
    check(get(&bo, id).await, 404, kind::NOT_FOUND).await;

    let upload = begin(&ines, id, &content).await;
    assert_eq!(upload, Upload { upload: id, chunk_size: CHUNK_BYTES, chunks: vec![], stored: false });
    send_all(&ines, id, &content, &[3, 0, 3, 2]).await;
    check(complete(&ines, id).await, 409, kind::INCOMPLETE).await;
    assert_eq!(begin(&ines, id, &content).await.chunks, [0, 2, 3]);
    send_all(&ines, id, &content, &[1, 0]).await;
    let before = bo.now().await;
    for _ in 0..2 {
        assert_eq!(complete(&ines, id).await.status(), StatusCode::NO_CONTENT, "also a second time");
    }
    let page = bo.pull(before).await;
    assert!(seen(&page, id).unwrap().stored);
    assert_eq!(page.snapshot, before + 1, "told once");

    let response = get(&bo, id).await;
    let headers = response.headers().clone();
    assert_eq!(response.bytes().await.unwrap(), content);
    assert_eq!(headers[CONTENT_TYPE], "text/html");
    assert_eq!(headers["content-length"], content.len().to_string());
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["content-security-policy"], "sandbox; default-src 'none'");
    let name = "attachment; filename=\"F_hre _1_.html\"; filename*=UTF-8''F%C3%A4hre%20%221%22.html";
    assert_eq!(headers["content-disposition"], name);
    assert_eq!(headers["cache-control"], "no-store");

    // What is stored does not change any more, and need not be sent again.
    assert_eq!(send(&ines, id, 0, &vec![9; usize::try_from(CHUNK_BYTES).unwrap()]).await.status(), 204);
    assert!(begin(&bo, id, &content).await.stored);
    assert_eq!(get(&ines, id).await.bytes().await.unwrap(), content);
    audit(&server).await;
}

#[tokio::test]
async fn an_empty_file_is_one_too() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let id = attach(&mut ines, b"").await;
    upload(&ines, id, b"").await;
    let response = get(&ines, id).await;
    assert_eq!((response.status(), response.bytes().await.unwrap().len()), (StatusCode::OK, 0));
}

#[tokio::test]
async fn a_part_of_a_file_is_given_as_asked() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let content = file(2 * usize::try_from(CHUNK_BYTES).unwrap() + 100);
    let id = attach(&mut ines, &content).await;
    upload(&ines, id, &content).await;
    let ask = async |range: &str, other: Option<&str>| {
        let mut headers = HeaderMap::from_iter([(RANGE, range.parse().unwrap())]);
        other.map(|tag| headers.insert(IF_RANGE, tag.parse().unwrap()));
        let response = get_with(&ines, id, headers).await;
        let place = response.headers().get("content-range").map(|place| place.to_str().unwrap().to_owned());
        (response.status().as_u16(), place, response.bytes().await.unwrap())
    };
    let size = content.len();
    let middle = usize::try_from(CHUNK_BYTES).unwrap() - 3;
    let (status, place, bytes) = ask(&format!("bytes={middle}-{}", middle + 9), None).await;
    assert_eq!((status, place.unwrap()), (206, format!("bytes {middle}-{}/{size}", middle + 9)));
    assert_eq!(bytes, content[middle..middle + 10]);
    assert_eq!(ask("bytes=-100", None).await.2, content[size - 100..]);
    assert_eq!(ask("bytes=5-", None).await.2, content[5..]);
    let tag = format!("\"{}\"", facts(&content).sha256);
    assert_eq!(ask("bytes=0-0", Some(&tag)).await.0, 206);
    assert_eq!(ask("bytes=0-0", Some("\"another\"")).await.2.len(), size, "of another file: the whole one");
    let (status, place, _) = ask(&format!("bytes={size}-"), None).await;
    assert_eq!((status, place.unwrap()), (416, format!("bytes */{size}")));
}

#[tokio::test]
async fn what_is_not_the_file_is_refused_and_leaves_nothing() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let content = file(usize::try_from(CHUNK_BYTES).unwrap() + 5);
    let id = attach(&mut ines, &content).await;
    begin(&ines, id, &content).await;
    check(send(&ines, id, 1, b"four").await, 422, kind::INVALID).await;
    check(send(&ines, id, 1, b"sixsix").await, 422, kind::INVALID).await;
    check(send(&ines, id, 2, b"").await, 422, kind::INVALID).await;
    send_all(&ines, id, &content, &[0]).await;
    assert_eq!(send(&ines, id, 1, b"wrong").await.status(), 204);
    let before = ines.now().await;
    check(complete(&ines, id).await, 422, kind::CONTENT).await;
    assert_eq!((files(&server), contents(&server).await, ines.now().await), (0, 0, before));
    check(get(&ines, id).await, 404, kind::NOT_FOUND).await;
    check(complete(&ines, id).await, 409, kind::INCOMPLETE).await;
    check(send(&ines, id, 0, &content).await, 409, kind::INCOMPLETE).await;

    upload(&ines, id, &content).await;
    assert_eq!(get(&ines, id).await.bytes().await.unwrap(), content);
}

/// Of what has been checked nothing changes any more, also where a chunk comes that was on its way meanwhile.
#[tokio::test]
async fn a_chunk_that_is_there_is_not_written_again() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let id = attach(&mut ines, b"right").await;
    begin(&ines, id, b"right").await;
    let member = server.services.member(&ines.session.access_token.0).unwrap();
    let late = server.services.expect_chunk(&member, id, 0).await.unwrap();
    assert_eq!(send(&ines, id, 0, b"right").await.status(), 204);
    assert_eq!(complete(&ines, id).await.status(), 204);
    server.services.take_chunk(late, b"wrong".to_vec()).await.unwrap();
    assert_eq!(get(&ines, id).await.bytes().await.unwrap(), "right");
}

#[tokio::test]
async fn only_what_the_row_names_is_taken_and_no_more_than_the_limit() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let content = file(100);
    let id = attach(&mut ines, &content).await;
    for other in [facts(b"another"), FileFacts { bytes: 101, ..facts(&content) }] {
        check(begin_with(&ines, id, &other).await, 422, kind::INVALID).await;
    }
    check(begin_with(&ines, AttachmentId(Uuid::now_v7()), &facts(&content)).await, 404, kind::NOT_FOUND).await;
    let large = file(usize::try_from(MOST_BYTES).unwrap() + 1);
    let id = attach(&mut ines, &large).await;
    check(begin_with(&ines, id, &facts(&large)).await, 413, kind::TOO_LARGE).await;
    let largest = &large[1..];
    let id = attach(&mut ines, largest).await;
    upload(&ines, id, largest).await;
    assert_eq!(contents(&server).await, 1);
}

#[tokio::test]
async fn five_chunks_of_a_file_come_at_once_and_a_sixth_waits() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let content = file(usize::try_from(CHUNK_BYTES).unwrap());
    let id = attach(&mut ines, &content).await;
    begin(&ines, id, &content).await;
    let member = server.services.member(&ines.session.access_token.0).unwrap();
    let mut expected = Vec::new();
    for _ in 0..CHUNKS_AT_ONCE {
        expected.push(server.services.expect_chunk(&member, id, 0).await.unwrap());
    }
    check(send(&ines, id, 0, &content).await, 429, kind::BUSY).await;
    expected.pop();
    assert_eq!(send(&ines, id, 0, &content).await.status(), 204);
}

/// A private project of Ines, with a task and a stored file on it.
pub(crate) async fn cellar(ines: &mut Device<'_>, content: &[u8]) -> (ProjectId, TaskId, AttachmentId) {
    let (project, task) = (ProjectId(Uuid::now_v7()), task_id());
    let made = Create::new(project).text(TextField::Name, "Cellar").value(Field::Private, Value::Flag(true));
    ines.push(ines.now().await, [Op::Create(made), create(task, project, "Casks")]).await;
    let id = attach_to(ines, task, content).await;
    upload(ines, id, content).await;
    (project, task, id)
}

/// Every route, as somebody tries it: the status of each answer, which is a problem of this kind.
async fn refused(device: &Device<'_>, id: AttachmentId, content: &[u8], status: u16, kind: &str) {
    check(begin_with(device, id, &facts(content)).await, status, kind).await;
    check(send(device, id, 0, content).await, status, kind).await;
    check(complete(device, id).await, status, kind).await;
}

#[tokio::test]
async fn who_may_not_see_an_attachment_does_not_learn_that_it_is_there() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let eve = server.register("eve@elsewhere.example").await;
    let guest = server.join(&ines, "gus@saltmarsh.example").await;
    let path = format!("/api/members/{}", guest.session.account.user);
    let demoted = ines.request(Method::PATCH, &path).json(&json!({ "role": "guest" })).send().await.unwrap();
    assert_eq!(demoted.status(), 200);
    let content = file(1_000);
    let (project, _, id) = cellar(&mut ines, &content).await;
    let nowhere = AttachmentId(Uuid::now_v7());
    for stranger in [&bo, &eve, &guest] {
        refused(stranger, id, &content, 404, kind::NOT_FOUND).await;
        let (there, not) = (get(stranger, id).await, get(stranger, nowhere).await);
        assert_eq!((there.status(), not.status()), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
        assert_eq!(there.text().await.unwrap(), not.text().await.unwrap());
    }
    // A guest who is let in sees it and may attach; who has gone sees it no more.
    let of_guest = |role: Value| Op::write(project, Field::Access(guest.session.account.user), role);
    ines.push(ines.now().await, [of_guest(Value::Role(Role::Guest))]).await;
    assert_eq!(get(&guest, id).await.bytes().await.unwrap(), content);
    assert!(begin(&guest, id, &content).await.stored);
    ines.push(ines.now().await, [of_guest(Value::Nothing)]).await;
    check(get(&guest, id).await, 404, kind::NOT_FOUND).await;
    guest.logout().await;
    check(get(&guest, id).await, 401, kind::UNAUTHENTICATED).await;
    check(get(&ines, nowhere).await, 404, kind::NOT_FOUND).await;
    assert_eq!(server.get(&format!("/api/attachments/{id}")).await.status(), 401);
    audit(&server).await;
}

/// The right is asked again when the content is to count: who lost it while the chunks travelled stores nothing.
#[tokio::test]
async fn who_loses_the_right_meanwhile_stores_nothing() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut bo = server.join(&ines, "bo@saltmarsh.example").await;
    let content = file(1_000);
    let id = attach(&mut bo, &content).await;
    let project = bo.project().await;
    begin(&bo, id, &content).await;
    let private = Op::write(project, Field::Private, Value::Flag(true));
    ines.push(ines.now().await, [private]).await;
    check(send(&bo, id, 0, &content).await, 404, kind::NOT_FOUND).await;
    check(complete(&bo, id).await, 404, kind::NOT_FOUND).await;
    assert!(!seen(&ines.pull(0).await, id).unwrap().stored);
}

#[tokio::test]
async fn a_server_that_is_killed_in_the_middle_goes_on_where_it_was() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let content = file(3 * usize::try_from(CHUNK_BYTES).unwrap());
    let id = attach(&mut ines, &content).await;
    begin(&ines, id, &content).await;
    send_all(&ines, id, &content, &[2, 0]).await;
    server.stop().await;
    let next = Server::restart(&server.database).await;
    let ines = next.login("ines@saltmarsh.example", ines.id).await;
    assert_eq!(begin(&ines, id, &content).await.chunks, [0, 2]);
    upload(&ines, id, &content).await;
    assert_eq!(get(&ines, id).await.bytes().await.unwrap(), content);
    assert_eq!(files(&next), 3);
}

#[tokio::test]
async fn a_store_that_fails_says_so_and_the_upload_goes_on_later() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let content = file(2 * usize::try_from(CHUNK_BYTES).unwrap());
    let id = attach(&mut ines, &content).await;
    begin(&ines, id, &content).await;
    send_all(&ines, id, &content, &[1]).await;
    let aside = server.attachments.with_extension("aside");
    std::fs::rename(&server.attachments, &aside).unwrap();
    std::fs::write(&server.attachments, "in the way").unwrap();
    let response = send(&ines, id, 0, &content[..usize::try_from(CHUNK_BYTES).unwrap()]).await;
    assert!(response.headers().contains_key("retry-after"));
    check(response, 503, kind::UNAVAILABLE).await;
    assert_ne!(complete(&ines, id).await.status(), 204);
    std::fs::remove_file(&server.attachments).unwrap();
    std::fs::rename(&aside, &server.attachments).unwrap();
    assert_eq!(begin(&ines, id, &content).await.chunks, [1]);
    upload(&ines, id, &content).await;
    assert_eq!(get(&ines, id).await.bytes().await.unwrap(), content);
}

#[tokio::test]
async fn what_no_attachment_has_is_removed() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let content = file(100);
    let (kept, purged, abandoned) =
        (attach(&mut ines, &content).await, attach(&mut ines, &content).await, attach(&mut ines, &content).await);
    for id in [kept, purged] {
        upload(&ines, id, &content).await;
    }
    begin(&ines, abandoned, &content).await;
    send_all(&ines, abandoned, &content, &[0]).await;
    assert_eq!(server.services.sweep_contents(now() - 60_000).await.unwrap(), 0, "all of it is young");
    assert_eq!((files(&server), contents(&server).await), (3, 3));

    ines.push(ines.now().await, [Op::Delete(purged.into())]).await;
    let floor = i64::try_from(ines.now().await).unwrap();
    sqlx::query("UPDATE mutations SET handled_at = now() - interval '91 days' WHERE ver <= $1")
        .bind(floor)
        .execute(&mut server.owner().await)
        .await
        .unwrap();
    assert_eq!(get(&ines, purged).await.status(), 200, "as long as the deletion may be taken back");
    assert_eq!(server.services.purge(now() - KEPT_FOR).await.unwrap(), 1);
    check(get(&ines, purged).await, 404, kind::NOT_FOUND).await;
    assert_eq!(server.services.sweep_contents(now() + 60_000).await.unwrap(), 2);
    assert_eq!((files(&server), contents(&server).await), (1, 1));
    assert_eq!(get(&ines, kept).await.bytes().await.unwrap(), content);
    upload(&ines, abandoned, &content).await;
    assert_eq!(get(&ines, abandoned).await.bytes().await.unwrap(), content);
    assert!(ines.pull(0).await.rows.iter().all(|row| row.row.id != EntityId::from(purged)));
}
