//! The letters themselves: plain text, with a command and, where people reach the dock by an address, a link.

use learnware_dock::secrets::Secret;

use crate::pages;

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Confirms an address.
    Confirm,
    /// Sets a new password.
    Reset,
}

/// A code on its way.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) purpose: Purpose,
    /// Address of whoever gets it.
    pub(crate) to: String,
    pub(crate) code: Secret,
}

impl Letter {
    /// What it is about. Nothing that somebody typed is in it: strangers can have letters sent to others.
    pub(crate) fn subject(&self) -> &'static str {
        match self.purpose {
            Purpose::Confirm => "Confirm your address",
            Purpose::Reset => "Set a new password",
        }
    }

    /// Its text, for people who reach the dock at `address`.
    pub(crate) fn text(&self, address: Option<&str>) -> String {
        let dock = address.unwrap_or("URL");
        let (page, code) = (self.page(), self.code.reveal());
        let place = address.map(|address| format!(" {address}")).unwrap_or_default();
        let (said, command) = match self.purpose {
            Purpose::Confirm => (
                format!(
                    "Somebody registered at the learnware dock{place} with this address.\nConfirm that it is yours"
                ),
                format!("learnware register --dock {dock} --confirm {code}"),
            ),
            Purpose::Reset => (
                format!(
                    "Somebody asked for a new password at the learnware dock{place} for this address.\nSet it"
                ),
                format!("learnware login --dock {dock} --code {code}"),
            ),
        };
        let link = address.map(|address| format!("{address}{page}#{code}\n\nor ")).unwrap_or_default();
        format!(
            "{said} with:\n\n{link}{command}\n\n\
             The code works once, within a day. If it was not you, there is nothing to do.\n"
        )
    }

    fn page(&self) -> &'static str {
        match self.purpose {
            Purpose::Confirm => pages::CONFIRM,
            Purpose::Reset => pages::RESET,
        }
    }
}
