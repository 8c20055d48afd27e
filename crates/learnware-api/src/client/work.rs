//! The work that a server wants before a registration.

use sha2::{Digest as _, Sha256};

use super::error::{ClientError, Result};
use crate::Challenge;

/// Zero bits that are worked for at most: seconds of a fast machine.
pub const BITS_MAX: u32 = 24;

/// Finds a `nonce` so that SHA-256 of `challenge:nonce` begins with enough zero bits. Blocks for the time of the work.
///
/// # Errors
/// [`ClientError::TooMuchWork`] when more than [`BITS_MAX`] are wanted.
pub fn nonce(challenge: &Challenge) -> Result<String> {
    let bits = challenge.bits;
    let fits = |nonce: &String| {
        let hash = Sha256::digest(format!("{}:{nonce}", challenge.challenge));
        u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]).leading_zeros() >= bits
    };
    let tried = (0..u64::MAX).map(|number| number.to_string());
    let found = if bits <= BITS_MAX { tried.into_iter().find(fits) } else { None };
    found.ok_or(ClientError::TooMuchWork { bits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_shows_and_too_much_of_it_is_refused() {
        let challenge = |bits| Challenge { challenge: "lwd_example".into(), bits };
        let nonce_found = nonce(&challenge(12)).unwrap();
        let hash = Sha256::digest(format!("lwd_example:{nonce_found}"));
        assert!(hash[0] == 0 && hash[1] < 16, "{nonce_found}");
        assert!(matches!(nonce(&challenge(25)), Err(ClientError::TooMuchWork { bits: 25 })));
    }
}
