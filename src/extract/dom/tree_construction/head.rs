//! From the beginning of a page to its body: §13.2.6.4.1 to 6.

use super::super::arena::DOCUMENT;
use super::super::elements::{Name, Sets};
use super::super::tokenizer::{Content, StartTag};
use super::{Builder, Mode, Namespace, Step, Text, Token};

impl Builder<'_> {
    pub(super) fn initial(&mut self, token: &Token) -> Step {
        match *token {
            Token::Text(Text::Any, _) => Step::Split,
            Token::Text(Text::Space, _) | Token::Comment => Step::Done,
            _ => {
                self.is_quirky = true;
                Step::Again(Mode::BeforeHtml)
            }
        }
    }

    pub(super) fn before_html(&mut self, token: &Token) -> Step {
        match *token {
            Token::Text(Text::Any, _) => return Step::Split,
            Token::Text(Text::Space, _) | Token::Comment => return Step::Done,
            Token::Start(tag) if tag.name == Name::HTML => {
                self.insert_root(tag);
                self.mode = Mode::BeforeHead;
                return Step::Done;
            }
            Token::End(Name::HEAD | Name::BODY | Name::HTML | Name::BR) => {}
            Token::End(_) => return Step::Done,
            _ => {}
        }
        self.insert_root(&StartTag::bare(Name::HTML));
        Step::Again(Mode::BeforeHead)
    }

    fn insert_root(&mut self, tag: &StartTag) {
        let root = self.create(tag, Namespace::Html);
        self.arena.append(DOCUMENT, root.node);
        self.open.push(root);
    }

    pub(super) fn before_head(&mut self, token: &Token) -> Step {
        match *token {
            Token::Text(Text::Any, _) => return Step::Split,
            Token::Text(Text::Space, _) | Token::Comment => return Step::Done,
            Token::Start(tag) if tag.name == Name::HTML => return self.in_body(token),
            Token::Start(tag) if tag.name == Name::HEAD => {
                self.head = Some(self.insert(tag));
                self.mode = Mode::InHead;
                return Step::Done;
            }
            Token::End(Name::HEAD | Name::BODY | Name::HTML | Name::BR) => {}
            Token::End(_) => return Step::Done,
            _ => {}
        }
        self.head = Some(self.insert_unasked(Name::HEAD));
        Step::Again(Mode::InHead)
    }

    pub(super) fn in_head(&mut self, token: &Token) -> Step {
        match *token {
            Token::Text(Text::Any, _) => return Step::Split,
            Token::Text(Text::Space, text) => {
                self.insert_text(text);
                return Step::Done;
            }
            Token::Comment => return Step::Done,
            Token::Start(tag) => {
                if let Some(step) = self.start_in_head(tag) {
                    return step;
                }
            }
            Token::End(Name::HEAD) => {
                self.open.pop();
                self.mode = Mode::AfterHead;
                return Step::Done;
            }
            Token::End(Name::TEMPLATE) => {
                self.close_template();
                return Step::Done;
            }
            Token::End(Name::BODY | Name::HTML | Name::BR) => {}
            Token::End(_) => return Step::Done,
            Token::Text(Text::NoSpace, _) | Token::Nul | Token::Eof => {}
        }
        self.open.pop();
        Step::Again(Mode::AfterHead)
    }

    /// None for what ends the head.
    fn start_in_head(&mut self, tag: &StartTag) -> Option<Step> {
        match tag.name {
            Name::HTML => return Some(self.in_body(&Token::Start(tag))),
            Name::BASE | Name::BASEFONT | Name::BGSOUND | Name::LINK | Name::META => {
                self.insert_closed(tag, Namespace::Html);
            }
            Name::TITLE => return Some(self.insert_raw(tag, Content::Rcdata)),
            Name::NOFRAMES | Name::STYLE | Name::NOSCRIPT => {
                return Some(self.insert_raw(tag, Content::Rawtext));
            }
            Name::SCRIPT => return Some(self.insert_raw(tag, Content::Script)),
            Name::TEMPLATE => self.open_template(tag),
            Name::HEAD => {}
            _ => return None,
        }
        Some(Step::Done)
    }

    fn open_template(&mut self, tag: &StartTag) {
        self.formatting.push_marker();
        self.frameset_ok = false;
        self.mode = Mode::InTemplate;
        self.template_modes.push(Mode::InTemplate);
        self.insert(tag);
    }

    fn close_template(&mut self) {
        if self.open.has(Name::TEMPLATE) {
            self.open.close_implied(Sets::THOROUGHLY_IMPLIED);
            self.leave_template();
        }
    }

    /// Closes elements through the innermost template.
    pub(super) fn leave_template(&mut self) {
        self.open.close_through(Name::TEMPLATE);
        self.formatting.clear_to_marker();
        self.template_modes.pop();
        self.mode = self.mode_of_stack();
    }

    pub(super) fn after_head(&mut self, token: &Token) -> Step {
        match *token {
            Token::Text(Text::Any, _) => return Step::Split,
            Token::Text(Text::Space, text) => {
                self.insert_text(text);
                return Step::Done;
            }
            Token::Comment => return Step::Done,
            Token::Start(tag) => {
                if let Some(step) = self.start_after_head(tag) {
                    return step;
                }
            }
            Token::End(Name::TEMPLATE) => return self.in_head(token),
            Token::End(Name::BODY | Name::HTML | Name::BR) => {}
            Token::End(_) => return Step::Done,
            Token::Text(Text::NoSpace, _) | Token::Nul | Token::Eof => {}
        }
        self.insert_unasked(Name::BODY);
        Step::Again(Mode::InBody)
    }

    /// None for what opens the body unasked.
    fn start_after_head(&mut self, tag: &StartTag) -> Option<Step> {
        match tag.name {
            Name::HTML => return Some(self.in_body(&Token::Start(tag))),
            Name::BODY => {
                self.insert(tag);
                self.frameset_ok = false;
                self.mode = Mode::InBody;
            }
            Name::FRAMESET => {
                self.insert(tag);
                self.mode = Mode::InFrameset;
            }
            Name::BASE
            | Name::BASEFONT
            | Name::BGSOUND
            | Name::LINK
            | Name::META
            | Name::NOFRAMES
            | Name::SCRIPT
            | Name::STYLE
            | Name::TEMPLATE
            | Name::TITLE => {
                let head = self.head?;
                self.open.push(head);
                let step = self.in_head(&Token::Start(tag));
                self.open.remove_node(head.node);
                return Some(step);
            }
            Name::HEAD => {}
            _ => return None,
        }
        Some(Step::Done)
    }
}
