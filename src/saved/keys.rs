//! What is only there while a folder is under way: the lock of the program that writes, and the key of its tokens.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use super::masking::KEY_BYTES;
use super::{Error, disk};

/// The private folder in a saved folder; hidden, so that nothing reads it as logs.
const FOLDER: &str = ".pull";

/// A folder taken for this program; let go when it is dropped.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing would do, but not while a program that is being started still holds a copy of the open file.
        let _ = self.0.unlock();
    }
}

/// Takes the folder for this program until what is returned is dropped.
pub(super) fn lock(root: &Path) -> Result<Lock, Error> {
    let folder = root.join(FOLDER);
    make_private(&folder).map_err(disk::failed(&folder, "created"))?;
    let path = folder.join("lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(disk::failed(&path, "opened"))?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(Error::Busy { path: root.display().to_string() }),
        // A file system without locks: better a pull without one than none.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(Lock(file)),
    }
}

/// The key of a folder, made at the first call; durable when it returns.
pub(super) fn key(root: &Path) -> Result<[u8; KEY_BYTES], Error> {
    let path = root.join(FOLDER).join("key");
    match fs::read(&path) {
        Ok(bytes) => bytes.try_into().map_err(|_| {
            let reason = "not a key of this program; remove the folder and pull again".to_owned();
            Error::Manifest { path: path.display().to_string(), reason }
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut key = [0; KEY_BYTES];
            getrandom::fill(&mut key).map_err(|error| disk::failed(&path, "made: no random numbers")(io::Error::other(error)))?;
            disk::write_private(&path, &key)?;
            Ok(key)
        }
        Err(error) => Err(disk::failed(&path, "read")(error)),
    }
}

/// Removes lock and key: from now on no token can be made again.
pub(super) fn discard(root: &Path) -> Result<(), Error> {
    let folder = root.join(FOLDER);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk::failed(&folder, "removed")(error)),
        _ => Ok(()),
    }
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}
