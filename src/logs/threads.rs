//! Spreads the blocks of a file over the threads, and hands back what they hold in order.

use std::io::{self, Read, SeekFrom};

use rayon::prelude::*;

use super::blocks::{Block, Blocks};
use super::harvest::Harvest;
use super::intake::Intake;
use super::source::{ReadSeek, Source};

/// How many blocks are read at a time, at least; also at least four for each thread.
const BATCH: usize = 8;

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
        let broken = self.read_blocks(&mut Blocks::new(text, self.layout.clone()), each);
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
        let broken = self.read_blocks(&mut Blocks::from(from, file.take(to - from), self.layout.clone()), each);
        broken.map_or(Ok(()), Err)
    }

    fn read_blocks(
        &self,
        blocks: &mut Blocks<impl Read + Send>,
        each: &mut (dyn FnMut(Harvest, u64) + Send),
    ) -> Option<io::Error> {
        let (mut batch, mut broken) = next_batch(blocks);
        let mut line = 1;
        let mut bring_in = |harvests: Vec<Harvest>| {
            for harvest in harvests {
                let lines = harvest.lines;
                each(harvest, line);
                line += lines;
            }
        };
        let mut before = Vec::new();
        while !batch.is_empty() {
            // One thread brings in what the batch before held and reads on while the others work on what is there.
            let (harvests, (next, error)) = rayon::join(
                || batch.par_iter().map(|block| self.read(block)).collect::<Vec<_>>(),
                || {
                    bring_in(std::mem::take(&mut before));
                    next_batch(blocks)
                },
            );
            before = harvests;
            broken = broken.or(error);
            std::mem::replace(&mut batch, next).into_iter().for_each(|block| blocks.reuse(block));
        }
        bring_in(before);
        broken
    }
}

fn next_batch<R: Read>(blocks: &mut Blocks<R>) -> (Vec<Block>, Option<io::Error>) {
    let wanted = BATCH.max(4 * rayon::current_num_threads());
    let mut batch = Vec::with_capacity(wanted);
    while batch.len() < wanted
        && let Some((block, error)) = blocks.next()
    {
        batch.push(block);
        if error.is_some() {
            return (batch, error);
        }
    }
    (batch, None)
}
