//! Files of other kinds, known by their first bytes, so that the message names them.

use super::error::CheckpointFault;

/// Refuses what begins like another kind of file.
pub(super) fn refuse(start: &[u8]) -> Result<(), CheckpointFault> {
    const DOWNLOAD: &str = "download the file itself";
    const SAVE: &str = "save the network's state_dict() with torch.save";
    let trimmed = start.trim_ascii_start();
    let (what, cure) = match start {
        [] => ("an empty file", DOWNLOAD),
        // What every pickle of protocol 2 and later begins with.
        [0x80, 2..=5, ..] => return Ok(()),
        [0x1f, 0x8b, ..] => ("a gzip archive", "unpack it first"),
        [0x89, b'H', b'D', b'F', ..] => ("an HDF5 file (Keras)", SAVE),
        [_, _, _, _, _, _, 0, 0, b'{', ..] => ("a safetensors file", SAVE),
        _ if start.starts_with(b"version https://git-lfs") => (
            "a pointer of Git LFS",
            "fetch the file that it points to (git lfs pull)",
        ),
        _ if trimmed.starts_with(b"<") => ("a web page", DOWNLOAD),
        _ if start.starts_with(b"PK") => ("an empty or split zip archive", DOWNLOAD),
        // The first field of an ONNX file is ir_version, a small number.
        [0x08, 1..=20, ..] => ("an ONNX file", "give it as such, with the ending .onnx"),
        _ => ("a file of an unknown kind", "give one that torch.save wrote"),
    };
    Err(CheckpointFault::Foreign { what, cure })
}
