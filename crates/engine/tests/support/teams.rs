//! How tests begin: who has what.

use shared::ids::{ProjectId, TaskId};
use shared::scope::Scope;

use super::{Device, Server};

/// Two devices that have a project with one task, "Hello world".
pub fn team() -> (Server, Device, Device, TaskId) {
    let (mut server, mut ada, mut ben) = (Server::new(), Device::new(1), Device::new(2));
    let project = ada.project();
    let task = ada.task(project, "Hello world");
    ada.sync(&mut server);
    ben.sync(&mut server);
    (server, ada, ben, task)
}

/// A project of its own scope with a task, "Count the casks", made by `ada`.
pub fn cellar(server: &mut Server, ada: &mut Device) -> (ProjectId, TaskId) {
    let project = ada.project();
    let task = ada.task(project, "Count the casks");
    ada.sync(server);
    let scope = Scope::Project(project);
    server.put(project, scope);
    server.put(task, scope);
    (project, task)
}

/// A [`cellar`] that is open, and that `ben` has.
pub fn opened(server: &mut Server, ada: &mut Device, ben: &mut Device) -> (ProjectId, TaskId) {
    let (project, task) = cellar(server, ada);
    server.open.insert(Scope::Project(project));
    ben.sync(server);
    (project, task)
}

/// Ben's edit of a title fits no more: it is refused on his device, and still has to reach the server.
pub fn misfit(server: &mut Server, ada: &mut Device, ben: &mut Device) -> (TaskId, u64) {
    let (_, task) = opened(server, ada, ben);
    ada.sync(server);
    ada.retitle(task, "Count all the casks").unwrap();
    ada.sync(server);
    server.garble(task);
    ben.retitle(task, "Count the casks twice a day").unwrap();
    let question = engine::pull::request(ben.engine.replica().meta());
    ben.pulled(&question, Ok(server.pull(&question)));
    let refused = ben.engine.replica().refused().next().unwrap().clone();
    assert!(refused.text.is_some_and(|text| text.contains(" a day")), "what was typed is with its author");
    (task, refused.id)
}
