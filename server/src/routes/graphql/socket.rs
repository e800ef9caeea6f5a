//! The WebSocket of subscriptions, as the protocol `graphql-transport-ws` has it (PROTOCOL.md of graphql-ws).
//!
//! Each subscription is a task of its own, which lets go of its moment before it hands an answer over: a client that does
//! not read holds up nobody but itself, and its tasks wait with one answer each.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use async_graphql::{Response, ServerError};
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response;
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use shared::clock::Version;
use shared::protocol::kind;
use shared::realtime::ServerMessage;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout, timeout_at};

use super::asking::Asking;
use super::subscription::Heard;
use super::{Asked, GROUP, refusal, schema};
use crate::member::Member;
use crate::openapi::{Api, op};
use crate::problem::ApiProblem;
use crate::realtime::{Ears, Seat};
use crate::router::AppState;
use crate::routes::extract::{SameOrigin, bearer};
use crate::routes::ws::{BUFFER_BYTES, SILENT_PINGS, close, farewell, no_socket};

pub(super) const PATH: &str = "/api/graphql/ws";
/// The name of the protocol, which the client asks for.
const PROTOCOL: &str = "graphql-transport-ws";
/// Bytes of a message from a client.
const MESSAGE_BYTES: usize = 64 * 1_024;
/// Subscriptions of a socket.
const SUBSCRIPTIONS: usize = 20;
/// How long a client may take to say who it is.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a socket is closed: the code, and the reason.
type Closing = (u16, &'static str);

const UNREADABLE: Closing = (4400, "a message is not as the protocol has it");
const UNKNOWN: Closing = (4401, "send connection_init first");
const REFUSED: Closing = (4403, "the token or ticket is not valid");
const SILENT: Closing = (4408, "connection_init did not come");
const DOUBLED: Closing = (4409, "a subscription of this id is open");
const AGAIN: Closing = (4429, "connection_init came twice");

pub(super) fn routes(api: &mut Api) {
    let opening = op(GROUP, "Listen to changes")
        .about(
            "A WebSocket of the protocol `graphql-transport-ws`. `connection_init` says who one is, in its payload: \
             `{\"Authorization\": \"Bearer …\"}` with an access token or a personal access token, or `{\"ticket\": \"…\"}` with \
             one of `POST /api/ws/ticket`. It is for subscriptions only.",
        )
        .same_origin(false)
        .problem(StatusCode::BAD_REQUEST, kind::INVALID)
        .problem(StatusCode::UPGRADE_REQUIRED, kind::INVALID)
        .gives_nothing(StatusCode::SWITCHING_PROTOCOLS, "The socket is open.");
    api.get(PATH, open, opening);
}

async fn open(
    State(app): State<AppState>,
    _: SameOrigin,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<response::Response, ApiProblem> {
    let upgrade = upgrade.map_err(|rejection| no_socket(&rejection))?.protocols([PROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        let detail = format!("This socket speaks {PROTOCOL}. Ask for it with Sec-WebSocket-Protocol.");
        return Err(ApiProblem::invalid(StatusCode::BAD_REQUEST, detail));
    }
    let upgrade = upgrade
        .max_message_size(MESSAGE_BYTES)
        .max_frame_size(MESSAGE_BYTES)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES);
    Ok(upgrade.on_upgrade(move |socket| attend(socket, app)))
}

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    ConnectionInit {
        #[serde(default)]
        payload: Json,
    },
    Ping,
    Pong,
    Subscribe {
        id: String,
        payload: Asked,
    },
    Complete {
        id: String,
    },
}

/// What the server says.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Says {
    ConnectionAck,
    Ping,
    Pong,
    Next { id: String, payload: Box<Response> },
    Error { id: String, payload: Vec<ServerError> },
    Complete { id: String },
}

/// Serves one socket to its end.
async fn attend(mut socket: WebSocket, app: AppState) {
    let closing = match welcome(&mut socket, &app).await {
        Ok((member, seat, ver)) => Attended::new(app, member, ver).serve(&mut socket, &seat).await,
        Err(closing) => closing,
    };
    if let Some((code, reason)) = closing {
        close(&mut socket, code, reason).await;
    }
}

/// What a message says; `None`: the client has gone.
async fn hear(socket: &mut WebSocket) -> Option<Result<Option<Said>, Closing>> {
    match socket.recv().await {
        Some(Ok(Message::Text(text))) => Some(serde_json::from_str(&text).map(Some).map_err(|_| UNREADABLE)),
        Some(Ok(Message::Binary(_))) => Some(Err(UNREADABLE)),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Some(Ok(None)),
        Some(Ok(Message::Close(_)) | Err(_)) | None => None,
    }
}

/// Who the client says it is, and how far the organization is. The error is what the socket is closed with, if there is anybody to be told.
async fn welcome(socket: &mut WebSocket, app: &AppState) -> Result<(Member, Seat, Version), Option<Closing>> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let heard = timeout_at(deadline, hear(socket)).await.map_err(|_| SILENT)?;
        match heard.ok_or(None)?? {
            None | Some(Said::Pong) => {}
            Some(Said::Ping) => say(socket, app, &[Says::Pong]).await?,
            Some(Said::ConnectionInit { payload }) => {
                let member = admit(app, &payload).await.map_err(|_| REFUSED)?;
                let seat = app.services.take_seat(&member, Ears::Everybody).await.map_err(|_| REFUSED)?;
                let ver = reached(&seat.messages().await).unwrap_or_default(); // it has been greeted
                say(socket, app, &[Says::ConnectionAck]).await?;
                return Ok((member, seat, ver));
            }
            Some(Said::Subscribe { .. } | Said::Complete { .. }) => return Err(Some(UNKNOWN)),
        }
    }
}

/// How far the organization is, by what a seat has been told.
fn reached<'a>(messages: impl IntoIterator<Item = &'a ServerMessage>) -> Option<Version> {
    messages.into_iter().filter_map(ServerMessage::ver).max()
}

async fn admit(app: &AppState, payload: &Json) -> Result<Member, ApiProblem> {
    if let Some(ticket) = payload["ticket"].as_str() {
        return Ok(app.services.ticket_member(ticket)?);
    }
    let header = payload.as_object().into_iter().flatten().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    bearer(app, header.and_then(|(_, value)| value.as_str())).await
}

/// Says something. The error: nobody listens.
async fn say(socket: &mut WebSocket, app: &AppState, all: &[Says]) -> Result<(), Option<Closing>> {
    for one in all {
        let text = serde_json::to_string(one);
        let text =
            text.inspect_err(|error| tracing::error!(%error, "a message cannot be written")).map_err(|_| None)?;
        let sent = timeout(app.pace.ping * SILENT_PINGS, socket.send(Message::Text(text.into()))).await;
        sent.map_err(|_| None)?.map_err(|_| None)?;
    }
    Ok(())
}

/// A socket whose client is known.
struct Attended {
    app: AppState,
    member: Member,
    reached: watch::Sender<Version>,
    /// Ends all of them when it is dropped.
    tasks: JoinSet<()>,
    open: HashMap<String, (u64, AbortHandle)>,
    /// Subscriptions so far. An id may be given again, and what its last bearer had still to say is of nobody then.
    opened: u64,
    answers: mpsc::Sender<Answer>,
    answered: mpsc::Receiver<Answer>,
}

/// What a subscription says; without a response: that it has ended.
struct Answer {
    id: String,
    number: u64,
    response: Option<Response>,
}

impl Attended {
    fn new(app: AppState, member: Member, ver: Version) -> Self {
        let (answers, answered) = mpsc::channel(1);
        let (tasks, open) = (JoinSet::new(), HashMap::new());
        Self { app, member, reached: watch::Sender::new(ver), tasks, open, opened: 0, answers, answered }
    }

    async fn serve(mut self, socket: &mut WebSocket, seat: &Seat) -> Option<Closing> {
        let pace = self.app.pace;
        let mut pings = interval_at(Instant::now() + pace.ping, pace.ping);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut unanswered = 0;
        loop {
            let says = tokio::select! {
                ending = seat.ended() => return Some(farewell(ending)),
                heard = hear(socket) => {
                    unanswered = 0;
                    match heard {
                        None => return None,
                        Some(Err(closing)) => return Some(closing),
                        Some(Ok(None)) => continue,
                        Some(Ok(Some(said))) => match self.answer(said) {
                            Ok(says) => says,
                            Err(closing) => return Some(closing),
                        },
                    }
                }
                messages = seat.messages() => {
                    if let Some(ver) = reached(&messages) {
                        self.reached.send_if_modified(|known| std::mem::replace(known, ver.max(*known)) < ver);
                    }
                    continue;
                }
                Some(answer) = self.answered.recv() => self.pass_on(answer),
                _ = pings.tick() => {
                    if unanswered == SILENT_PINGS {
                        return None; // nobody is there to be told
                    }
                    unanswered += 1;
                    if socket.send(Message::Ping(Bytes::new())).await.is_err() {
                        return None;
                    }
                    vec![Says::Ping]
                }
            };
            let closing = tokio::select! {
                ending = seat.ended() => return Some(farewell(ending)),
                said = say(socket, &self.app, &says) => said.err(),
            };
            if let Some(closing) = closing {
                return closing;
            }
        }
    }

    fn answer(&mut self, said: Said) -> Result<Vec<Says>, Closing> {
        match said {
            Said::ConnectionInit { .. } => Err(AGAIN),
            Said::Pong => Ok(Vec::new()),
            Said::Ping => Ok(vec![Says::Pong]),
            Said::Complete { id } => {
                if let Some((_, task)) = self.open.remove(&id) {
                    task.abort();
                }
                Ok(Vec::new())
            }
            Said::Subscribe { id, .. } if self.open.contains_key(&id) => Err(DOUBLED),
            Said::Subscribe { id, payload } => Ok(self.subscribe(id, payload).err().into_iter().collect()),
        }
    }

    /// Opens a subscription; the error says why there is none.
    fn subscribe(&mut self, id: String, asked: Asked) -> Result<(), Says> {
        let refuse = |id: &str, refused: Response| Says::Error { id: id.to_owned(), payload: refused.errors };
        if self.open.len() >= SUBSCRIPTIONS {
            let detail =
                format!("A socket has at most {SUBSCRIPTIONS} subscriptions. End one, or open another socket.");
            return Err(refuse(&id, refusal::refuse(detail)));
        }
        let (mut request, of) = asked.prepare().map_err(|refused| refuse(&id, *refused))?;
        if of != OperationType::Subscription {
            let detail = format!("Send queries and mutations with POST to {}.", super::PATH);
            return Err(refuse(&id, refusal::refuse(detail)));
        }
        let schema = schema::schema().map_err(|_| refuse(&id, refusal::refuse("The server made a mistake.")))?;
        let asking = Asking::new(Arc::clone(&self.app.services), self.member.clone(), &request.query, None);
        request.data = asking.data();
        request.data.insert(Heard { from: *self.reached.borrow(), reached: self.reached.subscribe() });
        let mut stream = schema.execute_stream(request);
        self.opened += 1;
        let (answers, of, number) = (self.answers.clone(), id.clone(), self.opened);
        let task = self.tasks.spawn(async move {
            let answer = |response| Answer { id: of.clone(), number, response };
            while let Some(response) = stream.next().await {
                asking.forget().await;
                if answers.send(answer(Some(refusal::dress(response)))).await.is_err() {
                    return;
                }
            }
            let _ = answers.send(answer(None)).await; // nobody hears it where the socket has ended
        });
        self.open.insert(id, (number, task));
        Ok(())
    }

    /// What a subscription has to say, if it is still wanted. One that fails before it begins has said all with that.
    fn pass_on(&mut self, Answer { id, number, response }: Answer) -> Vec<Says> {
        while self.tasks.try_join_next().is_some() {}
        if self.open.get(&id).is_none_or(|(open, _)| *open != number) {
            return Vec::new();
        }
        match response {
            None => {
                self.open.remove(&id);
                vec![Says::Complete { id }]
            }
            Some(Response { errors, data: async_graphql::Value::Null, .. }) if !errors.is_empty() => {
                self.open.remove(&id).iter().for_each(|(_, task)| task.abort());
                vec![Says::Error { id, payload: errors }]
            }
            Some(payload) => vec![Says::Next { id, payload: Box::new(payload) }],
        }
    }
}
