//! Where a service is, as a URL that may hold a password and never shows it.

use std::fmt;

/// A URL such as `postgres://user:password@host/database`. Printing it leaves out user, password and
/// parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// Keeps a URL as it is.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The URL with everything in it: for those who connect, not for people.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether the URL has one of these schemes.
    pub fn has_scheme(&self, schemes: &[&str]) -> bool {
        self.0.split_once("://").is_some_and(|(scheme, rest)| schemes.contains(&scheme) && !rest.is_empty())
    }
}

impl From<&str> for Address {
    fn from(url: &str) -> Self {
        Self::new(url)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((scheme, rest)) = self.0.split_once("://") else {
            // A bare word holds no password; anything longer may.
            let plain =
                self.0.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
            return f.write_str(if plain { &self.0 } else { "..." });
        };
        let (before, parameters) = rest.split_once(['?', '#']).unwrap_or((rest, ""));
        // A password that was not written as URLs want it may hold any character: then nothing is shown.
        let shown = match before.rsplit_once('@') {
            _ if parameters.contains('@') => "...",
            Some((user, _)) if user.contains('/') => "...",
            Some((_, place)) => place,
            None => before,
        };
        write!(f, "{scheme}://{shown}")
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_ever_shown() {
        for (url, shown) in [
            ("postgres://ann:secret@db.example:5433/dock", "postgres://db.example:5433/dock"),
            ("postgres://db/dock?user=ann&password=secret", "postgres://db/dock"),
            ("postgres://ann:se@cret@db/dock", "postgres://db/dock"),
            ("postgres://ann:sec/ret@db/dock", "postgres://..."),
            ("postgres://ann:sec?ret@db/dock", "postgres://..."),
            ("postgres://ann:sec#ret@db/dock", "postgres://..."),
            ("s3://bucket/some/prefix", "s3://bucket/some/prefix"),
            ("host=db password=secret", "..."),
            ("many", "many"),
        ] {
            let address = Address::new(url);
            assert_eq!(address.to_string(), shown);
            assert!(!format!("{address:?} {address}").contains("ret"), "{url}");
            assert_eq!(address.reveal(), url);
        }
    }
}
