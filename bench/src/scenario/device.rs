//! Real engines: one that holds nothing yet, and two of which one sees what the other does.

use std::time::Instant;

use engine::command::{Command, NewTask};
use shared::field::{Field, TextField};
use shared::ids::EntityId;
use shared::register::Tag;
use shared::workflow::{Priority, Status};

use super::organization::Organization;
use crate::device::Device;
use crate::outcome::Outcome;
use crate::report::Line;
use crate::samples::{Samples, count};

/// Changes that one device brings.
const CHANGES: usize = 100;

/// A device that has just signed in gets everything.
pub(super) async fn first_sync(organization: &Organization, rounds: usize) -> Outcome<Line> {
    let (mut times, mut bytes) = (Samples::default(), 0);
    for _ in 0..rounds {
        let mut device = Device::new(organization.owner.connection.second_device().await?).await?;
        let start = Instant::now();
        device.sync().await?;
        times.add(start.elapsed());
        bytes = device.take_received();
        let tasks = device.engine.replica().view().tasks.len();
        if tasks != organization.tasks.len() {
            return Err(format!("A device has {tasks} tasks of {}.", organization.tasks.len()).into());
        }
    }
    let kilobytes = count(usize::try_from(bytes)?) / 1_000.0;
    Ok(Line::new(format!("first sync of {} tasks, until they are in the replica", organization.tasks.len()))
        .times(&times, 50, Some(600.0))
        .times(&times, 95, None)
        .amount("over the wire", kilobytes, "KB", Some(1_500.0)))
}

/// One device makes changes and sends them; the time until another, which is poked, has all of them.
pub(super) async fn relay(organization: &Organization, rounds: usize) -> Outcome<Line> {
    let mut ada = Device::new(organization.owner.connection.second_device().await?).await?;
    let mut ben = Device::new(organization.owner.connection.join().await?).await?;
    let mut socket = ben.listen().await?;
    ada.sync().await?;
    ben.sync().await?;
    let mut times = Samples::default();
    for round in 0..rounds {
        for n in 0..CHANGES {
            let command = change(organization, &ada, round, n);
            ada.execute(&command).await?;
        }
        let start = Instant::now();
        let sending = async {
            while ada.step().await? {}
            Outcome::Ok(())
        };
        let receiving = async {
            ben.catch_up(&mut socket).await?;
            Outcome::Ok(start.elapsed())
        };
        let (sent, received) = tokio::join!(sending, receiving);
        sent?;
        times.add(received?);
        if ada.engine.replica().checksum() != ben.engine.replica().checksum() {
            return Err("Two devices have synced and differ.".into());
        }
    }
    Ok(Line::new(format!("{CHANGES} changes from device to device, {} stored", organization.tasks.len()))
        .times(&times, 50, None)
        .times(&times, 95, Some(30.0)))
}

/// What somebody does with one task after the other: half of it fields, then titles, tags and new tasks.
fn change(organization: &Organization, device: &Device, round: usize, n: usize) -> Command {
    let id = organization.tasks[(round * CHANGES + n) * 7 % organization.tasks.len()].id;
    let entity = EntityId::from(id);
    match n % 10 {
        0..5 => Command::write(entity, Field::Status, Status::ALL[(round + n) % Status::ALL.len()]),
        5..8 => {
            let from = device.engine.replica().view().tasks.get(&id).map(|task| task.value.title.clone());
            let from = from.unwrap_or_default();
            Command::EditText { entity, field: TextField::Title, to: format!("{from} {round}"), from }
        }
        8 => Command::EditTags { id, add: vec![Tag::new(&format!("round {round}"))], remove: Vec::new() },
        _ => Command::create_task(NewTask {
            project: organization.projects[n % organization.projects.len()],
            title: format!("New in round {round}"),
            status: Status::Todo,
            priority: Priority::None,
            due: None,
            tags: Vec::new(),
        }),
    }
}
