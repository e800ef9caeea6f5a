//! What a pull reads, in a transaction that sees one moment.

use std::collections::BTreeMap;

use shared::clock::{Actor, Counter, Version};
use shared::protocol::{PushResult, RefusedMutation};
use shared::row::Row;
use shared::text::TextChange;

use super::convert::{bigint, row, unsigned};
use super::push::{ORG_CLOCK, org_clock};
use super::{DbError, OrgTx};
use crate::domain::pull::Wanted;
use crate::domain::push::{OrgClock, TextKey};

impl OrgTx {
    /// Where the organization stands.
    pub async fn org_clock(&mut self) -> Result<OrgClock, DbError> {
        let org = self.org().0;
        Ok(org_clock(sqlx::query_as(ORG_CLOCK).bind(org).fetch_one(self.connection()).await?))
    }

    /// The rows of a page, of all kinds, in the order of their versions.
    pub async fn rows_after(&mut self, wanted: &Wanted) -> Result<Vec<Row>, DbError> {
        let org = self.org().0;
        let rows: Vec<String> =
            sqlx::query_scalar("SELECT state::text FROM entities WHERE org_id = $1 AND ver > $2 ORDER BY ver LIMIT $3")
                .bind(org)
                .bind(bigint(wanted.after))
                .bind(bigint(wanted.rows as u64))
                .fetch_all(self.connection())
                .await?;
        rows.iter().map(|state| row(state)).collect()
    }

    /// The changes of each of these texts after a version.
    pub async fn texts_after(
        &mut self,
        texts: impl Iterator<Item = (TextKey, Version)>,
    ) -> Result<BTreeMap<TextKey, Vec<TextChange>>, DbError> {
        let wanted: BTreeMap<_, _> = texts.collect();
        if wanted.is_empty() { Ok(BTreeMap::new()) } else { self.logs(&wanted).await }
    }

    /// A device's refused mutations after a number.
    pub async fn refused_after(&mut self, actor: Actor, confirmed: Counter) -> Result<Vec<RefusedMutation>, DbError> {
        let org = self.org().0;
        let columns: Vec<(i64, String)> = sqlx::query_as(
            "SELECT n, result::text FROM mutations
             WHERE org_id = $1 AND actor = $2 AND n > $3 AND ver IS NULL ORDER BY n",
        )
        .bind(org)
        .bind(i64::from(actor))
        .bind(bigint(confirmed))
        .fetch_all(self.connection())
        .await?;
        let refused = |(n, result): (i64, String)| match serde_json::from_str(&result)? {
            PushResult::Rejected(reason) => Ok(RefusedMutation { n: unsigned(n), reason }),
            PushResult::Accepted(_) => Err(DbError::Unreadable(format!("mutation {n} has no version, yet no refusal"))),
        };
        columns.into_iter().map(refused).collect()
    }
}
