//! A program that webhooks tell: it keeps what it is sent, and answers as a test wants it to.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::Value as Json;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What was sent.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) headers: HeaderMap,
    /// As it came.
    pub(super) text: String,
    pub(super) body: Json,
}

impl Received {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(super) fn event(&self) -> &str {
        self.body["type"].as_str().unwrap()
    }

    /// The title of the task that it is about.
    pub(super) fn title(&self) -> &str {
        self.body["data"]["title"].as_str().unwrap_or_default()
    }
}

type Word = dyn Fn(&Received) -> Said + Send + Sync;

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) status: u16,
    pub(super) text: String,
    /// Where it sends the asker.
    pub(super) location: Option<String>,
}

impl From<u16> for Said {
    fn from(status: u16) -> Self {
        Self { status, text: format!("{status} it is"), location: None }
    }
}

#[derive(Clone)]
pub(super) struct Receiver {
    pub(super) url: String,
    word: Arc<Mutex<Arc<Word>>>,
    received: watch::Sender<Vec<Received>>,
    /// While it is shut, nobody is answered.
    open: watch::Sender<bool>,
}

impl Receiver {
    /// One that answers 204.
    pub(super) async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/tern?from=a%20test", socket.local_addr().unwrap());
        let word: Arc<Word> = Arc::new(|_| 204.into());
        let (received, open) = (watch::Sender::new(Vec::new()), watch::Sender::new(true));
        let listener = Self { url, word: Arc::new(Mutex::new(word)), received, open };
        let app = Router::new().fallback(take).with_state(listener.clone());
        tokio::spawn(async { axum::serve(socket, app).await.unwrap() });
        listener
    }

    /// From now on it answers so.
    pub(super) fn answers<S: Into<Said>>(&self, word: impl Fn(&Received) -> S + Send + Sync + 'static) {
        *self.word.lock().unwrap() = Arc::new(move |received| word(received).into());
    }

    pub(super) fn shut(&self) {
        self.open.send_replace(false);
    }

    pub(super) fn reopen(&self) {
        self.open.send_replace(true);
    }

    /// What has come so far.
    pub(super) fn received(&self) -> Vec<Received> {
        self.received.borrow().clone()
    }

    /// Waits until so much has come.
    pub(super) async fn has(&self, count: usize) -> Vec<Received> {
        self.received.subscribe().wait_for(|received| received.len() >= count).await.unwrap().clone()
    }

    /// What has come, as events and titles; forgets it.
    pub(super) fn take(&self) -> Vec<(String, String)> {
        let all = self.received.send_replace(Vec::new());
        all.iter().map(|one| (one.event().to_owned(), one.title().to_owned())).collect()
    }
}

async fn take(State(listener): State<Receiver>, request: Request) -> Response {
    assert_eq!(request.uri().path_and_query().unwrap(), "/tern?from=a%20test");
    let (parts, body) = request.into_parts();
    let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
    let received = Received { headers: parts.headers, body: serde_json::from_str(&text).unwrap(), text };
    listener.received.send_modify(|all| all.push(received.clone()));
    let _ = listener.open.subscribe().wait_for(|open| *open).await;
    let word = Arc::clone(&listener.word.lock().unwrap());
    let said = word(&received);
    let mut response = Response::new(Body::from(said.text));
    *response.status_mut() = StatusCode::from_u16(said.status).unwrap();
    if let Some(location) = said.location {
        response.headers_mut().insert(LOCATION, location.parse().unwrap());
    }
    response
}
