//! Progress: a bar on a terminal, nothing elsewhere (there each item's own line tells).

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over `total` items on stderr, hidden where stderr is no terminal or `hidden` is asked for.
pub(super) fn bar(total: usize, unit: &str, hidden: bool) -> ProgressBar {
    let bar = ProgressBar::new(total as u64);
    if hidden || total < 2 {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let template = format!("{{bar:30}} {{pos}}/{{len}} {unit}, {{eta}} left  {{wide_msg}}");
    bar.set_style(ProgressStyle::with_template(&template).expect("the template is ours"));
    bar
}
