//! An account for a terminal: a header, a line a block, and what the reasons mean.

use std::fmt::Write;

use super::{Account, Told, words};

/// How a terminal shows it.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Columns of a line.
    pub width: usize,
    /// Whether colours are understood.
    pub is_colored: bool,
}

/// Fewest columns for the text of a block, however narrow the terminal is.
const TEXT_COLUMNS_MIN: usize = 20;
/// Columns of the labels in the header.
const LABEL_COLUMNS: usize = 11;

/// The account as lines.
#[must_use]
pub fn render(account: &Account, look: Look) -> String {
    let mut out = header(account, look);
    out.push('\n');
    let rows: Vec<Row> = account.blocks.iter().map(Row::of).collect();
    let columns = |of: fn(&Row) -> &str| rows.iter().map(|row| columns(of(row))).max();
    let widths = (
        columns(|row| &row.reason).unwrap_or(0),
        columns(|row| &row.by).unwrap_or(0),
    );
    for row in &rows {
        row.write(&mut out, widths, look);
    }
    legend(&mut out, account, look);
    out
}

fn header(account: &Account, look: Look) -> String {
    let mut out = String::new();
    let title = shortened(&plain(account.headline()), look.width);
    let _ = writeln!(out, "{}", look.paint("1", &title));
    if let Some(why) = account.no_article() {
        let _ = writeln!(out, "{}", look.paint("1;31", &plain(&why)));
    }
    for (label, fact) in account.facts() {
        // An address is of use only when it is whole.
        let _ = writeln!(out, "  {label:<LABEL_COLUMNS$} {}", plain(&fact));
    }
    out
}

fn legend(out: &mut String, account: &Account, look: Look) {
    let counts = account.counts();
    if counts.is_empty() {
        return;
    }
    let name_columns = counts.iter().map(|(name, _, _)| columns(name)).max();
    let _ = writeln!(out, "\n{}", look.paint("1", "Dropped"));
    for (name, why, count) in &counts {
        let pad = name_columns.unwrap_or(0).saturating_sub(columns(name));
        let _ = writeln!(out, "  {count:>4} {name}{:pad$}  {why}", "");
    }
}

/// What a line says of a block.
struct Row {
    is_kept: bool,
    score: String,
    reason: String,
    by: String,
    text: String,
}

impl Row {
    fn of(block: &Told) -> Self {
        Self {
            is_kept: block.kept,
            score: block
                .score
                .map_or_else(|| "   -".to_owned(), |score| format!("{score:.2}")),
            reason: block.reason_name().unwrap_or_else(|| block.why.to_string()),
            by: words::name(&block.by),
            text: plain(&block.text),
        }
    }

    fn write(&self, out: &mut String, widths: (usize, usize), look: Look) {
        let (mark, color) = if self.is_kept {
            ("+", "32")
        } else {
            ("-", "31")
        };
        let (reason, by) = widths;
        let facts = format!("{} {:<reason$} {:<by$}", self.score, self.reason, self.by);
        let left = look.width.saturating_sub(columns(&facts) + 4);
        let text = shortened(&self.text, left.max(TEXT_COLUMNS_MIN));
        let mut line = format!("{facts}  {text}");
        if !self.is_kept {
            line = look.paint("2", &line);
        }
        let _ = writeln!(out, "{} {line}", look.paint(color, mark));
    }
}

impl Look {
    /// `text` in a colour or weight (ECMA-48 §8.3.117).
    fn paint(self, style: &str, text: &str) -> String {
        if self.is_colored {
            format!("\u{1b}[{style}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// `text` on one line, without what would command a terminal or turn the rest of the line around.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !c.is_control() && !words::turns_text(c) {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// `text`, cut so that it and the mark of the cut fit into `most` columns.
fn shortened(text: &str, most: usize) -> String {
    if columns(text) <= most {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = |c: &char| {
        used += column_count(*c);
        used <= most
    };
    let cut: String = text.chars().take_while(fits).collect();
    format!("{}…", cut.trim_end())
}

fn columns(text: &str) -> usize {
    text.chars().map(column_count).sum()
}

/// Columns of a character: two in the scripts of East Asia and for pictures (UAX #11), none for
/// marks that stand on the letter before. Near enough to cut a line.
fn column_count(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Reason;
    use crate::output::explain::tests::{account, dropped, kept};

    const LOOK: Look = Look {
        width: 60,
        is_colored: false,
    };

    #[test]
    fn a_line_a_block_in_page_order() {
        let account = account(
            vec![kept(
                "The old bridge reopened on Monday, ten years after the flood.",
                1,
            )],
            vec![
                dropped(Reason::Navigation, "Home\nNews", 0),
                dropped(Reason::Share, "Share", 2),
            ],
        );
        let text = render(&account, LOOK);
        let lines: Vec<&str> = text.lines().skip_while(|line| !line.is_empty()).collect();
        assert_eq!(
            lines,
            [
                "",
                "- 0.02 navigation           heuristic  Home News",
                "+ 0.97 reads like the story model      The old bridge reope…",
                "- 0.02 share                heuristic  Share",
                "",
                "Dropped",
                "     1 navigation  menus, breadcrumbs, previous and next",
                "     1 share       share, follow or print buttons",
            ]
        );
    }

    #[test]
    fn what_commands_a_terminal_does_not_reach_it() {
        let hostile = "a\u{1b}]0;owned\u{7}b\u{9b}31mc\r\u{202e}d\u{2066}e\u{8}f";
        let mut account = account(
            vec![kept(hostile, 0)],
            vec![dropped(Reason::Share, hostile, 1)],
        );
        account.metadata.title = Some(hostile.to_owned());
        account.url = Some(hostile.to_owned());
        account.status = "no_article".to_owned();
        account.detail = Some(hostile.to_owned());
        let text = render(&account, Look { width: 200, ..LOOK });
        assert_eq!(text.matches("a]0;ownedb31mc def").count(), 5, "{text}");
        let harmful = |c: char| c != '\n' && (c.is_control() || words::turns_text(c));
        assert!(!text.contains(harmful), "{text:?}");
        let json = account.to_json();
        assert!(!json.trim_end().contains(harmful), "{json:?}");
        let told: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(told["blocks"][0]["text"], hostile);
    }

    #[test]
    fn colours_are_our_own() {
        let account = account(
            vec![kept("Yes.", 0)],
            vec![dropped(Reason::Share, "No.", 1)],
        );
        let look = Look {
            is_colored: true,
            ..LOOK
        };
        let text = render(&account, look);
        assert!(text.contains("\u{1b}[32m+\u{1b}[0m 0.97"), "{text:?}");
        assert!(
            text.contains("\u{1b}[31m-\u{1b}[0m \u{1b}[2m0.02"),
            "{text:?}"
        );
    }

    #[test]
    fn lines_are_cut_by_columns() {
        assert_eq!(shortened("one two three", 8), "one two…");
        assert_eq!(shortened("one two", 7), "one two");
        assert_eq!(shortened("東京で橋が開通した", 8), "東京で…");
        assert_eq!(shortened("cafe\u{301}", 4), "cafe\u{301}");
    }
}
