//! What somebody decides to do.

use std::collections::BTreeSet;

use engine::command::{Command, New, NewTask};
use shared::clock::NOBODY;
use shared::date::Date;
use shared::field::{Field, TextField, Writer};
use shared::ids::{CommentId, CustomFieldId, EntityId, Kind, ProjectId, SectionId, TaskId, UserId};
use shared::order;
use shared::recurrence::{From as CountedFrom, Recurrence, Unit};
use shared::register::Tag;
use shared::relation::Relation;
use shared::value::{FieldType, FileFacts, Place, Reference, Role, Subject, Value};
use shared::workflow::{Priority, Status};

use crate::Check;
use crate::device::TabId;
use crate::oracle::ids;
use crate::world::World;

/// Characters that are hard to get right, and some that repeat.
const FILLERS: [&str; 14] =
    ["a", "a", "b", " ", "e\u{301}", "👍🏽", "👩\u{200d}🚀", "ש", "漢", "ß", "\u{1d11e}", "\u{fffd}", "\"", "\\"];
/// More rows than this would meet too rarely.
const MOST_TASKS: usize = 6;
const MOST_PROJECTS: usize = 3;
const MOST_OTHERS: usize = 3;

/// What somebody sees, by its kind, in a certain order.
struct Seen(Vec<EntityId>);

impl Seen {
    fn of(&self, kind: Kind) -> Vec<EntityId> {
        self.0.iter().copied().filter(|id| id.kind() == kind).collect()
    }
}

impl World {
    fn seen(&self, tab: TabId) -> Check<Seen> {
        Ok(Seen(ids(self.replica(tab)?.view())))
    }

    fn any(&mut self, seen: &Seen, kind: Kind) -> Option<EntityId> {
        self.rng.pick(&seen.of(kind)).copied()
    }

    fn any_task(&mut self, seen: &Seen) -> Option<TaskId> {
        match self.any(seen, Kind::Task)? {
            EntityId::Task(id) => Some(id),
            _ => None,
        }
    }

    fn any_project(&mut self, seen: &Seen) -> Option<ProjectId> {
        match self.any(seen, Kind::Project)? {
            EntityId::Project(id) => Some(id),
            _ => None,
        }
    }

    fn any_section(&mut self, seen: &Seen) -> Option<SectionId> {
        match self.any(seen, Kind::Section)? {
            EntityId::Section(id) => Some(id),
            _ => None,
        }
    }

    fn any_comment(&mut self, seen: &Seen) -> Option<CommentId> {
        match self.any(seen, Kind::Comment)? {
            EntityId::Comment(id) => Some(id),
            _ => None,
        }
    }

    fn any_custom_field(&mut self, seen: &Seen) -> Option<CustomFieldId> {
        match self.any(seen, Kind::CustomField)? {
            EntityId::CustomField(id) => Some(id),
            _ => None,
        }
    }

    /// Something to do that makes sense in this tab.
    pub(super) fn choose(&mut self, tab: TabId) -> Check<Option<Command>> {
        let seen = self.seen(tab)?;
        let refused: Vec<u64> = self.replica(tab)?.refused().map(|change| change.id).collect();
        let settles = self.rng.chance(250);
        if let Some(id) = self.rng.pick(&refused).copied().filter(|_| settles) {
            // Somebody who sends it again on two copies of a device says it twice.
            let again = self.rng.chance(600) && !self.oracle.is_shared(tab.device, id);
            return Ok(Some(if again { Command::Retry(id) } else { Command::Discard(id) }));
        }
        let Some(task) = self.any_task(&seen) else {
            let alone = self.devices[tab.device].actor == NOBODY;
            return Ok(match self.new_task(tab) {
                None if alone => Some(Command::create_project(self.text())),
                new => new,
            });
        };
        // Mostly tasks: there people meet.
        let others: Vec<EntityId> = seen.0.iter().copied().filter(|id| id.kind() != Kind::Member).collect();
        let other = self.rng.pick(&others).copied();
        let any = if self.rng.chance(700) { Some(task.into()) } else { other };
        if self.oracle.restricted && self.rng.chance(60) {
            let project = self.any(&seen, Kind::Project);
            return Ok(project.and_then(|project| self.write_any(project, &seen)));
        }
        let command = match self.rng.below(100) {
            0..=12 => self.create(tab, &seen),
            13..=50 => any.map(|entity| self.edit(tab, entity)).transpose()?.flatten(),
            51..=58 => self.rng.pick(&Status::ALL).map(|status| Command::write(task, Field::Status, *status)),
            59..=66 => self.rng.pick(&Priority::ALL).map(|value| Command::write(task, Field::Priority, *value)),
            67..=71 => Some(Command::write(task, Field::Due, self.due())),
            72..=77 => self.place_of(Kind::Task, &seen).map(|place| Command::write(task, Field::Place, place)),
            78..=83 => any.and_then(|entity| self.write_any(entity, &seen)),
            84..=88 => {
                let (add, remove) = (self.tags(), self.tags());
                Some(Command::EditTags { id: task, add, remove })
            }
            89..=90 => {
                let (add, remove) = (self.relations(task, &seen), self.relations(task, &seen));
                Some(Command::EditRelations { id: task, add, remove })
            }
            91..=94 => any.map(Command::Delete),
            _ => any.map(Command::Restore),
        };
        Ok(command)
    }

    fn create(&mut self, tab: TabId, seen: &Seen) -> Option<Command> {
        let kinds = [Kind::Project, Kind::Section, Kind::Comment, Kind::Attachment, Kind::CustomField, Kind::SavedView];
        let kind = if self.rng.chance(500) { Kind::Task } else { *self.rng.pick(&kinds)? };
        let most = match kind {
            Kind::Task => MOST_TASKS,
            Kind::Project => MOST_PROJECTS,
            _ => MOST_OTHERS,
        };
        if seen.of(kind).len() >= most {
            return None;
        }
        let text = self.text();
        let new = New::of(kind);
        let named = |new: New, text| new.text(TextField::Name, text);
        let new = match kind {
            Kind::Task => return self.new_task(tab),
            Kind::Section => {
                let place = Place { project: Some(self.any_project(seen)?), ..Place::default() };
                named(new, text).value(Field::Place, place)
            }
            Kind::Comment => {
                let subject = Subject { task: self.any_task(seen)?, reply_to: self.any_comment(seen) };
                new.text(TextField::Body, text).value(Field::Subject, Value::Subject(subject))
            }
            Kind::Attachment => {
                let subject = Subject { task: self.any_task(seen)?, reply_to: None };
                let (media_type, sha256) = ("image/png".to_owned(), "0".repeat(64));
                let file = FileFacts { media_type, bytes: self.rng.below(1 << 30), sha256 };
                named(new, text).value(Field::Subject, Value::Subject(subject)).value(Field::File, Value::File(file))
            }
            Kind::CustomField => named(new, text).value(Field::FieldType, Value::FieldType(FieldType::Text)),
            Kind::SavedView => named(new, text).value(Field::Filter, Value::Text("{}".into())),
            _ => named(new, text),
        };
        Some(Command::Create(new))
    }

    pub(super) fn new_task(&mut self, tab: TabId) -> Option<Command> {
        let seen = self.seen(tab).ok()?;
        let project = self.any_project(&seen)?;
        let mut title = self.text();
        if self.rng.chance(150) {
            // Close to what a title may hold.
            title.extend(std::iter::repeat_n('x', 470));
        }
        let mut new = New::from(NewTask {
            project,
            title,
            status: *self.rng.pick(&Status::ALL)?,
            priority: *self.rng.pick(&Priority::ALL)?,
            due: self.due(),
            tags: self.tags(),
        });
        if self.rng.chance(300) {
            let parent = self.any_task(&seen);
            new = new.value(Field::Place, Place { project: Some(project), parent, ..Place::default() });
        }
        if self.rng.chance(300) {
            new = new.text(TextField::Description, self.text());
        }
        Some(Command::Create(new))
    }

    /// Any field of a row, with any value it can hold.
    fn write_any(&mut self, entity: EntityId, seen: &Seen) -> Option<Command> {
        let restricted = self.oracle.restricted;
        let on = |field: &Field| {
            let spec = field.spec();
            let fair = restricted || *field != Field::Private;
            spec.on.contains(&entity.kind()) && spec.writer == Writer::Member && fair
        };
        let mut fields: Vec<Field> = Field::ALL.iter().copied().filter(on).collect();
        if entity.kind() == Kind::Task {
            fields.extend(self.any_custom_field(seen).map(Field::Custom));
        }
        if entity.kind() == Kind::Project && restricted {
            // People come and go more often than anything else changes about a project.
            let people = self.people(seen).into_iter().map(Field::Access);
            fields.extend(people.chain(std::iter::repeat_n(Field::Private, 3)));
        }
        let field = *self.rng.pick(&fields)?;
        let value = self.value(entity.kind(), field, seen)?;
        Some(Command::Write { entity, field, value })
    }

    fn value(&mut self, kind: Kind, field: Field, seen: &Seen) -> Option<Value> {
        let some = self.rng.chance(700);
        Some(match field {
            Field::Status => Value::Status(*self.rng.pick(&Status::ALL)?),
            Field::Priority => Value::Priority(*self.rng.pick(&Priority::ALL)?),
            Field::Place => Value::Place(self.place_of(kind, seen)?),
            Field::FieldType => {
                let types = [FieldType::Number, FieldType::Date, FieldType::Text];
                Value::FieldType(self.rng.pick(&types)?.clone())
            }
            Field::Filter => Value::Text(format!("{{\"n\":{}}}", self.rng.below(9))),
            _ if !some => Value::Nothing,
            Field::Due | Field::Start => self.due().into(),
            Field::Assignees => self.people(seen).into(),
            Field::Estimate => Value::Count(u32::try_from(self.rng.below(9)).ok()?),
            Field::Recurrence => {
                let every = u16::try_from(self.rng.below(3)).ok()? + 1;
                Value::Recurrence(Recurrence { every, unit: Unit::Week, from: CountedFrom::Due })
            }
            Field::Reminders => Value::Moments([self.rng.range(0, 9)].into()),
            Field::Reference => {
                Value::Reference(Reference { provider: "github".into(), id: self.rng.below(9).to_string() })
            }
            Field::Access(_) => Value::Role(*self.rng.pick(&Role::ALL)?),
            Field::Hidden | Field::Archived | Field::Shared | Field::Private => Value::Flag(self.rng.chance(500)),
            Field::Icon | Field::Color | Field::Custom(_) => Value::Text(self.rng.below(9).to_string()),
            Field::Key
            | Field::Filed
            | Field::Stored
            | Field::Prefix
            | Field::Subject
            | Field::File
            | Field::Role
            | Field::Email
            | Field::Owner => {
                return None;
            }
        })
    }

    fn place_of(&mut self, kind: Kind, seen: &Seen) -> Option<Place> {
        let order = order::between(None, self.rng.pick(&["a0", "a1", "Zz"]).copied());
        if kind == Kind::Project {
            return Some(Place { order, ..Place::default() });
        }
        let project = Some(self.any_project(seen)?);
        if kind == Kind::Section {
            return Some(Place { project, order, ..Place::default() });
        }
        let section = self.any_section(seen).filter(|_| self.rng.chance(500));
        let parent = self.any_task(seen).filter(|_| self.rng.chance(600));
        Some(Place { project, section, parent, order })
    }

    fn people(&mut self, seen: &Seen) -> BTreeSet<UserId> {
        let mut people = BTreeSet::new();
        for id in seen.of(Kind::Member) {
            if let EntityId::Member(user) = id
                && self.rng.chance(400)
            {
                people.insert(user);
            }
        }
        people
    }

    fn relations(&mut self, task: TaskId, seen: &Seen) -> Vec<Relation> {
        let other = self.any_task(seen).filter(|other| *other != task);
        let relation = other.map(|other| match self.rng.below(3) {
            0 => Relation::Blocks(other),
            1 => Relation::RelatesTo(other),
            _ => Relation::Duplicates(other),
        });
        relation.into_iter().collect()
    }

    fn due(&mut self) -> Option<Date> {
        let day = i32::try_from(self.rng.range(20_000, 20_005)).ok()?;
        Date::from_days(day).ok().filter(|_| self.rng.chance(700))
    }

    fn tags(&mut self) -> Vec<Tag> {
        ["ops", "web", "später"].into_iter().filter(|_| self.rng.chance(300)).map(Tag::new).collect()
    }

    /// Some characters that are nowhere else in this world, between others.
    pub(super) fn text(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..=self.rng.below(3) {
            text.extend(self.oracle.marks.fresh());
            if self.rng.chance(500) {
                text.push_str(self.rng.pick(&FILLERS).copied().unwrap_or_default());
            }
        }
        text
    }

    /// An edit of a text: usually of what is there, sometimes of what was there when its author began.
    fn edit(&mut self, tab: TabId, entity: EntityId) -> Check<Option<Command>> {
        let fields: Vec<TextField> = TextField::ALL.into_iter().filter(|field| field.is_on(entity.kind())).collect();
        let Some(field) = self.rng.pick(&fields).copied() else { return Ok(None) };
        let Some(text) = self.replica(tab)?.current(entity).and_then(|row| row.text(field).map(str::to_owned)) else {
            return Ok(None);
        };
        let draft = (entity, field, text);
        let began = if self.rng.chance(300) {
            self.devices[tab.device].draft.replace(draft.clone()).unwrap_or(draft)
        } else {
            draft
        };
        let (entity, field, from) = began;
        let to = self.splice(&from);
        Ok(Some(Command::EditText { entity, field, from, to }))
    }

    /// The text with one piece replaced.
    fn splice(&mut self, text: &str) -> String {
        let chars: Vec<char> = text.chars().collect();
        let begin = self.rng.index(chars.len() + 1);
        let most = if self.rng.chance(60) { chars.len() } else { 4 };
        let taken = if self.rng.chance(500) { self.rng.index(most + 1) } else { 0 };
        let end = (begin + taken).min(chars.len());
        let put = if taken > 0 && self.rng.chance(300) { String::new() } else { self.text() };
        let growth = if self.rng.chance(30) { 30 } else { 0 };
        let mut spliced: String = chars[..begin].iter().collect();
        spliced.push_str(&put);
        spliced.extend(std::iter::repeat_n('y', growth));
        spliced.extend(&chars[end..]);
        spliced
    }
}
