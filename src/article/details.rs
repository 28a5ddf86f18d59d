//! What a record holds besides metadata and text when it is asked for in full. Data only.
//!
//! Ranges are bytes of the article's `text`, from the first to the one after the last.

use serde::{Deserialize, Serialize};

use super::{Candidate, Judge, Reason};

/// The body block by block, and what was left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// Whether the record is to hold them; else they are for other forms of the output only.
    #[serde(skip, default = "read_from_a_record")]
    pub recorded: bool,
    /// The body, with the story's images between its blocks.
    pub blocks: Vec<TypedBlock>,
    /// What was left out and why, in page order.
    pub removed: Vec<RemovedBlock>,
    /// Readers' comments, in page order.
    pub comments: Vec<Comment>,
    /// What sources propose for title, authors and dates, of each field the most believed first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
}

fn read_from_a_record() -> bool {
    true
}

/// One block of the body. The ranges of all of them are in order and cover the article's text, but
/// for the blank lines between.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TypedBlock {
    /// What it is.
    #[serde(flatten)]
    pub shape: Shape,
    /// Its text, as in the article's; empty for an image.
    pub text: String,
    /// Where that is in the article's text; an image is where the block before it ends.
    pub text_range: [usize; 2],
    /// The way to its element, an `XPath` without its first slash: `html/body/div[2]/p`. An element
    /// whose name is not known to us is a `*`. Absent where the text is no element's: plain text,
    /// copies of the text in scripts, and nesting deeper than 64 elements.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The model's probability that it belongs to the story, 0.0 to 1.0, to three places; of a
    /// table the mean of its rows. Absent where no model was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// The links in the text, if links are asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
}

/// What a block is, with what only blocks of that kind have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Shape {
    /// Running text; also a caption that was taken for part of the story.
    Paragraph,
    /// A heading.
    Heading {
        /// 1 to 6, as the page has it.
        level: u8,
    },
    /// An entry of a list, or a part of one.
    ListItem {
        /// 1 for an entry of an outermost list.
        depth: u8,
        /// Whether the list is numbered.
        ordered: bool,
        /// Its place in a numbered list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<u32>,
        /// Whether it goes on with the entry of the list item before: its second paragraph.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        continued: bool,
    },
    /// Quoted text.
    Quote,
    /// Rows that follow one another in one table.
    Table(Table),
    /// Text whose white space counts.
    Code {
        /// The language, where the class says `language-…` or `lang-…`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
    },
    /// A picture of the story.
    Image(Image),
}

/// The cells of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Rows of equal length. What spans rows or columns stands in each of its places; in its first alone in a
    /// table that would be much longer for it.
    pub rows: Vec<Vec<String>>,
    /// How many rows from the top are heads of columns.
    pub header_rows: usize,
    /// How many columns from the start are heads of rows.
    pub header_columns: usize,
    /// The cells that fill more than one place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Span>,
    /// What the table says of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

/// A cell that fills more than one place of [`Table::rows`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Its first row, from 0.
    pub row: usize,
    /// Its first column, from 0.
    pub column: usize,
    /// How many rows it fills.
    pub rows: usize,
    /// How many columns it fills.
    pub columns: usize,
}

/// A picture of the story.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Its address, absolute: of the largest of the sizes that the page offers.
    pub url: String,
    /// What the page gives for those who do not see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
    /// What is written under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Who took it or owns it, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<String>,
    /// Width in pixels that the page gives it, be it another size than that of `url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Height in pixels that the page gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
}

/// A link in a block's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Where its text is in the article's text.
    pub text_range: [usize; 2],
    /// Where it leads, absolute: `http`, `https` or `mailto`.
    pub url: String,
}

/// A block that was left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RemovedBlock {
    /// Why.
    pub reason: Reason,
    /// Characters of its text.
    pub length: usize,
    /// The model's probability that it belongs to the story, 0.0 to 1.0, to three places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// Who decided.
    pub by: Judge,
    /// The first 80 characters of its text.
    pub text: String,
}

/// A reader's comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// What it says; paragraphs parted by a blank line.
    pub text: String,
    /// Who wrote it, where the markup says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When, as the markup has it: RFC 3339 or a day where it is machine-readable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}
