//! One HTTP request to the server, and the sorting of what comes back.
//!
//! Between this device and the server may stand a hotel's sign-in page, a company's proxy or a cut cable. So an answer
//! counts as the server's only if it has the form that the server gives it; anything else is no answer.

use gloo_timers::callback::Timeout;
use js_sys::Uint8Array;
use serde::de::DeserializeOwned;
use shared::account::AccessToken;
use shared::compact;
use shared::protocol::{COMPACT, Problem, PullResponse};
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

/// Why a request brought nothing usable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No answer, or not the server's: whether it was handled is unknown.
    Unreachable,
    /// The server cannot work now; it may say why, and after how many seconds to come back.
    Busy { retry_after: Option<u32>, problem: Option<Problem> },
    /// The server refused.
    Problem(Problem),
}

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
        Ok(Answer {
            status: response.status(),
            content_type: header("content-type").unwrap_or_default(),
            retry_after: header("retry-after").and_then(|seconds| seconds.trim().parse().ok()),
            content,
            body,
        })
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
    pub status: u16,
    pub content_type: String,
    /// Seconds. A date in this header, which our server does not send, is not read.
    pub retry_after: Option<u32>,
    /// In answer to [`Request::get_content`]. Whether it is what was asked for, only its hash tells.
    pub content: Option<Blob>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The message in it.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        self.succeeded()?;
        if !self.is("application/json") {
            return Err(Failure::Unreachable);
        }
        serde_json::from_slice(&self.body).map_err(|_| Failure::Unreachable)
    }

    /// The answer to a pull in it, in the form that is asked for.
    pub(crate) fn read_compact(&self) -> Result<PullResponse, Failure> {
        self.succeeded()?;
        if !self.is(COMPACT) {
            return Err(Failure::Unreachable);
        }
        compact::decode(&self.body).map_err(|_| Failure::Unreachable)
    }

    /// For requests that are answered with nothing.
    pub(crate) fn read_nothing(&self) -> Result<(), Failure> {
        self.succeeded()?;
        if self.body.is_empty() { Ok(()) } else { Err(Failure::Unreachable) }
    }

    /// The content in it.
    pub(crate) fn read_content(&self) -> Result<Blob, Failure> {
        self.succeeded()?;
        self.content.clone().ok_or(Failure::Unreachable)
    }

    pub(crate) fn succeeded(&self) -> Result<(), Failure> {
        let problem: Option<Problem> =
            if self.is("application/problem+json") { serde_json::from_slice(&self.body).ok() } else { None };
        match (self.status, problem) {
            (200..=299, _) => Ok(()),
            // "Network Authentication Required" (RFC 6585): by definition not from the server.
            (511, _) => Err(Failure::Unreachable),
            // Also from a proxy of the server, in whatever form.
            (429 | 500..=599, problem) => Err(Failure::Busy { retry_after: self.retry_after, problem }),
            (400..=499, Some(problem)) => Err(Failure::Problem(problem)),
            _ => Err(Failure::Unreachable),
        }
    }

    fn is(&self, media_type: &str) -> bool {
        self.content_type.split(';').next().is_some_and(|found| found.trim().eq_ignore_ascii_case(media_type))
    }
}

#[cfg(test)]
mod tests {
    use shared::ids::Epoch;
    use shared::protocol::kind;
    use uuid::Uuid;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    fn answer(status: u16, content_type: &str, body: &str) -> Answer {
        Answer { status, content_type: content_type.into(), retry_after: None, content: None, body: body.into() }
    }

    fn problem(kind: &str, status: u16) -> Problem {
        Problem { kind: kind.into(), title: "Title".into(), status, detail: "Detail.".into() }
    }

    fn refused(kind: &str, status: u16) -> Answer {
        answer(status, "application/problem+json", &serde_json::to_string(&problem(kind, status)).unwrap())
    }

    #[wasm_bindgen_test]
    fn reads_what_the_server_says() {
        let reset = PullResponse::Reset { epoch: Epoch(Uuid::nil()), common: 0 };
        let text = serde_json::to_string(&reset).unwrap();
        for content_type in ["application/json", "Application/JSON; charset=utf-8"] {
            assert_eq!(answer(200, content_type, &text).read(), Ok(reset.clone()));
        }
        assert_eq!(answer(204, "", "").read_nothing(), Ok(()));
        let bytes = compact::encode(reset.clone()).unwrap();
        let compact = Answer { body: bytes.clone(), ..answer(200, COMPACT, "") };
        assert_eq!(compact.read_compact(), Ok(reset));
        let cut = Answer { body: bytes[..9].into(), ..answer(200, COMPACT, "") };
        for wrong in [cut, answer(200, COMPACT, ""), answer(200, "application/json", &text), answer(200, "", &text)] {
            assert_eq!(wrong.read_compact(), Err(Failure::Unreachable), "{wrong:?}");
        }
    }

    #[wasm_bindgen_test]
    fn takes_nobody_elses_answer_for_the_servers() {
        let page = "<html>Welcome to our hotel</html>";
        for (status, content_type, body) in [
            (200, "text/html", page),
            (200, "application/json", page),
            (200, "application/json", "{\"ok\":true}"),
            (200, "application/json", "{\"reset\":{\"epoch\":\"00000000-0000"),
            (200, "", ""),
            (204, "application/json", ""),
            (302, "text/html", ""),
            (304, "", ""),
            (401, "text/html", page),
            (403, "text/html", page),
            (404, "application/json", "{}"),
            (403, "application/problem+json", page),
            (511, "text/html", page),
        ] {
            let answer = answer(status, content_type, body);
            assert_eq!(answer.read::<PullResponse>(), Err(Failure::Unreachable), "{answer:?}");
        }
        assert_eq!(answer(200, "text/html", page).read_nothing(), Err(Failure::Unreachable));
    }

    #[wasm_bindgen_test]
    fn a_busy_server_is_busy_whoever_says_so() {
        let busy = |problem| Err(Failure::Busy { retry_after: None, problem });
        assert_eq!(answer(502, "text/html", "<html>").read::<u8>(), busy(None));
        assert_eq!(refused(kind::UNAVAILABLE, 503).read::<u8>(), busy(Some(problem(kind::UNAVAILABLE, 503))));
        let later = Answer { retry_after: Some(7), ..answer(429, "", "") };
        assert_eq!(later.read::<u8>(), Err(Failure::Busy { retry_after: Some(7), problem: None }));
    }

    #[wasm_bindgen_test]
    fn a_refusal_is_the_servers_if_it_has_its_form() {
        assert_eq!(refused(kind::GAP, 409).read::<u8>(), Err(Failure::Problem(problem(kind::GAP, 409))));
    }

    #[wasm_bindgen_test]
    async fn asks_the_network() {
        // The test runner answers everything it does not know with a page.
        let get = |path: &str| Request { method: "GET", path: path.into(), accept: JSON, body: None };
        let page = get("/").send(None).await.unwrap();
        assert_eq!(page.status, 200);
        assert_eq!(page.read::<PullResponse>(), Err(Failure::Unreachable));
        let nobody = get("http://127.0.0.1:1/").send(None).await;
        assert_eq!(nobody, Err(Failure::Unreachable));
    }
}
