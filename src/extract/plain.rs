//! Plain text: another scraper's dump, a copy from the clipboard. The same labels, without a tree.

use super::Found;
use super::block::Block;
use super::heuristic::{labels, runs};
use super::metadata::dates;
use super::metadata::names::{self, Said};
use super::texts::Texts;
use super::{Detail, Options, text, typed};
use crate::article::{
    Author, BlockKind, BodyBlock, Judge, Metadata, Reason, Removed, Sequel, Verdict,
};

/// Most letters in a headline.
const TITLE_MASS: u32 = 160;

/// Reads a plain-text dump: a block a line, a headline first if there is one.
pub(super) fn read(dump: &str, options: &Options, tells_removed: bool) -> Found {
    let texts = Texts::default();
    let blocks: Vec<Block> = dump
        .lines()
        .map(text::collapsed)
        .filter(|line| !line.is_empty())
        .map(|line| block(&line, &texts))
        .collect();
    let mut metadata = Metadata::default();
    let mut reasons = vec![None; blocks.len()];
    read_top(&blocks, &mut reasons, &mut metadata);
    let open: Vec<usize> = (0..blocks.len())
        .filter(|&at| reasons[at].is_none())
        .collect();
    let rest: Vec<&Block> = open.iter().map(|&at| &blocks[at]).collect();
    let found: Vec<_> = rest.iter().map(|block| labels::label_of(block)).collect();
    for (&at, reason) in open.iter().zip(runs::runs(&rest, &found)) {
        reasons[at] = reason;
    }
    into_found(&blocks, &reasons, metadata, options, tells_removed)
}

fn into_found(
    blocks: &[Block],
    reasons: &[Option<Reason>],
    metadata: Metadata,
    options: &Options,
    tells_removed: bool,
) -> Found {
    let verdict = Verdict {
        by: Judge::Heuristic,
        score: None,
    };
    let (mut body, mut removed) = (Vec::new(), Vec::new());
    for (at, (block, &reason)) in (0..).zip(blocks.iter().zip(reasons)) {
        match reason {
            None => body.push(BodyBlock {
                words: block.words,
                kind: block.kind,
                text: block.text,
                at,
                kept: verdict,
            }),
            Some(reason) => removed.push(Removed {
                reason,
                kind: block.kind,
                text: block.text,
                at,
                removed: verdict,
            }),
        }
    }
    let details = (options.detail != Detail::Plain).then(|| {
        let story = typed::Story {
            scene: None,
            kept: &body,
            removed: &removed,
            base: None,
            image: None,
            is_own: true,
            links: false,
        };
        let recorded = options.detail == Detail::Full;
        Box::new(typed::details(&story, None, &removed, recorded))
    });
    Found {
        details,
        metadata,
        stated_words: None,
        shows_wall: false,
        body: body.into_iter().map(BodyBlock::owned).collect(),
        removed: super::told_removed(removed, tells_removed),
        warnings: Vec::new(),
        confidence: 0.5,
        class: None,
        sequel: Sequel::default(),
    }
}

fn block<'t>(line: &str, texts: &'t Texts) -> Block<'t> {
    let (kind, line) = match line.strip_prefix("# ") {
        Some(heading) => (BlockKind::Heading(1), heading),
        None => (BlockKind::Paragraph, line),
    };
    Block {
        kind,
        ..Block::of(line, texts)
    }
}

/// The lines above the first paragraph: a headline, and a byline or date under it.
fn read_top(blocks: &[Block], reasons: &mut [Option<Reason>], metadata: &mut Metadata) {
    let first = blocks.iter().position(Block::is_prose).unwrap_or(0);
    for at in 0..first {
        let line = blocks[at].text;
        let date = dates::in_text(line).filter(|_| blocks[at].mass <= 40);
        if metadata.title.is_none()
            && date.is_none()
            && blocks[at].mass <= TITLE_MASS
            && labels::label_of(&blocks[at]).is_none()
        {
            metadata.title = Some(line.to_owned());
            reasons[at] = Some(Reason::Title);
        } else if let Some(name) = line
            .strip_prefix("By ")
            .or_else(|| line.strip_prefix("by "))
        {
            let names = names::read(name, Said::Shown).into_iter();
            metadata.authors.extend(names.map(|name| Author {
                name: name.text,
                url: None,
                kind: name.kind,
            }));
            reasons[at] = Some(Reason::Byline);
        } else if let Some(date) = date {
            metadata
                .date_published
                .get_or_insert_with(|| date.to_string());
            reasons[at] = Some(Reason::Byline);
        }
    }
}
