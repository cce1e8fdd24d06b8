//! Files that are whole or not there: written beside their place, flushed to the disk, renamed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::Error;

/// Names the file and what was tried.
pub(super) fn failed(path: &Path, done: &'static str) -> impl FnOnce(io::Error) -> Error {
    let path = path.display().to_string();
    move |source| Error::Io { path, done, source }
}

pub(super) fn make_folder(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(failed(path, "created"))
}

pub(super) fn is_empty(path: &Path) -> Result<bool, Error> {
    Ok(fs::read_dir(path).map_err(failed(path, "read"))?.next().is_none())
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(failed(path, "read"))
}

/// Writes a file so that after a crash at any moment either the old or the new one is there.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_with(path, |file| file.write_all(bytes))
}

/// As [`write_whole`], for what is produced piece by piece.
pub(super) fn write_with(path: &Path, produce: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || {
        let mut file = tempfile::Builder::new().prefix(".part-").tempfile_in(folder)?;
        produce(file.as_file_mut())?;
        share(file.as_file())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        sync_folder(folder)
    };
    write().map_err(failed(path, "written"))
}

/// A rename is durable once the folder is.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Temporary files are private; a saved file is an ordinary one.
fn share(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}
