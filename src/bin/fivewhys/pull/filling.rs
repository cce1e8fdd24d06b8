//! Joins the pull to the folder it fills: neither knows the other.

use fivewhys::logs::Gap;
use fivewhys::logs::cloud::{Sink, SinkError, Standing};
use fivewhys::saved::{Folder, WindowState};
use serde_json::{Map, Value};

/// A folder that takes what is pulled.
pub struct Filling<'a>(pub &'a mut Folder);

impl Sink for Filling<'_> {
    fn standing(&self, window: usize) -> Standing {
        match self.0.state(window) {
            WindowState::Missing => Standing::Missing,
            WindowState::Partial { from, .. } => Standing::Partial { from },
            WindowState::Complete => Standing::Complete,
        }
    }

    fn append(&mut self, window: usize, entries: Vec<Map<String, Value>>) -> Result<u64, SinkError> {
        Ok(self.0.append(window, &entries)?)
    }

    fn complete(&mut self, window: usize, requests: u64, gaps: Vec<Gap>) -> Result<(), SinkError> {
        Ok(self.0.complete(window, gaps, requests)?)
    }
}
