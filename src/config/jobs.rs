//! `[[jobs]]` → what the schedule runs.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;

use super::{
    CleanFlags, ConfigError, CrawlFlags, CronPattern, File, JobSection, Span, clean_job, crawl_job,
};
use crate::crawl::revisit::{REST_MAX, Revisit};
use crate::input::urls::Line;
use crate::run::crawl;
use crate::run::schedule::timing::{CatchUp, Timing, When};
use crate::run::schedule::{self, Work};

/// The jobs of a file. Relative paths are below the folder `base`, which is the file's.
///
/// # Errors
///
/// [`ConfigError`] naming the job that is wrong.
pub fn jobs(file: &File, base: &Path) -> Result<Vec<schedule::Job>, ConfigError> {
    if file.jobs.is_empty() {
        return Err(ConfigError::new("no [[jobs]] to run"));
    }
    let mut names = std::collections::HashSet::new();
    let mut outs = std::collections::HashSet::new();
    let places = file.job_places.iter().zip(&file.jobs);
    places
        .map(|(place, section)| {
            let name = section.name.get_ref();
            let wrong = |why: &dyn fmt::Display| {
                ConfigError::new(format_args!("{place}: job {name:?}: {why}"))
            };
            if !names.insert(name) {
                return Err(wrong(&"another job has that name"));
            }
            // The same folder, however it is written.
            let out: PathBuf = base.join(&section.out).components().collect();
            if !outs.insert(out) {
                return Err(wrong(&format_args!(
                    "another job writes to {}",
                    section.out.display()
                )));
            }
            job(section, file, base).map_err(|error| wrong(&error))
        })
        .collect()
}

fn job(section: &JobSection, file: &File, base: &Path) -> Result<schedule::Job, ConfigError> {
    let timing = timing(section)?;
    if section.max_run_time.is_some_and(|most| most.0.is_zero()) {
        return Err(ConfigError::new("max_run_time must be more than 0s"));
    }
    let named = !section.urls.is_empty() || !section.lists.is_empty();
    let crawls = named || section.finding().has_sources();
    let work = match (crawls, section.paths.is_empty()) {
        (true, true) => crawl_work(section, file, base)?,
        (false, false) => clean_work(section, file, base)?,
        (true, false) => {
            return Err(ConfigError::new(
                "both sources to crawl and paths to clean; make it two jobs",
            ));
        }
        (false, true) => {
            return Err(ConfigError::new(
                "nothing to do: give urls, lists, feeds, sitemaps, discover or paths",
            ));
        }
    };
    Ok(schedule::Job {
        name: section.name.get_ref().clone(),
        timing,
        max_run_time: section.max_run_time.map(|most| most.0),
        work,
    })
}

/// When the job starts by itself.
fn timing(section: &JobSection) -> Result<Option<Timing>, ConfigError> {
    let wrong = |why| Err(ConfigError::new(why));
    if section.timezone.is_some() && section.cron.is_none() {
        return wrong("timezone is for cron");
    }
    let when = match (section.every, &section.cron) {
        (Some(_), Some(_)) => return wrong("both every and cron"),
        (Some(Span(interval)), None) if interval.is_zero() => {
            return wrong("every must be more than 0s");
        }
        (Some(Span(interval)), None) => When::Every(interval),
        (None, Some(CronPattern(pattern))) => When::Cron {
            pattern: Box::new(pattern.clone()),
            zone: section
                .timezone
                .as_ref()
                .map_or_else(TimeZone::system, |zone| zone.0.clone()),
        },
        (None, None) if section.jitter.is_some() || section.catch_up.is_some() => {
            return wrong("jitter and catch_up are for every and cron");
        }
        (None, None) => return Ok(None),
    };
    let timing = Timing {
        when,
        jitter: section.jitter.map_or(Duration::ZERO, |jitter| jitter.0),
        catch_up: section
            .catch_up
            .map_or_else(CatchUp::default, |name| name.0),
    };
    if timing.ever_comes() {
        Ok(Some(timing))
    } else {
        wrong("the time that cron asks for never comes")
    }
}

fn crawl_work(section: &JobSection, file: &File, base: &Path) -> Result<Work, ConfigError> {
    let place = format!("job {:?}", section.name.get_ref());
    let flags = CrawlFlags {
        urls: section
            .urls
            .iter()
            .map(|url| Line {
                text: url.clone(),
                place: place.clone(),
            })
            .collect(),
        finding: section.finding().finding(&place)?,
        out: Some(base.join(&section.out)),
        refresh: section.refresh,
        limit: section.limit,
        ..CrawlFlags::default()
    };
    let lists = section.lists.iter().map(|list| base.join(list)).collect();
    let mut job = crawl_job(flags, file)?;
    come_back(&mut job, section);
    Ok(Work::Crawl {
        job: Box::new(job),
        lists,
    })
}

/// What a job does, unlike a single crawl, since it will be there again.
fn come_back(job: &mut crawl::Job, section: &JobSection) {
    let ages = section.revisit.as_ref();
    job.revisit = ages.map_or_else(Revisit::default, |ages| {
        Revisit::at(ages.iter().map(|age| age.0).collect())
    });
    job.rest_max = Some(section.rest_max.map_or(REST_MAX, |rest| rest.0));
    let forget = section.forget.map_or(FORGET_AFTER, |forget| forget.0);
    job.forget = Some(forget).filter(|forget| !forget.is_zero());
}

/// How long URLs are known that nothing names any more, unless the user says: a season, after which
/// feeds and news sitemaps (two days of articles, by Google's rules) have long dropped them.
const FORGET_AFTER: Duration = Duration::from_hours(90 * 24);

fn clean_work(section: &JobSection, file: &File, base: &Path) -> Result<Work, ConfigError> {
    let comes_back = section.revisit.is_some() || section.rest_max.is_some();
    let bounded = section.limit.is_some() || section.max_run_time.is_some();
    if section.refresh
        || bounded
        || comes_back
        || section.forget.is_some()
        || section.finding().says_something()
    {
        return Err(ConfigError::new(
            "refresh, revisit, rest_max, forget, limit, max_run_time, follow, since, include, exclude \
             and max_found are for crawls",
        ));
    }
    let paths = section.paths.iter().map(|path| base.join(path)).collect();
    let flags = CleanFlags {
        paths,
        ..CleanFlags::default()
    };
    Ok(Work::Clean {
        job: Box::new(clean_job(flags, file)?),
        out: base.join(&section.out),
        formats: file.output.options().formats,
    })
}
