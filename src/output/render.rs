//! An article as plain text or Markdown.

use std::fmt::Write;

use super::Format;
use super::schema::renamed;
use crate::article::{Article, BlockKind, BodyBlock};

/// The article in a form for readers; as JSON for [`Format::JsonLines`].
#[must_use]
pub fn render(article: &Article, format: Format) -> String {
    match format {
        Format::JsonLines => serde_json::to_string(article).unwrap_or_default() + "\n",
        Format::Text => article.text.clone() + "\n",
        Format::Markdown => markdown(article),
        Format::Renamed(schema) => renamed(article, schema).to_string() + "\n",
    }
}

fn markdown(article: &Article) -> String {
    let mut out = front_matter(article);
    if let Some(title) = &article.metadata.title {
        let _ = write!(out, "# {}\n\n", escaped(title));
    }
    let mut before: Option<BlockKind> = None;
    for block in &article.body {
        if let Some(before) = before {
            out.push_str(if is_tight(before, block.kind) {
                "\n"
            } else {
                "\n\n"
            });
        }
        push_block(&mut out, block, before);
        before = Some(block.kind);
    }
    out.push('\n');
    out
}

/// Items of one list, and rows of one table, stand on lines of their own without a blank between.
fn is_tight(before: BlockKind, this: BlockKind) -> bool {
    matches!(
        (before, this),
        (BlockKind::ListItem(_), BlockKind::ListItem(_))
            | (BlockKind::TableRow, BlockKind::TableRow)
    )
}

fn push_block(out: &mut String, block: &BodyBlock, before: Option<BlockKind>) {
    let text = &block.text;
    match block.kind {
        BlockKind::Heading(level) => {
            // The title is level 1, so that the body's headings start at 2.
            let marks = "#".repeat(usize::from(level.clamp(2, 6)));
            let _ = write!(out, "{marks} {}", one_line(text));
        }
        BlockKind::ListItem(Some(place)) => {
            let _ = write!(out, "{place}. {}", one_line(text));
        }
        BlockKind::ListItem(None) => {
            let _ = write!(out, "- {}", one_line(text));
        }
        BlockKind::Quote => out.push_str(
            &text
                .lines()
                .map(|line| format!("> {}", escaped(line)))
                .collect::<Vec<_>>()
                .join("\n"),
        ),
        BlockKind::Preformatted => {
            let fence = fence_for(text);
            let _ = write!(out, "{fence}\n{text}\n{fence}");
        }
        BlockKind::TableRow => push_row(out, text, before == Some(BlockKind::TableRow)),
        BlockKind::Paragraph | BlockKind::Caption => {
            out.push_str(&text.lines().map(escaped).collect::<Vec<_>>().join("  \n"));
        }
    }
}

/// The first row of a table is its head, since Markdown has no table without one.
fn push_row(out: &mut String, text: &str, continues: bool) {
    let _ = write!(out, "| {} |", one_line(text));
    if !continues {
        let cells = text.split(" | ").count();
        let _ = write!(out, "\n|{}", " --- |".repeat(cells));
    }
}

fn one_line(text: &str) -> String {
    escaped(&text.replace('\n', " "))
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

/// Characters that Markdown would read as its own: always those of emphasis, links and HTML; those
/// that open a block only at the start of a line.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let number = text.chars().take_while(char::is_ascii_digit).count();
    for (at, c) in text.chars().enumerate() {
        let opens_block = at == 0 && matches!(c, '#' | '+' | '-' | '>' | '=' | '|');
        let after_number = number > 0 && at == number && matches!(c, '.' | ')');
        if opens_block || after_number || matches!(c, '*' | '_' | '`' | '[' | ']' | '<' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::{Judge, Verdict};

    fn article(body: &[(BlockKind, &str)]) -> Article {
        let record = serde_json::json!({
            "schema": "chaffinch/1", "status": "ok", "id": "", "title": "A *bold* bridge", "authors": [], "tags": [],
            "text": "", "word_count": 0, "content_hash": "", "confidence": 1.0, "warnings": [],
            "source": {"kind": "stdin"}, "version": 1, "extractor_version": "",
        });
        let mut article: Article = serde_json::from_value(record).unwrap();
        let kept = Verdict {
            by: Judge::Model,
            score: None,
        };
        let block = |&(kind, text): &(BlockKind, &str)| BodyBlock {
            kind,
            text: text.to_owned(),
            at: 0,
            kept,
        };
        article.body = body.iter().map(block).collect();
        article
    }

    #[test]
    fn blocks_become_markdown() {
        let article = article(&[
            (BlockKind::Paragraph, "It opened\non Monday."),
            (BlockKind::Heading(2), "What it cost"),
            (BlockKind::Paragraph, "Twice what was planned [sic]."),
            (BlockKind::ListItem(Some(1)), "First the river."),
            (BlockKind::ListItem(Some(2)), "Then the piers."),
            (BlockKind::ListItem(None), "Last the deck."),
            (BlockKind::Quote, "Glad,\nsaid one."),
            (BlockKind::TableRow, "Year | Cost"),
            (BlockKind::TableRow, "2016 | 1"),
            (BlockKind::Preformatted, "a\n  ```"),
            (BlockKind::Paragraph, "1. is how this one starts."),
        ]);
        let rendered = render(&article, Format::Markdown);
        let (front, body) = rendered.split_once("---\n\n").unwrap();
        assert_eq!(front, "---\ntitle: \"A *bold* bridge\"\n");
        assert_eq!(
            body,
            "# A \\*bold\\* bridge\n\n\
             It opened  \non Monday.\n\n\
             ## What it cost\n\n\
             Twice what was planned \\[sic\\].\n\n\
             1. First the river.\n2. Then the piers.\n- Last the deck.\n\n\
             > Glad,\n> said one.\n\n\
             | Year | Cost |\n| --- | --- |\n| 2016 | 1 |\n\n\
             ````\na\n  ```\n````\n\n\
             1\\. is how this one starts.\n"
        );
    }

    #[test]
    fn fences_outlast_what_they_hold() {
        assert_eq!(fence_for("a ``` b"), "````");
    }
}
