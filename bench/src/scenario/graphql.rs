//! Pages of tasks by GraphQL, with what a page of an app shows of each: its comments with who wrote them, its assignees,
//! its project.

use std::time::Instant;

use serde_json::{Value, json};
use shared::field::{Field, TextField};
use shared::ids::CommentId;
use shared::limits::MUTATIONS_PER_PUSH;
use shared::mutation::{Create, Op};
use shared::value::{Subject, Value as FieldValue};
use uuid::Uuid;

use super::organization::Organization;
use crate::outcome::Outcome;
use crate::report::Line;
use crate::samples::Samples;

/// Tasks of a page.
const PAGE: usize = 50;
/// Comments on each task.
const COMMENTS: usize = 3;
/// Milliseconds for 95 of 100 pages.
const BAR: f64 = 25.0;

const FROM_MEMORY: &str = "query($first: Int, $after: String) { tasks(first: $first, after: $after) {
    nodes { id key title status priority due tags project { name } assignees { id name }
      comments(first: 10) { nodes { id body createdAt } } }
    pageInfo { hasNextPage endCursor } } }";
const WITH_AUTHORS: &str = "query($first: Int, $after: String) { tasks(first: $first, after: $after) {
    nodes { id key title status priority due tags project { name } assignees { id name }
      comments(first: 10) { nodes { id body createdAt author { name } } } history(first: 5) { nodes { version at } } }
    pageInfo { hasNextPage endCursor } } }";

/// Every page of an organization with so many tasks, one after the other.
pub(super) async fn pages(url: &str, size: usize) -> Outcome<Vec<Line>> {
    let mut organization = Organization::found(url, "Saltmarsh").await?;
    organization.grow(size).await?;
    let comments: Vec<Op> =
        organization.tasks.iter().flat_map(|task| (0..COMMENTS).map(|n| comment(task, n))).collect();
    for batch in comments.chunks(MUTATIONS_PER_PUSH) {
        organization.owner.push(batch.to_vec()).await?;
    }
    let mut lines = Vec::new();
    for (what, query) in [
        ("comments and assignees", FROM_MEMORY),
        ("comments with their authors, assignees, and 5 changes of each", WITH_AUTHORS),
    ] {
        page(&organization, query, &Value::Null).await?; // reads what was written since the last one
        let (mut times, mut after) = (Samples::default(), Value::Null);
        loop {
            let start = Instant::now();
            let shown = page(&organization, query, &after).await?;
            times.add(start.elapsed());
            after = shown["pageInfo"]["endCursor"].clone();
            let comments = shown["nodes"][0]["comments"]["nodes"].as_array().map_or(0, Vec::len);
            if comments != COMMENTS {
                return Err(format!("A task has {comments} comments.").into());
            }
            if shown["pageInfo"]["hasNextPage"] != true {
                break;
            }
        }
        let line =
            Line::new(format!("GraphQL, a page of {PAGE} tasks with {what}, {size} stored, {COMMENTS} comments each"));
        lines.push(line.times(&times, 50, None).times(&times, 95, Some(BAR)));
    }
    Ok(lines)
}

fn comment(task: &crate::workload::Task, number: usize) -> Op {
    let subject = Subject { task: task.id, reply_to: None };
    let create = Create::new(CommentId(Uuid::now_v7())).text(TextField::Body, format!("{}? {number}", task.title));
    Op::Create(create.value(Field::Subject, FieldValue::Subject(subject)))
}

async fn page(organization: &Organization, query: &str, after: &Value) -> Outcome<Value> {
    let body = json!({ "query": query, "variables": { "first": PAGE, "after": after } });
    let mut answer = organization.owner.connection.post("/api/graphql", &body).await?;
    match answer.get("errors") {
        None => Ok(answer["data"]["tasks"].take()),
        Some(errors) => Err(format!("A page was refused: {errors}").into()),
    }
}
