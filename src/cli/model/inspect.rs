//! `fishrig model inspect`: what a bundle is.

use std::io::Write;
use std::path::PathBuf;

use serde_json::json;

use super::open_bundle;
use crate::cli::Outcome;
use crate::network::{NetworkSettings, Quantization, TraitNetwork};
use crate::traits::Trait;

/// Say what a bundle holds, and whether its network loads.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct InspectArgs {
    /// A bundle's folder; without it the network that is built in.
    bundle: Option<PathBuf>,
    /// Write JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: InspectArgs) -> anyhow::Result<Outcome> {
    let bundle = open_bundle(args.bundle.as_deref())?;
    let network = TraitNetwork::load(&bundle, &NetworkSettings::default())?;
    let manifest = network.manifest();
    let mut out = std::io::stdout().lock();
    if args.json {
        let all = json!({
            "bundle": bundle.origin(),
            "bytes": bundle.network_bytes(),
            "manifest": manifest,
        });
        serde_json::to_writer_pretty(&mut out, &all)?;
        writeln!(out)?;
        return Ok(Outcome::Done);
    }
    let quantization = match manifest.quantization {
        Quantization::None => "none (32-bit float)",
        Quantization::Int8Qdq => "int8 (QDQ)",
    };
    let names = |wanted: bool| {
        let untrained = |t: &Trait| manifest.not_assessed().contains(*t);
        let named: Vec<_> = Trait::ALL
            .iter()
            .filter(|t| untrained(t) != wanted)
            .map(|t| t.label())
            .collect();
        if named.is_empty() {
            "none".to_owned()
        } else {
            named.join(", ")
        }
    };
    writeln!(out, "{} {} ({})", manifest.name, manifest.version, bundle.origin())?;
    writeln!(out, "  {}", manifest.description)?;
    for (what, value) in [
        ("input", format!("{} RGB", manifest.input.size())),
        ("quantization", quantization.to_owned()),
        ("size", format!("{:.1} MB", bundle.network_bytes() as f64 / 1e6)),
        ("SHA-256", manifest.sha256.clone()),
        ("traits", names(true)),
        ("not assessed", names(false)),
        ("origin", manifest.origin.clone()),
        ("training", manifest.training.trim().to_owned()),
        ("licence", manifest.licence.clone()),
    ] {
        // Words of several lines stay in their column.
        writeln!(out, "  {what:<13} {}", value.replace('\n', "\n                "))?;
    }
    writeln!(out, "  loads, and its shapes fit the manifest")?;
    Ok(Outcome::Done)
}
