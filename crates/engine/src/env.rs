//! The world as the engine needs it: time, identities and chance, given from outside.

use shared::clock::Millis;
use uuid::Uuid;

/// A source of time, ids and randomness.
pub trait Env {
    /// Milliseconds since the Unix epoch, by the device's clock. May jump; nothing but timers and the order of
    /// concurrent writes depends on it.
    fn now(&mut self) -> Millis;

    /// A new `UUIDv7`.
    fn new_id(&mut self) -> Uuid;

    /// A number in [0, 1), for jitter.
    fn random(&mut self) -> f64;
}
