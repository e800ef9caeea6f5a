//! What a mutation makes of a row: the one set of rules that device, server and simulator run.

use serde::{Deserialize, Serialize};

use crate::clock::Stamp;
use crate::ids::EntityId;
use crate::mutation::{Op, ProjectCreate, Refusal, TaskCreate, TextEdit, max_chars, too_long};
use crate::policy::Policy;
use crate::project::Project;
use crate::register::{Life, Reg, Tags};
use crate::row::{Entity, Row};
use crate::task::Task;
use crate::text::{TextChange, TextError, transform_over};

/// How a mutation that was accepted met what others did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nobody else had changed this field meanwhile.
    Applied,
    /// Somebody had, and both changes count or this one does.
    Merged,
    /// Somebody had, and the other change counts; this one is kept.
    Superseded,
}

/// What came of a mutation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    pub outcome: Outcome,
    /// For an edit of a text: the edit as it was applied, for the field's log.
    pub text: Option<TextChange>,
}

/// Applies an operation to its row (`None`: there is no such row). On an error nothing has changed.
///
/// `log` holds, for an edit of a text, the changes of that field after `stamp.ctx`; it is empty on a device, which
/// carries its waiting edits along with each pull ([`crate::text::rebase`]). The operation has been validated
/// ([`Op::validate`]), and whether other rows it names exist has been checked.
pub fn apply(row: &mut Option<Row>, op: &Op, stamp: Stamp, log: &[TextChange]) -> Result<Merged, Refusal> {
    if op.creates() {
        if row.is_some() {
            return Err(Refusal::AlreadyExists);
        }
        *row = create(op, stamp).map(|entity| Row { ver: stamp.ver, entity });
        return Ok(Merged { outcome: Outcome::Applied, text: None });
    }
    let row = row.as_mut().ok_or(Refusal::NotFound)?;
    if row.id() != op.entity() {
        return Err(Refusal::NotFound);
    }
    let mut merged = change(row, op, stamp, log)?;
    if life(row).is_deleted() && !matches!(op, Op::Delete(_)) {
        // The deletion wins; the change is in the row all the same and comes back with a restore.
        merged.outcome = Outcome::Superseded;
    }
    row.ver = row.ver.max(stamp.ver);
    Ok(merged)
}

/// Applies a device's own waiting operation to what its member sees. As [`apply`], but an edit of a text counts even
/// where it breaks a limit that it kept when it was made: until the server has decided, nothing of it may vanish, and
/// the waiting edits after it are made on it. What cannot be applied changes nothing; the server will refuse it, and
/// its author be told then.
pub fn apply_waiting(row: &mut Option<Row>, op: &Op, stamp: Stamp) {
    let Op::TextEdit(edit) = op else {
        let _ = apply(row, op, stamp, &[]);
        return;
    };
    let text = row.as_mut().filter(|row| row.id() == edit.entity).and_then(|row| row.text_mut(edit.field));
    if let Some(text) = text
        && let Ok(edited) = edit.delta.apply(text)
    {
        *text = edited;
    }
}

fn create(op: &Op, stamp: Stamp) -> Option<Entity> {
    match op {
        Op::ProjectCreate(ProjectCreate { id, name }) => Some(Entity::Project(Project {
            id: *id,
            name: name.clone(),
            prefix: None,
            life: Life::default(),
            created: stamp,
        })),
        Op::TaskCreate(TaskCreate { id, project, title, status, priority, due, tags }) => {
            let mut set = Tags::default();
            for tag in tags {
                set.add(tag.clone(), stamp);
            }
            Some(Entity::Task(Task {
                id: *id,
                project: *project,
                number: None,
                title: title.clone(),
                status: Reg::new(stamp, *status),
                priority: Reg::new(stamp, *priority),
                due: Reg::new(stamp, *due),
                tags: set,
                life: Life::default(),
                created: stamp,
            }))
        }
        _ => None,
    }
}

fn change(row: &mut Row, op: &Op, stamp: Stamp, log: &[TextChange]) -> Result<Merged, Refusal> {
    let outcome = match op {
        Op::TextEdit(edit) => return edit_text(row, edit, stamp, log),
        Op::Delete(_) => {
            life_mut(row).delete(stamp);
            Outcome::Applied
        }
        Op::Restore(_) => {
            let still_deleted = life_mut(row).restore(stamp);
            if still_deleted { Outcome::Superseded } else { Outcome::Applied }
        }
        Op::TaskStatus(op) => write(&mut task(row)?.status, stamp, op.status),
        Op::TaskPriority(op) => write(&mut task(row)?.priority, stamp, op.priority),
        Op::TaskDue(op) => write(&mut task(row)?.due, stamp, op.due),
        Op::TaskTags(op) => {
            let tags = &mut task(row)?.tags;
            let stays = op.remove.iter().filter(|tag| tags.remove(tag, stamp)).count();
            for tag in &op.add {
                tags.add(tag.clone(), stamp);
            }
            if stays > 0 { Outcome::Merged } else { Outcome::Applied }
        }
        Op::ProjectCreate(_) | Op::TaskCreate(_) => return Err(Refusal::AlreadyExists),
    };
    Ok(Merged { outcome, text: None })
}

fn write<T: Policy>(reg: &mut Reg<T>, stamp: Stamp, value: T) -> Outcome {
    let concurrent = reg.write(stamp, value);
    let wins = reg.resolve().is_some_and(|resolution| resolution.value == value);
    match (concurrent, wins) {
        (false, _) => Outcome::Applied,
        (true, true) => Outcome::Merged,
        (true, false) => Outcome::Superseded,
    }
}

fn edit_text(row: &mut Row, edit: &TextEdit, stamp: Stamp, log: &[TextChange]) -> Result<Merged, Refusal> {
    let text = row.text_mut(edit.field).ok_or(Refusal::NotFound)?;
    if log.iter().any(|change| change.actor == stamp.actor) {
        // A device sends an edit only once its earlier edits of the same text have come back to it.
        return Err(Refusal::TextBase);
    }
    let refuse = |error| match error {
        TextError::WrongBase => Refusal::TextBase,
        TextError::TooLarge => too_long(max_chars(edit.field)),
    };
    let delta = transform_over(&edit.delta, log).map_err(refuse)?;
    let edited = delta.apply(text).map_err(refuse)?;
    // Two edits that each kept the limit may exceed it together; that is no reason to lose one of them. Growing a
    // text that is too long already is refused, and so is emptying it on purpose.
    let limit = max_chars(edit.field);
    if log.is_empty() && delta.growth() > 0 && edited.chars().count() > limit {
        return Err(too_long(limit));
    }
    if log.is_empty() && edited.trim().is_empty() {
        return Err(Refusal::Empty);
    }
    *text = edited;
    let outcome = if log.is_empty() { Outcome::Applied } else { Outcome::Merged };
    let change = TextChange { ver: stamp.ver, actor: stamp.actor, ctr: stamp.ctr, delta };
    Ok(Merged { outcome, text: Some(change) })
}

fn task(row: &mut Row) -> Result<&mut Task, Refusal> {
    match &mut row.entity {
        Entity::Task(task) => Ok(task),
        Entity::Project(_) => Err(Refusal::NotFound),
    }
}

fn life(row: &Row) -> &Life {
    match &row.entity {
        Entity::Project(project) => &project.life,
        Entity::Task(task) => &task.life,
    }
}

fn life_mut(row: &mut Row) -> &mut Life {
    match &mut row.entity {
        Entity::Project(project) => &mut project.life,
        Entity::Task(task) => &mut task.life,
    }
}

/// The row that must exist for an operation to make sense, apart from the one it changes.
pub fn requires(op: &Op) -> Option<EntityId> {
    match op {
        Op::TaskCreate(create) => Some(create.project.into()),
        _ => None,
    }
}
