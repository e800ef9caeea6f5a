//! Stable hashes: the same on every platform and in every release, because both sides of the wire compute them.
//!
//! They guard against accidents (a forked history, a row that went missing), not against attackers; XXH3 is fast and
//! its output is fixed by its specification (Collet, xxHash 0.8).

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use crate::clock::{Counter, Version};
use crate::ids::MutationId;

/// 64 bits. In JSON a string of 16 hex digits, because JavaScript's numbers would round it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Hash(pub u64);

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(&format_args!("{self:?}"))
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return u64::deserialize(deserializer).map(Self);
        }
        let text = String::deserialize(deserializer)?;
        let valid = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let bits = valid.then(|| u64::from_str_radix(&text, 16).ok()).flatten();
        bits.map(Self).ok_or_else(|| D::Error::custom("a hash is 16 hexadecimal digits"))
    }
}

/// The hash of a device's history up to and including mutation `n`, given the hash up to `n - 1`.
///
/// It runs over the ids of the mutations, not over their content: a waiting text edit may be rebased without becoming
/// another mutation, while two forks of one history never make the same ids.
pub fn chain(previous: Hash, n: Counter, id: MutationId) -> Hash {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&previous.0.to_le_bytes());
    bytes[8..16].copy_from_slice(&n.to_le_bytes());
    bytes[16..].copy_from_slice(id.0.as_bytes());
    Hash(xxh3_64(&bytes))
}

/// What one row contributes to the [`Checksum`] of a replica.
fn row(id: Uuid, version: Version) -> u64 {
    let mut bytes = [0; 24];
    bytes[..16].copy_from_slice(id.as_bytes());
    bytes[16..].copy_from_slice(&version.to_le_bytes());
    xxh3_64(&bytes)
}

/// Sum of hash(id, version) over a set of rows; equal on device and server exactly when (but for chance) they hold
/// the same rows in the same versions. A sum, so that one changed row costs two additions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Checksum(pub Hash);

impl Checksum {
    /// Takes a row into the sum.
    pub fn add(&mut self, id: Uuid, version: Version) {
        self.0.0 = self.0.0.wrapping_add(row(id, version));
    }

    /// Takes in what another sum holds.
    pub fn join(&mut self, other: Self) {
        self.0.0 = self.0.0.wrapping_add(other.0.0);
    }

    /// Takes a row out of the sum.
    pub fn remove(&mut self, id: Uuid, version: Version) {
        self.0.0 = self.0.0.wrapping_sub(row(id, version));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hashes_never_change_between_releases() {
        let id = MutationId(Uuid::from_u128(1));
        assert_eq!(format!("{:?}", chain(Hash(0), 1, id)), PINNED_CHAIN);
        let mut sum = Checksum::default();
        sum.add(Uuid::from_u128(7), 3);
        assert_eq!(serde_json::to_string(&sum).unwrap(), PINNED_SUM);
    }

    const PINNED_CHAIN: &str = "14e6053d993588fe";
    const PINNED_SUM: &str = "\"620bad384d59e781\"";

    #[test]
    fn a_row_taken_out_leaves_no_trace() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut sum = Checksum::default();
        sum.add(a, 1);
        sum.add(b, 2);
        sum.remove(a, 1);
        let mut only_b = Checksum::default();
        only_b.add(b, 2);
        assert_eq!(sum, only_b);
        sum.remove(b, 2);
        assert_eq!(sum, Checksum::default());
    }

    #[test]
    fn a_hash_reads_back_and_refuses_what_is_none() {
        let hash = Hash(0x00ff_0000_0000_0001);
        let json = serde_json::to_string(&hash).unwrap();
        assert_eq!(json, "\"00ff000000000001\"");
        assert_eq!(serde_json::from_str::<Hash>(&json).unwrap(), hash);
        for bad in ["\"ff\"", "\"+0ff000000000001\"", "\"zzff000000000001\"", "7"] {
            assert!(serde_json::from_str::<Hash>(bad).is_err(), "{bad}");
        }
        let bytes = postcard::to_stdvec(&hash).unwrap();
        assert_eq!(postcard::from_bytes::<Hash>(&bytes).unwrap(), hash);
    }
}
