//! What labels there are, one of them read, and what is said at the end.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::batch::tally_words;
use crate::cli::label_args::{LabelArgs, WrongSizeArg, is_wrong_size};
use crate::cli::label_pairs::decode;
use crate::cli::parallel::in_parallel;
use crate::cli::scores::names;
use crate::cli::{Outcome, batch, progress, say, words_of};
use crate::evaluate::pairs::{self, Pair};
use crate::evaluate::seen_in;
use crate::frame::{PixelBox, Size};
use crate::labels::{Label, Library};
use crate::traits::{Trait, TraitMask};

/// Which labels, and how they are read.
#[derive(Debug, clap::Args)]
pub(super) struct SourceArgs {
    /// Folder of labels, or one file: PNG, .nrrd, .nii.gz, LabelMe or COCO JSON, CVAT XML
    #[arg(value_name = "PATH")]
    labels: PathBuf,
    /// Pictures, or folders of pictures: sizes are compared, and pictures without a label are told
    #[arg(long, num_args = 1.., value_name = "PATH")]
    images: Vec<PathBuf>,
    #[command(flatten)]
    reading: LabelArgs,
    /// What to do about a label that is not as large as its picture, or the box in it
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = WrongSizeArg::Refuse)]
    wrong_size: WrongSizeArg,
    /// What to do about a picture without a label
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = WithoutLabelArg::Skip)]
    without_label: WithoutLabelArg,
    /// Write a line of JSON for each label to stdout
    #[arg(long)]
    json: bool,
    /// Labels worked on at a time; 0 for one a processor
    #[arg(short, long, default_value_t = 0, value_name = "N")]
    jobs: usize,
}

/// What to do about a picture without a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum WithoutLabelArg {
    /// It counts as failed
    Refuse,
    /// It is named and left out
    Skip,
    /// It has no trait at all: its label is empty
    Empty,
}

/// A label that was read.
pub(super) struct Read {
    /// The stem of the picture.
    pub(super) name: String,
    /// The picture, where it was found.
    pub(super) picture: Option<PathBuf>,
    /// Of the whole picture, where that was found.
    pub(super) mask: TraitMask,
    /// What is worth knowing.
    pub(super) notes: Vec<String>,
}

impl Read {
    /// Name, size and pixels of each trait.
    pub(super) fn words(&self) -> String {
        let counts = self.mask.pixel_counts();
        let present = self.mask.present();
        let traits: Vec<_> = present.iter().map(|t| format!("{t} {}", counts[t.channel()])).collect();
        let traits = if traits.is_empty() {
            "no trait".to_owned()
        } else {
            traits.join(", ")
        };
        let notes: String = self.notes.iter().map(|note| format!("; {note}")).collect();
        format!("{}: {}, {traits}{notes}", self.name, self.mask.size())
    }

    /// The same for programs.
    pub(super) fn json(&self) -> Value {
        let counts = self.mask.pixel_counts();
        let pixels = |t: Trait| (t.bgnn_name().to_owned(), counts[t.channel()].into());
        json!({
            "name": self.name,
            "picture": self.picture.as_ref().map(|p| p.to_string_lossy()),
            "size": self.mask.size(),
            "pixels": self.mask.present().iter().map(pixels).collect::<serde_json::Map<_, _>>(),
            "notes": self.notes,
        })
    }
}

/// How many went which way; each that was not done was named.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) done: usize,
    pub(super) left_out: usize,
    pub(super) without_label: usize,
    pub(super) failed: usize,
}

impl Tally {
    /// Says the numbers, with `done` in words.
    pub(super) fn outcome(&self, done: &str) -> Outcome {
        let words = [
            (self.done, done),
            (self.left_out, "left out"),
            (self.without_label, "pictures without a label"),
            (self.failed, "failed"),
        ];
        say(&tally_words(&words));
        match self.failed {
            0 => Outcome::Done,
            _ => Outcome::SomeFailed,
        }
    }

    fn fail(&mut self, what: &str, reason: &str) {
        self.failed += 1;
        say(&format!("{what}: {reason}"));
    }
}

impl SourceArgs {
    pub(super) fn json_wanted(&self) -> bool {
        self.json
    }

    /// Reads every label on several threads and makes `M` of it there; `done` gets them in order. What can't be read or done is named and counted.
    ///
    /// # Errors
    /// Where nothing can begin.
    pub(super) fn each<M: Send>(
        &self,
        make: impl Fn(Read) -> anyhow::Result<M> + Sync,
        mut done: impl FnMut(M) -> anyhow::Result<()>,
    ) -> anyhow::Result<Tally> {
        let library = Library::new(self.reading.reading()?);
        let paired = pairs::by_stem(&self.images, &self.labels, !self.images.is_empty())?;
        let mut tally = Tally::default();
        for label in &paired.labels_left {
            let reason = format!("no picture {} for this label in --images", label.stem());
            tally.fail(&label.file.display().to_string(), &reason);
        }
        let bar = progress::bar(paired.pairs.len(), "labels", self.json);
        let mut taken = |what: &str, made: anyhow::Result<M>, tally: &mut Tally| match made.and_then(&mut done) {
            Ok(()) => tally.done += 1,
            Err(error) if self.wrong_size == WrongSizeArg::Skip && is_wrong_size(&error) => {
                tally.left_out += 1;
                say(&format!("left out: {what}: {error}"));
            }
            Err(error) => tally.fail(what, &words_of(&error)),
        };
        in_parallel(
            &paired.pairs,
            batch::workers(self.jobs),
            |pair| self.read(&library, pair).and_then(&make),
            |pair, made| {
                bar.inc(1);
                bar.suspend(|| taken(&name_of(pair), made, &mut tally));
            },
        );
        bar.finish_and_clear();
        for picture in &paired.pictures_left {
            let name = picture.display().to_string();
            match self.without_label {
                WithoutLabelArg::Skip => {
                    tally.without_label += 1;
                    say(&format!("without a label: {name}"));
                }
                WithoutLabelArg::Refuse => tally.fail(&name, "has no label"),
                WithoutLabelArg::Empty => taken(&name, empty(picture).and_then(&make), &mut tally),
            }
        }
        Ok(tally)
    }

    /// The label of one pair, brought to where it lies in its picture.
    fn read(&self, library: &Library, pair: &Pair) -> anyhow::Result<Read> {
        let picture = decode(pair)?.map(|picture| Size::from(picture.dimensions()));
        let covered = pair.area.map(|area| area.size()).or(picture);
        let mut label = library.read(&pair.label, pair.within.as_deref(), covered)?;
        if let Some(covered) = covered {
            label = label.fitted(covered, self.wrong_size == WrongSizeArg::Stretch)?;
        }
        let Label { mut mask, mut notes } = label;
        if let (Some(area), Some(picture)) = (&pair.area, picture) {
            mask = seen_in(&mask, area, &PixelBox::whole(picture), picture);
            notes.push(format!("it is the label of {area}"));
        }
        if !pair.not_labelled.is_empty() {
            notes.push(format!("not drawn, as its labeller says: {}", names(pair.not_labelled)));
        }
        Ok(Read {
            name: pair.name.clone(),
            picture: pair.picture.clone(),
            mask,
            notes,
        })
    }
}

fn name_of(pair: &Pair) -> String {
    match &pair.within {
        Some(within) => format!("{} ({within})", pair.label.display()),
        None => pair.label.display().to_string(),
    }
}

/// The label of a picture without any trait.
fn empty(picture: &Path) -> anyhow::Result<Read> {
    let name = pairs::stem(picture);
    let pair = Pair {
        specimen: name.clone(),
        name: name.clone(),
        picture: Some(picture.to_owned()),
        area: None,
        label: picture.to_owned(),
        within: None,
        not_labelled: Default::default(),
        no_photograph: None,
    };
    let size = decode(&pair)?.map_or(Size::new(0, 0), |picture| Size::from(picture.dimensions()));
    Ok(Read {
        name,
        picture: pair.picture,
        mask: TraitMask::empty(size),
        notes: vec!["no label: taken as empty".to_owned()],
    })
}
