//! Consent texts: what a site says of its cookies, in its own voice, wherever it stands.
//!
//! Many a banner has neither a role nor a class name that tells, and its paragraphs read like any
//! other prose. What gives them away is the first person: "we use cookies", "we and our partners
//! store". A story about cookies stands in the element that holds most of the page's prose, where
//! no such sentence counts.

use super::holders::HolderId;
use super::{Reasons, Scene};
use crate::article::Reason;

/// Share of the page's prose from which on an element is what the page is about.
const STORY_SHARE: f32 = 0.5;

/// Marks consent texts and what stands in one element with them; says which blocks that were.
pub fn mark(scene: &Scene, reasons: &mut Reasons) -> Vec<bool> {
    if !scene.blocks.iter().any(|block| block.said.consent) {
        return vec![false; scene.blocks.len()];
    }
    let headline = scene.headline.map(|at| scene.blocks[at].node);
    let holders = &scene.sums.holders;
    let mut is_box = holders.each(false);
    for block in scene.blocks.iter().filter(|block| block.said.consent) {
        let around = holders.above(holders.at(block.node));
        let holds_headline =
            headline.is_some_and(|node| scene.tree.contains(holders.node(around), node));
        let is_part = scene.sums.prose_share(around) < STORY_SHARE;
        // With no headline to be seen and nothing else to read, the page is a shell or a wall.
        let is_all = headline.is_none() && block.mass * 2 >= scene.sums[around].prose;
        if around != HolderId::DOCUMENT && !holds_headline && (is_part || is_all) {
            is_box[around] = true;
        }
    }
    holders.inherit(&mut is_box);
    let marked: Vec<bool> = scene
        .blocks
        .iter()
        .map(|block| is_box[holders.at(block.node)])
        .collect();
    for (reason, _) in reasons
        .iter_mut()
        .zip(&marked)
        .filter(|(_, marked)| **marked)
    {
        reason.get_or_insert(Reason::Notice);
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Texts;
    use crate::extract::block::split;
    use crate::extract::dom::{Limits, parse};

    fn marked(html: &str) -> Vec<bool> {
        let tree = parse(html, &Limits::default());
        let texts = Texts::default();
        let blocks = split(&tree, &texts);
        let scene = Scene::new(&tree, &blocks, "The wall", "", &[]);
        mark(&scene, &mut vec![None; blocks.len()])
    }

    const STORY: &str = "<div><h1>The wall</h1><p>The council has voted to renew the harbour wall, which has stood since 1891.\
        <p>The work is to begin in the spring and will cost about two million, said the treasurer.\
        <p>Fishermen had asked for a later date because of the herring, but nobody listened to them.";

    #[test]
    fn a_banner_in_any_language_goes_with_all_that_is_in_it() {
        for text in [
            "We use cookies to measure how this site is used.",
            "Wir und unsere 214 Partner verarbeiten personenbezogene Daten.",
            "Avec votre accord, nos 187 partenaires et nous utilisons des cookies.",
            "当サイトではクッキーを使用しています。",
            "이 사이트는 쿠키를 사용합니다.",
            "نستخدم ملفات تعريف الارتباط لقياس استخدام الموقع",
        ] {
            let html =
                format!("{STORY}</div><div><div><b>Privacy</b><p>{text}<p>More.</div></div>");
            let want = [false, false, false, false, true, true, true];
            assert_eq!(marked(&html), want, "{text}");
        }
    }

    #[test]
    fn on_a_page_without_a_headline_a_consent_text_is_no_story() {
        let wall = "<div><p>We use cookies to measure how this site is used and to show you advertising.</div>";
        assert_eq!(marked(wall), [true]);
    }

    #[test]
    fn a_story_about_cookies_is_a_story() {
        let html = format!(
            "{STORY}<p>“We use cookies on this site,” said the mayor, and offered one.</div>"
        );
        assert!(!marked(&html).contains(&true));
    }
}
