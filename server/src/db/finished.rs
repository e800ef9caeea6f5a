//! What was finished long ago.

use shared::clock::{Millis, Version};
use shared::limits::MUTATIONS_PER_PUSH;
use shared::row::Row;
use shared::scope::Stage;

use super::convert::{bigint, row, stage_number, timestamp, unsigned};
use super::{DbError, OrgTx};

impl OrgTx {
    /// Tasks of projects that are closed, and that nobody has touched since a time: after a place in the order of
    /// changes, in this order, each with its place. As many as fit into one push.
    pub async fn finished_before(&mut self, before: Millis, after: Version) -> Result<Vec<(Version, Row)>, DbError> {
        let org = self.org().0;
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "SELECT pos, state::text FROM entities
             WHERE org_id = $1 AND stage = $2 AND pos > $3 AND NOT deleted AND updated_at < $4
               AND kind = 'task' AND scope LIKE 'project:%'
             ORDER BY pos LIMIT $5",
        )
        .bind(org)
        .bind(stage_number(Stage::Done))
        .bind(bigint(after))
        .bind(timestamp(before))
        .bind(bigint(MUTATIONS_PER_PUSH as u64))
        .fetch_all(self.connection())
        .await?;
        rows.into_iter().map(|(pos, state)| Ok((unsigned(pos), row(&state)?))).collect()
    }
}
