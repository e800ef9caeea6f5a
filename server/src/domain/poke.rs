//! What the other devices of an organization are told of a push.

use serde::{Deserialize, Serialize};
use shared::clock::{Actor, Version};
use shared::ids::{EntityId, OrgId, TaskId};
use shared::realtime::ServerMessage;

use super::push::PushDecision;

/// Tasks that a poke names. Whoever changes more of them at once pokes without names: a poke stays far below the
/// 8,000 bytes that PostgreSQL carries in a notification, and no device is sent hundreds of messages for one pull.
pub const MOST_TASKS: usize = 20;

/// An organization has reached a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poke {
    pub org: OrgId,
    pub ver: Version,
    /// The device that did it, which needs no poke.
    pub actor: Actor,
    /// Every task that changed, where nothing else did and they are few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<Vec<TaskId>>,
}

impl Poke {
    /// What to tell of a push; nothing where it changed nothing.
    pub fn of(org: OrgId, decision: &PushDecision) -> Option<Self> {
        if decision.rows.is_empty() {
            return None;
        }
        let task = |id: &EntityId| if let EntityId::Task(id) = id { Some(*id) } else { None };
        let few = decision.rows.len() <= MOST_TASKS;
        let tasks = if few { decision.rows.keys().map(task).collect() } else { None };
        Some(Self { org, ver: decision.org.ver, actor: decision.device.actor, tasks })
    }

    /// The messages of it.
    pub fn messages(&self) -> Vec<ServerMessage> {
        let ver = self.ver;
        match &self.tasks {
            Some(tasks) => tasks.iter().map(|id| ServerMessage::TaskUpdated { id: *id, ver }).collect(),
            None => vec![ServerMessage::SyncRequired { ver }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn the_largest_poke_fits_into_a_notification() {
        let tasks = Some(vec![TaskId(Uuid::max()); MOST_TASKS]);
        let poke = Poke { org: OrgId(Uuid::max()), ver: Version::MAX, actor: Actor::MAX, tasks };
        let payload = serde_json::to_string(&poke).unwrap();
        assert!(payload.len() < 8_000 / 4, "{} bytes", payload.len());
        assert_eq!(serde_json::from_str::<Poke>(&payload).unwrap(), poke);
    }

    #[test]
    fn a_poke_names_the_tasks_or_asks_for_a_pull() {
        let (org, task) = (OrgId(Uuid::nil()), TaskId(Uuid::max()));
        let named = Poke { org, ver: 7, actor: 1, tasks: Some(vec![task]) };
        assert_eq!(named.messages(), [ServerMessage::TaskUpdated { id: task, ver: 7 }]);
        let unnamed = Poke { tasks: None, ..named };
        assert_eq!(unnamed.messages(), [ServerMessage::SyncRequired { ver: 7 }]);
    }
}
