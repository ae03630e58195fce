//! `fishrig model import`: a checkpoint or an ONNX network into a bundle.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::ValueEnum;
use serde_json::json;

use crate::cli::{Outcome, parse_size, say};
use crate::convert::import::{OutputKind, Statements};
use crate::convert::{ImportOptions, Imported, import};
use crate::frame::Size;
use crate::network::{Quantization, ValueRange};

/// Make a bundle of a PyTorch checkpoint or an ONNX network
///
/// A checkpoint is that of an FPN on SE-ResNeXt, as the published fish trait network, or of its encoder alone. An ONNX network is any
/// segmentation network with one output channel for each trait. What a file does not say may also stand in a TOML file of the same name
/// beside it; docs/import.md tells all.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ImportArgs {
    /// The checkpoint (.pth) or ONNX network (.onnx); its content decides, not its name.
    file: PathBuf,
    /// The bundle's folder; models/ and the file's name without its ending by default.
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// The bundle's name; the folder's by default.
    #[arg(long)]
    name: Option<String>,
    /// Input size, columns x rows; 800x320 for a checkpoint, the file's own for ONNX.
    #[arg(long, value_name = "WxH", value_parser = parse_size)]
    size: Option<Size>,
    /// Traits of the output channels in their order, for example head,eye,trunk.
    #[arg(long, value_delimiter = ',', value_name = "TRAITS")]
    classes: Option<Vec<String>>,
    /// Traits among them that the network never learnt.
    #[arg(long, value_delimiter = ',', value_name = "TRAITS")]
    untrained: Option<Vec<String>>,
    /// Subtracted from red, green and blue, for example 0.485,0.456,0.406.
    #[arg(long, value_delimiter = ',', value_name = "R,G,B")]
    mean: Option<Vec<f64>>,
    /// Divisor of red, green and blue after that, for example 0.229,0.224,0.225.
    #[arg(long, value_delimiter = ',', value_name = "R,G,B")]
    std: Option<Vec<f64>>,
    /// How bytes become numbers before that.
    #[arg(long)]
    range: Option<RangeChoice>,
    /// What an ONNX network's output is, where its last operator does not tell.
    #[arg(long = "output-kind", value_name = "KIND")]
    output_kind: Option<OutputChoice>,
    /// Seed of the untrained decoder that an encoder alone gets.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// One sentence on what the network is.
    #[arg(long)]
    description: Option<String>,
    /// Terms of the weights, as their maker states them.
    #[arg(long)]
    licence: Option<String>,
    /// Replace a bundle that is there already.
    #[arg(long)]
    replace: bool,
    /// Write JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RangeChoice {
    /// Byte / 255.
    Unit,
    /// Byte / 255 where some byte is above 1, as segmentation_models_pytorch does.
    UnitIfAboveOne,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OutputChoice {
    /// From 0 to 1.
    Probabilities,
    /// Any number; a Sigmoid is added.
    Logits,
}

pub(super) fn run(args: ImportArgs) -> anyhow::Result<Outcome> {
    let folder = match &args.output {
        Some(folder) => folder.clone(),
        None => default_folder(&args.file)?,
    };
    let json = args.json;
    let file = args.file.clone();
    let options = options(args)?;
    let imported = import(&file, &folder, &options, &mut |step| say(&format!("{step} …")))?;
    let mut out = std::io::stdout().lock();
    if json {
        let all = json!({
            "folder": imported.folder,
            "form": imported.form,
            "tensors": imported.tensors,
            "parameters": imported.parameters,
            "macs": imported.macs,
            "bytes": imported.bytes,
            "notes": imported.notes,
            "manifest": imported.manifest,
        });
        serde_json::to_writer_pretty(&mut out, &all)?;
        writeln!(out)?;
    } else {
        tell(&mut out, &file, &imported)?;
    }
    Ok(Outcome::Done)
}

fn default_folder(file: &Path) -> anyhow::Result<PathBuf> {
    let stem = file
        .file_stem()
        .with_context(|| format!("{} names no file", file.display()))?;
    Ok(Path::new("models").join(stem))
}

fn options(args: ImportArgs) -> anyhow::Result<ImportOptions> {
    let triple = |values: Option<Vec<f64>>, what: &str| {
        let Some(values) = values else { return Ok(None) };
        ensure!(
            values.len() == 3,
            "{what} has {} numbers; write three, for red, green and blue, with commas between",
            values.len()
        );
        Ok(Some([values[0], values[1], values[2]]))
    };
    Ok(ImportOptions {
        statements: Statements {
            classes: args.classes,
            untrained: args.untrained,
            width: args.size.map(|s| s.width),
            height: args.size.map(|s| s.height),
            range: args.range.map(|range| match range {
                RangeChoice::Unit => ValueRange::Unit,
                RangeChoice::UnitIfAboveOne => ValueRange::UnitIfAboveOne,
            }),
            mean: triple(args.mean, "--mean")?,
            std: triple(args.std, "--std")?,
            output: args.output_kind.map(|kind| match kind {
                OutputChoice::Probabilities => OutputKind::Probabilities,
                OutputChoice::Logits => OutputKind::Logits,
            }),
            description: args.description,
            training: None,
            licence: args.licence,
        },
        name: args.name,
        seed: args.seed,
        replace: args.replace,
    })
}

fn tell(out: &mut impl Write, file: &Path, imported: &Imported) -> anyhow::Result<()> {
    let manifest = &imported.manifest;
    let folder = imported.folder.display();
    writeln!(out, "{}: {}", file.display(), imported.form)?;
    for (what, value) in [
        ("network", manifest.description.clone()),
        ("input", format!("{} RGB", manifest.input.size())),
        ("classes", manifest.output.classes.join(", ")),
        ("untrained", manifest.output.untrained.join(", ")),
        ("tensors", imported.tensors.to_string()),
        ("parameters", grouped(imported.parameters)),
        ("work", format!("{} multiply-adds a picture", grouped(imported.macs))),
        ("size", format!("{} bytes", grouped(imported.bytes))),
        ("SHA-256", manifest.sha256.clone()),
        ("licence", manifest.licence.clone()),
    ] {
        if !value.is_empty() {
            writeln!(out, "  {what:<11} {value}")?;
        }
    }
    for note in &imported.notes {
        writeln!(out, "  note        {note}")?;
    }
    writeln!(out, "The bundle is {folder}. What to do next:")?;
    writeln!(
        out,
        "  fishrig model inspect {folder}                    whether it loads"
    )?;
    if manifest.quantization == Quantization::None {
        writeln!(
            out,
            "  fishrig model quantize {folder} --calibrate DIR   a smaller, faster one"
        )?;
    }
    writeln!(
        out,
        "  fishrig segment --bundle {folder} PICTURES       masks of pictures"
    )?;
    writeln!(
        out,
        "  [network] bundle = \"{folder}\" in station.toml    for the station"
    )?;
    Ok(())
}

/// A number with a comma between each three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut words = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            words.push(',');
        }
        words.push(digit);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_can_be_read() {
        let read = |n| grouped(n);
        assert_eq!(
            (read(7), read(28_120_316), read(1000)),
            ("7".into(), "28,120,316".into(), "1,000".into())
        );
    }
}
