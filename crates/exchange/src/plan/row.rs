//! What makes one row: its creation, what a creation cannot say, and what was left out.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value as Json, json};
use shared::field::{Field, TextField};
use shared::ids::{EntityId, Kind, TaskId, UserId};
use shared::limits::{ELEMENTS_PER_MUTATION, TAG_CHARS};
use shared::mutation::{Author, Create, EditRelations, EditTags, Op, Refusal, required};
use shared::register::Tag;
use shared::relation::Relation;
use shared::scope::Reader;
use shared::value::{Role, Value};

use super::{Planner, Step};
use crate::content::{NOT_RESTORED, replace};
use crate::parcel::{Body, Item};
use crate::report::Problem;
use crate::resource::{self, ACCESS, CUSTOM, DELETED, InvalidResource, Key, Object, RELATIONS, TAGS};

impl Planner<'_> {
    /// Plans one row of the file. `cut`: it would be a part of itself; `coming`: all rows of the file.
    pub(super) fn item(&mut self, item: &Item<'_>, cut: bool, coming: &HashSet<EntityId>) {
        let Item { line, entity, body } = item;
        let (line, entity) = (*line, *entity);
        let Some(mut body) = self.read(line, body) else { return };
        if let Some(check) = &mut self.check {
            check.want(entity, &body);
        }
        if self.known.contains(&entity) {
            self.report.problem(Problem::row(line, format!("The id {} comes twice; the first counts.", entity.uuid())));
            return;
        }
        if self.here.has(entity) {
            self.known.insert(entity);
            self.report.there(entity.kind());
            return;
        }
        if cut {
            self.lose_parent(line, entity.kind(), &mut body);
        }
        let deleted = body.remove(DELETED) == Some(Json::Bool(true));
        let relations = body.remove(RELATIONS);
        if !self.place(line, entity.kind(), &mut body) {
            return;
        }
        self.people_of(line, entity.kind(), &mut body);
        self.clean(line, entity.kind(), &mut body);
        let Some((create, tags)) = self.create(line, entity, body) else { return };
        let access = access_of_maker(&create, self.here.reader);
        let field_type = create.values.get(&Field::FieldType).cloned();
        if let (EntityId::CustomField(id), Some(Value::FieldType(field_type))) = (entity, field_type) {
            self.types.insert(id, field_type);
        }
        self.known.insert(entity);
        self.report.made(entity.kind());
        self.making.push(Step { line, op: Op::Create(create) });
        if let EntityId::Task(id) = entity {
            for add in tags.chunks(ELEMENTS_PER_MUTATION) {
                let op = Op::Tags(EditTags { id, add: add.to_vec(), remove: Vec::new() });
                self.after.push(Step { line, op });
            }
            self.relate(line, id, relations.as_ref(), coming);
        }
        self.after.extend(access.map(|op| Step { line, op }));
        if deleted {
            self.deleting.push(Step { line, op: Op::Delete(entity) });
        }
    }

    fn read(&mut self, line: u64, body: &Body<'_>) -> Option<Object> {
        let raw = match body {
            Body::Read(object) => return Some(object.clone()),
            Body::Raw(raw) => raw,
        };
        let read = serde_json::from_str(raw.get());
        read.inspect_err(|error| self.report.problem(Problem::row(line, format!("This is no row: {error}.")))).ok()
    }

    fn lose_parent(&mut self, line: u64, kind: Kind, body: &mut Object) {
        let name = if kind == Kind::Task { "parent" } else { "reply_to" };
        if let Some(parent) = body.remove(name) {
            let reason = "It would be a part of itself; it stands by itself.";
            self.report.problem(Problem::value(line, name, &shown(&parent), reason));
        }
    }

    /// Whether what a row is in is there; what it need not be in, it is taken out of where that is not there.
    fn place(&mut self, line: u64, kind: Kind, body: &mut Object) -> bool {
        let needed = match kind {
            Kind::Section | Kind::Task => Some(("project", Kind::Project)),
            Kind::Comment | Kind::Attachment => Some(("task", Kind::Task)),
            _ => None,
        };
        let others: &[(&str, Kind)] = match kind {
            Kind::Task => &[("section", Kind::Section), ("parent", Kind::Task)],
            Kind::Comment | Kind::Attachment => &[("reply_to", Kind::Comment)],
            _ => &[],
        };
        let there = |planner: &Self, name: &str, kind: Kind, body: &Object| {
            let id = body.get(name).and_then(|id| id.as_str()?.parse().ok());
            id.is_some_and(|id| planner.is_known(kind.of(id)))
        };
        if let Some((name, of)) = needed
            && !there(self, name, of, body)
        {
            let value = body.get(name).map(shown).unwrap_or_default();
            let reason = format!("The {name} that it belongs to is neither in the file nor here.");
            self.report.problem(Problem::value(line, name, &value, reason).of_row());
            return false;
        }
        for (name, of) in others {
            if body.get(*name).is_some_and(|id| !id.is_null()) && !there(self, name, *of, body) {
                let value = body.remove(*name).map(|id| shown(&id)).unwrap_or_default();
                let reason = "This is neither in the file nor here; the row stands without it.";
                self.report.problem(Problem::value(line, name, &value, reason));
            }
        }
        true
    }

    /// Names people as they are called here.
    fn people_of(&mut self, line: u64, kind: Kind, body: &mut Object) {
        if let Some(Json::Array(all)) = body.get("assignees").cloned() {
            let mut lost = Vec::new();
            let here = self.members(line, &all, &mut lost);
            body.insert("assignees".to_owned(), here);
            if !lost.is_empty() && kind == Kind::Task {
                let was = format!("Was assigned to: {}", lost.join(", "));
                let notes = body.get("notes").and_then(Json::as_str).filter(|notes| !notes.is_empty());
                let notes = notes.map_or_else(|| was.clone(), |notes| format!("{notes}\n\n{was}"));
                body.insert("notes".to_owned(), json!(notes));
            }
        }
        if let Some(Json::Object(custom)) = body.get(CUSTOM).cloned() {
            let mut here = Map::new();
            for (name, json) in custom {
                let json = match json {
                    Json::Array(all) => self.members(line, &all, &mut Vec::new()),
                    json => json,
                };
                here.insert(name, json);
            }
            body.insert(CUSTOM.to_owned(), Json::Object(here));
        }
        if let Some(Json::Object(access)) = body.get(ACCESS).cloned() {
            let here = access.into_iter().filter_map(|(id, role)| Some((self.person(line, &id)?.to_string(), role)));
            let here = here.collect();
            body.insert(ACCESS.to_owned(), Json::Object(here));
        }
        let filter = body.get("filter").and_then(Json::as_str).and_then(|text| serde_json::from_str::<Json>(text).ok());
        if let Some(filter) = filter.filter(|_| kind == Kind::SavedView) {
            let ids: BTreeSet<String> = self.people.keys().cloned().collect();
            let found = |id: &str| ids.contains(id).then(|| super::find(id, &self.people[id], self.here)).flatten();
            let here = replace(&filter, &|text| found(text).map_or_else(|| text.to_owned(), |id| id.to_string()));
            if here != filter {
                body.insert("filter".to_owned(), json!(here.to_string()));
            }
        }
    }

    /// The members among those that a list names; the names of the others go to `lost`.
    fn members(&mut self, line: u64, all: &[Json], lost: &mut Vec<String>) -> Json {
        let mut here: BTreeSet<UserId> = BTreeSet::new();
        for called in all.iter().filter_map(Json::as_str) {
            match self.person(line, called) {
                Some(user) => {
                    here.insert(user);
                }
                None => lost.push(self.name_of(called)),
            }
        }
        json!(here)
    }

    /// Takes out what the server says of a row, and what there is no field for.
    fn clean(&mut self, line: u64, kind: Kind, body: &mut Object) {
        body.retain(|name, _| !NOT_RESTORED.contains(&name.as_str()));
        let names: Vec<String> = body.keys().cloned().collect();
        for name in names {
            match Key::of(kind, &name) {
                Ok(Key::Fact) => {
                    body.remove(&name);
                }
                Ok(_) => {}
                Err(_) => self.leave_out(line, &name, body, "There is no such field here"),
            }
        }
        if let Some(Json::Array(tags)) = body.get_mut(TAGS) {
            let good = |tag: &Json| {
                let text = tag.as_str().map(str::trim).unwrap_or_default();
                !text.is_empty() && text.chars().count() <= TAG_CHARS && !text.chars().any(char::is_control)
            };
            let (keep, lose): (Vec<Json>, Vec<Json>) = tags.drain(..).partition(good);
            *tags = keep;
            for tag in lose {
                let reason = format!("A tag has from 1 to {TAG_CHARS} characters; it is left out.");
                self.report.problem(Problem::value(line, TAGS, &shown(&tag), reason));
            }
        }
    }

    fn leave_out(&mut self, line: u64, name: &str, body: &mut Object, reason: &str) {
        let value = match name.split_once('.') {
            Some((whole, part)) => body.get_mut(whole).and_then(|json| json.as_object_mut()?.remove(part)),
            None => body.remove(name),
        };
        let value = value.as_ref().map(shown).unwrap_or_default();
        self.report.problem(Problem::value(line, name, &value, format!("{reason}; it is left out.")));
    }

    /// The creation, with the tags that are too many for one; without the values that no field can hold.
    fn create(&mut self, line: u64, entity: EntityId, mut body: Object) -> Option<(Create, Vec<Tag>)> {
        let mut create = loop {
            match resource::create(entity, &body, &self.types) {
                Ok(create) => break create,
                Err(InvalidResource::Unknown(name)) => {
                    self.leave_out(line, &name, &mut body, "There is no such field here");
                }
                Err(InvalidResource::Fixed(name)) => {
                    self.leave_out(line, &name, &mut body, "This field cannot be set");
                }
                Err(InvalidResource::Value { name, expected }) => {
                    if !has(&body, &name) {
                        self.report.problem(Problem::row(line, format!("It needs `{name}`: {expected}.")));
                        return None;
                    }
                    self.leave_out(line, &name, &mut body, &format!("This must be {expected}"));
                }
            }
        };
        let tags = create.tags.split_off(create.tags.len().min(ELEMENTS_PER_MUTATION));
        while let Err(refusal) = Op::Create(create.clone()).validate(Author::Member) {
            let Some(field) = culprit(&create, &refusal) else {
                self.report.problem(explain(line, &create, &refusal));
                return None;
            };
            let value = create.values.remove(&field);
            let value = value.map(|value| shown(&json!(value))).unwrap_or_default();
            let reason = format!("Left out: {refusal}.");
            self.report.problem(Problem::value(line, &field.to_string(), &value, reason));
        }
        Some((create, tags))
    }

    fn relate(&mut self, line: u64, id: TaskId, relations: Option<&Json>, coming: &HashSet<EntityId>) {
        let mut add = Vec::new();
        for json in relations.and_then(Json::as_array).into_iter().flatten() {
            let relation = json.as_str().and_then(|text| text.parse::<Relation>().ok());
            let there = |relation: &Relation| {
                let other = relation.task().into();
                relation.task() != id && (coming.contains(&other) || self.here.has(other))
            };
            if let Some(relation) = relation.filter(there) {
                add.push(relation);
            } else {
                let reason = "The task that it names is neither in the file nor here; the relation is left out.";
                self.report.problem(Problem::value(line, RELATIONS, &shown(json), reason));
            }
        }
        for add in add.chunks(ELEMENTS_PER_MUTATION) {
            let op = Op::Relations(EditRelations { id, add: add.to_vec(), remove: Vec::new() });
            self.after.push(Step { line, op });
        }
    }
}

/// What takes back that whoever makes a project is an admin of it, where the file does not say so. Only admins of the
/// organization can do without.
fn access_of_maker(create: &Create, reader: Reader) -> Option<Op> {
    let EntityId::Project(project) = create.entity else { return None };
    let field = Field::Access(reader.user);
    let said = create.values.get(&field).cloned().unwrap_or(Value::Nothing);
    let differs = said != Value::Role(Role::Admin) && reader.role >= Role::Admin;
    differs.then(|| Op::write(project, field, said))
}

/// Whether an object has a key, or its part has one.
fn has(body: &Object, name: &str) -> bool {
    match name.split_once('.') {
        Some((whole, part)) => body.get(whole).and_then(Json::as_object).is_some_and(|inner| inner.contains_key(part)),
        None => body.contains_key(name),
    }
}

/// The value without which a creation would be accepted, or refused for another reason, if it can do without it.
fn culprit(create: &Create, refusal: &Refusal) -> Option<Field> {
    let (_, needed) = required(create.entity.kind());
    let mut optional = create.values.keys().copied().filter(|field| !needed.contains(field));
    optional.find(|field| {
        let mut without = create.clone();
        without.values.remove(field);
        Op::Create(without).validate(Author::Member).as_ref().err() != Some(refusal)
    })
}

/// Why a row cannot be made, and which of its texts is to blame.
fn explain(line: u64, create: &Create, refusal: &Refusal) -> Problem {
    let (needed, _) = required(create.entity.kind());
    let bad = |field: &TextField, text: &str| match refusal {
        Refusal::TooLong { .. } => text.chars().count() > field.max_chars(),
        Refusal::InvalidText => {
            text.chars().any(|c| c.is_control() && !(field.has_lines() && matches!(c, '\n' | '\t')))
        }
        _ => false,
    };
    let reason = format!("Left out: {refusal}.");
    match create.texts.iter().find(|(field, text)| bad(field, text)) {
        Some((field, text)) => Problem::value(line, field.name(), text, reason).of_row(),
        None if *refusal == Refusal::Empty => Problem::value(line, needed.name(), "", reason).of_row(),
        None => Problem::row(line, reason),
    }
}

/// A value for people.
fn shown(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}
