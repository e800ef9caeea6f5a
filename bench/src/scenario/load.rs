//! Many members at work at once, each on a device and a connection of their own, in organizations of 5 to 10.
//!
//! A device's round is three requests: a push of one to five mutations, the pull that confirms it, and a pull because
//! somebody else has changed something. At a pace asked for, a request's time begins when it is due, whether or not its
//! device is still waiting for the one before: a server that stalls cannot hide it by slowing down who asks.

use std::sync::Arc;
use std::time::Duration;

use shared::field::{Field, TextField};
use shared::ids::TaskId;
use shared::mutation::{EditTags, Op, TextEdit};
use shared::register::Tag;
use shared::text::Delta;
use shared::workflow::{Priority, Status};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::organization::Organization;
use crate::outcome::Outcome;
use crate::report::Line;
use crate::samples::{Samples, count};
use crate::say;
use crate::settings::Settings;
use crate::workload::Dice;
use crate::writer::Writer;

/// Members of the organizations, one after the other.
const MEMBERS: [usize; 6] = [5, 6, 7, 8, 9, 10];
/// Requests of one round, the first of them a push.
const ROUND: u32 = 3;

/// Someone at work.
struct User {
    writer: Writer,
    dice: Dice,
    /// Everything in the organization.
    tasks: Arc<Vec<TaskId>>,
    /// Those that only this member renames, with their titles.
    own: Vec<(TaskId, String)>,
    requests: u32,
}

/// What came of a phase.
#[derive(Default)]
struct Tally {
    pushes: Samples,
    pulls: Samples,
    errors: usize,
    first_error: Option<String>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.pushes.extend(other.pushes);
        self.pulls.extend(other.pulls);
        self.errors += other.errors;
        self.first_error = self.first_error.take().or(other.first_error);
    }
}

/// First at the pace asked for, then as fast as the server answers.
pub(super) async fn run(settings: &Settings, url: &str) -> Outcome<Vec<Line>> {
    say(&format!("{} users: filling their organizations with {} tasks each", settings.users, settings.stored));
    let users = team_up(settings, url).await?;
    let (length, seconds, members) = (settings.load, settings.load.as_secs(), users.len());
    say(&format!("{members} users at {} requests/s for {seconds} s", settings.rate));
    let period = Duration::from_secs_f64(count(users.len()) / f64::from(settings.rate));
    let (users, paced) = phase(users, settings.load, Some(period)).await?;
    say(&format!("{members} users as fast as they can for {seconds} s"));
    let (_, free) = phase(users, settings.load, None).await?;
    let paced =
        line(format!("{members} users, {} requests/s asked for, {seconds} s", settings.rate), &paced, length, true);
    let free = line(format!("{members} users, each as fast as it is answered, {seconds} s"), &free, length, false);
    Ok(vec![paced, free])
}

fn line(what: String, tally: &Tally, length: Duration, paced: bool) -> Line {
    if let Some(error) = &tally.first_error {
        say(&format!("the first error: {error}"));
    }
    let mut all = tally.pushes.clone();
    all.extend(tally.pulls.clone());
    let rate = count(all.len()) / length.as_secs_f64();
    let bar = |bar| paced.then_some(bar);
    Line::new(what)
        .rate("requests/s", rate, (!paced).then_some(1_000.0))
        .times(&all, 50, None)
        .times(&all, 95, bar(50.0))
        .times(&all, 99, bar(150.0))
        .amount("push p95", tally.pushes.percentile(95), "ms", None)
        .amount("pull p95", tally.pulls.percentile(95), "ms", None)
        .amount("errors", count(tally.errors), "", Some(0.0))
}

async fn team_up(settings: &Settings, url: &str) -> Outcome<Vec<User>> {
    let (mut left, mut filling) = (settings.users, JoinSet::new());
    for (n, members) in MEMBERS.into_iter().cycle().enumerate() {
        let members = members.min(left);
        if members == 0 {
            break;
        }
        left -= members;
        let (url, stored) = (url.to_owned(), settings.stored);
        filling.spawn(async move { team(&url, n, members, stored).await });
    }
    let mut users = Vec::new();
    while let Some(team) = filling.join_next().await {
        users.extend(team??);
    }
    Ok(users)
}

async fn team(url: &str, n: usize, members: usize, stored: usize) -> Outcome<Vec<User>> {
    let mut organization = Organization::found(url, &format!("Harbour {n}")).await?;
    let mut writers = Vec::new();
    for _ in 1..members {
        writers.push(organization.join().await?);
    }
    organization.grow(stored).await?;
    let seen = organization.owner.seen();
    writers.push(organization.owner);
    let tasks = Arc::new(organization.tasks.iter().map(|task| task.id).collect::<Vec<_>>());
    let user = |(member, mut writer): (usize, Writer)| {
        writer.has_seen(seen);
        let own = organization.tasks.iter().skip(member).step_by(members);
        let own = own.map(|task| (task.id, task.title.clone())).collect();
        let number = u32::try_from(n * 100 + member).unwrap_or_default();
        User { writer, dice: Dice::new(number), tasks: Arc::clone(&tasks), own, requests: 0 }
    };
    Ok(writers.into_iter().enumerate().map(user).collect())
}

/// Lets everybody work for so long; with a period, each begins a request that often, and not all at the same moment.
async fn phase(users: Vec<User>, length: Duration, period: Option<Duration>) -> Outcome<(Vec<User>, Tally)> {
    let (start, count) = (Instant::now(), u32::try_from(users.len())?);
    let mut working = JoinSet::new();
    for (n, mut user) in (0_u32..).zip(users) {
        working.spawn(async move {
            let mut tally = Tally::default();
            let mut due = start + period.map_or(Duration::ZERO, |period| period * n / count);
            while due < start + length {
                sleep_until(due).await;
                user.request(due, &mut tally).await;
                due = period.map_or_else(Instant::now, |period| due + period);
            }
            (user, tally)
        });
    }
    let (mut users, mut whole) = (Vec::new(), Tally::default());
    while let Some(done) = working.join_next().await {
        let (user, tally) = done?;
        users.push(user);
        whole.add(tally);
    }
    Ok((users, whole))
}

impl User {
    /// Makes the next request of the round.
    async fn request(&mut self, due: Instant, tally: &mut Tally) {
        let push = self.requests.is_multiple_of(ROUND);
        self.requests += 1;
        let (samples, done) = if push {
            let ops = self.work();
            (&mut tally.pushes, self.writer.push(ops).await)
        } else {
            (&mut tally.pulls, self.writer.pull().await.map(drop))
        };
        samples.add(due.elapsed());
        if let Err(error) = done {
            tally.errors += 1;
            tally.first_error.get_or_insert_with(|| error.to_string());
        }
    }

    /// One to five changes of what everybody may change, the first one a new title for a task of one's own.
    fn work(&mut self) -> Vec<Op> {
        let count = 1 + self.dice.below(5);
        let rename = self.dice.below(3) == 0;
        (0..count).map(|n| if n == 0 && rename { self.rename() } else { self.change() }).collect()
    }

    fn change(&mut self) -> Op {
        let id = self.tasks[self.dice.index(self.tasks.len())];
        match self.dice.below(3) {
            0 => Op::write(id, Field::Status, Status::ALL[self.dice.index(Status::ALL.len())]),
            1 => Op::write(id, Field::Priority, Priority::ALL[self.dice.index(Priority::ALL.len())]),
            _ => {
                let tags = [Tag::new("this week"), Tag::new("next week")];
                let [add, remove] = tags.map(|tag| vec![tag]);
                Op::Tags(EditTags { id, add, remove })
            }
        }
    }

    /// Puts a word at the end of a title, or takes the last one away.
    fn rename(&mut self) -> Op {
        let at = self.dice.index(self.own.len());
        let (id, title) = &mut self.own[at];
        let new = match title.strip_suffix(" again") {
            Some(shorter) => shorter.to_owned(),
            None => format!("{title} again"),
        };
        let delta = Delta::between(title, &new);
        *title = new;
        Op::TextEdit(TextEdit { entity: (*id).into(), field: TextField::Title, delta })
    }
}
