//! The open sockets of this server, by organization. A message goes from an organization to the sockets in its room and
//! nowhere else.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::clock::{Actor, Version};
use shared::ids::{OrgId, UserId};
use shared::realtime::ServerMessage;
use shared::value::Role;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use uuid::Uuid;

use super::mailbox::Mailbox;
use crate::db::{ChangedRole, RollCall};
use crate::domain::poke::Poke;
use crate::member::Member;

/// Sockets that one device may have open. One tab of it has one; more are what a network has left hanging.
const SEATS_PER_DEVICE: usize = 4;

/// Why a socket is to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The server stops.
    GoingAway,
    /// The member has signed out, or is no member any more.
    SessionEnded,
    /// The access that it was opened with has run out.
    AccessOver,
    /// The device has opened too many.
    Replaced,
}

/// Of what a socket hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ears {
    /// Of what others do: a device has what it did itself.
    Others,
    /// Of everything: whoever follows changes wants all of them.
    Everybody,
}

/// The sockets of this server. Clones share them.
#[derive(Clone, Debug)]
pub struct Hub {
    rooms: Arc<Mutex<Rooms>>,
    stop: watch::Sender<bool>,
}

/// Of each organization the seats, in the order in which they were taken. Without any it has no room.
#[derive(Debug, Default)]
struct Rooms {
    rooms: HashMap<OrgId, BTreeMap<u64, Arc<Place>>>,
    taken: u64,
}

/// Where messages for one socket are left.
#[derive(Debug)]
struct Place {
    actor: Actor,
    ears: Ears,
    /// The session.
    family: Uuid,
    mailbox: Mutex<Mailbox>,
    posted: Notify,
    ending: watch::Sender<Option<Ending>>,
    user: UserId,
    /// Its member's role, and up to which version of the organization that is known.
    role: Mutex<(Version, Role)>,
}

/// One open socket's place in the hub, until it is dropped.
#[derive(Debug)]
pub struct Seat {
    hub: Hub,
    org: OrgId,
    number: u64,
    place: Arc<Place>,
    until: Instant,
    stop: watch::Receiver<bool>,
}

impl Default for Hub {
    fn default() -> Self {
        Self { rooms: Arc::default(), stop: watch::Sender::new(false) }
    }
}

impl Hub {
    /// Takes a seat for a device, whose access ends after `left`. From now on it misses nothing.
    pub(crate) fn join(&self, member: &Member, left: Duration, ears: Ears) -> Seat {
        let (org, actor, family) = (member.org(), member.actor(), member.family());
        let place = Arc::new(Place {
            actor,
            ears,
            family,
            mailbox: Mutex::default(),
            posted: Notify::new(),
            ending: watch::Sender::new(None),
            user: member.user(),
            // Until more is known.
            role: Mutex::new((0, Role::Guest)),
        });
        let mut rooms = self.lock();
        rooms.taken += 1;
        let number = rooms.taken;
        let room = rooms.rooms.entry(org).or_default();
        let of_device: Vec<_> = room.values().filter(|place| place.actor == actor && place.goes_on()).collect();
        for surplus in of_device.iter().rev().skip(SEATS_PER_DEVICE - 1) {
            surplus.end(Ending::Replaced);
        }
        room.insert(number, Arc::clone(&place));
        drop(rooms);
        Seat { hub: self.clone(), org, number, place, until: Instant::now() + left, stop: self.stop.subscribe() }
    }

    /// Tells every device of the organization, but not the one that did it.
    pub(crate) fn poke(&self, poke: &Poke) {
        let (named, unnamed) = (poke.messages(), [ServerMessage::SyncRequired { ver: poke.ver }]);
        for place in self.room(poke.org).iter().filter(|place| place.hears(poke.actor)) {
            place.post(if place.sees_what_is_open() { &named } else { &unnamed });
        }
    }

    /// From now on the member's sockets hear what that role may hear.
    pub(crate) fn change_role(&self, changed: &ChangedRole) {
        for place in self.room(changed.org).iter().filter(|place| place.user == changed.user) {
            place.learn(changed.ver, changed.role);
        }
    }

    /// Closes the sockets of a session.
    pub(crate) fn end_session(&self, org: OrgId, family: Uuid) {
        for place in self.room(org).iter().filter(|place| place.family == family) {
            place.end(Ending::SessionEnded);
        }
    }

    /// The organizations that have sockets open, and the sessions of these.
    pub(crate) fn sessions(&self) -> Vec<(OrgId, Vec<Uuid>)> {
        let rooms = self.lock();
        let sessions = |room: &BTreeMap<u64, Arc<Place>>| room.values().map(|place| place.family).collect();
        rooms.rooms.iter().map(|(org, room)| (*org, sessions(room))).collect()
    }

    /// After notices may have been missed: of the sessions that were asked about, closes the sockets of those that have
    /// ended; tells everybody else how far the organization is.
    pub(crate) fn catch_up(&self, org: OrgId, asked: &[Uuid], now: &RollCall) {
        for place in self.room(org) {
            match now.standing.get(&place.family) {
                None if asked.contains(&place.family) => {
                    place.end(Ending::SessionEnded);
                    continue;
                }
                // Who has come since has been looked at by the door.
                None => {}
                Some(role) => place.learn(now.ver, *role),
            }
            place.post(&[ServerMessage::SyncRequired { ver: now.ver }]);
        }
    }

    /// Closes every socket, also those to come, and waits until they are closed.
    pub(crate) async fn stop(&self) {
        self.stop.send_replace(true);
        // Every seat holds a receiver.
        self.stop.closed().await;
    }

    fn room(&self, org: OrgId) -> Vec<Arc<Place>> {
        self.lock().rooms.get(&org).map(|room| room.values().cloned().collect()).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Rooms> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn hears(&self, actor: Actor) -> bool {
        self.ears == Ears::Everybody || self.actor != actor
    }

    fn post(&self, messages: &[ServerMessage]) {
        let mut mailbox = self.lock();
        for message in messages {
            mailbox.post(*message);
        }
        drop(mailbox);
        self.posted.notify_one();
    }

    /// Takes over which role its member has, as of a version: what was read first may be heard last.
    fn learn(&self, ver: Version, role: Role) {
        let mut known = self.role.lock().unwrap_or_else(PoisonError::into_inner);
        if ver >= known.0 {
            *known = (ver, role);
        }
    }

    /// Whether its member sees every project that is not private, and may be told what has changed there.
    fn sees_what_is_open(&self) -> bool {
        self.role.lock().unwrap_or_else(PoisonError::into_inner).1 > Role::Guest
    }

    fn end(&self, ending: Ending) {
        self.ending.send_if_modified(|known| known.is_none() && known.replace(ending).is_none());
    }

    fn goes_on(&self) -> bool {
        self.ending.borrow().is_none()
    }

    fn lock(&self) -> MutexGuard<'_, Mailbox> {
        self.mailbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Says how far the organization is, as the first thing. Until then, and to guests, a poke names nothing.
    pub(crate) fn greet(&self, ver: Version, role: Role) {
        self.place.learn(ver, role);
        self.place.post(&[ServerMessage::SyncRequired { ver }]);
    }

    /// The messages that have come since the last call; waits for the first.
    pub(crate) async fn messages(&self) -> VecDeque<ServerMessage> {
        loop {
            // One permit is kept while nobody waits, so no post goes unnoticed.
            let messages = self.place.lock().take();
            if !messages.is_empty() {
                return messages;
            }
            self.place.posted.notified().await;
        }
    }

    /// Why the socket is to be closed; waits until it is.
    pub(crate) async fn ended(&self) -> Ending {
        let (mut ending, mut stop) = (self.place.ending.subscribe(), self.stop.clone());
        tokio::select! {
            biased;
            // Both senders live as long as this seat.
            Ok(ending) = ending.wait_for(Option::is_some) => ending.unwrap_or(Ending::SessionEnded),
            Ok(_) = stop.wait_for(|stop| *stop) => Ending::GoingAway,
            () = tokio::time::sleep_until(self.until) => Ending::AccessOver,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut rooms = self.hub.lock();
        if let Some(room) = rooms.rooms.get_mut(&self.org) {
            room.remove(&self.number);
            if room.is_empty() {
                rooms.rooms.remove(&self.org);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::poke::Change;
    use crate::member::Claims;
    use shared::ids::{DeviceId, TaskId};

    const LONG: Duration = Duration::from_hours(1);

    fn member(org: u128, actor: Actor) -> Member {
        let (user, device) = (UserId(Uuid::from_u128(1)), DeviceId(Uuid::from_u128(2)));
        let family = Uuid::from_u128(u128::from(actor));
        Member::from_claims(Claims { user, org: OrgId(Uuid::from_u128(org)), actor, device, family }, 0)
    }

    fn poke(org: u128, actor: Actor, ver: Version) -> Poke {
        Poke { org: OrgId(Uuid::from_u128(org)), ver, actor, changes: Some(vec![Change::Task(TaskId(Uuid::nil()))]) }
    }

    fn waiting(seat: &Seat) -> Vec<Version> {
        seat.place.lock().take().iter().filter_map(ServerMessage::ver).collect()
    }

    #[tokio::test]
    async fn a_poke_reaches_the_organizations_other_devices_only() {
        let hub = Hub::default();
        let everything = hub.join(&member(1, 1), LONG, Ears::Everybody);
        let (own, other, stranger) = (
            hub.join(&member(1, 1), LONG, Ears::Others),
            hub.join(&member(1, 2), LONG, Ears::Others),
            hub.join(&member(2, 3), LONG, Ears::Others),
        );
        hub.poke(&poke(1, 1, 7));
        assert_eq!((waiting(&own), waiting(&other), waiting(&stranger)), (vec![], vec![7], vec![]));
        assert_eq!(waiting(&everything), [7]);
    }

    #[tokio::test]
    async fn what_was_posted_before_anybody_waited_is_not_missed() {
        let hub = Hub::default();
        let seat = hub.join(&member(1, 1), LONG, Ears::Others);
        seat.greet(3, Role::Guest);
        hub.poke(&poke(1, 2, 4));
        assert_eq!(seat.messages().await, [ServerMessage::SyncRequired { ver: 4 }]);
    }

    #[tokio::test]
    async fn a_guest_is_not_told_what_changed() {
        let hub = Hub::default();
        let (guest, ben) = (hub.join(&member(1, 1), LONG, Ears::Others), hub.join(&member(1, 2), LONG, Ears::Others));
        guest.greet(3, Role::Guest);
        ben.greet(3, Role::Member);
        let _ = (guest.messages().await, ben.messages().await);
        hub.poke(&poke(1, 3, 4));
        assert_eq!(guest.messages().await, [ServerMessage::SyncRequired { ver: 4 }]);
        assert_eq!(ben.messages().await, [ServerMessage::TaskUpdated { id: TaskId(Uuid::nil()), ver: 4 }]);
    }

    #[tokio::test]
    async fn what_was_read_of_a_role_before_it_changed_does_not_count() {
        let hub = Hub::default();
        let seat = hub.join(&member(1, 1), LONG, Ears::Others);
        let user = UserId(Uuid::from_u128(1));
        let changed = |org, user| ChangedRole { org: OrgId(Uuid::from_u128(org)), user, role: Role::Guest, ver: 4 };
        hub.change_role(&changed(1, user));
        seat.greet(3, Role::Member);
        assert!(!seat.place.sees_what_is_open());
        seat.greet(5, Role::Member);
        hub.change_role(&ChangedRole { ver: 6, ..changed(2, user) });
        hub.change_role(&ChangedRole { ver: 6, ..changed(1, UserId(Uuid::nil())) });
        assert!(seat.place.sees_what_is_open(), "another's role, or that of another organization");
    }

    #[tokio::test]
    async fn a_seat_ends_with_its_session_its_access_and_the_server() {
        let hub = Hub::default();
        let (ended, over, last) = (
            hub.join(&member(1, 1), LONG, Ears::Others),
            hub.join(&member(1, 2), Duration::ZERO, Ears::Others),
            hub.join(&member(1, 3), LONG, Ears::Others),
        );
        hub.end_session(OrgId(Uuid::from_u128(2)), Uuid::from_u128(1)); // the same session elsewhere is another
        hub.end_session(OrgId(Uuid::from_u128(1)), Uuid::from_u128(1));
        assert_eq!((ended.ended().await, over.ended().await), (Ending::SessionEnded, Ending::AccessOver));
        drop((ended, over));
        let seats = async {
            assert_eq!(last.ended().await, Ending::GoingAway);
            let late = hub.join(&member(1, 4), LONG, Ears::Others);
            assert_eq!(late.ended().await, Ending::GoingAway);
            drop((last, late));
        };
        tokio::join!(hub.stop(), seats);
        assert!(hub.lock().rooms.is_empty(), "who leaves leaves nothing");
    }

    #[tokio::test]
    async fn after_a_gap_the_ended_sessions_are_closed_and_the_others_told() {
        let hub = Hub::default();
        let (ended, stands) =
            (hub.join(&member(1, 1), LONG, Ears::Others), hub.join(&member(1, 2), LONG, Ears::Others));
        let (org, asked) = hub.sessions().remove(0);
        // Who comes while the database is asked has been checked at the door.
        let new = hub.join(&member(1, 3), LONG, Ears::Others);
        hub.catch_up(org, &asked, &RollCall { ver: 9, standing: [(Uuid::from_u128(2), Role::Member)].into() });
        assert_eq!(ended.ended().await, Ending::SessionEnded);
        assert_eq!((waiting(&stands), waiting(&new)), (vec![9], vec![9]));
        assert!(stands.place.goes_on() && new.place.goes_on());
        assert!(stands.place.sees_what_is_open() && !new.place.sees_what_is_open(), "its role is told too");
    }

    #[tokio::test]
    async fn a_device_that_opens_too_many_loses_the_oldest() {
        let hub = Hub::default();
        let mut seats: Vec<_> = (0..SEATS_PER_DEVICE).map(|_| hub.join(&member(1, 1), LONG, Ears::Others)).collect();
        let other = hub.join(&member(1, 2), LONG, Ears::Others);
        assert!(seats.iter().all(|seat| seat.place.goes_on()));
        seats.push(hub.join(&member(1, 1), LONG, Ears::Others));
        assert_eq!(seats[0].ended().await, Ending::Replaced);
        assert!(seats[1..].iter().chain([&other]).all(|seat| seat.place.goes_on()));
    }
}
