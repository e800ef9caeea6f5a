//! Webhooks, as admins manage them.

use shared::clock::Version;
use shared::webhook::{ChangeWebhook, CreatedWebhook, Delivery, NewWebhook, Webhook, WebhookSecret};
use uuid::Uuid;

use super::{Failure, Services, WebhookProblem, now};
use crate::db::{NewDelivery, OrgTx, Wanted};
use crate::domain::members::leads;
use crate::domain::webhook::{self, FORMER_SECRET, InvalidWebhook, MOST_WEBHOOKS, PING, SECRET_BYTES, target};
use crate::member::Member;

impl Services {
    /// The organization's webhooks.
    pub async fn webhooks(&self, member: &Member) -> Result<Vec<Webhook>, Failure> {
        Ok(self.to_look_at(member).await?.webhooks().await?)
    }

    /// One of them.
    pub async fn webhook(&self, member: &Member, id: Uuid) -> Result<Webhook, Failure> {
        self.to_look_at(member).await?.webhook(id).await?.ok_or(Failure::NotFound)
    }

    /// Makes a webhook, which is told what happens from now on.
    pub async fn create_webhook(&self, member: &Member, new: NewWebhook) -> Result<CreatedWebhook, Failure> {
        let url = self.checked(&new.url)?;
        webhook::check_projects(&new.projects)?;
        let (mut tx, version) = self.to_change(member).await?;
        if tx.webhooks().await?.len() >= MOST_WEBHOOKS {
            return Err(InvalidWebhook::Many.into());
        }
        let (key, now) = (fresh_key()?, now());
        let about = Webhook {
            id: Uuid::now_v7(),
            url,
            events: new.events,
            projects: new.projects,
            active: new.active.unwrap_or(true),
            note: None,
            owner: member.user(),
            version,
            failing_since: None,
            created_at: now,
            updated_at: now,
        };
        tx.insert_webhook(&about, &key).await?;
        tx.commit().await?;
        tracing::info!(by = %member.user(), webhook = %about.id, "a webhook is made");
        Ok(CreatedWebhook { about, secret: webhook::secret(&key) })
    }

    /// Changes a webhook. Whoever switches it on owns it from then on.
    pub async fn change_webhook(&self, member: &Member, id: Uuid, change: ChangeWebhook) -> Result<Webhook, Failure> {
        let url = change.url.as_deref().map(|url| self.checked(url)).transpose()?;
        change.projects.as_ref().map_or(Ok(()), webhook::check_projects)?;
        let (mut tx, _) = self.to_change(member).await?;
        let mut webhook = tx.lock_webhook(id).await?.ok_or(Failure::NotFound)?;
        let switched_on = change.active == Some(true) && !webhook.active;
        webhook.url = url.unwrap_or(webhook.url);
        webhook.events = change.events.unwrap_or(webhook.events);
        webhook.projects = change.projects.unwrap_or(webhook.projects);
        webhook.active = change.active.unwrap_or(webhook.active);
        if switched_on {
            webhook = Webhook { owner: member.user(), note: None, failing_since: None, ..webhook };
        }
        webhook.updated_at = now();
        tx.update_webhook(&webhook).await?;
        tx.commit().await?;
        self.woken.notify_one();
        Ok(webhook)
    }

    /// Takes a webhook away, and what was to be sent to it.
    pub async fn delete_webhook(&self, member: &Member, id: Uuid) -> Result<(), Failure> {
        let (mut tx, _) = self.to_change(member).await?;
        if !tx.delete_webhook(id).await? {
            return Err(Failure::NotFound);
        }
        tx.commit().await?;
        tracing::info!(by = %member.user(), webhook = %id, "a webhook is deleted");
        Ok(())
    }

    /// Gives a webhook another secret.
    pub async fn rotate_secret(&self, member: &Member, id: Uuid) -> Result<WebhookSecret, Failure> {
        let (mut tx, _) = self.to_change(member).await?;
        tx.lock_webhook(id).await?.ok_or(Failure::NotFound)?;
        let key = fresh_key()?;
        tx.rotate_secret(id, &key, now() + FORMER_SECRET).await?;
        tx.commit().await?;
        tracing::info!(by = %member.user(), webhook = %id, "a webhook has another secret");
        Ok(WebhookSecret { secret: webhook::secret(&key) })
    }

    /// Sends a webhook something about which nothing has happened.
    pub async fn ping_webhook(&self, member: &Member, id: Uuid) -> Result<Delivery, Failure> {
        let (mut tx, version) = self.to_change(member).await?;
        let known = tx.lock_webhook(id).await?.ok_or(Failure::NotFound)?;
        let now = now();
        let delivery = NewDelivery {
            id: Uuid::now_v7(),
            lane: Uuid::now_v7(),
            position: version,
            event: PING.to_owned(),
            body: webhook::ping(tx.org(), id, now).to_string(),
        };
        tx.queue(id, std::slice::from_ref(&delivery), known.version, now).await?;
        self.sent(tx, &known, delivery.id).await
    }

    /// What a webhook was told and is to be told, the latest first.
    pub async fn deliveries(&self, member: &Member, wanted: Wanted) -> Result<Vec<Delivery>, Failure> {
        let mut tx = self.to_look_at(member).await?;
        tx.webhook(wanted.webhook).await?.ok_or(Failure::NotFound)?;
        Ok(tx.deliveries(&wanted).await?)
    }

    /// Sends a delivery once more, at once.
    pub async fn retry_delivery(&self, member: &Member, webhook: Uuid, id: Uuid) -> Result<Delivery, Failure> {
        let (mut tx, _) = self.to_change(member).await?;
        let known = tx.lock_webhook(webhook).await?.ok_or(Failure::NotFound)?;
        tx.delivery(webhook, id).await?.ok_or(Failure::NotFound)?;
        tx.send_anew(id, now()).await?;
        self.sent(tx, &known, id).await
    }

    /// Has whoever sends look at a webhook; the delivery as it is to be sent.
    async fn sent(&self, mut tx: OrgTx, webhook: &Webhook, id: Uuid) -> Result<Delivery, Failure> {
        if !webhook.active {
            return Err(WebhookProblem::Off.into());
        }
        tx.call_webhook(webhook.id, now()).await?;
        let delivery = tx.delivery(webhook.id, id).await?.ok_or(Failure::NotFound)?;
        tx.commit().await?;
        self.woken.notify_one();
        Ok(delivery)
    }

    fn checked(&self, url: &str) -> Result<String, InvalidWebhook> {
        Ok(target(url, self.courier.reach())?.into())
    }

    async fn to_look_at(&self, member: &Member) -> Result<OrgTx, Failure> {
        let tx = OrgTx::snapshot(&self.db, member).await?;
        admin(&tx)?;
        Ok(tx)
    }

    async fn to_change(&self, member: &Member) -> Result<(OrgTx, Version), Failure> {
        let (tx, clock) = OrgTx::in_line(&self.db, member).await?;
        admin(&tx)?;
        Ok((tx, clock.ver))
    }
}

/// What is sent shows everything, and to whoever the webhook names.
fn admin(tx: &OrgTx) -> Result<(), Failure> {
    let reader = tx.reader().ok_or(Failure::Bug("a member's transaction knows no member"))?;
    if leads(reader.role) { Ok(()) } else { Err(WebhookProblem::Admins.into()) }
}

fn fresh_key() -> Result<[u8; SECRET_BYTES], Failure> {
    let mut key = [0; SECRET_BYTES];
    getrandom::fill(&mut key).map_err(|_| Failure::Bug("there is no randomness"))?;
    Ok(key)
}
