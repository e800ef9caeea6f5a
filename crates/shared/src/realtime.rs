//! The poke: what the server says, unasked, to a device that has a socket open.
//!
//! A message is a hint and never data. It says that the organization has reached a version, so a device that has not
//! pulled that far pulls now instead of at its next poll. Nothing hangs on a message arriving: what is missed is caught
//! up by the cursor, and a server under load may put one [`ServerMessage::SyncRequired`] in the place of many others.
//!
//! - `POST /api/ws/ticket`, with the access token → [`SocketTicket`]
//! - `GET /api/ws?ticket=…` → a WebSocket (RFC 6455) on which only the server speaks: one JSON object per text message.
//!   The first says how far the organization is, so a device that comes back knows at once whether it has missed
//!   anything. The server closes the socket with a code of [`close`].

use serde::{Deserialize, Serialize};

use crate::clock::Version;
use crate::ids::{CommentId, TaskId};

/// Seconds between two [`ServerMessage::Alive`]. A script does not see the socket's own pings; a device that has heard
/// nothing for more than twice as long has a dead connection.
pub const ALIVE_SECONDS: u32 = 20;

/// Lets its bearer open one member's socket. Browsers can send no other credentials with a WebSocket than what is in its
/// address, which ends up in logs: so not the access token, and only for seconds.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SocketTicket {
    pub ticket: String,
    /// Seconds during which it is accepted.
    pub expires_in: u32,
}

impl std::fmt::Debug for SocketTicket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SocketTicket(…)")
    }
}

/// What the server says. There will be more kinds, and more in each: a client may read no more of it than a
/// [`Hint`], and passes over what it cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ServerMessage {
    /// A task is new, changed or deleted; at the latest with version `ver` of the organization.
    TaskUpdated { id: TaskId, ver: Version },
    /// A task has a new comment.
    CommentCreated { id: CommentId, task: TaskId, ver: Version },
    /// The organization is at this version; what has changed is for a pull to say.
    SyncRequired { ver: Version },
    /// The connection still stands.
    Alive,
}

impl ServerMessage {
    /// How far the organization is, where the message says so.
    pub fn ver(&self) -> Option<Version> {
        match self {
            Self::TaskUpdated { ver, .. } | Self::CommentCreated { ver, .. } | Self::SyncRequired { ver } => Some(*ver),
            Self::Alive => None,
        }
    }
}

/// All that a client needs of a message, also of one that only a newer server knows: whether there may be something to
/// pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Hint {
    /// How far the organization is; without it the message is a sign of life at least.
    #[serde(default)]
    pub ver: Option<Version>,
}

/// Why the server closes a socket (RFC 6455, section 7.4; from 4000 on they are ours).
pub mod close {
    /// The server stops: come back a little later.
    pub const GOING_AWAY: u16 = 1001;
    /// The session has ended: sign in again.
    pub const SESSION_ENDED: u16 = 4001;
    /// The access that the ticket was given for has run out: come back with a new ticket.
    pub const ACCESS_OVER: u16 = 4002;
    /// The device has opened too many sockets, and this is the oldest.
    pub const REPLACED: u16 = 4003;
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn read(text: &str) -> Option<ServerMessage> {
        serde_json::from_str(text).ok()
    }

    #[test]
    fn the_messages_are_what_other_versions_read() {
        let (id, task) = (CommentId(Uuid::from_u128(2)), TaskId(Uuid::from_u128(1)));
        for (message, json) in [
            (
                ServerMessage::TaskUpdated { id: task, ver: 7 },
                r#"{"type":"task_updated","id":"00000000-0000-0000-0000-000000000001","ver":7}"#,
            ),
            (
                ServerMessage::CommentCreated { id, task, ver: 8 },
                r#"{"type":"comment_created","id":"00000000-0000-0000-0000-000000000002","task":"00000000-0000-0000-0000-000000000001","ver":8}"#,
            ),
            (ServerMessage::SyncRequired { ver: 9 }, r#"{"type":"sync_required","ver":9}"#),
            (ServerMessage::Alive, r#"{"type":"alive"}"#),
        ] {
            assert_eq!(serde_json::to_string(&message).unwrap(), json);
            assert_eq!(read(json), Some(message));
            assert_eq!(serde_json::from_str::<Hint>(json).unwrap().ver, message.ver());
        }
        let ticket = SocketTicket { ticket: "t".into(), expires_in: 30 };
        assert_eq!(serde_json::to_string(&ticket).unwrap(), r#"{"ticket":"t","expires_in":30}"#);
    }

    #[test]
    fn what_a_newer_server_says_is_passed_over() {
        assert_eq!(read(r#"{"type":"presence","users":[]}"#), None);
        let hint = |text: &str| serde_json::from_str::<Hint>(text).ok();
        assert_eq!(hint(r#"{"type":"presence","users":[]}"#), Some(Hint { ver: None }));
        assert_eq!(hint(r#"{"type":"project_archived","id":"x","ver":9}"#), Some(Hint { ver: Some(9) }));
        assert_eq!((read("<html>"), hint("<html>")), (None, None));
        let more = r#"{"type":"sync_required","ver":9,"why":"restored"}"#;
        assert_eq!(read(more), Some(ServerMessage::SyncRequired { ver: 9 }));
    }

    #[test]
    fn a_ticket_is_never_shown() {
        let ticket = SocketTicket { ticket: "secret".into(), expires_in: 30 };
        assert!(!format!("{ticket:?}").contains("secret"));
    }
}
