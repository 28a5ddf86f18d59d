//! An article as Markdown: `CommonMark` 0.31 with the tables of GitHub (GFM 0.29, §4.10).

use std::fmt::Write;

use super::escape::{destination, heading, inline, lines};
use crate::article::Article;
use crate::article::details::{Image, Shape, Table, TypedBlock};

/// The article with its metadata as front matter: its typed blocks where they were asked for, else
/// its text as paragraphs.
pub(super) fn markdown(article: &Article) -> String {
    let mut out = front_matter(article);
    if let Some(title) = &article.metadata.title {
        let _ = write!(out, "# {}\n\n", heading(title, &[], 0));
    }
    if let Some(details) = &article.details {
        push_blocks(&mut out, &details.blocks);
    } else {
        let paragraphs = article.text.split("\n\n");
        let paragraphs = paragraphs.map(|text| lines(text, &[], 0, ""));
        out.push_str(&paragraphs.collect::<Vec<_>>().join("\n\n"));
    }
    out.push('\n');
    out
}

fn push_blocks(out: &mut String, blocks: &[TypedBlock]) {
    let mut items = Items::default();
    for (at, block) in blocks.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| &blocks[at]);
        let after = blocks.get(at + 1);
        let (joint, text) = match &block.shape {
            Shape::ListItem { .. } => items.item(block),
            shape => {
                items.open.clear();
                (joint(before, shape), other(block, before, after))
            }
        };
        if before.is_some() {
            out.push_str(joint);
        }
        out.push_str(&text);
    }
}

/// What parts a block from the one before: paragraphs of one quote have a `>` between.
fn joint(before: Option<&TypedBlock>, shape: &Shape) -> &'static str {
    match (before.map(|block| &block.shape), shape) {
        (Some(Shape::Quote), Shape::Quote) => "\n>\n",
        _ => "\n\n",
    }
}

/// Any block but a list's.
fn other(block: &TypedBlock, before: Option<&TypedBlock>, after: Option<&TypedBlock>) -> String {
    let (text, links, start) = (&block.text, &block.links, block.text_range[0]);
    let is_beside = |text: &str| {
        let mut beside = [before, after].into_iter().flatten();
        beside.any(|block| block.text == text)
    };
    match &block.shape {
        Shape::Heading { level } => {
            // The title is level 1, so that the body's headings start at 2.
            let marks = "#".repeat(usize::from((*level).clamp(2, 6)));
            format!("{marks} {}", heading(text, links, start))
        }
        Shape::Quote => format!("> {}", lines(text, links, start, "> ")),
        Shape::Code { language } => {
            let fence = fence_for(text);
            let language = language.as_deref().unwrap_or_default();
            format!("{fence}{language}\n{text}\n{fence}")
        }
        Shape::Table(of) => table(of, is_beside),
        Shape::Image(of) => image(of, is_beside),
        _ => lines(text, links, start, ""),
    }
}

/// The entries of the list that is being written, outermost first.
#[derive(Default)]
struct Items {
    open: Vec<Item>,
}

struct Item {
    ordered: bool,
    number: u32,
    /// What follows the number: by it two lists side by side are told apart.
    delimiter: char,
    /// Columns before the entry's text.
    indent: usize,
}

/// Largest number of a list entry (`CommonMark` §5.2).
const NUMBER_MAX: u32 = 999_999_999;

impl Items {
    /// A list entry, and what parts it from the block before.
    fn item(&mut self, block: &TypedBlock) -> (&'static str, String) {
        let (text, links, start) = (&block.text, &block.links, block.text_range[0]);
        let Shape::ListItem {
            depth,
            ordered,
            number,
            continued,
        } = block.shape
        else {
            return ("\n\n", lines(text, links, start, ""));
        };
        let depth = usize::from(depth).clamp(1, self.open.len() + 1);
        if continued {
            self.open.truncate(depth);
            let indent = " ".repeat(self.open.last().map_or(0, |item| item.indent));
            let text = lines(text, links, start, &indent);
            return ("\n\n", format!("{indent}{text}"));
        }
        self.open.truncate(depth);
        let sibling = (self.open.len() == depth)
            .then(|| self.open.pop())
            .flatten();
        let outer = self.open.last().map_or(0, |item| item.indent);
        let sibling_number = sibling.as_ref().map_or(0, |item| item.number);
        let number = number.unwrap_or(sibling_number + 1).min(NUMBER_MAX);
        let goes_on = sibling.as_ref().is_some_and(|sibling| {
            sibling.ordered == ordered && (!ordered || number > sibling.number)
        });
        let delimiter = match sibling {
            Some(Item { delimiter, .. }) if goes_on => delimiter,
            Some(Item { delimiter: '.', .. }) => ')',
            _ => '.',
        };
        let marker = if ordered {
            format!("{number}{delimiter} ")
        } else {
            "- ".to_owned()
        };
        // A list below an entry's text must start with 1, or a blank line (CommonMark §5.3).
        let may_follow = goes_on || (sibling_number == 0 && (!ordered || number == 1));
        let joint = if may_follow && (goes_on || outer > 0) {
            "\n"
        } else {
            "\n\n"
        };
        let indent = outer + marker.len();
        self.open.push(Item {
            ordered,
            number,
            delimiter,
            indent,
        });
        let text = lines(text, links, start, &" ".repeat(indent));
        (joint, format!("{}{marker}{text}", " ".repeat(outer)))
    }
}

/// All rows; the first is the head, since Markdown has no table without one.
fn table(table: &Table, is_beside: impl Fn(&str) -> bool) -> String {
    let row = |cells: &Vec<String>| -> String {
        let cell = |text: &String| format!(" {} |", inline(&text.replace('\n', " "), true));
        format!("|{}", cells.iter().map(cell).collect::<String>())
    };
    let mut rows = table.rows.iter().map(row);
    let mut out = String::new();
    if let Some(caption) = table.caption.as_ref().filter(|caption| !is_beside(caption)) {
        let _ = write!(out, "{}\n\n", emphasised(caption));
    }
    out.push_str(&rows.next().unwrap_or_default());
    let width = table.rows.first().map_or(0, Vec::len);
    let _ = write!(out, "\n|{}", " --- |".repeat(width));
    for row in rows {
        let _ = write!(out, "\n{row}");
    }
    out
}

/// A picture, under it what is written there, unless that stands beside it as text.
fn image(image: &Image, is_beside: impl Fn(&str) -> bool) -> String {
    let alt = inline(image.alt.as_deref().unwrap_or_default(), false);
    let mut out = format!("![{alt}]({})", destination(&image.url));
    let caption = image
        .caption
        .as_deref()
        .filter(|caption| !is_beside(caption));
    let under = match (caption, image.credit.as_deref()) {
        (Some(caption), Some(credit)) => format!("{caption} ({credit})"),
        (Some(text), None) | (None, Some(text)) => text.to_owned(),
        (None, None) => return out,
    };
    let _ = write!(out, "  \n{}", emphasised(&under));
    out
}

fn emphasised(text: &str) -> String {
    format!("*{}*", inline(&text.replace('\n', " "), false))
}

/// A fence longer than any run of backticks inside.
fn fence_for(text: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    "`".repeat((longest + 1).max(3))
}

fn front_matter(article: &Article) -> String {
    let metadata = &article.metadata;
    let authors: Vec<&str> = metadata
        .authors
        .iter()
        .map(|author| author.name.as_str())
        .collect();
    let fields = [
        ("title", metadata.title.as_deref()),
        ("url", article.url.as_deref()),
        ("site_name", metadata.site_name.as_deref()),
        ("date_published", metadata.date_published.as_deref()),
        ("language", metadata.language.as_deref()),
    ];
    let mut out = String::from("---\n");
    for (name, value) in fields {
        if let Some(value) = value {
            let _ = writeln!(out, "{name}: {}", quoted(value));
        }
    }
    if !authors.is_empty() {
        let _ = writeln!(
            out,
            "authors: [{}]",
            authors
                .into_iter()
                .map(quoted)
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
    out.push_str("---\n\n");
    out
}

/// A JSON string is a YAML string.
fn quoted(value: &str) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
