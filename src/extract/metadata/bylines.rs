//! Who wrote it, as the page shows it: marked elements, lines that say "By", links to authors' pages.

use std::borrow::Cow;
use std::ops::Range;

use super::apart::{Apart, BLOCKS_AFTER, BLOCKS_BEFORE};
use super::author_marks::{Authors, CALLING, Mark, mark_of};
use super::names::{self, Name, Said};
use super::nested::Nested;
use crate::article::{BlockKind, ValueSource};
use crate::extract::block::Block;
use crate::extract::dom::{Attr, NodeId, Tag, Tree};
use crate::extract::phrases::Lead;
use crate::extract::text;

/// Most letters in a byline.
const BYLINE_MASS: u32 = 90;
/// Most nodes of an element that is a byline or the box of an author.
const BOX_NODES_MAX: u32 = 150;
/// Most pieces of text in a byline, names and what stands between.
const PIECES_MAX: usize = 24;
/// Most nodes between two authors of one byline.
const GAP_NODES_MAX: u32 = 30;
/// Most elements read as bylines: a page with more lists its staff, or is hostile.
const BYLINES_MAX: usize = 400;
/// Most elements that are called authors, name nobody and stand one in the other, each of which is read.
const NESTED_MAX: usize = 8;
/// Most elements that are called authors, and most lines with a word such as "by", that are read and name
/// nobody: reading them costs several times what all else costs that is done with them.
const NAMELESS_MAX: usize = 2_000;

/// A byline of the page.
#[derive(Debug, Clone)]
pub struct Byline {
    /// The names in it.
    pub names: Vec<Name>,
    /// Address of the author's page, when there is one name.
    pub url: Option<String>,
    /// What the links in it say, as keys, and where they lead.
    pub links: Vec<(String, String)>,
    /// What told that these are the authors.
    pub source: ValueSource,
    /// How far to believe it: 0 near the headline, more the further and the weaker.
    pub rank: u8,
    node: NodeId,
    end: NodeId,
    /// How many paragraphs and headings stand before it: authors of one story have none between.
    part: usize,
}

impl Byline {
    /// Whether all of them stand in its element.
    #[must_use]
    pub fn holds_all(&self, bylines: &[Self]) -> bool {
        bylines
            .iter()
            .all(|byline| (self.node..self.end).contains(&byline.node))
    }
}

/// The bylines of the story, the best first; those of other stories are left out, and where there are some near the
/// headline those far from it.
#[must_use]
pub fn read(
    tree: &Tree,
    blocks: &[Block],
    headline: Option<usize>,
    apart: &Apart,
    host: Option<&str>,
) -> Vec<Byline> {
    let search = Search {
        tree,
        blocks,
        headline,
        apart,
        host,
    };
    let mut all = search.bylines();
    let below = headline.map_or(0, |at| blocks[at].node);
    let told = blocks
        .iter()
        .filter(|block| block.is_prose() || block.is_heading());
    let told: Vec<NodeId> = told.map(|block| block.first).collect();
    for byline in &mut all {
        byline.part = told.partition_point(|&first| first < byline.end);
    }
    // What is above the headline may be of other stories, or of the site.
    all.sort_by_key(|byline| (byline.rank, byline.node < below, byline.node));
    all
}

/// A page on which bylines are looked for.
#[derive(Clone, Copy)]
struct Search<'a> {
    tree: &'a Tree<'a>,
    blocks: &'a [Block<'a>],
    headline: Option<usize>,
    apart: &'a Apart<'a>,
    host: Option<&'a str>,
}

impl Search<'_> {
    /// The bylines in page order of each kind, without their parts. Reading what is far from the headline costs
    /// most, and counts nothing where something is near.
    fn bylines(&self) -> Vec<Byline> {
        let authors = Authors::of(self.tree);
        let mut found = self.marked(self.near_nodes(), &authors);
        found.extend(self.lines(self.near_lines()));
        if !found.iter().any(|byline| byline.rank <= NEAR) {
            found = self.marked(self.tree.elements(), &authors);
            found.extend(self.lines(0..self.blocks.len()));
        }
        found.extend(
            self.headline
                .and_then(|at| bare(self.blocks, at, self.apart)),
        );
        found
    }

    /// The nodes around the headline, and before them the elements that begin farther up and hold the first of them.
    fn near_nodes(&self) -> impl Iterator<Item = NodeId> {
        let (tree, near) = (self.tree, self.apart.near());
        let around = tree.ancestors(near.start).skip(1);
        let around = around.take_while(|&id| tree.end(id) - id <= BOX_NODES_MAX);
        let mut around: Vec<NodeId> = around.collect();
        around.reverse();
        around.into_iter().chain(tree.elements_in(near))
    }

    fn marked(&self, ids: impl Iterator<Item = NodeId>, authors: &Authors) -> Vec<Byline> {
        let tree = self.tree;
        let mut found = Vec::new();
        let mut nested = Nested::default();
        let mut left = NAMELESS_MAX;
        let mut next = 0;
        for id in ids {
            if found.len() == BYLINES_MAX || left == 0 {
                break;
            }
            let may_be =
                id >= next && tree.has_any(id, CALLING) && tree.end(id) - id <= BOX_NODES_MAX;
            let mark = may_be
                .then(|| mark_of(tree, id, self.host, authors))
                .flatten()
                .filter(|_| !self.apart.is_other_story(id))
                .filter(|_| !in_figure(tree, id) && !in_menu(tree, id))
                .filter(|_| nested.around(id) < NESTED_MAX);
            let Some(mark) = mark else {
                continue;
            };
            if let Some(byline) = of_element(tree, id, mark, self.apart) {
                next = tree.end(id);
                found.push(byline);
            } else {
                nested.add(tree, id);
                left -= 1;
            }
        }
        found
    }

    /// The places of the blocks around the headline, in which a line that opens as a byline does is one.
    fn near_blocks(&self) -> Range<usize> {
        let at = self.headline.unwrap_or(0);
        at.saturating_sub(BLOCKS_BEFORE)..(at + BLOCKS_AFTER + 1).min(self.blocks.len())
    }

    /// Those, and before them what leads on to the first of them.
    fn near_lines(&self) -> Range<usize> {
        let near = self.near_blocks();
        let leads = self.blocks[..near.start].iter().rev();
        let leads = leads.take_while(|block| is_lead(block)).count();
        near.start - leads..near.end
    }

    /// Of the blocks at these places the lines near the headline that start as a byline does, and those anywhere that say so
    /// at length.
    fn lines(&self, places: Range<usize>) -> Vec<Byline> {
        let Self {
            tree,
            blocks,
            apart,
            ..
        } = *self;
        let near = self.near_blocks();
        let mut found = Vec::new();
        let mut announced = false;
        let mut left = NAMELESS_MAX;
        for place in places {
            let block = &blocks[place];
            let is_near = near.contains(&place);
            // Far from the headline a line has to say what it is.
            let says_nothing = || !is_near && !announced && !says_at_length(block);
            let is_apart = || {
                matches!(block.kind, BlockKind::Caption | BlockKind::Quote)
                    || block.is_heading() && !is_lead(block)
                    || block.mass > BYLINE_MASS * 2
                    || Some(place) == self.headline
                    || apart.is_other_story(block.first)
                    || !is_near && apart.is_side(block.first)
            };
            if found.len() == BYLINES_MAX || left == 0 || says_nothing() || is_apart() {
                announced = false;
                continue;
            }
            let end = blocks.get(place + 1).map_or(tree.len(), |next| next.first);
            if !announced && !may_hold_lead(tree, block, end) {
                continue;
            }
            let lines = lines_of(tree, block.first, end);
            let names = if announced {
                lines
                    .first()
                    .map(|line| of_pieces(line))
                    .unwrap_or_default()
            } else {
                lines
                    .iter()
                    .flat_map(|line| of_line(line, is_near))
                    .collect()
            };
            announced = names.is_empty() && is_lead(block) && (is_near || block.text.contains(' '));
            left -= usize::from(names.is_empty());
            if !names.is_empty() {
                found.push(Byline {
                    names,
                    url: None,
                    links: Vec::new(),
                    source: ValueSource::Byline,
                    rank: if is_near { 0 } else { 2 },
                    node: block.first,
                    end: block.first + 1,
                    part: 0,
                });
            }
        }
        found
    }
}

/// Highest rank of what is near the headline.
const NEAR: u8 = 1;
/// Rank of a name that nothing calls an author: it counts only where no other person is named.
pub const BARE: u8 = 4;

/// A name in bold, alone on the line above the first paragraph.
fn bare(blocks: &[Block], headline: usize, apart: &Apart) -> Option<Byline> {
    let after = blocks.get(headline + 1..)?.iter().take(BLOCKS_AFTER);
    let pairs = after.clone().zip(after.skip(1));
    let (line, _) = pairs
        .take_while(|(line, _)| !line.is_prose())
        .find(|(_, next)| next.is_prose())?;
    let is_plain = line.kind == BlockKind::Paragraph && !apart.is_other_story(line.first);
    if !is_plain || line.bold_mass != line.mass || line.links > 0 {
        return None;
    }
    let names = whole(line.text);
    let is_name = !names.is_empty() && names.iter().all(|name| name.text.contains(' '));
    is_name.then_some(Byline {
        names,
        url: None,
        links: Vec::new(),
        source: ValueSource::Byline,
        rank: BARE,
        node: line.first,
        end: line.first + 1,
        part: 0,
    })
}

/// The bylines that stand together at the best place.
#[must_use]
pub fn first_group(bylines: &[Byline]) -> &[Byline] {
    let Some(first) = bylines.first() else {
        return &[];
    };
    let mut end = first.end;
    // Names of users who follow are those of others who wrote below.
    let full = first
        .names
        .iter()
        .all(|name| name.text.contains(' ') || names::looks_like_person(&name.text));
    let together = bylines.iter().take_while(|byline| {
        let near = byline.node.saturating_sub(end) <= GAP_NODES_MAX;
        end = end.max(byline.end);
        byline.rank == first.rank && byline.part == first.part && near
    });
    let count = if full { together.count() } else { 1 };
    &bylines[..count]
}

/// Whether a node is under a picture or in a quotation, where others are named.
fn in_figure(tree: &Tree, id: NodeId) -> bool {
    tree.ancestors(id).take(6).any(|above| {
        matches!(
            tree.tag(above),
            Some(Tag::Figure | Tag::Figcaption | Tag::Blockquote)
        )
    })
}

fn in_menu(tree: &Tree, id: NodeId) -> bool {
    tree.ancestors(id).any(|above| tree.is(above, Tag::Nav))
}

fn of_element(tree: &Tree, id: NodeId, mark: Mark, apart: &Apart) -> Option<Byline> {
    let (near, side) = (apart.is_near(id), apart.is_side(id));
    let names = names_in(tree, id, mark, near)?;
    let link = (id..tree.end(id))
        .chain(tree.ancestors(id).take(2))
        .filter(|&node| tree.is(node, Tag::A))
        .find_map(|node| tree.attr(node, Attr::Href));
    let rank = match mark {
        Mark::Standard(_) | Mark::Class if near => 0,
        Mark::Link if near => 1,
        Mark::Standard(_) | Mark::Class if !side => 2,
        _ => 3,
    };
    Some(Byline {
        url: link.filter(|_| names.len() == 1).map(str::to_owned),
        links: links_in(tree, id),
        names,
        source: match mark {
            Mark::Standard(source) => source,
            Mark::Class => ValueSource::Byline,
            Mark::Link => ValueSource::AuthorLink,
        },
        rank,
        node: id,
        end: tree.end(id),
        part: 0,
    })
}

fn links_in(tree: &Tree, id: NodeId) -> Vec<(String, String)> {
    let links = (id..tree.end(id)).filter(|&node| tree.is(node, Tag::A));
    let read = |node| {
        let href = tree.attr(node, Attr::Href)?;
        Some((text::key(&tree.text_below(node)), href.to_owned()))
    };
    links.filter_map(read).collect()
}

/// The names in a marked element; none of one that holds something else.
fn names_in(tree: &Tree, id: NodeId, mark: Mark, near: bool) -> Option<Vec<Name>> {
    let pieces = pieces_of(tree, id, tree.end(id));
    let whole = joined(&pieces);
    if pieces.is_empty() || names::opens_other(&whole) {
        return None;
    }
    let names = by_piece(&pieces);
    if !names.is_empty() {
        return Some(names);
    }
    let names = people(&whole);
    if !names.is_empty() {
        return Some(names);
    }
    // A single word that links to a page of members, far from the headline, is a button; one that
    // links nowhere is of whoever wrote below.
    let weak = match mark {
        Mark::Standard(_) => false,
        Mark::Link => true,
        Mark::Class => {
            !names::is_lead(&pieces[0].text)
                && names::after_lead(&whole).is_none()
                && !pieces.iter().any(|piece| piece.in_link)
        }
    };
    (near || !weak)
        .then(|| alone(&pieces, &whole, mark))
        .flatten()
}

/// A run of text without markup inside.
#[derive(Debug)]
struct Piece<'t> {
    text: Cow<'t, str>,
    in_link: bool,
    /// The parent of its element, and the class of that: authors of one byline stand in like ones.
    kin: Option<(NodeId, &'t str)>,
}

/// The pieces of text among nodes, in order.
fn pieces_of<'t>(tree: &'t Tree, first: NodeId, end: NodeId) -> Vec<Piece<'t>> {
    let mut pieces = Vec::new();
    let mut node = first;
    let mut link_end = tree
        .ancestors(first)
        .take(3)
        .find(|&above| tree.is(above, Tag::A))
        .map_or(0, |link| tree.end(link));
    while node < end && pieces.len() < PIECES_MAX {
        if tree
            .tag(node)
            .is_some_and(|tag| tag.is_silent() && tag != Tag::Button)
        {
            node = tree.end(node);
            continue;
        }
        if tree.is(node, Tag::A) {
            link_end = tree.end(node);
        }
        let text = tree.text(node).map(text::collapsed).unwrap_or_default();
        if text
            .chars()
            .any(|c| c.is_alphanumeric() || matches!(c, ',' | '&' | '|' | '/'))
        {
            pieces.push(Piece {
                text,
                in_link: node < link_end,
                kin: kin(tree, node),
            });
        }
        node += 1;
    }
    pieces
}

fn kin<'t>(tree: &'t Tree, text: NodeId) -> Option<(NodeId, &'t str)> {
    let element = tree.parent(text);
    let class = tree.attr(element, Attr::Class)?;
    Some((tree.parent(element), class))
}

fn joined(pieces: &[Piece]) -> String {
    let texts: Vec<&str> = pieces.iter().map(|piece| &*piece.text).collect();
    texts.join(" ")
}

/// The names among pieces of text, each of which is names and nothing else: the first, and those
/// that a comma or the like joins to it, or that are links as it is.
fn by_piece(pieces: &[Piece]) -> Vec<Name> {
    let mut found: Vec<Name> = Vec::new();
    let (mut other, mut open, mut linked) = (false, true, false);
    let mut kin = None;
    for piece in pieces {
        if names::opens_other(&piece.text) {
            other = true;
            continue;
        }
        if names::is_lead(&piece.text) {
            (other, open) = (false, true);
            continue;
        }
        let names = whole(&piece.text);
        if names.is_empty() {
            open = open || is_joint(&piece.text) || names::ends_joined(&piece.text);
            if !found.is_empty() && !open {
                break;
            }
        } else if other {
            other = false;
        } else if open || (linked && piece.in_link) || (kin.is_some() && piece.kin == kin) {
            kin = piece.kin;
            let new: Vec<Name> = names
                .into_iter()
                .filter(|name| !found.contains(name))
                .collect();
            found.extend(new);
            (open, linked) = (is_joint_end(&piece.text), piece.in_link);
        }
    }
    found
}

/// The people of a line that names people and nothing else.
fn whole(line: &str) -> Vec<Name> {
    if text::mass(line) > BYLINE_MASS {
        return Vec::new();
    }
    let names = names::read(line, Said::Shown);
    let all = names
        .iter()
        .all(|name| names::looks_like_person(&name.text));
    if all { names } else { Vec::new() }
}

/// Whether a piece only joins what stands around it: `,`, `and`.
fn is_joint(piece: &str) -> bool {
    let key = text::key(piece);
    key.split(' ').count() == 1 && key.chars().count() <= 3 && !key.chars().any(char::is_numeric)
}

fn is_joint_end(piece: &str) -> bool {
    piece.trim_end().ends_with([',', '&', '/', '|'])
        || piece.ends_with(" and")
        || piece.ends_with(" und")
}

/// A single word, or an organisation, that is all a marked element says: user names and agencies.
fn alone(pieces: &[Piece], whole: &str, mark: Mark) -> Option<Vec<Name>> {
    let said: Vec<&Piece> = pieces
        .iter()
        .filter(|piece| !names::is_lead(&piece.text))
        .collect();
    let announced = said.len() < pieces.len() || names::after_lead(whole).is_some();
    let line = match said.as_slice() {
        [single] => &*single.text,
        _ => whole,
    };
    let rest = names::after_lead(line).unwrap_or(line);
    let words = rest.split_whitespace().count();
    let is_line = words <= 5
        && rest.chars().count() <= 50
        && !text::ends_sentence(rest)
        && !names::is_loose_end(rest);
    let sure = announced || matches!(mark, Mark::Standard(_)) || said.len() == 1;
    let linked = said.iter().all(|piece| piece.in_link) || matches!(mark, Mark::Standard(_));
    let small = rest.chars().all(|c| !c.is_uppercase()) && !linked && rest.is_ascii();
    let is_other = names::says_interface(rest) || (mark == Mark::Link && words > 1);
    if !is_line || !sure || small || is_other {
        return None;
    }
    let names = names::read(rest, Said::Shown);
    (!names.is_empty() && names.len() <= 3).then_some(names)
}

/// Whether a block holds a lead of two words, or one and a colon, or is nothing but one.
fn says_at_length(block: &Block) -> bool {
    let coloned = || block.text.contains([':', '：']);
    match block.said.lead {
        None => false,
        Some(Lead::Long) => true,
        Some(Lead::Short) => coloned() || is_lead(block),
    }
}

/// Whether a block of the nodes up to `end` may hold a lead: its text does, or it is not all that they say,
/// or it has words of two elements as one.
fn may_hold_lead(tree: &Tree, block: &Block, end: NodeId) -> bool {
    if block.said.lead.is_some() {
        return true;
    }
    let (mut mass, mut is_open) = (0, false);
    for text in (block.first..end).filter_map(|node| tree.text(node)) {
        let (Some(first), Some(last)) = (text.bytes().next(), text.bytes().last()) else {
            continue;
        };
        if is_open && !first.is_ascii_whitespace() {
            return true;
        }
        is_open = !last.is_ascii_whitespace();
        mass += text::mass(text);
        if mass > block.mass {
            return true;
        }
    }
    mass != block.mass
}

/// Whether a block is a lead and nothing else.
fn is_lead(block: &Block) -> bool {
    block.said.lead.is_some() && names::is_lead_key(block.key)
}

/// The pieces of text of a block, line by line.
fn lines_of<'t>(tree: &'t Tree, first: NodeId, end: NodeId) -> Vec<Vec<Piece<'t>>> {
    let end = end.min(first + BOX_NODES_MAX);
    let mut starts: Vec<NodeId> = vec![first];
    starts.extend((first..end).filter(|&node| tree.is(node, Tag::Br)));
    let ends = starts.iter().skip(1).copied().chain([end]);
    let lines = starts
        .iter()
        .zip(ends)
        .map(|(&start, end)| pieces_of(tree, start, end));
    lines.filter(|line| !line.is_empty()).collect()
}

/// The people of a line of pieces: a piece that is names alone, else all of it.
fn of_pieces(pieces: &[Piece]) -> Vec<Name> {
    let found = by_piece(pieces);
    if found.is_empty() {
        people(&joined(pieces))
    } else {
        found
    }
}

/// Leads that may stand in the midst of a line: `3 May by Ann Lee`.
const INNER_LEADS: [&str; 9] = [
    " by ", " By ", " von ", " par ", " por ", " door ", " av ", " af ", " przez ",
];

fn of_line(pieces: &[Piece], near: bool) -> Vec<Name> {
    let line = joined(pieces);
    let says_nothing = || !names::holds_lead(&line);
    if text::mass(&line) > BYLINE_MASS * 2 || says_nothing() || names::opens_other(&line) {
        return Vec::new();
    }
    // After a lead that is a piece of its own each piece may be a name.
    let own = pieces.iter().position(|piece| names::is_lead(&piece.text));
    if let Some(at) = own.filter(|at| near && *at + 1 < pieces.len()) {
        let found = of_pieces(&pieces[at + 1..]);
        if !found.is_empty() {
            return found;
        }
    }
    let first = pieces.first().map(|piece| &*piece.text).unwrap_or_default();
    let opened = names::after_lead(first).filter(|_| near || leads_at_length(&line));
    if let Some(rest) = opened {
        let found = people(rest);
        if !found.is_empty() {
            return found;
        }
    }
    let rest = names::after_lead(&line).filter(|_| near || leads_at_length(&line));
    let found = rest
        .or_else(|| inner(&line).filter(|_| near))
        .map(people)
        .unwrap_or_default();
    if !found.is_empty() {
        return found;
    }
    line.split(['|', '•', '·', '–', '—'])
        .flat_map(|part| part.split(" - "))
        .filter(|part| leads_at_length(part.trim()))
        .find_map(|part| names::after_lead(part.trim()).map(people))
        .unwrap_or_default()
}

/// What follows "by" within a line that gives a date or says "Published" before it.
fn inner(line: &str) -> Option<&str> {
    let leads = INNER_LEADS.iter().filter(|lead| line.contains(**lead));
    let leads = leads.filter_map(|lead| line.rsplit_once(lead));
    let (head, rest) = leads.max_by_key(|(head, _)| head.len())?;
    let dated = head.chars().any(|c| c.is_ascii_digit()) || names::is_lead(&format!("{head} by"));
    let last = head.rsplit(' ').next().unwrap_or_default();
    (dated && !names::opens_other(&format!("{last}: ")) && !text::ends_sentence(line))
        .then_some(rest)
}

/// Whether a line opens with a lead of two words, or one and a colon, so that it needs no headline.
fn leads_at_length(line: &str) -> bool {
    if !names::may_open_with_lead(line) {
        return false;
    }
    let coloned = line
        .split_once([':', '：'])
        .is_some_and(|(head, _)| names::is_lead(head));
    let mut words = line.split(' ');
    let pair = words.next().zip(words.next());
    coloned || pair.is_some_and(|(one, two)| names::is_lead(&format!("{one} {two}")))
}

/// The people at the start of a line that follows "By".
fn people(line: &str) -> Vec<Name> {
    if text::mass(line) > BYLINE_MASS * 2 {
        return Vec::new();
    }
    let all = names::read(line, Said::Shown);
    all.into_iter()
        .take_while(|name| names::looks_like_person(&name.text))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Texts;
    use crate::extract::block;
    use crate::extract::dom::{Limits, parse};

    fn names(body: &str) -> Vec<String> {
        let tree = parse(body, &Limits::default());
        let texts = Texts::default();
        let blocks = block::split(&tree, &texts);
        let apart = Apart::of(&tree, &blocks, None);
        let bylines = read(&tree, &blocks, None, &apart, None);
        let names = bylines.into_iter().flat_map(|byline| byline.names);
        names.map(|name| name.text).collect()
    }

    /// The names found on a page whose headline is `Bridge opens`.
    fn near_headline(before: &str, after: &str) -> Vec<String> {
        let filler = "<p>A paragraph of the story that is long enough.</p>".repeat(BLOCKS_AFTER);
        let html = format!("<p>News</p>{before}<h1>Bridge opens</h1>{filler}{filler}{after}");
        let tree = parse(&html, &Limits::default());
        let texts = Texts::default();
        let blocks = block::split(&tree, &texts);
        let headline = blocks.iter().position(Block::is_heading);
        let apart = Apart::of(&tree, &blocks, headline);
        let bylines = read(&tree, &blocks, headline, &apart, None);
        let names = bylines.into_iter().flat_map(|byline| byline.names);
        names.map(|name| name.text).collect()
    }

    #[test]
    fn what_is_far_from_the_headline_counts_where_nothing_is_near() {
        let far = "<p class=author>Ann Lee</p><p>Written by: Cy Dent</p>";
        for (before, expected) in [
            ("", &["Ann Lee", "Cy Dent"][..]),
            ("<p class=author>Bo Ek</p>", &["Bo Ek"]),
            ("<p>By Bo Ek</p>", &["Bo Ek"]),
            ("<p><a href=/author/bo-ek>Bo Ek</a></p>", &["Bo Ek"]),
            // A box that begins farther up is not near, whatever is in it.
            (
                "<div class=author><p>Bo Ek</p><p>7 May</p><p>1</p><p>2</p><p>3</p></div>",
                &["Ann Lee", "Cy Dent", "Bo Ek"],
            ),
        ] {
            assert_eq!(near_headline(before, far), expected, "{before}");
        }
    }

    #[test]
    fn a_lead_far_above_the_headline_announces_the_line_after_it() {
        let lines = "<p>Bo Ek</p><p>1</p><p>2</p>";
        let announced = near_headline(&format!("<p>Written by</p>{lines}"), "");
        assert_eq!(announced, ["Bo Ek"]);
        assert!(near_headline(lines, "").is_empty());
    }

    #[test]
    fn of_boxes_in_each_other_that_name_nobody_the_first_are_read() {
        let nested = |boxes: usize| {
            let opened = "<div class=author>Photo: a friend".repeat(boxes);
            format!("{opened}<p class=author>Ann Lee</p>")
        };
        assert_eq!(names(&nested(NESTED_MAX - 1)), ["Ann Lee"]);
        assert!(names(&nested(NESTED_MAX)).is_empty());
    }

    #[test]
    fn of_elements_and_lines_that_name_nobody_the_first_are_read() {
        for (nobody, name) in [
            (
                "<p class=author>you and me</p>",
                "<p class=author>Ann Lee</p>",
            ),
            (
                "<p>Written by: you and me</p>",
                "<p>Written by: Ann Lee</p>",
            ),
        ] {
            let after = |times: usize| names(&(nobody.repeat(times) + name));
            assert_eq!(after(NAMELESS_MAX - 1), ["Ann Lee"], "{nobody}");
            assert!(after(NAMELESS_MAX).is_empty(), "{nobody}");
        }
    }
}
