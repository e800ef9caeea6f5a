//! The socket: how the server says, unasked, that there is something new (`shared::realtime`).
//!
//! Only the server speaks. What a client sends is read, because it shows that the client lives, and thrown away.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::Response;
use futures::SinkExt as _;
use serde::Deserialize;
use serde_json::json;
use shared::protocol::kind;
use shared::realtime::{ALIVE_SECONDS, ServerMessage, SocketTicket, close};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::extract::{Bearer, Parameters, SameOrigin};
use crate::openapi::{Api, op, parameter};
use crate::problem::ApiProblem;
use crate::realtime::{Ears, Ending, Seat};
use crate::router::AppState;

/// Bytes of a message from a client. It has nothing to say yet.
const MESSAGE_BYTES: usize = 1_024;
/// Of each socket, for reading and writing. The library's own would be 256 KiB for every device that is idle.
pub(super) const BUFFER_BYTES: usize = 4 * 1_024;
/// How long a client may take to answer that the socket is closed.
const FAREWELL: Duration = Duration::from_secs(2);
/// Pings that may go unanswered.
pub(super) const SILENT_PINGS: u32 = 2;

/// How often a silent connection is tried.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub ping: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { ping: Duration::from_secs(u64::from(ALIVE_SECONDS)) }
    }
}

const GROUP: &str = "Socket";

pub(crate) fn routes(api: &mut Api) {
    let tickets = op(GROUP, "A ticket for a socket").bearer().gives::<SocketTicket>(
        StatusCode::OK,
        "Good for seconds.",
        json!({ "ticket": "eyJhbGciOiJIUzI1NiJ9…", "expires_in": 30 }),
    );
    api.post("/api/ws/ticket", ticket, tickets);
    let opening = op(GROUP, "Hear of changes")
        .about(
            "A WebSocket on which only the server speaks: `task_updated`, `comment_created`, `sync_required`, `alive`.",
        )
        .same_origin(false)
        .needs(parameter("ticket", "Of `POST /api/ws/ticket`.", json!({ "type": "string", "examples": ["eyJ…"] })))
        .problem(StatusCode::UNAUTHORIZED, kind::UNAUTHENTICATED)
        .problem(StatusCode::UPGRADE_REQUIRED, kind::INVALID)
        .gives_nothing(StatusCode::SWITCHING_PROTOCOLS, "The socket is open.");
    api.get("/api/ws", open, opening);
}

async fn ticket(State(app): State<AppState>, Bearer(member): Bearer) -> Result<Json<SocketTicket>, ApiProblem> {
    Ok(Json(app.services.socket_ticket(&member).await?))
}

#[derive(Deserialize)]
struct OpenParameters {
    ticket: String,
}

/// The ticket alone does not suffice: browsers let any page open a socket to any server, and say in `Origin` which one
/// it is (RFC 6455, section 10.2).
async fn open(
    State(app): State<AppState>,
    _: SameOrigin,
    Parameters(OpenParameters { ticket }): Parameters<OpenParameters>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiProblem> {
    let upgrade = upgrade.map_err(|rejection| no_socket(&rejection))?;
    let member = app.services.ticket_member(&ticket)?;
    let seat = app.services.take_seat(&member, Ears::Others).await?;
    let upgrade = upgrade
        .max_message_size(MESSAGE_BYTES)
        .max_frame_size(MESSAGE_BYTES)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES);
    Ok(upgrade.on_upgrade(move |socket| attend(socket, seat, app.pace)))
}

/// The answer to a request that does not open a socket.
pub(super) fn no_socket(rejection: &WebSocketUpgradeRejection) -> ApiProblem {
    let detail = format!("{}. Open this address as a WebSocket.", rejection.body_text());
    ApiProblem::invalid(StatusCode::UPGRADE_REQUIRED, detail)
}

/// Serves one socket to its end.
async fn attend(mut socket: WebSocket, seat: Seat, pace: Pace) {
    let mut pings = interval_at(Instant::now() + pace.ping, pace.ping);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut unanswered = 0;
    let ending = loop {
        let frames = tokio::select! {
            ending = seat.ended() => break ending,
            received = socket.recv() => match received {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {
                    unanswered = 0;
                    continue;
                }
            },
            messages = seat.messages() => messages.iter().filter_map(text).collect(),
            _ = pings.tick() => {
                if unanswered == SILENT_PINGS {
                    return; // nobody is there to be told
                }
                unanswered += 1;
                let alive = text(&ServerMessage::Alive);
                [Some(Message::Ping(Bytes::new())), alive].into_iter().flatten().collect()
            },
        };
        // A client that does not read holds up itself only: its messages collapse meanwhile, and then it is dropped.
        tokio::select! {
            ending = seat.ended() => break ending,
            delivered = timeout(pace.ping * SILENT_PINGS, deliver(&mut socket, frames)) => {
                if !matches!(delivered, Ok(Ok(()))) {
                    return;
                }
            }
        }
    };
    let (code, reason) = farewell(ending);
    close(&mut socket, code, reason).await;
}

fn text(message: &ServerMessage) -> Option<Message> {
    let text = serde_json::to_string(message);
    text.inspect_err(|error| tracing::error!(%error, "a message cannot be written"))
        .ok()
        .map(|text| Message::Text(text.into()))
}

async fn deliver(socket: &mut WebSocket, frames: Vec<Message>) -> Result<(), axum::Error> {
    for frame in frames {
        socket.feed(frame).await?;
    }
    socket.flush().await
}

/// What a socket is closed with.
pub(super) fn farewell(ending: Ending) -> (u16, &'static str) {
    match ending {
        Ending::GoingAway => (close::GOING_AWAY, "the server stops"),
        Ending::SessionEnded => (close::SESSION_ENDED, "the session has ended"),
        Ending::AccessOver => (close::ACCESS_OVER, "the access has run out"),
        Ending::Replaced => (close::REPLACED, "the device has opened too many sockets"),
    }
}

/// Closes. Whoever does not say goodbye is left.
pub(super) async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let _ = timeout(FAREWELL, say_goodbye(socket, code, reason)).await;
}

/// Closes, and waits for the client to agree: what comes before that is of no interest.
async fn say_goodbye(socket: &mut WebSocket, code: u16, reason: &'static str) -> Result<(), axum::Error> {
    socket.send(Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }))).await?;
    while let Some(Ok(_)) = socket.recv().await {}
    Ok(())
}
