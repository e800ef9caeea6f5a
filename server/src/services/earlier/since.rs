//! Which versions a time stands for.

use shared::clock::Version;

use super::super::{Failure, now};
use crate::db::OrgTx;
use crate::domain::earlier::{Asked, InvalidChange, Moment};

/// What a client has by the time that it names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Since {
    /// It has seen everything up to here.
    pub(super) seen: Version,
    /// What is to be given to it begins after this: not later than what it has seen, for in what it has cut off there may have
    /// been more.
    pub(super) from: Version,
    /// A page that is not the last one must reach beyond this, so that the next one begins elsewhere.
    pub(super) beyond: Moment,
}

const NOTHING: Since = Since { seen: 0, from: 0, beyond: Moment::FIRST };

/// What a client has that names a time, or none.
pub(super) async fn since(tx: &mut OrgTx, named: Option<&str>) -> Result<Since, Failure> {
    let Some(named) = named else { return Ok(NOTHING) };
    let expected = "the time that the last answer gave, such as \"2026-03-01T09:00:00.000001Z\", or null";
    let at = Moment::read(named).ok_or(InvalidChange::Value { name: "lastSyncTimestamp", expected })?;
    match at.asked() {
        Asked::Exact => {
            if let Some((ver, _)) = tx.version_at(at).await?.filter(|(_, found)| *found == at) {
                return Ok(Since { seen: ver, from: ver, beyond: Moment::FIRST });
            }
        }
        Asked::Cut(first, last) => {
            let after = version(tx, last).await?;
            let before = version(tx, Moment(first.0.saturating_sub(1))).await?;
            if after > before {
                return Ok(Since { seen: after, from: before, beyond: last });
            }
        }
        Asked::Foreign(..) | Asked::Future => {}
    }
    match at.foreign(now()) {
        Asked::Foreign(until, beyond) => {
            let ver = version(tx, until).await?;
            Ok(Since { seen: ver, from: ver, beyond })
        }
        _ => Ok(NOTHING),
    }
}

async fn version(tx: &mut OrgTx, at: Moment) -> Result<Version, Failure> {
    Ok(tx.version_at(at).await?.map_or(0, |(ver, _)| ver))
}
