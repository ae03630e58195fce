//! Who may use a device file, and who does: the words that name the group to join and the program to end.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What cures an error on opening a device file, where there is more to say than the system does; begins with `; ` or is empty.
pub fn cure(device: &Path, error: &io::Error) -> String {
    if error.kind() != io::ErrorKind::PermissionDenied {
        return String::new();
    }
    match group_of(device) {
        Some(group) => format!(
            "; it belongs to the group {group}: add the station's user to it (sudo usermod -aG {group} USER), then log in or start the service again"
        ),
        None => "; give the station's user the right to use it".to_owned(),
    }
}

/// Name of the group that a file belongs to; its number where it has no name.
pub fn group_of(file: &Path) -> Option<String> {
    let group = std::fs::metadata(file).ok()?.gid();
    let names = std::fs::read_to_string("/etc/group").unwrap_or_default();
    Some(name_of(group, &names).map_or_else(|| group.to_string(), ToOwned::to_owned))
}

/// The name of a group in the text of `/etc/group` (group(5): `name:password:number:members`).
fn name_of(group: u32, names: &str) -> Option<&str> {
    names.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(group)).then_some(name)
    })
}

/// The programs that hold a node open, this one left out; `None` where `/proc` does not tell, as for other users' programs.
pub fn holder(node: &Path) -> Option<String> {
    let node = node.canonicalize().ok()?;
    let me = std::process::id();
    let holds = |process: &Path| {
        let files = std::fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
        files
            .into_iter()
            .any(|file| std::fs::read_link(file.path()).is_ok_and(|target| target == node))
    };
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let found: Vec<String> = processes
        .filter_map(|entry| {
            let number: u32 = entry.file_name().to_str()?.parse().ok()?;
            if number == me || !holds(&entry.path()) {
                return None;
            }
            let name = std::fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            Some(format!("{} (process {number})", name.trim()))
        })
        .collect();
    (!found.is_empty()).then(|| found.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_is_named() {
        let names = "root:x:0:\nvideo:x:44:ada,ben\nbroken\ngpio:x:997:";
        assert_eq!(name_of(44, names), Some("video"));
        assert_eq!(name_of(997, names), Some("gpio"));
        assert_eq!(name_of(1, names), None);
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let words = cure(Path::new("/dev/null"), &denied);
        assert!(words.contains("group root") && words.contains("usermod"), "{words}");
        assert_eq!(cure(Path::new("/dev/null"), &io::ErrorKind::NotFound.into()), "");
        assert!(cure(Path::new("/dev/no/such"), &denied).contains("right to use it"));
    }
}
