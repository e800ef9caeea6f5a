//! Single requests, and whether they cost more the more is stored.

use std::time::Instant;

use shared::field::Field;
use shared::limits::MUTATIONS_PER_PUSH;
use shared::mutation::Op;
use shared::workflow::Priority;

use super::organization::Organization;
use crate::outcome::Outcome;
use crate::report::Line;
use crate::samples::Samples;

/// Requests of one kind for each size: enough for a 95th percentile.
const REQUESTS: usize = 200;

/// A push of as many mutations as one holds.
pub(super) async fn full(organization: &mut Organization, rounds: usize) -> Outcome<Line> {
    let times = pushes(organization, MUTATIONS_PER_PUSH, rounds * 5).await?;
    Ok(Line::new(format!("push of {MUTATIONS_PER_PUSH} mutations in one request")).times(&times, 50, None).times(
        &times,
        95,
        Some(40.0),
    ))
}

/// What requests cost with so many tasks stored.
pub(super) async fn costs(organization: &mut Organization, size: usize, rounds: usize) -> Outcome<Vec<Line>> {
    let single = pushes(organization, 1, REQUESTS).await?;
    let full = pushes(organization, MUTATIONS_PER_PUSH, rounds).await?;
    organization.owner.skip_to_now().await?;
    let mut empty = Samples::default();
    for _ in 0..REQUESTS {
        let start = Instant::now();
        organization.owner.pull().await?;
        empty.add(start.elapsed());
    }
    let line = |what: &str, times: &Samples| {
        Line::new(format!("{what}, {size} stored")).times(times, 50, None).times(times, 95, None)
    };
    Ok(vec![
        line("push of 1 mutation", &single),
        line(&format!("push of {MUTATIONS_PER_PUSH} mutations"), &full),
        line("pull with nothing new", &empty),
    ])
}

async fn pushes(organization: &mut Organization, mutations: usize, requests: usize) -> Outcome<Samples> {
    let mut times = Samples::default();
    for request in 0..requests {
        let write = |n: usize| {
            // Far from each other, as the tasks that people work on are.
            let task = &organization.tasks[(request * mutations + n) * 101 % organization.tasks.len()];
            Op::write(task.id, Field::Priority, Priority::ALL[(request + n) % Priority::ALL.len()])
        };
        let ops = (0..mutations).map(write).collect();
        let start = Instant::now();
        organization.owner.push(ops).await?;
        times.add(start.elapsed());
    }
    Ok(times)
}
