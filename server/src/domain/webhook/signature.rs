//! Signatures of deliveries, as "Standard Webhooks" 1.0.0 has them: HMAC-SHA256 over id, time and body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use shared::webhook::Secret;
use uuid::Uuid;

/// Bytes of a secret.
pub const SECRET_BYTES: usize = 32;

/// How a secret is handed out.
pub fn secret(key: &[u8; SECRET_BYTES]) -> Secret {
    Secret(format!("whsec_{}", STANDARD.encode(key)))
}

/// What is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed<'a> {
    pub id: Uuid,
    /// Seconds since 1970: who verifies refuses what is too old, so that nobody sends it once more.
    pub timestamp: i64,
    pub body: &'a str,
}

/// The header `webhook-signature`: a signature for each key, the newest first.
pub fn sign<'a>(signed: &Signed<'_>, keys: impl IntoIterator<Item = &'a [u8; SECRET_BYTES]>) -> String {
    let Signed { id, timestamp, body } = signed;
    let content = format!("{id}.{timestamp}.{body}");
    let signature = |key: &[u8; SECRET_BYTES]| {
        // HMAC takes keys of any length.
        let mac = Hmac::<Sha256>::new_from_slice(key).ok()?.chain_update(&content).finalize();
        Some(format!("v1,{}", STANDARD.encode(mac.into_bytes())))
    };
    keys.into_iter().filter_map(signature).collect::<Vec<_>>().join(" ")
}
