//! Refreshing a session, with detection of a stolen token (RFC 9700, §4.14.2: refresh token rotation).
//!
//! The tokens of one sign-in are a *family*, and each has a *generation*. Using the current one makes the next. Who
//! comes with an older one uses a copy: the family ends, for the thief and for the owner, who signs in again. The
//! immediately previous one gets a short grace, because two tabs may refresh at once: both get the same successor.

use shared::clock::Millis;

/// How long the previous token still gets its successor.
pub const OVERLAP: Millis = 60_000;
/// How long a session lives that nobody uses: 90 days.
pub const LIFETIME: Millis = 90 * 24 * 60 * 60 * 1_000;

/// A family of refresh tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// The generation of the one token that is good.
    pub generation: u64,
    pub rotated_at: Millis,
    pub expires_at: Millis,
    pub revoked: bool,
}

/// What a refresh comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// The family moves on to this generation.
    Rotate(u64),
    /// The family has moved on just now; the caller gets the token of this generation, as the other tab did.
    Again(u64),
    /// A copy of the token is in use: the family ends.
    Reused,
    /// The session is over, or the token is not one of its.
    Over,
}

/// Decides what a token of `generation` is good for at `now`.
pub fn refresh(family: &Family, generation: u64, now: Millis) -> Refresh {
    if family.revoked || now >= family.expires_at || generation > family.generation {
        return Refresh::Over;
    }
    match family.generation - generation {
        0 => Refresh::Rotate(family.generation + 1),
        1 if now.saturating_sub(family.rotated_at) <= OVERLAP => Refresh::Again(family.generation),
        _ => Refresh::Reused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAMILY: Family = Family { generation: 7, rotated_at: 1_000, expires_at: 1_000 + LIFETIME, revoked: false };

    #[test]
    fn the_current_token_rotates() {
        assert_eq!(refresh(&FAMILY, 7, 2_000), Refresh::Rotate(8));
    }

    #[test]
    fn the_previous_token_gets_the_same_successor_for_a_minute() {
        assert_eq!(refresh(&FAMILY, 6, 1_000 + OVERLAP), Refresh::Again(7));
        assert_eq!(refresh(&FAMILY, 6, 1_001 + OVERLAP), Refresh::Reused);
    }

    #[test]
    fn an_older_token_is_a_copy() {
        assert_eq!(refresh(&FAMILY, 5, 1_000), Refresh::Reused);
    }

    #[test]
    fn nothing_continues_a_session_that_is_over() {
        assert_eq!(refresh(&FAMILY, 7, FAMILY.expires_at), Refresh::Over);
        assert_eq!(refresh(&Family { revoked: true, ..FAMILY }, 7, 2_000), Refresh::Over);
        assert_eq!(refresh(&FAMILY, 8, 2_000), Refresh::Over);
    }
}
