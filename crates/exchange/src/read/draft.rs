//! Tasks as a table or a board describes them, by names, and what becomes of them: rows with ids.
//!
//! An id is made of what identifies a task in its file: its own id there, or what it says. So the same file read again makes
//! the same rows, and an import that is repeated makes nothing twice.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value as Json, json};
use shared::date::Date;
use shared::ids::{CommentId, EntityId, ProjectId, SectionId, TaskId};
use shared::order::between;
use shared::recurrence::Recurrence;
use shared::value::Reference;
use shared::workflow::{Priority, Status};
use uuid::Uuid;

use super::Source;
use super::values::{lines, one_line, person};
use crate::parcel::{Body, Here, Item, Parcel, Person, fold};
use crate::report::{Problem, Report};
use crate::resource::Object;

/// A task as a file describes it.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) line: u64,
    /// Its id, where the file is of Tern's.
    pub(super) id: Option<Uuid>,
    /// What identifies it in its file.
    pub(super) key: Option<String>,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) notes: String,
    pub(super) status: Option<Status>,
    pub(super) priority: Option<Priority>,
    pub(super) project: String,
    pub(super) section: String,
    pub(super) parent: Parent,
    pub(super) assignees: Vec<String>,
    pub(super) tags: Vec<String>,
    pub(super) due: Option<Date>,
    pub(super) start: Option<Date>,
    pub(super) estimate: Option<u32>,
    pub(super) recurrence: Option<Recurrence>,
    pub(super) reference: Option<Reference>,
    pub(super) comments: Vec<Talk>,
}

/// What a task is a part of.
#[derive(Clone, Debug, Default)]
pub(super) enum Parent {
    #[default]
    None,
    Id(Uuid),
    /// The one with this key.
    Key(String),
    /// The one with this title.
    Title(String),
    /// The one at this place among the drafts.
    At(usize),
}

/// Something said about a task.
#[derive(Clone, Debug)]
pub(super) struct Talk {
    pub(super) line: u64,
    pub(super) author: String,
    pub(super) when: String,
    pub(super) text: String,
}

/// Turns drafts into rows.
#[derive(Debug)]
pub(super) struct Packer<'h> {
    here: &'h Here,
    /// In which ids are made.
    namespace: Uuid,
    parcel: Parcel<'static>,
    projects: HashMap<String, ProjectId>,
    sections: HashMap<(ProjectId, String), SectionId>,
    orders: HashMap<ProjectId, String>,
    /// How often the same has been said.
    said: HashMap<String, u32>,
}

impl<'h> Packer<'h> {
    pub(super) fn new(source: Source, here: &'h Here, report: Report) -> Self {
        let to = here.project.map(|project| project.to_string()).unwrap_or_default();
        let namespace = Uuid::new_v5(&here.namespace, format!("{} {to}", source.name()).as_bytes());
        let parcel = Parcel { report: Report { format: source.name(), ..report }, ..Parcel::default() };
        let (projects, sections, orders) = (HashMap::new(), HashMap::new(), here.orders.clone());
        Self { here, namespace, parcel, projects, sections, orders, said: HashMap::new() }
    }

    fn id(&self, name: &str) -> Uuid {
        Uuid::new_v5(&self.namespace, name.as_bytes())
    }

    /// An id for the nth that says this.
    fn id_of_words(&mut self, words: &str) -> Uuid {
        let times = self.said.entry(words.to_owned()).or_default();
        *times += 1;
        let name = format!("{words}\u{1f}{times}");
        self.id(&name)
    }

    fn put(&mut self, line: u64, entity: impl Into<EntityId>, body: Json) {
        let body = match body {
            Json::Object(object) => object,
            _ => Object::new(),
        };
        self.parcel.items.push(Item { line, entity: entity.into(), body: Body::Read(body) });
    }

    /// The project of a name: the one that everything goes to, one that is here, or a new one.
    pub(super) fn project(&mut self, line: u64, name: &str) -> ProjectId {
        if let Some(project) = self.here.project {
            return project;
        }
        let folded = fold(name);
        let known = self.here.projects.get(&folded).or_else(|| self.projects.get(&folded));
        if let Some(known) = known {
            return *known;
        }
        let id = ProjectId(self.id(&format!("project {folded}")));
        self.projects.insert(folded, id);
        self.put(line, id, json!({ "name": one_line(name) }));
        id
    }

    /// The section of a name in a project.
    pub(super) fn section(&mut self, line: u64, project: ProjectId, name: &str) -> Option<SectionId> {
        let folded = fold(name);
        if folded.is_empty() {
            return None;
        }
        let key = (project, folded);
        if let Some(known) = self.here.sections.get(&key).or_else(|| self.sections.get(&key)) {
            return Some(*known);
        }
        let id = SectionId(self.id(&format!("section {project} {}", key.1)));
        let order = between(None, None) + &format!("{:05}", self.sections.len() * 2 + 1);
        self.sections.insert(key, id);
        self.put(line, id, json!({ "name": one_line(name), "project": project, "order": order }));
        Some(id)
    }

    /// All rows of the drafts. `unnamed` is the project of those that name none.
    pub(super) fn pack(mut self, drafts: &[Draft], unnamed: &str) -> Parcel<'static> {
        let ids: Vec<TaskId> = drafts.iter().map(|draft| self.task_id(draft)).collect();
        let named = |name: &dyn Fn(&Draft) -> Option<String>| -> BTreeMap<String, TaskId> {
            // Of several the first.
            drafts.iter().zip(&ids).rev().filter_map(|(draft, id)| Some((name(draft)?, *id))).collect()
        };
        let by_key = named(&|draft| draft.key.clone());
        let by_title = named(&|draft| Some(fold(&draft.title)));
        for (draft, id) in drafts.iter().zip(&ids) {
            let parent = match &draft.parent {
                Parent::None => None,
                Parent::Id(id) => Some(TaskId(*id)),
                Parent::At(at) => ids.get(*at).copied(),
                Parent::Key(key) => by_key.get(key).copied(),
                Parent::Title(title) => by_title.get(&fold(title)).copied(),
            };
            if let (None, Parent::Key(name) | Parent::Title(name)) = (parent, &draft.parent) {
                let reason = "There is no such task in the file; the task stands by itself.";
                self.parcel.report.problem(Problem::value(draft.line, "parent", name, reason));
            }
            self.task(draft, *id, parent.filter(|parent| parent != id), unnamed);
        }
        self.parcel
    }

    fn task_id(&mut self, draft: &Draft) -> TaskId {
        TaskId(match (draft.id, &draft.key) {
            (Some(id), _) => id,
            (None, Some(key)) => self.id(&format!("task {key}")),
            (None, None) => {
                let Draft { title, description, project, section, due, priority, .. } = draft;
                let words =
                    format!("{title}\u{1f}{description}\u{1f}{project}\u{1f}{section}\u{1f}{due:?}{priority:?}");
                self.id_of_words(&words)
            }
        })
    }

    fn task(&mut self, draft: &Draft, id: TaskId, parent: Option<TaskId>, unnamed: &str) {
        let name = if draft.project.trim().is_empty() { unnamed } else { &draft.project };
        let project = self.project(draft.line, name);
        let section = self.section(draft.line, project, &draft.section);
        let last = self.orders.get(&project).map(String::as_str).filter(|order| !order.is_empty());
        let order = between(last, None);
        self.orders.insert(project, order.clone());
        for assignee in &draft.assignees {
            self.parcel.people.entry(assignee.clone()).or_insert_with(|| person(assignee));
        }
        let tags: Vec<String> = draft.tags.iter().map(|tag| one_line(tag)).filter(|tag| !tag.is_empty()).collect();
        let body = json!({
            "title": one_line(&draft.title), "description": lines(&draft.description), "notes": lines(&draft.notes),
            "project": project, "section": section, "parent": parent, "order": order,
            "status": draft.status.unwrap_or(Status::Todo), "priority": draft.priority.unwrap_or(Priority::None),
            "assignees": draft.assignees, "tags": tags, "due": draft.due, "start": draft.start,
            "estimate": draft.estimate, "recurrence": draft.recurrence, "reference": draft.reference,
        });
        self.put(draft.line, id, body);
        for Talk { line, author, when, text } in &draft.comments {
            let comment = self.id_of_words(&format!("comment {id} {author} {when} {text}"));
            // Whoever imports makes the comment; who wrote it stands in it.
            let head = [author.as_str(), when.as_str()]
                .into_iter()
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .join(", ");
            let text = lines(text);
            let text = if head.is_empty() { text } else { format!("{}:\n\n{text}", one_line(&head)) };
            self.put(*line, CommentId(comment), json!({ "task": id, "body": text }));
        }
    }

    /// Somebody of whom the file says more than a name.
    pub(super) fn know(&mut self, called: &str, person: Person) {
        self.parcel.people.insert(called.to_owned(), person);
    }
}
