//! Why a checkpoint is refused.

use thiserror::Error;

use super::pickle::PickleError;

/// A checkpoint that is refused, or a tensor of it.
#[derive(Debug, Error)]
#[error("checkpoint {origin}: {fault}")]
pub struct CheckpointError {
    /// The file.
    pub origin: String,
    /// What is wrong with it.
    #[source]
    pub fault: CheckpointFault,
}

/// What is wrong with a checkpoint, in the words that follow its name.
#[derive(Debug, Error)]
pub enum CheckpointFault {
    /// The operating system does not give the bytes.
    #[error("it can't be read: {0}")]
    Unreadable(std::io::Error),
    /// Another kind of file.
    #[error("this is {what}, not a checkpoint that torch.save wrote; {cure}")]
    Foreign {
        /// What it is.
        what: &'static str,
        /// What to do.
        cure: &'static str,
    },
    /// The zip archive is damaged or unusual.
    #[error("the zip archive does not hold together: {0}; copy the file again, or save it again with torch.save")]
    Archive(String),
    /// A member of the archive is compressed.
    #[error(
        "the member {member} of the zip archive is compressed; torch stores its members uncompressed, so the archive was packed again: \
         use the file as torch.save wrote it"
    )]
    Compressed {
        /// The member.
        member: String,
    },
    /// The bytes of a member have another CRC-32 than the archive states.
    #[error(
        "{member} is damaged: its bytes have the CRC-32 {found:08x}, the archive states {stated:08x}; copy the file again"
    )]
    Checksum {
        /// The member.
        member: String,
        /// Of the bytes.
        found: u32,
        /// In the archive.
        stated: u32,
    },
    /// A file from before PyTorch 1.6 is damaged or unusual.
    #[error("the file, of the form from before PyTorch 1.6, does not hold together: {0}; copy the file again")]
    Stream(String),
    /// The pickle can't be read.
    #[error("{0}; the file is damaged, or not written by torch.save")]
    Pickle(#[from] PickleError),
    /// Written with something that is not read.
    #[error("{what} is not read; {cure}")]
    Unsupported {
        /// What.
        what: String,
        /// What to do.
        cure: &'static str,
    },
    /// Something is larger than any honest file needs.
    #[error("{what}, over the limit of {limit}; this is no checkpoint of a network that fishrig could run")]
    TooLarge {
        /// What, with its size.
        what: String,
        /// What is allowed, with its unit.
        limit: String,
    },
    /// There is no tensor where one looks for them.
    #[error("there are no weights in it: it holds {found}; save the network's state_dict(), or the network itself")]
    NoTensors {
        /// What it holds instead.
        found: String,
    },
    /// Several dictionaries could be meant.
    #[error(
        "several of its entries hold tensors ({entries}); save the state_dict() of the network alone, or under the key \"state_dict\""
    )]
    Ambiguous {
        /// Their names.
        entries: String,
    },
    /// A tree of modules that is not one.
    #[error("the module {path}: {reason}; save the network's state_dict() instead")]
    Module {
        /// Names from the root, with dots between.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A tensor that can't be right.
    #[error("tensor {name}: {reason}")]
    Tensor {
        /// Its name.
        name: String,
        /// What is wrong, with the cure.
        reason: String,
    },
    /// Two tensors of one name.
    #[error("two tensors are named {0}; save the network's state_dict() again")]
    Duplicate(String),
    /// A tensor that was asked for is not there.
    #[error("it has no tensor {0}")]
    Missing(String),
}

impl CheckpointFault {
    pub(super) fn big_endian() -> Self {
        Self::Unsupported {
            what: "a checkpoint of a big-endian machine".to_owned(),
            cure: "load it with torch on a PC and save it again",
        }
    }

    /// The fault with the name of the file.
    pub(super) fn of(self, origin: &str) -> CheckpointError {
        CheckpointError {
            origin: origin.to_owned(),
            fault: self,
        }
    }
}

/// Text from a file, made fit for a message: short, and without control characters.
pub(super) fn quoted(text: &str) -> String {
    const CHARACTERS: usize = 80;
    let mut short: String = text.chars().take(CHARACTERS).flat_map(char::escape_debug).collect();
    if text.chars().nth(CHARACTERS).is_some() {
        short.push('…');
    }
    short
}
