//! A dock, wherever it is: a folder on this machine, or a server. Commands ask here and need not know which it is.
//!
//! Lists and what administrators see are the wire's types for both; learnwares, packages and answers of searches are the
//! dock's and the engine's, so that all that prints them is one. What comes from a server is read once, in `read`.

mod administer;
mod datasets;
mod logins;
mod read;
mod server;

use std::collections::BTreeMap;

use learnware_api::{LearnwarePage, LearnwareSummary, ListRequest, WordReadings};
use learnware_dock::browse::LearnwareDetail;
use learnware_dock::deploy::{Deployed, Form};
use learnware_dock::ids::LearnwareNumber;
use learnware_dock::store::rows::{DeletedRows, ListOptions};
use learnware_dock::submit::{Submission, SubmitOutcome, SubmitRequest};
use learnware_dock::viewer::Viewer;
use learnware_dock::words::Query;
use learnware_dock::{Dock, DockError};
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::capability::classes::RelatedClass;
use learnware_engine::market::checker::CheckReport;
use learnware_engine::market::index::{Anchors, CandidateOptions, Candidates, Message};
use learnware_engine::market::redundancy::Redundancy;
use learnware_engine::market::{Explanation, Market, SearchOptions, SearchResults};
use learnware_engine::semantic::{DataType, SemanticSpecification};
use learnware_engine::specification::{IslandKey, StatisticalSpecification};
use learnware_engine::user_info::UserInfo;
use learnware_server::wire;

use crate::error::advised;
use crate::printer::Printer;
pub(crate) use administer::Change;
pub(crate) use logins::{Login, Logins, secret_for, token_is_set};
pub(crate) use server::Server;

/// Learnwares of a folder asked for at once.
const PAGE: u32 = 500;

/// A dock.
#[derive(Debug)]
pub(crate) enum Place {
    /// In a folder.
    Folder(Dock),
    /// Behind HTTP.
    Server(Box<Server>),
}

/// What is known of a learnware only where it is served.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Published {
    /// Whose it is.
    pub(crate) owner: Option<String>,
    /// How often its package was given out.
    pub(crate) downloads: u64,
    /// Why an administrator took it down.
    pub(crate) taken_down: Option<String>,
}

/// A search.
pub(crate) struct Wish {
    /// Words and fields.
    pub(crate) query: String,
    /// Words as the reference compares them.
    pub(crate) semantic: SemanticSpecification,
    /// What the user's data are like.
    pub(crate) specification: Option<StatisticalSpecification>,
    /// How it is searched.
    pub(crate) options: SearchOptions,
    /// Whether the answer tells why.
    pub(crate) explain: bool,
}

/// What a search found.
pub(crate) struct Found {
    /// Learnwares, alone and combined.
    pub(crate) results: SearchResults,
    /// How the words were read.
    pub(crate) words: WordReadings,
    /// Why, where it was asked for.
    pub(crate) explanation: Option<Explanation>,
    /// Words of the learnwares found.
    pub(crate) names: BTreeMap<LearnwareId, SemanticSpecification>,
}

/// What a search by anchors found.
pub(crate) struct ByAnchors {
    /// Who may be among the nearest, with bounds.
    pub(crate) candidates: Candidates,
    /// How the words were read.
    pub(crate) words: WordReadings,
    /// Their names.
    pub(crate) names: BTreeMap<LearnwareId, String>,
    /// Learnwares in the dock.
    pub(crate) total: usize,
}

impl Place {
    /// The folder or the address, for sentences.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Folder(dock) => dock.folder().display().to_string(),
            Self::Server(server) => server.address().to_owned(),
        }
    }

    /// The dock itself, for what is done in folders only.
    pub(crate) fn folder(&self, what: &str, instead: &str) -> anyhow::Result<&Dock> {
        match self {
            Self::Folder(dock) => Ok(dock),
            Self::Server(server) => Err(advised(
                format!("{what} works on a folder, and {} is a server", server.address()),
                instead,
            )),
        }
    }

    /// The server, for what only servers do.
    pub(crate) fn server(&self, what: &str, instead: &str) -> anyhow::Result<&Server> {
        match self {
            Self::Server(server) => Ok(server),
            Self::Folder(_) => Err(advised(format!("{what} is for a server"), instead)),
        }
    }

    /// Learnwares that match; `limit` of them where the request names no number.
    pub(crate) async fn page(&self, wanted: ListRequest, limit: usize) -> anyhow::Result<LearnwarePage> {
        match self {
            Self::Folder(dock) => Ok(wire::page(dock, &Viewer::Operator, &wanted, limit).await?),
            Self::Server(server) => server.page(wanted, limit).await,
        }
    }

    /// All learnwares: of a folder in any state, of a server those that are usable.
    pub(crate) async fn all(&self, deleted: DeletedRows) -> anyhow::Result<Vec<LearnwareSummary>> {
        let dock = match self {
            Self::Folder(dock) => dock,
            Self::Server(server) if deleted == DeletedRows::Hide => return server.all().await,
            Self::Server(_) => self.folder("--deleted", "leave it out; a server forgets what is deleted")?,
        };
        let mut options = ListOptions { limit: PAGE, deleted, ..ListOptions::default() };
        let mut learnwares = Vec::new();
        loop {
            let page = dock.list(&options).await?;
            let Some(last) = page.last() else { return Ok(learnwares) };
            options.after = Some(LearnwareNumber::from_id(&last.id)?);
            learnwares.extend(page.iter().map(wire::summary));
        }
    }

    /// Everything about one learnware.
    pub(crate) async fn show(
        &self,
        id: &LearnwareId,
    ) -> anyhow::Result<(LearnwareDetail, Option<Published>)> {
        match self {
            Self::Folder(dock) => Ok((dock.show(id).await?, None)),
            Self::Server(server) => {
                server.show(id).await.map(|(detail, published)| (detail, Some(published)))
            }
        }
    }

    /// What classes of others have to do with a learnware's classes, as the last evolution found it.
    pub(crate) async fn classes(&self, id: &LearnwareId) -> anyhow::Result<Vec<RelatedClass>> {
        match self {
            Self::Folder(dock) => Ok(dock.related_classes(&Viewer::Operator, id).await?),
            Self::Server(server) => server.classes(id).await,
        }
    }

    /// The package of a version, of the latest when none is named. From a server it comes once, and then from a cache.
    pub(crate) async fn package(
        &self,
        id: &LearnwareId,
        version: Option<u32>,
        form: Form,
        printer: &Printer,
    ) -> anyhow::Result<Deployed> {
        match self {
            Self::Folder(dock) => {
                let deployed = dock.package(id, version).await?;
                Ok(if form == Form::Data { dock.as_data(deployed).await? } else { deployed })
            }
            Self::Server(server) => server.package(id, version, form, printer).await,
        }
    }

    /// Puts a learnware in.
    pub(crate) async fn submit(
        &self,
        request: SubmitRequest,
        printer: &Printer,
    ) -> anyhow::Result<SubmitOutcome> {
        match self {
            Self::Folder(dock) => Ok(dock.submit(request).await?),
            Self::Server(server) => server.submit(request, printer).await,
        }
    }

    /// Makes the check of a submission, or waits for a server to make it. `None` when that may not be seen or takes
    /// longer than anybody waits.
    pub(crate) async fn check(&self, submission: &Submission) -> anyhow::Result<Option<CheckReport>> {
        match self {
            Self::Folder(dock) => Ok(Some(dock.check(&submission.id, Some(submission.version)).await?)),
            Self::Server(server) => server.checked(submission).await,
        }
    }

    /// Who else serves a learnware's data; servers don't tell.
    pub(crate) async fn redundancy(&self, id: &LearnwareId) -> anyhow::Result<Option<Redundancy>> {
        match self {
            Self::Folder(dock) => Ok(dock.redundancy(id).await?),
            Self::Server(_) => Ok(None),
        }
    }

    /// Deletes a learnware.
    pub(crate) async fn delete(&self, id: &LearnwareId) -> anyhow::Result<()> {
        match self {
            Self::Folder(dock) => Ok(dock.delete(id).await?),
            Self::Server(server) => server.delete(id).await,
        }
    }

    /// Finds learnwares by specification, words or both.
    pub(crate) async fn search(&self, wish: Wish) -> anyhow::Result<Found> {
        let dock = match self {
            Self::Folder(dock) => dock,
            Self::Server(server) => return server.search(wish).await,
        };
        let user =
            UserInfo { semantic: wish.semantic, statistical: wish.specification.into_iter().collect() };
        let query = Query::parse(&wish.query)?;
        let found = dock.search_explained(&Viewer::Operator, query, user, wish.options, wish.explain).await?;
        let snapshot = dock.catalog().await?;
        let words = |learnware: &learnware_engine::learnware::Learnware| {
            (learnware.id.clone(), learnware.specification.semantic.clone())
        };
        Ok(Found {
            results: found.results,
            words: wire::readings(&found.readings),
            explanation: found.explanation,
            names: snapshot.market.organizer().iter().map(words).collect(),
        })
    }

    /// The specifications of learnwares in an island.
    pub(crate) async fn specifications(
        &self,
        island: &IslandKey,
        ids: &[LearnwareId],
    ) -> anyhow::Result<BTreeMap<LearnwareId, StatisticalSpecification>> {
        match self {
            Self::Folder(dock) => {
                Ok(dock.specifications(&Viewer::Operator, island, ids).await?.into_iter().collect())
            }
            Self::Server(server) => server.specifications(island, ids).await,
        }
    }

    /// Islands with the number of their learnwares.
    pub(crate) async fn islands(&self) -> anyhow::Result<Vec<(IslandKey, usize)>> {
        match self {
            Self::Folder(dock) => Ok(dock.islands().await?),
            Self::Server(server) => server.islands().await,
        }
    }

    /// The anchors of an island.
    pub(crate) async fn anchors(&self, island: &IslandKey) -> anyhow::Result<Anchors> {
        match self {
            Self::Folder(dock) => Ok(dock.anchors(&Viewer::Operator, island).await?),
            Self::Server(server) => server.anchors(island).await,
        }
    }

    /// Learnwares that may be the nearest to data that was measured by anchors.
    pub(crate) async fn candidates(
        &self,
        message: &Message,
        query: &str,
        exclude: Vec<LearnwareId>,
        options: CandidateOptions,
    ) -> anyhow::Result<ByAnchors> {
        let dock = match self {
            Self::Folder(dock) => dock,
            Self::Server(server) => return server.candidates(message, query, &exclude, options).await,
        };
        let query = Query::parse(query)?;
        let found = dock.candidates(&Viewer::Operator, message.clone(), query, exclude, options).await?;
        let organizer = found.snapshot.market.organizer();
        let name =
            |id: &LearnwareId| Some((id.clone(), organizer.get(id)?.specification.semantic.name.clone()));
        Ok(ByAnchors {
            names: found.candidates.found.iter().filter_map(|candidate| name(&candidate.id)).collect(),
            total: organizer.len(),
            words: wire::readings(&found.readings),
            candidates: found.candidates,
        })
    }

    /// Everything that can be found for data of a kind, to be searched here. From a server the public specifications come;
    /// nothing is told to it.
    pub(crate) async fn market(&self, kind: DataType, printer: &Printer) -> anyhow::Result<Market> {
        match self {
            Self::Folder(dock) => Ok(dock.catalog().await?.market.clone()),
            Self::Server(server) => server.market(kind, printer).await,
        }
    }

    /// Finishes what goes on in the background; says what could not be kept.
    pub(crate) async fn settle(&self) -> Result<(), DockError> {
        match self {
            Self::Folder(dock) => dock.settle().await,
            Self::Server(_) => Ok(()),
        }
    }
}
