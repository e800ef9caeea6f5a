//! Opening a socket: a ticket first, then a seat.

use std::sync::Arc;
use std::time::Duration;

use shared::realtime::SocketTicket;
use shared::value::Role;

use super::{Failure, Services, now};
use crate::db::{DbError, Notices, OrgTx};
use crate::member::Member;
use crate::realtime::{Ears, Seat, follow};
use crate::tokens::TICKET_SECONDS;

/// How long a socket stays open whose access does not end by itself.
const LONGEST: Duration = Duration::from_hours(24);

impl Services {
    /// A ticket for one socket of this device.
    pub async fn socket_ticket(&self, member: &Member) -> Result<SocketTicket, Failure> {
        OrgTx::snapshot(&self.db, member).await?.commit().await?;
        let ticket = self.tokens.socket_ticket(member, now())?;
        Ok(SocketTicket { ticket, expires_in: TICKET_SECONDS })
    }

    /// Who bears a ticket for a socket.
    pub fn ticket_member(&self, ticket: &str) -> Result<Member, Failure> {
        self.tokens.read_socket_ticket(ticket).map_err(|_| Failure::Ticket)
    }

    /// Takes a seat for a member, as long as their access lasts.
    pub async fn take_seat(&self, member: &Member, ears: Ears) -> Result<Seat, Failure> {
        let left = u64::try_from(member.until().saturating_sub(now())).unwrap_or_default();
        // The seat comes before the look: what happens in between is heard, so neither a change nor the end of the
        // session falls into a gap.
        let seat = self.hub.join(member, Duration::from_millis(left).min(LONGEST), ears);
        let mut tx = OrgTx::snapshot(&self.db, member).await?;
        let ver = tx.org_clock().await?.ver;
        let role = tx.reader().map_or(Role::Guest, |reader| reader.role);
        tx.commit().await?;
        seat.greet(ver, role);
        Ok(seat)
    }

    /// Listens from now on to what the database announces. To be done before the first socket is opened.
    pub async fn listen(&self) -> Result<Notices, DbError> {
        Notices::listen(&self.db).await
    }

    /// Carries what the database announces to the open sockets, and wakes who tells webhooks, until the database is closed.
    pub async fn follow(&self, notices: Notices) {
        follow(self.db.clone(), self.hub.clone(), Arc::clone(&self.woken), notices).await;
    }

    /// Closes every socket and waits until they are closed.
    pub async fn close_sockets(&self) {
        self.hub.stop().await;
    }
}
