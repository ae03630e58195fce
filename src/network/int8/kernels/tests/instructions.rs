//! One kernel, as often as wanted, so that the instructions of a row can be counted from outside: `cross/instructions.sh`.

use super::super::{all, best_halves};
use super::case::{Added, Case};

/// The kernel that the environment names: `KERNEL`, one of the kinds below with the rows of its window; `FAMILY`, its place in [`all`]; `REPEATS`. Says what it is, and how many
/// multiply-adds one time has.
#[test]
#[ignore = "for cross/instructions.sh"]
fn a_kernel_by_name() {
    let asked = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let (kernel, family) = (asked("KERNEL"), asked("FAMILY").parse::<usize>().unwrap());
    let Some(kernels) = all().get(family).copied() else {
        return;
    };
    let (kind, side) = kernel.rsplit_once('-').expect("KIND-SIDE");
    let case = Case {
        seed: 1,
        pixels: 40,
        outputs: 64,
        inputs: 64,
        side: side.parse().unwrap(),
        stride: 1,
        added: Added::Nothing,
        floats: !kind.ends_with("bytes"),
        bytes: kind.ends_with("bytes"),
        quantize: false,
        repeats: asked("REPEATS").parse().unwrap(),
    };
    let inputs = match kind {
        "dense-bytes" => (case.dense_bytes(kernels), case.inputs).1,
        "dense-floats" => (case.dense_floats(kernels), case.inputs).1,
        "dense-halves" => match best_halves() {
            Some(halves) => (case.dense_halves(halves), case.inputs).1,
            None => return,
        },
        "depthwise-bytes" => (case.depthwise_bytes(kernels), 1).1,
        "depthwise-floats" => (case.depthwise_floats(kernels), 1).1,
        // Sixty-four inputs mean groups of four; see `Case`.
        "grouped-bytes" => (case.grouped_bytes(kernels), 4).1,
        "grouped-floats" => (case.grouped_floats(kernels), 4).1,
        other => panic!("no kernel is called {other}"),
    };
    let macs = case.pixels * case.outputs * inputs * case.side * case.side;
    let name = match (kind, best_halves()) {
        ("dense-halves", Some(halves)) => halves.name(),
        _ => kernels.name(),
    };
    println!("{name}: {macs} multiply-adds");
}
