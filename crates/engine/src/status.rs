//! What a member is told about saving and syncing. Two facts, never one: *saved on this device* and *synced*.

use serde::{Deserialize, Serialize};
use shared::clock::Millis;
use shared::ids::AttachmentId;

/// The facts; [`SyncStatus::pill`] picks the one that the sync pill shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts, not one state in disguise")]
pub struct SyncStatus {
    /// Whether the device says it has a network and the last attempt reached the server.
    pub online: bool,
    /// A change is being written to this device.
    pub saving: bool,
    /// Changes saved here that a pull has not confirmed.
    pub waiting: usize,
    /// While changes are being sent: how many of how many are done. Only counts up.
    pub progress: Option<Progress>,
    /// Changes that were refused or need a choice.
    pub attention: usize,
    /// When everything was last known to be with the team.
    pub last_synced: Option<Millis>,
    /// When the next attempt is due, if one failed.
    pub next_try: Option<Millis>,
    /// Why syncing cannot go on by itself.
    pub blocked: Option<Blocked>,
    /// Whether rows and checksum agree with the server: without it nothing is called synced.
    pub verified: bool,
    /// There is no account: nothing is to be sent.
    pub local: bool,
    /// How the contents of attachments fare on their way.
    pub uploads: UploadStatus,
}

/// How the contents of attachments fare that the server lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadStatus {
    /// The one that is being sent, and how much of it is there, in percent.
    pub sending: Option<(AttachmentId, u8)>,
    /// Those that the server does not take, with what it says.
    pub refused: Vec<(AttachmentId, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub done: usize,
    pub total: usize,
}

/// Why syncing waits for the member. Work goes on and is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Blocked {
    /// The session is over: sign in again.
    SignIn,
    /// This version of the app and the server do not understand each other: update.
    Update,
    /// The server did not understand what this device sent.
    Rejected,
}

/// The state of the sync pill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pill {
    /// Nothing is waiting and nothing needs a choice.
    Synced,
    Saving,
    /// Everything is saved, on this device only: there is no account.
    Local,
    Waiting {
        count: usize,
    },
    Syncing(Progress),
    Offline {
        waiting: usize,
    },
    Attention {
        count: usize,
    },
}

impl SyncStatus {
    /// One pill, one state: the first that holds of offline, syncing, saving, waiting, attention, synced. Without an
    /// account, only saving and local.
    pub fn pill(&self) -> Pill {
        let attention = self.attention + self.uploads.refused.len() + usize::from(self.blocked.is_some());
        match self {
            Self { local: true, saving: false, .. } => Pill::Local,
            Self { local: true, .. } => Pill::Saving,
            Self { online: false, waiting, .. } => Pill::Offline { waiting: *waiting },
            Self { progress: Some(progress), .. } => Pill::Syncing(*progress),
            Self { saving: true, .. } => Pill::Saving,
            Self { waiting: 1.., blocked: None, .. } if self.waiting > self.uploads.refused.len() => {
                Pill::Waiting { count: self.waiting }
            }
            _ if attention > 0 => Pill::Attention { count: attention },
            Self { verified: true, .. } => Pill::Synced,
            // Nothing to send, but not yet known to be equal to the server: on the way.
            _ => Pill::Syncing(Progress { done: 0, total: 0 }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn healthy() -> SyncStatus {
        SyncStatus { online: true, verified: true, ..SyncStatus::default() }
    }

    #[test]
    fn the_first_state_that_holds_wins() {
        let all = SyncStatus {
            online: false,
            saving: true,
            waiting: 3,
            progress: Some(Progress { done: 1, total: 3 }),
            attention: 2,
            ..healthy()
        };
        assert_eq!(all.pill(), Pill::Offline { waiting: 3 });
        let online = SyncStatus { online: true, ..all };
        assert_eq!(online.pill(), Pill::Syncing(Progress { done: 1, total: 3 }));
        let idle = SyncStatus { progress: None, ..online };
        assert_eq!(idle.pill(), Pill::Saving);
        let saved = SyncStatus { saving: false, ..idle };
        assert_eq!(saved.pill(), Pill::Waiting { count: 3 });
        let sent = SyncStatus { waiting: 0, ..saved };
        assert_eq!(sent.pill(), Pill::Attention { count: 2 });
        assert_eq!(healthy().pill(), Pill::Synced);
    }

    #[test]
    fn nothing_is_called_synced_before_the_checksums_agree() {
        let unverified = SyncStatus { verified: false, ..healthy() };
        assert_ne!(unverified.pill(), Pill::Synced);
    }

    #[test]
    fn without_an_account_nothing_is_waiting_or_wrong() {
        let local = SyncStatus { local: true, online: false, waiting: 3, ..SyncStatus::default() };
        assert_eq!(local.pill(), Pill::Local);
        assert_eq!(SyncStatus { saving: true, ..local }.pill(), Pill::Saving);
    }

    #[test]
    fn a_blocked_sync_asks_for_attention_although_changes_wait() {
        let blocked = SyncStatus { waiting: 2, blocked: Some(Blocked::SignIn), ..healthy() };
        assert_eq!(blocked.pill(), Pill::Attention { count: 1 });
    }
}
