//! Passwords: slow to check on purpose, so never on a thread that serves others, and never more at once than there are
//! cores.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use shared::account::Password;
use tokio::sync::Semaphore;

use super::Failure;

/// OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// What the password of an unknown address is compared with, so that it takes as long as that of a known one.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$dGVybnRlcm50ZXJudGVybg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and checks passwords (Argon2id, RFC 9106).
#[derive(Debug)]
pub struct Passwords {
    permits: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { permits: Arc::new(Semaphore::new(cores)) }
    }
}

impl Passwords {
    /// The hash to store, with its salt and parameters (a PHC string).
    pub async fn hash(&self, password: Password) -> Result<String, Failure> {
        self.run(move || {
            let hash = argon2()?.hash_password(password.0.as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|_| Failure::Bug("a password could not be hashed"))
        })
        .await?
    }

    /// Whether the password is right. `None`: there is nothing to compare with, which is not to be noticed.
    pub async fn verify(&self, password: Password, stored: Option<String>) -> Result<bool, Failure> {
        self.run(move || {
            let hash = PasswordHash::new(stored.as_deref().unwrap_or(NOBODYS))
                .map_err(|_| Failure::Bug("a stored password hash cannot be read"))?;
            Ok(argon2()?.verify_password(password.0.as_bytes(), &hash).is_ok() && stored.is_some())
        })
        .await?
    }

    /// On a thread that may be slow. The permit travels with the work: who hangs up does not make room before the
    /// work is done.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| Failure::Bug("the semaphore of passwords is closed"))?;
        let task = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        task.await.map_err(|_| Failure::Bug("hashing a password panicked"))
    }
}

fn argon2() -> Result<Argon2<'static>, Failure> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None);
    let params = params.map_err(|_| Failure::Bug("Argon2 does not accept its parameters"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_recognized_and_no_other() {
        let passwords = Passwords::default();
        let password = |text: &str| Password(text.into());
        let hash = passwords.hash(password("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(password("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(password("Correct horse"), Some(hash)).await.unwrap());
        assert!(!passwords.verify(password("correct horse"), None).await.unwrap());
    }
}
