//! The tasks that Tern's figures are measured with: the same on every machine and in every language (mulberry32,
//! integers and ASCII only). `e2e/bench/workload.ts` draws the same ones for the browser.

use std::collections::BTreeSet;

use shared::date::Date;
use shared::field::{Field, TextField};
use shared::ids::{ProjectId, TaskId, UserId};
use shared::mutation::{Create, Op};
use shared::register::Tag;
use shared::value::Place;
use shared::workflow::{Priority, Status};
use uuid::Uuid;

const SEED: u32 = 20_261_120;
const WORDS: &str = "alpha report invoice server deploy review meeting budget client design schema index query offline \
    sync merge task board sprint release login button colour layout export import backup restore customer order \
    supplier contract draft legal policy audit security patch kernel driver mobile desktop tablet keyboard screen \
    reader contrast focus label field form modal drawer list table chart graph metric alert incident runbook oncall \
    rotation holiday travel booking expense receipt tax payroll hiring interview offer onboarding training handbook \
    workshop survey feedback roadmap quarter goal outcome risk blocker dependency estimate velocity backlog grooming \
    standup retro demo staging production canary rollback";
const STATUSES: [Status; 5] = [Status::Backlog, Status::Todo, Status::InProgress, Status::InReview, Status::Done];
const TAGS: &str = "bug feature docs infra ui api perf security ops legal sales design mobile web data urgent later \
    idea chore test";
/// Days from 1970 to the beginning of 2026.
const START: i32 = 20_454;
const DAY: u32 = 86_400;
const PEOPLE: usize = 20;
/// Projects that the tasks are spread over.
pub(crate) const PROJECTS: usize = 12;

/// Numbers that everybody gets alike (mulberry32).
#[derive(Clone, Debug)]
pub(crate) struct Dice(u32);

impl Dice {
    pub(crate) fn new(seed: u32) -> Self {
        Self(seed)
    }

    pub(crate) fn roll(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x6d2b_79f5);
        let a = self.0;
        let mut t = (a ^ (a >> 15)).wrapping_mul(1 | a);
        t = t.wrapping_add((t ^ (t >> 7)).wrapping_mul(0x3d | t)) ^ t;
        t ^ (t >> 14)
    }

    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        self.roll() % limit
    }

    pub(crate) fn index(&mut self, length: usize) -> usize {
        self.roll() as usize % length
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.index(from.len())]
    }
}

/// One task of the workload.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) id: TaskId,
    pub(crate) title: String,
    description: String,
    status: Status,
    priority: Priority,
    tags: Vec<Tag>,
    assignee: usize,
    project: usize,
    due: Date,
    order: String,
}

/// The tasks, one after the other, without end.
#[derive(Debug)]
pub(crate) struct Workload {
    dice: Dice,
    words: Vec<&'static str>,
    tags: Vec<&'static str>,
    made: usize,
}

impl Workload {
    pub(crate) fn new() -> Self {
        let mut dice = Dice::new(SEED);
        // The people and the projects, whose ids are the organization's here.
        for _ in 0..4 * (PEOPLE + PROJECTS) {
            dice.roll();
        }
        let (words, tags) = (WORDS.split_whitespace().collect(), TAGS.split_whitespace().collect());
        Self { dice, words, tags, made: 0 }
    }
}

impl Iterator for Workload {
    type Item = Task;

    fn next(&mut self) -> Option<Task> {
        let dice = &mut self.dice;
        for _ in 0..4 {
            dice.roll(); // the id, which must be new in every organization
        }
        let length = 5 + dice.below(6);
        let title: Vec<&str> = (0..length).map(|_| dice.pick(&self.words)).collect();
        let mut description = String::new();
        while description.len() < 380 + self.made % 41 {
            if !description.is_empty() {
                description.push_str(if dice.below(9) == 0 { ". " } else { " " });
            }
            description.push_str(dice.pick(&self.words));
        }
        let wanted = dice.index(5);
        let mut tags = Vec::new();
        while tags.len() < wanted {
            let tag = Tag::new(dice.pick(&self.tags));
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        let created = dice.below(200 * DAY);
        let (status, priority) = (STATUSES[dice.index(5)], Priority::ALL[dice.index(5)]);
        let (assignee, project) = (dice.index(PEOPLE), dice.index(PROJECTS));
        let due = i32::try_from((created + dice.below(120 * DAY)) / DAY).unwrap_or_default();
        dice.roll(); // the last change
        // A fractional index: four bytes, and the one that ends it.
        let order = format!("{:08x}80", dice.below(1_000_000_000));
        self.made += 1;
        Some(Task {
            id: TaskId(Uuid::now_v7()),
            title: title.join(" "),
            description,
            status,
            priority,
            tags,
            assignee,
            project,
            due: Date::from_days(START + due).ok()?,
            order,
        })
    }
}

impl Task {
    /// What makes it, in an organization with these projects and people.
    pub(crate) fn create(&self, projects: &[ProjectId], people: &[UserId]) -> Op {
        let project = Some(projects[self.project % projects.len()]);
        let place = Place { project, order: self.order.clone(), ..Place::default() };
        let assignee = people[self.assignee % people.len()];
        let create = Create::new(self.id)
            .text(TextField::Title, &self.title)
            .text(TextField::Description, &self.description)
            .value(Field::Place, place)
            .value(Field::Status, self.status)
            .value(Field::Priority, self.priority)
            .value(Field::Due, Some(self.due))
            .value(Field::Assignees, BTreeSet::from([assignee]));
        Op::Create(Create { tags: self.tags.clone(), ..create })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tasks_are_those_that_other_languages_draw() {
        let last = Workload::new().nth(999).unwrap();
        assert_eq!(last.title, "table roadmap supplier production audit graph query board workshop metric");
        assert_eq!((last.due.to_string().as_str(), last.status), ("2026-06-30", Status::Backlog));
        assert_eq!(last.tags, ["later", "feature", "design", "ui"].map(Tag::new));
    }
}
