//! What a socket has not been sent yet. Its reader may be slow or gone; what waits for it is bounded all the same,
//! because every message is a hint, and "pull" is as good a hint as any number of them.

use std::collections::VecDeque;

use shared::realtime::ServerMessage;

/// Messages that wait for one socket at most.
const CAPACITY: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Mailbox {
    messages: VecDeque<ServerMessage>,
}

impl Mailbox {
    /// Adds a message. Where there is no room, all that wait become one.
    pub(super) fn post(&mut self, message: ServerMessage) {
        if let (Some(ServerMessage::SyncRequired { ver }), Some(newer)) = (self.messages.back_mut(), message.ver()) {
            // A pull is asked for already: it need only go further.
            *ver = newer.max(*ver);
            return;
        }
        self.messages.push_back(message);
        if self.messages.len() > CAPACITY {
            let latest = self.messages.drain(..).filter_map(|message| message.ver()).max();
            self.messages.extend(latest.map(|ver| ServerMessage::SyncRequired { ver }));
        }
    }

    /// All that wait.
    pub(super) fn take(&mut self) -> VecDeque<ServerMessage> {
        std::mem::take(&mut self.messages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::clock::Version;
    use shared::ids::TaskId;
    use uuid::Uuid;

    fn updated(ver: Version) -> ServerMessage {
        ServerMessage::TaskUpdated { id: TaskId(Uuid::nil()), ver }
    }

    #[test]
    fn messages_come_out_as_they_went_in() {
        let mut mailbox = Mailbox::default();
        (1..=3).for_each(|ver| mailbox.post(updated(ver)));
        assert_eq!(mailbox.take(), [updated(1), updated(2), updated(3)]);
        assert!(mailbox.take().is_empty());
    }

    #[test]
    fn a_full_mailbox_becomes_one_message_that_goes_as_far_as_all_of_them() {
        let mut mailbox = Mailbox::default();
        (1..=1_000).for_each(|ver| mailbox.post(updated(ver)));
        assert_eq!(mailbox.take(), [ServerMessage::SyncRequired { ver: 1_000 }]);
        // An older notice that comes late takes nothing back.
        mailbox.post(ServerMessage::SyncRequired { ver: 7 });
        mailbox.post(updated(6));
        assert_eq!(mailbox.take(), [ServerMessage::SyncRequired { ver: 7 }]);
    }
}
