//! A file that is there under its name only once it is whole: who sends on what lies in a folder never sends a part.

use super::Failure;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file being written.
pub struct WholeFile {
    out: BufWriter<File>,
    /// Where it is written, and what it is called in the end. A pipe or a device is written to directly.
    rename: Option<(PathBuf, PathBuf)>,
}

impl WholeFile {
    /// Begins one, beside its place.
    ///
    /// # Errors
    /// When the folder can't be written to.
    pub fn create(path: &Path) -> Result<Self, Failure> {
        let named = |error: io::Error| Failure::refused(format!("{}: {error}", path.display()));
        // Through links, so that what they point to is written and not the link replaced.
        let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if fs::metadata(&target).is_ok_and(|found| !found.is_file()) {
            return Ok(Self { out: BufWriter::new(File::create(&target).map_err(named)?), rename: None });
        }
        let Some(name) = target.file_name() else { return Err(named(io::ErrorKind::InvalidFilename.into())) };
        let beside = target.with_file_name(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
        let out = BufWriter::new(File::create(&beside).map_err(named)?);
        Ok(Self { out, rename: Some((beside, target)) })
    }

    /// Gives it its name, once all of it is on the disk.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()?;
        if let Some((beside, target)) = &self.rename {
            self.out.get_ref().sync_all()?;
            fs::rename(beside, target)?;
            self.rename = None;
        }
        Ok(())
    }
}

impl Write for WholeFile {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        self.out.write(part)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if let Some((beside, _)) = &self.rename {
            let _ = fs::remove_file(beside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("folder");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn it_has_its_name_once_it_is_whole() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("file");
        let mut file = WholeFile::create(&path).expect("create");
        file.write_all(b"all of it").expect("write");
        file.flush().expect("flush");
        assert!(!path.exists() && names(folder.path())[0].starts_with(".file."));
        file.finish().expect("finish");
        assert_eq!(fs::read(&path).expect("read"), b"all of it");
        assert_eq!(names(folder.path()), ["file"]);
        // What was there stays until the next one is whole.
        let mut next = WholeFile::create(&path).expect("create");
        next.write_all(b"a part").expect("write");
        drop(next);
        assert_eq!(fs::read(&path).expect("read"), b"all of it");
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn a_link_stays_one_and_a_device_is_written_to() {
        let folder = tempfile::tempdir().expect("folder");
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "before").expect("file");
        std::os::unix::fs::symlink(&file, &link).expect("link");
        let mut through = WholeFile::create(&link).expect("create");
        through.write_all(b"after").expect("write");
        through.finish().expect("finish");
        assert_eq!(fs::read(&file).expect("read"), b"after");
        assert!(fs::symlink_metadata(&link).expect("link").is_symlink());
        WholeFile::create(Path::new("/dev/null")).expect("create").finish().expect("finish");
        assert!(WholeFile::create(Path::new("/nowhere/file")).is_err());
    }
}
