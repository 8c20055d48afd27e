//! One function for each route (`docs/book/reference/http.md`).

use std::collections::BTreeMap;
use std::path::Path;

use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde_json::Value;

use super::{ANSWER, Call, Client, ClientError, Load, Result, error, upload_limit};
use crate::{
    Account, AccountPatch, Address, AnchorsRequest, AuditEntry, CandidatesRequest, Challenge, Code, Dataset,
    DockInfo, Estate, Evolution, EvolutionAsked, Granted, IndexAsked, Job, Learnware, LearnwarePage, Leave,
    ListRequest, Login, Me, NewPassword, NewToken, Register, RelatedClass, Reset, SearchRequest, Session,
    SpecificationsRequest, Submitted, Takedown, Token,
};

/// What became of a submission.
#[derive(Debug, Clone, PartialEq)]
pub enum Submission {
    /// It waits for its check.
    Accepted(Submitted),
    /// The account has submitted this package before.
    Known(Submitted),
    /// It is not sound; the report says why. Nothing was stored.
    Refused(Value),
}

fn document<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain data is written as JSON")
}

impl Client {
    /// The dock that answers.
    pub async fn dock(&self) -> Result<DockInfo> {
        self.fetch(self.url(&["dock"])).await
    }

    /// A page of usable learnwares that match.
    pub async fn learnwares(&self, wanted: &ListRequest) -> Result<LearnwarePage> {
        let mut url = self.url(&["learnwares"]);
        let limit = wanted.limit.map(|limit| limit.to_string());
        let pairs = [
            ("query", Some(wanted.query.as_str()).filter(|text| !text.is_empty())),
            ("sort", wanted.sort.as_deref()),
            ("limit", limit.as_deref()),
            ("cursor", wanted.cursor.as_deref()),
            ("facets", wanted.facets.then_some("true")),
            ("specifications", wanted.specifications.then_some("true")),
            ("exclude", Some(wanted.exclude.as_str()).filter(|text| !text.is_empty())),
        ];
        for (name, value) in pairs {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        self.fetch(url).await
    }

    /// The account's own learnwares, in any state.
    pub async fn own(&self) -> Result<Vec<Learnware>> {
        self.fetch(self.url(&["me", "learnwares"])).await
    }

    /// Everything about one learnware that we may see.
    pub async fn learnware(&self, id: &str) -> Result<Learnware> {
        self.fetch(self.url(&["learnwares", id])).await
    }

    /// What classes of others have to do with a learnware's classes.
    pub async fn classes(&self, id: &str) -> Result<Vec<RelatedClass>> {
        self.fetch(self.url(&["learnwares", id, "classes"])).await
    }

    /// Deletes a learnware.
    pub async fn delete(&self, id: &str) -> Result<()> {
        self.command(Method::DELETE, &["learnwares", id], Load::Nothing).await
    }

    /// Searches; the answer is the document that `docs/book/reference/http.md` describes.
    pub async fn search(&self, wish: &SearchRequest) -> Result<Value> {
        self.exchange(&["search"], document(wish)).await
    }

    /// The anchors of an island: a file of them.
    pub async fn anchors(&self, island: Value) -> Result<Vec<u8>> {
        let call = self.posting(&["anchors"], Load::Document(document(&AnchorsRequest { island })));
        let response = self.send(&call).await?;
        self.body(response, super::DOCUMENT_BYTES_MAX).await
    }

    /// Candidates for a message, with their words.
    pub async fn candidates(&self, wish: &CandidatesRequest) -> Result<Value> {
        self.exchange(&["candidates"], document(wish)).await
    }

    /// Public specifications of learnwares in an island, by id.
    pub async fn specifications(&self, wish: &SpecificationsRequest) -> Result<BTreeMap<String, Value>> {
        self.exchange(&["specifications"], document(wish)).await
    }

    /// Sends a package: a new learnware that is seen as `visibility` says, a word and the number of an organisation, or a
    /// new version of `replaces`.
    pub async fn submit(
        &self,
        zip: &Path,
        replaces: Option<&str>,
        (seen_by, organisation): (&str, Option<i64>),
    ) -> Result<Submission> {
        let bytes = tokio::fs::metadata(zip).await.map_err(error::io("look at", zip))?.len();
        let url = if let Some(id) = replaces {
            self.url(&["learnwares", id, "versions"])
        } else {
            let mut url = self.url(&["learnwares"]);
            url.query_pairs_mut().append_pair("visibility", seen_by);
            if let Some(number) = organisation {
                url.query_pairs_mut().append_pair("organisation", &number.to_string());
            }
            url
        };
        let timeout = Some(upload_limit(bytes));
        let call = Call { method: Method::POST, url, load: Load::Package(zip, bytes), timeout };
        let response = match self.send(&call).await {
            Err(ClientError::Refused { problem, .. }) if problem.report.is_some() => {
                return Ok(Submission::Refused(problem.report.unwrap_or_default()));
            }
            sent => sent?,
        };
        let (status, url) = (response.status(), response.url().to_string());
        let body = self.body(response, super::PROBLEM_BYTES_MAX).await?;
        let submitted: Submitted = serde_json::from_slice(&body).map_err(|error| {
            let reason = format!("its answer is no document of a dock ({error})");
            ClientError::NotADock { url, status: status.as_u16(), reason }
        })?;
        let is_new = status == StatusCode::ACCEPTED;
        Ok(if is_new { Submission::Accepted(submitted) } else { Submission::Known(submitted) })
    }

    /// The data sets, by name.
    pub async fn datasets(&self) -> Result<Vec<Dataset>> {
        self.fetch(self.url(&["datasets"])).await
    }

    /// Sends a file as a data set, in place of what had that name.
    pub async fn add_dataset(&self, folder: &str, name: &str, file: &Path) -> Result<Dataset> {
        let bytes = tokio::fs::metadata(file).await.map_err(error::io("look at", file))?.len();
        let (url, timeout) = (self.url(&["datasets", folder, name]), Some(upload_limit(bytes)));
        self.ask(Call { method: Method::PUT, url, load: Load::Bytes(file, bytes), timeout }).await
    }

    /// Removes a data set.
    pub async fn remove_dataset(&self, folder: &str, name: &str) -> Result<()> {
        self.command(Method::DELETE, &["datasets", folder, name], Load::Nothing).await
    }

    /// Evolutions, last first.
    pub async fn evolutions(&self) -> Result<Vec<Evolution>> {
        self.fetch(self.url(&["admin", "evolutions"])).await
    }

    /// Asks for an evolution.
    pub async fn ask_evolution(&self) -> Result<EvolutionAsked> {
        self.exchange(&["admin", "evolutions"], Vec::new()).await
    }

    /// Asks for new indexes of the islands.
    pub async fn ask_index(&self) -> Result<IndexAsked> {
        self.exchange(&["admin", "index"], Vec::new()).await
    }

    /// Puts an earlier evolution back into use, or none.
    pub async fn use_evolution(&self, id: Option<i64>) -> Result<()> {
        match id {
            Some(id) => {
                let path = ["admin", "evolutions", &id.to_string(), "use"];
                self.command(Method::POST, &path, Load::Nothing).await
            }
            None => self.command(Method::DELETE, &["admin", "evolutions", "active"], Load::Nothing).await,
        }
    }

    /// Work to be done before registering.
    pub async fn challenge(&self) -> Result<Challenge> {
        self.exchange(&["accounts", "challenge"], Vec::new()).await
    }

    /// Registers; the code that confirms the address goes to the operator's log or by mail.
    pub async fn register(&self, wish: &Register) -> Result<()> {
        self.command(Method::POST, &["accounts"], Load::Document(document(wish))).await
    }

    /// Confirms an address.
    pub async fn confirm(&self, code: &str) -> Result<()> {
        let code = document(&Code { code: code.to_owned() });
        self.command(Method::POST, &["accounts", "confirm"], Load::Document(code)).await
    }

    /// Becomes the first administrator.
    pub async fn accept_invitation(&self, wish: &Register) -> Result<()> {
        self.command(Method::POST, &["accounts", "invitation"], Load::Document(document(wish))).await
    }

    /// Asks for a code that sets a new password. It goes to the address, or to the operator's log; whether there is such
    /// an account is not told.
    pub async fn ask_reset(&self, email: &str) -> Result<()> {
        let wish = document(&Address { email: email.to_owned() });
        self.command(Method::POST, &["accounts", "reset-code"], Load::Document(wish)).await
    }

    /// Sets a new password by a code; ends all sessions.
    pub async fn reset(&self, wish: &Reset) -> Result<()> {
        self.command(Method::POST, &["accounts", "reset"], Load::Document(document(wish))).await
    }

    /// Begins a session.
    pub async fn login(&self, login: &Login) -> Result<Granted> {
        self.exchange(&["sessions"], document(login)).await
    }

    /// Ends the session.
    pub async fn logout(&self) -> Result<()> {
        self.command(Method::DELETE, &["sessions", "current"], Load::Nothing).await
    }

    /// Who we are.
    pub async fn me(&self) -> Result<Me> {
        self.fetch(self.url(&["me"])).await
    }

    /// The account's tokens.
    pub async fn tokens(&self) -> Result<Vec<Token>> {
        self.fetch(self.url(&["tokens"])).await
    }

    /// Makes a token, whose secret is shown only now.
    pub async fn create_token(&self, wish: &NewToken) -> Result<Granted> {
        self.exchange(&["tokens"], document(wish)).await
    }

    /// Ends a token.
    pub async fn revoke_token(&self, id: i64) -> Result<()> {
        self.command(Method::DELETE, &["tokens", &id.to_string()], Load::Nothing).await
    }
}

/// Our own account.
impl Client {
    /// Sets a new password by the old one; ends all sessions.
    pub async fn change_password(&self, wish: &NewPassword) -> Result<()> {
        self.command(Method::POST, &["me", "password"], Load::Document(document(wish))).await
    }

    /// Ends the account.
    pub async fn leave(&self, wish: &Leave) -> Result<Estate> {
        let (url, load) = (self.url(&["me"]), Load::Document(document(wish)));
        self.ask(Call { method: Method::DELETE, url, load, timeout: Some(ANSWER) }).await
    }

    /// Our sessions.
    pub async fn sessions(&self) -> Result<Vec<Session>> {
        self.fetch(self.url(&["me", "sessions"])).await
    }

    /// Ends a session of ours, or all with `None`.
    pub async fn end_sessions(&self, id: Option<i64>) -> Result<()> {
        let id = id.map(|id| id.to_string());
        let place: Vec<&str> = ["me", "sessions"].into_iter().chain(id.as_deref()).collect();
        self.command(Method::DELETE, &place, Load::Nothing).await
    }
}

/// What administrators do.
impl Client {
    /// Ends an account; `learnwares` is `keep` or `delete`.
    pub async fn remove_account(&self, number: i64, learnwares: &str) -> Result<Estate> {
        let mut url = self.url(&["admin", "accounts", &number.to_string()]);
        url.query_pairs_mut().append_pair("learnwares", learnwares);
        self.ask(Call { method: Method::DELETE, url, load: Load::Nothing, timeout: Some(ANSWER) }).await
    }

    /// A page of accounts with larger numbers, by number.
    pub async fn accounts(&self, after: i64) -> Result<Vec<Account>> {
        let mut url = self.url(&["admin", "accounts"]);
        url.query_pairs_mut().append_pair("after", &after.to_string());
        self.fetch(url).await
    }

    /// Changes role or lock of an account.
    pub async fn change_account(&self, number: i64, change: &AccountPatch) -> Result<()> {
        let place = number.to_string();
        self.command(Method::PATCH, &["admin", "accounts", &place], Load::Document(document(change))).await
    }

    /// A page of jobs, newest first, with numbers below `before`.
    pub async fn jobs(&self, state: Option<&str>, before: Option<i64>) -> Result<Vec<Job>> {
        let mut url = self.url(&["admin", "jobs"]);
        let before = before.map(|before| before.to_string());
        for (name, value) in [("state", state), ("before", before.as_deref())] {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        self.fetch(url).await
    }

    /// Asks again for what a job was about.
    pub async fn retry_job(&self, id: i64) -> Result<()> {
        self.command(Method::POST, &["admin", "jobs", &id.to_string(), "retry"], Load::Nothing).await
    }

    /// Gives up a job.
    pub async fn give_up_job(&self, id: i64) -> Result<()> {
        self.command(Method::POST, &["admin", "jobs", &id.to_string(), "give-up"], Load::Nothing).await
    }

    /// Takes a learnware down for a reason, or puts it back with `None`.
    pub async fn take_down(&self, id: &str, reason: Option<&str>) -> Result<()> {
        let place = ["admin", "learnwares", id, "takedown"];
        match reason {
            Some(reason) => {
                let wish = Takedown { reason: reason.to_owned() };
                self.command(Method::POST, &place, Load::Document(document(&wish))).await
            }
            None => self.command(Method::DELETE, &place, Load::Nothing).await,
        }
    }

    /// A page of the audit log, last first, with numbers below `before`.
    pub async fn audit(&self, before: Option<i64>) -> Result<Vec<AuditEntry>> {
        let mut url = self.url(&["admin", "audit"]);
        if let Some(before) = before {
            url.query_pairs_mut().append_pair("before", &before.to_string());
        }
        self.fetch(url).await
    }
}
