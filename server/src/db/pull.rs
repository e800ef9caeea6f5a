//! What a pull reads, in a transaction that sees one moment.

use std::collections::BTreeMap;

use shared::clock::{Counter, Version};
use shared::protocol::{PushResult, RefusedMutation};
use shared::row::Row;
use shared::text::TextChange;

use super::convert::{bigint, row, unsigned};
use super::lineage::columns;
use super::push::{ORG_CLOCK, org_clock};
use super::{DbError, OrgTx};
use crate::domain::lineage::Lineage;
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
    pub async fn refused_after(
        &mut self,
        lineage: &Lineage,
        confirmed: Counter,
    ) -> Result<Vec<RefusedMutation>, DbError> {
        let (org, (actors, upto)) = (self.org().0, columns(lineage));
        let columns: Vec<(i64, String)> = sqlx::query_as(
            "SELECT m.n, m.result::text
             FROM UNNEST($2::bigint[], $3::bigint[]) AS line (actor, upto) JOIN mutations m USING (actor)
             WHERE m.org_id = $1 AND m.n <= line.upto AND m.n > $4 AND m.ver IS NULL ORDER BY m.n",
        )
        .bind(org)
        .bind(actors)
        .bind(upto)
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
