//! Which element holds the story: the smallest one with nearly all of the page's prose.
//!
//! Not Readability's climb of scores from paragraph to parent, but a descent from the top: go down
//! as long as one child holds most of what its parent holds. A body that ads have split into
//! several children stops the descent above all of them, so no part is lost; what else is in
//! there is judged block by block.

use super::holders::HolderId;
use super::{Reasons, Scene};
use crate::article::Reason;
use crate::extract::block::Block;
use crate::extract::dom::NodeId;

/// Share of an element's weight that one child must hold for the descent to go on.
const DESCEND_SHARE: u64 = 80;

/// A block's say in the choice: prose without a reason against it, long blocks a little more than
/// in proportion, so that one story outweighs as many letters of teasers.
fn weight(block: &Block, reason: Option<Reason>) -> u64 {
    if reason.is_some() || !block.is_prose() || block.link_density() > 0.35 {
        return 0;
    }
    let mass = u64::from(block.mass.min(600));
    mass * mass / 200
}

/// The element that holds the story; none on a page without prose.
#[must_use]
pub fn choose(scene: &Scene, reasons: &Reasons) -> Option<NodeId> {
    let tree = scene.tree;
    let holders = &scene.sums.holders;
    let mut weights = holders.each(0_u64);
    for (block, reason) in scene.blocks.iter().zip(reasons) {
        weights[holders.at(block.node)] += weight(block, *reason);
    }
    holders.sum_up(&mut weights, |above, below| *above += below);
    if weights[HolderId::DOCUMENT] == 0 {
        return None;
    }
    let mut at = 0;
    while let Some(heaviest) = tree
        .children(at)
        .max_by_key(|&child| (weights[holders.at(child)], u32::MAX - child))
    {
        if weights[holders.at(heaviest)] * 100 < weights[holders.at(at)] * DESCEND_SHARE
            || tree.text(heaviest).is_some()
        {
            break;
        }
        at = heaviest;
    }
    Some(whole_of(scene, at))
}

/// A single paragraph is no container: the element around it is.
fn whole_of(scene: &Scene, at: NodeId) -> NodeId {
    let holds = |id: &NodeId| {
        scene
            .tree
            .tag(*id)
            .is_some_and(|tag| tag.is_block() && scene.sums.at(*id).prose > 0)
    };
    let is_leaf = scene.blocks.iter().any(|block| block.node == at);
    if is_leaf {
        scene.tree.ancestors(at).skip(1).find(holds).unwrap_or(at)
    } else {
        at
    }
}

/// Everything not below the container is outside.
pub fn drop_outside(scene: &Scene, container: Option<NodeId>, reasons: &mut Reasons) {
    let Some(container) = container else { return };
    for (block, reason) in scene.blocks.iter().zip(reasons.iter_mut()) {
        if reason.is_none() && !scene.tree.contains(container, block.node) {
            *reason = Some(Reason::Outside);
        }
    }
}
