//! What people call things: a task by its key or a part of its id, projects, sections and people by their names.
//!
//! A name that fits more than one thing is an error that lists them, and so is one that fits none: nothing is guessed.

use engine::view::{TaskItem, View};
use shared::ids::{ProjectId, SectionId, TaskId, UserId};
use shared::member::MemberView;
use shared::project::ProjectView;
use shared::saved_view::SavedViewView;
use shared::task::TaskView;
use uuid::Uuid;

use crate::trouble::{Outcome, Trouble};

/// Hexadecimal digits that a part of an id must have at least.
const ID_DIGITS: usize = 4;
/// Digits of an id that stand for a task until it has a key. The end, because ids begin with the time.
const SHORT: usize = 8;
/// How many things an error lists.
const LISTED: usize = 5;

/// The names of what a member sees.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'a> {
    view: &'a View,
    me: UserId,
}

/// How something may be called, and how it is listed.
struct Candidate<T> {
    thing: T,
    shown: String,
    /// From the best fit to the worst: does the name fit?
    fits: Vec<bool>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(view: &'a View, me: UserId) -> Self {
        Self { view, me }
    }

    /// The task with this key, or with an id that begins or ends so.
    pub(crate) fn task(self, name: &str) -> Outcome<&'a TaskItem> {
        let candidates = self.view.tasks.values().filter_map(|item| {
            let is_key = item.value.key.as_deref().is_some_and(|key| key.eq_ignore_ascii_case(name));
            let fits = vec![is_key, is_part(item.value.id.0, name)];
            fits.contains(&true).then(|| Candidate { thing: item, shown: label(&item.value), fits })
        });
        choose("task", name, candidates.collect())
    }

    pub(crate) fn project(self, name: &str) -> Outcome<&'a ProjectView> {
        let standing = self.view.projects.values().map(|item| &item.value).filter(|project| !project.deleted);
        let candidates = standing.map(|project| {
            let prefix = project.prefix.as_deref().is_some_and(|prefix| prefix.eq_ignore_ascii_case(name));
            let mut fits = vec![prefix];
            fits.extend(by_name(&project.name, name));
            fits.push(is_part(project.id.0, name));
            Candidate { thing: project, shown: project.name.clone(), fits }
        });
        choose("project", name, candidates.collect())
    }

    /// A section of a project.
    pub(crate) fn section(self, project: ProjectId, name: &str) -> Outcome<SectionId> {
        let sections = self.view.sections.values().map(|item| &item.value);
        let candidates = sections.filter(|section| section.project == project && !section.deleted).map(|section| {
            let mut fits = by_name(&section.name, name).to_vec();
            fits.push(is_part(section.id.0, name));
            Candidate { thing: section.id, shown: section.name.clone(), fits }
        });
        choose("section", name, candidates.collect())
    }

    /// A saved view that this member sees.
    pub(crate) fn saved_view(self, name: &str) -> Outcome<&'a SavedViewView> {
        let standing = self.view.saved_views.values().map(|item| &item.value).filter(|view| !view.deleted);
        let candidates = standing.map(|view| Candidate {
            thing: view,
            shown: view.name.clone(),
            fits: by_name(&view.name, name).to_vec(),
        });
        choose("saved view", name, candidates.collect())
    }

    /// A member who has not left; `me` is whoever asks.
    pub(crate) fn person(self, name: &str) -> Outcome<UserId> {
        if name.eq_ignore_ascii_case("me") {
            return Ok(self.me);
        }
        let candidates = self.present().into_iter().map(|member| {
            let email = member.email.as_deref().unwrap_or_default();
            let (local, _) = email.split_once('@').unwrap_or_default();
            let is = |text: &str| !text.is_empty() && text.eq_ignore_ascii_case(name);
            let mut fits = vec![is(email)];
            fits.extend(by_name(&member.name, name));
            fits.extend([is(local), member.name.split_whitespace().any(|word| begins(word, name))]);
            fits.push(is_part(member.id.0, name));
            Candidate { thing: member.id, shown: member.name.clone(), fits }
        });
        choose("person", name, candidates.collect())
    }

    /// Those who have not left, in the order of their names.
    pub(crate) fn present(self) -> Vec<&'a MemberView> {
        let mut present: Vec<_> =
            self.view.members.values().map(|item| &item.value).filter(|member| !member.gone).collect();
        present.sort_by_cached_key(|member| (member.name.to_lowercase(), member.id));
        present
    }

    /// The projects that stand, in the team's order.
    pub(crate) fn projects(self) -> Vec<&'a ProjectView> {
        let standing = self.view.projects.values().map(|item| &item.value).filter(|project| !project.deleted);
        let mut projects: Vec<_> = standing.collect();
        projects.sort_by_key(|project| (&project.order, project.id));
        projects
    }

    pub(crate) fn person_name(self, id: UserId) -> &'a str {
        self.view.members.get(&id).map_or("somebody", |item| &item.value.name)
    }

    pub(crate) fn project_name(self, id: ProjectId) -> &'a str {
        self.view.projects.get(&id).map_or("?", |item| &item.value.name)
    }

    pub(crate) fn section_name(self, id: SectionId) -> &'a str {
        self.view.sections.get(&id).map_or("?", |item| &item.value.name)
    }

    /// What a task is called, also one that is not here.
    pub(crate) fn task_name(self, id: TaskId) -> String {
        self.view.tasks.get(&id).map_or_else(|| short(id.0), |item| label(&item.value))
    }
}

/// What a task is called in one word.
pub(crate) fn key(task: &TaskView) -> String {
    task.key.clone().unwrap_or_else(|| short(task.id.0))
}

/// What a task is called with its title.
pub(crate) fn label(task: &TaskView) -> String {
    format!("{} {}", key(task), task.title)
}

fn short(id: Uuid) -> String {
    let digits = id.simple().to_string();
    digits[digits.len() - SHORT..].to_owned()
}

/// Whether an id begins or ends so.
fn is_part(id: Uuid, part: &str) -> bool {
    let part = part.replace('-', "").to_ascii_lowercase();
    let digits = part.len() >= ID_DIGITS && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = id.simple().to_string();
    digits && (id.starts_with(&part) || id.ends_with(&part))
}

/// Whether something of this name is meant: exactly, with spaces as hyphens, or by the beginning.
fn by_name(name: &str, typed: &str) -> [bool; 3] {
    let (name, typed) = (name.to_lowercase(), typed.to_lowercase());
    let joined = name.split_whitespace().collect::<Vec<_>>().join("-");
    [name == typed, joined == typed, begins(&name, &typed) || begins(&joined, &typed)]
}

fn begins(name: &str, typed: &str) -> bool {
    !typed.is_empty() && name.to_lowercase().starts_with(&typed.to_lowercase())
}

/// The one thing that fits best.
fn choose<T>(kind: &str, name: &str, candidates: Vec<Candidate<T>>) -> Outcome<T> {
    let best = candidates.iter().filter_map(|candidate| candidate.fits.iter().position(|fits| *fits)).min();
    let fits = |candidate: &Candidate<T>| best.is_some_and(|best| candidate.fits[best]);
    let mut fitting: Vec<_> = candidates.into_iter().filter(fits).collect();
    if fitting.len() > 1 {
        let mut shown: Vec<_> = fitting.iter().map(|candidate| candidate.shown.as_str()).collect();
        shown.sort_unstable();
        let more = if shown.len() > LISTED { ", …" } else { "" };
        shown.truncate(LISTED);
        let list = shown.join(", ");
        return Err(Trouble::NotFound(format!(
            "`{name}` could be more than one {kind}: {list}{more}. Say more of it."
        )));
    }
    fitting.pop().map(|candidate| candidate.thing).ok_or_else(|| {
        Trouble::NotFound(format!("There is no {kind} `{name}` on this device. If it is new, `tern sync` fetches it."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn things(names: &[&'static str], typed: &str) -> Outcome<&'static str> {
        let candidates = names.iter().map(|name| Candidate {
            thing: *name,
            shown: (*name).to_owned(),
            fits: by_name(name, typed).to_vec(),
        });
        choose("project", typed, candidates.collect())
    }

    #[test]
    fn a_better_fit_is_meant_and_of_equal_ones_none() {
        let names = ["Harbour", "Harbour app", "Boats"];
        for (typed, meant) in [("harbour", "Harbour"), ("harbour-app", "Harbour app"), ("B", "Boats")] {
            assert_eq!(things(&names, typed).unwrap(), meant);
        }
        let both = things(&names, "har").unwrap_err();
        assert_eq!((both.code(), both.to_string().contains("Harbour, Harbour app")), (4, true), "{both}");
        for none in ["", "arbour", "Nets"] {
            assert_eq!(things(&names, none).unwrap_err().code(), 4, "{none}");
        }
    }

    #[test]
    fn an_id_is_known_by_its_beginning_and_its_end() {
        let id: Uuid = "01a1ff7c-7868-77ec-ac9f-5b3194bf5f81".parse().unwrap();
        for part in ["01a1", "01A1FF7C-78", "bf5f81", &id.to_string(), &short(id)] {
            assert!(is_part(id, part), "{part}");
        }
        for part in ["", "01a", "ff7c", "harbour", "5f82"] {
            assert!(!is_part(id, part), "{part}");
        }
    }
}
