//! `fishrig labels convert`: labels of one program for another.

use std::io::Write;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail};

use super::source::{Read, SourceArgs};
use crate::cli::label_args::{ShapesArgs, TargetArg};
use crate::cli::output_file::OutputFolder;
use crate::cli::{Outcome, make_folder};
use crate::labels::{Collection, Shapes, Target, encoded};

/// Read labels of any program and write them for another.
///
/// A label of a part of a picture (NAME.json beside it says of which) is written as one of the whole picture where --images has it. A label file is
/// called by its picture: NAME_labels.png, NAME_labels.seg.nrrd and so on; LabelMe's as the picture is. Nothing is overwritten without --replace.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ConvertArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// What to write
    #[arg(long, value_name = "FORMAT", value_enum)]
    to: TargetArg,
    /// Where to: a folder; for coco and cvat a file
    #[arg(short, long, value_name = "PATH")]
    output: PathBuf,
    #[command(flatten)]
    shapes: ShapesArgs,
    /// Replace label files that are there
    #[arg(long)]
    replace: bool,
}

/// A label on its way to a file.
struct Converted {
    read: Read,
    /// Its file, with what is to be in it; none for formats of one file.
    file: Option<(PathBuf, Vec<u8>)>,
}

pub(super) fn run(args: &ConvertArgs) -> anyhow::Result<Outcome> {
    let target = args.to.target();
    let shapes = args.shapes.shapes(target);
    let mut collection = match target.form().holds_many() {
        true => {
            args.check_free(&args.output)?;
            Some(Collection::new(target)?)
        }
        false => {
            make_folder(&args.output)?;
            None
        }
    };
    let make = |read: Read| {
        let file = match target.form().holds_many() {
            true => None,
            false => Some((args.path_of(&read, target), args.content_of(&read, target, shapes)?)),
        };
        Ok(Converted { read, file })
    };
    let outputs = OutputFolder::protecting([]);
    let tally = args.source.each(make, |Converted { read, file }| {
        if let Some((path, content)) = file {
            args.check_free(&path)?;
            outputs.write(&path, &content)?;
        } else if let Some(collection) = &mut collection {
            let name = match &read.picture {
                Some(picture) => picture.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                None => format!("{}.jpg", read.name),
            };
            collection.add(&name, &read.mask, shapes);
        }
        let line = match args.source.json_wanted() {
            true => read.json().to_string(),
            false => read.words(),
        };
        Ok(writeln!(std::io::stdout(), "{line}")?)
    })?;
    if let Some(collection) = collection.filter(|_| tally.done > 0) {
        outputs.write(&args.output, &collection.finish())?;
    }
    Ok(tally.outcome(&format!("labels written to {}", args.output.display())))
}

impl ConvertArgs {
    fn check_free(&self, path: &Path) -> anyhow::Result<()> {
        if !self.replace && path.symlink_metadata().is_ok() {
            bail!("{} is there; --replace takes its place", path.display());
        }
        Ok(())
    }

    fn path_of(&self, read: &Read, target: Target) -> PathBuf {
        // LabelMe looks for the JSON that is called as the picture.
        let picture = read.picture.as_deref().and_then(Path::file_stem);
        let name = match (target, picture) {
            (Target::LabelMe, Some(stem)) => stem.to_string_lossy().into_owned(),
            _ => read.name.clone(),
        };
        self.output.join(format!("{name}{}", target.ending()))
    }

    fn content_of(&self, read: &Read, target: Target, shapes: Shapes) -> anyhow::Result<Vec<u8>> {
        let picture = match &read.picture {
            Some(picture) => from_folder(&self.output, picture).with_context(|| picture.display().to_string())?,
            None => format!("{}.jpg", read.name),
        };
        Ok(encoded(target, &read.mask, &picture, shapes)?)
    }
}

/// The path of a file as seen from a folder, with `/` between its parts.
fn from_folder(folder: &Path, file: &Path) -> std::io::Result<String> {
    let (folder, file) = (folder.canonicalize()?, file.canonicalize()?);
    let name = |component: Component| component.as_os_str().to_string_lossy().into_owned();
    let (from, to): (Vec<_>, Vec<_>) = (
        folder.components().map(name).collect(),
        file.components().map(name).collect(),
    );
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), from.len() - common);
    Ok(up.chain(to[common..].iter().cloned()).collect::<Vec<_>>().join("/"))
}
