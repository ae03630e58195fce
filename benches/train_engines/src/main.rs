//! `train_engines ENGINE BATCH THREADS STEPS`: losses, CPU and wall seconds a step, peak memory, as one line of JSON.

#[cfg(feature = "burn")]
mod burn_engine;
#[cfg(feature = "candle")]
mod candle_engine;
mod material;
#[cfg(feature = "libtorch")]
mod tch_engine;

use std::time::Instant;

/// Does one step and tells the loss before it.
type Step = Box<dyn FnMut(u32) -> f32>;

fn engine(name: &str, batch: usize, threads: usize) -> Step {
    let _ = (batch, threads);
    match name {
        #[cfg(feature = "burn")]
        name if burn_engine::device(name).is_some() => {
            let mut engine = burn_engine::Engine::new(burn_engine::device(name).expect("asked above"), batch, name == "burn-ndarray");
            Box::new(move |step| engine.step(step))
        }
        #[cfg(feature = "libtorch")]
        "libtorch" => {
            let mut engine = tch_engine::Engine::new(batch, threads);
            Box::new(move |step| engine.step(step))
        }
        #[cfg(feature = "candle")]
        "candle" => {
            let mut engine = candle_engine::Engine::new(batch).expect("candle");
            Box::new(move |step| engine.step(step).expect("candle"))
        }
        _ => {
            eprintln!("{name}: no such engine in this build");
            std::process::exit(2);
        }
    }
}

/// CPU seconds of the process so far (user and system), and its peak memory in MiB.
fn usage() -> (f64, f64) {
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 * 1e-6;
    (seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss as f64 / 1024.0)
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let number = |i: usize| words[i].parse::<usize>().expect("a number");
    let (batch, threads, steps) = (number(2), number(3), number(4));
    let mut step = engine(&words[1], batch, threads);
    let (mut losses, mut cpu, mut wall) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..steps as u32 {
        let (before, at) = (usage().0, Instant::now());
        losses.push(step(i));
        cpu.push(usage().0 - before);
        wall.push(at.elapsed().as_secs_f64());
    }
    println!(
        "{{\"engine\": \"{}\", \"batch\": {batch}, \"threads\": {threads}, \"loss\": {losses:?}, \"cpu\": {cpu:.3?}, \"wall\": {wall:.3?}, \"peak_mib\": {:.0}}}",
        words[1],
        usage().1
    );
}
