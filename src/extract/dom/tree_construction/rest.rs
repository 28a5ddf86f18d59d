//! Templates, what follows the body, and frames: §13.2.6.4.16 to 21.

use super::super::elements::Name;
use super::super::tokenizer::StartTag;
use super::{Builder, Mode, Namespace, Step, Text, Token};

impl Builder<'_> {
    pub(super) fn in_template(&mut self, token: &Token) -> Step {
        match *token {
            Token::Text(..) | Token::Comment => self.in_body(token),
            Token::Start(tag) => self.start_in_template(tag),
            Token::End(Name::TEMPLATE) => self.in_head(token),
            Token::Eof if self.open.has(Name::TEMPLATE) => {
                self.leave_template();
                Step::Again(self.mode)
            }
            Token::Eof | Token::End(_) | Token::Nul => Step::Done,
        }
    }

    fn start_in_template(&mut self, tag: &StartTag) -> Step {
        let mode = match tag.name {
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
            Name::CAPTION | Name::COLGROUP | Name::TBODY | Name::TFOOT | Name::THEAD => {
                Mode::InTable
            }
            Name::COL => Mode::InColumnGroup,
            Name::TR => Mode::InTableBody,
            Name::TD | Name::TH => Mode::InRow,
            _ => Mode::InBody,
        };
        self.template_modes.pop();
        self.template_modes.push(mode);
        Step::Again(mode)
    }

    pub(super) fn after_body(&mut self, token: &Token) -> Step {
        match *token {
            Token::Text(Text::Any, _) => Step::Split,
            Token::Text(Text::Space, _) => self.in_body(token),
            Token::Start(tag) if tag.name == Name::HTML => self.in_body(token),
            Token::End(Name::HTML) => {
                self.mode = Mode::AfterAfterBody;
                Step::Done
            }
            Token::Comment | Token::Eof => Step::Done,
            _ => Step::Again(Mode::InBody),
        }
    }

    pub(super) fn after_after_body(&mut self, token: &Token) -> Step {
        match *token {
            Token::Text(Text::Any, _) => Step::Split,
            Token::Text(Text::Space, _) => self.in_body(token),
            Token::Start(tag) if tag.name == Name::HTML => self.in_body(token),
            Token::Comment | Token::Eof => Step::Done,
            _ => Step::Again(Mode::InBody),
        }
    }

    pub(super) fn in_frameset(&mut self, token: &Token) -> Step {
        match *token {
            Token::Text(Text::Any, _) => return Step::Split,
            Token::Text(Text::Space, text) => self.insert_text(text),
            Token::Start(tag) => match tag.name {
                Name::HTML => return self.in_body(token),
                Name::NOFRAMES => return self.in_head(token),
                Name::FRAMESET => {
                    self.insert(tag);
                }
                Name::FRAME => {
                    self.insert_closed(tag, Namespace::Html);
                }
                _ => {}
            },
            Token::End(Name::FRAMESET) if self.open.len() > 1 => {
                self.open.pop();
                if !self.open.current_is(Name::FRAMESET) {
                    self.mode = Mode::AfterFrameset;
                }
            }
            _ => {}
        }
        Step::Done
    }

    pub(super) fn after_frameset(&mut self, token: &Token) -> Step {
        match *token {
            Token::Text(Text::Any, _) => return Step::Split,
            Token::Text(Text::Space, text) => self.insert_text(text),
            Token::Start(tag) if tag.name == Name::HTML => return self.in_body(token),
            Token::Start(tag) if tag.name == Name::NOFRAMES => return self.in_head(token),
            Token::End(Name::HTML) => self.mode = Mode::AfterAfterFrameset,
            _ => {}
        }
        Step::Done
    }

    pub(super) fn after_after_frameset(&mut self, token: &Token) -> Step {
        match *token {
            Token::Text(Text::Any, _) => Step::Split,
            Token::Text(Text::Space, _) => self.in_body(token),
            Token::Start(tag) if tag.name == Name::HTML => self.in_body(token),
            Token::Start(tag) if tag.name == Name::NOFRAMES => self.in_head(token),
            _ => Step::Done,
        }
    }
}
