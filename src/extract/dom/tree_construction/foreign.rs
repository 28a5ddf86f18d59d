//! SVG and `MathML`: §13.2.6.5, and where it holds (§13.2.6).

use super::super::elements::{Name, Sets};
use super::super::tokenizer::StartTag;
use super::body::is_space;
use super::stack::{Integration, Open};
use super::{Builder, Namespace, Step, Token};

impl Builder<'_> {
    /// Whether a token is processed by the rules for SVG and `MathML`.
    pub(super) fn is_foreign_token(&self, token: &Token) -> bool {
        let Some(current) = self.open.current() else {
            return false;
        };
        if current.namespace == Namespace::Html || matches!(*token, Token::Eof) {
            return false;
        }
        let is_text = matches!(*token, Token::Text(..) | Token::Nul);
        match (current.holds, *token) {
            (Integration::None | Integration::Svg, _) if is_text => true,
            (_, _) if is_text => false,
            (Integration::Text, Token::Start(tag)) => {
                matches!(tag.name, Name::MGLYPH | Name::MALIGNMARK)
            }
            (Integration::Html | Integration::Annotation, Token::Start(_)) => false,
            (Integration::Svg, Token::Start(tag)) => tag.name != Name::SVG,
            _ => true,
        }
    }

    pub(super) fn in_foreign(&mut self, token: &Token) -> Step {
        match *token {
            Token::Nul => self.insert_text("\u{fffd}"),
            Token::Text(_, text) => {
                self.frameset_ok &= is_space(text);
                self.insert_text(text);
            }
            Token::Start(tag) if breaks_out(tag) => return self.break_out(token),
            Token::Start(tag) => self.insert_foreign(tag),
            Token::End(Name::BR | Name::P) => return self.break_out(token),
            Token::End(name) => return self.end_in_foreign(name),
            Token::Comment | Token::Eof => {}
        }
        Step::Done
    }

    /// `<svg>` or `<math>` in HTML.
    pub(super) fn enter_foreign(&mut self, tag: &StartTag) {
        self.reopen_formatting();
        let namespace = match tag.name {
            Name::SVG => Namespace::Svg,
            _ => Namespace::MathMl,
        };
        self.insert_of(tag, namespace);
    }

    fn insert_foreign(&mut self, tag: &StartTag) {
        if let Some(current) = self.open.current() {
            self.insert_of(tag, current.namespace);
        }
    }

    fn insert_of(&mut self, tag: &StartTag, namespace: Namespace) {
        let element = self.insert_closed(tag, namespace);
        if !tag.self_closing {
            self.open.push(holding(element, tag));
        }
    }

    /// Closes SVG and `MathML`, and processes the token as HTML.
    fn break_out(&mut self, token: &Token) -> Step {
        let holds_html = |open: &Open| {
            open.namespace == Namespace::Html
                || matches!(open.holds, Integration::Text | Integration::Html)
        };
        while self.open.current().is_some_and(|open| !holds_html(open)) {
            self.open.pop();
        }
        self.step(self.mode, token)
    }

    fn end_in_foreign(&mut self, name: Name) -> Step {
        let current = self.open.len().saturating_sub(1);
        let lowest = if self.looks.are_left() {
            1
        } else {
            current.max(1)
        };
        for at in (lowest..=current).rev() {
            let Some(open) = self.open.get(at) else {
                break;
            };
            if at < current && open.namespace == Namespace::Html {
                return self.step(self.mode, &Token::End(name));
            }
            if open.name == name {
                self.open.truncate(at);
                break;
            }
        }
        Step::Done
    }
}

fn breaks_out(tag: &StartTag) -> bool {
    let is_old_font = || ["color", "face", "size"].iter().any(|name| tag.has(name));
    tag.name.sets().meets(Sets::BREAKS_OUT) || (tag.name == Name::FONT && is_old_font())
}

/// An `<annotation-xml>` that says it holds HTML does.
fn holding(element: Open, tag: &StartTag) -> Open {
    let encoding = tag
        .written()
        .find(|(name, _)| name.eq_ignore_ascii_case("encoding"));
    let is_html = |value: &str| {
        value.eq_ignore_ascii_case("text/html")
            || value.eq_ignore_ascii_case("application/xhtml+xml")
    };
    match encoding {
        Some((_, value)) if element.holds == Integration::Svg && is_html(value) => Open {
            holds: Integration::Annotation,
            ..element
        },
        _ => element,
    }
}
