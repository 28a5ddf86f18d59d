//! Other stories told in full below the page's own, as endless scrolling loads them, and the life
//! of the story's author below its last paragraph.

use super::{Reasons, Scene};
use crate::article::Reason;
use crate::extract::block::Block;
use crate::extract::dom::{Attr, NodeId, Tag};
use crate::extract::metadata::{dates, shown};

/// Fewest letters of prose in the story and in each other one: about three sentences.
const STORY_MASS: u32 = 150;

/// Marks whole stories under headlines of their own that follow the page's story; says which
/// blocks that were.
///
/// They are siblings of the element that holds the story, of its name and class, each with prose,
/// a headline of the name and class that the page's own headline has, and a byline or date. The
/// headline must be an `h1`: parts of one story are headed by lower ones.
pub fn mark_others(scene: &Scene, reasons: &mut Reasons) -> Vec<bool> {
    let mut marked = vec![false; reasons.len()];
    let Some(headline) = scene.headline.map(|at| scene.blocks[at].node) else {
        return marked;
    };
    let Some(story) = story_with_like_siblings(scene, headline) else {
        return marked;
    };
    // In order, none in another.
    let others = others_after(scene, story, headline);
    for (at, block) in scene.blocks.iter().enumerate() {
        let last = others
            .partition_point(|&other| other <= block.node)
            .checked_sub(1);
        if last.is_some_and(|last| scene.tree.contains(others[last], block.node)) {
            reasons[at].get_or_insert(Reason::RelatedLinks);
            marked[at] = true;
        }
    }
    marked
}

/// The element around the headline and its story beside which others of its kind stand.
fn story_with_like_siblings(scene: &Scene, headline: NodeId) -> Option<NodeId> {
    let is_h1 = scene.tree.is(headline, Tag::H1);
    let mut above = scene.tree.ancestors(headline).skip(1).filter(|&id| id != 0);
    above
        .find(|&id| {
            scene.sums.at(id).prose >= STORY_MASS && !others_after(scene, id, headline).is_empty()
        })
        .filter(|_| is_h1)
}

fn others_after(scene: &Scene, story: NodeId, headline: NodeId) -> Vec<NodeId> {
    let tree = scene.tree;
    let alike = |a: NodeId, b: NodeId| {
        tree.tag(a) == tree.tag(b) && tree.attr(a, Attr::Class) == tree.attr(b, Attr::Class)
    };
    let is_story = |id: NodeId| {
        scene.sums.at(id).prose >= STORY_MASS
            && tree.below(id).any(|inner| alike(inner, headline))
            && is_signed(scene, id)
    };
    tree.children(tree.parent(story))
        .filter(|&id| id > story && alike(id, story) && is_story(id))
        .collect()
}

/// Whether a line in the element is a byline or a date.
fn is_signed(scene: &Scene, id: NodeId) -> bool {
    let is_line = |block: &&Block| !block.is_prose() && !block.is_heading();
    scene.blocks_below(id).filter(is_line).any(|block| {
        shown::byline(block.text).is_some()
            || dates::in_line(block.text, dates::Order::DayFirst).is_some()
    })
}

/// Marks the author's life: the last prose of the story, when it opens with the author's full name.
pub fn mark_life(scene: &Scene, reasons: &mut Reasons) {
    const STORY_BEFORE: usize = 3;
    let kept = |at: &usize| reasons[*at].is_none() && scene.blocks[*at].is_prose();
    let prose: Vec<usize> = (0..reasons.len()).filter(kept).collect();
    if let Some((&last, before)) = prose.split_last()
        && before.len() >= STORY_BEFORE
        && opens_with_author(scene, &scene.blocks[last])
    {
        reasons[last] = Some(Reason::AuthorBox);
    }
}

/// One name is not enough: a story of a namesake would open so, too.
fn opens_with_author(scene: &Scene, block: &Block) -> bool {
    scene.author_keys.iter().any(|name| {
        let rest = block.key.strip_prefix(name.as_str());
        name.contains(' ') && rest.is_some_and(|rest| rest.starts_with(' '))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Author;
    use crate::extract::Texts;
    use crate::extract::block::split;
    use crate::extract::dom::{Limits, parse};

    const TOLD: &str = "<p>The council has voted to renew the harbour wall, which has stood since 1891.\
        <p>The work is to begin in the spring and will cost about two million, said the treasurer.\
        <p>Fishermen had asked for a later date because of the herring, but nobody listened to them.";

    fn others(html: &str) -> usize {
        let tree = parse(html, &Limits::default());
        let texts = Texts::default();
        let blocks = split(&tree, &texts);
        let scene = Scene::new(&tree, &blocks, "The wall", "", &[]);
        let marked = mark_others(&scene, &mut vec![None; blocks.len()]);
        marked.into_iter().filter(|marked| *marked).count()
    }

    #[test]
    fn whole_stories_below_are_others() {
        let html = format!(
            "<div class=s><h1>The wall</h1><p>By Ann Lee{TOLD}</div><div class=s><h1>The quay</h1><p>By Bo Ray{TOLD}</div>"
        );
        assert_eq!(others(&html), 5);
    }

    #[test]
    fn parts_of_one_page_are_not() {
        for (open, head, line) in [
            ("<div class=s>", "h1", ""),
            ("<div class=s>", "h2", "<p>By Bo Ray"),
            ("<div class=t>", "h1", "<p>By Bo Ray"),
        ] {
            let html = format!(
                "<div class=s><h1>The wall</h1>{TOLD}</div>{open}<{head}>Costs</{head}>{line}{TOLD}</div>"
            );
            assert_eq!(others(&html), 0, "{open}{head}{line}");
        }
    }

    #[test]
    fn the_last_paragraph_is_a_life_when_it_opens_with_the_authors_name() {
        for (last, want) in [
            (
                "Ann Lee is a staff writer who lives in Sallow with two goats and a boat.",
                true,
            ),
            (
                "Ann Leeward was the first to see the goats come down from the hill, she said.",
                false,
            ),
            (
                "The writer Ann Lee lives in Sallow with two goats, a boat and her mother.",
                false,
            ),
        ] {
            let html = format!("{TOLD}<p>{last}");
            let tree = parse(&html, &Limits::default());
            let texts = Texts::default();
            let blocks = split(&tree, &texts);
            let author = Author {
                name: "Ann Lee".into(),
                ..Author::default()
            };
            let mut reasons = vec![None; blocks.len()];
            mark_life(&Scene::new(&tree, &blocks, "", "", &[author]), &mut reasons);
            assert_eq!(reasons[3].is_some(), want, "{last}");
        }
    }
}
