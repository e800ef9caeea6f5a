//! How far the contents of attachments have come. The bytes are elsewhere ([`crate::contents`]).

use shared::clock::Millis;
use shared::ids::AttachmentId;
use uuid::Uuid;

use super::convert::{bigint, timestamp, unsigned};
use super::push::scope_state;
use super::{DbError, OrgTx};
use crate::domain::contents::{Case, Content};
use crate::domain::pull::Located;

/// A folder, the size of a chunk, and whether the content is whole.
type Columns = (Uuid, i64, bool);

fn content((folder, chunk_size, stored): Columns) -> Content {
    Content { folder, chunk_size: unsigned(chunk_size), stored }
}

impl OrgTx {
    /// An attachment's row, who may see it, and what is there of its content.
    pub async fn attachment(&mut self, id: AttachmentId) -> Result<Option<Case>, DbError> {
        let org = self.org().0;
        let Some(Located { row, scope, .. }) = self.located(id.into()).await? else { return Ok(None) };
        let gate = sqlx::query_as("SELECT scope, access::text, checksum FROM scopes WHERE org_id = $1 AND scope = $2")
            .bind(org)
            .bind(scope.gate().to_string())
            .fetch_optional(self.connection())
            .await?;
        let access = gate.map(scope_state).transpose()?.map(|(_, state)| state.access).unwrap_or_default();
        Ok(Some(Case { row, scope, access, content: self.content(id).await? }))
    }

    async fn content(&mut self, id: AttachmentId) -> Result<Option<Content>, DbError> {
        let org = self.org().0;
        let columns: Option<Columns> = sqlx::query_as(
            "SELECT folder, chunk_size, stored_at IS NOT NULL FROM contents WHERE org_id = $1 AND attachment_id = $2",
        )
        .bind(org)
        .bind(id.0)
        .fetch_optional(self.connection())
        .await?;
        Ok(columns.map(content))
    }

    /// Begins a content as `new` says, or goes on with the one that is there.
    pub async fn begin_content(&mut self, id: AttachmentId, new: &Content, now: Millis) -> Result<Content, DbError> {
        let org = self.org().0;
        let columns: Columns = sqlx::query_as(
            "INSERT INTO contents (org_id, attachment_id, folder, chunk_size, begun_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (org_id, attachment_id) DO UPDATE SET begun_at = $5
             RETURNING folder, chunk_size, stored_at IS NOT NULL",
        )
        .bind(org)
        .bind(id.0)
        .bind(new.folder)
        .bind(bigint(new.chunk_size))
        .bind(timestamp(now))
        .fetch_one(self.connection())
        .await?;
        Ok(content(columns))
    }

    /// Notes that the content in a folder is whole; `false` where that was known, or it is not the attachment's any
    /// more.
    pub async fn store_content(&mut self, folder: Uuid, now: Millis) -> Result<bool, DbError> {
        let org = self.org().0;
        let update =
            sqlx::query("UPDATE contents SET stored_at = $3 WHERE org_id = $1 AND folder = $2 AND stored_at IS NULL")
                .bind(org)
                .bind(folder)
                .bind(timestamp(now))
                .execute(self.connection())
                .await?;
        Ok(update.rows_affected() == 1)
    }

    /// Gives up a content that is on its way; `false` where it is whole, or gone already.
    pub async fn drop_content(&mut self, folder: Uuid) -> Result<bool, DbError> {
        let org = self.org().0;
        let delete = sqlx::query("DELETE FROM contents WHERE org_id = $1 AND folder = $2 AND stored_at IS NULL")
            .bind(org)
            .bind(folder)
            .execute(self.connection())
            .await?;
        Ok(delete.rows_affected() == 1)
    }

    /// Gives up the contents on their way that nobody has gone on with since a time.
    pub async fn drop_unfinished(&mut self, before: Millis) -> Result<u64, DbError> {
        let org = self.org().0;
        let delete = sqlx::query("DELETE FROM contents WHERE org_id = $1 AND begun_at < $2 AND stored_at IS NULL")
            .bind(org)
            .bind(timestamp(before))
            .execute(self.connection())
            .await?;
        Ok(delete.rows_affected())
    }

    /// Of these folders those that hold an attachment's content.
    pub async fn folders_in_use(&mut self, folders: &[Uuid]) -> Result<Vec<Uuid>, DbError> {
        let org = self.org().0;
        Ok(sqlx::query_scalar("SELECT folder FROM contents WHERE org_id = $1 AND folder = ANY($2)")
            .bind(org)
            .bind(folders)
            .fetch_all(self.connection())
            .await?)
    }
}
