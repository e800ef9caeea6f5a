//! Rows that a file describes, as plain JSON, and what is known of where they are to go.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::value::RawValue;
use shared::field::TextField;
use shared::ids::{EntityId, ProjectId, SectionId};
use shared::member::MemberView;
use shared::row::Row;
use shared::scope::Reader;
use uuid::Uuid;

use crate::report::Report;
use crate::resource::{FieldTypes, Object, field_type};

/// Rows of a file, in its order.
#[derive(Debug, Default)]
pub struct Parcel<'a> {
    pub(crate) items: Vec<Item<'a>>,
    /// People by what the rows call them.
    pub(crate) people: BTreeMap<String, Person>,
    /// The hash that the file names; `None` where its form has none.
    pub(crate) stated: Option<Stated>,
    pub(crate) report: Report,
}

/// The hash that a file says it has, if it says so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stated(pub(crate) Option<String>);

/// A row of a file.
#[derive(Clone, Debug)]
pub(crate) struct Item<'a> {
    pub(crate) line: u64,
    pub(crate) entity: EntityId,
    pub(crate) body: Body<'a>,
}

/// What a row says.
#[derive(Clone, Debug)]
pub(crate) enum Body<'a> {
    /// Where it stands in the file: read when its turn comes.
    Raw(&'a RawValue),
    Read(Object),
}

/// Somebody whom a file names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) email: Option<String>,
}

/// The organization that an import goes to, as whoever imports sees it.
#[derive(Clone, Debug)]
pub struct Here {
    pub(crate) reader: Reader,
    /// In which ids are made of what rows say: the organization's.
    pub(crate) namespace: Uuid,
    /// Where tasks go, whatever the file says.
    pub(crate) project: Option<ProjectId>,
    /// Everything that is there, seen or not.
    pub(crate) ids: HashSet<EntityId>,
    pub(crate) people: Vec<MemberView>,
    pub(crate) projects: HashMap<String, ProjectId>,
    pub(crate) sections: HashMap<(ProjectId, String), SectionId>,
    pub(crate) fields: FieldTypes,
    /// The last place of a task in each project.
    pub(crate) orders: HashMap<ProjectId, String>,
}

/// What names are compared by.
pub(crate) fn fold(name: &str) -> String {
    name.trim().to_lowercase()
}

impl Here {
    /// An organization with nothing in it.
    pub fn new(reader: Reader, namespace: Uuid, project: Option<ProjectId>) -> Self {
        Self {
            reader,
            namespace,
            project,
            ids: HashSet::new(),
            people: Vec::new(),
            projects: HashMap::new(),
            sections: HashMap::new(),
            fields: FieldTypes::new(),
            orders: HashMap::new(),
        }
    }

    /// Notes a row that is there and that whoever imports does not see.
    pub fn closed(&mut self, id: EntityId) {
        self.ids.insert(id);
    }

    /// Notes a row that is there.
    pub fn open(&mut self, row: &Row) {
        self.ids.insert(row.id);
        self.fields.extend(field_type(row));
        if row.life.is_deleted() {
            return;
        }
        let name = || fold(row.text(TextField::Name).unwrap_or_default());
        match row.id {
            EntityId::Member(_) => self.people.extend(MemberView::of(row)),
            EntityId::Project(id) => {
                self.projects.insert(name(), id);
            }
            EntityId::Section(id) => {
                if let Some(project) = row.place().project {
                    self.sections.insert((project, name()), id);
                }
            }
            EntityId::Task(_) => {
                let place = row.place();
                if let Some(project) = place.project {
                    let last = self.orders.entry(project).or_default();
                    if *last < place.order {
                        *last = place.order;
                    }
                }
            }
            _ => {}
        }
    }

    pub(crate) fn has(&self, id: EntityId) -> bool {
        self.ids.contains(&id)
    }
}
