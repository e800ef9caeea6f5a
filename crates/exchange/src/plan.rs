//! What an import does, as a value: operations in the order in which they can be done, each with the line that it comes from,
//! and a report that says what was left out and why.
//!
//! What is there already is left as it is. Of a row of which a value cannot be taken the rest is made; a row that cannot be
//! made is left out, and what hangs on it stands without it where it can.

mod check;
mod order;
mod row;

use std::collections::{BTreeMap, HashSet};

use shared::ids::{EntityId, Kind, UserId};
use shared::mutation::{Op, Refusal};
use shared::row::Row;

use crate::parcel::{Here, Parcel, Person, fold};
use crate::report::{Problem, Report};
use crate::resource::FieldTypes;

pub use check::Check;

/// One operation of an import.
#[derive(Clone, Debug)]
pub struct Step {
    pub line: u64,
    pub op: Op,
}

/// Everything that an import does.
#[derive(Debug)]
pub struct Plan {
    steps: Vec<Step>,
    /// Rows whose making was refused.
    refused: HashSet<EntityId>,
    report: Report,
    check: Option<Check>,
}

/// In this order, each kind names only what is there by then.
const KINDS: [Kind; 7] =
    [Kind::CustomField, Kind::Project, Kind::Section, Kind::Task, Kind::Comment, Kind::Attachment, Kind::SavedView];

/// Decides what is to be done with what a file says.
pub fn plan(parcel: Parcel<'_>, here: &Here) -> Plan {
    let Parcel { items, people, stated, report } = parcel;
    let check = stated.map(|stated| Check::new(stated.0, &people, here));
    let mut planner = Planner {
        here,
        people,
        found: BTreeMap::new(),
        types: here.fields.clone(),
        known: HashSet::new(),
        report,
        check,
        making: Vec::new(),
        after: Vec::new(),
        deleting: Vec::new(),
    };
    let coming: HashSet<EntityId> = items.iter().map(|item| item.entity).collect();
    for kind in KINDS {
        let of_kind: Vec<_> = items.iter().filter(|item| item.entity.kind() == kind).collect();
        let (order, cut) = order::parents_first(&of_kind);
        for at in order {
            planner.item(of_kind[at], cut.contains(&at), &coming);
        }
    }
    let Planner { report, check, making, after, mut deleting, .. } = planner;
    // What is within something before it.
    deleting.reverse();
    let steps = making.into_iter().chain(after).chain(deleting).collect();
    Plan { steps, refused: HashSet::new(), report, check }
}

impl Plan {
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What may be compared with the file afterwards.
    pub fn wants(&self, id: EntityId) -> bool {
        self.check.as_ref().is_some_and(|check| check.wants(id))
    }

    /// Whether anything is to be compared.
    pub fn has_check(&self) -> bool {
        self.check.is_some()
    }

    /// Notes a row that is here after all has been done.
    pub fn see(&mut self, row: &Row) {
        if let Some(check) = &mut self.check {
            check.see(row);
        }
    }

    /// Notes that a step was refused, where it was done.
    pub fn refuse(&mut self, at: usize, refusal: &Refusal) {
        let Some(Step { line, op }) = self.steps.get(at) else { return };
        let (line, entity) = (*line, op.entity());
        if !op.creates() {
            // Of what was not made nothing else can be said.
            if !self.refused.contains(&entity) {
                self.report.problem(Problem::value(line, "", "", format!("A part of the row was refused: {refusal}.")));
            }
            return;
        }
        let name = entity.kind().name();
        if let Some(made) = self.report.made.get_mut(name) {
            *made = made.saturating_sub(1);
        }
        self.refused.insert(entity);
        if *refusal == Refusal::AlreadyExists {
            self.report.there(entity.kind());
        } else {
            self.report.problem(Problem::row(line, format!("The {name} was refused: {refusal}.")));
        }
    }

    /// What came of it.
    pub fn finish(mut self, dry_run: bool) -> Report {
        self.report.dry_run = dry_run;
        self.report.problems.sort_by_key(|problem| problem.line);
        self.report.content = self.check.map(Check::finish);
        self.report
    }
}

/// A plan in the making.
struct Planner<'h> {
    here: &'h Here,
    people: BTreeMap<String, Person>,
    /// Who they are here, as far as they were looked for.
    found: BTreeMap<String, Option<UserId>>,
    types: FieldTypes,
    /// The file's rows that are here already, or are made by then.
    known: HashSet<EntityId>,
    report: Report,
    check: Option<Check>,
    making: Vec<Step>,
    after: Vec<Step>,
    deleting: Vec<Step>,
}

impl Planner<'_> {
    fn is_known(&self, id: EntityId) -> bool {
        self.known.contains(&id) || self.here.has(id)
    }

    /// Who somebody of the file is here. Who is nobody is told once.
    fn person(&mut self, line: u64, called: &str) -> Option<UserId> {
        if let Some(found) = self.found.get(called) {
            return *found;
        }
        let person = self.people.get(called).cloned().unwrap_or_default();
        let found = find(called, &person, self.here);
        let name = if person.name.is_empty() { called } else { &person.name };
        self.report.mapped.person(name, found);
        if found.is_none() {
            let reason = "Nobody here has this name or address. Tasks say in their notes whose they were.";
            self.report.problem(Problem::value(line, "people", name, reason));
        }
        self.found.insert(called.to_owned(), found);
        found
    }

    /// What people call somebody of the file.
    fn name_of(&self, called: &str) -> String {
        let person = self.people.get(called).filter(|person| !person.name.is_empty());
        person.map_or_else(|| called.to_owned(), |person| person.name.clone())
    }
}

/// The member that somebody is: the same person, one with the same address, or the only one of that name.
fn find(called: &str, person: &Person, here: &Here) -> Option<UserId> {
    let id = called.parse().ok();
    if let Some(same) = here.people.iter().find(|member| Some(member.id) == id) {
        return Some(same.id);
    }
    let same_text = |one: &str, other: &str| !one.is_empty() && fold(one) == fold(other);
    let email = person.email.as_deref().unwrap_or_default();
    let by_email = here.people.iter().find(|member| member.email.as_deref().is_some_and(|own| same_text(own, email)));
    if let Some(member) = by_email {
        return Some(member.id);
    }
    let name = if person.name.is_empty() { called } else { &person.name };
    let mut by_name = here.people.iter().filter(|member| same_text(&member.name, name));
    by_name.next().filter(|_| by_name.next().is_none()).map(|member| member.id)
}
