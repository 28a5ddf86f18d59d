//! The story's pictures: those that stand between its blocks, or between the headline and them.
//!
//! A picture is judged by its company: by what the elements around it are called, up to the first
//! that holds some of the story, and by why the text beside it was left out. So pictures of
//! authors, advertisements and other stories go where their texts went.

use foldhash::{HashMap, HashSet};

use url::Url;

use super::captions::Captions;
use super::company::Company;
use super::files::{STEM_BYTES, file_of, is_symbol, key, named_key, stem_of};
use super::sources::Sources;
use super::{Scene, Story, blocks_below, nearest, resolve};
use crate::article::Reason;
use crate::article::details::Image;
use crate::extract::dom::{Attr, Limits, NodeId, Tag, Tree, parse};
use crate::extract::heuristic::Trust;
use crate::extract::heuristic::marks::{self, Strength};
use crate::extract::{text, visibility};

/// Pictures of a page that are looked at: each looks at all elements around it.
const CANDIDATES_MAX: usize = 2_000;

/// Pixels below which a picture is an icon or a counter of visits.
const SIDE_MIN: u32 = 64;
/// Pixels below which a picture outside a figure is a portrait or a symbol.
const BARE_SIDE_MIN: u32 = 120;

/// How many times wider than high a banner is at least.
const BANNER_RATIO: u32 = 5;
/// Sizes of advertisements that are higher than that (IAB fixed size ad specifications).
const AD_SIZES: [(u32, u32); 5] = [(970, 250), (160, 600), (120, 600), (300, 600), (300, 1050)];

/// Most bytes of a `<noscript>` in which a picture is looked for.
const NOSCRIPT_BYTES: usize = 20_000;

/// Most nodes between a picture and its copy in a `<noscript>`.
const COPY_NODES: u32 = 4;

/// An image, and the node that it stands at.
pub(super) struct Placed {
    pub(super) node: NodeId,
    pub(super) image: Image,
}

/// The images of a story in the page's order.
pub(super) fn of_story(story: &Story, scene: Scene) -> Vec<Placed> {
    let Some(mut gallery) = Gallery::new(story, scene) else {
        return Vec::new();
    };
    let tree = scene.tree;
    let is_candidate = |&id: &NodeId| is_image(tree, id) || tree.is(id, Tag::Noscript);
    let candidates: Vec<NodeId> = (gallery.start..gallery.end)
        .filter(is_candidate)
        .take(CANDIDATES_MAX)
        .collect();
    let placed = candidates.into_iter().filter_map(|id| gallery.judge(id));
    placed.collect()
}

/// An `<img>`, or what an `AMP` page or a site of its own making has in its place.
fn is_image(tree: &Tree, id: NodeId) -> bool {
    let names_file = || {
        let src = tree.attr(id, Attr::Src).unwrap_or_default();
        names_picture(src.split(['?', '#']).next().unwrap_or_default())
    };
    tree.is(id, Tag::Img) || (tree.is(id, Tag::Other) && names_file())
}

fn names_picture(path: &str) -> bool {
    let known = ["jpg", "jpeg", "png", "webp", "avif"];
    let ending = path.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| known.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

struct Gallery<'a> {
    story: &'a Story<'a>,
    scene: Scene<'a>,
    company: Company,
    captions: Captions<'a>,
    sources: Sources,
    /// How many kept blocks there are before each block, and in all.
    kept_before: Vec<usize>,
    /// Where pictures are looked for.
    start: NodeId,
    end: NodeId,
    /// Where the first and after the last block of the story are.
    first: NodeId,
    last: NodeId,
    /// Whether the headline is where `start` is.
    has_headline: bool,
    /// Whether what an element is called makes its pictures none of the story's, by element.
    foreign: HashMap<NodeId, Foreign>,
    seen: HashSet<String>,
    /// Where the last picture that was taken is; 0 before the first.
    last_taken: NodeId,
}

/// Whether what an element is called makes its pictures none of the story's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Foreign {
    No,
    /// Unless they are figures.
    Bare,
    /// Unless one is the page's leading picture.
    Yes,
    Hidden,
}

impl<'a> Gallery<'a> {
    fn new(story: &'a Story<'a>, scene: Scene<'a>) -> Option<Self> {
        let Scene { tree, blocks } = scene;
        let mut reasons = vec![Some(Reason::Outside); blocks.len()];
        for removed in story.removed {
            if let Some(reason) = reasons.get_mut(removed.at as usize) {
                *reason = Some(removed.reason);
            }
        }
        for kept in story.kept {
            *reasons.get_mut(kept.at as usize)? = None;
        }
        let mut kept_before = Vec::with_capacity(reasons.len() + 1);
        let mut count = 0;
        for reason in &reasons {
            kept_before.push(count);
            count += usize::from(reason.is_none());
        }
        kept_before.push(count);
        let first = blocks[story.kept.first()?.at as usize].first;
        let last = story.kept.last()?.at as usize;
        let container = container(tree, first, blocks[last].first);
        let is_title = |at: &usize| reasons[*at] == Some(Reason::Title);
        let headline = (0..story.kept[0].at as usize).rev().find(is_title);
        let after_last = (last + 1..blocks.len())
            .find(|&at| reasons[at].is_some_and(|reason| reason != Reason::Caption))
            .map_or(tree.len(), |at| blocks[at].first);
        Some(Self {
            start: tree.find(0, Tag::Body).unwrap_or(0).min(container),
            end: after_last.min(tree.end(container)),
            first: headline.map_or(first, |at| blocks[at].first.min(first)),
            last: blocks[last].first,
            has_headline: headline.is_some(),
            story,
            scene,
            company: Company::new(blocks, reasons),
            captions: Captions::new(scene),
            sources: Sources::default(),
            kept_before,
            foreign: HashMap::default(),
            seen: HashSet::default(),
            last_taken: 0,
        })
    }

    fn judge(&mut self, id: NodeId) -> Option<Placed> {
        let mut image = if self.scene.tree.is(id, Tag::Noscript) {
            self.of_noscript(id)?
        } else {
            let url = |img| self.sources.largest(self.scene.tree, img, self.story.base);
            read(self.scene.tree, id, url)?
        };
        let aside = self.stands_in_the_story(id, &image)?;
        if self.is_copy_of_the_last(id) || !self.seen.insert(key(&image.url)) {
            return None;
        }
        if named_key(&image).is_some_and(|key| !self.seen.insert(key)) {
            return None;
        }
        self.last_taken = id;
        let reason = |at| self.company.reason(at);
        self.captions.read(&reason, id, aside, &mut image);
        Some(Placed { node: id, image })
    }

    /// The copy of a picture for browsers without scripts.
    fn of_noscript(&self, id: NodeId) -> Option<Image> {
        let html = self.scene.tree.text_below(id);
        if !html.contains("<img") || html.len() > NOSCRIPT_BYTES {
            return None;
        }
        let inner = parse(&html, &Limits::default());
        let img = inner.find(0, Tag::Img)?;
        let url = |img| Sources::default().largest(&inner, img, self.story.base);
        read(&inner, img, url)
    }

    /// Whether one of the last picture taken and this one is a copy of the other for browsers without
    /// scripts: they stand next to each other.
    fn is_copy_of_the_last(&self, id: NodeId) -> bool {
        let tree = self.scene.tree;
        let is_copy = |id| tree.is(id, Tag::Noscript);
        let between = id.saturating_sub(tree.end(self.last_taken));
        self.last_taken > 0 && is_copy(id) != is_copy(self.last_taken) && between <= COPY_NODES
    }

    /// Whether a picture is one of the story's; if so the largest element that holds it and
    /// nothing of the story.
    fn stands_in_the_story(&mut self, id: NodeId, image: &Image) -> Option<NodeId> {
        let tree = self.scene.tree;
        let in_figure = nearest(tree, id, Tag::Figure).is_some();
        let leads = self.is_leading(image);
        if id < self.first && !leads && !(in_figure && self.is_near_the_headline(id)) {
            return None;
        }
        let is_small = [image.width, image.height]
            .into_iter()
            .flatten()
            .any(|side| side < BARE_SIDE_MIN);
        if !in_figure && (is_small || id > self.last && !self.in_last_block(id)) {
            return None;
        }
        if is_symbol(tree, id, &image.url, in_figure) {
            return None;
        }
        let figure = nearest(tree, id, Tag::Figure);
        let mut aside = id;
        let mut company = None;
        for around in tree.ancestors(id) {
            let below = blocks_below(self.scene.blocks, tree, around);
            if self.kept_before[below.end] > self.kept_before[below.start] {
                break;
            }
            let foreign = self.foreign(around);
            if foreign
                > if leads {
                    Foreign::Yes
                } else if in_figure {
                    Foreign::Bare
                } else {
                    Foreign::No
                }
            {
                return None;
            }
            aside = around;
            // What stands in its own figure is about it.
            let is_within = figure.is_some_and(|figure| tree.contains(figure, around));
            if company.is_none() && !is_within && self.company.speaks(below.clone()) {
                company = Some(below);
            }
        }
        let company = company.unwrap_or(0..0);
        let next = self.scene.blocks.partition_point(|block| block.first < id);
        let is_story =
            leads || (self.company.is_good(company, next, in_figure) && !self.leads_away(id));
        is_story.then_some(aside)
    }

    /// Whether the page names it as its leading picture.
    fn is_leading(&self, image: &Image) -> bool {
        let Some(named) = self.story.image else {
            return false;
        };
        let (named, file) = (file_of(named), file_of(&image.url));
        let stem = stem_of(&file);
        stem.len() >= STEM_BYTES && stem_of(&named) == stem
    }

    /// Whether a picture above the headline is in the element that holds headline and story.
    fn is_near_the_headline(&self, id: NodeId) -> bool {
        let tree = self.scene.tree;
        let holds_story = |&around: &NodeId| {
            tree.contains(around, self.first) && tree.contains(around, self.last)
        };
        let around = tree.ancestors(id).find(holds_story);
        self.has_headline
            && around.is_some_and(|id| matches!(tree.tag(id), Some(Tag::Article | Tag::Main)))
    }

    /// Whether a picture after the start of the last block is in the element of that block.
    fn in_last_block(&self, id: NodeId) -> bool {
        let tree = self.scene.tree;
        let last = self.story.kept.last();
        last.is_some_and(|last| tree.contains(self.scene.blocks[last.at as usize].node, id))
    }

    fn foreign(&mut self, id: NodeId) -> Foreign {
        let tree = self.scene.tree;
        *self.foreign.entry(id).or_insert_with(|| foreign(tree, id))
    }

    /// Whether a picture is a link elsewhere: bare ones to another site are banners, figures that
    /// are wholly a link are cards of other stories.
    fn leads_away(&self, id: NodeId) -> bool {
        let tree = self.scene.tree;
        let figure = nearest(tree, id, Tag::Figure);
        let link = nearest(tree, figure.unwrap_or(id), Tag::A);
        let href = link.and_then(|link| tree.attr(link, Attr::Href));
        let Some(url) = href.and_then(|href| resolve(self.story.base, href)) else {
            return false;
        };
        let path = url.path().to_ascii_lowercase();
        let endings = ["jpg", "jpeg", "png", "webp", "gif", "avif"];
        let is_file = endings.iter().any(|ending| path.ends_with(ending));
        let is_elsewhere = url.host_str() != self.story.base.and_then(Url::host_str);
        !is_file && (is_elsewhere || figure.is_some())
    }
}

/// What an `<img>` says, unless it is too small or called a symbol.
fn read(tree: &Tree, img: NodeId, url: impl FnOnce(NodeId) -> Option<Url>) -> Option<Image> {
    let pixels = |attr| {
        let value = tree.attr(img, attr)?.trim();
        let value = value.strip_suffix("px").unwrap_or(value);
        value.parse::<f32>().ok().filter(|pixels| *pixels >= 1.0)
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number that saturates"
    )]
    let side = |attr| pixels(attr).map(|pixels| pixels.round() as u32);
    let (width, height) = (side(Attr::Width), side(Attr::Height));
    if [width, height]
        .into_iter()
        .flatten()
        .any(|side| side < SIDE_MIN)
    {
        return None;
    }
    if let (Some(width), Some(height)) = (width, height)
        && (AD_SIZES.contains(&(width, height)) || width / height >= BANNER_RATIO)
    {
        return None;
    }
    let url = url(img)?;
    let alt = tree.attr(img, Attr::Alt).map(without_markup);
    Some(Image {
        url: url.into(),
        alt: alt.filter(|alt| says_something(alt)),
        caption: None,
        credit: None,
        width,
        height,
    })
}

/// The innermost element that holds both nodes, and more than one block.
fn container(tree: &Tree, first: NodeId, last: NodeId) -> NodeId {
    let both = tree
        .ancestors(first)
        .skip(1)
        .find(|&id| tree.contains(id, last) && tree.tag(id).is_some_and(Tag::is_block));
    both.map_or(0, |id| {
        if matches!(tree.tag(id), Some(Tag::P | Tag::Li)) {
            tree.parent(id)
        } else {
            id
        }
    })
}

/// What an element's name says of the pictures in it. Weak claims are for what a reader may see
/// as part of a story's page, strong ones for what is not of the story; `lightbox` and `overlay`
/// are how pictures are shown.
fn foreign(tree: &Tree, id: NodeId) -> Foreign {
    if visibility::is_invisible(tree, id) {
        return Foreign::Hidden;
    }
    let Some(mark) = marks::own_mark(tree, id, Trust::Classes) else {
        return Foreign::No;
    };
    match (mark.reason, mark.strength) {
        (Reason::Caption | Reason::Notice | Reason::Hidden, _)
        | (Reason::Navigation | Reason::Tags | Reason::Share | Reason::Copyright, Strength::Weak) => {
            Foreign::No
        }
        (Reason::Byline | Reason::Advertisement | Reason::Newsletter, Strength::Weak) => {
            Foreign::Bare
        }
        _ => Foreign::Yes,
    }
}

/// Whether an alternative text is more than what systems write where there is none.
fn says_something(alt: &str) -> bool {
    let is_file = !alt.contains(' ') && names_picture(alt);
    !matches!(alt, "" | "null" | "undefined") && !is_file
}

/// An alternative text; some systems put a caption's markup into it.
fn without_markup(alt: &str) -> String {
    if alt.contains("</") {
        let markup = parse(alt, &Limits::default());
        return text::collapsed(&markup.text_below(0)).into_owned();
    }
    text::collapsed(alt).into_owned()
}
