//! `fishrig manual`: the manual pages, one a command, made from the same words as `--help`.

use std::path::PathBuf;

use anyhow::Context;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::Outcome;

/// Write the manual pages, one a command, into a folder.
///
/// `man -l DIR/fishrig.1` shows one. The Debian package has them installed.
#[derive(Debug, clap::Args)]
pub(super) struct ManualArgs {
    /// Folder for the pages; made if need be
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

/// Writes the pages of `command` and of all commands below it.
///
/// # Errors
/// A file that can't be written.
pub(super) fn run(args: ManualArgs, command: clap::Command) -> anyhow::Result<Outcome> {
    super::make_folder(&args.output)?;
    for page in pages(command)? {
        let file = args.output.join(&page.file_name);
        std::fs::write(&file, &page.roff).with_context(|| format!("{} can't be written", file.display()))?;
    }
    Ok(Outcome::Done)
}

/// One manual page.
struct Page {
    /// As `man` looks for it, for example `fishrig-store-list.1`.
    file_name: String,
    /// The text for roff.
    roff: Vec<u8>,
}

/// A section that clap knows nothing of: its title, and what stands in it, each with its explanation.
struct Section {
    title: &'static str,
    entries: &'static [(&'static str, &'static str)],
}

const EXIT_STATUS: Section = Section {
    title: "EXIT STATUS",
    entries: &[
        ("0", "All done."),
        ("1", "Some items failed; each was named on stderr."),
        ("2", "Wrong usage or configuration."),
    ],
};

const SIGNALS: Section = Section {
    title: "SIGNALS",
    entries: &[
        ("SIGUSR1", "Takes a picture, unless trigger.signal is false."),
        (
            "SIGTERM, SIGINT, SIGHUP",
            "The first finishes the pictures that wait and the record that is being written, then ends. A second one ends at once; a record that was \
             not committed by then is absent, never half there.",
        ),
    ],
};

const ENVIRONMENT: Section = Section {
    title: "ENVIRONMENT",
    entries: &[
        (
            "FISHRIG_LOG",
            "What is logged on stderr, for example fishrig=debug. It stands in for --verbose.",
        ),
        ("NO_COLOR", "If it is set, the log has no colours."),
    ],
};

const FILES: Section = Section {
    title: "FILES",
    entries: &[
        (
            "station.toml",
            "The configuration of a station, wherever --config says. `fishrig config default` writes one with every key, its default and what it means.",
        ),
        (
            "/etc/fishrig/station.toml",
            "The configuration of the station that the Debian package installs as a service.",
        ),
        (
            "/var/lib/fishrig/records",
            "Its records: a folder for each day, in it a folder for each record.",
        ),
        (
            "/usr/share/fishrig/models/lite0-int8",
            "The network that is built into the program, to copy and change; network.bundle names another.",
        ),
        ("/usr/share/doc/fishrig", "The rest of the documentation."),
    ],
};

fn pages(mut command: clap::Command) -> std::io::Result<Vec<Page>> {
    command = command.disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    add_pages(&command, None, &mut pages)?;
    Ok(pages)
}

/// The pages of `command` and of those below it. `above` is the page of the command that it belongs to.
fn add_pages(command: &clap::Command, above: Option<&str>, pages: &mut Vec<Page>) -> std::io::Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let man = Man::new(command.clone())
        // An empty date has to be written in quotes, or the next word is taken for it.
        .date("\"\"")
        .source(concat!("fishrig ", env!("CARGO_PKG_VERSION")))
        .manual("fishrig");
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.get_subcommands().any(|c| !c.is_hide_set()) {
        man.render_subcommands_section(&mut text)?;
    }
    let sections: &[&Section] = match name {
        "fishrig" => &[&EXIT_STATUS, &SIGNALS, &ENVIRONMENT, &FILES],
        "fishrig-run" => &[&EXIT_STATUS, &SIGNALS],
        _ => &[&EXIT_STATUS],
    };
    let mut roff = Roff::new();
    sections.iter().for_each(|section| section.append_to(&mut roff));
    append_see_also(command, above, &mut roff);
    roff.to_writer(&mut text)?;
    pages.push(Page {
        file_name: man.get_filename(),
        roff: text,
    });
    let below = command.get_subcommands().filter(|c| !c.is_hide_set());
    below.into_iter().try_for_each(|c| add_pages(c, Some(name), pages))
}

impl Section {
    fn append_to(&self, roff: &mut Roff) {
        roff.control("SH", [self.title]);
        for (term, words) in self.entries {
            roff.control("TP", []).text([bold(*term)]).text([roman(*words)]);
        }
    }
}

/// The pages beside this one: the one above, and those of the commands below.
fn append_see_also(command: &clap::Command, above: Option<&str>, roff: &mut Roff) {
    let below = command.get_subcommands().filter(|c| !c.is_hide_set());
    let names = above.into_iter().chain(below.filter_map(|c| c.get_display_name()));
    let mut words = Vec::new();
    for name in names {
        if !words.is_empty() {
            words.push(roman(", "));
        }
        words.extend([bold(name), roman("(1)")]);
    }
    roff.control("SH", ["SEE ALSO"]).text(words);
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// The text of the pages without roff's marks, by name.
    fn plain_pages() -> Vec<(String, String)> {
        let pages = pages(super::super::Arguments::command()).unwrap();
        let plain = |page: Page| {
            let text = String::from_utf8(page.roff).unwrap();
            let marks = [("\\fB", ""), ("\\fI", ""), ("\\fR", ""), ("\\-", "-"), ("\\*(Aq", "'")];
            (
                page.file_name,
                marks.iter().fold(text, |t, (mark, by)| t.replace(mark, by)),
            )
        };
        pages.into_iter().map(plain).collect()
    }

    /// What the pages are compared with is the text of `--help`, which clap lays out on its own.
    #[test]
    fn every_command_has_a_page_with_every_option_of_its_help() {
        fn check(command: &mut clap::Command, name: &str, pages: &[(String, String)], seen: &mut usize) {
            let page = pages.iter().find(|(file, _)| *file == format!("{name}.1"));
            let (_, page) = page.unwrap_or_else(|| panic!("no page {name}.1"));
            *seen += 1;
            let help = command.render_long_help().to_string();
            let options = help.split(|c: char| c.is_whitespace() || "[]`,.;:)'".contains(c));
            for option in options.filter(|word| word.starts_with("--") && word.len() > 2) {
                assert!(page.contains(option), "{name}.1 lacks {option}");
            }
            for below in command.get_subcommands_mut().filter(|c| !c.is_hide_set()) {
                let name = format!("{name}-{}", below.get_name());
                check(below, &name, pages, seen);
            }
        }
        let pages = plain_pages();
        let mut command = super::super::Arguments::command().disable_help_subcommand(true);
        command.build();
        let mut seen = 0;
        check(&mut command, "fishrig", &pages, &mut seen);
        assert_eq!(seen, pages.len(), "a page that no command has");
        assert!(seen > 15, "{seen} pages");
    }

    #[test]
    fn what_clap_does_not_know_is_there() {
        let pages = plain_pages();
        let (_, main) = &pages[0];
        let added = main.find(".SH \"EXIT STATUS\"").unwrap();
        let up_to = main.rfind(".SH \"SEE ALSO\"").unwrap();
        insta::assert_snapshot!(&main[added..up_to]);
        let (_, run) = pages.iter().find(|(file, _)| file == "fishrig-run.1").unwrap();
        assert!(run.contains(".SH SIGNALS"));
    }
}
