//! The pages of html5lib's cases for tree construction: odd pages of people who knew where to look.

use super::assert_same;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(include_str!(concat!("../../../../../testdata/html5lib/tree-construction/", $name, ".dat"))),*]
    };
}

/// testdata/README.md.
#[rustfmt::skip]
const FILES: [&str; 50] = files![
    "adoption01", "adoption02", "ark", "blocks", "comments01", "doctype01", "domjs-unsafe", "entities01",
    "entities02", "html5test-com", "inbody01", "isindex", "main-element", "menuitem-element",
    "namespace-sensitivity", "noscript01", "pending-spec-changes", "pending-spec-changes-plain-text-unsafe",
    "plain-text-unsafe", "ruby", "scriptdata01", "tables01", "template", "tests1", "tests10", "tests11", "tests12",
    "tests14", "tests15", "tests16", "tests17", "tests18", "tests19", "tests2", "tests20", "tests21", "tests22",
    "tests23", "tests24", "tests25", "tests26", "tests3", "tests5", "tests6", "tests7", "tests8", "tests9",
    "tricky01", "webkit01", "webkit02",
];

/// The pages of a file. Left out are fragments, which are parsed inside of an element, and pages for a
/// browser without scripts.
fn pages(file: &str) -> impl Iterator<Item = &str> {
    let cases = file.split("#data\n").skip(1);
    let (is_fragment, is_without) = ("\n#document-fragment\n", "\n#script-off\n");
    let cases = cases.filter(move |case| !case.contains(is_fragment) && !case.contains(is_without));
    cases.filter_map(|case| Some(case.split_once("\n#errors\n")?.0))
}

#[test]
fn html5libs_pages_give_the_same() {
    let pages: Vec<_> = FILES.iter().flat_map(|file| pages(file)).collect();
    assert!(pages.len() > 1_400, "{}", pages.len());
    pages.into_iter().for_each(assert_same);
}
