//! What a careful reader would say of each block, in stages that each add reasons.
//!
//! In: the tree and its blocks. Out: a reason to leave the block out, or none. The order matters:
//! what elements are called ([`marks`]), consent texts and other stories ([`consent`], [`stories`]),
//! which container holds the story ([`container`]), what labels announce ([`runs`]), cards and link
//! lists ([`links`]), and last the edges of the body ([`edges`]).

pub mod consent;
pub mod container;
pub mod edges;
pub mod holders;
pub mod items;
pub mod labels;
pub mod links;
pub mod marks;
pub mod runs;
pub mod stories;

use std::cell::OnceCell;

use foldhash::HashMap;
use foldhash::fast::RandomState;

use super::block::Block;
use super::dom::{NodeId, Tree};
use super::text;
use crate::article::{Author, Reason};
use holders::{PerHolder, Sums};

/// What the stages know of a page.
#[derive(Debug)]
pub struct Scene<'a, 't> {
    /// The page.
    pub tree: &'a Tree<'a>,
    /// Its blocks in order.
    pub blocks: &'a [Block<'t>],
    /// Sums over subtrees.
    pub sums: Sums,
    /// What each block announces, if it is a label or a call-out.
    pub labels: Vec<Option<(Reason, labels::Form)>>,
    /// Lists of like elements.
    pub(crate) items: items::Items,
    /// How many blocks read as each does.
    pub(crate) same: Vec<u32>,
    /// The block that shows the headline.
    pub headline: Option<usize>,
    /// Folded title of the page, as metadata has it.
    pub title_key: String,
    /// Folded description of the page, as metadata has it: often the standfirst.
    pub description_key: String,
    /// Folded names of the authors, as metadata has them.
    pub author_keys: Vec<String>,
    /// The mass of all texts before each node: made when first asked for.
    masses: OnceCell<Vec<u32>>,
}

/// Whether what a site calls its elements is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Classes, ids, names and roles of elements.
    Classes,
    /// Names and roles of elements only: for pages whose classes would leave nothing.
    TagsOnly,
}

/// One reason or none for each block: none is kept.
pub type Reasons = Vec<Option<Reason>>;

/// The outcome of all stages.
#[derive(Debug)]
pub struct Judgement {
    /// Why each block is left out; none for the body.
    pub reasons: Reasons,
    /// The element that was taken to hold the story; none when nothing stood out.
    pub container: Option<NodeId>,
    /// What name, role and class of each element that holds a block claim of it, believed or not.
    pub marks: PerHolder<Option<marks::Mark>>,
    /// Which blocks are labels, or announced by one, consent texts, other stories, or lists of
    /// links below the story: their reason holds whatever the model says.
    pub labelled: Vec<bool>,
}

impl<'a, 't> Scene<'a, 't> {
    /// Looks over a page whose title, description and authors are known.
    #[must_use]
    pub fn new(
        tree: &'a Tree<'a>,
        blocks: &'a [Block<'t>],
        title: &str,
        description: &str,
        authors: &[Author],
    ) -> Self {
        let title_key = text::key(title);
        let headline = headline_of(blocks, &title_key);
        let sums = Sums::of(tree, blocks);
        Self {
            tree,
            blocks,
            labels: blocks.iter().map(labels::label_of).collect(),
            items: items::Items::of(tree, blocks, &sums),
            same: same(blocks.iter().map(|block| block.key)),
            sums,
            headline,
            title_key,
            description_key: text::key(description),
            author_keys: authors
                .iter()
                .map(|author| text::key(&author.name))
                .collect(),
            masses: OnceCell::new(),
        }
    }

    /// Judges each block; `trust` says whether class names count.
    #[must_use]
    pub fn judge(&self, trust: Trust) -> Judgement {
        let headline = self.headline.map(|at| self.blocks[at].node);
        let marks = marks::claimed(self.tree, &self.sums, trust);
        let believed = marks::believe(&marks, self.tree, &self.sums, headline);
        let mut reasons = self.by_marks(&believed);
        self.disbelieve(&mut reasons);
        let consent = consent::mark(self, &mut reasons);
        let others = stories::mark_others(self, &mut reasons);
        let container = container::choose(self, &reasons);
        container::drop_outside(self, container, &mut reasons);
        let cut_off = links::mark_cards(self, container, &mut reasons);
        let labelled = runs::follow_labels(self, &mut reasons);
        links::mark_link_blocks(self, &mut reasons);
        let lists = links::mark_last_lists(self, &mut reasons);
        let headlines = links::mark_lone_headlines(self, &mut reasons);
        stories::mark_life(self, &mut reasons);
        edges::trim(self, container, &mut reasons);
        let labelled = any_of([labelled, consent, others, lists, headlines, cut_off]);
        Judgement {
            reasons,
            container,
            marks,
            labelled,
        }
    }

    fn by_marks(&self, marks: &PerHolder<Option<marks::Mark>>) -> Reasons {
        let holders = &self.sums.holders;
        let of_block = |block: &Block| {
            let mark = marks[holders.at(block.node)].or_else(|| {
                let inline = self.tree.parent(block.first);
                marks[holders.at(inline)]
                    .filter(|_| !block.is_prose() && self.is_most(inline, block))
            })?;
            mark.removes(block.is_prose()).then_some(mark.reason)
        };
        self.blocks.iter().map(of_block).collect()
    }
}

impl Scene<'_, '_> {
    /// Whether most of a block's text is in that inline element; of code it may be one comment.
    fn is_most(&self, inline: NodeId, block: &Block) -> bool {
        2 * self.mass_below(inline) > block.mass
    }

    /// [`text::mass`] of the text below a node, whatever blocks it is parted into.
    fn mass_below(&self, id: NodeId) -> u32 {
        let below = self.tree.below(id);
        if below.len() <= FEW_NODES {
            return below.map(|id| mass_of(self.tree, id)).sum();
        }
        let before = self.masses.get_or_init(|| masses_before(self.tree));
        before[below.end as usize] - before[id as usize]
    }

    /// The blocks below a node.
    fn blocks_below(&self, id: NodeId) -> impl Iterator<Item = &Block<'_>> {
        // Those whose text begins there; of some the element is around it.
        let from = self.blocks.partition_point(|block| block.first < id);
        let to = self
            .blocks
            .partition_point(|block| block.first < self.tree.end(id));
        let blocks = self.blocks.get(from..to).unwrap_or_default().iter();
        blocks.filter(move |block| self.tree.contains(id, block.node))
    }
}

/// Nodes whose texts are counted anew each time that they are asked for.
const FEW_NODES: usize = 64;

fn mass_of(tree: &Tree, id: NodeId) -> u32 {
    tree.text(id).map_or(0, text::mass)
}

/// The mass of all texts before each node, and before the end.
fn masses_before(tree: &Tree) -> Vec<u32> {
    let mut sum = 0;
    let sums = tree.ids().map(|id| {
        sum += mass_of(tree, id);
        sum
    });
    std::iter::once(0).chain(sums).collect()
}

/// For each block whether one of the stages is sure of it.
fn any_of<const N: usize>(stages: [Vec<bool>; N]) -> Vec<bool> {
    let len = stages.first().map_or(0, Vec::len);
    (0..len)
        .map(|at| stages.iter().any(|sure| sure[at]))
        .collect()
}

/// Share that all marks of one reason together may remove of the prose that no other reason
/// removes. A body in many pieces that are each called `paywall` passes the test of each piece.
const REASON_SHARE_MAX: f32 = 0.7;

impl Scene<'_, '_> {
    /// Takes back a reason that would remove most of the page's prose.
    fn disbelieve(&self, reasons: &mut Reasons) {
        let doubtful = [
            Reason::Advertisement,
            Reason::AuthorBox,
            Reason::Byline,
            Reason::Caption,
            Reason::Copyright,
            Reason::Hidden,
            Reason::Navigation,
            Reason::Newsletter,
            Reason::Notice,
            Reason::Outside,
            Reason::Share,
            Reason::Tags,
        ];
        // What is taken back is kept from then on.
        let mut kept = 0;
        let mut removed = [0_u32; 1 << u8::BITS];
        for (block, reason) in self.blocks.iter().zip(reasons.iter()) {
            let prose = if block.is_prose() { block.mass } else { 0 };
            match reason {
                Some(reason) => removed[usize::from(reason.code())] += prose,
                None => kept += prose,
            }
        }
        for doubted in doubtful {
            let removed = removed[usize::from(doubted.code())];
            if ratio(removed, removed + kept) > REASON_SHARE_MAX {
                kept += removed;
                reasons
                    .iter_mut()
                    .filter(|reason| **reason == Some(doubted))
                    .for_each(|reason| *reason = None);
            }
        }
    }
}

/// The heading that reads as the title does, or the largest part of it.
fn headline_of(blocks: &[Block], title_key: &str) -> Option<usize> {
    let is_title = |block: &Block| {
        let key = block.key;
        !key.is_empty()
            && (key == title_key
                || (block.is_heading() && key.len() > 12 && title_key.contains(key)))
    };
    let heading = blocks
        .iter()
        .position(|block| block.is_heading() && is_title(block));
    heading.or_else(|| blocks.iter().position(is_title))
}

/// How many keys are as each.
fn same<'k>(keys: impl ExactSizeIterator<Item = &'k str>) -> Vec<u32> {
    let mut known = HashMap::with_capacity_and_hasher(keys.len(), RandomState::default());
    let mut counts: Vec<u32> = Vec::with_capacity(keys.len());
    let places: Vec<usize> = keys
        .map(|key| {
            let place = *known.entry(key).or_insert(counts.len());
            if place == counts.len() {
                counts.push(0);
            }
            counts[place] += 1;
            place
        })
        .collect();
    places.into_iter().map(|place| counts[place]).collect()
}

/// `part` of `whole`; 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "a ratio of sizes of one page")]
pub(crate) fn ratio(part: u32, whole: u32) -> f32 {
    if whole == 0 {
        0.0
    } else {
        part as f32 / whole as f32
    }
}

impl Reason {
    /// A number for the model's features: what a site calls its parts first, then what follows
    /// from text and place. It must not change without a new training.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Title => 1,
            Self::EmptyHeading => 2,
            Self::Byline => 3,
            Self::Outside => 4,
            Self::LinkDensity => 5,
            Self::RelatedLinks => 6,
            Self::AuthorBox => 7,
            Self::Newsletter => 8,
            Self::Share => 9,
            Self::Tags => 10,
            Self::Caption => 11,
            Self::Advertisement => 12,
            Self::Comments => 13,
            Self::Notice => 14,
            Self::Copyright => 15,
            Self::Navigation => 16,
            Self::DuplicateText => 17,
            Self::Hidden => 18,
            Self::LowScore => 19,
            // Never seen by the model: rules are asked after it.
            Self::SiteRule => 20,
        }
    }
}

/// The reason of that name in the data tables.
fn reason_of(name: &str) -> Option<Reason> {
    Some(match name {
        "related_links" => Reason::RelatedLinks,
        "author_box" => Reason::AuthorBox,
        "advertisement" => Reason::Advertisement,
        "share" => Reason::Share,
        "newsletter" => Reason::Newsletter,
        "comments" => Reason::Comments,
        "navigation" => Reason::Navigation,
        "notice" => Reason::Notice,
        "caption" => Reason::Caption,
        "tags" => Reason::Tags,
        "byline" => Reason::Byline,
        "copyright" => Reason::Copyright,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_name_known_reasons_only() {
        for table in [include_str!("labels.tsv"), include_str!("classes.tsv")] {
            for row in table
                .lines()
                .filter(|row| !row.is_empty() && !row.starts_with('#'))
            {
                let columns: Vec<&str> = row.split('\t').collect();
                assert_eq!(columns.len(), 3, "{row}");
                assert!(reason_of(columns[0]).is_some(), "{row}");
                assert!(
                    [
                        "line", "opens", "start", "holds", "tells", "consent", "sure", "strong",
                        "weak"
                    ]
                    .contains(&columns[1]),
                    "{row}"
                );
            }
        }
    }
}
