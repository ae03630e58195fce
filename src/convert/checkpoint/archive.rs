//! The zip archives that torch has written since 1.6: where the members lie.
//!
//! The container is rawzip's: it has no `unsafe`, takes nothing into memory but what is asked for, and gives each member's place in the file,
//! which is all that is needed here. (The zip crate keeps one of several members of the same name, and says nothing.)

use std::collections::BTreeMap;

use rawzip::{CompressionMethod, ErrorKind, ReaderAt, ZipLocator};

use super::error::{CheckpointFault, quoted};
use super::source::Source;

/// The most members that an archive may have. The published network's has 415.
const MEMBERS_MAX: usize = 1 << 16;
/// Where the end of the directory is looked for: 22 bytes and a comment of at most 65,535.
const SEARCH: u64 = (1 << 16) + 22;

/// The members of an archive by name.
pub(super) struct Archive {
    members: BTreeMap<String, Member>,
    /// `NAME/`, before every member's name.
    top: String,
}

/// Where a member lies, uncompressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) start: u64,
    pub(super) bytes: u64,
    pub(super) crc32: u32,
}

impl Archive {
    pub(super) fn open(source: &Source) -> Result<Self, CheckpointFault> {
        let members = members(source)?;
        refuse_overlaps(&members)?;
        let mut tops = members
            .keys()
            .filter_map(|name| name.strip_suffix("data.pkl"))
            .filter(|top| top.ends_with('/'));
        let top = match (tops.next(), tops.next()) {
            (Some(top), None) => top.to_owned(),
            (None, _) => {
                return Err(CheckpointFault::Foreign {
                    what: "a zip archive without data.pkl",
                    cure: "give the file that torch.save wrote, not an archive around it",
                });
            }
            _ => return Err(CheckpointFault::Archive("it has several members data.pkl".to_owned())),
        };
        if members.contains_key(&format!("{top}constants.pkl")) {
            return Err(CheckpointFault::Foreign {
                what: "a TorchScript archive (torch.jit.save)",
                cure: "save the network's state_dict() with torch.save",
            });
        }
        Ok(Self { members, top })
    }

    /// A member by its name below the top folder.
    pub(super) fn member(&self, name: &str) -> Option<Member> {
        self.members.get(&format!("{}{name}", self.top)).copied()
    }

    /// The bytes of a member, compared with its checksum; `None` where there is no such member.
    pub(super) fn read(&self, source: &Source, name: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, CheckpointFault> {
        let Some(member) = self.member(name) else {
            return Ok(None);
        };
        if member.bytes > bytes_max {
            return Err(CheckpointFault::TooLarge {
                what: format!("its member {name} has {} bytes", member.bytes),
                limit: format!("{bytes_max} bytes"),
            });
        }
        member.check(source, name)?;
        source
            .read(member.start, member.bytes)
            .map(Some)
            .map_err(CheckpointFault::Unreadable)
    }
}

impl Member {
    /// Goes through the bytes once and compares their CRC-32 with the archive's.
    pub(super) fn check(&self, source: &Source, name: &str) -> Result<(), CheckpointFault> {
        let mut crc = rawzip::Crc32::new();
        source
            .stream(self.start, self.bytes, |chunk| crc.update(chunk))
            .map_err(CheckpointFault::Unreadable)?;
        let found = crc.checksum();
        if found != self.crc32 {
            return Err(CheckpointFault::Checksum {
                member: name.to_owned(),
                found,
                stated: self.crc32,
            });
        }
        Ok(())
    }
}

fn members(source: &Source) -> Result<BTreeMap<String, Member>, CheckpointFault> {
    let mut buffer = vec![0; rawzip::MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let archive = ZipLocator::new()
        .max_search_space(SEARCH)
        .locate_in_reader(Reader(source.reader()), &mut buffer, source.length())
        .map_err(|(_, error)| broken(&error))?;
    let mut members = BTreeMap::new();
    let mut entries = archive.entries(&mut buffer);
    while let Some(entry) = entries.next_entry().map_err(|error| broken(&error))? {
        let path = entry.file_path();
        let name = std::str::from_utf8(path.as_ref())
            .map_err(|_| CheckpointFault::Archive("the name of a member is not UTF-8".to_owned()))?;
        if entry.compression_method() != CompressionMethod::STORE {
            return Err(CheckpointFault::Compressed { member: quoted(name) });
        }
        let (bytes, uncompressed) = (entry.compressed_size_hint(), entry.uncompressed_size_hint());
        let (start, _) = archive
            .get_entry(entry.wayfinder())
            .map_err(|error| broken(&error))?
            .compressed_data_range();
        if bytes != uncompressed || !source.holds(start, bytes) {
            return Err(CheckpointFault::Archive(format!(
                "the member {} of {uncompressed} bytes does not lie in the file",
                quoted(name)
            )));
        }
        let member = Member {
            start,
            bytes,
            crc32: entry.crc32(),
        };
        if members.insert(name.to_owned(), member).is_some() {
            return Err(CheckpointFault::Archive(format!(
                "two members are named {}",
                quoted(name)
            )));
        }
        if members.len() > MEMBERS_MAX {
            return Err(CheckpointFault::TooLarge {
                what: "the zip archive has too many members".to_owned(),
                limit: format!("{MEMBERS_MAX} members"),
            });
        }
    }
    Ok(members)
}

fn refuse_overlaps(members: &BTreeMap<String, Member>) -> Result<(), CheckpointFault> {
    let mut by_place: Vec<_> = members.iter().filter(|(_, member)| member.bytes > 0).collect();
    by_place.sort_by_key(|(_, member)| member.start);
    for pair in by_place.windows(2) {
        let [(first, a), (second, b)] = [pair[0], pair[1]];
        if a.start + a.bytes > b.start {
            return Err(CheckpointFault::Archive(format!(
                "the members {} and {} overlap",
                quoted(first),
                quoted(second)
            )));
        }
    }
    Ok(())
}

fn broken(error: &rawzip::Error) -> CheckpointFault {
    CheckpointFault::Archive(match error.kind() {
        ErrorKind::MissingEndOfCentralDirectory => {
            "its end is missing, as after a download that was cut off".to_owned()
        }
        _ => error.to_string(),
    })
}

/// rawzip takes readers of a known type only.
struct Reader<'a>(&'a dyn ReaderAt);

impl ReaderAt for Reader<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
        self.0.read_at(buffer, offset)
    }
}
