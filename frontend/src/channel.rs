//! What the tabs of a member tell each other: that one has saved something, that one wants to sync, and how syncing
//! stands.
//!
//! Nothing hangs on a message arriving: a tab that missed one notices by the revision when it next saves or hears of a
//! commit, and loads anew.

use engine::engine::Commit;
use engine::status::SyncStatus;
use engine::store::{Key, Revision};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast;
use web_sys::{BroadcastChannel, MessageEvent};

use crate::listener::Listener;
use crate::session::Who;

/// What one tab tells the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
pub(crate) enum Message {
    /// The store has changed.
    Committed(Commit),
    /// Whoever leads: sync at once.
    SyncNow,
    /// How syncing stands, from the tab that leads.
    Status(SyncStatus),
}

/// The form of a [`Message`] between tabs.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wire {
    Committed(Revision, Revision, Vec<Key>),
    SyncNow,
    Status(SyncStatus),
}

impl From<Wire> for Message {
    fn from(wire: Wire) -> Self {
        match wire {
            Wire::Committed(from, to, keys) => Self::Committed(Commit { from, to, keys }),
            Wire::SyncNow => Self::SyncNow,
            Wire::Status(status) => Self::Status(status),
        }
    }
}

impl From<Message> for Wire {
    fn from(message: Message) -> Self {
        match message {
            Message::Committed(Commit { from, to, keys }) => Self::Committed(from, to, keys),
            Message::SyncNow => Self::SyncNow,
            Message::Status(status) => Self::Status(status),
        }
    }
}

/// The connection between the tabs of one member. A tab does not hear itself.
#[derive(Debug)]
pub(crate) struct Channel {
    /// None where the browser has no such thing.
    channel: Option<BroadcastChannel>,
    _listener: Option<Listener>,
}

impl Channel {
    pub(crate) fn open((organization, user): Who, heard: impl Fn(Message) + 'static) -> Self {
        let channel = BroadcastChannel::new(&format!("tern-{organization}-{user}")).ok();
        let listener = channel.as_ref().and_then(|channel| {
            Listener::on(channel, "message", move |event| {
                let text = event.dyn_into::<MessageEvent>().ok().and_then(|event| event.data().as_string());
                // Another version of the app may say what this one does not know.
                if let Some(message) = text.and_then(|text| serde_json::from_slice(text.as_bytes()).ok()) {
                    heard(message);
                }
            })
        });
        Self { channel, _listener: listener }
    }

    pub(crate) fn tell(&self, message: &Message) {
        if let (Some(channel), Ok(text)) = (&self.channel, serde_json::to_string(message)) {
            // Fails only on a closed channel, and this one is closed when it is dropped.
            let _ = channel.post_message(&text.into());
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        if let Some(channel) = &self.channel {
            channel.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::store::Table;
    use futures::StreamExt;
    use futures::channel::mpsc;
    use shared::ids::{OrgId, UserId};
    use uuid::Uuid;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test]
    async fn the_other_tabs_of_the_same_member_hear() {
        let (organization, ines, other) = (OrgId(Uuid::nil()), UserId(Uuid::nil()), UserId(Uuid::max()));
        let (sender, mut heard) = mpsc::unbounded();
        let listen = |user, name: &'static str| {
            let sender = sender.clone();
            Channel::open((organization, user), move |message| sender.unbounded_send((name, message)).unwrap())
        };
        let (speaker, _second, _stranger) = (listen(ines, "itself"), listen(ines, "second"), listen(other, "stranger"));
        let commit = Commit { from: 7, to: 8, keys: vec![(Table::Outbox, u64::MAX), (Table::Meta, 0)] };
        for message in [Message::Committed(commit), Message::SyncNow] {
            speaker.tell(&message);
            assert_eq!(heard.next().await, Some(("second", message)));
        }
        speaker.channel.as_ref().unwrap().post_message(&"{\"poke\":1}".into()).unwrap();
        speaker.tell(&Message::SyncNow);
        assert_eq!(heard.next().await, Some(("second", Message::SyncNow)), "the unknown message was passed over");
    }
}
