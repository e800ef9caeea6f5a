//! The ear of `tern watch`: a WebSocket on which the server says that there is something new (`shared::realtime`).
//!
//! It wakes the sync and does nothing else. What is not heard, the sync finds at its next poll, and the first message of
//! every new connection says how far the organization is; so a connection may be lost at any time. One that dies in
//! silence is noticed by the missing signs of life.

use std::time::Duration;

use engine::answer::Failure;
use engine::backoff::Backoff;
use engine::driver::Wake;
use futures::StreamExt as _;
use futures::channel::mpsc;
use hyper::header::{
    CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use shared::clock::Millis;
use shared::realtime::{ALIVE_SECONDS, Hint, SocketTicket, close};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::machine::Machine;
use crate::session::{Session, Who};
use crate::web::Request;

/// The first pause before connecting anew. Not short: when a server restarts, all its clients come back.
const FIRST_PAUSE: Millis = 2_000;
const LONGEST_PAUSE: Millis = 60_000;
/// Without a word for so long, the connection counts as lost.
const SILENCE: Duration = Duration::from_secs(2 * ALIVE_SECONDS as u64 + 5);

/// How a connection ended, or why there was none.
enum Ending {
    /// The session is over: until somebody has signed in again there is nothing to ask for.
    SignedOut,
    /// Anything else; the server may have said how many seconds to stay away.
    Lost { stay_away: Option<u32> },
}

/// Keeps the socket of this member open while it is possible; returns when the session is over.
pub(crate) async fn keep(session: &Session, member: Who, wakes: &mpsc::UnboundedSender<Wake>) {
    let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    while let Ending::Lost { stay_away } = connect(session, member, wakes, &mut backoff).await {
        let asked = stay_away.map_or(0, |seconds| Millis::from(seconds).saturating_mul(1_000));
        let pause = backoff.pause(&mut Machine).max(asked.min(LONGEST_PAUSE));
        tokio::time::sleep(Duration::from_millis(pause.unsigned_abs())).await;
    }
}

/// Opens a socket and hears it to its end.
async fn connect(session: &Session, member: Who, wakes: &mpsc::UnboundedSender<Wake>, backoff: &mut Backoff) -> Ending {
    let mut socket = match open(session, member).await {
        Ok(socket) => socket,
        Err(failure) if failure.is_unauthenticated() => return Ending::SignedOut,
        Err(Failure::Busy { retry_after, .. }) => return Ending::Lost { stay_away: retry_after },
        Err(_) => return Ending::Lost { stay_away: None },
    };
    loop {
        match tokio::time::timeout(SILENCE, socket.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => match serde_json::from_str(&text) {
                Ok(Hint { ver: Some(ver) }) => {
                    // Fails only after the sync has ended.
                    let _ = wakes.unbounded_send(Wake::Poked { ver });
                }
                // Time has passed since it was opened: it was a good connection.
                Ok(Hint { ver: None }) => backoff.reset(),
                Err(_) => {}
            },
            Ok(Some(Ok(Message::Close(Some(frame))))) if u16::from(frame.code) == close::SESSION_ENDED => {
                return Ending::SignedOut;
            }
            // Pings are answered while the socket is read.
            Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
            _ => return Ending::Lost { stay_away: None },
        }
    }
}

/// The opening handshake (RFC 6455, section 4.1), on a connection like that of every other request.
async fn open(session: &Session, member: Who) -> Result<WebSocketStream<TokioIo<Upgraded>>, Failure> {
    let ticket: SocketTicket = session.send(member, &Request::post("/api/ws/ticket")).await?;
    let key = generate_key();
    let mut headers = HeaderMap::new();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    headers.insert(SEC_WEBSOCKET_KEY, key.parse().map_err(|_| Failure::Unreachable)?);
    // A ticket consists of letters that need no escape in an address.
    let path = format!("/api/ws?ticket={}", ticket.ticket);
    let response = session.web_or_none()?.upgrade(&path, headers).await?;
    let accepted = response.headers().get(SEC_WEBSOCKET_ACCEPT).and_then(|value| value.to_str().ok());
    if response.status() != hyper::StatusCode::SWITCHING_PROTOCOLS
        || accepted != Some(derive_accept_key(key.as_bytes()).as_str())
    {
        return Err(Failure::Unreachable);
    }
    let stream = hyper::upgrade::on(response).await.map_err(|_| Failure::Unreachable)?;
    Ok(WebSocketStream::from_raw_socket(TokioIo::new(stream), Role::Client, None).await)
}
