//! `learnware measure`.

use anyhow::Context as _;
use learnware_engine::market::index::Anchors;
use serde_json::json;

use crate::cli::MeasureArgs;
use crate::datafile;
use crate::embedders;
use crate::error::Outcome;
use crate::files;
use crate::measuring::{self, Brought};
use crate::printer::Printer;
use crate::specfile;

/// Measures data by anchors.
pub(super) fn run(arguments: &MeasureArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let place = || arguments.anchors.display().to_string();
    let bytes = std::fs::read(&arguments.anchors).with_context(place)?;
    let anchors = Anchors::from_bytes(&bytes).with_context(place)?;
    let embedders = embedders::open(&arguments.embedder)?;
    let options = datafile::options(&arguments.table, &arguments.kind);
    let maker = specfile::maker(options, &arguments.columns, &embedders, printer);
    let brought = Brought::read(&arguments.data.path(), &maker)?;
    let noise = arguments.noise.noise();
    let message = brought.measure(&anchors, noise)?.message;
    let text = serde_json::to_string(&message).context("a message is plain data")?;
    files::write(&arguments.output, text.as_bytes())?;
    let mut document = measuring::to_json(&message);
    document["file"] = json!(arguments.output.display().to_string());
    document["bytes"] = json!(text.len());
    document["measured"] = json!(brought.words(noise));
    document["island"] = json!(message.island);
    printer.result("measure", document, |printer| {
        printer.line(format!("measured: {} by the anchors of {}", brought.words(noise), message.island));
        printer.line(format!("the message: {}", measuring::sentence(&message)));
        printer.line(format!("written: {} ({} bytes)", arguments.output.display(), text.len()));
        printer.note(format!("Next: learnware search --message {}", arguments.output.display()));
    });
    Ok(Outcome::Success)
}
