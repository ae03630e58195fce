//! An open checkpoint.

use std::fmt;
use std::path::Path;

use super::archive::Archive;
use super::contents::{self, Contents, ContentsKind};
use super::error::{CheckpointError, CheckpointFault, quoted};
use super::foreign;
use super::pickle;
use super::source::Source;
use super::stream::Stream;
use super::table::{Place, Table, TensorInfo};
use super::torch::{StorageClaim, Torch};

/// The longest pickle that is read. The published network's, a whole module, has 113,000 bytes.
const PICKLE_BYTES_MAX: u64 = 8 << 20;
/// The longest `byteorder`.
const WORD_BYTES_MAX: u64 = 64;

/// A PyTorch checkpoint: what tensors it has is known, their values are in the file.
#[derive(Debug)]
pub struct Checkpoint {
    origin: String,
    source: Source,
    form: CheckpointForm,
    table: Table,
    ignored: Vec<String>,
}

/// How a checkpoint was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckpointForm {
    /// A zip archive with a whole network: `torch.save(network)`.
    ZipModule,
    /// A zip archive with a state dictionary: `torch.save(network.state_dict())`.
    ZipStateDict,
    /// A whole network in the form from before PyTorch 1.6.
    LegacyModule,
    /// A state dictionary in the form from before PyTorch 1.6.
    LegacyStateDict,
}

impl fmt::Display for CheckpointForm {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::ZipModule => "a whole network in a zip archive",
            Self::ZipStateDict => "a state dictionary in a zip archive",
            Self::LegacyModule => "a whole network in the form from before PyTorch 1.6",
            Self::LegacyStateDict => "a state dictionary in the form from before PyTorch 1.6",
        })
    }
}

impl Checkpoint {
    /// Opens a file, and checks all that it says about its tensors against its size. Values are read by [`Checkpoint::read_f32`].
    ///
    /// # Errors
    /// Files that can't be read, are no checkpoints, are damaged, or hold no tensors; see [`CheckpointFault`].
    pub fn open(path: &Path) -> Result<Self, CheckpointError> {
        let origin = path.display().to_string();
        match Source::file(path) {
            Ok(source) => Self::from_source(source, origin),
            Err(error) => Err(CheckpointFault::Unreadable(error).of(&origin)),
        }
    }

    /// Opens a file that is in memory; `origin` names it in messages.
    ///
    /// # Errors
    /// As [`Checkpoint::open`].
    pub fn from_bytes(bytes: Vec<u8>, origin: &str) -> Result<Self, CheckpointError> {
        Self::from_source(Source::bytes(bytes), origin.to_owned())
    }

    fn from_source(source: Source, origin: String) -> Result<Self, CheckpointError> {
        match read(&source) {
            Ok((form, table, ignored)) => Ok(Self {
                origin,
                source,
                form,
                table,
                ignored,
            }),
            Err(fault) => Err(fault.of(&origin)),
        }
    }

    /// How it was written.
    pub fn form(&self) -> CheckpointForm {
        self.form
    }

    /// Names and tensors in the order of the file. Names are those of a state dictionary (`encoder.layer0.conv1.weight`), without the prefix
    /// `module.` of `torch.nn.DataParallel`.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &TensorInfo)> {
        self.table.tensors()
    }

    /// The tensor of a name.
    pub fn tensor(&self, name: &str) -> Option<&TensorInfo> {
        self.table.tensor(name)
    }

    /// The values of a tensor in row-major order, each rounded to the nearest 32-bit float.
    ///
    /// Takes memory for the values and, if the tensor is a view with gaps or in another order, for the stretch of the file that it spans.
    ///
    /// # Errors
    /// A name that is not there, a file that can't be read any more, a member of the archive whose checksum does not fit.
    pub fn read_f32(&self, name: &str) -> Result<Vec<f32>, CheckpointError> {
        let values = match self.table.tensor(name) {
            Some(tensor) => self.table.values(tensor, &self.source),
            None => Err(CheckpointFault::Missing(quoted(name))),
        };
        values.map_err(|fault| fault.of(&self.origin))
    }

    /// Entries beside the weights that were left out, such as `epoch` and `optimizer`; the first 64 of them.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }
}

type Read = (CheckpointForm, Table, Vec<String>);

fn read(source: &Source) -> Result<Read, CheckpointFault> {
    let start = source
        .read(0, source.length().min(64))
        .map_err(CheckpointFault::Unreadable)?;
    if start.starts_with(b"PK\x03\x04") {
        return read_archive(source);
    }
    foreign::refuse(&start)?;
    read_stream(source)
}

fn read_archive(source: &Source) -> Result<Read, CheckpointFault> {
    let archive = Archive::open(source)?;
    if archive
        .read(source, "byteorder", WORD_BYTES_MAX)?
        .is_some_and(|order| order == b"big")
    {
        return Err(CheckpointFault::big_endian());
    }
    let Some(bytes) = archive.read(source, "data.pkl", PICKLE_BYTES_MAX)? else {
        return Err(CheckpointFault::Archive("it has no data.pkl".to_owned()));
    };
    let pickle = pickle::read(&bytes)?;
    let Contents { tensors, kind, ignored } = contents::find(Torch(&pickle.values), pickle.root)?;
    let table = Table::new(tensors, source.length(), |claim| {
        let name = format!("data/{}", claim.key);
        let member = archive.member(&name).ok_or_else(|| missing(claim))?;
        let place = Place {
            start: member.start,
            bytes: member.bytes,
            member: Some((quoted(&name), member)),
        };
        fits(claim, place)
    })?;
    let form = match kind {
        ContentsKind::Module => CheckpointForm::ZipModule,
        ContentsKind::StateDict => CheckpointForm::ZipStateDict,
    };
    Ok((form, table, ignored))
}

fn read_stream(source: &Source) -> Result<Read, CheckpointFault> {
    let head = source
        .read(0, source.length().min(PICKLE_BYTES_MAX))
        .map_err(CheckpointFault::Unreadable)?;
    let too_long = |fault| match fault {
        CheckpointFault::Pickle(error) if error.ends_early && source.length() > PICKLE_BYTES_MAX => {
            CheckpointFault::TooLarge {
                what: "its pickles are too long".to_owned(),
                limit: format!("{PICKLE_BYTES_MAX} bytes"),
            }
        }
        other => other,
    };
    let stream = Stream::read(&head).map_err(too_long)?;
    let Contents { tensors, kind, ignored } = contents::find(Torch(&stream.object.values), stream.object.root)?;
    let places = stream.places(&head, source).map_err(too_long)?;
    let table = Table::new(tensors, source.length(), |claim| {
        let place = places.get(claim.key).ok_or_else(|| missing(claim))?;
        fits(claim, place.clone())
    })?;
    let form = match kind {
        ContentsKind::Module => CheckpointForm::LegacyModule,
        ContentsKind::StateDict => CheckpointForm::LegacyStateDict,
    };
    Ok((form, table, ignored))
}

fn missing(claim: &StorageClaim) -> String {
    format!(
        "its storage {} is not in the file; the file is damaged",
        quoted(claim.key)
    )
}

/// The place, if it has the size that the pickle claims.
fn fits(claim: &StorageClaim, place: Place) -> Result<Place, String> {
    if claim.elements.checked_mul(claim.kind.bytes()) == Some(place.bytes) {
        return Ok(place);
    }
    Err(format!(
        "its storage {} has {} bytes in the file and should have {} elements of {}; the file is damaged",
        quoted(claim.key),
        place.bytes,
        claim.elements,
        claim.kind.bytes()
    ))
}
