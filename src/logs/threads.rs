//! Spreads the blocks of a file over the threads, and hands on what they hold in order.

use std::collections::BTreeMap;
use std::io::{self, Read, SeekFrom};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};

use super::blocks::{Block, Blocks};
use super::harvest::Harvest;
use super::intake::Intake;
use super::outline::Outliner;
use super::source::{ReadSeek, Source};

/// How many blocks for each thread may be read before the first of them has been handed on.
const AHEAD: usize = 8;

/// How the reading of a file ended.
pub(super) struct End {
    /// It was UTF-16.
    pub(super) wide: bool,
    /// What kept it from being read to its end.
    pub(super) broken: Option<io::Error>,
}

impl Intake<'_> {
    /// Reads a file block by block and calls `each` with what a block holds and the number of its first line,
    /// in order of the blocks, whatever the number of threads. Fails only if the file cannot be opened.
    pub(super) fn read_file(&self, file: &Source, each: &mut (dyn FnMut(Harvest, u64) + Send)) -> io::Result<End> {
        let text = file.text()?;
        let wide = text.wide;
        let broken = self.read_blocks(Blocks::new(text, self.layout.clone()), each);
        Ok(End { wide, broken })
    }

    /// Reads a stretch of a file, from one byte to another; lines are numbered from its beginning.
    pub(super) fn read_stretch(
        &self,
        file: &mut dyn ReadSeek,
        (from, to): (u64, u64),
        each: &mut (dyn FnMut(Harvest, u64) + Send),
    ) -> io::Result<()> {
        file.seek(SeekFrom::Start(from))?;
        let broken = self.read_blocks(Blocks::from(from, file.take(to - from), self.layout.clone()), each);
        broken.map_or(Ok(()), Err)
    }

    /// Reads parts of a file that were cut out between entries before. What cannot be read is passed over.
    pub(super) fn read_parts(&self, file: &Source, parts: &[(u64, u64)], each: &mut (dyn FnMut(Harvest, u64) + Send)) {
        let next = AtomicUsize::new(0);
        let row = Row::new(each);
        let read = || {
            let _abandoned = Abandoned(&row);
            let Ok(Some((mut text, _))) = file.seekable() else { return };
            let (mut outliner, mut block) = (Outliner::default(), Block::default());
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(part) = parts.get(number) else { return };
                let there = block.read(&mut *text, *part).is_ok();
                row.hand_on(number, if there { self.read(&block, &mut outliner) } else { Harvest::default() });
            }
        };
        match parts {
            [] => {}
            [_] => read(),
            _ => drop(rayon::broadcast(|_| read())),
        }
    }

    fn read_blocks(
        &self,
        mut blocks: Blocks<impl Read + Send>,
        each: &mut (dyn FnMut(Harvest, u64) + Send),
    ) -> Option<io::Error> {
        let first = blocks.next()?;
        if first.0.last {
            each(self.read(&first.0, &mut Outliner::default()), 1);
            return first.1;
        }
        let reading = Mutex::new(Reading { blocks, first: Some(first), number: 0, broken: None });
        let row = Row::new(each);
        // Each thread reads a block and works on it while it is in the processor's own cache.
        rayon::broadcast(|_| {
            let _abandoned = Abandoned(&row);
            let mut outliner = Outliner::default();
            let mut done = None;
            // Only the reading itself is done by one at a time.
            let next = |done| lock(&reading).next(done);
            while let Some((number, block)) = next(done.take()) {
                row.hand_on(number, self.read(&block, &mut outliner));
                done = Some(block);
            }
        });
        reading.into_inner().unwrap_or_else(PoisonError::into_inner).broken
    }
}

/// The blocks that are still to be read.
struct Reading<R> {
    blocks: Blocks<R>,
    /// Read already.
    first: Option<(Block, Option<io::Error>)>,
    number: usize,
    broken: Option<io::Error>,
}

impl<R: Read> Reading<R> {
    /// The next block and its number; `done` is one whose memory can be used again.
    fn next(&mut self, done: Option<Block>) -> Option<(usize, Block)> {
        if let Some(block) = done {
            self.blocks.reuse(block);
        }
        let (block, error) = self.first.take().or_else(|| self.blocks.next())?;
        self.broken = self.broken.take().or(error);
        self.number += 1;
        Some((self.number - 1, block))
    }
}

/// What is handed on: for each block its harvest, and the number of its first line.
type Each<'a> = (&'a mut (dyn FnMut(Harvest, u64) + Send), u64);

/// Hands on what the blocks hold in their order, on whichever thread has time for it.
struct Row<'a> {
    rest: Mutex<Rest>,
    moved: Condvar,
    each: Mutex<Each<'a>>,
    /// How many blocks may wait.
    most: usize,
}

/// What waits for a block before it.
#[derive(Default)]
struct Rest {
    next: usize,
    waiting: BTreeMap<usize, Harvest>,
    /// The block that is next will never come.
    abandoned: bool,
}

/// Says so where the thread that has this panics: nobody must wait for its block.
struct Abandoned<'r, 'e>(&'r Row<'e>);

impl Drop for Abandoned<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(&self.0.rest).abandoned = true;
            self.0.moved.notify_all();
        }
    }
}

impl<'a> Row<'a> {
    fn new(each: &'a mut (dyn FnMut(Harvest, u64) + Send)) -> Row<'a> {
        let most = AHEAD * rayon::current_num_threads();
        Row { rest: Mutex::default(), moved: Condvar::new(), each: Mutex::new((each, 1)), most }
    }
}

impl Row<'_> {
    /// Takes what a block holds, and hands on what its turn has come for, unless another thread is at it.
    fn hand_on(&self, number: usize, harvest: Harvest) {
        let mut rest = lock(&self.rest);
        while number >= rest.next + self.most && !rest.abandoned {
            rest = self.moved.wait(rest).unwrap_or_else(PoisonError::into_inner);
        }
        rest.waiting.insert(number, harvest);
        drop(rest);
        while self.has_next() {
            let mut handing_on = match self.each.try_lock() {
                Ok(handing_on) => handing_on,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                // It looks for more once it is done.
                Err(TryLockError::WouldBlock) => return,
            };
            let (each, line) = &mut *handing_on;
            while let Some(harvest) = self.take_next() {
                let lines = harvest.lines;
                each(harvest, *line);
                *line += lines;
            }
        }
    }

    fn has_next(&self) -> bool {
        let rest = lock(&self.rest);
        rest.waiting.contains_key(&rest.next)
    }

    fn take_next(&self) -> Option<Harvest> {
        let mut rest = lock(&self.rest);
        let next = rest.next;
        let harvest = rest.waiting.remove(&next)?;
        rest.next += 1;
        self.moved.notify_all();
        Some(harvest)
    }
}

/// A panic on another thread ends the reading anyway.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_blocks_hold_is_handed_on_in_their_order_whichever_is_done_first() {
        let mut seen = Vec::new();
        let mut each = |harvest: Harvest, line: u64| seen.push((harvest.entries, line));
        let row = Row { rest: Mutex::default(), moved: Condvar::new(), each: Mutex::new((&mut each, 1)), most: 100 };
        let harvest = |number: usize| Harvest { entries: number as u64, lines: 10, ..Harvest::default() };
        for number in [2, 0, 3, 1, 4] {
            row.hand_on(number, harvest(number));
        }
        assert_eq!(seen, [(0, 1), (1, 11), (2, 21), (3, 31), (4, 41)]);
    }
}
