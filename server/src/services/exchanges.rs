//! Exports and imports that are under way. Each takes memory in proportion to its file, so there are only so many at once:
//! of an organization, and on this server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use shared::ids::OrgId;

use super::{Failure, Services};
use crate::member::Member;

/// At once on this server.
const ALL: usize = 8;
/// At once of one organization.
const OF_ONE: usize = 2;

/// How many of each organization there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Exchanges(Arc<Mutex<HashMap<OrgId, usize>>>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub struct Exchange {
    all: Exchanges,
    org: OrgId,
}

impl Exchanges {
    fn begin(&self, org: OrgId) -> Result<Exchange, Failure> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, own) = (counts.values().sum::<usize>(), counts.get(&org).copied().unwrap_or_default());
        if all >= ALL || own >= OF_ONE {
            return Err(Failure::ExchangesUnderway);
        }
        counts.insert(org, own + 1);
        Ok(Exchange { all: self.clone(), org })
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let mut counts = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.org) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.org);
            }
        }
    }
}

impl Services {
    /// Begins an export or an import, if there is room for another one.
    pub fn begin_exchange(&self, member: &Member) -> Result<Exchange, Failure> {
        self.exchanges.begin(member.org())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn only_so_many_are_under_way() {
        let (exchanges, org) = (Exchanges::default(), |id| OrgId(Uuid::from_u128(id)));
        let mut own: Vec<Exchange> = (0..OF_ONE).map(|_| exchanges.begin(org(1)).unwrap()).collect();
        assert!(exchanges.begin(org(1)).is_err());
        own.pop();
        own.push(exchanges.begin(org(1)).unwrap());
        let others: Vec<_> = (2..).map_while(|id| exchanges.begin(org(id)).ok()).collect();
        assert_eq!(others.len() + own.len(), ALL);
        drop((own, others));
        assert!(exchanges.0.lock().unwrap().is_empty());
    }
}
