//! Pages of a list, as programs ask for them, and whether they cost more the more is stored.

use std::time::Instant;

use shared::field::Field;
use shared::mutation::Op;
use shared::workflow::Priority;

use super::USUAL;
use super::organization::Organization;
use crate::outcome::Outcome;
use crate::report::Line;
use crate::samples::Samples;

/// Requests of one kind for each size: enough for a 95th percentile.
const REQUESTS: usize = 200;
/// Milliseconds for 95 of 100 pages of the organization that most figures are for.
const BAR: f64 = 15.0;

/// Milliseconds for the first page of an organization that nobody has asked about since the server has started.
const FIRST_BAR: f64 = 3_000.0;

/// What is asked for, and in which words.
const QUESTIONS: [(&str, &str); 4] = [
    ("GET /api/tasks, a page of 100", "/api/tasks?limit=100"),
    ("a page of 100 by priority and due date", "/api/tasks?limit=100&sort=-priority,due"),
    ("a page of 100 of what is open", "/api/tasks?limit=100&status=todo,in_progress&sort=due"),
    ("a page of 100 by a word", "/api/tasks?limit=100&q=net"),
];

/// What pages cost with so many tasks stored.
pub(super) async fn pages(organization: &mut Organization, size: usize) -> Outcome<Vec<Line>> {
    let bar = (size == USUAL).then_some(BAR);
    let mut lines = vec![first(organization, size).await?];
    for (what, path) in QUESTIONS {
        let mut times = Samples::default();
        for _ in 0..REQUESTS {
            let start = Instant::now();
            organization.owner.connection.get(path).await?;
            times.add(start.elapsed());
        }
        let line = Line::new(format!("{what}, {size} stored"));
        lines.push(line.times(&times, 50, None).times(&times, 95, bar));
    }
    lines.push(after_changes(organization, size, bar).await?);
    Ok(lines)
}

/// The first page also reads all that has been written since the last one: nine tenths of what is stored.
async fn first(organization: &mut Organization, size: usize) -> Outcome<Line> {
    let times = once(organization, QUESTIONS[0].1).await?;
    Ok(Line::new(format!("the first page, {} tasks behind", size / 10 * 9)).times(&times, 100, None))
}

/// The first page of an organization of which nothing is in the server's memory, as after a start, and then the first one
/// by a word.
pub(super) async fn from_nothing(url: &str, size: usize) -> Outcome<Vec<Line>> {
    let mut organization = Organization::found(url, "Mudflats").await?;
    organization.grow(size).await?;
    let page = once(&mut organization, QUESTIONS[0].1).await?;
    let by_word = once(&mut organization, QUESTIONS[3].1).await?;
    Ok(vec![
        Line::new(format!("the first page after a start, {size} stored")).times(&page, 100, Some(FIRST_BAR)),
        Line::new(format!("and the first one by a word, {size} stored")).times(&by_word, 100, None),
    ])
}

async fn once(organization: &mut Organization, path: &str) -> Outcome<Samples> {
    let mut times = Samples::default();
    let start = Instant::now();
    organization.owner.connection.get(path).await?;
    times.add(start.elapsed());
    Ok(times)
}

/// Each page right after somebody has changed a task.
async fn after_changes(organization: &mut Organization, size: usize, bar: Option<f64>) -> Outcome<Line> {
    let (what, path) = QUESTIONS[0];
    let mut times = Samples::default();
    for request in 0..REQUESTS {
        let task = &organization.tasks[request * 101 % organization.tasks.len()];
        let priority = Priority::ALL[(request + 2) % Priority::ALL.len()];
        organization.owner.push(vec![Op::write(task.id, Field::Priority, priority)]).await?;
        let start = Instant::now();
        organization.owner.connection.get(path).await?;
        times.add(start.elapsed());
    }
    let line = Line::new(format!("{what}, right after a change, {size} stored"));
    Ok(line.times(&times, 50, None).times(&times, 95, bar))
}
