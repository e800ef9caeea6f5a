//! The contents of attachments in this browser: hashed and saved when a file is attached, sent by the tab that leads, and
//! opened from here or from the server.

use engine::answer::Failure;
use engine::replica::held::made_at;
use engine::store::StoreError;
use engine::store::files::FileStore;
use engine::store::indexeddb::IndexedDbStore;
use engine::transport::TransportError;
use engine::upload::run::Depot;
use futures::lock::Mutex;
use js_sys::{Array, Uint8Array};
use shared::attachment::{AttachmentView, BeginUpload, Upload, media_type_of};
use shared::ids::AttachmentId;
use shared::limits::DAY;
use shared::value::FileFacts;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, File};

use crate::clock;
use crate::request::{Answer, Request};
use crate::session::{Session, Who};

type Engine = Mutex<engine::engine::Engine<IndexedDbStore>>;

/// Reads a file whole, so that what is saved is what was hashed, whatever becomes of the file.
pub(crate) async fn read(file: &File) -> Result<(Blob, FileFacts), StoreError> {
    let bytes = JsFuture::from(file.array_buffer()).await.map_err(|thrown| unreadable(&thrown))?;
    let sha256 = sha256(&bytes).await.map_err(|thrown| unreadable(&thrown))?;
    let media_type = media_type_of(&file.type_()).to_owned();
    let options = BlobPropertyBag::new();
    options.set_type(&media_type);
    let content = Blob::new_with_buffer_source_sequence_and_options(&Array::of1(&bytes), &options);
    let content = content.map_err(|thrown| unreadable(&thrown))?;
    Ok((content.clone(), FileFacts { media_type, bytes: size(&content), sha256 }))
}

fn unreadable(_thrown: &JsValue) -> StoreError {
    StoreError::Platform("the file could not be read".into())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number, by the File API")]
fn size(content: &Blob) -> u64 {
    content.size() as u64
}

/// In hexadecimal digits. Browsers hash only on pages that came by HTTPS, or from this machine.
async fn sha256(bytes: &JsValue) -> Result<String, JsValue> {
    let crypto = web_sys::window().ok_or(JsValue::NULL)?.crypto()?.subtle();
    if crypto.is_undefined() {
        return Err(JsValue::NULL);
    }
    let digest = crypto.digest_with_str_and_buffer_source("SHA-256", bytes.unchecked_ref())?;
    let digest = Uint8Array::new(&JsFuture::from(digest).await?).to_vec();
    let digit = |bits: u8| char::from_digit(u32::from(bits), 16).unwrap_or_default();
    Ok(digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect())
}

/// The content of an attachment from the server. A hotel's sign-in page may answer instead: what has another hash did not
/// come from the server.
pub(crate) async fn fetch(session: &Session, member: Who, view: &AttachmentView) -> Result<Blob, Failure> {
    let request = Request::get_content(&format!("/api/attachments/{}", view.id));
    let content = session.ask(member, &request, Answer::read_content).await?;
    let bytes = JsFuture::from(content.array_buffer()).await.map_err(|_| Failure::Unreachable)?;
    let sha256 = sha256(&bytes).await.map_err(|_| Failure::Unreachable)?;
    if sha256.eq_ignore_ascii_case(&view.file.sha256) { Ok(content) } else { Err(Failure::Unreachable) }
}

/// Makes room: lets go of contents that the server has too. Says whether there were any.
pub(crate) async fn make_room(engine: &Engine) -> bool {
    let mut engine = engine.lock().await;
    let copies = engine.replica().copies();
    let files = engine.store().clone();
    // The contents first: without room there is none for the record that they are gone. One that is missing is fetched.
    !copies.is_empty() && files.remove(&copies).await.is_ok() && {
        let _ = engine.let_go(&copies).await;
        true
    }
}

/// Removes contents that no attachment names: a tab may have been closed between saving a file and attaching it.
pub(crate) async fn tidy(engine: &Engine) -> Result<(), StoreError> {
    let mut engine = engine.lock().await;
    let (files, now) = (engine.store().clone(), clock::now());
    // Listed before the records are read: another tab saves a content first, and then notes it.
    let mut strays = files.ids().await?;
    engine.reload().await?;
    let lapsed = engine.replica().lapsed(now);
    if !lapsed.is_empty() {
        engine.let_go(&lapsed).await?;
    }
    let held: Vec<_> = engine.replica().held().collect();
    strays.retain(|id| !held.contains(id) && made_at(*id) < now - DAY);
    if strays.is_empty() { Ok(()) } else { files.remove(&strays).await }
}

/// The server, for one member; nothing is sent once somebody else is signed in.
pub(crate) struct HttpDepot {
    pub(crate) session: Session,
    pub(crate) member: Who,
}

impl HttpDepot {
    async fn post<T>(&self, request: Request, read: fn(&Answer) -> Result<T, Failure>) -> Result<T, TransportError> {
        Ok(self.session.ask(self.member, &request, read).await?)
    }
}

impl Depot<Blob> for HttpDepot {
    async fn begin(&self, upload: &BeginUpload) -> Result<Upload, TransportError> {
        self.post(Request::post_json("/api/attachments", upload), Answer::read).await
    }

    async fn send(&self, id: AttachmentId, n: u64, chunk: Blob) -> Result<(), TransportError> {
        let path = format!("/api/attachments/{id}/chunks/{n}");
        self.post(Request::post_bytes(&path, chunk), Answer::read_nothing).await
    }

    async fn complete(&self, id: AttachmentId) -> Result<(), TransportError> {
        self.post(Request::post(&format!("/api/attachments/{id}/complete")), Answer::read_nothing).await
    }
}
