//! Carries what the database announces to the sockets of this server.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::Hub;
use crate::db::{Db, DbError, EndedSession, Notice, Notices};

/// How long to wait before listening anew after the connection was lost. Clients poll meanwhile.
const PAUSE: Duration = Duration::from_millis(500);

/// Hears notices until the pool is closed. When the ear is lost, listens with another one, and the sockets are told to
/// catch up.
pub async fn follow(db: Db, hub: Hub, woken: Arc<Notify>, notices: Notices) {
    let mut lost = hear(&hub, &woken, notices).await;
    while !db.is_closed() {
        tracing::warn!(error = %lost, "what the database announces is not heard; listening again");
        tokio::time::sleep(PAUSE).await;
        lost = match listen_again(&db, &hub).await {
            Ok(notices) => hear(&hub, &woken, notices).await,
            Err(error) => error,
        };
    }
}

/// Hands every notice to the hub, and wakes who tells webhooks of changes, to the error that ends them.
async fn hear(hub: &Hub, woken: &Notify, mut notices: Notices) -> DbError {
    loop {
        match notices.next().await {
            Ok(Notice::Poke(poke)) => {
                hub.poke(&poke);
                woken.notify_one();
            }
            Ok(Notice::Ended(EndedSession { org, family })) => hub.end_session(org, family),
            Ok(Notice::Role(changed)) => hub.change_role(&changed),
            Err(error) => return error,
        }
    }
}

/// Listens, and makes up for notices that nobody has heard. New ones wait meanwhile.
async fn listen_again(db: &Db, hub: &Hub) -> Result<Notices, DbError> {
    let notices = Notices::listen(db).await?;
    for (org, sessions) in hub.sessions() {
        let now = db.roll_call(org, &sessions).await?;
        hub.catch_up(org, &sessions, &now);
    }
    Ok(notices)
}
