//! What the line of a new task says, with the names that this team has.

use std::collections::BTreeSet;

use engine::command::{Command, New, NewTask};
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::date::Date;
use shared::field::Field;
use shared::ids::{EntityId, ProjectId, UserId};
use shared::query::highlight::highlight;
use shared::quick_add::{Meaning, plain, words};
use shared::register::Tag;
use shared::workflow::{Priority, Status};

use crate::state::App;
use crate::state::ui::{Preset, draft, keep_draft};
use crate::{dates, i18n as t};

/// What a word says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Due(Date),
    Priority(Priority),
    Tag(Tag),
    Project(ProjectId),
    Person(UserId),
}

/// A word that says something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Which word of the line it is, from 0.
    pub(crate) place: usize,
    pub(crate) text: String,
    pub(crate) said: Said,
}

/// A line as it was understood: what says nothing is the title.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) title: String,
    pub(crate) words: Vec<Word>,
}

/// Reads a line. A name that nobody here has, or more than one, stays in the title.
pub(crate) fn read(line: &str, today: Date, meant: &dyn Fn(Meaning) -> Option<Said>) -> Line {
    let (mut title, mut said) = (Vec::new(), Vec::new());
    for (place, (word, meaning)) in words(line, today).into_iter().enumerate() {
        match meaning.and_then(meant) {
            Some(meaning) => said.push(Word { place, text: word.to_owned(), said: meaning }),
            None => title.push(plain(word)),
        }
    }
    Line { title: title.join(" "), words: said }
}

/// The line with a word that says nothing any more.
pub(crate) fn keep(line: &str, place: usize) -> String {
    with_word(line, place, |word| format!("\\{word}"))
}

/// The line without some of its words.
pub(crate) fn without(line: &str, words: &[Word], gone: &dyn Fn(&Said) -> bool) -> String {
    // From the last to the first, so that the places stay.
    words
        .iter()
        .rev()
        .filter(|word| gone(&word.said))
        .fold(line.to_owned(), |line, word| with_word(&line, word.place, |_| String::new()))
}

fn with_word(line: &str, place: usize, change: fn(&str) -> String) -> String {
    let mut words = 0;
    let piece = |piece: &str| {
        let is_word = !piece.trim().is_empty();
        words += usize::from(is_word);
        if is_word && words == place + 1 { change(piece) } else { piece.to_owned() }
    };
    line.split_inclusive(char::is_whitespace).map(piece).collect()
}

/// How well a name fits what was typed: the less the better.
fn fit(name: &str, typed: &str) -> Option<usize> {
    let found = highlight(name, typed);
    if typed.split('-').any(|part| highlight(name, part).is_empty()) {
        return None;
    }
    let is_marked = |at: usize| found.iter().any(|range| range.contains(&at));
    if name.char_indices().all(|(at, c)| !c.is_alphanumeric() || is_marked(at)) {
        return Some(0);
    }
    Some(if found.first().is_some_and(|first| first.start == 0) { 1 } else { 2 })
}

/// The one that fits best; of equals none is guessed.
fn best<T>(candidates: impl Iterator<Item = (T, Option<usize>)>) -> Option<T> {
    let mut best: Option<(T, usize, bool)> = None;
    for (one, fit) in candidates {
        let Some(fit) = fit else { continue };
        match &mut best {
            Some((_, known, alone)) if fit == *known => *alone = false,
            Some((_, known, _)) if fit > *known => {}
            best => *best = Some((one, fit, true)),
        }
    }
    best.filter(|(.., alone)| *alone).map(|(one, ..)| one)
}

impl App {
    /// What a word means in this team.
    pub(crate) fn meant(self, meaning: Meaning) -> Option<Said> {
        Some(match meaning {
            Meaning::Due(date) => Said::Due(date),
            Meaning::Priority(priority) => Said::Priority(priority),
            Meaning::Tag(tag) => Said::Tag(tag),
            Meaning::Project(name) => Said::Project(self.projects.with(|projects| {
                best(projects.iter().map(|item| {
                    let prefix = item.value.prefix.as_ref().is_some_and(|prefix| prefix.eq_ignore_ascii_case(&name));
                    (item.value.id, if prefix { Some(0) } else { fit(&item.value.name, &name) })
                }))
            })?),
            Meaning::Person(name) if name.eq_ignore_ascii_case("me") => Said::Person(self.me()?),
            Meaning::Person(name) => Said::Person(best(self.present_people().into_iter().map(|person| {
                let (local, _) = person.email.as_deref().and_then(|email| email.split_once('@')).unwrap_or_default();
                let fit = if local.eq_ignore_ascii_case(&name) { Some(0) } else { fit(&person.name, &name) };
                (person.id, fit)
            }))?),
        })
    }
}

impl App {
    /// Makes a task of a line at once, in the project that is shown.
    pub(crate) fn add_quickly(self, text: &str) {
        let first = || self.projects.with_untracked(|projects| projects.first().map(|item| item.value.id));
        let preset = self.page_preset();
        let project = preset.project.or_else(first);
        let (Some(today), Some(project)) = (dates::today(), project) else {
            if draft().is_empty() {
                keep_draft(text);
            }
            self.new_task(Preset::default());
            return;
        };
        let line = read(text, today, &|meaning| untrack(|| self.meant(meaning)));
        let said = t::task_created(&line.title);
        let command = Command::Create(new_task(line, project, preset));
        spawn_local(async move {
            match self.create_and_say(command, said).await {
                Ok(EntityId::Task(id)) => {
                    self.ui.cursor.set(Some(id));
                    self.ui.reveal.set(Some(id));
                }
                Ok(_) => {}
                Err(error) => self.complain(&error),
            }
        });
    }
}

fn new_task(line: Line, project: ProjectId, preset: Preset) -> New {
    let (status, priority) = (preset.status.unwrap_or(Status::Todo), preset.priority.unwrap_or(Priority::None));
    let mut task = NewTask { project, title: line.title, status, priority, due: preset.due, tags: Vec::new() };
    let mut people: BTreeSet<UserId> = preset.assignee.into_iter().collect();
    for word in line.words {
        match word.said {
            Said::Due(date) => task.due = Some(date),
            Said::Priority(priority) => task.priority = priority,
            Said::Tag(tag) => task.tags.push(tag),
            Said::Project(project) => task.project = project,
            Said::Person(who) => people.extend([who]),
        }
    }
    New::from(task).value(Field::Assignees, people)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> Date {
        "2026-11-27".parse().unwrap()
    }

    /// A team without projects, in which everybody is the same.
    fn meant(meaning: Meaning) -> Option<Said> {
        match meaning {
            Meaning::Due(date) => Some(Said::Due(date)),
            Meaning::Priority(priority) => Some(Said::Priority(priority)),
            Meaning::Tag(tag) => Some(Said::Tag(tag)),
            Meaning::Person(_) => Some(Said::Person(UserId::default())),
            Meaning::Project(_) => None,
        }
    }

    #[test]
    fn a_line_is_a_title_and_what_its_words_say() {
        let line = read("Book the  ferry tomorrow #ops !high +nowhere @bo", today(), &meant);
        assert_eq!(line.title, "Book the ferry +nowhere");
        let said: Vec<_> = line.words.iter().map(|word| (word.place, word.text.as_str())).collect();
        assert_eq!(said, [(3, "tomorrow"), (4, "#ops"), (5, "!high"), (7, "@bo")]);
        assert_eq!(line.words[0].said, Said::Due("2026-11-28".parse().unwrap()));
    }

    #[test]
    fn a_word_is_kept_as_text_and_nothing_else_changes() {
        let line = "Ferry  tomorrow #ops ";
        let kept = keep(line, 1);
        assert_eq!(kept, "Ferry  \\tomorrow #ops ");
        let read = read(&kept, today(), &meant);
        assert_eq!((read.title.as_str(), read.words.len()), ("Ferry tomorrow", 1));
    }

    #[test]
    fn words_give_way_to_what_is_chosen_elsewhere() {
        let line = "Ferry #a tomorrow #b";
        let words = read(line, today(), &meant).words;
        assert_eq!(without(line, &words, &|said| matches!(said, Said::Tag(_))), "Ferry tomorrow ");
        assert_eq!(without(line, &words, &|_| false), line);
    }

    #[test]
    fn the_best_fit_is_meant_and_of_equals_none() {
        let names = ["Harbour", "Harbour app", "Boat yard", "Größe"];
        let meant = |typed: &str| best(names.iter().map(|name| (*name, fit(name, typed))));
        let expected = [
            ("harbour", "Harbour"),
            ("harbour-app", "Harbour app"),
            ("app", "Harbour app"),
            ("bo", "Boat yard"),
            ("grosse", "Größe"),
        ];
        for (typed, name) in expected {
            assert_eq!(meant(typed), Some(name), "{typed}");
        }
        assert_eq!(meant("har"), None, "both begin so");
        assert_eq!(meant("arbour"), None);
    }
}
