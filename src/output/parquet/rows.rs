//! Rows into a Parquet file, a row group at a time, by the column writers of the `parquet` crate:
//! without Arrow, which would be the greater part of the code.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use crate::output::flat::{COLUMNS, Cell, Column, Kind};

/// Level of zstd; its own default.
const ZSTD_LEVEL: i32 = 3;

/// Writes one file.
pub(super) struct Writer<W: Write + Send> {
    to: SerializedFileWriter<W>,
}

impl<W: Write + Send> Writer<W> {
    pub(super) fn begin(to: W) -> io::Result<Self> {
        let begun = || {
            let schema = Arc::new(parse_message_type(&schema())?);
            let properties = WriterProperties::builder()
                .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
                .set_created_by(concat!("chaffinch ", env!("CARGO_PKG_VERSION")).to_owned())
                .build();
            SerializedFileWriter::new(to, schema, Arc::new(properties))
        };
        begun().map(|to| Self { to }).map_err(failed)
    }

    /// Writes the rows as one row group; none for no rows.
    pub(super) fn group(&mut self, rows: &[Vec<Cell>]) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        self.columns(rows).map_err(failed)
    }

    fn columns(&mut self, rows: &[Vec<Cell>]) -> Result<(), ParquetError> {
        let mut group = self.to.next_row_group()?;
        for (at, column) in COLUMNS.iter().enumerate() {
            let Some(mut to) = group.next_column()? else {
                break;
            };
            let cells = rows.iter().filter_map(|row| row.get(at));
            write_column(to.untyped(), cells, column)?;
            to.close()?;
        }
        group.close()?;
        Ok(())
    }

    /// Ends the file, and gives back what it was written to.
    pub(super) fn end(self) -> io::Result<W> {
        self.to.into_inner().map_err(failed)
    }
}

fn failed(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

/// The columns in the language of Parquet's own messages.
fn schema() -> String {
    let fields: String = COLUMNS.iter().map(field).collect();
    format!("message article {{\n{fields}}}\n")
}

fn field(column: &Column) -> String {
    let name = column.name;
    let repetition = if column.required {
        "required"
    } else {
        "optional"
    };
    match column.kind {
        Kind::Text => format!("  {repetition} binary {name} (STRING);\n"),
        Kind::Int => format!("  {repetition} int32 {name};\n"),
        Kind::Real => format!("  {repetition} double {name};\n"),
        Kind::Bool => format!("  {repetition} boolean {name};\n"),
        Kind::Time => format!("  {repetition} int64 {name} (TIMESTAMP(MICROS,true));\n"),
        Kind::List => format!(
            "  {repetition} group {name} (LIST) {{\n    repeated group list {{\n      \
             required binary element (STRING);\n    }}\n  }}\n"
        ),
    }
}

/// Writes the cells of one column. Of one that may be unknown, a level says of each whether it is
/// there (1) or not (0).
fn write_column<'c>(
    to: &mut ColumnWriter<'_>,
    cells: impl Iterator<Item = &'c Cell>,
    column: &Column,
) -> Result<(), ParquetError> {
    if column.kind == Kind::List {
        return write_lists(to, cells);
    }
    let mut texts = Vec::new();
    let mut ints = Vec::new();
    let mut longs = Vec::new();
    let mut reals = Vec::new();
    let mut bools = Vec::new();
    let mut levels = Vec::new();
    for cell in cells {
        let before = texts.len() + ints.len() + longs.len() + reals.len() + bools.len();
        match cell {
            Cell::Text(text) => texts.extend(text.as_deref().map(ByteArray::from)),
            Cell::Int(number) => {
                ints.extend(number.map(|number| i32::try_from(number).unwrap_or(i32::MAX)));
            }
            Cell::Time(micros) => longs.extend(*micros),
            Cell::Real(number) => reals.extend(*number),
            Cell::Bool(bool) => bools.extend(*bool),
            Cell::List(_) => {}
        }
        let after = texts.len() + ints.len() + longs.len() + reals.len() + bools.len();
        levels.push(i16::from(after > before));
    }
    let levels = (!column.required).then_some(&levels[..]);
    match to {
        ColumnWriter::ByteArrayColumnWriter(to) => to.write_batch(&texts, levels, None)?,
        ColumnWriter::Int32ColumnWriter(to) => to.write_batch(&ints, levels, None)?,
        ColumnWriter::Int64ColumnWriter(to) => to.write_batch(&longs, levels, None)?,
        ColumnWriter::DoubleColumnWriter(to) => to.write_batch(&reals, levels, None)?,
        ColumnWriter::BoolColumnWriter(to) => to.write_batch(&bools, levels, None)?,
        _ => 0,
    };
    Ok(())
}

/// Writes lists: of each entry a level says that it is there, and one whether it goes on with the
/// list before; an empty list is one place without an entry.
fn write_lists<'c>(
    to: &mut ColumnWriter<'_>,
    cells: impl Iterator<Item = &'c Cell>,
) -> Result<(), ParquetError> {
    let (mut entries, mut there, mut goes_on) = (Vec::new(), Vec::new(), Vec::new());
    for cell in cells {
        let Cell::List(list) = cell else { continue };
        if list.is_empty() {
            there.push(0);
            goes_on.push(0);
        }
        for (at, entry) in list.iter().enumerate() {
            entries.push(ByteArray::from(entry.as_str()));
            there.push(1);
            goes_on.push(i16::from(at > 0));
        }
    }
    if let ColumnWriter::ByteArrayColumnWriter(to) = to {
        to.write_batch(&entries, Some(&there), Some(&goes_on))?;
    }
    Ok(())
}
