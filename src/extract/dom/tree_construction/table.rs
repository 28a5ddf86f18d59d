//! Tables: §13.2.6.4.9 to 15.

use super::super::elements::{Name, Sets};
use super::super::tokenizer::StartTag;
use super::body::{is_hidden_input, is_space};
use super::{Builder, Mode, Namespace, Step, Text, Token};

impl Builder<'_> {
    pub(super) fn in_table(&mut self, token: &Token) -> Step {
        match *token {
            Token::Text(..) | Token::Nul if self.open.current_in(Sets::TABLE_PART) => {
                self.original_mode = self.mode;
                return Step::Again(Mode::InTableText);
            }
            Token::Comment => return Step::Done,
            Token::Start(tag) => {
                if let Some(step) = self.start_in_table(tag) {
                    return step;
                }
            }
            Token::End(name) => match name {
                Name::TABLE => {
                    if self.open.has_in_scope(Sets::TABLE_SCOPE, Name::TABLE) {
                        self.open.close_through(Name::TABLE);
                        self.mode = self.mode_of_stack();
                    }
                    return Step::Done;
                }
                Name::BODY
                | Name::CAPTION
                | Name::COL
                | Name::COLGROUP
                | Name::HTML
                | Name::TBODY
                | Name::TD
                | Name::TFOOT
                | Name::TH
                | Name::THEAD
                | Name::TR => return Step::Done,
                Name::TEMPLATE => return self.in_head(token),
                _ => {}
            },
            Token::Eof => return self.in_body(token),
            Token::Text(..) | Token::Nul => {}
        }
        self.beside_the_table(token)
    }

    /// What is no part of a table stands before it.
    fn beside_the_table(&mut self, token: &Token) -> Step {
        self.foster_parenting = true;
        let step = self.in_body(token);
        self.foster_parenting = false;
        step
    }

    /// None for what is no part of a table.
    fn start_in_table(&mut self, tag: &StartTag) -> Option<Step> {
        match tag.name {
            Name::CAPTION => {
                self.open.close_to(Sets::TABLE_SCOPE);
                self.formatting.push_marker();
                self.insert(tag);
                self.mode = Mode::InCaption;
            }
            Name::COLGROUP => {
                self.open.close_to(Sets::TABLE_SCOPE);
                self.insert(tag);
                self.mode = Mode::InColumnGroup;
            }
            Name::COL => {
                self.open.close_to(Sets::TABLE_SCOPE);
                self.insert_unasked(Name::COLGROUP);
                return Some(Step::Again(Mode::InColumnGroup));
            }
            Name::TBODY | Name::TFOOT | Name::THEAD => {
                self.open.close_to(Sets::TABLE_SCOPE);
                self.insert(tag);
                self.mode = Mode::InTableBody;
            }
            Name::TD | Name::TH | Name::TR => {
                self.open.close_to(Sets::TABLE_SCOPE);
                self.insert_unasked(Name::TBODY);
                return Some(Step::Again(Mode::InTableBody));
            }
            Name::TABLE => {
                if self.open.has_in_scope(Sets::TABLE_SCOPE, Name::TABLE) {
                    self.open.close_through(Name::TABLE);
                    return Some(Step::Again(self.mode_of_stack()));
                }
            }
            Name::STYLE | Name::SCRIPT | Name::TEMPLATE => {
                return Some(self.in_head(&Token::Start(tag)));
            }
            Name::INPUT if is_hidden_input(tag) => {
                self.insert_closed(tag, Namespace::Html);
            }
            Name::FORM => {
                if !self.open.has(Name::TEMPLATE) && self.form.is_none() {
                    let form = self.insert_closed(tag, Namespace::Html);
                    self.form = Some(form.node);
                }
            }
            _ => return None,
        }
        Some(Step::Done)
    }

    /// Text in a table is gathered until something else comes.
    pub(super) fn in_table_text(&mut self, token: &Token) -> Step {
        match *token {
            Token::Nul => return Step::Done,
            Token::Text(_, text) => {
                self.table_text.push_str(text);
                return Step::Done;
            }
            _ => {}
        }
        let text = std::mem::take(&mut self.table_text);
        if is_space(&text) {
            if !text.is_empty() {
                self.insert_text(&text);
            }
        } else {
            self.beside_the_table(&Token::Text(Text::Any, &text));
        }
        self.table_text = text;
        self.table_text.clear();
        Step::Again(self.original_mode)
    }

    pub(super) fn in_caption(&mut self, token: &Token) -> Step {
        let (name, is_end) = match *token {
            Token::Start(tag) => (tag.name, false),
            Token::End(name) => (name, true),
            _ => return self.in_body(token),
        };
        match (name, is_end) {
            (Name::CAPTION, _)
            | (Name::TABLE, true)
            | (
                Name::COL
                | Name::COLGROUP
                | Name::TBODY
                | Name::TD
                | Name::TFOOT
                | Name::TH
                | Name::THEAD
                | Name::TR,
                false,
            ) => {
                if !self.open.has_in_scope(Sets::TABLE_SCOPE, Name::CAPTION) {
                    return Step::Done;
                }
                self.open.close_implied(Sets::IMPLIED);
                self.open.close_through(Name::CAPTION);
                self.formatting.clear_to_marker();
                if is_end && name == Name::CAPTION {
                    self.mode = Mode::InTable;
                    return Step::Done;
                }
                Step::Again(Mode::InTable)
            }
            (
                Name::BODY
                | Name::COL
                | Name::COLGROUP
                | Name::HTML
                | Name::TBODY
                | Name::TD
                | Name::TFOOT
                | Name::TH
                | Name::THEAD
                | Name::TR,
                true,
            ) => Step::Done,
            _ => self.in_body(token),
        }
    }

    pub(super) fn in_column_group(&mut self, token: &Token) -> Step {
        match *token {
            Token::Text(Text::Any, _) => return Step::Split,
            Token::Text(Text::Space, text) => {
                self.insert_text(text);
                return Step::Done;
            }
            Token::Comment | Token::End(Name::COL) => return Step::Done,
            Token::Start(tag) => match tag.name {
                Name::HTML => return self.in_body(token),
                Name::COL => {
                    self.insert_closed(tag, Namespace::Html);
                    return Step::Done;
                }
                Name::TEMPLATE => return self.in_head(token),
                _ => {}
            },
            Token::End(Name::TEMPLATE) => return self.in_head(token),
            Token::Eof => return self.in_body(token),
            _ => {}
        }
        if !self.open.current_is(Name::COLGROUP) {
            return Step::Done;
        }
        self.open.pop();
        if matches!(*token, Token::End(Name::COLGROUP)) {
            self.mode = Mode::InTable;
            return Step::Done;
        }
        Step::Again(Mode::InTable)
    }

    pub(super) fn in_table_body(&mut self, token: &Token) -> Step {
        let (name, is_end) = match *token {
            Token::Start(tag) => (tag.name, false),
            Token::End(name) => (name, true),
            _ => return self.in_table(token),
        };
        match (name, is_end) {
            (Name::TR, false) => {
                self.open.close_to(Sets::TABLE_BODY_CONTEXT);
                if let Token::Start(tag) = *token {
                    self.insert(tag);
                }
                self.mode = Mode::InRow;
                Step::Done
            }
            (Name::TH | Name::TD, false) => {
                self.open.close_to(Sets::TABLE_BODY_CONTEXT);
                self.insert_unasked(Name::TR);
                Step::Again(Mode::InRow)
            }
            (Name::TBODY | Name::TFOOT | Name::THEAD, true) => {
                if self.open.has_in_scope(Sets::TABLE_SCOPE, name) {
                    self.open.close_to(Sets::TABLE_BODY_CONTEXT);
                    self.open.pop();
                    self.mode = Mode::InTable;
                }
                Step::Done
            }
            (Name::TABLE, true)
            | (
                Name::CAPTION
                | Name::COL
                | Name::COLGROUP
                | Name::TBODY
                | Name::TFOOT
                | Name::THEAD,
                false,
            ) => {
                if !self.has_table_body_in_scope() {
                    return Step::Done;
                }
                self.open.close_to(Sets::TABLE_BODY_CONTEXT);
                self.open.pop();
                Step::Again(Mode::InTable)
            }
            (
                Name::BODY
                | Name::CAPTION
                | Name::COL
                | Name::COLGROUP
                | Name::HTML
                | Name::TD
                | Name::TH
                | Name::TR,
                true,
            ) => Step::Done,
            _ => self.in_table(token),
        }
    }

    /// As html5ever asks it.
    fn has_table_body_in_scope(&self) -> bool {
        let names = [Name::TABLE, Name::TBODY, Name::TFOOT];
        let mut names = names.into_iter();
        names.any(|name| self.open.has_in_scope(Sets::TABLE_SCOPE, name))
    }

    pub(super) fn in_row(&mut self, token: &Token) -> Step {
        let (name, is_end) = match *token {
            Token::Start(tag) => (tag.name, false),
            Token::End(name) => (name, true),
            _ => return self.in_table(token),
        };
        match (name, is_end) {
            (Name::TH | Name::TD, false) => {
                self.open.close_to(Sets::TABLE_ROW_CONTEXT);
                if let Token::Start(tag) = *token {
                    self.insert(tag);
                }
                self.mode = Mode::InCell;
                self.formatting.push_marker();
                Step::Done
            }
            (Name::TR, true) => {
                if self.close_row() {
                    self.mode = Mode::InTableBody;
                }
                Step::Done
            }
            (Name::TABLE, true)
            | (
                Name::CAPTION
                | Name::COL
                | Name::COLGROUP
                | Name::TBODY
                | Name::TFOOT
                | Name::THEAD
                | Name::TR,
                false,
            ) => self.close_row_for_more(),
            (Name::TBODY | Name::TFOOT | Name::THEAD, true) => {
                if self.open.has_in_scope(Sets::TABLE_SCOPE, name) {
                    return self.close_row_for_more();
                }
                Step::Done
            }
            (
                Name::BODY
                | Name::CAPTION
                | Name::COL
                | Name::COLGROUP
                | Name::HTML
                | Name::TD
                | Name::TH,
                true,
            ) => Step::Done,
            _ => self.in_table(token),
        }
    }

    /// Closes the row, if one is open; whether it was.
    fn close_row(&mut self) -> bool {
        let is_open = self.open.has_in_scope(Sets::TABLE_SCOPE, Name::TR);
        if is_open {
            self.open.close_to(Sets::TABLE_ROW_CONTEXT);
            self.open.pop();
        }
        is_open
    }

    fn close_row_for_more(&mut self) -> Step {
        if self.close_row() {
            Step::Again(Mode::InTableBody)
        } else {
            Step::Done
        }
    }

    pub(super) fn in_cell(&mut self, token: &Token) -> Step {
        let (name, is_end) = match *token {
            Token::Start(tag) => (tag.name, false),
            Token::End(name) => (name, true),
            _ => return self.in_body(token),
        };
        match (name, is_end) {
            (Name::TD | Name::TH, true) => {
                if self.open.has_in_scope(Sets::TABLE_SCOPE, name) {
                    self.open.close_implied(Sets::IMPLIED);
                    self.open.close_through(name);
                    self.formatting.clear_to_marker();
                    self.mode = Mode::InRow;
                }
                Step::Done
            }
            (
                Name::CAPTION
                | Name::COL
                | Name::COLGROUP
                | Name::TBODY
                | Name::TD
                | Name::TFOOT
                | Name::TH
                | Name::THEAD
                | Name::TR,
                false,
            ) if self.open.has_any_in_scope(Sets::TABLE_SCOPE, Sets::CELL) => self.close_cell(),
            (Name::TABLE | Name::TBODY | Name::TFOOT | Name::THEAD | Name::TR, true)
                if self.open.has_in_scope(Sets::TABLE_SCOPE, name) =>
            {
                self.close_cell()
            }
            (
                Name::CAPTION
                | Name::COL
                | Name::COLGROUP
                | Name::TBODY
                | Name::TFOOT
                | Name::THEAD
                | Name::TR,
                _,
            )
            | (Name::TD | Name::TH, false)
            | (Name::BODY | Name::HTML | Name::TABLE, true) => Step::Done,
            _ => self.in_body(token),
        }
    }

    fn close_cell(&mut self) -> Step {
        self.open.close_implied(Sets::IMPLIED);
        self.open.close_through_any(Sets::CELL);
        self.formatting.clear_to_marker();
        Step::Again(Mode::InRow)
    }
}
