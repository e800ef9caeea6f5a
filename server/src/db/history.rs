//! What has been done to a row: the log of mutations, as its readers see it.

use std::collections::HashMap;

use shared::clock::{Actor, Counter, Millis, Version};
use shared::field::TextField;
use shared::ids::{DeviceId, EntityId, UserId};
use shared::merge::Inverse;
use shared::mutation::Op;
use uuid::Uuid;

use super::convert::{actor, bigint, entity, unsigned};
use super::{DbError, OrgTx};

/// One change of a row.
#[derive(Clone, Debug)]
pub struct Entry {
    pub ver: Version,
    pub actor: Actor,
    pub n: Counter,
    /// Whose device it was, and which; `None`: the server itself.
    pub author: Option<(UserId, DeviceId, String)>,
    pub at: Millis,
    pub op: Op,
}

impl OrgTx {
    /// What was done to some rows before a version, of each the latest first.
    pub async fn histories(
        &mut self,
        ids: &[EntityId],
        before: Version,
        limit: usize,
    ) -> Result<HashMap<EntityId, Vec<Entry>>, DbError> {
        type Columns = (String, Uuid, i64, i64, i64, Option<Uuid>, Option<Uuid>, Option<String>, i64, String);
        let org = self.org().0;
        let columns: Vec<Columns> = sqlx::query_as(
            "SELECT w.kind, w.id, m.ver, m.actor, m.n, a.user_id, a.device_id, d.name, m.at, m.op::text
             FROM UNNEST($2::text[], $3::uuid[]) AS w (kind, id)
             CROSS JOIN LATERAL (
               SELECT * FROM mutations
               WHERE org_id = $1 AND kind = w.kind AND entity_id = w.id AND ver < $4
               ORDER BY ver DESC LIMIT $5
             ) m
             JOIN actors a ON (a.org_id, a.actor) = (m.org_id, m.actor)
             LEFT JOIN devices d ON (d.user_id, d.id) = (a.user_id, a.device_id)
             ORDER BY m.ver DESC",
        )
        .bind(org)
        .bind(ids.iter().map(|id| id.kind().name().to_owned()).collect::<Vec<_>>())
        .bind(ids.iter().map(|id| id.uuid()).collect::<Vec<_>>())
        .bind(bigint(before))
        .bind(bigint(limit as u64))
        .fetch_all(self.connection())
        .await?;
        let mut histories: HashMap<EntityId, Vec<Entry>> = HashMap::new();
        for (kind, id, ver, number, n, user, device, name, at, op) in columns {
            let author =
                user.zip(device).map(|(user, device)| (UserId(user), DeviceId(device), name.unwrap_or_default()));
            histories.entry(entity(&kind, id)?).or_default().push(Entry {
                ver: unsigned(ver),
                actor: actor(number)?,
                n: unsigned(n),
                author,
                at,
                op: serde_json::from_str(&op)?,
            });
        }
        Ok(histories)
    }

    /// What would take the edits of a text back that came after a version, the latest first.
    pub async fn text_inverses(
        &mut self,
        id: EntityId,
        field: TextField,
        after: Version,
    ) -> Result<Vec<shared::text::Delta>, DbError> {
        let org = self.org().0;
        let columns: Vec<Option<String>> = sqlx::query_scalar(
            "SELECT m.inverse::text FROM text_changes c
             LEFT JOIN mutations m ON (m.org_id, m.actor, m.n) = (c.org_id, c.actor, c.ctr)
             WHERE c.org_id = $1 AND c.entity_id = $2 AND c.kind = $3 AND c.field = $4 AND c.ver > $5
             ORDER BY c.ver DESC",
        )
        .bind(org)
        .bind(id.uuid())
        .bind(id.kind().name())
        .bind(field.name())
        .bind(bigint(after))
        .fetch_all(self.connection())
        .await?;
        let delta = |inverse: Option<String>| match inverse.as_deref().map(serde_json::from_str).transpose()? {
            Some(Inverse::Text { delta, .. }) => Ok(delta),
            _ => Err(DbError::Unreadable(format!("how to take back an edit of {id:?}"))),
        };
        columns.into_iter().map(delta).collect()
    }
}
