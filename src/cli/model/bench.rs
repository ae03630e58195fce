//! `fishrig model bench`: how long a network takes, what memory it needs, and which operators take the time.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use image::RgbImage;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

use super::open_bundle;
use super::operator_table::OperatorTable;
use super::spread::Spread;
use crate::cli::half_precision::HalfPrecision;
use crate::cli::segment::read_file;
use crate::cli::{Outcome, progress};
use crate::frame::{DecodeOptions, Frame, Size};
use crate::health::{Memory, ProcessorLoad};
use crate::network::{Engine, Fusion, NetworkSettings, Profile, StepTimes, TraitNetwork, kernel_families};
use crate::render::{RigScene, SceneSettings};

/// Measure time and memory of a network on this machine.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct BenchArgs {
    /// A bundle's folder; without it the network that is built in.
    bundle: Option<PathBuf>,
    /// Threads of a run, 1 to 64; without it as many as there are processors.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=64))]
    threads: Option<u8>,
    /// Runs that are measured, after one that is not.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    runs: u16,
    /// A picture of one fish to run on; without it a drawn crop, always the same.
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
    /// Tell time and multiply-adds of each operator too, from as many further runs.
    #[arg(long)]
    profile: bool,
    /// Run tract's own operators alone, to compare the fused ones with.
    #[arg(long, conflicts_with_all = ["half_precision", "kernels"])]
    plain: bool,
    /// Run a slower family of kernels, for example "plain Rust"; an unknown name says which this processor can run.
    #[arg(long, value_name = "NAME", conflicts_with = "half_precision", value_parser = kernels)]
    kernels: Option<&'static str>,
    #[command(flatten)]
    half_precision: HalfPrecision,
    /// Write JSON.
    #[arg(long)]
    json: bool,
}

fn kernels(name: &str) -> Result<&'static str, String> {
    let families = kernel_families();
    let found = families.iter().find(|family| family.eq_ignore_ascii_case(name));
    found
        .copied()
        .ok_or_else(|| format!("this processor can run {}", families.join(", ")))
}

/// All that was measured; times in seconds, memory in bytes.
#[derive(Debug, Serialize)]
struct Measured {
    bundle: String,
    name: String,
    version: String,
    threads: usize,
    runs: usize,
    crop: Crop,
    /// Reading and checking the bundle.
    open: f64,
    /// Making it ready to run.
    load: f64,
    /// From the crop to the mask: the three steps that follow.
    whole: Spread,
    prepare: Spread,
    network: Spread,
    masks: Spread,
    /// Time on all processors, of the whole.
    processor: Spread,
    memory: PeakMemory,
    fusion: Fused,
    machine: Machine,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<OperatorTable>,
}

#[derive(Debug, Serialize)]
struct Crop {
    origin: String,
    width: u32,
    height: u32,
}

/// What fishrig's fused operators compute of the network, and what is left to tract's.
#[derive(Debug, Serialize)]
struct Fused {
    /// Kernels of the fused operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    kernels: Option<&'static str>,
    islands: usize,
    nodes: usize,
    int8_macs: u64,
    /// The format of half precision, where some are in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    half_precision: Option<&'static str>,
    half_macs: u64,
    float_macs: u64,
    /// Memory for the maps of one run.
    memory: usize,
    left: Vec<Left>,
}

#[derive(Debug, Serialize)]
struct Left {
    name: String,
    operator: String,
    reason: String,
}

impl Fused {
    fn of(fusion: &Fusion) -> Self {
        let left = fusion.left.iter().map(|node| Left {
            name: node.name.clone(),
            operator: node.operator.clone(),
            reason: node.reason.clone(),
        });
        Self {
            kernels: fusion.kernels,
            islands: fusion.islands.len(),
            nodes: fusion.islands.iter().sum(),
            int8_macs: fusion.byte_macs,
            half_precision: fusion.halves,
            half_macs: fusion.half_macs,
            float_macs: fusion.float_macs,
            memory: fusion.memory,
            left: left.collect(),
        }
    }

    fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        let Some(kernels) = self.kernels else {
            return writeln!(out, "  fused       nothing: tract's own operators run it");
        };
        let billions = |macs: u64| macs as f64 / 1e9;
        let (int8, float) = (billions(self.int8_macs), billions(self.float_macs));
        // With a third kind of numbers the line would be too long.
        let (halves, maps) = match self.half_precision {
            Some(format) => (
                format!(", {:.2} in {format}", billions(self.half_macs)),
                "\n              ",
            ),
            None => (String::new(), ", "),
        };
        writeln!(
            out,
            "  fused       {} in {}, with {kernels} kernels",
            counted(self.nodes, "node"),
            counted(self.islands, "island")
        )?;
        let megabytes = self.memory as f64 / 1e6;
        writeln!(
            out,
            "              {int8:.2} GMAC in int8{halves}, {float:.2} in float{maps}{megabytes:.0} MB for maps"
        )?;
        for Left { name, operator, reason } in self.left.iter().take(LEFT_SHOWN) {
            writeln!(out, "  not fused   {operator} {name}: {reason}")?;
        }
        match self.left.len().checked_sub(LEFT_SHOWN) {
            None | Some(0) => Ok(()),
            Some(more) => writeln!(
                out,
                "              and {} more (--json tells all)",
                counted(more, "node")
            ),
        }
    }
}

/// Nodes that are not fused, of which a person is told.
const LEFT_SHOWN: usize = 5;

/// The most that this process held, up to some moment.
#[derive(Debug, Clone, Copy, Serialize)]
struct PeakMemory {
    peak_after_loading: Option<u64>,
    peak_after_running: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Machine {
    processors: usize,
    /// Before the first run.
    load_average: Option<f32>,
    /// After the last run: speed of the fastest processor as a share of its highest.
    speed: Option<f32>,
}

pub(super) fn run(args: BenchArgs) -> anyhow::Result<Outcome> {
    let load_average = ProcessorLoad::read().average;
    let (crop, origin) = match &args.image {
        Some(file) => (read(file)?, file.display().to_string()),
        None => (draw()?, format!("drawn, seed {SEED}")),
    };
    let threads = args.threads.map_or(NetworkSettings::default().threads, usize::from);
    let begin = Instant::now();
    let bundle = open_bundle(args.bundle.as_deref())?;
    let open = begin.elapsed();
    let begin = Instant::now();
    let with = |engine| TraitNetwork::load(&bundle, &NetworkSettings { threads, engine });
    let network = match (args.plain, args.kernels) {
        (true, _) => with(Engine::Plain)?,
        (_, Some(name)) => with(Engine::FusedBy(name))?,
        _ => args.half_precision.load(&bundle, threads)?,
    };
    let load = begin.elapsed();
    let peak_after_loading = Memory::peak();

    let runs = usize::from(args.runs);
    let times = measure(&network, &crop, runs)?;
    let peak_after_running = Memory::peak();
    let speed = ProcessorLoad::read().speed;
    let profile = args.profile.then(|| profile(&network, &crop, runs)).transpose()?;

    let spread = |which: fn(&Run) -> Duration| {
        Spread::of(times.iter().map(|run| which(run).as_secs_f64())).context("no run was measured")
    };
    let measured = Measured {
        bundle: bundle.origin().to_owned(),
        name: bundle.manifest().name.clone(),
        version: bundle.manifest().version.clone(),
        threads,
        runs,
        crop: Crop {
            origin,
            width: crop.width(),
            height: crop.height(),
        },
        open: open.as_secs_f64(),
        load: load.as_secs_f64(),
        whole: spread(|run| run.steps.whole())?,
        prepare: spread(|run| run.steps.prepare)?,
        network: spread(|run| run.steps.network)?,
        masks: spread(|run| run.steps.masks)?,
        processor: spread(|run| run.processor)?,
        memory: PeakMemory {
            peak_after_loading,
            peak_after_running,
        },
        fusion: Fused::of(network.fusion()),
        machine: Machine {
            processors: NetworkSettings::default().threads,
            load_average,
            speed,
        },
        profile: profile.as_ref().map(OperatorTable::of),
    };
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &measured)?;
        writeln!(out)?;
    } else {
        measured.write(&mut out)?;
    }
    Ok(Outcome::Done)
}

/// One run.
struct Run {
    steps: StepTimes,
    processor: Duration,
}

fn measure(network: &TraitNetwork, crop: &RgbImage, runs: usize) -> anyhow::Result<Vec<Run>> {
    network.segment(crop)?;
    let bar = progress::bar(runs, "runs", false);
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let begin = processor_time();
        let (_, steps) = network.segment_timed(crop)?;
        let processor = processor_time().saturating_sub(begin);
        times.push(Run { steps, processor });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(times)
}

fn profile(network: &TraitNetwork, crop: &RgbImage, runs: usize) -> anyhow::Result<Profile> {
    let bar = progress::bar(runs, "profiled runs", false);
    let mut profiles = Vec::with_capacity(runs);
    for _ in 0..runs {
        profiles.push(network.segment_profiled(crop)?.1);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Profile::of_runs(&profiles).context("no run was measured")
}

/// What this process has used of all processors so far.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

/// Seed of the drawn crop.
const SEED: u64 = 9;

/// Size of the drawn crop: small, so that drawing does not set the peak of memory.
const DRAWN: Size = Size::new(1280, 512);

fn draw() -> anyhow::Result<RgbImage> {
    let scene = RigScene::new(SceneSettings::random(Size::new(1600, 1200), SEED))?;
    Ok(scene.draw_crop(DRAWN)?.picture)
}

fn read(file: &Path) -> anyhow::Result<RgbImage> {
    let decoded = || anyhow::Ok(Frame::from_file_bytes(read_file(file)?, None)?.decode(&DecodeOptions::default())?);
    Ok(decoded().with_context(|| file.display().to_string())?.rgb)
}

impl Measured {
    fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        let Crop { origin, width, height } = &self.crop;
        writeln!(out, "{} {} ({})", self.name, self.version, self.bundle)?;
        writeln!(
            out,
            "  {} and {} after one that is not measured",
            counted(self.threads, "thread"),
            counted(self.runs, "run")
        )?;
        writeln!(out, "  crop of {width}x{height} pixels ({origin})")?;
        writeln!(out)?;
        let columns = ["median", "least", "25 %", "75 %", "greatest"];
        let columns = columns.map(|c| format!("{c:>10}")).concat();
        writeln!(out, "  {:<22}{columns}", "milliseconds")?;
        // A network that is fused as a whole makes masks in its last step.
        let with_masks = self.masks.max == 0.0;
        let network = if with_masks { "  network and masks" } else { "  network" };
        for (what, spread) in [
            ("crop to mask", &self.whole),
            ("  preparing the crop", &self.prepare),
            (network, &self.network),
            ("  masks", &self.masks),
            ("processor time", &self.processor),
        ] {
            if with_masks && std::ptr::eq(spread, &self.masks) {
                continue;
            }
            let Spread {
                min,
                lower_quartile,
                median,
                upper_quartile,
                max,
            } = spread;
            let values = [median, min, lower_quartile, upper_quartile, max];
            let values = values.map(|v| format!("{:>10.1}", v * 1e3)).concat();
            writeln!(out, "  {what:<22}{values}")?;
        }
        writeln!(out)?;
        let milliseconds = |seconds: f64| format!("{:.0} ms", seconds * 1e3);
        writeln!(
            out,
            "  loading     {} to read and check, {} to make ready",
            milliseconds(self.open),
            milliseconds(self.load)
        )?;
        let megabytes = |bytes: Option<u64>| match bytes {
            Some(bytes) => format!("{:.0} MB", bytes as f64 / 1e6),
            None => "unknown".to_owned(),
        };
        writeln!(
            out,
            "  memory      at most {} when loaded, {} when run",
            megabytes(self.memory.peak_after_loading),
            megabytes(self.memory.peak_after_running)
        )?;
        self.fusion.write(out)?;
        if let Some(table) = &self.profile {
            table.write(out)?;
        }
        for doubt in self.machine.doubts() {
            writeln!(out)?;
            writeln!(out, "  {doubt}")?;
        }
        Ok(())
    }
}

/// Below this share of the highest speed the processors are held back.
const FULL_SPEED: f32 = 0.9;

/// From this load average for each processor on, others were at work.
const BUSY: f32 = 0.3;

impl Machine {
    /// Why the times may mean little.
    fn doubts(&self) -> Vec<String> {
        let mut doubts = Vec::new();
        if let Some(load) = self.load_average
            && load > BUSY * self.processors as f32
        {
            doubts.push(format!(
                "The machine was busy with other work (load average {load:.2} on {}):\n  \
                 compare the processor time, and measure again when it is quiet.",
                counted(self.processors, "processor")
            ));
        }
        if let Some(speed) = self.speed
            && speed < FULL_SPEED
        {
            doubts.push(format!(
                "The processors run at {:.0} % of their highest speed: too hot, too little power,\n  \
                 or a governor that saves it. On a cool machine the network is faster.",
                speed * 100.0
            ));
        }
        doubts
    }
}

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
