//! `learnware merge`.

mod labels;
mod members;
mod words;

use learnware_data::specwords;
use learnware_engine::learnware::Specification;
use learnware_engine::market::merging::LOST_MAX;
use learnware_engine::specification::{self, StatisticalSpecification};
use serde_json::{Value, json};

use crate::cli::{MergeArgs, ModelArgs};
use crate::error::{Outcome, advised};
use crate::files;
use crate::learnwares::{Opened, Opener};
use crate::modelfile::{self, ModelFile};
use crate::printer::Printer;
use labels::{Measured, ShareChoice};
use members::{Kept, Members};

/// Makes one learnware of several.
pub(super) async fn run(arguments: &MergeArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let learnwares = open(arguments, printer).await?;
    let members = Members::new(&learnwares)?;
    words::require_same(&learnwares)?;
    let given = given_shares(arguments)?;
    let equal = vec![1.0 / learnwares.len() as f64; learnwares.len()];
    let (shares, measured) = match &arguments.train {
        Some(train) => {
            // As all together take them: who takes part is not known yet.
            let known = specification(&learnwares, given.as_ref().unwrap_or(&equal))?;
            let rows = labels::rows(arguments, train, &learnwares, &known, printer)?;
            let choose = || labels::measured(&members, &rows, given.as_deref(), arguments.seed);
            let measured = tokio::task::block_in_place(choose)?;
            (measured.shares.clone(), Some(measured))
        }
        None => (given.unwrap_or(equal), None),
    };
    let mut specification = specification(&learnwares, &shares)?;
    words::fill(&mut specification.semantic, arguments, &learnwares, &shares)?;
    let model = members.merged(&shares)?;
    let kept = tokio::task::block_in_place(|| members.kept(&model, &shares))?;
    match &measured {
        Some(measured) => measured.require_good(&learnwares)?,
        None => require_kept(&kept, &learnwares)?,
    }
    super::pack::require_sound(&specification, printer)?;
    let bytes =
        modelfile::package(&ModelFile::Data { format: members.format, bytes: model }, &specification)?;
    files::write(&arguments.output, &bytes)?;
    let written = Written { arguments, members: &members, shares: &shares, size: bytes.len(), specification };
    written.tell(&kept, measured.as_ref(), printer);
    Ok(Outcome::Success)
}

/// Opens the members, as data where a dock has them in that form too.
async fn open(arguments: &MergeArgs, printer: &Printer) -> anyhow::Result<Vec<Opened>> {
    let model = ModelArgs { no_code: true, ..ModelArgs::default() };
    let mut opener = Opener::new(&arguments.dock, &model, printer);
    let mut learnwares: Vec<Opened> = Vec::with_capacity(arguments.learnwares.len());
    for name in &arguments.learnwares {
        let learnware = opener.open(name, None).await?;
        if learnwares.iter().any(|other| other.id == learnware.id) {
            let hint = "name each once; --shares says how much each counts";
            return Err(advised(format!("learnware {} is named twice", learnware.id), hint));
        }
        learnwares.push(learnware);
    }
    Ok(learnwares)
}

/// The shares that a person gives, with sum one.
fn given_shares(arguments: &MergeArgs) -> anyhow::Result<Option<Vec<f64>>> {
    let (shares, count) = (&arguments.shares, arguments.learnwares.len());
    if shares.is_empty() {
        return Ok(None);
    }
    let total: f64 = shares.iter().sum();
    if shares.len() != count
        || !total.is_normal()
        || shares.iter().any(|share| share.is_nan() || *share < 0.0)
    {
        return Err(advised(
            format!("there are {count} learnwares, and the shares are {shares:?}"),
            "give one number from 0 on for each learnware, in the same order, e.g. --shares 0.7,0.3",
        ));
    }
    if shares.iter().filter(|share| **share > 0.0).count() < 2 {
        return Err(advised("only one learnware has a share", "use that one alone: learnware run ID"));
    }
    Ok(Some(shares.iter().map(|share| share / total).collect()))
}

/// What a learnware of these is for and of which data, by their shares; name, description and licence are not filled in.
fn specification(learnwares: &[Opened], shares: &[f64]) -> anyhow::Result<Specification> {
    Ok(Specification {
        semantic: words::semantic(learnwares, shares),
        statistical: statistical(learnwares, shares)?,
    })
}

/// The members' specifications together: of each kind that all of them have.
fn statistical(learnwares: &[Opened], shares: &[f64]) -> anyhow::Result<Vec<StatisticalSpecification>> {
    let mut together = Vec::new();
    for own in &learnwares[0].specification.statistical {
        let same = |learnware: &Opened| {
            let kinds = learnware.specification.statistical.iter();
            let mut kinds = kinds.filter(|other| other.island() == own.island());
            kinds.find(|other| other.type_name() == own.type_name()).cloned()
        };
        let all: Option<Vec<StatisticalSpecification>> = learnwares.iter().map(same).collect();
        if let Some(all) = all {
            let shared: Vec<_> = all.iter().zip(shares.iter().copied()).collect();
            together.push(specification::union(&shared)?);
        }
    }
    if together.is_empty() {
        return Err(advised(
            "the learnwares have no specifications of one kind and dimension",
            "merge learnwares that take the same inputs",
        ));
    }
    Ok(together)
}

/// Without labels the merged model has to keep to what its members say.
fn require_kept(kept: &[Kept], learnwares: &[Opened]) -> anyhow::Result<()> {
    let team = team(learnwares);
    if kept.is_empty() {
        return Err(advised(
            "whether the merged model answers as its members do can't be told: their specifications hold no inputs of a \
             model",
            format!("measure it on labelled rows: --train FILE --labels COLUMN; or {team}"),
        ));
    }
    let hint = format!(
        "networks can be averaged only where they were trained on from a common start; {team}; or let labelled rows \
         decide: --train FILE --labels COLUMN"
    );
    if let Some(unknown) = kept.iter().find(|kept| kept.agreement.is_none()) {
        let id = &unknown.id;
        let reason =
            format!("the merged model can't be compared with its members on the specification of {id}");
        return Err(advised(format!("{reason}: they answer a constant there, and it another one"), hint));
    }
    match members::worst(kept) {
        Some((id, lost)) if lost > LOST_MAX => Err(advised(
            format!(
                "the merged model does not answer as its members do: on the specification of {id} it is off by {lost:.3} of \
                 what a constant answer is off by, and {LOST_MAX} is allowed"
            ),
            hint,
        )),
        _ => Ok(()),
    }
}

/// The advice to use the members together.
fn team(learnwares: &[Opened]) -> String {
    let ids: Vec<String> = learnwares.iter().map(|learnware| learnware.id.to_string()).collect();
    format!("use them as a team: learnware reuse --learnwares {} --method average", ids.join(","))
}

/// What was written.
struct Written<'a> {
    arguments: &'a MergeArgs,
    members: &'a Members<'a>,
    shares: &'a [f64],
    size: usize,
    specification: Specification,
}

impl Written<'_> {
    fn tell(&self, kept: &[Kept], measured: Option<&Measured>, printer: &Printer) {
        let (output, format) = (self.arguments.output.display(), self.members.format.word());
        let Specification { semantic, statistical } = &self.specification;
        let learnwares = self.members.learnwares;
        printer.result("merge", self.document(kept, measured), |printer| {
            let task = semantic.single_task().map_or("no task", |task| task.word());
            printer.line(format!("{} ({format}, {task})", semantic.name));
            let share = |(learnware, share): (&Opened, &f64)| format!("{} {:.0} %", learnware.id, 100.0 * share);
            let shares: Vec<String> = learnwares.iter().zip(self.shares).map(share).collect();
            printer.line(format!("members        {}", shares.join(", ")));
            if let Some((id, lost)) = members::worst(kept) {
                printer.line(format!(
                    "agreement      off by {lost:.4} of what a constant answer is off by, at most (on the specification \
                     of {id}); {LOST_MAX} is allowed without labels"
                ));
            }
            if let Some(measured) = measured {
                measured.print(learnwares, printer);
            }
            for kind in statistical {
                printer.line(format!("specification  {}", specwords::sentence(kind)));
            }
            printer.line(format!("written        {output} ({} bytes)", self.size));
            printer.note(format!("Next: learnware submit {output}"));
        });
    }

    fn document(&self, kept: &[Kept], measured: Option<&Measured>) -> Value {
        let Specification { semantic, statistical } = &self.specification;
        let member = |(learnware, share): (&Opened, &f64)| {
            let kept = kept.iter().find(|kept| kept.id == learnware.id).and_then(|kept| kept.agreement);
            json!({
                "id": learnware.id,
                "name": learnware.specification.semantic.name,
                "share": share,
                "agreement": kept,
                "lost": kept.map(|kept| kept.lost()),
            })
        };
        let members = self.members.learnwares.iter().zip(self.shares).map(member);
        let choice = measured.map_or(ShareChoice::without_labels(self.arguments), |measured| measured.choice);
        json!({
            "file": self.arguments.output.display().to_string(),
            "bytes": self.size,
            "format": self.members.format.word(),
            "members": members.collect::<Vec<Value>>(),
            "shares_by": choice,
            "lost": members::worst(kept).map(|(_, lost)| lost),
            "lost_max": LOST_MAX,
            "measured": measured.map(|measured| measured.document(self.members.learnwares)),
            "semantic_specification": semantic.to_json(),
            "specifications": statistical.iter().map(specwords::facts).collect::<Vec<_>>(),
            "points": statistical[0].rkme().points().rows(),
        })
    }
}
