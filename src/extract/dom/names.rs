//! The element and attribute names that extraction asks for. Everything else is [`Tag::Other`] or not kept.

macro_rules! names {
    ($(#[$doc:meta])* $kind:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "the variants are the names of the HTML standard")]
        pub enum $kind { $($variant),+ , Other }

        impl $kind {
            /// All names that are known.
            pub(super) const ALL: &[Self] = &[$(Self::$variant),+];

            /// That name; `*` for one that is not known.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other => "*",
                }
            }
        }
    };
}

names! {
    /// An HTML element's name.
    Tag {
        A = "a", Abbr = "abbr", Address = "address", Article = "article", Aside = "aside",
        Audio = "audio", B = "b", Base = "base", Blockquote = "blockquote", Body = "body", Br = "br",
        Button = "button", Canvas = "canvas", Caption = "caption", Center = "center", Cite = "cite",
        Code = "code", Datalist = "datalist", Dd = "dd", Details = "details", Dialog = "dialog",
        Dir = "dir", Div = "div", Dl = "dl", Dt = "dt", Em = "em", Embed = "embed",
        Fieldset = "fieldset", Figcaption = "figcaption", Figure = "figure", Footer = "footer",
        Form = "form", H1 = "h1", H2 = "h2", H3 = "h3", H4 = "h4", H5 = "h5", H6 = "h6",
        Head = "head", Header = "header", Hgroup = "hgroup", Hr = "hr", Html = "html", I = "i",
        Iframe = "iframe", Img = "img", Input = "input", Label = "label", Legend = "legend",
        Li = "li", Link = "link", Main = "main", Map = "map", Math = "math", Menu = "menu",
        Meta = "meta", Meter = "meter", Nav = "nav", Noscript = "noscript", Object = "object",
        Ol = "ol", Optgroup = "optgroup", Option = "option", P = "p", Picture = "picture",
        Pre = "pre", Progress = "progress", Q = "q", S = "s", Samp = "samp", Script = "script",
        Search = "search", Section = "section", Select = "select", Small = "small",
        Source = "source", Span = "span", Strong = "strong", Style = "style", Summary = "summary",
        Sup = "sup", Svg = "svg", Table = "table", Tbody = "tbody", Td = "td",
        Template = "template", Textarea = "textarea", Tfoot = "tfoot", Th = "th",
        Thead = "thead", Time = "time", Title = "title", Tr = "tr", Tt = "tt", U = "u", Ul = "ul",
        Video = "video", Xmp = "xmp",
    }
}

names! {
    /// An attribute's name.
    Attr {
        Alt = "alt", AriaHidden = "aria-hidden", AriaLabel = "aria-label", Charset = "charset",
        Class = "class", Colspan = "colspan", Content = "content",
        DataLazySrc = "data-lazy-src", DataLazySrcset = "data-lazy-srcset",
        DataOriginal = "data-original", DataSrc = "data-src", DataSrcset = "data-srcset",
        DataTestid = "data-testid", Datetime = "datetime", Height = "height", Hidden = "hidden", Href = "href",
        Hreflang = "hreflang", HttpEquiv = "http-equiv", Id = "id", Itemprop = "itemprop",
        Itemscope = "itemscope", Itemtype = "itemtype", Lang = "lang", Media = "media",
        Name = "name", Property = "property", Pubdate = "pubdate", Rel = "rel",
        Role = "role", Rowspan = "rowspan", Src = "src", Srcset = "srcset", Start = "start", Style = "style",
        Title = "title", Type = "type", Width = "width",
    }
}

/// A set of attributes' names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AttrSet(u64);

impl AttrSet {
    /// The set of these.
    #[must_use]
    pub const fn of(attrs: &[Attr]) -> Self {
        let (mut set, mut at) = (0, 0);
        while at < attrs.len() {
            set |= 1 << attrs[at] as u8;
            at += 1;
        }
        Self(set)
    }

    /// Whether the two have one in common.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn add(&mut self, attr: Attr) {
        self.0 |= Self::of(&[attr]).0;
    }
}

// Each has a bit.
const _: () = assert!(Attr::ALL.len() < u64::BITS as usize);

impl Tag {
    /// Whether the element starts and ends a run of inline text, as browsers display it.
    ///
    /// Source: HTML Standard §15.3 (rendering, flow content) plus table parts, list items and
    /// `<br>`-like breaks; unknown elements are inline.
    #[must_use]
    pub fn is_block(self) -> bool {
        use Tag::{
            Address, Article, Aside, Blockquote, Body, Caption, Center, Dd, Details, Dialog, Dir,
            Div, Dl, Dt, Fieldset, Figcaption, Figure, Footer, Form, Header, Hgroup, Hr, Html,
            Legend, Li, Main, Menu, Nav, Ol, P, Pre, Search, Section, Summary, Table, Tbody, Td,
            Tfoot, Th, Thead, Tr, Ul, Xmp,
        };
        self.heading_level().is_some()
            || matches!(
                self,
                Address
                    | Article
                    | Aside
                    | Blockquote
                    | Body
                    | Caption
                    | Center
                    | Dd
                    | Details
                    | Dialog
                    | Dir
                    | Div
                    | Dl
                    | Dt
                    | Fieldset
                    | Figcaption
                    | Figure
                    | Footer
                    | Form
                    | Header
                    | Hgroup
                    | Hr
                    | Html
                    | Legend
                    | Li
                    | Main
                    | Menu
                    | Nav
                    | Ol
                    | P
                    | Pre
                    | Search
                    | Section
                    | Summary
                    | Table
                    | Tbody
                    | Td
                    | Tfoot
                    | Th
                    | Thead
                    | Tr
                    | Ul
                    | Xmp
            )
    }

    /// 1 to 6 for a heading.
    #[must_use]
    pub fn heading_level(self) -> Option<u8> {
        match self {
            Self::H1 => Some(1),
            Self::H2 => Some(2),
            Self::H3 => Some(3),
            Self::H4 => Some(4),
            Self::H5 => Some(5),
            Self::H6 => Some(6),
            _ => None,
        }
    }

    /// Whether nothing inside is text for a reader: code, pictures, players and form controls.
    #[must_use]
    pub fn is_silent(self) -> bool {
        use Tag::{
            Audio, Button, Canvas, Datalist, Embed, Head, Iframe, Input, Map, Meter, Noscript,
            Object, Optgroup, Option, Progress, Script, Select, Style, Svg, Template, Textarea,
            Title, Video,
        };
        matches!(
            self,
            Audio
                | Button
                | Canvas
                | Datalist
                | Embed
                | Head
                | Iframe
                | Input
                | Map
                | Meter
                | Noscript
                | Object
                | Optgroup
                | Option
                | Progress
                | Script
                | Select
                | Style
                | Svg
                | Template
                | Textarea
                | Title
                | Video
        )
    }
}
