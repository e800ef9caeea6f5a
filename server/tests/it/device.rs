//! A device with the real engine, its store in memory, over real HTTP.

use std::cell::Cell;

use engine::command::{Command, CommandError};
use engine::engine::Engine;
use engine::env::Env;
use engine::store::memory::MemoryStore;
use engine::sync::Step;
use engine::transport::TransportError;
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use shared::account::{DeviceInfo, Session};
use shared::clock::{Millis, Version};
use shared::field::{Field, TextField};
use shared::ids::{DeviceId, EntityId, ProjectId, TaskId};
use shared::mutation::Refusal;
use shared::protocol::{Problem, kind};
use shared::resume::{ResumeRequest, Resumed};
use shared::task::TaskView;
use shared::value::{Place, Value};
use shared::workflow::Status;
use tern_server::services::now;
use uuid::Uuid;

use crate::harness::{Device, http};

/// The machine's clock and ids; no dice.
struct Machine;

impl Env for Machine {
    fn now(&mut self) -> Millis {
        now()
    }

    fn new_id(&mut self) -> Uuid {
        Uuid::now_v7()
    }

    fn random(&mut self) -> f64 {
        0.5
    }
}

pub(crate) struct Real {
    pub(crate) engine: Engine<MemoryStore>,
    store: MemoryStore,
    session: Session,
    /// Where the server is now.
    pub(crate) url: String,
    http: reqwest::Client,
    /// Of so many answers one is lost; 0: none.
    pub(crate) loses: u32,
    asked: Cell<u32>,
    /// What was common, of each reset that it was told of.
    pub(crate) resets: Vec<Version>,
}

impl Real {
    /// A device that has signed in as this one, and holds nothing yet.
    pub(crate) async fn of(device: &Device<'_>) -> Self {
        Self::on(MemoryStore::new(), device.session.clone(), device.server.url.clone()).await
    }

    /// A copy of its disk in another machine.
    pub(crate) async fn copy(&self) -> Self {
        Self::on(self.store.duplicate(), self.session.clone(), self.url.clone()).await
    }

    async fn on(store: MemoryStore, session: Session, url: String) -> Self {
        let engine = Engine::open(store.clone(), session.account.actor).await.unwrap();
        Self { engine, store, session, url, http: http(), loses: 0, asked: Cell::default(), resets: Vec::new() }
    }

    /// The program ends and starts again.
    pub(crate) async fn reopen(&mut self) {
        self.engine = Engine::open(self.store.clone(), self.session.account.actor).await.unwrap();
    }

    /// Signs in again, as the same person on the same device.
    pub(crate) fn signed_in(&mut self, session: Session) {
        self.session = session;
    }

    pub(crate) async fn run(&mut self, command: Command) -> EntityId {
        self.engine.execute(&command, &mut Machine).await.unwrap()
    }

    pub(crate) async fn task(&mut self, project: ProjectId, title: &str) -> TaskId {
        let place = Place { project: Some(project), ..Place::default() };
        let new = engine::command::New::of(shared::ids::Kind::Task).text(TextField::Title, title);
        let new = new.value(Field::Place, place).value(Field::Status, Status::Todo);
        match self.run(Command::Create(new)).await {
            EntityId::Task(id) => id,
            other => panic!("{other:?} is no task"),
        }
    }

    pub(crate) async fn write(&mut self, task: TaskId, field: Field, value: impl Into<Value>) {
        self.run(Command::Write { entity: task.into(), field, value: value.into() }).await;
    }

    /// Moves a task under another one, unless that would put it into itself as this device knows it.
    pub(crate) async fn move_under(&mut self, task: TaskId, parent: TaskId) {
        let place = self.engine.replica().current(task.into()).unwrap().place();
        let value = Value::Place(Place { parent: Some(parent), ..place });
        let command = Command::Write { entity: task.into(), field: Field::Place, value };
        match self.engine.execute(&command, &mut Machine).await {
            Ok(_) | Err(CommandError::Refused(Refusal::Cycle | Refusal::InvalidValue)) => {}
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn retitle(&mut self, task: TaskId, to: &str) {
        let from = self.view(task).unwrap().title;
        let (entity, field) = (task.into(), TextField::Title);
        self.run(Command::EditText { entity, field, from, to: to.to_owned() }).await;
    }

    /// A task as its member sees it.
    pub(crate) fn view(&self, task: TaskId) -> Option<TaskView> {
        self.engine.replica().current(task.into()).as_ref().and_then(TaskView::of)
    }

    /// Takes one step of sync; whether there was one.
    pub(crate) async fn step(&mut self) -> bool {
        match self.engine.step(&mut Machine).await.unwrap() {
            Step::Push(request) => {
                let push = self.http.post(format!("{}/api/sync/push", self.url)).json(&request);
                let answer = self.answer(push).await;
                self.engine.pushed(&request, answer, &mut Machine);
            }
            Step::Pull(request) => {
                let answer = self.answer(self.http.post(self.pull_url()).json(&request)).await;
                if let Ok(shared::protocol::PullResponse::Reset { common, .. }) = answer {
                    self.resets.push(common);
                }
                self.engine.pulled(&request, answer, &mut Machine).await.unwrap();
            }
            Step::Resume(history) => {
                let device = DeviceInfo { id: DeviceId(Uuid::now_v7()), name: "copy".into() };
                let request = ResumeRequest { device, history: history.clone() };
                let ask = self.http.post(format!("{}/api/auth/resume", self.url)).json(&request);
                let answer = self.answer(ask).await.map(|Resumed { session, .. }| {
                    self.session = session;
                    self.session.account.actor
                });
                self.engine.resumed(&history, answer, &mut Machine).await.unwrap();
            }
            Step::Wait(_) => return false,
        }
        true
    }

    fn pull_url(&self) -> String {
        format!("{}/api/sync/pull", self.url)
    }

    /// Goes on until everything is with the server and everything of the server's is here.
    pub(crate) async fn sync(&mut self) {
        self.engine.wake();
        loop {
            while self.step().await {}
            let status = self.engine.status();
            if status.next_try.is_none() {
                assert!(status.verified && status.waiting == 0, "does not come to rest: {status:?}");
                return;
            }
            self.engine.wake(); // what failed is tried again at once, because its member asks for it
        }
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, TransportError> {
        let response = request.bearer_auth(&self.session.access_token.0).send().await;
        let response = response.map_err(|_| TransportError::Unreachable)?;
        self.asked.set(self.asked.get() + 1);
        if self.loses > 0 && self.asked.get().is_multiple_of(self.loses) {
            return Err(TransportError::Unreachable);
        }
        if response.status().is_success() {
            return response.json().await.map_err(|_| TransportError::Unreachable);
        }
        let problem: Problem = response.json().await.map_err(|_| TransportError::Unreachable)?;
        Err(match problem.kind.as_str() {
            kind::GAP | kind::EPOCH => TransportError::OutOfStep,
            kind::FORKED => TransportError::Forked,
            kind::SCHEMA => TransportError::Schema,
            kind::UNAUTHENTICATED => TransportError::SignIn,
            kind::BUSY | kind::UNAVAILABLE => TransportError::Busy { retry_after: None },
            _ => TransportError::Rejected(problem),
        })
    }
}
