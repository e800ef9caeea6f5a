//! Calendars by a secret address. Whoever knows the address reads as the member who made it, what that one may see, and
//! nothing but the calendar.

use std::collections::BTreeSet;
use std::fmt;

use exchange::calendar;
use exchange::library::Library;
use shared::account::DeviceInfo;
use shared::api_token::ApiAccess;
use shared::date::Date;
use shared::feed::{CreatedFeed, FEEDS, Feed, InvalidFeed, NewFeed};
use shared::ids::DeviceId;
use shared::limits::DAY;
use shared::query::filter::{Condition, Filter, Viewer, Who};
use shared::scope::Scope;
use uuid::Uuid;

use super::api_tokens::person;
use super::shelves::Reading;
use super::{Failure, Services, now};
use crate::db::{FeedBearer, NEVER, OrgTx};
use crate::domain::session::Family;
use crate::member::{Claims, Member};
use crate::tokens;

/// What addresses of calendars end with: programs go by it.
const ENDING: &str = ".ics";

impl Services {
    /// Makes a calendar for the member who asks. A program makes none: its address is a secret of its own.
    pub async fn create_feed(&self, member: &Member, mut new: NewFeed) -> Result<CreatedFeed, Failure> {
        new.validate()?;
        person(member)?;
        if let Some(project) = new.project {
            let mut tx = OrgTx::snapshot(&self.db, member).await?;
            let reading = self.shelves.open(&mut tx).await?;
            reading.shelf.get(project.into(), &reading.open).ok_or(Failure::NotFound)?;
        }
        let (mut tx, _) = OrgTx::in_line(&self.db, member).await?;
        if tx.feeds(member.user()).await?.len() >= FEEDS {
            return Err(InvalidFeed::TooMany.into());
        }
        let (id, now) = (Uuid::now_v7(), now());
        new.name = new.name.trim().to_owned();
        let device = DeviceInfo { id: DeviceId(id), name: new.name.clone() };
        tx.upsert_device(member.user(), &device, now).await?;
        let actor = tx.actor_of(member.user(), device.id).await?;
        let state = Family { generation: 0, rotated_at: now, expires_at: NEVER, revoked: false };
        tx.insert_session(id, actor, &state).await?;
        let (secret, ticket) = tokens::invitation(member.org())?;
        let about = Feed { id, what: new, created_at: now, last_used_at: None };
        tx.insert_feed(&about, &ticket.hash).await?;
        tx.commit().await?;
        Ok(CreatedFeed { about, path: format!("/api/feeds/{secret}{ENDING}") })
    }

    /// The calendars of the member who asks.
    pub async fn feeds(&self, member: &Member) -> Result<Vec<Feed>, Failure> {
        let mut tx = OrgTx::snapshot(&self.db, member).await?;
        Ok(tx.feeds(member.user()).await?)
    }

    /// Ends a calendar of the member who asks.
    pub async fn end_feed(&self, member: &Member, id: Uuid) -> Result<(), Failure> {
        person(member)?;
        let (mut tx, _) = OrgTx::in_line(&self.db, member).await?;
        if !tx.feeds(member.user()).await?.iter().any(|feed| feed.id == id) {
            return Err(Failure::NotFound);
        }
        tx.revoke_session(id, now()).await?;
        Ok(tx.commit().await?)
    }

    /// The calendar at a secret address. What is none, and what has been ended, is not there.
    pub async fn calendar(&self, secret: &str) -> Result<String, Failure> {
        let ticket = secret.strip_suffix(ENDING).and_then(|secret| tokens::ticket(secret).ok());
        let ticket = ticket.ok_or(Failure::NotFound)?;
        let bearer = self.db.feed_bearer(&ticket, now()).await?.ok_or(Failure::NotFound)?;
        let FeedBearer { actor, user, device, feed } = bearer;
        let claims = Claims { user, org: ticket.org, actor, device, family: feed.id };
        let member = Member::from_token(claims, ApiAccess::Read);
        let gone = |failure| if matches!(failure, Failure::SessionEnded) { Failure::NotFound } else { failure };
        let mut tx = OrgTx::snapshot(&self.db, &member).await.map_err(|error| gone(error.into()))?;
        let words = !filter(&feed.what).texts().is_empty();
        let reading = self.shelves.open_for(&mut tx, words).await.map_err(gone)?;
        drop(tx);
        let today = Date::from_days(i32::try_from(now() / DAY).unwrap_or_default());
        let viewer = Viewer { me: Some(user), today: today.map_err(|_| Failure::Bug("today is in no calendar"))? };
        let written = tokio::task::spawn_blocking(move || write(&reading, &feed.what, viewer));
        written.await.map_err(|_| WRITING)?.map_err(|_| WRITING)
    }
}

const WRITING: Failure = Failure::Bug("a calendar could not be written");

/// What a calendar holds, as a filter.
fn filter(feed: &NewFeed) -> Filter {
    let project = feed.project.map(|project| Filter::Is(Condition::Project(vec![project])));
    let mine = feed.mine.then(|| Filter::Is(Condition::Assignee(vec![Who::Me])));
    Filter::All(project.into_iter().chain(mine).chain(feed.filter.clone()).collect())
}

fn write(reading: &Reading, feed: &NewFeed, viewer: Viewer) -> Result<String, fmt::Error> {
    let Reading { shelf, open } = reading;
    let mut text = String::new();
    // Of a project that has closed to the member meanwhile, nothing.
    let closed = feed.project.is_some_and(|project| !open.has(Scope::Project(project)));
    let wanted = if closed { BTreeSet::new() } else { shelf.matching(open, &filter(feed), viewer) };
    let library = Library::of(shelf.all(open), None);
    calendar::write(&library, &feed.name, |task| wanted.contains(&task.id), &mut text)?;
    Ok(text)
}
