//! A dock behind HTTP. Only specifications and words go there; packages come once and are kept by their digest.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use learnware_api::client::{self, Client};
use learnware_api::{
    CandidatesRequest, LearnwarePage, LearnwareSummary, ListRequest, SPECIFICATIONS_MAX, SearchRequest,
    SpecificationsRequest,
};
use learnware_dock::browse::LearnwareDetail;
use learnware_dock::deploy::{Deployed, Form};
use learnware_dock::jobs::JobState;
use learnware_dock::submit::{PackageSource, Submission, SubmitOutcome, SubmitRequest};
use learnware_engine::hetero::columns_of;
use learnware_engine::learnware::{CheckStatus, LearnwareId};
use learnware_engine::market::capability::classes::RelatedClass;
use learnware_engine::market::checker::CheckReport;
use learnware_engine::market::index::{Anchors, CandidateOptions, Message};
use learnware_engine::market::{KernelChoice, Market, MixtureMethod, Ranking, SearchOptions};
use learnware_engine::semantic::{DataType, SemanticSpecification};
use learnware_engine::specification::{IslandKey, StatisticalSpecification, codec};
use learnware_package::Package;
use serde_json::json;

use super::{ByAnchors, Found, Published, Wish, read};
use crate::error::advised;
use crate::printer::Printer;
use crate::target;

/// Learnwares whose specifications are fetched at most: some hundred megabytes.
const MARKET_MAX: usize = 2000;
/// Pauses between looks at a check that a server makes: first, and at most.
const LOOK: Duration = Duration::from_millis(250);
const LOOK_MAX: Duration = Duration::from_secs(3);
/// How long anybody waits for a check; it goes on without us.
const CHECK_WAIT: Duration = Duration::from_mins(30);

/// A server, and what lets us in.
#[derive(Debug)]
pub(crate) struct Server {
    pub(super) client: Client,
}

impl Server {
    /// The server that a client calls.
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// What calls it.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Its address.
    pub(crate) fn address(&self) -> &str {
        self.client.address()
    }

    /// Goes through pages until so many are there as are wanted.
    pub(super) async fn page(&self, mut wanted: ListRequest, limit: usize) -> anyhow::Result<LearnwarePage> {
        let limit = wanted.limit.unwrap_or(limit);
        wanted.limit = Some(limit);
        let mut whole = self.client.learnwares(&wanted).await?;
        wanted.facets = false;
        while whole.learnwares.len() < limit {
            let Some(cursor) = whole.next_cursor.take() else { break };
            wanted.cursor = Some(cursor);
            wanted.limit = Some(limit - whole.learnwares.len());
            let next = self.client.learnwares(&wanted).await?;
            if next.learnwares.is_empty() {
                break;
            }
            whole.learnwares.extend(next.learnwares);
            whole.next_cursor = next.next_cursor;
        }
        Ok(whole)
    }

    pub(super) async fn all(&self) -> anyhow::Result<Vec<LearnwareSummary>> {
        let wanted = ListRequest { sort: Some("id".into()), ..ListRequest::default() };
        Ok(self.page(wanted, usize::MAX).await?.learnwares)
    }

    /// The account's own learnwares, in any state.
    pub(crate) async fn own(&self) -> anyhow::Result<Vec<LearnwareDetail>> {
        let own = self.client.own().await?;
        own.into_iter().map(|one| read::learnware(one).map(|(detail, _)| detail)).collect()
    }

    pub(super) async fn show(&self, id: &LearnwareId) -> anyhow::Result<(LearnwareDetail, Published)> {
        read::learnware(self.client.learnware(&id.0).await?)
    }

    pub(super) async fn classes(&self, id: &LearnwareId) -> anyhow::Result<Vec<RelatedClass>> {
        let classes = self.client.classes(&id.0).await?;
        Ok(classes.into_iter().map(read::related_class).collect())
    }

    pub(super) async fn delete(&self, id: &LearnwareId) -> anyhow::Result<()> {
        Ok(self.client.delete(&id.0).await?)
    }

    pub(super) async fn package(
        &self,
        id: &LearnwareId,
        version: Option<u32>,
        form: Form,
        printer: &Printer,
    ) -> anyhow::Result<Deployed> {
        let (detail, _) = self.show(id).await?;
        let wanted = version.unwrap_or(detail.latest_version);
        let found = detail.versions.into_iter().find(|one| one.version == wanted);
        let found = found.ok_or_else(|| {
            let message = format!("{} shows no version {wanted} of learnware {}", self.address(), detail.id);
            advised(message, "`learnware show ID` lists the versions that you may see")
        })?;
        let form = if found.format.has_code() { form } else { Form::Submitted };
        let digest = match form {
            Form::Submitted => found.digest,
            Form::Data => read::digest_as_data(&detail.id, found.data.as_ref())?,
        };
        let folder = target::cache_folder()?.join("packages");
        let path = folder.join(format!("{digest}.zip"));
        let is_found = |package: &Package| package.digest().is_ok_and(|found| found == digest.as_str());
        let kept = Package::open(&path).ok().filter(is_found);
        let package = if let Some(package) = kept {
            package
        } else {
            self.fetch(&detail.id, wanted, form, &path, printer).await?;
            let package = Package::open(&path).with_context(|| format!("learnware {}", detail.id))?;
            if !is_found(&package) {
                let message = format!("learnware {} changed while it was fetched", detail.id);
                return Err(advised(message, "try again"));
            }
            package
        };
        Ok(Deployed {
            id: detail.id,
            version: wanted,
            status: found.status,
            digest,
            path,
            specification: found.specification,
            package,
        })
    }

    /// Fetches a package beside its place in the cache and moves it there whole.
    async fn fetch(
        &self,
        id: &LearnwareId,
        version: u32,
        form: Form,
        path: &Path,
        printer: &Printer,
    ) -> anyhow::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let coming = tempfile::Builder::new().prefix("in-").tempfile_in(folder);
        let coming = coming.with_context(|| format!("cannot write into {}", folder.display()))?;
        let progress = printer.progress(&format!("fetching {id}"), None);
        let as_data = form == Form::Data;
        let came = self.client.download(&id.0, Some(version), as_data, coming.path(), |bytes, size| {
            let of = size.map_or_else(String::new, |size| format!(" of {}", megabytes(size)));
            progress.set_message(format!("fetching {id}: {}{of}", megabytes(bytes)));
        });
        let came = came.await;
        progress.finish_and_clear();
        came?;
        coming.persist(path).with_context(|| format!("cannot keep {}", path.display()))?;
        Ok(())
    }

    pub(super) async fn submit(
        &self,
        request: SubmitRequest,
        printer: &Printer,
    ) -> anyhow::Result<SubmitOutcome> {
        let PackageSource::File(path) = &request.package else {
            return Err(advised("the package is not in a file", "write it into one first"));
        };
        let (zip, _rewritten) = with_words(path, request.semantic.as_ref())?;
        let replaces = request.replaces.as_ref().map(|id| id.0.as_str());
        let visibility = request.audience.visibility;
        let visibility = (visibility.word(), visibility.organisation().map(|organisation| organisation.0));
        let progress = printer.progress("sending", None);
        let sent = self.client.submit(&zip, replaces, visibility).await;
        progress.finish_and_clear();
        Ok(match sent? {
            client::Submission::Accepted(submitted) => SubmitOutcome::Accepted(read::submission(submitted)?),
            client::Submission::Known(submitted) => SubmitOutcome::Duplicate(read::submission(submitted)?),
            client::Submission::Refused(report) => SubmitOutcome::Refused(read::report(report)?),
        })
    }

    /// Waits until the server has made a check. `None` when we may not see it or waited long enough.
    pub(super) async fn checked(&self, submission: &Submission) -> anyhow::Result<Option<CheckReport>> {
        let (begun, mut pause) = (Instant::now(), LOOK);
        while begun.elapsed() < CHECK_WAIT {
            let detail = match self.client.learnware(&submission.id.0).await {
                Ok(answer) => read::learnware(answer)?.0,
                // A token without the scope `read` sees what everybody sees.
                Err(refused) if refused.code() == Some("not-usable") => return Ok(None),
                Err(failure) => return Err(failure.into()),
            };
            let found = detail.versions.into_iter().find(|one| one.version == submission.version);
            let Some(found) = found else { return Ok(None) };
            if found.check.is_some_and(|check| check.state == JobState::Dead) {
                return Err(advised(
                    format!("the server could not make the check of learnware {}", submission.id),
                    "tell its operator: `learnware admin jobs --state dead` says why, --retry asks for it again",
                ));
            }
            match (found.status, found.report) {
                (CheckStatus::Usable | CheckStatus::NonUsable | CheckStatus::Invalid, Some(report)) => {
                    return Ok(Some(report));
                }
                _ => tokio::time::sleep(pause).await,
            }
            pause = (pause * 2).min(LOOK_MAX);
        }
        Ok(None)
    }

    pub(super) async fn search(&self, wish: Wish) -> anyhow::Result<Found> {
        let options = &wish.options;
        let request = SearchRequest {
            statistical: wish.specification.iter().map(codec::to_json).collect(),
            query: wish.query,
            limit: Some(options.single_max),
            max_learnwares: Some(options.max_learnwares),
            mixture: Some(mixture_word(options).to_owned()),
            kernel: Some(kernel_word(options).to_owned()),
            world: options.world,
            parts: options.parts,
            columns: wish.semantic.input.as_ref().and_then(columns_of).unwrap_or_default(),
            ranking: Some(ranking_word(options).to_owned()),
            exclude: options.exclude.iter().map(|id| id.0.clone()).collect(),
            explain: wish.explain,
        };
        read::found(self.client.search(&request).await?)
    }

    pub(super) async fn specifications(
        &self,
        island: &IslandKey,
        ids: &[LearnwareId],
    ) -> anyhow::Result<BTreeMap<LearnwareId, StatisticalSpecification>> {
        let mut found = BTreeMap::new();
        for ids in ids.chunks(SPECIFICATIONS_MAX) {
            let ids = ids.iter().map(|id| id.0.clone()).collect();
            let wish = SpecificationsRequest { island: json!(island), ids };
            for (id, specification) in self.client.specifications(&wish).await? {
                found.insert(LearnwareId(id), read::statistical(&specification)?);
            }
        }
        Ok(found)
    }

    pub(super) async fn islands(&self) -> anyhow::Result<Vec<(IslandKey, usize)>> {
        let islands = self.client.dock().await?.islands.into_iter();
        islands.map(|island| Ok((read::island(island.island)?, island.learnwares))).collect()
    }

    pub(super) async fn anchors(&self, island: &IslandKey) -> anyhow::Result<Anchors> {
        let bytes = self.client.anchors(json!(island)).await?;
        Anchors::from_bytes(&bytes).with_context(|| format!("the anchors of {}", self.address()))
    }

    pub(super) async fn candidates(
        &self,
        message: &Message,
        query: &str,
        exclude: &[LearnwareId],
        options: CandidateOptions,
    ) -> anyhow::Result<ByAnchors> {
        let wish = CandidatesRequest {
            message: json!(message),
            query: query.to_owned(),
            limit: Some(options.count),
            exclude: exclude.iter().map(|id| id.0.clone()).collect(),
        };
        read::by_anchors(self.client.candidates(&wish).await?)
    }

    pub(super) async fn market(&self, kind: DataType, printer: &Printer) -> anyhow::Result<Market> {
        let progress = printer.progress("fetching specifications", None);
        let wanted = ListRequest {
            query: format!("data:{}", kind.word()),
            sort: Some("id".into()),
            specifications: true,
            ..ListRequest::default()
        };
        let page = self.page(wanted, MARKET_MAX).await;
        progress.finish_and_clear();
        let page = page?;
        if page.next_cursor.is_some() {
            printer.warning(format!(
                "{} has {} learnwares for such data; the first {MARKET_MAX} are looked at. `learnware search --spec` \
                 looks at all of them",
                self.address(),
                page.total
            ));
        }
        let learnwares: anyhow::Result<Vec<_>> = page.learnwares.into_iter().map(read::listed).collect();
        Ok(Market::from_learnwares(learnwares?))
    }
}

/// The package to send: rewritten with other words where some are given. The folder of a rewritten one is gone when it is
/// dropped.
fn with_words(
    path: &Path,
    semantic: Option<&SemanticSpecification>,
) -> anyhow::Result<(PathBuf, Option<tempfile::TempDir>)> {
    let Some(semantic) = semantic else { return Ok((path.to_owned(), None)) };
    let package =
        Package::open(path).with_context(|| format!("{} is not a sound package", path.display()))?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let rewritten = folder.path().join("package.zip");
    let id = package.manifest().id.clone().unwrap_or_else(|| "new".to_owned());
    std::fs::write(&rewritten, package.repack(&LearnwareId(id), semantic)?)
        .with_context(|| format!("cannot write {}", rewritten.display()))?;
    Ok((rewritten, Some(folder)))
}

fn mixture_word(options: &SearchOptions) -> &'static str {
    match options.mixture {
        MixtureMethod::Greedy => "greedy",
        MixtureMethod::Nearest => "nearest",
        MixtureMethod::Auto => "auto",
        MixtureMethod::None => "none",
    }
}

fn ranking_word(options: &SearchOptions) -> &'static str {
    match options.ranking {
        Ranking::Capability => "capability",
        Ranking::Distance => "distance",
    }
}

fn kernel_word(options: &SearchOptions) -> &'static str {
    match options.kernel {
        KernelChoice::Island => "island",
        KernelChoice::Reference => "reference",
    }
}

pub(super) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
