//! The members of a zip archive, one after the other, unpacked while they are read.

use super::error::{FileError, Place};
use super::input::{Budget, Opening, refusal};
use super::value::shown;
use std::cell::Cell;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use zip::ZipArchive;
use zip::read::{ArchiveOffset, Config};
use zip::result::ZipError;

/// More than a bank puts into one archive, which is a file per account and day.
pub(super) const MOST_MEMBERS: usize = 100;
/// As much as is read to find out what is in it: a directory of many more members is not even read.
const DIRECTORY: u64 = 1024 * 1024;

/// Whether a file that begins so is an archive; an empty one begins with the second mark.
pub(super) fn is_it(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// Hands each member to `read`, with its name. Folders and what macOS adds are passed over.
pub(super) fn each<R: Read + Seek>(
    mut input: R,
    budget: &Budget,
    mut read: impl FnMut(Box<dyn Read + '_>, &str) -> Result<(), FileError>,
) -> Result<(), FileError> {
    let size = input.seek(SeekFrom::End(0)).map_err(FileError::Io)?;
    if size > budget.limit() {
        return Err(FileError::TooLarge { limit: budget.limit() });
    }
    let left = Cell::new(DIRECTORY);
    let config = Config { archive_offset: ArchiveOffset::Known(0) };
    let mut archive = ZipArchive::with_config(config, Opening::new(input, &left)).map_err(refused)?;
    left.set(u64::MAX);
    if archive.len() > MOST_MEMBERS {
        return Err(FileError::TooManyMembers { limit: MOST_MEMBERS });
    }
    let mut found = false;
    for number in 0..archive.len() {
        let member = archive.by_index(number).map_err(refused)?;
        let name = member.name().map_err(refused)?.into_owned();
        if member.is_dir() || name.starts_with("__MACOSX/") || name.ends_with("/.DS_Store") || name == ".DS_Store" {
            continue;
        }
        found = true;
        read(Box::new(member), &shown(&name))
            .map_err(|source| FileError::Member { name: shown(&name), source: Box::new(source) })?;
    }
    if found { Ok(()) } else { Err(FileError::Empty) }
}

fn refused(error: ZipError) -> FileError {
    match error {
        ZipError::Io(error) => match refusal(error, Place::default()) {
            // Only the directory is read under a limit here.
            FileError::TooLong { .. } => FileError::TooManyMembers { limit: MOST_MEMBERS },
            FileError::Io(error) if error.kind() == ErrorKind::UnexpectedEof => {
                FileError::Zip("it is cut off".to_owned())
            }
            refused => refused,
        },
        error => FileError::Zip(shown(&error.to_string())),
    }
}
