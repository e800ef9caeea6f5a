//! Trello: a board as JSON (everybody can have it), or its cards as CSV. Lists become sections, and where their names say so,
//! statuses; checklists become parts of their card; what was archived counts as done.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use shared::value::Reference;
use shared::workflow::Status;

use super::draft::{Draft, Packer, Parent, Talk};
use super::sheet::{Line, Sheet};
use super::tern_table::{DAY, value};
use super::values::{date, status};
use super::{Source, Unreadable};
use crate::parcel::{Here, Parcel, Person};
use crate::report::{Problem, Report};
use crate::table::split;

const UNNAMED: &str = "Imported from Trello";

const COLUMNS: [(&str, &str); 11] = [
    ("card id", "reference"),
    ("card name", "title"),
    ("card description", "description"),
    ("labels", "tags"),
    ("members", "assignees"),
    ("due date", "due"),
    ("list name", "section"),
    ("board name", "project"),
    ("archived", "status"),
    ("start date", "start"),
    ("due complete", "status"),
];

pub(super) fn read_table(sheet: &Sheet, here: &Here) -> Result<Parcel<'static>, Unreadable> {
    sheet.needs("card name")?;
    let mut report = Report::default();
    sheet.map(&COLUMNS, &mut report.mapped);
    let lines = sheet.lines(&mut report);
    let drafts: Vec<_> = lines.into_iter().map(|line| draft(line, &mut report)).collect();
    Ok(Packer::new(Source::Trello, here, report).pack(&drafts, UNNAMED))
}

fn draft(line: Line<'_>, report: &mut Report) -> Draft {
    let key = Some(line.get("card id")).filter(|id| !id.is_empty()).map(str::to_owned);
    let yes = |column: &str| line.get(column).eq_ignore_ascii_case("true");
    let list = line.get("list name");
    Draft {
        line: line.number,
        reference: key.clone().map(reference),
        key,
        title: line.get("card name").to_owned(),
        description: line.whole("card description").to_owned(),
        status: Some(stands(list, yes("archived") || yes("due complete"), report)),
        project: line.get("board name").to_owned(),
        section: list.to_owned(),
        assignees: split(line.get("members")),
        tags: split(line.get("labels")).iter().map(|label| without_color(label).to_owned()).collect(),
        due: value(line, "due date", date, DAY, report),
        start: value(line, "start date", date, DAY, report),
        ..Draft::default()
    }
}

/// `Bug (red)` is the label Bug.
fn without_color(label: &str) -> &str {
    label.strip_suffix(')').and_then(|label| label.rsplit_once(" (")).map_or(label, |(name, _)| name)
}

fn reference(id: String) -> Reference {
    Reference { provider: "trello".to_owned(), id }
}

fn stands(list: &str, done: bool, report: &mut Report) -> Status {
    let known = status(list);
    if let Some(known) = known {
        report.mapped.status(list, known);
    }
    if done { Status::Done } else { known.unwrap_or(Status::Todo) }
}

/// Whether a JSON is a board of Trello's: all of them have lists and cards.
pub(super) fn is_trello(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Any {
        #[serde(rename = "lists")]
        _lists: serde::de::IgnoredAny,
        #[serde(rename = "cards")]
        _cards: serde::de::IgnoredAny,
    }
    serde_json::from_str::<Any>(text).is_ok()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Board {
    #[serde(default)]
    name: String,
    lists: Vec<Named>,
    cards: Vec<Card>,
    #[serde(default)]
    members: Vec<Member>,
    #[serde(default)]
    checklists: Vec<Checklist>,
    #[serde(default)]
    actions: Vec<Action>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Card {
    id: String,
    name: String,
    #[serde(default)]
    desc: String,
    #[serde(default)]
    closed: bool,
    id_list: String,
    #[serde(default)]
    due: Option<String>,
    #[serde(default)]
    start: Option<String>,
    #[serde(default)]
    due_complete: bool,
    #[serde(default)]
    id_members: Vec<String>,
    #[serde(default)]
    labels: Vec<Label>,
    #[serde(default)]
    pos: f64,
}

#[derive(Deserialize)]
struct Label {
    #[serde(default)]
    name: String,
    #[serde(default)]
    color: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Member {
    id: String,
    #[serde(default)]
    full_name: String,
    #[serde(default)]
    username: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Checklist {
    id_card: String,
    #[serde(default)]
    check_items: Vec<CheckItem>,
}

#[derive(Deserialize)]
struct CheckItem {
    id: String,
    name: String,
    #[serde(default)]
    state: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Action {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    data: Option<ActionData>,
    #[serde(default)]
    member_creator: Option<Member>,
}

#[derive(Default, Deserialize)]
struct ActionData {
    #[serde(default)]
    text: String,
    #[serde(default)]
    card: Option<ActionCard>,
}

#[derive(Deserialize)]
struct ActionCard {
    id: String,
}

pub(super) fn read_json(text: &str, here: &Here) -> Result<Parcel<'static>, Unreadable> {
    let board: Board = serde_json::from_str(text)
        .map_err(|error| if error.is_data() { Unreadable::OtherJson } else { Unreadable::Json(error.to_string()) })?;
    let mut report = Report::default();
    let drafts = board.drafts(&mut report);
    let mut packer = Packer::new(Source::Trello, here, report);
    for member in &board.members {
        packer.know(&member.id, Person { name: member.name().to_owned(), email: None });
    }
    Ok(packer.pack(&drafts, if board.name.trim().is_empty() { UNNAMED } else { &board.name }))
}

impl Member {
    fn name(&self) -> &str {
        if self.full_name.is_empty() { &self.username } else { &self.full_name }
    }
}

impl Board {
    /// Cards, and after them what their checklists hold. JSON has no lines to speak of; the number is the card's.
    fn drafts(&self, report: &mut Report) -> Vec<Draft> {
        let lists: HashMap<&str, &str> = self.lists.iter().map(|list| (list.id.as_str(), list.name.as_str())).collect();
        let mut cards: Vec<&Card> = self.cards.iter().collect();
        cards.sort_by(|one, other| one.pos.total_cmp(&other.pos));
        let known: HashSet<&str> = self.members.iter().map(|member| member.id.as_str()).collect();
        let mut drafts = Vec::new();
        for (number, card) in (1..).zip(cards) {
            let list = lists.get(card.id_list.as_str()).copied().unwrap_or_default();
            let mut draft = card.draft(number, list, report);
            draft.comments = self.said_of(card, number);
            draft.assignees.retain(|id| known.contains(id.as_str()));
            drafts.push(draft);
        }
        let cards: HashMap<String, (u64, String)> =
            drafts.iter().filter_map(|draft| Some((draft.key.clone()?, (draft.line, draft.section.clone())))).collect();
        for (card, item) in
            self.checklists.iter().flat_map(|list| list.check_items.iter().map(|item| (&list.id_card, item)))
        {
            let Some((line, section)) = cards.get(card) else { continue };
            drafts.push(Draft {
                line: *line,
                key: Some(item.id.clone()),
                title: item.name.clone(),
                status: Some(if item.state == "complete" { Status::Done } else { Status::Todo }),
                section: section.clone(),
                parent: Parent::Key(card.clone()),
                ..Draft::default()
            });
        }
        drafts
    }

    /// The comments on a card, the oldest first.
    fn said_of(&self, card: &Card, line: u64) -> Vec<Talk> {
        let on = |action: &&Action| {
            let about = action.data.as_ref().and_then(|data| data.card.as_ref());
            action.r#type == "commentCard" && about.is_some_and(|about| about.id == card.id)
        };
        let talk = |action: &Action| Talk {
            line,
            author: action.member_creator.as_ref().map(|member| member.name().to_owned()).unwrap_or_default(),
            when: action.date.get(..10).unwrap_or_default().to_owned(),
            text: action.data.as_ref().map(|data| data.text.clone()).unwrap_or_default(),
        };
        self.actions.iter().rev().filter(on).map(talk).collect()
    }
}

impl Card {
    fn draft(&self, line: u64, list: &str, report: &mut Report) -> Draft {
        let mut day = |column: &str, text: &Option<String>| {
            let text = text.as_deref()?;
            let day = date(text);
            if day.is_none() {
                report.problem(Problem::value(line, column, text, format!("This is not {DAY}; it is left out.")));
            }
            day
        };
        let (due, start) = (day("due", &self.due), day("start", &self.start));
        let label = |label: &Label| {
            let color = label.color.clone().unwrap_or_default();
            if label.name.is_empty() { color } else { label.name.clone() }
        };
        Draft {
            line,
            key: Some(self.id.clone()),
            reference: Some(reference(self.id.clone())),
            title: self.name.clone(),
            description: self.desc.clone(),
            status: Some(stands(list, self.closed || self.due_complete, report)),
            section: list.to_owned(),
            assignees: self.id_members.clone(),
            tags: self.labels.iter().map(label).collect(),
            due,
            start,
            ..Draft::default()
        }
    }
}
