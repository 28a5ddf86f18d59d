//! The page that started it, without classes, under the labels of many languages.

use chaffinch::extract::{Options, extract};
use chaffinch::page::Page;

const STORY: [&str; 5] = [
    "The council has decided to renew the harbour wall, which has stood since 1891, at a cost of two million.",
    "The author of the report had recommended the work for years, a spokeswoman said on Tuesday evening.",
    "An advertisement for the contract will appear in June; related works on the quay follow a year later.",
    "Fishermen fear for their moorings. “Nobody asked us,” said one of them, who has fished here since 1988.",
    "The wall is to be finished before the autumn storms of next year, if the money comes from the state in time.",
];

/// Author, recommended and ad labels, language by language.
const LABELS: [(&str, &str, &str); 24] = [
    ("Author", "Recommended news", "- Advertisement -"),
    ("About the author", "You may also like", "Sponsored"),
    ("Autor", "Empfohlen", "Anzeige"),
    (
        "Über den Autor",
        "Das könnte Sie auch interessieren",
        "- Werbung -",
    ),
    ("Auteur", "Lees ook", "Advertentie"),
    ("Autor", "Artículos relacionados", "Publicidad"),
    ("Sobre el autor", "Te puede interesar", "- Publicidad -"),
    ("Auteur", "À lire aussi", "Publicité"),
    ("L'auteur", "Sur le même sujet", "- Publicité -"),
    ("Autore", "Leggi anche", "Pubblicità"),
    ("Автор", "Читайте также", "Реклама"),
    ("Автор", "Читайте також", "Реклама"),
    ("著者", "関連記事", "広告"),
    ("作者", "相关阅读", "广告"),
    ("기자", "관련기사", "광고"),
    ("Autor", "Leia também", "Publicidade"),
    ("Autor", "Czytaj też", "Reklama"),
    ("Författare", "Läs också", "Annons"),
    ("Forfatter", "Les også", "Annonse"),
    ("Forfatter", "Læs også", "Annonce"),
    ("Kirjoittaja", "Lue myös", "Mainos"),
    ("Yazar", "İlgili haberler", "Reklam"),
    ("الكاتب", "اقرأ أيضا", "إعلان"),
    ("Penulis", "Baca juga", "Iklan"),
];

fn texts(html: &str) -> String {
    extract(&Page::from_html(html), &Options::default())
        .expect("an article")
        .text
}

fn story() -> String {
    STORY.map(|text| format!("<p>{text}</p>")).join("\n")
}

#[test]
fn leftovers_go_under_labels_of_any_language_and_in_any_element() {
    for (author, related, ad) in LABELS {
        for (open, close) in [
            ("<p>", "</p>"),
            ("<h4>", "</h4>"),
            ("<div>", "</div>"),
            ("<p><strong>", "</strong></p>"),
            ("<span>", "</span><br><br>"),
        ] {
            let html = format!(
                "<title>Harbour wall to be renewed</title><div><h1>Harbour wall to be renewed</h1>{}\
                 {open}{author}{close}<a href=/ann><img alt='Ann Lee'></a><div><a href=/ann>Ann Lee</a></div>\
                 {open}{related}{close}<h3><a href=/tram>Night trams return</a></h3>\
                 <div>The last tram of the evening will again leave the harbour at half past one, said the office, which…</div>\
                 {open}{ad}{close}<img alt=spot_img></div>",
                story()
            );
            assert_eq!(
                texts(&html),
                STORY.join("\n\n"),
                "{author} / {related} / {ad} in {open}"
            );
        }
    }
}

#[test]
fn a_story_goes_on_after_a_box_in_its_middle() {
    for (_, related, ad) in LABELS {
        let html = format!(
            "<title>Wall</title><h1>Wall</h1><p>{}</p><p>{}</p><p>{ad}</p><p>{}</p><h4>{related}</h4>\
             <p><a href=/tram>Night trams return</a></p><p>{}</p><p>{}</p>",
            STORY[0], STORY[1], STORY[2], STORY[3], STORY[4]
        );
        assert_eq!(texts(&html), STORY.join("\n\n"), "{related} / {ad}");
    }
}

#[test]
fn teasers_without_links_and_with_other_ends_go() {
    for end in ["...", "…", " […]", " [...]", " and then he"] {
        let html = format!(
            "<title>Wall</title><h1>Wall</h1>{}<p>Recommended news</p><p>Night trams return to the harbour line</p>\
             <p>The last tram of the evening will again leave at half past one, said the office{end}</p><p>- Advertisement -spot_img</p>",
            story()
        );
        assert_eq!(texts(&html), STORY.join("\n\n"), "{end}");
    }
}

#[test]
fn headings_of_the_story_that_sound_like_labels_stay() {
    let html = format!(
        "<title>Wall</title><h1>Wall</h1><p>{}</p><h2>Discussion</h2><p>{}</p><h2>Topics</h2><p>{}</p>",
        STORY[0], STORY[1], STORY[2]
    );
    assert_eq!(
        texts(&html),
        [STORY[0], "Discussion", STORY[1], "Topics", STORY[2]].join("\n\n")
    );
}
