//! Small pages that once lost a sentence of the story, or kept what is none of it.
//!
//! In a page, `S0` to `S4` stand for five paragraphs of ordinary length. Each row says which of
//! the page's texts must be in the body, in order, and nothing else may be.

use chaffinch::extract::{Options, extract};
use chaffinch::page::Page;

const S: [&str; 5] = [
    "The council has voted to renew the harbour wall, which has stood since 1891, after a long session.",
    "The work is to begin in the spring and will cost about two million, according to the treasurer.",
    "Fishermen had asked for a later date because of the herring, but the engineers refused to wait.",
    "A temporary quay will be built at the northern end, where the old ice house stood until last year.",
    "The mayor called the vote a good day for the town and thanked all who had written to her about it.",
];

fn filled(text: &str) -> String {
    (0..5).fold(text.to_owned(), |text, n| {
        text.replace(&format!("S{n}"), S[n])
    })
}

fn body(page: &str) -> String {
    let html = format!("<title>The wall</title><h1>The wall</h1>{}", filled(page));
    let options = Options {
        min_words: 1,
        ..Options::default()
    };
    extract(&Page::from_html(html), &options)
        .map_or_else(|error| error.to_string(), |article| article.text)
}

#[track_caller]
fn check(rows: &[(&str, &str)]) {
    for (page, want) in rows {
        // A bar between spaces is one of a table.
        let want = want.replace(" | ", "\0");
        let want: Vec<String> = want
            .split('|')
            .map(|text| filled(text.trim()).replace('\0', " | "))
            .collect();
        assert_eq!(body(page), want.join("\n\n"), "{page}");
    }
}

const ALL: &str = "S0|S1|S2|S3|S4";

#[test]
fn classes_that_style_or_say_what_is_absent_are_no_marks() {
    check(&[
        (
            "<p class=has-normal-font-size>S0<p>S1<p>S2<p class=has-medium-font-size>S3<p>S4",
            ALL,
        ),
        (
            "<p>S0<div class=cmp-text><p>S1<p>S2</div><div class=cmp-text><p>S3<p>S4</div>",
            ALL,
        ),
        ("<p>S0<p>S1<p>S2<div class='paywall'><p>S3<p>S4</div>", ALL),
        (
            "<article class='post category-comment tag-newsletter no-ads comments-open'><p>S0<p>S1<p>S2<p>S3<p>S4</article>",
            ALL,
        ),
    ]);
}

#[test]
fn an_id_that_is_the_words_of_a_heading_is_no_mark() {
    check(&[(
        "<p>S0<p>S1<h2 id=what-share-of-the-cost-falls-on-us>What falls on us</h2><p>S2<h2 id=cookies-and-cream>Cookies and cream</h2><p>S3<p>S4",
        "S0|S1|What falls on us|S2|Cookies and cream|S3|S4",
    )]);
}

#[test]
fn a_label_in_mid_story_takes_no_paragraph_with_it() {
    check(&[
        (
            "<p>S0<div>12 Comments</div><div>By Ann Lee</div><p>S1<p>S2<p>S3<p>S4",
            ALL,
        ),
        (
            "<p>S0<p>S1<h2>Discussion</h2><h3>Who pays</h3><p>S2<p>S3<p>S4",
            "S0|S1|Who pays|S2|S3|S4",
        ),
        (
            "<p>S0<div>Author</div><div><a href=/ann>Ann Lee</a></div><p>S1<p>S2",
            "S0|S1|S2",
        ),
        (
            "<p>S0<p>S1<p>Share<p>He denied it.<p>“It was me.”<p>S2",
            "S0|S1|He denied it.|“It was me.”|S2",
        ),
        (
            "<p>S0<p>S1<p>Read more<p><a href=/b>Bridge</a><h2>1. Beach</h2><p>S2<h2>2. Beach</h2><p>S3<h2>3. Beach</h2><p>S4",
            "S0|S1|1. Beach|S2|2. Beach|S3|3. Beach|S4",
        ),
        (
            "<p>S0<p>S1<p><b>Tag 1</b><p>Wir fahren los.<p>S2",
            "S0|S1|Tag 1|Wir fahren los.|S2",
        ),
    ]);
}

#[test]
fn a_sentence_that_begins_like_a_label_is_the_storys() {
    let sentences = [
        "More than <a href=/x>500 people were killed in the floods of last year</a>.",
        "Author <a href=/x>Salman Rushdie was stabbed on a stage in New York</a> in 2022.",
        "Les <a href=/x>députés ont adopté la loi sur le mur du port</a> lundi.",
        "More—much more—is to come, the mayor of the town has said on Monday.",
        "Photos/videos of the night were deleted from the site, the police said.",
        "Related: the town also plans a new bridge over the river, the mayor said on Monday.",
    ];
    for sentence in sentences {
        let page = format!("<p>S0<p>S1<p>{sentence}<p>S2");
        let want = sentence.replace("<a href=/x>", "").replace("</a>", "");
        check(&[(&page, &format!("S0|S1|{want}|S2"))]);
    }
}

#[test]
fn short_first_and_last_lines_are_the_storys() {
    check(&[
        ("<p>S0<p>S1<p>S2<p>She was 87.", "S0|S1|S2|She was 87."),
        (
            "<p>The war in the north is over.<p>Or is it?<p>S0<p>S1<p>S2",
            "The war in the north is over.|Or is it?|S0|S1|S2",
        ),
    ]);
}

#[test]
fn headings_that_link_to_themselves_or_open_are_headings() {
    check(&[(
        "<p>S0<h2 id=a><a href=#a>Who pays</a></h2><p>S1<h2><button>Who builds</button></h2><p>S2<h2>The wall</h2><p>S3",
        "S0|Who pays|S1|Who builds|S2|S3",
    )]);
}

#[test]
fn a_figure_may_hold_a_table_or_a_quotation() {
    check(&[(
        "<p>S0<p>S1<figure class=wp-block-table><table><tr><td>Wall<td>2 million<tr><td>Quay<td>1 million</table></figure><p>S2",
        "S0|S1|Wall | 2 million|Quay | 1 million|S2",
    )]);
}

#[test]
fn whole_teasers_under_a_linked_heading_go_at_the_end() {
    let teaser = "The last tram of the evening will again leave the harbour at half past one, said the office.";
    let box_ = format!("<h3>Recommended news</h3><h4><a href=x>Trams return</a></h4><p>{teaser}");
    for tail in ["", "<p>- Advertisement -", "<p>Share"] {
        let page = format!("<p>S0<p>S1<p>S2<p>S3<p>S4{box_}{tail}");
        check(&[(&page, ALL)]);
    }
}

#[test]
fn an_authors_life_goes_where_it_names_the_author() {
    check(&[
        (
            "<p>S0<p>S1<p>S2<h4>About the author</h4><p>Ann Lee<p>Ann Lee is a senior reporter at the paper, where she covers the harbour.",
            "S0|S1|S2",
        ),
        (
            "<p>S0<p>S1<p>S2<div>Author<div>Ann Lee</div></div><p>S3",
            "S0|S1|S2|S3",
        ),
    ]);
}

#[test]
fn what_no_eye_sees_is_no_part_of_a_sentence() {
    check(&[(
        "<p>The <a href=/x>council<span class=sr-only> (opens in new tab)</span></a> met<span style='display:none'> SECRET</span> on Monday and will meet again on Friday.<p>S0<p>S1",
        "The council met on Monday and will meet again on Friday.|S0|S1",
    )]);
}

#[test]
fn lines_parted_by_breaks_are_paragraphs() {
    check(&[("<div>S0<br>S1<br>S2<br>© 2026 The Paper</div>", "S0|S1|S2")]);
}

#[test]
fn rights_reserved_are_no_story() {
    check(&[
        (
            "<p>S0<p>S1<p>S2<p>© 2026 The Paper. All rights reserved.",
            "S0|S1|S2",
        ),
        (
            "<p>S0<p>S1<p>S2<p>Copyright 2026 The Paper. All rights reserved.",
            "S0|S1|S2",
        ),
    ]);
}

#[test]
fn a_lone_linked_headline_between_paragraphs_is_another_story() {
    check(&[(
        "<p>S0<p>S1<p><a href=/a>DENTIST RESCUES CAT FROM WEIR</a><p>S2<p>S3<p>S4",
        ALL,
    )]);
}

#[test]
fn an_invitation_goes_with_the_box_it_opens() {
    let letter = "<div><h3>Sign up for our newsletter</h3><p>The stories that matter to your town, sent to your inbox every weekday at seven.</div>";
    check(&[
        (
            &format!("<div><p>S0<p>S1{letter}<p>S2<p>S3</div>"),
            "S0|S1|S2|S3",
        ),
        (
            "<p>S0<p>S1<h3>Subscribe to our newsletter</h3><p>S2<p>S3<p>S4",
            ALL,
        ),
    ]);
}

#[test]
fn a_list_of_links_below_the_last_paragraph_is_none_of_the_story() {
    check(&[(
        "<p>S0<p>S1<p>S2<p>S3<p>S4<ul><li><a href=/a>Dentist rescues cat from weir</a><li><a href=/b>Raffle raises record sum for village</a></ul>",
        ALL,
    )]);
}

#[test]
fn a_date_and_a_byline_under_the_lead_are_none_of_the_story() {
    for line in [
        "Thursday 5 March 2026",
        "Publié le 3 juin 2026 à 8 h 00",
        "By Ann Lee",
    ] {
        let page = format!("<p>S0<div><span>{line}</span></div><div><p>S1<p>S2<p>S3<p>S4</div>");
        check(&[(&page, ALL)]);
    }
}

#[test]
fn a_consent_text_without_a_name_is_none_of_the_story() {
    let banner = "<div><div>We use cookies and similar technologies to measure how our site is used and to show you advertising.</div><button>Accept</button></div>";
    check(&[(
        &format!("<div><p>S0<p>S1<p>S2<p>S3<p>S4</div>{banner}"),
        ALL,
    )]);
}

#[test]
fn a_signature_with_a_mail_address_is_none_of_the_story() {
    check(&[(
        "<p>S0<p>S1<p>S2<p>S3<p>S4<p>순천, 광양 구현모 기자 ninek@example.com",
        ALL,
    )]);
}
