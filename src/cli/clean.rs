//! `chaffinch clean`.

use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::args::{Clean, Talk};
use super::crawl::output;
use super::progress::Progress;
use super::{config, exit, summary};
use crate::config::{CleanFlags, CleanSection, clean_job};
use crate::output::pack::Packing;
use crate::output::stream::{Stream, whole_file};
use crate::output::{Format, Sink, atomic};
use crate::run::clean::{Job, clean, clean_into, whole_folder};
use crate::run::own::require_free;
use crate::run::{Report, RunError, Stop, Stopped};

pub(super) fn run(flags: Clean, talk: Talk) -> Result<u8> {
    let file = config(flags.config.as_deref())?.favoring(flags.reading.favor);
    let output = output(flags.format, flags.extent).over(&file.output);
    let to = Output::of(flags.output);
    let formats = match (flags.schema, output.format.is_some()) {
        (Some(schema), _) => vec![Format::Renamed(schema)],
        (None, true) => output.options().formats,
        (None, false) => vec![to.format()],
    };
    require_one_format(&to, &formats)?;
    if flags.schema.is_some() && matches!(to, Output::Folder(_)) {
        bail!("--schema is for a stream or a file; a folder holds records of our own schema");
    }
    let job = clean_job(
        CleanFlags {
            section: CleanSection {
                glob: Some(flags.glob).filter(|glob| !glob.is_empty()),
                threads: flags.threads,
            },
            paths: if flags.paths.is_empty() {
                vec![PathBuf::from("-")]
            } else {
                flags.paths
            },
            base_url: flags.base_url,
            url_map: flags.url_map,
            output,
        },
        &file,
    )?;
    require_one_page(&job)?;
    let progress = Progress::new(talk.progress, talk.quiet);
    let report = to.fill(&job, &formats, &progress);
    progress.finish();
    let report = report?;
    summary::print(&report, None, &to.describe(report.stopped), talk);
    Ok(exit::of_report(&report))
}

/// Only a folder holds several formats, and only a file what is no stream.
fn require_one_format(to: &Output, formats: &[Format]) -> Result<()> {
    match (to, formats) {
        (Output::Stdout, [format]) if !format.is_a_stream() => bail!(
            "{} is no stream; name a file or a folder with -o",
            format.extension()
        ),
        (Output::Folder(_), _) | (_, [_]) => Ok(()),
        _ => bail!("several formats need a folder; name one with -o, ending in /"),
    }
}

/// A base URL is of one named page, or of folders.
pub(super) fn require_one_page(job: &Job) -> Result<()> {
    let one_page = job.paths.iter().filter(|path| !path.is_dir()).count() < 2;
    if job.files.base_url.is_some() && !one_page {
        bail!(
            "--base-url is the address of one page, and several are named; \
             name their folder, or give each its address with --url-map"
        );
    }
    Ok(())
}

/// Where the records go.
pub(super) enum Output {
    Stdout,
    File(PathBuf),
    Folder(PathBuf),
}

impl Output {
    pub(super) fn of(path: Option<PathBuf>) -> Self {
        match path {
            None => Self::Stdout,
            // Opened anew, a file that the shell appends to would be written from its start.
            Some(path) if path.as_os_str() == "-" || path == Path::new("/dev/stdout") => {
                Self::Stdout
            }
            Some(path) if path.is_dir() || ends_in_slash(&path) => Self::Folder(path),
            Some(path) => Self::File(path),
        }
    }

    /// The format that the name of a file asks for, where nothing else does.
    fn format(&self) -> Format {
        let Self::File(path) = self else {
            return Format::default();
        };
        // `news.csv.gz` is CSV, packed.
        let name = match Packing::of(path) {
            Some(_) => Path::new(path.file_stem().unwrap_or_default()),
            None => path,
        };
        let extension = name.extension().and_then(|extension| extension.to_str());
        extension.and_then(Format::of_extension).unwrap_or_default()
    }

    /// The output is opened before signals are heard, since a pipe without a reader waits.
    fn fill(&self, job: &Job, formats: &[Format], watch: &Progress) -> Result<Report, RunError> {
        if let Self::Folder(path) = self {
            return clean_into(job, path, formats, &Stop::on_signals(), watch);
        }
        let sink = self.sink(formats)?;
        clean(job, sink, &Stop::on_signals(), watch)
    }

    /// Opens it.
    pub(super) fn sink(&self, formats: &[Format]) -> Result<Box<dyn Sink>, RunError> {
        let format = formats.first().copied().unwrap_or_default();
        Ok(match self {
            Self::Stdout => Box::new(Stream::new(
                BufWriter::new(io::stdout()),
                Path::new("standard output"),
                format,
            )),
            Self::File(path) => {
                require_free(path)?;
                whole_file(path, format)?
            }
            Self::Folder(path) => Box::new(whole_folder(path, formats)?),
        })
    }

    pub(super) fn describe(&self, stopped: Stopped) -> String {
        let partial = match self {
            _ if stopped == Stopped::Finished => "",
            Self::File(path) if atomic::is_special(path) => ", unfinished",
            _ => ", unfinished under names ending in .part",
        };
        match self {
            Self::Stdout => String::new(),
            Self::File(path) | Self::Folder(path) => {
                format!("output in {}{partial}", path.display())
            }
        }
    }
}

fn ends_in_slash(path: &Path) -> bool {
    path.as_os_str()
        .as_encoded_bytes()
        .last()
        .is_some_and(|&byte| std::path::is_separator(char::from(byte)))
}
