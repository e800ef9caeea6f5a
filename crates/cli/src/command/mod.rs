//! What each command does.

pub(crate) mod account;
pub(crate) mod add;
pub(crate) mod conflicts;
pub(crate) mod edit;
pub(crate) mod export;
mod import;
pub(crate) mod list;
pub(crate) mod outbox;
pub(crate) mod show;
pub(crate) mod sync;
pub(crate) mod team;
pub(crate) mod values;
pub(crate) mod watch;

use std::io::Read as _;
use std::rc::Rc;

use engine::command::Command;
use engine::view::{Mark, TaskItem};
use serde_json::{Value as Json, json};
use shared::ids::{EntityId, TaskId};
use shared::limits::DESCRIPTION_CHARS;

use crate::args::{Cli, Do};
use crate::device::Device;
use crate::home::Home;
use crate::names::{Names, label};
use crate::output::Output;
use crate::plain;
use crate::session::Session;
use crate::trouble::{Outcome, Trouble};

/// What every command works with.
#[derive(Debug)]
pub(crate) struct Tern {
    pub(crate) device: Device,
    pub(crate) output: Output,
    /// Whether a change is to be sent at once, where that is possible.
    sends: bool,
    /// Whether anything was to be saved.
    pub(crate) writes: bool,
}

/// Carries out what was said on the command line.
pub(crate) async fn run(cli: Cli, output: Output) -> Outcome<()> {
    let session = Rc::new(Session::restore(Home::find()?)?);
    match cli.command {
        Do::Login(asked) => return account::login(session, output, asked).await,
        Do::Logout { clear } => return account::logout(session, output, clear).await,
        _ => {}
    }
    let device = Device::open(Rc::clone(&session)).await?;
    let mut tern = Tern { device, output, sends: !cli.offline, writes: false };
    match cli.command {
        Do::Status => account::status(&mut tern, &session)?,
        Do::Add(add) => add::add(&mut tern, add).await?,
        Do::List(list) => list::list(&mut tern, &list)?,
        Do::Show { task } => show::show(&mut tern, &task)?,
        Do::Edit(edit) => edit::edit(&mut tern, *edit).await?,
        Do::Done { tasks } => edit::done(&mut tern, &tasks).await?,
        Do::Reopen { tasks } => edit::reopen(&mut tern, &tasks).await?,
        Do::Delete { tasks } => edit::delete(&mut tern, &tasks).await?,
        Do::Restore { tasks } => edit::restore(&mut tern, &tasks).await?,
        Do::Comment { task, text } => edit::comment(&mut tern, &task, text).await?,
        Do::Projects { add } => team::projects(&mut tern, add).await?,
        Do::People => team::people(&mut tern)?,
        Do::Conflicts => conflicts::conflicts(&mut tern)?,
        Do::Resolve { task, field, choice } => conflicts::resolve(&mut tern, &task, &field, &choice).await?,
        Do::Outbox { action } => outbox::outbox(&mut tern, action).await?,
        Do::Sync => sync::sync(&mut tern).await?,
        Do::Watch(asked) => return watch::watch(tern, session, asked).await,
        Do::Export(asked) => export::export(&mut tern, &asked)?,
        Do::Import(asked) => import::import(&mut tern, &asked).await?,
        // Those that need no session were carried out before.
        Do::Login(_) | Do::Logout { .. } | Do::Completions { .. } | Do::Man { .. } => {}
    }
    tern.output.flush()?;
    if !tern.writes {
        // The system takes the memory back faster than row by row, and a database that was only read needs no closing.
        std::mem::forget(tern.device);
    }
    Ok(())
}

impl Tern {
    pub(crate) fn names(&self) -> Names<'_> {
        self.device.names()
    }

    /// The task of this name.
    pub(crate) fn task(&self, name: &str) -> Outcome<&TaskItem> {
        self.names().task(name)
    }

    /// Carries commands out, one after the other, and tries to send them. What is done is durable when this returns;
    /// of several, those before one that is refused are done.
    pub(crate) async fn execute(&mut self, commands: &[Command]) -> Outcome<Vec<EntityId>> {
        self.writes |= !commands.is_empty();
        let mut rows = Vec::with_capacity(commands.len());
        for command in commands {
            rows.push(self.device.execute(command).await?);
        }
        if self.sends && !commands.is_empty() {
            self.device.send().await?;
        }
        Ok(rows)
    }

    fn json(&self, task: TaskId) -> Json {
        let replica = self.device.replica();
        let item = replica.view().tasks.get(&task);
        item.map_or(Json::Null, |item| plain::task(item, replica.current(task.into()).as_ref()))
    }

    /// Says what became of a task.
    pub(crate) fn tell(&mut self, task: TaskId) -> Outcome<()> {
        if self.output.json {
            let json = self.json(task);
            return Ok(self.output.json(&json)?);
        }
        self.tell_people(task)
    }

    /// Says what became of several tasks.
    pub(crate) fn tell_all(&mut self, tasks: &[TaskId]) -> Outcome<()> {
        if self.output.json {
            let all: Json = tasks.iter().map(|task| self.json(*task)).collect();
            return Ok(self.output.json(&all)?);
        }
        tasks.iter().try_for_each(|task| self.tell_people(*task))
    }

    fn tell_people(&mut self, task: TaskId) -> Outcome<()> {
        let Some(item) = self.device.replica().view().tasks.get(&task) else { return Ok(()) };
        let line = format!("{}{}", label(&item.value), far(item.mark));
        Ok(self.output.line(&line)?)
    }

    /// Says something to people; programs get an object.
    pub(crate) fn say(&mut self, text: &str, json: &Json) -> Outcome<()> {
        let said = if self.output.json { self.output.json(json) } else { self.output.line(text) };
        Ok(said?)
    }
}

/// How far a change has got, behind what it is about. Two facts, and the second is claimed only when it holds.
pub(crate) fn far(mark: Mark) -> &'static str {
    match mark {
        Mark::None => "",
        Mark::Waiting => "  (saved on this device)",
        Mark::Attention => "  (needs you: see `tern outbox` and `tern conflicts`)",
    }
}

/// A text that was given: `-` stands for the standard input.
pub(crate) fn given(text: &str) -> Outcome<String> {
    if text != "-" {
        return Ok(text.to_owned());
    }
    let mut read = String::new();
    // No text may be longer; what is, the rules refuse.
    let most = (4 * DESCRIPTION_CHARS + 4) as u64;
    let input = std::io::stdin().lock().take(most).read_to_string(&mut read);
    input.map_err(|error| Trouble::Usage(format!("The standard input cannot be read as text: {error}")))?;
    Ok(read.trim_end_matches('\n').to_owned())
}

/// For programs, when there is nothing else to say.
pub(crate) fn done() -> Json {
    json!({ "done": true })
}
