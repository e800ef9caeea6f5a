//! What others do between two steps of a pull or of a push: a page is of one moment, and a cursor steps over nothing.

use std::collections::BTreeSet;

use shared::ids::{EntityId, ProjectId};
use shared::mutation::Op;
use shared::protocol::{PullPage, PullRequest, PullResponse, PushRequest};
use shared::scope::Scope;

use crate::audit::audit;
use crate::failpoints::post;
use crate::harness::{Device, Server, checksum, cluster, create, edit, results, task_id};
use crate::sync::{APPLIED, waiting_backends};
use crate::wire::{Break, Moment, Wire};

/// A task that is made and edited, and one that is refused.
fn work(device: &mut Device<'_>, project: ProjectId) -> PushRequest {
    let task = task_id();
    device.next(1, [create(task, project, "One"), edit(task, "One", "Two"), create(task, project, "Again")])
}

/// One request for all that there is.
async fn everything(device: &Device<'_>, project: ProjectId) -> PullPage {
    let scopes = vec![Scope::Everyone, Scope::Project(project)];
    match device.pull_as(&PullRequest { scopes, ..device.pull_request(0) }).await {
        PullResponse::Page(page) => page,
        other => panic!("not a page: {other:?}"),
    }
}

/// What a page that begins at the beginning must be, whatever happened meanwhile.
fn check_page(page: &PullPage, own: &[PushRequest]) {
    assert!(!page.more && page.cursor == page.snapshot);
    assert!(page.rows.iter().all(|row| row.row.ver <= page.snapshot), "nothing from after the moment");
    assert_eq!(page.checksum, checksum(page), "nothing is missing");
    let there: BTreeSet<EntityId> = page.rows.iter().map(|row| row.row.id).collect();
    let last = page.last_mutation.n;
    for mutation in
        own.iter().flat_map(|push| &push.mutations).filter(|mutation| matches!(mutation.op, Op::TextEdit(_)))
    {
        assert_eq!(
            there.contains(&mutation.op.entity()),
            mutation.n <= last,
            "the effects of exactly {last} mutations"
        );
    }
    let refused: Vec<_> = page.refused.iter().map(|refused| refused.n).collect();
    assert_eq!(refused, (1..=last / 3).map(|push| push * 3).collect::<Vec<_>>(), "and their refusals");
}

#[tokio::test]
async fn a_page_is_of_one_moment_whatever_is_pushed_between_its_steps() {
    let mut wire = Wire::new(&cluster()).await;
    let server = Server::start_behind(&wire).await;
    let beside = Server::restart(&server.database).await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut bo = beside.join(&beside.login("ines@saltmarsh.example", task_id().0).await, "bo@saltmarsh.example").await;
    let project = ines.project().await;
    let mut own = vec![work(&mut ines, project)];
    results(ines.send(&own[0]).await).await;

    wire.cut_all();
    wire.arm(None);
    check_page(&everything(&ines, project).await, &own);
    let steps = wire.steps();
    for landmark in [
        "FROM sessions",
        "JOIN organizations",
        "JOIN actors",
        "FROM scopes",
        "FROM entities",
        "FROM departures",
        "FROM text_changes",
        "ver IS NULL",
    ] {
        assert!(steps.iter().any(|step| step.contains(landmark)), "no step of a pull says {landmark}: {steps:#?}");
    }
    for step in 0..steps.len() {
        wire.cut_all();
        wire.arm(Some(Break { step, moment: Moment::Paused }));
        let (mine, theirs) = (work(&mut ines, project), work(&mut bo, project));
        own.push(mine.clone());
        let (page, ()) = tokio::join!(everything(&ines, project), async {
            wire.held().await;
            results(post(&beside.url, &ines, &mine).await.unwrap()).await;
            results(bo.send(&theirs).await).await;
            wire.resume();
        });
        check_page(&page, &own);
        check_page(&everything(&ines, project).await, &own);
    }
    audit(&server).await;
}

/// Would fail if versions came from a sequence: whoever draws the later one may commit first, and a pull in between
/// steps over the earlier one.
#[tokio::test]
async fn a_push_that_is_held_up_at_any_step_is_not_stepped_over() {
    let mut wire = Wire::new(&cluster()).await;
    let server = Server::start_behind(&wire).await;
    let beside: &'static Server = Box::leak(Box::new(Server::restart(&server.database).await));
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut bo = beside.join(&beside.login("ines@saltmarsh.example", task_id().0).await, "bo@saltmarsh.example").await;
    let cy = beside.login("ines@saltmarsh.example", task_id().0).await;
    let project = ines.project().await;
    wire.cut_all();
    wire.arm(None);
    ines.push(1, [create(task_id(), project, "One")]).await;
    let mut owner = server.owner().await;
    for step in 0..wire.steps().len() {
        let known = cy.now().await;
        wire.cut_all();
        wire.arm(Some(Break { step, moment: Moment::Paused }));
        let first = ines.next(1, [create(task_id(), project, "First")]);
        let meanwhile = async {
            wire.held().await;
            let second = tokio::spawn(async move {
                assert_eq!(bo.push(1, [create(task_id(), project, "Second")]).await, [APPLIED]);
                bo
            });
            // Done, or waiting for the first.
            while !second.is_finished() && waiting_backends(&mut owner).await.is_empty() {}
            let between = cy.pull(known).await;
            wire.resume();
            (between, second.await.unwrap())
        };
        let (answer, (between, second)) = tokio::join!(ines.send(&first), meanwhile);
        bo = second;
        assert_eq!(results(answer).await, [APPLIED]);
        let after = cy.pull(between.cursor).await;
        let versions: Vec<_> = between.rows.iter().chain(&after.rows).map(|row| row.row.ver).collect();
        assert_eq!(versions, [known + 1, known + 2], "{:?}", wire.steps().last());
    }
    audit(&server).await;
}
