//! `tern list`: the tasks that fit some words and options, by the filters, the search and the orders of every client.

use engine::view::{Mark, TaskItem, View};
pub(crate) use exchange::table::status;
use serde_json::Value as Json;
use shared::date::Date;
use shared::ids::{ProjectId, TaskId};
use shared::query::filter::{Condition, Day, Filter, TagRule, Viewer, When, Who};
use shared::query::search::{Found, SearchIndex, Source};
use shared::query::sort::{SortBy, SortKey, first};
use shared::query::subject::{Places, Subject};
use shared::quick_add;
use shared::register::Tag;
use shared::workflow::{Priority, Status};

use crate::args::List;
use crate::command::Tern;
use crate::command::values::{NONE, day};
use crate::machine;
use crate::names::{Names, key};
use crate::output::{Cell, Cells, Column, Look};
use crate::plain;
use crate::trouble::{Outcome, Trouble};

const COLUMNS: [Column; 8] = [
    Column { name: "Key", most: Some(12), dispensable: 0 },
    Column { name: "Title", most: None, dispensable: 0 },
    Column { name: "Status", most: Some(11), dispensable: 1 },
    Column { name: "Priority", most: Some(8), dispensable: 3 },
    Column { name: "Due", most: Some(10), dispensable: 2 },
    Column { name: "Who", most: Some(20), dispensable: 4 },
    Column { name: "Tags", most: Some(20), dispensable: 6 },
    Column { name: "Project", most: Some(16), dispensable: 5 },
];

/// The words that overdue tasks are asked for with.
const OVERDUE: &str = "overdue";

pub(crate) fn list(tern: &mut Tern, asked: &List) -> Outcome<()> {
    let viewer = Viewer { me: Some(tern.device.account.user), today: machine::today()? };
    let filter = filter(tern.names(), asked, viewer.today)?;
    let keys = sort_keys(&asked.sort)?;
    let view = tern.device.replica().view();
    let found = search(view, &filter);
    let has_text = |text: &str, task: TaskId| found.iter().any(|(query, found)| query == text && found.contains(task));
    let matcher = filter.matcher(viewer, &has_text);
    let subjects = view.tasks.values().map(|item| Subject::from(&item.value));
    let subjects: Vec<Subject<'_>> = subjects.filter(|subject| matcher.matches(subject)).collect();
    let people: Places = tern.names().present().into_iter().map(|member| member.id.0).collect();
    let order = first(&subjects, &keys, &people, asked.limit.unwrap_or(usize::MAX));
    let items: Vec<&TaskItem> = order.into_iter().filter_map(|at| view.tasks.get(&subjects[at].id)).collect();
    if tern.output.json {
        let replica = tern.device.replica();
        let all: Json =
            items.iter().map(|item| plain::task(item, replica.current(item.value.id.into()).as_ref())).collect();
        return Ok(tern.output.json(&all)?);
    }
    let names = tern.device.names();
    let rows = items.into_iter().map(|item| row(names, item, viewer.today));
    Ok(tern.output.table(&COLUMNS, rows, asked.width)?)
}

fn row<'a>(names: Names<'a>, item: &'a TaskItem, today: Date) -> Cells<'a> {
    let task = &item.value;
    let mark = match item.mark {
        Mark::None => Look::Plain,
        Mark::Waiting => Look::Faint,
        Mark::Attention => Look::Alarming,
    };
    let priority = match task.priority {
        Priority::None => Cell::default(),
        Priority::Urgent => Cell::from("urgent").look(Look::Alarming),
        Priority::High => Cell::from("high").look(Look::Notable),
        Priority::Medium => "medium".into(),
        Priority::Low => Cell::from("low").look(Look::Faint),
    };
    let overdue = !task.status.is_closed() && task.due.is_some_and(|due| due < today);
    let due = Cell::from(task.due.map(|due| due.to_string()).unwrap_or_default());
    let who: Vec<_> = task.assignees.iter().map(|id| names.person_name(*id)).collect();
    let tags: Vec<_> = task.tags.iter().map(Tag::as_str).collect();
    vec![
        Cell::from(key(task)).look(mark),
        task.title.as_str().into(),
        Cell::from(status(task.status)).look(if task.status.is_closed() { Look::Faint } else { Look::Plain }),
        priority,
        due.look(if overdue { Look::Alarming } else { Look::Plain }),
        who.join(", ").into(),
        tags.join(", ").into(),
        names.project_name(task.project).into(),
    ]
}

/// The filter of words and options: a task must fit all of them.
fn filter(names: Names<'_>, asked: &List, today: Date) -> Outcome<Filter> {
    let (mut all, projects) = words(names, &asked.words, today)?;
    let status: Vec<Status> = asked.status.iter().map(|status| (*status).into()).collect();
    if !status.is_empty() {
        all.push(Condition::Status(status));
    } else if !asked.all && !asked.deleted {
        all.push(Condition::Closed(false));
    }
    if asked.deleted {
        all.push(Condition::Deleted(true));
    }
    if let Some(due) = &asked.due {
        all.push(when(due)?);
    }
    if let Some(section) = &asked.section {
        let [project] = projects[..] else {
            return Err(Trouble::Usage("A section is of a project: say which, like +harbour.".into()));
        };
        let none = section.eq_ignore_ascii_case(NONE);
        let section = if none { None } else { Some(names.section(project, section)?) };
        all.push(Condition::Section(vec![section]));
    }
    if let Some(parent) = &asked.parent {
        all.push(Condition::Parent(vec![names.task(parent)?.value.id]));
    }
    let mut all: Vec<Filter> = all.into_iter().map(Filter::Is).collect();
    let saved = asked.view.as_deref().map(|name| names.saved_view(name)).transpose()?;
    for text in saved.map(|view| &view.filter).into_iter().chain(&asked.filter) {
        let read = serde_json::from_str(text);
        all.push(read.map_err(|error| Trouble::Usage(format!("This filter cannot be read: {error}.")))?);
    }
    let filter = Filter::All(all);
    filter.check().map_err(|error| Trouble::Usage(format!("That is too much to ask for: {error}.")))?;
    Ok(filter)
}

/// What the words say, and the projects that they name.
fn words(names: Names<'_>, words: &[String], today: Date) -> Outcome<(Vec<Condition>, Vec<ProjectId>)> {
    let (mut all, mut text) = (Vec::new(), Vec::new());
    let (mut tags, mut priorities, mut projects, mut people) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for word in words.iter().flat_map(|words| words.split_whitespace()) {
        if word.eq_ignore_ascii_case(OVERDUE) {
            all.push(Condition::Overdue(true));
            continue;
        }
        // Each word by itself: a line for a new task has one priority, and a list may be of several.
        let read = quick_add::parse(word, today);
        tags.extend(read.tags);
        priorities.extend(read.priority);
        if let Some(name) = read.project {
            projects.push(names.project(&name)?.id);
        }
        for name in read.people {
            let nobody = name.eq_ignore_ascii_case("nobody");
            people.push(if nobody { Who::Nobody } else { Who::User(names.person(&name)?) });
        }
        all.extend(read.due.map(|due| Condition::Due(When::On(Day::Date(due)))));
        text.extend(Some(read.title).filter(|title| !title.is_empty()));
    }
    if !tags.is_empty() {
        all.push(Condition::Tags(TagRule::All(tags)));
    }
    if !priorities.is_empty() {
        all.push(Condition::Priority(priorities));
    }
    if !projects.is_empty() {
        all.push(Condition::Project(projects.clone()));
    }
    if !people.is_empty() {
        all.push(Condition::Assignee(people));
    }
    if !text.is_empty() {
        all.push(Condition::Text(text.join(" ")));
    }
    Ok((all, projects))
}

fn when(text: &str) -> Outcome<Condition> {
    Ok(match text.to_ascii_lowercase().as_str() {
        NONE => Condition::Due(When::None),
        "some" => Condition::Due(When::Some),
        OVERDUE => Condition::Overdue(true),
        "week" => Condition::Due(When::Between(Day::InDays(0), Day::InDays(7))),
        _ => Condition::Due(When::On(Day::Date(day(text)?))),
    })
}

fn sort_keys(text: &str) -> Outcome<Vec<SortKey>> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(sort_key).collect()
}

fn sort_key(name: &str) -> Outcome<SortKey> {
    let (descending, name) = name.strip_prefix('-').map_or((false, name), |name| (true, name));
    let by: Result<SortBy, _> = serde_json::from_value(Json::String(name.to_owned()));
    by.map(|by| SortKey { by, descending }).map_err(|_| {
        Trouble::Usage(format!(
            "`{name}` is no key to sort by. There are manual, priority, due, start, created, updated, title, status and \
             assignee."
        ))
    })
}

/// What each query of a filter finds. The index is made for it, so only where there is one.
fn search(view: &View, filter: &Filter) -> Vec<(String, Found)> {
    let texts = filter.texts();
    if texts.is_empty() {
        return Vec::new();
    }
    let mut index = SearchIndex::default();
    for task in view.tasks.values().map(|item| &item.value) {
        let tags: Vec<_> = task.tags.iter().map(Tag::as_str).collect();
        index.put(task.id, Source::Key, task.key.as_deref().unwrap_or_default());
        index.put(task.id, Source::Title, &task.title);
        index.put(task.id, Source::Tags, &tags.join(" "));
        index.put(task.id, Source::Description, &task.description);
        index.put(task.id, Source::Notes, &task.notes);
    }
    for comment in view.comments.values().map(|item| &item.value).filter(|comment| !comment.deleted) {
        if view.tasks.contains_key(&comment.task) {
            index.put(comment.task, Source::Comment(comment.id.0), &comment.body);
        }
    }
    texts.into_iter().map(|text| (text.to_owned(), index.find(text))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_called_as_on_the_wire() {
        for one in Status::ALL {
            assert_eq!(serde_json::to_string(&one).unwrap(), format!("\"{}\"", status(one)));
        }
    }

    #[test]
    fn an_order_has_keys_with_directions() {
        let keys = sort_keys("-priority, due").unwrap();
        assert_eq!(keys, [SortKey::descending(SortBy::Priority), SortKey::ascending(SortBy::Due)]);
        assert_eq!(sort_keys("").unwrap(), []);
        for bad in ["colour", "--due", "-"] {
            assert_eq!(sort_keys(bad).unwrap_err().code(), 2, "{bad}");
        }
    }
}
