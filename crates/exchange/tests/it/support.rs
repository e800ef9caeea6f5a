//! An organization in memory, which carries out plans by the shared rules.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use shared::clock::Stamp;
use shared::field::{Field, TextField};
use shared::ids::{EntityId, Kind, OrgId, ProjectId, TaskId, UserId};
use shared::merge::{self, Around};
use shared::mutation::{Author, Create, Op};
use shared::row::Row;
use shared::scope::Reader;
use shared::value::{Role, Value};
use tern_exchange::json::{self, About};
use tern_exchange::library::Library;
use tern_exchange::parcel::Here;
use tern_exchange::plan::plan;
use tern_exchange::read::{Source, Unreadable, read};
use tern_exchange::report::Report;
use tern_exchange::resource;
use uuid::Uuid;

pub(crate) const INES: UserId = UserId(Uuid::from_u128(0xa));

#[derive(Debug)]
pub(crate) struct Organization {
    pub(crate) rows: BTreeMap<EntityId, Row>,
    ver: u64,
}

impl Organization {
    /// With one member.
    pub(crate) fn new() -> Self {
        let mut organization = Self { rows: BTreeMap::new(), ver: 0 };
        organization.add_member(INES, "Ines Okafor", "ines@saltmarsh.example");
        organization
    }

    pub(crate) fn add_member(&mut self, id: UserId, name: &str, email: &str) {
        let member = Create::new(id).text(TextField::Name, name).value(Field::Role, Value::Role(Role::Owner));
        self.apply(&Op::Create(member.value(Field::Email, Value::Text(email.to_owned()))), Author::Server);
    }

    fn apply(&mut self, op: &Op, author: Author) {
        op.validate(author).unwrap();
        for needed in op.requires() {
            assert!(self.rows.contains_key(&needed), "{op:?} comes before {needed:?}");
        }
        self.ver += 1;
        let stamp = Stamp { actor: 1, ctr: self.ver, ver: self.ver, ctx: self.ver - 1, at: 1_767_225_600_000 };
        let mut row = self.rows.remove(&op.entity());
        merge::apply(&mut row, op, stamp, &Around::default()).unwrap();
        self.rows.insert(op.entity(), row.unwrap());
    }

    pub(crate) fn import(&mut self, file: &str, source: Option<Source>) -> Result<Report, Unreadable> {
        self.import_into(file, source, None)
    }

    pub(crate) fn import_into(
        &mut self,
        file: &str,
        source: Option<Source>,
        project: Option<ProjectId>,
    ) -> Result<Report, Unreadable> {
        let mut here = Here::new(Reader { user: INES, role: Role::Owner }, Uuid::from_u128(1), project);
        self.rows.values().for_each(|row| here.open(row));
        let mut plan = plan(read(file.as_bytes(), source, &here)?, &here);
        for step in plan.steps().to_vec() {
            self.apply(&step.op, Author::Member);
        }
        self.rows.values().for_each(|row| plan.see(row));
        Ok(plan.finish(false))
    }

    pub(crate) fn library(&self) -> Library<'_> {
        Library::of(self.rows.values(), None)
    }

    pub(crate) fn export(&self) -> String {
        let about = About { organization: OrgId(Uuid::from_u128(1)), organization_name: "Saltmarsh", exported_at: 0 };
        let mut text = String::new();
        json::write(&self.library(), &about, |_| Vec::new(), &mut text).unwrap();
        text
    }

    /// The rows of a kind as plain JSON, in the order in which they were made.
    pub(crate) fn of(&self, kind: Kind) -> Vec<Json> {
        let mut rows: Vec<&Row> = self.rows.values().filter(|row| row.id.kind() == kind).collect();
        rows.sort_by_key(|row| row.created.ver);
        rows.into_iter().map(|row| Json::Object(resource::show(row))).collect()
    }

    /// The task with this title.
    pub(crate) fn task(&self, title: &str) -> Json {
        let tasks = self.of(Kind::Task);
        tasks.iter().find(|task| task["title"] == title).unwrap_or_else(|| panic!("no {title} in {tasks:?}")).clone()
    }

    /// What is called so.
    pub(crate) fn name_of(&self, kind: Kind, id: &Json) -> String {
        let rows = self.of(kind);
        let row = rows.iter().find(|row| row["id"] == *id);
        row.map(|row| row["name"].as_str().unwrap().to_owned()).unwrap_or_default()
    }

    pub(crate) fn titles(&self) -> BTreeSet<String> {
        self.of(Kind::Task).iter().map(|task| task["title"].as_str().unwrap().to_owned()).collect()
    }

    /// A project with a task that is made of an object.
    pub(crate) fn furnish(&mut self, tasks: &[Json]) {
        let project = Create::new(ProjectId(Uuid::from_u128(0xb))).text(TextField::Name, "General");
        self.apply(&Op::Create(project), Author::Member);
        for (at, task) in (0xc..).zip(tasks) {
            let mut body = task.as_object().unwrap().clone();
            body.insert("project".to_owned(), Json::from(Uuid::from_u128(0xb).to_string()));
            let create = resource::create(TaskId(Uuid::from_u128(at)).into(), &body, &BTreeMap::new()).unwrap();
            self.apply(&Op::Create(create), Author::Member);
        }
    }
}
