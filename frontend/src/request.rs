//! One HTTP request to the server. What comes back, [`engine::answer`] sorts.

use engine::answer::{self, Failure};
use gloo_timers::callback::Timeout;
use js_sys::Uint8Array;
use serde::de::DeserializeOwned;
use shared::account::AccessToken;
use shared::protocol::PullResponse;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Blob, Headers, RequestCache, RequestInit, RequestRedirect, Response};

/// Of a message, or a problem.
const JSON: &str = "application/json, application/problem+json";

/// Of a content: whatever it is. It is not read into memory.
pub(crate) const CONTENT: &str = "*/*";

/// Milliseconds after which a request that has no complete answer is given up.
const TIMEOUT: u32 = 30_000;
/// The same for a content, which may be large.
const CONTENT_TIMEOUT: u32 = 20 * TIMEOUT;

/// A request that is not sent yet.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub method: &'static str,
    pub path: String,
    /// The form in which an answer is wanted.
    pub accept: &'static str,
    pub body: Option<Body>,
}

/// What a request carries.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Json(String),
    Bytes(Blob),
}

impl Request {
    pub(crate) fn post(path: &str) -> Self {
        Self { method: "POST", path: path.into(), accept: JSON, body: None }
    }

    /// A request with a body.
    pub(crate) fn post_json(path: &str, body: &impl serde::Serialize) -> Self {
        // The messages have no maps with keys that are not strings, which is all that could fail.
        let body = serde_json::to_string(body).ok().map(Body::Json);
        Self { method: "POST", path: path.into(), accept: JSON, body }
    }

    /// A request that carries bytes.
    pub(crate) fn post_bytes(path: &str, bytes: Blob) -> Self {
        Self { body: Some(Body::Bytes(bytes)), ..Self::post(path) }
    }

    /// A request for a content.
    pub(crate) fn get_content(path: &str) -> Self {
        Self { method: "GET", path: path.into(), accept: CONTENT, body: None }
    }

    /// Sends it, and waits for the whole answer. Dropping the future cancels the request.
    pub(crate) async fn send(&self, token: Option<&AccessToken>) -> Result<Answer, Failure> {
        let wants_content = self.accept == CONTENT;
        let deadline = Deadline::start(if wants_content { CONTENT_TIMEOUT } else { TIMEOUT }).map_err(unreachable)?;
        let init = self.init(token, &deadline.controller).map_err(unreachable)?;
        let window = web_sys::window().ok_or(Failure::Unreachable)?;
        let fetched = JsFuture::from(window.fetch_with_str_and_init(&self.path, &init)).await;
        let response: Response = fetched.map_err(unreachable)?.unchecked_into();
        let (mut content, mut body) = (None, Vec::new());
        if wants_content && response.ok() {
            let blob = JsFuture::from(response.blob().map_err(unreachable)?).await.map_err(unreachable)?;
            content = Some(blob.unchecked_into());
        } else {
            let bytes = JsFuture::from(response.array_buffer().map_err(unreachable)?).await.map_err(unreachable)?;
            body = Uint8Array::new(&bytes).to_vec();
        }
        let header = |name| response.headers().get(name).ok().flatten();
        let said = answer::Answer {
            status: response.status(),
            content_type: header("content-type").unwrap_or_default(),
            retry_after: header("retry-after").and_then(|seconds| seconds.trim().parse().ok()),
            body,
        };
        Ok(Answer { said, content })
    }

    fn init(&self, token: Option<&AccessToken>, controller: &AbortController) -> Result<RequestInit, JsValue> {
        let headers = Headers::new()?;
        headers.set("accept", self.accept)?;
        if let Some(AccessToken(token)) = token {
            headers.set("authorization", &format!("Bearer {token}"))?;
        }
        let init = RequestInit::new();
        init.set_method(self.method);
        match &self.body {
            None => {}
            Some(Body::Json(text)) => {
                headers.set("content-type", "application/json")?;
                init.set_body(&text.into());
            }
            Some(Body::Bytes(bytes)) => {
                headers.set("content-type", "application/octet-stream")?;
                init.set_body(bytes);
            }
        }
        init.set_headers(&headers);
        init.set_cache(RequestCache::NoStore);
        // The server never redirects these; who does is somebody else.
        init.set_redirect(RequestRedirect::Error);
        init.set_signal(Some(&controller.signal()));
        Ok(init)
    }
}

fn unreachable(_thrown: JsValue) -> Failure {
    Failure::Unreachable
}

/// Aborts a request when it takes too long or nobody waits for it any more; does nothing to one that is complete.
struct Deadline {
    controller: AbortController,
    _timer: Timeout,
}

impl Deadline {
    fn start(timeout: u32) -> Result<Self, JsValue> {
        let controller = AbortController::new()?;
        let timer = Timeout::new(timeout, {
            let controller = controller.clone();
            move || controller.abort()
        });
        Ok(Self { controller, _timer: timer })
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        self.controller.abort();
    }
}

/// What came back, from whomever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    said: answer::Answer,
    /// In answer to [`Request::get_content`]. Whether it is what was asked for, only its hash tells.
    content: Option<Blob>,
}

impl Answer {
    /// The message in it.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        self.said.read()
    }

    /// The answer to a pull in it, in the form that is asked for.
    pub(crate) fn read_compact(&self) -> Result<PullResponse, Failure> {
        self.said.read_compact()
    }

    /// For requests that are answered with nothing.
    pub(crate) fn read_nothing(&self) -> Result<(), Failure> {
        self.said.read_nothing()
    }

    /// The content in it.
    pub(crate) fn read_content(&self) -> Result<Blob, Failure> {
        self.succeeded()?;
        self.content.clone().ok_or(Failure::Unreachable)
    }

    pub(crate) fn succeeded(&self) -> Result<(), Failure> {
        self.said.succeeded()
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test]
    async fn asks_the_network() {
        // The test runner answers everything it does not know with a page.
        let get = |path: &str| Request { method: "GET", path: path.into(), accept: JSON, body: None };
        let page = get("/").send(None).await.unwrap();
        assert_eq!(page.succeeded(), Ok(()));
        assert_eq!(page.read::<PullResponse>(), Err(Failure::Unreachable));
        let nobody = get("http://127.0.0.1:1/").send(None).await;
        assert_eq!(nobody, Err(Failure::Unreachable));
    }
}
