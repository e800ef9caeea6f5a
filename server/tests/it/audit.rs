//! What must be true of the tables at every moment, whatever has happened: read by their owner, whom no policy stops.

use std::collections::BTreeMap;

use shared::clock::{Actor, Counter, Stamp, Version};
use shared::field::{Field, TextField};
use shared::hash::{Checksum, Hash, chain};
use shared::ids::{EntityId, MutationId, ProjectId, TaskId, UserId};
use shared::merge::{self, Around, Inverse, Undone};
use shared::mutation::Op;
use shared::project::prefix_for;
use shared::protocol::PushResult;
use shared::row::Row;
use shared::text::TextChange;
use shared::tree::would_cycle;
use shared::value::{Role, Value};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::harness::Server;

/// A line of the history.
struct Line {
    actor: Actor,
    n: Counter,
    id: MutationId,
    op: Op,
    ctx: Version,
    at: i64,
    ver: Option<Version>,
    result: PushResult,
    inverse: Option<Inverse>,
}

/// Every row of every table that a push can change, as text, in an order of its own.
pub(crate) async fn content(server: &Server) -> Vec<String> {
    let mut owner = server.owner().await;
    let mut content = Vec::new();
    for table in
        ["organizations", "actors", "scopes", "entities", "departures", "prefixes", "text_changes", "mutations"]
    {
        let rows = format!("SELECT '{table} ' || t::text FROM {table} t ORDER BY 1");
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&mut owner).await.unwrap();
        content.extend(rows);
    }
    content
}

/// Checks every organization of a server from which nothing was purged.
pub(crate) async fn audit(server: &Server) {
    let mut owner = server.owner().await;
    // One moment, also while others push.
    sqlx::query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(&mut owner).await.unwrap();
    let organizations: Vec<(Uuid, i64)> =
        sqlx::query_as("SELECT id, ver FROM organizations").fetch_all(&mut owner).await.unwrap();
    assert!(!organizations.is_empty());
    for (org, ver) in organizations {
        let history = history(&mut owner, org).await;
        check_devices(&mut owner, org, &history).await;
        let replayed = replay(&history, &people(&mut owner, org).await);
        assert_eq!(replayed.ver, unsigned(ver), "the organization's version is that of its last change");
        let rows: Vec<(String, String)> = sqlx::query_as("SELECT state::text, scope FROM entities WHERE org_id = $1")
            .bind(org)
            .fetch_all(&mut owner)
            .await
            .unwrap();
        let rows: Vec<(Row, String)> =
            rows.into_iter().map(|(state, scope)| (serde_json::from_str(&state).unwrap(), scope)).collect();
        check_scopes(&mut owner, org, &rows).await;
        assert_eq!(rows.len(), replayed.rows.len());
        for (row, _) in rows {
            assert_eq!(replayed.rows.get(&row.id), Some(&row), "the history gives the row");
        }
        check_texts(&mut owner, org, &replayed).await;
    }
}

/// The checksum of each scope is the sum over its rows.
async fn check_scopes(owner: &mut PgConnection, org: Uuid, rows: &[(Row, String)]) {
    let stored: Vec<(String, i64)> = sqlx::query_as("SELECT scope, checksum FROM scopes WHERE org_id = $1")
        .bind(org)
        .fetch_all(owner)
        .await
        .unwrap();
    let mut sums: BTreeMap<String, Checksum> = BTreeMap::new();
    for (row, scope) in rows {
        sums.entry(scope.clone()).or_default().add(row.id.uuid(), row.ver);
    }
    for (scope, checksum) in stored {
        let sum = sums.remove(&scope).unwrap_or_default();
        assert_eq!(sum, Checksum(Hash(checksum.cast_unsigned())), "the checksum of {scope} is the sum over its rows");
    }
    assert!(sums.is_empty(), "rows in scopes that are not there");
}

/// Whose devices the actors are.
async fn people(owner: &mut PgConnection, org: Uuid) -> BTreeMap<Actor, UserId> {
    let actors: Vec<(i64, Uuid)> =
        sqlx::query_as("SELECT actor, user_id FROM actors WHERE org_id = $1 AND user_id IS NOT NULL")
            .bind(org)
            .fetch_all(owner)
            .await
            .unwrap();
    actors.into_iter().map(|(actor, user)| (actor.try_into().unwrap(), UserId(user))).collect()
}

fn unsigned(number: i64) -> u64 {
    number.try_into().unwrap()
}

async fn history(owner: &mut PgConnection, org: Uuid) -> Vec<Line> {
    type Columns = (i64, i64, Uuid, String, i64, i64, Option<i64>, String, Option<String>);
    let columns: Vec<Columns> = sqlx::query_as(
        "SELECT actor, n, id, op::text, ctx, at, ver, result::text, inverse::text FROM mutations
         WHERE org_id = $1 ORDER BY actor, n",
    )
    .bind(org)
    .fetch_all(owner)
    .await
    .unwrap();
    let line = |(actor, n, id, op, ctx, at, ver, result, inverse): Columns| Line {
        actor: actor.try_into().unwrap(),
        n: unsigned(n),
        id: MutationId(id),
        op: serde_json::from_str(&op).unwrap(),
        ctx: unsigned(ctx),
        at,
        ver: ver.map(unsigned),
        result: serde_json::from_str(&result).unwrap(),
        inverse: inverse.map(|inverse| serde_json::from_str(&inverse).unwrap()),
    };
    columns.into_iter().map(line).collect()
}

/// Each device's mutations are 1, 2, 3… to the last that it was told of, and the hash is that of them all. Those of a
/// branch begin with what it has in common with the one that it is of.
async fn check_devices(owner: &mut PgConnection, org: Uuid, history: &[Line]) {
    type Columns = (i64, i64, i64, Option<i64>, Option<i64>);
    let actors: Vec<Columns> = sqlx::query_as(
        "SELECT actor, last_n, last_hash, succeeds, branched_at FROM actors WHERE org_id = $1 ORDER BY actor",
    )
    .bind(org)
    .fetch_all(owner)
    .await
    .unwrap();
    // Of each actor, the hash after each of its mutations. An ancestor has a lower number.
    let mut hashes: BTreeMap<i64, Vec<Hash>> = BTreeMap::new();
    for (actor, last, hash, succeeds, at) in actors {
        let mut own = vec![Hash::default()];
        if let (Some(of), Some(at)) = (succeeds, at) {
            own = hashes[&of][..=usize::try_from(at).unwrap()].to_vec();
        }
        for line in history.iter().filter(|line| i64::from(line.actor) == actor) {
            assert_eq!(line.n, own.len() as u64, "actor {actor}");
            own.push(chain(own[own.len() - 1], line.n, line.id));
        }
        assert_eq!(
            (own.len() as u64 - 1, own.last()),
            (unsigned(last), Some(&Hash(hash.cast_unsigned()))),
            "actor {actor}"
        );
        hashes.insert(actor, own);
    }
    for line in history {
        assert_eq!(line.ver.is_some(), matches!(line.result, PushResult::Accepted(_)), "a version, or a refusal");
    }
}

/// The log of each text, entry by entry, and the text that it comes to.
async fn check_texts(owner: &mut PgConnection, org: Uuid, replayed: &Replayed) {
    let columns: Vec<(Uuid, String, i64, String)> =
        sqlx::query_as("SELECT entity_id, field, ver, delta::text FROM text_changes WHERE org_id = $1 ORDER BY ver")
            .bind(org)
            .fetch_all(owner)
            .await
            .unwrap();
    let mut stored: Vec<(Version, Uuid, String, String)> = Vec::new();
    for (id, field, ver, delta) in columns {
        let delta: shared::text::Delta = serde_json::from_str(&delta).unwrap();
        stored.push((unsigned(ver), id, field, serde_json::to_string(&delta).unwrap()));
    }
    let mut expected = Vec::new();
    for ((id, field), log) in &replayed.logs {
        for change in log {
            let delta = serde_json::to_string(&change.delta).unwrap();
            expected.push((change.ver, id.uuid(), field.name().to_owned(), delta));
        }
    }
    expected.sort();
    stored.sort();
    assert_eq!(stored, expected, "the logs of the texts");
}

#[derive(Default)]
struct Replayed {
    ver: Version,
    rows: BTreeMap<EntityId, Row>,
    logs: BTreeMap<(EntityId, TextField), Vec<TextChange>>,
    prefixes: BTreeMap<ProjectId, (String, u64)>,
    inverses: BTreeMap<(Actor, Counter), (Version, Inverse)>,
}

/// What the accepted mutations come to, in their order, through the rules of merging alone.
fn replay(history: &[Line], people: &BTreeMap<Actor, UserId>) -> Replayed {
    let mut accepted: Vec<(Version, &Line)> = history.iter().filter_map(|line| Some((line.ver?, line))).collect();
    accepted.sort_by_key(|(ver, _)| *ver);
    let versions: Vec<Version> = accepted.iter().map(|(ver, _)| *ver).collect();
    assert_eq!(versions, (1..=versions.len() as u64).collect::<Vec<_>>(), "versions have neither gaps nor doubles");
    let mut replayed = Replayed { ver: versions.len() as u64, ..Replayed::default() };
    for (ver, line) in accepted {
        let stamp = Stamp { actor: line.actor, ctr: line.n, ver, ctx: line.ctx, at: line.at };
        replayed.apply(&line.op, stamp, people.get(&line.actor).copied());
        if let Some(inverse) = &line.inverse {
            replayed.inverses.insert((line.actor, line.n), (ver, inverse.clone()));
        }
    }
    replayed
}

impl Replayed {
    fn apply(&mut self, op: &Op, stamp: Stamp, maker: Option<UserId>) {
        let id = op.entity();
        let mut row = self.rows.get(&id).cloned();
        let parent_of = |task: TaskId| self.rows.get(&task.into()).and_then(|row| row.place().parent);
        let cycles = |op: &Op| merge::moves_under(op).is_some_and(|(task, up)| would_cycle(task, up, parent_of));
        let log = |field: TextField| self.logs.get(&(id, field)).map_or(&[][..], Vec::as_slice);
        let around = match op {
            Op::TextEdit(edit) => Around { log: merge::after(log(edit.field), stamp.ctx), ..Around::default() },
            Op::Undo(undo) => {
                let (ver, inverse) = &self.inverses[&(undo.actor, undo.n)];
                let stamp = Stamp { actor: undo.actor, ctr: undo.n, ver: *ver, ctx: 0, at: 0 };
                let (log, cycle) = match inverse {
                    Inverse::Text { field, .. } => (log(*field), false),
                    Inverse::Write { field, value } => (&[][..], cycles(&Op::write(id, *field, value.clone()))),
                    _ => (&[][..], false),
                };
                Around { log, cycle, undone: Some(Undone { stamp, inverse }) }
            }
            op => Around { cycle: cycles(op), ..Around::default() },
        };
        let merged = merge::apply(&mut row, op, stamp, &around).unwrap();
        let mut row = row.unwrap();
        if op.creates() {
            self.name(&mut row, stamp, maker);
        }
        if let Some(entry) = merged.text {
            self.logs.entry((id, entry.field)).or_default().push(entry.change);
        }
        self.rows.insert(id, row);
    }

    /// The prefix, the key and the maker that the server adds.
    fn name(&mut self, row: &mut Row, stamp: Stamp, maker: Option<UserId>) {
        if let EntityId::Project(id) = row.id {
            let taken = |prefix: &str| self.prefixes.values().any(|(other, _)| other == prefix);
            let prefix = prefix_for(row.text(TextField::Name).unwrap_or_default(), taken);
            row.assign(Field::Prefix, Value::Text(prefix.clone()), stamp);
            self.prefixes.insert(id, (prefix, 0));
            if let Some(maker) = maker {
                row.assign(Field::Access(maker), Value::Role(Role::Admin), stamp);
            }
        }
        if let (EntityId::SavedView(_), Some(maker)) = (row.id, maker) {
            row.assign(Field::Owner, Value::People([maker].into()), stamp);
        }
        let project = row.place().project.filter(|_| matches!(row.id, EntityId::Task(_)));
        if let Some((prefix, last)) = project.and_then(|project| self.prefixes.get_mut(&project)) {
            *last += 1;
            row.assign(Field::Key, Value::Text(format!("{prefix}-{last}")), stamp);
        }
    }
}
