//! Tree construction (§13.2.6 of the HTML Standard): tokens → nodes of an [`Arena`].
//!
//! Its parts are the standard's: the insertion modes, each with the tokens that it treats apart
//! ([`head`], [`body`], [`table`], [`rest`]), SVG and `MathML` ([`foreign`]), the stack of open elements
//! ([`stack`]), and formatting that goes on where it was not closed ([`formatting`]). Scripts are taken to
//! run, so that what is in `<noscript>` is text. What differs from the standard follows html5ever, which
//! is the oracle of the tests.
//!
//! Before each tag [`limits`] keeps the page from nesting too deep.

#![expect(
    clippy::match_same_arms,
    reason = "arms stand in the standard's order, of which those before another take tokens from it"
)]
#![expect(
    clippy::inline_always,
    reason = "nearly all tags go this way, each kind past what the others need: 1.5 % of an extraction"
)]

mod body;
mod foreign;
mod formatting;
mod head;
mod limits;
mod quirks;
mod rest;
mod stack;
mod table;
#[cfg(test)]
mod tests;

use super::arena::{Arena, Attrs, DOCUMENT};
use super::elements::{Name, Sets};
use super::selectable::Kept;
use super::tokenizer::{Content, Doctype, Sink, StartTag};
use super::{Limits, NodeId, Tag};
use formatting::Formatting;
use limits::Looks;
#[cfg(test)]
pub(super) use limits::SHALLOW;
pub(super) use stack::Namespace;
use stack::{Open, Stack};

/// Where the parser stands (§13.2.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Initial,
    BeforeHtml,
    BeforeHead,
    InHead,
    AfterHead,
    InBody,
    Text,
    InTable,
    InTableText,
    InCaption,
    InColumnGroup,
    InTableBody,
    InRow,
    InCell,
    InTemplate,
    AfterBody,
    InFrameset,
    AfterFrameset,
    AfterAfterBody,
    AfterAfterFrameset,
}

/// A token as the modes see it.
#[derive(Debug, Clone, Copy)]
enum Token<'t> {
    Start(&'t StartTag<'t>),
    End(Name),
    /// White space alone, other text alone, or both.
    Text(Text, &'t str),
    Nul,
    Comment,
    Eof,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    Space,
    NoSpace,
    Any,
}

/// What becomes of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Done,
    /// It is processed anew in another mode.
    Again(Mode),
    /// White space at its beginning is processed apart from the rest.
    Split,
}

/// A tree under construction.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the standard's flags, each by itself"
)]
pub(super) struct Builder<'p> {
    pub(super) arena: Arena<'p>,
    /// What else selectors ask for, when any are to be asked.
    kept: Option<Kept>,
    mode: Mode,
    /// The mode that text of its own kind, or text in a table, interrupts.
    original_mode: Mode,
    template_modes: Vec<Mode>,
    open: Stack,
    formatting: Formatting,
    head: Option<Open>,
    form: Option<NodeId>,
    is_quirky: bool,
    frameset_ok: bool,
    foster_parenting: bool,
    /// A line end that begins a `<pre>` is none.
    ignore_line_end: bool,
    /// Text in a table, until it is known whether it is all white space.
    table_text: String,
    /// What text follows the tag.
    content: Content,
    looks: Looks,
}

/// Where a node is inserted.
#[derive(Debug, Clone, Copy)]
enum Place {
    EndOf(NodeId),
    /// Before a table; at the end of the element above it on the stack where the table is in none.
    Before {
        table: NodeId,
        above: NodeId,
    },
}

impl<'p> Builder<'p> {
    pub(super) fn new(limits: Limits, page: &'p str) -> Self {
        Self {
            arena: Arena::new(limits, page),
            kept: None,
            mode: Mode::Initial,
            original_mode: Mode::Initial,
            template_modes: Vec::new(),
            open: Stack::default(),
            formatting: Formatting::default(),
            head: None,
            form: None,
            is_quirky: false,
            frameset_ok: true,
            foster_parenting: false,
            ignore_line_end: false,
            table_text: String::new(),
            content: Content::Data,
            looks: Looks::of_page(page.len()),
        }
    }

    /// One that keeps all names and attributes besides.
    pub(super) fn keeping_all(limits: Limits, page: &'p str) -> Self {
        Self {
            kept: Some(Kept::new(page.len())),
            ..Self::new(limits, page)
        }
    }

    /// The nodes, and what was kept besides.
    pub(super) fn finish(self) -> (Arena<'p>, Option<Kept>) {
        (self.arena, self.kept)
    }

    /// Takes a token through the modes; of a text what is left.
    #[inline(always)]
    fn process<'t>(&mut self, token: &Token<'t>) -> &'t str {
        loop {
            let step = match self.mode {
                _ if self.is_in_foreign() && self.is_foreign_token(token) => self.in_foreign(token),
                // Nearly all tokens, which need not go by the other modes.
                Mode::InBody => self.in_body(token),
                mode => self.step(mode, token),
            };
            match step {
                Step::Done => return "",
                Step::Again(mode) => self.mode = mode,
                Step::Split => match *token {
                    Token::Text(Text::Any, text) => return self.first_run(text),
                    _ => return "",
                },
            }
        }
    }

    /// Takes the white space, or the other text, at the beginning of a text through the modes; what is left.
    fn first_run<'t>(&mut self, text: &'t str) -> &'t str {
        let is_space = |byte: &u8| byte.is_ascii_whitespace();
        let starts = text.as_bytes().first().is_some_and(is_space);
        let end = text.bytes().position(|byte| is_space(&byte) != starts);
        let (run, rest) = text.split_at(end.unwrap_or(text.len()));
        let kind = if starts { Text::Space } else { Text::NoSpace };
        self.process(&Token::Text(kind, run));
        rest
    }

    fn step(&mut self, mode: Mode, token: &Token) -> Step {
        match mode {
            Mode::InBody => self.in_body(token),
            Mode::Text => self.in_text(token),
            Mode::Initial => self.initial(token),
            Mode::BeforeHtml => self.before_html(token),
            Mode::BeforeHead => self.before_head(token),
            Mode::InHead => self.in_head(token),
            Mode::AfterHead => self.after_head(token),
            Mode::InTable => self.in_table(token),
            Mode::InTableText => self.in_table_text(token),
            Mode::InCaption => self.in_caption(token),
            Mode::InColumnGroup => self.in_column_group(token),
            Mode::InTableBody => self.in_table_body(token),
            Mode::InRow => self.in_row(token),
            Mode::InCell => self.in_cell(token),
            Mode::InTemplate => self.in_template(token),
            Mode::AfterBody => self.after_body(token),
            Mode::InFrameset => self.in_frameset(token),
            Mode::AfterFrameset => self.after_frameset(token),
            Mode::AfterAfterBody => self.after_after_body(token),
            Mode::AfterAfterFrameset => self.after_after_frameset(token),
        }
    }

    /// "The appropriate place for inserting a node".
    #[inline]
    fn place(&mut self) -> Place {
        match self.open.current() {
            Some(current) if self.foster_parenting || current.is(Name::TEMPLATE) => {
                let current = *current;
                self.place_in(current)
            }
            current => Place::EndOf(current.map_or(DOCUMENT, |open| open.node)),
        }
    }

    /// The place for inserting a node into `target`.
    fn place_in(&mut self, target: Open) -> Place {
        if !(self.foster_parenting && target.sets.meets(Sets::TABLE_PART)) {
            return Place::EndOf(self.contents(target));
        }
        match self
            .open
            .nearest(|open| open.is(Name::TEMPLATE) || open.is(Name::TABLE))
        {
            Some((at, table)) if table.is(Name::TABLE) => Place::Before {
                table: table.node,
                above: self.node_at(at.saturating_sub(1)),
            },
            Some((_, template)) => Place::EndOf(self.contents(template)),
            None => Place::EndOf(self.node_at(0)),
        }
    }

    fn node_at(&self, at: usize) -> NodeId {
        self.open.get(at).map_or(DOCUMENT, |open| open.node)
    }

    /// What stands for an element where nodes are put into it.
    fn contents(&mut self, element: Open) -> NodeId {
        if element.is(Name::TEMPLATE) {
            self.arena.contents(element.node)
        } else {
            element.node
        }
    }

    #[inline]
    fn insert_at(&mut self, place: Place, node: NodeId) {
        match place {
            Place::EndOf(parent) => self.arena.append(parent, node),
            Place::Before { table, .. } if self.arena.has_parent(table) => {
                self.arena.insert_before(table, node);
            }
            Place::Before { above, .. } => self.arena.append(above, node),
        }
    }

    #[inline]
    fn insert_text(&mut self, text: &str) {
        match self.place() {
            Place::EndOf(parent) => self.arena.append_text(parent, text),
            Place::Before { table, .. } if self.arena.has_parent(table) => {
                self.arena.text_before(table, text);
            }
            Place::Before { above, .. } => self.arena.append_text(above, text),
        }
    }

    /// "Create an element for the token", which is in no tree yet.
    #[inline(always)]
    fn create(&mut self, tag: &StartTag, namespace: Namespace) -> Open {
        let attrs = self.arena.keep_attrs(tag, namespace != Namespace::Html);
        let element = self.create_with(tag.name, namespace, attrs);
        if let Some(kept) = &mut self.kept {
            kept.add(element.node, namespace, tag);
        }
        element
    }

    /// An element with those attributes.
    #[inline(always)]
    fn create_with(&mut self, name: Name, namespace: Namespace, attrs: Attrs) -> Open {
        // SVG and `MathML` have a `title`, `style`, `a` of their own, which are not HTML's.
        let tag = match (namespace, name) {
            (Namespace::Html, _) | (_, Name::SVG | Name::MATH) => name.tag(),
            _ => Tag::Other,
        };
        let element = Open::new(self.arena.create_element(tag, attrs), name, namespace);
        if element.is(Name::TEMPLATE) {
            self.arena.create_template_contents(element.node);
        }
        element
    }

    /// Inserts an element without opening it.
    #[inline(always)]
    fn insert_closed(&mut self, tag: &StartTag, namespace: Namespace) -> Open {
        let place = self.place();
        let element = self.create(tag, namespace);
        self.insert_at(place, element.node);
        element
    }

    /// Inserts an element of HTML and opens it.
    #[inline(always)]
    fn insert(&mut self, tag: &StartTag) -> Open {
        let inserted = self.insert_closed(tag, Namespace::Html);
        self.open.push(inserted);
        inserted
    }

    /// Inserts an element that no tag asked for.
    fn insert_unasked(&mut self, name: Name) -> Open {
        self.insert(&StartTag::bare(name))
    }

    /// Inserts an element whose text is of its own kind.
    fn insert_raw(&mut self, tag: &StartTag, content: Content) -> Step {
        self.insert(tag);
        self.content = content;
        self.original_mode = self.mode;
        self.mode = Mode::Text;
        Step::Done
    }

    /// "Reset the insertion mode appropriately".
    fn mode_of_stack(&self) -> Mode {
        for (at, open) in self.open.upwards() {
            if open.namespace != Namespace::Html {
                continue;
            }
            return match open.name {
                Name::TD | Name::TH if at > 0 => Mode::InCell,
                Name::TR => Mode::InRow,
                Name::TBODY | Name::THEAD | Name::TFOOT => Mode::InTableBody,
                Name::CAPTION => Mode::InCaption,
                Name::COLGROUP => Mode::InColumnGroup,
                Name::TABLE => Mode::InTable,
                Name::TEMPLATE => self.template_modes.last().copied().unwrap_or(Mode::InBody),
                Name::HEAD if at > 0 => Mode::InHead,
                Name::BODY => Mode::InBody,
                Name::FRAMESET => Mode::InFrameset,
                Name::HTML if self.head.is_none() => Mode::BeforeHead,
                Name::HTML => Mode::AfterHead,
                _ => continue,
            };
        }
        Mode::InBody
    }
}

impl Sink for Builder<'_> {
    #[inline]
    fn start_tag(&mut self, tag: &StartTag) -> Content {
        self.ignore_line_end = false;
        if self.make_room_for(tag) {
            self.process(&Token::Start(tag));
        } else {
            self.process(&Token::Start(&StartTag::bare(tag.name)));
        }
        std::mem::replace(&mut self.content, Content::Data)
    }

    fn end_tag(&mut self, name: Name) {
        self.ignore_line_end = false;
        self.make_room();
        self.process(&Token::End(name));
    }

    fn text(&mut self, text: &str) {
        let line_end = std::mem::take(&mut self.ignore_line_end).then_some('\n');
        let mut rest = line_end.map_or(text, |end| text.strip_prefix(end).unwrap_or(text));
        while !rest.is_empty() {
            rest = self.process(&Token::Text(Text::Any, rest));
        }
    }

    fn nul(&mut self) {
        self.ignore_line_end = false;
        self.process(&Token::Nul);
    }

    fn comment(&mut self, _: &str) {
        self.ignore_line_end = false;
        self.process(&Token::Comment);
    }

    fn doctype(&mut self, doctype: &Doctype) {
        self.ignore_line_end = false;
        if self.mode == Mode::Initial {
            self.is_quirky = quirks::are_meant_by(doctype);
            self.mode = Mode::BeforeHtml;
        }
    }

    fn end(&mut self) {
        self.arena.cut.nodes = self.arena.is_full();
        self.process(&Token::Eof);
    }

    fn is_foreign(&self) -> bool {
        self.is_in_foreign()
    }

    fn is_full(&self) -> bool {
        self.arena.is_full()
    }
}
