//! The reference's numbers for what went wrong. The same number means different things on different routes; what this
//! server answers on which is said here, once.

/// Nobody was let in.
pub(super) const LOGIN_NEEDED: u16 = 11;
/// There is no such data set.
pub(super) const NO_DATA_SET: u16 = 12;
/// Something is missing from the request, or is not what it must be.
pub(super) const BAD_REQUEST: u16 = 21;
/// It could not be done: not offered here, not allowed, or the server failed.
pub(super) const NOT_DONE: u16 = 31;
/// A semantic or statistical specification can't be understood, or a search can't be made with it.
pub(super) const NOT_UNDERSTOOD: u16 = 41;
/// The learnware is not sound, or the upload isn't.
pub(super) const NOT_SOUND: u16 = 51;
/// A page has no rows.
pub(super) const NO_ROWS: u16 = 52;
/// Address and token do not fit together.
pub(super) const WRONG_TOKEN: u16 = 53;
/// The dock has this package already.
pub(super) const DUPLICATE: u16 = 61;
/// Somebody who is not known asks for what is not public.
pub(super) const NOT_PUBLIC: u16 = 61;
/// Somebody who is known asks for what is neither public nor theirs.
pub(super) const NOT_THEIRS: u16 = 62;

/// The numbers of a route.
#[derive(Debug, Clone, Copy)]
pub(super) struct Codes {
    /// There is no such learnware, or not any more.
    unknown: u16,
    /// It is somebody else's.
    forbidden: u16,
    /// Its check has not passed.
    not_usable: u16,
    /// What was sent makes no sense.
    senseless: u16,
}

/// Accounts and tokens.
pub(super) const ACCOUNT: Codes = Codes::new(NOT_DONE, NOT_DONE, NOT_DONE, BAD_REQUEST);
/// Submitting.
pub(super) const ADD: Codes = Codes::new(NOT_SOUND, NOT_DONE, NOT_SOUND, NOT_SOUND);
/// Another version.
pub(super) const UPDATE: Codes = Codes::new(71, NOT_DONE, NOT_SOUND, NOT_SOUND);
/// Deleting.
pub(super) const DELETE: Codes = Codes::new(51, 41, 51, BAD_REQUEST);
/// Looking at one.
pub(super) const INFO: Codes = Codes::new(41, 41, 41, 41);
/// Searching.
pub(super) const SEARCH: Codes = Codes::new(41, 61, 41, NOT_UNDERSTOOD);
/// Data sets.
pub(super) const DATASET: Codes = Codes::new(NO_DATA_SET, NO_DATA_SET, NO_DATA_SET, LOGIN_NEEDED);
/// Downloading, for somebody who is known.
pub(super) const DOWNLOAD: Codes = Codes::new(42, NOT_THEIRS, NOT_THEIRS, BAD_REQUEST);
/// Downloading, for others.
pub(super) const DOWNLOAD_UNKNOWN: Codes = Codes::new(42, NOT_PUBLIC, NOT_PUBLIC, BAD_REQUEST);

impl Codes {
    const fn new(unknown: u16, forbidden: u16, not_usable: u16, senseless: u16) -> Self {
        Self { unknown, forbidden, not_usable, senseless }
    }

    /// The number for a word of REST v1.
    pub(super) fn number(self, word: &str) -> u16 {
        match word {
            "login-needed" => LOGIN_NEEDED,
            "wrong-login" => WRONG_TOKEN,
            "unknown-dataset" | "unknown-learnware" | "unknown-version" | "bad-id" | "deleted"
            | "taken-down" => self.unknown,
            "forbidden" => self.forbidden,
            "not-usable" => self.not_usable,
            "bad-specification" | "bad-query" | "bad-name" | "bad-upload" | "bad-value" | "too-large"
            | "cut-off" => self.senseless,
            _ => NOT_DONE,
        }
    }
}
