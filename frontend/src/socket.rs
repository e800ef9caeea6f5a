//! The leading tab's ear: a WebSocket on which the server says that there is something new (`shared::realtime`).
//!
//! It wakes the sync and does nothing else. What is not heard, the sync finds at its next poll, and the first message of
//! every new connection says how far the organization is; so a connection may be lost at any time. One that dies in
//! silence is noticed by the missing signs of life (`ServerMessage::Alive`).

use engine::answer::Failure;
use engine::backoff::Backoff;
use engine::driver::Wake;
use futures::channel::mpsc;
use futures::future::{Either, select};
use futures::stream::StreamExt;
use gloo_timers::future::TimeoutFuture;
use shared::clock::Millis;
use shared::realtime::{ALIVE_SECONDS, Hint, SocketTicket, close};
use wasm_bindgen::JsCast;
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use crate::clock::BrowserEnv;
use crate::listener::Listener;
use crate::online;
use crate::request::Request;
use crate::session::{Session, Who};

/// The first pause before connecting anew. Not short: when a server restarts, all its clients come back.
const FIRST_PAUSE: Millis = 2_000;
const LONGEST_PAUSE: Millis = 60_000;
/// Milliseconds without a word after which the connection counts as lost.
const SILENCE: u32 = (2 * ALIVE_SECONDS + 5) * 1_000;

/// What a socket says.
enum Heard {
    Text(String),
    Closed(u16),
}

/// How a connection ended, or why there was none.
#[derive(Debug)]
enum Ending {
    /// There is no network.
    Offline,
    /// The session is over: until the member has signed in again there is nothing to ask for.
    SignedOut,
    /// Anything else; the server may have said how long to stay away.
    Lost { stay_away: Option<u32> },
}

/// Keeps the socket of this member open while it is possible. `news` are the tab's own reasons to look
/// ([`Wake::Online`], [`Wake::Asked`]); ends with them.
pub(crate) async fn keep(
    session: &Session,
    member: Who,
    wakes: &mpsc::UnboundedSender<Wake>,
    mut news: mpsc::UnboundedReceiver<Wake>,
) {
    let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    loop {
        let ending = connect(session, member, wakes, &mut news, &mut backoff).await;
        if !rest(ending, &mut backoff, &mut news).await {
            return;
        }
    }
}

/// Opens a socket and hears it to its end.
async fn connect(
    session: &Session,
    member: Who,
    wakes: &mpsc::UnboundedSender<Wake>,
    news: &mut mpsc::UnboundedReceiver<Wake>,
    backoff: &mut Backoff,
) -> Ending {
    // What happened before now is known better by looking.
    while news.try_recv().is_ok() {}
    if !online::is_online() {
        return Ending::Offline;
    }
    let ticket: SocketTicket = match session.send(member, &Request::post("/api/ws/ticket")).await {
        Ok(ticket) => ticket,
        Err(failure) if failure.is_unauthenticated() => return Ending::SignedOut,
        Err(Failure::Busy { retry_after, .. }) => return Ending::Lost { stay_away: retry_after },
        Err(_) => return Ending::Lost { stay_away: None },
    };
    let Some(mut socket) = Socket::open(&ticket) else { return Ending::Lost { stay_away: None } };
    loop {
        let next = select(socket.heard.next(), select(news.next(), TimeoutFuture::new(SILENCE)));
        match next.await {
            Either::Left((Some(Heard::Text(text)), _)) => match serde_json::from_slice(text.as_bytes()) {
                Ok(Hint { ver: Some(ver) }) => {
                    let _ = wakes.unbounded_send(Wake::Poked { ver });
                }
                // Time has passed since it was opened: it was a good connection.
                Ok(Hint { ver: None }) => backoff.reset(),
                Err(_) => {}
            },
            Either::Left((Some(Heard::Closed(close::SESSION_ENDED)), _)) => return Ending::SignedOut,
            Either::Right((Either::Left((Some(Wake::Online(false)), _)), _)) => return Ending::Offline,
            Either::Right((Either::Left((Some(_), _)), _)) => {}
            Either::Left(_) | Either::Right(_) => return Ending::Lost { stay_away: None },
        }
    }
}

/// Waits until it is worth trying again; `false` when it never will be.
async fn rest(ending: Ending, backoff: &mut Backoff, news: &mut mpsc::UnboundedReceiver<Wake>) -> bool {
    let pause = match ending {
        Ending::Offline => return until(news, |wake| wake == Wake::Online(true)).await,
        Ending::SignedOut => return until(news, |wake| wake == Wake::Asked).await,
        Ending::Lost { stay_away } => {
            let asked = stay_away.map_or(0, |seconds| Millis::from(seconds).saturating_mul(1_000));
            backoff.pause(&mut BrowserEnv).max(asked.min(LONGEST_PAUSE))
        }
    };
    // A network that has come back is a new one, and what failed was the old one.
    let back = std::pin::pin!(until(news, |wake| wake == Wake::Online(true)));
    match select(back, TimeoutFuture::new(u32::try_from(pause).unwrap_or_default())).await {
        Either::Left((goes_on, _)) => goes_on,
        Either::Right(_) => true,
    }
}

async fn until(news: &mut mpsc::UnboundedReceiver<Wake>, enough: impl Fn(Wake) -> bool) -> bool {
    while let Some(wake) = news.next().await {
        if enough(wake) {
            return true;
        }
    }
    false
}

/// An open socket. Closes when it is dropped.
struct Socket {
    raw: WebSocket,
    heard: mpsc::UnboundedReceiver<Heard>,
    _listeners: Vec<Listener>,
}

impl Socket {
    fn open(ticket: &SocketTicket) -> Option<Self> {
        let location = web_sys::window()?.location();
        let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
        // A ticket consists of letters that need no escape in an address.
        let url = format!("{scheme}://{}/api/ws?ticket={}", location.host().ok()?, ticket.ticket);
        let socket = WebSocket::new(&url).ok()?;
        let (sender, heard) = mpsc::unbounded();
        let closed = sender.clone();
        let message = Listener::on(&socket, "message", move |event| {
            let text = event.dyn_into::<MessageEvent>().ok().and_then(|event| event.data().as_string());
            if let Some(text) = text {
                let _ = sender.unbounded_send(Heard::Text(text));
            }
        });
        // Also follows every error, and an attempt that came to nothing.
        let close = Listener::on(&socket, "close", move |event| {
            let code = event.dyn_into::<CloseEvent>().map_or(0, |event| event.code());
            let _ = closed.unbounded_send(Heard::Closed(code));
        });
        Some(Self { raw: socket, heard, _listeners: [message, close].into_iter().flatten().collect() })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Throws for codes that are none; without one it does not.
        let _ = self.raw.close();
    }
}
