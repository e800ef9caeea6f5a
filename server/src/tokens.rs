//! Tokens: what a device shows to prove who it is.
//!
//! - The **access token** is a JWT (RFC 7519, HS256) that lives for minutes and is kept in memory.
//! - The **refresh token** is kept in a cookie that no script reads: organization, family and generation, signed with
//!   HMAC-SHA256. Since the signature follows from the rest, nothing secret is stored, and a successor can be given
//!   twice.
//! - A **socket ticket** is a JWT too, with the same key, and lives for seconds: it travels in an address. It says in
//!   another form than an access token what it says, so that neither is ever taken for the other.
//! - An **invitation** is random; only its hash is stored. So is a **personal access token**, which says what it is, so
//!   that whoever finds one in a log or a repository knows, too.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::account::AccessToken;
use shared::clock::Millis;
use shared::ids::OrgId;
use uuid::Uuid;

use crate::db::{Keys, Ticket};
use crate::member::{Claims, Member};

/// Seconds that an access token lives.
pub const ACCESS_SECONDS: u32 = 15 * 60;
/// Seconds that a socket ticket lives: as long as opening a connection may take.
pub const TICKET_SECONDS: u32 = 30;

/// Makes tokens and checks them.
pub struct Tokens {
    sign: EncodingKey,
    verify: DecodingKey,
    validation: Validation,
    refresh: Hmac<Sha256>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(…)")
    }
}

/// Why a token is not accepted, or none could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the token is not one of this server")]
    Invalid,
    #[error("the token has expired")]
    Expired,
    #[error("no token could be made")]
    Failed,
}

#[derive(Serialize, Deserialize)]
struct AccessClaims {
    #[serde(flatten)]
    claims: Claims,
    /// Seconds since 1970.
    iat: i64,
    exp: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TicketClaims {
    /// Within a field of its own, where an access token has none.
    socket: Claims,
    /// When the access ends that the ticket was given for; milliseconds since 1970.
    until: Millis,
    /// Seconds since 1970.
    exp: i64,
}

/// A refresh token whose signature is right. Whether its session goes on is another question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    org: OrgId,
    family: Uuid,
    generation: u64,
}

impl RefreshToken {
    pub fn org(&self) -> OrgId {
        self.org
    }

    pub fn family(&self) -> Uuid {
        self.family
    }

    pub fn generation(&self) -> u64 {
        self.generation
    }

    fn bytes(&self) -> [u8; SIGNED] {
        let mut bytes = [0; SIGNED];
        bytes[..16].copy_from_slice(self.org.0.as_bytes());
        bytes[16..32].copy_from_slice(self.family.as_bytes());
        bytes[32..].copy_from_slice(&self.generation.to_be_bytes());
        bytes
    }
}

/// Bytes of a refresh token before its signature.
const SIGNED: usize = 40;

impl Tokens {
    pub fn new(keys: &Keys) -> Result<Self, TokenError> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0; // the clock that signs is the clock that checks
        Ok(Self {
            sign: EncodingKey::from_secret(&keys.access),
            verify: DecodingKey::from_secret(&keys.access),
            validation,
            refresh: Hmac::new_from_slice(&keys.refresh).map_err(|_| TokenError::Failed)?,
        })
    }

    /// An access token for a member's device.
    pub(crate) fn access(&self, claims: Claims, now: Millis) -> Result<AccessToken, TokenError> {
        let iat = now / 1_000;
        let claims = AccessClaims { claims, iat, exp: iat + i64::from(ACCESS_SECONDS) };
        encode(&Header::new(Algorithm::HS256), &claims, &self.sign).map(AccessToken).map_err(|_| TokenError::Failed)
    }

    /// Who bears this access token.
    pub fn member(&self, token: &str) -> Result<Member, TokenError> {
        let AccessClaims { claims, exp, .. } = self.read(token)?;
        Ok(Member::from_claims(claims, exp.saturating_mul(1_000)))
    }

    /// A ticket for a socket of this member's device.
    pub fn socket_ticket(&self, member: &Member, now: Millis) -> Result<String, TokenError> {
        let exp = now / 1_000 + i64::from(TICKET_SECONDS);
        let claims = TicketClaims { socket: member.claims().clone(), until: member.until(), exp };
        encode(&Header::new(Algorithm::HS256), &claims, &self.sign).map_err(|_| TokenError::Failed)
    }

    /// Whose socket may be opened with this ticket.
    pub fn read_socket_ticket(&self, ticket: &str) -> Result<Member, TokenError> {
        let TicketClaims { socket, until, .. } = self.read(ticket)?;
        Ok(Member::from_claims(socket, until))
    }

    fn read<T: DeserializeOwned>(&self, token: &str) -> Result<T, TokenError> {
        let data = decode::<T>(token, &self.verify, &self.validation).map_err(|error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::ExpiredSignature => TokenError::Expired,
            _ => TokenError::Invalid,
        })?;
        Ok(data.claims)
    }

    /// The refresh token of a generation, always the same.
    pub fn refresh(&self, org: OrgId, family: Uuid, generation: u64) -> String {
        let signed = RefreshToken { org, family, generation }.bytes();
        let mut bytes = signed.to_vec();
        bytes.extend_from_slice(&self.refresh.clone().chain_update(signed).finalize().into_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a refresh token and checks its signature.
    pub fn read_refresh(&self, token: &str) -> Result<RefreshToken, TokenError> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| TokenError::Invalid)?;
        let (signed, signature) = bytes.split_first_chunk::<SIGNED>().ok_or(TokenError::Invalid)?;
        self.refresh.clone().chain_update(signed).verify_slice(signature).map_err(|_| TokenError::Invalid)?;
        let (ids, generation) = signed.split_at(32);
        let id = |bytes: &[u8]| Uuid::from_slice(bytes).map_err(|_| TokenError::Invalid);
        Ok(RefreshToken {
            org: OrgId(id(&ids[..16])?),
            family: id(&ids[16..])?,
            generation: u64::from_be_bytes(generation.try_into().map_err(|_| TokenError::Invalid)?),
        })
    }
}

/// What every personal access token begins with.
pub const API_TOKEN: &str = "tern_";

/// A new personal access token of an organization: what to hand out, and what is stored of it.
pub fn api_token(org: OrgId) -> Result<(AccessToken, Ticket), TokenError> {
    let (secret, ticket) = invitation(org)?;
    Ok((AccessToken(format!("{API_TOKEN}{secret}")), ticket))
}

/// A new invitation for an organization: the token to hand out, and what is stored of it.
pub fn invitation(org: OrgId) -> Result<(String, Ticket), TokenError> {
    let mut bytes = [0; 48];
    bytes[..16].copy_from_slice(org.0.as_bytes());
    getrandom::fill(&mut bytes[16..]).map_err(|_| TokenError::Failed)?;
    Ok((URL_SAFE_NO_PAD.encode(bytes), Ticket { org, hash: Sha256::digest(bytes).into() }))
}

/// Reads the token of an invitation. What it claims is worth nothing until the hash is found.
pub fn ticket(token: &str) -> Result<Ticket, TokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| TokenError::Invalid)?;
    let org = bytes.first_chunk::<16>().filter(|_| bytes.len() == 48).ok_or(TokenError::Invalid)?;
    Ok(Ticket { org: OrgId(Uuid::from_bytes(*org)), hash: Sha256::digest(&bytes).into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::ids::{DeviceId, UserId};

    fn tokens(key: u8) -> Tokens {
        Tokens::new(&Keys { access: [key; 32], refresh: [key; 32] }).unwrap()
    }

    fn claims() -> Claims {
        let id = Uuid::from_u128;
        Claims { user: UserId(id(1)), org: OrgId(id(2)), actor: 3, device: DeviceId(id(4)), family: id(5) }
    }

    const FAR: Millis = 4_000_000_000_000;

    #[test]
    fn an_access_token_names_its_bearer_until_it_expires() {
        let token = tokens(1).access(claims(), FAR).unwrap();
        let until = FAR + i64::from(ACCESS_SECONDS) * 1_000;
        assert_eq!(tokens(1).member(&token.0), Ok(Member::from_claims(claims(), until)));
        assert_eq!(tokens(2).member(&token.0), Err(TokenError::Invalid));
        let old = tokens(1).access(claims(), 1_000).unwrap();
        assert_eq!(tokens(1).member(&old.0), Err(TokenError::Expired));
    }

    #[test]
    fn a_socket_ticket_names_its_bearer_for_seconds_and_is_no_access_token() {
        let access = tokens(1).access(claims(), FAR).unwrap();
        let member = tokens(1).member(&access.0).unwrap();
        let ticket = tokens(1).socket_ticket(&member, FAR).unwrap();
        assert_eq!(tokens(1).read_socket_ticket(&ticket), Ok(member.clone()));
        assert_eq!(tokens(2).read_socket_ticket(&ticket), Err(TokenError::Invalid));
        let old = tokens(1).socket_ticket(&member, 1_000).unwrap();
        assert_eq!(tokens(1).read_socket_ticket(&old), Err(TokenError::Expired));
        assert_eq!(tokens(1).member(&ticket), Err(TokenError::Invalid), "a ticket from a log reads no data");
        assert_eq!(tokens(1).read_socket_ticket(&access.0), Err(TokenError::Invalid));
    }

    #[test]
    fn a_token_that_was_signed_by_nobody_is_refused() {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let body = serde_json::to_string(&AccessClaims { claims: claims(), iat: 0, exp: FAR }).unwrap();
        let unsigned = format!("{}.{}.", part(r#"{"alg":"none","typ":"JWT"}"#), part(&body));
        assert_eq!(tokens(1).member(&unsigned), Err(TokenError::Invalid));
    }

    #[test]
    fn a_refresh_token_reads_back_and_cannot_be_changed() {
        let token = tokens(1).refresh(claims().org, claims().family, 7);
        let read = tokens(1).read_refresh(&token).unwrap();
        assert_eq!((read.org(), read.family(), read.generation()), (claims().org, claims().family, 7));
        assert_eq!(tokens(2).read_refresh(&token), Err(TokenError::Invalid));
        let mut bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        bytes[39] ^= 1;
        assert_eq!(tokens(1).read_refresh(&URL_SAFE_NO_PAD.encode(&bytes)), Err(TokenError::Invalid));
        for bad in ["", "x", "AAAA", &token[1..], &token[..token.len() - 4]] {
            assert_eq!(tokens(1).read_refresh(bad), Err(TokenError::Invalid), "{bad}");
        }
    }

    #[test]
    fn an_invitation_reads_back() {
        let (token, stored) = invitation(claims().org).unwrap();
        assert_eq!(ticket(&token), Ok(stored));
        assert_eq!(ticket(&token[..20]), Err(TokenError::Invalid));
    }
}
