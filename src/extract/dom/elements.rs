//! The names of elements as numbers, and the sets of them that the standard asks about.

use std::borrow::Cow;
use std::sync::LazyLock;

use foldhash::HashMap;

use super::{Attr, Tag};
use crate::extract::short::{Key, Table};

/// The name of an element in lower case: one of those below, or one of the page's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name(u16);

macro_rules! elements {
    ($($name:ident = $text:literal),+ $(,)?) => {
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "only counted")]
        #[repr(u16)]
        enum Place { $($name),+ }

        #[expect(dead_code, reason = "many are only to have a number")]
        impl Name {
            $(pub(super) const $name: Self = Self(Place::$name as u16);)+
        }

        /// The names that have a number on every page.
        const KNOWN: &[&str] = &[$($text),+];
    };
}

#[rustfmt::skip]
elements! {
    A = "a", ABBR = "abbr", ACRONYM = "acronym", ADDRESS = "address", ANNOTATION_XML = "annotation-xml",
    APPLET = "applet", AREA = "area", ARTICLE = "article", ASIDE = "aside", AUDIO = "audio", B = "b",
    BASE = "base", BASEFONT = "basefont", BDI = "bdi", BDO = "bdo", BGSOUND = "bgsound", BIG = "big",
    BLOCKQUOTE = "blockquote", BODY = "body", BR = "br", BUTTON = "button", CANVAS = "canvas",
    CAPTION = "caption", CENTER = "center", CIRCLE = "circle", CITE = "cite", CLIPPATH = "clippath",
    CODE = "code", COL = "col", COLGROUP = "colgroup", DATA = "data", DATALIST = "datalist", DD = "dd",
    DEFS = "defs", DEL = "del", DESC = "desc", DETAILS = "details", DFN = "dfn", DIALOG = "dialog",
    DIR = "dir", DIV = "div", DL = "dl", DT = "dt", ELLIPSE = "ellipse", EM = "em", EMBED = "embed",
    FIELDSET = "fieldset", FIGCAPTION = "figcaption", FIGURE = "figure", FILTER = "filter",
    FONT = "font", FOOTER = "footer", FOREIGNOBJECT = "foreignobject", FORM = "form", FRAME = "frame",
    FRAMESET = "frameset", G = "g", H1 = "h1", H2 = "h2", H3 = "h3", H4 = "h4", H5 = "h5", H6 = "h6",
    HEAD = "head", HEADER = "header", HGROUP = "hgroup", HR = "hr", HTML = "html", I = "i",
    IFRAME = "iframe", IMAGE = "image", IMG = "img", INPUT = "input", INS = "ins", ISINDEX = "isindex",
    KBD = "kbd", KEYGEN = "keygen", LABEL = "label", LEGEND = "legend", LI = "li", LINE = "line",
    LINEARGRADIENT = "lineargradient", LINK = "link", LISTING = "listing", MAIN = "main",
    MALIGNMARK = "malignmark", MAP = "map", MARK = "mark", MARQUEE = "marquee", MASK = "mask",
    MATH = "math", MENU = "menu", META = "meta", METER = "meter", MGLYPH = "mglyph", MI = "mi",
    MN = "mn", MO = "mo", MS = "ms", MTEXT = "mtext", NAV = "nav", NOBR = "nobr", NOEMBED = "noembed",
    NOFRAMES = "noframes", NOSCRIPT = "noscript", OBJECT = "object", OL = "ol", OPTGROUP = "optgroup",
    OPTION = "option", OUTPUT = "output", P = "p", PARAM = "param", PATH = "path", PATTERN = "pattern",
    PICTURE = "picture", PLAINTEXT = "plaintext", POLYGON = "polygon", POLYLINE = "polyline",
    PRE = "pre", PROGRESS = "progress", Q = "q", RB = "rb", RECT = "rect", RP = "rp", RT = "rt",
    RTC = "rtc", RUBY = "ruby", S = "s", SAMP = "samp", SCRIPT = "script", SEARCH = "search",
    SECTION = "section", SELECT = "select", SLOT = "slot", SMALL = "small", SOURCE = "source",
    SPAN = "span", STOP = "stop", STRIKE = "strike", STRONG = "strong", STYLE = "style", SUB = "sub",
    SUMMARY = "summary", SUP = "sup", SVG = "svg", SYMBOL = "symbol", TABLE = "table", TBODY = "tbody",
    TD = "td", TEMPLATE = "template", TEXT = "text", TEXTAREA = "textarea", TFOOT = "tfoot", TH = "th",
    THEAD = "thead", TIME = "time", TITLE = "title", TR = "tr", TRACK = "track", TT = "tt", U = "u",
    UL = "ul", USE = "use", VAR = "var", VIDEO = "video", WBR = "wbr", XMP = "xmp",
}

/// Sets of names, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sets(u16);

/// See the standard for what they are: §13.2.4.2 has the scopes and `SPECIAL`.
impl Sets {
    pub(super) const NONE: Self = Self(0);
    pub(super) const SCOPE: Self = Self(1);
    pub(super) const LIST_SCOPE: Self = Self(1 | 1 << 1);
    pub(super) const BUTTON_SCOPE: Self = Self(1 | 1 << 2);
    pub(super) const TABLE_SCOPE: Self = Self(1 << 3);
    pub(super) const TABLE_BODY_CONTEXT: Self = Self(1 << 4);
    pub(super) const TABLE_ROW_CONTEXT: Self = Self(1 << 5);
    pub(super) const CELL: Self = Self(1 << 6);
    /// Whose end tags are implied.
    pub(super) const IMPLIED: Self = Self(1 << 7);
    pub(super) const THOROUGHLY_IMPLIED: Self = Self(1 << 7 | 1 << 8);
    pub(super) const HEADING: Self = Self(1 << 9);
    pub(super) const SPECIAL: Self = Self(1 << 10);
    /// In which nothing stands that is no part of a table.
    pub(super) const TABLE_PART: Self = Self(1 << 11);
    /// Start tags that end SVG and `MathML`.
    pub(super) const BREAKS_OUT: Self = Self(1 << 12);
    /// The formatting elements, but for `<a>`, of which one is open. They are compared by all their attributes
    /// (§13.2.4.3, the "Noah's Ark clause").
    pub(super) const COMPARED: Self = Self(1 << 13);
    /// Elements that the parser asks for attributes which the arena does not keep.
    pub(super) const ASKED: Self = Self(1 << 14);

    pub(super) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

static SETS: [Sets; KNOWN.len()] = sets();

/// Adds names to the sets.
const fn add(all: &mut [Sets; KNOWN.len()], sets: Sets, names: &[Name]) {
    let mut at = 0;
    while at < names.len() {
        let place = names[at].0 as usize;
        all[place] = Sets(all[place].0 | sets.0);
        at += 1;
    }
}

#[rustfmt::skip]
const fn sets() -> [Sets; KNOWN.len()] {
    use Name as N;
    let mut all = [Sets::NONE; KNOWN.len()];
    add(&mut all, Sets::SCOPE, &[
        N::APPLET, N::CAPTION, N::HTML, N::TABLE, N::TD, N::TH, N::MARQUEE, N::OBJECT, N::SELECT, N::TEMPLATE,
    ]);
    add(&mut all, Sets(Sets::LIST_SCOPE.0 & !Sets::SCOPE.0), &[N::OL, N::UL]);
    add(&mut all, Sets(Sets::BUTTON_SCOPE.0 & !Sets::SCOPE.0), &[N::BUTTON]);
    add(&mut all, Sets::TABLE_SCOPE, &[N::HTML, N::TABLE, N::TEMPLATE]);
    add(&mut all, Sets::TABLE_BODY_CONTEXT, &[N::TBODY, N::TFOOT, N::THEAD, N::TEMPLATE, N::HTML]);
    add(&mut all, Sets::TABLE_ROW_CONTEXT, &[N::TR, N::TEMPLATE, N::HTML]);
    add(&mut all, Sets::CELL, &[N::TD, N::TH]);
    add(&mut all, Sets::IMPLIED, &[
        N::DD, N::DT, N::LI, N::OPTION, N::OPTGROUP, N::P, N::RB, N::RP, N::RT, N::RTC,
    ]);
    add(&mut all, Sets(Sets::THOROUGHLY_IMPLIED.0 & !Sets::IMPLIED.0), &[
        N::CAPTION, N::COLGROUP, N::TBODY, N::TD, N::TFOOT, N::TH, N::THEAD, N::TR,
    ]);
    add(&mut all, Sets::HEADING, &[N::H1, N::H2, N::H3, N::H4, N::H5, N::H6]);
    add(&mut all, Sets::SPECIAL, &[
        N::ADDRESS, N::APPLET, N::AREA, N::ARTICLE, N::ASIDE, N::BASE, N::BASEFONT, N::BGSOUND, N::BLOCKQUOTE,
        N::BODY, N::BR, N::BUTTON, N::CAPTION, N::CENTER, N::COL, N::COLGROUP, N::DD, N::DETAILS, N::DIR,
        N::DIV, N::DL, N::DT, N::EMBED, N::FIELDSET, N::FIGCAPTION, N::FIGURE, N::FOOTER, N::FORM, N::FRAME,
        N::FRAMESET, N::H1, N::H2, N::H3, N::H4, N::H5, N::H6, N::HEAD, N::HEADER, N::HGROUP, N::HR, N::HTML,
        N::IFRAME, N::IMG, N::INPUT, N::ISINDEX, N::LI, N::LINK, N::LISTING, N::MAIN, N::MARQUEE, N::MENU,
        N::META, N::NAV, N::NOEMBED, N::NOFRAMES, N::NOSCRIPT, N::OBJECT, N::OL, N::P, N::PARAM,
        N::PLAINTEXT, N::PRE, N::SCRIPT, N::SECTION, N::SELECT, N::SOURCE, N::STYLE, N::SUMMARY, N::TABLE,
        N::TBODY, N::TD, N::TEMPLATE, N::TEXTAREA, N::TFOOT, N::TH, N::THEAD, N::TITLE, N::TR, N::TRACK,
        N::UL, N::WBR, N::XMP,
    ]);
    add(&mut all, Sets::TABLE_PART, &[N::TABLE, N::TBODY, N::TFOOT, N::THEAD, N::TR]);
    add(&mut all, Sets::BREAKS_OUT, &[
        N::B, N::BIG, N::BLOCKQUOTE, N::BODY, N::BR, N::CENTER, N::CODE, N::DD, N::DIV, N::DL, N::DT, N::EM,
        N::EMBED, N::H1, N::H2, N::H3, N::H4, N::H5, N::H6, N::HEAD, N::HR, N::I, N::IMG, N::LI, N::LISTING,
        N::MENU, N::META, N::NOBR, N::OL, N::P, N::PRE, N::RUBY, N::S, N::SMALL, N::SPAN, N::STRONG,
        N::STRIKE, N::SUB, N::SUP, N::TABLE, N::TT, N::U, N::UL, N::VAR,
    ]);
    add(&mut all, Sets::COMPARED, &[
        N::B, N::BIG, N::CODE, N::EM, N::FONT, N::I, N::NOBR, N::S, N::SMALL, N::STRIKE, N::STRONG, N::TT, N::U,
    ]);
    add(&mut all, Sets::ASKED, &[N::ANNOTATION_XML, N::FONT]);
    all
}

impl Name {
    /// Its number.
    pub(super) fn place(self) -> usize {
        usize::from(self.0)
    }

    /// The sets of HTML that it is in.
    pub(super) fn sets(self) -> Sets {
        SETS.get(self.place()).copied().unwrap_or(Sets::NONE)
    }

    /// As an element of HTML.
    pub(super) fn tag(self) -> Tag {
        NAMES.html.get(self.place()).copied().unwrap_or(Tag::Other)
    }
}

/// The name of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AttrName {
    /// One that the arena keeps.
    Kept(Attr),
    /// One that is that in SVG and `MathML` alone.
    Foreign(Attr),
    Other,
}

/// Names that become names of [`Attr`] in SVG and `MathML` (§13.2.6.1, "adjust foreign attributes").
const FOREIGN_ATTRS: [(&str, Attr); 5] = [
    ("xlink:href", Attr::Href),
    ("xlink:role", Attr::Role),
    ("xlink:title", Attr::Title),
    ("xlink:type", Attr::Type),
    ("xml:lang", Attr::Lang),
];

/// All that is known of names before any page is read.
struct Names {
    elements: Table<Name>,
    attrs: Table<AttrName>,
    /// The tag of each known name.
    html: Vec<Tag>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let kept = Attr::ALL
        .iter()
        .map(|attr| (attr.name(), AttrName::Kept(*attr)));
    let foreign = FOREIGN_ATTRS.map(|(name, attr)| (name, AttrName::Foreign(attr)));
    Names {
        elements: Table::new(KNOWN.iter().copied().zip((0..).map(Name))),
        attrs: Table::new(kept.chain(foreign)),
        html: KNOWN.iter().map(|name| tag(name)).collect(),
    }
});

fn tag(name: &str) -> Tag {
    let tag = Tag::ALL.iter().find(|tag| tag.name() == name);
    tag.copied().unwrap_or(Tag::Other)
}

/// How many names of its own a page may have.
const OWN_MAX: usize = 1 << 14;

/// The names on a page.
pub(super) struct PageNames {
    known: &'static Names,
    own: HashMap<Box<str>, Name>,
}

impl Default for PageNames {
    fn default() -> Self {
        Self {
            known: &NAMES,
            own: HashMap::default(),
        }
    }
}

impl PageNames {
    /// The name in `bytes[from..to]` of a start or end tag, which is `text`.
    #[inline]
    pub(super) fn element(&mut self, bytes: &[u8], from: usize, to: usize, text: &str) -> Name {
        let known = Key::of(bytes, from, to).and_then(|key| self.known_element(key));
        known.unwrap_or_else(|| self.own(text))
    }

    /// The name, if it has a number on every page.
    #[inline]
    pub(super) fn known_element(&self, key: Key) -> Option<Name> {
        self.known.elements.get(key).copied()
    }

    /// The name of an attribute.
    #[inline]
    pub(super) fn attr(&self, bytes: &[u8], from: usize, to: usize) -> AttrName {
        Key::of(bytes, from, to).map_or(AttrName::Other, |key| self.attr_of_key(key))
    }

    /// The name of an attribute, given its key.
    #[inline]
    pub(super) fn attr_of_key(&self, key: Key) -> AttrName {
        let known = self.known.attrs.get(key);
        known.copied().unwrap_or(AttrName::Other)
    }

    fn own(&mut self, text: &str) -> Name {
        if let Some(name) = self.own.get(text) {
            return *name;
        }
        let written = as_written(text);
        if let Some(name) = self.own.get(written.as_ref()) {
            return *name;
        }
        // Past the limit all have one name, so that they at least close one another.
        let next = KNOWN.len() + self.own.len().min(OWN_MAX);
        let name = Name(u16::try_from(next).unwrap_or(u16::MAX - 1));
        if self.own.len() < OWN_MAX {
            self.own.insert(written.into_owned().into(), name);
        }
        name
    }

    /// What each name of the page is called, by its number.
    pub(super) fn list(&self) -> Vec<&str> {
        let mut list = KNOWN.to_vec();
        list.resize(KNOWN.len() + OWN_MAX + 1, "x");
        for (text, name) in &self.own {
            list[name.place()] = text;
        }
        list
    }
}

/// A name as it should be written: lower case, no U+0000. Most are.
pub(super) fn as_written(name: &str) -> Cow<'_, str> {
    if name
        .bytes()
        .any(|byte| byte == 0 || byte.is_ascii_uppercase())
    {
        Cow::Owned(name.to_ascii_lowercase().replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        let mut names = PageNames::default();
        let mut element = |name: &str| names.element(name.as_bytes(), 0, name.len(), name);
        for tag in Tag::ALL {
            assert_eq!(element(tag.name()).tag(), *tag);
            assert_eq!(element(&tag.name().to_uppercase()).tag(), *tag);
        }
        let own = element("x-own");
        assert_eq!(
            (element("X-Own"), own.tag(), own.sets()),
            (own, Tag::Other, Sets::NONE)
        );
        assert!(element("x-other") != own);
        let attr = |name: &str| names.attr(name.as_bytes(), 0, name.len());
        for name in Attr::ALL {
            assert_eq!(attr(name.name()), AttrName::Kept(*name));
        }
        assert_eq!(attr("xlink:HREF"), AttrName::Foreign(Attr::Href));
        for name in ["x", "onclick", "data-x", "clas", "classe"] {
            assert_eq!(attr(name), AttrName::Other);
        }
    }
}
