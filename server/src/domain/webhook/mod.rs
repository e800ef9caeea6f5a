//! Webhooks: what of an organization's history they are told, when a delivery is tried again, and when a webhook is
//! switched off.
//!
//! - **Nothing is lost.** The history is a log in the order of the commits, and a webhook has a place in it. What comes
//!   after the place becomes deliveries in the transaction that moves the place.
//! - **In order per task.** Deliveries have a lane each: the task that something happens to, or is said on. Of a lane
//!   only the first delivery that waits is sent.
//! - **At least once.** A delivery counts once its answer was good. Its id stays the same however often it is sent.

mod address;
mod signature;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value as Json, json};
use shared::clock::{Actor, Millis, Version};
use shared::field::Field;
use shared::ids::{DeviceId, EntityId, Kind, OrgId, ProjectId, UserId};
use shared::limits::DAY;
use shared::merge::Inverse;
use shared::mutation::Op;
use shared::row::Row;
use shared::scope::Scope;
use shared::webhook::{EventName, Happening, TOLD, Webhook};
use uuid::Uuid;

use super::resource;

pub use address::{InvalidAddress, NotPublic, Reach, allowed, target};
pub use signature::{SECRET_BYTES, Signed, secret, sign};

/// Webhooks that an organization may have.
pub const MOST_WEBHOOKS: usize = 50;
/// Projects that one may name.
const MOST_PROJECTS: usize = 100;
/// How long the secret before the last one signs as well.
pub const FORMER_SECRET: Millis = DAY;
/// How long what is settled stays in the log of deliveries.
pub const LOG_KEPT_FOR: Millis = 30 * DAY;
/// A webhook of which no delivery has succeeded for so long is switched off.
const FAILING_FOR: Millis = 3 * DAY;
/// Who answers so wants to hear nothing any more (RFC 9110, section 15.5.11).
const GONE: u16 = 410;

/// Why a webhook cannot be what it is to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWebhook {
    #[error(transparent)]
    Address(#[from] InvalidAddress),
    #[error("A webhook names at most {MOST_PROJECTS} projects. Leave them out for all.")]
    Projects,
    #[error("An organization has at most {MOST_WEBHOOKS} webhooks. Delete one that is not used.")]
    Many,
}

/// Checks which projects a webhook names.
pub fn check_projects(projects: &BTreeSet<ProjectId>) -> Result<(), InvalidWebhook> {
    if projects.len() > MOST_PROJECTS { Err(InvalidWebhook::Projects) } else { Ok(()) }
}

/// A line of the history.
#[derive(Clone, Debug)]
pub struct Line {
    pub ver: Version,
    pub actor: Actor,
    /// Whose device it was, and which; `None`: the server itself.
    pub author: Option<(UserId, DeviceId)>,
    pub at: Millis,
    /// When the server has handled it, the same for all of one push.
    pub handled_at: Millis,
    pub op: Op,
    /// What an undo takes back.
    pub undone: Option<Inverse>,
}

/// What a webhook is told in one delivery: what one push has done to one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub name: EventName,
    pub entity: EntityId,
    /// With which versions it began and ended. Events are told in the order of the first.
    pub first: Version,
    pub last: Version,
    actor: Actor,
    handled_at: Millis,
    author: Option<(UserId, DeviceId)>,
    at: Millis,
    /// The names of the fields, as REST shows them.
    changed: BTreeSet<&'static str>,
}

impl Line {
    fn what(&self) -> Happening {
        match (&self.op, &self.undone) {
            (Op::Create(_), _) => Happening::Created,
            (Op::Delete(_), _) | (_, Some(Inverse::Create | Inverse::Restore)) => Happening::Deleted,
            (Op::Restore(_), _) | (_, Some(Inverse::Delete)) => Happening::Restored,
            _ => Happening::Updated,
        }
    }

    fn changed(&self) -> Vec<&'static str> {
        let kind = self.op.entity().kind();
        match (&self.op, &self.undone) {
            (Op::Write(write), _) => parts(kind, write.field),
            (_, Some(Inverse::Write { field, .. })) => parts(kind, *field),
            (Op::TextEdit(edit), _) => vec![edit.field.name()],
            (_, Some(Inverse::Text { field, .. })) => vec![field.name()],
            (Op::Tags(_), _) | (_, Some(Inverse::Tags { .. })) => vec!["tags"],
            (Op::Relations(_), _) | (_, Some(Inverse::Relations { .. })) => vec!["relations"],
            _ => Vec::new(),
        }
    }

    /// That something is put aside because it was finished long ago, the server says to devices only.
    fn is_told(&self) -> bool {
        let filed = matches!(&self.op, Op::Write(write) if write.field == Field::Filed);
        !filed && TOLD.contains(&self.op.entity().kind())
    }
}

/// What REST calls a field of a row.
fn parts(kind: Kind, field: Field) -> Vec<&'static str> {
    match (field, kind) {
        (Field::Place, Kind::Project) => vec!["order"],
        (Field::Place, Kind::Section) => vec!["project", "order"],
        (Field::Place, _) => vec!["project", "section", "parent", "order"],
        _ => vec![field.name()],
    }
}

/// What lines of the history come to. Changes of one row that came in one push are one event; that it was made, deleted
/// or brought back is one of its own.
pub fn events(lines: &[Line]) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let mut latest: HashMap<EntityId, usize> = HashMap::new();
    for line in lines.iter().filter(|line| line.is_told()) {
        let (entity, what) = (line.op.entity(), line.what());
        let before = latest.get(&entity).and_then(|at| events.get_mut(*at));
        if let Some(before) = before.filter(|before| what == Happening::Updated && before.goes_on_in(line)) {
            before.last = line.ver;
            before.changed.extend(line.changed());
            continue;
        }
        latest.insert(entity, events.len());
        events.push(Event {
            name: EventName { kind: entity.kind(), what },
            entity,
            first: line.ver,
            last: line.ver,
            actor: line.actor,
            handled_at: line.handled_at,
            author: line.author,
            at: line.at,
            changed: line.changed().into_iter().collect(),
        });
    }
    events
}

impl Event {
    fn goes_on_in(&self, line: &Line) -> bool {
        (self.actor, self.handled_at) == (line.actor, line.handled_at) && self.name.what != Happening::Deleted
    }

    /// What is sent, with the row as it is when the delivery is made.
    pub fn body(&self, org: OrgId, row: &Row) -> Json {
        let author = self.author.map(|(user, device)| json!({ "user": user, "device": device }));
        json!({
            "type": self.name.to_string(), "timestamp": resource::time(self.at), "organization": org, "version": self.last,
            "author": author, "changed": self.changed, "data": resource::show(row),
        })
    }
}

/// What is sent to find out whether it arrives.
pub fn ping(org: OrgId, webhook: Uuid, now: Millis) -> Json {
    let data = json!({ "webhook": webhook });
    json!({ "type": PING, "timestamp": resource::time(now), "organization": org, "data": data })
}

/// The event that nothing has happened.
pub const PING: &str = "ping";

/// Whether a webhook is told of something that happens in a scope. That its owner may see it is another question.
pub fn wants(webhook: &Webhook, name: EventName, scope: Scope) -> bool {
    let project = match scope.gate() {
        Scope::Project(project) => Some(project),
        _ => None,
    };
    let of_project = || project.is_some_and(|project| webhook.projects.contains(&project));
    (webhook.events.is_empty() || webhook.events.contains(&name)) && (webhook.projects.is_empty() || of_project())
}

/// The lane of a row: the task that it is, or is about; of other rows, themselves.
pub fn lane(row: &Row) -> Uuid {
    row.subject().map_or(row.id.uuid(), |subject| subject.task.0)
}

const SECOND: Millis = 1_000;
const HOUR: Millis = 3_600 * SECOND;
/// How long to wait after each failure: four times as long as before, up to four hours; about a day altogether.
const PAUSES: [Millis; 13] = [
    SECOND,
    4 * SECOND,
    16 * SECOND,
    64 * SECOND,
    256 * SECOND,
    1_024 * SECOND,
    4_096 * SECOND,
    4 * HOUR,
    4 * HOUR,
    4 * HOUR,
    4 * HOUR,
    4 * HOUR,
    4 * HOUR,
];

/// How long to wait until a delivery is sent again that has failed so many times in a row; `None`: it is given up. `chance`
/// lets what has failed together not come back together: a quarter less or more.
pub fn pause(failures: u32, chance: u8) -> Option<Millis> {
    let pause = PAUSES.get(usize::try_from(failures).ok()?.checked_sub(1)?)?;
    Some(pause * 3 / 4 + pause / 2 * Millis::from(chance) / Millis::from(u8::MAX))
}

/// Whether an answer says that the delivery has arrived.
pub fn is_good(status: Option<u16>) -> bool {
    status.is_some_and(|status| (200..300).contains(&status))
}

/// Why a webhook is to be switched off after a failure.
pub fn gives_up(failing_since: Millis, now: Millis, status: Option<u16>) -> Option<&'static str> {
    if status == Some(GONE) {
        return Some("It has answered 410 Gone: it wants to be told nothing any more.");
    }
    let long = now.saturating_sub(failing_since) >= FAILING_FOR;
    long.then_some("No delivery has succeeded for three days. Look at the log, mend it, and switch it on again.")
}

/// Why a webhook is off whose owner leads the organization no more.
pub const OWNERLESS: &str = "Who has switched it on is no admin any more. Another one may switch it on.";
