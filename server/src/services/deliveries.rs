//! The sending of what webhooks are told.
//!
//! A server takes a turn for a webhook: it claims it, makes deliveries of what has been done since the webhook's place in
//! the history, and sends the first of each lane, several at once, each in no transaction. A server that dies leaves a
//! claim that lapses; what it has sent without writing it down is sent again.

use std::time::{Duration, Instant};

use futures::future::try_join_all;
use futures::stream::{FuturesUnordered, StreamExt as _};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use shared::clock::Millis;
use shared::scope::Reader;
use shared::webhook::{Attempt, DeliveryState, Webhook};
use tokio::sync::watch;
use uuid::Uuid;

use super::{Failure, Services, now};
use crate::db::{Claim, Claimed, Door, Due, DueNow, NewDelivery, OrgTx, Outcome, Outgoing};
use crate::domain::members::leads;
use crate::domain::pull::Open;
use crate::domain::webhook::{self, OWNERLESS, Signed, gives_up, is_good, pause};

/// Webhooks that one server sends for at once.
const TURNS: usize = 8;
/// Deliveries of one webhook that are on their way at once.
const AT_ONCE: usize = 8;
/// How often in one turn, before others have theirs.
const ROUNDS: usize = 8;
/// Lines of the history that become deliveries at once.
const LINES: usize = 500;
/// How long a claim outlives the longest that a delivery may take.
const MARGIN: Duration = Duration::from_secs(45);
/// How long to wait at least before looking again.
const GAP: Duration = Duration::from_millis(100);
/// How long at most: what another server was told is found then, should that one not send it.
const IDLE: Duration = Duration::from_secs(30);

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

impl Services {
    /// Sends until it is told to stop; then what is on its way ends.
    pub async fn keep_delivering(&self, mut stop: watch::Receiver<bool>) {
        let mut turns = FuturesUnordered::new();
        loop {
            let wait = match self.due(now(), TURNS - turns.len()).await {
                Ok(DueNow { now: due, next }) => {
                    turns.extend(due.into_iter().map(|due| self.logged_turn(due, now)));
                    let left = next.map(|next| next.saturating_sub(now()));
                    left.map_or(IDLE, |left| Duration::from_millis(u64::try_from(left).unwrap_or_default()).min(IDLE))
                }
                Err(error) => {
                    tracing::warn!(%error, "could not look what webhooks are to be told");
                    IDLE
                }
            };
            let woken = async {
                tokio::time::sleep(GAP).await;
                self.woken.notified().await;
            };
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                () = woken => {}
                Some(()) = turns.next() => {}
                () = tokio::time::sleep(wait.max(GAP)) => {}
            }
        }
        while turns.next().await.is_some() {}
    }

    /// Sends everything that is due by a clock. Returns when more will be.
    pub async fn deliver(&self, clock: impl Fn() -> Millis + Copy) -> Result<Option<Millis>, Failure> {
        loop {
            let DueNow { now, next } = self.due(clock(), TURNS).await?;
            if now.is_empty() {
                return Ok(next);
            }
            try_join_all(now.into_iter().map(|due| self.turn(due, clock))).await?;
        }
    }

    /// Removes what was settled before a time from the logs of deliveries. Returns how much it was.
    pub async fn drop_deliveries(&self, before: Millis) -> Result<u64, Failure> {
        let mut deliveries = 0;
        for org in Door::open(&self.db).await?.organizations().await? {
            let mut tx = OrgTx::house(&self.db, org).await?;
            deliveries += tx.drop_deliveries(before).await?;
            tx.commit().await?;
        }
        Ok(deliveries)
    }

    async fn due(&self, now: Millis, limit: usize) -> Result<DueNow, Failure> {
        Ok(Door::open(&self.db).await?.due_webhooks(now, limit).await?)
    }

    async fn logged_turn(&self, due: Due, clock: impl Fn() -> Millis + Copy) {
        if let Err(error) = self.turn(due, clock).await {
            tracing::warn!(%error, webhook = %due.webhook, "a webhook could not be told what it is to be told");
        }
    }

    async fn turn(&self, due: Due, clock: impl Fn() -> Millis + Copy) -> Result<(), Failure> {
        let by = Uuid::now_v7();
        let claim = || {
            let now = clock();
            let lasts = Millis::try_from((self.courier.patience() + MARGIN).as_millis()).unwrap_or(Millis::MAX);
            Claim { webhook: due.webhook, by, now, until: now.saturating_add(lasts) }
        };
        for _ in 0..ROUNDS {
            let Some((claimed, outgoing)) = self.prepare(due, &claim()).await? else { break };
            if outgoing.is_empty() {
                break;
            }
            let mut sent: FuturesUnordered<_> =
                outgoing.into_iter().map(|one| self.send(&claimed, one, clock)).collect();
            // One connection to the database for a turn, however many deliveries are on their way.
            while let Some(sent) = sent.next().await {
                let (outgoing, attempt) = sent?;
                self.record(due, &claim(), &outgoing, &attempt).await?;
            }
        }
        let mut tx = OrgTx::house(&self.db, due.org).await?;
        tx.release_webhook(&claim()).await?;
        Ok(tx.commit().await?)
    }

    /// Claims a webhook, and makes deliveries of what it has not been told of; what is to be sent now. `None` where there is
    /// nothing to do for this server.
    async fn prepare(&self, due: Due, claim: &Claim) -> Result<Option<(Claimed, Vec<Outgoing>)>, Failure> {
        let mut tx = OrgTx::house(&self.db, due.org).await?;
        let Some(claimed) = tx.claim_webhook(claim).await? else { return Ok(None) };
        let owner = claimed.webhook.owner;
        let Some(role) = tx.role(owner).await?.filter(|role| leads(*role)) else {
            let off = Webhook { active: false, note: Some(OWNERLESS.to_owned()), ..claimed.webhook };
            tx.update_webhook(&off).await?;
            tx.release_webhook(claim).await?;
            tx.commit().await?;
            return Ok(None);
        };
        queue(&mut tx, &claimed.webhook, Reader { user: owner, role }, claim.now).await?;
        let outgoing = tx.outgoing(claim.webhook, claim.now, AT_ONCE).await?;
        tx.commit().await?;
        Ok(Some((claimed, outgoing)))
    }

    /// Sends a delivery.
    async fn send(
        &self,
        claimed: &Claimed,
        outgoing: Outgoing,
        clock: impl Fn() -> Millis,
    ) -> Result<(Outgoing, Attempt), Failure> {
        let (at, began) = (clock(), Instant::now());
        let headers = headers(&outgoing, at, claimed).ok_or(Failure::Bug("a delivery has no headers"))?;
        let answered = self.courier.send(&claimed.webhook.url, headers, outgoing.body.clone()).await;
        let took = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        let attempt = match answered {
            Ok(answered) => {
                Attempt { at, took, status: Some(answered.status), error: None, response: answered.beginning }
            }
            Err(error) => Attempt { at, took, status: None, error: Some(error.to_string()), response: String::new() },
        };
        Ok((outgoing, attempt))
    }

    /// Writes down what came of a delivery.
    async fn record(&self, due: Due, claim: &Claim, outgoing: &Outgoing, attempt: &Attempt) -> Result<(), Failure> {
        let mut tx = OrgTx::house(&self.db, due.org).await?;
        let Some(webhook) = tx.still_claimed(claim).await? else {
            return Ok(()); // deleted, or another server sends
        };
        let outcome = outcome(outgoing, attempt, claim.now)?;
        tx.record(&outcome).await?;
        if let Some(changed) = after(webhook, &outcome, claim.now) {
            tx.update_webhook(&changed).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// Makes deliveries of what has been done since the webhook's place, as far as it asks for it and its owner may see it,
/// and moves the place, in one transaction.
async fn queue(tx: &mut OrgTx, webhook: &Webhook, reader: Reader, now: Millis) -> Result<(), Failure> {
    let lines = tx.lines_after(webhook.version, LINES).await?;
    let Some(place) = lines.last().map(|line| line.ver) else { return Ok(()) };
    let events = webhook::events(&lines);
    let ids: Vec<_> =
        events.iter().map(|event| event.entity).collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    let rows = tx.rows_of(&ids).await?;
    let open = Open::to(reader, tx.scopes().await?);
    let org = tx.org();
    let told = events.iter().filter_map(|event| {
        // What was purged meanwhile, nobody can say anything of.
        let (row, scope) = rows.get(&event.entity)?;
        let wanted = open.has(*scope) && webhook::wants(webhook, event.name, *scope);
        wanted.then(|| NewDelivery {
            id: Uuid::now_v7(),
            lane: webhook::lane(row),
            position: event.first,
            event: event.name.to_string(),
            body: event.body(org, row).to_string(),
        })
    });
    let told: Vec<NewDelivery> = told.collect();
    Ok(tx.queue(webhook.id, &told, place, now).await?)
}

fn headers(outgoing: &Outgoing, at: Millis, claimed: &Claimed) -> Option<HeaderMap> {
    let timestamp = at / 1_000;
    let signed = Signed { id: outgoing.id, timestamp, body: &outgoing.body };
    let signature = webhook::sign(&signed, &claimed.keys);
    let value = |text: String| HeaderValue::try_from(text).ok();
    Some(HeaderMap::from_iter([
        (ID, value(outgoing.id.to_string())?),
        (TIMESTAMP, value(timestamp.to_string())?),
        (SIGNATURE, value(signature)?),
    ]))
}

fn outcome<'a>(outgoing: &Outgoing, attempt: &'a Attempt, now: Millis) -> Result<Outcome<'a>, Failure> {
    let settled = |state, failures| Outcome { delivery: outgoing.id, state, failures, next_at: None, attempt };
    if is_good(attempt.status) {
        return Ok(settled(DeliveryState::Delivered, outgoing.failures));
    }
    let failures = outgoing.failures.saturating_add(1);
    let mut chance = [0];
    getrandom::fill(&mut chance).map_err(|_| Failure::Bug("there is no randomness"))?;
    Ok(match pause(failures, chance[0]) {
        Some(pause) => {
            Outcome { next_at: Some(now.saturating_add(pause)), ..settled(DeliveryState::Waiting, failures) }
        }
        None => settled(DeliveryState::Failed, failures),
    })
}

/// What an attempt makes of its webhook; `None`: nothing.
fn after(webhook: Webhook, outcome: &Outcome<'_>, now: Millis) -> Option<Webhook> {
    if outcome.state == DeliveryState::Delivered {
        return webhook.failing_since.is_some().then_some(Webhook { failing_since: None, ..webhook });
    }
    let since = webhook.failing_since.unwrap_or(now);
    let note = gives_up(since, now, outcome.attempt.status);
    if note.is_some() {
        tracing::warn!(webhook = %webhook.id, "a webhook is switched off: no delivery succeeds");
    }
    let known = webhook.failing_since.is_some() && note.is_none();
    let active = webhook.active && note.is_none();
    let note = note.map(str::to_owned).or_else(|| webhook.note.clone());
    (!known).then_some(Webhook { failing_since: Some(since), active, note, ..webhook })
}
