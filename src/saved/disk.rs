//! Files that are whole or not there: written beside their place, flushed to the disk, renamed.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use encoding_rs_io::DecodeReaderBytesBuilder;

use super::Error;

/// Names the file and what was tried.
pub(super) fn failed(path: &Path, done: &'static str) -> impl FnOnce(io::Error) -> Error {
    let path = path.display().to_string();
    move |source| Error::Io { path, done, source }
}

pub(super) fn make_folder(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(failed(path, "created"))
}

/// Whether nothing is in a folder that its owner would miss: hidden files and empty folders are what a pull leaves
/// that was killed as it began.
pub(super) fn is_empty(path: &Path) -> Result<bool, Error> {
    let nothing = |entry: &fs::DirEntry| {
        let hidden = [".pull", ".part-"].iter().any(|name| entry.file_name().to_string_lossy().starts_with(name));
        hidden || fs::read_dir(entry.path()).is_ok_and(|mut inner| inner.next().is_none())
    };
    let read = || fs::read_dir(path)?.collect::<io::Result<Vec<_>>>();
    Ok(read().map_err(failed(path, "read"))?.iter().all(nothing))
}

pub(super) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path, "removed")(error)),
        _ => Ok(()),
    }
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(failed(path, "read"))
}

/// The text of a file: UTF-16 (what PowerShell's `>` writes) as UTF-8, and what is neither replaced.
pub(super) fn read_text(path: &Path) -> Result<String, Error> {
    let bytes = read(path)?;
    let mut text = Vec::with_capacity(bytes.len());
    let mut decoder = DecodeReaderBytesBuilder::new().bom_override(true).strip_bom(true).utf8_passthru(true).build(&*bytes);
    decoder.read_to_end(&mut text).map_err(failed(path, "read"))?;
    String::from_utf8(text).or_else(|error| Ok(String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// Writes a file so that after a crash at any moment either the old or the new one is there.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_with(path, |file| file.write_all(bytes))
}

/// As [`write_whole`], for what is produced piece by piece.
pub(super) fn write_with(path: &Path, produce: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), Error> {
    write(path, produce, share)
}

/// As [`write_whole`], for nobody else to read.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write(path, |file| file.write_all(bytes), |_| Ok(()))
}

fn write(
    path: &Path,
    produce: impl FnOnce(&mut File) -> io::Result<()>,
    permit: impl FnOnce(&File) -> io::Result<()>,
) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || {
        let mut file = tempfile::Builder::new().prefix(".part-").tempfile_in(folder)?;
        produce(file.as_file_mut())?;
        permit(file.as_file())?;
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
