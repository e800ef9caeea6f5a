//! Two copies of one profile, and what the server makes of them.

use reqwest::{Method, Response, StatusCode};
use shared::account::DeviceInfo;
use shared::clock::Version;
use shared::field::{Field, TextField};
use shared::ids::{DeviceId, ProjectId};
use shared::limits::MUTATIONS_PER_RESUME;
use shared::merge::Outcome;
use shared::mutation::{Create, Op, Refusal};
use shared::protocol::{LastMutation, PullRequest, PullResponse, PushRequest, PushResult, RefusedMutation, kind};
use shared::resume::{History, ResumeRequest, Resumed};
use shared::value::{Role, Value};
use uuid::Uuid;

use crate::audit::audit;
use crate::device::Real;
use crate::harness::{Device, Server, check, cookie, create, edit, footprint, results, task_id, title};

const APPLIED: PushResult = PushResult::Accepted(Outcome::Applied);

fn history(device: &Device<'_>, confirmed: LastMutation, pushes: &[&PushRequest]) -> History {
    let waiting = pushes.iter().flat_map(|push| &push.mutations).map(|mutation| mutation.id).collect();
    let account = &device.session.account;
    History { epoch: Some(account.epoch), actor: account.actor, confirmed, waiting }
}

async fn ask(device: &Device<'_>, id: Uuid, history: History) -> Response {
    let request = ResumeRequest { device: DeviceInfo { id: DeviceId(id), name: "copy".into() }, history };
    device.request(Method::POST, "/api/auth/resume").json(&request).send().await.unwrap()
}

/// Asks as whom to go on, and goes on so.
async fn resume(device: &mut Device<'_>, id: Uuid, history: History) {
    let response = ask(device, id, history).await;
    assert_eq!(response.status(), StatusCode::OK, "{:?}", response.text().await);
    device.refresh_token = cookie(&response);
    let resumed: Resumed = response.json().await.unwrap();
    (device.id, device.session) = (resumed.device.0, resumed.session);
}

/// The same mutations, sent by the actor that the device has now.
fn again(device: &Device<'_>, push: &PushRequest) -> PushRequest {
    PushRequest { actor: device.session.account.actor, ..push.clone() }
}

#[tokio::test]
async fn a_copy_goes_on_under_a_number_of_its_own_and_nothing_is_done_twice() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let (project, task, confirmed) = (ines.project().await, task_id(), LastMutation::default());
    // What waits when the profile is copied: one of it will be refused.
    let long = "x".repeat(501);
    let shared = ines.next(1, [create(task, project, "Boat"), create(task_id(), project, &long)]);
    let mut copy = server.login("ines@saltmarsh.example", ines.id).await;
    copy.last = ines.last;
    assert_eq!(copy.session.account.actor, ines.session.account.actor);

    let ver = ines.now().await;
    assert_eq!(results(ines.send(&shared).await).await[0], APPLIED);
    ines.push(ver + 1, [edit(task, "Boat", "Boats")]).await;
    let own = copy.next(ver + 1, [create(task_id(), project, "Mast")]);
    check(copy.send(&own).await, 409, kind::FORKED).await;

    let (old, new) = (copy.session.account.actor, Uuid::now_v7());
    let parted = history(&copy, confirmed, &[&shared, &own]);
    resume(&mut copy, new, parted.clone()).await;
    let actor = copy.session.account.actor;
    assert_ne!(actor, old);
    let page = copy.pull(0).await;
    assert_eq!(page.last_mutation, parted.after(2), "what both have in common counts as handled");
    let refusal = Refusal::TooLong { limit: 500 };
    assert_eq!(page.refused, [RefusedMutation { n: 2, reason: refusal.clone() }]);

    // Before it has heard of that, it sends everything again.
    let results_again = results(copy.send(&again(&copy, &shared)).await).await;
    assert_eq!(results_again, [APPLIED, PushResult::Rejected(refusal)]);
    let footprint_before = footprint(&server).await;
    check(ines.send(&own).await, 409, kind::FORKED).await;
    assert_eq!(footprint(&server).await, footprint_before, "the old number is not good for it any more");
    assert_eq!(results(copy.send(&again(&copy, &own)).await).await, [APPLIED]);
    let mut titles: Vec<String> = copy.pull(ver).await.rows.iter().map(|row| title(&row.row).to_owned()).collect();
    titles.sort();
    assert_eq!(titles, ["Boats", "Mast"]);

    // The other copy goes on as it was.
    let shown = ines.now().await;
    assert_eq!(ines.push(shown, [edit(task, "Boats", "Boats!")]).await, [APPLIED]);
    // And the one that went its own way stays who it is, also after a sign-in.
    let session = server.login("ines@saltmarsh.example", copy.id).await.session;
    assert_eq!(session.account.actor, actor);
    assert!(copy.refresh(&copy.refresh_token).await.status().is_success());
    audit(&server).await;
}

#[tokio::test]
async fn a_copy_knows_its_own_edits_of_a_text_from_those_of_the_other_one() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let (project, task) = (ines.project().await, task_id());
    ines.push(1, [create(task, project, "Boat")]).await;
    let (confirmed, ver) = (ines.last, ines.now().await);
    let shared = ines.next(ver, [edit(task, "Boat", "Boat 1")]);
    let mut copy = server.login("ines@saltmarsh.example", ines.id).await;
    copy.last = ines.last;
    results(ines.send(&shared).await).await;
    ines.push(ver + 1, [edit(task, "Boat 1", "Boat 12")]).await;
    let own = copy.next(ver, [edit(task, "Boat 1", "Boat 1!")]);
    let (old, parted) = (copy.session.account.actor, history(&copy, confirmed, &[&shared, &own]));
    resume(&mut copy, Uuid::now_v7(), parted).await;
    let question = PullRequest { confirmed: confirmed.n, ..copy.pull_request(ver) };
    let PullResponse::Page(page) = copy.pull_as(&question).await else { panic!("told to start anew") };
    let actors: Vec<(u32, Version)> = page.rows[0].texts[0].changes.iter().map(|one| (one.actor, one.ver)).collect();
    assert_eq!(actors, [(copy.session.account.actor, ver + 1), (old, ver + 2)]);
}

#[tokio::test]
async fn a_device_that_the_server_knows_stays_what_it_is() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let project = ines.project().await;
    let sent = ines.next(1, [create(task_id(), project, "Boat")]);
    results(ines.send(&sent).await).await;
    let waits = ines.next(1, [create(task_id(), project, "Mast")]);
    // After it has lost its identity, it signs in as another one, and shows what it has.
    let mut lost = server.login("ines@saltmarsh.example", Uuid::now_v7()).await;
    assert_ne!(lost.session.account.actor, ines.session.account.actor);
    resume(&mut lost, Uuid::now_v7(), history(&ines, LastMutation::default(), &[&sent, &waits])).await;
    assert_eq!((lost.id, lost.session.account.actor), (ines.id, ines.session.account.actor));
    assert_eq!(results(lost.send(&waits).await).await, [APPLIED]);
}

#[tokio::test]
async fn a_branch_is_one_however_often_it_is_asked_for_and_may_branch_again() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let project = ines.project().await;
    let shared = ines.next(1, [create(task_id(), project, "Boat")]);
    results(ines.send(&shared).await).await;
    let confirmed = LastMutation::default();
    let mut copy = server.login("ines@saltmarsh.example", ines.id).await;
    copy.last = ines.last;
    ines.push(1, [create(task_id(), project, "Oar")]).await;
    let own = copy.next(1, [create(task_id(), project, "Mast")]);
    let (new, parted) = (Uuid::now_v7(), history(&copy, confirmed, &[&shared, &own]));
    for _ in 0..2 {
        let response = ask(&ines, new, parted.clone()).await;
        let resumed: Resumed = response.json().await.unwrap();
        (copy.id, copy.session) = (resumed.device.0, resumed.session);
    }
    assert_eq!(copy.session.account.actor, ines.session.account.actor + 1);

    // A copy of the copy: the server has heard of the first one's work.
    let mut third = server.login("ines@saltmarsh.example", copy.id).await;
    (third.last, third.session) = (copy.last, copy.session.clone());
    assert_eq!(results(copy.send(&again(&copy, &own)).await).await, [APPLIED]);
    copy.push(1, [create(task_id(), project, "Sail")]).await;
    let last = third.next(1, [create(task_id(), project, "Keel")]);
    let parted = history(&third, confirmed, &[&shared, &own, &last]);
    check(ask(&third, ines.id, parted.clone()).await, 422, kind::INVALID).await;
    resume(&mut third, Uuid::now_v7(), parted.clone()).await;
    assert_eq!(third.pull(0).await.last_mutation, parted.after(2));
    let (one, two) = (again(&third, &shared), again(&third, &own));
    assert_eq!(results(third.send(&one).await).await, [APPLIED]);
    assert_eq!(results(third.send(&two).await).await, [APPLIED]);
    assert_eq!(results(third.send(&again(&third, &last)).await).await, [APPLIED]);
    let mut titles: Vec<String> = third.pull(2).await.rows.iter().map(|row| title(&row.row).to_owned()).collect();
    titles.sort();
    assert_eq!(titles, ["Boat", "Keel", "Mast", "Oar", "Sail"]);
    audit(&server).await;
}

#[tokio::test]
async fn two_copies_that_left_together_go_on_together() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let (project, confirmed) = (ines.project().await, LastMutation::default());
    let mut copies =
        [server.login("ines@saltmarsh.example", ines.id).await, server.login("ines@saltmarsh.example", ines.id).await];
    let shared = copies[0].next(1, [create(task_id(), project, "Made before the second copy")]);
    ines.push(1, [create(task_id(), project, "Oar")]).await;
    for copy in &mut copies {
        let parted = history(copy, confirmed, &[&shared]);
        resume(copy, Uuid::now_v7(), parted).await;
        assert_eq!(results(copy.send(&again(copy, &shared)).await).await, [APPLIED]);
    }
    assert_eq!(copies[0].session.account.actor, copies[1].session.account.actor);
    assert_eq!(ines.pull(2).await.rows.len(), 2, "it is there once");
}

#[tokio::test]
async fn copies_go_on_with_the_real_engine_while_a_project_opens() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let (cellar, casks, boat) = (ProjectId(Uuid::now_v7()), task_id(), task_id());
    let private = Create::new(cellar).text(TextField::Name, "Cellar").value(Field::Private, Value::Flag(true));
    let project = ines.project().await;
    let made = [create(boat, project, "Boat"), Op::Create(private), create(casks, cellar, "Casks")];
    assert_eq!(ines.push(1, made).await, [APPLIED; 3]);
    let mut one = Real::of(&bo).await;
    one.sync().await;
    one.retitle(boat, "Boat house").await;
    one.reopen().await;
    let mut two = one.copy().await;
    one.retitle(boat, "> Boat house").await;
    one.sync().await;

    let ver = ines.now().await;
    let let_in = Op::write(cellar, Field::Access(bo.session.account.user), Value::Role(Role::Member));
    assert_eq!(ines.push(ver, [let_in]).await, [APPLIED]);
    two.retitle(boat, "Boat house, painted").await;
    two.loses = 3;
    two.sync().await;
    one.sync().await;
    let actors = [&one, &two].map(|device| device.engine.replica().meta().actor);
    assert_ne!(actors[0], actors[1]);
    for device in [&one, &two] {
        let titles = [boat, casks].map(|task| device.view(task).unwrap().title);
        assert_eq!(titles, ["> Boat house, painted", "Casks"]);
        assert_eq!(device.engine.replica().refused().count(), 0);
    }
    audit(&server).await;
}

#[tokio::test]
async fn nobody_goes_on_as_somebody_else() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    check(ask(&bo, Uuid::now_v7(), history(&ines, LastMutation::default(), &[])).await, 404, kind::NOT_FOUND).await;
    let long = History {
        waiting: vec![shared::ids::MutationId(Uuid::nil()); MUTATIONS_PER_RESUME + 1],
        ..history(&bo, LastMutation::default(), &[])
    };
    check(ask(&bo, Uuid::now_v7(), long).await, 422, kind::INVALID).await;
}
