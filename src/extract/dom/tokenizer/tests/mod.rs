//! The tokenizer against html5ever's own.

mod html5lib;

use std::cell::RefCell;

use html5ever::TokenizerResult;
use html5ever::buffer_queue::BufferQueue;
use html5ever::data::NAMED_ENTITIES;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{RawKind, State};
use html5ever::tokenizer::{self, Tag, TagKind, Token, TokenSink, TokenSinkResult, TokenizerOpts};
use proptest::prelude::*;

use super::super::elements::{Name, PageNames, as_written};
use super::{Content, Doctype, Input, Options, Sink, StartTag, Tokenizer};

const ALL: Options = Options {
    all_attributes: true,
    attributes: usize::MAX,
};

/// Notes tokens, one a line, and answers to start tags as the tree builder does outside of SVG.
#[derive(Default)]
struct Recorder {
    tokens: RefCell<Vec<String>>,
    text: RefCell<String>,
    /// Whether start tags change what follows them.
    switches: bool,
    is_foreign: bool,
}

impl Recorder {
    fn note(&self, token: String) {
        let text = self.text.take();
        let mut tokens = self.tokens.borrow_mut();
        if !text.is_empty() {
            tokens.push(format!("Character {text:?}"));
        }
        tokens.push(token);
    }

    /// Without the end of the page.
    fn into_tokens(self) -> Vec<String> {
        let mut tokens = self.tokens.into_inner();
        assert_eq!(tokens.pop().as_deref(), Some("EOF"));
        tokens
    }

    /// What the text after a start tag is.
    fn answer(&self, name: &str) -> Content {
        match name {
            _ if !self.switches => Content::Data,
            "title" | "textarea" => Content::Rcdata,
            "style" | "xmp" => Content::Rawtext,
            "script" => Content::Script,
            "plaintext" => Content::Plaintext,
            _ => Content::Data,
        }
    }
}

/// html5ever's tokens.
impl TokenSink for Recorder {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => {
                self.note(tag_line_of(&tag));
                if tag.kind == TagKind::EndTag {
                    return TokenSinkResult::Continue;
                }
                return match self.answer(&tag.name) {
                    Content::Data => TokenSinkResult::Continue,
                    Content::Rcdata => TokenSinkResult::RawData(RawKind::Rcdata),
                    Content::Rawtext => TokenSinkResult::RawData(RawKind::Rawtext),
                    Content::Script => TokenSinkResult::RawData(RawKind::ScriptData),
                    Content::Plaintext => TokenSinkResult::Plaintext,
                };
            }
            Token::DoctypeToken(doctype) => self.note(doctype_line(
                doctype.name.as_deref(),
                doctype.public_id.as_deref(),
                doctype.system_id.as_deref(),
                doctype.force_quirks,
            )),
            Token::CommentToken(text) => self.note(format!("Comment {:?}", &*text)),
            Token::CharacterTokens(text) => self.text.borrow_mut().push_str(&text),
            Token::NullCharacterToken => self.text.borrow_mut().push('\0'),
            Token::EOFToken => self.note("EOF".to_owned()),
            Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.is_foreign
    }
}

/// Ours. The names of tags are numbers here, and told when the page is done.
impl Sink for Recorder {
    fn start_tag(&mut self, tag: &StartTag) -> Content {
        let attrs = tag
            .written()
            .map(|(name, value)| (as_written(name).into_owned(), value.to_owned()));
        let place = tag.name.place();
        self.note(tag_line(
            &format!("StartTag #{place}#"),
            tag.self_closing,
            attrs.collect(),
        ));
        let names = PageNames::default();
        self.answer(names.list()[place])
    }

    fn end_tag(&mut self, name: Name) {
        self.note(tag_line(
            &format!("EndTag #{}#", name.place()),
            false,
            Vec::new(),
        ));
    }

    fn text(&mut self, text: &str) {
        assert!(!text.is_empty());
        self.text.borrow_mut().push_str(text);
    }

    fn nul(&mut self) {
        self.text.borrow_mut().push('\0');
    }

    fn comment(&mut self, text: &str) {
        self.note(format!("Comment {text:?}"));
    }

    fn doctype(&mut self, doctype: &Doctype) {
        self.note(doctype_line(
            doctype.name.as_deref(),
            doctype.public_id.as_deref(),
            doctype.system_id.as_deref(),
            doctype.force_quirks,
        ));
    }

    fn end(&mut self) {
        self.note("EOF".to_owned());
    }

    fn is_foreign(&self) -> bool {
        self.is_foreign
    }
}

fn doctype_line(
    name: Option<&str>,
    public_id: Option<&str>,
    system_id: Option<&str>,
    force_quirks: bool,
) -> String {
    format!("Doctype {name:?} {public_id:?} {system_id:?} {force_quirks}")
}

/// An end tag's attributes and slash mean nothing.
fn tag_line_of(tag: &Tag) -> String {
    let is_start = tag.kind == TagKind::StartTag;
    let attrs = tag.attrs.iter().filter(|_| is_start);
    let attrs = attrs.map(|attr| (attr.name.local.to_string(), attr.value.to_string()));
    let name = format!("{:?} {}", tag.kind, &*tag.name);
    tag_line(&name, tag.self_closing && is_start, attrs.collect())
}

fn tag_line(name: &str, self_closing: bool, mut attrs: Vec<(String, String)>) -> String {
    // In the order of the cases, whose readers forget it.
    attrs.sort_unstable();
    let slash = if self_closing { "/" } else { "" };
    format!("{name}{slash} {attrs:?}")
}

/// A line with the names of tags in place of their numbers.
fn named(line: String, names: &[&str]) -> String {
    let mut parts = line.splitn(3, '#');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(kind @ ("StartTag " | "EndTag ")), Some(place), Some(rest)) => {
            let place: usize = place.parse().unwrap();
            format!("{kind}{}{rest}", names[place])
        }
        _ => line,
    }
}

/// How a page begins.
#[derive(Debug, Clone, Copy)]
struct Start<'a> {
    content: Content,
    last_tag: Option<&'a str>,
    is_cdata: bool,
}

const DATA: Start<'static> = Start {
    content: Content::Data,
    last_tag: None,
    is_cdata: false,
};

fn ours(html: &str, start: Start, recorder: Recorder) -> Vec<String> {
    ours_with(html, start, recorder, ALL)
}

fn ours_with(html: &str, start: Start, recorder: Recorder, options: Options) -> Vec<String> {
    let input = Input::new(html);
    let mut tokenizer = Tokenizer::new(recorder, &input, options);
    tokenizer.content = start.content;
    tokenizer.last_start = start.last_tag.unwrap_or_default();
    if start.is_cdata {
        tokenizer.cdata();
    }
    let (recorder, names) = tokenizer.run();
    let names = names.list();
    let tokens = recorder.into_tokens().into_iter();
    tokens.map(|token| named(token, &names)).collect()
}

fn theirs(html: &str, start: Start, recorder: Recorder) -> Vec<String> {
    let initial_state = match start.content {
        _ if start.is_cdata => State::CdataSection,
        Content::Data => State::Data,
        Content::Rcdata => State::RawData(RawKind::Rcdata),
        Content::Rawtext => State::RawData(RawKind::Rawtext),
        Content::Script => State::RawData(RawKind::ScriptData),
        Content::Plaintext => State::Plaintext,
    };
    let opts = TokenizerOpts {
        initial_state: Some(initial_state),
        last_start_tag_name: start.last_tag.map(str::to_owned),
        // That is the decoder's to do; html5ever does it wherever it is fed anew, as after each script.
        discard_bom: false,
        ..TokenizerOpts::default()
    };
    let tokenizer = tokenizer::Tokenizer::new(recorder, opts);
    feed(&tokenizer, html);
    tokenizer.sink.into_tokens()
}

fn feed<S: TokenSink>(tokenizer: &tokenizer::Tokenizer<S>, html: &str) {
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(html));
    while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
    tokenizer.end();
}

/// In all states, and with all answers.
fn assert_same_tokens(html: &str) {
    for content in [
        Content::Data,
        Content::Rcdata,
        Content::Rawtext,
        Content::Script,
        Content::Plaintext,
    ] {
        for (switches, is_foreign) in [(false, false), (true, true)] {
            let start = Start {
                content,
                last_tag: Some("script"),
                is_cdata: false,
            };
            let recorder = || Recorder {
                switches,
                is_foreign,
                ..Recorder::default()
            };
            let (ours, theirs) = (
                ours(html, start, recorder()),
                theirs(html, start, recorder()),
            );
            assert_eq!(ours, theirs, "{content:?} {switches} {html:?}");
        }
    }
}

#[test]
fn odd_markup_gives_the_same_tokens() {
    for html in [
        "",
        "<",
        "</",
        "</>",
        "</ x>y",
        "<a",
        "<a b",
        "<a b=",
        "<a b='c",
        "<a b='c'",
        "<a b=c",
        "<a/",
        "<a / b / >x",
        "<a b='c'd=\"e\"f=g/h>",
        "<a = == =b ='c'>",
        "<a\tb\n=\x0c'c'\r\n>d\re\r\r\nf",
        "<a b c=1 b=2 B=3>",
        "<A HREF=X Ä=Ö>",
        "<a\0b \0c=\0d e='\0'>\0<!--\0--><!\0><title>\0</title><script>\0</script>",
        "<!---><!--->x<!----><!--a--!><!--a--!--><!--a--->--><!--<!--><!--<!-- -->",
        "<!--a",
        "<!--a-",
        "<!--a--",
        "<!--a--!",
        "<!---",
        "<!--",
        "<!-",
        "<!",
        "<?xml ?>",
        "<!x>",
        "<![CDATA[a]]>b]]>",
        "<![CDATA[a\0]]",
        "<!DOCTYPE html><!doctypehtml><!DOCTYPE><!DOCTYPE ><!DOCTYPE a",
        "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\" \"http://www.w3.org/TR/html4/strict.dtd\">",
        "<!doctype a public'b'\"c\"d><!doctype a public><!doctype a system 'b' c>",
        "<!doctype a public 'b><!doctype a system \"b><!doctype a publi 'b'>",
        "<!doctype a public 'b' ",
        "<!doctype a system 'b'",
        "<!doctype a\0b system '\0'>",
        "<script><!--<script></script>--></script>a",
        "<script><!--<script></script></script>a",
        "<script><!--<scriptx></script>a",
        "<script><!-<script></script>a",
        "<script><!--<script/</script>--!></script>-></script>--></script>a",
        "<script><!--></script>a",
        "<script><!-- </script x='>'>a",
        "<title>a&amp;b</titl</title/x>c",
        "<style></style\n>a<xmp></xm</xmp",
        "<textarea>\n\na</textarea><plaintext></plaintext>\0",
        "a &amp b &ampx; &amp=; &notit; &notin; &nosuch; &#65; &#x41; &#0; &#x80; &#xD800; &#99999999999;",
        "<a b='&amp c' d='&ampx' e=&amp=f g=&notit; h='&notin;' i=&#65j k=&lt>",
        "& && &; &# &#; &#x &#x; &#xg &a &",
        "&CounterClockwiseContourIntegral;&NotEqualTilde;&CounterClockwiseContourIntegralx;",
        "\u{feff}a\u{feff}b",
        "&#13;\n&#10;\r<pre>&#13;&#10;",
    ] {
        assert_same_tokens(html);
    }
}

#[test]
fn every_name_of_a_character_is_the_same() {
    for name in NAMED_ENTITIES.keys() {
        for html in [
            format!("&{name}"),
            format!("&{name}x"),
            format!("&{name};=<a b='&{name}' c=&{name}=&{name}1>"),
        ] {
            let recorder = Recorder::default;
            assert_eq!(
                ours(&html, DATA, recorder()),
                theirs(&html, DATA, recorder()),
                "{html}"
            );
        }
    }
}

#[test]
fn only_kept_attributes_up_to_the_limit_are_told() {
    let options = Options {
        all_attributes: false,
        attributes: 3,
    };
    let html = "<p onclick=a id=b CLASS=c title=d><b onclick=a>";
    assert_eq!(
        ours_with(html, DATA, Recorder::default(), options),
        [
            r#"StartTag p [("class", "c"), ("id", "b")]"#,
            // Which formatting elements are alike is decided by all.
            r#"StartTag b [("onclick", "a")]"#,
        ]
    );
}

/// Pieces that make tokenizers stumble.
pub(in super::super) fn piece() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "<",
        ">",
        "/",
        "</",
        "/>",
        "=",
        "'",
        "\"",
        "-",
        "--",
        "-->",
        "--!>",
        "<!--",
        "<!",
        "!",
        "<?",
        "&",
        "&#",
        "&#x",
        ";",
        "&amp",
        "&amp;",
        "&not",
        "in;",
        "&lt;",
        "&#13;",
        "&#128;",
        "\0",
        "\r",
        "\n",
        "\r\n",
        "\t",
        " ",
        "\x0c",
        "a",
        "B",
        "é",
        "\u{feff}",
        "x=y",
        " a='b'",
        "<a ",
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<script>",
        "</script>",
        "<script",
        "</script",
        "</SCRIPT ",
        "<title>",
        "</title>",
        "<style>",
        "</style",
        "<textarea>",
        "</textarea>",
        "<!DOCTYPE ",
        "html",
        " public ",
        " SYSTEM",
        "<!doctype html>",
        "[CDATA[",
        "<![CDATA[",
        "]]>",
        "]]",
        "<svg>",
        "</svg>",
        "<math>",
        "<mi>",
        "<table>",
        "<td>",
        "<pre>",
        "<xmp>",
        "<plaintext>",
        "<select>",
        "<template>",
        "</template>",
        "<desc>",
        "<body a=b>",
        "<html c>",
    ]);
    pieces.prop_map(str::to_owned)
}

pub(in super::super) fn pieces() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..24).prop_map(|pieces| pieces.concat())
}

/// A page with something of everything that pages have.
const PAGE: &str = "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\" \"x\">\r\n\
    <html lang=en><head><meta charset='utf-8'><title>A &amp; B &mdash; c</title>\
    <script type=\"application/ld+json\">{\"a\": \"<b>\"}</script>\
    <script><!-- if (a < b && c > d) { document.write('<script src=\"x\"></script>'); } --></script>\
    <style>p > a { color: red } /* </p> */</style><!--[if IE]><p>old</p><![endif]--></head>\r\n\
    <body class=\"a b\" onload='x()'><nav><ul><li><a href=/x?a=1&amp;b=2&copy=3>One</a><li>Two</ul></nav>\
    <article id=m><h1>T&#8217;s</h1><p>First <b>bold<i>both</b>it</i> para.<p data-x=\"1\" hidden>Second\
    <img src=a.jpg alt='x > y'/><br/>line &nbsp; end<table><tr><td>1<td>2</table><svg viewBox='0 0 1 1'>\
    <title>t</title><path d=\"M0 0\"/><![CDATA[<x>]]></svg><textarea>\n a&lt;</textarea><noscript><p>n\
    </noscript><form action=#><input type=hidden value=\"&quot;\"><select><option selected>o</select></form>\
    </article></body></html>";

/// The page with ranges cut out, moved and replaced by pieces.
pub(in super::super) fn mutated() -> impl Strategy<Value = String> {
    let change = (0..PAGE.len(), 0..40_usize, piece());
    prop::collection::vec(change, 0..12).prop_map(|changes| {
        let mut page = PAGE.to_owned();
        for (at, len, piece) in changes {
            let from = page.floor_char_boundary(at.min(page.len()));
            let to = page.floor_char_boundary((from + len / 3).min(page.len()));
            page.replace_range(from..to.max(from), &piece);
        }
        page
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_markup_gives_the_same_tokens(html in pieces()) {
        assert_same_tokens(&html);
    }
    #[test]
    fn a_mutated_page_gives_the_same_tokens(html in mutated()) {
        assert_same_tokens(&html);
    }
}
