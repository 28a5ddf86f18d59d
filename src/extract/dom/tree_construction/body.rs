//! The body: §13.2.6.4.7, and the text mode after it.

use super::super::Attr;
use super::super::elements::{Name, Sets};
use super::super::tokenizer::{Content, StartTag};
use super::stack::Open;
use super::{Builder, Mode, Namespace, Step, Token};

impl Builder<'_> {
    #[inline(always)]
    pub(super) fn in_body(&mut self, token: &Token) -> Step {
        match *token {
            Token::Text(_, text) => {
                self.reopen_formatting();
                self.frameset_ok = self.frameset_ok && is_space(text);
                self.insert_text(text);
            }
            Token::Start(tag) => return self.start_in_body(tag),
            Token::End(name) => return self.end_in_body(name),
            Token::Eof if !self.template_modes.is_empty() => return self.in_template(token),
            Token::Nul | Token::Comment | Token::Eof => {}
        }
        Step::Done
    }

    /// Text of a kind of its own, and the end tag after it.
    pub(super) fn in_text(&mut self, token: &Token) -> Step {
        match *token {
            Token::Text(_, text) => self.insert_text(text),
            Token::End(_) => {
                self.open.pop();
                self.mode = self.original_mode;
            }
            Token::Eof => {
                self.open.pop();
                return Step::Again(self.original_mode);
            }
            Token::Start(_) | Token::Nul | Token::Comment => {}
        }
        Step::Done
    }

    fn start_in_body(&mut self, tag: &StartTag) -> Step {
        match tag.name {
            Name::BASE
            | Name::BASEFONT
            | Name::BGSOUND
            | Name::LINK
            | Name::META
            | Name::NOFRAMES
            | Name::SCRIPT
            | Name::STYLE
            | Name::TEMPLATE
            | Name::TITLE => return self.in_head(&Token::Start(tag)),
            Name::TEXTAREA
            | Name::XMP
            | Name::IFRAME
            | Name::NOEMBED
            | Name::NOSCRIPT
            | Name::PLAINTEXT => return self.raw_in_body(tag),
            Name::HTML => self.second_html(tag),
            Name::BODY => self.second_body(tag),
            Name::FRAMESET => self.frameset_in_body(tag),
            Name::FORM => self.form(tag),
            Name::LI => self.item(tag, &[Name::LI]),
            Name::DD | Name::DT => self.item(tag, &[Name::DD, Name::DT]),
            Name::A => self.link(tag),
            Name::NOBR => self.nobr(tag),
            Name::TABLE => self.table(tag),
            Name::INPUT => self.input(tag),
            Name::IMAGE => return self.start_in_body(&tag.called(Name::IMG)),
            Name::BUTTON | Name::SELECT | Name::OPTION | Name::OPTGROUP | Name::HR => {
                self.control(tag);
            }
            Name::RB | Name::RTC | Name::RP | Name::RT => self.ruby(tag),
            Name::MATH | Name::SVG => self.enter_foreign(tag),
            Name::CAPTION
            | Name::COL
            | Name::COLGROUP
            | Name::FRAME
            | Name::HEAD
            | Name::TBODY
            | Name::TD
            | Name::TFOOT
            | Name::TH
            | Name::THEAD
            | Name::TR => {}
            _ => self.other_in_body(tag),
        }
        Step::Done
    }

    /// Elements that only differ in what they close, and in whether they open.
    fn other_in_body(&mut self, tag: &StartTag) {
        match tag.name {
            Name::ADDRESS
            | Name::ARTICLE
            | Name::ASIDE
            | Name::BLOCKQUOTE
            | Name::CENTER
            | Name::DETAILS
            | Name::DIALOG
            | Name::DIR
            | Name::DIV
            | Name::DL
            | Name::FIELDSET
            | Name::FIGCAPTION
            | Name::FIGURE
            | Name::FOOTER
            | Name::HEADER
            | Name::HGROUP
            | Name::MAIN
            | Name::MENU
            | Name::NAV
            | Name::OL
            | Name::P
            | Name::SEARCH
            | Name::SECTION
            | Name::SUMMARY
            | Name::UL => {
                self.open.close_p();
                self.insert(tag);
            }
            Name::H1 | Name::H2 | Name::H3 | Name::H4 | Name::H5 | Name::H6 => {
                self.open.close_p();
                if self.open.current_in(Sets::HEADING) {
                    self.open.pop();
                }
                self.insert(tag);
            }
            Name::PRE | Name::LISTING => {
                self.open.close_p();
                self.insert(tag);
                self.ignore_line_end = true;
                self.frameset_ok = false;
            }
            Name::PARAM | Name::SOURCE | Name::TRACK => {
                self.insert_closed(tag, Namespace::Html);
            }
            Name::AREA | Name::BR | Name::EMBED | Name::IMG | Name::KEYGEN | Name::WBR => {
                self.reopen_formatting();
                self.insert_closed(tag, Namespace::Html);
                self.frameset_ok = false;
            }
            Name::APPLET | Name::MARQUEE | Name::OBJECT => {
                self.reopen_formatting();
                self.insert(tag);
                self.formatting.push_marker();
                self.frameset_ok = false;
            }
            name if name.sets().meets(Sets::COMPARED) => {
                self.reopen_formatting();
                self.insert_formatting(tag);
            }
            _ => {
                self.reopen_formatting();
                self.insert(tag);
            }
        }
    }

    fn raw_in_body(&mut self, tag: &StartTag) -> Step {
        match tag.name {
            Name::TEXTAREA => {
                self.ignore_line_end = true;
                self.frameset_ok = false;
                return self.insert_raw(tag, Content::Rcdata);
            }
            Name::PLAINTEXT => {
                self.open.close_p();
                self.insert(tag);
                self.content = Content::Plaintext;
                return Step::Done;
            }
            Name::XMP => {
                self.open.close_p();
                self.reopen_formatting();
                self.frameset_ok = false;
            }
            Name::IFRAME => self.frameset_ok = false,
            _ => {}
        }
        self.insert_raw(tag, Content::Rawtext)
    }

    fn second_html(&mut self, tag: &StartTag) {
        if !self.open.has(Name::TEMPLATE) {
            self.add_attrs_if_missing(0, tag);
        }
    }

    fn second_body(&mut self, tag: &StartTag) {
        let is_there = self.open.get(1).is_some_and(|open| open.is(Name::BODY));
        if is_there && !self.open.has(Name::TEMPLATE) {
            self.frameset_ok = false;
            self.add_attrs_if_missing(1, tag);
        }
    }

    fn add_attrs_if_missing(&mut self, at: usize, tag: &StartTag) {
        let Some(element) = self.open.get(at) else {
            return;
        };
        self.arena.add_attrs_if_missing(element.node, tag);
        if let Some(kept) = &mut self.kept {
            kept.add_missing(element.node, tag, self.arena.limits());
        }
    }

    fn frameset_in_body(&mut self, tag: &StartTag) {
        let body = self.open.get(1).filter(|open| open.is(Name::BODY));
        let Some(body) = body.copied().filter(|_| self.frameset_ok) else {
            return;
        };
        self.arena.detach(body.node);
        self.open.truncate(1);
        self.insert(tag);
        self.mode = Mode::InFrameset;
    }

    fn form(&mut self, tag: &StartTag) {
        let in_template = self.open.has(Name::TEMPLATE);
        if self.form.is_some() && !in_template {
            return;
        }
        self.open.close_p();
        let form = self.insert(tag);
        if !in_template {
            self.form = Some(form.node);
        }
    }

    /// `<li>`, `<dd>` or `<dt>`: closes the item before.
    fn item(&mut self, tag: &StartTag, closes: &[Name]) {
        self.frameset_ok = false;
        let is_item = |open: &Open| closes.iter().any(|name| open.is(*name));
        let passes = |open: &Open| matches!(open.name, Name::ADDRESS | Name::DIV | Name::P);
        let ends = |open: &Open| is_item(open) || (open.sets.meets(Sets::SPECIAL) && !passes(open));
        if let Some((_, item)) = self.open.nearest(ends).filter(|(_, open)| is_item(open)) {
            self.open.close_implied_but(item.name);
            self.open.close_through(item.name);
        }
        self.open.close_p();
        self.insert(tag);
    }

    fn table(&mut self, tag: &StartTag) {
        if !self.is_quirky {
            self.open.close_p();
        }
        self.insert(tag);
        self.frameset_ok = false;
        self.mode = Mode::InTable;
    }

    fn input(&mut self, tag: &StartTag) {
        if self.open.has_in_scope(Sets::SCOPE, Name::SELECT) {
            self.open.close_through(Name::SELECT);
        }
        self.reopen_formatting();
        self.insert_closed(tag, Namespace::Html);
        self.frameset_ok &= is_hidden_input(tag);
    }

    fn control(&mut self, tag: &StartTag) {
        let in_select = self.open.has_in_scope(Sets::SCOPE, Name::SELECT);
        match tag.name {
            Name::HR => {
                self.open.close_p();
                if self.open.has_in_scope(Sets::SCOPE, Name::SELECT) {
                    self.open.close_implied(Sets::IMPLIED);
                }
                self.insert_closed(tag, Namespace::Html);
                self.frameset_ok = false;
                return;
            }
            Name::SELECT if in_select => return self.open.close_through(Name::SELECT),
            Name::BUTTON if self.open.has_in_scope(Sets::SCOPE, Name::BUTTON) => {
                self.open.close_implied(Sets::IMPLIED);
                self.open.close_through(Name::BUTTON);
            }
            Name::OPTION if in_select => self.open.close_implied_but(Name::OPTGROUP),
            Name::OPTGROUP if in_select => self.open.close_implied(Sets::IMPLIED),
            Name::OPTION | Name::OPTGROUP if self.open.current_is(Name::OPTION) => self.open.pop(),
            _ => {}
        }
        self.reopen_formatting();
        self.insert(tag);
        self.frameset_ok &= matches!(tag.name, Name::OPTION | Name::OPTGROUP);
    }

    fn ruby(&mut self, tag: &StartTag) {
        if self.open.has_in_scope(Sets::SCOPE, Name::RUBY) {
            match tag.name {
                Name::RP | Name::RT => self.open.close_implied_but(Name::RTC),
                _ => self.open.close_implied(Sets::IMPLIED),
            }
        }
        self.insert(tag);
    }

    fn end_in_body(&mut self, name: Name) -> Step {
        match name {
            Name::TEMPLATE => return self.in_head(&Token::End(name)),
            Name::BODY if self.open.has_in_scope(Sets::SCOPE, Name::BODY) => {
                self.mode = Mode::AfterBody;
            }
            Name::HTML if self.open.has_in_scope(Sets::SCOPE, Name::BODY) => {
                return Step::Again(Mode::AfterBody);
            }
            Name::BODY | Name::HTML => {}
            Name::FORM => self.end_form(),
            Name::P => {
                if !self.open.has_p() {
                    self.insert_unasked(Name::P);
                }
                self.open.close_p();
            }
            Name::BR => return self.start_in_body(&StartTag::bare(Name::BR)),
            Name::A => self.adopt(name),
            _ if name.sets().meets(Sets::COMPARED) => self.adopt(name),
            _ => self.other_end_in_body(name),
        }
        Step::Done
    }

    /// End tags that close what they name where that is in scope.
    fn other_end_in_body(&mut self, name: Name) {
        match name {
            Name::ADDRESS
            | Name::ARTICLE
            | Name::ASIDE
            | Name::BLOCKQUOTE
            | Name::BUTTON
            | Name::CENTER
            | Name::DETAILS
            | Name::DIALOG
            | Name::DIR
            | Name::DIV
            | Name::DL
            | Name::FIELDSET
            | Name::FIGCAPTION
            | Name::FIGURE
            | Name::FOOTER
            | Name::HEADER
            | Name::HGROUP
            | Name::LISTING
            | Name::MAIN
            | Name::MENU
            | Name::NAV
            | Name::OL
            | Name::PRE
            | Name::SEARCH
            | Name::SECTION
            | Name::SELECT
            | Name::SUMMARY
            | Name::UL => {
                if self.open.has_in_scope(Sets::SCOPE, name) {
                    self.open.close_implied(Sets::IMPLIED);
                    self.open.close_through(name);
                }
            }
            Name::LI | Name::DD | Name::DT => {
                let scope = match name {
                    Name::LI => Sets::LIST_SCOPE,
                    _ => Sets::SCOPE,
                };
                if self.open.has_in_scope(scope, name) {
                    self.open.close_implied_but(name);
                    self.open.close_through(name);
                }
            }
            Name::H1 | Name::H2 | Name::H3 | Name::H4 | Name::H5 | Name::H6 => {
                if self.open.has_any_in_scope(Sets::SCOPE, Sets::HEADING) {
                    self.open.close_implied(Sets::IMPLIED);
                    self.open.close_through_any(Sets::HEADING);
                }
            }
            Name::APPLET | Name::MARQUEE | Name::OBJECT => {
                if self.open.has_in_scope(Sets::SCOPE, name) {
                    self.open.close_implied(Sets::IMPLIED);
                    self.open.close_through(name);
                    self.formatting.clear_to_marker();
                }
            }
            _ => self.any_other_end(name),
        }
    }

    /// "Any other end tag".
    pub(super) fn any_other_end(&mut self, name: Name) {
        let is_end = |open: &Open| open.is(name) || open.sets.meets(Sets::SPECIAL);
        if let Some((at, _)) = self.open.nearest(is_end).filter(|(_, open)| open.is(name)) {
            self.open.close_implied_but(name);
            self.open.truncate(at);
        }
    }

    fn end_form(&mut self) {
        if self.open.has(Name::TEMPLATE) {
            if self.open.has_in_scope(Sets::SCOPE, Name::FORM) {
                self.open.close_implied(Sets::IMPLIED);
                self.open.close_through(Name::FORM);
            }
            return;
        }
        let form = self.form.take();
        if let Some(form) = form.filter(|form| self.open.has_node_in_scope(*form)) {
            self.open.close_implied(Sets::IMPLIED);
            self.open.remove_node(form);
        }
    }
}

pub(super) fn is_hidden_input(tag: &StartTag) -> bool {
    let kind = tag.attr(Attr::Type);
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case("hidden"))
}

pub(super) fn is_space(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}
