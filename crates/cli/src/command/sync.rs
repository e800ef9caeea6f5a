//! `tern sync`: sends what waits and fetches what others did.

use serde_json::json;

use crate::command::Tern;
use crate::trouble::Outcome;

pub(crate) async fn sync(tern: &mut Tern) -> Outcome<()> {
    tern.writes = true;
    let before = tern.device.replica().waiting();
    let synced = tern.device.sync().await;
    let waiting = tern.device.replica().waiting();
    let sent = before.saturating_sub(waiting);
    let text = if synced.is_ok() { format!("Synced; {sent} changes sent.") } else { format!("{sent} changes sent.") };
    tern.say(&text, &json!({ "synced": synced.is_ok(), "sent": sent, "waiting": waiting }))?;
    tern.output.flush()?;
    synced
}
